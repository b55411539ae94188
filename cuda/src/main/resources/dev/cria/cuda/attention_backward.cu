// The backward pass of attention.cu, in two kernels besides the row sums, neither with atomics.
//
// With P the softmax weights and D = rowsum(dO∘O): dV = Pᵀ·dO, dS = P∘(dO·Vᵀ − D), dK = dSᵀ·Q/√E, dQ = dS·K/√E. attention_keys_values
// stands for keys and lets tiles of queries pass by; it works on the transposed scores, keys by queries, so that Pᵀ and dSᵀ come out of their
// products as the left factors of the next and never touch shared memory. It walks the query heads that share its keys one after the other, so
// that dK and dV are whole when it ends. attention_queries stands for queries and computes the scores again: seven products instead of five,
// which is the price of sums that no other block takes part in, and of no traffic for them.
#include "tiles.cuh"

/** Rows of a tile that passes by. */
constexpr int TILE = 64;
/** Rows that a warp stands for: as many as leave its sums and its own fragments in registers. */
template <int E>
constexpr int OWN = E == 64 ? 32 : 16;

// ---- D

/** delta[b,h,t] = Σ_e dOut·out, by E/8 lanes a row. */
template <int E>
__device__ __forceinline__ void rowSums(float* delta, const bf16* dOut, const bf16* out, int T, int H) {
    constexpr int LANES = E / 8;
    const int t = static_cast<int>(blockIdx.x) * (THREADS / LANES) + static_cast<int>(threadIdx.x) / LANES;
    const int h = blockIdx.y;
    const int b = blockIdx.z;
    float sum = 0;
    if (t < T) {
        const long long at = ((static_cast<long long>(b) * T + t) * H + h) * E + threadIdx.x % LANES * 8;
        const Vec<bf16, 8> left = *reinterpret_cast<const Vec<bf16, 8>*>(dOut + at);
        const Vec<bf16, 8> right = *reinterpret_cast<const Vec<bf16, 8>*>(out + at);
#pragma unroll
        for (int i = 0; i < 8; i++) sum += toFloat(left.at[i]) * toFloat(right.at[i]);
    }
#pragma unroll
    for (int mask = LANES / 2; mask > 0; mask >>= 1) sum += shuffleXor(sum, mask);
    if (t < T && threadIdx.x % LANES == 0) delta[(static_cast<long long>(b) * H + h) * T + t] = sum;
}

/** delta [B,H,T]. Grid ceil(T/16), H, B. */
KERNEL __launch_bounds__(THREADS) attention_row_sums_64(float* delta, const bf16* dOut, const bf16* out, int T, int H) {
    rowSums<64>(delta, dOut, out, T, H);
}

/** Grid ceil(T/8), H, B. */
KERNEL __launch_bounds__(THREADS) attention_row_sums_128(float* delta, const bf16* dOut, const bf16* out, int T, int H) {
    rowSums<128>(delta, dOut, out, T, H);
}

// ---- weights and their gradients

/** The fragments of a warp's own rows, which stay in registers. */
template <int E>
struct Own {
    unsigned at[OWN<E> / 16][E / 16][4];

    __device__ __forceinline__ void load(const Lanes<E>& lanes, const unsigned char* tile) {
#pragma unroll
        for (int m = 0; m < OWN<E> / 16; m++) {
#pragma unroll
            for (int step = 0; step < E / 16; step++) lanes.a(at[m][step], tile, 16 * m, step);
        }
    }
};

/** products[own rows, 8] = own · (8 rows of a tile)ᵀ. */
template <int E>
__device__ __forceinline__ void against(float (&products)[OWN<E> / 16][4], const Own<E>& own, const Lanes<E>& lanes,
                                        const unsigned char* tile, int row) {
#pragma unroll
    for (int m = 0; m < OWN<E> / 16; m++) {
#pragma unroll
        for (int i = 0; i < 4; i++) products[m][i] = 0;
    }
#pragma unroll
    for (int step = 0; step < E / 32; step++) {
        unsigned b[4];
        lanes.bEight(b, tile, row, step);
        const unsigned first[2] = {b[0], b[1]};
        const unsigned second[2] = {b[2], b[3]};
#pragma unroll
        for (int m = 0; m < OWN<E> / 16; m++) mma16816(products[m], own.at[m][2 * step], first);
#pragma unroll
        for (int m = 0; m < OWN<E> / 16; m++) mma16816(products[m], own.at[m][2 * step + 1], second);
    }
}

