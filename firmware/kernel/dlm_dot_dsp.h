// SPDX-License-Identifier: MIT
// Sums of products on cores with DSP instructions (Cortex-M4, M7, M33): two products an instruction, two pairs a load.
// Part of dlm_dot.c, which includes it once.
#ifndef DLM_DOT_DSP_H
#define DLM_DOT_DSP_H

#include "dlm_dot.h"
#include "dlm_fixed.h"

// a r0, rows r1 r4 r5 r6, n r2, sums r7..r10, pairs r11 r12 and r3 lr.
#define DOT_PAIR(row, sum) "ldr r3, [" row "], #4\n smlad " sum ", r11, r3, " sum "\n"
#define DOT_LAST(row, sum) "ldrh r3, [" row "], #4\n smlabb " sum ", r11, r3, " sum "\n"
// The same of squared differences.
#define APART_PAIRS(row, sum)                                                                                          \
    "ldrd r3, lr, [" row "], #8\n ssub16 r3, r11, r3\n ssub16 lr, r12, lr\n"                                           \
    "smlad " sum ", r3, r3, " sum "\n smlad " sum ", lr, lr, " sum "\n"
#define APART_PAIR(row, sum) "ldr r3, [" row "], #4\n ssub16 r3, r11, r3\n smlad " sum ", r3, r3, " sum "\n"
#define APART_LAST(row, sum) "ldrh r3, [" row "], #4\n ssub16 r3, r11, r3\n smlad " sum ", r3, r3, " sum "\n"
// Rows begin at r1, r3 bytes from each other; r2 holds n. At 2, r2 is n - 4, and negative. Carry: two are left;
// negative: one is, and its row ends behind the place that makes it even.
#define SUMS(pairs, pair, last)                                                                                        \
    "adds r4, r1, r3\n adds r5, r4, r3\n adds r6, r5, r3\n movs r7, #0\n mov r8, r7\n mov r9, r7\n mov r10, r7\n"      \
    "subs r2, #4\n blo 2f\n 1: ldrd r11, r12, [r0], #8\n" DLM_FOUR(                                                    \
        pairs) "subs r2, #4\n bhs 1b\n"                                                                                \
               "2: lsls r3, r2, #31\n bcc 3f\n ldr r11, [r0], #4\n" DLM_FOUR(                                          \
                   pair) "3: bpl 4f\n ldrh r11, [r0]\n" DLM_FOUR(last) "4: "

DLM_NAKED void dlm_dot4(const int16_t *a DLM_UNUSED, const int16_t *b DLM_UNUSED, uint32_t stride DLM_UNUSED,
                        uint32_t n DLM_UNUSED, int32_t sums[4] DLM_UNUSED) {
    __asm volatile("push {r4-r11, lr}\n"
                   "lsls r4, r2, #1\n"
                   "mov r2, r3\n"
                   "mov r3, r4\n" SUMS(DLM_DOT_PAIRS, DOT_PAIR, DOT_LAST) "ldr r3, [sp, #36]\n"
                                                                          "stm r3, {r7-r10}\n"
                                                                          "pop {r4-r11, pc}\n");
}

// For assembly alone: a r0, b r1, which ends behind its rows, n r2, sums r4..r7, pairs of a r3 r12, a row of b r8..r11.
#define MIXED_ROW(half, pair)                                                                                          \
    "ldm r1!, {r8-r11}\n smlaw" half " r4, r8, " pair ", r4\n smlaw" half " r5, r9, " pair ", r5\n"                    \
    "smlaw" half " r6, r10, " pair ", r6\n smlaw" half " r7, r11, " pair ", r7\n"
#define MIXED_PAIR(pair) MIXED_ROW("b", pair) MIXED_ROW("t", pair)

DLM_NAKED void dlm_sums_mixed(void) {
    __asm volatile("movs r4, #0\n"
                   "movs r5, #0\n"
                   "movs r6, #0\n"
                   "movs r7, #0\n"
                   "subs r2, #4\n"
                   "blo 2f\n"
                   "1: ldrd r3, r12, [r0], #8\n" MIXED_PAIR("r3")
                       MIXED_PAIR("r12") "subs r2, #4\n"
                                         "bhs 1b\n"
                                         "2: lsls r2, #31\n"  // carry: two are left; negative: one is
                                         "bcc 3f\n"
                                         "ldr r3, [r0], #4\n" MIXED_PAIR("r3") "3: bpl 4f\n"
                                                                               "ldrh r3, [r0]\n" MIXED_ROW(
                                                                                   "b", "r3") "4: bx lr\n");
}

