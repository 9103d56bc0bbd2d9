# SPDX-License-Identifier: MIT
"""Fuzzes the service with frames: two boards, of kernel and of mirror, get the same bytes, say the same and stay alike.

    make fuzz                                   under the sanitizers; FUZZ_SECONDS=60, FUZZ_SEED=1
    python tests/fuzz_frame.py --replay SEED    a failing case, input by input

A case is the life of a board, drawn from a seed: requests by the layouts of the wire, their fields mostly of use, and
damaged on their way. The model of what must come back is the host's decoder, which shares nothing with the board's: to each
frame that is whole and no reply itself, one reply of this opcode and sequence; a status of spec.toml, but never
ERROR_INTERNAL; what is refused, or came before, has changed nothing.
"""

import collections
import struct
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np

import fuzz_runs
import streaming
from deeplomath import KernelError, spec
from deeplomath.link import frame, pair
from deeplomath.mirror import network
from fuzz_runs import Parted
from implementations import KERNEL
from sources import Chunks
from wire import BoardNetwork, dlm_keeper, dlm_live, dlm_pair, dlm_session, dlm_spec, dlm_store

CONFIG = dict(features=4, classes=3, events=6, layers=2, false_reject_permille=50, regression=False, background=True)
PROGRAMS = (streaming.statistics(2, 4, 4, 0b11), streaming.statistics(2, 4, 2, 0b11), streaming.statistics(3, 4, 4, 1))
SAMPLES = streaming.samples(4000, 2)
KEY, OTHER_KEY = bytes(range(32)), bytes(32)
INPUTS = 60  # of a case
CORNERS = {"B": (0, 1, 2, 3, 16, 64, 128, 255), "H": (0, 1, 2, 6, 50, 500, 501, 65535)}
CORNERS |= {"I": (0, 1, 2, 100, 2**31 - 1, 2**31, 2**32 - 1), "h": (-32768, -1, 0, 1, 2, 3, 15, 16, 32767)}
OFTEN = ("learn", "infer", "samples", "learn", "infer", "load", "export", "correct", "undo", "name", "build")
NAMES = [it[0] for it in dlm_spec.LAYOUTS if it]
TEXTS = (b"", b"\0", b"motion\0walk\0run\0sit", b"\xff\xfe", b"a" * 300, b"\0" * 17, "\u00fc\0\u4e2d".encode())
SEALED = spec.VERSION_PROTOCOL | spec.WIRE_SEALED


class KernelBoard(KERNEL):
    """The kernel with the face that it has on a board: what firmware/binding checks is checked here."""

    def learn(self, x, label, build=True):
        return super().learn(self._event(x), label, build)

    def infer(self, x):
        return super().infer(self._event(x))

    def build_step(self, budget):
        if not budget:
            raise KernelError(spec.ERROR_ARGUMENT, f"budget: 0 given, 1..{2**32 - 1} allowed")
        return super().build_step(budget)

    def configure(self, **config):
        if self.info().frozen:
            raise KernelError(spec.ERROR_FROZEN, "learning is frozen")
        made = KernelBoard(**config)
        self.__dict__.update(made.__dict__)

    def digest_if_whole(self):
        return None if self.info().building else self.digest()

    def unknown(self, unknown):
        return super().unknown(unknown).astype("<i2").tobytes()

    def _event(self, x):
        x = np.frombuffer(x, "<i2").astype(np.int16)
        if len(x) != self.config.n_features:
            raise KernelError(spec.ERROR_FEATURES, f"kernel: {spec.ERRORS[spec.ERROR_FEATURES]}")
        return x


class MirrorBoard(BoardNetwork):
    """The mirror, with the words of the kernel where a reply to SAMPLES carries them."""

    def learn(self, x, label, build=True):
        try:
            return super().learn(x, label, build)
        except KernelError as error:
            raise KernelError(error.code, f"kernel: {spec.ERRORS[error.code]}") from error


MAKES = [SimpleNamespace(Network=make, cost=network.cost) for make in (KernelBoard, MirrorBoard)]


