# SPDX-License-Identifier: MIT
"""An analog input as a source for dlm_live: one line, sampled by a timer's interrupt into a ring.

    source = adc.Adc(ADC(26), Timer(), rate=1000)

A sample is what read_u16 gives, less 32768: middle of the range is 0. An interrupt a sample is what MicroPython manages a
few thousand times a second; 1000 (the preset `current`) leaves a Pico most of its time. Faster, on an RP2040: adc_dma.py.
"""

from array import array


class Adc:
    """adc: has read_u16(). timer: has init(freq=, callback=), as machine.Timer and pyb.Timer; options go there, too, such as
    hard=True. fifo: samples that are kept until they are read, a power of 2; what comes while it is full is lost.
    """

    lines = 1

    def __init__(self, adc, timer, rate, fifo=512, **options):
        if fifo < 2 or fifo & (fifo - 1):
            raise ValueError(f"fifo: {fifo} given, a power of 2 needed")
        self._adc, self._timer, self._rate, self._options = adc, timer, rate, options
        self._ring, self._mask = array("h", bytes(2 * fifo)), fifo - 1
        self._callback = self._sample  # bound once: an interrupt may take no memory
        self._put = self._got = 0  # places in the ring, and one more bit that tells full from empty
        self._full, self._dropped = False, 0
        self.lost = 0

    def start(self):
        """The timer begins; what the ring has is dropped."""
        self._timer.deinit()
        self._put = self._got = 0
        self._full, self.lost = False, self._dropped
        self._timer.init(freq=self._rate, callback=self._callback, **self._options)

    def readinto(self, buffer):
        """Fills buffer, a memoryview of int16, with the samples that are there; returns how many these are."""
        there = (self._put - self._got) & (2 * self._mask + 1)
        if not there and self._full:  # all ahead of the gap was given: from here on samples are kept again
            self._full = False
            self.lost = self._dropped
        n = min(there, len(buffer))
        for i in range(n):
            buffer[i] = self._ring[(self._got + i) & self._mask]
        self._got = (self._got + n) & (2 * self._mask + 1)
        return n

    def _sample(self, timer):
        """Runs in the interrupt. Behind a gap nothing is kept until all ahead of it was read: so the gap is known."""
        value = self._adc.read_u16() - 32768
        if self._full or (self._put - self._got) & (2 * self._mask + 1) > self._mask:
            self._full = True
            self._dropped += 1
            return
        self._ring[self._put & self._mask] = value
        self._put = (self._put + 1) & (2 * self._mask + 1)
