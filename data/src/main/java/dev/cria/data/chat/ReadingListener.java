package dev.cria.data.chat;

/** Told, every some thousand rows, how far the reading of a set is. */
@FunctionalInterface
public interface ReadingListener {
    /** Tells nobody. */
    ReadingListener NONE = (rows, share) -> {};

    /**
     * @param rows rows read so far
     * @param share of the bytes of all files, 0 to 1
     */
    void onRows(long rows, double share);
}
