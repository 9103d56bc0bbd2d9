# SPDX-License-Identifier: MIT
"""A network on a board, one method an opcode: the other end of firmware/device/dlm_handlers.py (PROTOCOL.md)."""

from __future__ import annotations

import contextlib
import os
import struct
import threading
from typing import TYPE_CHECKING

import numpy as np

from .. import spec
from ..errors import DeviceError, KernelError, ProtocolError, TransportError
from ..integers import as_bytes, as_int16, check_int
from ..results import Cost, Info
from . import layout, pair, replies
from .about import Health, Hello
from .access import Access, Anew
from .exchange import InRepl, Link
from .listening import Listening
from .logged import Logged
from .saving import Saving
from .streaming import Streaming
from .transport import BAUD, Transport

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal, Self

    from numpy.typing import ArrayLike, NDArray
    from typing_extensions import Buffer

    from ..results import Answer, Learned
    from .transport import Line


class Device(Streaming, Listening, Saving, Logged, Access):
    """The network on the board at `port`: the same methods and results as `deeplomath.Network`, and KernelError alike.

    port: device path (str or pathlib.Path), PTY, `socket://host:port`, or an object like Transport. baud: of a UART, as the
    board was told to serve; of no meaning over USB. A board that waits in its REPL, friendly or raw, is told to start the
    service, but for start=False; `started` is then True, and exit() gives the REPL back. A Device that
    does not come about gives it back by itself.

    timeout: seconds until an unanswered request is looked after, beside what its bytes take on a UART. A probe that presses
    no key of a REPL goes first, and the request again when that is answered; a retry is never executed twice. Each further
    wait is twice as long; after `attempts` of them TransportError is raised, whose `executed` tells whether the request may
    have been executed. A port on which nobody answers is given up after three time-outs, with what was heard there;
    where a service was started, three more after that. Requests of several threads wait for each other.

    key: of a paired board, 32 bytes; by default the one that `pair` kept on this computer. A board without a key is then
    refused; False opens no session, and the board answers what it answers everybody. reconnect: a port that goes away is
    opened again, a board that was reset is greeted again; where its digest is the one of before the request goes on, else
    DeviceError says what was lost.

    log: the path of a new file, a binary file open for writing, or a link.log.Log: all that is asked and answered goes there
    (LOG.md). A log that cannot be written any more stops with a warning, and `log.fault` says why; the session goes on.

    `hello` tells what the board is; `last_ticks` the time of the last call that learned, changed events, built, inferred
    or streamed (processor ticks or microseconds, as hello.tick_kind is 1 or 0); `last_digest` the last digest that
    came with an answer: it comes with every change, but for a rebuild that is not finished, which leaves None.
    """

    def __init__(
        self,
        port: str | os.PathLike[str] | Line,
        *,
        timeout: float = 2.0,
        attempts: int = 5,
        baud: int = BAUD,
        start: bool = True,
        key: bytes | Literal[False] | None = None,
        reconnect: bool = False,
        log: str | os.PathLike[str] | None = None,
    ) -> None:
        self.timeout, self.attempts = _seconds(timeout), _count(attempts)
        self._key = key if key is None or key is False else pair.check_key(key)
        self._start, self.reconnect = start, reconnect
        self.last_ticks = self.last_digest = None
        self._lock = threading.RLock()  # held for one request, or for those that belong together
        self._network = None  # what is known of the board's network, a replies.Network
        self._closed = False
        self._transport = Transport(port, baud) if isinstance(port, str | os.PathLike) else _transport(port)
        self._link = Link(self._transport)
        try:
            self._keep_log(log, port)
            self.hello = self._connect(start)
            if reconnect and self.hello.configured and key is not False:
                self._info()  # with the digest, which is compared after a reset
            self._log_state()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the line and the log; service and network live on for the next Device."""
        self._closed = True
        self._end_log()
        self._transport.close()

    def configure(
        self,
        *,
        features: int,
        classes: int,
        events: int,
        layers: int = spec.DEFAULT_LAYERS,
        false_reject_permille: int = spec.DEFAULT_FALSE_REJECT_PERMILLE,
        regression: bool = False,
        background: bool = False,
    ) -> int:
        """Makes an empty network of this size the board's only one; returns its footprint in bytes.

        Raises KernelError on a wrong argument and DeviceError ERROR_MEMORY when it does not fit.
        """
        sizes = dict(features=features, classes=classes, events=events, layers=layers)
        rest = dict(false_reject_permille=false_reject_permille, regression=regression, background=background)
        with self._lock:
            before, self._network = self._network, None  # of a request without a reply nobody knows what it left
            try:
                footprint = self._request(spec.OPCODE_CONFIGURE, **_flagged(sizes | rest))[0]["footprint"]
            except (KernelError, TypeError):
                self._network = before
                raise
            self._network = replies.Network(features, classes, events, footprint)
            return footprint

    def cost(
        self,
        *,
        features: int,
        classes: int,
        events: int,
        layers: int = spec.DEFAULT_LAYERS,
        regression: bool = False,
        background: bool = False,
    ) -> Cost:
        """What such a network would cost the board at most, a Cost; its own network has no part in it."""
        sizes = dict(features=features, classes=classes, events=events, layers=layers)
        config = _flagged(dict(**sizes, regression=regression, background=background))
        return replies.pick(Cost, self._request(spec.OPCODE_COST, **config)[0])

    def learn(self, x: ArrayLike, label: int, build: bool = True) -> Learned:
        """Learns the event x [features], integers that fit int16, under label: a Learned. Sets last_digest, last_ticks.

        build=False, for a network with background, only begins the rebuild: it goes on by build_step, and by itself while
        the board has nothing else to do; meanwhile the network before answers. Whatever changes events next, and digest,
        export and load, finish it first.
        """
        return self._learned(spec.OPCODE_LEARN, _event(x), label=label, flags=int(not build))

    def build_step(self, budget: int) -> bool:
        """Goes on with the rebuild for about budget multiply-accumulates; True while there is more to do."""
        return bool(self._request(spec.OPCODE_BUILD, budget=budget)[0]["building"])

    def undo(self) -> None:
        """Takes the last learn, or all of the last naming, back: last_digest is again that of before."""
        self._request(spec.OPCODE_UNDO)

    def forget(self, event: int) -> None:
        """Forgets the event of this id."""
        self._request(spec.OPCODE_FORGET, event=event)

    def relabel(self, event: int, label: int) -> None:
        """Gives the event of this id another label."""
        self._request(spec.OPCODE_RELABEL, event=event, label=label)

    def correct(self, label: int) -> Learned:
        """ "That was a `label`": learns the event last inferred or learned under label; a Learned."""
        return self._learned(spec.OPCODE_CORRECT, label=label)

    def drop(self) -> None:
        """ "Drop it": forgets the event last inferred or learned."""
        self._request(spec.OPCODE_DROP)

    def unknowns(self) -> tuple[int, ...]:
        """Ids of the unknown events that the board remembers, oldest first."""
        rest = self._request(spec.OPCODE_UNKNOWNS)[1]
        replies.check_tail(spec.OPCODE_UNKNOWNS, rest, len(rest) // 4 * 4)
        return struct.unpack(f"<{len(rest) // 4}I", rest)

    def unknown(self, unknown: int) -> NDArray[np.int16]:
        """Features int16 [features] of a remembered unknown."""
        with self._lock:
            rest = self._request(spec.OPCODE_UNKNOWN, unknown=unknown)[1]
            replies.check_tail(spec.OPCODE_UNKNOWN, rest, 2 * self._known().features)
        return _features(rest)

    def name(self, unknowns: Iterable[int], label: int) -> Learned:
        """Learns the unknowns of these ids under label, in this order; a Learned of the last."""
        ids = b"".join(layout.pack(spec.OPCODE_UNKNOWN, {"unknown": it}) for it in unknowns)
        return self._learned(spec.OPCODE_NAME, ids, label=label)

    def rename_class(self, label: int, to: int) -> None:
        """Moves all events of the class label to the class `to`, which has none."""
        self._request(spec.OPCODE_RENAME_CLASS, label=label, to=to)

    def drop_class(self, label: int) -> None:
        """Forgets all events of a class."""
        self._request(spec.OPCODE_DROP_CLASS, label=label)

    def freeze(self, frozen: bool = True) -> None:
        """Stops all learning, or lets it go on."""
        self._request(spec.OPCODE_FREEZE, frozen=int(bool(frozen)))

    def infer(self, x: ArrayLike) -> Answer:
        """What the board says of the event x [features], integers that fit int16: an Answer. Sets last_ticks."""
        data = _event(x)
        with self._lock:
            classes = self._known().classes
            got, rest = self._request(spec.OPCODE_INFER, data)
        return replies.answer(spec.OPCODE_INFER, got, rest, classes)

    def digest(self) -> int:
        """CRC-32 of everything the network is."""
        return self._request(spec.OPCODE_DIGEST)[0]["digest"]

    def export(self) -> bytes:
        """The state as bytes, chunk by chunk."""
        while True:
            with contextlib.suppress(Anew):
                return self._export()

    def _export(self):
        with self._lock:
            most, state, total = self._known().largest_state, b"", None
            while len(state) != total:
                got, chunk = self._request(spec.OPCODE_EXPORT, offset=len(state))
                total = got["total"] if total is None else total
                if got["total"] != total or not 0 < total <= most:
                    raise ProtocolError(
                        f"export: a state of {got['total']} bytes announced, 1..{min(total, most)} allowed"
                    )
                replies.check_tail(spec.OPCODE_EXPORT, chunk, min(self.hello.chunk, total - len(state)))
                state += chunk
            return state

    def load(self, data: Buffer) -> None:
        """Takes the state that export gave, for the same configuration; a wrong one raises and changes nothing."""
        data = as_bytes(data, "state")
        while True:
            with contextlib.suppress(Anew):
                return self._load(data, self.hello.chunk)

    def _load(self, data, size):
        with self._lock:
            before = self.last_digest
            for offset in range(0, max(len(data), 1), size):
                self.last_digest = before  # that of a chunk which is not the last is 0
                chunk = data[offset : offset + size]
                got, _ = self._request(spec.OPCODE_LOAD, chunk, offset=offset, total=len(data))
                if got["next"] != offset + len(chunk):
                    raise ProtocolError(f"load: {got['next']} bytes taken, {offset + len(chunk)} sent")

    def footprint(self) -> int:
        """Bytes of the one buffer of the network."""
        return self._info()["footprint"]

    def info(self) -> Info:
        """Configuration and present size, an Info."""
        got = self._info()
        got.update((name, bool(got[name])) for name, _, *allowed in spec.REPLIES[spec.OPCODE_INFO] if allowed == [0, 1])
        return replies.pick(Info, got)

    def health(self) -> Health:
        """State of the board, a Health."""
        return replies.pick(Health, self._info())

    def exit(self) -> None:
        """Ends the service; the board is back in its REPL. Its words count as the reply, should that be lost."""
        try:
            self._request(spec.OPCODE_EXIT)
        except InRepl as error:
            if error.executed is False:  # it was there before
                raise
        self.started = False

    def _learned(self, opcode, tail=b"", **fields):
        got, _ = self._request(opcode, tail, **fields)
        return replies.learned(got)

    def _hello(self, reply):
        """The Hello in HELLO's reply. ProtocolError: the board speaks otherwise, or computes otherwise."""
        got, rest = self._accept(spec.OPCODE_HELLO, reply)
        texts = replies.texts(spec.OPCODE_HELLO, rest)
        if got["spec"] != spec.VERSION_SPEC:
            raise ProtocolError(
                f"spec: the board computes by version {got['spec']}, this library ({spec.VERSION_LIBRARY}) by "
                f"{spec.VERSION_SPEC}; their digests cannot agree: update one of them"
            )
        if got["configured"]:
            self._network = replies.pick(replies.Network, got)
        return Hello(*got.values(), *texts)

    def _known(self):
        """What is known of the network on the board; it is asked where nothing is."""
        if self._network is None:
            self._info()
        return self._network

    def _info(self):
        got = self._request(spec.OPCODE_INFO)[0]
        self._network = replies.pick(replies.Network, got)
        return got

    def _request(self, opcode, tail=b"", **fields):
        """Returns the reply's fixed fields as a dict, and the bytes behind them."""
        payload = layout.pack(opcode, fields, tail)
        longest = replies.longest(opcode)
        with self._lock:
            name = spec.OPCODES[opcode]
            if self._closed:
                raise TransportError(f"{name}: this Device is closed: open another one")
            try:
                reply = self._ask(opcode, payload, longest)
            except TransportError as error:
                self._log_silence(opcode, payload, error)
                raise type(error)(f"{name}: {error}{self._doubt(opcode, error)}", error.executed) from error
            accepted = self._accept(opcode, reply)
            self._log_state()
            return accepted

    def _doubt(self, opcode, error):
        """Words on whether a request without a reply was executed, and how to find out."""
        if error.executed is False or opcode in spec.HARMLESS:
            return ""
        digest = "" if self.last_digest is None else f", which was {self.last_digest:08x}"
        return f", and may have been executed: connect again, then info().clock and digest(){digest}, tell"

    def _accept(self, opcode, reply):
        if reply.version != spec.VERSION_PROTOCOL:
            ours = spec.VERSION_PROTOCOL
            older = "the board: `deeplomath deploy` does it" if reply.version < ours else "this library"
            words = f"the board speaks version {reply.version}, this library {ours}: update {older}"
            raise ProtocolError(f"protocol: {words}")
        name = spec.OPCODES[opcode]
        if not reply.payload:
            raise ProtocolError(f"{name}: a reply without a status")
        status, body = struct.unpack_from("<b", reply.payload)[0], reply.payload[1:]
        if status == spec.ERROR_UNCONFIGURED and self._network:
            raise DeviceError(status, f"{name}: the board has lost its network: it was reset; configure it again")
        if status == spec.ERROR_FRONT and self._front and self._front.lines:
            raise DeviceError(
                status, f"{name}: the board has lost its front-end: it was reset; give it the model again"
            )
        if status:
            raise replies.failure(status, body)
        got, tail = replies.take(opcode, body)
        self.last_digest = None if got.get("building") else got.get("digest", self.last_digest)
        self.last_ticks = got.get("ticks", self.last_ticks)
        return got, tail


def _flagged(config):
    """A configuration as the wire has it; like the mirror, a board takes as a flag what is true or false for Python."""
    flags = [name for name, _, *allowed in spec.CONFIG if allowed == [0, 1]]
    return {name: int(bool(value)) if name in flags else value for name, value in config.items()}


def _seconds(timeout):
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout: {type(timeout).__name__} given, seconds needed")
    if not 0 < timeout < 1e6:
        raise KernelError(spec.ERROR_ARGUMENT, f"timeout: {timeout} given, above 0 and below 10^6 seconds allowed")
    return timeout


def _count(attempts):
    if not 1 <= check_int("attempts", attempts) <= 32:
        raise KernelError(spec.ERROR_ARGUMENT, f"attempts: {attempts} given, 1..32 allowed")
    return attempts


def _transport(port):
    if all(callable(getattr(port, name, None)) for name in ("read", "write", "close")):
        return port
    raise TypeError(f"port: {type(port).__name__} given, a path, a URL or an object with read, write and close needed")


def _event(x):
    return as_int16(x, "event", ("feature",)).astype("<i2").tobytes()


def _features(data):
    return np.frombuffer(data, "<i2").astype(np.int16)
