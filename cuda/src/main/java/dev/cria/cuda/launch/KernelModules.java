package dev.cria.cuda.launch;

import dev.cria.cuda.compile.KernelCompiler;
import dev.cria.cuda.compile.KernelSignature;
import dev.cria.cuda.compile.KernelSource;
import dev.cria.tensor.DType;
import java.util.HashMap;
import java.util.Map;

/** Cria's CUDA sources on one GPU, each compiled and loaded when it is first asked for. */
public final class KernelModules {
    private record Key(String name, DType activation) {}

    private final Cuda cuda;
    private final KernelCompiler compiler;
    private final Map<Key, KernelModule> modules = new HashMap<>();

    KernelModules(Cuda cuda, KernelCompiler compiler) {
        this.cuda = cuda;
        this.compiler = compiler;
    }

    /**
     * The kernels of {@code name.cu}.
     *
     * @param activation what {@code Activation} stands for in the source: {@link DType#F32} or {@link DType#BF16}
     * @throws dev.cria.cuda.driver.CudaException if it does not compile
     */
    public synchronized KernelModule of(String name, DType activation) {
        Key key = new Key(name, activation);
        KernelModule known = modules.get(key);
        if (known == null) {
            known = load(name, activation);
            modules.put(key, known);
        }
        return known;
    }

    private KernelModule load(String name, DType activation) {
        KernelSource source = KernelSource.of(name);
        byte[] code = compiler.compile(source, activation);
        cuda.makeCurrent();
        return new KernelModule(cuda, name, cuda.driverModules().load(code), KernelSignature.parse(source.text()));
    }

    KernelCompiler compiler() {
        return compiler;
    }

    synchronized void unload() {
        modules.values().forEach(module -> cuda.driverModules().unload(module.handle()));
        modules.clear();
    }
}
