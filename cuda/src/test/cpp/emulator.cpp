// The threads of a block: fibers, the order they run in, barriers, warps and asynchronous copies.
#include "device.cuh"

#include <pthread.h>
#include <signal.h>

#include <csetjmp>
#include <cstdio>
#include <string>
#include <vector>

#include "fiber.h"

extern "C" {
__attribute__((weak, visibility("hidden"))) extern char __start_cria_shared[];
__attribute__((weak, visibility("hidden"))) extern char __stop_cria_shared[];
}

namespace emulator {

Thread* current;
dim3 blockIndex, blockSize, gridSize;
const char* const SHUFFLE = "shuffle";

namespace {

constexpr int MOST_THREADS = 1024;
constexpr std::size_t MOST_SHARED = 256 << 10;
constexpr unsigned char NOT_A_NUMBER = 0xff;

struct Copy {
    void* shared;
    const void* global;
    bool valid;
};

enum class State { FRESH, RUNNING, AT_BARRIER, AT_MEETING, DONE };

struct Warp {
    int live;
    int arrived;
    unsigned meeting;  // counts them: slots of one are read while the next one's are filled
    const char* what;
    Finish finish;
    bool whole;
    alignas(64) unsigned char slots[2][32][SLOT_BYTES];
};

struct Worker : Thread {
    State state;
    Fiber* fiber;
    int place;  // in the order of running
    std::vector<Copy> copies;
    std::vector<int> groups;  // how many copies each committed group has
    int uncommitted;
};

Worker threads[MOST_THREADS];
Warp warps[MOST_THREADS / 32];
int order[MOST_THREADS];
std::uint64_t runnable[MOST_THREADS / 64];
int threadCount, live, atBarrier, cursor;
Worker* starting;
std::vector<Fiber*> allFibers, idleFibers;
Fiber* running;
Context host;
void (*kernelBody)(void*);
void* kernelArgument;
unsigned char* sharedEnd;
std::size_t sharedBytes;
int chosenOrder = 0;
std::string failure;
sigjmp_buf landing;
bool landingSet;
pthread_t deviceThread;
struct sigaction previous[2];
const int FAULTS[2] = {SIGSEGV, SIGBUS};

Worker& self() { return *static_cast<Worker*>(current); }

std::string place(const Worker& t) {
    auto triple = [](dim3 d) { return "(" + std::to_string(d.x) + "," + std::to_string(d.y) + "," + std::to_string(d.z) + ")"; };
    return "block " + triple(blockIndex) + " thread " + triple(t.index);
}

void setRunnable(const Worker& t) { runnable[t.place / 64] |= std::uint64_t{1} << t.place % 64; }

int nextRunnable() {
    const int words = (threadCount + 63) / 64;
    int word = cursor / 64;
    std::uint64_t bits = runnable[word] & (~std::uint64_t{0} << cursor % 64);
    for (int i = 0; i <= words; i++) {
        if (bits != 0) return 64 * word + __builtin_ctzll(bits);
        word = (word + 1) % words;
        bits = runnable[word];
    }
    return -1;
}

void fiberMain();

Fiber* idleFiber() {
    if (idleFibers.empty()) {
        auto* fiber = new Fiber(static_cast<int>(allFibers.size()));
        allFibers.push_back(fiber);
        fiber->restart(fiberMain);
        return fiber;
    }
    Fiber* fiber = idleFibers.back();
    idleFibers.pop_back();
    return fiber;
}

/** When the library of a kernel is closed. */
struct FreeStacks {
    ~FreeStacks() {
        for (Fiber* fiber : allFibers) munmap(fiber->memory, Fiber::BYTES);
    }
} freeStacks;

void switchTo(Fiber* to) {
    Fiber* from = running;
    running = to;
    from->context.switchTo(to->context);
}

std::string whoWaits() {
    std::string text;
    int shown = 0;
    for (int i = 0; i < threadCount && shown < 2; i++) {
        const Worker& t = threads[i];
        if (t.state == State::AT_BARRIER) text += "; " + place(t) + " waits at a barrier", shown++;
    }
    shown = 0;
    for (int i = 0; i < threadCount && shown < 2; i++) {
        const Worker& t = threads[i];
        if (t.state == State::AT_MEETING) text += "; " + place(t) + " waits for its warp at " + warps[i / 32].what, shown++;
    }
    return text;
}

/** Goes on with another thread; returns when this fiber's thread may run again, or, for an idle one, when there is a thread to start. */
void runAnother(bool idle) {
    const int next = nextRunnable();
    if (next < 0) {
        if (live > 0) fail(("threads wait for ever" + whoWaits()).c_str());
        idleFibers.push_back(running);
        running->context.switchTo(host);
        return;
    }
    runnable[next / 64] &= ~(std::uint64_t{1} << next % 64);
    cursor = (next + 1) % threadCount;
    Worker& t = threads[order[next]];
    if (t.state == State::FRESH) {
        starting = &t;
        if (!idle) switchTo(idleFiber());
    } else {
        current = &t;
        if (idle) idleFibers.push_back(running);
        switchTo(t.fiber);
    }
}

void wait(State state) {
    Worker& t = self();
    t.state = state;
    t.fiber = running;
    runAnother(false);
    t.state = State::RUNNING;
}

void releaseBarrier() {
    atBarrier = 0;
    for (int i = 0; i < threadCount; i++)
        if (threads[i].state == State::AT_BARRIER) setRunnable(threads[i]);
}

void finishMeeting(Warp& warp) {
    const int first = 32 * static_cast<int>(&warp - warps);
    if (warp.whole && warp.live < 32) fail((std::string(warp.what) + " with fewer than 32 lanes").c_str());
    Slots slots = warp.slots[warp.meeting & 1];
    for (int lane = 0; lane < 32; lane++)
        if (first + lane >= threadCount || threads[first + lane].state == State::DONE) std::memset(slots[lane], NOT_A_NUMBER, SLOT_BYTES);
    if (warp.finish) warp.finish(slots);
    warp.meeting++;
    warp.arrived = 0;
    for (int lane = 0; lane < 32 && first + lane < threadCount; lane++)
        if (threads[first + lane].state == State::AT_MEETING) setRunnable(threads[first + lane]);
}

void leave(Worker& t) {
    t.state = State::DONE;
    live--;
    Warp& warp = warps[t.number / 32];
    warp.live--;
    if (warp.arrived > 0 && warp.arrived == warp.live) finishMeeting(warp);
    if (atBarrier > 0 && atBarrier == live) releaseBarrier();
}

void fiberMain() {
    for (;;) {
        Worker& t = *starting;
        t.state = State::RUNNING;
        current = &t;
        kernelBody(kernelArgument);
        leave(self());
        runAnother(true);
    }
}

std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

void arrange(int* places, int count, std::uint64_t seed) {
    for (int i = 0; i < count; i++) places[i] = chosenOrder == 2 ? count - 1 - i : i;
    if (chosenOrder <= 2) return;
    for (int i = count - 1; i > 0; i--) std::swap(places[i], places[mix(seed + i) % (i + 1)]);
}

void prepareThreads() {
    threadCount = static_cast<int>(blockSize.x * blockSize.y * blockSize.z);
    for (int i = 0; i < threadCount; i++) {
        Worker& t = threads[i];
        t.number = i;
        t.index = {i % blockSize.x, i / blockSize.x % blockSize.y, i / (blockSize.x * blockSize.y)};
    }
}

void runBlock(std::uint64_t number) {
    if (chosenOrder > 2 || number == 0) {
        arrange(order, threadCount, 1000003 * (number + 1) + chosenOrder);
        for (int i = 0; i < threadCount; i++) threads[order[i]].place = i;
    }
    for (int i = 0; i < threadCount; i++) {
        Worker& t = threads[i];
        t.state = State::FRESH;
        t.copies.clear();
        t.groups.clear();
        t.uncommitted = 0;
        setRunnable(t);
    }
    for (int w = 0; w < (threadCount + 31) / 32; w++) {
        warps[w].live = threadCount - 32 * w < 32 ? threadCount - 32 * w : 32;
        warps[w].arrived = 0;
    }
    live = threadCount;
    atBarrier = 0;
    cursor = 0;
    if (__start_cria_shared) std::memset(__start_cria_shared, NOT_A_NUMBER, static_cast<std::size_t>(__stop_cria_shared - __start_cria_shared));
    unsigned char* shared = dynamicShared();
    std::memset(shared, NOT_A_NUMBER, static_cast<std::size_t>(sharedEnd - shared));
    const int first = nextRunnable();
    runnable[first / 64] &= ~(std::uint64_t{1} << first % 64);
    starting = &threads[order[first]];
    cursor = (first + 1) % threadCount;
    running = idleFiber();
    host.switchTo(running->context);
    for (unsigned char* p = shared + sharedBytes; p < sharedEnd; p++)
        if (*p != NOT_A_NUMBER) {
            current = nullptr;
            fail("a write behind the end of dynamic shared memory");
        }
}

void onFault(int signal, siginfo_t* info, void* context) {
    if (landingSet && pthread_equal(pthread_self(), deviceThread)) {
        char text[96];
        std::snprintf(text, sizeof text, "an access to memory that is not there, %p", info->si_addr);
        fail(text);
    }
    // Another thread's fault, perhaps one that the JVM causes on purpose: whoever was asked before knows.
    struct sigaction& before = previous[signal == SIGSEGV ? 0 : 1];
    if (before.sa_flags & SA_SIGINFO) {
        before.sa_sigaction(signal, info, context);
    } else if (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN) {
        sigaction(signal, &before, nullptr);
    } else {
        before.sa_handler(signal);
    }
}

void catchFaults() {
    alignas(16) static char stack[64 << 10];
    stack_t own = {};
    own.ss_sp = stack;
    own.ss_size = sizeof stack;
    sigaltstack(&own, nullptr);
    struct sigaction action = {};
    action.sa_sigaction = onFault;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    for (int i = 0; i < 2; i++) sigaction(FAULTS[i], &action, &previous[i]);
    deviceThread = pthread_self();
}

void releaseFaults() {
    for (int i = 0; i < 2; i++) sigaction(FAULTS[i], &previous[i], nullptr);
    stack_t none = {};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
}

bool isShared(const void* address) {
    auto* p = static_cast<const unsigned char*>(address);
    auto* low = reinterpret_cast<const unsigned char*>(__start_cria_shared);
    auto* high = reinterpret_cast<const unsigned char*>(__stop_cria_shared);
    return (p >= dynamicShared() && p + 16 <= sharedEnd) || (low && p >= low && p + 16 <= high);
}

void complete(const Copy& copy) {
    if (copy.valid) {
        std::memcpy(copy.shared, copy.global, 16);
    } else {
        std::memset(copy.shared, 0, 16);
    }
}

void prepareShared() {
    if (sharedEnd) return;
    auto* memory = static_cast<unsigned char*>(
        mmap(nullptr, MOST_SHARED + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (memory == MAP_FAILED) std::abort();
    mprotect(memory + MOST_SHARED, 4096, PROT_NONE);
    sharedEnd = memory + MOST_SHARED;
}

}  // namespace

void fail(const char* message) {
    failure = message;
    if (current) failure += ", in " + place(self());
    siglongjmp(landing, 1);
}

unsigned char* dynamicShared() { return sharedEnd - (sharedBytes + 127) / 128 * 128; }

void barrier() {
    if (++atBarrier == live) {
        releaseBarrier();
    } else {
        wait(State::AT_BARRIER);
    }
}

int laneNumber() { return current->number % 32; }

Slots meet(const char* what, const void* value, int bytes, Finish finish, bool whole) {
    Warp& warp = warps[current->number / 32];
    if (warp.arrived > 0 && warp.what != what) {
        fail((std::string("lanes of a warp at different operations, ") + warp.what + " and " + what).c_str());
    }
    warp.what = what;
    warp.finish = finish;
    warp.whole = whole;
    Slots slots = warp.slots[warp.meeting & 1];
    std::memcpy(slots[laneNumber()], value, static_cast<std::size_t>(bytes));
    if (++warp.arrived == warp.live) {
        finishMeeting(warp);
    } else {
        wait(State::AT_MEETING);
    }
    return slots;
}

void checkRow(const void* shared) {
    if (reinterpret_cast<std::uintptr_t>(shared) % 16 != 0 || !isShared(shared)) fail("ldmatrix from what is not 16 aligned bytes of shared memory");
}

void copyAsync(void* shared, const void* global, bool valid) {
    if (reinterpret_cast<std::uintptr_t>(shared) % 16 != 0 || !isShared(shared)) fail("cpAsync16 to what is not 16 aligned bytes of shared memory");
    if (valid && reinterpret_cast<std::uintptr_t>(global) % 16 != 0) fail("cpAsync16 from an address that is not a multiple of 16");
    self().copies.push_back({shared, global, valid});
    self().uncommitted++;
    std::memset(shared, NOT_A_NUMBER, 16);
}

void commitCopies() {
    self().groups.push_back(self().uncommitted);
    self().uncommitted = 0;
}

void waitCopies(int groups) {
    Worker& t = self();
    std::size_t done = 0;
    while (static_cast<int>(t.groups.size()) > groups) {
        for (int i = 0; i < t.groups.front(); i++) complete(t.copies[done++]);
        t.groups.erase(t.groups.begin());
    }
    t.copies.erase(t.copies.begin(), t.copies.begin() + static_cast<std::ptrdiff_t>(done));
}

void setOrder(int order) { chosenOrder = order; }

const char* tryLaunch(dim3 grid, dim3 block, std::size_t shared, void (*body)(void*), void* argument) {
    if (chosenOrder == 0) {
        const char* text = std::getenv("CRIA_EMULATOR_ORDER");
        chosenOrder = text ? std::atoi(text) : 1;
    }
    prepareShared();
    gridSize = grid;
    blockSize = block;
    sharedBytes = shared;
    kernelBody = body;
    kernelArgument = argument;
    prepareThreads();
    const std::uint64_t blocks = std::uint64_t{grid.x} * grid.y * grid.z;
    std::vector<int> blockOrder(blocks);
    arrange(blockOrder.data(), static_cast<int>(blocks), 77 + chosenOrder);
    catchFaults();
    landingSet = true;
    const char* message = nullptr;
    if (sigsetjmp(landing, 0) == 0) {
        for (std::uint64_t i = 0; i < blocks; i++) {
            const auto b = static_cast<unsigned>(blockOrder[i]);
            blockIndex = {b % grid.x, b / grid.x % grid.y, b / (grid.x * grid.y)};
            runBlock(i);
        }
    } else {
        message = failure.c_str();
        idleFibers = allFibers;
        for (Fiber* fiber : allFibers) fiber->restart(fiberMain);
        std::memset(runnable, 0, sizeof runnable);
    }
    landingSet = false;
    current = nullptr;
    releaseFaults();
    return message;
}

void launchOrExit(dim3 grid, dim3 block, std::size_t shared, void (*body)(void*), void* argument) {
    if (const char* message = tryLaunch(grid, block, shared, body, argument)) {
        std::fprintf(stderr, "emulator: %s\n", message);
        std::exit(1);
    }
}

}  // namespace emulator
