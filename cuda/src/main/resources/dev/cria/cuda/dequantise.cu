// Weights in blocks as numbers: whole, or the rows that ids name.
#include "device.cuh"
#include "formats.cuh"

template <class Format, class T>
__device__ __forceinline__ void store(T* to, const Octet& octet, int wide) {
    constexpr int WIDTH = 16 / sizeof(T) < OCTET ? 16 / sizeof(T) : OCTET;
    if (!wide) {
#pragma unroll
        for (int i = 0; i < OCTET; i++) to[i] = fromFloat<T>(octet.at<Format::OFFSET>(i));
        return;
    }
#pragma unroll
    for (int i = 0; i < OCTET; i += WIDTH) {
        Vec<T, WIDTH> part;
#pragma unroll
        for (int k = 0; k < WIDTH; k++) part.at[k] = fromFloat<T>(octet.at<Format::OFFSET>(i + k));
        *reinterpret_cast<Vec<T, WIDTH>*>(to + i) = part;
    }
}

/** Types: 0 float32, 1 bf16, 2 f16. */
template <class Format>
__device__ __forceinline__ void storeAs(void* to, int type, long long octet, const Octet& values, int wide) {
    if (type == 0) store<Format>(static_cast<float*>(to) + octet * OCTET, values, wide);
    if (type == 1) store<Format>(static_cast<bf16*>(to) + octet * OCTET, values, wide);
    if (type == 2) store<Format>(static_cast<f16*>(to) + octet * OCTET, values, wide);
}

/** One thread for eight elements of blocks one after another. `wide`: `to` is a multiple of 16. */
KERNEL dequantise(void* to, int toType, const unsigned char* blocks, int format, long long octets, int wide) {
    const long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= octets) return;
    withFormat(format, [&](auto f) {
        constexpr int PER_BLOCK = f.SIZE / OCTET;
        const unsigned char* block = blocks + i / PER_BLOCK * f.BYTES;
        storeAs<decltype(f)>(to, toType, i, f.octet(block, static_cast<int>(i % PER_BLOCK)), wide);
    });
}

/** to[n, :] = row ids[n] of a table of V rows, each rowOctets·8 elements. One block a row. */
KERNEL dequantise_rows(
    void* to, int toType, const unsigned char* blocks, int format, const int* ids, int rowOctets, int V, int wide,
    unsigned long long* fault) {
    const long long n = blockIdx.x;
    const int id = ids[n];
    if (id < 0 || id >= V) {
        if (threadIdx.x == 0) reportIndex(fault, id, V);
        for (int i = static_cast<int>(threadIdx.x); i < rowOctets; i += static_cast<int>(blockDim.x)) {
            storeAs<Q8_0>(to, toType, n * rowOctets + i, {{0, 0}, 0, 0}, wide);
        }
        return;
    }
    withFormat(format, [&](auto f) {
        constexpr int PER_BLOCK = f.SIZE / OCTET;
        const unsigned char* row = blocks + static_cast<long long>(id) * (rowOctets / PER_BLOCK) * f.BYTES;
        for (int i = static_cast<int>(threadIdx.x); i < rowOctets; i += static_cast<int>(blockDim.x)) {
            storeAs<decltype(f)>(to, toType, n * rowOctets + i, f.octet(row + i / PER_BLOCK * f.BYTES, i % PER_BLOCK), wide);
        }
    });
}
