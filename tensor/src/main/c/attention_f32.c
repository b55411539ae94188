/*
 * Causal attention in float32 with AVX-512, forward and backward, on one thread: FlashAttention-2 (arXiv 2307.08691), key block by key block
 * with online softmax. Java does the same with a library's products; small products, the copying around them and the passes over scores
 * between them cost more there than the arithmetic.
 *
 * Everything that is multiplied is copied first to where it is read best, padded with zeros to whole tiles, so that no product has edges:
 *   rows     [row][LD]         queries, gradients of outputs, scores; their stride is no power of two
 *   vectors  [key][e]          values, or keys for the gradient of queries; e rounded up to 16
 *   panels   [key / 32][e][32] keys or values turned, for scores: 32 keys lie beside each other
 * Scores are in powers of two: queries are multiplied by log2(e)/√E as they are copied.
 */
#include "avx512.h"
#include <math.h>
#include <string.h>

#define KEYS 128   /* keys in a block */
#define MAX_E 128  /* head sizes up to here */
#define LD 144     /* floats between rows */
#define TILE 12    /* rows of a tile of scores; rows of all blocks are padded to multiples of it and of those below */
#define PANEL 32   /* its columns */
#define BLOCK 48   /* queries in a block of the backward pass */
#define PADDED 24  /* all blocks of rows are padded to multiples of this */
#define LN2 0.693147180559945309
#define LOG2_E 1.44269504088896341

static ALWAYS_INLINE long round_up(long value, long multiple) { return (value + multiple - 1) / multiple * multiple; }
static ALWAYS_INLINE long least(long a, long b) { return a < b ? a : b; }

/*
 * c[ROWS][16·VECTORS] = or += Σ a[row·row_step + k·k_step]·b[k·ldb + lane] over k. Both steps are known where this is inlined.
 */
static ALWAYS_INLINE void tile(
    const int ROWS, const int VECTORS, long depth, const float *a, long row_step, long k_step, const float *b, long ldb, int accumulate,
    float *c, long ldc) {
    __m512 sum[12][4];
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            sum[r][v] = _mm512_setzero_ps();
        }
    }
    for (long k = 0; k < depth; k++) {
        __m512 right[4];
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            right[v] = _mm512_loadu_ps(b + 16 * v);
        }
#pragma GCC unroll 12
        for (int r = 0; r < ROWS; r++) {
            __m512 left = _mm512_set1_ps(a[r * row_step]);
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) {
                sum[r][v] = _mm512_fmadd_ps(left, right[v], sum[r][v]);
            }
        }
        a += k_step;
        b += ldb;
    }
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            /* Added last: short sums first lose fewer bits. */
            float *at = c + r * ldc + 16 * v;
            _mm512_storeu_ps(at, accumulate ? _mm512_add_ps(_mm512_loadu_ps(at), sum[r][v]) : sum[r][v]);
        }
    }
}

/* Scores of some rows against the first `keys` of a block, rounded up to a panel: out[row][key] = a[row]·panel[key]. */
static void scores(long rows, long keys, long E, long wide, const float *a, const float *panels, float *out) {
    for (long j = 0; j < keys; j += PANEL) {
        for (long r = 0; r < rows; r += TILE) {
            tile(TILE, 2, E, a + r * LD, LD, 1, panels + j * wide, PANEL, 0, out + r * LD + j, LD);
        }
    }
}

/*
 * c[row][e] = or += Σ a[row][key]·b[key][e] over the keys that a tile of rows sees: as many as its last row does. Row 0 sees `seen` keys
 * (perhaps none or less than none), each further one a key more, and no row more than `keys`.
 */
static ALWAYS_INLINE void combine_columns(
    const int ROWS, const int VECTORS, long rows, long seen, long keys, const float *a, const float *b, long E, int accumulate, float *c) {
    for (long r = 0; r < rows; r += ROWS) {
        long depth = least(keys, seen + r + ROWS - 1);
        if (depth > 0) {
            tile(ROWS, VECTORS, depth, a + r * LD, LD, 1, b, E, accumulate, c + r * LD, LD);
        } else if (!accumulate) {
            for (int i = 0; i < ROWS; i++) {
                memset(c + (r + i) * LD, 0, VECTORS * 64);
            }
        }
    }
}

