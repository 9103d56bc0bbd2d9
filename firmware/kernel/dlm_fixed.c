// SPDX-License-Identifier: MIT
// The table of 2^-x, roots and logarithms. Twin of host/deeplomath/fixed.py.
#include "dlm_fixed.h"

const uint32_t dlm_exp2_q30[] = DLM_EXP2_Q30;

int32_t dlm_saturate(int64_t value, int32_t limit) {
    return value > limit ? limit : value < -limit ? -limit : (int32_t)value;
}

int32_t dlm_round_saturate(int64_t value, unsigned bits, int32_t limit) {
    return dlm_saturate(dlm_round_shift(value, bits), limit);
}

unsigned dlm_bit_length(uint64_t value) {
    const uint32_t high = (uint32_t)(value >> 32);
    uint32_t rest = high ? high : (uint32_t)value;
    unsigned bits = high ? 32 : 0;
    for (unsigned half = 16; half; half /= 2) {
        if (rest >> half) {
            rest >>= half;
            bits += half;
        }
    }
    return bits + rest;
}

// Floor of the square root of value >= 2^30, bit by bit.
static uint32_t isqrt32(uint32_t value) {
    uint32_t root = 0;
    for (uint32_t bit = (uint32_t)1 << 30; bit; bit >>= 2) {
        const uint32_t trial = root + bit;
        root >>= 1;
        if (value >= trial) {
            value -= trial;
            root += bit;
        }
    }
    return root;
}

// Moved up so that the top bit or the next is set, the root of the upper half gives 16 bits, one division the others
// (Zimmermann, Karatsuba Square Root, INRIA RR-3805, 1999).
uint32_t dlm_isqrt(uint64_t value) {
    if (!value) {
        return 0;
    }
    const unsigned up = (64 - dlm_bit_length(value)) / 2;
    value <<= 2 * up;
    const uint32_t high = (uint32_t)(value >> 32), low = (uint32_t)value, root = isqrt32(high);
    const uint32_t rest = high - root * root;                                 // <= 2 root
    const uint32_t quotient = ((rest << 15) + (low >> 17)) / root;            // <= 2^16
    const uint32_t remainder = (rest << 15) + (low >> 17) - quotient * root;  // in halves
    const int64_t left =
        (int64_t)(((uint64_t)remainder << 17) + (low & 0x1ffff)) - (int64_t)((uint64_t)quotient * quotient);
    return (uint32_t)((((uint64_t)root << 16) + quotient - (left < 0)) >> up);
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

#if defined(__ARM_ARCH_6M__)

// By halves: the library's product of 64 bits takes twice as long.
uint32_t dlm_mul_high(uint32_t a, uint32_t b) {
    const uint32_t a_low = a & 0xffff, a_high = a >> 16, b_low = b & 0xffff, b_high = b >> 16;
    const uint32_t cross = a_high * b_low, other = a_low * b_high;
    const uint32_t carry = (a_low * b_low >> 16) + (cross & 0xffff) + (other & 0xffff);
    return a_high * b_high + (cross >> 16) + (other >> 16) + (carry >> 16);
}

#endif
