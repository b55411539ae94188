// A few rows times weights in blocks, where they lie: a warp has a row of weights at a time and copies it to shared memory in pieces, a few ahead of the
// one that it multiplies, because blocks of 18 and 34 bytes cannot be loaded by vectors. Inputs are float32 or in 8 bits. Lanes add up in the order
// of their octets, so that a row's bits do not depend on how many rows come together.
#include "device.cuh"
#include "formats.cuh"

/** Inputs in 8 bits, each 32 with a scale: x ≈ scale·q. Threads of whole warps take four each; what is no number spoils its scale. */
__device__ __forceinline__ void roundInputs(signed char* q, float* scales, const float* x, long long count, long long thread, long long threads) {
    for (long long first = (thread - laneOf(threadIdx.x)) * 4; first < count; first += threads * 4) {
        const long long at = first + laneOf(threadIdx.x) * 4;
        const bool inside = at < count;
        Vec<float, 4> values = {};
        if (inside) values = *reinterpret_cast<const Vec<float, 4>*>(x + at);
        float largest = 0;
        // Zero times anything finite is zero; the sum is a NaN where a value is one or infinite.
        float spoilt = 0;
#pragma unroll
        for (int j = 0; j < 4; j++) {
            largest = fmaxf(largest, fabsf(values.at[j]));
            spoilt += values.at[j] * 0;
        }
#pragma unroll
        for (int mask = 4; mask > 0; mask >>= 1) {
            largest = fmaxf(largest, shuffleXor(largest, mask));
            spoilt += shuffleXor(spoilt, mask);
        }
        const float scale = largest / 127;
        const float inverse = scale == 0 ? 0 : 1 / scale;
        Vec<signed char, 4> rounded;
#pragma unroll
        for (int j = 0; j < 4; j++) {
            const float nearest = rintf(values.at[j] * inverse);
            rounded.at[j] = static_cast<signed char>(fabsf(nearest) <= 127 ? static_cast<int>(nearest) : 0);
        }
        if (inside) *reinterpret_cast<Vec<signed char, 4>*>(q + at) = rounded;
        if (inside && at % 32 == 0) scales[at / 32] = scale + spoilt;
    }
}

KERNEL round_inputs(signed char* q, float* scales, const float* x, long long count) {
    roundInputs(q, scales, x, count, static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x,
                static_cast<long long>(gridDim.x) * blockDim.x);
}

/** Elements of a row that a warp brings to shared memory at once, and how many such pieces are under way. */
constexpr int PIECE = 2048;
constexpr int STAGES = 3;
/** The longest piece is Q8_0's, with room for what it lies apart from a multiple of 16. */
constexpr int STAGE_BYTES = PIECE / 32 * 34 + 32;

/** What all rows of all weights are multiplied with. */
struct Inputs {
    const float* x;
    const signed char* q;
    const float* scales;
    int N;
    int I;
    /** Where q and scales are to be made of x by the block itself; null where they are there. */
    signed char* ownQ;
    float* ownScales;
};

/** scale·Σ q·x + offset·Σ x. */
template <bool OFFSET>
__device__ __forceinline__ float affine(const Octet& w, int dot, int sum) {
    const float value = w.scale * static_cast<float>(dot);
    return OFFSET ? fmaf(w.offset, static_cast<float>(sum), value) : value;
}