/** sums[own rows, E] += factor[own rows, 16] · (16 rows of a tile). */
template <int E>
__device__ __forceinline__ void add(float (&sums)[OWN<E> / 16][E / 8][4], const unsigned (&factor)[OWN<E> / 16][4],
                                    const Lanes<E>& lanes, const unsigned char* tile, int row) {
#pragma unroll
    for (int e = 0; e < E / 16; e++) {
        unsigned b[4];
        lanes.bTrans(b, tile, row, e);
#pragma unroll
        for (int m = 0; m < OWN<E> / 16; m++) multiply(sums[m][2 * e], sums[m][2 * e + 1], factor[m], b);
    }
}

// ---- dK and dV

/** Keys of a block. */
template <int E>
constexpr int KEYS = WARPS * OWN<E>;

/** A stage: a tile of queries, one of dOut, and of each row log₂ Σ exp and D. */
template <int E>
constexpr int QUERY_STAGE = 2 * TILE * E * 2 + 2 * TILE * 4;

template <int E>
__device__ __forceinline__ void keysValues(bf16* dQkv, const bf16* dOut, const float* logSumExp, const float* delta,
                                           const bf16* qkv, int T, int H, int K) {
    constexpr int M = OWN<E> / 16;
    constexpr int TILE_BYTES = TILE * E * 2;
    static_assert(2 * KEYS<E> * E * 2 <= 2 * QUERY_STAGE<E>, "keys and values pass through the stages");
    DYNAMIC_SHARED(shared);
    const Lanes<E> lanes;
    const int thread = threadIdx.x;
    const int b = blockIdx.x / K;
    const int k = blockIdx.x % K;
    const int group = H / K;
    // The first keys are seen by most queries: the longest blocks come first.
    const int first = static_cast<int>(blockIdx.y) * KEYS<E>;
    const int warpFirst = first + warpOf(thread) * OWN<E>;
    const int row = (H + 2 * K) * E;
    const long long keyAt = (static_cast<long long>(b) * T + first) * row + (H + k) * E;
    const float scale = 1 / sqrtf(static_cast<float>(E));
    const float scale2 = scale * LOG2E;

    Own<E> keys;
    Own<E> values;
    loadTile<KEYS<E>, E>(shared, qkv + keyAt, row, T - first);
    loadTile<KEYS<E>, E>(shared + KEYS<E> * E * 2, qkv + keyAt + K * E, row, T - first);
    cpAsyncCommit();
    cpAsyncWait<0>();
    __syncthreads();
    keys.load(lanes, shared + warpOf(thread) * OWN<E> * E * 2);
    values.load(lanes, shared + KEYS<E> * E * 2 + warpOf(thread) * OWN<E> * E * 2);
    __syncthreads();

    // Half of the threads fetch log Σ exp of a tile's rows, the others D. A row that is not there weighs nothing: its power is of −∞.
    const float* rowValues =
        (thread < TILE ? logSumExp : delta) + static_cast<long long>(b) * H * T + thread % TILE;
    const float absent = thread < TILE ? infinity() : 0;
    const float unit = thread < TILE ? LOG2E : 1;
    const bf16* sequence = qkv + static_cast<long long>(b) * T * row;
    const bf16* gradientSequence = dOut + static_cast<long long>(b) * T * H * E;
    const int firstQuery = first / TILE * TILE;
    const int endHead = (k + 1) * group;
    float dK[M][E / 8][4] = {};
    float dV[M][E / 8][4] = {};
    // What is at work (t) and what is fetched meanwhile (nextHead, nextT), one tile on; the first round only fetches.
    int t = -1;
    int nextHead = k * group;
    int nextT = firstQuery;
    int at = 0;
    while (true) {
        const unsigned char* stage = shared + at;
        unsigned char* nextStage = shared + (QUERY_STAGE<E> - at);
        if (t >= 0) {
            cpAsyncWait<0>();
            __syncthreads();
        }
        const bool more = nextHead < endHead;
        float rowValue = absent;
        if (more) {
            const int count = T - nextT;
            loadTile<TILE, E>(nextStage, sequence + static_cast<long long>(nextT) * row + nextHead * E, row, count);
            loadTile<TILE, E>(nextStage + TILE_BYTES, gradientSequence + (static_cast<long long>(nextT) * H + nextHead) * E, H * E, count);
            cpAsyncCommit();
            if (thread % TILE < count) rowValue = rowValues[static_cast<long long>(nextHead) * T + nextT] * unit;
        }
        if (t >= 0) {
            const float* rows = reinterpret_cast<const float*>(stage + 2 * TILE_BYTES) + 2 * (lanes.lane % 4);
#pragma unroll 1
            for (int n = 0; n < TILE; n += 16) {
                // Queries before all of the warp's keys see none of them.
                if (t + n + 15 < warpFirst) continue;
                const int ahead = t + n - warpFirst;
                unsigned weights[M][4];
                unsigned slopes[M][4];
#pragma unroll
                for (int side = 0; side < 2; side++) {
                    float p[M][4];
                    float dP[M][4];
                    against<E>(p, keys, lanes, stage, n + 8 * side);
                    against<E>(dP, values, lanes, stage + TILE_BYTES, n + 8 * side);
                    const Vec<float, 2> log = *reinterpret_cast<const Vec<float, 2>*>(rows + n + 8 * side);
                    const Vec<float, 2> sum = *reinterpret_cast<const Vec<float, 2>*>(rows + TILE + n + 8 * side);
#pragma unroll
                    for (int m = 0; m < M; m++) {
#pragma unroll
                        for (int c = 0; c < 4; c++) {
                            p[m][c] = fastExp2(p[m][c] * scale2 - log.at[c & 1]);
                            if (ahead < OWN<E> - 1) {
                                const int key = 16 * m + 8 * (c >> 1) + lanes.lane / 4;
                                if (key > ahead + 8 * side + 2 * (lanes.lane % 4) + (c & 1)) p[m][c] = 0;
                            }
                            dP[m][c] = p[m][c] * (dP[m][c] - sum.at[c & 1]);
                        }
                        asHalfOfLeft(weights[m], side, p[m]);
                        asHalfOfLeft(slopes[m], side, dP[m]);
                    }
                }
                add<E>(dV, weights, lanes, stage + TILE_BYTES, n);
                add<E>(dK, slopes, lanes, stage, n);
            }
        }
        if (!more) break;
        reinterpret_cast<float*>(nextStage + 2 * TILE_BYTES)[thread] = rowValue;
        t = nextT;
        nextT += TILE;
        if (nextT >= T) {
            nextT = firstQuery;
            nextHead++;
        }
        at = QUERY_STAGE<E> - at;
    }
    __syncthreads();
    float factor[M][2];
    float one[M][2];
#pragma unroll
    for (int m = 0; m < M; m++) {
        factor[m][0] = factor[m][1] = scale;
        one[m][0] = one[m][1] = 1;
    }
    bf16* to = dQkv + keyAt + static_cast<long long>(warpFirst - first) * row;
    unsigned char* rows = shared + warpOf(thread) * 2 * OWN<E> * E * 2;
    storeRows<E, M>(to, row, T - warpFirst, rows, dK, factor);
    storeRows<E, M>(to + K * E, row, T - warpFirst, rows + OWN<E> * E * 2, dV, one);
}

