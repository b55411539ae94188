package dev.cria.tensor.cpu;

/** Kinds of kernels, each needing more of the machine than the one before. */
public enum Tier {
    /** Plain Java loops on one thread: the reference for all others. */
    SCALAR,
    /** The Vector API on all threads; no native code. */
    VECTOR,
    /** The Vector API, and native libraries for matrix products. */
    NATIVE
}
