package dev.cria.cuda.launch;

import dev.cria.cuda.compile.KernelCompiler;
import dev.cria.cuda.compile.KernelSignature;
import dev.cria.cuda.compile.KernelSource;
import dev.cria.tensor.DType;
import java.util.HashMap;
import java.util.Map;

/** The kernels of one source for one type of activations, compiled and loaded when one is first asked for. */
public final class KernelModule {
    private final Cuda cuda;
    private final KernelCompiler compiler;
    private final KernelSource source;
    private final DType activation;
    private final boolean separate;
    private final Map<String, KernelSignature> signatures;
    private final Map<String, CudaKernel> kernels = new HashMap<>();
    /** What is loaded, by the name it was compiled as. */
    private final Map<String, Long> handles = new HashMap<>();

    /** @param separate whether kernels are compiled one by one */
    KernelModule(Cuda cuda, KernelCompiler compiler, KernelSource source, DType activation, boolean separate) {
        this.cuda = cuda;
        this.compiler = compiler;
        this.source = source;
        this.activation = activation;
        this.separate = separate;
        this.signatures = KernelSignature.parse(source.text());
    }

    /**
     * A kernel by its name; keep it in a field where it is launched often.
     *
     * @throws IllegalArgumentException if the source declares none of that name
     * @throws dev.cria.cuda.driver.CudaException if it does not compile
     */
    public synchronized CudaKernel kernel(String kernel) {
        CudaKernel known = kernels.get(kernel);
        if (known == null) {
            KernelSignature signature = signatures.get(kernel);
            if (signature == null) {
                throw new IllegalArgumentException(source.name() + ".cu declares no kernel " + kernel);
            }
            long module = load(separate ? source.only(kernel) : source);
            known = new CudaKernel(
                    cuda, source.name(), signature, cuda.driverModules().function(module, kernel));
            kernels.put(kernel, known);
        }
        return known;
    }

    private long load(KernelSource wanted) {
        Long handle = handles.get(wanted.name());
        if (handle == null) {
            byte[] code = compiler.compile(wanted, activation);
            cuda.makeCurrent();
            handle = cuda.driverModules().load(code);
            handles.put(wanted.name(), handle);
        }
        return handle;
    }

    synchronized void unload() {
        handles.values().forEach(cuda.driverModules()::unload);
        handles.clear();
        kernels.clear();
    }
}
