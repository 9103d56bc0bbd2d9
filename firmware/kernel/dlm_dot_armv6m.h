// SPDX-License-Identifier: MIT
// Sums of products on cores of Armv6-M (Cortex-M0, M0+): one product an instruction.
// Part of dlm_dot.c, which includes it once.
#ifndef DLM_DOT_ARMV6M_H
#define DLM_DOT_ARMV6M_H

#include "dlm_dot.h"
#include "dlm_fixed.h"

// gcc writes Thumb-1 in the old syntax, and goes on in it.
#define UNIFIED ".syntax unified\n"
#define DIVIDED ".syntax divided\n"

// The rows' ends stand in r0, r1, r2; one offset in r3 rises from -2 n to 0 along all of them.
#define TO_THE_END "lsls r3, r3, #1\n adds r0, r3\n adds r1, r3\n adds r2, r3\n rsbs r3, r3, #0\n"

// As there, of a r0 and rows r1, r5, r6, r2; sums in r8..r11. Each number of a, in r4, with one of a row, in r7.
#define FOUR_ADD(row, sum, step) "ldrsh r7, [" row ", r3]\n " step "add " sum ", r7\n"
#define FOUR_STEP(step)                                                                                                \
    "ldrsh r4, [r0, r3]\n" FOUR_ADD("r1", "r8", step) FOUR_ADD("r5", "r9", step) FOUR_ADD("r6", "r10", step)           \
        FOUR_ADD("r2", "r11", step) "adds r3, #2\n"
// r0 a, r1 b, r2 stride, r3 n; at sp where the sums go.
#define FOUR(step)                                                                                                     \
    UNIFIED                                                                                                            \
    "push {r4-r7, lr}\n mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n push {r4-r7}\n"                          \
    "lsls r2, r2, #1\n lsls r3, r3, #1\n adds r0, r3\n adds r1, r3\n"                                                  \
    "adds r5, r1, r2\n adds r6, r5, r2\n adds r2, r6\n movs r4, #0\n"                                                  \
    "mov r8, r4\n mov r9, r4\n mov r10, r4\n mov r11, r4\n rsbs r3, r3, #0\n beq 3f\n"                                 \
    "lsls r4, r3, #30\n bmi 4f\n 2: " FOUR_STEP(step) "4: " FOUR_STEP(                                                 \
        step) "bne 2b\n"                                                                                               \
              "3: ldr r0, [sp, #36]\n mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n stm r0!, {r4-r7}\n"        \
              "pop {r4-r7}\n mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n pop {r4-r7, pc}\n" DIVIDED

DLM_NAKED void dlm_dot4(const int16_t *a DLM_UNUSED, const int16_t *b DLM_UNUSED, uint32_t stride DLM_UNUSED,
                        uint32_t n DLM_UNUSED, int32_t sums[4] DLM_UNUSED) {
    __asm volatile(FOUR("muls r7, r4\n "));
}

static DLM_NAKED void distance4(const int16_t *a DLM_UNUSED, const int16_t *b DLM_UNUSED, uint32_t stride DLM_UNUSED,
                                uint32_t n DLM_UNUSED, uint32_t distance2_q16[4] DLM_UNUSED) {
    __asm volatile(FOUR("subs r7, r4\n muls r7, r7\n "));
}

// By halves of b: each product fits 32 bits. a's end in r0, its offset in r2; b goes up in r1; sums in r7 and r12.
#define MIXED_ADD(at, sum)                                                                                             \
    "ldr r5, [r1, #" at "]\n uxth r6, r5\n asrs r5, r5, #16\n muls r5, r4\n muls r6, r4\n asrs r6, r6, #16\n"          \
    "add " sum ", r5\n add " sum ", r6\n"

