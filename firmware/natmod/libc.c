// SPDX-License-Identifier: MIT
// The C library's functions that a native module's code calls.
#include "py/dynruntime.h"

// A native module is linked with no C library: what kernel and compiler take from it is MicroPython's own. no_icf: GCC
// would fold the two equal bodies, let memmove call memcpy, and expand that in place, for areas that do not overlap.
void *memset(void *to, int value, size_t n) {
    return mp_fun_table.memset_(to, value, n);
}
__attribute__((no_icf)) void *memmove(void *to, const void *from, size_t n) {
    return mp_fun_table.memmove_(to, from, n);
}
__attribute__((no_icf)) void *memcpy(void *to, const void *from, size_t n) {
    return mp_fun_table.memmove_(to, from, n);
}
