// Causal grouped-query attention for any head size up to 256, in float32 arithmetic, forward and backward: for float32 activations, whose
// purpose is parity with the CPU, and for the head sizes that attention.cu leaves out.
//
// A block of 256 threads stands for 32 rows of one head, eight threads a row; the other side passes by in tiles of 32. A row's weights go
// through shared memory, but only between its own eight threads. PER is how many elements of a head one of them sums: E ≤ 8·PER.
#include "device.cuh"

constexpr int THREADS = 256;
constexpr int ROWS = 32;
/** Threads of a row. */
constexpr int SHARE = THREADS / ROWS;
constexpr float LOG2E = 1.4426950408889634f;

/** Floats between rows in shared memory: odd, so that a column lies in different banks. */
__device__ __forceinline__ int pitch(int E) { return E | 1; }

/** Rows `stride` apart to shared memory; zeros from row `count` on. */
template <class T>
__device__ __forceinline__ void load(float* tile, const T* from, long long stride, int count, int E) {
    for (int at = threadIdx.x; at < ROWS * E; at += THREADS) {
        const int row = at / E;
        const int e = at % E;
        tile[row * pitch(E) + e] = row < count ? toFloat(from[row * stride + e]) : 0;
    }
}

/** The products of own row `a` with the tile's rows share, share+8, …. */
__device__ __forceinline__ void dots(float (&sums)[ROWS / SHARE], const float* a, const float* tile, int E) {
#pragma unroll
    for (int i = 0; i < ROWS / SHARE; i++) sums[i] = 0;
    for (int e = 0; e < E; e++) {
#pragma unroll
        for (int i = 0; i < ROWS / SHARE; i++) {
            sums[i] += a[e] * tile[(threadIdx.x % SHARE + SHARE * i) * pitch(E) + e];
        }
    }
}

/** sums[e] += Σ_j weights[j]·tile[j][e] for e = share, share+8, …; summed by tile first, which rounds less than one long sum. */
template <int PER>
__device__ __forceinline__ void add(float (&sums)[PER], const float* weights, const float* tile, int E) {
    float part[PER] = {};
    for (int j = 0; j < ROWS; j++) {
        const float weight = weights[j];
#pragma unroll
        for (int i = 0; i < PER; i++) {
            const int e = threadIdx.x % SHARE + SHARE * i;
            if (e < E) part[i] += weight * tile[j * pitch(E) + e];
        }
    }
#pragma unroll
    for (int i = 0; i < PER; i++) sums[i] += part[i];
}

template <class T, int PER>
__device__ __forceinline__ void store(T* row, const float (&sums)[PER], float factor, int E) {
#pragma unroll
    for (int i = 0; i < PER; i++) {
        const int e = threadIdx.x % SHARE + SHARE * i;
        if (e < E) row[e] = fromFloat<T>(sums[i] * factor);
    }
}

// ---- forward

/**
 * Rows `first`… of N queries at positions past…past+N-1. Gives log Σ exp of this thread's row, whose result it writes.
 */
