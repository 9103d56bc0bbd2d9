# SPDX-License-Identifier: MIT
"""One request at a time over a line that may lose anything: sequence, probe, retry (PROTOCOL.md sections 4 and 5)."""

import secrets
import time
from time import time_ns
from typing import NamedTuple

from .. import spec
from ..errors import TransportError
from ..text import printable
from . import frame, repl

SLICE = 0.05  # seconds of silence that end what a REPL says
IDLE = 5.0  # seconds without a frame after which a line is not known to serve any more
PROBE_VERSION = 0  # of no protocol: a service refuses it, executes nothing and remembers nothing
_DRAIN = 0.1  # seconds at most for what arrived before a request
_GRAIN = 0.001  # seconds that are not worth another wait
_HURRY = 8  # a spoilt answer is looked after in this part of the wait
_SMALL = 128  # bytes on the wire of a probe and its refusal
_PROBED = spec.OPCODE_HELLO | spec.WIRE_REPLY  # opcode of the answer to a probe
_PRINTABLE = [bytes([key]) for key in range(32, 127)]
_ENDED = [bytes([256 + it]) for it in (spec.ERROR_SESSION, spec.ERROR_KEY, spec.ERROR_PROTOCOL)]
ANSWERED = object()  # what Link.listen gives for the answer to a probe


class Probe(NamedTuple):
    """A frame that a service refuses, and that does nothing to a REPL: wire bytes, sequence, keys that a REPL echoes."""

    wire: bytes
    sequence: int
    keys: bytes


class InRepl(TransportError):
    """The board waits in its REPL: nobody serves."""


class SessionEnded(TransportError):
    """The board does not take the frames of this session any more."""


class Link:
    """A transport (transport.Transport, or anything with its read, write and close) with a sequence and a decoder."""

    def __init__(self, transport):
        self.transport = transport
        self.decoder = frame.Decoder()
        self.session = None  # a pair.Session: every request is sealed, and every reply has to be
        self.refused = 0  # replies that were not
        self.sequence = secrets.randbelow(1 << 16)
        self.heard_at = -IDLE  # when the last reply came
        self._own = None  # opcode and sequence of the last frame of this side that came back
        self._echoes = False  # the line brings all that is sent, and replies too
        self.heed = None  # is told of each request that was answered: its opcode, its payload, the Frame, when it began

    def next(self, opcode, payload=b""):
        """The wire bytes of a new request, and what its reply is known by."""
        self.sequence = (self.sequence + 1) & 0xFFFF
        encode = self.session.encode if self.session else frame.encode
        return encode(opcode, self.sequence, payload), (opcode | spec.WIRE_REPLY, self.sequence)

    def seconds(self, size):
        """Seconds that this many bytes take on the wire."""
        return getattr(self.transport, "seconds", lambda _: 0.0)(size)

    def begin(self, opcode, payload):
        """A request that is to be made, for finish."""
        exchange = _Exchange(self, *self.next(opcode, payload))
        exchange.asked = opcode, payload
        return exchange

    def finish(self, exchange, longest, timeout, attempts):
        """The Frame that answers a request. longest: bytes of the longest reply.

        The same frame is sent again only when a probe showed that the board serves. TransportError: there is no reply
        in the time of all attempts, the line broke, the board is in its REPL (InRepl), or it does not know the session
        (SessionEnded). After the first of these it may be finished once more, on the line as it is then.
        """
        began = time_ns()
        try:
            self._drain()
            reply = exchange.run(timeout, attempts, self.seconds(len(exchange.request) + longest + _SMALL))
            self.tell(*exchange.asked, reply, began)
            return reply
        except TransportError as error:
            times = {0: "the request was not sent", 1: "it was sent once"}
            words = times.get(exchange.sent, f"it was sent {exchange.sent} times")
            kind = type(error) if isinstance(error, InRepl | SessionEnded) else TransportError
            raise kind(f"{error}; {words}", None if exchange.sent else False) from error

    def tell(self, opcode, payload, reply, began):
        """Tells whoever heeds this line of a request, and of the Frame that answered it: None, where nothing did."""
        if self.heed:
            self.heed(opcode, payload, reply, began)

    def listen(self, until, wanted, probes=(), since=0):
        """The Frame wanted; None when it has not come until then, or sooner when something spoilt came.

        probes: those sent; ANSWERED when one of them was. since: bytes fed before the last of them.
        """
        dropped, soonest = self.decoder.dropped, until - (until - time.monotonic()) * (_HURRY - 1) / _HURRY
        while (left := until - time.monotonic()) > 0:
            chunk = self.transport.read(min(left, SLICE))
            found = self._feed(chunk)
            for it in found:
                if (it.opcode, it.sequence) == wanted and (reply := self._opened(it)):
                    self._echoes = self._own is not None
                    return reply  # the rest are answers to retries of earlier requests
            if any((it.opcode, it.sequence) == (_PROBED, probe.sequence) for it in found for probe in probes):
                return ANSWERED
            if not chunk:
                self._check_repl(probes, since)
            if self.decoder.dropped != dropped and time.monotonic() >= soonest:
                return None
        return None

    def _opened(self, it):
        """The reply without its MAC, None where it is not of this session. SessionEnded: the board says that there is none."""
        if self.session and not it.version & spec.WIRE_SEALED and it.payload[:1] in _ENDED:
            words = printable(it.payload[1:].decode("utf-8", "replace"))
            raise SessionEnded(f"the session has ended: the board was reset, or another host opened one ({words})")
        opened = self.session.opened(it) if self.session else None if it.version & spec.WIRE_SEALED else it
        self.refused += opened is None
        return opened

    def forget(self):
        """Drops what was heard."""
        self.decoder.forget()
        self._own = None

    def heard(self):
        """What arrived outside of frames, as words."""
        return printable(self.decoder.heard().strip(), end=True)

    def _feed(self, chunk):
        found = self.decoder.feed(chunk)
        for it in found:
            if it.opcode & spec.WIRE_REPLY:
                self.heard_at = time.monotonic()
            else:
                self._own = it.opcode, it.sequence
        return found

    def _drain(self):
        """Takes what arrived since the last request; a board that was reset has said so."""
        limit = time.monotonic() + _DRAIN
        while (chunk := self.transport.read(0)) and time.monotonic() < limit:
            self._feed(chunk)
        self._check_repl()

    def _check_repl(self, probes=(), since=0):
        tail = self.decoder.tail()
        if not repl.shows(tail) and not (probes and self._is_typed(probes[-1], since)):
            return
        if repl.was_reset(tail):
            why = "it was reset, and its network is gone"
        else:
            why = "its service ended, or it was reset, and then its network is gone"
        raise InRepl(f"the board is in its REPL: {why}")

    def _is_typed(self, probe, since):
        """True when a REPL has the keys of a probe in its line, or in its paste mode, where all comes back."""
        pasted = not self._echoes and self._own == (spec.OPCODE_HELLO, probe.sequence)
        return pasted or repl.echoes(self.decoder.tail(since), probe.keys)


