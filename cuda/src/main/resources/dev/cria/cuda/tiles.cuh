// What the attention kernels share: tiles of bf16 rows in shared memory, swizzled so that neither copies nor ldmatrix meet in a bank, and their
// fragments for the tensor cores. Blocks of four warps. E, the head size, is 64 or 128.
#pragma once
#include "device.cuh"

constexpr int WARPS = 4;
constexpr int THREADS = WARPS * WARP;
constexpr float LOG2E = 1.4426950408889634f;

/** Where 16-byte chunk `chunk` of row `row` lies: chunks of eight rows under each other fall into different banks. */
template <int E>
__device__ __forceinline__ int swizzled(int row, int chunk) {
    return row * (2 * E) + ((chunk ^ (row & 7)) << 4);
}

/** Starts to copy ROWS rows that lie `stride` elements apart; zeros from row `count` on. */
template <int ROWS, int E>
__device__ __forceinline__ void loadTile(unsigned char* tile, const bf16* from, int stride, int count) {
    constexpr int CHUNKS = E / 8;
    // No further: addresses would drive sums out of registers.
#pragma unroll 2
    for (int i = 0; i < ROWS * CHUNKS / THREADS; i++) {
        const int at = i * THREADS + static_cast<int>(threadIdx.x);
        const int row = at / CHUNKS;
        const int chunk = at % CHUNKS;
        cpAsync16(tile + swizzled<E>(row, chunk), from + (row * stride + chunk * 8), row < count);
    }
}

/** The same from floats, rounded; seen by the other warps after a barrier. */
template <int ROWS, int E>
__device__ __forceinline__ void loadTile(unsigned char* tile, const float* from, int stride, int count) {
    constexpr int CHUNKS = E / 8;
#pragma unroll 4
    for (int i = 0; i < ROWS * CHUNKS / THREADS; i++) {
        const int at = i * THREADS + static_cast<int>(threadIdx.x);
        const int row = at / CHUNKS;
        const int chunk = at % CHUNKS;
        Vec<unsigned, 4> rounded = {};
        if (row < count) {
            const Vec<float, 4>* wide =
                reinterpret_cast<const Vec<float, 4>*>(from + static_cast<long long>(row) * stride + chunk * 8);
            const Vec<float, 4> low = wide[0];
            const Vec<float, 4> high = wide[1];
            rounded = {packBf16(low.at[0], low.at[1]), packBf16(low.at[2], low.at[3]), packBf16(high.at[0], high.at[1]),
                       packBf16(high.at[2], high.at[3])};
        }
        *reinterpret_cast<Vec<unsigned, 4>*>(tile + swizzled<E>(row, chunk)) = rounded;
    }
}

/** Byte offsets of what this lane hands to ldmatrix, for the first 16 rows and 16 columns; a later step of 16 columns flips bits 5 and up. */
template <int E>
struct Lanes {
    int lane = laneOf(threadIdx.x);
    /** Rows are rows of A, or the shared dimension of a transposed B. */
    int byRow = swizzled<E>(lane & 15, lane >> 4);
    /** Rows are columns of B. */
    int byColumn = swizzled<E>((lane & 7) + ((lane >> 4) << 3), (lane >> 3) & 1);
    int byEight = swizzled<E>(lane & 7, lane >> 3);

    /** A[16,16] at tile row `row`, columns from 16·step. */
    __device__ __forceinline__ void a(unsigned (&fragment)[4], const unsigned char* tile, int row, int step) const {
        ldmatrixX4(fragment, tile + row * (2 * E) + (byRow ^ (step << 5)));
    }

    /** B[16 of columns 16·step…, 16] = tile rows `row`…, transposed. */
    __device__ __forceinline__ void b(unsigned (&fragment)[4], const unsigned char* tile, int row, int step) const {
        ldmatrixX4(fragment, tile + row * (2 * E) + (byColumn ^ (step << 5)));
    }

    /** B[32 of columns 32·step…, 8] = eight tile rows, transposed: two fragments. */
    __device__ __forceinline__ void bEight(unsigned (&fragments)[4], const unsigned char* tile, int row, int step) const {
        ldmatrixX4(fragments, tile + row * (2 * E) + (byEight ^ (step << 6)));
    }

    /** B[16 tile rows from `row`, 16 columns from 16·step]. */
    __device__ __forceinline__ void bTrans(unsigned (&fragment)[4], const unsigned char* tile, int row, int step) const {
        ldmatrixX4Trans(fragment, tile + row * (2 * E) + (byRow ^ (step << 5)));
    }
};

/** d[16,16] += a[16,16] · b[16,16]; d in two halves of eight columns. */
__device__ __forceinline__ void multiply(float (&left)[4], float (&right)[4], const unsigned (&a)[4], const unsigned (&b)[4]) {
    const unsigned first[2] = {b[0], b[1]};
    const unsigned second[2] = {b[2], b[3]};
    mma16816(left, a, first);
    mma16816(right, a, second);
}

/** Sums [16,8] rounded to the first (side 0) or last eight columns of the left factor of the next product. */
__device__ __forceinline__ void asHalfOfLeft(unsigned (&a)[4], int side, const float (&sums)[4]) {
    a[2 * side] = packBf16(sums[0], sums[1]);
    a[2 * side + 1] = packBf16(sums[2], sums[3]);
}

/** Writes a warp's sums [16·M, E], times `factor` of each row, as bf16 rows `stride` apart, through this warp's rows of a tile. */
template <int E, int M>
__device__ __forceinline__ void storeRows(bf16* to, int stride, int count, unsigned char* rows, const float (&sums)[M][E / 8][4],
                                          const float (&factor)[M][2]) {
    const int lane = laneOf(threadIdx.x);
#pragma unroll
    for (int m = 0; m < M; m++) {
#pragma unroll
        for (int n = 0; n < E / 8; n++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                const int at = swizzled<E>(16 * m + 8 * half + lane / 4, n) + 4 * (lane % 4);
                *reinterpret_cast<unsigned*>(rows + at) =
                    packBf16(sums[m][n][2 * half] * factor[m][half], sums[m][n][2 * half + 1] * factor[m][half]);
            }
        }
    }
    syncWarp();
#pragma unroll 4
    for (int at = lane; at < 16 * M * (E / 8); at += WARP) {
        const int row = at / (E / 8);
        const int chunk = at % (E / 8);
        if (row < count) {
            *reinterpret_cast<Vec<unsigned, 4>*>(to + static_cast<long long>(row) * stride + chunk * 8) =
                *reinterpret_cast<const Vec<unsigned, 4>*>(rows + swizzled<E>(row, chunk));
        }
    }
}
