# SPDX-License-Identifier: MIT
"""A board with a store under a host: save, restore and names of a Device, and the loop that saves by itself."""

import io
import struct
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from deeplomath import Device, DeviceError, FrontEnd, Model, spec
from deeplomath.errors import KernelError, ProtocolError
from deeplomath.link import frame, layout, replies, saving
from streaming import samples, statistics
from wire import BOARD_MODULE, Line, dlm_board, dlm_keeper, dlm_main, dlm_store

CONFIG = dict(features=6, classes=3, events=8, background=True)
X = np.array([100, -200, 300, 4, 5, 6], np.int16)


def powered(folder):
    """A line to a board that has just got power."""
    line = Line()
    handlers = line.session.handlers
    handlers.keeper = dlm_keeper.Keeper(handlers, dlm_store.Store(str(folder)))
    handlers.keeper.start()
    return line


def test_a_board_that_lost_its_power_goes_on_where_it_was_saved(tmp_path):
    first = Device(powered(tmp_path))
    assert first.hello.names == () and first.hello.restored == spec.RESTORED_EMPTY
    first.configure(**CONFIG)
    first.model(statistics(2), over=3, by="mean", hold=1)
    first.names = ("mixer", "off", "on", "jammed")
    for i in range(3):
        first.learn(X * i, i)
    assert first.save() == 1 and first.last_ticks >= 0
    second = Device(powered(tmp_path))
    hello = second.hello
    assert (hello.saved, hello.restored, hello.names) == (1, spec.RESTORED_NEWEST, ("mixer", "off", "on", "jammed"))
    assert second.names == hello.names and second.digest() == first.digest()
    assert second.front() == first.front() and second.info() == first.info()
    rows = samples(30, 2)
    one, other = first.stream(rows), second.stream(rows)
    assert len(one) > 1 and [it.answer for it in one] == [it.answer for it in other]


def test_a_refused_restore_leaves_the_stream_as_it_was(tmp_path):
    device, front, rows = Device(powered(tmp_path)), FrontEnd(statistics(2)), samples(60, 2)
    device.configure(**CONFIG)
    device.model(statistics(2))
    device.save()
    found = device.stream(rows[:11])
    device.freeze()
    with pytest.raises(KernelError, match="learning is frozen"):
        device.restore()
    found += device.stream(rows[11:])
    assert [it.at for it in found] == [at for at, _ in front.push(rows)]


def test_restore_takes_back_what_was_done_since(tmp_path):
    device = Device(powered(tmp_path))
    device.configure(**CONFIG)
    device.learn(X, 1)
    digest, sequence = device.last_digest, device.save()
    device.configure(**CONFIG | dict(features=3, classes=2))
    device.model(statistics(1))
    assert device.restore() == sequence and device.last_digest == digest
    assert device.infer(X).label == 1  # of three classes again: the client has found out
    assert device.front().lines == 0
    with pytest.raises(DeviceError, match="front-end"):
        device.stream(samples(3, 2))


def test_a_board_without_a_store_says_so():
    device = Device(Line())
    device.configure(**CONFIG)
    assert (device.hello.saved, device.hello.restored) == (0, spec.RESTORED_NONE)
    for call in (device.save, device.restore):
        with pytest.raises(DeviceError, match="none on this board, dlm_main.serve") as refused:
            call()
        assert refused.value.code == spec.ERROR_STORE


def test_names_are_what_they_were_set_to():
    device = Device(Line())
    for names in (("m",), ("m", "a", "", "ü"), ("", "a"), ["m"] * 17, ()):
        device.names = names
        assert device.names == tuple(names)
        assert Device(device._transport).hello.names == tuple(names)
    device.names = ("m\x1b[2J", "a")
    assert device.names == ("m\\x1b[2J", "a")


@pytest.mark.parametrize("bad", [None, 5, "walk", b"walk", [1], ["a", None], {"a": 1}.items()], ids=repr)
def test_what_are_no_names_is_refused_and_changes_nothing(bad):
    device = Device(Line())
    device.names = ("m", "a")
    with pytest.raises(TypeError):
        device.names = bad
    assert device.names == ("m", "a")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (["a\0b"], "no zero allowed in a name"),
        (("",), r"\(''.*\) given, one with a character needed"),
        (["", ""], r"\('', ''\) given, one with a character needed"),
        (["m"] * 18, "names: 18 given, 17 allowed"),
        (["m" * 513], "names: 513 bytes given, 512 allowed"),
        (["m" * 3000], "bytes of names: 3000 given"),
        (["\ud800"], "surrogate"),
    ],
    ids=["zero", "empty", "empties", "18", "513", "3000", "surrogate"],
)
def test_names_out_of_their_limits_are_refused_and_change_nothing(bad, words):
    device = Device(Line())
    device.names = ("m", "a")
    with pytest.raises(KernelError, match=words):
        device.names = bad
    assert device.names == ("m", "a")


