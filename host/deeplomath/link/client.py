# SPDX-License-Identifier: MIT
"""A network on a board, one method an opcode: the other end of firmware/device/dlm_service.py (PROTOCOL.md)."""

import os
import struct
import threading
from typing import NamedTuple

import numpy as np

from .. import spec
from ..errors import DeviceError, KernelError, ProtocolError, TransportError
from ..results import Answer, Cost, Info, Learned
from . import replies
from .connect import Connection
from .link import InRepl, Link
from .transport import BAUD, Transport

# Fixed part of each request and reply: PROTOCOL.md's tables, field by field. int16 items, ids and chunks follow it.
_CHANGED = "digest:I ticks:I"
_LEARNED = "event:I neurons:H depth:B error:I action:B reason:B evicted:I building:B digest:I ticks:I"
_CONFIG = "features:H classes:B events:H layers:B false_reject_permille:H regression:B background:B"
REQUESTS = {
    spec.OPCODE_HELLO: "",
    spec.OPCODE_CONFIGURE: _CONFIG,
    spec.OPCODE_LEARN: "label:h flags:H",
    spec.OPCODE_INFER: "",
    spec.OPCODE_DIGEST: "",
    spec.OPCODE_INFO: "",
    spec.OPCODE_EXPORT: "offset:I",
    spec.OPCODE_LOAD: "offset:I total:I",
    spec.OPCODE_FEATURES: "channels:H",
    spec.OPCODE_EXIT: "",
    spec.OPCODE_BUILD: "budget:I",
    spec.OPCODE_UNDO: "",
    spec.OPCODE_FORGET: "event:I",
    spec.OPCODE_RELABEL: "event:I label:h",
    spec.OPCODE_CORRECT: "label:h",
    spec.OPCODE_DROP: "",
    spec.OPCODE_UNKNOWNS: "",
    spec.OPCODE_UNKNOWN: "unknown:I",
    spec.OPCODE_NAME: "label:h",
    spec.OPCODE_RENAME_CLASS: "label:h to:h",
    spec.OPCODE_DROP_CLASS: "label:h",
    spec.OPCODE_FREEZE: "frozen:B",
    spec.OPCODE_COST: "features:H classes:B events:H layers:B regression:B background:B",
}
REPLIES = {
    spec.OPCODE_HELLO: "protocol:H spec:H state:H limit_features:H limit_classes:B limit_events:H limit_layers:B"
    f" frame_max:H chunk:H heap_free:I tick_kind:B configured:B {_CONFIG} footprint:I",
    spec.OPCODE_CONFIGURE: "footprint:I digest:I",
    spec.OPCODE_LEARN: _LEARNED,
    spec.OPCODE_INFER: "label:h verdict:B margin:i distance:I novelty:I confidence:i value:i ticks:I n_nearest:B",
    spec.OPCODE_DIGEST: "digest:I",
    spec.OPCODE_INFO: f"{_CONFIG} neurons:H depth:B error:I level:I clock:I work:I frozen:B building:B footprint:I"
    " digest:I dropped:I heap_free:I",
    spec.OPCODE_EXPORT: "total:I",
    spec.OPCODE_LOAD: "next:I digest:I",
    spec.OPCODE_FEATURES: "ticks:I",
    spec.OPCODE_EXIT: "",
    spec.OPCODE_BUILD: "building:B digest:I ticks:I",
    spec.OPCODE_UNDO: _CHANGED,
    spec.OPCODE_FORGET: _CHANGED,
    spec.OPCODE_RELABEL: _CHANGED,
    spec.OPCODE_CORRECT: _LEARNED,
    spec.OPCODE_DROP: _CHANGED,
    spec.OPCODE_UNKNOWNS: "",
    spec.OPCODE_UNKNOWN: "",
    spec.OPCODE_NAME: _LEARNED,
    spec.OPCODE_RENAME_CLASS: _CHANGED,
    spec.OPCODE_DROP_CLASS: _CHANGED,
    spec.OPCODE_FREEZE: _CHANGED,
    spec.OPCODE_COST: "work:Q step:I bytes:I",
}
HARMLESS = (  # what may be executed twice without a trace
    *(spec.OPCODE_HELLO, spec.OPCODE_DIGEST, spec.OPCODE_INFO, spec.OPCODE_EXPORT, spec.OPCODE_FEATURES),
    *(spec.OPCODE_UNKNOWNS, spec.OPCODE_UNKNOWN, spec.OPCODE_COST),
)
TOO_LONG = {  # what the kernel says of an argument that no frame holds
    spec.OPCODE_LEARN: (spec.ERROR_FEATURES, "features", 2),
    spec.OPCODE_INFER: (spec.ERROR_FEATURES, "features", 2),
    spec.OPCODE_FEATURES: (spec.ERROR_WINDOW, "samples", 2),
    spec.OPCODE_NAME: (spec.ERROR_COUNT, "unknowns", 4),
}
ROOM = spec.WIRE_FRAME_MAX - spec.WIRE_HEADER - spec.WIRE_CHECKSUM  # bytes of the longest payload


