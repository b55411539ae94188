// Cross-entropy of rows of logits, which become their own gradient, and the likeliest index. One block a row.
#include "device.cuh"

constexpr int WIDE = 16 / sizeof(Activation);

/** e^x: to the last bits where activations are float32, as good as bf16 can show where they are not. */
__device__ __forceinline__ float power(float x) {
    if constexpr (sizeof(Activation) == 4) {
        return expf(x);
    } else {
        return fastExp2(1.44269504f * x);
    }
}

/** What a thread has seen of a row: the largest logit and Σ exp(logit − largest). A NaN goes to the sum and stays. */
struct Softmax {
    float largest = -infinity();
    float sum = 0;

    template <int WIDTH>
    __device__ __forceinline__ void take(const Vec<Activation, WIDTH>& logits) {
        float most = toFloat(logits.at[0]);
#pragma unroll
        for (int j = 1; j < WIDTH; j++) most = fmaxf(most, toFloat(logits.at[j]));
        if (most > largest) {
            sum *= power(largest - most);
            largest = most;
        }
        const float base = largest == -infinity() ? 0 : largest;
#pragma unroll
        for (int j = 0; j < WIDTH; j++) sum += power(toFloat(logits.at[j]) - base);
    }

    /** Joins the block's threads; all get the row's. */
    __device__ __forceinline__ void join(float* shared) {
        const float most = blockMax(largest, shared);
        if (largest != -infinity()) sum *= power(largest - most);
        largest = most;
        sum = blockSum(sum, shared);
    }

    /** log Σ exp − logit: the large terms cancel before the small logarithm is added, so that logits of any size lose nothing. */
    __device__ __forceinline__ float loss(float logit) const { return logf(sum) + (largest - logit); }
};

/** Whether a row counts; a target that is neither -1 nor in the vocabulary is reported. */
__device__ __forceinline__ bool counts(int target, int V, unsigned long long* fault) {
    if (target >= 0 && target < V) return true;
    if (target != -1 && threadIdx.x == 0) reportIndex(fault, target, V);
    return false;
}

/** With KEPT the row is copied to shared memory on the way, where a thread finds what it copied itself. */
template <int WIDTH, bool KEPT>
__device__ __forceinline__ void gradient(
    float* losses, Activation* logits, const int* targets, const float* weights, int V, float scale, unsigned char* kept,
    unsigned long long* fault) {
    using Pack = Vec<Activation, WIDTH>;
    __shared__ float shared[WARP];
    const int n = static_cast<int>(blockIdx.x);
    const int step = static_cast<int>(blockDim.x) * WIDTH;
    const int begin = static_cast<int>(threadIdx.x) * WIDTH;
    Activation* row = logits + static_cast<long long>(n) * V;
    const int target = targets[n];
    if (!counts(target, V, fault)) {
        Pack zeros;
#pragma unroll
        for (int j = 0; j < WIDTH; j++) zeros.at[j] = fromFloat<Activation>(0);
        for (int v = begin; v < V; v += step) *reinterpret_cast<Pack*>(row + v) = zeros;
        if (threadIdx.x == 0) losses[n] = 0;
        return;
    }
    const float own = toFloat(row[target]);
    const float weight = weights[n];
    const Activation* from = row;
    if constexpr (KEPT) {
        Activation* copy = reinterpret_cast<Activation*>(kept);
        for (int v = begin; v < V; v += step) cpAsync16(copy + v, row + v, true);
        cpAsyncCommit();
        cpAsyncWait<0>();
        from = copy;
    }
    Softmax softmax;
#pragma unroll 4
    for (int v = begin; v < V; v += step) softmax.take<WIDTH>(*reinterpret_cast<const Pack*>(from + v));
    softmax.join(shared);
    if (threadIdx.x == 0) losses[n] = weight * softmax.loss(own);
    const float factor = scale * weight;
    const float inverse = 1 / softmax.sum;
#pragma unroll 4
    for (int v = begin; v < V; v += step) {
        Pack pack = *reinterpret_cast<const Pack*>(from + v);
#pragma unroll
        for (int j = 0; j < WIDTH; j++) {
            float probability = power(toFloat(pack.at[j]) - softmax.largest) * inverse;
            if (v + j == target) probability -= 1;
            pack.at[j] = fromFloat<Activation>(factor * probability);
        }
        *reinterpret_cast<Pack*>(row + v) = pack;
    }
}

