# SPDX-License-Identifier: MIT
"""Fuzzes what a board finds at power-up: both of its slots damaged, cut, exchanged, of another board or another version.

    make fuzz                                  under the sanitizers; FUZZ_SECONDS=60, FUZZ_SEED=1
    python tests/fuzz_slot.py --replay SEED    a failing case, input by input

A case is a few boards that have saved, drawn from a seed; an input is what their slots became. A model of its own reads
them by STORE.md, and the mirror says which states are sound. The newest sound one must be there. No byte of any file may be
lost at power-up. What the next save goes over may be no save that was whole, and that save must be there at the next start.
"""

import collections
import functools
import struct
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np

import fuzz_runs
import streaming
from deeplomath import DeeplomathError, spec
from deeplomath.mirror.network import Network
from deeplomath.signal.front import FrontEnd
from fuzz_frame import MAKES
from fuzz_runs import Parted
from states import sealed
from talk import CONFIG, Talk, configure_payload, learn_payload
from wire import dlm_keeper, dlm_store

SLOTS = ("dlm_a.bin", "dlm_b.bin")
HEADER = struct.Struct("<4sHHHIIII")
SIZE = HEADER.size + 4
HEAD = struct.Struct("<HBHBHBBBBBHH")  # configuration, vote, bytes of program and names
VERSIONS = spec.VERSION_SPEC, spec.VERSION_STATE
INPUTS = 40  # of a case
CORNERS = (0, 1, 2, 4, 255, 256, 65535, 2**31 - 1, 2**31, 2**32 - 1)
SIZES = (CONFIG, CONFIG | dict(events=9, classes=3), CONFIG | dict(classes=1, regression=True))


class Save(NamedTuple):
    """What a slot holds that is whole by its checksums."""

    sequence: int
    digest: int
    versions: tuple
    body: bytes

    @property
    def state(self):
        return self.body[HEAD.size + sum(self.lengths) :]

    @property
    def names(self):
        start = HEAD.size + self.lengths[0]
        return self.body[start : start + self.lengths[1]]

    @property
    def lengths(self):
        return HEAD.unpack_from(self.body)[-2:]


# The model


@functools.lru_cache(maxsize=4096)
def read(data):
    """The Save in the bytes of a slot by STORE.md; None where there is none that is whole."""
    if len(data) < SIZE:
        return None
    tail = int.from_bytes(data[-SIZE:], "little")
    for tried in (tail, *(tail ^ 1 << bit for bit in range(8 * SIZE))):
        header = tried.to_bytes(SIZE, "little")
        if crc32(header[:-4]) == int.from_bytes(header[-4:], "little"):
            break
    else:
        return None
    magic, *versions, sequence, length, crc, digest = HEADER.unpack_from(header)
    fits = magic == b"DLMK" and length + SIZE <= len(data) and 0 < sequence <= spec.STORE_SEQUENCE
    body = bytes(data[:length])
    whole = fits and versions[0] == spec.STORE_LAYOUT and crc32(body) == crc
    return Save(sequence, digest, tuple(versions), body) if whole else None


def is_sound(save, known):
    """Whether a board of this version has to take it: the mirror does, and comes to its digest. known: answers so far."""
    if save not in known:
        known[save] = save.versions[1:] == VERSIONS and _loads(save)
    return known[save]


def _loads(save):
    if len(save.body) < HEAD.size + 8 or len(save.body) < HEAD.size + sum(save.lengths) + 8:
        return False
    *config, over, by, _, n_program, _ = HEAD.unpack_from(save.body)
    if max(config[5:7]) > 1 or not 1 <= over <= spec.VOTE_OVER or by > spec.RULE_MEAN:
        return False
    try:
        if n_program:
            FrontEnd(save.body[HEAD.size : HEAD.size + n_program])
        net = Network(**dict(zip(CONFIG, config)))
        net.load(save.state)
    except DeeplomathError:
        return False
    return net.digest() == save.digest


def newest(slots, known):
    """The Save that must come back of both slots' bytes; None: none is sound."""
    saves = [save for data in slots if (save := read(data)) and is_sound(save, known)]
    return max(saves, key=lambda save: save.sequence, default=None)


# What is found


def resealed(data, body=None, **fields):
    """A slot with another body, or other fields of its header, its checksums right."""
    names = ("magic", "layout", "spec", "state", "sequence", "length", "crc", "digest")
    values = dict(zip(names, HEADER.unpack_from(data, len(data) - SIZE)))
    if body is not None:
        values |= dict(length=len(body), crc=crc32(body))
        data = body.ljust(len(data) - SIZE, b"\0") + bytes(SIZE)
    header = HEADER.pack(*(values | fields).values())
    return data[:-SIZE] + header + crc32(header).to_bytes(4, "little")


def flipped(draw, data, low=0, high=None, bits=1):
    data, high = bytearray(data), len(data) if high is None else high
    for _ in range(bits if high > low else 0):
        data[int(draw.integers(low, high))] ^= 1 << int(draw.integers(8))
    return bytes(data)


