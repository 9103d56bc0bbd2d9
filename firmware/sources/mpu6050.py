# SPDX-License-Identifier: MIT
"""An MPU-6050 on I2C as a source for dlm_live: six lines, paced by the sensor's own clock and kept in its FIFO.

    source = mpu6050.Mpu6050(I2C(0, sda=Pin(4), scl=Pin(5), freq=400_000), rate=50)

Lines: ax, ay, az, 4096 for 1 g (+-8 g), then gx, gy, gz, 16.4 for 1 degree a second (+-2000): those of the preset `motion`.
The FIFO keeps 85 samples, 1.7 s at 50 a second. Registers are those of InvenSense's register map, RM-MPU-6000A-00.
"""

import time

BYTES = 12  # of a sample
MOST = 32  # samples that are read at once
TICKS = 0x3FFFFFFF  # milliseconds are counted modulo 2^30
SMPLRT_DIV, CONFIG, GYRO_CONFIG, ACCEL_CONFIG, FIFO_EN = 0x19, 0x1A, 0x1B, 0x1C, 0x23
INT_ENABLE, INT_STATUS, USER_CTRL, PWR_MGMT_1, FIFO_COUNT, FIFO_R_W, WHO_AM_I = 0x38, 0x3A, 0x6A, 0x6B, 0x72, 0x74, 0x75
KNOWN = (0x68, 0x70, 0x71, 0x72, 0x73, 0x98)  # what it and its successors answer
OVERFLOW = 0x10  # of the FIFO, in INT_ENABLE and INT_STATUS
SET_UP = (
    (PWR_MGMT_1, 0x01),  # awake, on the clock of a gyroscope
    (CONFIG, 0x04),  # low-pass at 20 Hz
    (GYRO_CONFIG, 0x18),  # +-2000 degrees a second
    (ACCEL_CONFIG, 0x10),  # +-8 g
    (INT_ENABLE, OVERFLOW),
)
FILL = ((FIFO_EN, 0), (USER_CTRL, 0x04), (USER_CTRL, 0x40), (FIFO_EN, 0x78))  # emptied, then filled


class Mpu6050:
    """i2c: a machine.I2C. rate: samples a second, 1000 divided by a whole number, 4..1000. clock: milliseconds."""

    lines = 6

    def __init__(self, i2c, rate=50, address=0x68, clock=None):
        if not 4 <= rate <= 1000 or 1000 % rate:
            raise ValueError(f"rate: {rate} given, 1000 divided by a whole number needed, 4..1000")
        self._i2c, self._rate, self._address = i2c, rate, address
        self._clock = clock or time.ticks_ms
        self._bytes = memoryview(bytearray(BYTES * MOST))
        self.lost = 0

    def start(self):
        """Sets the sensor up, and lets it begin. OSError: nobody answers, or somebody else."""
        who = self._read(WHO_AM_I, 1)[0]
        if who not in KNOWN:
            raise OSError(f"MPU-6050: who am I 0x{who:02x} read, 0x68 needed")
        for register, value in SET_UP:
            self._write(register, value)
        self._write(SMPLRT_DIV, 1000 // self._rate - 1)
        self._fill()

    def readinto(self, buffer):
        """Fills buffer, a memoryview of int16, with the samples that are there; returns how many these are."""
        if self._read(INT_STATUS, 1)[0] & OVERFLOW:
            self._lose()
            return 0
        there = self._read(FIFO_COUNT, 2)
        n = min((there[0] << 8 | there[1]) // BYTES, len(buffer) // 6, MOST)
        if n:
            data = self._read(FIFO_R_W, BYTES * n)
            for i in range(6 * n):
                value = data[2 * i] << 8 | data[2 * i + 1]
                buffer[i] = value - 0x10000 if value & 0x8000 else value
        self._since = self._clock()
        return n

    def _lose(self):
        """The FIFO has run over: what is in it begins in the midst of a sample. It goes, and the clock tells how much it was."""
        late = (self._clock() - self._since) & TICKS
        self.lost += max(1024 // BYTES, (late * self._rate + 500) // 1000)
        self._fill()

    def _fill(self):
        for register, value in FILL:
            self._write(register, value)
        self._since = self._clock()

    def _read(self, register, size):
        data = self._bytes[:size]
        self._i2c.readfrom_mem_into(self._address, register, data)
        return data

    def _write(self, register, value):
        self._i2c.writeto_mem(self._address, register, bytes((value,)))
