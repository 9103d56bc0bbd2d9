// SPDX-License-Identifier: MIT
// Configuration of our QEMU boards: what ports/qemu leaves out and a board on a serial line needs; hal.c carries it out.
#include "ports/qemu/mpconfigport.h"

#undef MICROPY_PY_SYS_STDIO_BUFFER
#define MICROPY_PY_SYS_STDIO_BUFFER (1)
#undef MICROPY_PY_SELECT
#define MICROPY_PY_SELECT (1)
#undef MICROPY_PY_TIME
#define MICROPY_PY_TIME (1)

#if defined(__ARM_ARCH_6M__)  // a Cortex-M0 loads native armv6m modules as well
#define MICROPY_EMIT_THUMB (1)
#define MICROPY_EMIT_THUMB_ARMV7M (0)
#endif

// Every so many jumps of the virtual machine: look for Ctrl-C on the serial line.
void board_vm_hook(void);
#define BOARD_VM_HOOK_PERIOD (256)
#define MICROPY_VM_HOOK_INIT static unsigned vm_hook_countdown = BOARD_VM_HOOK_PERIOD;
#define MICROPY_VM_HOOK_LOOP                                                                                           \
    if (--vm_hook_countdown == 0) {                                                                                    \
        vm_hook_countdown = BOARD_VM_HOOK_PERIOD;                                                                      \
        board_vm_hook();                                                                                               \
    }
#define MICROPY_VM_HOOK_RETURN MICROPY_VM_HOOK_LOOP

// Sleep while select.poll() waits without a time-out.
void board_wait_for_input(void);
#define MICROPY_INTERNAL_WFE(timeout_ms)                                                                               \
    do {                                                                                                               \
        if ((mp_int_t)(timeout_ms) < 0) {                                                                              \
            board_wait_for_input();                                                                                    \
        }                                                                                                              \
    } while (0)
