package dev.cria.cuda.fp8;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.tensor.AdamWStep;
import dev.cria.tensor.CacheCases;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.KernelCase;
import dev.cria.tensor.KernelCases;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.StoredWeightCases;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whatever a kernel changes it must tell: each case of the conformance suite, its arguments compared before and after. */
class ObservedKernelsTest {
    private final List<Tensor> written = new ArrayList<>();
    private final Set<String> called = new HashSet<>();

    @Test
    void everyOperationIsPassedOn() {
        Set<String> declared = Arrays.stream(ObservedKernels.class.getDeclaredMethods())
                .map(ObservedKernelsTest::signature)
                .collect(Collectors.toSet());
        for (Method method : Kernels.class.getMethods()) {
            // The short form of rope calls the long one.
            boolean shortForm = method.getName().equals("rope") && method.getParameterCount() == 6;
            if (!Modifier.isStatic(method.getModifiers()) && !shortForm) {
                assertThat(declared).contains(signature(method));
            }
        }
    }

    @Test
    void whatChangesIsTold() {
        try (Device cpu = CpuDevice.open(CpuOptions.defaults())) {
            Device observed = observed(cpu);
            // Stored weights are many types and shapes of few operations: one case of each.
            Collection<KernelCase> stored = StoredWeightCases.all().stream()
                    .collect(Collectors.toMap(test -> test.name().split(" ")[0], test -> test, (one, other) -> one))
                    .values();
            Stream.of(KernelCases.all(), stored, CacheCases.all())
                    .flatMap(Collection::stream)
                    .forEach(test -> test.run(observed));
            bothFormsOfAdamW(observed);
        }
        Set<String> wanted = Arrays.stream(Kernels.class.getMethods())
                .filter(method -> method.getReturnType() == void.class)
                .map(Method::getName)
                .collect(Collectors.toSet());
        assertThat(called).containsAll(wanted);
    }

    private static void bothFormsOfAdamW(Device device) {
        try (var workspace = device.workspace()) {
            Tensor[] tensors = new Tensor[4];
            Arrays.setAll(tensors, i -> workspace.allocate(DType.F32, 8));
            Arrays.stream(tensors).forEach(tensor -> tensor.data().set(ValueLayout.JAVA_FLOAT, 0, 1));
            Tensor rounded = workspace.allocate(DType.BF16, 8);
            AdamWStep step = new AdamWStep(0.1f, 0.9f, 0.95f, 1e-8f, 0.1f, 1f, 1);
            device.kernels().adamW(tensors[0], tensors[1], tensors[2], tensors[3], step);
            device.kernels().adamW(tensors[0], rounded, tensors[1], tensors[2], tensors[3], step);
        }
    }

    private static String signature(Method method) {
        return method.getName() + Arrays.toString(method.getParameterTypes());
    }

    private Device observed(Device cpu) {
        Kernels kernels = new ObservedKernels(cpu.kernels(), written::add);
        Kernels checking = (Kernels) Proxy.newProxyInstance(
                Kernels.class.getClassLoader(),
                new Class<?>[] {Kernels.class},
                (proxy, method, arguments) -> checked(kernels, method, arguments));
        return (Device) Proxy.newProxyInstance(
                Device.class.getClassLoader(),
                new Class<?>[] {Device.class},
                (proxy, method, arguments) ->
                        method.getName().equals("kernels") ? checking : invoke(cpu, method, arguments));
    }

    private Object checked(Kernels kernels, Method method, Object[] arguments) throws Throwable {
        List<Tensor> tensors = Arrays.stream(arguments)
                .flatMap(argument -> argument instanceof List<?> list ? list.stream() : Stream.of(argument))
                .filter(Tensor.class::isInstance)
                .map(Tensor.class::cast)
                .toList();
        List<byte[]> before = tensors.stream()
                .map(tensor -> tensor.data().toArray(ValueLayout.JAVA_BYTE))
                .toList();
        written.clear();
        Object result = invoke(kernels, method, arguments);
        called.add(method.getName());
        for (int i = 0; i < tensors.size(); i++) {
            MemorySegment data = tensors.get(i).data();
            if (data.mismatch(MemorySegment.ofArray(before.get(i))) >= 0) {
                assertThat(written).as("argument %d of %s", i, method).anyMatch(tensor -> covers(tensor.data(), data));
            }
        }
        return result;
    }

    private static boolean covers(MemorySegment told, MemorySegment changed) {
        return told.address() <= changed.address()
                && told.address() + told.byteSize() >= changed.address() + changed.byteSize();
    }

    private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
