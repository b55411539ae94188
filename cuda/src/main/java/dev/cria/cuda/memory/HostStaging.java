package dev.cria.cuda.memory;

import dev.cria.cuda.driver.DriverMemory;
import dev.cria.cuda.driver.DriverStreams;
import dev.cria.cuda.driver.Event;
import dev.cria.cuda.driver.Stream;
import java.lang.foreign.MemorySegment;

/**
 * Copies between ordinary host memory and the GPU through a ring of page-locked buffers. An upload returns when its bytes are in the ring, so
 * the caller may change them at once; the GPU takes them in stream order. The caller makes the context current.
 */
public final class HostStaging implements AutoCloseable {
    private static final int BUFFERS = 4;
    private static final long BUFFER_BYTES = 8L << 20;

    private final DriverMemory memory;
    private final Stream stream;
    private final MemorySegment[] buffers = new MemorySegment[BUFFERS];
    private final Event[] drained = new Event[BUFFERS];
    private int next;

    public HostStaging(DriverMemory memory, DriverStreams streams, Stream stream) {
        this.memory = memory;
        this.stream = stream;
        for (int i = 0; i < BUFFERS; i++) {
            buffers[i] = memory.allocateHost(BUFFER_BYTES);
            drained[i] = streams.marker();
        }
    }

    /** Copies host memory of any kind to the device, behind what was started before. */
    public synchronized void upload(MemorySegment host, long device) {
        for (long done = 0; done < host.byteSize(); ) {
            long bytes = Math.min(BUFFER_BYTES, host.byteSize() - done);
            int slot = next;
            next = (next + 1) % BUFFERS;
            drained[slot].synchronize();
            MemorySegment.copy(host, done, buffers[slot], 0, bytes);
            memory.copyToDevice(device + done, buffers[slot].address(), bytes, stream);
            drained[slot].record(stream);
            done += bytes;
        }
    }

    /** Copies device memory to the host and waits for it; one buffer is emptied while the next is filled. */
    public synchronized void download(long device, MemorySegment host) {
        long chunks = Math.ceilDiv(host.byteSize(), BUFFER_BYTES);
        int first = next;
        for (long started = 0, done = 0; done < chunks; done++) {
            for (; started < Math.min(chunks, done + BUFFERS); started++) {
                int slot = slot(first, started);
                drained[slot].synchronize();
                memory.copyToHost(
                        buffers[slot].address(), device + started * BUFFER_BYTES, length(host, started), stream);
                drained[slot].record(stream);
            }
            int slot = slot(first, done);
            drained[slot].synchronize();
            MemorySegment.copy(buffers[slot], 0, host, done * BUFFER_BYTES, length(host, done));
        }
        next = slot(first, chunks);
    }

    private static int slot(int first, long chunk) {
        return (int) ((first + chunk) % BUFFERS);
    }

    private static long length(MemorySegment host, long chunk) {
        return Math.min(BUFFER_BYTES, host.byteSize() - chunk * BUFFER_BYTES);
    }

    /** The caller has waited for the stream. */
    @Override
    public void close() {
        for (int i = 0; i < BUFFERS; i++) {
            drained[i].close();
            memory.freeHost(buffers[i]);
        }
    }
}
