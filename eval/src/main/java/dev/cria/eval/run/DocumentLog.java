package dev.cria.eval.run;

import dev.cria.base.DurableFiles;
import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The log of finished documents, one JSON object a line: first what they were run with, then each document. An interrupted evaluation goes on from
 * it; a last line that a kill cut short is dropped. Calls may come from several threads.
 */
final class DocumentLog implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String FORMAT = "cria_evaluation_log";
    private static final int VERSION = 1;
    private static final String REQUEST = "request";

    /** No line of ours is longer. */
    private static final int MAXIMUM_LINE = 64 << 20;

    private static final long SYNC_NANOS = 1_000_000_000L;

    private final Path file;
    private final Map<String, Line> lines = new LinkedHashMap<>();
    private final String header;
    private FileChannel channel;
    private long synced = System.nanoTime();

    private record Line(String request, DocumentResult result, String text) {}

    private DocumentLog(Path file, String header, FileChannel channel) {
        this.file = file;
        this.header = header;
        this.channel = channel;
    }

    /**
     * Opens a log to go on with it, or begins it where there is none.
     *
     * @param settings what every document is run with
     * @throws UserError if the file is no log, or one of other settings
     */
    static DocumentLog open(Path file, Map<String, String> settings) throws IOException {
        ObjectNode first = JSON.createObjectNode().put(FORMAT, VERSION);
        settings.forEach(first::put);
        String header = JSON.writeValueAsString(first);
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        DocumentLog log = new DocumentLog(file, header, channel);
        boolean opened = false;
        try {
            long kept = log.read(settings);
            channel.truncate(kept);
            channel.position(kept);
            if (kept == 0) {
                log.append(header);
            }
            log.sync();
            opened = true;
        } finally {
            if (!opened) {
                channel.close();
            }
        }
        return log;
    }

    /** Takes in the whole lines; returns where they end. */
    private long read(Map<String, String> settings) throws IOException {
        long at = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            for (Optional<byte[]> line = nextLine(in); line.isPresent(); line = nextLine(in)) {
                long place = at;
                JsonNode node = parse(line.get(), place);
                if (place == 0) {
                    requireSame(node, settings);
                } else {
                    JsonNode request = node.path(REQUEST);
                    DocumentResult result = DocumentJson.read(node)
                            .filter(found -> request.isString())
                            .orElseThrow(() -> damaged(place));
                    String text = new String(line.get(), StandardCharsets.UTF_8);
                    lines.put(key(result.task(), result.doc()), new Line(request.stringValue(), result, text));
                }
                at += line.get().length + 1;
            }
        }
        return at;
    }

    private JsonNode parse(byte[] line, long at) {
        try {
            return JSON.readTree(line);
        } catch (JacksonException e) {
            throw damaged(at);
        }
    }

    private MalformedFileException damaged(long at) {
        return new MalformedFileException(
                file,
                at,
                at == 0 ? "is no log of an evaluation" : "has a damaged line",
                at == 0 ? "name another log" : "begin anew with --fresh, or name another log");
    }

    private void requireSame(JsonNode header, Map<String, String> settings) {
        if (header.path(FORMAT).asInt(0) != VERSION) {
            throw damaged(0);
        }
        settings.forEach((name, value) -> {
            String logged = header.path(name).asString("");
            if (!logged.equals(value)) {
                throw new UserError(
                        file + " is the log of an evaluation with " + name + " " + brief(logged) + ", and this one has "
                                + brief(value),
                        "name another log, or begin anew with --fresh");
            }
        });
    }

    private static String brief(String value) {
        return value.isEmpty() ? "unknown" : value.length() > 16 ? value.substring(0, 16) + "…" : value;
    }

    /** The next line without its end; empty where the rest has none, as after a kill. */
    private static Optional<byte[]> nextLine(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(512);
        for (int b = in.read(); b >= 0 && line.size() < MAXIMUM_LINE; b = in.read()) {
            if (b == '\n') {
                return Optional.of(line.toByteArray());
            }
            line.write(b);
        }
        return Optional.empty();
    }

    private static String key(String task, int doc) {
        return task + " " + doc;
    }

    /**
     * What the log says of a document.
     *
     * @param request what tells the request from others
     * @throws UserError if it was another request then
     */
    synchronized Optional<DocumentResult> find(String task, int doc, String request) {
        @Nullable Line line = lines.get(key(task, doc));
        if (line == null) {
            return Optional.empty();
        }
        if (!line.request.equals(request)) {
            throw new UserError(
                    file + " holds another request for document " + doc + " of " + task
                            + ": its data, examples or prompt have changed",
                    "name another log, or begin anew with --fresh");
        }
        return Optional.of(line.result);
    }

    /** Adds a document; it is on the disk a second later, or when {@link #sync} returns. */
    synchronized void add(DocumentResult result, String request) throws IOException {
        String text = JSON.writeValueAsString(DocumentJson.write(result).put(REQUEST, request));
        append(text);
        lines.put(key(result.task(), result.doc()), new Line(request, result, text));
        if (System.nanoTime() - synced > SYNC_NANOS) {
            sync();
        }
    }

    /** Forces all documents to the disk. */
    synchronized void sync() throws IOException {
        channel.force(false);
        synced = System.nanoTime();
    }

    /** Puts the lines of these documents into their order, so that a log does not tell in which order documents were finished; others follow. */
    synchronized void arrange(List<DocumentResult> order) throws IOException {
        Map<String, Line> left = new HashMap<>(lines);
        StringBuilder text = new StringBuilder(header).append('\n');
        for (DocumentResult result : order) {
            Line line = Objects.requireNonNull(left.remove(key(result.task(), result.doc())));
            text.append(line.text).append('\n');
        }
        lines.forEach((key, line) -> {
            if (left.containsKey(key)) {
                text.append(line.text).append('\n');
            }
        });
        DurableFiles.write(file, text.toString());
        channel.close();
        channel = FileChannel.open(file, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }

    private void append(String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
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

    @Override
    public synchronized void close() throws IOException {
        channel.force(false);
        channel.close();
    }
}
