# SPDX-License-Identifier: MIT
"""What a board keeps: two slots of which one is whole, what is not taken is kept aside, and nothing is written for nothing."""

import errno
import os
import struct

import pytest

from deeplomath import spec
from deeplomath.mirror import layout as sizes
from streaming import statistics
from talk import CONFIG, Talk, configure_payload, pack
from wire import dlm_keeper, dlm_store

NAMES = b"motion\0walk\0run"
EVENTS = [((100, -200, 300), 1), ((-5, 7, 3276), 0), ((90, -2100, 310), 1), ((-3276, 0, 1), 0), ((9000, 9, 9), 1)]
HEADER = dlm_store.SIZE


def powered(folder, config=None, size=None, **options):
    """A board that has just got power, its store in this folder."""
    talk = Talk(config=config)
    talk.handlers.keeper = dlm_keeper.Keeper(talk.handlers, dlm_store.Store(str(folder), size), **options)
    talk.handlers.keeper.start()
    return talk


def learned(folder, n=3, config=CONFIG, **options):
    """A board that has learned so many of EVENTS since it got power."""
    talk = powered(folder, config, **options)
    for x, label in EVENTS[:n]:
        talk.learn(x, label)
    return talk


def saved(talk):
    return talk.done("save")[0]


def digest(talk):
    return talk.handlers.network and talk.handlers.network.digest()


def hello(talk):
    return talk.done("hello")[0]


def slot(folder, name="a"):
    return folder / f"dlm_{name}.bin"


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_board_comes_back_with_all_that_was_saved(tmp_path):
    talk = learned(tmp_path)
    talk.done("names", NAMES)
    talk.done("model", struct.pack("<BBB", 5, 1, 2) + statistics(3, 6))
    assert saved(talk)["sequence"] == 1
    back = powered(tmp_path)
    assert digest(back) == digest(talk)
    assert back.done("names")[1] == NAMES
    before, after = talk.done("front")[0], back.done("front")[0]
    assert after == before and after["over"] == 5
    got = hello(back)
    assert (got["configured"], got["saved"], got["restored"]) == (1, 1, spec.RESTORED_NEWEST)
    assert back.learn(*EVENTS[3]) | {"ticks": 0} == talk.learn(*EVENTS[3]) | {"ticks": 0}


def test_a_board_whose_store_is_empty_starts_empty(tmp_path):
    talk = powered(tmp_path)
    got = hello(talk)
    assert (got["configured"], got["saved"], got["restored"]) == (0, 0, spec.RESTORED_EMPTY)
    assert content(tmp_path) == {}
    assert hello(Talk(config=None))["restored"] == spec.RESTORED_NONE


def test_saves_take_turns_and_the_newest_comes_back(tmp_path):
    talk = learned(tmp_path, 0)
    for i, (x, label) in enumerate(EVENTS):
        before = digest(talk)
        talk.learn(x, label)
        assert saved(talk)["sequence"] == i + 1
        back = powered(tmp_path)
        assert (digest(back), hello(back)["saved"]) == (digest(talk), i + 1)
        if i:
            other = tmp_path / f"without_{i}"
            other.mkdir()
            slot(other, "ab"[i % 2]).write_bytes(b"")  # a slot of 0 bytes: the save before comes back
            slot(other, "ba"[i % 2]).write_bytes(slot(tmp_path, "ba"[i % 2]).read_bytes())
            assert (digest(powered(other)), hello(powered(other))["saved"]) == (before, i)


def test_slots_keep_their_size_over_a_whole_life(tmp_path):
    talk, seen = powered(tmp_path, dict(CONFIG, events=30)), set()
    for i in range(40):
        talk.learn((900 * i % 3000, -70 * i, i * i % 977), i % 2)
        talk.done("names", b"m" * (1 + 12 * i))
        saved(talk)
        seen |= {path.stat().st_size for path in tmp_path.iterdir()}
    assert len(seen) == 1 and set(content(tmp_path)) == {"dlm_a.bin", "dlm_b.bin"}


