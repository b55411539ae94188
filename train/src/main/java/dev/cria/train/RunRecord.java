package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.train.metrics.Curves;
import dev.cria.train.metrics.EvaluationMetrics;
import dev.cria.train.metrics.History;
import dev.cria.train.metrics.MetricsLog;
import dev.cria.train.metrics.StepMetrics;
import dev.cria.train.metrics.TensorBoardWriter;
import dev.cria.train.metrics.ValidationMetrics;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a run writes about itself while it goes on: the metrics log, TensorBoard's events, the curves. */
final class RunRecord implements AutoCloseable {
    private final RunDirectory directory;
    private final Recipe.Logging logging;
    private @Nullable MetricsLog log;
    private @Nullable TensorBoardWriter tensorboard;

    RunRecord(RunDirectory directory, Recipe.Logging logging) {
        this.directory = directory;
        this.logging = logging;
    }

    /** An action that writes. */
    private interface Writing {
        void run() throws IOException;
    }

    /** Drops what was written after {@code step} and goes on from there. */
    void open(long step) {
        writing(() -> {
            log = MetricsLog.open(directory.metrics(), step);
            if (logging.tensorboard()) {
                tensorboard =
                        new TensorBoardWriter(directory.tensorboard(), step + 1, System.currentTimeMillis() / 1e3);
            }
        });
    }

    void write(StepMetrics m) {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("train/loss", m.loss());
        values.put("train/learning_rate", m.learningRate());
        values.put("train/gradient_norm", m.gradientNorm());
        values.put("train/tokens_per_second", m.tokensPerSecond());
        values.put("train/share_of_peak", m.shareOfPeak());
        m.more().forEach((name, value) -> values.put("train/" + name, value));
        writing(() -> {
            log().write(m);
            if (tensorboard != null) {
                tensorboard.write(m.step(), m.time(), values);
            }
        });
    }

    void write(ValidationMetrics m) {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("validation/loss", m.loss());
        if (m.hasBitsPerByte()) {
            values.put("validation/bits_per_byte", m.bitsPerByte());
        }
        m.more().forEach((name, value) -> values.put("validation/" + name, value));
        writing(() -> {
            log().write(m);
            if (tensorboard != null) {
                tensorboard.write(m.step(), m.time(), values);
            }
        });
    }

    void write(EvaluationMetrics m) {
        Map<String, Double> values = new LinkedHashMap<>();
        m.scores().forEach(score -> values.put("eval/" + score.name(), score.value()));
        writing(() -> {
            log().write(m);
            if (tensorboard != null) {
                tensorboard.write(m.step(), m.time(), values);
            }
        });
    }

    /** Forces the log to the disk. */
    void sync() {
        writing(() -> log().sync());
    }

    /** What the log says so far. */
    History history() {
        try {
            return History.read(directory.metrics());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** Draws the curves; says why there is no PNG, if there is none. */
    Optional<String> draw() {
        String title = String.valueOf(directory.path().toAbsolutePath().getFileName());
        try {
            return new Curves(title, history()).write(directory.path());
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private MetricsLog log() {
        if (log == null) {
            throw new IllegalStateException("not open");
        }
        return log;
    }

    private void writing(Writing action) {
        try {
            action.run();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private UserError failed(IOException e) {
        UserError error = UserError.failed(
                "cannot write the run's record in " + directory.path() + ": " + e.getMessage()
                        + "; its checkpoints are whole",
                "free some space or mend the permissions, then resume");
        error.initCause(e);
        return error;
    }

    @Override
    public void close() {
        writing(() -> {
            if (tensorboard != null) {
                tensorboard.close();
            }
            if (log != null) {
                log.close();
            }
        });
    }
}
