// AdamW (arXiv 1711.05101) in one pass over parameters, gradients and moments. Sums and products are rounded one by one, as on the processor.
#include "device.cuh"

constexpr int WIDE = 4;

/** What one update multiplies with; see AdamWFactors. */
struct Factors {
    float gradientScale, beta1, beta2, newGradient, newSquare, inverseRootCorrection, epsilon, stepSize, decay;

    __device__ __forceinline__ float update(float p, float g, float& m, float& v) const {
        const float gradient = multiply(g, gradientScale);
        m = multiply(beta1, m) + multiply(newGradient, gradient);
        v = multiply(beta2, v) + multiply(newSquare, multiply(gradient, gradient));
        const float denominator = multiply(sqrtf(v), inverseRootCorrection) + epsilon;
        return multiply(p, decay) - multiply(stepSize, m / denominator);
    }
};

template <bool ROUNDED>
__device__ __forceinline__ void step(
    float* parameters, bf16* rounded, const float* gradients, float* firstMoment, float* secondMoment, long long count, int wide,
    Factors factors) {
    const long long thread = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (wide && (thread + 1) * WIDE <= count) {
        using Pack = Vec<float, WIDE>;
        const long long at = thread * WIDE;
        Pack p = *reinterpret_cast<const Pack*>(parameters + at);
        const Pack g = *reinterpret_cast<const Pack*>(gradients + at);
        Pack m = *reinterpret_cast<const Pack*>(firstMoment + at);
        Pack v = *reinterpret_cast<const Pack*>(secondMoment + at);
        Vec<bf16, WIDE> narrow;
#pragma unroll
        for (int j = 0; j < WIDE; j++) {
            p.at[j] = factors.update(p.at[j], g.at[j], m.at[j], v.at[j]);
            narrow.at[j] = fromFloat<bf16>(p.at[j]);
        }
        *reinterpret_cast<Pack*>(parameters + at) = p;
        *reinterpret_cast<Pack*>(firstMoment + at) = m;
        *reinterpret_cast<Pack*>(secondMoment + at) = v;
        if (ROUNDED) *reinterpret_cast<Vec<bf16, WIDE>*>(rounded + at) = narrow;
        return;
    }
    const long long end = wide ? count : min(count, thread + 1);
    for (long long i = wide ? thread * WIDE : thread; i < end; i++) {
        float m = firstMoment[i];
        float v = secondMoment[i];
        const float p = factors.update(parameters[i], gradients[i], m, v);
        parameters[i] = p;
        firstMoment[i] = m;
        secondMoment[i] = v;
        if (ROUNDED) rounded[i] = fromFloat<bf16>(p);
    }
}

/** `wide`: all addresses are multiples of 16. */
KERNEL __launch_bounds__(256) adamw(
    float* __restrict__ parameters, const float* __restrict__ gradients, float* __restrict__ firstMoment,
    float* __restrict__ secondMoment, long long count, int wide, float gradientScale, float beta1, float beta2, float newGradient,
    float newSquare, float inverseRootCorrection, float epsilon, float stepSize, float decay) {
    step<false>(parameters, nullptr, gradients, firstMoment, secondMoment, count, wide,
                {gradientScale, beta1, beta2, newGradient, newSquare, inverseRootCorrection, epsilon, stepSize, decay});
}

/** The same, and the new parameters in bf16. */
KERNEL __launch_bounds__(256) adamw_rounded(
    float* __restrict__ parameters, bf16* __restrict__ rounded, const float* __restrict__ gradients, float* __restrict__ firstMoment,
    float* __restrict__ secondMoment, long long count, int wide, float gradientScale, float beta1, float beta2, float newGradient,
    float newSquare, float inverseRootCorrection, float epsilon, float stepSize, float decay) {
    step<true>(parameters, rounded, gradients, firstMoment, secondMoment, count, wide,
               {gradientScale, beta1, beta2, newGradient, newSquare, inverseRootCorrection, epsilon, stepSize, decay});
}
