// How caches of keys and values are read, whatever their elements are, and which place a new token has.
#pragma once
#include "device.cuh"

/** A block of 32 elements: a float16 scale, then 32 signed bytes. Only two bytes are sure to be aligned. */
struct Q8_0 {
    unsigned short halves[17];
};

/** Element `index` of a cache. */
template <class Cached>
__device__ __forceinline__ float element(const Cached* cache, long long index) {
    return toFloat(cache[index]);
}

template <>
__device__ __forceinline__ float element<Q8_0>(const Q8_0* cache, long long index) {
    const Q8_0& block = cache[index / 32];
    const int at = static_cast<int>(index % 32);
    const int both = block.halves[1 + at / 2];
    return toFloat(f16{block.halves[0]}) * static_cast<signed char>(at % 2 == 0 ? both : both >> 8);
}

/** Elements index…index+7; index is a multiple of 8. */
template <class Cached>
__device__ __forceinline__ Vec<float, 8> eight(const Cached* cache, long long index) {
    const Vec<Cached, 8> narrow = *reinterpret_cast<const Vec<Cached, 8>*>(cache + index);
    Vec<float, 8> wide;
#pragma unroll
    for (int i = 0; i < 8; i++) wide.at[i] = toFloat(narrow.at[i]);
    return wide;
}

template <>
__device__ __forceinline__ Vec<float, 8> eight<float>(const float* cache, long long index) {
    const Vec<float, 4>* halves = reinterpret_cast<const Vec<float, 4>*>(cache + index);
    const Vec<float, 4> low = halves[0];
    const Vec<float, 4> high = halves[1];
    return {low.at[0], low.at[1], low.at[2], low.at[3], high.at[0], high.at[1], high.at[2], high.at[3]};
}

template <>
__device__ __forceinline__ Vec<float, 8> eight<Q8_0>(const Q8_0* cache, long long index) {
    const Q8_0& block = cache[index / 32];
    const float scale = toFloat(f16{block.halves[0]});
    const int from = 1 + static_cast<int>(index % 32) / 2;
    Vec<float, 8> wide;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        const int both = block.halves[from + i];
        wide.at[2 * i] = scale * static_cast<signed char>(both);
        wide.at[2 * i + 1] = scale * static_cast<signed char>(both >> 8);
    }
    return wide;
}

/** Where token n stands: position `position` of slot `slot`, whose cache has `capacity` positions; nowhere where slot is negative. */
struct Place {
    int slot;
    int position;

    /** From the arrays of several sequences; without them, position past+n of the only slot. */
    __device__ __forceinline__ Place(int n, const int* slots, const int* positions, int past, int capacity) {
        slot = slots == nullptr ? 0 : slots[n];
        position = positions == nullptr ? past + n : positions[n];
        if (position < 0 || position >= capacity) slot = -1;
    }

    /** Its row among those of all slots. */
    __device__ __forceinline__ long long row(int capacity) const { return static_cast<long long>(slot) * capacity + position; }
};
