// The emulated driver's modules: what the emulated compiler made is a shared library behind a short head.
#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "emulated.h"
#include "image.h"

namespace emulated {

namespace {

// As kernel_table.h lays it out.
struct Entry {
    const char* name;
    void (*run)(void**);
    const int* sizes;
    int parameters;
    int mostThreads;
};

struct Module {
    void* library;
    const Entry* (*find)(const char*);
    const char* (*launch)(const Entry*, const unsigned*, const unsigned*, std::size_t, void**, int);
};

struct Function {
    Module* module;
    const Entry* entry;
    int sharedBytes = 48 << 10;
};

std::map<std::string, std::unique_ptr<Function>> none;
std::map<Module*, std::map<std::string, std::unique_ptr<Function>>> modules;

int mostShared() {
    int bytes = 0;
    cuDeviceGetAttribute(&bytes, 97, 0);
    return bytes;
}

Function* known(void* handle) {
    for (auto& [module, functions] : modules)
        for (auto& [name, function] : functions)
            if (function.get() == handle) return function.get();
    return nullptr;
}

std::string written(const Image* image) {
    const char* folder = std::getenv("TMPDIR");
    std::string path = std::string(folder ? folder : "/tmp") + "/cria-emulated-XXXXXX";
    const int file = mkstemp(path.data());
    if (file < 0) return "";
    const char* bytes = reinterpret_cast<const char*>(image + 1);
    std::size_t done = 0;
    while (done < image->bytes) {
        const ssize_t count = write(file, bytes + done, image->bytes - done);
        if (count <= 0) break;
        done += static_cast<std::size_t>(count);
    }
    close(file);
    return path;
}

}  // namespace

}  // namespace emulated

using namespace emulated;

EXPORT int cuModuleLoadData(void** handle, const void* data) {
    Guard guard(lock);
    if (const Status status = usableOutsideCapture()) return status;
    const auto* image = static_cast<const Image*>(data);
    if (std::memcmp(image->magic, Image::MAGIC, sizeof image->magic) != 0) return INVALID_IMAGE;
    const std::string path = written(image);
    auto module = std::make_unique<Module>();
    module->library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    unlink(path.c_str());
    if (!module->library) {
        std::fprintf(stderr, "emulated GPU: %s\n", dlerror());
        return INVALID_IMAGE;
    }
    module->find = reinterpret_cast<decltype(module->find)>(dlsym(module->library, "cria_find"));
    module->launch = reinterpret_cast<decltype(module->launch)>(dlsym(module->library, "cria_launch"));
    if (!module->find || !module->launch) return INVALID_IMAGE;
    modules[module.get()];
    *handle = module.release();
    return SUCCESS;
}

EXPORT int cuModuleUnload(void* handle) {
    Guard guard(lock);
    auto* module = static_cast<Module*>(handle);
    if (!modules.count(module)) return INVALID_HANDLE;
    const Status status = drainAll();
    modules.erase(module);
    dlclose(module->library);
    delete module;
    return status;
}

EXPORT int cuModuleGetFunction(void** handle, void* moduleHandle, const char* name) {
    Guard guard(lock);
    auto* module = static_cast<Module*>(moduleHandle);
    if (!modules.count(module)) return INVALID_HANDLE;
    const Entry* entry = module->find(name);
    if (!entry) return NOT_FOUND;
    auto& function = modules[module][name];
    if (!function) function = std::make_unique<Function>(Function{module, entry});
    *handle = function.get();
    return SUCCESS;
}

EXPORT int cuFuncSetAttribute(void* handle, int attribute, int value) {
    Guard guard(lock);
    Function* function = known(handle);
    if (!function) return INVALID_HANDLE;
    if (attribute == 9) return SUCCESS;  // how much of the first-level cache shall be shared memory: a wish
    if (attribute != 8 || value < 0 || value > mostShared()) return INVALID_VALUE;
    function->sharedBytes = value;
    return SUCCESS;
}

EXPORT int cuFuncGetAttribute(int* value, int attribute, void* handle) {
    Guard guard(lock);
    Function* function = known(handle);
    if (!function) return INVALID_HANDLE;
    switch (attribute) {
        case 0: *value = function->entry->mostThreads; break;
        case 1: case 3: *value = 0; break;  // static shared memory, local memory: not known here
        case 4: *value = 64; break;         // registers: a plausible number
        case 8: *value = function->sharedBytes; break;
        default: return INVALID_VALUE;
    }
    return SUCCESS;
}

EXPORT int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void* handle, int threads, std::size_t sharedBytes) {
    Guard guard(lock);
    if (!known(handle) || threads <= 0) return INVALID_VALUE;
    const auto bySharedMemory = sharedBytes == 0 ? 32 : static_cast<int>(mostShared() / (sharedBytes + 1024));
    const int byThreads = 2048 / threads;
    *blocks = bySharedMemory < byThreads ? bySharedMemory : byThreads;
    return SUCCESS;
}

EXPORT int cuLaunchKernel(
    void* handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes,
    void* streamHandle, void** arguments, void** extra) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    Function* function = known(handle);
    Stream* stream = streamOf(streamHandle);
    if (!function || !stream) return INVALID_HANDLE;
    const Entry* entry = function->entry;
    const std::uint64_t threads = std::uint64_t{blockX} * blockY * blockZ;
    if (threads == 0 || threads > static_cast<std::uint64_t>(entry->mostThreads) || blockZ > 64) return INVALID_VALUE;
    if (gridX == 0 || gridY == 0 || gridZ == 0 || gridX > 0x7fffffff || gridY > 65535 || gridZ > 65535) return INVALID_VALUE;
    if (sharedBytes > static_cast<unsigned>(function->sharedBytes) || extra || (!arguments && entry->parameters > 0)) return INVALID_VALUE;
    std::vector<std::uint64_t> values(static_cast<std::size_t>(entry->parameters));
    for (int i = 0; i < entry->parameters; i++) std::memcpy(&values[static_cast<std::size_t>(i)], arguments[i], static_cast<std::size_t>(entry->sizes[i]));
    const int order = stream->context->device + 1;
    const std::array<unsigned, 3> grid = {gridX, gridY, gridZ}, block = {blockX, blockY, blockZ};
    const std::string name = std::string("kernel ") + entry->name;
    Module* module = function->module;
    enqueue(stream, {name, [=]() mutable {
        std::vector<void*> addresses(values.size());
        for (std::size_t i = 0; i < values.size(); i++) addresses[i] = &values[i];
        const char* message = takeFault(settings.fail_launch)
            ? "was made to fail"
            : module->launch(entry, grid.data(), block.data(), sharedBytes, addresses.data(), order);
        if (message) spoil(ILLEGAL_ADDRESS, name + ": " + message);
    }});
    return SUCCESS;
}