def test_the_largest_state_is_that_of_the_kernel():
    for config in (
        CONFIG,
        dict(CONFIG, features=160, classes=16, events=512),
        dict(CONFIG, classes=1, regression=True),
    ):
        talk = Talk(config=config)
        info = talk.handlers.network.info()
        assert dlm_keeper.largest_state(info) == sizes.largest_state(info)


def test_what_has_not_changed_is_not_written_again(tmp_path):
    talk = learned(tmp_path)
    first = saved(talk)
    assert first["bytes"] > 100
    before = content(tmp_path)
    assert saved(talk)["bytes"] == 0
    talk.learn(*EVENTS[3])
    talk.done("undo")
    assert saved(talk) | {"ticks": 0} == {"sequence": 1, "bytes": 0, "ticks": 0}
    talk.done("infer", pack(EVENTS[0][0]))
    assert saved(talk)["bytes"] == 0 and content(tmp_path) == before
    back = powered(tmp_path)
    assert saved(back)["bytes"] == 0 and content(tmp_path) == before
    back.done("names", b"x")
    assert saved(back)["sequence"] == 2


def test_a_model_or_a_configuration_alone_is_a_change(tmp_path):
    talk = learned(tmp_path, 0)
    saved(talk)
    talk.done("model", struct.pack("<BBB", 3, 0, 1) + statistics(3, 4))
    assert saved(talk)["sequence"] == 2
    talk.done("model", struct.pack("<BBB", 4, 0, 1) + statistics(3, 4))
    assert saved(talk)["sequence"] == 3
    talk.done("configure", configure_payload(events=7))
    assert saved(talk)["sequence"] == 4
    assert powered(tmp_path).handlers.network.info().events == 7


def test_a_save_finishes_a_rebuild_that_is_pending(tmp_path):
    talk = learned(tmp_path, 2)
    assert talk.learn(*EVENTS[2], flags=1)["building"]
    saved(talk)
    assert digest(powered(tmp_path)) == digest(talk) and talk.handlers.network.info().building is False


def test_a_frozen_network_comes_back_frozen_and_is_not_replaced(tmp_path):
    talk = learned(tmp_path)
    saved(talk)
    talk.done("freeze", b"\1")
    assert talk.refused("restore")[0] == spec.ERROR_FROZEN
    saved(talk)
    assert powered(tmp_path).handlers.network.info().frozen


def test_restore_takes_the_newest_save_in_place_of_what_is_there(tmp_path):
    talk = learned(tmp_path)
    talk.done("names", NAMES)
    saved(talk)
    kept = digest(talk)
    talk.learn(*EVENTS[3])
    talk.done("names", b"\0")
    assert talk.done("names")[1] == b""
    assert talk.done("restore")[0] == {"sequence": 1, "digest": kept}
    assert (digest(talk), talk.done("names")[1]) == (kept, NAMES)
    talk.done("configure", configure_payload(dict(CONFIG, features=7, classes=3)))
    assert talk.done("restore")[0]["digest"] == kept == digest(talk)
    assert saved(talk)["bytes"] == 0
    assert talk.refused("export", struct.pack("<I", 1024))[0] == spec.ERROR_OFFSET


def test_without_a_store_or_a_save_the_reason_is_said(tmp_path):
    talk = Talk()
    for name in ("save", "restore"):
        status, text = talk.refused(name)
        assert status == spec.ERROR_STORE and "none on this board" in text
    talk = powered(tmp_path, CONFIG)
    assert talk.refused("restore") == (spec.ERROR_UNSAVED, "store: nothing is saved that could be restored")
    empty = powered(tmp_path)
    assert empty.refused("save")[0] == spec.ERROR_UNCONFIGURED


# What is not taken


def resealed(data, change):
    """A slot with another header: change(its fields) under a checksum of its own."""
    fields = list(struct.unpack(dlm_store.HEADER, data[-HEADER:-4]))
    change(fields)
    return data[:-HEADER] + dlm_store._sealed(tuple(fields))


def other_spec(fields):
    fields[2] += 1


def other_state(fields):
    fields[3] += 1


def other_layout(fields):
    fields[1] += 1


