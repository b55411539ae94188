// Causal grouped-query attention on the tensor cores (FlashAttention-2, arXiv 2307.08691), in bf16 with float32 sums.
//
// qkv [B·T, H+2K, E] is read where it lies: query heads, key heads, value heads. A block stands for 128 queries of one head, a warp for 32 of
// them: keys and values pass by in tiles, copied one tile ahead, and each fragment of them that is loaded meets two of queries, for shared
// memory is the narrow place. Weights go from the sums of one product straight into the fragments of the next. Powers are of two.
#include "tiles.cuh"

/** Keys of a tile that passes by: as many as leave the sums of a head in registers. */
template <int E>
constexpr int TILE = E == 64 ? 64 : 32;

/** Rows of queries of a forward block, and of a warp of it. */
constexpr int QUERIES = 128;
constexpr int WARP_QUERIES = QUERIES / WARPS;

/** A warp's 32 queries so far: weighted values, largest score and sum of weights of each row. */
template <int E>
struct Softmax {
    float sums[2][E / 8][4] = {};
    float largest[2][2] = {{-infinity(), -infinity()}, {-infinity(), -infinity()}};
    /** Of this lane's columns only. */
    float total[2][2] = {};
};

/** Takes a tile of keys and values in. `ahead`: position of the warp's first query minus that of the tile's first key. */
template <int E, bool MASKED>
__device__ __forceinline__ void attend(Softmax<E>& state, const unsigned char* queries, const unsigned char* keys,
                                       const unsigned char* values, const Lanes<E>& lanes, float scale, int ahead) {
    float s[2][TILE<E> / 8][4] = {};
#pragma unroll
    for (int step = 0; step < E / 16; step++) {
        unsigned a[2][4];
        lanes.a(a[0], queries, 0, step);
        lanes.a(a[1], queries, 16, step);
#pragma unroll
        for (int n = 0; n < TILE<E> / 16; n++) {
            unsigned b[4];
            lanes.b(b, keys, 16 * n, step);
            multiply(s[0][2 * n], s[0][2 * n + 1], a[0], b);
            multiply(s[1][2 * n], s[1][2 * n + 1], a[1], b);
        }
    }
#pragma unroll
    for (int m = 0; m < 2; m++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int last = ahead + 16 * m + 8 * half + lanes.lane / 4 - 2 * (lanes.lane % 4);
            float largest = state.largest[m][half];
#pragma unroll
            for (int n = 0; n < TILE<E> / 8; n++) {
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    float& score = s[m][n][2 * half + i];
                    if (MASKED && 8 * n + i > last) score = -infinity();
                    largest = fmaxf(largest, score);
                }
            }
            largest = fmaxf(largest, shuffleXor(largest, 1));
            largest = fmaxf(largest, shuffleXor(largest, 2));
            const float shrink = fastExp2((state.largest[m][half] - largest) * scale);
            state.largest[m][half] = largest;
            float total = state.total[m][half] * shrink;
#pragma unroll
            for (int n = 0; n < TILE<E> / 8; n++) {
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    float& weight = s[m][n][2 * half + i];
                    weight = fastExp2(weight * scale - largest * scale);
                    total += weight;
                }
            }
            state.total[m][half] = total;
#pragma unroll
            for (int n = 0; n < E / 8; n++) {
                state.sums[m][n][2 * half] *= shrink;
                state.sums[m][n][2 * half + 1] *= shrink;
            }
        }
    }
#pragma unroll
    for (int n = 0; n < TILE<E> / 16; n++) {
        unsigned a[2][4];
#pragma unroll
        for (int side = 0; side < 2; side++) {
            asHalfOfLeft(a[0], side, s[0][2 * n + side]);
            asHalfOfLeft(a[1], side, s[1][2 * n + side]);
        }
#pragma unroll
        for (int e = 0; e < E / 16; e++) {
            unsigned b[4];
            lanes.bTrans(b, values, 16 * n, e);
            multiply(state.sums[0][2 * e], state.sums[0][2 * e + 1], a[0], b);
            multiply(state.sums[1][2 * e], state.sums[1][2 * e + 1], a[1], b);
        }
    }
}

/**
 * 128 queries from row `first` of N, which stand at positions past…past+N-1, over keys and values of one head; then, for each of the warp's
 * rows, `state` holds the sums and `state.total` the whole sum of weights. Shared memory: the queries, then two stages of keys and values.
 */
