// Runs the .cu sources on the processor: what device.cuh takes from a GPU, made of fibers. For tests only.
//
// A test of a kernel without Java:
//
//     #include "device.cuh"                 // first, and outside any namespace
//     namespace {
//     #include "norm.cu"                    // the anonymous namespace lets __shared__ stand in templates too
//     }
//     int main() {
//         emulator::setOrder(2);            // 1 forward, 2 backward, 3 and more: shuffled; or the environment, CRIA_EMULATOR_ORDER=2
//         emulator::launch({rows}, {256}, sharedBytes, [&] { rms_norm(y, x, n); });
//     }
//
//     R=cuda/src/main/resources/dev/cria/cuda; C=cuda/src/test/cpp
//     g++ -std=c++20 -O2 -march=native -Wno-unknown-pragmas -DCRIA_EMULATOR -DActivation=bf16 -I$R -I$C test.cpp $C/{emulator,warp}.cpp -o test
//
// What it holds a kernel to, as a GPU would and more:
//  - shared memory starts as NaNs in every block; dynamic shared memory ends at a page that faults;
//  - lanes of a warp meet at every shuffle, mma, ldmatrix and syncWarp; lanes that wait for different things, or threads that wait for ever, are errors;
//    mma and ldmatrix need all 32 lanes, threads that have returned are not waited for at a barrier;
//  - the destination of cpAsync16 holds NaNs until cpAsyncWait; addresses that a GPU wants aligned must be;
//  - threads run one at a time up to the next meeting point, in an order that can be chosen: where orders give different bits, there is a race.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#define KERNEL extern "C" void
#define DYNAMIC_SHARED(name) unsigned char* name = emulator::dynamicShared()
#define __device__
#define __host__
#define __global__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __shared__ static __attribute__((section("cria_shared")))
#define threadIdx (emulator::current->index)
#define blockIdx (emulator::blockIndex)
#define blockDim (emulator::blockSize)
#define gridDim (emulator::gridSize)

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};

namespace emulator {

struct Thread {
    dim3 index;
    int number;
};

extern Thread* current;
extern dim3 blockIndex, blockSize, gridSize;

unsigned char* dynamicShared();
void barrier();

constexpr int SLOT_BYTES = 64;
using Slots = unsigned char (*)[SLOT_BYTES];
using Finish = void (*)(Slots slots);

/**
 * Puts a value of this lane beside those of its warp and waits for all lanes; the last one calls `finish` on the slots.
 *
 * @param what names the operation, the same pointer in every lane
 * @param whole all 32 lanes must be there
 */
Slots meet(const char* what, const void* value, int bytes, Finish finish, bool whole);

int laneNumber();
/** An address that ldmatrix reads a row from: 16 aligned bytes of shared memory. */
void checkRow(const void* shared);
void copyAsync(void* shared, const void* global, bool valid);
void commitCopies();
void waitCopies(int groups);
[[noreturn]] void fail(const char* message);

extern const char* const SHUFFLE;

template <class T>
T lane(T value, int from) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8);
    Slots slots = meet(SHUFFLE, &value, sizeof(T), nullptr, false);
    T result;
    std::memcpy(&result, slots[from & 31], sizeof(T));
    return result;
}

void setOrder(int order);

/** Runs a grid; a message if the kernel did what it must not. The message lives until the next launch. */
const char* tryLaunch(dim3 grid, dim3 block, std::size_t sharedBytes, void (*body)(void*), void* argument);

/** Runs a grid; ends the program with a message if the kernel did what it must not. */
void launchOrExit(dim3 grid, dim3 block, std::size_t sharedBytes, void (*body)(void*), void* argument);

template <class Body>
void launch(dim3 grid, dim3 block, std::size_t sharedBytes, Body body) {
    launchOrExit(grid, block, sharedBytes, [](void* argument) { (*static_cast<Body*>(argument))(); }, &body);
}

}  // namespace emulator

inline void __syncthreads() { emulator::barrier(); }

using std::isfinite;
using std::isinf;
using std::isnan;

template <class A, class B>
constexpr std::common_type_t<A, B> min(A a, B b) {
    return static_cast<std::common_type_t<A, B>>(a) < static_cast<std::common_type_t<A, B>>(b) ? a : b;
}

template <class A, class B>
constexpr std::common_type_t<A, B> max(A a, B b) {
    return static_cast<std::common_type_t<A, B>>(a) < static_cast<std::common_type_t<A, B>>(b) ? b : a;
}

// ---- the twins of device.cuh

inline unsigned floatBits(float value) {
    unsigned bits;
    std::memcpy(&bits, &value, 4);
    return bits;
}

inline float bitsFloat(unsigned bits) {
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}

inline float toFloat(f16 value) {
    _Float16 half;
    std::memcpy(&half, &value, 2);
    return static_cast<float>(half);
}

inline bf16 roundToBf16(float value) {
    unsigned bits = floatBits(value);
    if (value != value) return {0x7fff};
    return {static_cast<unsigned short>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16)};
}

inline f16 roundToF16(float value) {
    if (value != value) return {0x7fff};
    _Float16 half = static_cast<_Float16>(value);
    f16 narrow;
    std::memcpy(&narrow, &half, 2);
    return narrow;
}

inline unsigned packBf16(float low, float high) {
    return roundToBf16(low).bits | static_cast<unsigned>(roundToBf16(high).bits) << 16;
}

inline float fastExp2(float x) {
    float power = std::exp2(x);
    return power < 1.17549435e-38f ? 0 : power;
}

inline float reciprocalSqrt(float x) { return 1 / std::sqrt(x); }

inline float fastReciprocal(float x) { return 1 / x; }

inline float multiply(float a, float b) {
    float product = a * b;
    asm("" : "+x"(product));
    return product;
}

inline int dp4a(int a, int b, int c) {
    unsigned sum = static_cast<unsigned>(c);
    for (int i = 0; i < 32; i += 8) sum += static_cast<signed char>(a >> i) * static_cast<signed char>(b >> i);
    return static_cast<int>(sum);
}

void syncWarp();

template <class T>
T shuffle(T value, int lane) {
    return emulator::lane(value, lane);
}

template <class T>
T shuffleXor(T value, int mask) {
    return emulator::lane(value, emulator::laneNumber() ^ mask);
}

template <class T>
T shuffleDown(T value, int delta) {
    int lane = emulator::laneNumber();
    return emulator::lane(value, lane + delta < 32 ? lane + delta : lane);
}

float warpSum(float value);
double warpSum(double value);
float warpMax(float value);
void mma16816(float d[4], const unsigned a[4], const unsigned b[2]);
void ldmatrixX4(unsigned r[4], const void* shared);
void ldmatrixX4Trans(unsigned r[4], const void* shared);
void ldmatrixX2(unsigned r[2], const void* shared);
void ldmatrixX2Trans(unsigned r[2], const void* shared);

inline void cpAsync16(void* shared, const void* global, bool valid) { emulator::copyAsync(shared, global, valid); }
inline void cpAsyncCommit() { emulator::commitCopies(); }

template <int N>
void cpAsyncWait() {
    emulator::waitCopies(N);
}