template <int PER, class T>
__device__ __forceinline__ float forward(T* out, int outRow, const T* q, int qRow, const T* keys, const T* values, int keyRow,
                                         int first, int N, int past, int E) {
    DYNAMIC_SHARED(shared);
    float* queryTile = reinterpret_cast<float*>(shared);
    float* keyTile = queryTile + ROWS * pitch(E);
    float* valueTile = keyTile + ROWS * pitch(E);
    const int row = threadIdx.x / SHARE;
    float* weights = valueTile + ROWS * pitch(E) + row * (ROWS + 1);
    const float scale = 1 / sqrtf(static_cast<float>(E));
    const int seen = min(past + first + ROWS, past + N);
    load(queryTile, q + static_cast<long long>(first) * qRow, qRow, N - first, E);
    float largest = -infinity();
    float total = 0;
    float sums[PER] = {};
    for (int key = 0; key < seen; key += ROWS) {
        __syncthreads();
        load(keyTile, keys + static_cast<long long>(key) * keyRow, keyRow, seen - key, E);
        load(valueTile, values + static_cast<long long>(key) * keyRow, keyRow, seen - key, E);
        __syncthreads();
        float s[ROWS / SHARE];
        dots(s, queryTile + row * pitch(E), keyTile, E);
        float next = largest;
#pragma unroll
        for (int i = 0; i < ROWS / SHARE; i++) {
            s[i] *= scale * LOG2E;
            if (key + static_cast<int>(threadIdx.x) % SHARE + SHARE * i > past + first + row) s[i] = -infinity();
            next = fmaxf(next, s[i]);
        }
#pragma unroll
        for (int mask = 1; mask < SHARE; mask <<= 1) next = fmaxf(next, shuffleXor(next, mask));
        const float shrink = fastExp2(largest - next);
        largest = next;
        float part = 0;
#pragma unroll
        for (int i = 0; i < ROWS / SHARE; i++) {
            s[i] = fastExp2(s[i] - largest);
            weights[threadIdx.x % SHARE + SHARE * i] = s[i];
            part += s[i];
        }
#pragma unroll
        for (int mask = 1; mask < SHARE; mask <<= 1) part += shuffleXor(part, mask);
        total = total * shrink + part;
#pragma unroll
        for (int i = 0; i < PER; i++) sums[i] *= shrink;
        syncWarp();
        add(sums, weights, valueTile, E);
        syncWarp();
    }
    if (first + row < N) store(out + static_cast<long long>(first + row) * outRow, sums, 1 / total, E);
    return largest / LOG2E + logf(total);
}

template <int PER>
__device__ __forceinline__ void attention(Activation* out, float* logSumExp, const Activation* qkv, int T, int H, int K, int E) {
    const int b = blockIdx.x / H;
    const int h = blockIdx.x % H;
    const int first = blockIdx.y * ROWS;
    const int row = (H + 2 * K) * E;
    const Activation* sequence = qkv + static_cast<long long>(b) * T * row;
    const Activation* keys = sequence + (H + h / (H / K)) * E;
    const float log = forward<PER>(out + (static_cast<long long>(b) * T * H + h) * E, H * E, sequence + h * E, row, keys, keys + K * E,
                                   row, first, T, 0, E);
    const int t = first + threadIdx.x / SHARE;
    if (threadIdx.x % SHARE == 0 && t < T) logSumExp[static_cast<long long>(blockIdx.x) * T + t] = log;
}

/** out [B·T,H,E] and logSumExp [B,H,T] of qkv [B·T,H+2K,E], E ≤ 64. Grid B·H, ceil(T/32). */
KERNEL __launch_bounds__(THREADS) attention_plain_64(Activation* out, float* logSumExp, const Activation* qkv, int T, int H, int K, int E) {
    attention<8>(out, logSumExp, qkv, T, H, K, E);
}

KERNEL __launch_bounds__(THREADS) attention_plain_256(Activation* out, float* logSumExp, const Activation* qkv, int T, int H, int K, int E) {
    attention<32>(out, logSumExp, qkv, T, H, K, E);
}

/** out [N,H,E] of rows q [N,heads,E] over float keys, values [C,K,E]; see Kernels.attentionCached. Grid H, ceil(N/32). */
KERNEL __launch_bounds__(THREADS) attention_plain_prefill(float* out, const float* q, const float* keys, const float* values, int N, int past, int H, int K, int heads, int E) {
    const int h = blockIdx.x;
    const int head = h / (H / K) * E;
    forward<40>(out + h * E, H * E, q + h * E, heads * E, keys + head, values + head, K * E, static_cast<int>(blockIdx.y) * ROWS, N, past, E);
}

// ---- backward: the same cut as in attention_backward.cu

