// Rotary position embedding (arXiv 2104.09864), in place. A thread keeps the cosines and sines of its few dimensions for several heads of a row.
#include "device.cuh"

constexpr int WIDE = 16 / sizeof(Activation);
constexpr int HEADS = 4;

/** The row's place in the tables, or -1 where they have none. */
__device__ __forceinline__ long long tableRow(const int* positions, int n, int P, int half, unsigned long long* fault) {
    const int position = positions[n];
    if (position < 0 || position >= P) {
        reportIndex(fault, position, P);
        return -1;
    }
    return static_cast<long long>(position) * half;
}

template <int WIDTH>
__device__ __forceinline__ void loadFloats(float (&to)[WIDTH], const float* from) {
    if constexpr (WIDTH % 4 == 0) {
#pragma unroll
        for (int j = 0; j < WIDTH; j += 4) {
            Vec<float, 4> four = *reinterpret_cast<const Vec<float, 4>*>(from + j);
#pragma unroll
            for (int k = 0; k < 4; k++) to[j + k] = four.at[k];
        }
    } else {
#pragma unroll
        for (int j = 0; j < WIDTH; j++) to[j] = from[j];
    }
}

/** Element e of a head goes with e + E/2; WIDTH of them a thread, which E/2 is a multiple of. */
template <int WIDTH>
__device__ __forceinline__ void rotateHalves(
    Activation* x, int rotated, const int* positions, const float* cos, const float* sin, int N, int heads, int E, int P, float sign,
    unsigned long long* fault) {
    const int half = E / 2;
    const unsigned vectors = static_cast<unsigned>(half / WIDTH);
    const unsigned groups = static_cast<unsigned>((rotated + HEADS - 1) / HEADS);
    const unsigned item = blockIdx.x * blockDim.x + threadIdx.x;
    const int n = static_cast<int>(item / (vectors * groups));
    if (n >= N) return;
    const int e = static_cast<int>(item % vectors) * WIDTH;
    const int group = static_cast<int>(item / vectors % groups);
    const long long table = tableRow(positions, n, P, half, fault);
    if (table < 0) return;
    using Part = Vec<Activation, WIDTH>;
    Part a[HEADS];
    Part b[HEADS];
    Activation* first = x + (static_cast<long long>(n) * heads + group) * E + e;
    const long long apart = static_cast<long long>(groups) * E;
#pragma unroll
    for (int h = 0; h < HEADS; h++) {
        if (group + h * static_cast<int>(groups) < rotated) {
            a[h] = *reinterpret_cast<const Part*>(first + h * apart);
            b[h] = *reinterpret_cast<const Part*>(first + h * apart + half);
        }
    }
    float c[WIDTH];
    float s[WIDTH];
    loadFloats(c, cos + table + e);
    loadFloats(s, sin + table + e);
#pragma unroll
    for (int h = 0; h < HEADS; h++) {
        if (group + h * static_cast<int>(groups) < rotated) {
#pragma unroll
            for (int j = 0; j < WIDTH; j++) {
                const float left = toFloat(a[h].at[j]);
                const float right = toFloat(b[h].at[j]);
                a[h].at[j] = fromFloat<Activation>(left * c[j] - right * (sign * s[j]));
                b[h].at[j] = fromFloat<Activation>(right * c[j] + left * (sign * s[j]));
            }
            *reinterpret_cast<Part*>(first + h * apart) = a[h];
            *reinterpret_cast<Part*>(first + h * apart + half) = b[h];
        }
    }
}

/** E/2 is a multiple of WIDE and everything is aligned. One thread for WIDE pairs of up to four heads. */
KERNEL rope_halves(
    Activation* x, int rotated, const int* positions, const float* cos, const float* sin, int N, int heads, int E, int P, float sign,
    unsigned long long* fault) {
    rotateHalves<WIDE>(x, rotated, positions, cos, sin, N, heads, E, P, sign, fault);
}

/** The same for any head size and alignment, a pair at a time. */
KERNEL rope_halves_any(
    Activation* x, int rotated, const int* positions, const float* cos, const float* sin, int N, int heads, int E, int P, float sign,
    unsigned long long* fault) {
    rotateHalves<1>(x, rotated, positions, cos, sin, N, heads, E, P, sign, fault);
}

/** Element 2e goes with 2e + 1. One thread a pair of up to four heads. */
KERNEL rope_pairs(
    Activation* x, int rotated, const int* positions, const float* cos, const float* sin, int N, int heads, int E, int P, float sign,
    unsigned long long* fault) {
    const unsigned half = static_cast<unsigned>(E / 2);
    const unsigned groups = static_cast<unsigned>((rotated + HEADS - 1) / HEADS);
    const unsigned item = blockIdx.x * blockDim.x + threadIdx.x;
    const int n = static_cast<int>(item / (half * groups));
    if (n >= N) return;
    const int e = static_cast<int>(item % half);
    const long long table = tableRow(positions, n, P, E / 2, fault);
    if (table < 0) return;
    const float c = cos[table + e];
    const float s = sign * sin[table + e];
    for (int h = static_cast<int>(item / half % groups); h < rotated; h += static_cast<int>(groups)) {
        Activation* pair = x + (static_cast<long long>(n) * heads + h) * E + 2 * e;
        const float left = toFloat(pair[0]);
        const float right = toFloat(pair[1]);
        pair[0] = fromFloat<Activation>(left * c - right * s);
        pair[1] = fromFloat<Activation>(right * c + left * s);
    }
}
