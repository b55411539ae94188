package dev.cria.cuda.launch;

import dev.cria.cuda.driver.DriverGraphs;
import dev.cria.cuda.memory.DeviceMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Recordings of one GPU's work (CUDA graphs). A recording has the addresses of scratch memory in it: while one is alive, scratch memory that has
 * become too small is put aside and not lent again.
 */
final class Recordings {
    private final Cuda cuda;
    private final DriverGraphs driver;
    private final List<DeviceMemory.Block> putAside = new ArrayList<>();
    private boolean recording;
    private int alive;

    Recordings(Cuda cuda) {
        this.cuda = cuda;
        this.driver = new DriverGraphs(cuda.driver());
    }

    /** Whether the stream's work is being recorded and not done. */
    boolean recording() {
        return recording;
    }

    /** Runs work whose launches are recorded, and returns the recording's handle. */
    long record(Runnable work) {
        cuda.makeCurrent();
        driver.begin(cuda.stream());
        recording = true;
        boolean done = false;
        try {
            work.run();
            done = true;
        } finally {
            recording = false;
            if (!done) {
                driver.abandon(cuda.stream());
            }
        }
        long executable = driver.end(cuda.stream());
        alive++;
        return executable;
    }

    void launch(long executable) {
        cuda.makeCurrent();
        driver.launch(executable, cuda.stream());
    }

    void free(long executable) {
        cuda.makeCurrent();
        driver.destroy(executable);
        alive--;
        if (alive == 0) {
            putAside.forEach(cuda.memory()::free);
            putAside.clear();
        }
    }

    /** Gives scratch memory back that nothing uses any more, but perhaps a recording. */
    void retire(DeviceMemory.Block block) {
        if (alive == 0 && !recording) {
            cuda.memory().free(block);
        } else {
            putAside.add(block);
        }
    }
}
