package dev.cria.tensor;

import java.util.List;

/** Checks of what is multiplied with matrices, on top of {@link Shapes}. */
final class ProductShapes {
    private ProductShapes() {}

    /**
     * {@code outputs}[N,O], {@code inputs}[N,I] and {@code weights}[O,I] are the three first tensors in their roles.
     *
     * @param factors the type of left and right
     */
    static void product(
            String resultName,
            Tensor result,
            DType resultType,
            String leftName,
            Tensor left,
            String rightName,
            Tensor right,
            DType factors,
            Tensor outputs,
            Tensor inputs,
            Tensor weights) {
        Shapes.rank(resultName, result, resultType, 2);
        Shapes.rank(leftName, left, factors, 2);
        Shapes.rank(rightName, right, factors, 2);
        boolean fits = outputs.dim(0) == inputs.dim(0)
                && Shapes.columns(outputs) == weights.dim(0)
                && Shapes.columns(inputs) == Shapes.columns(weights);
        if (!fits) {
            throw new IllegalArgumentException(resultName + " " + result + ", " + leftName + " " + left + " and "
                    + rightName + " " + right + " do not fit together");
        }
        Shapes.apart(resultName, result, leftName, left);
        Shapes.apart(resultName, result, rightName, right);
    }

    /** An output that shares no memory with any of some weights. */
    static void apart(String name, Tensor output, List<Tensor> weights) {
        for (Tensor w : weights) {
            Shapes.apart(name, output, "w", w);
        }
    }

    /** Weights of any type between inputs[N,I] and outputs[N, ΣO], both of one type. */
    static void stored(
            String outputName, Tensor outputs, String inputName, Tensor inputs, DType dtype, List<Tensor> weights) {
        Shapes.rank(inputName, inputs, dtype, 2);
        if (weights.isEmpty()) {
            throw new IllegalArgumentException("no weights to multiply by");
        }
        long rows = 0;
        for (Tensor w : weights) {
            Shapes.live("w", w);
            if (w.rank() != 2 || w.dim(1) != Shapes.columns(inputs) || w.dtype() == DType.I32) {
                throw new IllegalArgumentException(inputName + " " + inputs + " and w " + w + " do not fit together");
            }
            rows += w.dim(0);
        }
        Shapes.matrix(outputName, outputs, dtype, inputs.dim(0), rows);
    }

    /** A block that lies inside a matrix, in memory of its own. */
    static void block(Tensor matrix, long row, long column, Tensor block) {
        Shapes.rank("matrix", matrix, DType.F32, 2);
        Shapes.rank("block", block, DType.F32, 2);
        boolean inside = matrix.rank() == 2
                && block.rank() == 2
                && row >= 0
                && column >= 0
                && row + block.dim(0) <= matrix.dim(0)
                && column + block.dim(1) <= matrix.dim(1);
        if (!inside) {
            throw new IllegalArgumentException(
                    "block " + block + " at " + row + ", " + column + " is not inside " + matrix);
        }
        Shapes.apart("block", block, "matrix", matrix);
    }

    /** y[N, ΣO] and x[N, ΣR] of blocks [R, O]. */
    static void blockDiagonal(Tensor y, Tensor x, List<Tensor> blocks) {
        long inputs = 0;
        long outputs = 0;
        for (Tensor block : blocks) {
            Shapes.rank("block", block, DType.F32, 2);
            if (block.rank() != 2) {
                throw new IllegalArgumentException("a block is " + block);
            }
            inputs += block.dim(0);
            outputs += block.dim(1);
            Shapes.apart("y", y, "block", block);
        }
        Shapes.rank("x", x, DType.F32, 2);
        Shapes.matrix("x", x, DType.F32, x.dim(0), inputs);
        Shapes.matrix("y", y, DType.F32, x.dim(0), outputs);
        Shapes.apart("y", y, "x", x);
    }
}
