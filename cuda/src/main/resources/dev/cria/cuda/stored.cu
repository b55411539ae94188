// Weights in blocks, as GGUF stores them: read as numbers (dequantised whole, by rows that ids name) and multiplied with a few rows as they are.
//
// All formats are read the same way: eight successive elements are scale·q + offset with q in signed bytes. Products of what blocks hold are
// exact in float32, so that one fused multiplication and addition rounds as the formats define. Octets that lie APART of each other come from
// the same bytes.
#include "device.cuh"

constexpr int OCTET = 8;

/** Eight elements: four bytes q in each word. */
struct Octet {
    unsigned q[2];
    float scale;
    float offset;

    __device__ __forceinline__ float at(int i) const {
        return fmaf(scale, static_cast<float>(static_cast<signed char>(q[i / 4] >> (8 * (i % 4)))), offset);
    }
};

__device__ __forceinline__ unsigned half(const unsigned char* at) { return *reinterpret_cast<const unsigned short*>(at); }

/** Four bytes of a block of so many bytes: blocks lie at multiples of 4 where their size is one, else at even addresses only. */
template <int BYTES>
__device__ __forceinline__ unsigned word(const unsigned char* at) {
    if constexpr (BYTES % 4 == 0) {
        return *reinterpret_cast<const unsigned*>(at);
    } else {
        return half(at) | half(at + 2) << 16;
    }
}
__device__ __forceinline__ float factor(const unsigned char* at) { return toFloat(f16{static_cast<unsigned short>(half(at))}); }

/** Bits 0 to 3 as bit 4 of four bytes. */
__device__ __forceinline__ unsigned spread(unsigned bits) { return (bits & 15) * 0x00204081u << 4 & 0x10101010u; }

constexpr unsigned NIBBLES = 0x0f0f0f0fu;

struct Q8_0 {
    static constexpr int SIZE = 32, BYTES = 34, APART = 1;
    static constexpr bool OFFSET = false;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        const unsigned char* q = block + 2 + p * OCTET;
        return {{word<BYTES>(q), word<BYTES>(q + 4)}, factor(block), 0};
    }
};

/** Formats of 32 elements: octets 0 and 1 are the low nibbles of 16 bytes, 2 and 3 the high ones. */
template <int HEAD, int BYTES>
__device__ __forceinline__ Octet nibbles(const unsigned char* block, int p) {
    const unsigned char* q = block + HEAD + p % 2 * OCTET;
    const int shift = p / 2 * 4;
    return {{word<BYTES>(q) >> shift & NIBBLES, word<BYTES>(q + 4) >> shift & NIBBLES}, factor(block), 0};
}

struct Q4_0 {
    static constexpr int SIZE = 32, BYTES = 18, APART = 2;
    static constexpr bool OFFSET = true;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        Octet octet = nibbles<2, BYTES>(block, p);
        octet.offset = -8 * octet.scale;
        return octet;
    }
};

struct Q4_1 {
    static constexpr int SIZE = 32, BYTES = 20, APART = 2;
    static constexpr bool OFFSET = true;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        Octet octet = nibbles<4, BYTES>(block, p);
        octet.offset = factor(block + 2);
        return octet;
    }
};

/** Puts the fifth bits, which stand in a word, to the nibbles. */
template <int BYTES>
__device__ __forceinline__ void addFifths(Octet& octet, const unsigned char* fifths, int p) {
    const unsigned bits = word<BYTES>(fifths) >> (p * OCTET);
    octet.q[0] |= spread(bits);
    octet.q[1] |= spread(bits >> 4);
}

struct Q5_0 {
    static constexpr int SIZE = 32, BYTES = 22, APART = 2;
    static constexpr bool OFFSET = true;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        Octet octet = nibbles<6, BYTES>(block, p);
        addFifths<BYTES>(octet, block + 2, p);
        octet.offset = -16 * octet.scale;
        return octet;
    }
};

struct Q5_1 {
    static constexpr int SIZE = 32, BYTES = 24, APART = 2;
    static constexpr bool OFFSET = true;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        Octet octet = nibbles<8, BYTES>(block, p);
        addFifths<BYTES>(octet, block + 4, p);
        octet.offset = factor(block + 2);
        return octet;
    }
};