def test_a_board_that_tells_impossible_things_of_its_saves_is_a_protocol_error():
    for opcode, fields in (
        (spec.OPCODE_SAVE, (0, 0, 0)),
        (spec.OPCODE_SAVE, (2**31, 0, 0)),
        (spec.OPCODE_RESTORE, (0, 1)),
    ):
        with pytest.raises(ProtocolError, match="sequence"):
            replies.take(opcode, layout.REPLIES[opcode].form.pack(*fields))
    with pytest.raises(ProtocolError, match="513 bytes behind"):
        replies.take(spec.OPCODE_NAMES, bytes(513))


@pytest.mark.parametrize(("cause", "told"), [(1, spec.RESET_POWER), (5, spec.RESET_WATCHDOG), (9, spec.RESET_UNKNOWN)])
def test_hello_tells_why_the_board_last_reset_where_its_port_knows(monkeypatch, cause, told):
    monkeypatch.setitem(sys.modules, "machine", SimpleNamespace(PWRON_RESET=1, WDT_RESET=5, reset_cause=lambda: cause))
    assert Device(Line()).hello.reset == told
    monkeypatch.setitem(sys.modules, "machine", SimpleNamespace())
    assert Device(Line()).hello.reset == spec.RESET_UNKNOWN
    assert len(dlm_board.RESETS) == len(spec.RESETS)


# The loop


CONFIGURE = frame.encode(spec.OPCODE_CONFIGURE, 1, struct.pack("<HBHBHBB", 6, 3, 8, 2, 50, 0, 1))
LEARN = frame.encode(spec.OPCODE_LEARN, 2, struct.pack("<hH", 1, 0) + X.astype("<i2").tobytes())
HELLO = frame.encode(spec.OPCODE_HELLO, 3)
EXIT = frame.encode(spec.OPCODE_EXIT, 4)


