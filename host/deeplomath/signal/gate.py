# SPDX-License-Identifier: MIT
"""Where an event begins and ends in a stream of frames. Twin of firmware/signal/dlm_gate.c. SIGNAL.md, Gate."""

from .. import spec
from .log2 import log2_q11

LOUDEST = 3  # the frame that says how loud an event is, from the loudest on


def loudness(power, guard):
    """log2 of a frame's amplitude, Q11, above 1 LSB. power: of all bins and lines, Q(2 guard)."""
    return (log2_q11(max(power, 1 << 2 * guard)) >> 1) - (guard << spec.FEATURE_LOG_BITS)


class GateState:
    """The frames of an event under way, or those ahead of one."""

    def __init__(self, gate):
        self.gate = gate
        self.frames = []  # (loudness, row)
        self.floor, self.open, self.quiet = None, False, 0

    def take(self, loud, row):
        """The rows of the event that this frame ends, else None."""
        gate = self.gate
        if self.floor is None:
            self.floor = loud
        if not self.open:
            self.floor += (loud - self.floor) >> (2 if loud < self.floor else gate.slow)
            self.frames = [*self.frames, (loud, row)][-gate.pre - 1 :]
            if loud <= self.floor + gate.on:
                return None
            self.open, self.quiet, self.lowest = True, 0, loud
        else:
            self.frames.append((loud, row))
        self.lowest = min(self.lowest, loud)
        self.quiet = 0 if loud > self.floor + gate.off else self.quiet + 1
        if self.quiet < gate.hang and len(self.frames) < gate.most:
            return None
        return self._close()

    def _close(self):
        """The rows from the first loud enough to the last, or None if they are too few; the gate is closed."""
        louds = [loud for loud, _ in self.frames]
        top = sorted(louds)[max(len(louds) - LOUDEST, 0)]
        level = self.floor + ((top - self.floor) * self.gate.trim >> 4)
        inside = [i for i, loud in enumerate(louds) if loud > level]
        rows = [row for _, row in self.frames[inside[0] : inside[-1] + 1]]
        if self.quiet < self.gate.hang:  # never quiet: what sounds now is the floor
            self.floor = max(self.floor, self.lowest)
        self.frames, self.open = [], False
        return rows if len(rows) >= self.gate.least else None
