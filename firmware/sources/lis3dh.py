# SPDX-License-Identifier: MIT
"""A LIS3DH on I2C as a source for dlm_live: three lines, paced by the sensor's own clock and kept in its FIFO.

    source = lis3dh.Lis3dh(I2C(0, sda=Pin(4), scl=Pin(5), freq=400_000), rate=50)

Lines: ax, ay, az, 4000 for 1 g (+-8 g, 12 bits at the top of 16). A model for it names these three alone. The FIFO keeps 32
samples, 0.64 s at 50 a second. Registers are those of ST's data sheet, DocID17530.
"""

import time

BYTES = 6  # of a sample
MOST = 32  # samples that the FIFO keeps
TICKS = 0x3FFFFFFF  # milliseconds are counted modulo 2^30
WHO_AM_I, CTRL_REG1, CTRL_REG4, CTRL_REG5, OUT, FIFO_CTRL, FIFO_SRC = 0x0F, 0x20, 0x23, 0x24, 0x28, 0x2E, 0x2F
NEXT = 0x80  # in the register's number: each byte is of the one behind
RATES = {1: 1, 10: 2, 25: 3, 50: 4, 100: 5, 200: 6, 400: 7}
OVERRUN, EMPTY = 0x40, 0x20  # of the FIFO


class Lis3dh:
    """i2c: a machine.I2C. rate: samples a second, one of RATES. clock: milliseconds."""

    lines = 3

    def __init__(self, i2c, rate=50, address=0x18, clock=None):
        if rate not in RATES:
            raise ValueError(f"rate: {rate} given, one of {', '.join(str(it) for it in sorted(RATES))} needed")
        self._i2c, self._rate, self._address = i2c, rate, address
        self._clock = clock or time.ticks_ms
        self._bytes = memoryview(bytearray(BYTES * MOST))
        self.lost = 0

    def start(self):
        """Sets the sensor up, and lets it begin. OSError: nobody answers, or somebody else."""
        who = self._read(WHO_AM_I, 1)[0]
        if who != 0x33:
            raise OSError(f"LIS3DH: who am I 0x{who:02x} read, 0x33 needed")
        self._write(CTRL_REG1, RATES[self._rate] << 4 | 0x07)  # all three axes
        self._write(CTRL_REG4, 0xA8)  # whole samples, +-8 g, 12 bits
        self._write(CTRL_REG5, 0x40)  # the FIFO
        self._write(FIFO_CTRL, 0x00)  # emptied,
        self._write(FIFO_CTRL, 0x80)  # then filled, the oldest go
        self._since = self._clock()

    def readinto(self, buffer):
        """Fills buffer, a memoryview of int16, with the samples that are there; returns how many these are."""
        source = self._read(FIFO_SRC, 1)[0]
        now = self._clock()
        n = 0 if source & EMPTY else source & 0x1F
        if source & OVERRUN:
            n = MOST
            late = (now - self._since) & TICKS
            self.lost += max(1, (late * self._rate + 500) // 1000 - MOST)
        n = min(n, len(buffer) // 3)
        if n:
            data = self._read(OUT | NEXT, BYTES * n)
            for i in range(3 * n):
                value = data[2 * i] | data[2 * i + 1] << 8
                buffer[i] = value - 0x10000 if value & 0x8000 else value
        self._since = now
        return n

    def _read(self, register, size):
        data = self._bytes[:size]
        self._i2c.readfrom_mem_into(self._address, register, data)
        return data

    def _write(self, register, value):
        self._i2c.writeto_mem(self._address, register, bytes((value,)))
