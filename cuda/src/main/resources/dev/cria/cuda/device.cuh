// What kernels are written with: everything that is PTX or a compiler's intrinsic stands here, so that the .cu files are plain C++.
//
// Compiled by NVRTC without any toolkit header. Under CRIA_EMULATOR the same functions come from emulator.h, which runs a kernel on the
// processor for tests; both twins take the same arguments and, but for the last bits of approximations, give the same values.
//
// Kernels are declared `KERNEL name(parameters)`; parameters are pointers, int, unsigned, long long, unsigned long long, float and double.
// A source is compiled once per type of activations, `-DActivation=float` or `-DActivation=bf16`.
#pragma once

struct bf16 {
    unsigned short bits;
};

struct f16 {
    unsigned short bits;
};

#ifdef CRIA_EMULATOR
#include "emulator.h"
#else
#define KERNEL extern "C" __global__ void
/** Declares `unsigned char* name`, the block's dynamic shared memory, aligned to 128 bytes. */
#define DYNAMIC_SHARED(name) extern __shared__ __align__(128) unsigned char name[]
#endif

#ifndef Activation
#define Activation float
#endif

constexpr int WARP = 32;

/** N values that are loaded and stored at once; 16 bytes are the widest that the hardware moves. */
template <class T, int N>
struct alignas(sizeof(T) * N) Vec {
    T at[N];
};

#ifndef CRIA_EMULATOR

// ---- numbers

__device__ __forceinline__ unsigned floatBits(float value) { return __float_as_uint(value); }
__device__ __forceinline__ float bitsFloat(unsigned bits) { return __uint_as_float(bits); }

__device__ __forceinline__ float toFloat(f16 value) {
    float wide;
    asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value.bits));
    return wide;
}

__device__ __forceinline__ bf16 roundToBf16(float value) {
    bf16 narrow;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(narrow.bits) : "f"(value));
    return narrow;
}

__device__ __forceinline__ f16 roundToF16(float value) {
    f16 narrow;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(narrow.bits) : "f"(value));
    return narrow;
}

/** Both rounded to nearest even; `low` in the lower half. */
__device__ __forceinline__ unsigned packBf16(float low, float high) {
    unsigned both;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));
    return both;
}

/** 2 to the x, to about 22 bits; 0 for minus infinity. */
__device__ __forceinline__ float fastExp2(float x) {
    float power;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
    return power;
}

__device__ __forceinline__ float reciprocalSqrt(float x) { return rsqrtf(x); }

/** 1/x to about 23 bits; 0 for infinity, infinity for what is too small to be normal. */
__device__ __forceinline__ float fastReciprocal(float x) {
    float inverse;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(inverse) : "f"(x));
    return inverse;
}

/** a·b rounded by itself: the compiler does not join it with a sum, so that it has the bits of a multiplication elsewhere. */
__device__ __forceinline__ float multiply(float a, float b) { return __fmul_rn(a, b); }

/** c plus the dot product of four signed bytes each. */
__device__ __forceinline__ int dp4a(int a, int b, int c) {
    int sum;
    asm("dp4a.s32.s32 %0, %1, %2, %3;" : "=r"(sum) : "r"(a), "r"(b), "r"(c));
    return sum;
}

// ---- between the lanes of a warp, all of which must take part

__device__ __forceinline__ void syncWarp() { __syncwarp(); }

/** The value that `lane` has. For the types of 4 and 8 bytes. */
template <class T>
__device__ __forceinline__ T shuffle(T value, int lane) {
    return __shfl_sync(0xffffffffu, value, lane);
}

template <class T>
__device__ __forceinline__ T shuffleXor(T value, int mask) {
    return __shfl_xor_sync(0xffffffffu, value, mask);
}

/** The value of the lane that lies `delta` higher; its own where there is none. */
template <class T>
__device__ __forceinline__ T shuffleDown(T value, int delta) {
    return __shfl_down_sync(0xffffffffu, value, delta);
}

__device__ __forceinline__ float warpSum(float value) {
#pragma unroll
    for (int mask = WARP / 2; mask > 0; mask >>= 1) value += shuffleXor(value, mask);
    return value;
}