/** Sets scale and offset of group g of 8 by the two factors and the 12 bytes of 6-bit scales and minimums at the head of a block. */
__device__ __forceinline__ void setGroup(Octet& octet, const unsigned char* block, int g) {
    const unsigned char* six = block + 4;
    unsigned scale, minimum;
    if (g < 4) {
        scale = six[g] & 63u;
        minimum = six[g + 4] & 63u;
    } else {
        scale = (six[g + 4] & 15u) | (six[g - 4] & 0xc0u) >> 2;
        minimum = static_cast<unsigned>(six[g + 4]) >> 4 | (six[g] & 0xc0u) >> 2;
    }
    octet.scale = factor(block) * static_cast<float>(scale);
    octet.offset = -(factor(block + 2) * static_cast<float>(minimum));
}

/** 32 bytes hold a group in the low nibbles and the next in the high ones. */
template <int HEAD, int BYTES>
__device__ __forceinline__ Octet groupNibbles(const unsigned char* block, int p) {
    const int g = p / 4;
    const unsigned char* q = block + HEAD + g / 2 * 32 + p % 4 * OCTET;
    const int shift = g % 2 * 4;
    Octet octet = {{word<BYTES>(q) >> shift & NIBBLES, word<BYTES>(q + 4) >> shift & NIBBLES}, 0, 0};
    setGroup(octet, block, g);
    return octet;
}

struct Q4_K {
    static constexpr int SIZE = 256, BYTES = 144, APART = 4;
    static constexpr bool OFFSET = true;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) { return groupNibbles<16, BYTES>(block, p); }
};

struct Q5_K {
    static constexpr int SIZE = 256, BYTES = 176, APART = 4;
    static constexpr bool OFFSET = true;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        Octet octet = groupNibbles<48, BYTES>(block, p);
        const unsigned char* fifths = block + 16 + p % 4 * OCTET;
        octet.q[0] |= (word<BYTES>(fifths) >> (p / 4) & 0x01010101u) << 4;
        octet.q[1] |= (word<BYTES>(fifths + 4) >> (p / 4) & 0x01010101u) << 4;
        return octet;
    }
};

struct Q6_K {
    static constexpr int SIZE = 256, BYTES = 210, APART = 8;
    static constexpr bool OFFSET = true;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        const int row = p / 4;
        const int inner = p % 4 * OCTET;
        const unsigned char* low = block + row / 4 * 64 + row % 2 * 32 + inner;
        const unsigned char* high = block + 128 + row / 4 * 32 + inner;
        const int lowShift = row % 4 / 2 * 4;
        const int highShift = row % 4 * 2;
        Octet octet;
        octet.q[0] = (word<BYTES>(low) >> lowShift & NIBBLES) | (word<BYTES>(high) >> highShift & 0x03030303u) << 4;
        octet.q[1] = (word<BYTES>(low + 4) >> lowShift & NIBBLES) | (word<BYTES>(high + 4) >> highShift & 0x03030303u) << 4;
        octet.scale = factor(block + 208) * static_cast<float>(static_cast<signed char>(block[192 + p / 2]));
        octet.offset = -32 * octet.scale;
        return octet;
    }
};

/** Calls use(format) with the format of a number: the order of DType from Q8_0 on. */
template <class Use>
__device__ __forceinline__ void withFormat(int format, Use use) {
    switch (format) {
        case 0: use(Q8_0()); break;
        case 1: use(Q4_0()); break;
        case 2: use(Q4_1()); break;
        case 3: use(Q5_0()); break;
        case 4: use(Q5_1()); break;
        case 5: use(Q4_K()); break;
        case 6: use(Q5_K()); break;
        default: use(Q6_K()); break;
    }
}

