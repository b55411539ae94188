package dev.cria.tensor;

import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.tensor.cpu.Tier;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A device whose memory is not the host's, as a GPU's is, made of the CPU's scalar or vector kernels: Java that touches a tensor's memory
 * outside of a kernel, an upload or a download gets a {@link WrongThreadException}, for the segments belong to another thread. It may have
 * bf16 activations: its kernels then widen what is bf16, compute in float32 and round what they wrote. For tests.
 */
public final class FarDevice implements Device {
    /** Kernels whose arguments are as they are stored; the others' bf16 ones are activations. */
    private static final Set<String> STORED =
            Set.of("project", "convert", "storeKeysValues", "attentionCached", "adamW");

    private static final long USUAL_BYTES = 8L << 30;

    private final CpuDevice near = CpuDevice.open(new CpuOptions(1, Precision.F32, Tier.VECTOR));
    private final ExecutorService owner = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "far-memory");
        thread.setDaemon(true);
        return thread;
    });
    private final DType activations;
    private final Kernels kernels;
    private final long bytes;
    private final AtomicLong taken = new AtomicLong();
    private long waits;
    private long uploads;

    private FarDevice(DType activations, long bytes) {
        this.activations = activations;
        this.bytes = bytes;
        Kernels nearKernels = (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(),
                new Class<?>[] {Kernels.class},
                (_, method, arguments) -> call(method, arguments));
        this.kernels = new CheckedKernels(nearKernels, activations);
    }

    /** @param activations F32 or BF16 */
    public static FarDevice open(DType activations) {
        return new FarDevice(activations, USUAL_BYTES);
    }

    /** The same with so much memory to speak of; it is told, not held to. */
    public static FarDevice open(DType activations, long bytes) {
        return new FarDevice(activations, bytes);
    }

    @Override
    public OptionalLong totalBytes() {
        return OptionalLong.of(bytes);
    }

    @Override
    public OptionalLong freeBytes() {
        return OptionalLong.of(bytes - taken.get());
    }

    /** How often the host waited for results: downloads, and kernels that return a number. */
    public long waits() {
        return waits;
    }

    /** How often the host sent something. */
    public long uploads() {
        return uploads;
    }

    @Override
    public String name() {
        return "far";
    }

    @Override
    public List<String> decisions() {
        return near.decisions();
    }

    @Override
    public Kernels kernels() {
        return kernels;
    }

    @Override
    public DType activationType() {
        return activations;
    }

    private Object call(Method method, Object[] arguments) throws Throwable {
        if (method.getReturnType() == double.class) {
            waits++;
        }
        try (Arena scratch = Arena.ofConfined()) {
            Call call = new Call(method.getName(), scratch);
            Object[] translated = new Object[arguments.length];
            for (int i = 0; i < arguments.length; i++) {
                translated[i] = call.translate(arguments[i], i);
            }
            Object result = method.invoke(near.kernels(), translated);
            call.round();
            return result;
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    /** One kernel's arguments. */
    private final class Call {
        private final String kernel;
        private final Arena scratch;
        private final Map<Long, Tensor> wide = new HashMap<>();
        private final List<Runnable> rounding = new ArrayList<>();

        Call(String kernel, Arena scratch) {
            this.kernel = kernel;
            this.scratch = scratch;
        }

        Object translate(Object argument, int index) {
            if (argument instanceof Tensor tensor) {
                boolean activation = !STORED.contains(kernel) && (index == 0 || !kernel.equals("embedding"));
                return activation && tensor.dtype() == DType.BF16 ? widened(tensor) : near(tensor);
            }
            if (argument instanceof List<?> weights) {
                return weights.stream().map(each -> near((Tensor) each)).toList();
            }
            return argument;
        }

        /** Arguments that are the same memory are the same copy. */
        private Tensor widened(Tensor tensor) {
            return wide.computeIfAbsent(tensor.data().address(), _ -> {
                Tensor narrow = near(tensor);
                long bytes = 2 * tensor.byteSize();
                Tensor copy =
                        Tensor.of(DType.F32, scratch.allocate(bytes + 64, 64).asSlice(0, bytes), tensor.dims());
                near.kernels().convert(copy, narrow);
                rounding.add(() -> near.kernels().convert(narrow, copy));
                return copy;
            });
        }

        void round() {
            rounding.forEach(Runnable::run);
        }
    }

    private static Tensor near(Tensor tensor) {
        return Tensor.of(
                tensor.dtype(),
                MemorySegment.ofAddress(tensor.data().address()).reinterpret(tensor.byteSize()),
                tensor.dims());
    }

    @Override
    public Workspace workspace() {
        return new FarWorkspace();
    }

    private final class FarWorkspace implements Workspace {
        private final Workspace memory = near.workspace();
        private final Arena elsewhere = onOwner(Arena::ofConfined);

        @Override
        public Tensor allocate(DType dtype, long... dims) {
            Tensor tensor = memory.allocate(dtype, dims);
            taken.addAndGet(tensor.byteSize());
            long address = tensor.data().address();
            MemorySegment far =
                    onOwner(() -> MemorySegment.ofAddress(address).reinterpret(tensor.byteSize(), elsewhere, null));
            return Tensor.of(dtype, far, dims);
        }

        @Override
        public long allocatedBytes() {
            return memory.allocatedBytes();
        }

        @Override
        public void close() {
            if (elsewhere.scope().isAlive()) {
                onOwner(() -> {
                    elsewhere.close();
                    return true;
                });
                taken.addAndGet(-memory.allocatedBytes());
            }
            memory.close();
        }
    }

    private <T> T onOwner(Callable<T> task) {
        try {
            return owner.submit(task).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public Tensor adopt(Tensor host, Workspace workspace) {
        Tensor copy = workspace.allocate(host.dtype(), host.dims());
        upload(host.data(), copy);
        return copy;
    }

    @Override
    public void upload(MemorySegment host, Tensor to) {
        uploads++;
        near.upload(host, near(to));
    }

    @Override
    public void download(Tensor from, MemorySegment host) {
        waits++;
        near.download(near(from), host);
    }

    @Override
    public void synchronize() {
        // Kernels return when they are done.
    }

    @Override
    public void close() {
        near.close();
        owner.shutdown();
    }
}
