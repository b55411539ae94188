package dev.cria.tensor;

import java.util.List;

/** Checks of what is multiplied with matrices, on top of {@link Shapes}. */
final class ProductShapes {
    private ProductShapes() {}

    /** {@code outputs}[N,O], {@code inputs}[N,I] and {@code weights}[O,I] are the three first tensors in their roles. */
    static void product(
            String resultName,
            Tensor result,
            String leftName,
            Tensor left,
            String rightName,
            Tensor right,
            Tensor outputs,
            Tensor inputs,
            Tensor weights) {
        Shapes.rank(resultName, result, 2);
        Shapes.rank(leftName, left, 2);
        Shapes.rank(rightName, right, 2);
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

    /** Weights of any type between inputs[N,I] and outputs[N, ΣO]. */
    static void stored(String outputName, Tensor outputs, String inputName, Tensor inputs, List<Tensor> weights) {
        Shapes.rank(inputName, inputs, 2);
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
        Shapes.matrix(outputName, outputs, inputs.dim(0), rows);
    }

    /** A block that lies inside a matrix, in memory of its own. */
    static void block(Tensor matrix, long row, long column, Tensor block) {
        Shapes.rank("matrix", matrix, 2);
        Shapes.rank("block", block, 2);
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
            Shapes.rank("block", block, 2);
            if (block.rank() != 2) {
                throw new IllegalArgumentException("a block is " + block);
            }
            inputs += block.dim(0);
            outputs += block.dim(1);
            Shapes.apart("y", y, "block", block);
        }
        Shapes.rank("x", x, 2);
        Shapes.matrix("x", x, x.dim(0), inputs);
        Shapes.matrix("y", y, x.dim(0), outputs);
        Shapes.apart("y", y, "x", x);
    }
}
