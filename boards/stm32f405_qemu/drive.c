// SPDX-License-Identifier: MIT
// The flash drive of the stock firmware: 112 KB, as MicroPython gives an STM32F405. QEMU has no memory for it in this
// machine. So it is behind USART2, and the host's link/drive.py keeps it. A request is 'R' or 'W', then the place and the
// number of bytes, 32 bits each, little end first, then what is to be written. The reply to 'R' is what was read; to 'W'
// it is one byte, once all is kept.
#include <string.h>

#include "../qemu_common/machine.h"

#define USART2_SR REG(0x40004400)
#define USART2_DR REG(0x40004404)
#define USART2_CR1 REG(0x4000440c)
#define USART_RXNE (1u << 5)
#define USART_ON (1u << 13 | 1u << 3 | 1u << 2)  // CR1: the UART, both ways

static void send(uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) {
        USART2_DR = value >> 8 * i & 0xff;
    }
}

static uint8_t receive(void) {
    while (!(USART2_SR & USART_RXNE)) {
    }
    return (uint8_t)USART2_DR;
}

static void ask(char what, uint32_t at, uint32_t n) {
    USART2_CR1 = USART_ON;
    send((uint8_t)what, 1);
    send(at, 4);
    send(n, 4);
}

static void fetch(uint32_t at, uint8_t *to, uint32_t n) {
    ask('R', at, n);
    while (n--) {
        *to++ = receive();
    }
}

// A byte takes long over the emulated line. So what was read or written is kept in the memory that is the disk of the other
// firmware: blocks, and behind them their numbers, counted from 1.
enum { PLACES = 124, MEMORY = 1 << 16 };

typedef struct {
    uint8_t block[PLACES][DISK_BLOCK];
    uint32_t holds[PLACES];
} cache_t;
_Static_assert(sizeof(cache_t) <= MEMORY, "the cache has no room");

static uint8_t *cached(uint32_t block) {
    cache_t *cache = (cache_t *)machine_disk();
    const uint32_t place = block % PLACES;
    if (cache->holds[place] != block + 1) {
        fetch(block * DISK_BLOCK, cache->block[place], DISK_BLOCK);
        cache->holds[place] = block + 1;
    }
    return cache->block[place];
}

// Where byte `at` lies in the cache; *n becomes how many of so many bytes lie in its block.
static uint8_t *part_at(uint32_t at, uint32_t *n) {
    const uint32_t from = at % DISK_BLOCK, room = DISK_BLOCK - from;
    *n = *n < room ? *n : room;
    return cached(at / DISK_BLOCK) + from;
}

void machine_disk_read(uint32_t at, uint8_t *to, uint32_t n) {
    for (uint32_t part = n; n; at += part, to += part, n -= part, part = n) {
        memcpy(to, part_at(at, &part), part);
    }
}

void machine_disk_write(uint32_t at, const uint8_t *from, uint32_t n) {
    ask('W', at, n);
    for (uint32_t i = 0; i < n; i++) {
        send(from[i], 1);
    }
    receive();
    for (uint32_t part = n; n; at += part, from += part, n -= part, part = n) {
        memcpy(part_at(at, &part), from, part);
    }
}