static DLM_NAKED void dot2_mixed(const int16_t *a DLM_UNUSED, const int32_t *b DLM_UNUSED, uint32_t n DLM_UNUSED,
                                 int32_t sums[2] DLM_UNUSED) {
    __asm volatile(UNIFIED "push {r4-r7, lr}\n"
                           "lsls r2, r2, #1\n"
                           "adds r0, r2\n"
                           "movs r7, #0\n"
                           "mov r12, r7\n"
                           "rsbs r2, r2, #0\n"
                           "beq 3f\n"
                           "2: ldrsh r4, [r0, r2]\n" MIXED_ADD("0", "r7")
                               MIXED_ADD("4", "r12") "adds r1, #16\n"
                                                     "adds r2, #2\n"
                                                     "bne 2b\n"
                                                     "3: mov r5, r12\n"
                                                     "str r7, [r3]\n"
                                                     "str r5, [r3, #4]\n"
                                                     "pop {r4-r7, pc}\n" DIVIDED);
}

void dlm_dot4_mixed(const int16_t *a, const int32_t *b, uint32_t n, int32_t sums[4]) {
    dot2_mixed(a, b, n, sums);
    dot2_mixed(a, b + 2, n, sums + 2);
}

// The lower 16 bits and the others of each row's products, two at a time, in r8 and r9, and in r10 and r11.
#define WIDE_ADD(sum, low, high)                                                                                       \
    "uxth r7, " sum "\n add " low ", r7\n asrs " sum ", " sum ", #16\n add " high ", " sum "\n"
#define WIDE_FIRST                                                                                                     \
    "ldrsh r4, [r0, r3]\n ldrsh r5, [r1, r3]\n muls r5, r4\n ldrsh r6, [r2, r3]\n muls r6, r4\n adds r3, #2\n"
#define WIDE_SECOND                                                                                                    \
    "ldrsh r4, [r0, r3]\n ldrsh r7, [r1, r3]\n muls r7, r4\n adds r5, r7\n ldrsh r7, [r2, r3]\n muls r7, r4\n"         \
    "adds r6, r7\n"
#define WIDE_BOTH WIDE_ADD("r5", "r8", "r9") WIDE_ADD("r6", "r10", "r11")

// sums: low, high; low, high.
static DLM_NAKED void dot2_halves(const int16_t *a DLM_UNUSED, const int16_t *b DLM_UNUSED, const int16_t *c DLM_UNUSED,
                                  uint32_t n DLM_UNUSED, int32_t sums[4] DLM_UNUSED) {
    __asm volatile(UNIFIED "push {r4-r7, lr}\n"
                           "mov r4, r8\n"
                           "mov r5, r9\n"
                           "mov r6, r10\n"
                           "mov r7, r11\n"
                           "push {r4-r7}\n" TO_THE_END "movs r4, #0\n"
                           "mov r8, r4\n"
                           "mov r9, r4\n"
                           "mov r10, r4\n"
                           "mov r11, r4\n"
                           "cmp r3, #0\n"
                           "beq 3f\n"
                           "lsls r4, r3, #30\n"
                           "bpl 2f\n" WIDE_FIRST WIDE_BOTH "cmp r3, #0\n"
                           "beq 3f\n"
                           "2: " WIDE_FIRST WIDE_SECOND WIDE_BOTH "adds r3, #2\n"
                           "bne 2b\n"
                           "3: ldr r0, [sp, #36]\n"
                           "mov r4, r8\n"
                           "mov r5, r9\n"
                           "mov r6, r10\n"
                           "mov r7, r11\n"
                           "stm r0!, {r4-r7}\n"
                           "pop {r4-r7}\n"
                           "mov r8, r4\n"
                           "mov r9, r5\n"
                           "mov r10, r6\n"
                           "mov r11, r7\n"
                           "pop {r4-r7, pc}\n" DIVIDED);
}

void dlm_dot2_wide(const int16_t *a, const int16_t *b, const int16_t *c, uint32_t n, int64_t sums[2]) {
    int32_t halves[4];
    dot2_halves(a, b, c, n, halves);
    sums[0] = (int64_t)halves[1] * 65536 + halves[0];
    sums[1] = (int64_t)halves[3] * 65536 + halves[2];
}

#endif
