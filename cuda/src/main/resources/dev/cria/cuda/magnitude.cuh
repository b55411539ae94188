// The largest magnitude of what a kernel writes, left block by block for who will round it to FP8: so that it need not be read again to be
// known. As bits of bf16 without the sign: the larger number has the larger bits, an infinity larger ones, a NaN the largest.
#pragma once
#include "device.cuh"

__device__ __forceinline__ unsigned larger(unsigned a, unsigned b) { return a > b ? a : b; }

__device__ __forceinline__ unsigned magnitudeBits(bf16 value) { return value.bits & 0x7fffu; }

/** The largest of a block's values, of which there are whole warps along x; every thread gets it. */
__device__ __forceinline__ unsigned blockLargest(unsigned value) {
    __shared__ unsigned warps[WARP];
#pragma unroll
    for (int mask = WARP / 2; mask > 0; mask >>= 1) value = larger(value, shuffleXor(value, mask));
    if (laneOf(threadIdx.x) == 0) warps[warpOf(threadIdx.x)] = value;
    __syncthreads();
    unsigned largest = warps[0];
    for (int w = 1; w < static_cast<int>(blockDim.x) / WARP; w++) largest = larger(largest, warps[w]);
    return largest;
}

/** What a thread has seen of an output; nothing where activations are float32, which nobody rounds. */
struct Seen {
    unsigned largest = 0;

    template <class T, int N>
    __device__ __forceinline__ void see(const Vec<T, N>& values) {
        if constexpr (sizeof(T) == 2) {
#pragma unroll
            for (int j = 0; j < N; j++) largest = larger(largest, magnitudeBits(values.at[j]));
        }
    }

    /** By all threads of the block; `to`, one place a block, may be null: nobody asks. */
    __device__ __forceinline__ void leave(unsigned* to) const {
        if (to != nullptr) {
            const unsigned all = blockLargest(largest);
            if (threadIdx.x == 0) to[blockIdx.x] = all;
        }
    }
};
