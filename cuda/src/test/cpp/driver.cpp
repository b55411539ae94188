// The emulated driver: devices, contexts, errors, and what a test can set.
#include "emulated.h"

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace emulated {

Settings settings;
std::recursive_mutex lock;
Context contexts[3] = {{0}, {1}, {2}};
thread_local Context* currentContext = nullptr;

namespace {

bool started = false;

struct Name {
    const char* name;
    long long Settings::*value;
};

const Name NAMES[] = {
    {"memory", &Settings::memory},
    {"fail_allocation", &Settings::fail_allocation},
    {"driver_version", &Settings::driver_version},
    {"compute_capability", &Settings::compute_capability},
    {"devices", &Settings::devices},
    {"init_status", &Settings::init_status},
    {"fail_launch", &Settings::fail_launch},
};

struct Error {
    int status;
    const char* name;
    const char* text;
};

const Error ERRORS[] = {
    {SUCCESS, "CUDA_SUCCESS", "no error"},
    {INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {NO_DEVICE, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {ILLEGAL_ADDRESS, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination"},
};

struct FromEnvironment {
    FromEnvironment() {
        for (const Name& name : NAMES) {
            std::string variable = "CRIA_EMULATOR_";
            for (const char* c = name.name; *c; c++) variable += static_cast<char>(std::toupper(*c));
            if (const char* text = std::getenv(variable.c_str())) settings.*name.value = std::atoll(text);
        }
    }
} fromEnvironment;

const Error* find(int status) {
    for (const Error& error : ERRORS)
        if (error.status == status) return &error;
    return nullptr;
}

}  // namespace

Status usable() {
    if (!started) return NOT_INITIALIZED;
    return currentContext == nullptr || currentContext->owners == 0 ? INVALID_CONTEXT : currentContext->spoilt;
}

Status usableOutsideCapture() {
    const Status status = usable();
    if (status != SUCCESS) return status;
    for (Stream* stream : streams)
        if (stream->capture) {
            stream->capture->invalid = true;
            return CAPTURE_UNSUPPORTED;
        }
    return SUCCESS;
}

void spoil(Status status, const std::string& message) {
    if (currentContext->spoilt != SUCCESS) return;
    currentContext->spoilt = status;
    currentContext->detail = message;
    std::fprintf(stderr, "emulated GPU: %s\n", message.c_str());
}

bool takeFault(long long& counter) { return counter > 0 && --counter == 0; }

}  // namespace emulated

using namespace emulated;

/** Sets what Settings lists; 1 if there is no such thing. */
EXPORT int cria_emulator_set(const char* name, long long value) {
    Guard guard(lock);
    for (const Name& known : NAMES)
        if (std::strcmp(known.name, name) == 0) {
            settings.*known.value = value;
            return 0;
        }
    return 1;
}

EXPORT int cuInit(unsigned flags) {
    Guard guard(lock);
    if (flags != 0) return INVALID_VALUE;
    if (settings.init_status != 0) return static_cast<int>(settings.init_status);
    if (settings.devices == 0) return NO_DEVICE;
    started = true;
    return SUCCESS;
}

EXPORT int cuDriverGetVersion(int* version) {
    *version = static_cast<int>(settings.driver_version);
    return SUCCESS;
}

EXPORT int cuDeviceGetCount(int* count) {
    if (!started) return NOT_INITIALIZED;
    *count = static_cast<int>(settings.devices);
    return SUCCESS;
}

EXPORT int cuDeviceGet(int* device, int ordinal) {
    if (!started) return NOT_INITIALIZED;
    if (ordinal < 0 || ordinal >= settings.devices) return INVALID_DEVICE;
    *device = ordinal;
    return SUCCESS;
}

#ifndef CRIA_EMULATOR_VERSION
#define CRIA_EMULATOR_VERSION "0"
#endif

/** The name changes with the emulator's sources, so that nothing compiled for another version of it is taken from a cache. */
EXPORT int cuDeviceGetName(char* name, int length, int device) {
    if (device < 0 || device >= settings.devices) return INVALID_DEVICE;
    std::snprintf(name, static_cast<std::size_t>(length), "Emulated GPU %s", CRIA_EMULATOR_VERSION);
    return SUCCESS;
}

EXPORT int cuDeviceTotalMem_v2(std::size_t* bytes, int device) {
    if (device < 0 || device >= settings.devices) return INVALID_DEVICE;
    *bytes = static_cast<std::size_t>(settings.memory);
    return SUCCESS;
}

EXPORT int cuDeviceGetAttribute(int* value, int attribute, int device) {
    if (device < 0 || device >= settings.devices) return INVALID_DEVICE;
    const auto capability = static_cast<int>(settings.compute_capability);
    const int sharedKilobytes = capability >= 90 ? 227 : capability == 80 || capability == 87 ? 163 : capability >= 86 ? 99 : 64;
    switch (attribute) {
        case 1: *value = 1024; break;                    // threads of a block
        case 8: *value = 48 << 10; break;                // shared memory of a block
        case 10: *value = 32; break;                     // lanes of a warp
        case 12: *value = 65536; break;                  // registers of a block
        case 16: *value = 4; break;                      // multiprocessors: few, so that kernels that count them make several rounds
        case 38: *value = 50 << 20; break;               // second-level cache
        case 39: *value = 2048; break;                   // threads of a multiprocessor
        case 75: *value = capability / 10; break;
        case 76: *value = capability % 10; break;
        case 81: *value = (sharedKilobytes + 1) << 10; break;  // shared memory of a multiprocessor
        case 97: *value = sharedKilobytes << 10; break;  // shared memory of a block, at most
        default: return INVALID_VALUE;
    }
    return SUCCESS;
}

EXPORT int cuDevicePrimaryCtxRetain(void** context, int device) {
    Guard guard(lock);
    if (!started) return NOT_INITIALIZED;
    if (device < 0 || device >= settings.devices || device >= 3) return INVALID_DEVICE;
    contexts[device].owners++;
    *context = &contexts[device];
    return SUCCESS;
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int device) {
    Guard guard(lock);
    if (device < 0 || device >= 3 || contexts[device].owners == 0) return INVALID_CONTEXT;
    if (--contexts[device].owners == 0) {
        contexts[device].spoilt = SUCCESS;
        contexts[device].detail.clear();
    }
    return SUCCESS;
}

EXPORT int cuCtxSetCurrent(void* context) {
    currentContext = static_cast<Context*>(context);
    return SUCCESS;
}

EXPORT int cuCtxGetCurrent(void** context) {
    *context = currentContext;
    return SUCCESS;
}

EXPORT int cuCtxSynchronize() {
    Guard guard(lock);
    if (const Status status = usableOutsideCapture()) return status;
    return drainAll();
}

EXPORT int cuGetErrorName(int status, const char** name) {
    const Error* error = find(status);
    *name = error ? error->name : nullptr;
    return error ? SUCCESS : INVALID_VALUE;
}

/** With what the emulator saw, where it is asked about the error that it stopped with. */
EXPORT int cuGetErrorString(int status, const char** text) {
    static thread_local std::string full;
    Guard guard(lock);
    const Error* error = find(status);
    if (!error) {
        *text = nullptr;
        return INVALID_VALUE;
    }
    full = error->text;
    if (status != SUCCESS && currentContext && status == currentContext->spoilt) full += "; " + currentContext->detail;
    *text = full.c_str();
    return SUCCESS;
}
