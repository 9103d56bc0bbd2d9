// SPDX-License-Identifier: MIT
// What ports/qemu lacks for a board on a serial line: start-up and reset, a receive ring with Ctrl-C, sleep, clocks.
// The linker's --wrap puts these functions in the port's place; no file of MicroPython is changed.
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stream.h"
#include "shared/runtime/interrupt_char.h"
#include "shared/runtime/pyexec.h"
#include "ports/qemu/uart.h"

#define REG(address) (*(volatile uint32_t *)(address))

// Of each machine: a counter that time.ticks_cpu() gives, a clock for the time of day, and an interrupt for a byte that waits.
#if defined(QEMU_SOC_STM32)

// QEMU runs TIM2 and TIM5 at 1 GHz of virtual time: under -icount shift=0 one count of TIM2 is one instruction executed.
#define TIM2_CR1 REG(0x40000000)
#define TIM2_CNT REG(0x40000024)
#define TIM5_CR1 REG(0x40000c00)
#define TIM5_CNT REG(0x40000c24)
#define TIM5_PSC REG(0x40000c28)
#define USART1_SR REG(0x40011000)
#define USART1_CR1 REG(0x4001100c)
#define USART_RXNE (1u << 5)  // SR: byte waiting; CR1: interrupt for it
#define RX_IRQ (37)
#define CLOCK_PER_US (1)

static void machine_init(void) {
    TIM2_CR1 = 1;
    TIM5_CR1 = 1;
    TIM5_PSC = 999;
    USART1_CR1 |= USART_RXNE;
}
static bool machine_byte_waiting(void) {
    return USART1_SR & USART_RXNE;
}
static uint32_t machine_ticks(void) {
    return TIM2_CNT;
}
static uint32_t machine_clock(void) {
    return TIM5_CNT;
}

#elif defined(QEMU_SOC_MPS2)

// One counter of 25 MHz for both: under -icount shift=8 an instruction lasts 256 ns, 6.4 counts.
#define FPGAIO_COUNTER REG(0x40028018)
#define UART0_STATE REG(0x40004004)
#define UART0_CTRL REG(0x40004008)
#define UART0_INTSTATUS REG(0x4000400c)
#define UART_RX_FULL (1u << 1)         // STATE
#define UART_RX_INTERRUPT (1u << 3)    // CTRL
#define UART_RX_INTERRUPTED (1u << 1)  // INTSTATUS: stays until it is written
#define RX_IRQ (0)
#define CLOCK_PER_US (25)

static void machine_init(void) {
    UART0_CTRL |= UART_RX_INTERRUPT;
}
static bool machine_byte_waiting(void) {
    UART0_INTSTATUS = UART_RX_INTERRUPTED;
    return UART0_STATE & UART_RX_FULL;
}
static uint32_t machine_ticks(void) {
    return FPGAIO_COUNTER;
}
static uint32_t machine_clock(void) {
    return FPGAIO_COUNTER;
}

#elif defined(QEMU_SOC_NRF51)

// TIMER0 at 16 MHz, TIMER1 at 1 MHz: under -icount shift=8 an instruction lasts 256 ns, 4.096 counts of TIMER0.
#define TIMER0 (0x40008000)
#define TIMER1 (0x40009000)
#define TIMER_START(timer) REG((timer) + 0x000)
#define TIMER_CAPTURE0(timer) REG((timer) + 0x040)
#define TIMER_BITMODE(timer) REG((timer) + 0x508)
#define TIMER_PRESCALER(timer) REG((timer) + 0x510)
#define TIMER_CC0(timer) REG((timer) + 0x540)
#define TIMER_32_BITS (3)
#define UART_RXDRDY REG(0x40002108)
#define UART_INTENSET REG(0x40002304)
#define UART_INTENSET_RXDRDY (1u << 2)
#define RX_IRQ (2)
#define CLOCK_PER_US (1)

