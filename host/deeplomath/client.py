# SPDX-License-Identifier: MIT
"""A network on a board, one method an opcode: the other end of firmware/device/dlm_service.py (PROTOCOL.md)."""

import secrets
import struct
import time
from typing import NamedTuple

import numpy as np

from . import frame, spec
from .errors import DeviceError, KernelError, ProtocolError, TransportError
from .results import Answer, Cost, Info, Learned
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
START_SERVICE = b"import dlm_main; dlm_main.serve()\r"
_TO_FRIENDLY_REPL = b"\x03\x03\x02"  # stop what runs, drop the line begun, leave the raw REPL
_REPL_KEYS = frozenset(b"\x02\x03\x04\x05\n\r")  # keys a HELLO should not press, in case a REPL reads it


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

    port: device path, PTY, `socket://host:port`, or an object like Transport. baud: of a UART, as the board was told to
    serve; of no meaning over USB. A board that waits in its REPL, friendly or raw, is told to start the service, but for
    start=False. timeout: seconds until an unanswered request is sent again; each further wait is twice as long, and
    after `attempts` of them TransportError is raised. A retry is never executed twice.

    `hello` tells what the board is; `last_ticks` the time of the last call that learned, changed events, built, inferred
    or made features (processor ticks or microseconds, as hello.tick_kind is 1 or 0); `last_digest` the last digest that
    came with an answer: it comes with every change, but for a rebuild that is not finished, which leaves None.
    """

    def __init__(self, port, timeout=2.0, attempts=5, *, baud=BAUD, start=True):
        self.timeout, self.attempts = timeout, attempts
        self.last_ticks = self.last_digest = None
        self._transport = Transport(port, baud) if isinstance(port, str) else port
        self._decoder = frame.Decoder()
        self._sequence = secrets.randbelow(1 << 16)
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
        rest = dict(false_reject_permille=false_reject_permille, regression=regression, background=background)
        return self._request(spec.OPCODE_CONFIGURE, **sizes, **rest)[0]["footprint"]

    def cost(self, *, features, classes, events, layers=spec.DEFAULT_LAYERS, regression=False, background=False):
        """What such a network would cost the board at most, a Cost; its own network has no part in it."""
        sizes = dict(features=features, classes=classes, events=events, layers=layers)
        flags = dict(regression=regression, background=background)
        return _pick(Cost, self._request(spec.OPCODE_COST, **sizes, **flags)[0])

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
        """Takes the last learn back: last_digest is again that of before."""
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
        _, rest = self._request(spec.OPCODE_UNKNOWNS)
        return struct.unpack(f"<{len(rest) // 4}I", rest)

    def unknown(self, unknown):
        """Features int16 [features] of a remembered unknown."""
        return _features(self._request(spec.OPCODE_UNKNOWN, unknown=unknown)[1])

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
        self._request(spec.OPCODE_FREEZE, frozen=bool(frozen))

    def infer(self, x):
        """What the board says of the event x (int16 [features]): an Answer. Sets last_ticks."""
        got, rest = self._request(spec.OPCODE_INFER, _int16(x, "event", "features"))
        near = 4 * got["n_nearest"]
        got["nearest"] = struct.unpack(f"<{got['n_nearest']}I", rest[:near])
        got["outputs"] = struct.unpack(f"<{len(rest[near:]) // 4}i", rest[near:])
        return _pick(Answer, got)

    def digest(self):
        """CRC-32 of everything the network is."""
        return self._request(spec.OPCODE_DIGEST)[0]["digest"]

    def export(self):
        """The state as bytes, chunk by chunk."""
        state, total = b"", None
        while len(state) != total:
            got, chunk = self._request(spec.OPCODE_EXPORT, offset=len(state))
            total, state = got["total"], state + chunk
            if not chunk or len(state) > total:
                raise ProtocolError(f"export: {len(state)} bytes came, {total} announced")
        return state

    def load(self, data):
        """Takes the state that export gave, for the same configuration; a wrong one raises and changes nothing."""
        data, size = bytes(data), min(spec.WIRE_CHUNK, self.hello.chunk)
        for offset in range(0, max(len(data), 1), size):
            self._request(spec.OPCODE_LOAD, data[offset : offset + size], offset=offset, total=len(data))

    def footprint(self):
        """Bytes of the one buffer of the network."""
        return self._request(spec.OPCODE_INFO)[0]["footprint"]

    def info(self):
        """Configuration and present size, an Info."""
        got = self._request(spec.OPCODE_INFO)[0]
        got.update((name, bool(got[name])) for name in ("regression", "background", "frozen", "building"))
        return _pick(Info, got)

    def health(self):
        """State of the board, a Health."""
        return _pick(Health, self._request(spec.OPCODE_INFO)[0])

    def window_features(self, samples):
        """Features int16 [3 * channels] of int16 samples [n, channels], made by the board; they fit one frame."""
        data = _int16(samples, "samples", "n, channels")
        _, rest = self._request(spec.OPCODE_FEATURES, data, channels=np.shape(samples)[1])
        return _features(rest)

    def exit(self):
        """Ends the service; the board is back in its REPL."""
        self._request(spec.OPCODE_EXIT, attempts=1)

    def _learned(self, opcode, tail=b"", **fields):
        got, _ = self._request(opcode, tail, **fields)
        if got["reason"] == spec.REASON_NONE:
            got["evicted"] = -1
        return _pick(Learned, got)

    def _connect(self, start=True):
        self._quiet_sequence()
        short = dict(timeout=min(self.timeout, 1.0), attempts=1) if start else {}
        try:
            got, rest = self._request(spec.OPCODE_HELLO, **short)
        except TransportError:
            if not start:
                raise
            self._start_service()
            self._quiet_sequence()
            got, rest = self._request(spec.OPCODE_HELLO)
        texts = []
        for _ in range(3):
            size = rest[0] if rest else 0
            texts.append(rest[1 : 1 + size].decode("utf-8", "replace"))
            rest = rest[1 + size :]
        if got["spec"] != spec.VERSION_SPEC:
            raise ProtocolError(
                f"spec: the board computes by version {got['spec']}, this library ({spec.VERSION_LIBRARY}) by "
                f"{spec.VERSION_SPEC}; their digests cannot agree: update one of them"
            )
        return Hello(*got.values(), *texts)

    def _quiet_sequence(self):
        """Moves on to a sequence number with which a HELLO presses no key that a REPL would act on."""
        while _REPL_KEYS & set(frame.encode(spec.OPCODE_HELLO, (self._sequence + 1) & 0xFFFF)[1:-1]):
            self._sequence += 1

    def _start_service(self):
        self._transport.write(_TO_FRIENDLY_REPL)
        heard, deadline = b"", time.monotonic() + self.timeout
        while not heard.endswith(b">>> ") and time.monotonic() < deadline:
            got = self._transport.read(deadline - time.monotonic())
            heard += got
            self._decoder.feed(got)
        self._transport.write(START_SERVICE)

    def _request(self, opcode, tail=b"", *, timeout=None, attempts=None, **fields):
        """Returns the reply's fixed fields as a dict, and the bytes behind them."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        wire = frame.encode(opcode, self._sequence, _pack(REQUESTS[opcode], fields) + tail)
        attempts, wait = attempts or self.attempts, timeout or self.timeout
        for attempt in range(attempts):
            self._transport.write(wire)
            dropped, deadline = (self._decoder.dropped, time.monotonic() + wait * 2**attempt)
            while (left := deadline - time.monotonic()) > 0:
                reply = None
                for it in self._decoder.feed(self._transport.read(left)):
                    if (it.opcode, it.sequence) == (opcode | spec.WIRE_REPLY, self._sequence):
                        reply = it  # the rest are answers to retries of earlier requests
                if reply:
                    return self._accept(opcode, reply)
                if self._decoder.dropped != dropped and attempt + 1 < attempts:
                    break  # that may have been the answer
        words = self._decoder.text().strip()[-300:]
        heard = f"; outside of frames it said: {words}" if words else ""
        raise TransportError(f"{spec.OPCODES[opcode]}: no answer after {attempts} attempts{heard}")

    def _accept(self, opcode, reply):
        if reply.version != spec.VERSION_PROTOCOL:
            ours = spec.VERSION_PROTOCOL
            raise ProtocolError(f"protocol: the board speaks version {reply.version}, this library {ours}")
        name = spec.OPCODES[opcode]
        if not reply.payload:
            raise ProtocolError(f"{name}: a reply without a status")
        status, body = struct.unpack_from("<b", reply.payload)[0], reply.payload[1:]
        text = body.decode("utf-8", "replace") if status else ""
        if status == spec.ERROR_PROTOCOL:
            raise ProtocolError(text)
        if status:
            raise (KernelError if status > spec.ERROR_OPCODE else DeviceError)(status, text)
        names, form = _layout(REPLIES[opcode])
        if len(body) < form.size:
            raise ProtocolError(f"{name}: a reply of {len(body)} bytes, {form.size} needed")
        got = dict(zip(names, form.unpack_from(body), strict=True))
        self.last_digest = None if got.get("building") else got.get("digest", self.last_digest)
        self.last_ticks = got.get("ticks", self.last_ticks)
        return got, body[form.size :]


