// SPDX-License-Identifier: MIT
// Logarithms of the front-end. Twin of host/deeplomath/signal/log2.py. NUMERICS.md, Roots and logarithms.
#ifndef DLM_LOG2_H
#define DLM_LOG2_H

#include <stdint.h>

// Floor of log2(value) in Q11. value >= 1, below 2^63.
int32_t dlm_log2_q11(uint64_t value);

#endif
