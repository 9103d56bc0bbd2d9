# SPDX-License-Identifier: MIT
"""Sensors by their registers: fake buses that replay a recording in the time of a fake clock, as the data sheets say."""

import numpy as np


class Bus:
    """An I2C bus with one device on it, with the face of machine.I2C. A device has write(register, byte), read(register, n)."""

    def __init__(self, device, address):
        self.device, self.address, self.broken = device, address, False

    def writeto_mem(self, address, register, data):
        self._check(address)
        for i, byte in enumerate(data):
            self.device.write(register + i, byte)

    def readfrom_mem_into(self, address, register, buffer):
        self._check(address)
        buffer[:] = self.device.read(register, len(buffer))

    def _check(self, address):
        if self.broken or address != self.address:
            raise OSError(19)


class Sensor:
    """Gives the next row of a recording at each tick of its clock, from when it is told to on.

    made: rows given so far; dropped: those that went unread.
    """

    def __init__(self, values, clock):
        self.values, self.clock, self.registers = np.asarray(values, np.int16), clock, {}
        self.made = self.dropped = 0
        self.since = None

    def due(self, rate):
        """The rows of the ticks since the last time."""
        if self.since is None:
            return []
        total = (self.clock.now - self.since) * rate // 1000 - self.ticks
        self.ticks += total
        rows = self.values[self.made : self.made + total]
        self.made += len(rows)
        return list(rows)

    def begin(self):
        self.since, self.ticks = self.clock.now, 0


class Mpu6050(Sensor):
    """Registers 0x19 to 0x75 as far as a driver needs them; the FIFO has 1024 bytes, and the oldest go, bytes, not samples."""

    def __init__(self, values, clock, who=0x68):
        super().__init__(values, clock)
        self.fifo, self.status, self.who = bytearray(), 0, who

    @property
    def rate(self):
        assert 1 <= self.registers.get(0x1A, 0) <= 6  # else the gyroscope goes at 8 kHz
        return 1000 // (1 + self.registers[0x19])

    def write(self, register, byte):
        self.fill()
        self.registers[register] = byte
        if register == 0x6A and byte & 0x04:
            assert not byte & 0x40  # a reset takes a FIFO that is off
            self.fifo.clear()
        running = self.registers.get(0x23) == 0x78 and self.registers.get(0x6A, 0) & 0x40
        awake = not self.registers.get(0x6B, 0x40) & 0x40
        if running and awake and self.since is None:
            self.begin()
        elif not running:
            self.since = None

    def fill(self):
        for row in self.due(self.rate) if self.since is not None else []:
            assert self.registers[0x1B] == 0x18 and self.registers[0x1C] == 0x10
            self.fifo += row.astype(">i2").tobytes()
            if len(self.fifo) > 1024:
                del self.fifo[: len(self.fifo) - 1024]
                self.status |= 0x10 & self.registers.get(0x38, 0)

    def read(self, register, n):
        self.fill()
        if register == 0x75:
            return bytes([self.who])
        if register == 0x3A:
            status, self.status = self.status, 0
            return bytes([status])
        if register == 0x72:
            return len(self.fifo).to_bytes(2, "big")[:n]
        assert register == 0x74 and n <= len(self.fifo)
        data = bytes(self.fifo[:n])
        del self.fifo[:n]
        return data


class Lis3dh(Sensor):
    """Registers 0x0F to 0x2F as far as a driver needs them; the FIFO has 32 samples, and the oldest go."""

    RATES = {1: 1, 2: 10, 3: 25, 4: 50, 5: 100, 6: 200, 7: 400}

    def __init__(self, values, clock, who=0x33):
        super().__init__(values, clock)
        self.fifo, self.overrun, self.who = [], False, who

    def write(self, register, byte):
        self.fill()
        self.registers[register] = byte
        if register == 0x2E and not byte & 0xC0:
            self.fifo, self.overrun, self.since = [], False, None
        if register == 0x2E and byte & 0xC0 == 0x80 and self.registers.get(0x24) == 0x40:
            self.begin()

    def fill(self):
        if self.since is None:
            return
        assert self.registers[0x20] & 0x0F == 0x07 and self.registers[0x23] == 0xA8
        for row in self.due(self.RATES[self.registers[0x20] >> 4]):
            self.fifo.append(row.astype("<i2").tobytes())
            if len(self.fifo) > 32:
                del self.fifo[0]
                self.dropped += 1
                self.overrun = True

    def read(self, register, n):
        self.fill()
        if register == 0x0F:
            return bytes([self.who])
        if register == 0x2F:
            return bytes([0x40 * self.overrun | 0x20 * (not self.fifo) | min(len(self.fifo), 31)])
        assert register == 0xA8 and n % 6 == 0 and n <= 6 * len(self.fifo)
        data, self.fifo = b"".join(self.fifo[: n // 6]), self.fifo[n // 6 :]
        self.overrun = False
        return data


class Timer:
    """A timer that calls back as often as `tick` says, with the face of machine.Timer."""

    callback = None

    def init(self, freq, callback, **options):
        self.freq, self.callback, self.options = freq, callback, options

    def deinit(self):
        self.callback = None

    def tick(self, n=1):
        for _ in range(n):
            self.callback(self)


class Converter:
    """An ADC that gives a recording, int16, as read_u16 has it."""

    def __init__(self, values):
        self.values, self.at = values, 0

    def read_u16(self):
        self.at += 1
        return int(self.values[self.at - 1]) + 32768


class I2s:
    """A machine.I2S of 16 bits, MONO, that gives the upper halves of 32-bit words in the time of a clock; it keeps `kept`."""

    def __init__(self, words, clock, rate, kept):
        self.words, self.clock, self.rate, self.kept = words, clock, rate, kept
        self.at, self.buffered, self.wanted, self.since, self.ticks, self.dropped = 0, [], None, None, 0, 0

    def irq(self, handler):
        self.handler = handler

    def readinto(self, buffer):
        self.since = self.clock.now if self.since is None else self.since
        self.wanted = buffer

    @staticmethod
    def shift(buf, bits, shift):
        assert bits == 16
        buf[:] = memoryview((np.array(buf, np.int16).astype(int) << shift).astype(np.int16))

    def let_pass(self):
        """Takes what the time has brought; fills what is wanted, and says so."""
        total = (self.clock.now - self.since) * self.rate // 1000 - self.ticks
        self.ticks += total
        for word in self.words[self.at : self.at + total]:
            self.at += 1
            if len(self.buffered) < self.kept + (len(self.wanted) if self.wanted is not None else 0):
                self.buffered.append(word)
            else:
                self.dropped += 1
        if self.wanted is not None and len(self.buffered) >= len(self.wanted):
            n = len(self.wanted)
            words, self.buffered = np.array(self.buffered[:n], np.int64) >> 16, self.buffered[n:]
            self.wanted[:] = memoryview(words.astype(np.int16))
            self.wanted = None
            self.handler(self)


class Pin:
    """A pin whose level is set, 1 at first, and that keeps what it was called with."""

    def __init__(self, level=1):
        self.level, self.shown = level, []

    def value(self):
        return self.level

    def __call__(self, level):
        self.shown.append(level)
