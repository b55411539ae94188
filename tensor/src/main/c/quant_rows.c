/*
 * Few rows of inputs times quantised weights where they lie, in ggml's block formats: what decoding a token consists of. The inputs are
 * quantised to 8 bits in blocks of 32 first, then VNNI multiplies bytes; sums are float32. Every weight is read once for all rows.
 *
 * A result depends on its row of inputs and its row of weights alone, in one fixed order of sums: not on how many rows come together.
 *
 * Quantised inputs are laid out for the weights they will meet, in groups of one vector of scales:
 *   split (Q4_0)     a group is 4 blocks: 64 bytes with the first halves of the blocks, 64 with the second halves, 16 starts, 16 scales;
 *                    lane i belongs to block i / 4
 *   plain (the rest) a group is 2 blocks: 64 bytes as they come, 16 starts, 16 scales; lane i belongs to block i / 8
 * A start is what a lane's sum begins with: minus the weights' offset times the lane's inputs, so that unsigned weights count as signed.
 * After the groups come, for the types with minimums, one float a block: its scale times the sum of its inputs.
 */
#include "avx512.h"
#include "quant.h"
#include <string.h>

#define INLINE static ALWAYS_INLINE
#define SPLIT_GROUP 256
#define PLAIN_GROUP 192

/*
 * Weights are read in so many streams, from as many stretches of rows, and fetched so many bytes ahead. In pages of 4 KiB, which mapped files
 * have, one stream alone waits at the beginning of each page: it reads 10 GB/s where four read 15.
 */
#define STREAMS 4
#define AHEAD 2048
/* Rows of inputs at most for which sums are held in registers: so many for each stream. */
#define INPUTS 4

static int is_split(int type) { return type == CRIA_Q4_0; }
static int has_minimums(int type) { return type == CRIA_Q4_K; }

static long groups_bytes(int type, long k) {
    return is_split(type) ? (k + 127) / 128 * SPLIT_GROUP : (k + 63) / 64 * PLAIN_GROUP;
}

/* Bytes of a row of k inputs, quantised for weights of this type; a multiple of 64. */
EXPORT long cria_quantised_row_bytes(int type, long k) {
    return groups_bytes(type, k) + (has_minimums(type) ? (k / 32 * 4 + 63) / 64 * 64 : 0);
}

/* 32 inputs as bytes; returns the scale, NaN where an input is: bytes cannot say so. The greatest magnitude becomes 127. */
INLINE float quantise_block(const float *x, __m256i *bytes) {
    __m512 a = _mm512_loadu_ps(x), b = _mm512_loadu_ps(x + 16);
    float most = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_abs_ps(a), _mm512_abs_ps(b)));
    __m512 inverse = _mm512_set1_ps(most > 0 ? 127 / most : 0);
    __m128i low = _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(a, inverse)));
    __m128i high = _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(b, inverse)));
    *bytes = _mm256_set_m128i(high, low);
    return _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q) ? __builtin_nanf("") : most / 127;
}

/* Quantises `count` rows of k inputs, ld apart, for weights of `type`; k is a multiple of 32, `to` aligned to 64 bytes. */
EXPORT void cria_quantise_rows(int type, long count, long k, const float *x, long ld, uint8_t *to) {
    const __m256i ones = _mm256_set1_epi8(1);
    const int offset = type == CRIA_Q4_0 ? 8 : type == CRIA_Q8_0 ? 128 : type == CRIA_Q6_K ? 32 : 0;
    const long stride = cria_quantised_row_bytes(type, k);
    for (long n = 0; n < count; n++, x += ld, to += stride) {
        memset(to, 0, stride);
        float *minimums = (float *)(to + groups_bytes(type, k));
        for (long block = 0; block < k / 32; block++) {
            __m256i bytes;
            float scale = quantise_block(x + block * 32, &bytes);
            /* Sums of four inputs each. */
            __m256i sums = _mm256_dpbusd_epi32(_mm256_setzero_si256(), ones, bytes);
            __m256i starts = _mm256_mullo_epi32(sums, _mm256_set1_epi32(-offset));
            if (is_split(type)) {
                uint8_t *group = to + block / 4 * SPLIT_GROUP;
                long at = block % 4 * 16;
                _mm_storeu_si128((__m128i *)(group + at), _mm256_castsi256_si128(bytes));
                _mm_storeu_si128((__m128i *)(group + 64 + at), _mm256_extracti128_si256(bytes, 1));
                _mm_storeu_si128((__m128i *)(group + 128 + at), _mm_add_epi32(_mm256_castsi256_si128(starts), _mm256_extracti128_si256(starts, 1)));
                _mm_storeu_ps((float *)(group + 192 + at), _mm_set1_ps(scale));
            } else {
                uint8_t *group = to + block / 2 * PLAIN_GROUP;
                long at = block % 2 * 32;
                _mm256_storeu_si256((__m256i *)(group + at), bytes);
                _mm256_storeu_si256((__m256i *)(group + 64 + at), starts);
                _mm256_storeu_ps((float *)(group + 128 + at), _mm256_set1_ps(scale));
                if (has_minimums(type)) {
                    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
                    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
                    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
                    minimums[block] = scale * (float)_mm_cvtsi128_si32(s);
                }
            }
        }
    }
}