@pytest.mark.parametrize("other", [other_spec, other_state, other_layout])
def test_a_save_of_another_version_is_kept_aside_and_said(tmp_path, other):
    talk = learned(tmp_path)
    saved(talk)
    data = resealed(slot(tmp_path).read_bytes(), other)
    slot(tmp_path).write_bytes(data)
    back = powered(tmp_path)
    got = hello(back)
    assert (got["configured"], got["saved"], got["restored"]) == (0, 0, spec.RESTORED_VERSION)
    assert content(tmp_path) == {"dlm_kept_0.bin": data}
    back.done("configure", configure_payload())
    for x, label in EVENTS:
        back.learn(x, label)
        saved(back)
    assert content(tmp_path)["dlm_kept_0.bin"] == data and hello(powered(tmp_path))["restored"] == spec.RESTORED_NEWEST


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


def test_a_damaged_save_is_kept_aside_and_the_one_before_comes_back(tmp_path):
    talk = learned(tmp_path)
    saved(talk)
    older = digest(talk)
    talk.learn(*EVENTS[3])
    saved(talk)
    damaged = flipped(slot(tmp_path, "b").read_bytes(), 60)
    slot(tmp_path, "b").write_bytes(damaged)
    back = powered(tmp_path)
    assert digest(back) == older
    assert (hello(back)["saved"], hello(back)["restored"]) == (1, spec.RESTORED_OLDER)
    assert content(tmp_path)["dlm_kept_0.bin"] == damaged


def test_the_older_save_that_was_being_overwritten_is_not_kept(tmp_path):
    talk = learned(tmp_path)
    saved(talk)
    talk.learn(*EVENTS[3])
    saved(talk)
    slot(tmp_path).write_bytes(flipped(slot(tmp_path).read_bytes(), 60))
    back = powered(tmp_path)
    assert digest(back) == digest(talk) and hello(back)["restored"] == spec.RESTORED_NEWEST
    assert "dlm_kept_0.bin" not in content(tmp_path)


@pytest.mark.parametrize(
    "foreign", [b"x", b"not a slot" * 90, b"DLMK" + bytes(3), b"\xff" * 4096], ids=["1", "900", "7", "erased"]
)
def test_a_file_that_is_no_slot_is_kept_aside(tmp_path, foreign):
    slot(tmp_path).write_bytes(foreign)
    back = powered(tmp_path, CONFIG)
    assert hello(back)["restored"] == spec.RESTORED_DAMAGED
    saved(back)
    back.learn(*EVENTS[0])
    saved(back)
    assert content(tmp_path)["dlm_kept_0.bin"] == foreign


def test_a_slot_that_was_never_written_is_taken(tmp_path):
    for name, size in (("a", 0), ("b", 4096)):
        slot(tmp_path, name).write_bytes(bytes(size))
    talk = learned(tmp_path)
    saved(talk)
    assert set(content(tmp_path)) == {"dlm_a.bin", "dlm_b.bin"} and digest(powered(tmp_path)) == digest(talk)


def test_a_save_of_another_board_is_taken_for_the_digest_proves_it(tmp_path):
    talk = learned(tmp_path)
    saved(talk)
    (tmp_path / "other").mkdir()
    slot(tmp_path / "other", "b").write_bytes(slot(tmp_path).read_bytes())
    other = powered(tmp_path / "other")
    assert (digest(other), hello(other)["saved"]) == (digest(talk), 1)


def test_a_save_too_large_for_the_board_is_kept_aside(tmp_path):
    talk = learned(tmp_path)
    saved(talk)
    data = slot(tmp_path).read_bytes()

    class Small:
        def Network(self, **config):  # noqa: N802
            raise ValueError("memory: 68112 bytes needed for 6 events, 2 events fit", spec.ERROR_MEMORY)

    back = Talk(Small(), config=None)
    back.handlers.keeper = dlm_keeper.Keeper(back.handlers, dlm_store.Store(str(tmp_path)))
    back.handlers.keeper.start()
    assert (hello(back)["configured"], hello(back)["restored"]) == (0, spec.RESTORED_REFUSED)
    assert content(tmp_path) == {"dlm_kept_0.bin": data}


