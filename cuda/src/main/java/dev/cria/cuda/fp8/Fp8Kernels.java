package dev.cria.cuda.fp8;

import dev.cria.base.UserError;
import dev.cria.cuda.driver.CardProperties;
import dev.cria.cuda.gemm.Gemm;
import dev.cria.cuda.gemm.MatrixType;
import dev.cria.cuda.kernels.CudaKernels;
import dev.cria.cuda.kernels.Magnitudes;
import dev.cria.cuda.launch.Cuda;
import dev.cria.tensor.RepeatedWork;
import dev.cria.tensor.Tensor;

/** A GPU's kernels with the products of training in FP8, where {@link Fp8Products} suits them; all else is as before. */
public final class Fp8Kernels extends ObservedKernels {
    /** Ada Lovelace. */
    private static final int LEAST_CAPABILITY = 89;

    private final KnownMatrices known;
    private final Fp8Products products;
    private final Magnitudes magnitudes;

    /** @param kernels what computes all the rest */
    public Fp8Kernels(Cuda cuda, Gemm gemm, CudaKernels kernels) {
        this(new KnownMatrices(cuda.memory()), cuda, gemm, kernels);
    }

    private Fp8Kernels(KnownMatrices known, Cuda cuda, Gemm gemm, CudaKernels kernels) {
        super(kernels, known::forget);
        this.known = known;
        this.magnitudes = kernels.magnitudes();
        this.products = new Fp8Products(cuda, gemm, known);
    }

    /** @throws UserError if a card has no tensor cores for FP8 */
    public static void require(CardProperties card) {
        int capability = card.computeCapability();
        if (capability < LEAST_CAPABILITY) {
            throw new UserError(
                    card.name() + " has compute capability " + capability / 10 + "." + capability % 10
                            + ", and products in fp8 need 8.9 (Ada Lovelace) or newer",
                    "train with precision bf16");
        }
    }

    /** Says that a tensor's memory was written by other means than these kernels. */
    public void written(Tensor tensor) {
        known.forget(tensor);
    }

    /** Work whose kernels run without being called here again: it may write anywhere. */
    public RepeatedWork watching(RepeatedWork work) {
        return new RepeatedWork() {
            @Override
            public void run() {
                work.run();
                known.forgetAll();
            }

            @Override
            public void close() {
                work.close();
            }
        };
    }

    @Override
    public void linear(Tensor y, Tensor x, Tensor w, boolean accumulate) {
        if (Fp8Products.suits(x, y, w)) {
            products.forward(y, x, w, accumulate);
            wrote(y);
        } else {
            super.linear(y, x, w, accumulate);
        }
    }

    @Override
    public void linearBackwardInput(Tensor dx, Tensor dy, Tensor w, boolean accumulate) {
        if (Fp8Products.suits(dx, dy, w)) {
            products.backwardInput(dx, dy, w, accumulate);
            wrote(dx);
        } else {
            super.linearBackwardInput(dx, dy, w, accumulate);
        }
    }

    @Override
    public void linearBackwardWeight(Tensor dw, Tensor dy, Tensor x, boolean accumulate) {
        if (Fp8Products.suits(x, dy, dw)) {
            products.backwardWeight(dw, dy, x, accumulate);
            wrote(dw);
        } else {
            super.linearBackwardWeight(dw, dy, x, accumulate);
        }
    }

    @Override
    public void rmsNorm(Tensor y, Tensor rstd, Tensor x, Tensor weight, float eps) {
        writing(y, MatrixType.E4M3, () -> super.rmsNorm(y, rstd, x, weight, eps));
    }

    @Override
    public void addRmsNorm(Tensor sum, Tensor y, Tensor rstd, Tensor x, Tensor delta, Tensor weight, float eps) {
        writing(y, MatrixType.E4M3, () -> super.addRmsNorm(sum, y, rstd, x, delta, weight, eps));
    }

    @Override
    public void rmsNormBackward(Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor rstd, Tensor weight) {
        writing(dx, MatrixType.E5M2, () -> super.rmsNormBackward(dx, dWeight, dy, x, rstd, weight));
    }

    @Override
    public void swiGlu(Tensor h, Tensor gateUp) {
        writing(h, MatrixType.E4M3, () -> super.swiGlu(h, gateUp));
    }

    @Override
    public void swiGluBackward(Tensor dGateUp, Tensor dh, Tensor gateUp) {
        writing(dGateUp, MatrixType.E5M2, () -> super.swiGluBackward(dGateUp, dh, gateUp));
    }

    /** Starts a kernel whose output is likely to be an operand next, and takes its scale from what the kernel leaves. */
    private void writing(Tensor output, MatrixType format, Runnable kernel) {
        if (!Fp8Products.suits(output)) {
            kernel.run();
            return;
        }
        magnitudes.ask();
        kernel.run();
        int blocks = magnitudes.blocks();
        if (blocks > 0) {
            products.wrote(output, format, magnitudes.address(), blocks);
        }
    }
}
