// What the emulated compiler appends to a .cu source: its kernels by name, callable with an array of the arguments' addresses, as a driver does.
#pragma once

#include "emulator.h"

namespace emulator {

struct Entry {
    const char* name;
    void (*run)(void** arguments);
    const int* sizes;  // of the parameters
    int parameters;
    int mostThreads;
};

template <auto Kernel>
struct Unpack;

template <class... Parameters, void (*Kernel)(Parameters...)>
struct Unpack<Kernel> {
    static constexpr int COUNT = sizeof...(Parameters);
    static constexpr int SIZES[] = {static_cast<int>(sizeof(Parameters))..., 0};

    static void run(void** arguments) { call(arguments, std::index_sequence_for<Parameters...>{}); }

    template <std::size_t... I>
    static void call(void** arguments, std::index_sequence<I...>) {
        Kernel(*static_cast<Parameters*>(arguments[I])...);
    }
};

/** Threads of `__launch_bounds__(threads)` or `(threads, blocks)`; 1024 where there are none. */
constexpr int mostThreads(int threads = 1024, int = 1) { return threads; }

struct Call {
    const Entry* entry;
    void** arguments;
};

inline const char* launchEntry(const Entry* entry, dim3 grid, dim3 block, std::size_t shared, void** arguments, int order) {
    setOrder(order);
    Call call{entry, arguments};
    return tryLaunch(
        grid, block, shared,
        [](void* argument) {
            auto* made = static_cast<Call*>(argument);
            made->entry->run(made->arguments);
        },
        &call);
}

}  // namespace emulator

/** Defines what the emulated driver looks for in a compiled module. */
#define CRIA_MODULE(table)                                                                                                             \
    extern "C" __attribute__((visibility("default"))) const emulator::Entry* cria_find(const char* name) {                             \
        for (const emulator::Entry& entry : table)                                                                                     \
            if (std::strcmp(entry.name, name) == 0) return &entry;                                                                     \
        return nullptr;                                                                                                                \
    }                                                                                                                                  \
    extern "C" __attribute__((visibility("default"))) const char* cria_launch(                                                         \
        const emulator::Entry* entry, const unsigned* grid, const unsigned* block, std::size_t shared, void** arguments, int order) {  \
        return emulator::launchEntry(entry, {grid[0], grid[1], grid[2]}, {block[0], block[1], block[2]}, shared, arguments, order);    \
    }
