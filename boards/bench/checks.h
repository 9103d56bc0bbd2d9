// SPDX-License-Identifier: MIT
#ifndef BENCH_CHECKS_H
#define BENCH_CHECKS_H

#include <stdint.h>

// How many results of this core's own ways (assembly, division by the core) differ from what plain C or a definition gives: sums of
// products, rows of squared distances, rows of 2^-x, roots.
uint32_t checks_failed(void);

#endif