/** V·sizeof(Activation) bytes of shared memory hold the row; V is a multiple of WIDE, logits are aligned. */
KERNEL __launch_bounds__(512, 3) cross_entropy_kept(
    float* losses, Activation* logits, const int* targets, const float* weights, int V, float scale, unsigned long long* fault) {
    DYNAMIC_SHARED(kept);
    gradient<WIDE, true>(losses, logits, targets, weights, V, scale, kept, fault);
}

/** The same for rows that shared memory does not hold: read twice. */
KERNEL __launch_bounds__(512) cross_entropy(
    float* losses, Activation* logits, const int* targets, const float* weights, int V, float scale, unsigned long long* fault) {
    gradient<WIDE, false>(losses, logits, targets, weights, V, scale, nullptr, fault);
}

/** For rows of any length and alignment. */
KERNEL __launch_bounds__(512) cross_entropy_any(
    float* losses, Activation* logits, const int* targets, const float* weights, int V, float scale, unsigned long long* fault) {
    gradient<1, false>(losses, logits, targets, weights, V, scale, nullptr, fault);
}

template <int WIDTH>
__device__ __forceinline__ void likelihood(
    float* losses, const Activation* logits, const int* targets, int V, unsigned long long* fault) {
    __shared__ float shared[WARP];
    const int n = static_cast<int>(blockIdx.x);
    const Activation* row = logits + static_cast<long long>(n) * V;
    const int target = targets[n];
    if (!counts(target, V, fault)) {
        if (threadIdx.x == 0) losses[n] = 0;
        return;
    }
    Softmax softmax;
#pragma unroll 4
    for (int v = static_cast<int>(threadIdx.x) * WIDTH; v < V; v += static_cast<int>(blockDim.x) * WIDTH) {
        softmax.take<WIDTH>(*reinterpret_cast<const Vec<Activation, WIDTH>*>(row + v));
    }
    softmax.join(shared);
    if (threadIdx.x == 0) losses[n] = softmax.loss(toFloat(row[target]));
}

KERNEL __launch_bounds__(512) negative_log_likelihood(
    float* losses, const Activation* logits, const int* targets, int V, unsigned long long* fault) {
    likelihood<WIDE>(losses, logits, targets, V, fault);
}

KERNEL __launch_bounds__(512) negative_log_likelihood_any(
    float* losses, const Activation* logits, const int* targets, int V, unsigned long long* fault) {
    likelihood<1>(losses, logits, targets, V, fault);
}

/** A logit and where it stands; of equal ones the first is better. */
struct Best {
    static constexpr int NONE = 0x7fffffff;
    float value = -infinity();
    int index = NONE;

    __device__ __forceinline__ void take(float other, int at) {
        if (other > value || (other == value && at < index && index != NONE)) {
            value = other;
            index = at;
        }
    }
};

template <int WIDTH>
__device__ __forceinline__ void largest(int* indices, const Activation* logits, int V) {
    __shared__ float values[WARP];
    __shared__ int places[WARP];
    const Activation* row = logits + static_cast<long long>(blockIdx.x) * V;
    Best best;
#pragma unroll 4
    for (int v = static_cast<int>(threadIdx.x) * WIDTH; v < V; v += static_cast<int>(blockDim.x) * WIDTH) {
        const Vec<Activation, WIDTH> pack = *reinterpret_cast<const Vec<Activation, WIDTH>*>(row + v);
#pragma unroll
        for (int j = 0; j < WIDTH; j++) best.take(toFloat(pack.at[j]), v + j);
    }
#pragma unroll
    for (int mask = WARP / 2; mask > 0; mask >>= 1) {
        const float value = shuffleXor(best.value, mask);
        best.take(value, shuffleXor(best.index, mask));
    }
    if (laneOf(threadIdx.x) == 0) {
        values[warpOf(threadIdx.x)] = best.value;
        places[warpOf(threadIdx.x)] = best.index;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int w = 1; w < static_cast<int>(blockDim.x) / WARP; w++) best.take(values[w], places[w]);
        indices[blockIdx.x] = best.index == Best::NONE ? 0 : best.index;
    }
}

KERNEL __launch_bounds__(1024) arg_max(int* indices, const Activation* logits, int V) { largest<WIDE>(indices, logits, V); }

KERNEL __launch_bounds__(1024) arg_max_any(int* indices, const Activation* logits, int V) { largest<1>(indices, logits, V); }
