# SPDX-License-Identifier: MIT
"""Runs in MicroPython: sends each changing request with ever more of the heap free, and says what did not hold.

Prints a line a fault, and a last one: how often each status came. tests/link/test_scarcity.py runs it.
"""

import gc
from binascii import crc32
from struct import pack

import deeplomath
import dlm_spec as spec
from dlm_frame import PAYLOAD, Decoder, Encoder
from dlm_live import Live
from dlm_session import Session

BLOCKS = 144  # pieces of the heap that are free at most: of 16 bytes, or of 32 where a pointer takes 8
EVERY = 1 if len(pack("P", 0)) == 8 else 3  # an emulated board takes its time
SPARE = 12000 + 2 * BLOCKS * 4 * len(pack("P", 0))  # bytes that are filled anew each time
OPCODES = [it and it[0] for it in spec.LAYOUTS]  # their names by number
DECODER = Decoder()
SIZES = dict(features=3, classes=3, events=6, layers=2)
UNKNOWN = pack("<hhh", 32767, -32768, 32767)
SAMPLES = pack("<24h", *(i * i * 37 % 2001 for i in range(24)))
STATISTICS = pack("<BBHHHBBBH", 5, 0, 5, 4, 4, 0, 6, 7, 0)
PROGRAM = pack("<2sBBIHH", b"DF", 1, 1, 0, 2, 3) + STATISTICS
OTHER = pack("<2sBBIHH", b"DF", 1, 1, 1000, 2, 3) + STATISTICS


class Silent:
    """A source that has nothing yet."""

    def readinto(self, buffer):
        return 0


def wire(opcode, payload, sequence):
    encoder = Encoder(300)
    encoder.view[PAYLOAD : PAYLOAD + len(payload)] = payload
    return bytearray(encoder.seal(spec.VERSION_PROTOCOL, opcode, sequence, len(payload)))


def ask(session, frame):
    """Returns the reply as bytes, None where none came."""
    try:
        session.receive(frame)
        if session.request() is not None:
            return session.reply()
    except MemoryError:
        pass


def status(reply):
    if reply is None:
        return None
    DECODER.take(reply, DECODER.take(reply, 0, len(reply)), len(reply))  # its leading zero, and then it
    return DECODER.frame()[spec.WIRE_HEADER]


def fill(slots):
    """Takes the whole heap, block by block; returns how many slots that takes."""
    taken = 0
    try:
        while True:
            slots[taken] = (taken,)
            taken += 1
    except MemoryError:
        return taken


def hog():
    """Returns what takes all of the heap but a piece of SPARE bytes, and small ones."""
    spared = bytearray(SPARE)
    kept = []
    size = 1 << 20
    while size > 64:
        try:
            kept.append(bytearray(size))
        except MemoryError:
            size //= 2
    del spared
    gc.collect()
    return kept


def facts(session):
    """Returns a sum of all that a request could change: a small int, which takes nothing of the heap."""
    network, feed = session.handlers.network, session.handlers._feed
    info = network.info()
    stream = feed.stream.label, feed.stream.left, feed.stream.vote.voted, feed.facts()
    told = network.digest(), info.clock, info.frozen, info.events, network.unknowns(), stream
    told += session.handlers.sampler.running, session.handlers.named
    return crc32(repr(told).encode()) & 0x3FFFFFFF


def prepare(session, state):
    """Gives the session a network that has learned, and remembers an unknown; the last thing seen is a learn.

    And a front-end whose next event is to be learned.
    """
    session.handlers.sampler.run(False)
    session.handlers.network.freeze(False)
    session.handlers.network.configure(**SIZES)
    session.handlers.network.load(state)
    session.handlers.network.infer(UNKNOWN)
    session.handlers.network.learn(pack("<hhh", 4000, 1, 2), 1)
    gc.collect()  # as dlm_main does ahead of MODEL: what stays shall lie close
    session.handlers._feed.model(PROGRAM, 5, 1, 1)
    session.handlers._feed.stream.teach(2, 1)
    session.handlers.named = b""


def requests():
    other = deeplomath.Network(**SIZES)
    other.learn(pack("<hhh", 9, 9, 9), 2)
    yield "learn", pack("<hHhhh", 0, 0, 1000, 2000, -9000)
    yield "infer", pack("<hhh", -32768, 32767, -32768)
    yield "undo", b""
    yield "forget", pack("<I", 1)
    yield "relabel", pack("<Ih", 1, 2)
    yield "correct", pack("<h", 0)
    yield "drop", b""
    yield "name", pack("<hI", 0, 0)
    yield "rename_class", pack("<hh", 0, 2)
    yield "drop_class", pack("<h", 0)
    yield "freeze", b"\1"
    yield "configure", pack("<HBHBHBB", 3, 3, 5, 2, 50, 0, 0)
    yield "load", pack("<II", 0, len(other.export())) + other.export()
    yield "samples", pack("<IH", 7, 1) + SAMPLES
    yield "model", pack("<BBB", 3, 0, 2) + OTHER
    yield "teach", pack("<hHI", 1, 0, 7)
    yield "live", b"\1"
    yield "names", b"model\0one\0two"


def attempt(session, slots, frame, step, free):
    """Asks with so many blocks free; returns the status, the facts behind it, those behind a retry, and whether it agrees."""
    taken = fill(slots)
    for n in range(1, 1 + free):
        slots[taken - n * step] = None
    gc.collect()
    reply = ask(session, frame)
    for n in range(taken):
        slots[n] = None
    gc.collect()
    first = bytes(reply) if reply is not None else None
    behind = facts(session)
    again = bytes(ask(session, frame))
    return status(first), behind, facts(session), first in (None, again)


def run():
    session = Session(deeplomath)
    Live(Silent(), session.handlers, queue=512)
    ask(session, wire(OPCODES.index("hello"), b"", 0xFFFF))
    session.handlers.network = deeplomath.Network(**SIZES)
    for i in range(4):
        session.handlers.network.learn(pack("<hhh", 9000 * i, -500 * i, 70), i % 2)
    state = bytes(session.handlers.network.export())
    asked = list(requests())
    sequence = 0
    count = {}
    slots = [None] * (SPARE // 8)
    kept = hog()
    for name, payload in asked:
        opcode = OPCODES.index(name)
        prepare(session, state)
        before = facts(session)
        sequence += 1
        done = status(bytes(ask(session, wire(opcode, payload, sequence))))
        after = facts(session)
        if done or before == after:
            print("useless", name, done)
        prepare(session, state)
        for step, every in ((1, EVERY), (2, 12)):  # in one piece, or with a block taken between each two
            for free in range(opcode % every, BLOCKS, every):
                sequence += 1
                got, behind, at_last, same = attempt(session, slots, wire(opcode, payload, sequence), step, free)
                count[got] = count.get(got, 0) + 1
                good = (behind == at_last == after) if got == 0 else behind == before
                good = good and (at_last == (after if got is None else behind)) and same
                if not good or got not in (0, None, 256 + spec.ERROR_MEMORY):
                    print("fault", name, step, free, got, same)
                if at_last != before:
                    prepare(session, state)
    print("count", count, len(kept) > 0)


run()