class Board:
    """A service with a store, a key where it is paired, and a source of its own."""

    def __init__(self, module, folder, paired):
        folder.mkdir()
        if paired:
            (folder / dlm_pair.KEY).write_bytes(KEY + b"\2id")
        self.session = dlm_session.Session(module, f"{folder}/")
        self.handlers = self.session.handlers
        self.handlers._ticks = int
        self.handlers.keeper = dlm_keeper.Keeper(self.handlers, dlm_store.Store(str(folder)), after=0)
        self.handlers.keeper.start()
        self.live = dlm_live.Live(Chunks(SAMPLES), self.handlers, queue=1024, clock=int)

    def take(self, data, look=True):
        """Yields, to each frame in data, what the board was before, its reply, what it is now, and whether it was refused.

        look: whether what it is is looked at.
        """
        self.session.receive(bytearray(data))
        before, refused = self.seen() if look else None, self.session.decoder.refused
        while self.session.request() is not None:
            reply = self.session.reply()
            after, now = self.seen() if look else None, self.session.decoder.refused
            yield before, None if reply is None else bytes(reply), after, now != refused
            before, refused = after, now
        if not self.handlers.running:
            self.session.begin()  # as main.py, which serves again

    def seen(self):
        """What a host could ask it without a change."""
        net, feed = self.handlers.network, self.handlers._feed
        rest = self.handlers.named, feed.facts(), self.live.running
        if net is None:
            return None, None, *rest
        info = net.info()
        whole = None if info.building else (net.digest(), info)
        return whole, (info.clock, info.frozen, net.unknowns()), *rest


def is_same(before, after):
    """Whether nothing has changed; a rebuild may have been finished."""
    return before[1:] == after[1:] and before[0] in (None, after[0])


