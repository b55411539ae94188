// Operands of FP8 products: bf16 matrices rounded to FP8 with one scale for the whole matrix, taken from its present largest magnitude.
//
// choose_scale finds the scale from the largest magnitudes of blocks, which the kernel that wrote the matrix has left (magnitude.cuh) or
// largest_magnitude finds; a cast writes the matrix by rows, by columns (its transpose, by rows), or both from one reading. largest_magnitude
// walks from the matrix's end to its start, and so do the casts unless they follow it: each meets in the second-level cache what the one before
// it touched last.
//
// The scale is a power of two, the largest that keeps all values representable: multiplying by it rounds nothing. A matrix that holds a NaN or
// an infinity gets NaN as what its products are multiplied with, so that the whole product shows it.
#include "magnitude.cuh"

constexpr int THREADS = 256;
constexpr int E4M3 = 0;

/** What choose_scale leaves: the factor from bf16 to FP8, and at INVERSE the one back, which products take. */
constexpr int INVERSE = 4;

/** A tile of a cast: 32 groups of 4 rows, 8 groups of 8 columns; one thread each. */
constexpr int TILE_ROWS = 128;
constexpr int TILE_COLUMNS = 64;
/** Words of 4 rows in a column of the tile; the odd one keeps threads in different banks. */
constexpr int COLUMN_WORDS = TILE_ROWS / 4 + 1;

/** Bits of the largest magnitude of two bf16 in a word. */
__device__ __forceinline__ unsigned largestOf(unsigned word, unsigned before) {
    return larger(larger(before, word & 0x7fffu), word >> 16 & 0x7fffu);
}

/** partial[block] = bits of the largest magnitude that the block has seen; x[8 * vectors]. */
KERNEL __launch_bounds__(256) largest_magnitude(unsigned* partial, const bf16* x, long long vectors) {
    constexpr int AT_ONCE = 4;
    const auto* in = reinterpret_cast<const Vec<unsigned, 4>*>(x);
    const long long stride = static_cast<long long>(gridDim.x) * THREADS;
    long long i = static_cast<long long>(blockIdx.x) * THREADS + threadIdx.x;
    unsigned largest = 0;
    for (; i + (AT_ONCE - 1) * stride < vectors; i += AT_ONCE * stride) {
        Vec<unsigned, 4> loaded[AT_ONCE];
#pragma unroll
        for (int j = 0; j < AT_ONCE; j++) loaded[j] = in[vectors - 1 - i - j * stride];
#pragma unroll
        for (int j = 0; j < AT_ONCE; j++)
#pragma unroll
            for (int w = 0; w < 4; w++) largest = largestOf(loaded[j].at[w], largest);
    }
    for (; i < vectors; i += stride) {
        const Vec<unsigned, 4> loaded = in[vectors - 1 - i];
#pragma unroll
        for (int w = 0; w < 4; w++) largest = largestOf(loaded.at[w], largest);
    }
    largest = blockLargest(largest);
    if (threadIdx.x == 0) partial[blockIdx.x] = largest;
}

/**
 * From the largest magnitude to the scale, in one block.
 *
 * @param format 0 E4M3, 1 E5M2
 */
KERNEL __launch_bounds__(1024) choose_scale(float* scale, const unsigned* partial, int count, int format) {
    const int stride = static_cast<int>(blockDim.x);
    const auto* fours = reinterpret_cast<const Vec<unsigned, 4>*>(partial);
    unsigned largest = 0;
#pragma unroll 4
    for (int i = static_cast<int>(threadIdx.x); i < count / 4; i += stride) {
        const Vec<unsigned, 4> four = fours[i];
        largest = larger(largest, larger(larger(four.at[0], four.at[1]), larger(four.at[2], four.at[3])));
    }
    const int rest = count / 4 * 4 + static_cast<int>(threadIdx.x);
    if (rest < count) largest = larger(largest, partial[rest]);
    largest = blockLargest(largest);
    if (threadIdx.x != 0) return;
    constexpr unsigned INFINITE = 0x7f80u;
    if (largest >= INFINITE) {
        scale[0] = 1;
        scale[INVERSE] = bitsFloat(0x7fc00000u);
        return;
    }
    // 448 is 1.75 * 2^8, 57344 is 1.75 * 2^15: a mantissa above 1.75 needs one more power of two.
    const int top = format == E4M3 ? 8 : 15;
    const int exponent = static_cast<int>(largest >> 7) - 127 + ((largest & 0x7fu) > 0x60u ? 1 : 0);
    // Beyond these a scale or its inverse would not be a normal number; such a matrix is as good as zero.
    const int power = largest == 0 ? 0 : min(max(top - exponent, -120), 120);
    scale[0] = bitsFloat(static_cast<unsigned>(127 + power) << 23);
    scale[INVERSE] = bitsFloat(static_cast<unsigned>(127 - power) << 23);
}

template <int FORMAT>
__device__ __forceinline__ unsigned pack(float low, float high) {
    return FORMAT == E4M3 ? packE4m3(low, high) : packE5m2(low, high);
}

/** Eight bf16, scaled and rounded, in order of memory. */
template <int FORMAT>
__device__ __forceinline__ Vec<unsigned, 2> round8(const Vec<bf16, 8>& x, float scale) {
    Vec<unsigned, 2> rounded;
#pragma unroll
    for (int w = 0; w < 2; w++) {
        const bf16* four = x.at + 4 * w;
        const unsigned low = pack<FORMAT>(toFloat(four[0]) * scale, toFloat(four[1]) * scale);
        rounded.at[w] = low | pack<FORMAT>(toFloat(four[2]) * scale, toFloat(four[3]) * scale) << 16;
    }
    return rounded;
}

