# SPDX-License-Identifier: MIT
"""What the tests of the wire share: a board made of the mirror, and lines to it, good and bad."""

import copy
import random
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from deeplomath.link import connect, exchange, repl
from deeplomath.mirror import network
from deeplomath.signal.front import FrontEnd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "firmware" / "device"))


class BoardFrontEnd(FrontEnd):
    """The mirror's front-end with the board's face: samples come as bytes, and it stops behind each event."""

    def __init__(self, program):
        super().__init__(bytes(program))

    def take(self, samples, start, x):
        """Takes samples from number start on until an event is ready; returns how many. at: its index, None where none is."""
        rows = np.frombuffer(samples, "<i2").astype(np.int16).reshape(-1, self.lines)[start:]
        twin = copy.copy(self)
        twin._filters, twin._gate = copy.deepcopy((self._filters, self._gate))
        events = twin.push(rows)
        taken = events[0][0] - self._index + 1 if events else len(rows)
        found = self.push(rows[:taken])
        self.at = None
        if found:
            ((self.at, features),) = found
            x[:] = features.astype("<i2").tobytes()
        return taken


SIGNAL = SimpleNamespace(FrontEnd=BoardFrontEnd)

sys.modules["deeplomath_signal"] = SIGNAL  # which the board's service imports
import dlm_board as dlm_board  # noqa: E402
import dlm_feed as dlm_feed  # noqa: E402
import dlm_frame as dlm_frame  # noqa: E402
import dlm_handlers as dlm_handlers  # noqa: E402
import dlm_keeper as dlm_keeper  # noqa: E402
import dlm_line as dlm_line  # noqa: E402
import dlm_live as dlm_live  # noqa: E402
import dlm_main as dlm_main  # noqa: E402
import dlm_pair as dlm_pair  # noqa: E402
import dlm_queue as dlm_queue  # noqa: E402
import dlm_session as dlm_session  # noqa: E402
import dlm_spec as dlm_spec  # noqa: E402
import dlm_store as dlm_store  # noqa: E402


def frames_of(decoder, chunk):
    """Yields the frames that the board's decoder finds in chunk, each until the next."""
    at = 0
    while at < len(chunk):
        at = decoder.take(chunk, at, len(chunk))
        if decoder.length:
            yield decoder.frame()


def replies_of(session, data):
    """Yields the session's replies to what comes in data, each until the next."""
    session.receive(bytearray(data))
    while session.request() is not None:
        reply = session.reply()
        if reply is not None:
            yield reply


class BoardNetwork(network.Network):
    """The mirror's network with the board's face: events come and go as bytes."""

    def learn(self, x, label, build=True):
        return super().learn(np.frombuffer(x, "<i2").astype(np.int16), label, build)

    def infer(self, x):
        return super().infer(np.frombuffer(x, "<i2").astype(np.int16))

    def digest_if_whole(self):
        return None if self.info().building else self.digest()

    def unknown(self, unknown):
        return super().unknown(unknown).astype("<i2").tobytes()


BOARD_MODULE = SimpleNamespace(Network=BoardNetwork, cost=network.cost)


class Line:
    """A line to a service in memory, with the face of transport.Transport."""

    def __init__(self, module=BOARD_MODULE):
        self.session = dlm_session.Session(module)
        self.inbox = bytearray()

    def write(self, data):
        for reply in replies_of(self.session, data):
            self.inbox += reply

    def read(self, timeout):
        data, self.inbox = bytes(self.inbox), bytearray()
        return data

    def close(self):
        pass


BANNER = b'MicroPython v1.25.0 on 2025-04-15; Deeplomath with STM32F405\r\nType "help()" for more information.\r\n'
RAW = b"raw REPL; CTRL-B to exit\r\n>"