class _Exchange:
    """One request on its way. sent: how often."""

    def __init__(self, link, request, wanted):
        self.link, self.request, self.wanted = link, request, wanted
        self.sent = 0
        self._probes, self._since = [], 0  # since the request was last sent

    def run(self, timeout, attempts, wire):
        """The reply. timeout: seconds of the first wait, of 2^attempts - 1 such in all; wire: what the bytes take each time."""
        left = timeout * (2**attempts - 1) + wire * attempts  # of listening; what a write takes is not counted
        wait, serves, listened = timeout, time.monotonic() - self.link.heard_at < IDLE, 0.0
        while left - listened > _GRAIN:
            self._send() if serves else self._probe()
            began = time.monotonic()
            heard = self.link.listen(began + min(wait + wire, left - listened), self.wanted, self._probes, self._since)
            took = time.monotonic() - began
            listened += took
            serves = heard is ANSWERED
            if serves:
                wait = timeout
            elif heard:
                return heard
            elif took >= wait + wire:
                wait *= 2
        heard = self.link.heard()
        words = f"; outside of frames it said: {heard}" if heard else ""
        raise TransportError(f"no answer in {listened:.3g} s{words}")

    def _send(self):
        self._probes = []
        self.sent += 1  # ahead: of a write that fails a part may have gone, or all
        self.link.transport.write(self.request)

    def _probe(self):
        self._since = self.link.decoder.fed
        self._probes.append(make_probe())
        self.link.transport.write(self._probes[-1].wire)


def make_probe():
    """A Probe of a sequence chosen at random among those whose bytes and whose checksum's are printable."""
    while True:
        sequence = int.from_bytes(secrets.choice(_PRINTABLE) + secrets.choice(_PRINTABLE))
        wire = frame.encode(spec.OPCODE_HELLO, sequence, version=PROBE_VERSION)
        if all(32 <= key < 127 for key in wire[-7:-1]):
            return Probe(wire, sequence, wire[-7:-1])
