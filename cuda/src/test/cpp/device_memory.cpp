// The emulated driver's memory: one region that can be read only while work runs, with known bytes between allocations.
#include "emulated.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace emulated {

namespace {

constexpr std::size_t REGION = std::size_t{64} << 30;
constexpr std::size_t PAGE = 2 << 20;  // large ones, or changing their protection takes longer than most kernels
constexpr std::size_t UNIT = 512;
constexpr std::size_t FENCE = 512;
constexpr unsigned char NOT_A_NUMBER = 0xff;

unsigned char* base = nullptr;
std::map<std::size_t, std::size_t> blocks;  // offset of what is lent → its bytes; a fence lies before and behind
std::size_t used = 0, top = FENCE;
bool isOpen = false;
std::map<const void*, std::size_t> pinned;

void reserve() {
    if (base) return;
    void* memory = mmap(nullptr, REGION, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    base = reinterpret_cast<unsigned char*>((reinterpret_cast<std::uintptr_t>(memory) + PAGE - 1) / PAGE * PAGE);
    madvise(base, REGION - PAGE, MADV_HUGEPAGE);
}

std::size_t pages(std::size_t bytes) { return (bytes + PAGE - 1) / PAGE * PAGE; }

std::size_t padded(std::size_t bytes) { return (bytes + UNIT - 1) / UNIT * UNIT; }

/** The first gap that is large enough, with its fences. */
std::size_t place(std::size_t bytes) {
    std::size_t from = 0;
    for (const auto& [offset, size] : blocks) {
        if (offset - FENCE >= from && offset - FENCE - from >= FENCE + padded(bytes)) return from + FENCE;
        from = offset + padded(size);
    }
    return from + FENCE;
}

bool intact(std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; i++)
        if (base[i] != NOT_A_NUMBER) return false;
    return true;
}

/** Not for sizes that matter to no one: fences are 64 words of 8 bytes. */
bool fenceIntact(std::size_t from) {
    static const std::vector<unsigned char> whole(FENCE, NOT_A_NUMBER);
    return std::memcmp(base + from, whole.data(), FENCE) == 0;
}

}  // namespace

void openMemory() {
    reserve();
    mprotect(base, pages(top + FENCE), PROT_READ | PROT_WRITE);
    isOpen = true;
}

void closeMemory() {
    mprotect(base, pages(top + FENCE), PROT_NONE);
    isOpen = false;
}

bool isDevice(const void* address, std::size_t bytes) {
    auto* p = static_cast<const unsigned char*>(address);
    return base && p >= base && p + bytes <= base + REGION;
}

bool isPinned(const void* address) {
    auto after = pinned.upper_bound(address);
    if (after == pinned.begin()) return false;
    --after;
    return static_cast<const char*>(address) < static_cast<const char*>(after->first) + after->second;
}

std::string damage() {
    for (const auto& [offset, size] : blocks) {
        char text[160];
        if (!intact(offset + size, offset + padded(size)) || !fenceIntact(offset + padded(size))) {
            std::snprintf(text, sizeof text, "wrote behind the end of an allocation of %zu bytes at %p", size, static_cast<void*>(base + offset));
            return text;
        }
        if (!fenceIntact(offset - FENCE)) {
            std::snprintf(text, sizeof text, "wrote before the start of an allocation of %zu bytes at %p", size, static_cast<void*>(base + offset));
            return text;
        }
    }
    return "";
}

}  // namespace emulated

using namespace emulated;

EXPORT int cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    *total = static_cast<std::size_t>(settings.memory);
    *free = *total > used ? *total - used : 0;
    return SUCCESS;
}

EXPORT int cuMemAlloc_v2(std::uintptr_t* address, std::size_t bytes) {
    Guard guard(lock);
    if (const Status status = usableOutsideCapture()) return status;
    if (bytes == 0) return INVALID_VALUE;
    if (takeFault(settings.fail_allocation) || used + padded(bytes) > static_cast<std::size_t>(settings.memory)) return OUT_OF_MEMORY;
    reserve();
    const std::size_t offset = place(bytes);
    if (offset + padded(bytes) + FENCE > REGION - 2 * PAGE) return OUT_OF_MEMORY;
    if (offset + padded(bytes) > top) top = offset + padded(bytes);
    blocks[offset] = bytes;
    used += padded(bytes);
    openMemory();
    std::memset(base + offset - FENCE, NOT_A_NUMBER, padded(bytes) + 2 * FENCE);
    closeMemory();
    *address = reinterpret_cast<std::uintptr_t>(base + offset);
    return SUCCESS;
}

