# SPDX-License-Identifier: MIT
"""A front-end: samples in, in chunks of any size, events out. Twin of firmware/signal/dlm_front.c. SIGNAL.md, Stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import spec
from ..errors import KernelError
from ..integers import as_int16, check_int
from . import program as programs
from .bands import bands
from .fft import guard, power
from .gate import GateState, loudness
from .lines import Biquad, keep, mix, norm
from .pool import map_rows, pool
from .stats import stats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Buffer

BLOCK = 1 << 13  # samples taken at a time
BATCH = 1 << 20  # samples of the windows that are worked on at a time


class FrontEnd:
    """What a program makes of a stream of samples, bit for bit what a board makes of it.

    program: bytes (SIGNAL.md, Program). KernelError with ERROR_PROGRAM names the operation, the field and the limit.
    unbounded: compute on Python's integers, in which nothing can overflow; slow.

    features, footprint, work: of an event, numbers; of the board's buffer, bytes; from one frame to the next,
    multiply-accumulates. lines: of the input. program: its bytes. overruns: samples reported lost since the reset.
    """

    features: int
    lines: int
    footprint: int
    work: int
    overruns: int
    program: bytes

    def __init__(self, program: Buffer, unbounded: bool = False) -> None:
        self._plan = programs.read(program)
        self.program, self.lines, self.features = self._plan.code, self._plan.inputs, self._plan.features
        self.footprint, self.work = programs.footprint(self._plan), programs.work(self._plan)
        self._dtype = object if unbounded else np.int64
        self.reset()

    def reset(self) -> None:
        """Begins anew: as it was made, index and overruns at 0."""
        self._index, self.overruns = 0, 0
        self._restart()

    def skip(self, n: int) -> None:
        """n samples were lost: counted in overruns, and the index moves on. Windows, filters and gate begin anew."""
        if check_int("n", n) < 0:
            raise KernelError(spec.ERROR_ARGUMENT, f"n: {n} given, 0 or more allowed")
        if n:
            self._index += n
            self.overruns += n
            self._restart()

    def push(self, samples: ArrayLike) -> list[tuple[int, NDArray[np.int16]]]:
        """The events that samples [n, lines] complete: a list of (index of the last sample it took, int16 [features]).

        samples: int16, or integers that fit it; [n] of one line, too. The index counts from 0 since the reset.
        """
        if self.lines == 1 and np.ndim(samples) == 1 and not isinstance(samples, bytes | bytearray):
            samples = [[v] for v in samples] if len(samples) else np.zeros((0, 1), np.int16)
        samples = as_int16(samples, "samples", ("sample", "line"))
        if samples.shape[1] != self.lines:
            raise KernelError(spec.ERROR_ARGUMENT, f"lines: {samples.shape[1]} given, {self.lines} needed")
        events = []
        for start in range(0, len(samples), BLOCK):
            events += self._push_block(samples[start : start + BLOCK].astype(self._dtype))
        return events

    def _restart(self):
        self._taken = 0  # samples since
        self._filters = {
            i: Biquad(operation.rows)
            for i, operation in enumerate(self._plan.samples)
            if operation.kind == spec.OPERATION_BIQUAD
        }
        self._held = [np.zeros((len(window.lines), 0), self._dtype) for window in self._plan.windows]
        self._missing = [window.n for window in self._plan.windows]
        self._gate = GateState(self._plan.gate) if self._plan.gate else None

    def _push_block(self, block):
        lines = self._lines_of(block)
        ends = self._collect(lines, len(block))
        events, step = [], max(BATCH // sum(window.n * len(window.lines) for window in self._plan.windows), 1)
        for start in range(0, len(ends), step):
            times = [time for time, _ in ends[start : start + step]]
            rows, louds = self._frames([at for _, at in ends[start : start + step]])
            for time, row, loud in zip(times, rows, louds):
                event = self._gate.take(loud, row) if self._gate else [row]
                if event is not None:
                    events.append((self._index + time, self._finish(np.array(event, self._dtype))))
        self._held = [
            held[:, max(held.shape[1] - window.n, 0) :] for held, window in zip(self._held, self._plan.windows)
        ]
        self._taken += len(block)
        self._index += len(block)
        return events

    def _lines_of(self, block):
        """Every line of the program over a block of samples: arrays of the samples that it has in this time."""
        lines = list(block.T)
        for i, operation in enumerate(self._plan.samples):
            read = [lines[line] for line in operation.lines]
            if operation.kind == spec.OPERATION_MIX:
                lines += list(self._mix(lines, operation))
            elif operation.kind == spec.OPERATION_NORM:
                lines.append(norm(np.stack(read)))
            elif operation.kind == spec.OPERATION_BIQUAD:
                lines.append(self._filters[i].run(read[0]))
            else:
                spacing = operation.spacing
                first = self._first(spacing * operation.n) - self._first(spacing)
                lines.append(keep(read[0], first // spacing, operation.n))
        return lines

    def _mix(self, lines, operation):
        used = [i for i in range(len(operation.rows[0])) if any(row[i] for row in operation.rows)]
        factors = [[row[i] for i in used] for row in operation.rows]
        return mix(np.stack([lines[i] for i in used]), factors, operation.flags)

    def _first(self, spacing):
        """Where in the block the first sample of a line lies."""
        return -self._taken % spacing

    def _collect(self, lines, n):
        """Appends what is new to each window; gives (time, ends of the windows) of each frame that becomes whole."""
        windows, ends = self._plan.windows, []
        firsts = [self._first(window.spacing) for window in windows]
        new = [np.stack([lines[line] for line in window.lines]) for window in windows]
        old = [held.shape[1] for held in self._held]
        self._held = [np.concatenate(pair, 1) for pair in zip(self._held, new)]
        taken = [0] * len(windows)
        while all(new[i].shape[1] - taken[i] >= missing for i, missing in enumerate(self._missing)):
            last = [
                firsts[i] + (taken[i] + missing - 1) * windows[i].spacing for i, missing in enumerate(self._missing)
            ]
            time = max(at for at, missing in zip(last, self._missing) if missing)
            taken = [max((time - firsts[i]) // window.spacing + 1, 0) for i, window in enumerate(windows)]
            ends.append((time, [old[i] + taken[i] for i in range(len(windows))]))
            self._missing = [window.hop for window in windows]
        rest = [part.shape[1] - done for part, done in zip(new, taken)]
        self._missing = [max(missing - left, 0) for missing, left in zip(self._missing, rest)]
        return ends

    def _frames(self, ends):
        """Values [frame, value] and loudness [frame] of frames whose windows end at `ends`."""
        values, loud = [], [0] * len(ends)
        for i, window in enumerate(self._plan.windows):
            views = np.lib.stride_tricks.sliding_window_view(self._held[i], window.n, 1)
            x = views[:, [at[i] - window.n for at in ends]].swapaxes(0, 1)
            found = None
            for operation in window.operations:
                if operation.kind == spec.OPERATION_STATS:
                    values.append(stats(x, operation.flags).reshape(len(ends), -1))
                elif operation.kind == spec.OPERATION_POWER:
                    found = power(x)
                    loud = [loudness(int(total), guard(window.n)) for total in found.sum((1, 2))]
                else:
                    values.append(bands(found, operation.edges, operation.flags).reshape(len(ends), -1))
        return np.concatenate(values, 1), loud

    def _finish(self, rows):
        """The features of an event of these rows."""
        if self._gate:
            rows = pool(rows, self._plan.parts)
        for operation in self._plan.maps:
            rows = map_rows(rows, operation.rows)
        return rows.reshape(-1).astype(np.int16)