DLM_NAKED void dlm_dot4_mixed(const int16_t *a DLM_UNUSED, const int32_t *b DLM_UNUSED, uint32_t n DLM_UNUSED,
                              int32_t sums[4] DLM_UNUSED) {
    __asm volatile("push {r3-r11, lr}\n"
                   "bl dlm_sums_mixed\n"
                   "ldr r3, [sp]\n"
                   "stm r3, {r4-r7}\n"
                   "pop {r3-r11, pc}\n");
}

// Bytes from one row to the next in `bytes`, and from the end of what is read of one to the next in `rest`; n in r3.
#define STRIDE(bytes, rest)                                                                                            \
    "lsls " bytes ", #1\n add " rest ", r3, #1\n bic " rest ", #1\n sub " rest ", " bytes ", " rest ", lsl #1\n"

// scaled_q8 r0, norm_q16 r1, i r2, n r3. Rows in blocks of four: their sums, then their norms r0 r11 r12 lr. On the
// stack: n, row i; its norm, the end of what is written; the next norms, the next distances; bytes of a row, the rest.
DLM_NAKED void dlm_distance_row(const int16_t *scaled_q8 DLM_UNUSED, const uint32_t *norm_q16 DLM_UNUSED,
                                uint32_t i DLM_UNUSED, uint32_t n DLM_UNUSED, uint32_t stride DLM_UNUSED,
                                uint32_t *distance2_q16 DLM_UNUSED, uint32_t m DLM_UNUSED) {
    __asm volatile(
        "push {r4-r11, lr}\n"
        "sub sp, #32\n"
        "ldr r4, [sp, #68]\n"
        "ldrd r7, r8, [sp, #72]\n" STRIDE(
            "r4", "r5") "strd r4, r5, [sp, #24]\n"
                        "subs r6, r0, r5\n"
                        "mla r5, r2, r4, r0\n"
                        "strd r3, r5, [sp]\n"
                        "ldr r5, [r1, r2, lsl #2]\n"
                        "add r8, r7, r8, lsl #2\n"
                        "strd r5, r8, [sp, #8]\n"
                        "strd r1, r7, [sp, #16]\n"
                        "cmp r7, r8\n"
                        "beq 6f\n"
                        "5: ldrd r3, r1, [sp, #24]\n"
                        "add r1, r6\n"
                        "ldrd r2, r0, [sp]\n" SUMS(DLM_DOT_PAIRS, DOT_PAIR, DOT_LAST) "ldrd r4, r5, [sp, #8]\n"
                                                                                      "ldrd r2, r3, [sp, #16]\n"
                                                                                      "ldm r2!, {r0, r11, r12, lr}\n"
                                                                                      "add r0, r4\n"
                                                                                      "add r11, r4\n"
                                                                                      "add r12, r4\n"
                                                                                      "add lr, r4\n"
                                                                                      "sub r0, r0, r7, lsl #1\n"
                                                                                      "sub r11, r11, r8, lsl #1\n"
                                                                                      "sub r12, r12, r9, lsl #1\n"
                                                                                      "sub lr, lr, r10, lsl #1\n"
                                                                                      "stm r3!, {r0, r11, r12, lr}\n"
                                                                                      "strd r2, r3, [sp, #16]\n"
                                                                                      "cmp r3, r5\n"
                                                                                      "blo 5b\n"
                                                                                      "6: add sp, #32\n"
                                                                                      "pop {r4-r11, pc}\n");
}

// a r0, rows r1, n r2, stride r3. On the stack: n, a; bytes of a row, the rest; the next distances, their end.
DLM_NAKED void dlm_distances(const int16_t *a DLM_UNUSED, const int16_t *rows DLM_UNUSED, uint32_t n DLM_UNUSED,
                             uint32_t stride DLM_UNUSED, uint32_t *distance2_q16 DLM_UNUSED, uint32_t m DLM_UNUSED) {
    __asm volatile("push {r4-r11, lr}\n"
                   "sub sp, #24\n"
                   "mov r4, r3\n"
                   "mov r3, r2\n" STRIDE("r4", "r5") "strd r3, r0, [sp]\n"
                                                     "strd r4, r5, [sp, #8]\n"
                                                     "subs r6, r1, r5\n"
                                                     "ldrd r4, r5, [sp, #60]\n"
                                                     "add r5, r4, r5, lsl #2\n"
                                                     "strd r4, r5, [sp, #16]\n"
                                                     "cmp r4, r5\n"
                                                     "beq 6f\n"
                                                     "5: ldrd r3, r1, [sp, #8]\n"
                                                     "add r1, r6\n"
                                                     "ldrd r2, r0, [sp]\n" SUMS(APART_PAIRS, APART_PAIR,
                                                                                APART_LAST) "ldrd r0, r3, [sp, #16]\n"
                                                                                            "stm r0!, {r7-r10}\n"
                                                                                            "str r0, [sp, #16]\n"
                                                                                            "cmp r0, r3\n"
                                                                                            "blo 5b\n"
                                                                                            "6: add sp, #24\n"
                                                                                            "pop {r4-r11, pc}\n");
}

