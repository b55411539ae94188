package dev.cria.cuda.launch;

import dev.cria.tensor.RepeatedWork;

/**
 * Work that is done again and again: plainly the first time, when memory is found and algorithms are chosen; recorded the second time; and from
 * then on started as one, which takes the host microseconds however many kernels there are.
 */
public final class CudaGraph implements RepeatedWork {
    private final Cuda cuda;
    private final Runnable work;
    private boolean warm;
    private long executable;
    private boolean closed;

    CudaGraph(Cuda cuda, Runnable work) {
        this.cuda = cuda;
        this.work = work;
    }

    @Override
    public void run() {
        if (closed) {
            throw new IllegalStateException("repeated work was run after it was closed");
        }
        if (!warm || cuda.watching()) {
            work.run();
            warm = true;
            return;
        }
        if (executable == 0) {
            executable = cuda.recordings().record(work);
        }
        cuda.recordings().launch(executable);
    }

    @Override
    public void close() {
        if (!closed && executable != 0 && !cuda.closed()) {
            cuda.recordings().free(executable);
        }
        closed = true;
    }
}