__device__ __forceinline__ double warpSum(double value) {
#pragma unroll
    for (int mask = WARP / 2; mask > 0; mask >>= 1) value += shuffleXor(value, mask);
    return value;
}

__device__ __forceinline__ float warpMax(float value) {
#pragma unroll
    for (int mask = WARP / 2; mask > 0; mask >>= 1) value = fmaxf(value, shuffleXor(value, mask));
    return value;
}

// ---- tensor cores (sm_80): fragments as the PTX ISA lays them out

/** d[16,8] += a[16,16] · b[16,8] in bf16 with sums in float32; a by rows, b by columns. */
__device__ __forceinline__ void mma16816(float d[4], const unsigned a[4], const unsigned b[2]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__device__ __forceinline__ unsigned sharedAddress(const void* shared) {
    return static_cast<unsigned>(__cvta_generic_to_shared(shared));
}

/** Four 8x8 matrices of 16-bit values; lanes 8m..8m+7 give the 16-byte rows of matrix m. */
__device__ __forceinline__ void ldmatrixX4(unsigned r[4], const void* shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(sharedAddress(shared))
                 : "memory");
}

__device__ __forceinline__ void ldmatrixX4Trans(unsigned r[4], const void* shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(sharedAddress(shared))
                 : "memory");
}

/** Two matrices, whose rows lanes 0..15 give. */
__device__ __forceinline__ void ldmatrixX2(unsigned r[2], const void* shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
                 : "=r"(r[0]), "=r"(r[1])
                 : "r"(sharedAddress(shared))
                 : "memory");
}

__device__ __forceinline__ void ldmatrixX2Trans(unsigned r[2], const void* shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
                 : "=r"(r[0]), "=r"(r[1])
                 : "r"(sharedAddress(shared))
                 : "memory");
}

// ---- copies that run while the thread goes on

/** Starts to copy 16 bytes; zeros where not `valid`, and then `global` is not read. Both addresses are multiples of 16. */
__device__ __forceinline__ void cpAsync16(void* shared, const void* global, bool valid) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                 :
                 : "r"(sharedAddress(shared)), "l"(__cvta_generic_to_global(global)), "r"(valid ? 16 : 0)
                 : "memory");
}

/** Ends a group of copies. */
__device__ __forceinline__ void cpAsyncCommit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

/** Waits until at most the last N of this thread's groups are under way; other threads' copies are seen after a barrier. */
template <int N>
__device__ __forceinline__ void cpAsyncWait() {
    asm volatile("cp.async.wait_group %0;" : : "n"(N) : "memory");
}

#endif

// ---- what both twins share

__device__ __forceinline__ float toFloat(float value) { return value; }
__device__ __forceinline__ float toFloat(bf16 value) { return bitsFloat(static_cast<unsigned>(value.bits) << 16); }

/** Rounds to nearest even; a NaN stays one. */
template <class T>
__device__ __forceinline__ T fromFloat(float value);

template <>
__device__ __forceinline__ float fromFloat<float>(float value) {
    return value;
}

template <>
__device__ __forceinline__ bf16 fromFloat<bf16>(float value) {
    return roundToBf16(value);
}

template <>
__device__ __forceinline__ f16 fromFloat<f16>(float value) {
    return roundToF16(value);
}

// FP8 as the Open Compute Project defines it (OFP8, 2023): E4M3 has no infinity and reaches 448, E5M2 is a short half and reaches 57344.
// Rounds to nearest even; what is larger than the largest value becomes it, infinity too; a NaN becomes the code 0x7f.

#if !defined(CRIA_EMULATOR) && __CUDA_ARCH__ >= 890

/** Two values of E4M3 in 16 bits, `low` in the lower byte. */
__device__ __forceinline__ unsigned packE4m3(float low, float high) {
    unsigned short both;
    asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(both) : "f"(high), "f"(low));
    return both;
}

