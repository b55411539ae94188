package dev.cria.cuda.driver;

/** A queue of work on the GPU: what is put into it runs in order, beside the host. */
public final class Stream implements AutoCloseable {
    private final DriverStreams streams;
    private final long handle;

    Stream(DriverStreams streams, long handle) {
        this.streams = streams;
        this.handle = handle;
    }

    /** The CUstream, for libraries that take one. */
    public long handle() {
        return handle;
    }

    /** Waits until everything in it is done. */
    public void synchronize() {
        streams.synchronize(this);
    }

    @Override
    public void close() {
        streams.destroy(this);
    }
}
