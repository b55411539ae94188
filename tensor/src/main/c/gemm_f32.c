/*
 * Float32 products AᵀB of row-major A[k, m] and B[k, n] with AVX-512, on one thread: both operands are packed to panels first, so that the inner
 * loop reads memory in order. Java cuts a product and shares what is packed between threads.
 *
 * Packed layouts, padded with zeros to whole panels; k is the block of the sum that was packed:
 *   left  [ceil(m/8)][k][8]     a panel of 512 k is 16 KB and stays in the first cache
 *   right [ceil(n/48)][k][48]   streams from the second cache
 */
#include "avx512.h"

#define LEFT 8
#define RIGHT 48
#define BLOCK_BYTES (800 * 1024) /* of the right operand */
#define AHEAD 4 /* rows of a source that are fetched ahead */
#define STEP 8 /* of k between two lines of C that are fetched ahead */

/* Packs `rows` rows by k of the left operand: element (row, k) is src[k*ld + row]. */
EXPORT void cria_gemm_pack_left(long rows, long k, const float *src, long ld, float *to) {
    /* Along memory first: neighbouring lines of a row come together, however far apart the rows are. */
    for (long p = 0; p < k; p++) {
        for (long r = 0; r < rows; r += 16) {
            _mm_prefetch((const char *)(src + (p + AHEAD < k ? p + AHEAD : p) * ld + r), _MM_HINT_T0);
            __m512 v = _mm512_maskz_loadu_ps(lanes(rows - r), src + p * ld + r);
            _mm256_storeu_ps(to + r * k + p * LEFT, _mm512_castps512_ps256(v));
            if (rows - r > LEFT) {
                _mm256_storeu_ps(to + (r + LEFT) * k + p * LEFT, _mm512_extractf32x8_ps(v, 1));
            }
        }
    }
}

/* Packs `columns` columns by k of the right operand: element (k, column) is src[k*ld + column]. `to` is 64-byte aligned. */
EXPORT void cria_gemm_pack_right(long columns, long k, const float *src, long ld, float *to) {
    for (long p = 0; p < k; p++) {
        for (long j = 0; j < columns; j += RIGHT) {
            for (int v = 0; v < RIGHT; v += 16) {
                _mm512_store_ps(to + j * k + p * RIGHT + v, _mm512_maskz_loadu_ps(lanes(columns - j - v), src + p * ld + j + v));
            }
        }
    }
}

/* One step of a tile's sums. */
static ALWAYS_INLINE void step(const int VECTORS, const float *left, const float *right, __m512 sum[LEFT][3]) {
    __m512 b[3];
#pragma GCC unroll 3
    for (int v = 0; v < VECTORS; v++) {
        b[v] = _mm512_load_ps(right + 16 * v);
    }
#pragma GCC unroll 8
    for (int i = 0; i < LEFT; i++) {
        __m512 a = _mm512_set1_ps(left[i]);
#pragma GCC unroll 3
        for (int v = 0; v < VECTORS; v++) {
            sum[i][v] = _mm512_fmadd_ps(a, b[v], sum[i][v]);
        }
    }
}

/* c[8][16·VECTORS] = or += one left panel times the first vectors of one right panel; only `rows` rows and the lanes of `last` are written. */
static ALWAYS_INLINE void tile(
    const int VECTORS, long k, const float *left, const float *right, int accumulate, float *c, long ldc, long rows, __mmask16 last) {
    __m512 sum[LEFT][3];
#pragma GCC unroll 8
    for (int i = 0; i < LEFT; i++) {
#pragma GCC unroll 3
        for (int v = 0; v < VECTORS; v++) {
            sum[i][v] = _mm512_setzero_ps();
        }
    }
    /* C comes from far away: a line of it every few steps, so that the right operand's lines need not wait. */
    long p = 0;
    for (long line = 0; line < LEFT * VECTORS && p + STEP <= k; line++, p += STEP) {
        long row = line / VECTORS;
        _mm_prefetch((const char *)(c + (row < rows ? row * ldc : 0) + line % VECTORS * 16), _MM_HINT_T0);
        for (int i = 0; i < STEP; i++) {
            step(VECTORS, left + (p + i) * LEFT, right + (p + i) * RIGHT, sum);
        }
    }
    for (; p < k; p++) {
        step(VECTORS, left + p * LEFT, right + p * RIGHT, sum);
    }
#pragma GCC unroll 8
    for (int i = 0; i < LEFT; i++) {
        if (i < rows) {
#pragma GCC unroll 3
            for (int v = 0; v < VECTORS; v++) {
                __mmask16 mask = v == VECTORS - 1 ? last : 0xffff;
                float *at = c + i * ldc + 16 * v;
                __m512 x = accumulate ? _mm512_add_ps(_mm512_maskz_loadu_ps(mask, at), sum[i][v]) : sum[i][v];
                _mm512_mask_storeu_ps(at, mask, x);
            }
        }
    }
}

/*
 * c[m,n] = left · right, or += with accumulate; both packed over the same k. A block of the right operand stays in the second-level cache
 * together with the left one, if that is some hundred rows; with less of that cache in use for each, products were a tenth slower.
 */
EXPORT void cria_gemm_multiply(long m, long n, long k, const float *left, const float *right, int accumulate, float *c, long ldc) {
    long block = BLOCK_BYTES / (RIGHT * k * (long)sizeof(float)) * RIGHT;
    block = block < RIGHT ? RIGHT : block;
    for (long from = 0; from < n; from += block) {
        long to = from + block < n ? from + block : n;
        for (long i = 0; i < m; i += LEFT) {
            for (long j = from; j < to; j += RIGHT) {
                const float *a = left + i * k, *b = right + j * k;
                float *at = c + i * ldc + j;
                if (n - j > 32) {
                    tile(3, k, a, b, accumulate, at, ldc, m - i, lanes(n - j - 32));
                } else if (n - j > 16) {
                    tile(2, k, a, b, accumulate, at, ldc, m - i, lanes(n - j - 16));
                } else {
                    tile(1, k, a, b, accumulate, at, ldc, m - i, lanes(n - j));
                }
            }
        }
    }
}
