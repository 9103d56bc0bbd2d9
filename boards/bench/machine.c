// SPDX-License-Identifier: MIT
// Memory, counter, line and end of the cores that the bench runs on; board.toml says where the counter is.
#include "machine.h"

#include <string.h>

#include "start.h"

#define REG(address) (*(volatile uint32_t *)(address))

enum { SYS_WRITE0 = 0x04, SYS_EXIT = 0x18, SYS_ELAPSED = 0x30, APPLICATION_EXIT = 0x20026 };

static void counter_init(void) {
#if defined(BENCH_COUNTER_SWITCH)
    REG(BENCH_COUNTER_SWITCH) = 1;
#endif
}

#if defined(BENCH_COUNTER)

// A register of the machine that goes by virtual time: counts_per_1000 of board.toml in 1,000 instructions.
uint32_t machine_count(void) {
    return REG(BENCH_COUNTER);
}

#else

// The emulator's own count of cycles, in answer to SYS_ELAPSED.
uint32_t machine_count(void) {
    uint64_t elapsed;
    start_semihost(SYS_ELAPSED, &elapsed);
    return (uint32_t)elapsed;
}

#endif

void machine_print(const char *text) {
    start_semihost(SYS_WRITE0, text);
}

void machine_print_number(uint32_t value) {
    char digits[12], *at = digits + sizeof(digits);
    *--at = 0;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    *--at = ' ';
    machine_print(at);
}

_Noreturn void machine_exit(void) {
    for (;;) {
        start_semihost(SYS_EXIT, (const void *)APPLICATION_EXIT);
    }
}

extern uint32_t _data_load[], _data[], _data_end[], _bss[], _bss_end[];
int main(void);

_Noreturn void machine_start(void) {
    memcpy(_data, _data_load, (size_t)((char *)_data_end - (char *)_data));
    memset(_bss, 0, (size_t)((char *)_bss_end - (char *)_bss));
    counter_init();
    main();
    machine_exit();
}

_Noreturn void machine_fault(void) {
    machine_print("fault\n");
    machine_exit();
}
