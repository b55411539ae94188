package dev.cria.cuda.launch;

import dev.cria.cuda.compile.KernelCompiler;
import dev.cria.cuda.compile.KernelSource;
import dev.cria.tensor.DType;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Cria's CUDA sources on one GPU, each compiled and loaded when a kernel of it is first asked for. */
public final class KernelModules {
    /** Sources of many large kernels, of which one program needs few: seconds each when they are compiled together. */
    private static final Set<String> SEPARATE =
            Set.of("attention", "attention_backward", "attention_cached", "attention_f32", "matvec", "matvec_blocks");

    private record Key(String name, DType activation) {}

    private final Cuda cuda;
    private final KernelCompiler compiler;
    private final Map<Key, KernelModule> modules = new HashMap<>();
    private boolean wholeSources;

    KernelModules(Cuda cuda, KernelCompiler compiler) {
        this.cuda = cuda;
        this.compiler = compiler;
    }

    /**
     * The kernels of {@code name.cu}.
     *
     * @param activation what {@code Activation} stands for in the source: {@link DType#F32} or {@link DType#BF16}
     * @throws IllegalStateException if there is no such source
     */
    public synchronized KernelModule of(String name, DType activation) {
        Key key = new Key(name, activation);
        KernelModule known = modules.get(key);
        if (known == null) {
            known = new KernelModule(
                    cuda, compiler, KernelSource.of(name), activation, !wholeSources && SEPARATE.contains(name));
            modules.put(key, known);
        }
        return known;
    }

    /** Compiles the kernels of a source together from now on, however many are used. */
    public void compileWholeSources() {
        wholeSources = true;
    }

    KernelCompiler compiler() {
        return compiler;
    }

    synchronized void unload() {
        modules.values().forEach(KernelModule::unload);
        modules.clear();
    }
}