def body_of(data):
    length = HEADER.unpack_from(data, len(data) - SIZE)[5]
    return data[: min(length, len(data) - SIZE)]


def corner(draw, size):
    return int(draw.choice(CORNERS)) % 256**size


def spoil_header(draw, data):
    """A field of the header at a corner, its sum right."""
    field, size = (("layout", 2), ("spec", 2), ("state", 2), ("sequence", 4), ("length", 4), ("digest", 4))[
        int(draw.integers(6))
    ]
    return resealed(data, **{field: corner(draw, size)})


def spoil_head(draw, data):
    """A byte of what stands ahead of program and state, all checksums right."""
    body = bytearray(body_of(data))
    if len(body) < HEAD.size:
        return data
    body[int(draw.integers(HEAD.size))] = corner(draw, 1)
    return resealed(data, bytes(body))


def spoil_state(draw, data):
    """Bits of the state, all checksums right but not the digest."""
    body = body_of(data)
    start = HEAD.size + sum(HEAD.unpack_from(body)[-2:]) if len(body) > HEAD.size + 60 else len(body)
    if len(body) - start < 60:
        return data
    return resealed(data, body[:start] + sealed(flipped(draw, body[start:-4])))


def spoil_names(draw, data):
    body = body_of(data)
    if len(body) < HEAD.size:
        return data
    at = HEAD.size + int(draw.integers(40))
    return resealed(data, flipped(draw, body, HEAD.size, min(at, len(body))))


ONE = (  # of one slot
    lambda draw, data: flipped(draw, data),
    lambda draw, data: flipped(draw, data, max(0, len(data) - SIZE)),
    lambda draw, data: flipped(draw, data, max(0, len(data) - SIZE), bits=2),
    lambda draw, data: flipped(draw, data, bits=int(draw.integers(2, 40))),
    lambda draw, data: data[: int(draw.integers(len(data) + 1))],
    lambda draw, data: data[int(draw.integers(len(data) + 1)) :],
    lambda draw, data: data + draw.bytes(int(draw.integers(1, 99))),
    lambda draw, data: bytes(len(data)),
    lambda draw, data: b"\xff" * len(data),
    lambda draw, data: draw.bytes(len(data)),
    lambda draw, data: data[: (at := int(draw.integers(len(data) + 1)))] + bytes(len(data) - at),
    lambda draw, data: bytes(at := int(draw.integers(len(data) + 1))) + data[at:],
)
SEALED = (spoil_header, spoil_head, spoil_state, spoil_names)  # of one that is a slot
TWO = (  # of both
    lambda draw, a, b: (b, a),
    lambda draw, a, b: (a, a),
    lambda draw, a, b: (a, b""),
    lambda draw, a, b: (None, b),
    lambda draw, a, b: (b[: (at := int(draw.integers(len(a) + 1)))] + a[at:], b),  # a save into a that was cut off
    lambda draw, a, b: (a, a[: (at := int(draw.integers(len(b) + 1)))] + b[at:]),
)


def damaged(draw, slots, others):
    """What became of two slots; None: there is no such file. others: slots of other boards."""
    slots = list(slots)
    for _ in range(int(draw.choice([1, 1, 2, 3]))):
        at, kind = int(draw.integers(2)), draw.random()
        if kind < 0.2:
            slots = list(TWO[int(draw.integers(len(TWO)))](draw, *(data or b"" for data in slots)))
        elif kind < 0.3:
            slots[at] = others[int(draw.integers(len(others)))]
        elif slots[at] and kind < 0.6 and len(slots[at]) > SIZE:
            slots[at] = SEALED[int(draw.integers(len(SEALED)))](draw, slots[at])
        elif slots[at]:
            slots[at] = ONE[int(draw.integers(len(ONE)))](draw, slots[at])
    return slots


# Boards


def power(folder):
    """A board that has just got power, its store in this folder."""
    talk = Talk(MAKES[0], None)
    talk.handlers.keeper = dlm_keeper.Keeper(talk.handlers, dlm_store.Store(str(folder)), after=0)
    talk.handlers.keeper.start()
    return talk


def draw_saved(draw, folder):
    """The slots of a board that has learned and saved a few times."""
    folder.mkdir()
    talk, config = power(folder), SIZES[int(draw.integers(len(SIZES)))]
    talk.done("configure", configure_payload(config))
    if draw.random() < 0.4:
        talk.done("model", struct.pack("<BBB", 3, int(draw.integers(2)), 1) + streaming.statistics(3, 4, 4, 1))
    for _ in range(int(draw.integers(1, 4))):
        for _ in range(int(draw.integers(4))):
            talk.say("learn", learn_payload(int(draw.integers(2)), draw.integers(-9000, 9000, 3)))
        if draw.random() < 0.5:
            talk.done("names", b"m\0" + b"abc"[: int(draw.integers(4))])
        talk.done("save")
    return [(folder / name).read_bytes() if (folder / name).is_file() else None for name in SLOTS]


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def check(holds, *words):
    if not holds:
        raise Parted(" ".join(map(str, words)))