/** acc[n] += sixteen weights times x[n, …]: eight from element i and eight APART octets further, exact inputs or those in 8 bits. */
template <class Format, bool EXACT, int ROWS>
__device__ __forceinline__ void multiplyPair(float (&acc)[ROWS], const Octet& v, const Octet& w, const Inputs& in, int i) {
    constexpr int FURTHER = Format::APART * OCTET;
#pragma unroll
    for (int n = 0; n < ROWS; n++) {
        if (n < in.N) {
            const long long at = static_cast<long long>(n) * in.I + i;
            if constexpr (EXACT) {
                const auto multiply = [&](const Octet& octet, const float* x) {
                    const Vec<float, 4> low = *reinterpret_cast<const Vec<float, 4>*>(x);
                    const Vec<float, 4> high = *reinterpret_cast<const Vec<float, 4>*>(x + 4);
#pragma unroll
                    for (int k = 0; k < 4; k++) acc[n] = fmaf(octet.at<Format::OFFSET>(k), low.at[k], acc[n]);
#pragma unroll
                    for (int k = 0; k < 4; k++) acc[n] = fmaf(octet.at<Format::OFFSET>(4 + k), high.at[k], acc[n]);
                };
                multiply(v, in.x + at);
                multiply(w, in.x + at + FURTHER);
            } else {
                constexpr int ONES = 0x01010101;
                const Vec<int, 2> x = *reinterpret_cast<const Vec<int, 2>*>(in.q + at);
                const Vec<int, 2> z = *reinterpret_cast<const Vec<int, 2>*>(in.q + at + FURTHER);
                int dot = dp4a(static_cast<int>(v.q[1]), x.at[1], dp4a(static_cast<int>(v.q[0]), x.at[0], 0));
                int sum = Format::OFFSET ? dp4a(ONES, x.at[1], dp4a(ONES, x.at[0], 0)) : 0;
                const float scale = in.scales[at / 32];
                if constexpr (Format::SIZE == 32) {
                    // Both octets are of one block and so have its factors.
                    dot = dp4a(static_cast<int>(w.q[1]), z.at[1], dp4a(static_cast<int>(w.q[0]), z.at[0], dot));
                    if (Format::OFFSET) sum = dp4a(ONES, z.at[1], dp4a(ONES, z.at[0], sum));
                    acc[n] = fmaf(scale, affine<Format::OFFSET>(v, dot, sum), acc[n]);
                } else {
                    acc[n] = fmaf(scale, affine<Format::OFFSET>(v, dot, sum), acc[n]);
                    dot = dp4a(static_cast<int>(w.q[1]), z.at[1], dp4a(static_cast<int>(w.q[0]), z.at[0], 0));
                    sum = Format::OFFSET ? dp4a(ONES, z.at[1], dp4a(ONES, z.at[0], 0)) : 0;
                    acc[n] = fmaf(in.scales[(at + FURTHER) / 32], affine<Format::OFFSET>(w, dot, sum), acc[n]);
                }
            }
        }
    }
}

/** Walks the pieces of this warp's rows of one weight with copies STAGES - 1 pieces ahead. `prepare`: inputs are rounded meanwhile, where need be. */
template <class Format, bool EXACT, int ROWS>
__device__ __forceinline__ void multiplyRows(
    float* y, int yRow, const unsigned char* weight, int O, const Inputs& in, unsigned char* stages, int warp, int warps, bool prepare) {
    const int lane = laneOf(threadIdx.x);
    const int rowBytes = in.I / Format::SIZE * Format::BYTES;
    constexpr int PIECE_BYTES = PIECE / Format::SIZE * Format::BYTES;
    const int pieces = (in.I + PIECE - 1) / PIECE;
    const int rows = warp < O ? (O - warp + warps - 1) / warps : 0;
    const long long items = static_cast<long long>(rows) * pieces;
    int ahead = 0;
    int aheadPiece = 0;
    // Starts to copy the next piece; an empty group where there is none, so that groups count pieces.
    const auto fetch = [&](int stage) {
        if (ahead < rows) {
            const unsigned char* from = weight + (warp + static_cast<long long>(ahead) * warps) * rowBytes + aheadPiece * PIECE_BYTES;
            const int bytes = min(PIECE_BYTES, rowBytes - aheadPiece * PIECE_BYTES);
            const int before = static_cast<int>(reinterpret_cast<unsigned long long>(from) & 15);
            // Whole vectors of 16: those at both ends may hold neighbours' bytes, which memory blocks of 512 have.
            const unsigned char* aligned = from - before;
            for (int v = lane * 16; v < before + bytes; v += WARP * 16) {
                cpAsync16(stages + stage * STAGE_BYTES + v, aligned + v, true);
            }
            if (++aheadPiece == pieces) {
                aheadPiece = 0;
                ahead++;
            }
        }
        cpAsyncCommit();
    };
#pragma unroll 1
    for (int s = 0; s < STAGES - 1; s++) fetch(s);
    if (prepare) {
        roundInputs(in.ownQ, in.ownScales, in.x, in.I, threadIdx.x, blockDim.x);
        __syncthreads();
    }
    float acc[ROWS];
    int row = warp;
    int piece = 0;
    int stage = 0;
    for (long long item = 0; item < items; item++) {
        if (piece == 0) {
#pragma unroll
            for (int n = 0; n < ROWS; n++) acc[n] = 0;
        }
        cpAsyncWait<STAGES - 2>();
        syncWarp();
        fetch(stage == 0 ? STAGES - 1 : stage - 1);
        const unsigned char* from = weight + static_cast<long long>(row) * rowBytes + piece * PIECE_BYTES;
        const unsigned char* blocks = stages + stage * STAGE_BYTES + (reinterpret_cast<unsigned long long>(from) & 15);
        const int first = piece * PIECE;
        const int pairs = min(PIECE, in.I - first) / OCTET / 2;
        constexpr int PER_BLOCK = Format::SIZE / OCTET / 2;
#pragma unroll 1
        for (int o = lane; o < pairs; o += WARP) {
            const unsigned char* block = blocks + o / PER_BLOCK * Format::BYTES;
            const int pair = o % PER_BLOCK;
            const int octet = pair / Format::APART * 2 * Format::APART + pair % Format::APART;
            multiplyPair<Format, EXACT, ROWS>(
                acc, Format::octet(block, octet), Format::octet(block, octet + Format::APART), in,
                first + o / PER_BLOCK * Format::SIZE + octet * OCTET);
        }
        if (++piece == pieces) {
            float result = 0;
#pragma unroll
            for (int n = 0; n < ROWS; n++) {
                const float sum = warpSum(acc[n]);
                if (lane == n) result = sum;
            }
            if (lane < ROWS && lane < in.N) y[static_cast<long long>(lane) * yRow + row] = result;
            piece = 0;
            row += warps;
        }
        stage = stage + 1 == STAGES ? 0 : stage + 1;
    }
    cpAsyncWait<0>();
    syncWarp();
}

