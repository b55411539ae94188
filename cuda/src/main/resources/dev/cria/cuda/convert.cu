// Between float32, bf16 and f16: to nearest even, and a NaN keeps the bits that it would keep on the processor.
#include "device.cuh"

constexpr int WIDE = 4;

__device__ __forceinline__ float widen(float value) { return value; }
__device__ __forceinline__ float widen(bf16 value) { return toFloat(value); }

__device__ __forceinline__ float widen(f16 value) {
    if ((value.bits & 0x7fffu) > 0x7c00u) {
        return bitsFloat((value.bits & 0x8000u) << 16 | 0x7fc00000u | (value.bits & 0x3ffu) << 13);
    }
    return toFloat(value);
}

template <class T>
__device__ __forceinline__ T narrow(float value);

template <>
__device__ __forceinline__ float narrow<float>(float value) {
    return value;
}

template <>
__device__ __forceinline__ bf16 narrow<bf16>(float value) {
    if (value != value) return {static_cast<unsigned short>(floatBits(value) >> 16 | 0x40u)};
    return fromFloat<bf16>(value);
}

template <>
__device__ __forceinline__ f16 narrow<f16>(float value) {
    if (value != value) {
        const unsigned bits = floatBits(value);
        return {static_cast<unsigned short>((bits >> 16 & 0x8000u) | 0x7e00u | (bits >> 13 & 0x3ffu))};
    }
    return fromFloat<f16>(value);
}

template <class To, class From>
__device__ __forceinline__ void convertAll(void* toMemory, const void* fromMemory, long long count, int wide) {
    To* to = static_cast<To*>(toMemory);
    const From* from = static_cast<const From*>(fromMemory);
    const long long thread = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (wide && (thread + 1) * WIDE <= count) {
        const Vec<From, WIDE> source = *reinterpret_cast<const Vec<From, WIDE>*>(from + thread * WIDE);
        Vec<To, WIDE> target;
#pragma unroll
        for (int j = 0; j < WIDE; j++) target.at[j] = narrow<To>(widen(source.at[j]));
        *reinterpret_cast<Vec<To, WIDE>*>(to + thread * WIDE) = target;
        return;
    }
    const long long end = wide ? count : min(count, thread + 1);
    for (long long i = wide ? thread * WIDE : thread; i < end; i++) to[i] = narrow<To>(widen(from[i]));
}

template <class To>
__device__ __forceinline__ void convertTo(void* to, const void* from, int fromType, long long count, int wide) {
    if (fromType == 0) convertAll<To, float>(to, from, count, wide);
    if (fromType == 1) convertAll<To, bf16>(to, from, count, wide);
    if (fromType == 2) convertAll<To, f16>(to, from, count, wide);
}

/** Types: 0 float32, 1 bf16, 2 f16. `wide`: both addresses are multiples of 16. */
KERNEL convert(void* to, int toType, const void* from, int fromType, long long count, int wide) {
    if (toType == 0) convertTo<float>(to, from, fromType, count, wide);
    if (toType == 1) convertTo<bf16>(to, from, fromType, count, wide);
    if (toType == 2) convertTo<f16>(to, from, fromType, count, wide);
}
