// Attention of few new tokens over caches of any type (flash-decoding): the context of a token is cut into chunks, a block each for all query
// heads that share a key head, and the chunks' results are put together in order by attention_combine.
//
// How a context is cut depends on its length alone, and a block works for one token: its bits depend on no other token of the call. Where a
// context is one chunk, the block writes the result itself. Blocks of chunks that a token does not have return at once, so that a launch for
// the largest context serves all and positions may lie in device memory.
#include "cache.cuh"

constexpr int THREADS = 128;
constexpr float LOG2E = 1.4426950408889634f;
/** Keys of the smallest chunk, and of a tile of small heads. */
constexpr int KEYS = 64;
/** Chunks of the longest context. */
constexpr int MAXIMUM_CHUNKS = 64;
/** Heads whose scores a thread computes at once. */
constexpr int HEADS = 4;

/** Keys of a chunk of a context. */
__device__ __forceinline__ int chunkOf(int context) {
    int chunk = KEYS;
    while (chunk * MAXIMUM_CHUNKS < context) chunk *= 2;
    return chunk;
}

/** Floats between rows in shared memory: 16-byte aligned, and rows start in different banks. */
__device__ __forceinline__ int pitch(int E) { return (E + 3) / 4 * 4 + 4; }

/** Keys of a tile: larger heads leave room for fewer. */
__device__ __forceinline__ int tileOf(int E) { return E <= 128 ? KEYS : KEYS / 2; }

/** Rows of one head of a cache to shared memory, zeros behind the last element of each; `stride` elements lie between rows. */
template <class Cached>
__device__ __forceinline__ void load(float* tile, const Cached* cache, long long first, int stride, int count, int E) {
    if (E % 8 == 0) {
#pragma unroll 4
        for (int at = threadIdx.x; at < count * (E / 8); at += THREADS) {
            const int row = at / (E / 8);
            const int e = at % (E / 8) * 8;
            const Vec<float, 8> values = eight(cache, first + static_cast<long long>(row) * stride + e);
            Vec<float, 4>* to = reinterpret_cast<Vec<float, 4>*>(tile + row * pitch(E) + e);
            to[0] = {values.at[0], values.at[1], values.at[2], values.at[3]};
            to[1] = {values.at[4], values.at[5], values.at[6], values.at[7]};
        }
        return;
    }
    for (int at = threadIdx.x; at < count * pitch(E); at += THREADS) {
        const int row = at / pitch(E);
        const int e = at % pitch(E);
        tile[at] = e < E ? element(cache, first + static_cast<long long>(row) * stride + e) : 0;
    }
}

/** scores[g, key] of all heads of the group with the tile's keys. */
__device__ __forceinline__ void score(float* scores, const float* queries, const float* keys, int count, int tile, int group, int E) {
    const int key = threadIdx.x % tile;
    const float* row = keys + key * pitch(E);
    const int parts = THREADS / tile;
    if (key >= count) return;
    for (int g = threadIdx.x / tile * HEADS; g < group; g += parts * HEADS) {
        float sums[HEADS] = {};
        for (int e = 0; e < E; e += 4) {
            const Vec<float, 4> k = *reinterpret_cast<const Vec<float, 4>*>(row + e);
#pragma unroll
            for (int i = 0; i < HEADS; i++) {
                // Heads past the last are computed as the last, and not stored.
                const Vec<float, 4> q = *reinterpret_cast<const Vec<float, 4>*>(queries + min(g + i, group - 1) * pitch(E) + e);
#pragma unroll
                for (int c = 0; c < 4; c++) sums[i] += q.at[c] * k.at[c];
            }
        }
#pragma unroll
        for (int i = 0; i < HEADS; i++) {
            if (g + i < group) scores[(g + i) * tile + key] = sums[i];
        }
    }
}

/** Scores of the heads g = warp, warp+4, … become weights; largest, total and what earlier sums shrink by are kept by head. */
__device__ __forceinline__ void weigh(float* scores, float* largest, float* total, float* shrink, int count, int tile, int group) {
    const int lane = laneOf(threadIdx.x);
    for (int g = warpOf(threadIdx.x); g < group; g += THREADS / WARP) {
        float* row = scores + g * tile;
        float next = largest[g];
        for (int key = lane; key < count; key += WARP) next = fmaxf(next, row[key]);
        next = warpMax(next);
        float sum = 0;
        for (int key = lane; key < tile; key += WARP) {
            const float weight = key < count ? fastExp2(row[key] - next) : 0;
            row[key] = weight;
            sum += weight;
        }
        sum = warpSum(sum);
        if (lane == 0) {
            shrink[g] = fastExp2(largest[g] - next);
            largest[g] = next;
            total[g] = total[g] * shrink[g] + sum;
        }
    }
}

