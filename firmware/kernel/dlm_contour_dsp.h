// SPDX-License-Identifier: MIT
// The nearest events on cores with DSP instructions (Cortex-M4, M7, M33). Part of dlm_contour.c, which includes it
// once.
#ifndef DLM_CONTOUR_DSP_H
#define DLM_CONTOUR_DSP_H

#include "dlm_kernel.h"

// distance2 r0, any r1, own r2, label r3, which goes on by r4, and its own r5; events left r6; those of the event
// itself, any r7 and own r8; a distance r9. What is less, at 2, 3 and 4, is rare.
static DLM_NAKED void lower_pairs(const uint32_t *distance2_q16 DLM_UNUSED, uint32_t *any DLM_UNUSED,
                                  uint32_t *own DLM_UNUSED, const int16_t *label DLM_UNUSED, uint32_t step DLM_UNUSED,
                                  int32_t own_label DLM_UNUSED, uint32_t i DLM_UNUSED) {
    __asm volatile("push {r4-r11}\n"
                   "ldrd r4, r5, [sp, #32]\n"
                   "ldr r6, [sp, #40]\n"
                   "lsls r4, r4, #1\n"
                   "mov r7, #-1\n"
                   "mov r8, r7\n"
                   "subs r2, r2, r1\n"
                   "b 6f\n"
                   "1: ldr r9, [r0], #4\n"
                   "ldr r10, [r1], #4\n"
                   "cmp r9, r10\n"
                   "blo 2f\n"
                   "7: cmp r9, r7\n"
                   "blo 3f\n"
                   "8: ldrsh r10, [r3]\n"
                   "add r3, r4\n"
                   "cmp r10, r5\n"
                   "beq 4f\n"
                   "6: subs r6, #1\n"
                   "bhs 1b\n"
                   "str r7, [r1]\n"
                   "str r8, [r1, r2]\n"
                   "pop {r4-r11}\n"
                   "bx lr\n"
                   "2: str r9, [r1, #-4]\n"
                   "b 7b\n"
                   "3: mov r7, r9\n"
                   "b 8b\n"
                   "4: add r11, r1, r2\n"
                   "ldr r10, [r11, #-4]!\n"
                   "cmp r9, r10\n"
                   "it lo\n"
                   "strlo r9, [r11]\n"
                   "cmp r9, r8\n"
                   "it lo\n"
                   "movlo r8, r9\n"
                   "b 6b\n");
}

#endif
