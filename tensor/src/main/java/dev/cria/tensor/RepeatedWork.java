package dev.cria.tensor;

/**
 * Work on a device that is done many times over the same tensors, such as one step of writing text. A GPU records what the work starts and
 * repeats the recording; elsewhere it is simply done again. Close it before the tensors it uses.
 *
 * <p>The recording repeats kernels and their arguments, not Java: whatever changes from one time to the next must lie in tensors. The work uploads
 * and downloads nothing, waits for nothing, allocates nothing, and calls no kernel that returns a number.
 */
public interface RepeatedWork extends AutoCloseable {
    /** Does the work, behind what was started before. */
    void run();

    @Override
    void close();

    /** Work that is done anew each time. */
    static RepeatedWork plain(Runnable work) {
        return new RepeatedWork() {
            @Override
            public void run() {
                work.run();
            }

            @Override
            public void close() {
                // Nothing was recorded.
            }
        };
    }
}
