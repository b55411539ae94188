package dev.cria.model.hub;

/** Hears how a pull goes on. Called from several threads, one at a time. */
public interface PullListener {
    /** Hears nothing. */
    PullListener NONE = new PullListener() {};

    /**
     * The files are known, and the download begins.
     *
     * @param files how many were chosen
     * @param totalBytes their bytes together
     * @param presentBytes those of them that were here before
     */
    default void onStart(int files, long totalBytes, long presentBytes) {}

    /** So many of the chosen files' bytes are here now. It may go back, when a file is begun again. */
    default void onBytes(long bytes) {}

    /** A file is complete and its hash is right. */
    default void onFile(HubFile file) {}

    /** Something a user wants to know: a broken connection, a wait. */
    default void onNotice(String sentence) {}
}
