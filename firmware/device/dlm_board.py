# SPDX-License-Identifier: MIT
"""What a board says of itself: its clock, its heap, its name, its interpreter (PROTOCOL.md, HELLO)."""

import gc
import sys
import time

ARCHITECTURES = " x86 x64 armv6 armv6m armv7m armv7em armv7emsp armv7emdp xtensa xtensawin rv32imc".split(" ")

RESETS = "", "PWRON_RESET", "HARD_RESET", "WDT_RESET", "DEEPSLEEP_RESET", "SOFT_RESET"  # of machine, by number


def clock():
    """Returns the finest clock of this board and whether it counts processor ticks (else microseconds)."""
    if sys.platform != "rp2" and getattr(time, "ticks_cpu", int)():  # there, a counter, not rp2's timer
        return time.ticks_cpu, 1
    return getattr(time, "ticks_us", None) or (lambda: time.perf_counter_ns() // 1000), 0


def heap_free():
    """Returns the bytes free on the heap; 0 where nobody counts them."""
    return gc.mem_free() if hasattr(gc, "mem_free") else 0


def board():
    """Returns the name of the board."""
    return getattr(sys.implementation, "_machine", sys.platform)


def reset_cause():
    """Returns why the board last reset, as HELLO tells it; 0 where its port does not know."""
    try:
        import machine

        cause = machine.reset_cause()
    except (ImportError, AttributeError):
        return 0
    for number in range(1, len(RESETS)):
        if getattr(machine, RESETS[number], None) == cause:
            return number
    return 0


def implementation():
    """Returns name, version and, where there is one, native architecture of the interpreter."""
    it = sys.implementation
    version = ".".join(str(part) for part in it.version[:3])
    index = getattr(it, "_mpy", 0) >> 10 & 15
    return " ".join((it.name, version, ARCHITECTURES[index] if index < len(ARCHITECTURES) else "")).strip()
