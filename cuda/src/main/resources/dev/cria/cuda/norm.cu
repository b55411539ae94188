// RMSNorm (arXiv 1910.07467), forward and backward. A thread owns the same few columns of every row it sees, so that weights and their gradient
// stay in its registers, and a block has several rows under way at once. Each row is read once.
#include "magnitude.cuh"

constexpr int WIDE = 16 / sizeof(Activation);
constexpr int ROWS = 2;

using Pack = Vec<Activation, WIDE>;

/** The columns' float32 weights. */
__device__ __forceinline__ void loadWeights(float (&to)[WIDE], const float* weight, int column) {
#pragma unroll
    for (int j = 0; j < WIDE; j += 4) {
        Vec<float, 4> four = *reinterpret_cast<const Vec<float, 4>*>(weight + column + j);
#pragma unroll
        for (int k = 0; k < 4; k++) to[j + k] = four.at[k];
    }
}

/** Replaces each of a thread's sums by that of the block: warps in order. */
__device__ __forceinline__ void sumRows(float (&sums)[ROWS]) {
    __shared__ float shared[WARP * ROWS];
    const int warps = static_cast<int>(blockDim.x) / WARP;
#pragma unroll
    for (int r = 0; r < ROWS; r++) sums[r] = warpSum(sums[r]);
    if (laneOf(threadIdx.x) == 0) {
#pragma unroll
        for (int r = 0; r < ROWS; r++) shared[warpOf(threadIdx.x) * ROWS + r] = sums[r];
    }
    __syncthreads();
#pragma unroll
    for (int r = 0; r < ROWS; r++) sums[r] = shared[r];
    for (int w = 1; w < warps; w++) {
#pragma unroll
        for (int r = 0; r < ROWS; r++) sums[r] += shared[w * ROWS + r];
    }
    __syncthreads();
}

/** Rows whose length is a multiple of WIDE and at most blockDim.x·WIDE, all aligned. With ADD the rows are x + delta, stored in `sum`. */
template <bool ADD>
__device__ __forceinline__ void normRows(
    Activation* sum, Activation* y, float* rstd, const Activation* x, const Activation* delta, const float* weight, int N, int D,
    float eps, unsigned* largest) {
    Seen seen;
    const int column = static_cast<int>(threadIdx.x) * WIDE;
    const bool active = column < D;
    const int first = static_cast<int>(blockIdx.x) * ROWS;
    Pack rows[ROWS];
    Pack deltas[ROWS];
    float weights[WIDE];
    float sums[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        if (active && first + r < N) {
            const long long at = static_cast<long long>(first + r) * D + column;
            rows[r] = *reinterpret_cast<const Pack*>(x + at);
            if (ADD) deltas[r] = *reinterpret_cast<const Pack*>(delta + at);
        }
    }
    if (active) loadWeights(weights, weight, column);
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        sums[r] = 0;
        if (active && first + r < N) {
#pragma unroll
            for (int j = 0; j < WIDE; j++) {
                if (ADD) rows[r].at[j] = fromFloat<Activation>(toFloat(rows[r].at[j]) + toFloat(deltas[r].at[j]));
                const float value = toFloat(rows[r].at[j]);
                sums[r] = fmaf(value, value, sums[r]);
            }
            if (ADD) *reinterpret_cast<Pack*>(sum + static_cast<long long>(first + r) * D + column) = rows[r];
        }
    }
    sumRows(sums);
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        if (first + r < N) {
            const float scale = 1 / sqrtf(sums[r] / static_cast<float>(D) + eps);
            if (threadIdx.x == 0) rstd[first + r] = scale;
            if (active) {
#pragma unroll
                for (int j = 0; j < WIDE; j++) {
                    rows[r].at[j] = fromFloat<Activation>(toFloat(rows[r].at[j]) * scale * weights[j]);
                }
                *reinterpret_cast<Pack*>(y + static_cast<long long>(first + r) * D + column) = rows[r];
                seen.see(rows[r]);
            }
        }
    }
    seen.leave(largest);
}

/** `largest` as in Seen::leave, of y; so in the others. */
KERNEL __launch_bounds__(1024) rms_norm(
    Activation* y, float* rstd, const Activation* x, const float* weight, int N, int D, float eps, unsigned* largest) {
    normRows<false>(nullptr, y, rstd, x, nullptr, weight, N, D, eps, largest);
}

/** `sum` may be x. */
KERNEL __launch_bounds__(1024) add_rms_norm(
    Activation* sum, Activation* y, float* rstd, const Activation* x, const Activation* delta, const float* weight, int N, int D,
    float eps, unsigned* largest) {
    normRows<true>(sum, y, rstd, x, delta, weight, N, D, eps, largest);
}

/** Rows of any length and alignment, one a block; without delta, `sum` is x and is only read. */
KERNEL rms_norm_any(
    Activation* sum, Activation* y, float* rstd, const Activation* x, const Activation* delta, const float* weight, int N, int D,
    float eps) {
    __shared__ float shared[WARP];
    const long long row = static_cast<long long>(blockIdx.x) * D;
    float squares = 0;
    for (int d = static_cast<int>(threadIdx.x); d < D; d += static_cast<int>(blockDim.x)) {
        Activation value = x[row + d];
        if (delta != nullptr) {
            value = fromFloat<Activation>(toFloat(value) + toFloat(delta[row + d]));
            sum[row + d] = value;
        }
        squares = fmaf(toFloat(value), toFloat(value), squares);
    }
    squares = blockSum(squares, shared);
    const float scale = 1 / sqrtf(squares / static_cast<float>(D) + eps);
    if (threadIdx.x == 0) rstd[blockIdx.x] = scale;
    for (int d = static_cast<int>(threadIdx.x); d < D; d += static_cast<int>(blockDim.x)) {
        y[row + d] = fromFloat<Activation>(toFloat(sum[row + d]) * scale * weight[d]);
    }
}