def start(folder, slots, known):
    """Gives a board power that has these slots, and compares what it is then with the model. Returns the Talk."""
    before, wanted = content(folder), newest([data for data in slots if data is not None], known)
    talk = power(folder)
    handlers, keeper = talk.handlers, talk.handlers.keeper
    check(sorted(content(folder).values()) == sorted(before.values()), "power-up has changed what the files hold")
    net, restored = handlers.network, keeper.restored
    taken = restored in (spec.RESTORED_NEWEST, spec.RESTORED_OLDER)
    check(taken == (net is not None) == (wanted is not None), "restored", restored, "wanted", wanted)
    if wanted:
        check(net.digest() == wanted.digest, f"digest {net.digest():08x}, wanted", wanted)
        check(net.export() == wanted.state, "another state than", wanted)
        check((handlers.named, keeper.sequence) == (wanted.names, wanted.sequence), "names or sequence of", wanted)
    talk.done("hello")
    return talk


def go_on(talk, folder, slots, draw):
    """The board learns and saves, or says why it cannot; what was whole is there still, and so is the save at the next start."""
    whole = {data for data in content(folder).values() if read(data)}
    saves = [save for data in slots if data and (save := read(data)) and save.versions[1:] == VERSIONS]
    net = talk.handlers.network
    if net is None:
        talk.done("configure", configure_payload(CONFIG))
    talk.say("freeze", b"\0")
    features = talk.handlers.network.info().features
    talk.say("learn", learn_payload(0, draw.integers(-9000, 9000, features)))
    talk.done("names", b"after" + bytes(draw.integers(97, 122, 4, np.uint8)))
    digest, (status, body) = talk.handlers.network.digest(), talk.say("save")
    after = set(content(folder).values())
    if status:
        check(status == spec.ERROR_DISK, "save: status", status, body)
        check(whole <= after, "a save that was refused has lost one that was whole")
        return status
    saves.sort(key=lambda save: -save.sequence)  # of two alike the first counts as the newer
    older = saves[1].body if len(saves) == 2 else None
    for lost in whole - after:  # but for the older of two
        check(read(lost).body == older, "a save has gone over one that was whole", read(lost))
    back = power(folder).handlers
    check(back.network is not None and back.network.digest() == digest, "what was saved last is not there")
    check(back.keeper.sequence == talk.handlers.keeper.sequence, "sequence")
    return 0


def restore(talk, folder, slots, later):
    """Slots change under a board that runs: RESTORE brings what was saved or is refused, and then nothing has changed."""
    put(folder, later)
    net = talk.handlers.network
    before = net and (net.digest(), net.info(), net.unknowns(), talk.handlers.named)
    status, body = talk.say("restore")
    net = talk.handlers.network
    check(status == 0 or status in spec.ERRORS and status != spec.ERROR_INTERNAL, "restore: status", status, body)
    if status:
        after = net and (net.digest(), net.info(), net.unknowns(), talk.handlers.named)
        check(before == after, "restore: refused, but changed", before, "into", after)
    else:
        found = [save for data in (*slots, *later) if data and (save := read(data))]
        check(net.digest() in [save.digest for save in found], "restore: of neither slot")
    return status


def put(folder, slots):
    for name, data in zip(SLOTS, slots):
        (folder / name).unlink(missing_ok=True)
        if data is not None:
            (folder / name).write_bytes(data)


def play(seed, found=None, tell=None):
    """Plays the case of a seed; returns how many inputs that were. Counts outcomes into found, gives each input to tell; Parted."""
    found, draw, known = collections.Counter() if found is None else found, np.random.default_rng(seed), {}
    with tempfile.TemporaryDirectory(dir=fuzz_runs.FOLDER) as base:
        boards = [draw_saved(draw, Path(base, f"saved_{i}")) for i in range(3)]
        others = [data for slots in boards for data in slots if data]
        for at in range(INPUTS):
            slots = damaged(draw, boards[int(draw.integers(3))], others)
            if tell:
                tell(f"{at}: {[data and data.hex() for data in slots]}")
            folder = Path(base, f"input_{at}")
            folder.mkdir()
            try:
                found.update(_input(draw, folder, slots, known, damaged(draw, slots, others)))
            except Exception as error:
                raise Parted(f"seed {seed}, input {at}: {type(error).__name__}: {error}") from error
            for path in folder.iterdir():
                path.unlink()
    return INPUTS


def _input(draw, folder, slots, known, later):
    """What becomes of one input: a word for each thing that was tried."""
    put(folder, slots)
    for i in range(int(draw.choice([0, 0, 0, 1, 4]))):
        (folder / f"dlm_kept_{i}.bin").write_bytes(b"kept %d" % i)
    talk = start(folder, slots, known)
    yield f"restored {talk.handlers.keeper.restored}"
    if draw.random() < 0.3:
        yield f"restore {spec.ERRORS.get(restore(talk, folder, slots, later), 'done')}"
    else:
        yield f"save {spec.ERRORS.get(go_on(talk, folder, slots, draw), 'done')}"


if __name__ == "__main__":
    sys.exit(fuzz_runs.main(__doc__, play))