/** The gradients of keys and values in dQkv [B·T,H+2K,E]. Grid B·K, ceil(T/128). */
KERNEL __launch_bounds__(THREADS, 2) attention_keys_values_64(bf16* dQkv, const bf16* dOut, const float* logSumExp, const float* delta, const bf16* qkv, int T, int H, int K) {
    keysValues<64>(dQkv, dOut, logSumExp, delta, qkv, T, H, K);
}

/** Grid B·K, ceil(T/64). */
KERNEL __launch_bounds__(THREADS, 2) attention_keys_values_128(bf16* dQkv, const bf16* dOut, const float* logSumExp, const float* delta, const bf16* qkv, int T, int H, int K) {
    keysValues<128>(dQkv, dOut, logSumExp, delta, qkv, T, H, K);
}

// ---- dQ

template <int E>
__device__ __forceinline__ void queries(bf16* dQkv, const bf16* dOut, const float* logSumExp, const float* delta, const bf16* qkv,
                                        int T, int H, int K) {
    constexpr int M = OWN<E> / 16;
    constexpr int ROWS = WARPS * OWN<E>;
    constexpr int TILE_BYTES = TILE * E * 2;
    static_assert(2 * ROWS * E * 2 <= 4 * TILE_BYTES, "queries and dOut pass through the stages");
    DYNAMIC_SHARED(shared);
    const Lanes<E> lanes;
    const int b = blockIdx.x / H;
    const int h = blockIdx.x % H;
    const int first = static_cast<int>(gridDim.y - 1 - blockIdx.y) * ROWS;
    const int warpFirst = first + warpOf(threadIdx.x) * OWN<E>;
    const int row = (H + 2 * K) * E;
    const long long token = static_cast<long long>(b) * T + first;
    const bf16* keys = qkv + static_cast<long long>(b) * T * row + (H + h / (H / K)) * E;
    const float scale = 1 / sqrtf(static_cast<float>(E));
    const float scale2 = scale * LOG2E;

    Own<E> own;
    Own<E> gradient;
    loadTile<ROWS, E>(shared, qkv + token * row + h * E, row, T - first);
    loadTile<ROWS, E>(shared + ROWS * E * 2, dOut + (token * H + h) * E, H * E, T - first);
    cpAsyncCommit();
    float log[M][2];
    float sum[M][2];
#pragma unroll
    for (int m = 0; m < M; m++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int t = warpFirst + 16 * m + 8 * half + lanes.lane / 4;
            log[m][half] = t < T ? logSumExp[static_cast<long long>(blockIdx.x) * T + t] * LOG2E : infinity();
            sum[m][half] = t < T ? delta[static_cast<long long>(blockIdx.x) * T + t] : 0;
        }
    }
    cpAsyncWait<0>();
    __syncthreads();
    own.load(lanes, shared + warpOf(threadIdx.x) * OWN<E> * E * 2);
    gradient.load(lanes, shared + ROWS * E * 2 + warpOf(threadIdx.x) * OWN<E> * E * 2);
    __syncthreads();

    const int seen = min(first + ROWS, T);
    const int tiles = (seen + TILE - 1) / TILE;
    float dQ[M][E / 8][4] = {};
    for (int j = -1; j < tiles; j++) {
        if (j >= 0) {
            cpAsyncWait<0>();
            __syncthreads();
        }
        if (j + 1 < tiles) {
            const int next = (j + 1) * TILE;
            unsigned char* stage = shared + ((j + 1) & 1) * 2 * TILE_BYTES;
            loadTile<TILE, E>(stage, keys + static_cast<long long>(next) * row, row, seen - next);
            loadTile<TILE, E>(stage + TILE_BYTES, keys + K * E + static_cast<long long>(next) * row, row, seen - next);
            cpAsyncCommit();
        }
        if (j < 0) continue;
        const unsigned char* keyTile = shared + (j & 1) * 2 * TILE_BYTES;
#pragma unroll 1
        for (int n = 0; n < TILE; n += 16) {
            const int key = j * TILE + n;
            if (key > warpFirst + OWN<E> - 1) break;
            const bool masked = key + 15 > warpFirst;
            unsigned slopes[M][4];
#pragma unroll
            for (int side = 0; side < 2; side++) {
                float p[M][4];
                float dP[M][4];
                against<E>(p, own, lanes, keyTile, n + 8 * side);
                against<E>(dP, gradient, lanes, keyTile + TILE_BYTES, n + 8 * side);
#pragma unroll
                for (int m = 0; m < M; m++) {
#pragma unroll
                    for (int c = 0; c < 4; c++) {
                        float weight = fastExp2(p[m][c] * scale2 - log[m][c >> 1]);
                        if (masked) {
                            const int t = warpFirst + 16 * m + 8 * (c >> 1) + lanes.lane / 4;
                            if (key + 8 * side + 2 * (lanes.lane % 4) + (c & 1) > t) weight = 0;
                        }
                        dP[m][c] = weight * (dP[m][c] - sum[m][c >> 1]);
                    }
                    asHalfOfLeft(slopes[m], side, dP[m]);
                }
            }
            add<E>(dQ, slopes, lanes, keyTile, n);
        }
    }
    __syncthreads();
    float factor[M][2];
#pragma unroll
    for (int m = 0; m < M; m++) factor[m][0] = factor[m][1] = scale;
    bf16* to = dQkv + (token + warpFirst - first) * row + h * E;
    storeRows<E, M>(to, row, T - warpFirst, shared + warpOf(threadIdx.x) * OWN<E> * E * 2, dQ, factor);
}

/** The gradients of queries in dQkv [B·T,H+2K,E]. Grid B·H, ceil(T/128). */
KERNEL __launch_bounds__(THREADS, 2) attention_queries_64(bf16* dQkv, const bf16* dOut, const float* logSumExp, const float* delta, const bf16* qkv, int T, int H, int K) {
    queries<64>(dQkv, dOut, logSumExp, delta, qkv, T, H, K);
}

/** Grid B·H, ceil(T/64). */
KERNEL __launch_bounds__(THREADS, 2) attention_queries_128(bf16* dQkv, const bf16* dOut, const float* logSumExp, const float* delta, const bf16* qkv, int T, int H, int K) {
    queries<128>(dQkv, dOut, logSumExp, delta, qkv, T, H, K);
}
