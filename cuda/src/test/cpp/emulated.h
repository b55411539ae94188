// The state behind the emulated libcuda, libnvrtc and libcublasLt: devices, queues of work that wait for someone to wait for them, memory.
//
// Nothing runs when it is started. Work runs when a call waits for it, on a thread of its own, and only then can device memory be read at all:
// a missing wait, or a read of device memory by the host, cannot go unseen.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace emulated {

enum Status {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NOT_INITIALIZED = 3,
    NO_DEVICE = 100,
    INVALID_DEVICE = 101,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    INVALID_HANDLE = 400,
    NOT_FOUND = 500,
    NOT_READY = 600,
    ILLEGAL_ADDRESS = 700,
    LAUNCH_FAILED = 719,
    CAPTURE_UNSUPPORTED = 900,
    CAPTURE_INVALIDATED = 901,
};

/** What a test can set, by name (cria_emulator_set) or by environment, CRIA_EMULATOR_ and the name in capitals. */
struct Settings {
    long long memory = 4LL << 30;     // bytes of a device
    long long fail_allocation = 0;    // which allocation from now on fails; 0 none
    long long driver_version = 13000;
    long long compute_capability = 90;
    long long devices = 3;            // device n runs blocks and threads in order n + 1
    long long init_status = 0;        // what cuInit returns
    long long fail_launch = 0;        // which launch from now on stops with an illegal address; 0 none
};

extern Settings settings;

struct Graph;
struct Stream;

struct Event {
    bool timed = true;
    bool recorded = false;
    bool pending = false;
    Stream* stream = nullptr;
    std::uint64_t generation = 0;
    Graph* captured = nullptr;
    std::chrono::steady_clock::time_point reached;
};

struct Operation {
    std::string name;
    std::function<void()> run;  // empty for the two below
    Event* record = nullptr;
    Event* wait = nullptr;
    std::uint64_t generation = 0;
};

struct Graph {
    std::vector<Operation> operations;
    bool invalid = false;
};

struct Context {
    int device;
    int owners = 0;
    Status spoilt = SUCCESS;  // by a kernel: no call succeeds any more
    std::string detail;
};

struct Stream {
    Context* context = nullptr;
    std::deque<Operation> operations;
    Graph* capture = nullptr;
    bool origin = false;  // of the capture
};

extern std::recursive_mutex lock;
using Guard = std::lock_guard<std::recursive_mutex>;

extern Context contexts[3];
extern thread_local Context* currentContext;
extern std::set<Stream*> streams;

/** Success, or why no call may be made now: a kernel has spoilt the current context. */
Status usable();
/** The same for a call that may not be made while a stream is captured. */
Status usableOutsideCapture();
void spoil(Status status, const std::string& detail);

Stream* streamOf(void* handle);
void enqueue(Stream* stream, Operation operation);
Status drain(Stream* stream, Event* until);
Status drainAll();

bool takeFault(long long& counter);

// memory of the device
void openMemory();
void closeMemory();
bool isDevice(const void* address, std::size_t bytes);
bool isPinned(const void* address);
/** Empty if the space between allocations is as it was, else where it is not. */
std::string damage();

}  // namespace emulated