class Quiet(io.BytesIO):
    """A stream that says nothing for so many looks ahead of its last bytes."""

    def __init__(self, data, looks):
        super().__init__(data)
        self.looks, self.end = looks, len(data)

    def readinto(self, buffer):
        if self.tell() == self.end - len(HELLO) and self.looks:
            self.looks -= 1
            return None
        most = self.end - len(HELLO) - self.tell()
        return super().readinto(buffer[:most] if most > 0 else buffer)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Serves a stream as a board that has just got power; returns the replies."""
    now = [0]

    def tick():
        now[0] += 1000
        return now[0]

    monkeypatch.setattr(dlm_keeper, "_now", tick)

    def serve(stream, **options):
        dlm_main.forget()
        writer = io.BytesIO()
        dlm_main.serve(stream, writer, BOARD_MODULE, store=dlm_store.Store(str(tmp_path)), **options)
        return list(frame.Decoder().feed(writer.getvalue()))

    yield serve
    dlm_main.forget()


def hello(reply):
    return layout.REPLIES[spec.OPCODE_HELLO].unpack(reply.payload[1:])


def test_a_board_saves_while_nothing_comes_and_is_there_again(served, tmp_path):
    replied = served(Quiet(HELLO + CONFIGURE + LEARN + HELLO, 50), save_after=10, save_every=20)
    assert hello(replied[-1])["saved"] == 1
    again = hello(served(io.BytesIO(HELLO))[0])
    assert (again["saved"], again["restored"], again["configured"]) == (1, spec.RESTORED_NEWEST, 1)
    assert hello(served(Quiet(HELLO, 50))[0])["saved"] == 1  # and it writes nothing, for nothing has changed


def test_exit_saves_what_waits(served):
    served(io.BytesIO(HELLO + CONFIGURE + LEARN + EXIT), save_after=10000)
    assert hello(served(io.BytesIO(HELLO))[0])["configured"] == 1


def test_a_board_that_saves_only_when_told_to_saves_nothing_by_itself(served, tmp_path):
    served(Quiet(HELLO + CONFIGURE + LEARN + HELLO, 50), save_after=0)
    assert list(tmp_path.iterdir()) == []


def test_the_store_stays_for_the_next_serve(served, tmp_path):
    served(io.BytesIO(HELLO + CONFIGURE + EXIT))
    keeper = dlm_main._kept.handlers.keeper
    dlm_main.serve(io.BytesIO(HELLO + LEARN + EXIT), io.BytesIO(), BOARD_MODULE)
    assert dlm_main._kept.handlers.keeper is keeper and keeper.sequence == 2


@pytest.mark.parametrize("name", ["serve_uart", "serve_vcp", "serve_cdc"])
def test_each_way_to_serve_takes_a_store(monkeypatch, name):
    given = []
    port = SimpleNamespace(RTS=1, init=lambda **options: None)
    machine = SimpleNamespace(UART=lambda *arguments, **options: (arguments, options))
    pyb = SimpleNamespace(
        USB_VCP=type("P", (), {"RTS": 1, "__init__": lambda s, n: None, "init": lambda s, flow: None})
    )
    pyb.usb_mode = lambda: "2xVCP"
    usb = SimpleNamespace(get=lambda: SimpleNamespace(init=lambda *ports, **options: None))
    for module, it in (
        ("machine", machine),
        ("pyb", pyb),
        ("usb", SimpleNamespace(device=usb)),
        ("usb.device", usb),
        ("usb.device.cdc", SimpleNamespace(CDCInterface=lambda **options: port)),
    ):
        monkeypatch.setitem(sys.modules, module, it)
    monkeypatch.setattr(dlm_main, "serve", lambda stream, **options: given.append((stream, options)))
    first = (1,) if name == "serve_uart" else ()
    options = dict(store="store", save_after=1, save_every=2, watchdog=8)
    getattr(dlm_main, name)(*first, **options)
    assert given[0][1] == options
    if name == "serve_uart":
        assert set(given[0][0][1]) == {"timeout", "rxbuf"}


class Dog:
    """A watchdog that notes when it was fed, by the looks at the line."""

    made, fed, looks = [], [], 0

    def __init__(self, timeout):
        if timeout > 8300:
            raise ValueError("timeout exceeds 8388")
        Dog.made.append(timeout)

    def feed(self):
        Dog.fed.append(Dog.looks)


class Looked(Quiet):
    def readinto(self, buffer):
        Dog.looks += 1
        return super().readinto(buffer)


@pytest.fixture
def dog(monkeypatch):
    monkeypatch.setattr(Dog, "made", [])
    monkeypatch.setattr(Dog, "fed", [])
    monkeypatch.setattr(Dog, "looks", 0)
    monkeypatch.setitem(sys.modules, "machine", SimpleNamespace(WDT=Dog))
    monkeypatch.delitem(sys.modules, "dlm_watchdog", raising=False)
    yield Dog
    sys.modules.pop("dlm_watchdog", None)


def test_a_watchdog_is_fed_with_each_look_at_the_line_and_by_nothing_else(served, dog):
    replied = served(Looked(HELLO + CONFIGURE + LEARN + HELLO, 50), watchdog=8)
    assert dog.made == [8000] and hello(replied[-1])["configured"] == 1
    assert set(dog.fed) == set(range(dog.looks)) and dog.looks > 50


def test_a_board_without_a_watchdog_makes_none(served, dog):
    served(io.BytesIO(HELLO + CONFIGURE + EXIT))
    assert (dog.made, dog.fed) == ([], [])


def test_a_watchdog_that_the_port_has_not_is_refused_at_the_start(served, dog):
    with pytest.raises(ValueError, match="8388"):
        served(io.BytesIO(HELLO), watchdog=9)


# Names of a model file


def test_a_board_is_told_the_names_of_its_model_and_each_class_that_is_new():
    device, model = Device(Line()), Model("motion")
    device.configure(**model.config())
    device.model(model)
    assert device.names == ("motion",)
    device.teach("walk", 2)
    device.teach("run")
    assert device.names == ("motion", "walk", "run")
    with pytest.raises(KernelError):
        device.teach("climb", 2**40)
    device.teach(0, 1)
    assert device.names == ("motion", "walk", "run")
    device.names = ("mine",)
    device.teach(0, 1)
    assert device.names == ("mine",)
    device.model(model)
    assert device.names == ("motion", "walk", "run")


def test_names_that_a_board_cannot_keep_are_left_out():
    assert saving.fitting(("m" * 512, "a")) == ("m" * 512,)
    assert saving.fitting(("m" * 510, "a", "b")) == ("m" * 510, "a")
    assert saving.fitting(("é" * 100, *["é" * 64] * 4)) == ("é" * 100, "é" * 64, "é" * 64)
