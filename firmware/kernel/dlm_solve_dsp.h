// SPDX-License-Identifier: MIT
// The factor and its inverse on cores with DSP instructions (Cortex-M4, M7, M33): sums stay in registers until what
// they are for is done. Part of dlm_solve.c, which includes it once.
#ifndef DLM_SOLVE_DSP_H
#define DLM_SOLVE_DSP_H

#include "dlm_kernel.h"

// 2^43 (2^10 here, 33 bits up) less what stands in `rest`, negative, times root; 43 bits fall: times_root.
#define FACTOR_ROOT(rest, root) "smmls " rest ", " rest ", " root ", lr\n asr " rest ", " rest ", #11\n"

// On the stack: row, A; bytes of a row of the block, roots; squares so far, columns left. Sums begin at -A in r7..r10,
// and become the four of L; above in r1 r4 r5 r6, which the products of what lies left leave where the block begins.
// What the last block has beyond i is made of what is of no use, and then 0.
static DLM_NAKED uint32_t factor_blocks(int16_t *row DLM_UNUSED, const int16_t *packed DLM_UNUSED,
                                        const uint32_t *root_q28 DLM_UNUSED, const uint32_t *row_q30 DLM_UNUSED,
                                        uint32_t i DLM_UNUSED) {
    __asm volatile(
        "push {r4-r11, lr}\n"
        "sub sp, #24\n"
        "ldr r5, [sp, #60]\n"
        "movs r4, #8\n"
        "strd r0, r3, [sp]\n"
        "strd r4, r2, [sp, #8]\n"
        "movs r3, #0\n"
        "strd r3, r5, [sp, #16]\n"
        "cmp r5, #0\n"
        "beq 6f\n"
        "1: ldrd r0, r11, [sp]\n"
        "ldm r11!, {r7-r10}\n"
        "str r11, [sp, #4]\n"
        "negs r7, r7\n"
        "rsb r8, r8, #0\n"
        "rsb r9, r9, #0\n"
        "rsb r10, r10, #0\n"
        "ldr r2, [sp, #8]\n"
        "adds r4, r1, r2\n"
        "adds r5, r4, r2\n"
        "adds r6, r5, r2\n"
        "add r3, r2, #8\n"
        "str r3, [sp, #8]\n"
        "subs r2, #8\n"
        "beq 3f\n"
        "2: ldrd r11, r12, [r0], #8\n" DLM_FOUR(
            DLM_DOT_PAIRS) "subs r2, #8\n"
                           "bne 2b\n"
                           "3: ldr r12, [sp, #12]\n"
                           "add r2, r12, #16\n"
                           "str r2, [sp, #12]\n"
                           "ldm r12, {r2, r3, r11, r12}\n"
                           "mov lr, #1024\n" FACTOR_ROOT(
                               "r7", "r2") "ldrsh r2, [r4]\n"
                                           "mla r8, r7, r2, r8\n" FACTOR_ROOT(
                                               "r8", "r3") "pkhbt r7, r7, r8, lsl #16\n"
                                                           "ldr r2, [r5]\n"
                                                           "smlad r9, r7, r2, r9\n" FACTOR_ROOT(
                                                               "r9", "r11") "ldrd r2, r3, [r6]\n"
                                                                            "smlad r10, r7, r2, r10\n"
                                                                            "smlabb r10, r9, r3, r10\n" FACTOR_ROOT(
                                                                                "r10",
                                                                                "r12") "pkhbt r9, r9, r10, lsl #16\n"
                                                                                       "add r1, r6, #8\n"
                                                                                       "ldrd r3, r2, [sp, #16]\n"
                                                                                       "subs r2, #4\n"
                                                                                       "bls 5f\n"
                                                                                       "4: strd r7, r9, [r0]\n"
                                                                                       "smlad r3, r7, r7, r3\n"
                                                                                       "smlad r3, r9, r9, r3\n"
                                                                                       "strd r3, r2, [sp, #16]\n"
                                                                                       "bhi 1b\n"
                                                                                       "6: mov r0, r3\n"
                                                                                       "add sp, #24\n"
                                                                                       "pop {r4-r11, pc}\n"
                                                                                       "5: beq 4b\n"
                                                                                       "adds r2, #2\n"
                                                                                       "it mi\n"
                                                                                       "uxthmi r7, r7\n"
                                                                                       "ite gt\n"
                                                                                       "uxthgt r9, r9\n"
                                                                                       "movle r9, #0\n"
                                                                                       "cmp r2, r2\n"
                                                                                       "b 4b\n");
}

