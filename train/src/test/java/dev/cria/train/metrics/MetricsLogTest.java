package dev.cria.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsLogTest {
    private static StepMetrics step(long step, double loss) {
        return new StepMetrics(
                step, "basic", loss, 1e-3, 0.5, step * 100, 0.1, 1000, 1e9, 0.25, 1.5e9 + step, Optional.empty());
    }

    @Test
    void readsBackWhatWasWritten(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("metrics.jsonl");
        StepMetrics skipped = new StepMetrics(
                2,
                "basic",
                Double.NaN,
                1e-3,
                Double.POSITIVE_INFINITY,
                200,
                0.1,
                1000,
                1e9,
                0.25,
                1.5e9,
                Optional.of("nan"));
        ValidationMetrics held = new ValidationMetrics(2, 3.25, 1.125, 4096, 0.75, 1.5e9);
        try (MetricsLog log = MetricsLog.open(file, 0)) {
            log.write(step(1, 4.5));
            log.write(skipped);
            log.write(held);
        }
        History history = History.read(file);
        assertThat(history.steps()).containsExactly(step(1, 4.5), skipped);
        assertThat(history.validations()).containsExactly(held);
    }

    @Test
    void resumingDropsLaterStepsAndACutLine(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("metrics.jsonl");
        try (MetricsLog log = MetricsLog.open(file, 0)) {
            for (int i = 1; i <= 10; i++) {
                log.write(step(i, i));
            }
            log.write(new ValidationMetrics(10, 1, 1, 1, 1, 1));
        }
        Files.writeString(file, "{\"step\":11,\"lo", StandardOpenOption.APPEND);
        try (MetricsLog log = MetricsLog.open(file, 10)) {
            log.write(step(11, 11));
        }
        assertThat(History.read(file).steps())
                .extracting(StepMetrics::step)
                .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L);
        assertThat(History.read(file).validations()).hasSize(1);
        try (MetricsLog log = MetricsLog.open(file, 4)) {
            log.write(step(5, 5.5));
        }
        assertThat(History.read(file).steps()).extracting(StepMetrics::loss).containsExactly(1.0, 2.0, 3.0, 4.0, 5.5);
        MetricsLog.open(file, 0).close();
        assertThat(file).isEmptyFile();
    }

    @Test
    void damageInTheMiddleEndsWhatIsKept(@TempDir Path dir) throws Exception {
        Path file = dir.resolve("metrics.jsonl");
        Files.writeString(file, "{\"step\":1,\"loss\":1}\nrubbish\n{\"step\":2,\"loss\":1}\n" + "x".repeat(200_000));
        MetricsLog.open(file, 100).close();
        assertThat(file).hasContent("{\"step\":1,\"loss\":1}\n");
    }
}