def test_what_is_kept_aside_has_a_limit_and_then_nothing_is_saved(tmp_path):
    for i in range(spec.STORE_ASIDE + 1):
        slot(tmp_path).write_bytes(b"foreign %d" % i)
        talk = powered(tmp_path, CONFIG)
    assert len(content(tmp_path)) == spec.STORE_ASIDE + 1
    before = content(tmp_path)
    status, text = talk.refused("save")
    assert status == spec.ERROR_DISK and "4 slots are kept aside" in text
    assert content(tmp_path) == before and slot(tmp_path).read_bytes() == b"foreign 4"


def test_no_byte_of_what_was_saved_may_be_another(tmp_path):
    talk = learned(tmp_path)
    saved(talk)
    data = slot(tmp_path).read_bytes()
    used = struct.unpack(dlm_store.HEADER, data[-HEADER:-4])[5]
    assert used > 100
    for at in range(used):
        folder = tmp_path / f"f{at}"
        folder.mkdir()
        slot(folder).write_bytes(flipped(data, at))
        assert powered(folder).handlers.network is None, at


def test_a_bit_of_a_header_that_flipped_is_turned_back_and_of_two_the_slot_is_not_taken(tmp_path):
    talk = learned(tmp_path)
    saved(talk)
    data = slot(tmp_path).read_bytes()
    for bit in range(8 * HEADER):
        one, other = (1 << it for it in (bit, (bit + 77) % (8 * HEADER)))
        header = int.from_bytes(data[-HEADER:], "little")
        two = bytearray((header ^ one ^ other).to_bytes(HEADER, "little"))
        left = bytes(two)
        dlm_store._mend(two)
        assert two == left, (bit, "of two bits one was turned")
        for wrong, back in ((one, digest(talk)), (one | other, None))[: 2 if bit % 8 == 0 else 1]:
            folder = tmp_path / f"{bit}_{back}"
            folder.mkdir()
            slot(folder).write_bytes(data[:-HEADER] + (header ^ wrong).to_bytes(HEADER, "little"))
            assert digest(powered(folder)) == back, (bit, wrong)


def crafted(data, config=None, model=None, length=None, digest=None):
    """A slot whose contents were changed by somebody who knows its checksums."""
    body = bytearray(data[:-HEADER])
    fields = list(struct.unpack(dlm_store.HEADER, data[-HEADER:-4]))
    if config:
        struct.pack_into("<HBHBHBB", body, 0, *config)
    if model:
        struct.pack_into("<BBBHH", body, 10, *model)
    fields[5] = fields[5] if length is None else length
    fields[6] = dlm_store.crc32(body[: fields[5]])
    fields[7] = fields[7] if digest is None else digest
    return bytes(body) + dlm_store._sealed(tuple(fields))


@pytest.mark.parametrize(
    "change",
    [
        dict(config=(0, 0, 0, 0, 0, 0, 0)),
        dict(config=(160, 16, 512, 4, 500, 0, 0)),
        dict(config=(3, 2, 6, 2, 50, 7, 9)),
        dict(model=(0, 9, 0, 0, 0)),
        dict(model=(1, 0, 0, 65535, 65535)),
        dict(model=(1, 0, 0, 40, 0)),
        dict(length=0),
        dict(length=5),
        dict(length=16),
        dict(length=17),
        dict(length=20),
        dict(length=25),
        dict(length=100),
        dict(digest=7),
    ],
    ids=str,
)
def test_a_slot_that_somebody_made_up_is_refused(tmp_path, change):
    talk = learned(tmp_path)
    saved(talk)
    made = crafted(slot(tmp_path).read_bytes(), **change)
    slot(tmp_path).write_bytes(made)
    back = powered(tmp_path)
    assert hello(back)["configured"] == 0 and hello(back)["restored"] == spec.RESTORED_REFUSED
    assert content(tmp_path) == {"dlm_kept_0.bin": made}
    assert back.done("front")[0]["bytes"] == 0


# Filesystems that refuse


class Refusing:
    """`open` of a filesystem that refuses to write, and once a certain number of bytes is written."""

    def __init__(self, number, room=0):
        self.number, self.room = number, room

    def __call__(self, path, mode):
        file = open(path, mode) if mode == "rb" or self.room else self.fail()
        if mode == "rb":
            return file
        write = file.write

        def limited(data):
            self.room -= len(data)
            if self.room < 0:
                file.close()
                self.fail()
            return write(data)

        return Wrapped(file, limited)

    def fail(self):
        raise OSError(self.number, os.strerror(self.number))


