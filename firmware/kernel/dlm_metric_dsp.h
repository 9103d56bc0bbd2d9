// SPDX-License-Identifier: MIT
// Features to coordinates on cores with DSP instructions (Cortex-M4, M7, M33). Part of dlm_metric.c, which includes it
// once.
#ifndef DLM_METRIC_DSP_H
#define DLM_METRIC_DSP_H

#include "dlm_kernel.h"

// sums r0, x r1, label r2, m r3; bytes from x to x r4, classes r5, low r6, high r7; x r8; squares, sum and number of
// its class, at r9, in r10..r12 and lr.
static DLM_NAKED void add_up(sums_t *sums DLM_UNUSED, const int16_t *x DLM_UNUSED, const int16_t *label DLM_UNUSED,
                             uint32_t m DLM_UNUSED, uint32_t d DLM_UNUSED, uint32_t classes DLM_UNUSED,
                             int32_t low DLM_UNUSED, int32_t high DLM_UNUSED) {
    __asm volatile("push {r4-r11, lr}\n"
                   "ldrd r4, r5, [sp, #36]\n"
                   "ldrd r6, r7, [sp, #44]\n"
                   "lsls r4, r4, #1\n"
                   "1: ldrsh r8, [r1]\n"
                   "add r1, r4\n"
                   "cmp r8, r6\n"
                   "blt 2f\n"
                   "cmp r8, r7\n"
                   "bgt 3f\n"
                   "4: ldrsh r9, [r2], #2\n"
                   "and r9, r5\n"
                   "add r9, r0, r9, lsl #4\n"
                   "ldm r9, {r10-r12, lr}\n"
                   "smlal r10, r11, r8, r8\n"
                   "add r12, r8\n"
                   "add lr, #1\n"
                   "stm r9, {r10-r12, lr}\n"
                   "subs r3, #1\n"
                   "bne 1b\n"
                   "pop {r4-r11, pc}\n"
                   "2: mov r8, r6\n"
                   "b 4b\n"
                   "3: mov r8, r7\n"
                   "b 4b\n");
}

// scale r0, low r1, high r2, step r3; x r4, z r5, n r6, limit r7, where in the windows r12; the number r8; low, high,
// then mean, mantissa, shift r9 r10 r11. What is clipped, at 2, 3, 4 and 5, is rare.
static DLM_NAKED void scale_row(const dlm_scale_t *scale DLM_UNUSED, const int16_t *low DLM_UNUSED,
                                const int16_t *high DLM_UNUSED, uint32_t step DLM_UNUSED, const int16_t *x DLM_UNUSED,
                                int16_t *z_q8 DLM_UNUSED, uint32_t n DLM_UNUSED, int32_t limit DLM_UNUSED) {
    __asm volatile("push {r4-r11}\n"
                   "ldrd r4, r5, [sp, #32]\n"
                   "ldrd r6, r7, [sp, #40]\n"
                   "lsls r3, r3, #1\n"
                   "mov r12, #0\n"
                   "1: ldrsh r8, [r4], #2\n"
                   "ldrsh r9, [r1, r12]\n"
                   "ldrsh r10, [r2, r12]\n"
                   "add r12, r3\n"
                   "cmp r8, r9\n"
                   "blt 2f\n"
                   "cmp r8, r10\n"
                   "bgt 3f\n"
                   "6: ldm r0!, {r9-r11}\n"
                   "rsb r8, r9, r8, lsl #8\n"
                   "lsl r8, r8, #7\n"
                   "smmul r8, r8, r10\n"
                   "sub r11, #26\n"
                   "asr r8, r11\n"
                   "add r8, #1\n"
                   "asr r8, r8, #1\n"
                   "cmp r8, r7\n"
                   "bgt 4f\n"
                   "cmn r8, r7\n"
                   "blt 5f\n"
                   "7: strh r8, [r5], #2\n"
                   "subs r6, #1\n"
                   "bne 1b\n"
                   "pop {r4-r11}\n"
                   "bx lr\n"
                   "2: mov r8, r9\n"
                   "b 6b\n"
                   "3: mov r8, r10\n"
                   "b 6b\n"
                   "4: mov r8, r7\n"
                   "b 7b\n"
                   "5: rsb r8, r7, #0\n"
                   "b 7b\n");
}

#endif
