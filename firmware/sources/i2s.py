# SPDX-License-Identifier: MIT
"""A microphone on I2S as a source for dlm_live: one line, such as an INMP441 on a Pico.

    from machine import I2S, Pin
    pins = dict(sck=Pin(16), ws=Pin(17), sd=Pin(18))
    line = I2S(0, mode=I2S.RX, bits=16, format=I2S.MONO, rate=8000, ibuf=16384, **pins)
    source = i2s.Microphone(line, rate=8000, ibuf=16384)

Such microphones give 24 bits at the top of 32. Of these a Pico reads all and keeps the upper 16, which are above their noise.
"""

import time
from array import array

CHUNK = 384  # samples that are asked for at once, as many as dlm_live takes: each time costs the same
FRAME = 8  # bytes of a sample in the buffer of I2S
TICKS = 0x3FFFFFFF  # milliseconds are counted modulo 2^30


class Microphone:
    """i2s: a machine.I2S, RX, of 16 bits and MONO. ibuf: bytes of its own buffer: what comes while it is full is lost, and
    the clock, in milliseconds, tells how much it was. gain: 0..8 bits, 6 dB each; what is louder than they allow wraps.
    """

    lines = 1

    def __init__(self, i2s, rate, ibuf, gain=0, clock=None):
        if not 0 <= gain <= 8:
            raise ValueError(f"gain: {gain} given, 0..8 allowed")
        self._i2s, self._rate, self._kept, self._gain = i2s, rate, ibuf // FRAME, gain
        self._clock = clock or time.ticks_ms
        self._chunk = memoryview(array("h", bytes(2 * CHUNK)))
        self._callback = self._note
        self._filled = False
        self._at = CHUNK
        self._late = self._before = 0  # samples that are lost, and those that are still to be given ahead of them
        self.lost = 0

    def start(self):
        """It begins to listen."""
        self._i2s.irq(self._callback)
        self._late = self._before = 0
        self._since = self._clock()
        self._ask()

    def readinto(self, buffer):
        """Fills buffer, a memoryview of int16, with the samples that are there; returns how many these are."""
        if not self._filled:
            return 0
        if self._gain and not self._at:
            self._i2s.shift(buf=self._chunk, bits=16, shift=self._gain)
        n = min(len(buffer), CHUNK - self._at)
        if self._before:
            n = min(n, self._before)
            self._before -= n
        elif self._late:
            self.lost += self._late
            self._late = 0
        buffer[:n] = self._chunk[self._at : self._at + n]
        self._at += n
        if self._at == CHUNK:
            self._count_lost()
            self._ask()
        return n

    def _ask(self):
        self._filled, self._at = False, 0
        self._i2s.readinto(self._chunk)

    def _note(self, i2s):
        """Is called when the chunk is full."""
        self._filled = True

    def _count_lost(self):
        """What came since the last chunk was asked for, beyond what the chunk and the buffer of I2S hold, is lost behind these."""
        now = self._clock()
        late = ((now - self._since) & TICKS) * self._rate // 1000 - CHUNK - self._kept
        self._since = now
        if late > 0:
            self._late += late
            self._before = self._before or self._kept
