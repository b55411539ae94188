// Looking up rows of a table, and the table's gradient: rows of dy, grouped by their id with a stable radix sort, so that one block adds up all of an
// id's in the order of n.
#include "device.cuh"

constexpr int WIDE = 16 / sizeof(Activation);

/** Ids that a block sorts, and the digits that it sorts them by. */
constexpr int CHUNK = 1024;
constexpr int DIGITS = 256;

/** Rows whose loads are under way at once. */
constexpr int AHEAD = 8;

template <int WIDTH, class Stored>
__device__ __forceinline__ void copyRow(Activation* y, const Stored* from, int D) {
    for (int d = static_cast<int>(threadIdx.x) * WIDTH; d < D; d += static_cast<int>(blockDim.x) * WIDTH) {
        const Vec<Stored, WIDTH> wide = *reinterpret_cast<const Vec<Stored, WIDTH>*>(from + d);
        Vec<Activation, WIDTH> row;
#pragma unroll
        for (int j = 0; j < WIDTH; j++) row.at[j] = fromFloat<Activation>(toFloat(wide.at[j]));
        *reinterpret_cast<Vec<Activation, WIDTH>*>(y + d) = row;
    }
}

/** One block a row; `type` 0 for weights in float32, 1 in bf16, 2 in f16. `wide`: D is a multiple of 4 and everything is aligned. */
KERNEL embedding(
    Activation* y, const void* weight, int type, const int* ids, int D, int V, int wide, unsigned long long* fault) {
    const int id = ids[blockIdx.x];
    Activation* to = y + static_cast<long long>(blockIdx.x) * D;
    if (id < 0 || id >= V) {
        if (threadIdx.x == 0) reportIndex(fault, id, V);
        for (int d = static_cast<int>(threadIdx.x); d < D; d += static_cast<int>(blockDim.x)) to[d] = fromFloat<Activation>(0);
        return;
    }
    const long long at = static_cast<long long>(id) * D;
    if (type == 0) {
        const float* from = static_cast<const float*>(weight) + at;
        wide ? copyRow<4>(to, from, D) : copyRow<1>(to, from, D);
    } else if (type == 1) {
        const bf16* from = static_cast<const bf16*>(weight) + at;
        wide ? copyRow<4>(to, from, D) : copyRow<1>(to, from, D);
    } else {
        const f16* from = static_cast<const f16*>(weight) + at;
        wide ? copyRow<4>(to, from, D) : copyRow<1>(to, from, D);
    }
}

/** The sort's first order: that of n. Ids outside 0..V-1 become V, which stands behind all others. */
KERNEL begin_order(int* keys, int* order, const int* ids, int N, int V, unsigned long long* fault) {
    const int n = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (n >= N) return;
    int id = ids[n];
    if (id < 0 || id >= V) {
        reportIndex(fault, id, V);
        id = V;
    }
    keys[n] = id;
    order[n] = n;
}

/** A chunk's digits in shared memory, four a word; what lies beyond the end has the last digit. */
__device__ __forceinline__ int loadDigits(unsigned* words, const int* keys, int N, int shift) {
    const int first = static_cast<int>(blockIdx.x) * CHUNK;
    const int thread = static_cast<int>(threadIdx.x);
    unsigned word = 0;
#pragma unroll
    for (int j = 0; j < 4; j++) {
        const int n = first + thread * 4 + j;
        const unsigned digit = n < N ? static_cast<unsigned>(keys[n]) >> shift & (DIGITS - 1) : DIGITS - 1;
        word |= digit << (8 * j);
    }
    words[thread] = word;
    __syncthreads();
    return min(CHUNK, N - first);
}

/** counts[digit, block]: how often each digit stands in a block's chunk. Thread d of 256 counts digit d. */
KERNEL count_digits(int* counts, const int* keys, int N, int shift) {
    __shared__ unsigned words[CHUNK / 4];
    const int size = loadDigits(words, keys, N, shift);
    int count = 0;
    for (int i = 0; i < size; i += 4) {
        const unsigned word = words[i / 4];
#pragma unroll
        for (int j = 0; j < 4; j++) count += i + j < size && (word >> (8 * j) & (DIGITS - 1)) == threadIdx.x;
    }
    counts[threadIdx.x * gridDim.x + blockIdx.x] = count;
}

