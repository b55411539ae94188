/*
 * What lies between the products of a block, row by row of float32 with AVX-512: residual and norm, rotation, SwiGLU. Java's own vectors are
 * as fast once they are compiled; these are as fast in the first pass, which is the one that a person waits for.
 */
#include "avx512.h"
#include <stdint.h>

/*
 * sum = x + delta, rstd = 1 / √(mean(sum²) + eps), y = sum · rstd · weight, for `count` rows of D. sum may be x; delta may be 0: then sum is x, and
 * nothing is written to it.
 */
EXPORT void cria_add_rms_norm(
    long count, long D, float *sum, float *y, float *rstd, const float *x, const float *delta, const float *weight, float eps) {
    for (long n = 0; n < count; n++, sum += D, y += D, x += D) {
        __m512 squares[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
        for (long i = 0; i < D; i += 64) {
#pragma GCC unroll 4
            for (long j = 0; j < 4; j++) {
                const long at = i + 16 * j;
                __mmask16 inside = lanes(D - at);
                __m512 v = _mm512_maskz_loadu_ps(inside, x + at);
                if (delta) {
                    v = _mm512_add_ps(v, _mm512_maskz_loadu_ps(inside, delta + n * D + at));
                    _mm512_mask_storeu_ps(sum + at, inside, v);
                }
                squares[j] = _mm512_fmadd_ps(v, v, squares[j]);
            }
        }
        float total = _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(squares[0], squares[1]), _mm512_add_ps(squares[2], squares[3])));
        rstd[n] = (float)(1 / __builtin_sqrt((double)total / D + eps));
        const float *from = delta ? sum : x;
        const __m512 by = _mm512_set1_ps(rstd[n]);
        for (long i = 0; i < D; i += 16) {
            __mmask16 inside = lanes(D - i);
            __m512 v = _mm512_mul_ps(_mm512_maskz_loadu_ps(inside, from + i), by);
            _mm512_mask_storeu_ps(y + i, inside, _mm512_mul_ps(v, _mm512_maskz_loadu_ps(inside, weight + i)));
        }
    }
}

/* Rotates element i of a head with element i + half. */
static ALWAYS_INLINE void rotate_halves(float *a, long half, const float *cos, const float *sin, __m512 sign) {
    for (long i = 0; i < half; i += 16) {
        __mmask16 inside = lanes(half - i);
        __m512 c = _mm512_maskz_loadu_ps(inside, cos + i), s = _mm512_mul_ps(sign, _mm512_maskz_loadu_ps(inside, sin + i));
        __m512 u = _mm512_maskz_loadu_ps(inside, a + i), v = _mm512_maskz_loadu_ps(inside, a + half + i);
        _mm512_mask_storeu_ps(a + i, inside, _mm512_sub_ps(_mm512_mul_ps(u, c), _mm512_mul_ps(v, s)));
        _mm512_mask_storeu_ps(a + half + i, inside, _mm512_add_ps(_mm512_mul_ps(v, c), _mm512_mul_ps(u, s)));
    }
}

/* Rotates elements 2i and 2i + 1 of a head. */
static ALWAYS_INLINE void rotate_pairs(float *a, long half, const float *cos, const float *sin, __m512 sign) {
    const __m512i twice = _mm512_set_epi32(7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0);
    for (long i = 0; i < half; i += 8) {
        __mmask16 pairs = lanes(half - i) & 0xff, inside = lanes(2 * (half - i));
        __m512 c = _mm512_permutexvar_ps(twice, _mm512_maskz_loadu_ps(pairs, cos + i));
        __m512 s = _mm512_permutexvar_ps(twice, _mm512_mul_ps(sign, _mm512_maskz_loadu_ps(pairs, sin + i)));
        __m512 u = _mm512_maskz_loadu_ps(inside, a + 2 * i);
        __m512 swapped = _mm512_mul_ps(_mm512_permute_ps(u, 0xb1), s);
        _mm512_mask_storeu_ps(a + 2 * i, inside, _mm512_fmaddsub_ps(u, c, swapped));
    }
}

/*
 * Rotates the first `rotated` of `heads` heads of E elements in each of `count` rows, by the rows of cos and sin, [.][E / 2], that positions name;
 * backwards if inverse.
 */
EXPORT void cria_rope(
    int pairs, int inverse, long count, long heads, long E, long rotated, float *x, const int32_t *positions, const float *cos,
    const float *sin) {
    const long half = E / 2;
    const __m512 sign = _mm512_set1_ps(inverse ? -1 : 1);
    for (long n = 0; n < count; n++, x += heads * E) {
        const float *c = cos + positions[n] * half, *s = sin + positions[n] * half;
        for (long head = 0; head < rotated; head++) {
            if (pairs) {
                rotate_pairs(x + head * E, half, c, s, sign);
            } else {
                rotate_halves(x + head * E, half, c, s, sign);
            }
        }
    }
}

