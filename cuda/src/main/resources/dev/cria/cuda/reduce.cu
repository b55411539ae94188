// Sums of float32 in double precision, in two stages: each of a number of blocks that depends on the length alone, then the blocks in order.
#include "device.cuh"

constexpr int WIDE = 4;
/** Vectors whose loads are under way at once, each with a sum of its own. */
constexpr int AHEAD = 4;

template <bool SQUARES>
__device__ __forceinline__ double term(float value) {
    const double wide = value;
    return SQUARES ? wide * wide : wide;
}

template <bool SQUARES>
__device__ __forceinline__ void sumBlock(double* partials, const float* x, long long count, int wide) {
    __shared__ double shared[WARP];
    const long long threads = static_cast<long long>(gridDim.x) * blockDim.x;
    const long long thread = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
    double sums[AHEAD] = {};
    if (wide) {
        const long long vectors = count / WIDE;
        for (long long first = thread; first < vectors; first += threads * AHEAD) {
            Vec<float, WIDE> packs[AHEAD];
#pragma unroll
            for (int a = 0; a < AHEAD; a++) {
                if (first + a * threads < vectors) packs[a] = *reinterpret_cast<const Vec<float, WIDE>*>(x + (first + a * threads) * WIDE);
            }
#pragma unroll
            for (int a = 0; a < AHEAD; a++) {
                if (first + a * threads < vectors) {
#pragma unroll
                    for (int j = 0; j < WIDE; j++) sums[a] += term<SQUARES>(packs[a].at[j]);
                }
            }
        }
        const long long rest = vectors * WIDE + thread;
        if (rest < count) sums[0] += term<SQUARES>(x[rest]);
    } else {
        for (long long i = thread; i < count; i += threads) sums[0] += term<SQUARES>(x[i]);
    }
    const double sum = blockSum((sums[0] + sums[1]) + (sums[2] + sums[3]), shared);
    if (threadIdx.x == 0) partials[blockIdx.x] = sum;
}

KERNEL __launch_bounds__(256) sum(double* partials, const float* x, long long count, int wide) {
    sumBlock<false>(partials, x, count, wide);
}

KERNEL __launch_bounds__(256) sum_of_squares(double* partials, const float* x, long long count, int wide) {
    sumBlock<true>(partials, x, count, wide);
}

/** total = Σ partials, by one block of 256. */
KERNEL sum_partials(double* total, const double* partials, int count) {
    __shared__ double shared[WARP];
    double sum = 0;
    for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x)) sum += partials[i];
    sum = blockSum(sum, shared);
    if (threadIdx.x == 0) *total = sum;
}