static void combine(long rows, long seen, long keys, const float *a, const float *b, long E, int accumulate, float *c) {
    for (long e = 0; e < E;) {
        long vectors = (E - e) / 16;
        if (vectors >= 4) {
            combine_columns(6, 4, rows, seen, keys, a, b + e, E, accumulate, c + e);
            e += 64;
        } else if (vectors == 3) {
            combine_columns(8, 3, rows, seen, keys, a, b + e, E, accumulate, c + e);
            e += 48;
        } else if (vectors == 2) {
            combine_columns(12, 2, rows, seen, keys, a, b + e, E, accumulate, c + e);
            e += 32;
        } else {
            combine_columns(12, 1, rows, seen, keys, a, b + e, E, accumulate, c + e);
            e += 16;
        }
    }
}

/* c[key][e] += Σ a[row][key]·b[row][e] over the rows that see a key of the tile; row 0 sees `seen` keys, each further one a key more. */
static ALWAYS_INLINE void gather_columns(
    const int ROWS, const int VECTORS, long rows, long seen, long keys, const float *a, const float *b, float *c, long E) {
    for (long j = 0; j < keys; j += ROWS) {
        long first = j < seen ? 0 : j + 1 - seen;
        if (first < rows) {
            tile(ROWS, VECTORS, rows - first, a + first * LD + j, 1, LD, b + first * LD, LD, 1, c + j * E, E);
        }
    }
}

static void gather(long rows, long seen, long keys, const float *a, const float *b, float *c, long E) {
    for (long e = 0; e < E;) {
        long vectors = (E - e) / 16;
        if (vectors >= 4) {
            gather_columns(6, 4, rows, seen, keys, a, b + e, c + e, E);
            e += 64;
        } else if (vectors == 3) {
            gather_columns(8, 3, rows, seen, keys, a, b + e, c + e, E);
            e += 48;
        } else if (vectors == 2) {
            gather_columns(12, 2, rows, seen, keys, a, b + e, c + e, E);
            e += 32;
        } else {
            gather_columns(12, 1, rows, seen, keys, a, b + e, c + e, E);
            e += 16;
        }
    }
}

/* to[row][LD] = from·factor, with zeros up to `padded` rows and whole vectors. */
static void copy_rows(const float *from, long ld, long rows, long padded, long E, float factor, float *to) {
    for (long r = 0; r < padded; r++) {
        for (long e = 0; e < E; e += 16) {
            __m512 v = r < rows ? _mm512_maskz_loadu_ps(lanes(E - e), from + r * ld + e) : _mm512_setzero_ps();
            _mm512_storeu_ps(to + r * LD + e, _mm512_mul_ps(v, _mm512_set1_ps(factor)));
        }
    }
}

/* to[key][e], e padded with zeros. */
static void copy_vectors(const float *from, long ld, long keys, long E, float *to) {
    for (long k = 0; k < keys; k++) {
        for (long e = 0; e < E; e += 16) {
            _mm512_storeu_ps(to, _mm512_maskz_loadu_ps(lanes(E - e), from + k * ld + e));
            to += 16;
        }
    }
}

/* to[key / 32][e][32], padded with zeros to whole panels and vectors. */
static void copy_panels(const float *from, long ld, long keys, long E, float *to) {
    long padded = round_up(E, 16);
    for (long k = 0; k < round_up(keys, PANEL); k += 16) {
        float *panel = to + k / PANEL * PANEL * padded + k % PANEL;
        for (long e = 0; e < E; e += 16) {
            __m512i square[16];
            for (int i = 0; i < 16; i++) {
                square[i] = k + i < keys ? (__m512i)_mm512_maskz_loadu_ps(lanes(E - e), from + (k + i) * ld + e) : _mm512_setzero_si512();
            }
            transpose16(square);
            for (int i = 0; i < 16; i++) {
                _mm512_storeu_si512(panel + (e + i) * PANEL, square[i]);
            }
        }
    }
}

/*
 * 2ˣ for x ≤ 0, relative error about 1e-7: x = n + r with |r| ≤ 1/2, and a polynomial of least relative error in r. Far below zero it is 0,
 * and NaN stays NaN.
 */
