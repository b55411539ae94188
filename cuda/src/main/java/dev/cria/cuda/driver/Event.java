package dev.cria.cuda.driver;

/** A mark in a stream. */
public final class Event implements AutoCloseable {
    private final DriverStreams streams;
    private final long handle;

    Event(DriverStreams streams, long handle) {
        this.streams = streams;
        this.handle = handle;
    }

    long handle() {
        return handle;
    }

    /** Puts the mark behind everything in the stream so far; a later call moves it. */
    public void record(Stream stream) {
        streams.record(this, stream);
    }

    /** Waits until the GPU has reached the mark. */
    public void synchronize() {
        streams.synchronize(this);
    }

    /** Time on the GPU since an earlier mark; both were reached and keep their time. */
    public float millisecondsSince(Event start) {
        return streams.milliseconds(start, this);
    }

    @Override
    public void close() {
        streams.destroy(this);
    }
}