template <class T>
__device__ __forceinline__ void store(T* to, const Octet& octet, int wide) {
    constexpr int WIDTH = 16 / sizeof(T) < OCTET ? 16 / sizeof(T) : OCTET;
    if (!wide) {
#pragma unroll
        for (int i = 0; i < OCTET; i++) to[i] = fromFloat<T>(octet.at(i));
        return;
    }
#pragma unroll
    for (int i = 0; i < OCTET; i += WIDTH) {
        Vec<T, WIDTH> part;
#pragma unroll
        for (int k = 0; k < WIDTH; k++) part.at[k] = fromFloat<T>(octet.at(i + k));
        *reinterpret_cast<Vec<T, WIDTH>*>(to + i) = part;
    }
}

/** Types: 0 float32, 1 bf16, 2 f16. */
__device__ __forceinline__ void storeAs(void* to, int type, long long octet, const Octet& values, int wide) {
    if (type == 0) store(static_cast<float*>(to) + octet * OCTET, values, wide);
    if (type == 1) store(static_cast<bf16*>(to) + octet * OCTET, values, wide);
    if (type == 2) store(static_cast<f16*>(to) + octet * OCTET, values, wide);
}

/** One thread for eight elements of blocks one after another. `wide`: `to` is a multiple of 16. */
KERNEL dequantise(void* to, int toType, const unsigned char* blocks, int format, long long octets, int wide) {
    const long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= octets) return;
    withFormat(format, [&](auto f) {
        constexpr int PER_BLOCK = f.SIZE / OCTET;
        const unsigned char* block = blocks + i / PER_BLOCK * f.BYTES;
        storeAs(to, toType, i, f.octet(block, static_cast<int>(i % PER_BLOCK)), wide);
    });
}

/** to[n, :] = row ids[n] of a table of V rows, each rowOctets·8 elements. One block a row. */
KERNEL dequantise_rows(
    void* to, int toType, const unsigned char* blocks, int format, const int* ids, int rowOctets, int V, int wide,
    unsigned long long* fault) {
    const long long n = blockIdx.x;
    const int id = ids[n];
    if (id < 0 || id >= V) {
        if (threadIdx.x == 0) reportIndex(fault, id, V);
        for (int i = static_cast<int>(threadIdx.x); i < rowOctets; i += static_cast<int>(blockDim.x)) {
            storeAs(to, toType, n * rowOctets + i, {{0, 0}, 0, 0}, wide);
        }
        return;
    }
    withFormat(format, [&](auto f) {
        constexpr int PER_BLOCK = f.SIZE / OCTET;
        const unsigned char* row = blocks + static_cast<long long>(id) * (rowOctets / PER_BLOCK) * f.BYTES;
        for (int i = static_cast<int>(threadIdx.x); i < rowOctets; i += static_cast<int>(blockDim.x)) {
            storeAs(to, toType, n * rowOctets + i, f.octet(row + i / PER_BLOCK * f.BYTES, i % PER_BLOCK), wide);
        }
    });
}

// ---- few rows

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
                    for (int k = 0; k < 4; k++) acc[n] = fmaf(octet.at(k), low.at[k], acc[n]);
#pragma unroll
                    for (int k = 0; k < 4; k++) acc[n] = fmaf(octet.at(4 + k), high.at[k], acc[n]);
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
    float* scales = reinterpret_cast<float*>(shared + blockDim.x / WARP * STAGES * STAGE_BYTES);
    signed char* q = reinterpret_cast<signed char*>(scales + I / 32);
    fewRows<false, 1>(y, yRow, {x, q, scales, N, I, q, scales}, w0, format0, O0, w1, format1, O1, w2, format2, O2, shared);
}

/** N ≤ 16 rows of inputs in 8 bits. */
KERNEL __launch_bounds__(128, 4) few_rows_fast_16(
    float* y, int yRow, const signed char* q, const float* scales, int N, int I, const unsigned char* w0, int format0, int O0,
    const unsigned char* w1, int format1, int O1, const unsigned char* w2, int format2, int O2) {
    DYNAMIC_SHARED(shared);
    fewRows<false, 16>(y, yRow, {nullptr, q, scales, N, I, nullptr, nullptr}, w0, format0, O0, w1, format1, O1, w2, format2, O2, shared);
}
