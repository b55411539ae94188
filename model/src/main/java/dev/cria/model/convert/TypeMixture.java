package dev.cria.model.convert;

import dev.cria.model.GgufNames;
import dev.cria.tensor.DType;

/**
 * Which type each tensor of a GGUF file gets. llama.cpp's choice: norms stay float32; the head, and values and down projections of the layers
 * that rounding hurts most, get more bits; where rows are no multiple of a block, the next type whose blocks fit.
 *
 * @param type what was asked for
 * @param layers number of blocks of the model
 * @param tied whether the embedding is the head
 * @param pure whether all matrices get just the type asked for, where it fits
 */
record TypeMixture(TargetType type, int layers, boolean tied, boolean pure) {
    /** Layers of Llama 2 70B, whose values are shared by eight heads and so are worth more bits. */
    private static final int LAYERS_OF_70B = 80;

    /**
     * The type of a tensor.
     *
     * @param name its name in GGUF files
     * @param dims its shape, rows first
     */
    DType of(String name, long[] dims) {
        if (dims.length == 1) {
            return DType.F32;
        }
        DType wanted = type.dtype();
        if (!wanted.isQuantised()) {
            return wanted;
        }
        long width = dims[dims.length - 1];
        return fitting(pure ? wanted : chosen(name, wanted, width), width);
    }

    private DType chosen(String name, DType wanted, long width) {
        if (name.equals(GgufNames.HEAD) || (tied && name.equals(GgufNames.EMBEDDING))) {
            return wanted == DType.Q8_0 || width % wanted.blockSize() != 0 ? DType.Q8_0 : DType.Q6_K;
        }
        if (type != TargetType.Q4_K_M) {
            return wanted;
        }
        boolean values = name.endsWith(".attn_v.weight");
        if ((values || name.endsWith(".ffn_down.weight")) && needsMoreBits(layer(name))) {
            return DType.Q6_K;
        }
        return values && layers == LAYERS_OF_70B ? DType.Q5_K : wanted;
    }

    /** The first and last eighth of the layers, and every third between. */
    private boolean needsMoreBits(int layer) {
        int eighth = layers / 8;
        return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
    }

    private static int layer(String name) {
        int from = name.indexOf('.') + 1;
        return Integer.parseInt(name.substring(from, name.indexOf('.', from)));
    }

    private static DType fitting(DType wanted, long width) {
        if (width % wanted.blockSize() == 0) {
            return wanted;
        }
        DType smaller = switch (wanted) {
            case Q4_K -> DType.Q5_0;
            case Q5_K -> DType.Q5_1;
            case Q6_K -> DType.Q8_0;
            default -> DType.F16;
        };
        return width % smaller.blockSize() == 0 ? smaller : DType.F16;
    }
}
