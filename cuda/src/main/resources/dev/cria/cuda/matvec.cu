// A few rows times weights in float32, bf16 or f16, at the speed of memory: a warp has a row of weights, of which several vectors are under way at once,
// and all rows of inputs meet it. Lanes add up in the order of their vectors, so that a row's bits do not depend on how many rows come together.
#include "device.cuh"

/** Inputs [N,I] and outputs [N, yRow] in float32. */
struct Rows {
    float* y;
    int yRow;
    const float* x;
    int N;
    int I;
};

template <int WIDTH>
__device__ __forceinline__ void loadInputs(float (&to)[WIDTH], const float* from) {
    if constexpr (WIDTH % 4 == 0) {
#pragma unroll
        for (int j = 0; j < WIDTH; j += 4) {
            const Vec<float, 4> four = *reinterpret_cast<const Vec<float, 4>*>(from + j);
#pragma unroll
            for (int k = 0; k < 4; k++) to[j + k] = four.at[k];
        }
    } else {
#pragma unroll
        for (int j = 0; j < WIDTH; j++) to[j] = from[j];
    }
}

/** OUTPUTS outputs of every row of inputs, by one warp. AHEAD vectors of each row of weights are under way at once. */
template <class Stored, int WIDTH, int ROWS, int OUTPUTS, int AHEAD>
__device__ __forceinline__ void outputs(const Rows& rows, const Stored* weight, int count, int column) {
    const int lane = laneOf(threadIdx.x);
    constexpr int STEP = WARP * WIDTH;
    float acc[OUTPUTS][ROWS];
#pragma unroll
    for (int o = 0; o < OUTPUTS; o++) {
#pragma unroll
        for (int n = 0; n < ROWS; n++) acc[o][n] = 0;
    }
    for (int first = lane * WIDTH; first < rows.I; first += STEP * AHEAD) {
        Vec<Stored, WIDTH> packs[AHEAD][OUTPUTS];
#pragma unroll
        for (int a = 0; a < AHEAD; a++) {
#pragma unroll
            for (int o = 0; o < OUTPUTS; o++) {
                // A row that is not there is read as the last one, and its outputs are not written.
                const Stored* row = weight + static_cast<long long>(min(o, count - 1)) * rows.I;
                if (first + a * STEP < rows.I) packs[a][o] = *reinterpret_cast<const Vec<Stored, WIDTH>*>(row + first + a * STEP);
            }
        }
#pragma unroll
        for (int a = 0; a < AHEAD; a++) {
            const int i = first + a * STEP;
            if (i < rows.I) {
#pragma unroll
                for (int n = 0; n < ROWS; n++) {
                    if (n < rows.N) {
                        float x[WIDTH];
                        loadInputs(x, rows.x + static_cast<long long>(n) * rows.I + i);
#pragma unroll
                        for (int o = 0; o < OUTPUTS; o++) {
#pragma unroll
                            for (int j = 0; j < WIDTH; j++) acc[o][n] = fmaf(toFloat(packs[a][o].at[j]), x[j], acc[o][n]);
                        }
                    }
                }
            }
        }
    }
#pragma unroll
    for (int o = 0; o < OUTPUTS; o++) {
        float result = 0;
#pragma unroll
        for (int n = 0; n < ROWS; n++) {
            const float sum = warpSum(acc[o][n]);
            if (lane == n) result = sum;
        }
        if (o < count && lane < ROWS && lane < rows.N) rows.y[static_cast<long long>(lane) * rows.yRow + column + o] = result;
    }
}

/** Types: 0 float32, 1 bf16, 2 f16. */
template <bool WIDE, int ROWS, int OUTPUTS, int AHEAD>
__device__ __forceinline__ void outputsOf(const Rows& rows, const void* weight, int type, int o, int count, int column) {
    const long long at = static_cast<long long>(o) * rows.I;
    if (type == 0) outputs<float, WIDE ? 4 : 1, ROWS, OUTPUTS, AHEAD>(rows, static_cast<const float*>(weight) + at, count, column);
    if (type == 1) outputs<bf16, WIDE ? 8 : 1, ROWS, OUTPUTS, AHEAD>(rows, static_cast<const bf16*>(weight) + at, count, column);
    if (type == 2) outputs<f16, WIDE ? 8 : 1, ROWS, OUTPUTS, AHEAD>(rows, static_cast<const f16*>(weight) + at, count, column);
}

/** Up to three weights one after another; each warp has OUTPUTS outputs of one of them. */
template <bool WIDE, int ROWS, int OUTPUTS, int AHEAD>
__device__ __forceinline__ void fewRows(
    const Rows& rows, const void* w0, int type0, int O0, const void* w1, int type1, int O1, const void* w2, int type2, int O2) {
    const auto warpsOf = [](int O) { return (O + OUTPUTS - 1) / OUTPUTS; };
    int warp = static_cast<int>(blockIdx.x * (blockDim.x / WARP)) + warpOf(threadIdx.x);
    const void* weight = w0;
    int type = type0;
    int O = O0;
    int before = 0;
    if (warp >= warpsOf(O0)) {
        warp -= warpsOf(O0);
        before = O0;
        weight = w1;
        type = type1;
        O = O1;
        if (warp >= warpsOf(O1)) {
            warp -= warpsOf(O1);
            before += O1;
            weight = w2;
            type = type2;
            O = O2;
        }
    }
    const int o = warp * OUTPUTS;
    if (o < O) outputsOf<WIDE, ROWS, OUTPUTS, AHEAD>(rows, weight, type, o, min(OUTPUTS, O - o), before + o);
}

/** y[n, o] = Σ x[n, i]·w[o, i] for one row; I is a multiple of 8, or of 4 where all weights are float32, and everything is aligned. */
KERNEL __launch_bounds__(128) few_rows_1(
    float* y, int yRow, const float* x, int N, int I, const void* w0, int type0, int O0, const void* w1, int type1, int O1,
    const void* w2, int type2, int O2) {
    fewRows<true, 1, 1, 4>({y, yRow, x, N, I}, w0, type0, O0, w1, type1, O1, w2, type2, O2);
}

/** The same for up to 16 rows. */
KERNEL __launch_bounds__(128) few_rows_16(
    float* y, int yRow, const float* x, int N, int I, const void* w0, int type0, int O0, const void* w1, int type1, int O1,
    const void* w2, int type2, int O2) {
    fewRows<true, 16, 4, 1>({y, yRow, x, N, I}, w0, type0, O0, w1, type1, O1, w2, type2, O2);
}

/** The same for up to 16 rows of any length and alignment. */
KERNEL __launch_bounds__(128) few_rows_any(
    float* y, int yRow, const float* x, int N, int I, const void* w0, int type0, int O0, const void* w1, int type1, int O1,
    const void* w2, int type2, int O2) {
    fewRows<false, 16, 1, 2>({y, yRow, x, N, I}, w0, type0, O0, w1, type1, O1, w2, type2, O2);
}
