package dev.cria.cuda.fp8;

import dev.cria.base.UserError;
import dev.cria.cuda.driver.CardProperties;
import dev.cria.cuda.gemm.Gemm;
import dev.cria.cuda.launch.Cuda;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.RepeatedWork;
import dev.cria.tensor.Tensor;

/** A GPU's kernels with the products of training in FP8, where {@link Fp8Products} suits them; all else is as before. */
public final class Fp8Kernels extends ObservedKernels {
    /** Ada Lovelace. */
    private static final int LEAST_CAPABILITY = 89;

    private final KnownMatrices known;
    private final Fp8Products products;

    /** @param kernels what computes all the rest */
    public Fp8Kernels(Cuda cuda, Gemm gemm, Kernels kernels) {
        this(new KnownMatrices(cuda.memory()), cuda, gemm, kernels);
    }

    private Fp8Kernels(KnownMatrices known, Cuda cuda, Gemm gemm, Kernels kernels) {
        super(kernels, known::forget);
        this.known = known;
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
}
