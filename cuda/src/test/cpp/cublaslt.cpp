// The emulated cuBLASLt: D = alpha·op(A)·op(B) + beta·C in float32, each sum in ascending order of k.
#include <cmath>
#include <cstring>

#include "emulated.h"

namespace emulated {

namespace {

enum BlasStatus { BLAS_SUCCESS = 0, BLAS_INVALID_VALUE = 7, BLAS_EXECUTION_FAILED = 13, BLAS_NOT_SUPPORTED = 15 };
enum Type { R_32F = 0, R_16F = 2, R_16BF = 14, R_8F_E4M3 = 28, R_8F_E5M2 = 29 };
enum Compute { COMPUTE_32F = 68, COMPUTE_32F_PEDANTIC = 69, COMPUTE_32F_FAST_TF32 = 77 };

// The attributes that are understood, by their numbers in cublasLt.h.
struct Description {
    int compute, scale, pointerMode = 0, transA = 0, transB = 0, epilogue = 1;
    const float *scaleA = nullptr, *scaleB = nullptr, *scaleD = nullptr;
    signed char fastAccumulation = 0;
};

struct Layout {
    int type, order = 0, batches = 1;
    std::uint64_t rows, columns;
    std::int64_t leading, batchStride = 0;
};

struct Preference {
    std::uint64_t workspace = 0;
    int alignments[4] = {256, 256, 256, 256};
};

struct Algorithm {
    std::uint64_t magic, alignments[4], unused[3];
};

struct Result {
    Algorithm algorithm;
    std::size_t workspace;
    int state;
    float waves;
    int reserved[4];
};

constexpr std::uint64_t MAGIC = 0x43726961456d756c;

int bytes(int type) { return type == R_32F ? 4 : type == R_16F || type == R_16BF ? 2 : 1; }
bool isFloat8(int type) { return type == R_8F_E4M3 || type == R_8F_E5M2; }

float fromFloat8(unsigned char bits, int exponentBits, int bias) {
    const int mantissaBits = 7 - exponentBits;
    const int exponent = bits >> mantissaBits & ((1 << exponentBits) - 1), mantissa = bits & ((1 << mantissaBits) - 1);
    const float sign = bits & 0x80 ? -1 : 1;
    if (exponentBits == 4 && (bits & 0x7f) == 0x7f) return NAN;
    if (exponentBits == 5 && exponent == 31) return mantissa ? NAN : sign * INFINITY;
    return exponent == 0 ? sign * std::ldexp(static_cast<float>(mantissa), 1 - bias - mantissaBits)
                         : sign * std::ldexp(static_cast<float>((1 << mantissaBits) + mantissa), exponent - bias - mantissaBits);
}

float load(const void* from, std::int64_t index, int type) {
    if (type == R_32F) return static_cast<const float*>(from)[index];
    if (type == R_16F) return static_cast<float>(static_cast<const _Float16*>(from)[index]);
    if (type == R_16BF) {
        const unsigned bits = static_cast<unsigned>(static_cast<const unsigned short*>(from)[index]) << 16;
        float value;
        std::memcpy(&value, &bits, 4);
        return value;
    }
    const unsigned char bits = static_cast<const unsigned char*>(from)[index];
    return type == R_8F_E4M3 ? fromFloat8(bits, 4, 7) : fromFloat8(bits, 5, 15);
}

void store(void* to, std::int64_t index, int type, float value) {
    if (type == R_32F) {
        static_cast<float*>(to)[index] = value;
    } else if (type == R_16F) {
        static_cast<_Float16*>(to)[index] = static_cast<_Float16>(value);
    } else {
        unsigned bits;
        std::memcpy(&bits, &value, 4);
        const unsigned rounded = value != value ? 0x7fff : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
        static_cast<unsigned short*>(to)[index] = static_cast<unsigned short>(rounded);
    }
}

/** To the 10 bits of mantissa that TF32 has. */
float toTf32(float value) {
    unsigned bits;
    std::memcpy(&bits, &value, 4);
    if (std::isfinite(value)) bits = (bits + 0x0fff + (bits >> 13 & 1)) & ~0x1fffu;
    std::memcpy(&value, &bits, 4);
    return value;
}

std::int64_t place(const Layout& layout, std::uint64_t row, std::uint64_t column) {
    return layout.order == 0 ? static_cast<std::int64_t>(row) + static_cast<std::int64_t>(column) * layout.leading
                             : static_cast<std::int64_t>(row) * layout.leading + static_cast<std::int64_t>(column);
}

/** op(matrix) with rows one after another. */
std::vector<float> gather(const void* from, const Layout& layout, bool transpose, bool tf32) {
    const std::uint64_t rows = transpose ? layout.columns : layout.rows, columns = transpose ? layout.rows : layout.columns;
    std::vector<float> values(rows * columns);
    for (std::uint64_t r = 0; r < rows; r++)
        for (std::uint64_t c = 0; c < columns; c++) {
            const float value = load(from, transpose ? place(layout, c, r) : place(layout, r, c), layout.type);
            values[r * columns + c] = tf32 ? toTf32(value) : value;
        }
    return values;
}

struct Product {
    Description description;
    Layout a, b, c, d;
    const char *A, *B, *C;
    char* D;
    float alpha, beta;

