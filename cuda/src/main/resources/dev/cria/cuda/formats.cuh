// The blocks in which GGUF stores weights, read as numbers.
//
// All formats are read the same way: eight successive elements are scale·q + offset with q in signed bytes. Products of what blocks hold are
// exact in float32, so that one fused multiplication and addition rounds as the formats define. Octets that lie APART of each other come from
// the same bytes.
#pragma once

#include "device.cuh"

constexpr int OCTET = 8;

/** Eight elements: four bytes q in each word. */
struct Octet {
    unsigned q[2];
    float scale;
    float offset;

    /** Without an offset it is not added, so that zeros keep their sign. */
    template <bool OFFSET>
    __device__ __forceinline__ float at(int i) const {
        const float value = static_cast<float>(static_cast<signed char>(q[i / 4] >> (8 * (i % 4))));
        return OFFSET ? fmaf(scale, value, offset) : scale * value;
    }
};

__device__ __forceinline__ unsigned half(const unsigned char* at) { return *reinterpret_cast<const unsigned short*>(at); }

/** Four bytes of a block of so many bytes: blocks lie at multiples of 4 where their size is one, else at even addresses only. */
template <int BYTES>
__device__ __forceinline__ unsigned word(const unsigned char* at) {
    if constexpr (BYTES % 4 == 0) {
        return *reinterpret_cast<const unsigned*>(at);
    } else {
        return half(at) | half(at + 2) << 16;
    }
}

__device__ __forceinline__ float factor(const unsigned char* at) { return toFloat(f16{static_cast<unsigned short>(half(at))}); }

/** Bits 0 to 3 as bit 4 of four bytes. */
__device__ __forceinline__ unsigned spread(unsigned bits) { return (bits & 15) * 0x00204081u << 4 & 0x10101010u; }

/** Takes CENTRE, the q of zero, from four bytes of less than 128. */
template <unsigned CENTRE>
__device__ __forceinline__ void centre(Octet& octet) {
#pragma unroll
    for (int i = 0; i < 2; i++) octet.q[i] = ((octet.q[i] | 0x80808080u) - CENTRE * 0x01010101u) ^ 0x80808080u;
}

constexpr unsigned NIBBLES = 0x0f0f0f0fu;

struct Q8_0 {
    static constexpr int SIZE = 32, BYTES = 34, APART = 1;
    static constexpr bool OFFSET = false;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        const unsigned char* q = block + 2 + p * OCTET;
        return {{word<BYTES>(q), word<BYTES>(q + 4)}, factor(block), 0};
    }
};

/** Formats of 32 elements: octets 0 and 1 are the low nibbles of 16 bytes, 2 and 3 the high ones. */
template <int HEAD, int BYTES>
__device__ __forceinline__ Octet nibbles(const unsigned char* block, int p) {
    const unsigned char* q = block + HEAD + p % 2 * OCTET;
    const int shift = p / 2 * 4;
    return {{word<BYTES>(q) >> shift & NIBBLES, word<BYTES>(q + 4) >> shift & NIBBLES}, factor(block), 0};
}

struct Q4_0 {
    static constexpr int SIZE = 32, BYTES = 18, APART = 2;
    static constexpr bool OFFSET = false;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        Octet octet = nibbles<2, BYTES>(block, p);
        centre<8>(octet);
        return octet;
    }
};

struct Q4_1 {
    static constexpr int SIZE = 32, BYTES = 20, APART = 2;
    static constexpr bool OFFSET = true;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        Octet octet = nibbles<4, BYTES>(block, p);
        octet.offset = factor(block + 2);
        return octet;
    }
};

/** Puts the fifth bits, which stand in a word, to the nibbles. */
template <int BYTES>
__device__ __forceinline__ void addFifths(Octet& octet, const unsigned char* fifths, int p) {
    const unsigned bits = word<BYTES>(fifths) >> (p * OCTET);
    octet.q[0] |= spread(bits);
    octet.q[1] |= spread(bits >> 4);
}

struct Q5_0 {
    static constexpr int SIZE = 32, BYTES = 22, APART = 2;
    static constexpr bool OFFSET = false;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        Octet octet = nibbles<6, BYTES>(block, p);
        addFifths<BYTES>(octet, block + 2, p);
        centre<16>(octet);
        return octet;
    }
};

