/*
 * Can this machine really execute AMX bf16, or VNNI? The flags of CPUID may promise what a hypervisor forbids, or be silent about what works,
 * and Linux grants the tile registers only on request. So: ask, then try the instructions in a child process, whose death harms nobody.
 */
#include "quant.h"
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
void cria_quantise_rows(int type, long count, long k, const float *x, long ld, uint8_t *to);
void cria_multiply_rows(
    int type, long rows, long k, const uint8_t *w, long row_bytes, long count, const uint8_t *x, long stride, float *y, long ldy);
void cria_amx_pack(int right, int k_contiguous, long rows, long k, const float *src, long ld, uint16_t *to);

/* SHA-256 of the sources this library was built from, in hex. */
EXPORT const char *cria_source_hash(void) { return SOURCE_HASH; }

/* Whether processor and system have what the float32 leaves use. */
EXPORT int cria_avx512_probe(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

enum { EXECUTABLE, REFUSED, FAULTS, WRONG, NO_CHILD };

/* Runs a test in a child process: what it returns, or FAULTS, or NO_CHILD. */
static int in_child(int (*test)(void)) {
    pid_t child = fork();
    if (child < 0) {
        return NO_CHILD;
    }
    if (child == 0) {
        signal(SIGILL, SIG_DFL);
        signal(SIGSEGV, SIG_DFL);
        _exit(test());
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : FAULTS;
}

static int test_amx(void) {
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
                return WRONG;
            }
        }
    }
    return EXECUTABLE;
}

static int test_vnni(void) {
    /* One row of four Q4_0 blocks with scale 1 (0x3c00 in float16) and weights -8..7, against inputs that 8 bits hold exactly. */
    static uint8_t weights[72], quantised[256] __attribute__((aligned(64)));
    static float x[128];
    float sum = 0, y = 0;
    for (int block = 0; block < 4; block++) {
        weights[block * 18 + 1] = 0x3c;
        for (int i = 0; i < 16; i++) {
            int low = (i + block) % 16, high = (i * 3 + block) % 16;
            weights[block * 18 + 2 + i] = (uint8_t)(low | high << 4);
            x[block * 32 + i] = i == 0 ? 127 : (float)(i - 8);
            x[block * 32 + i + 16] = (float)(7 - i);
            sum += x[block * 32 + i] * (float)(low - 8) + x[block * 32 + i + 16] * (float)(high - 8);
        }
    }
    cria_quantise_rows(CRIA_Q4_0, 1, 128, x, 128, quantised);
    cria_multiply_rows(CRIA_Q4_0, 1, 128, weights, 72, 1, quantised, 256, &y, 1);
    return y == sum ? EXECUTABLE : WRONG;
}

/* 0 executable; 1 the kernel refused the tile registers; 2 the instructions fault; 3 they compute wrong results; 4 no child process. */
EXPORT int cria_amx_probe(void) {
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) != 0 ? REFUSED : in_child(test_amx);
}

/* The same for what quant_rows.c is built of; 1 the processor has no AVX-512 with VNNI and VBMI. */
EXPORT int cria_vnni_probe(void) {
    int claimed = cria_avx512_probe() && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
    return claimed ? in_child(test_vnni) : REFUSED;
}