EXPORT int cuMemFree_v2(std::uintptr_t address) {
    Guard guard(lock);
    if (const Status status = usableOutsideCapture()) return status;
    if (address == 0) return SUCCESS;
    const std::size_t offset = address - reinterpret_cast<std::uintptr_t>(base);
    auto block = blocks.find(offset);
    if (block == blocks.end()) return INVALID_VALUE;
    const Status status = drainAll();
    openMemory();
    std::memset(base + offset, NOT_A_NUMBER, padded(block->second));
    closeMemory();
    used -= padded(block->second);
    blocks.erase(block);
    return status;
}

EXPORT int cuMemHostAlloc(void** address, std::size_t bytes, unsigned) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    *address = std::aligned_alloc(4096, pages(bytes));
    if (!*address) return OUT_OF_MEMORY;
    pinned[*address] = bytes;
    return SUCCESS;
}

EXPORT int cuMemFreeHost(void* address) {
    Guard guard(lock);
    if (!pinned.count(address)) return INVALID_VALUE;
    const Status status = drainAll();
    pinned.erase(address);
    std::free(address);
    return status;
}

/** Ordinary memory is read before the call returns; page-locked memory when the copy runs. */
EXPORT int cuMemcpyHtoDAsync_v2(std::uintptr_t to, const void* from, std::size_t bytes, void* handle) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    Stream* stream = streamOf(handle);
    if (!stream) return INVALID_HANDLE;
    auto* target = reinterpret_cast<void*>(to);
    if (!isDevice(target, bytes)) return INVALID_VALUE;
    if (isPinned(from) || stream->capture) {
        enqueue(stream, {"a copy to the device", [=] { std::memcpy(target, from, bytes); }});
    } else {
        auto* first = static_cast<const unsigned char*>(from);
        auto bought = std::make_shared<std::vector<unsigned char>>(first, first + bytes);
        enqueue(stream, {"a copy to the device", [=] { std::memcpy(target, bought->data(), bytes); }});
    }
    return SUCCESS;
}

EXPORT int cuMemcpyDtoHAsync_v2(void* to, std::uintptr_t from, std::size_t bytes, void* handle) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    Stream* stream = streamOf(handle);
    if (!stream) return INVALID_HANDLE;
    auto* source = reinterpret_cast<const void*>(from);
    if (!isDevice(source, bytes)) return INVALID_VALUE;
    enqueue(stream, {"a copy to the host", [=] { std::memcpy(to, source, bytes); }});
    return isPinned(to) || stream->capture ? SUCCESS : drain(stream, nullptr);
}

EXPORT int cuMemcpyDtoDAsync_v2(std::uintptr_t to, std::uintptr_t from, std::size_t bytes, void* handle) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    Stream* stream = streamOf(handle);
    if (!stream) return INVALID_HANDLE;
    auto* target = reinterpret_cast<void*>(to);
    auto* source = reinterpret_cast<const void*>(from);
    if (!isDevice(target, bytes) || !isDevice(source, bytes)) return INVALID_VALUE;
    enqueue(stream, {"a copy on the device", [=] { std::memmove(target, source, bytes); }});
    return SUCCESS;
}

EXPORT int cuMemsetD8Async(std::uintptr_t to, unsigned char value, std::size_t bytes, void* handle) {
    Guard guard(lock);
    if (const Status status = usable()) return status;
    Stream* stream = streamOf(handle);
    if (!stream) return INVALID_HANDLE;
    auto* target = reinterpret_cast<void*>(to);
    if (!isDevice(target, bytes)) return INVALID_VALUE;
    enqueue(stream, {"cuMemsetD8Async", [=] { std::memset(target, value, bytes); }});
    return SUCCESS;
}