class Wrapped:
    def __init__(self, file, write):
        self._file, self.write = file, write

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()

    def __getattr__(self, name):
        return getattr(self._file, name)


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "disk: full"), (errno.EROFS, "disk: write-protected"), (5, "disk: error 5")]
)
@pytest.mark.parametrize("room", [0, 1, 600, 1200])
def test_a_filesystem_that_refuses_is_said_and_the_save_before_stays(tmp_path, monkeypatch, number, words, room):
    talk = learned(tmp_path)
    saved(talk)
    kept = digest(talk)
    talk.learn(*EVENTS[3])
    with monkeypatch.context() as patch:
        patch.setattr(dlm_store, "open", Refusing(number, room), raising=False)
        assert talk.refused("save") == (spec.ERROR_DISK, words)
        assert talk.done("info")[0]["saving"] == spec.SAVING_FAILED
    assert digest(powered(tmp_path)) == kept
    assert saved(talk)["sequence"] == 2 and talk.done("info")[0]["saving"] == spec.SAVING_DONE
    assert digest(powered(tmp_path)) == digest(talk)


def test_a_full_filesystem_is_not_left_full_of_half_a_slot(tmp_path, monkeypatch):
    talk = learned(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(dlm_store, "open", Refusing(errno.ENOSPC, 700), raising=False)
        assert talk.refused("save")[0] == spec.ERROR_DISK
    assert content(tmp_path) == {}


def test_what_is_written_is_read_again(tmp_path, monkeypatch):
    """Flash that is worn out gives back other bytes than were written."""
    talk = learned(tmp_path)
    saved(talk)
    kept = digest(talk)
    talk.learn(*EVENTS[3])
    crc = dlm_store.crc32
    with monkeypatch.context() as patch:
        patch.setattr(dlm_store.Store, "_sum", lambda self, file, length: crc(b"other"))
        assert talk.refused("save") == (spec.ERROR_DISK, "disk: error 5")
    assert digest(powered(tmp_path)) == kept


def test_a_slot_of_a_size_that_was_given_is_neither_larger_nor_smaller(tmp_path):
    talk = learned(tmp_path, size=2000)
    saved(talk)
    assert slot(tmp_path).stat().st_size == 2000
    (tmp_path / "small").mkdir()
    small = learned(tmp_path / "small", size=100)
    needed = HEADER + 17 + small.handlers.network.state_size()
    assert small.refused("save") == (spec.ERROR_SLOT, f"slot: {needed} bytes needed, 100 allowed")
    assert content(tmp_path / "small") == {}


def test_a_network_that_grows_gets_larger_slots(tmp_path):
    talk = learned(tmp_path)
    saved(talk)
    talk.done("configure", configure_payload(events=40))
    for i in range(30):
        talk.learn((i * 1000 - 9000, -i * 700, i * i), i % 2)
        saved(talk)
        assert digest(powered(tmp_path)) == digest(talk)
    assert len({path.stat().st_size for path in tmp_path.iterdir()}) == 1


# By itself


class Clock:
    def __init__(self, monkeypatch):
        self.now = 0
        monkeypatch.setattr(dlm_keeper, "_now", lambda: self.now)

    def wait(self, keeper, seconds):
        """Lets time pass, second by second; returns the sequences of the saves made meanwhile."""
        made, before = [], keeper.sequence
        for _ in range(seconds):
            self.now = self.now + 1000 & dlm_keeper.MASK
            keeper.step()
            if keeper.sequence != before:
                made.append(keeper.sequence)
                before = keeper.sequence
        return made


@pytest.fixture(params=[0, dlm_keeper.MASK - 30000], ids=["", "wrap"])
def clock(monkeypatch, request):
    clock = Clock(monkeypatch)
    clock.now = request.param
    return clock


def test_a_board_saves_by_itself_some_time_after_the_last_change(tmp_path, clock):
    talk = powered(tmp_path, CONFIG, after=10, every=60)
    keeper = talk.handlers.keeper
    assert clock.wait(keeper, 100) == []  # an empty network is no change
    talk.learn(*EVENTS[0])
    assert keeper.step() and clock.wait(keeper, 9) == []
    talk.learn(*EVENTS[1])
    assert talk.done("info")[0]["saving"] == spec.SAVING_DUE
    assert clock.wait(keeper, 10) == [] and clock.wait(keeper, 1) == [1]
    assert not keeper.step() and digest(powered(tmp_path)) == digest(talk)
    assert talk.done("info")[0]["saving"] == spec.SAVING_DONE
    assert clock.wait(keeper, 500) == []


def test_a_board_saves_at_most_once_in_a_while_and_does_not_wait_for_ever(tmp_path, clock):
    talk = powered(tmp_path, CONFIG, after=10, every=60)
    keeper, saves = talk.handlers.keeper, []
    for i in range(600):
        talk.done("names", b"%d" % i)
        saves += clock.wait(keeper, 1)
    assert 9 <= len(saves) <= 10


def test_a_save_by_itself_waits_for_a_rebuild_but_not_for_ever(tmp_path, clock):
    talk = powered(tmp_path, CONFIG, after=10, every=60)
    keeper = talk.handlers.keeper
    talk.learn(*EVENTS[0])
    talk.learn(*EVENTS[1], flags=1)
    assert talk.handlers.building and clock.wait(keeper, 50) == [] and talk.handlers.network.info().building
    talk.handlers.work(10**9)
    assert not talk.handlers.building and clock.wait(keeper, 1) == [1]
    talk.learn(*EVENTS[2], flags=1)
    assert clock.wait(keeper, 61) == [2] and not talk.handlers.network.info().building


@pytest.mark.parametrize(("after", "every"), [(0, 60), (10, 0), (0, 0)])
def test_a_board_that_is_told_not_to_never_saves_by_itself(tmp_path, clock, after, every):
    talk = powered(tmp_path, CONFIG, after=after, every=every)
    talk.learn(*EVENTS[0])
    assert not talk.handlers.keeper.step() and clock.wait(talk.handlers.keeper, 200) == []
    talk.handlers.keeper.settle()
    assert content(tmp_path) == {}
    assert saved(talk)["sequence"] == 1


def test_an_attempt_that_fails_is_made_again_but_not_at_once(tmp_path, clock, monkeypatch):
    talk = powered(tmp_path, CONFIG, after=10, every=60)
    keeper = talk.handlers.keeper
    attempts = []

    def refuse(*arguments):
        attempts.append(clock.now)
        raise OSError(errno.ENOSPC, "full")

    talk.learn(*EVENTS[0])
    with monkeypatch.context() as patch:
        patch.setattr(dlm_store.Store, "_replace", refuse)
        assert clock.wait(keeper, 200) == []
        assert len(attempts) == 4
        assert talk.done("info")[0]["saving"] == spec.SAVING_FAILED
    assert clock.wait(keeper, 61) == [1]


# Names


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (b"x" * 513, "names: 513 bytes given, 512 allowed"),
        (b"\0" * 17, "names: 18 given, 17 allowed"),
        (b"\xff\xfe", "names: bytes given that are no UTF-8"),
    ],
)
def test_names_that_cannot_be_are_refused(names, words):
    talk = Talk()
    talk.done("names", NAMES)
    assert talk.refused("names", names) == (spec.ERROR_ARGUMENT, words)
    assert talk.done("names")[1] == NAMES


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (NAMES, NAMES),
        (b"", b""),
        (b"m" * 255, b"m" * 255),
        (b"m" * 256, b"m" * 255),
        (b"m" * 250 + b"\0walk\0run", b"m" * 250 + b"\0walk"),
        (b"m" * 250 + b"\0walks\0run", b"m" * 250),
    ],
)
def test_hello_tells_as_many_whole_names_as_a_text_holds(names, shown):
    talk = Talk()
    if names:
        talk.done("names", names)
    _, rest = talk.done("hello")
    for _ in range(3):
        rest = rest[1 + rest[0] :]
    assert rest == bytes([len(shown)]) + shown
