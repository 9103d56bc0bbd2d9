// SPDX-License-Identifier: MIT
// The table of 2^-x, roots and ranks. Twin of host/deeplomath/fixed.py.
#include "dlm_fixed.h"

const uint32_t dlm_exp2_q30[] = DLM_EXP2_Q30;

int32_t dlm_saturate(int64_t value, int32_t limit) {
    return dlm_saturate32(dlm_to_int32(value), limit);
}

int32_t dlm_round_saturate(int64_t value, unsigned bits, int32_t limit) {
    return dlm_saturate(dlm_round_shift(value, bits), limit);
}

unsigned dlm_bit_length(uint64_t value) {
    const uint32_t high = (uint32_t)(value >> 32);
    uint32_t rest = high ? high : (uint32_t)value;
    unsigned bits = high ? 32 : 0;
#if defined(__ARM_FEATURE_CLZ)
    return bits + 32 - (unsigned)__builtin_clz(rest | 1) - !rest;
#else
    for (unsigned half = 16; half; half /= 2) {
        if (rest >> half) {
            rest >>= half;
            bits += half;
        }
    }
    return bits + rest;
#endif
}

uint64_t dlm_divide(uint64_t value, uint32_t divisor) {
    const uint32_t high = (uint32_t)(value >> 32), low = (uint32_t)value;
    const uint32_t middle = high % divisor << 16 | low >> 16;
    const uint32_t rest = middle % divisor << 16 | (low & 0xffff);
    return (uint64_t)(high / divisor) << 32 | (middle / divisor << 16 | rest / divisor);
}

#if defined(__ARM_FEATURE_DSP)

// first r0, end r1, where r2, pivot r3; low r4, high r5, what is there r6 and r7.
DLM_NAKED uint32_t dlm_select(uint32_t *values DLM_UNUSED, uint32_t n DLM_UNUSED, uint32_t wanted DLM_UNUSED) {
    __asm volatile("push {r4-r7}\n"
                   "add r1, r0, r1, lsl #2\n"
                   "add r2, r0, r2, lsl #2\n"
                   "b 6f\n"
                   "1: ldr r3, [r2]\n"
                   "mov r4, r0\n"
                   "mov r5, r1\n"
                   "2: ldr r6, [r4], #4\n"
                   "cmp r6, r3\n"
                   "blo 2b\n"
                   "3: ldr r7, [r5, #-4]!\n"
                   "cmp r7, r3\n"
                   "bhi 3b\n"
                   "sub r12, r4, #4\n"
                   "cmp r12, r5\n"
                   "bhi 4f\n"
                   "str r7, [r12]\n"
                   "str r6, [r5]\n"
                   "cmp r4, r5\n"
                   "blo 2b\n"
                   "b 5f\n"
                   "4: mov r4, r12\n"
                   "adds r5, #4\n"
                   "5: cmp r5, r2\n"
                   "it ls\n"
                   "movls r0, r4\n"
                   "cmp r4, r2\n"
                   "it hi\n"
                   "movhi r1, r5\n"
                   "6: subs r3, r1, r0\n"
                   "cmp r3, #4\n"
                   "bgt 1b\n"
                   "ldr r0, [r2]\n"
                   "pop {r4-r7}\n"
                   "bx lr\n");
}

#else

uint32_t dlm_select(uint32_t *values, uint32_t n, uint32_t wanted) {
    uint32_t *first = values, *end = values + n, *const at = values + wanted;
    while (end - first > 1) {
        const uint32_t pivot = *at;
        uint32_t *low = first, *high = end, left, right;
        do {  // all before low is at most the pivot, all from high on at least
            do {
                left = *low++;
            } while (left < pivot);
            do {
                right = *--high;
            } while (right > pivot);
            if (low > high + 1) {
                low--;
                high++;
                break;
            }
            low[-1] = right;
            *high = left;
        } while (low < high);
        first = high <= at ? low : first;
        end = low > at ? high : end;
    }
    return *at;
}

#endif

// Floor of the square root of value >= 2^30.
#if defined(__ARM_FEATURE_IDIV)
static uint32_t isqrt32(uint32_t value) {
    uint32_t root = (value >> 17) + 32767;  // by Newton from a tangent; then it is right or 1 too large
    for (unsigned i = 0; i < 3; i++) {
        root = (root + value / root) / 2;
    }
    return root - (value / root < root);
}
#else
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
#endif

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

#if defined(__ARM_ARCH_6M__)

// By halves: the library's product of 64 bits takes twice as long.
uint32_t dlm_mul_high(uint32_t a, uint32_t b) {
    const uint32_t a_low = a & 0xffff, a_high = a >> 16, b_low = b & 0xffff, b_high = b >> 16;
    const uint32_t cross = a_high * b_low, other = a_low * b_high;
    const uint32_t carry = (a_low * b_low >> 16) + (cross & 0xffff) + (other & 0xffff);
    return a_high * b_high + (cross >> 16) + (other >> 16) + (carry >> 16);
}

// The same of signed numbers. Each sum below 2^31: what is carried is below 2^16.
int32_t dlm_mul_shift(int32_t a, int32_t b, unsigned bits) {
    const int32_t a_low = a & 0xffff, a_high = a >> 16, b_low = b & 0xffff, b_high = b >> 16;
    const uint32_t low = (uint32_t)a_low * (uint32_t)b_low;
    const int32_t cross = a_high * b_low + (int32_t)(low >> 16);
    const int32_t other = a_low * b_high + (cross & 0xffff);
    const int32_t high = a_high * b_high + (cross >> 16) + (other >> 16);
    return bits == 32 ? high : (int32_t)((uint32_t)high << 5 | (uint32_t)a * (uint32_t)b >> 27);
}