/** delta[b,h,t] = Σ_e dOut·out, a warp a row [B·T·H]. Grid ceil(rows/8). */
KERNEL __launch_bounds__(THREADS) attention_plain_row_sums(float* delta, const Activation* dOut, const Activation* out, int rows, int T, int H, int E) {
    const int row = static_cast<int>(blockIdx.x) * (THREADS / WARP) + warpOf(threadIdx.x);
    if (row >= rows) return;
    const long long at = static_cast<long long>(row) * E;
    float sum = 0;
    for (int e = laneOf(threadIdx.x); e < E; e += WARP) sum += toFloat(dOut[at + e]) * toFloat(out[at + e]);
    sum = warpSum(sum);
    const int token = row / H;
    if (laneOf(threadIdx.x) == 0) delta[(static_cast<long long>(token / T) * H + row % H) * T + token % T] = sum;
}

/** Rows `first`… of log Σ exp in powers of two and of D; rows that are not there weigh nothing. */
__device__ __forceinline__ void loadRows(float* log, float* sum, const float* logSumExp, const float* delta, int count) {
    const int row = threadIdx.x;
    if (row >= ROWS) return;
    log[row] = row < count ? logSumExp[row] * LOG2E : infinity();
    sum[row] = row < count ? delta[row] : 0;
}

/** Shared memory of the backward kernels: four tiles, the weights and their gradients, and two values a query. */
struct Backward {
    float* own;
    float* ownOther;
    float* passing;
    float* passingOther;
    /** This thread's row of weights, and of their gradients. */
    float* weights;
    float* slopes;
    float* log;
    float* sum;

    __device__ __forceinline__ Backward(unsigned char* shared, int E) {
        own = reinterpret_cast<float*>(shared);
        ownOther = own + ROWS * pitch(E);
        passing = ownOther + ROWS * pitch(E);
        passingOther = passing + ROWS * pitch(E);
        weights = passingOther + ROWS * pitch(E);
        slopes = weights + ROWS * (ROWS + 1);
        log = slopes + ROWS * (ROWS + 1);
        sum = log + ROWS;
        weights += threadIdx.x / SHARE * (ROWS + 1);
        slopes += threadIdx.x / SHARE * (ROWS + 1);
    }
};

template <int PER>
__device__ __forceinline__ void keysValues(Activation* dQkv, const Activation* dOut, const float* logSumExp, const float* delta,
                                           const Activation* qkv, int T, int H, int K, int E) {
    DYNAMIC_SHARED(shared);
    const Backward at(shared, E);
    const int b = blockIdx.x / K;
    const int k = blockIdx.x % K;
    const int first = blockIdx.y * ROWS;
    const int own = threadIdx.x / SHARE;
    const int share = threadIdx.x % SHARE;
    const long long row = (H + 2 * K) * E;
    const long long tokens = static_cast<long long>(b) * T;
    const long long keyAt = (tokens + first) * row + (H + k) * E;
    const float scale = 1 / sqrtf(static_cast<float>(E));
    load(at.own, qkv + keyAt, row, T - first, E);
    load(at.ownOther, qkv + keyAt + K * E, row, T - first, E);
    float dK[PER] = {};
    float dV[PER] = {};
    for (int h = k * (H / K); h < (k + 1) * (H / K); h++) {
        for (int t = first; t < T; t += ROWS) {
            __syncthreads();
            const long long values = (static_cast<long long>(b) * H + h) * T + t;
            load(at.passing, qkv + (tokens + t) * row + h * E, row, T - t, E);
            load(at.passingOther, dOut + ((tokens + t) * H + h) * E, static_cast<long long>(H) * E, T - t, E);
            loadRows(at.log, at.sum, logSumExp + values, delta + values, T - t);
            __syncthreads();
            float p[ROWS / SHARE];
            float dP[ROWS / SHARE];
            dots(p, at.own + own * pitch(E), at.passing, E);
            dots(dP, at.ownOther + own * pitch(E), at.passingOther, E);
#pragma unroll
            for (int i = 0; i < ROWS / SHARE; i++) {
                const int query = share + SHARE * i;
                const float weight = first + own > t + query ? 0 : fastExp2(p[i] * (scale * LOG2E) - at.log[query]);
                at.weights[query] = weight;
                at.slopes[query] = weight * (dP[i] - at.sum[query]);
            }
            syncWarp();
            add(dV, at.weights, at.passingOther, E);
            add(dK, at.slopes, at.passing, E);
        }
    }
    if (first + own < T) {
        store(dQkv + keyAt + own * row, dK, scale, E);
        store(dQkv + keyAt + own * row + K * E, dV, 1, E);
    }
}

