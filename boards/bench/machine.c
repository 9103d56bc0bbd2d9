// SPDX-License-Identifier: MIT
// Vector table, start and counter of the cores that the bench runs on; board.toml says where the counter is.
#include "machine.h"

#include <string.h>

#define REG(address) (*(volatile uint32_t *)(address))

enum { SYS_WRITE0 = 0x04, SYS_EXIT = 0x18, SYS_ELAPSED = 0x30, APPLICATION_EXIT = 0x20026 };

static uint32_t semihost(uint32_t operation, const void *parameter) {
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = parameter;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

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
    semihost(SYS_ELAPSED, &elapsed);
    return (uint32_t)elapsed;
}

#endif

void machine_print(const char *text) {
    semihost(SYS_WRITE0, text);
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
        semihost(SYS_EXIT, (const void *)APPLICATION_EXIT);
    }
}

extern uint32_t _stack[], _data_load[], _data[], _data_end[], _bss[], _bss_end[];
int main(void);

static _Noreturn void start(void) {
    memcpy(_data, _data_load, (size_t)((char *)_data_end - (char *)_data));
    memset(_bss, 0, (size_t)((char *)_bss_end - (char *)_bss));
#if defined(__ARM_FP)
    REG(0xe000ed88) |= 0xfu << 20;
    __asm volatile("dsb\n isb");
#endif
    counter_init();
    main();
    machine_exit();
}

static _Noreturn void fault(void) {
    machine_print("fault\n");
    machine_exit();
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    _stack, (const void *)start, (const void *)fault, (const void *)fault, (const void *)fault, (const void *)fault,
};