/** dx of all rows, and each block's part of dWeight in its row of partials[gridDim.x, D]. Rows as in normRows. */
KERNEL __launch_bounds__(1024) rms_norm_backward(
    Activation* __restrict__ dx, float* __restrict__ partials, const Activation* __restrict__ dy, const Activation* __restrict__ x,
    const float* __restrict__ rstd, const float* __restrict__ weight, int N, int D, unsigned* __restrict__ largest) {
    Seen seen;
    const int column = static_cast<int>(threadIdx.x) * WIDE;
    const bool active = column < D;
    const int step = static_cast<int>(gridDim.x) * ROWS;
    float weights[WIDE];
    float gradient[WIDE];
    if (active) loadWeights(weights, weight, column);
#pragma unroll
    for (int j = 0; j < WIDE; j++) gradient[j] = 0;
    for (int first = static_cast<int>(blockIdx.x) * ROWS; first < N; first += step) {
        Pack dys[ROWS];
        Pack xs[ROWS];
        Pack dxs[ROWS];
        float scales[ROWS];
        float dots[ROWS];
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            scales[r] = first + r < N ? rstd[first + r] : 0;
            if (active && first + r < N) {
                const long long at = static_cast<long long>(first + r) * D + column;
                dys[r] = *reinterpret_cast<const Pack*>(dy + at);
                xs[r] = *reinterpret_cast<const Pack*>(x + at);
                dxs[r] = *reinterpret_cast<const Pack*>(dx + at);
            }
        }
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            dots[r] = 0;
            if (active && first + r < N) {
#pragma unroll
                for (int j = 0; j < WIDE; j++) {
                    const float product = toFloat(dys[r].at[j]) * toFloat(xs[r].at[j]);
                    dots[r] = fmaf(product, weights[j], dots[r]);
                    gradient[j] = fmaf(product, scales[r], gradient[j]);
                }
            }
        }
        sumRows(dots);
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            if (active && first + r < N) {
                const float towardsX = scales[r] * scales[r] * scales[r] / static_cast<float>(D) * dots[r];
#pragma unroll
                for (int j = 0; j < WIDE; j++) {
                    const float own = weights[j] * scales[r] * toFloat(dys[r].at[j]) - toFloat(xs[r].at[j]) * towardsX;
                    dxs[r].at[j] = fromFloat<Activation>(toFloat(dxs[r].at[j]) + own);
                }
                *reinterpret_cast<Pack*>(dx + static_cast<long long>(first + r) * D + column) = dxs[r];
                seen.see(dxs[r]);
            }
        }
    }
    if (active) {
        float* part = partials + static_cast<long long>(blockIdx.x) * D + column;
#pragma unroll
        for (int j = 0; j < WIDE; j++) part[j] = gradient[j];
    }
    seen.leave(largest);
}

/** The same for rows of any length and alignment. */
KERNEL rms_norm_backward_any(
    Activation* dx, float* partials, const Activation* dy, const Activation* x, const float* rstd, const float* weight, int N, int D) {
    __shared__ float shared[WARP];
    const int threads = static_cast<int>(blockDim.x);
    float* part = partials + static_cast<long long>(blockIdx.x) * D;
    for (int d = static_cast<int>(threadIdx.x); d < D; d += threads) part[d] = 0;
    for (int n = static_cast<int>(blockIdx.x); n < N; n += static_cast<int>(gridDim.x)) {
        const long long row = static_cast<long long>(n) * D;
        const float scale = rstd[n];
        float dot = 0;
        for (int d = static_cast<int>(threadIdx.x); d < D; d += threads) {
            const float product = toFloat(dy[row + d]) * toFloat(x[row + d]);
            dot = fmaf(product, weight[d], dot);
            part[d] = fmaf(product, scale, part[d]);
        }
        dot = blockSum(dot, shared);
        const float towardsX = scale * scale * scale / static_cast<float>(D) * dot;
        for (int d = static_cast<int>(threadIdx.x); d < D; d += threads) {
            const float own = weight[d] * scale * toFloat(dy[row + d]) - toFloat(x[row + d]) * towardsX;
            dx[row + d] = fromFloat<Activation>(toFloat(dx[row + d]) + own);
        }
    }
}

/** dWeight[d] += Σ_i partials[i, d] for `count` rows: 16 sums a column, each in the order of i, then the sums in order. Blocks of 512 for 32 columns. */
KERNEL add_columns(float* dWeight, const float* partials, int count, int D) {
    constexpr int GROUPS = 16;
    __shared__ float shared[GROUPS][WARP];
    const int lane = laneOf(threadIdx.x);
    const int group = warpOf(threadIdx.x);
    const int d = static_cast<int>(blockIdx.x) * WARP + lane;
    float sum = 0;
    if (d < D) {
#pragma unroll 8
        for (int i = group; i < count; i += GROUPS) sum += partials[static_cast<long long>(i) * D + d];
    }
    shared[group][lane] = sum;
    __syncthreads();
    if (group == 0 && d < D) {
        for (int g = 1; g < GROUPS; g++) sum += shared[g][lane];
        dWeight[d] += sum;
    }
}
