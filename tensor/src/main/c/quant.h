/* The block formats that the leaves know, by the numbers that QuantLeaf.java gives them. */
#ifndef CRIA_QUANT_H
#define CRIA_QUANT_H
#include <stdint.h>

enum { CRIA_F32 = 0, CRIA_F16 = 1, CRIA_BF16 = 2, CRIA_Q8_0 = 3, CRIA_Q4_0 = 4, CRIA_Q4_K = 5, CRIA_Q6_K = 6 };

#endif
