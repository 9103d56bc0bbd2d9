// SPDX-License-Identifier: MIT
// Logarithms, by repeated squaring of the mantissa. Twin of host/deeplomath/signal/log2.py.
#include "dlm_log2.h"

#include "dlm_fixed.h"

int32_t dlm_log2_q11(uint64_t value) {
    unsigned exponent = dlm_bit_length(value) - 1;
    uint32_t mantissa =
        (uint32_t)(exponent > 31 ? value >> (exponent - 31) : value << (31 - exponent));  // Q31, in [1, 2)
    int32_t result = (int32_t)exponent;
    for (unsigned i = 0; i < DLM_FEATURE_LOG_BITS; i++) {
        const uint32_t high = dlm_mul_high(mantissa, mantissa), bit = high >> 31;
        mantissa = bit ? high : high << 1 | mantissa * mantissa >> 31;
        result = 2 * result + (int32_t)bit;
    }
    return result;
}