static void start_timer(uintptr_t timer, uint32_t prescaler) {
    TIMER_BITMODE(timer) = TIMER_32_BITS;
    TIMER_PRESCALER(timer) = prescaler;
    TIMER_START(timer) = 1;
}
static uint32_t read_timer(uintptr_t timer) {
    TIMER_CAPTURE0(timer) = 1;
    return TIMER_CC0(timer);
}
static void machine_init(void) {
    start_timer(TIMER0, 0);
    start_timer(TIMER1, 4);
    UART_INTENSET = UART_INTENSET_RXDRDY;
}
static bool machine_byte_waiting(void) {
    return UART_RXDRDY;
}
static uint32_t machine_ticks(void) {
    return read_timer(TIMER0);
}
static uint32_t machine_clock(void) {
    return read_timer(TIMER1);
}

#else
#error "hal.c: no clocks for this machine yet"
#endif

// Bytes are taken from the UART only while the ring has room: QEMU holds the rest back, nothing is lost.
static uint8_t ring[256], ring_in, ring_out;

static void receive(void) {
    while ((uint8_t)(ring_in + 1) != ring_out) {
        int c = uart_rx_chr();
        if (c < 0) {
            return;
        }
        if (c == mp_interrupt_char) {
            ring_out = ring_in;
            mp_sched_keyboard_interrupt();
        } else {
            ring[ring_in++] = c;
        }
    }
}

void board_vm_hook(void) {
    if (mp_interrupt_char >= 0) {
        receive();
    }
}

// Sleeps with interrupts masked: a pending one wakes the core and is cleared, so that no handler is needed.
void board_wait_for_input(void) {
    volatile uint32_t *enable = &REG(0xe000e100 + RX_IRQ / 32 * 4);
    volatile uint32_t *disable = &REG(0xe000e180 + RX_IRQ / 32 * 4);
    volatile uint32_t *clear = &REG(0xe000e280 + RX_IRQ / 32 * 4);
    uint32_t bit = 1u << RX_IRQ % 32;
    __asm volatile("cpsid i");
    *enable = bit;
    if (ring_in == ring_out && !machine_byte_waiting()) {
        __asm volatile("wfi");
    }
    *disable = bit;
    *clear = bit;
    __asm volatile("cpsie i");
}

int __wrap_mp_hal_stdin_rx_chr(void) {
    for (;;) {
        receive();
        if (ring_in != ring_out) {
            return ring[ring_out++];
        }
        mp_handle_pending(true);
        board_wait_for_input();
    }
}

uintptr_t __wrap_mp_hal_stdio_poll(uintptr_t poll_flags) {
    receive();
    return poll_flags & (MP_STREAM_POLL_WR | (ring_in != ring_out ? MP_STREAM_POLL_RD : 0));
}

// 64 bits from the machine's 32: right as long as someone asks before they come round (71 minutes, on MPS2 171 seconds).
static uint64_t time_us(void) {
    static uint32_t last, rounds;
    uint32_t now = machine_clock();
    rounds += now < last;
    last = now;
    return ((uint64_t)rounds << 32 | now) / CLOCK_PER_US;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return machine_ticks();
}
mp_uint_t mp_hal_ticks_us(void) {
    return (mp_uint_t)time_us();
}
mp_uint_t mp_hal_ticks_ms(void) {
    return (mp_uint_t)(time_us() / 1000);
}
uint64_t mp_hal_time_ns(void) {
    return time_us() * 1000;
}
void mp_hal_delay_us(mp_uint_t us) {
    for (uint64_t end = time_us() + us; time_us() < end;) {
        mp_event_handle_nowait();
    }
}
void mp_hal_delay_ms(mp_uint_t ms) {
    for (uint64_t end = time_us() + ms * 1000ull; time_us() < end;) {
        mp_event_handle_nowait();
    }
}

void __real_uart_init(void);
void __wrap_uart_init(void) {
#if defined(__ARM_FP)
    REG(0xe000ed88) |= 0xfu << 20;  // CPACR: the port's start-up leaves the FPU off
    __asm volatile("dsb\n isb");
#endif
    __real_uart_init();
    machine_init();
}

// The port's start and exit go by semihosting, a way to the host that our boards do not have: an exit resets the board.
void __wrap_mp_semihosting_init(void) {
}
void __wrap_mp_semihosting_exit(int status) {
    (void)status;
    REG(0xe000ed0c) = 0x05fa0004;  // AIRCR: SYSRESETREQ
    __asm volatile("dsb");
}

void __real_mp_init(void);
void __wrap_mp_init(void) {
    __real_mp_init();
    pyexec_frozen_module("_boot.py", false);
}
