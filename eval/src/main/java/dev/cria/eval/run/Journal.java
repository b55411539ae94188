package dev.cria.eval.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The log, if there is one; its failures are carried through listeners as unchecked ones. */
record Journal(Optional<DocumentLog> log) implements AutoCloseable {
    static Journal open(Optional<Path> file, Map<String, String> settings) throws IOException {
        return new Journal(file.isPresent() ? Optional.of(DocumentLog.open(file.get(), settings)) : Optional.empty());
    }

    Optional<DocumentResult> find(String task, int doc, String request) {
        return log.flatMap(known -> known.find(task, doc, request));
    }

    void add(DocumentResult result, String request) {
        try {
            if (log.isPresent()) {
                log.get().add(result, request);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void sync() {
        try {
            if (log.isPresent()) {
                log.get().sync();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void finish(List<DocumentResult> order) throws IOException {
        if (log.isPresent()) {
            log.get().arrange(order);
        }
    }

    @Override
    public void close() throws IOException {
        if (log.isPresent()) {
            log.get().close();
        }
    }
}
