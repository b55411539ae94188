// Blocks of matrices, and products with block-diagonal ones: what low-rank adapters (arXiv 2106.09685) need beside the large products.
#include "device.cuh"

/** matrix[row+i, column+j] = factor·block[i,j]; both [rows, width] places begin at the pointers. A thread a column, blocks of rows along y. */
KERNEL put_block(float* matrix, int matrixRow, const float* block, int rows, int width, float factor) {
    const int j = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (j >= width) return;
    for (int i = static_cast<int>(blockIdx.y); i < rows; i += static_cast<int>(gridDim.y)) {
        matrix[static_cast<long long>(i) * matrixRow + j] = factor * block[static_cast<long long>(i) * width + j];
    }
}

/** block[i,j] += factor·matrix[row+i, column+j]. */
KERNEL add_block(float* block, const float* matrix, int matrixRow, int rows, int width, float factor) {
    const int j = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (j >= width) return;
    for (int i = static_cast<int>(blockIdx.y); i < rows; i += static_cast<int>(gridDim.y)) {
        const long long at = static_cast<long long>(i) * width + j;
        block[at] += multiply(factor, matrix[static_cast<long long>(i) * matrixRow + j]);
    }
}

/** Rows of y that a block has at once, and how many inputs of each it keeps in shared memory at a time. */
constexpr int TILE = 16;
constexpr int INPUTS = 64;

/**
 * y[n, o] += Σ_r x[n, r]·block[r, o], each sum in the order of r, for y [N, yRow] and x [N, xRow] from their pointers on and block [R,O]. A
 * thread has one column of TILE rows.
 */
KERNEL __launch_bounds__(128, 4) add_product(
    Activation* y, int yRow, const Activation* x, int xRow, const float* block, int N, int R, int O) {
    __shared__ float inputs[TILE][INPUTS];
    const int o = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    const int first = static_cast<int>(blockIdx.y) * TILE;
    float sums[TILE];
#pragma unroll
    for (int t = 0; t < TILE; t++) sums[t] = 0;
    for (int begin = 0; begin < R; begin += INPUTS) {
        const int count = min(INPUTS, R - begin);
        for (int i = static_cast<int>(threadIdx.x); i < TILE * INPUTS; i += static_cast<int>(blockDim.x)) {
            const int t = i / INPUTS;
            const int r = i % INPUTS;
            const bool inside = first + t < N && r < count;
            inputs[t][r] = inside ? toFloat(x[static_cast<long long>(first + t) * xRow + begin + r]) : 0;
        }
        __syncthreads();
        if (o < O) {
            for (int r = 0; r < count; r++) {
                const float w = block[static_cast<long long>(begin + r) * O + o];
#pragma unroll
                for (int t = 0; t < TILE; t++) sums[t] = fmaf(inputs[t][r], w, sums[t]);
            }
        }
        __syncthreads();
    }
    if (o < O) {
#pragma unroll
        for (int t = 0; t < TILE; t++) {
            if (first + t < N) {
                Activation* to = y + static_cast<long long>(first + t) * yRow + o;
                *to = fromFloat<Activation>(toFloat(*to) + sums[t]);
            }
        }
    }
}
