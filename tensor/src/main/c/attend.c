/*
 * Attention of one token over a cache of keys and values, which may be narrow: the query heads that share a key head, block of keys by block
 * of keys with online softmax. What a block is widened to stays in the first cache and serves all of those query heads.
 */
#include "avx512.h"
#include "quant.h"
#include <string.h>

#define INLINE static ALWAYS_INLINE
#define BLOCK 32
#define MAXIMUM_E 256

/* `count` floats of a row of a cache; whole blocks of 32 for Q8_0. */
INLINE void widen_row(int type, const uint8_t *from, long count, float *to) {
    if (type == CRIA_Q8_0) {
        for (long i = 0; i < count; i += 32, from += 34) {
            uint16_t bits;
            memcpy(&bits, from, 2);
            __m512 scale = _mm512_set1_ps(_cvtsh_ss(bits));
            for (int part = 0; part < 2; part++) {
                __m512i q = _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(from + 2 + 16 * part)));
                _mm512_storeu_ps(to + i + 16 * part, _mm512_mul_ps(scale, _mm512_cvtepi32_ps(q)));
            }
        }
        return;
    }
    for (long i = 0; i < count; i += 16) {
        __mmask16 inside = lanes(count - i);
        __m512 v;
        if (type == CRIA_F32) {
            v = _mm512_maskz_loadu_ps(inside, (const float *)from + i);
        } else {
            __m256i bits = _mm256_maskz_loadu_epi16(inside, from + 2 * i);
            v = type == CRIA_F16 ? _mm512_cvtph_ps(bits) : _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
        }
        _mm512_mask_storeu_ps(to + i, inside, v);
    }
}

/* `rows` rows of a cache, or of one head of it, row_bytes apart, to rows of `width` floats. */
EXPORT void cria_widen_rows(int type, long rows, long width, const uint8_t *from, long row_bytes, float *to) {
    for (long i = 0; i < rows; i++) widen_row(type, from + i * row_bytes, width, to + i * width);
}

/* Lane i of the result is the sum of the lanes of v[i]. */
INLINE __m512 sums16(__m512 v[16]) {
    for (int i = 0; i < 8; i++) {
        __m512 a = v[i], b = v[i + 8];
        v[i] = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
    }
    for (int i = 0; i < 4; i++) {
        __m512 a = v[i], b = v[i + 4];
        v[i] = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
    }
    /* Now the four 128-bit parts of v[i] belong to i, i + 8, i + 4, i + 12. */
    for (int i = 0; i < 2; i++) {
        __m512 a = v[i], b = v[i + 2];
        v[i] = _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x44), _mm512_shuffle_ps(a, b, 0xee));
    }
    /* Within a part: i, i, i + 2, i + 2. */
    __m512 s = _mm512_add_ps(_mm512_shuffle_ps(v[0], v[1], 0x88), _mm512_shuffle_ps(v[0], v[1], 0xdd));
    /* Within a part: 0, 2, 1, 3. */
    const __m512i order = _mm512_set_epi32(15, 13, 14, 12, 7, 5, 6, 4, 11, 9, 10, 8, 3, 1, 2, 0);
    return _mm512_permutexvar_ps(order, s);
}

/* s[0..15] = q · the 16 rows of E floats from k. */
INLINE __m512 scores16(const float *q, const float *k, long E) {
    __m512 v[16];
    for (int j = 0; j < 16; j++) v[j] = _mm512_setzero_ps();
    for (long e = 0; e < E; e += 16) {
        __mmask16 inside = lanes(E - e);
        __m512 x = _mm512_maskz_loadu_ps(inside, q + e);
        for (int j = 0; j < 16; j++) v[j] = _mm512_fmadd_ps(x, _mm512_maskz_loadu_ps(inside, k + j * E + e), v[j]);
    }
    return sums16(v);
}

/* out[E] = out · shrink + Σ p[j] v[j], for `count` rows of E floats. */
INLINE void add_values(const float *p, const float *v, long count, long E, float shrink, float *out) {
    long e = 0;
    for (; e + 64 <= E; e += 64) {
        __m512 by = _mm512_set1_ps(shrink);
        __m512 a = _mm512_mul_ps(by, _mm512_loadu_ps(out + e)), b = _mm512_mul_ps(by, _mm512_loadu_ps(out + e + 16));
        __m512 c = _mm512_mul_ps(by, _mm512_loadu_ps(out + e + 32)), d = _mm512_mul_ps(by, _mm512_loadu_ps(out + e + 48));
        for (long j = 0; j < count; j++) {
            __m512 w = _mm512_set1_ps(p[j]);
            const float *row = v + j * E + e;
            a = _mm512_fmadd_ps(w, _mm512_loadu_ps(row), a);
            b = _mm512_fmadd_ps(w, _mm512_loadu_ps(row + 16), b);
            c = _mm512_fmadd_ps(w, _mm512_loadu_ps(row + 32), c);
            d = _mm512_fmadd_ps(w, _mm512_loadu_ps(row + 48), d);
        }
        _mm512_storeu_ps(out + e, a);
        _mm512_storeu_ps(out + e + 16, b);
        _mm512_storeu_ps(out + e + 32, c);
        _mm512_storeu_ps(out + e + 48, d);
    }
    for (; e < E; e += 16) {
        __mmask16 inside = lanes(E - e);
        __m512 a = _mm512_mul_ps(_mm512_set1_ps(shrink), _mm512_maskz_loadu_ps(inside, out + e));
        for (long j = 0; j < count; j++) a = _mm512_fmadd_ps(_mm512_set1_ps(p[j]), _mm512_maskz_loadu_ps(inside, v + j * E + e), a);
        _mm512_mask_storeu_ps(out + e, inside, a);
    }
}