/* h = gate · up / (1 + e^−gate) for `count` rows: h is [F], gate and up lie beside each other. */
EXPORT void cria_swiglu(long count, long F, float *h, const float *gate_up) {
    const __m512 one = _mm512_set1_ps(1);
    for (long n = 0; n < count; n++, h += F, gate_up += 2 * F) {
        for (long i = 0; i < F; i += 16) {
            __mmask16 inside = lanes(F - i);
            __m512 gate = _mm512_maskz_loadu_ps(inside, gate_up + i);
            /* Of −|gate|, which cannot overflow: σ(g) = 1 / (1 + e^−g) for g ≥ 0, e^g / (1 + e^g) below. */
            __m512 e = exponential(_mm512_or_ps(gate, _mm512_set1_ps(-0.0f)));
            __mmask16 below = _mm512_cmp_ps_mask(gate, _mm512_setzero_ps(), _CMP_LT_OQ);
            __m512 up = _mm512_mul_ps(gate, _mm512_maskz_loadu_ps(inside, gate_up + F + i));
            up = _mm512_mask_mul_ps(up, below, up, e);
            _mm512_mask_storeu_ps(h + i, inside, _mm512_div_ps(up, _mm512_add_ps(one, e)));
        }
    }
}

/* `count` floats to the nearest half, ties to even. */
EXPORT void cria_to_halves(long count, const float *from, uint16_t *to) {
    for (long i = 0; i < count; i += 16) {
        __mmask16 inside = lanes(count - i);
        _mm256_mask_storeu_epi16(to + i, inside, _mm512_cvtps_ph(_mm512_maskz_loadu_ps(inside, from + i), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
    }
}

/* For `count` rows of V logits, which is the largest; of several the first. */
EXPORT void cria_arg_max(long count, long V, int32_t *indices, const float *logits) {
    const __m512 none = _mm512_set1_ps(-__builtin_inff());
    for (long n = 0; n < count; n++, logits += V) {
        __m512 m[4] = {none, none, none, none};
        for (long i = 0; i < V; i += 64) {
#pragma GCC unroll 4
            for (long j = 0; j < 4; j++) m[j] = _mm512_max_ps(m[j], _mm512_mask_loadu_ps(none, lanes(V - i - 16 * j), logits + i + 16 * j));
        }
        float largest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_max_ps(m[0], m[1]), _mm512_max_ps(m[2], m[3])));
        indices[n] = 0;
        for (long i = 0; i < V; i += 16) {
            __mmask16 found = _mm512_mask_cmp_ps_mask(lanes(V - i), _mm512_maskz_loadu_ps(lanes(V - i), logits + i), _mm512_set1_ps(largest), _CMP_EQ_OQ);
            if (found) {
                indices[n] = (int32_t)(i + __builtin_ctz(found));
                break;
            }
        }
    }
}

#define CHUNK 2048 /* of a row that is summed in float32 */

/* The greatest of V logits, and the sum of e^(logit − greatest). */
EXPORT void cria_sum_exponentials(long V, const float *logits, double *greatest_and_sum) {
    const __m512 none = _mm512_set1_ps(-__builtin_inff());
    __m512 m[4] = {none, none, none, none};
    for (long i = 0; i < V; i += 64) {
#pragma GCC unroll 4
        for (long j = 0; j < 4; j++) m[j] = _mm512_max_ps(m[j], _mm512_mask_loadu_ps(none, lanes(V - i - 16 * j), logits + i + 16 * j));
    }
    /* Logits of −∞ alone have no greatest to subtract; any finite number will do. */
    float greatest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_max_ps(m[0], m[1]), _mm512_max_ps(m[2], m[3])));
    greatest = greatest < -__FLT_MAX__ ? -__FLT_MAX__ : greatest;
    const __m512 shift = _mm512_set1_ps(greatest);
    double total = 0;
    for (long from = 0; from < V; from += CHUNK) {
        __m512 sum = _mm512_setzero_ps();
        for (long i = from; i < V && i < from + CHUNK; i += 16) {
            __mmask16 inside = lanes(V - i);
            __m512 e = exponential(_mm512_sub_ps(_mm512_maskz_loadu_ps(inside, logits + i), shift));
            sum = _mm512_mask_add_ps(sum, inside, sum, e);
        }
        total += _mm512_reduce_add_ps(sum);
    }
    greatest_and_sum[0] = greatest;
    greatest_and_sum[1] = total;
}
