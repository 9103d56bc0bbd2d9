// SPDX-License-Identifier: MIT
// Rounding, saturation, roots and powers of two: the only home of arithmetic shifts. Twin of host/deeplomath/fixed.py.
#ifndef DLM_FIXED_H
#define DLM_FIXED_H

#include <stdint.h>

#include "dlm_spec.h"

// Of a whole function in assembly, where gcc runs out of registers, and of its parameters.
#define DLM_NAKED __attribute__((naked, noipa))
#define DLM_UNUSED __attribute__((unused))

// Of a function whose loops take time: compiled for speed on cores with DSP instructions.
#if defined(__ARM_FEATURE_DSP)
#define DLM_HOT __attribute__((optimize("O2")))
#else
#define DLM_HOT
#endif

extern const uint32_t dlm_exp2_q30[];  // 2^-(i / 2^DLM_KERNEL_EXPONENT_STEP_BITS) in Q30

// value / 2^bits, floor. bits: 0..63. Relies on >> of a negative number being arithmetic, as in gcc and clang.
static inline int64_t dlm_floor_shift(int64_t value, unsigned bits) {
    return value >> bits;
}

static inline int32_t dlm_floor_shift32(int32_t value, unsigned bits) {
    return value >> bits;
}

// A value of 0..1 in Q30 as int16 in Q15, 1 as 32767.
static inline int16_t dlm_q15(uint32_t value_q30) {
    return (int16_t)((value_q30 >> 15) - (value_q30 >> 30));
}

// value / 2^bits, to the nearest, halves up. bits: 1..62; value + 2^(bits-1) must not overflow.
static inline int64_t dlm_round_shift(int64_t value, unsigned bits) {
    return ((value >> (bits - 1)) + 1) >> 1;
}

// value clipped to -limit..limit.
int32_t dlm_saturate(int64_t value, int32_t limit);

// value clipped to int32.
static inline int32_t dlm_to_int32(int64_t value) {
    return value == (int32_t)value ? (int32_t)value : (int32_t)(value >> 63) ^ INT32_MAX;
}

static inline int32_t dlm_saturate32(int32_t value, int32_t limit) {
    return value > limit ? limit : value < -limit ? -limit : value;
}

// dlm_saturate of dlm_round_shift.
int32_t dlm_round_saturate(int64_t value, unsigned bits, int32_t limit);

// Floor of value / divisor, divisor > 0.
static inline int32_t dlm_floor_div(int32_t value, int32_t divisor) {
    return value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor);
}

// Number of bits of value; 0 for 0.
unsigned dlm_bit_length(uint64_t value);

// value / divisor, floor; 0 < divisor < 2^16.
uint64_t dlm_divide(uint64_t value, uint32_t divisor);

// The value that is at position `wanted` when n values are sorted upwards; leaves them in another order. Hoare, Algorithm
// 65: Find, Communications of the ACM 4 (1961).
uint32_t dlm_select(uint32_t *values, uint32_t n, uint32_t wanted);

// Floor of the square root.
uint32_t dlm_isqrt(uint64_t value);

// a b / 2^32, floor.
#if defined(__ARM_ARCH_6M__)
uint32_t dlm_mul_high(uint32_t a, uint32_t b);
#else
static inline uint32_t dlm_mul_high(uint32_t a, uint32_t b) {
    return (uint32_t)((uint64_t)a * b >> 32);
}
#endif

// a b / 2^bits, floor, of two signed numbers; bits: 27 or 32.
#if defined(__ARM_ARCH_6M__)
int32_t dlm_mul_shift(int32_t a, int32_t b, unsigned bits);
#else
static inline int32_t dlm_mul_shift(int32_t a, int32_t b, unsigned bits) {
    return (int32_t)((int64_t)a * b >> bits);
}
#endif

// 2^-x in Q30, x in Q18; 0 from x = 30 on.
static inline uint32_t dlm_exp2_neg(uint32_t x_q18) {
    if (x_q18 >= (uint32_t)DLM_KERNEL_EXPONENT_MAX << 18) {
        return 0;
    }
    const unsigned low_bits = 18 - DLM_KERNEL_EXPONENT_STEP_BITS;
    const uint32_t low = x_q18 & ((1u << low_bits) - 1);
    const uint32_t *step = &dlm_exp2_q30[(x_q18 & 0x3ffff) >> low_bits];
    return (step[0] - ((((step[0] - step[1]) >> 4) * low) >> (low_bits - 4))) >> (x_q18 >> 18);  // 2^19.5 2^12
}

// 2^-x in Q30 of x = floor(a b / 2^32) >> shift, Q18.
static inline uint32_t dlm_gauss_short(uint32_t a, uint32_t b, unsigned shift) {
    return dlm_exp2_neg(dlm_mul_high(a, b) >> shift);
}

// dlm_gauss_short of n values a; row [n] may lie where they do.
void dlm_gauss_row(const uint32_t *a, uint32_t *row, uint32_t n, uint32_t b, unsigned shift);

#endif