/** sums[g, e] = sums[g, e]·shrink[g] + Σ weights·values, four elements a thread. */
__device__ __forceinline__ void gather(float* sums, const float* weights, const float* values, const float* shrink, int count, int tile,
                                       int group, int E) {
    const int quarters = (E + 3) / 4;
    for (int at = threadIdx.x; at < group * quarters; at += THREADS) {
        const int g = at / quarters;
        const int e = at % quarters * 4;
        Vec<float, 4>& sum = *reinterpret_cast<Vec<float, 4>*>(sums + g * pitch(E) + e);
        Vec<float, 4> fresh = {};
#pragma unroll 8
        for (int key = 0; key < count; key++) {
            const float weight = weights[g * tile + key];
            const Vec<float, 4> value = *reinterpret_cast<const Vec<float, 4>*>(values + key * pitch(E) + e);
#pragma unroll
            for (int c = 0; c < 4; c++) fresh.at[c] += weight * value.at[c];
        }
#pragma unroll
        for (int c = 0; c < 4; c++) sum.at[c] = sum.at[c] * shrink[g] + fresh.at[c];
    }
}

/**
 * Chunk blockIdx.x of token blockIdx.z for the query heads of key head blockIdx.y. `partial`: for each token, head and chunk E sums, then the
 * largest score and the sum of weights. HEAD is the head size, or 0 for any.
 */
template <int HEAD, class Cached>
__device__ __forceinline__ void attendChunk(float* out, float* partial, const float* q, const Cached* keys, const Cached* values,
                                            Place place, int capacity, int H, int K, int heads, int anyE) {
    DYNAMIC_SHARED(shared);
    const int E = HEAD > 0 ? HEAD : anyE;
    const int tile = tileOf(E);
    const int group = H / K;
    const int k = blockIdx.y;
    const int n = blockIdx.z;
    const int context = place.position + 1;
    const int chunk = chunkOf(context);
    const int first = blockIdx.x * chunk;
    if (first >= context) return;
    const int end = min(first + chunk, context);

    float* keyTile = reinterpret_cast<float*>(shared);
    float* valueTile = keyTile + tile * pitch(E);
    float* queries = valueTile + tile * pitch(E);
    float* sums = queries + group * pitch(E);
    float* scores = sums + group * pitch(E);
    float* largest = scores + group * tile;
    float* total = largest + group;
    float* shrink = total + group;

    const float scale = LOG2E / sqrtf(static_cast<float>(E));
    for (int at = threadIdx.x; at < group * pitch(E); at += THREADS) {
        const int g = at / pitch(E);
        const int e = at % pitch(E);
        queries[at] = e < E ? q[(static_cast<long long>(n) * heads + k * group + g) * E + e] * scale : 0;
        sums[at] = 0;
    }
    for (int g = threadIdx.x; g < group; g += THREADS) {
        largest[g] = -infinity();
        total[g] = 0;
    }
    const int stride = K * E;
    const long long head = static_cast<long long>(place.slot) * capacity * stride + k * E;
    for (int key = first; key < end; key += tile) {
        const int count = min(tile, end - key);
        const long long at = head + static_cast<long long>(key) * stride;
        load(keyTile, keys, at, stride, count, E);
        load(valueTile, values, at, stride, count, E);
        __syncthreads();
        score(scores, queries, keyTile, count, tile, group, E);
        __syncthreads();
        weigh(scores, largest, total, shrink, count, tile, group);
        __syncthreads();
        gather(sums, scores, valueTile, shrink, count, tile, group, E);
        __syncthreads();
    }
    const bool whole = context <= chunk;
    for (int at = threadIdx.x; at < group * E; at += THREADS) {
        const int g = at / E;
        const int e = at % E;
        const long long row = static_cast<long long>(n) * H + k * group + g;
        const float sum = sums[g * pitch(E) + e];
        if (whole) {
            out[row * E + e] = sum / total[g];
        } else {
            partial[(row * gridDim.x + blockIdx.x) * (E + 2) + e] = sum;
        }
    }
    if (whole) return;
    for (int g = threadIdx.x; g < group; g += THREADS) {
        const long long row = static_cast<long long>(n) * H + k * group + g;
        float* ends = partial + (row * gridDim.x + blockIdx.x) * (E + 2) + E;
        ends[0] = largest[g];
        ends[1] = total[g];
    }
}