    void run() const {
        for (int batch = 0; batch < d.batches; batch++) one(batch);
    }

    void one(int batch) const {
        const bool tf32 = description.compute == COMPUTE_32F_FAST_TF32;
        auto at = [&](const char* matrix, const Layout& layout) { return matrix + batch * layout.batchStride * bytes(layout.type); };
        const std::vector<float> left = gather(at(A, a), a, description.transA != 0, tf32), right = gather(at(B, b), b, description.transB != 0, tf32);
        const std::uint64_t m = d.rows, n = d.columns, k = left.size() / m;
        const float scale = (description.scaleA ? *description.scaleA : 1) * (description.scaleB ? *description.scaleB : 1);
        const float scaleD = description.scaleD ? *description.scaleD : 1;
        std::vector<float> sums(n);
        for (std::uint64_t i = 0; i < m; i++) {
            std::fill(sums.begin(), sums.end(), 0.0f);
            for (std::uint64_t p = 0; p < k; p++) {
                const float x = left[i * k + p];
                const float* row = &right[p * n];
                for (std::uint64_t j = 0; j < n; j++) sums[j] += x * row[j];
            }
            for (std::uint64_t j = 0; j < n; j++) {
                float value = alpha * scale * sums[j];
                if (beta != 0) value += beta * load(at(C, c), place(c, i, j), c.type);
                store(const_cast<char*>(at(D, d)), place(d, i, j), d.type, value * scaleD);
            }
        }
    }
};

bool aligned(const void* address, std::uint64_t to) { return reinterpret_cast<std::uintptr_t>(address) % to == 0; }

bool sizesFit(const Description& o, const Layout& a, const Layout& b, const Layout& c, const Layout& d) {
    const std::uint64_t m = o.transA ? a.columns : a.rows, k = o.transA ? a.rows : a.columns;
    const std::uint64_t kb = o.transB ? b.columns : b.rows, n = o.transB ? b.rows : b.columns;
    auto strideFits = [](const Layout& l) { return l.leading >= static_cast<std::int64_t>(l.order == 0 ? l.rows : l.columns); };
    return m > 0 && n > 0 && k > 0 && k == kb && d.rows == m && d.columns == n && c.rows == m && c.columns == n && strideFits(a) && strideFits(b)
        && strideFits(c) && strideFits(d);
}

bool supported(const Description& o, const Layout& a, const Layout& b, const Layout& c, const Layout& d) {
    if (o.epilogue != 1 || o.pointerMode != 0 || o.scale != R_32F || c.type != d.type || a.batches != d.batches || b.batches != d.batches) return false;
    if (o.compute != COMPUTE_32F && o.compute != COMPUTE_32F_PEDANTIC && o.compute != COMPUTE_32F_FAST_TF32) return false;
    if (isFloat8(a.type) || isFloat8(b.type)) {
        const bool sixteens = a.leading % 16 == 0 && b.leading % 16 == 0 && d.leading % 16 == 0 && a.rows % 16 == 0 && a.columns % 16 == 0 && b.columns % 16 == 0;
        return isFloat8(a.type) && isFloat8(b.type) && !(a.type == R_8F_E5M2 && b.type == R_8F_E5M2) && o.transA == 1 && o.transB == 0 && sixteens
            && settings.compute_capability >= 89 && (d.type == R_16BF || d.type == R_16F || d.type == R_32F);
    }
    return a.type == b.type && (a.type == R_32F || a.type == R_16F || a.type == R_16BF) && (d.type == R_32F || d.type == a.type);
}

template <class T>
int put(T& to, const void* from, std::size_t size) {
    if (size != sizeof(T)) return BLAS_INVALID_VALUE;
    std::memcpy(&to, from, size);
    return BLAS_SUCCESS;
}

}  // namespace

}  // namespace emulated