class Hello(NamedTuple):
    """What a board says of itself (PROTOCOL.md section 6.1); features..footprint are 0 until it is configured."""

    protocol: int
    spec: int
    state: int
    limit_features: int
    limit_classes: int
    limit_events: int
    limit_layers: int
    frame_max: int
    chunk: int
    heap_free: int
    tick_kind: int
    configured: int
    features: int
    classes: int
    events: int
    layers: int
    false_reject_permille: int
    regression: int
    background: int
    footprint: int
    library: str
    board: str
    implementation: str


class Health(NamedTuple):
    """State of the board beside its network: frames it had to drop since the service began, bytes free on its heap."""

    dropped: int
    heap_free: int


class Device:
    """The network on the board at `port`: the same methods and results as `deeplomath.Network`, and KernelError alike.

    port: device path (str or pathlib.Path), PTY, `socket://host:port`, or an object like Transport. baud: of a UART, as the
    board was told to serve; of no meaning over USB. A board that waits in its REPL, friendly or raw, is told to start the
    service, but for start=False; `started` is then True, and exit() gives the REPL back.

    timeout: seconds until an unanswered request is looked after, beside what its bytes take on a UART. A probe that presses
    no key of a REPL goes first, and the request again when that is answered; a retry is never executed twice. Each further
    wait is twice as long; after `attempts` of them TransportError is raised, whose `executed` tells whether the request may
    have been executed. A port on which nobody answers is given up after three time-outs, with what was heard there.
    Requests of several threads wait for each other.

    `hello` tells what the board is; `last_ticks` the time of the last call that learned, changed events, built, inferred
    or made features (processor ticks or microseconds, as hello.tick_kind is 1 or 0); `last_digest` the last digest that
    came with an answer: it comes with every change, but for a rebuild that is not finished, which leaves None.
    """

    def __init__(self, port, *, timeout=2.0, attempts=5, baud=BAUD, start=True):
        self.timeout, self.attempts = _seconds(timeout), _count(attempts)
        self.last_ticks = self.last_digest = None
        self._lock = threading.RLock()  # held for one request, or for those that belong together
        self._network = None  # what is known of the board's network, a replies.Network
        self._closed = False
        self._transport = Transport(port, baud) if isinstance(port, str | os.PathLike) else _transport(port)
        self._link = Link(self._transport)
        try:
            self.hello = self._connect(start)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Closes the line; service and network live on for the next Device."""
        self._closed = True
        self._transport.close()

    def configure(
        self,
        *,
        features,
        classes,
        events,
        layers=spec.DEFAULT_LAYERS,
        false_reject_permille=spec.DEFAULT_FALSE_REJECT_PERMILLE,
        regression=False,
        background=False,
    ):
        """Makes an empty network of this size the board's only one; returns its footprint in bytes.

        Raises KernelError on a wrong argument and DeviceError ERROR_MEMORY when it does not fit.
        """
        sizes = dict(features=features, classes=classes, events=events, layers=layers)
        rest = dict(false_reject_permille=false_reject_permille, **_flags(regression, background))
        with self._lock:
            before, self._network = self._network, None  # of a request without a reply nobody knows what it left
            try:
                footprint = self._request(spec.OPCODE_CONFIGURE, **sizes, **rest)[0]["footprint"]
            except (KernelError, TypeError):
                self._network = before
                raise
            self._network = replies.Network(features, classes, events, footprint)
            return footprint

    def cost(self, *, features, classes, events, layers=spec.DEFAULT_LAYERS, regression=False, background=False):
        """What such a network would cost the board at most, a Cost; its own network has no part in it."""
        sizes = dict(features=features, classes=classes, events=events, layers=layers)
        return _pick(Cost, self._request(spec.OPCODE_COST, **sizes, **_flags(regression, background))[0])

    def learn(self, x, label, build=True):
        """Learns the event x (int16 [features]) under label: a Learned. Sets last_digest, last_ticks.

        build=False, for a network with background, only begins the rebuild: it goes on by build_step, and by itself while
        the board has nothing else to do; meanwhile the network before answers. Whatever changes events next, and digest,
        export and load, finish it first.
        """
        return self._learned(spec.OPCODE_LEARN, _int16(x, "event", "features"), label=label, flags=int(not build))

    def build_step(self, budget):
        """Goes on with the rebuild for about budget multiply-accumulates; True while there is more to do."""
        return bool(self._request(spec.OPCODE_BUILD, budget=budget)[0]["building"])

    def undo(self):
        """Takes the last learn, or all of the last naming, back: last_digest is again that of before."""
        self._request(spec.OPCODE_UNDO)

    def forget(self, event):
        """Forgets the event of this id."""
        self._request(spec.OPCODE_FORGET, event=event)

    def relabel(self, event, label):
        """Gives the event of this id another label."""
        self._request(spec.OPCODE_RELABEL, event=event, label=label)

    def correct(self, label):
        """ "That was a `label`": learns the event last inferred or learned under label; a Learned."""
        return self._learned(spec.OPCODE_CORRECT, label=label)

    def drop(self):
        """ "Drop it": forgets the event last inferred or learned."""
        self._request(spec.OPCODE_DROP)

    def unknowns(self):
        """Ids of the unknown events that the board remembers, oldest first."""
        rest = self._request(spec.OPCODE_UNKNOWNS)[1]
        replies.check_tail(spec.OPCODE_UNKNOWNS, rest, len(rest) // 4 * 4)
        return struct.unpack(f"<{len(rest) // 4}I", rest)

    def unknown(self, unknown):
        """Features int16 [features] of a remembered unknown."""
        with self._lock:
            rest = self._request(spec.OPCODE_UNKNOWN, unknown=unknown)[1]
            replies.check_tail(spec.OPCODE_UNKNOWN, rest, 2 * self._known().features)
        return _features(rest)

    def name(self, unknowns, label):
        """Learns the unknowns of these ids under label, in this order; a Learned of the last."""
        ids = b"".join(_pack("unknown:I", {"unknown": it}) for it in unknowns)
        return self._learned(spec.OPCODE_NAME, ids, label=label)

    def rename_class(self, label, to):
        """Moves all events of the class label to the class `to`, which has none."""
        self._request(spec.OPCODE_RENAME_CLASS, label=label, to=to)

    def drop_class(self, label):
        """Forgets all events of a class."""
        self._request(spec.OPCODE_DROP_CLASS, label=label)

    def freeze(self, frozen=True):
        """Stops all learning, or lets it go on."""
        self._request(spec.OPCODE_FREEZE, frozen=int(bool(frozen)))

    def infer(self, x):
        """What the board says of the event x (int16 [features]): an Answer. Sets last_ticks."""
        data = _int16(x, "event", "features")
        with self._lock:
            classes = self._known().classes
            got, rest = self._request(spec.OPCODE_INFER, data)
        near = 4 * got["n_nearest"]
        replies.check_tail(spec.OPCODE_INFER, rest, near + 4 * classes)
        if not -1 <= got["label"] < classes:
            raise ProtocolError(f"infer: a reply with label {got['label']}, -1..{classes - 1} allowed")
        got["nearest"] = struct.unpack(f"<{got['n_nearest']}I", rest[:near])
        got["outputs"] = struct.unpack(f"<{classes}i", rest[near:])
        return _pick(Answer, got)

    def digest(self):
        """CRC-32 of everything the network is."""
        return self._request(spec.OPCODE_DIGEST)[0]["digest"]

    def export(self):
        """The state as bytes, chunk by chunk."""
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

    def load(self, data):
        """Takes the state that export gave, for the same configuration; a wrong one raises and changes nothing."""
        data, size = bytes(data), self.hello.chunk
        with self._lock:
            for offset in range(0, max(len(data), 1), size):
                chunk = data[offset : offset + size]
                got, _ = self._request(spec.OPCODE_LOAD, chunk, offset=offset, total=len(data))
                if got["next"] != offset + len(chunk):
                    raise ProtocolError(f"load: {got['next']} bytes taken, {offset + len(chunk)} sent")

    def footprint(self):
        """Bytes of the one buffer of the network."""
        return self._info()["footprint"]

    def info(self):
        """Configuration and present size, an Info."""
        got = self._info()
        got.update((name, bool(got[name])) for name in ("regression", "background", "frozen", "building"))
        return _pick(Info, got)

    def health(self):
        """State of the board, a Health."""
        return _pick(Health, self._info())

    def window_features(self, samples):
        """Features int16 [3 * channels] of int16 samples [n, channels], made by the board; they fit one frame."""
        data, channels = _int16(samples, "samples", "n, channels"), np.shape(samples)[1]
        rest = self._request(spec.OPCODE_FEATURES, data, channels=channels)[1]
        replies.check_tail(spec.OPCODE_FEATURES, rest, 2 * 3 * channels)
        return _features(rest)

    def exit(self):
        """Ends the service; the board is back in its REPL. Its words count as the reply, should that be lost."""
        try:
            self._request(spec.OPCODE_EXIT)
        except InRepl as error:
            if error.executed is False:  # it was there before
                raise
        self.started = False

    def _learned(self, opcode, tail=b"", **fields):
        got, _ = self._request(opcode, tail, **fields)
        if got["reason"] == spec.REASON_NONE:
            got["evicted"] = -1
        return _pick(Learned, got)

    def _connect(self, start=True):
        connection = Connection(self._link, self.timeout, self.attempts, start)
        got, rest = self._accept(spec.OPCODE_HELLO, connection.hello())
        self.started = connection.started
        texts = replies.texts(rest)
        if got["spec"] != spec.VERSION_SPEC:
            raise ProtocolError(
                f"spec: the board computes by version {got['spec']}, this library ({spec.VERSION_LIBRARY}) by "
                f"{spec.VERSION_SPEC}; their digests cannot agree: update one of them"
            )
        if got["configured"]:
            self._network = _pick(replies.Network, got)
        return Hello(*got.values(), *texts)

    def _known(self):
        """What is known of the network on the board; it is asked where nothing is."""
        if self._network is None:
            self._info()
        return self._network

    def _info(self):
        got = self._request(spec.OPCODE_INFO)[0]
        self._network = _pick(replies.Network, got)
        return got

    def _request(self, opcode, tail=b"", **fields):
        """Returns the reply's fixed fields as a dict, and the bytes behind them."""
        payload = _pack(REQUESTS[opcode], fields) + tail
        if len(payload) > ROOM:
            code, name, size = TOO_LONG[opcode]
            most = (ROOM - len(payload) + len(tail)) // size
            raise KernelError(code, f"{name}: {len(tail) // size} given, at most {most} fit the wire")
        longest = replies.longest(opcode, _layout(REPLIES[opcode])[1].size)
        with self._lock:
            name = spec.OPCODES[opcode]
            if self._closed:
                raise TransportError(f"{name}: this Device is closed: open another one")
            try:
                reply = self._link.ask(opcode, payload, longest, self.timeout, self.attempts)
            except TransportError as error:
                raise type(error)(f"{name}: {error}{self._doubt(opcode, error)}", error.executed) from error
            return self._accept(opcode, reply)

    def _doubt(self, opcode, error):
        """Words on whether a request without a reply was executed, and how to find out."""
        if error.executed is False or opcode in HARMLESS:
            return ""
        digest = "" if self.last_digest is None else f", which was {self.last_digest:08x}"
        return f", and may have been executed: connect again, then info().clock and digest(){digest}, tell"

    def _accept(self, opcode, reply):
        if reply.version != spec.VERSION_PROTOCOL:
            ours = spec.VERSION_PROTOCOL
            raise ProtocolError(f"protocol: the board speaks version {reply.version}, this library {ours}")
        name = spec.OPCODES[opcode]
        if not reply.payload:
            raise ProtocolError(f"{name}: a reply without a status")
        status, body = struct.unpack_from("<b", reply.payload)[0], reply.payload[1:]
        if status == spec.ERROR_UNCONFIGURED and self._network:
            raise DeviceError(status, f"{name}: the board has lost its network: it was reset; configure it again")
        if status:
            raise replies.failure(status, body)
        names, form = _layout(REPLIES[opcode])
        if len(body) < form.size:
            raise ProtocolError(f"{name}: a reply of {len(body)} bytes, {form.size} needed")
        got, tail = dict(zip(names, form.unpack_from(body), strict=True)), body[form.size :]
        replies.check(opcode, got, tail)
        self.last_digest = None if got.get("building") else got.get("digest", self.last_digest)
        self.last_ticks = got.get("ticks", self.last_ticks)
        return got, tail


