package dev.cria.data;

/** One file of tokens. Safe for many threads at once. */
sealed interface TokenShard extends AutoCloseable permits CriaShard, LitGptShard {
    String name();

    long tokens();

    /** Documents that begin here; 0 where the format does not know. */
    long documents();

    /** Index in this shard of the first token of document {@code index} of this shard. */
    long documentStart(long index);

    /** Reads ids that lie in 0..{@link #tokens}; checks what it reads as well as the format allows. */
    void read(long position, int[] into, int offset, int length);

    /** Holds all of the file against its checksums. */
    void verify();

    /** What its header says. */
    DatasetReport.Shard describe();

    /** Changes whenever the shard's tokens change. */
    String fingerprint();

    @Override
    void close();
}
