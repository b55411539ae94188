// What the emulated compiler gives for machine code and the emulated driver loads: this head, then a shared library.
#pragma once

#include <cstdint>

namespace emulated {

struct Image {
    static constexpr char MAGIC[9] = "CRIAEMU1";
    char magic[8];
    std::uint64_t bytes;
};

}  // namespace emulated

extern "C" int cuDeviceGetAttribute(int* value, int attribute, int device);
