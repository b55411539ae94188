/*
 * Many rows of inputs times quantised weights: a panel of weights is widened to float32 a piece at a time in the first cache, rounded to bf16
 * into tiles of the second cache, and meets all rows of inputs there. So the weights are read from memory once, in their small form.
 */
#include "avx512.h"
#include "quant.h"
#include <string.h>

#define INLINE static ALWAYS_INLINE
/* Elements of a row of weights that are widened at a time: a block of the largest format. */
#define CHUNK 256
#define TILE 16
#define TILE_K 32

void cria_amx_pack(int right, int k_contiguous, long rows, long k, const float *src, long ld, uint16_t *to);
void cria_amx_multiply_packed(long m, long n, long k, const uint16_t *left, const uint16_t *right, int accumulate, float *c, long ldc);

INLINE float half(const uint8_t *at) {
    uint16_t bits;
    memcpy(&bits, at, 2);
    return _cvtsh_ss(bits);
}

INLINE __m512 signed_bytes(__m128i bytes) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes)); }

INLINE void widen_q4_0(const uint8_t *w, float *to) {
    __m512 scale = _mm512_set1_ps(half(w));
    __m128i q = _mm_loadu_si128((const __m128i *)(w + 2)), low = _mm_set1_epi8(15), eight = _mm_set1_epi8(8);
    _mm512_storeu_ps(to, _mm512_mul_ps(scale, signed_bytes(_mm_sub_epi8(_mm_and_si128(q, low), eight))));
    _mm512_storeu_ps(to + 16, _mm512_mul_ps(scale, signed_bytes(_mm_sub_epi8(_mm_and_si128(_mm_srli_epi16(q, 4), low), eight))));
}

INLINE void widen_q8_0(const uint8_t *w, float *to) {
    __m512 scale = _mm512_set1_ps(half(w));
    _mm512_storeu_ps(to, _mm512_mul_ps(scale, signed_bytes(_mm_loadu_si128((const __m128i *)(w + 2)))));
    _mm512_storeu_ps(to + 16, _mm512_mul_ps(scale, signed_bytes(_mm_loadu_si128((const __m128i *)(w + 18)))));
}

INLINE void widen_q4_k(const uint8_t *w, float *to) {
    const float d = half(w), least = half(w + 2);
    const __m128i low = _mm_set1_epi8(15);
    const uint8_t *s = w + 4;
    for (int block = 0; block < 8; block++) {
        int scale = block < 4 ? s[block] & 63 : (s[block + 4] & 15) | (s[block - 4] >> 6) << 4;
        int minimum = block < 4 ? s[block + 4] & 63 : s[block + 4] >> 4 | (s[block] >> 6) << 4;
        __m512 by = _mm512_set1_ps(d * (float)scale), below = _mm512_set1_ps(least * (float)minimum);
        for (int half_block = 0; half_block < 2; half_block++) {
            __m128i q = _mm_loadu_si128((const __m128i *)(w + 16 + block / 2 * 32 + half_block * 16));
            q = _mm_and_si128(block % 2 ? _mm_srli_epi16(q, 4) : q, low);
            _mm512_storeu_ps(to + block * 32 + half_block * 16, _mm512_fmsub_ps(by, _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(q)), below));
        }
    }
}

INLINE void widen_q6_k(const uint8_t *w, float *to) {
    const float d = half(w + 208);
    const __m128i low = _mm_set1_epi8(15), high = _mm_set1_epi8(0x30), offset = _mm_set1_epi8(32);
    for (int part = 0; part < 16; part++) {
        /* Sixteen elements share a scale; within 128 elements, quarters take different bits of the same bytes. */
        int group = part / 8, quarter = part % 8 / 2, half_part = part % 2;
        __m128i ql = _mm_loadu_si128((const __m128i *)(w + group * 64 + quarter % 2 * 32 + half_part * 16));
        __m128i qh = _mm_loadu_si128((const __m128i *)(w + 128 + group * 32 + half_part * 16));
        ql = _mm_and_si128(quarter < 2 ? ql : _mm_srli_epi16(ql, 4), low);
        qh = quarter == 0 ? _mm_slli_epi16(qh, 4) : quarter == 1 ? _mm_slli_epi16(qh, 2) : quarter == 2 ? qh : _mm_srli_epi16(qh, 2);
        __m128i q = _mm_sub_epi8(_mm_or_si128(ql, _mm_and_si128(qh, high)), offset);
        __m512 scale = _mm512_set1_ps(d * (float)(int8_t)w[192 + part]);
        _mm512_storeu_ps(to + part * 16, _mm512_mul_ps(scale, signed_bytes(q)));
    }
}