/** Up to three weights one after another, their outputs too; a weight that is not there has no rows. */
template <bool EXACT, int ROWS>
__device__ __forceinline__ void fewRows(
    float* y, int yRow, const Inputs& in, const unsigned char* w0, int format0, int O0, const unsigned char* w1, int format1, int O1,
    const unsigned char* w2, int format2, int O2, unsigned char* shared) {
    unsigned char* stages = shared + warpOf(threadIdx.x) * STAGES * STAGE_BYTES;
    const int perBlock = static_cast<int>(blockDim.x) / WARP;
    const int warps = static_cast<int>(gridDim.x) * perBlock;
    const int warp = static_cast<int>(blockIdx.x) * perBlock + warpOf(threadIdx.x);
    const unsigned char* weight = w0;
    int format = format0;
    int O = O0;
    int before = 0;
#pragma unroll 1
    for (int i = 0; i < 3 && O > 0; i++) {
        // Each weight begins with the warp after the one that had the last row of the weight before.
        const int own = (warp - before % warps + warps) % warps;
        withFormat(format, [&](auto f) {
            multiplyRows<decltype(f), EXACT, ROWS>(y + before, yRow, weight, O, in, stages, own, warps, i == 0 && in.ownQ != nullptr);
        });
        before += O;
        weight = i == 0 ? w1 : w2;
        format = i == 0 ? format1 : format2;
        O = i == 0 ? O1 : O2;
    }
}

/** y[n, o] = Σ x[n, i]·w[o, i] for N ≤ 1 row of float32 inputs. Four warps a block, each with rows of its own. */
KERNEL __launch_bounds__(128, 6) few_rows_exact_1(
    float* y, int yRow, const float* x, int N, int I, const unsigned char* w0, int format0, int O0, const unsigned char* w1,
    int format1, int O1, const unsigned char* w2, int format2, int O2) {
    DYNAMIC_SHARED(shared);
    fewRows<true, 1>(y, yRow, {x, nullptr, nullptr, N, I, nullptr, nullptr}, w0, format0, O0, w1, format1, O1, w2, format2, O2, shared);
}

/** The same for N ≤ 16. */
KERNEL __launch_bounds__(128, 4) few_rows_exact_16(
    float* y, int yRow, const float* x, int N, int I, const unsigned char* w0, int format0, int O0, const unsigned char* w1,
    int format1, int O1, const unsigned char* w2, int format2, int O2) {
    DYNAMIC_SHARED(shared);
    fewRows<true, 16>(y, yRow, {x, nullptr, nullptr, N, I, nullptr, nullptr}, w0, format0, O0, w1, format1, O1, w2, format2, O2, shared);
}

/** One row of inputs, which each block rounds to 8 bits for itself: I·36/32 bytes of shared memory more. */
KERNEL __launch_bounds__(128, 6) few_rows_fast_1(
    float* y, int yRow, const float* x, int N, int I, const unsigned char* w0, int format0, int O0, const unsigned char* w1,
    int format1, int O1, const unsigned char* w2, int format2, int O2) {
    DYNAMIC_SHARED(shared);
    signed char* q = reinterpret_cast<signed char*>(shared + blockDim.x / WARP * STAGES * STAGE_BYTES);
    float* scales = reinterpret_cast<float*>(q + I);
    fewRows<false, 1>(y, yRow, {x, q, scales, N, I, q, scales}, w0, format0, O0, w1, format1, O1, w2, format2, O2, shared);
}

/** N ≤ 16 rows of inputs in 8 bits. */
KERNEL __launch_bounds__(128, 4) few_rows_fast_16(
    float* y, int yRow, const signed char* q, const float* scales, int N, int I, const unsigned char* w0, int format0, int O0,
    const unsigned char* w1, int format1, int O1, const unsigned char* w2, int format2, int O2) {
    DYNAMIC_SHARED(shared);
    fewRows<false, 16>(y, yRow, {nullptr, q, scales, N, I, nullptr, nullptr}, w0, format0, O0, w1, format1, O1, w2, format2, O2, shared);
}
