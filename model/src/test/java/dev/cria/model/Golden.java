package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.JsonFiles;
import dev.cria.base.ReferenceData;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.tensor.cpu.Tier;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** What the tests against reference data share. */
public final class Golden {
    private Golden() {}

    /** The tiers every golden test runs on, for {@code @MethodSource}. */
    public static Stream<Tier> tiers() {
        return Stream.of(Tier.values());
    }

    /** One thread below the highest tier: tiny kernels on two threads wait for each other where the machine is busy. */
    public static Device open(Tier tier) {
        return CpuDevice.open(new CpuOptions(tier == Tier.NATIVE ? 2 : 1, Precision.F32, tier));
    }

    public static TrainableLlama trainable(Device device, String directory, int maxBatch, int maxTime) {
        var path = ReferenceData.require("golden/" + directory);
        TrainableLlama model = TrainableLlama.create(device, HuggingFaceDirectory.readConfig(path), maxBatch, maxTime);
        HuggingFaceDirectory.readInto(path, model.parameters(), device);
        model.parametersChanged();
        return model;
    }

    public static Safetensors tensors(String file) {
        return Safetensors.open(ReferenceData.require("golden/" + file));
    }

    public static JsonNode json(String file) {
        return JsonFiles.readObject(ReferenceData.require("golden/" + file), 64L << 20);
    }

    public static int[] ids(JsonNode array) {
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = array.get(i).intValue();
        }
        return ids;
    }

    public static int[] ints(Tensor tensor) {
        int[] values = new int[(int) tensor.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = tensor.getInt(i);
        }
        return values;
    }

    /** The numbers of a device's float32 tensor. */
    public static float[] floats(Device device, Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.elements())];
        device.download(tensor, MemorySegment.ofArray(values));
        return values;
    }

    public static float maximumDifference(float[] actual, float[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        float largest = 0;
        for (int i = 0; i < expected.length; i++) {
            float difference = Math.abs(actual[i] - expected[i]);
            // A NaN is as far off as can be.
            largest = difference <= largest ? largest : Float.isNaN(difference) ? Float.POSITIVE_INFINITY : difference;
        }
        return largest;
    }

    /** √Σ(a−b)² / √Σb². */
    public static double relativeDistance(float[] actual, float[] expected) {
        double distance = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            distance += Math.pow((double) actual[i] - expected[i], 2);
            norm += (double) expected[i] * expected[i];
        }
        return Math.sqrt(distance / norm);
    }
}
