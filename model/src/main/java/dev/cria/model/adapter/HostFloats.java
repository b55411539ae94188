package dev.cria.model.adapter;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The numbers of small tensors in host memory, whatever their float type. */
final class HostFloats {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private HostFloats() {}

    /** All elements of an F32, BF16 or F16 tensor, row by row. */
    static float[] of(Tensor tensor) {
        if (tensor.dtype() == DType.F32) {
            return tensor.toFloats();
        }
        short[] bits = tensor.data().toArray(SHORT);
        float[] values = new float[bits.length];
        for (int i = 0; i < bits.length; i++) {
            values[i] =
                    tensor.dtype() == DType.BF16 ? Float.intBitsToFloat(bits[i] << 16) : Float.float16ToFloat(bits[i]);
        }
        return values;
    }

    static boolean areFinite(float[] values) {
        float spoilt = 0;
        for (float value : values) {
            spoilt += 0 * value; // NaN where the value is NaN or infinite
        }
        return spoilt == 0;
    }
}
