/*
 * Can this machine really execute AMX bf16? The flags of CPUID may promise what a hypervisor forbids, or be silent about what works, and
 * Linux grants the tile registers only on request. So: ask the kernel, then try the instructions in a child process, whose death harms nobody.
 */
#include <immintrin.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA 18

#ifndef SOURCE_HASH
#define SOURCE_HASH "unknown"
#endif

void cria_amx_multiply_packed(long m, long n, long k, const uint16_t *left, const uint16_t *right, int accumulate, float *c, long ldc);
void cria_amx_pack(int right, int k_contiguous, long rows, long k, const float *src, long ld, uint16_t *to);

/* SHA-256 of the sources this library was built from, in hex. */
EXPORT const char *cria_source_hash(void) { return SOURCE_HASH; }

/* Whether processor and system have what the float32 leaves use. */
EXPORT int cria_avx512_probe(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl");
}

/* 0 executable; 1 the kernel refused the tile registers; 2 the instructions fault; 3 they compute wrong results; 4 no child process. */
EXPORT int cria_amx_probe(void) {
    if (syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) != 0) {
        return 1;
    }
    pid_t child = fork();
    if (child < 0) {
        return 4;
    }
    if (child == 0) {
        signal(SIGILL, SIG_DFL);
        signal(SIGSEGV, SIG_DFL);
        static float a[16 * 32], b[32 * 16], c[16 * 16] __attribute__((aligned(64)));
        static uint16_t left[512] __attribute__((aligned(64))), right[512] __attribute__((aligned(64)));
        for (int i = 0; i < 512; i++) {
            a[i] = (float)(i % 7) - 3;
            b[i] = (float)(i % 5) - 2;
        }
        cria_amx_pack(0, 1, 16, 32, a, 32, left);
        cria_amx_pack(1, 0, 16, 32, b, 16, right);
        cria_amx_multiply_packed(16, 16, 32, left, right, 0, c, 16);
        for (int i = 0; i < 16; i++) {
            for (int j = 0; j < 16; j++) {
                float sum = 0;
                for (int k = 0; k < 32; k++) {
                    sum += a[i * 32 + k] * b[k * 16 + j];
                }
                if (sum != c[i * 16 + j]) {
                    _exit(3);
                }
            }
        }
        _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