def _layout(fields):
    """Returns the names in one of the tables above, and their struct."""
    pairs = [field.split(":") for field in fields.split()]
    return [name for name, _ in pairs], struct.Struct("<" + "".join(kind for _, kind in pairs))


def _pack(fields, values):
    packed = b""
    for name, kind in (field.split(":") for field in fields.split()):
        try:
            packed += struct.pack("<" + kind, values[name])
        except struct.error as error:
            raise _misfit(name, kind, values[name]) from error
    return packed


def _misfit(name, kind, value):
    """Returns what the board would have raised, had the value fitted on the wire."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        return TypeError(f"{name}: {type(value).__name__} given, an int needed")
    bits = 8 * struct.calcsize(kind)
    low, high = (0, 2**bits - 1) if kind.isupper() else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    limit = {"to": "label", "unknown": "event"}.get(name, name.removesuffix("_permille"))
    code = getattr(spec, "ERROR_" + limit.upper(), spec.ERROR_ARGUMENT)
    return KernelError(code, f"{name}: {value} given, {low}..{high} fit the wire")


def _int16(values, name, axes):
    values = np.asarray(values)
    if values.dtype != np.int16 or values.ndim != axes.count(",") + 1:
        raise TypeError(f"{name}: {values.dtype} with {values.ndim} axes given, int16 [{axes}] needed")
    return values.astype("<i2").tobytes()


def _features(data):
    return np.frombuffer(data, "<i2").astype(np.int16)


def _pick(kind, got):
    return kind(*(got[name] for name in kind._fields))