#define INVERSE_ROOT(sum) "smull r9, r10, r8, " sum "\n lsrs " sum ", r9, #27\n orr " sum ", " sum ", r10, lsl #5\n"

// On the stack: row, bytes of it; columns, i; roots, n.
static DLM_NAKED void inverse_rows(const int16_t *row DLM_UNUSED, const uint32_t *root_q28 DLM_UNUSED,
                                   int32_t *columns DLM_UNUSED, uint32_t n DLM_UNUSED, uint32_t bytes DLM_UNUSED) {
    __asm volatile("push {r4-r11, lr}\n"
                   "sub sp, #24\n"
                   "ldr r4, [sp, #60]\n"
                   "movs r5, #0\n"
                   "strd r0, r4, [sp]\n"
                   "strd r2, r5, [sp, #8]\n"
                   "strd r1, r3, [sp, #16]\n"
                   "1: ldrd r0, r3, [sp]\n"
                   "ldrd r1, r2, [sp, #8]\n"
                   "add r12, r0, r3\n"
                   "adds r4, r2, #1\n"
                   "str r4, [sp, #12]\n"
                   "lsls r4, r4, #30\n"  // every fourth row, they grow by four
                   "it eq\n"
                   "addeq r3, #8\n"
                   "strd r12, r3, [sp]\n"
                   "bl dlm_sums_mixed\n"
                   "ldrd r12, r2, [sp, #16]\n"
                   "ldr r3, [r12], #4\n"
                   "str r12, [sp, #16]\n"
                   "rsb r8, r3, #0\n" INVERSE_ROOT("r4") INVERSE_ROOT("r5") INVERSE_ROOT("r6")
                       INVERSE_ROOT("r7") "stm r1, {r4-r7}\n"
                                          "ldr r0, [sp, #12]\n"
                                          "cmp r0, #4\n"
                                          "bhi 2f\n"
                                          "add r1, r1, r0, lsl #2\n"
                                          "asrs r3, r3, #2\n"
                                          "str r3, [r1, #-4]\n"
                                          "2: cmp r0, r2\n"
                                          "blo 1b\n"
                                          "add sp, #24\n"
                                          "pop {r4-r11, pc}\n");
}

#define SQUARE(value, sum) "smmulr " value ", " value ", r3\n mla " sum ", " value ", " value ", " sum "\n"

// columns r0, n r1, sums r2: of the squares of round_shift(w, 14).
static DLM_NAKED void square_sums(const int32_t *columns DLM_UNUSED, uint32_t n DLM_UNUSED,
                                  uint32_t sums[4] DLM_UNUSED) {
    __asm volatile("push {r4-r11}\n"
                   "mov r3, #1 << 18\n"
                   "mov r8, #0\n"
                   "mov r9, r8\n"
                   "mov r10, r8\n"
                   "mov r11, r8\n"
                   "1: ldm r0!, {r4-r7}\n" SQUARE("r4", "r8") SQUARE("r5", "r9") SQUARE("r6", "r10")
                       SQUARE("r7", "r11") "subs r1, #1\n"
                                           "bne 1b\n"
                                           "stm r2, {r8-r11}\n"
                                           "pop {r4-r11}\n"
                                           "bx lr\n");
}

#endif
