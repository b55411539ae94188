package dev.cria.model.hub;

/** Counts what arrives on all connections, and tells the listener, one at a time. */
final class PullProgress {
    private final PullListener listener;
    private long bytes;

    PullProgress(PullListener listener) {
        this.listener = listener;
    }

    synchronized void start(int files, long totalBytes, long presentBytes) {
        bytes = presentBytes;
        listener.onStart(files, totalBytes, presentBytes);
    }

    /** Bytes that arrived; negative where some were thrown away. */
    synchronized void add(long count) {
        bytes += count;
        listener.onBytes(bytes);
    }

    synchronized void file(HubFile file) {
        listener.onFile(file);
    }

    synchronized void notice(String sentence) {
        listener.onNotice(sentence);
    }
}