using namespace emulated;

EXPORT std::size_t cublasLtGetVersion() { return 130000; }

EXPORT const char* cublasLtGetStatusName(int status) {
    switch (status) {
        case BLAS_SUCCESS: return "CUBLAS_STATUS_SUCCESS";
        case BLAS_INVALID_VALUE: return "CUBLAS_STATUS_INVALID_VALUE";
        case BLAS_EXECUTION_FAILED: return "CUBLAS_STATUS_EXECUTION_FAILED";
        default: return "CUBLAS_STATUS_NOT_SUPPORTED";
    }
}

EXPORT const char* cublasLtGetStatusString(int status) { return cublasLtGetStatusName(status); }

EXPORT int cublasLtCreate(void** handle) {
    Guard guard(lock);
    if (usable() != SUCCESS) return 1;
    *handle = new int(currentContext->device);
    return BLAS_SUCCESS;
}

EXPORT int cublasLtDestroy(void* handle) {
    delete static_cast<int*>(handle);
    return BLAS_SUCCESS;
}

EXPORT int cublasLtMatmulDescCreate(Description** description, int compute, int scale) {
    *description = new Description{compute, scale};
    return BLAS_SUCCESS;
}

EXPORT int cublasLtMatmulDescDestroy(Description* description) {
    delete description;
    return BLAS_SUCCESS;
}

EXPORT int cublasLtMatmulDescSetAttribute(Description* d, int attribute, const void* value, std::size_t size) {
    switch (attribute) {
        case 0: return put(d->compute, value, size);
        case 1: return put(d->scale, value, size);
        case 2: return put(d->pointerMode, value, size);
        case 3: return put(d->transA, value, size);
        case 4: return put(d->transB, value, size);
        case 7: return put(d->epilogue, value, size);
        case 17: return put(d->scaleA, value, size);
        case 18: return put(d->scaleB, value, size);
        case 20: return put(d->scaleD, value, size);
        case 25: return put(d->fastAccumulation, value, size);
        default: return BLAS_INVALID_VALUE;
    }
}

EXPORT int cublasLtMatrixLayoutCreate(Layout** layout, int type, std::uint64_t rows, std::uint64_t columns, std::int64_t leading) {
    auto* made = new Layout{type};
    made->rows = rows;
    made->columns = columns;
    made->leading = leading;
    *layout = made;
    return BLAS_SUCCESS;
}

EXPORT int cublasLtMatrixLayoutDestroy(Layout* layout) {
    delete layout;
    return BLAS_SUCCESS;
}