template <int E, class Query>
__device__ __forceinline__ void forward(Softmax<E>& state, unsigned char* shared, const Query* q, int qRow, const bf16* keys,
                                        const bf16* values, int keyRow, int first, int N, int past, float scale) {
    constexpr int TILE_BYTES = TILE<E> * E * 2;
    const Lanes<E> lanes;
    unsigned char* stages = shared + QUERIES * E * 2;
    const int warpFirst = warpOf(threadIdx.x) * WARP_QUERIES;
    const unsigned char* queries = shared + warpFirst * E * 2;
    const int seen = min(past + first + QUERIES, past + N);
    const int tiles = (seen + TILE<E> - 1) / TILE<E>;
    loadTile<QUERIES, E>(shared, q + static_cast<long long>(first) * qRow, qRow, N - first);
    loadTile<TILE<E>, E>(stages, keys, keyRow, seen);
    loadTile<TILE<E>, E>(stages + TILE_BYTES, values, keyRow, seen);
    cpAsyncCommit();
    for (int j = 0; j < tiles; j++) {
        cpAsyncWait<0>();
        __syncthreads();
        if (j + 1 < tiles) {
            const int next = (j + 1) * TILE<E>;
            unsigned char* stage = stages + ((j + 1) & 1) * 2 * TILE_BYTES;
            loadTile<TILE<E>, E>(stage, keys + static_cast<long long>(next) * keyRow, keyRow, seen - next);
            loadTile<TILE<E>, E>(stage + TILE_BYTES, values + static_cast<long long>(next) * keyRow, keyRow, seen - next);
            cpAsyncCommit();
        }
        const unsigned char* stage = stages + (j & 1) * 2 * TILE_BYTES;
        const int ahead = past + first + warpFirst - j * TILE<E>;
        if (ahead >= TILE<E> - 1) {
            attend<E, false>(state, queries, stage, stage + TILE_BYTES, lanes, scale, ahead);
        } else if (ahead + WARP_QUERIES > 0) {
            attend<E, true>(state, queries, stage, stage + TILE_BYTES, lanes, scale, ahead);
        }
    }
#pragma unroll
    for (int m = 0; m < 2; m++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float& total = state.total[m][half];
            total += shuffleXor(total, 1);
            total += shuffleXor(total, 2);
        }
    }
}

template <int E>
__device__ __forceinline__ void attention(bf16* out, float* logSumExp, const bf16* qkv, int T, int H, int K) {
    DYNAMIC_SHARED(shared);
    const int b = blockIdx.x / H;
    const int h = blockIdx.x % H;
    // The longest blocks first: what is left at the end is short.
    const int first = static_cast<int>(gridDim.y - 1 - blockIdx.y) * QUERIES;
    const int row = (H + 2 * K) * E;
    const bf16* q = qkv + static_cast<long long>(b) * T * row + h * E;
    const bf16* keys = qkv + static_cast<long long>(b) * T * row + (H + h / (H / K)) * E;
    const float scale = 1 / sqrtf(static_cast<float>(E));
    Softmax<E> state;
    forward<E>(state, shared, q, row, keys, keys + K * E, row, first, T, 0, scale * LOG2E);
    const int lane = laneOf(threadIdx.x);
    const int warpFirst = warpOf(threadIdx.x) * WARP_QUERIES;
    float factor[2][2];
#pragma unroll
    for (int m = 0; m < 2; m++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int t = first + warpFirst + 16 * m + 8 * half + lane / 4;
            factor[m][half] = 1 / state.total[m][half];
            if (lane % 4 == 0 && t < T) {
                logSumExp[static_cast<long long>(blockIdx.x) * T + t] =
                    state.largest[m][half] * scale + logf(state.total[m][half]);
            }
        }
    }
    bf16* to = out + ((static_cast<long long>(b) * T + first + warpFirst) * H + h) * E;
    storeRows<E, 2>(to, H * E, T - first - warpFirst, shared + warpFirst * E * 2, state.sums, factor);
}

/** out [B·T,H,E] and logSumExp [B,H,T]. Grid B·H, ceil(T/128). */
KERNEL __launch_bounds__(THREADS, 2) attention_64(bf16* out, float* logSumExp, const bf16* qkv, int T, int H, int K) {
    attention<64>(out, logSumExp, qkv, T, H, K);
}

KERNEL __launch_bounds__(THREADS, 2) attention_128(bf16* out, float* logSumExp, const bf16* qkv, int T, int H, int K) {
    attention<128>(out, logSumExp, qkv, T, H, K);
}

// ---- many new tokens over a cache

template <int E>
__device__ __forceinline__ void prefill(float* out, const float* q, const bf16* keys, const bf16* values, int N, int past, int H,
                                        int K, int heads) {
    DYNAMIC_SHARED(shared);
    const int h = blockIdx.x;
    const int first = static_cast<int>(gridDim.y - 1 - blockIdx.y) * QUERIES;
    const int head = h / (H / K) * E;
    Softmax<E> state;
    forward<E>(state, shared, q + h * E, heads * E, keys + head, values + head, K * E, first, N, past,
               LOG2E / sqrtf(static_cast<float>(E)));
    const int lane = laneOf(threadIdx.x);
#pragma unroll
    for (int m = 0; m < 2; m++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            const int n = first + warpOf(threadIdx.x) * WARP_QUERIES + 16 * m + 8 * half + lane / 4;
            const float factor = 1 / state.total[m][half];
            if (n < N) {
                float* to = out + (static_cast<long long>(n) * H + h) * E + 2 * (lane % 4);
#pragma unroll
                for (int e = 0; e < E / 8; e++) {
                    *reinterpret_cast<Vec<float, 2>*>(to + 8 * e) = {state.sums[m][e][2 * half] * factor,
                                                                     state.sums[m][e][2 * half + 1] * factor};
                }
            }
        }
    }
}

/** out [N,H,E] of rows q [N,heads,E] over keys, values [C,K,E]; see Kernels.attentionCached. Grid H, ceil(N/128). */
KERNEL __launch_bounds__(THREADS, 2) attention_prefill_64(float* out, const float* q, const bf16* keys, const bf16* values, int N, int past, int H, int K, int heads) {
    prefill<64>(out, q, keys, values, N, past, H, K, heads);
}

KERNEL __launch_bounds__(THREADS, 2) attention_prefill_128(float* out, const float* q, const bf16* keys, const bf16* values, int N, int past, int H, int K, int heads) {
    prefill<128>(out, q, keys, values, N, past, H, K, heads);
}