/** The gradients of keys and values in dQkv [B·T,H+2K,E], E ≤ 64. Grid B·K, ceil(T/32). */
KERNEL __launch_bounds__(THREADS) attention_plain_keys_values_64(Activation* dQkv, const Activation* dOut, const float* logSumExp, const float* delta, const Activation* qkv, int T, int H, int K, int E) {
    keysValues<8>(dQkv, dOut, logSumExp, delta, qkv, T, H, K, E);
}

KERNEL __launch_bounds__(THREADS) attention_plain_keys_values_256(Activation* dQkv, const Activation* dOut, const float* logSumExp, const float* delta, const Activation* qkv, int T, int H, int K, int E) {
    keysValues<32>(dQkv, dOut, logSumExp, delta, qkv, T, H, K, E);
}

template <int PER>
__device__ __forceinline__ void queries(Activation* dQkv, const Activation* dOut, const float* logSumExp, const float* delta,
                                        const Activation* qkv, int T, int H, int K, int E) {
    DYNAMIC_SHARED(shared);
    const Backward at(shared, E);
    const int b = blockIdx.x / H;
    const int h = blockIdx.x % H;
    const int first = blockIdx.y * ROWS;
    const int own = threadIdx.x / SHARE;
    const int share = threadIdx.x % SHARE;
    const long long row = (H + 2 * K) * E;
    const long long tokens = static_cast<long long>(b) * T;
    const long long values = static_cast<long long>(blockIdx.x) * T + first;
    const Activation* keys = qkv + tokens * row + (H + h / (H / K)) * E;
    const float scale = 1 / sqrtf(static_cast<float>(E));
    load(at.own, qkv + (tokens + first) * row + h * E, row, T - first, E);
    load(at.ownOther, dOut + ((tokens + first) * H + h) * E, static_cast<long long>(H) * E, T - first, E);
    loadRows(at.log, at.sum, logSumExp + values, delta + values, T - first);
    float dQ[PER] = {};
    for (int key = 0; key < min(first + ROWS, T); key += ROWS) {
        __syncthreads();
        load(at.passing, keys + key * row, row, T - key, E);
        load(at.passingOther, keys + key * row + K * E, row, T - key, E);
        __syncthreads();
        float p[ROWS / SHARE];
        float dP[ROWS / SHARE];
        dots(p, at.own + own * pitch(E), at.passing, E);
        dots(dP, at.ownOther + own * pitch(E), at.passingOther, E);
#pragma unroll
        for (int i = 0; i < ROWS / SHARE; i++) {
            const int j = share + SHARE * i;
            const float weight = key + j > first + own ? 0 : fastExp2(p[i] * (scale * LOG2E) - at.log[own]);
            at.slopes[j] = weight * (dP[i] - at.sum[own]);
        }
        syncWarp();
        add(dQ, at.slopes, at.passing, E);
    }
    if (first + own < T) store(dQkv + (tokens + first + own) * row + h * E, dQ, scale, E);
}

/** The gradients of queries in dQkv [B·T,H+2K,E], E ≤ 64. Grid B·H, ceil(T/32). */
KERNEL __launch_bounds__(THREADS) attention_plain_queries_64(Activation* dQkv, const Activation* dOut, const float* logSumExp, const float* delta, const Activation* qkv, int T, int H, int K, int E) {
    queries<8>(dQkv, dOut, logSumExp, delta, qkv, T, H, K, E);
}

KERNEL __launch_bounds__(THREADS) attention_plain_queries_256(Activation* dQkv, const Activation* dOut, const float* logSumExp, const float* delta, const Activation* qkv, int T, int H, int K, int E) {
    queries<32>(dQkv, dOut, logSumExp, delta, qkv, T, H, K, E);
}
