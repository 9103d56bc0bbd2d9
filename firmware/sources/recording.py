# SPDX-License-Identifier: MIT
"""A recording in place of a sensor: a source for dlm_live that gives the samples of a file, or of bytes, in their time.

    source = recording.Recording("motion.i16", lines=6, rate=50)

Samples are int16, little-endian as the board is, of each all lines.
"""

import io
import time

TICKS = 0x3FFFFFFF  # milliseconds are counted modulo 2^30


class Recording:
    """data: the name of a file, a file that is open, or bytes. rate: samples a second; None: as many as are asked for.

    fifo: samples that a sensor would keep until they are read; what is late by more is lost, and counted. clock:
    milliseconds, by default those of the board. ended: all of it was given.
    """

    def __init__(self, data, lines, rate=None, fifo=64, clock=None):
        self.lines, self.lost, self.ended = lines, 0, False
        self._file = (
            open(data, "rb") if isinstance(data, str) else data if hasattr(data, "readinto") else io.BytesIO(data)
        )
        self._rate, self._fifo = rate, fifo
        self._clock = clock or time.ticks_ms
        self._dropped = memoryview(bytearray(2 * lines))
        self.start()

    def start(self):
        """Its time begins now; what was given already is not given again."""
        self._now, self._due = self._clock(), 0

    def readinto(self, buffer):
        """Fills buffer, a memoryview of int16, with the samples that are due; returns how many these are."""
        n = len(buffer) // self.lines
        if self._rate:
            self._let_pass()
            n = min(n, self._due // 1000)
            self._due -= 1000 * n
        return self._read(buffer[: n * self.lines]) if n else 0

    def _let_pass(self):
        """Counts what has become due since the last time, in 1/1000 samples, and drops what no FIFO would have kept."""
        now = self._clock()
        self._due += ((now - self._now) & TICKS) * self._rate
        self._now = now
        while self._due >= 1000 * (self._fifo + 1) and not self.ended:
            self._due -= 1000
            self.lost += self._read(self._dropped)

    def _read(self, buffer):
        size = self._file.readinto(buffer) or 0
        self.ended = size == 0
        return size // (2 * self.lines)
