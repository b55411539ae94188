/*
 * bf16 matrix products on Intel AMX: float32 in memory, operands rounded to bf16 (nearest even) while they are packed, float32 sums.
 *
 * Java cannot reach the tile instructions, so these leaves are C; everything around them (who works on which piece, on which thread) is
 * Java. All functions are single-threaded, touch only the memory they are given, and configure and release the tiles themselves.
 *
 * Packed layouts, all padded with zeros to whole tiles of 1024 bytes:
 *   left  [ceil(m/16)][ceil(k/32)][16 rows][32 k]           rows of one tile are 64 bytes
 *   right [ceil(n/16)][ceil(k/32)][16 pairs of k][16 n][2]  pairs of k beside each other, as TDPBF16PS wants its second operand
 */
#include "avx512.h"
#include <stdint.h>
#include <string.h>

#define TILE_BYTES 1024
#define PANEL_BYTES (768 * 1024)

typedef struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t column_bytes[16];
    uint8_t rows[16];
} __attribute__((packed, aligned(64))) tile_config;

static inline void configure_tiles(void) {
    tile_config config;
    memset(&config, 0, sizeof config);
    config.palette = 1;
    for (int t = 0; t < 8; t++) {
        config.rows[t] = 16;
        config.column_bytes[t] = 64;
    }
    _tile_loadconfig(&config);
}