static ALWAYS_INLINE __m512 exp2_of(__m512 x) {
    x = _mm512_max_ps(_mm512_set1_ps(-200), x); /* its second operand where one is NaN */
    __m512 n = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_sub_ps(x, n);
    __m512 p = _mm512_fmadd_ps(r, _mm512_set1_ps(0.0001534581242594868f), _mm512_set1_ps(0.0013399930903688073f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.009618489071726799f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.05550328642129898f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.24022646248340607f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.6931471824645996f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
    return _mm512_scalef_ps(p, n);
}

/*
 * ln x for a positive x, absolute error below 1e-9: x = m·2ⁿ with m from 1/√2 to √2, ln m = 2·artanh((m − 1)/(m + 1)) by its series. The C
 * library's would tie this file to its version.
 */
static double log_of(double x) {
    __m128d v = _mm_set_sd(x);
    double n = _mm_cvtsd_f64(_mm_getexp_sd(v, v)), m = _mm_cvtsd_f64(_mm_getmant_sd(v, v, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_src));
    if (m > 1.4142135623730951) {
        m /= 2;
        n += 1;
    }
    double s = (m - 1) / (m + 1), square = s * s;
    return n * LN2 + 2 * s * (1 + square * (1.0 / 3 + square * (1.0 / 5 + square * (1.0 / 7 + square * (1.0 / 9)))));
}

/*
 * A tile's scores become exponentials under each row's maximum so far; hidden ones, up to `width`, become zero. Row 0 sees `seen` of the block's
 * keys (perhaps none or less than none), each further row a key more. Sums are kept lane by lane; shrink receives what a row's sums under the maximum before
 * are multiplied by. All maxima come first: one row after the other would wait for each one's in turn.
 */
static void softmax_tile(float *score, long rows, long seen, long keys, long width, float *maxima, float *sums, float *shrink) {
    float now[PADDED];
    for (long r = 0; r < rows; r++) {
        long visible = least(keys, seen + r);
        __m512 largest = _mm512_set1_ps(-INFINITY);
        for (long j = 0; j < visible; j += 16) {
            largest = _mm512_mask_max_ps(largest, lanes(visible - j), largest, _mm512_loadu_ps(score + r * LD + j));
        }
        now[r] = _mm512_reduce_max_ps(largest);
    }
    for (long r = 0; r < rows; r += 16) {
        __mmask16 inside = lanes(rows - r);
        __m512 before = _mm512_maskz_loadu_ps(inside, maxima + r), after = _mm512_max_ps(before, _mm512_maskz_loadu_ps(inside, now + r));
        __m512 factor = exp2_of(_mm512_sub_ps(before, after));
        _mm512_mask_storeu_ps(maxima + r, inside, after);
        _mm512_mask_storeu_ps(shrink + r, inside, _mm512_mask_mov_ps(factor, _mm512_cmp_ps_mask(before, after, _CMP_EQ_OQ), _mm512_set1_ps(1)));
    }
    for (long r = 0; r < rows; r++, score += LD, sums += 16) {
        long visible = least(keys, seen + r), j = 0;
        __m512 sum = _mm512_mul_ps(_mm512_loadu_ps(sums), _mm512_set1_ps(shrink[r])), shift = _mm512_set1_ps(maxima[r]);
        for (; j < visible; j += 16) {
            __m512 p = _mm512_maskz_mov_ps(lanes(visible - j), exp2_of(_mm512_sub_ps(_mm512_loadu_ps(score + j), shift)));
            sum = _mm512_add_ps(sum, p);
            _mm512_storeu_ps(score + j, p);
        }
        for (; j < width; j += 16) {
            _mm512_storeu_ps(score + j, _mm512_setzero_ps());
        }
        _mm512_storeu_ps(sums, sum);
    }
}

/* Bytes of scratch that cria_attention_forward needs for so many queries. */
EXPORT long cria_attention_forward_scratch(long rows) {
    long padded = round_up(rows, PADDED);
    return (3 * padded * LD + 16 * padded + round_up(padded, 16) + 2 * KEYS * MAX_E) * (long)sizeof(float);
}

/*
 * `rows` consecutive queries of one head, the first of which sees keys 0 to `position`: out[row] = softmax(q[row]·Kᵀ/√E)·V, and the natural
 * logarithm of each row's sum of exponentials unless log_sum_exp is null. Rows of q, of keys and values, and of out lie q_row, key_row and
 * out_row floats apart. E up to 128; scratch is 64-byte aligned.
 */
EXPORT void cria_attention_forward(
    float *out, long out_row, float *log_sum_exp, const float *q, long q_row, const float *keys, const float *values, long key_row,
    long rows, long position, long E, float *scratch) {
    long wide = round_up(E, 16), padded = round_up(rows, wide / 16 % 4 == 3 ? PADDED : TILE); /* three vectors are combined eight rows at once */
    float *queries = scratch, *weights = queries + padded * LD, *outputs = weights + padded * LD, *sums = outputs + padded * LD;
    float *maxima = sums + 16 * padded, *panels = maxima + round_up(padded, 16), *vectors = panels + KEYS * MAX_E;
    copy_rows(q, q_row, rows, padded, E, (float)(LOG2_E / sqrt((double)E)), queries);
    memset(sums, 0, 16 * padded * sizeof(float));
    for (long r = 0; r < padded; r++) {
        maxima[r] = -INFINITY;
    }
    for (long key = 0; key < position + rows; key += KEYS) {
        long width = least(KEYS, position + rows - key);
        copy_panels(keys + key * key_row, key_row, width, E, panels);
        copy_vectors(values + key * key_row, key_row, width, E, vectors);
        for (long t = 0; t < padded; t += PADDED) {
            long seen = position + t + 1 - key; /* by this tile's first row */
            long height = least(PADDED, padded - t), most = least(width, seen + height - 1);
            if (most <= 0) {
                continue;
            }
            float *score = weights + t * LD;
            scores(height, most, E, wide, queries + t * LD, panels, score);
            float shrink[PADDED];
            long tile = least(PADDED, rows - t);
            softmax_tile(score, tile, seen, width, most, maxima + t, sums + 16 * t, shrink);
            for (long r = 0; key > 0 && r < tile; r++) {
                __m512 factor = _mm512_set1_ps(shrink[r]);
                for (long e = 0; e < wide; e += 16) {
                    float *at = outputs + (t + r) * LD + e;
                    _mm512_storeu_ps(at, _mm512_mul_ps(_mm512_loadu_ps(at), factor));
                }
            }
            combine(height, seen, width, score, vectors, wide, key > 0, outputs + t * LD);
        }
    }
    for (long r = 0; r < rows; r++) {
        float sum = _mm512_reduce_add_ps(_mm512_loadu_ps(sums + 16 * r));
        __m512 factor = _mm512_set1_ps(1 / sum);
        for (long e = 0; e < E; e += 16) {
            _mm512_mask_storeu_ps(out + r * out_row + e, lanes(E - e), _mm512_mul_ps(_mm512_loadu_ps(outputs + r * LD + e), factor));
        }
        if (log_sum_exp) {
            log_sum_exp[r] = (float)(maxima[r] * LN2 + log_of(sum));
        }
    }
}

/* Bytes of scratch that cria_attention_backward needs for T tokens and `group` query heads that share the key head. */
EXPORT long cria_attention_backward_scratch(long T, long group) {
    return (5 * BLOCK * LD + 3 * KEYS * MAX_E + 2 * LD * MAX_E + round_up(group * T, 16)) * (long)sizeof(float);
}

/* to = or += from·factor, for rows of E floats. */
static void give(const float *from, long ld, long rows, long E, float factor, int accumulate, float *to, long to_row) {
    for (long r = 0; r < rows; r++) {
        for (long e = 0; e < E; e += 16) {
            __mmask16 inside = lanes(E - e);
            __m512 before = accumulate ? _mm512_maskz_loadu_ps(inside, to + r * to_row + e) : _mm512_setzero_ps();
            __m512 x = _mm512_fmadd_ps(_mm512_loadu_ps(from + r * ld + e), _mm512_set1_ps(factor), before);
            _mm512_mask_storeu_ps(to + r * to_row + e, inside, x);
        }
    }
}

/* p = 2^(p − shift), the shift being in two parts for precision, and ds = p·(ds − delta) for the visible keys of a row, zero for hidden ones up to `width`: tiles of the products read past the last visible key. */
static void gradient_row(float *p, float *ds, long visible, long width, double shift, float delta) {
    __m512 high = _mm512_set1_ps((float)shift), low = _mm512_set1_ps((float)(shift - (float)shift)), deltas = _mm512_set1_ps(delta);
    long j = 0;
    for (; j < visible; j += 16) {
        __mmask16 inside = lanes(visible - j);
        __m512 weight = _mm512_maskz_mov_ps(inside, exp2_of(_mm512_sub_ps(_mm512_sub_ps(_mm512_loadu_ps(p + j), high), low)));
        _mm512_storeu_ps(p + j, weight);
        _mm512_storeu_ps(ds + j, _mm512_maskz_mul_ps(inside, weight, _mm512_sub_ps(_mm512_loadu_ps(ds + j), deltas)));
    }
    for (; j < width; j += 16) {
        _mm512_storeu_ps(p + j, _mm512_setzero_ps());
        _mm512_storeu_ps(ds + j, _mm512_setzero_ps());
    }
}

/*
 * Gradients of one key head of a sequence of T tokens and of the `group` query heads that share it, all assigned. Pointers are to the first
 * token; a token's queries, keys and values, and their gradients, lie `row` floats apart, outputs and their gradients out_row. The query heads
 * of the group lie E floats apart, in log_sum_exp T floats. E up to 128; scratch is 64-byte aligned.
 */
EXPORT void cria_attention_backward(
    float *d_q, float *d_keys, float *d_values, const float *d_out, const float *out, const float *log_sum_exp, const float *q,
    const float *keys, const float *values, long row, long out_row, long T, long group, long E, float *scratch) {
    long wide = round_up(E, 16);
    float *queries = scratch, *outputs = queries + BLOCK * LD, *p = outputs + BLOCK * LD, *ds = p + BLOCK * LD, *products = ds + BLOCK * LD;
    float *key_panels = products + BLOCK * LD, *value_panels = key_panels + KEYS * MAX_E, *vectors = value_panels + KEYS * MAX_E;
    float *key_sums = vectors + KEYS * MAX_E, *value_sums = key_sums + LD * MAX_E, *deltas = value_sums + LD * MAX_E;
    float factor = (float)(LOG2_E / sqrt((double)E));
    memset(p, 0, 2 * BLOCK * LD * sizeof(float)); /* the columns past the last key, which whole tiles read */
    for (long key = 0; key < T; key += KEYS) {
        long width = least(KEYS, T - key);
        copy_panels(keys + key * row, row, width, E, key_panels);
        copy_panels(values + key * row, row, width, E, value_panels);
        copy_vectors(keys + key * row, row, width, E, vectors);
        memset(key_sums, 0, 2 * LD * MAX_E * sizeof(float));
        for (long g = 0; g < group; g++) {
            for (long t = key / BLOCK * BLOCK; t < T; t += BLOCK) {
                long rows = least(BLOCK, T - t), padded = round_up(rows, PADDED), seen = t + 1 - key;
                const float *grown = d_out + t * out_row + g * E;
                copy_rows(q + t * row + g * E, row, rows, padded, E, factor, queries);
                copy_rows(grown, out_row, rows, padded, E, 1, outputs);
                for (long r = 0; key == 0 && r < rows; r++) {
                    __m512 delta = _mm512_setzero_ps();
                    for (long e = 0; e < E; e += 16) {
                        __m512 x = _mm512_maskz_loadu_ps(lanes(E - e), out + (t + r) * out_row + g * E + e);
                        delta = _mm512_fmadd_ps(x, _mm512_loadu_ps(outputs + r * LD + e), delta);
                    }
                    deltas[g * T + t + r] = _mm512_reduce_add_ps(delta);
                }
                for (long i = 0; i < padded; i += TILE) {
                    long most = least(width, seen + i + TILE - 1);
                    most = most < 0 ? 0 : most;
                    scores(TILE, most, E, wide, queries + i * LD, key_panels, p + i * LD);
                    scores(TILE, most, E, wide, outputs + i * LD, value_panels, ds + i * LD);
                    for (long r = i; r < i + TILE; r++) {
                        long visible = r < rows ? least(width, seen + r) : 0;
                        long at = g * T + t + (r < rows ? r : 0);
                        visible = visible < 0 ? 0 : visible;
                        gradient_row(p + r * LD, ds + r * LD, visible, most + TILE - 1, log_sum_exp[at] * LOG2_E, deltas[at]);
                    }
                }
                gather(rows, seen, width, p, outputs, value_sums, wide);
                gather(rows, seen, width, ds, queries, key_sums, wide);
                combine(padded, seen, width, ds, vectors, wide, 0, products);
                give(products, LD, rows, E, (float)(1 / sqrt((double)E)), key > 0, d_q + t * row + g * E, row);
            }
        }
        give(key_sums, wide, width, E, (float)LN2, 0, d_keys + key * row, row);
        give(value_sums, wide, width, E, 1, 0, d_values + key * row, row);
    }
}