#endif

#if defined(__ARM_FEATURE_DSP)

// a r0, row r1, n r2, b r3, shift r4, the table r5, the limit r6, x r7.
static DLM_NAKED void gauss_row(const uint32_t *a DLM_UNUSED, uint32_t *row DLM_UNUSED, uint32_t n DLM_UNUSED,
                                uint32_t b DLM_UNUSED, unsigned shift DLM_UNUSED, const uint32_t *table DLM_UNUSED) {
    __asm volatile("push {r4-r10, lr}\n"
                   "ldrd r4, r5, [sp, #32]\n"
                   "mov r6, %[limit]\n"
                   "b 3f\n"
                   "4: movs r8, #0\n"
                   "b 2f\n"
                   "1: ldr r7, [r0], #4\n"
                   "umull r8, r7, r7, r3\n"
                   "lsrs r7, r4\n"
                   "cmp r7, r6\n"
                   "bhs 4b\n"
                   "ubfx r8, r7, %[low_bits], %[step_bits]\n"
                   "add r8, r5, r8, lsl #2\n"
                   "ldrd r8, r9, [r8]\n"
                   "subs r9, r8, r9\n"
                   "lsrs r9, #4\n"
                   "ubfx r10, r7, #0, %[low_bits]\n"
                   "mul r9, r10\n"
                   "sub r8, r8, r9, lsr %[low_bits] - 4\n"
                   "lsrs r7, #18\n"
                   "lsr r8, r7\n"
                   "2: str r8, [r1], #4\n"
                   "3: subs r2, #1\n"
                   "bhs 1b\n"
                   "pop {r4-r10, pc}\n" ::[limit] "i"(DLM_KERNEL_EXPONENT_MAX << 18),
                   [low_bits] "i"(18 - DLM_KERNEL_EXPONENT_STEP_BITS), [step_bits] "i"(DLM_KERNEL_EXPONENT_STEP_BITS));
}

#elif defined(__ARM_ARCH_6M__)

// a r0, row r1; halves of b r8, r9, shift r10, the table r11, a's end r12. a b by halves, each sum below 2^32, gives x r2.
static DLM_NAKED void gauss_row(const uint32_t *a DLM_UNUSED, uint32_t *row DLM_UNUSED, uint32_t n DLM_UNUSED,
                                uint32_t b DLM_UNUSED, unsigned shift DLM_UNUSED, const uint32_t *table DLM_UNUSED) {
    __asm volatile(".syntax unified\n"
                   "push {r4-r7, lr}\n mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n push {r4-r7}\n"
                   "ldr r4, [sp, #36]\n ldr r5, [sp, #40]\n mov r10, r4\n mov r11, r5\n"
                   "uxth r4, r3\n lsrs r3, r3, #16\n mov r8, r4\n mov r9, r3\n"
                   "lsls r2, r2, #2\n adds r2, r0\n mov r12, r2\n"
                   "b 3f\n"
                   "1: ldm r0!, {r2}\n"
                   "uxth r3, r2\n lsrs r2, r2, #16\n mov r4, r8\n mov r5, r9\n"
                   "mov r6, r4\n muls r6, r3\n lsrs r6, r6, #16\n"
                   "muls r4, r2\n adds r4, r6\n uxth r6, r4\n"
                   "muls r3, r5\n adds r3, r6\n"
                   "muls r2, r5\n lsrs r4, r4, #16\n adds r2, r4\n lsrs r3, r3, #16\n adds r2, r3\n"
                   "mov r4, r10\n lsrs r2, r4\n"
                   "movs r5, #0\n lsrs r3, r2, #18\n cmp r3, %[limit]\n bhs 2f\n"
                   "lsls r4, r2, #14\n lsrs r4, r4, #32 - %c[step_bits]\n lsls r4, r4, #2\n add r4, r11\n"
                   "ldm r4!, {r5, r6}\n"
                   "subs r6, r5, r6\n lsrs r6, r6, #4\n"
                   "lsls r2, r2, #32 - %c[low_bits]\n lsrs r2, r2, #32 - %c[low_bits]\n muls r6, r2\n"
                   "lsrs r6, r6, #%c[low_bits] - 4\n subs r5, r6\n lsrs r5, r3\n"
                   "2: stm r1!, {r5}\n"
                   "3: cmp r0, r12\n bne 1b\n"
                   "pop {r4-r7}\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n pop {r4-r7, pc}\n"
                   ".syntax divided\n" ::[limit] "i"(DLM_KERNEL_EXPONENT_MAX),
                   [low_bits] "i"(18 - DLM_KERNEL_EXPONENT_STEP_BITS), [step_bits] "i"(DLM_KERNEL_EXPONENT_STEP_BITS));
}

#endif

#if defined(__ARM_FEATURE_DSP) || defined(__ARM_ARCH_6M__)

void dlm_gauss_row(const uint32_t *a, uint32_t *row, uint32_t n, uint32_t b, unsigned shift) {
    gauss_row(a, row, n, b, shift, dlm_exp2_q30);
}

#else

void dlm_gauss_row(const uint32_t *a, uint32_t *row, uint32_t n, uint32_t b, unsigned shift) {
    for (; n; n--) {
        *row++ = dlm_gauss_short(*a++, b, shift);
    }
}

#endif
