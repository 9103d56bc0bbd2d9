# SPDX-License-Identifier: MIT
"""For measurements on an RP2040, real or emulated: `count(call, ...)` gives the cycles of the core that a call took."""

import time

import machine

CONTROL = 0xE000E010  # SysTick
RELOAD = 0xE000E014
CURRENT = 0xE000E018
SPAN = 1 << 24  # it counts down from SPAN - 1, and from there again
ENABLED_ON_CORE_CLOCK = 5


def start():
    machine.mem32[RELOAD] = SPAN - 1
    machine.mem32[CURRENT] = 0
    machine.mem32[CONTROL] = ENABLED_ON_CORE_CLOCK


def _spent(call, arguments):
    """Cycles and microseconds of the call and what surrounds it, undisturbed by interrupts."""
    interrupts = machine.disable_irq()
    try:
        microseconds = time.ticks_us()
        cycles = machine.mem32[CURRENT]
        call(*arguments)
        cycles = (cycles - machine.mem32[CURRENT]) % SPAN
        return cycles, time.ticks_diff(time.ticks_us(), microseconds)
    finally:
        machine.enable_irq(interrupts)


def count(call, *arguments):
    """Returns the cycles of call(*arguments), less those that a call of a built-in function takes by itself.

    SysTick has 24 bits: how often it went round is found by the microseconds that passed.
    """
    start()
    surroundings, _ = _spent(id, (None,))
    cycles, microseconds = _spent(call, arguments)
    roughly = microseconds * (machine.freq() // 1000000)
    return cycles + (roughly - cycles + SPAN // 2) // SPAN * SPAN - surroundings