/* Lane i of the result is (bf16(even[i]), bf16(odd[i])): one 32-bit pair. */
static inline __m512i pair_up(__m512 even, __m512 odd) {
    const __m512i interleave = _mm512_set_epi16(
        31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(interleave, (__m512i)_mm512_cvtne2ps_pbh(odd, even));
}

/*
 * One tile, 16 vectors of 32-bit pairs, from a source whose k runs along memory (src[row][k]): vector r is row r, lane p the pair 2p, 2p+1.
 */
static inline void gather_k_contiguous(const float *src, long ld, long rows, long k, __m512i v[16]) {
    __mmask16 low = lanes(k), high = lanes(k - 16);
    for (int r = 0; r < 16; r++) {
        if (r < rows) {
            const float *row = src + r * ld;
            v[r] = (__m512i)_mm512_cvtne2ps_pbh(_mm512_maskz_loadu_ps(high, row + 16), _mm512_maskz_loadu_ps(low, row));
        } else {
            v[r] = _mm512_setzero_si512();
        }
    }
}

/* The same from a source whose rows run along memory (src[k][row]): vector p is the pair of k 2p, 2p+1, lane r is row r. */
static inline void gather_row_contiguous(const float *src, long ld, long rows, long k, __m512i v[16]) {
    __mmask16 mask = lanes(rows);
    for (int p = 0; p < 16; p++) {
        __m512 even = 2 * p < k ? _mm512_maskz_loadu_ps(mask, src + 2 * p * ld) : _mm512_setzero_ps();
        __m512 odd = 2 * p + 1 < k ? _mm512_maskz_loadu_ps(mask, src + (2 * p + 1) * ld) : _mm512_setzero_ps();
        v[p] = pair_up(even, odd);
    }
}

static inline void store_tile(uint16_t *to, const __m512i v[16]) {
    for (int i = 0; i < 16; i++) {
        _mm512_store_si512((__m512i *)to + i, v[i]);
    }
}

/*
 * Packs `rows` rows (columns, for the right operand) by k. k_contiguous: element (row, k) is src[row*ld + k]; else src[k*ld + row].
 * right: 0 packs the left operand's layout, 1 the right operand's. `to` is 64-byte aligned.
 */
EXPORT void cria_amx_pack(int right, int k_contiguous, long rows, long k, const float *src, long ld, uint16_t *to) {
    __m512i v[16];
    long kt = (k + 31) / 32;
    if (k_contiguous) {
        for (long r = 0; r < rows; r += 16) {
            for (long kk = 0; kk < k; kk += 32) {
                gather_k_contiguous(src + r * ld + kk, ld, rows - r, k - kk, v);
                if (right) {
                    transpose16(v);
                }
                store_tile(to, v);
                to += TILE_BYTES / 2;
            }
        }
    } else {
        /* Along memory first: neighbouring lines of a row come together, however far apart the rows are. */
        for (long kk = 0; kk < k; kk += 32) {
            for (long r = 0; r < rows; r += 16) {
                gather_row_contiguous(src + kk * ld + r, ld, rows - r, k - kk, v);
                if (!right) {
                    transpose16(v);
                }
                store_tile(to + (r / 16 * kt + kk / 32) * (TILE_BYTES / 2), v);
            }
        }
    }
}

static inline void store_edge(const float *tile, long rows, long columns, int accumulate, float *c, long ldc) {
    __mmask16 mask = lanes(columns);
    for (long r = 0; r < rows && r < 16; r++) {
        __m512 v = _mm512_load_ps(tile + r * 16);
        if (accumulate) {
            v = _mm512_add_ps(v, _mm512_maskz_loadu_ps(mask, c + r * ldc));
        }
        _mm512_mask_storeu_ps(c + r * ldc, mask, v);
    }
}

/*
 * Tiles are named by number at compile time, so a block is written out by macros: a block of one or two tile rows by one or two tile
 * columns. Accumulators 0..3, left 4 and 5, right 6 and 7. Whole tiles go to C directly; the last, ragged ones through a buffer.
 */
#define OPEN(t, row, column) \
    if (accumulate && (row) + 16 <= m && (column) + 16 <= n) _tile_loadd(t, c + (row) * ldc + (column), ldc * 4); \
    else _tile_zero(t)
#define CLOSE(t, row, column) \
    if ((row) + 16 <= m && (column) + 16 <= n) { \
        _tile_stored(t, c + (row) * ldc + (column), ldc * 4); \
    } else { \
        _tile_stored(t, edge, 64); \
        store_edge(edge, m - (row), n - (column), accumulate, c + (row) * ldc + (column), ldc); \
    }

static inline void block_2x2(const char *a, const char *b, long m, long n, long kt, long i, long j, float *c, long ldc, int accumulate, float *edge) {
    OPEN(0, i, j); OPEN(1, i, j + 16); OPEN(2, i + 16, j); OPEN(3, i + 16, j + 16);
    const char *a1 = a + kt * TILE_BYTES, *b1 = b + kt * TILE_BYTES;
    for (long p = 0; p < kt; p++) {
        _tile_loadd(6, b, 64);
        _tile_loadd(4, a, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, b1, 64);
        _tile_dpbf16ps(1, 4, 7);
        _tile_loadd(5, a1, 64);
        _tile_dpbf16ps(2, 5, 6);
        _tile_dpbf16ps(3, 5, 7);
        a += TILE_BYTES; a1 += TILE_BYTES; b += TILE_BYTES; b1 += TILE_BYTES;
    }
    CLOSE(0, i, j) CLOSE(1, i, j + 16) CLOSE(2, i + 16, j) CLOSE(3, i + 16, j + 16)
}

static inline void block_1x2(const char *a, const char *b, long m, long n, long kt, long i, long j, float *c, long ldc, int accumulate, float *edge) {
    OPEN(0, i, j); OPEN(1, i, j + 16);
    const char *b1 = b + kt * TILE_BYTES;
    for (long p = 0; p < kt; p++) {
        _tile_loadd(4, a, 64);
        _tile_loadd(6, b, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(7, b1, 64);
        _tile_dpbf16ps(1, 4, 7);
        a += TILE_BYTES; b += TILE_BYTES; b1 += TILE_BYTES;
    }
    CLOSE(0, i, j) CLOSE(1, i, j + 16)
}

static inline void block_2x1(const char *a, const char *b, long m, long n, long kt, long i, long j, float *c, long ldc, int accumulate, float *edge) {
    OPEN(0, i, j); OPEN(2, i + 16, j);
    const char *a1 = a + kt * TILE_BYTES;
    for (long p = 0; p < kt; p++) {
        _tile_loadd(6, b, 64);
        _tile_loadd(4, a, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_loadd(5, a1, 64);
        _tile_dpbf16ps(2, 5, 6);
        a += TILE_BYTES; a1 += TILE_BYTES; b += TILE_BYTES;
    }
    CLOSE(0, i, j) CLOSE(2, i + 16, j)
}

static inline void block_1x1(const char *a, const char *b, long m, long n, long kt, long i, long j, float *c, long ldc, int accumulate, float *edge) {
    OPEN(0, i, j);
    for (long p = 0; p < kt; p++) {
        _tile_loadd(4, a, 64);
        _tile_loadd(6, b, 64);
        _tile_dpbf16ps(0, 4, 6);
        a += TILE_BYTES; b += TILE_BYTES;
    }
    CLOSE(0, i, j)
}

/*
 * c[m,n] = left · right, or += with accumulate; both packed over the same k. A panel of the right operand stays in the second-level cache;
 * within it, blocks follow one another along C's rows, so that stores walk through few pages.
 */
static void multiply_packed(const uint16_t *left, const uint16_t *right, long m, long n, long k, int accumulate, float *c, long ldc) {
    float edge[256] __attribute__((aligned(64)));
    long kt = (k + 31) / 32;
    long panel = PANEL_BYTES / (kt * 64) / 32 * 32;
    panel = panel < 32 ? 32 : panel;
    for (long from = 0; from < n; from += panel) {
        long to = from + panel < n ? from + panel : n;
        for (long i = 0; i < m; i += 32) {
            const char *a = (const char *)left + (i / 16) * kt * TILE_BYTES;
            for (long j = from; j < to; j += 32) {
                const char *b = (const char *)right + (j / 16) * kt * TILE_BYTES;
                if (m - i > 16) {
                    if (n - j > 16) block_2x2(a, b, m, n, kt, i, j, c, ldc, accumulate, edge);
                    else block_2x1(a, b, m, n, kt, i, j, c, ldc, accumulate, edge);
                } else {
                    if (n - j > 16) block_1x2(a, b, m, n, kt, i, j, c, ldc, accumulate, edge);
                    else block_1x1(a, b, m, n, kt, i, j, c, ldc, accumulate, edge);
                }
            }
        }
    }
}

/* As multiply_packed, for callers that packed both operands. */
EXPORT void cria_amx_multiply_packed(long m, long n, long k, const uint16_t *left, const uint16_t *right, int accumulate, float *c, long ldc) {
    configure_tiles();
    multiply_packed(left, right, m, n, k, accumulate, c, ldc);
    _tile_release();
}

/*
 * One piece of a larger product whose one operand is packed already and shared; the other is packed here, into scratch.
 * right_is_shared: the shared operand is the right one, `source` is the left; else the other way round.
 */
EXPORT void cria_amx_multiply_half_packed(
    int right_is_shared, long m, long n, long k, const float *source, long ld, int k_contiguous, const uint16_t *shared, uint16_t *scratch,
    int accumulate, float *c, long ldc) {
    cria_amx_pack(!right_is_shared, k_contiguous, right_is_shared ? m : n, k, source, ld, scratch);
    configure_tiles();
    if (right_is_shared) {
        multiply_packed(scratch, shared, m, n, k, accumulate, c, ldc);
    } else {
        multiply_packed(shared, scratch, m, n, k, accumulate, c, ldc);
    }
    _tile_release();
}

/* Block sizes of cria_amx_gemm: its scratch holds one packed block of each operand. */
#define BLOCK_M 256
#define BLOCK_N 256
#define BLOCK_K 1024

/* Bytes of scratch, 64-byte aligned, that cria_amx_gemm needs for any product. */
EXPORT long cria_amx_gemm_scratch(void) { return (BLOCK_M + BLOCK_N) * BLOCK_K * 2; }

/*
 * A whole product on one thread, for the small ones inside attention: c[m,n] = op(a)·op(b), or += with accumulate.
 * op(a)[i,p] is a[i*lda + p], or a[p*lda + i] with transpose_a; op(b)[p,j] is b[p*ldb + j], or b[j*ldb + p] with transpose_b.
 */
EXPORT void cria_amx_gemm(
    int transpose_a, int transpose_b, long m, long n, long k, const float *a, long lda, const float *b, long ldb, int accumulate, float *c,
    long ldc, uint16_t *scratch) {
    uint16_t *left = scratch, *right = scratch + (long)BLOCK_M * BLOCK_K;
    configure_tiles();
    for (long p = 0; p < k; p += BLOCK_K) {
        long kk = k - p < BLOCK_K ? k - p : BLOCK_K;
        for (long j = 0; j < n; j += BLOCK_N) {
            long nn = n - j < BLOCK_N ? n - j : BLOCK_N;
            cria_amx_pack(1, transpose_b, nn, kk, transpose_b ? b + j * ldb + p : b + p * ldb + j, ldb, right);
            for (long i = 0; i < m; i += BLOCK_M) {
                long mm = m - i < BLOCK_M ? m - i : BLOCK_M;
                cria_amx_pack(0, !transpose_a, mm, kk, transpose_a ? a + p * lda + i : a + i * lda + p, lda, left);
                multiply_packed(left, right, mm, nn, kk, accumulate || p > 0, c + i * ldc + j, ldc);
            }
        }
    }
    _tile_release();
}
