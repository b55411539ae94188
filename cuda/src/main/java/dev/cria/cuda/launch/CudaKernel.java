package dev.cria.cuda.launch;

import dev.cria.cuda.compile.KernelSignature;
import dev.cria.cuda.driver.CudaException;

/** One kernel, loaded. */
public final class CudaKernel {
    /** Up to so much shared memory no kernel needs leave for. */
    private static final int FREE_SHARED_BYTES = 48 << 10;

    private final Cuda cuda;
    private final String name;
    private final long function;
    private final KernelCall call;
    private int allowedSharedBytes = FREE_SHARED_BYTES;

    CudaKernel(Cuda cuda, String module, KernelSignature signature, long function) {
        this.cuda = cuda;
        this.name = module + "." + signature.name();
        this.function = function;
        this.call = new KernelCall(this, signature);
    }

    /** Module and kernel, such as {@code norm.rms_norm_backward}. */
    public String name() {
        return name;
    }

    /** A new launch, its arguments still to be given. */
    public KernelCall call() {
        return call.begin();
    }

    void launch(int gridX, int gridY, int gridZ, int blockX, int sharedBytes, long arguments) {
        cuda.makeCurrent();
        if (sharedBytes > allowedSharedBytes) {
            cuda.allowSharedBytes(name, function, sharedBytes);
            allowedSharedBytes = sharedBytes;
        }
        cuda.launching();
        int status = cuda.driverModules()
                .launch(function, gridX, gridY, gridZ, blockX, sharedBytes, cuda.stream(), arguments);
        if (status != CudaException.SUCCESS) {
            throw cuda.driver().failure("launching " + shape(gridX, gridY, gridZ, blockX, sharedBytes), status);
        }
        cuda.launched(name);
    }

    private String shape(int gridX, int gridY, int gridZ, int blockX, int sharedBytes) {
        return name + " on " + gridX + "x" + gridY + "x" + gridZ + " blocks of " + blockX + " threads with "
                + sharedBytes + " bytes of shared memory";
    }
}
