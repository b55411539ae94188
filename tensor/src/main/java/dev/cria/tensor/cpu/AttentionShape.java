package dev.cria.tensor.cpu;

/** B sequences of T tokens; H query heads share K key and value heads of size E. Rows of qkv hold query, key and value heads side by side. */
record AttentionShape(int B, int T, int H, int K, int E) {
    /** Query heads for each key head. */
    int group() {
        return H / K;
    }

    /** Floats in a row of qkv. */
    long qkvRow() {
        return (H + 2L * K) * E;
    }

    /** Floats in a row of out. */
    long outRow() {
        return (long) H * E;
    }

    /** Byte offset in qkv of head {@code head} (queries first, then keys, then values) of sequence {@code b} at time {@code t}. */
    long qkv(int b, int t, int head) {
        return (((long) b * T + t) * qkvRow() + (long) head * E) * Float.BYTES;
    }

    /** Byte offset in out of query head {@code h} of sequence {@code b} at time {@code t}. */
    long out(int b, int t, int h) {
        return (((long) b * T + t) * outRow() + (long) h * E) * Float.BYTES;
    }

    /** Byte offset in logSumExp. */
    long logSumExp(int b, int h, int t) {
        return (((long) b * H + h) * T + t) * Float.BYTES;
    }
}
