// What a warp does as one: reductions, the tensor core's product, loads of matrices. The last lane to arrive computes for all.
#include "device.cuh"

namespace {

using emulator::SLOT_BYTES;
using emulator::Slots;

template <class T>
T at(Slots slots, int lane, int index = 0) {
    T value;
    std::memcpy(&value, slots[lane] + sizeof(T) * static_cast<unsigned>(index), sizeof(T));
    return value;
}

/** The butterfly that the GPU's shuffles make: in each round every lane joins its value with its partner's. */
template <class T, class Join>
void butterfly(Slots slots, Join join) {
    T values[32];
    for (int lane = 0; lane < 32; lane++) values[lane] = at<T>(slots, lane);
    for (int mask = 16; mask > 0; mask >>= 1) {
        T joined[32];
        for (int lane = 0; lane < 32; lane++) joined[lane] = join(values[lane], values[lane ^ mask]);
        std::memcpy(values, joined, sizeof values);
    }
    for (int lane = 0; lane < 32; lane++) std::memcpy(slots[lane], &values[lane], sizeof(T));
}

template <class T>
T reduce(const char* what, T value, emulator::Finish finish) {
    return at<T>(emulator::meet(what, &value, sizeof(T), finish, false), emulator::laneNumber());
}

struct Fragments {
    float d[4];
    unsigned a[4];
    unsigned b[2];
};

float lowHalf(unsigned pair) { return bitsFloat(pair << 16); }
float highHalf(unsigned pair) { return bitsFloat(pair & 0xffff0000u); }

/** mma.m16n8k16: lane 4·g + t holds rows g and g+8 of a and d, column g of b, and pairs of columns (rows of b) that begin at 2·t. */
void multiply(Slots slots) {
    float a[16][16], b[16][8], d[16][8];
    Fragments f[32];
    for (int lane = 0; lane < 32; lane++) {
        std::memcpy(&f[lane], slots[lane], sizeof(Fragments));
        const int g = lane / 4, t = 2 * (lane % 4);
        for (int i = 0; i < 4; i++) {
            const int row = g + 8 * (i % 2), column = t + 8 * (i / 2);
            a[row][column] = lowHalf(f[lane].a[i]);
            a[row][column + 1] = highHalf(f[lane].a[i]);
            d[g + 8 * (i / 2)][t + i % 2] = f[lane].d[i];
        }
        for (int i = 0; i < 2; i++) {
            b[t + 8 * i][g] = lowHalf(f[lane].b[i]);
            b[t + 8 * i + 1][g] = highHalf(f[lane].b[i]);
        }
    }
    for (int row = 0; row < 16; row++) {
        float sum[8] = {};
        for (int k = 0; k < 16; k++)
            for (int column = 0; column < 8; column++) sum[column] += a[row][k] * b[k][column];
        for (int column = 0; column < 8; column++) d[row][column] += sum[column];
    }
    for (int lane = 0; lane < 32; lane++)
        for (int i = 0; i < 4; i++) std::memcpy(slots[lane] + 4 * i, &d[lane / 4 + 8 * (i / 2)][2 * (lane % 4) + i % 2], 4);
}

/** ldmatrix: of matrix m, lane 4·r + c gets row r's columns 2c and 2c+1; transposed, column r's rows 2c and 2c+1. */
template <int MATRICES, bool TRANSPOSED>
void loadMatrices(Slots slots) {
    const unsigned char* rows[8 * MATRICES];
    for (int i = 0; i < 8 * MATRICES; i++) rows[i] = at<const unsigned char*>(slots, i);
    for (int lane = 0; lane < 32; lane++)
        for (int m = 0; m < MATRICES; m++) {
            const int r = lane / 4, c = 2 * (lane % 4);
            for (int i = 0; i < 2; i++) {
                const unsigned char* from = TRANSPOSED ? rows[8 * m + c + i] + 2 * r : rows[8 * m + r] + 2 * (c + i);
                std::memcpy(slots[lane] + 4 * m + 2 * i, from, 2);
            }
        }
}

template <int MATRICES, bool TRANSPOSED>
void load(const char* what, unsigned* r, const void* shared) {
    if (emulator::laneNumber() < 8 * MATRICES) emulator::checkRow(shared);
    Slots slots = emulator::meet(what, &shared, sizeof shared, loadMatrices<MATRICES, TRANSPOSED>, true);
    std::memcpy(r, slots[emulator::laneNumber()], 4 * MATRICES);
}

const char* const SYNC = "syncWarp";
const char* const SUM = "warpSum";
const char* const SUM_DOUBLE = "warpSum of doubles";
const char* const MAX = "warpMax";
const char* const MMA = "mma16816";
const char* const X4 = "ldmatrixX4";
const char* const X4_TRANS = "ldmatrixX4Trans";
const char* const X2 = "ldmatrixX2";
const char* const X2_TRANS = "ldmatrixX2Trans";

}  // namespace

void syncWarp() {
    char nothing = 0;
    emulator::meet(SYNC, &nothing, 1, nullptr, false);
}

float warpSum(float value) {
    return reduce(SUM, value, [](Slots slots) { butterfly<float>(slots, [](float a, float b) { return a + b; }); });
}

double warpSum(double value) {
    return reduce(SUM_DOUBLE, value, [](Slots slots) { butterfly<double>(slots, [](double a, double b) { return a + b; }); });
}

float warpMax(float value) {
    return reduce(MAX, value, [](Slots slots) { butterfly<float>(slots, [](float a, float b) { return std::fmax(a, b); }); });
}

void mma16816(float d[4], const unsigned a[4], const unsigned b[2]) {
    Fragments own;
    std::memcpy(own.d, d, sizeof own.d);
    std::memcpy(own.a, a, sizeof own.a);
    std::memcpy(own.b, b, sizeof own.b);
    Slots slots = emulator::meet(MMA, &own, sizeof own, multiply, true);
    std::memcpy(d, slots[emulator::laneNumber()], sizeof own.d);
}

void ldmatrixX4(unsigned r[4], const void* shared) { load<4, false>(X4, r, shared); }
void ldmatrixX4Trans(unsigned r[4], const void* shared) { load<4, true>(X4_TRANS, r, shared); }
void ldmatrixX2(unsigned r[2], const void* shared) { load<2, false>(X2, r, shared); }
void ldmatrixX2Trans(unsigned r[2], const void* shared) { load<2, true>(X2_TRANS, r, shared); }
