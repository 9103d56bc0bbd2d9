# SPDX-License-Identifier: MIT
"""Gives MicroPython on an MPS2 board, which has none, the watchdog of Arm's CMSDK, and serves under it; COST hangs."""

import sys

import machine

import dlm_handlers
import dlm_main
import dlm_store

LOAD, CONTROL, RUN = 0x40008000, 0x40008008, 3  # it interrupts at the end of its count, and resets at the next
CLOCK = 25000  # counts a millisecond


class WDT:
    """The face of machine.WDT."""

    def __init__(self, timeout):
        self._counts = timeout * CLOCK // 2
        self.feed()
        machine.mem32[CONTROL] = RUN

    def feed(self):
        machine.mem32[LOAD] = self._counts


class Machine:
    """What dlm_watchdog takes of the module machine."""

    def __init__(self):
        self.WDT = WDT


def hang(handlers, opcode, payload):
    while True:
        pass


def serve():
    """Serves with a store, under a watchdog of two seconds."""
    sys.modules["machine"] = Machine()
    dlm_handlers.Handlers.cost = hang
    dlm_main.serve(store=dlm_store.Store(), save_after=0, watchdog=2)
