package dev.cria.train.metrics;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code metrics.jsonl}: one JSON object a line, in the order of steps. A line with {@code loss} is an update; one with
 * {@code validation_loss} is a measurement on held-out text; one with {@code scores} is of benchmark tasks. A number that is not finite is written as a JSON string ({@code "NaN"}).
 * Opening the log at a step drops all lines after it and a line that a kill cut short, so that no step is ever in it twice.
 */
public final class MetricsLog implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();

    /** No line of ours is longer; a longer one is taken as damage and dropped. */
    private static final int MAXIMUM_LINE = 64 << 10;

    private final FileChannel channel;

    private MetricsLog(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Opens the log to append what comes after {@code step}; step 0 empties it.
     *
     * @throws IOException if the file cannot be written
     */
    public static MetricsLog open(Path file, long step) throws IOException {
        long keep = Files.exists(file) ? bytesUntil(file, step) : 0;
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        channel.truncate(keep);
        channel.position(keep);
        return new MetricsLog(channel);
    }

    public void write(StepMetrics m) throws IOException {
        ObjectNode line = JSON.createObjectNode().put("step", m.step()).put("stage", m.stage());
        number(line, "loss", m.loss());
        number(line, "lr", m.learningRate());
        number(line, "grad_norm", m.gradientNorm());
        line.put("tokens", m.tokens());
        number(line, "seconds", m.seconds());
        number(line, "tokens_per_second", m.tokensPerSecond());
        number(line, "flops_per_second", m.flopsPerSecond());
        number(line, "mfu", m.shareOfPeak());
        number(line, "time", m.time());
        m.skipped().ifPresent(why -> line.put("skipped", why));
        more(line, m.more());
        append(line);
    }

    public void write(ValidationMetrics m) throws IOException {
        ObjectNode line = JSON.createObjectNode().put("step", m.step());
        number(line, "validation_loss", m.loss());
        if (m.hasBitsPerByte()) {
            number(line, "bits_per_byte", m.bitsPerByte());
        }
        line.put("validation_tokens", m.tokens());
        number(line, "seconds", m.seconds());
        number(line, "time", m.time());
        more(line, m.more());
        append(line);
    }

    public void write(EvaluationMetrics m) throws IOException {
        ObjectNode line = JSON.createObjectNode().put("step", m.step());
        ObjectNode scores = line.putObject("scores");
        m.scores().forEach(score -> number(scores, score.name(), score.value()));
        ObjectNode errors = line.putObject("standard_errors");
        m.scores().forEach(score -> score.standardError().ifPresent(error -> number(errors, score.name(), error)));
        ArrayNode main = line.putArray("main");
        m.main().forEach(score -> main.add(score.name()));
        number(line, "seconds", m.seconds());
        number(line, "time", m.time());
        append(line);
    }

    /** Forces all lines to the disk. */
    public void sync() throws IOException {
        channel.force(true);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static void number(ObjectNode line, String key, double value) {
        if (Double.isFinite(value)) {
            line.put(key, value);
        } else {
            line.put(key, Double.toString(value));
        }
    }

    private static void more(ObjectNode line, Map<String, Double> values) {
        if (!values.isEmpty()) {
            ObjectNode metrics = line.putObject("metrics");
            values.forEach((name, value) -> number(metrics, name, value));
        }
    }

    private void append(ObjectNode line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
        long start = channel.position();
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            channel.truncate(start);
            throw e;
        }
    }

    /** Bytes of the leading whole lines whose step is at most {@code step}. */
    private static long bytesUntil(Path file, long step) throws IOException {
        long keep = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            while (true) {
                Optional<byte[]> line = readLine(in);
                if (line.isEmpty() || !isUpTo(line.get(), step)) {
                    return keep;
                }
                keep += line.get().length + 1;
            }
        }
    }

    private static boolean isUpTo(byte[] line, long step) {
        try {
            JsonNode at = JSON.readTree(line).path("step");
            return at.isIntegralNumber() && at.canConvertToLong() && at.longValue() <= step;
        } catch (JacksonException e) {
            return false;
        }
    }

    /** The next line without its newline; empty where the rest has no newline or is too long. */
    private static Optional<byte[]> readLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(512);
        for (int b = in.read(); b >= 0 && line.size() < MAXIMUM_LINE; b = in.read()) {
            if (b == '\n') {
                return Optional.of(line.toByteArray());
            }
            line.write(b);
        }
        return Optional.empty();
    }
}
