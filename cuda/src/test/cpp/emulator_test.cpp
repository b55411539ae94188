// What the emulator promises, kernel by kernel; EmulatorTest.java builds and runs this. Ends with 0 when all holds.
#include "device.cuh"

#include <cstdio>
#include <vector>

namespace {

KERNEL product(float* c, const bf16* a, const bf16* b) {
    DYNAMIC_SHARED(memory);
    bf16* left = reinterpret_cast<bf16*>(memory);
    bf16* right = left + 256;
    const int lane = threadIdx.x;
    cpAsync16(left + 8 * lane, a + 8 * lane, true);
    cpAsync16(right + 8 * lane, b + 8 * lane, lane < 16);
    cpAsyncCommit();
    cpAsyncWait<0>();
    syncWarp();
    unsigned fa[4], fb[2], fbAgain[2];
    float d[4] = {1, 1, 1, 1};
    ldmatrixX4(fa, left + (lane % 16) * 16 + 8 * (lane / 16));
    ldmatrixX2Trans(fb, right + (lane % 16) * 8);
    // The same fragment without the transposing load: element by element, as the PTX ISA places them.
    for (int i = 0; i < 2; i++) {
        const int k = 2 * (lane % 4) + 8 * i, n = lane / 4;
        fbAgain[i] = right[k * 8 + n].bits | static_cast<unsigned>(right[(k + 1) * 8 + n].bits) << 16;
    }
    const bool same = fb[0] == fbAgain[0] && fb[1] == fbAgain[1];
    mma16816(d, fa, fb);
    for (int i = 0; i < 4; i++) c[(lane / 4 + 8 * (i / 2)) * 8 + 2 * (lane % 4) + i % 2] = same ? d[i] : -1e9f;
}

KERNEL unwaited(float* c, const float* a) {
    DYNAMIC_SHARED(memory);
    cpAsync16(memory + 16 * threadIdx.x, a + 4 * threadIdx.x, true);
    cpAsyncCommit();
    __syncthreads();
    c[threadIdx.x] = reinterpret_cast<float*>(memory)[4 * threadIdx.x];
}

KERNEL secondGroupMissing(float* c, const float* a) {
    DYNAMIC_SHARED(memory);
    for (int i = 0; i < 2; i++) {
        cpAsync16(memory + 16 * i, a + 4 * i, true);
        cpAsyncCommit();
    }
    cpAsyncWait<1>();
    c[0] = reinterpret_cast<float*>(memory)[0];
    c[1] = reinterpret_cast<float*>(memory)[4];
}

KERNEL race(int* c) {
    __shared__ int last;
    last = static_cast<int>(threadIdx.x);
    __syncthreads();
    if (threadIdx.x == 0) c[blockIdx.x] = last;
}

KERNEL uninitialised(float* c) {
    __shared__ float memory[32];
    if (threadIdx.x < 16) memory[threadIdx.x] = 1;
    __syncthreads();
    c[threadIdx.x] = memory[threadIdx.x];
}

KERNEL sums(float* y, double* z, const float* x, int n) {
    __shared__ float scratch[32];
    __shared__ double wide[32];
    float sum = 0;
    for (int i = threadIdx.x; i < n; i += blockDim.x) sum += x[i];
    const float largest = blockMax(sum, scratch), total = blockSum(sum, scratch);
    const double again = blockSum(static_cast<double>(sum), wide);
    y[threadIdx.x] = total + largest;
    z[threadIdx.x] = again;
}

KERNEL leavers(float* y) {
    if (threadIdx.x >= 40) return;
    __syncthreads();
    y[threadIdx.x] = shuffleXor(static_cast<float>(threadIdx.x), 1) + shuffleDown(static_cast<float>(threadIdx.x), 3);
}

KERNEL apart(float* c) {
    if (threadIdx.x == 3) {
        c[0] = warpSum(1.0f);
    } else {
        __syncthreads();
    }
}

KERNEL mixed(float* c) { c[threadIdx.x] = threadIdx.x % 2 ? warpSum(1.0f) : warpMax(1.0f); }

KERNEL partWarp(float* c) {
    unsigned a[4] = {}, b[2] = {};
    float d[4] = {};
    mma16816(d, a, b);
    c[0] = d[0];
}

KERNEL beyond(float* c, int at) {
    DYNAMIC_SHARED(memory);
    memory[at] = 1;
    c[0] = memory[0];
}

KERNEL misaligned(const float* a) {
    DYNAMIC_SHARED(memory);
    cpAsync16(memory + 4, a, true);
}

int failures = 0;

void check(bool holds, const char* what) {
    if (!holds) {
        std::printf("does not hold: %s\n", what);
        failures++;
    }
}

template <class Body>
bool stops(dim3 grid, dim3 block, std::size_t shared, const char* expected, Body body) {
    const char* message = emulator::tryLaunch(grid, block, shared, [](void* f) { (*static_cast<Body*>(f))(); }, &body);
    const bool right = message && std::strstr(message, expected);
    if (!right) std::printf("expected '%s', was '%s'\n", expected, message ? message : "no error");
    return right;
}

void tensorCores() {
    alignas(16) bf16 a[256], b[128];
    float c[128];
    for (int i = 0; i < 256; i++) a[i] = fromFloat<bf16>(static_cast<float>(i * 37 % 19 - 9));
    for (int i = 0; i < 128; i++) b[i] = fromFloat<bf16>(static_cast<float>(i * 23 % 17 - 8));
    emulator::launch({1}, {32}, 1024, [&] { product(c, a, b); });
    bool equal = true;
    for (int m = 0; m < 16; m++)
        for (int n = 0; n < 8; n++) {
            float sum = 1;
            for (int k = 0; k < 16; k++) sum += toFloat(a[16 * m + k]) * toFloat(b[8 * k + n]);
            equal &= sum == c[8 * m + n];
        }
    check(equal, "mma16816 on what ldmatrix loads is the matrix product");
}

void sharedMemory() {
    alignas(16) float a[128];
    float c[32];
    for (int i = 0; i < 128; i++) a[i] = static_cast<float>(i);
    emulator::launch({1}, {32}, 512, [&] { unwaited(c, a); });
    check(c[3] != c[3], "what cpAsync16 copies is not there before cpAsyncWait");
    emulator::launch({1}, {1}, 512, [&] { secondGroupMissing(c, a); });
    check(c[0] == 0 && c[1] != c[1], "cpAsyncWait<1> waits for all groups but the last");
    emulator::launch({1}, {32}, 0, [&] { uninitialised(c); });
    check(c[15] == 1 && c[16] != c[16], "shared memory that nobody wrote is no number");
    check(stops({1}, {32}, 64, "behind the end", [&] { beyond(c, 64); }), "a write just behind dynamic shared memory is found");
    check(stops({1}, {32}, 64, "not there", [&] { beyond(c, 1 << 17); }), "a write far behind dynamic shared memory is found");
    check(stops({1}, {32}, 64, "aligned", [&] { misaligned(a); }), "cpAsync16 wants aligned addresses");
}

void meetings() {
    float y[64] = {}, x[1000], total[256];
    double z[256];
    for (int i = 0; i < 1000; i++) x[i] = static_cast<float>(i % 7);
    emulator::launch({1}, {256}, 0, [&] { sums(total, z, x, 1000); });
    double sum = 0;
    for (float value : x) sum += value;
    bool all = true;
    for (int i = 0; i < 256; i++) all &= total[i] == total[0] && z[i] == sum;
    check(all, "every thread gets the sum of its block");
    emulator::launch({1}, {64}, 0, [&] { leavers(y); });
    check(y[5] == 4 + 8 && y[31] == 30 + 31, "shuffles, and a barrier that threads which have returned are not waited for at");
    check(stops({1}, {64}, 0, "wait for ever", [&] { apart(y); }), "a barrier in a branch is found");
    check(stops({1}, {64}, 0, "different operations", [&] { mixed(y); }), "lanes at different operations are found");
    check(stops({1}, {20}, 0, "fewer than 32 lanes", [&] { partWarp(y); }), "mma16816 wants a whole warp");
    check(stops({1}, {64}, 0, "not there", [&] { y[0] = *reinterpret_cast<volatile float*>(8 * threadIdx.x); }), "reading absent memory is found");
}

void orders() {
    int results[3][8];
    for (int order = 1; order <= 3; order++) {
        emulator::setOrder(order);
        emulator::launch({8}, {64}, 0, [&] { race(results[order - 1]); });
    }
    emulator::setOrder(1);
    check(results[0][0] == 63 && results[1][0] == 0, "forward and backward orders show a race");
    check(results[2][0] != results[2][1] || results[2][1] != results[2][2], "shuffled orders differ from block to block");
}

void conversions() {
    check(fromFloat<bf16>(1.00390625f).bits == 0x3f80 && fromFloat<bf16>(1.01171875f).bits == 0x3f82, "ties go to even in bf16");
    check(toFloat(fromFloat<f16>(65504.0f)) == 65504 && std::isinf(toFloat(fromFloat<f16>(65520.0f))), "the largest f16");
    check(fromFloat<bf16>(NAN).bits == 0x7fff && std::isnan(toFloat(fromFloat<f16>(NAN))), "NaN stays one");
    check(packBf16(1, -2) == 0xc0003f80u, "the first of a pair is the lower half");
    check(dp4a(0x01ff027f, 0x02030405, 10) == 10 + 127 * 5 + 2 * 4 - 3 + 2, "dp4a on signed bytes");
}

}  // namespace

int main() {
    for (int order = 1; order <= 3; order++) {
        emulator::setOrder(order);
        tensorCores();
        sharedMemory();
        meetings();
    }
    orders();
    conversions();
    return failures == 0 ? 0 : 1;
}
