# SPDX-License-Identifier: MIT
"""What the tests of the wire share: a board made of the mirror, and lines to it, good and bad."""

import random
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from deeplomath import network, spec
from deeplomath.errors import KernelError
from deeplomath.features import window_features

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "firmware" / "device"))

import dlm_frame as dlm_frame  # noqa: E402
import dlm_main as dlm_main  # noqa: E402
import dlm_service as dlm_service  # noqa: E402


def frames_of(decoder, chunk):
    """Yields the frames that the board's decoder finds in chunk, each until the next."""
    at = 0
    while at < len(chunk):
        at = decoder.take(chunk, at, len(chunk))
        if decoder.length:
            yield decoder.frame()


def replies_of(service, data):
    """Yields the service's replies to what comes in data, each until the next."""
    service.receive(bytearray(data))
    while service.request() is not None:
        reply = service.reply()
        if reply is not None:
            yield reply


class BoardNetwork(network.Network):
    """The mirror's network with the board's face: events come and go as bytes."""

    def learn(self, x, label, build=True):
        return super().learn(np.frombuffer(x, "<i2").astype(np.int16), label, build)

    def infer(self, x):
        return super().infer(np.frombuffer(x, "<i2").astype(np.int16))

    def unknown(self, unknown):
        return super().unknown(unknown).astype("<i2").tobytes()


def board_window_features(samples, channels):
    """The mirror's features with the board's face: flat samples in, bytes out."""
    flat = np.frombuffer(samples, "<i2").astype(np.int16)
    if not channels or len(flat) % channels:
        raise KernelError(spec.ERROR_WINDOW, f"samples: {len(flat)} given, a multiple of {channels} needed")
    return window_features(flat.reshape(-1, channels)).astype("<i2").tobytes()


BOARD_MODULE = SimpleNamespace(Network=BoardNetwork, cost=network.cost, window_features=board_window_features)


class Line:
    """A line to a service in memory, with the face of transport.Transport."""

    def __init__(self, module=BOARD_MODULE):
        self.service = dlm_service.Service(module)
        self.inbox = bytearray()

    def write(self, data):
        for reply in replies_of(self.service, data):
            self.inbox += reply

    def read(self, timeout):
        data, self.inbox = bytes(self.inbox), bytearray()
        return data

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
