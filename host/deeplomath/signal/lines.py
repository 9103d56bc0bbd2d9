# SPDX-License-Identifier: MIT
"""Operations on samples: each makes lines of lines. Twin of firmware/signal/dlm_lines.c. SIGNAL.md, Lines.

A line is an array [n] of int64 or unbounded integers that fit int16.
"""

import numpy as np

from .. import spec
from ..fixed import int16, isqrt, round_shift

FRACTION = 8  # bits of a filter's samples
COEFFICIENT = 29  # fractional bits of a filter's coefficients


def mix(lines, rows, shift):
    """New lines [row, n]: sums of lines [line, n] by factors [row, line], divided by 2^shift and rounded, saturated."""
    total = np.array(rows, lines.dtype) @ lines
    return int16(round_shift(total, shift) if shift else total)


def norm(lines):
    """The length of the vector of lines [line, n], floored, saturated; of one line, its absolute value."""
    return int16(isqrt((lines * lines).sum(0)))


class Biquad:
    """Sections of second order, one behind the other, each in direct form 1; with their state."""

    def __init__(self, sections):
        self.sections = sections
        self.states = [(0, 0, 0, 0, 0)] * len(sections)

    def run(self, line):
        """The line [n], filtered; the state goes on."""
        values = [int(v) << FRACTION for v in line]
        for i, section in enumerate(self.sections):
            values, self.states[i] = _section(values, section, self.states[i])
        filtered = np.array(values, line.dtype) if values else line
        return int16(round_shift(filtered, FRACTION))


def _section(values, section, state):
    """The values behind a section, Q8, and its state: two inputs, two outputs, and what rounding left of the last one."""
    b0, b1, b2, a1, a2 = section
    x1, x2, y1, y2, rest = state
    half, most, out = 1 << (COEFFICIENT - 1), spec.SIGNAL_FILTER_MAX, []
    for x in values:
        total = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2 + rest
        y = (total + half) >> COEFFICIENT
        rest = total - (y << COEFFICIENT)
        if not -most <= y <= most:
            y = most if y > 0 else -most
        x2, x1, y2, y1 = x1, x, y1, y
        out.append(y)
    return out, (x1, x2, y1, y2, rest)


def keep(line, first, n):
    """Every n-th sample of a line, from that at `first` on."""
    return line[first::n]
