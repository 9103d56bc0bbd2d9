# SPDX-License-Identifier: MIT
"""A microphone on I2S as a source for dlm_live: one line, such as an INMP441 on a Pico.

    from machine import I2S, Pin
    pins = dict(sck=Pin(16), ws=Pin(17), sd=Pin(18))
    line = I2S(0, mode=I2S.RX, bits=32, format=I2S.MONO, rate=8000, ibuf=8192, **pins)
    source = i2s.Microphone(line, rate=8000, ibuf=8192)

Such microphones give 24 bits at the top of 32, of which the upper 16 are above their noise. Speech takes the lower ones of
these: a sample is the upper 16 bits times 2^gain, held to int16.
"""

import time
from array import array

CHUNK = 128  # samples that are asked for at once
TICKS = 0x3FFFFFFF  # milliseconds are counted modulo 2^30


class Microphone:
    """i2s: a machine.I2S, RX, of 32 bits and MONO. ibuf: bytes of its own buffer: what comes while it is full is lost, and
    the clock, in milliseconds, tells how much it was. gain: 0..8 bits, 6 dB each.
    """

    lines = 1

    def __init__(self, i2s, rate, ibuf, gain=4, clock=None):
        if not 0 <= gain <= 8:
            raise ValueError(f"gain: {gain} given, 0..8 allowed")
        self._i2s, self._rate, self._kept, self._gain = i2s, rate, ibuf // 4, gain
        self._clock = clock or time.ticks_ms
        self._wide = array("h", bytes(4 * CHUNK))  # of each sample its lower half, then its upper half
        self._callback = self._note
        self._filled = False
        self._at = CHUNK
        self.lost = 0

    def start(self):
        """It begins to listen."""
        self._i2s.irq(self._callback)
        self._since = self._clock()
        self._ask()

    def readinto(self, buffer):
        """Fills buffer, a memoryview of int16, with the samples that are there; returns how many these are."""
        if not self._filled:
            return 0
        n = min(len(buffer), CHUNK - self._at)
        wide, gain, at, most = self._wide, self._gain, 2 * self._at + 1, 32767 >> self._gain
        for i in range(n):  # what is done here is done 8000 times a second
            value = wide[at]
            at += 2
            buffer[i] = value << gain if -most <= value <= most else 32767 if value > 0 else -32768
        self._at += n
        if self._at == CHUNK:
            self._count_lost()
            self._ask()
        return n

    def _ask(self):
        self._filled, self._at = False, 0
        self._i2s.readinto(self._wide)

    def _note(self, i2s):
        """Is called when the chunk is full."""
        self._filled = True

    def _count_lost(self):
        """What came since the last chunk was asked for, beyond what the chunk and the buffer of I2S hold, is lost."""
        now = self._clock()
        late = ((now - self._since) & TICKS) * self._rate // 1000 - CHUNK - self._kept
        self._since = now
        if late > 0:
            self.lost += late