/* Quantised inputs, `stride` bytes apart, and where their results go: y[n * ldy + row]. */
typedef struct {
    const uint8_t *x;
    long stride;
    float *y;
    long ldy;
} rows_io;

/* ---- Q4_0: a scale and 16 bytes; element i of a block is the low half of byte i, element i + 16 the high half ------------------------- */

INLINE void q4_0_step(const int N, const uint8_t *w, const uint8_t *x, long stride, __m512 acc[]) {
    /* Where the bytes of four blocks lie in the 64 bytes from 0, and, the last 8 of them, in the 64 bytes from 8. */
    const __m512i gather = _mm512_set_epi8(
        63, 62, 61, 60, 59, 58, 57, 56, 63, 62, 61, 60, 59, 58, 57, 56,
        53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38,
        35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20,
        17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2);
    const __m512i scale_words = _mm512_set_epi16(
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 27, 27, 27, 27, 18, 18, 18, 18, 9, 9, 9, 9, 0, 0, 0, 0);
    const __m512i low = _mm512_set1_epi8(15);
    __m512i a = _mm512_loadu_si512(w);
    __m512i q = _mm512_mask_permutexvar_epi8(_mm512_permutexvar_epi8(gather, a), 0xff00000000000000ull, gather, _mm512_loadu_si512(w + 8));
    __m512 scales = _mm512_cvtph_ps(_mm512_castsi512_si256(_mm512_permutexvar_epi16(scale_words, a)));
    __m512i first = _mm512_and_si512(q, low);
    __m512i second = _mm512_and_si512(_mm512_srli_epi16(q, 4), low);
    for (int n = 0; n < N; n++) {
        const uint8_t *g = x + n * stride;
        __m512i sum = _mm512_dpbusd_epi32(_mm512_load_si512(g + 128), first, _mm512_load_si512(g));
        sum = _mm512_dpbusd_epi32(sum, second, _mm512_load_si512(g + 64));
        acc[n] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(scales, _mm512_load_ps(g + 192)), acc[n]);
    }
}

/* ---- Q8_0: a scale and 32 signed bytes ------------------------------------------------------------------------------------------------ */

INLINE void q8_0_step(const int N, const uint8_t *w, const uint8_t *x, long stride, __m512 acc[]) {
    const __m512i scale_words = _mm512_set_epi16(
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 17, 17, 17, 17, 17, 17, 17, 17, 0, 0, 0, 0, 0, 0, 0, 0);
    __m512i q = _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)(w + 2))), _mm256_loadu_si256((const __m256i *)(w + 36)), 1);
    q = _mm512_xor_si512(q, _mm512_set1_epi8((char)0x80));
    __m512 scales = _mm512_cvtph_ps(_mm512_castsi512_si256(_mm512_permutexvar_epi16(scale_words, _mm512_loadu_si512(w))));
    for (int n = 0; n < N; n++) {
        const uint8_t *g = x + n * stride;
        __m512i sum = _mm512_dpbusd_epi32(_mm512_load_si512(g + 64), q, _mm512_load_si512(g));
        acc[n] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(scales, _mm512_load_ps(g + 128)), acc[n]);
    }
}