class Host:
    """Draws what is sent, from what a host knows of the board: its network, its session, how far a state is on its way."""

    def __init__(self, draw, board, paired):
        self.draw, self.board = draw, board
        self.sequence, self.paired = 0, paired
        self.session = self.nonces = None
        self.state, self.offset, self.past = b"", 0, [b"\0"]
        self.wanted = [*self._opening(), "configure", "model"]  # what a host would say next

    def _opening(self):
        return ["hello", "challenge", "open"] if self.paired else ["hello"]

    def choose(self, of):
        return of[int(self.draw.integers(len(of)))]

    def chance(self, share):
        return self.draw.random() < share

    def request(self):
        """The wire bytes of a request."""
        name = self.choose(OFTEN) if self.chance(0.8) else self.choose(NAMES)
        if self.wanted and self.chance(0.9):
            name = self.wanted.pop(0)
        opcode = getattr(spec, f"OPCODE_{name.upper()}")
        payload = self.payload(opcode, name)
        if self.chance(0.03):
            payload = payload[: int(self.draw.integers(len(payload) + 1))] + bytes(int(self.draw.integers(3)))
        self.sequence = (self.sequence + 1) & 0xFFFF
        if self.session and name not in ("hello", "challenge", "open") and self.chance(0.9):
            return self.session.encode(opcode, self.sequence, payload)
        return frame.encode(opcode, self.sequence, payload[: spec.WIRE_FRAME_MAX - 8])

    def payload(self, opcode, name):
        if name == "open":
            key = KEY if self.chance(0.8) else OTHER_KEY
            return pair.proofs(key, *self.nonces).of_host if self.nonces else bytes(32)
        if name in ("challenge", "pair"):
            return bytes(16) if name == "challenge" else self.choose([b"", KEY, KEY, b"short"])
        if name == "names":
            return self.choose(TEXTS)
        _, names, form, item, _ = dlm_spec.LAYOUTS[opcode]
        values = [self.field(name, each, code) for each, code in zip(names, form[1:])]
        return struct.pack(form, *values) + self.tail(name, item)

    def field(self, name, field, code):
        """A number: of use mostly, else at a corner of its type."""
        if self.chance(0.06):
            return self.choose(CORNERS[code])
        net, whole = self.board.handlers.network, int(self.draw.integers(0, 2))
        if field in CONFIG:
            return int(CONFIG[field]) if self.chance(0.9) else self.choose((1, 2, 3))
        found = {"label": int(self.draw.integers(0, 3)), "to": int(self.draw.integers(0, 3)), "budget": 3000}
        found |= {"event": int(self.draw.integers(0, 8)), "events": int(self.draw.integers(0, 4)), "over": 3}
        found |= {"running": whole, "frozen": int(self.chance(0.2)), "by": whole, "with_features": whole}
        found |= {"offset": self.offset, "total": len(self.state), "since": 0, "hold": 2, "skipped": 0, "flags": 0}
        if field == "unknown" and net and net.unknowns():
            return self.choose(net.unknowns())
        if field == "flags" and self.chance(0.2):
            return 1
        if field in ("offset", "total") and name == "load":
            return self._begin_load() if field == "offset" else len(self.state)
        if field == "frozen" and net and net.info().frozen:
            return 0
        return found.get(field, 0)

    def tail(self, name, item):
        """What stands behind the numbers of a request."""
        if name == "load":
            return self.state[self.offset : self.offset + int(self.choose((1, 60, 1024)))]
        if name == "model":
            return self.choose(PROGRAMS) if self.chance(0.9) else self.draw.bytes(int(self.draw.integers(40)))
        if name == "name":
            net = self.board.handlers.network
            found = list(net.unknowns()) if net else []
            found = found[: int(self.draw.integers(len(found) + 1))] + [7] * int(self.chance(0.1))
            return struct.pack(f"<{len(found)}I", *found)
        if name == "samples":
            return self.draw.integers(-3000, 3000, 2 * int(self.draw.integers(0, 24))).astype("<i2").tobytes()
        if item == 2:
            features = 4 if self.chance(0.95) else int(self.draw.integers(0, 9))
            centre = self.choose((-9000, 0, 9000, 30000))
            return np.clip(centre + self.draw.integers(-900, 900, features), -32768, 32767).astype("<i2").tobytes()
        return b""

    def _begin_load(self):
        """A state is on its way, or begins to be: of the board's own network, or one that is spoilt."""
        net = self.board.handlers.network
        if self.offset >= len(self.state) or self.chance(0.1):
            self.offset, self.state = 0, bytes(self.draw.bytes(40))
            if net:
                self.state = bytes(net.export()) if not net.info().building else self.state
            if self.chance(0.3):
                at = int(self.draw.integers(len(self.state)))
                self.state = self.state[:at] + b"\x55" + self.state[at + 1 :]
        return self.offset

    def damaged(self, wire):
        """What comes of wire bytes on a bad line: mostly themselves."""
        self.past = [*self.past[-6:], wire]
        if self.chance(0.5):
            return wire
        at, bit = int(self.draw.integers(len(wire))), 1 << int(self.draw.integers(8))
        return DAMAGES[int(self.draw.integers(len(DAMAGES)))](self, wire, at, bit)

    def note(self, request, reply):
        """What a host learns from a whole reply."""
        status = struct.unpack_from("<b", reply.payload)[0]
        if status in (spec.ERROR_HELLO, spec.ERROR_SESSION, spec.ERROR_PAIRED) and not self.wanted:
            self.wanted = self._opening()
        missing = {spec.ERROR_UNCONFIGURED: "configure", spec.ERROR_FRONT: "model"}.get(status)
        if missing and missing not in self.wanted:
            self.wanted.append(missing)
        if status:
            return
        payload = reply.payload[1 : -spec.WIRE_MAC or None] if reply.version == SEALED else reply.payload[1:]
        if request.opcode == spec.OPCODE_CHALLENGE:
            self.nonces = request.payload, payload[: spec.WIRE_NONCE], payload[spec.WIRE_NONCE :]
        elif request.opcode == spec.OPCODE_OPEN:
            self.session = pair.Session(pair.proofs(KEY, *self.nonces).session, request.sequence)
            self.nonces = None
        elif request.opcode == spec.OPCODE_PAIR:
            self.paired = len(request.payload) > spec.WIRE_MAC
        elif request.opcode == spec.OPCODE_LOAD:
            self.offset = struct.unpack_from("<I", payload)[0]


