package dev.cria.cuda.launch;

import dev.cria.cuda.compile.KernelSignature;
import java.util.HashMap;
import java.util.Map;

/** The kernels of one source, compiled for one type of activations and loaded. */
public final class KernelModule {
    private final Cuda cuda;
    private final String name;
    private final long handle;
    private final Map<String, KernelSignature> signatures;
    private final Map<String, CudaKernel> kernels = new HashMap<>();

    KernelModule(Cuda cuda, String name, long handle, Map<String, KernelSignature> signatures) {
        this.cuda = cuda;
        this.name = name;
        this.handle = handle;
        this.signatures = signatures;
    }

    long handle() {
        return handle;
    }

    /**
     * A kernel by its name; keep it in a field where it is launched often.
     *
     * @throws IllegalArgumentException if the source declares none of that name
     */
    public synchronized CudaKernel kernel(String kernel) {
        CudaKernel known = kernels.get(kernel);
        if (known == null) {
            KernelSignature signature = signatures.get(kernel);
            if (signature == null) {
                throw new IllegalArgumentException(name + ".cu declares no kernel " + kernel);
            }
            cuda.makeCurrent();
            known = new CudaKernel(cuda, name, signature, cuda.driverModules().function(handle, kernel));
            kernels.put(kernel, known);
        }
        return known;
    }
}