/* ---- Q4_K: 256 elements in 8 blocks of 32 with scales and minimums of 6 bits ----------------------------------------------------------- */

/* The 12 bytes of scales and minimums as bytes: scales in the low 8, minimums in the high 8. */
INLINE __m128i q4_k_scales(const uint8_t *s) {
    uint32_t a, b, c;
    memcpy(&a, s, 4);
    memcpy(&b, s + 4, 4);
    memcpy(&c, s + 8, 4);
    const uint32_t six = 0x3f3f3f3f, four = 0x0f0f0f0f, two = 0x03030303;
    return _mm_set_epi32(
        (int)((c >> 4 & four) | (b >> 6 & two) << 4), (int)(b & six), (int)((c & four) | (a >> 6 & two) << 4), (int)(a & six));
}

INLINE void q4_k_step(const int N, const uint8_t *w, const uint8_t *x, const uint8_t *minimums, long stride, __m512 acc[]) {
    const __m512i low = _mm512_set1_epi8(15);
    const __m512i shift = _mm512_set_epi64(4, 4, 4, 4, 0, 0, 0, 0);
    uint16_t d[2];
    memcpy(d, w, 4);
    __m512 both = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(q4_k_scales(w + 4)));
    __m512 scales = _mm512_mul_ps(both, _mm512_set1_ps(_cvtsh_ss(d[0])));
    __m512 least = _mm512_zextps256_ps512(_mm256_mul_ps(_mm512_extractf32x8_ps(both, 1), _mm256_set1_ps(_cvtsh_ss(d[1]))));
    for (int n = 0; n < N; n++) {
        __m512 below = _mm512_maskz_loadu_ps(0xff, minimums + n * stride);
        acc[n] = _mm512_fnmadd_ps(least, below, acc[n]);
    }
    for (int j = 0; j < 4; j++) {
        __m512i q = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)(w + 16 + 32 * j)));
        q = _mm512_and_si512(_mm512_srlv_epi64(q, shift), low);
        int a = 2 * j, b = a + 1;
        __m512 scale = _mm512_permutexvar_ps(_mm512_set_epi32(b, b, b, b, b, b, b, b, a, a, a, a, a, a, a, a), scales);
        for (int n = 0; n < N; n++) {
            const uint8_t *g = x + n * stride + j * PLAIN_GROUP;
            __m512i sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), q, _mm512_load_si512(g));
            acc[n] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(scale, _mm512_load_ps(g + 128)), acc[n]);
        }
    }
}

/* ---- Q6_K: 256 elements in 16 blocks of 16 with scales of 8 bits; 4 low bits, then 2 high bits ----------------------------------------- */

INLINE void q6_k_step(const int N, const uint8_t *w, const uint8_t *x, long stride, __m512 acc[]) {
    const __m512i low = _mm512_set1_epi8(15), high = _mm512_set1_epi8(0x30);
    const __m512i up_first = _mm512_set_epi64(2, 2, 2, 2, 4, 4, 4, 4);
    const __m512i down_second = _mm512_set_epi64(2, 2, 2, 2, 0, 0, 0, 0);
    uint16_t d;
    memcpy(&d, w + 208, 2);
    __m512 scales = _mm512_mul_ps(
        _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(w + 192)))), _mm512_set1_ps(_cvtsh_ss(d)));
    for (int half = 0; half < 2; half++) {
        __m512i ql = _mm512_loadu_si512(w + 64 * half);
        __m512i qh = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)(w + 128 + 32 * half)));
        __m512i first = _mm512_or_si512(_mm512_and_si512(ql, low), _mm512_and_si512(_mm512_sllv_epi64(qh, up_first), high));
        __m512i second = _mm512_or_si512(
            _mm512_and_si512(_mm512_srli_epi16(ql, 4), low), _mm512_and_si512(_mm512_srlv_epi64(qh, down_second), high));
        for (int part = 0; part < 2; part++) {
            int a = half * 8 + part * 4, b = a + 1, c = a + 2, e = a + 3;
            __m512 scale = _mm512_permutexvar_ps(_mm512_set_epi32(e, e, e, e, c, c, c, c, b, b, b, b, a, a, a, a), scales);
            for (int n = 0; n < N; n++) {
                const uint8_t *g = x + n * stride + (half * 2 + part) * PLAIN_GROUP;
                __m512i sum = _mm512_dpbusd_epi32(_mm512_load_si512(g + 64), part ? second : first, _mm512_load_si512(g));
                acc[n] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(scale, _mm512_load_ps(g + 128)), acc[n]);
            }
        }
    }
}