def _whole(body, version=None, opcode=None):
    """Wire bytes of a frame's body with a right checksum, whatever its header says."""
    version = body[0] if version is None else version
    opcode = body[1] if opcode is None else opcode
    sequence, payload = struct.unpack_from("<H", body, 2)[0], body[4:-4]
    return frame.encode(opcode, sequence, payload, version)


def _body(wire):
    return frame.cobs.decode(wire[1:-1])


def _replaced(body, at, bit):
    return body[:at] + bytes([body[at] ^ bit]) + body[at + 1 :]


DAMAGES = (
    lambda host, wire, at, bit: _replaced(wire, at, bit),
    lambda host, wire, at, bit: wire[:at],
    lambda host, wire, at, bit: wire[at:],
    lambda host, wire, at, bit: wire[:at] + wire[at + 1 :],
    lambda host, wire, at, bit: wire + wire,
    lambda host, wire, at, bit: wire[:-1] + host.request()[1:],
    lambda host, wire, at, bit: wire[:at] + host.request(),
    lambda host, wire, at, bit: wire + host.request() + wire,
    lambda host, wire, at, bit: host.choose(host.past),
    lambda host, wire, at, bit: host.choose(host.past) + host.choose(host.past),
    lambda host, wire, at, bit: b"\0" + frame.cobs.encode(_replaced(_body(wire), -1, bit)[:-1] + b"\1") + b"\0",
    lambda host, wire, at, bit: _whole(_replaced(_body(wire), at % (len(_body(wire)) - 4), bit)),
    lambda host, wire, at, bit: _whole(_body(wire), version=host.choose((0, 1, 2, 3, SEALED, 255))),
    lambda host, wire, at, bit: _whole(_body(wire), opcode=host.choose((0, 9, 36, 127, 128, 130, 255))),
    lambda host, wire, at, bit: _whole(_body(wire)[:4] + host.draw.bytes(at) + bytes(4)),
    lambda host, wire, at, bit: pair.Session(bytes(32), 0).encode(host.choose((3, 5, 12)), host.sequence, bytes(2)),
    lambda host, wire, at, bit: host.draw.bytes(at) + wire + host.draw.bytes(at),
    lambda host, wire, at, bit: b"\1" * int(host.choose((200, 2300, 5000))) + wire,
    lambda host, wire, at, bit: bytes(at) + wire,
)