INLINE __m512 widen_half(const int bf16, __m256i bits) {
    return bf16 ? _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16)) : _mm512_cvtph_ps(bits);
}

/* `count` elements of a row of weights, whole blocks, to float32. */
INLINE void widen(const int type, const uint8_t *w, long count, float *to) {
    if (type == CRIA_F16 || type == CRIA_BF16) {
        for (long i = 0; i < count; i += 16) {
            __mmask16 inside = lanes(count - i);
            _mm512_mask_storeu_ps(to + i, inside, widen_half(type == CRIA_BF16, _mm256_maskz_loadu_epi16(inside, w + i * 2)));
        }
        return;
    }
    const long block = type == CRIA_Q4_0 || type == CRIA_Q8_0 ? 32 : 256;
    const long bytes = type == CRIA_Q4_0 ? 18 : type == CRIA_Q8_0 ? 34 : type == CRIA_Q4_K ? 144 : 210;
    for (long i = 0; i < count; i += block, w += bytes) {
        if (type == CRIA_Q4_0) widen_q4_0(w, to + i);
        else if (type == CRIA_Q8_0) widen_q8_0(w, to + i);
        else if (type == CRIA_Q4_K) widen_q4_k(w, to + i);
        else widen_q6_k(w, to + i);
    }
}

INLINE long chunk_bytes(const int type) {
    switch (type) {
        case CRIA_Q4_0: return CHUNK / 32 * 18;
        case CRIA_Q8_0: return CHUNK / 32 * 34;
        case CRIA_Q4_K: return 144;
        case CRIA_Q6_K: return 210;
        default: return CHUNK * 2;
    }
}

/* Packs rows of weights as a right operand. */
INLINE void pack(const int type, long rows, long k, const uint8_t *w, long row_bytes, uint16_t *to) {
    float wide[TILE * CHUNK] __attribute__((aligned(64)));
    for (long r = 0; r < rows; r += TILE) {
        long height = rows - r < TILE ? rows - r : TILE;
        const uint8_t *from = w + r * row_bytes;
        for (long i = 0; i < k; i += CHUNK, from += chunk_bytes(type)) {
            long width = k - i < CHUNK ? k - i : CHUNK;
            for (long j = 0; j < height; j++) widen(type, from + j * row_bytes, width, wide + j * CHUNK);
            cria_amx_pack(1, 1, height, width, wide, CHUNK, to);
            to += (width + TILE_K - 1) / TILE_K * TILE * TILE_K;
        }
    }
}

/*
 * c[m, rows] = left · weightsᵀ: left is m rows of k packed by cria_amx_pack, w are `rows` rows of k weights of `type`, row_bytes apart.
 * scratch holds the weights as a packed right operand.
 */
EXPORT void cria_amx_multiply_quantised(
    int type, long m, long rows, long k, const uint16_t *left, const uint8_t *w, long row_bytes, uint16_t *scratch, float *c, long ldc) {
    switch (type) {
        case CRIA_Q4_0: pack(CRIA_Q4_0, rows, k, w, row_bytes, scratch); break;
        case CRIA_Q8_0: pack(CRIA_Q8_0, rows, k, w, row_bytes, scratch); break;
        case CRIA_Q4_K: pack(CRIA_Q4_K, rows, k, w, row_bytes, scratch); break;
        case CRIA_Q6_K: pack(CRIA_Q6_K, rows, k, w, row_bytes, scratch); break;
        case CRIA_F16: pack(CRIA_F16, rows, k, w, row_bytes, scratch); break;
        case CRIA_BF16: pack(CRIA_BF16, rows, k, w, row_bytes, scratch); break;
    }
    cria_amx_multiply_packed(m, rows, k, left, scratch, 0, c, ldc);
}
