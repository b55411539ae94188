package dev.cria.cuda.driver;

import dev.cria.base.UserError;

/** A call of one of NVIDIA's libraries failed; the message has the call, the error's name and its text. */
public final class CudaException extends UserError {
    /** The environment variable that makes every launch wait for its kernel, so that an error names it. */
    public static final String DEBUG_VARIABLE = "CRIA_CUDA_DEBUG";

    public static final int SUCCESS = 0;
    public static final int OUT_OF_MEMORY = 2;
    public static final int NOT_READY = 600;

    static final int FIRST_FAULT = 700;
    static final int LAST_FAULT = 721;
    static final int LAUNCH_OUT_OF_RESOURCES = 701;
    static final int UNCORRECTABLE_MEMORY = 214;

    private final int status;

    private CudaException(String what, String hint, int status) {
        super(what, hint, UserError.FAILED);
        this.status = status;
    }

    /** The status that the library returned. */
    public int status() {
        return status;
    }

    /** @param call the C function, and where known the kernel it started */
    static CudaException of(String call, int status, String name, String text) {
        String what = call + " failed with " + name + (text.isEmpty() ? "" : " (" + text + ")");
        if (isFault(status)) {
            return new CudaException(
                    what + ": a kernel that was started before it went wrong",
                    "run it again with " + DEBUG_VARIABLE + "=1 in the environment: then the error names the kernel",
                    status);
        }
        return new CudaException(what, "", status);
    }

    /** A kernel that is known to have failed. */
    static CudaException ofKernel(String kernel, int status, String name, String text) {
        return new CudaException(
                "kernel " + kernel + " failed with " + name + (text.isEmpty() ? "" : " (" + text + ")"),
                "this is a fault of Cria or of the GPU: please report it with the command that shows it",
                status);
    }

    /** A failure of a library that has no names of its own for what went wrong. */
    public static CudaException other(String what, int status) {
        return new CudaException(what, "", status);
    }

    private static boolean isFault(int status) {
        return status == UNCORRECTABLE_MEMORY
                || (status >= FIRST_FAULT && status <= LAST_FAULT && status != LAUNCH_OUT_OF_RESOURCES);
    }
}