template <class Cached>
__device__ __forceinline__ void attend(float* out, float* partial, const float* q, const Cached* keys, const Cached* values,
                                       const int* slots, const int* positions, int past, int capacity, int H, int K, int heads, int E) {
    const Place place(blockIdx.z, slots, positions, past, capacity);
    if (place.slot < 0) {
        const int count = H / K * E;
        float* group = out + (static_cast<long long>(blockIdx.z) * K + blockIdx.y) * count;
        if (blockIdx.x > 0) return;
        for (int at = threadIdx.x; at < count; at += THREADS) group[at] = 0;
    } else if (E == 64) {
        attendChunk<64>(out, partial, q, keys, values, place, capacity, H, K, heads, E);
    } else if (E == 128) {
        attendChunk<128>(out, partial, q, keys, values, place, capacity, H, K, heads, E);
    } else {
        attendChunk<0>(out, partial, q, keys, values, place, capacity, H, K, heads, E);
    }
}

/** out [N,H,E] of rows q [N,heads,E] over keys, values [S,C,K,E]; see Kernels.attentionCached. Grid chunks, K, N. */
KERNEL __launch_bounds__(THREADS) attention_cached_f32(float* out, float* partial, const float* q, const float* keys, const float* values, const int* slots, const int* positions, int past, int capacity, int H, int K, int heads, int E) {
    attend(out, partial, q, keys, values, slots, positions, past, capacity, H, K, heads, E);
}

KERNEL __launch_bounds__(THREADS) attention_cached_f16(float* out, float* partial, const float* q, const f16* keys, const f16* values, const int* slots, const int* positions, int past, int capacity, int H, int K, int heads, int E) {
    attend(out, partial, q, keys, values, slots, positions, past, capacity, H, K, heads, E);
}

KERNEL __launch_bounds__(THREADS) attention_cached_bf16(float* out, float* partial, const float* q, const bf16* keys, const bf16* values, const int* slots, const int* positions, int past, int capacity, int H, int K, int heads, int E) {
    attend(out, partial, q, keys, values, slots, positions, past, capacity, H, K, heads, E);
}

KERNEL __launch_bounds__(THREADS) attention_cached_q8_0(float* out, float* partial, const float* q, const Q8_0* keys, const Q8_0* values, const int* slots, const int* positions, int past, int capacity, int H, int K, int heads, int E) {
    attend(out, partial, q, keys, values, slots, positions, past, capacity, H, K, heads, E);
}

/** Puts the chunks of each token's heads together, those of contexts of one chunk excepted. `chunks` is the x of the grid before. Grid H, N. */
KERNEL __launch_bounds__(THREADS) attention_combine(float* out, const float* partial, const int* slots, const int* positions, int past, int capacity, int chunks, int H, int E) {
    const int n = blockIdx.y;
    const Place place(n, slots, positions, past, capacity);
    const int context = place.position + 1;
    if (place.slot < 0 || context <= chunkOf(context)) return;
    const int count = (context + chunkOf(context) - 1) / chunkOf(context);
    const long long row = static_cast<long long>(n) * H + blockIdx.x;
    const float* parts = partial + row * chunks * (E + 2);
    float largest = -infinity();
    for (int c = 0; c < count; c++) largest = fmaxf(largest, parts[c * (E + 2) + E]);
    float total = 0;
    for (int c = 0; c < count; c++) total += parts[c * (E + 2) + E + 1] * fastExp2(parts[c * (E + 2) + E] - largest);
    for (int e = threadIdx.x; e < E; e += THREADS) {
        float sum = 0;
        for (int c = 0; c < count; c++) sum += parts[c * (E + 2) + e] * fastExp2(parts[c * (E + 2) + E] - largest);
        out[row * E + e] = sum / total;
    }
}
