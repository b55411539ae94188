// New keys and values go into a cache, converted to its type; and a cache is widened for kernels that read plain numbers.
#include "cache.cuh"

constexpr int THREADS = 256;

/** Element `at` of a row of the cache; all lanes of a warp take part, with 32 elements that follow one another. */
template <class Cached>
__device__ __forceinline__ void put(Cached* cache, long long at, float value, bool inside) {
    if (inside) cache[at] = fromFloat<Cached>(value);
}

/** As BlockFormats does: the largest magnitude becomes 127, halves round away from zero. A block with a NaN has the scale NaN. */
template <>
__device__ __forceinline__ void put<Q8_0>(Q8_0* cache, long long at, float value, bool inside) {
    const bool spoilt = warpSum(value != value ? 1.0f : 0.0f) > 0;
    const float scale = spoilt ? value - value + bitsFloat(0x7fc00000u) : warpMax(fabsf(value)) / 127;
    const float inverse = scale == 0 || spoilt ? 0 : 1 / scale;
    const float wanted = spoilt ? 0 : fminf(127, fmaxf(-127, value * inverse));
    const float whole = truncf(fabsf(wanted));
    // Compared, not subtracted: a fused product would see digits that the CPU rounds away.
    const int size = static_cast<int>(whole) + (fabsf(wanted) >= whole + 0.5f ? 1 : 0);
    const int quant = wanted < 0 ? -size : size;
    const int higher = shuffleDown(quant, 1);
    const int lane = laneOf(threadIdx.x);
    if (!inside) return;
    Q8_0& block = cache[at / 32];
    if (lane == 0) block.halves[0] = fromFloat<f16>(scale).bits;
    if (lane % 2 == 0) block.halves[1 + lane / 2] = static_cast<unsigned short>((quant & 255) | (higher << 8));
}

template <class Cached>
__device__ __forceinline__ void storeKeysValues(Cached* keys, Cached* values, const float* qkv, const int* slots, const int* positions,
                                                int past, int capacity, int heads, int K, int E) {
    const int n = blockIdx.y;
    const int count = K * E;
    const int at = blockIdx.x * THREADS + threadIdx.x;
    const Place place(n, slots, positions, past, capacity);
    if (place.slot < 0) return;
    const bool inside = at < count;
    const long long from = (static_cast<long long>(n + 1) * heads * E) - 2 * count + at;
    const long long to = place.row(capacity) * count + at;
    put(keys, to, inside ? qkv[from] : 0, inside);
    put(values, to, inside ? qkv[from + count] : 0, inside);
}

/** Rows of keys, values [S,C,K,E] from qkv [N,heads,E]; see Kernels.storeKeysValues. Grid ceil(K·E/256), N. */
KERNEL __launch_bounds__(THREADS) store_keys_values_f32(float* keys, float* values, const float* qkv, const int* slots, const int* positions, int past, int capacity, int heads, int K, int E) {
    storeKeysValues(keys, values, qkv, slots, positions, past, capacity, heads, K, E);
}

KERNEL __launch_bounds__(THREADS) store_keys_values_f16(f16* keys, f16* values, const float* qkv, const int* slots, const int* positions, int past, int capacity, int heads, int K, int E) {
    storeKeysValues(keys, values, qkv, slots, positions, past, capacity, heads, K, E);
}

KERNEL __launch_bounds__(THREADS) store_keys_values_bf16(bf16* keys, bf16* values, const float* qkv, const int* slots, const int* positions, int past, int capacity, int heads, int K, int E) {
    storeKeysValues(keys, values, qkv, slots, positions, past, capacity, heads, K, E);
}

KERNEL __launch_bounds__(THREADS) store_keys_values_q8_0(Q8_0* keys, Q8_0* values, const float* qkv, const int* slots, const int* positions, int past, int capacity, int heads, int K, int E) {
    storeKeysValues(keys, values, qkv, slots, positions, past, capacity, heads, K, E);
}

/** `count` elements of a cache as plain numbers of the type of activations. */
template <class Cached>
__device__ __forceinline__ void widen(Activation* to, const Cached* from, long long count) {
    const long long step = static_cast<long long>(gridDim.x) * THREADS;
    for (long long i = static_cast<long long>(blockIdx.x) * THREADS + threadIdx.x; i < count; i += step) {
        to[i] = fromFloat<Activation>(element(from, i));
    }
}

KERNEL __launch_bounds__(THREADS) widen_cache_f32(Activation* to, const float* from, long long count) {
    widen(to, from, count);
}

KERNEL __launch_bounds__(THREADS) widen_cache_f16(Activation* to, const f16* from, long long count) {
    widen(to, from, count);
}

KERNEL __launch_bounds__(THREADS) widen_cache_bf16(Activation* to, const bf16* from, long long count) {
    widen(to, from, count);
}

KERNEL __launch_bounds__(THREADS) widen_cache_q8_0(Activation* to, const Q8_0* from, long long count) {
    widen(to, from, count);
}