class Case:
    """Two boards, the host that sends, and the decoder that knows what must come back."""

    def __init__(self, seed, folder, makes):
        self.seed, self.draw = seed, np.random.default_rng(seed)
        paired = bool(self.draw.random() < 0.25)
        self.boards = [Board(make, folder / f"{seed}_{i}", paired) for i, make in enumerate(makes)]
        self.host, self.decoder = Host(self.draw, self.boards[0], paired), frame.Decoder()
        self.remembered = None, None  # the request last executed, and its reply

    def inputs(self):
        """Yields what is sent, each time behind what came of the one before."""
        for _ in range(INPUTS):
            yield self.host.damaged(self.host.request())

    def feed(self, data, found):
        """Gives bytes to both boards, and compares what they say to the model and to each other; Parted."""
        wanted = list(self.decoder.feed(data))
        try:
            got, other = list(self.boards[0].take(data)), list(self.boards[1].take(data, look=False))
        except Exception as error:
            raise Parted(f"{type(error).__name__} came out of the service: {error}") from error
        self.check(len(got) == len(wanted), lambda: f"{len(wanted)} frames sent, {len(got)} answered")
        for request, one, twin in zip(wanted, got, other):
            self.compare(request, *one, twin[1], found)
        if got and got[0][0] != got[-1][2]:
            after, twin = got[-1][2], self.boards[1].seen()
            self.check(after == twin, lambda: f"{wanted}: kernel and mirror are {after} and {twin}")
        for board in self.boards:
            for _ in range(len(wanted) % 3):
                board.live.step()

    def compare(self, request, before, wire, after, refused, mirrored, found):
        """Checks what came of a frame: the reply, and what has changed."""
        self.check((wire is None) == bool(request.opcode & spec.WIRE_REPLY), lambda: f"{request}: a reply {wire}")
        kept = wire is None or self.answered(request, wire, mirrored, refused, found)
        self.check(not kept or is_same(before, after), lambda: f"{request}: {wire} changed {before} into {after}")

    def answered(self, request, wire, mirrored, refused, found):
        """Checks a reply; returns whether its request may have changed nothing."""
        (reply,), (twin,) = frame.Decoder().feed(wire), frame.Decoder().feed(mirrored)
        head = reply.opcode, reply.sequence
        self.check(head == (request.opcode | spec.WIRE_REPLY, request.sequence), lambda: f"{request}: {reply}")
        status = struct.unpack_from("<b", reply.payload)[0]
        self.check(status == 0 or status in spec.ERRORS, lambda: f"{request}: status {status}")
        self.check(status != spec.ERROR_INTERNAL, lambda: f"{request}: {reply.payload[1:]}")
        if status:
            self.check(twin.payload[:1] == reply.payload[:1], lambda: f"{request}: {reply.payload} and {twin.payload}")
            text = reply.payload[1 : -spec.WIRE_MAC] if reply.version == SEALED else reply.payload[1:]
            self.check(
                text.decode().isprintable() and text, lambda: f"{request}: status {status} without a clear text: {text}"
            )
        else:
            self.check(reply == twin, lambda: f"{request}: kernel says {reply}, mirror {twin}")
        again = not refused and self.remembered[0] == request
        if again:
            self.check(wire == self.remembered[1], lambda: f"{request}: came again, and got another reply {wire}")
        elif not refused and status != spec.ERROR_PROTOCOL:
            self.remembered = request, wire
        if not again:
            self.host.note(request, reply)
        found[spec.OPCODES.get(request.opcode, "other"), "again" if again else spec.ERRORS.get(status, "done")] += 1
        return status or again

    def check(self, holds, words):
        if not holds:
            raise Parted(words())

    def end(self):
        """Both boards answer a plain HELLO and are the same network to the last bit."""
        self.feed(b"\0" + frame.encode(spec.OPCODE_HELLO, (self.host.sequence + 999) & 0xFFFF), collections.Counter())
        networks = [board.handlers.network for board in self.boards]
        if networks[0]:
            self.check(networks[0].digest() == networks[1].digest(), lambda: "the digests differ")
            self.check(networks[0].export() == networks[1].export(), lambda: "the states differ")
            if hasattr(networks[0], "intact"):
                self.check(networks[0].intact(), lambda: "the kernel wrote outside of its buffer")


def play(seed, makes=MAKES, found=None, tell=None):
    """Plays the case of a seed; returns how many inputs that were. Counts outcomes into found, gives each input to tell; Parted."""
    found = collections.Counter() if found is None else found
    with tempfile.TemporaryDirectory(dir=fuzz_runs.FOLDER) as folder:
        case, fed = Case(seed, Path(folder), makes), 0
        for data in case.inputs():
            fed += 1
            if tell:
                tell(f"{fed}: {data.hex()}")
            try:
                case.feed(data, found)
            except Parted as parted:
                raise Parted(f"seed {seed}, input {fed}, {data.hex()}: {parted}") from parted
        case.end()
    return fed


def main():
    """Runs the fuzzer, its boards alike: without a chance of their own, and without time."""
    dlm_pair._fresh, dlm_pair._now = _fresh, _now
    sys.modules["machine"] = None  # what is not there is not looked for each time
    return fuzz_runs.main(__doc__, play)


def _fresh():
    return bytes(range(100, 100 + spec.WIRE_NONCE))


def _now():
    return 0


if __name__ == "__main__":
    sys.exit(main())