def _layout(fields):
    """Returns the names in one of the tables above, and their struct."""
    pairs = [field.split(":") for field in fields.split()]
    return [name for name, _ in pairs], struct.Struct("<" + "".join(kind for _, kind in pairs))


def _pack(fields, values):
    packed = b""
    for name, kind in (field.split(":") for field in fields.split()):
        try:
            packed += struct.pack("<" + kind, _integer(name, values[name]))
        except struct.error as error:
            raise _misfit(name, kind, values[name]) from error
    return packed


def _integer(name, value):
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: {type(value).__name__} given, an int needed")
    return value


def _misfit(name, kind, value):
    """Returns what the board would have raised, had the value fitted on the wire."""
    bits = 8 * struct.calcsize(kind)
    low, high = (0, 2**bits - 1) if kind.isupper() else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    limit = {"to": "label", "unknown": "event", "channels": "window"}.get(name, name.removesuffix("_permille"))
    code = getattr(spec, "ERROR_" + limit.upper(), spec.ERROR_ARGUMENT)
    return KernelError(code, f"{name}: {value} given, {low}..{high} fit the wire")


def _flags(regression, background):
    """Both as the wire has them; like the mirror, a board takes what is true or false for Python."""
    return dict(regression=int(bool(regression)), background=int(bool(background)))


def _seconds(timeout):
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout: {type(timeout).__name__} given, seconds needed")
    if not 0 < timeout < 1e6:
        raise KernelError(spec.ERROR_ARGUMENT, f"timeout: {timeout} given, above 0 and below 10^6 seconds allowed")
    return timeout


def _count(attempts):
    if not 1 <= _integer("attempts", attempts) <= 32:
        raise KernelError(spec.ERROR_ARGUMENT, f"attempts: {attempts} given, 1..32 allowed")
    return attempts


def _transport(port):
    if all(callable(getattr(port, name, None)) for name in ("read", "write", "close")):
        return port
    raise TypeError(f"port: {type(port).__name__} given, a path, a URL or an object with read, write and close needed")


def _int16(values, name, axes):
    values = np.asarray(values)
    if values.dtype != np.int16 or values.ndim != axes.count(",") + 1:
        raise TypeError(f"{name}: {values.dtype} with {values.ndim} axes given, int16 [{axes}] needed")
    return values.astype("<i2").tobytes()


def _features(data):
    return np.frombuffer(data, "<i2").astype(np.int16)


def _pick(kind, got):
    return kind(*(got[name] for name in kind._fields))
