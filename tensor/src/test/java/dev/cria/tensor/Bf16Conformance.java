package dev.cria.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What kernels do on activations in BF16: the same calls as in {@link KernelsConformance}, the reference being the scalar kernels in float32 on
 * the same rounded inputs.
 *
 * <p>Arithmetic is in float32 and a result is rounded once, so that it lies within half a unit in the last of 8 places: 2⁻⁸ of itself, and a
 * little for the order of sums. Attention also rounds probabilities and gradients of scores before they meet values and keys, and its backward
 * pass reads a rounded output; weights of other types are rounded before they meet activations. Such errors of 2⁻⁹ a term are independent, and
 * a sum of them stays far below 2⁻⁶ of the tensor's size. What is float32 in memory comes from rounded inputs, but not through a rounding.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class Bf16Conformance {
    private static final double ONE_ROUNDING = 0x1p-8 * 1.05;
    private static final double ROUNDED_TERMS = 0x1p-6;
    private static final double NO_ROUNDING = 1e-4;

    /** By the first words of a case's name: which arguments are activations, or the weights that meet them in training. */
    private static final Map<String, Set<Integer>> ACTIVATIONS = activations();

    private Device reference;
    private final List<Device> devices = new ArrayList<>();

    /** The device under test, in one of the orders 1 to 3 of threads. */
    protected abstract Device open(int order);

    private static Map<String, Set<Integer>> activations() {
        Map<String, Set<Integer>> map = new HashMap<>();
        map.put("linear", Set.of(0, 1, 2));
        map.put("linearBackwardInput", Set.of(0, 1, 2));
        map.put("linearBackwardWeight", Set.of(0, 1));
        map.put("frozenLinear", Set.of(0, 1));
        map.put("frozenLinearBackwardInput", Set.of(0, 1));
        map.put("embedding", Set.of(0));
        map.put("embeddingBackward", Set.of(1));
        map.put("rmsNorm", Set.of(0, 2));
        map.put("addRmsNorm", Set.of(0, 1, 3, 4));
        map.put("addRmsNorm in place", Set.of(0, 2, 3));
        map.put("rmsNormBackward", Set.of(0, 2, 3));
        map.put("swiGlu", Set.of(0, 1));
        map.put("swiGluBackward", Set.of(0, 1, 2));
        map.put("swiGluBackward in place", Set.of(0, 1));
        map.put("rope", Set.of(0));
        map.put("attention", Set.of(0, 2));
        map.put("attentionBackward", Set.of(0, 2, 3, 4));
        map.put("crossEntropy", Set.of(1));
        map.put("negativeLogLikelihood", Set.of(1));
        map.put("add", Set.of(0, 1));
        map.put("scale", Set.of(0));
        map.put("fill", Set.of(0));
        map.put("dropout", Set.of(0, 1));
        map.put("dropout in place", Set.of(0));
        map.put("addNoise", Set.of(0));
        return Map.copyOf(map);
    }

    @BeforeAll
    void openDevices() {
        reference = dev.cria.tensor.cpu.CpuDevice.open(new dev.cria.tensor.cpu.CpuOptions(
                1, dev.cria.tensor.cpu.Precision.F32, dev.cria.tensor.cpu.Tier.SCALAR));
        for (int order = 1; order <= 3; order++) {
            devices.add(open(order));
        }
    }

    @AfterAll
    void closeDevices() {
        reference.close();
        devices.forEach(Device::close);
    }

    static Stream<KernelCase> cases() {
        return Stream.of(KernelCases.all(), StoredWeightCases.all())
                .flatMap(List::stream)
                .filter(kernelCase -> ACTIVATIONS.containsKey(operation(kernelCase)))
                .filter(kernelCase -> !kernelCase.name().startsWith("add products"));
    }

    /** {@code swiGlu in place} of {@code swiGlu in place N=1 D=3}. */
    private static String operation(KernelCase kernelCase) {
        String name = kernelCase.name();
        String first = name.split(" ", 2)[0];
        return name.startsWith(first + " in place") ? first + " in place" : first;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsTheReferenceButForRounding(KernelCase kernelCase) {
        String operation = operation(kernelCase);
        Set<Integer> activations = ACTIVATIONS.get(operation);
        List<HostTensor> expected = with(kernelCase, activations, false).run(reference);
        List<HostTensor> actual = with(kernelCase, activations, true).run(devices.getFirst());
        for (int i = 0; i < expected.size(); i++) {
            HostTensor result = actual.get(i);
            if (result.dtype() == DType.F32 || result.dtype() == DType.BF16) {
                assertClose(
                        kernelCase + ", argument " + i,
                        floats(result),
                        floats(expected.get(i)),
                        result.dims(),
                        tolerance(
                                operation,
                                activations.contains(i),
                                kernelCase.name().contains(" by three weights")));
            } else {
                assertThat(result.data().mismatch(expected.get(i).data())).isEqualTo(-1);
            }
        }
    }

    private static float[] floats(HostTensor tensor) {
        return tensor.dtype() == DType.BF16 ? widened(tensor) : tensor.toFloats();
    }

    /**
     * Differences are relative to the value, or to the root mean square of its row or of the tensor where that is larger: what attention gives
     * the first tokens of a sequence is much larger than what it gives the others, and so are the errors of its sums.
     */
    private static void assertClose(String what, float[] actual, float[] expected, long[] dims, double tolerance) {
        int columns =
                dims.length < 2 || dims[0] == 0 ? Math.max(1, expected.length) : (int) (expected.length / dims[0]);
        double whole = rootMeanSquare(expected, 0, expected.length);
        for (int from = 0; from < expected.length; from += columns) {
            double size = Math.max(whole, rootMeanSquare(expected, from, from + columns));
            for (int i = from; i < from + columns; i++) {
                boolean same = Float.compare(actual[i], expected[i]) == 0
                        || Math.abs((double) actual[i] - expected[i])
                                <= tolerance * Math.max(size, Math.abs(expected[i]));
                assertThat(same)
                        .withFailMessage(
                                "%s[%d] of %d is %s, expected %s", what, i, expected.length, actual[i], expected[i])
                        .isTrue();
            }
        }
    }

    private static double rootMeanSquare(float[] values, int from, int to) {
        double squares = 0;
        for (int i = from; i < to; i++) {
            squares += Float.isFinite(values[i]) ? (double) values[i] * values[i] : 0;
        }
        return Math.sqrt(squares / Math.max(1, to - from));
    }

    private static double tolerance(String operation, boolean activation, boolean severalWeights) {
        if (severalWeights) {
            return 2 * ROUNDED_TERMS; // what one weight gives is rounded before the next one's share is added
        }
        if (operation.startsWith("attentionBackward") || operation.startsWith("frozen")) {
            return ROUNDED_TERMS;
        }
        if (operation.equals("attention")) {
            return activation ? ROUNDED_TERMS : NO_ROUNDING;
        }
        if (operation.startsWith("addRmsNorm")) {
            return 2 * ONE_ROUNDING; // the sum may be normed as it is stored
        }
        return activation ? ONE_ROUNDING : NO_ROUNDING;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isTheSameInAnyOrder(KernelCase kernelCase) {
        KernelCase rounded = with(kernelCase, ACTIVATIONS.get(operation(kernelCase)), true);
        List<HostTensor> one = rounded.run(devices.getFirst());
        for (Device device : devices.subList(1, devices.size())) {
            List<HostTensor> again = rounded.run(device);
            for (int i = 0; i < one.size(); i++) {
                assertThat(again.get(i).data().mismatch(one.get(i).data()))
                        .as("first differing byte of argument %d", i)
                        .isEqualTo(-1);
            }
        }
    }

    @Test
    void parametersAreRoundedAsTheyAreUpdated() {
        AdamWStep step = new AdamWStep(1e-2f, 0.9f, 0.95f, 1e-8f, 0.1f, 0.5f, 3);
        for (int count : new int[] {1, 15, 16, 1000, 70_001}) {
            KernelCase update = new KernelCase(
                    "adamW",
                    false,
                    (k, a) -> {
                        k.adamW(a[0], a[1], a[2], a[3], a[4], step);
                        k.convert(a[5], a[0]);
                    },
                    () -> new HostTensor[] {
                        HostTensor.normal(1, count),
                        HostTensor.halves(DType.BF16, new short[count]),
                        HostTensor.normal(2, count),
                        HostTensor.normal(3, count),
                        HostTensor.zeros(count),
                        HostTensor.halves(DType.BF16, new short[count])
                    });
            List<HostTensor> after = update.run(devices.getFirst());
            assertThat(after.get(1).data().mismatch(after.get(5).data())).isEqualTo(-1);
            List<HostTensor> expected = update.run(reference);
            DeviceConformance.assertClose(
                    "parameters", after.get(0).toFloats(), expected.get(0).toFloats(), NO_ROUNDING);
        }
    }

    /** The case with some arguments rounded to bf16, stored so or as float32. */
    private static KernelCase with(KernelCase kernelCase, Set<Integer> rounded, boolean narrow) {
        return new KernelCase(kernelCase.name(), kernelCase.matrix(), kernelCase.operation(), () -> {
            HostTensor[] arguments = kernelCase.arguments().get();
            for (int i : rounded) {
                if (arguments[i].dtype() == DType.F32) {
                    HostTensor narrowed = narrowed(arguments[i]);
                    arguments[i] = narrow ? narrowed : HostTensor.floats(widened(narrowed), arguments[i].dims());
                }
            }
            return arguments;
        });
    }

    private static HostTensor narrowed(HostTensor wide) {
        float[] values = wide.toFloats();
        short[] bits = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            int raw = Float.floatToRawIntBits(values[i]);
            bits[i] = (short) ((raw + 0x7fff + (raw >>> 16 & 1)) >>> 16);
        }
        return new HostTensor(DType.BF16, MemorySegment.ofArray(bits), wide.dims());
    }

    private static float[] widened(HostTensor narrow) {
        short[] bits = narrow.data().toArray(ValueLayout.JAVA_SHORT_UNALIGNED);
        float[] values = new float[bits.length];
        for (int i = 0; i < bits.length; i++) {
            values[i] = Float.intBitsToFloat(bits[i] << 16);
        }
        return values;
    }
}
