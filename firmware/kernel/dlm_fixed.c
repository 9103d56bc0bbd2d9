// SPDX-License-Identifier: MIT
// The table of 2^-x, roots and logarithms. Twin of host/deeplomath/fixed.py.
#include "dlm_fixed.h"

const uint32_t dlm_exp2_q30[] = DLM_EXP2_Q30;

unsigned dlm_bit_length(uint64_t value) {
    unsigned bits = 0;
    uint32_t high = (uint32_t)(value >> 32);
    uint32_t rest = high ? high : (uint32_t)value;
    while (rest) {
        rest >>= 1;
        bits++;
    }
    return high ? bits + 32 : bits;
}

uint32_t dlm_isqrt(uint64_t value) {
    uint64_t root = 0;
    uint64_t bit = (uint64_t)1 << ((dlm_bit_length(value | 1) - 1) & ~1u);
    for (; bit; bit >>= 2) {
        if (value >= root + bit) {
            value -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (uint32_t)root;
}

int32_t dlm_log2_q11(uint64_t value) {
    unsigned exponent = dlm_bit_length(value) - 1;
    uint64_t mantissa = exponent > 31 ? value >> (exponent - 31) : value << (31 - exponent);  // Q31, in [1, 2)
    int32_t result = (int32_t)exponent;
    for (unsigned i = 0; i < DLM_FEATURE_LOG_BITS; i++) {
        mantissa = (mantissa * mantissa) >> 31;
        unsigned bit = (unsigned)(mantissa >> 32);
        mantissa >>= bit;
        result = 2 * result + (int32_t)bit;
    }
    return result;
}
