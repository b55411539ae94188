// What happens to each element alone. `wide` says that all addresses are multiples of 16; a thread then has a vector, and the last one the rest.
#include "device.cuh"

constexpr int WIDE = 16 / sizeof(Activation);

/** y[i] = update(y[i], x[i], i); y may be x. READ: whether y's own values count. */
template <bool READ, class Update>
__device__ __forceinline__ void update(Activation* y, const Activation* x, long long count, int wide, Update update) {
    using Pack = Vec<Activation, WIDE>;
    const long long thread = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (wide && (thread + 1) * WIDE <= count) {
        const long long at = thread * WIDE;
        Pack to;
        if (READ) to = *reinterpret_cast<const Pack*>(y + at);
        const Pack from = *reinterpret_cast<const Pack*>(x + at);
#pragma unroll
        for (int j = 0; j < WIDE; j++) {
            to.at[j] = fromFloat<Activation>(update(READ ? toFloat(to.at[j]) : 0, toFloat(from.at[j]), at + j));
        }
        *reinterpret_cast<Pack*>(y + at) = to;
        return;
    }
    const long long end = wide ? count : min(count, thread + 1);
    for (long long i = wide ? thread * WIDE : thread; i < end; i++) {
        y[i] = fromFloat<Activation>(update(READ ? toFloat(y[i]) : 0, toFloat(x[i]), i));
    }
}

KERNEL add(Activation* y, const Activation* x, long long count, int wide) {
    update<true>(y, x, count, wide, [](float a, float b, long long) { return a + b; });
}

KERNEL scale(Activation* x, float factor, long long count, int wide) {
    update<false>(x, x, count, wide, [factor](float, float value, long long) { return value * factor; });
}

KERNEL fill(Activation* x, float value, long long count, int wide) {
    using Pack = Vec<Activation, WIDE>;
    const long long thread = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (wide && (thread + 1) * WIDE <= count) {
        Pack pack;
#pragma unroll
        for (int j = 0; j < WIDE; j++) pack.at[j] = fromFloat<Activation>(value);
        *reinterpret_cast<Pack*>(x + thread * WIDE) = pack;
        return;
    }
    const long long end = wide ? count : min(count, thread + 1);
    for (long long i = wide ? thread * WIDE : thread; i < end; i++) x[i] = fromFloat<Activation>(value);
}

/** An element is dropped where the stream's bits are below `threshold`; what is kept is multiplied. y may be x. */
KERNEL dropout(
    Activation* y, const Activation* x, unsigned threshold, float kept, unsigned long long stream, long long count, int wide) {
    update<false>(y, x, count, wide, [=](float, float value, long long i) {
        return counterBits(stream, static_cast<unsigned long long>(i)) < threshold ? 0.0f : value * kept;
    });
}

/** The same, added to y. */
KERNEL add_dropout(
    Activation* y, const Activation* x, unsigned threshold, float kept, unsigned long long stream, long long count, int wide) {
    update<true>(y, x, count, wide, [=](float sum, float value, long long i) {
        return sum + (counterBits(stream, static_cast<unsigned long long>(i)) < threshold ? 0.0f : multiply(value, kept));
    });
}

/** x[i] += factor·bits, the stream's bits as a signed number. */
KERNEL add_noise(Activation* x, float factor, unsigned long long stream, long long count, int wide) {
    update<false>(x, x, count, wide, [=](float, float value, long long i) {
        const int bits = static_cast<int>(counterBits(stream, static_cast<unsigned long long>(i)));
        return value + multiply(static_cast<float>(bits), factor);
    });
}