// rows r0, m r1, n r2, stride r3, norms r4; of a row: where r5, n left r6, sum r7, pairs r8 r9.
DLM_NAKED void dlm_norms(const int16_t *rows DLM_UNUSED, uint32_t m DLM_UNUSED, uint32_t n DLM_UNUSED,
                         uint32_t stride DLM_UNUSED, uint32_t *norm_q16 DLM_UNUSED) {
    __asm volatile("push {r4-r9}\n"
                   "ldr r4, [sp, #24]\n"
                   "1: mov r5, r0\n"
                   "movs r7, #0\n"
                   "subs r6, r2, #4\n"
                   "blo 3f\n"
                   "2: ldrd r8, r9, [r5], #8\n"
                   "smlad r7, r8, r8, r7\n"
                   "smlad r7, r9, r9, r7\n"
                   "subs r6, #4\n"
                   "bhs 2b\n"
                   "3: lsls r6, #31\n"
                   "bcc 4f\n"
                   "ldr r8, [r5], #4\n"
                   "smlad r7, r8, r8, r7\n"
                   "4: bpl 5f\n"
                   "ldrh r8, [r5]\n"
                   "smlad r7, r8, r8, r7\n"
                   "5: str r7, [r4], #4\n"
                   "add r0, r0, r3, lsl #1\n"
                   "subs r1, #1\n"
                   "bne 1b\n"
                   "pop {r4-r9}\n"
                   "bx lr\n");
}

// a r0, b r1, c r2, n r3, sums r4 r5 and r6 r7, pairs of a r8 r9, of b and c r10 r12.
#define WIDE_PAIRS(row, low, high)                                                                                     \
    "ldrd r10, r12, [" row "], #8\n smlald " low ", " high ", r8, r10\n smlald " low ", " high ", r9, r12\n"
#define WIDE_QUAD "ldrd r8, r9, [r0], #8\n" WIDE_PAIRS("r1", "r4", "r5") WIDE_PAIRS("r2", "r6", "r7")
#define WIDE_PAIR                                                                                                      \
    "ldr r8, [r0], #4\n ldr r10, [r1], #4\n smlald r4, r5, r8, r10\n ldr r10, [r2], #4\n smlald r6, r7, r8, r10\n"

DLM_NAKED void dlm_dot2_wide(const int16_t *a DLM_UNUSED, const int16_t *b DLM_UNUSED, const int16_t *c DLM_UNUSED,
                             uint32_t n DLM_UNUSED, int64_t sums[2] DLM_UNUSED) {
    __asm volatile("push {r4-r10}\n"
                   "movs r4, #0\n"
                   "movs r5, #0\n"
                   "movs r6, #0\n"
                   "movs r7, #0\n"
                   "subs r3, #8\n"
                   "blo 2f\n"
                   "1: " WIDE_QUAD WIDE_QUAD "subs r3, #8\n"
                   "bhs 1b\n"
                   "2: lsls r8, r3, #30\n"  // carry: four are left; negative: two are
                   "bcc 3f\n" WIDE_QUAD "3: bpl 4f\n" WIDE_PAIR "4: lsls r8, r3, #31\n"
                   "bpl 5f\n"
                   "ldrh r8, [r0]\n"
                   "ldrh r10, [r1]\n"
                   "smlalbb r4, r5, r8, r10\n"
                   "ldrh r10, [r2]\n"
                   "smlalbb r6, r7, r8, r10\n"
                   "5: ldr r3, [sp, #28]\n"
                   "stm r3, {r4-r7}\n"
                   "pop {r4-r10}\n"
                   "bx lr\n");
}

#endif