struct Q5_1 {
    static constexpr int SIZE = 32, BYTES = 24, APART = 2;
    static constexpr bool OFFSET = true;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        Octet octet = nibbles<8, BYTES>(block, p);
        addFifths<BYTES>(octet, block + 4, p);
        octet.offset = factor(block + 2);
        return octet;
    }
};

/** Sets scale and offset of group g of 8 by the two factors and the 12 bytes of 6-bit scales and minimums at the head of a block. */
__device__ __forceinline__ void setGroup(Octet& octet, const unsigned char* block, int g) {
    const unsigned char* six = block + 4;
    unsigned scale, minimum;
    if (g < 4) {
        scale = six[g] & 63u;
        minimum = six[g + 4] & 63u;
    } else {
        scale = (six[g + 4] & 15u) | (six[g - 4] & 0xc0u) >> 2;
        minimum = static_cast<unsigned>(six[g + 4]) >> 4 | (six[g] & 0xc0u) >> 2;
    }
    octet.scale = factor(block) * static_cast<float>(scale);
    octet.offset = -(factor(block + 2) * static_cast<float>(minimum));
}

/** 32 bytes hold a group in the low nibbles and the next in the high ones. */
template <int HEAD, int BYTES>
__device__ __forceinline__ Octet groupNibbles(const unsigned char* block, int p) {
    const int g = p / 4;
    const unsigned char* q = block + HEAD + g / 2 * 32 + p % 4 * OCTET;
    const int shift = g % 2 * 4;
    Octet octet = {{word<BYTES>(q) >> shift & NIBBLES, word<BYTES>(q + 4) >> shift & NIBBLES}, 0, 0};
    setGroup(octet, block, g);
    return octet;
}

struct Q4_K {
    static constexpr int SIZE = 256, BYTES = 144, APART = 4;
    static constexpr bool OFFSET = true;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) { return groupNibbles<16, BYTES>(block, p); }
};

struct Q5_K {
    static constexpr int SIZE = 256, BYTES = 176, APART = 4;
    static constexpr bool OFFSET = true;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        Octet octet = groupNibbles<48, BYTES>(block, p);
        const unsigned char* fifths = block + 16 + p % 4 * OCTET;
        octet.q[0] |= (word<BYTES>(fifths) >> (p / 4) & 0x01010101u) << 4;
        octet.q[1] |= (word<BYTES>(fifths + 4) >> (p / 4) & 0x01010101u) << 4;
        return octet;
    }
};

struct Q6_K {
    static constexpr int SIZE = 256, BYTES = 210, APART = 8;
    static constexpr bool OFFSET = false;
    static __device__ __forceinline__ Octet octet(const unsigned char* block, int p) {
        const int row = p / 4;
        const int inner = p % 4 * OCTET;
        const unsigned char* low = block + row / 4 * 64 + row % 2 * 32 + inner;
        const unsigned char* high = block + 128 + row / 4 * 32 + inner;
        const int lowShift = row % 4 / 2 * 4;
        const int highShift = row % 4 * 2;
        Octet octet = {};
        octet.q[0] = (word<BYTES>(low) >> lowShift & NIBBLES) | (word<BYTES>(high) >> highShift & 0x03030303u) << 4;
        octet.q[1] = (word<BYTES>(low + 4) >> lowShift & NIBBLES) | (word<BYTES>(high + 4) >> highShift & 0x03030303u) << 4;
        octet.scale = factor(block + 208) * static_cast<float>(static_cast<signed char>(block[192 + p / 2]));
        centre<32>(octet);
        return octet;
    }
};

/** Calls use(format) with the format of a number: the order of DType from Q8_0 on. */
template <class Use>
__device__ __forceinline__ void withFormat(int format, Use use) {
    switch (format) {
        case 0: use(Q8_0()); break;
        case 1: use(Q4_0()); break;
        case 2: use(Q4_1()); break;
        case 3: use(Q5_0()); break;
        case 4: use(Q5_1()); break;
        case 5: use(Q4_K()); break;
        case 6: use(Q5_K()); break;
        default: use(Q6_K()); break;
    }
}
