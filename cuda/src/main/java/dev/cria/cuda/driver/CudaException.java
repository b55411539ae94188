package dev.cria.cuda.driver;

import dev.cria.base.UserError;

/** A call of one of NVIDIA's libraries failed; the message has the call, the error's name and its text. */
public final class CudaException extends UserError {
    /** The environment variable that makes every launch wait for its kernel, so that an error names it. */
    public static final String DEBUG_VARIABLE = "CRIA_CUDA_DEBUG";

    public static final int SUCCESS = 0;
    public static final int OUT_OF_MEMORY = 2;
    public static final int NOT_READY = 600;

    static final int DEVICE_UNAVAILABLE = 46;
    static final int NO_BINARY_FOR_GPU = 209;
    static final int UNSUPPORTED_PTX_VERSION = 222;
    static final int SYSTEM_DRIVER_MISMATCH = 803;

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
        return new CudaException(what, hint(status), status);
    }

    /** What the user can do about those that are no fault of a program. */
    private static String hint(int status) {
        return switch (status) {
            case OUT_OF_MEMORY -> "the GPU's memory is taken: `nvidia-smi` shows by whom";
            case DEVICE_UNAVAILABLE -> "another process has this GPU for itself: `nvidia-smi` shows which";
            case NO_BINARY_FOR_GPU, UNSUPPORTED_PTX_VERSION ->
                "the driver is older than the libraries: update NVIDIA's driver, or use the libraries of the version that"
                        + " it runs";
            case SYSTEM_DRIVER_MISMATCH -> "the driver was changed while it ran: restart the machine";
            default -> "";
        };
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
