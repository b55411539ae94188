package dev.cria.cuda.kernels;

import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.launch.KernelCall;
import dev.cria.tensor.AdamWFactors;
import dev.cria.tensor.AdamWStep;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;

/** AdamW in one pass: {@code adamw.cu}. */
final class AdamWKernels {
    private final Cuda cuda;

    AdamWKernels(Cuda cuda) {
        this.cuda = cuda;
    }

    /** See {@link dev.cria.tensor.Kernels#adamW}. */
    void update(Tensor parameters, Tensor gradients, Tensor firstMoment, Tensor secondMoment, AdamWStep step) {
        boolean wide = Launches.aligned(parameters, gradients) && Launches.aligned(firstMoment, secondMoment);
        launch(call("adamw").tensor(parameters), gradients, firstMoment, secondMoment, wide, step);
    }

    /** The same, and {@code rounded} becomes the new parameters in bf16. */
    void update(
            Tensor parameters,
            Tensor rounded,
            Tensor gradients,
            Tensor firstMoment,
            Tensor secondMoment,
            AdamWStep step) {
        boolean wide = Launches.aligned(parameters, rounded, gradients) && Launches.aligned(firstMoment, secondMoment);
        KernelCall call = call("adamw_rounded").tensor(parameters).tensor(rounded);
        launch(call, gradients, firstMoment, secondMoment, wide, step);
    }

    private KernelCall call(String name) {
        return cuda.modules().of("adamw", DType.F32).kernel(name).call();
    }

    private static void launch(
            KernelCall call, Tensor gradients, Tensor firstMoment, Tensor secondMoment, boolean wide, AdamWStep step) {
        AdamWFactors factors = AdamWFactors.of(step);
        call.tensor(gradients)
                .tensor(firstMoment)
                .tensor(secondMoment)
                .int64(gradients.elements())
                .int32(Launches.flag(wide))
                .float32(step.gradientScale())
                .float32(step.beta1())
                .float32(step.beta2())
                .float32(factors.newGradient())
                .float32(factors.newSquare())
                .float32(factors.inverseRootCorrection())
                .float32(step.epsilon())
                .float32(factors.stepSize())
                .float32(factors.decay())
                .launch(Launches.blocks(gradients.elements(), Launches.width(DType.F32), wide), Launches.THREADS);
    }
}