/** The same of E5M2. */
__device__ __forceinline__ unsigned packE5m2(float low, float high) {
    unsigned short both;
    asm("cvt.rn.satfinite.e5m2x2.f32 %0, %1, %2;" : "=h"(both) : "f"(high), "f"(low));
    return both;
}

#else

/** In plain arithmetic: for the emulator, and so that sources compile for cards without the instruction. */
template <int MANTISSA, int BIAS, unsigned LARGEST>
__device__ __forceinline__ unsigned roundToFp8(float value) {
    const unsigned sign = floatBits(value) >> 24 & 0x80u, magnitude = floatBits(value) & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return 0x7fu;
    unsigned code;
    if (magnitude >= static_cast<unsigned>(128 - BIAS) << 23) {
        constexpr int DROPPED = 23 - MANTISSA;
        const unsigned rounded = magnitude + (1u << (DROPPED - 1)) - 1 + (magnitude >> DROPPED & 1u);
        code = (rounded >> DROPPED) - (static_cast<unsigned>(127 - BIAS) << MANTISSA);
    } else {
        // Below the normal numbers the step is even: added to 2^23 steps, a float rounds to whole ones.
        const float steps = bitsFloat(static_cast<unsigned>(127 + 24 - BIAS - MANTISSA) << 23);
        code = floatBits(bitsFloat(magnitude) + steps) - floatBits(steps);
    }
    return sign | (code > LARGEST ? LARGEST : code);
}

__device__ __forceinline__ unsigned packE4m3(float low, float high) {
    return roundToFp8<3, 7, 0x7eu>(low) | roundToFp8<3, 7, 0x7eu>(high) << 8;
}

__device__ __forceinline__ unsigned packE5m2(float low, float high) {
    return roundToFp8<2, 15, 0x7bu>(low) | roundToFp8<2, 15, 0x7bu>(high) << 8;
}

#endif

__device__ __forceinline__ float infinity() { return bitsFloat(0x7f800000u); }

__device__ __forceinline__ int laneOf(unsigned thread) { return static_cast<int>(thread % WARP); }
__device__ __forceinline__ int warpOf(unsigned thread) { return static_cast<int>(thread / WARP); }

/** The sum over a block of whole warps along x, which every thread gets: warps in order. `shared32` can be used again when it returns. */
template <class T>
__device__ __forceinline__ T blockSumOf(T value, T* shared32) {
    const int warps = static_cast<int>(blockDim.x) / WARP;
    value = warpSum(value);
    if (laneOf(threadIdx.x) == 0) shared32[warpOf(threadIdx.x)] = value;
    __syncthreads();
    T sum = shared32[0];
    for (int w = 1; w < warps; w++) sum += shared32[w];
    __syncthreads();
    return sum;
}

__device__ __forceinline__ float blockSum(float value, float* shared32) { return blockSumOf(value, shared32); }
__device__ __forceinline__ double blockSum(double value, double* shared32) { return blockSumOf(value, shared32); }

__device__ __forceinline__ float blockMax(float value, float* shared32) {
    const int warps = static_cast<int>(blockDim.x) / WARP;
    value = warpMax(value);
    if (laneOf(threadIdx.x) == 0) shared32[warpOf(threadIdx.x)] = value;
    __syncthreads();
    float largest = shared32[0];
    for (int w = 1; w < warps; w++) largest = fmaxf(largest, shared32[w]);
    __syncthreads();
    return largest;
}

/** CounterBits.intAt: 32 random bits as a pure function of a stream and a place (SplitMix64, Steele et al., OOPSLA 2014). */
__device__ __forceinline__ unsigned counterBits(unsigned long long stream, unsigned long long index) {
    unsigned long long z = stream + ((index >> 1) + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    z ^= z >> 31;
    return static_cast<unsigned>(z >> (32 * (index & 1)));
}

/** Notes an index that lies outside 0..size-1, for the host to report when it next waits: one word, the size above the index. */
__device__ __forceinline__ void reportIndex(unsigned long long* fault, int index, int size) {
    *fault = static_cast<unsigned long long>(static_cast<unsigned>(size)) << 32 | static_cast<unsigned>(index);
}
