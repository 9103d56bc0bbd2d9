# SPDX-License-Identifier: MIT
"""A board and the mirror walked together: results and digests compared event by event, the first difference explained."""

import copy
import zlib

import numpy as np

from . import spec, state
from .errors import DeeplomathError, KernelError
from .features import window_features
from .network import Network

HISTORY = 3  # events before a mismatch that are shown with it


class Mismatch(DeeplomathError):
    """A board and the mirror differ.

    event: its number, 1, 2, ... (0: before the first); request: what was asked; rows: (quantity, board's, mirror's);
    before: the requests just before; findings: sentences on where the difference lies.
    """

    def __init__(self, event, request, rows, before=(), findings=()):
        super().__init__(f"event {event}, {request}: the board and the mirror differ")
        self.event, self.request, self.rows = event, request, rows
        self.before, self.findings = list(before), list(findings)


class Lockstep:
    """Gives each request to `board` (a Device, or anything with its methods) and to a mirror of the same configuration.

    config: the arguments of Device.configure. Each method returns what both answered and raises Mismatch if they did not
    answer the same, or if their digests differ afterwards. What both refuse raises the KernelError of the mirror.

    events: learned or inferred so far; comparisons: results and digests found equal; ticks: {"features", "learn",
    "infer"}: list of what each took on the board; digest: the last one.
    """

    def __init__(self, board, **config):
        self.board, self.config = board, config
        self.mirror = Network(**config)
        self.events = self.comparisons = 0
        self.ticks = {"features": [], "learn": [], "infer": []}
        self.requests = []
        self.footprint = self._equal("configure", board.configure(**config), self.mirror.footprint())
        self._compare_digests("configure")

    def window_features(self, samples):
        """Features int16 [3 * channels] of samples int16 [n, channels], made by the board. No digest: no network is asked."""
        features = self._ask("features", lambda side: side.window_features(samples), window_features(samples))
        return np.asarray(features, np.int16)

    def learn(self, x, label):
        """Learns x (int16 [features]) as label on both sides: a Learned."""
        self.events += 1
        return self._step("learn", f"learn as {label}", lambda side: side.learn(x, label))

    def infer(self, x):
        """Infers x (int16 [features]) on both sides: an Answer."""
        self.events += 1
        return self._step("infer", "infer", lambda side: side.infer(x))

    def finish(self):
        """Compares the exported states, and rebuilds the network of the board from its own; returns the state, bytes."""
        exported = self.board.export()
        self._equal("export", exported, self.mirror.export())
        rebuilt = Network(**self.config)
        rebuilt.load(exported)
        self._equal("rebuild from the board's state", self.board.digest(), rebuilt.digest())
        return exported

    def _step(self, kind, request, call):
        result = self._ask(kind, call, _outcome(call, self.mirror), request)
        self._compare_digests(request, result)
        self.requests.append(f"event {self.events}, {request}: {result}")
        return result

    def _ask(self, kind, call, expected, request=None):
        found = _outcome(call, self.board)
        self.ticks[kind].append(getattr(self.board, "last_ticks", None) or 0)
        self._equal(request or kind, found, expected)
        if isinstance(expected, KernelError):
            raise expected
        return expected

    def _equal(self, request, board, mirror):
        if not _same(board, mirror):
            raise self._mismatch(request, _rows(board, mirror))
        self.comparisons += 1
        return mirror

    def _compare_digests(self, request, result=None):
        self.digest = self.mirror.digest()
        if self.board.digest() != self.digest:
            raise self._mismatch(request, _rows(result, result) if result else [])
        self.comparisons += 1

    def _mismatch(self, request, rows):
        try:
            rows = rows + [row for row in self._state_rows() if row[0] not in {name for name, *_ in rows}]
            findings = self._findings()
        except DeeplomathError as error:
            findings = [f"The board could not be asked further: {error}"]
        return Mismatch(self.events, request, rows, self.requests[-HISTORY:], findings)

    def _state_rows(self):
        board, mirror = self.board.info(), self.mirror.info()
        digests = [("digest", f"{self.board.digest():08x}", f"{self.mirror.digest():08x}")]
        names = "neurons", "depth", "error", "level", "clock"
        return digests + [(name, getattr(board, name), getattr(mirror, name)) for name in names]

    def _findings(self):
        """Sentences on where the difference lies. Configures the board anew: its network is lost."""
        if self.board.digest() == self.mirror.digest():
            return ["The networks are the same; only the result differs."]
        if not len(self.mirror.x):
            return ["Nothing is learned yet: kernel and mirror were made of different constants."]
        exported, expected = self.board.export(), self.mirror.export()
        kept = _kept(exported, expected)
        if kept:
            return [kept, self._rebuilt(exported)]
        same = f"The events kept are the same {len(self.mirror.x)}: what differs is the network made of them."
        return [same, self._first_layer()]

    def _rebuilt(self, exported):
        fresh = Network(**self.config)
        try:
            fresh.load(exported)
        except KernelError as error:
            return f"A fresh mirror does not accept the board's state: {error}."
        return "A fresh mirror makes the board's network of the board's events: it computes right, from other events."

    def _first_layer(self):
        for layers in range(1, self.mirror.max_layers + 1):
            mirror = _with_layers(self.mirror, layers)
            self.board.configure(**{**self.config, "layers": layers})
            try:
                self.board.load(mirror.export())
            except KernelError as error:
                if error.code != spec.ERROR_STATE_DIGEST:
                    raise
                if layers == 1:
                    return "Rebuilt with one layer they differ already: look at first metric, first layer, contour."
                return f"Rebuilt with layers up to {layers - 1} they agree, up to {layers} no longer: look at layer {layers}."
        return "Rebuilt from these events they agree: the network of the board was not made of its events alone."


def _outcome(call, side):
    try:
        return call(side)
    except KernelError as error:
        return error


def _same(board, mirror):
    if isinstance(board, KernelError) and isinstance(mirror, KernelError):
        return board.code == mirror.code
    if isinstance(mirror, np.ndarray):
        return np.array_equal(board, mirror)
    return type(board) is type(mirror) and board == mirror


def _rows(board, mirror):
    if isinstance(mirror, tuple) and type(board) is type(mirror):
        return list(zip(mirror._fields, board, mirror, strict=True))
    return [("result", _brief(board), _brief(mirror))]


def _brief(value):
    if isinstance(value, bytes):
        return f"{len(value)} bytes, CRC-32 {zlib.crc32(value):08x}"
    return value.tolist() if isinstance(value, np.ndarray) else value


def _kept(board, mirror):
    """A sentence on the first difference of two exported states, digests aside; "" if there is none."""
    body, expected = board[: -state.TRAILER.size], mirror[: -state.TRAILER.size]
    if body == expected:
        return ""
    header, wanted = state.HEADER.unpack_from(board), state.HEADER.unpack_from(mirror)
    if header != wanted:
        return f"The states begin differently: {header} on the board, {wanted} on the mirror."
    size = (len(expected) - state.HEADER.size) // wanted[-2]
    at = next(i for i, (a, b) in enumerate(zip(body, expected, strict=True)) if a != b)
    return f"The events kept differ, first in number {(at - state.HEADER.size) // size}."


def _with_layers(net, layers):
    """The mirror with the same events and another limit of layers."""
    net = copy.copy(net)
    net.max_layers = layers
    net._build()
    return net
