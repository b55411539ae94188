// Switching between stacks on one thread of the operating system.
#pragma once

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>

namespace emulator {

#if defined(__x86_64__)

extern "C" void cria_switch_stack(void** from, void* to);

// Keeps the registers that a call must keep, changes the stack, takes the other side's registers.
asm(R"(
.text
.local cria_switch_stack
.type cria_switch_stack, @function
cria_switch_stack:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size cria_switch_stack, . - cria_switch_stack
)");

struct Context {
    void* stack = nullptr;

    void start(char* top, void (*entry)()) {
        auto* words = reinterpret_cast<std::uintptr_t*>(reinterpret_cast<std::uintptr_t>(top) & ~std::uintptr_t{15});
        *--words = 0;  // where entry would return to, which it never does; also keeps its stack as the ABI wants it
        *--words = reinterpret_cast<std::uintptr_t>(entry);
        for (int i = 0; i < 6; i++) *--words = 0;
        stack = words;
    }

    void switchTo(Context& other) { cria_switch_stack(&stack, other.stack); }
};

#else

struct Context {
    ucontext_t context;

    void start(char* top, void (*entry)(), std::size_t bytes) {
        getcontext(&context);
        context.uc_stack.ss_sp = top - bytes;
        context.uc_stack.ss_size = bytes;
        context.uc_link = nullptr;
        makecontext(&context, entry, 0);
    }

    void start(char* top, void (*entry)()) { start(top, entry, 60 << 10); }
    void switchTo(Context& other) { swapcontext(&context, &other.context); }
};

#endif

/** A stack with a page below it that faults, and somewhere to go on. */
struct Fiber {
    static constexpr std::size_t BYTES = 128 << 10;
    Context context;
    char* memory;
    int number;

    explicit Fiber(int number) : number(number) {
        memory = static_cast<char*>(mmap(nullptr, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
        if (memory == MAP_FAILED) std::abort();
        mprotect(memory, 4096, PROT_NONE);
    }

    /** Tops differ by lines of the cache, or all stacks would fall into the same few of them. */
    void restart(void (*entry)()) { context.start(memory + BYTES - 192 * (number % 64), entry); }
};

}  // namespace emulator