/** Replaces counts by the sums of those before them. One block of 1024 threads. */
KERNEL __launch_bounds__(1024) sum_counts(int* counts, int length) {
    __shared__ int sums[1024];
    const int thread = static_cast<int>(threadIdx.x);
    const int threads = static_cast<int>(blockDim.x);
    const int share = (length + threads - 1) / threads;
    const int from = min(length, thread * share);
    const int to = min(length, from + share);
    int sum = 0;
    for (int i = from; i < to; i++) sum += counts[i];
    sums[thread] = sum;
    __syncthreads();
    for (int reach = 1; reach < threads; reach <<= 1) {
        const int before = thread >= reach ? sums[thread - reach] : 0;
        __syncthreads();
        sums[thread] += before;
        __syncthreads();
    }
    int before = sums[thread] - sum;
    for (int i = from; i < to; i++) {
        const int count = counts[i];
        counts[i] = before;
        before += count;
    }
}

/** One pass of the sort: entries go where the sums of counts say, those of a digit in their order. */
KERNEL place_digits(int* sortedKeys, int* sortedOrder, const int* keys, const int* order, const int* sums, int N, int shift) {
    __shared__ unsigned words[CHUNK / 4];
    const int size = loadDigits(words, keys, N, shift);
    const int first = static_cast<int>(blockIdx.x) * CHUNK;
    int to = sums[threadIdx.x * gridDim.x + blockIdx.x];
    for (int i = 0; i < size; i += 4) {
        const unsigned word = words[i / 4];
#pragma unroll
        for (int j = 0; j < 4; j++) {
            if (i + j < size && (word >> (8 * j) & (DIGITS - 1)) == threadIdx.x) {
                sortedKeys[to] = keys[first + i + j];
                sortedOrder[to] = order[first + i + j];
                to++;
            }
        }
    }
}

template <int WIDTH>
__device__ __forceinline__ void addRows(float* dWeight, const Activation* dy, const int* keys, const int* order, int N, int D, int V) {
    const int begin = static_cast<int>(blockIdx.x);
    const int id = keys[begin];
    if (id == V || (begin > 0 && keys[begin - 1] == id)) return;
    for (int d = static_cast<int>(threadIdx.x) * WIDTH; d < D; d += static_cast<int>(blockDim.x) * WIDTH) {
        using Sums = Vec<float, WIDTH < 4 ? WIDTH : 4>;
        constexpr int STEP = WIDTH < 4 ? WIDTH : 4;
        float* to = dWeight + static_cast<long long>(id) * D + d;
        float sums[WIDTH];
#pragma unroll
        for (int j = 0; j < WIDTH; j += STEP) {
            const Sums part = *reinterpret_cast<const Sums*>(to + j);
#pragma unroll
            for (int k = 0; k < STEP; k++) sums[j + k] = part.at[k];
        }
        bool more = true;
        for (int i = begin; more; i += AHEAD) {
            Vec<Activation, WIDTH> rows[AHEAD];
            bool same[AHEAD];
#pragma unroll
            for (int r = 0; r < AHEAD; r++) {
                same[r] = i + r < N && keys[i + r] == id;
                if (same[r]) rows[r] = *reinterpret_cast<const Vec<Activation, WIDTH>*>(dy + static_cast<long long>(order[i + r]) * D + d);
            }
#pragma unroll
            for (int r = 0; r < AHEAD; r++) {
                if (same[r]) {
#pragma unroll
                    for (int j = 0; j < WIDTH; j++) sums[j] += toFloat(rows[r].at[j]);
                }
            }
            more = same[AHEAD - 1];
        }
#pragma unroll
        for (int j = 0; j < WIDTH; j += STEP) {
            Sums part;
#pragma unroll
            for (int k = 0; k < STEP; k++) part.at[k] = sums[j + k];
            *reinterpret_cast<Sums*>(to + j) = part;
        }
    }
}

/** dWeight[id, :] += the rows of dy of that id. One block an entry; the first of an id does the work. */
KERNEL __launch_bounds__(512) embedding_backward(
    float* dWeight, const Activation* __restrict__ dy, const int* __restrict__ keys, const int* __restrict__ order, int N, int D, int V) {
    addRows<WIDE>(dWeight, dy, keys, order, N, D, V);
}

/** The same for rows of any length and alignment. */
KERNEL __launch_bounds__(512) embedding_backward_any(
    float* dWeight, const Activation* __restrict__ dy, const int* __restrict__ keys, const int* __restrict__ order, int N, int D, int V) {
    addRows<1>(dWeight, dy, keys, order, N, D, V);
}