/** Byte `index` of four words, together. */
__device__ __forceinline__ unsigned gatherByte(const unsigned word[4], int index) {
    const int shift = 8 * index;
    return (word[0] >> shift & 0xffu) | (word[1] >> shift & 0xffu) << 8 | (word[2] >> shift & 0xffu) << 16 | (word[3] >> shift & 0xffu) << 24;
}

/** Place `index` of `count` in the order of a walk. */
__device__ __forceinline__ unsigned walk(unsigned index, unsigned count, int fromEnd) { return fromEnd ? count - 1 - index : index; }

/** One tile of x[rows, columns] to byRows[rows, columns], to byColumns[columns, rows], or both; rows and columns are multiples of 16. */
template <int FORMAT, bool BY_ROWS>
__device__ __forceinline__ void castTile(unsigned char* byRows, unsigned char* byColumns, const bf16* x, float scale, int rows, int columns, int fromEnd) {
    __shared__ unsigned tile[TILE_COLUMNS * COLUMN_WORDS];
    const int thread = static_cast<int>(threadIdx.x);
    const long long tileRow = static_cast<long long>(walk(blockIdx.y, gridDim.y, fromEnd)) * TILE_ROWS;
    const int tileColumn = static_cast<int>(blockIdx.x) * TILE_COLUMNS;
    const int group = thread / 8, word = thread % 8;
    const long long row = tileRow + 4 * group;
    const int column = tileColumn + 8 * word;
    if (row < rows && column < columns) {
        Vec<bf16, 8> loaded[4];
#pragma unroll
        for (int r = 0; r < 4; r++) loaded[r] = *reinterpret_cast<const Vec<bf16, 8>*>(x + (row + r) * columns + column);
        unsigned left[4], right[4];
#pragma unroll
        for (int r = 0; r < 4; r++) {
            const Vec<unsigned, 2> rounded = round8<FORMAT>(loaded[r], scale);
            if (BY_ROWS) *reinterpret_cast<Vec<unsigned, 2>*>(byRows + (row + r) * columns + column) = rounded;
            left[r] = rounded.at[0];
            right[r] = rounded.at[1];
        }
#pragma unroll
        for (int c = 0; c < 4; c++) {
            tile[(8 * word + c) * COLUMN_WORDS + group] = gatherByte(left, c);
            tile[(8 * word + 4 + c) * COLUMN_WORDS + group] = gatherByte(right, c);
        }
    }
    __syncthreads();
    // Sixteen rows of a column a store: eight threads write 128 bytes in a row.
    const long long outRow = tileRow + 16 * word;
#pragma unroll
    for (int pass = 0; pass < TILE_COLUMNS / 32; pass++) {
        const int inTile = 32 * pass + group;
        if (outRow < rows && tileColumn + inTile < columns) {
            Vec<unsigned, 4> out;
#pragma unroll
            for (int w = 0; w < 4; w++) out.at[w] = tile[inTile * COLUMN_WORDS + 4 * word + w];
            *reinterpret_cast<Vec<unsigned, 4>*>(byColumns + static_cast<long long>(tileColumn + inTile) * rows + outRow) = out;
        }
    }
}

/** out[16 * vectors] = x, scaled; from its end to its start where `fromEnd` says so, as in the others. */
KERNEL __launch_bounds__(256) cast_rows_e4m3(unsigned char* out, const bf16* x, const float* scale, long long vectors, int fromEnd) {
    const long long i = static_cast<long long>(walk(blockIdx.x, gridDim.x, fromEnd)) * THREADS + threadIdx.x;
    if (i >= vectors) return;
    const auto* in = reinterpret_cast<const Vec<bf16, 8>*>(x) + 2 * i;
    const Vec<bf16, 8> first = in[0], second = in[1];
    const Vec<unsigned, 2> low = round8<E4M3>(first, scale[0]), high = round8<E4M3>(second, scale[0]);
    reinterpret_cast<Vec<unsigned, 4>*>(out)[i] = {low.at[0], low.at[1], high.at[0], high.at[1]};
}

/** out[columns, rows] = x[rows, columns], scaled. */
KERNEL __launch_bounds__(256) cast_columns_e4m3(unsigned char* out, const bf16* x, const float* scale, int rows, int columns, int fromEnd) {
    castTile<E4M3, false>(nullptr, out, x, scale[0], rows, columns, fromEnd);
}

/** byRows[rows, columns] and byColumns[columns, rows] = x, scaled. */
KERNEL __launch_bounds__(256) cast_both_e4m3(
    unsigned char* byRows, unsigned char* byColumns, const bf16* x, const float* scale, int rows, int columns, int fromEnd) {
    castTile<E4M3, true>(byRows, byColumns, x, scale[0], rows, columns, fromEnd);
}

/** The same in E5M2. */
KERNEL __launch_bounds__(256) cast_both_e5m2(
    unsigned char* byRows, unsigned char* byColumns, const bf16* x, const float* scale, int rows, int columns, int fromEnd) {
    castTile<1, true>(byRows, byColumns, x, scale[0], rows, columns, fromEnd);
}