/* ---- F16 and BF16: the inputs stay float32 --------------------------------------------------------------------------------------------- */

INLINE __m512 widen(const int type, __m256i bits) {
    return type == CRIA_BF16 ? _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16)) : _mm512_cvtph_ps(bits);
}

INLINE void half_step(const int type, const int N, const uint8_t *w, const uint8_t *x, long stride, __m512 acc[]) {
    __m512 a = widen(type, _mm256_loadu_si256((const __m256i *)w));
    __m512 b = widen(type, _mm256_loadu_si256((const __m256i *)(w + 32)));
    for (int n = 0; n < N; n++) {
        acc[n] = _mm512_fmadd_ps(a, _mm512_loadu_ps(x + n * stride), acc[n]);
        acc[n] = _mm512_fmadd_ps(b, _mm512_loadu_ps(x + n * stride + 64), acc[n]);
    }
}

INLINE void half_rest(const int type, const int N, const uint8_t *w, long count, const uint8_t *x, long stride, __m512 acc[]) {
    for (; count > 0; count -= 16, w += 32, x += 64) {
        __mmask16 inside = lanes(count);
        __m512 a = widen(type, _mm256_maskz_loadu_epi16(inside, w));
        for (int n = 0; n < N; n++) acc[n] = _mm512_fmadd_ps(a, _mm512_maskz_loadu_ps(inside, x + n * stride), acc[n]);
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------------------------------------ */

/* Elements of a step, bytes of its weights, and bytes of its inputs. */
INLINE long step_elements(const int type) { return type == CRIA_Q4_0 ? 128 : type == CRIA_Q8_0 ? 64 : type <= CRIA_BF16 ? 32 : 256; }

INLINE long step_bytes(const int type) {
    return type == CRIA_Q4_0 ? 72 : type == CRIA_Q8_0 ? 68 : type == CRIA_Q4_K ? 144 : type == CRIA_Q6_K ? 210 : 64;
}

INLINE long step_inputs(const int type) {
    return type == CRIA_Q4_0 ? SPLIT_GROUP : type == CRIA_Q8_0 ? PLAIN_GROUP : type <= CRIA_BF16 ? 128 : 4 * PLAIN_GROUP;
}

INLINE void step(
    const int type, const int N, const uint8_t *w, const uint8_t *x, const uint8_t *minimums, long stride, __m512 acc[]) {
    switch (type) {
        case CRIA_Q4_0: q4_0_step(N, w, x, stride, acc); break;
        case CRIA_Q8_0: q8_0_step(N, w, x, stride, acc); break;
        case CRIA_Q4_K: q4_k_step(N, w, x, minimums, stride, acc); break;
        case CRIA_Q6_K: q6_k_step(N, w, x, stride, acc); break;
        default: half_step(type, N, w, x, stride, acc);
    }
}

/* R rows of weights, `apart` bytes and `y_apart` results apart, times N rows of inputs; both counts are known at compile time. */
INLINE void rows(const int type, const int R, const int N, const uint8_t *w, long apart, long y_apart, long k, rows_io io) {
    __m512 acc[STREAMS * INPUTS];
    for (int i = 0; i < R * INPUTS; i++) acc[i] = _mm512_setzero_ps();
    const uint8_t *x = io.x;
    const uint8_t *minimums = io.x + groups_bytes(type, k);
    const long elements = step_elements(type), bytes = step_bytes(type);
    long i = 0;
    for (; i + elements <= k; i += elements, w += bytes, x += step_inputs(type), minimums += 32) {
        for (int r = 0; r < R; r++) {
            for (long line = 0; line < bytes; line += 64) _mm_prefetch((const char *)(w + r * apart + AHEAD + line), _MM_HINT_T0);
            step(type, N, w + r * apart, x, minimums, io.stride, acc + r * INPUTS);
        }
    }
    for (int r = 0; r < R && i < k; r++) {
        if (type <= CRIA_BF16) {
            half_rest(type, N, w + r * apart, k - i, x, io.stride, acc + r * INPUTS);
        } else {
            uint8_t last[256] = {0};
            memcpy(last, w + r * apart, (k - i) / 32 * (type == CRIA_Q4_0 ? 18 : 34));
            step(type, N, last, x, minimums, io.stride, acc + r * INPUTS);
        }
    }
    for (int r = 0; r < R; r++) {
        for (int n = 0; n < N; n++) io.y[n * io.ldy + r * y_apart] = _mm512_reduce_add_ps(acc[r * INPUTS + n]);
    }
}

/* All inputs, a few at a time while the weights are in the first cache. */
INLINE void all_inputs(const int type, const int R, const uint8_t *w, long apart, long y_apart, long k, long count, rows_io io) {
    long n = 0;
    for (; n + INPUTS <= count; n += INPUTS, io.x += INPUTS * io.stride, io.y += INPUTS * io.ldy) {
        rows(type, R, INPUTS, w, apart, y_apart, k, io);
    }
    switch (count - n) {
        case 3: rows(type, R, 3, w, apart, y_apart, k, io); break;
        case 2: rows(type, R, 2, w, apart, y_apart, k, io); break;
        case 1: rows(type, R, 1, w, apart, y_apart, k, io); break;
    }
}

/* The first bytes of each stream, which no earlier row has fetched. */
INLINE void fetch_beginnings(const uint8_t *w, long apart) {
    for (long i = 0; i < AHEAD && i < apart; i += 64) {
        for (int s = 0; s < STREAMS; s++) _mm_prefetch((const char *)(w + s * apart + i), _MM_HINT_T0);
    }
}

/* Never inlined, so that each type's loops are a function of their own. */
#define ROWS_OF(name, type) \
    static __attribute__((noinline)) void name(long height, long k, const uint8_t *w, long row_bytes, long count, rows_io io) { \
        long each = height / STREAMS; \
        fetch_beginnings(w, each * row_bytes); \
        for (long r = 0; r < each; r++, w += row_bytes, io.y++) all_inputs(type, STREAMS, w, each * row_bytes, each, k, count, io); \
        w += (STREAMS - 1) * each * row_bytes; \
        io.y += (STREAMS - 1) * each; \
        for (long r = STREAMS * each; r < height; r++, w += row_bytes, io.y++) all_inputs(type, 1, w, 0, 0, k, count, io); \
    }

ROWS_OF(rows_of_f16, CRIA_F16)
ROWS_OF(rows_of_bf16, CRIA_BF16)
ROWS_OF(rows_of_q8_0, CRIA_Q8_0)
ROWS_OF(rows_of_q4_0, CRIA_Q4_0)
ROWS_OF(rows_of_q4_k, CRIA_Q4_K)
ROWS_OF(rows_of_q6_k, CRIA_Q6_K)

/*
 * y[n * ldy + r] = inputs n · weights r for `count` rows of inputs and `height` rows of weights of k elements, row_bytes apart.
 * x: rows from cria_quantise_rows, `stride` bytes apart; for F16 and BF16 rows of k floats, `stride` bytes apart.
 */
EXPORT void cria_multiply_rows(
    int type, long height, long k, const uint8_t *w, long row_bytes, long count, const uint8_t *x, long stride, float *y, long ldy) {
    rows_io io = {x, stride, y, ldy};
    switch (type) {
        case CRIA_F16: rows_of_f16(height, k, w, row_bytes, count, io); break;
        case CRIA_BF16: rows_of_bf16(height, k, w, row_bytes, count, io); break;
        case CRIA_Q8_0: rows_of_q8_0(height, k, w, row_bytes, count, io); break;
        case CRIA_Q4_0: rows_of_q4_0(height, k, w, row_bytes, count, io); break;
        case CRIA_Q4_K: rows_of_q4_k(height, k, w, row_bytes, count, io); break;
        case CRIA_Q6_K: rows_of_q6_k(height, k, w, row_bytes, count, io); break;
    }
}
