package dev.cria.tensor;

/** Owns the memory of tensors; closing it frees them all. Not thread-safe to allocate from. */
public interface Workspace extends AutoCloseable {
    /** A new tensor filled with zeros, aligned to 64 bytes at least. */
    Tensor allocate(DType dtype, long... dims);

    /** Bytes allocated so far. */
    long allocatedBytes();

    @Override
    void close();
}