class ReplLine(Line):
    """A board in its REPL, keys and echo as MicroPython's: it serves when told so, and ends at EXIT and at a reset.

    ran: what it was told to run, START apart; resets: by Ctrl-D. error: what the import of the service ends in.
    """

    def __init__(self, raw=False, error=None):
        super().__init__()
        self.raw, self.error, self.serving = raw, error, False
        self.typed, self.cursor, self.ran, self.resets = b"", 0, [], 0

    def write(self, data):
        for at, byte in enumerate(data):
            if self.serving:
                super().write(data[at:])
                if not self.session.handlers.running:
                    self.end()
                return
            self._press(bytes([byte]))

    def end(self):
        """The service ends and the REPL prompts."""
        self.serving, self.raw, self.typed, self.cursor = False, False, b"", 0
        self.inbox += b"\r\n>>> "

    def reset(self):
        """The board starts anew, and into its REPL."""
        self.session = dlm_session.Session(self.session.handlers.module)
        self.inbox += BANNER
        self.end()

    def _press(self, key):
        if self.raw:
            self._press_raw(key)
        elif key in b"\x01\x02\x04\x05" and not self.typed:
            self.resets += key == b"\x04"
            self.raw = key == b"\x01"
            self.inbox += {b"\x01": RAW, b"\x05": b"paste mode; Ctrl-C to cancel\r\n=== "}.get(key, BANNER + b">>> ")
        elif key == b"\x03":
            self.typed, self.cursor = b"", 0
            self.inbox += b"\r\n>>> "
        elif key == b"\r":
            self._enter()
        elif key == b"\x01":
            self.inbox += b"\b" * self.cursor
            self.cursor = 0
        elif key == b"\x08" and self.cursor:
            self.cursor -= 1
            self.typed = self.typed[: self.cursor] + self.typed[self.cursor + 1 :]
        elif 32 <= key[0] < 127:
            rest = self.typed[self.cursor :]
            self.typed = self.typed[: self.cursor] + key + rest
            self.cursor += 1
            self.inbox += key + rest + b"\x1b[%dD" % len(rest) * bool(rest)

    def _press_raw(self, key):
        if key == b"\x04":
            self.resets += not self.typed
            self.ran += [self.typed] if self.typed else []
            self.inbox += b"OK\x04\x04>" if self.typed else b"OK\r\nMPY: soft reboot\r\n" + RAW
        if key in b"\x01\x02\x03\x04":
            self.typed, self.cursor = b"", 0
            self.raw = key != b"\x02"
            self.inbox += {b"\x01": RAW, b"\x02": b"\r\n" + BANNER + b">>> "}.get(key, b"")
        else:
            self.typed += key

    def _enter(self):
        typed, self.typed, self.cursor = self.typed, b"", 0
        self.inbox += b"\r\n"
        if typed + b"\r" != repl.START:
            self.ran.append(typed)
            self.inbox += b">>> "
        elif self.error:
            self.inbox += b'Traceback (most recent call last):\r\n  File "<stdin>", line 1, in <module>\r\n'
            self.inbox += self.error.encode() + b"\r\n>>> "
        else:
            self.session.handlers.running = self.serving = True


class Clock:
    """Time that only a line's waiting lets pass; put in the place of `time` in the client's modules."""

    def __init__(self, monkeypatch):
        self.now = 1000.0
        for module in (exchange, connect):
            monkeypatch.setattr(module, "time", self)

    def monotonic(self):
        return self.now


class SlowLine:
    """A UART of this baud before any line in memory, on a Clock: bytes take their time, one way after the other.

    writes: all that was sent.
    """

    def __init__(self, clock, baud, line=None):
        self.clock, self.baud, self.line = clock, baud, line or Line()
        self.port, self.writes, self.coming = "/dev/ttyS0", [], []
        self.sent_at = self.came_at = 0.0  # when the last byte of either way is through

    def seconds(self, size):
        return 10 * size / self.baud

    def write(self, data):
        self.writes.append(bytes(data))
        self.sent_at = max(self.sent_at, self.clock.now) + self.seconds(len(data))
        self.line.write(data)
        reply = self.line.read(0)
        if reply:
            self.came_at = max(self.came_at, self.sent_at) + self.seconds(len(reply))
            self.coming.append((self.came_at, reply))

    def read(self, timeout):
        if self.coming and self.coming[0][0] <= self.clock.now + timeout:
            at, reply = self.coming.pop(0)
            self.clock.now = max(self.clock.now, at)
            return reply
        self.clock.now += timeout
        return b""

    def close(self):
        pass


class BadLine:
    """Makes any line a bad one: what it carries, either way, may be lost, cut, spoilt, come twice, late or in noise."""

    def __init__(self, seed, rate=0.3, line=None):
        self.line, self.random, self.rate, self.late = line or Line(), random.Random(seed), rate, b""

    def write(self, data):
        self.line.write(self._mangle(data))

    def read(self, timeout):
        data = more = self.line.read(timeout)
        while more and not more.endswith(b"\0"):  # bring whole messages together, as far as they are on their way
            more = self.line.read(timeout)
            data += more
        if not data:
            return data
        late, self.late = self.late, data if self.random.random() < self.rate else b""
        return late + self._mangle(data)

    def close(self):
        self.line.close()

    def _mangle(self, data):
        if self.random.random() >= self.rate:
            return data
        at = self.random.randrange(len(data))
        noise = self.random.randbytes(self.random.randrange(80))
        bit = 1 << self.random.randrange(8)
        fates = (
            b"",
            data + data,
            data[:at],
            data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :],
            noise + data + noise,
            b"\r\n>>> \x03\x03" + data,
            data[:at] + b"\x03" + data[at:],
        )
        return self.random.choice(fates)
