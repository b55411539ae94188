// Kernels that show what a launch handed over; tests of launching use them.
#include "device.cuh"

KERNEL arguments(double* out, int a, unsigned b, long long c, unsigned long long d, float e, double f) {
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        out[0] = a;
        out[1] = b;
        out[2] = static_cast<double>(c);
        out[3] = static_cast<double>(d);
        out[4] = e;
        out[5] = f;
    }
}

// Each block writes where it is, through all of its dynamic shared memory.
KERNEL places(int* out, int sharedInts) {
    DYNAMIC_SHARED(memory);
    int* shared = reinterpret_cast<int*>(memory);
    for (int i = threadIdx.x; i < sharedInts; i += blockDim.x) {
        shared[i] = i;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
        out[block] = block * 1000 + static_cast<int>(blockDim.x) + shared[sharedInts - 1];
    }
}

KERNEL count(float* x, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        x[i] += 1;
    }
}