/* Asks for the rows of E elements of a head early: they lie far apart, which the hardware does not foresee. */
INLINE void fetch_rows(const uint8_t *from, long rows, long row_bytes, long bytes) {
    for (long j = 0; j < rows; j++) {
        for (long i = 0; i < bytes; i += 64) _mm_prefetch((const char *)(from + j * row_bytes + i), _MM_HINT_T0);
    }
}

/* Bytes of a row of E elements. */
INLINE long element_bytes(int type, long E) { return type == CRIA_F32 ? 4 * E : type == CRIA_Q8_0 ? E / 32 * 34 : 2 * E; }

/*
 * out[g] = softmax(q[g] · keysᵀ / √E) · values for `group` query heads of one token over `count` ≥ 1 keys of one head.
 * q and out: [group][E]. keys and values: that head of the first row; rows are row_bytes apart. E ≤ 256, a multiple of 32 for Q8_0.
 * scratch: 2 · group floats.
 */
EXPORT void cria_attend(
    int type, long group, long count, long E, const float *q, const uint8_t *keys, const uint8_t *values, long row_bytes, float *out,
    float *scratch) {
    float k[BLOCK * MAXIMUM_E] __attribute__((aligned(64))), v[BLOCK * MAXIMUM_E] __attribute__((aligned(64)));
    float *maxima = scratch, *sums = scratch + group;
    const float scale = 1 / __builtin_sqrtf((float)E);
    for (long g = 0; g < group; g++) {
        maxima[g] = -__builtin_inff();
        sums[g] = 0;
    }
    memset(out, 0, group * E * sizeof(float));
    memset(k, 0, BLOCK * E * sizeof(float));
    const long bytes = element_bytes(type, E), first = count < BLOCK ? count : BLOCK;
    fetch_rows(keys, first, row_bytes, bytes);
    fetch_rows(values, first, row_bytes, bytes);
    for (long from = 0; from < count; from += BLOCK) {
        long width = count - from < BLOCK ? count - from : BLOCK;
        long next = count - from - width < BLOCK ? count - from - width : BLOCK;
        fetch_rows(keys + (from + BLOCK) * row_bytes, next, row_bytes, bytes);
        fetch_rows(values + (from + BLOCK) * row_bytes, next, row_bytes, bytes);
        cria_widen_rows(type, width, E, keys + from * row_bytes, row_bytes, k);
        cria_widen_rows(type, width, E, values + from * row_bytes, row_bytes, v);
        __mmask16 seen0 = lanes(width), seen1 = lanes(width - 16);
        const __m512 hidden = _mm512_set1_ps(-__builtin_inff()), by = _mm512_set1_ps(scale);
        for (long g = 0; g < group; g++) {
            float p[BLOCK] __attribute__((aligned(64)));
            __m512 s0 = _mm512_mask_mul_ps(hidden, seen0, by, scores16(q + g * E, k, E));
            __m512 s1 = seen1 ? _mm512_mask_mul_ps(hidden, seen1, by, scores16(q + g * E, k + 16 * E, E)) : hidden;
            float most = _mm512_reduce_max_ps(_mm512_max_ps(s0, s1));
            float maximum = most > maxima[g] ? most : maxima[g];
            __m512 top = _mm512_set1_ps(maximum);
            float shrink = from == 0 ? 0 : _mm512_cvtss_f32(exponential(_mm512_set1_ps(maxima[g] - maximum)));
            s0 = _mm512_maskz_mov_ps(seen0, exponential(_mm512_sub_ps(s0, top)));
            s1 = _mm512_maskz_mov_ps(seen1, exponential(_mm512_sub_ps(s1, top)));
            _mm512_store_ps(p, s0);
            _mm512_store_ps(p + 16, s1);
            maxima[g] = maximum;
            sums[g] = sums[g] * shrink + _mm512_reduce_add_ps(_mm512_add_ps(s0, s1));
            add_values(p, v, width, E, shrink, out + g * E);
        }
    }
    for (long g = 0; g < group; g++) {
        for (long e = 0; e < E; e++) out[g * E + e] /= sums[g];
    }
}