EXPORT int cublasLtMatrixLayoutSetAttribute(Layout* l, int attribute, const void* value, std::size_t size) {
    switch (attribute) {
        case 0: return put(l->type, value, size);
        case 1: return put(l->order, value, size);
        case 2: return put(l->rows, value, size);
        case 3: return put(l->columns, value, size);
        case 4: return put(l->leading, value, size);
        case 5: return put(l->batches, value, size);
        case 6: return put(l->batchStride, value, size);
        default: return BLAS_INVALID_VALUE;
    }
}

EXPORT int cublasLtMatmulPreferenceCreate(Preference** preference) {
    *preference = new Preference;
    return BLAS_SUCCESS;
}

EXPORT int cublasLtMatmulPreferenceDestroy(Preference* preference) {
    delete preference;
    return BLAS_SUCCESS;
}

EXPORT int cublasLtMatmulPreferenceSetAttribute(Preference* p, int attribute, const void* value, std::size_t size) {
    int ignored;
    float wave;
    if (attribute == 1) return put(p->workspace, value, size);
    if (attribute >= 5 && attribute <= 8) return put(p->alignments[attribute - 5], value, size);
    if (attribute == 9) return put(wave, value, size);
    return attribute == 0 || attribute == 3 || attribute == 12 ? put(ignored, value, size) : BLAS_INVALID_VALUE;
}

EXPORT int cublasLtMatmulAlgoGetHeuristic(
    void*, const Description* o, const Layout* a, const Layout* b, const Layout* c, const Layout* d, const Preference* p, int wanted, Result* results, int* count) {
    *count = 0;
    if (wanted < 1 || !sizesFit(*o, *a, *b, *c, *d)) return BLAS_INVALID_VALUE;
    if (!supported(*o, *a, *b, *c, *d)) return BLAS_NOT_SUPPORTED;
    if (isFloat8(a->type))
        for (int i = 0; i < 4; i++)
            if (p->alignments[i] < 16) return BLAS_NOT_SUPPORTED;
    Result result = {};
    result.algorithm.magic = MAGIC;
    for (int i = 0; i < 4; i++) result.algorithm.alignments[i] = static_cast<std::uint64_t>(p->alignments[i]);
    result.waves = 1;
    results[0] = result;
    *count = 1;
    return BLAS_SUCCESS;
}

EXPORT int cublasLtMatmul(
    void*, const Description* o, const float* alpha, const void* A, const Layout* a, const void* B, const Layout* b, const float* beta, const void* C,
    const Layout* c, void* D, const Layout* d, const Algorithm* algorithm, void*, std::size_t, void* streamHandle) {
    Guard guard(lock);
    if (usable() != SUCCESS) return BLAS_EXECUTION_FAILED;
    Stream* stream = streamOf(streamHandle);
    if (!stream || !sizesFit(*o, *a, *b, *c, *d)) return BLAS_INVALID_VALUE;
    if (!supported(*o, *a, *b, *c, *d)) return BLAS_NOT_SUPPORTED;
    const void* addresses[4] = {A, B, C, D};
    const Layout* layouts[4] = {a, b, c, d};
    for (int i = 0; i < 4; i++) {
        if (!addresses[i] && i == 2 && *beta == 0) continue;
        if (!isDevice(addresses[i], 1) || !aligned(addresses[i], static_cast<std::uint64_t>(bytes(layouts[i]->type)))) return BLAS_INVALID_VALUE;
        if (algorithm && (algorithm->magic != MAGIC || !aligned(addresses[i], algorithm->alignments[i]))) return BLAS_NOT_SUPPORTED;
    }
    Product product{*o, *a, *b, *c, *d, static_cast<const char*>(A), static_cast<const char*>(B), static_cast<const char*>(C), static_cast<char*>(D), *alpha, *beta};
    enqueue(stream, {"a product of cuBLASLt", [product] { product.run(); }});
    return BLAS_SUCCESS;
}
