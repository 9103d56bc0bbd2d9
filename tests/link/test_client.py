# SPDX-License-Identifier: MIT
"""The client: the same results as the mirror's over any line, good or bad, and a clear word when there is no way."""

import os
import socket
import struct
import threading
import time
import tty
from types import SimpleNamespace

import numpy as np
import pytest

from deeplomath import spec
from deeplomath.errors import DeviceError, KernelError, ProtocolError, TransportError
from deeplomath.link import client, emulator, exchange, frame, repl, transport
from deeplomath.link.client import Device
from deeplomath.mirror import network
from wire import (
    BOARD_MODULE,
    BadLine,
    BoardNetwork,
    Clock,
    Line,
    ReplLine,
    SlowLine,
    dlm_handlers,
    dlm_main,
    replies_of,
)

CONFIG = dict(features=5, classes=3, events=24, layers=2, false_reject_permille=100, background=True)
FAR = np.array([32767, -32768, 32767, -32768, 32767], np.int16)


def events(n, seed=1):
    random = np.random.default_rng(seed)
    labels = random.integers(0, CONFIG["classes"], n)
    x = random.integers(-3000, 3000, (n, CONFIG["features"])) + 9000 * labels[:, None]
    return list(zip(x.astype(np.int16), (int(it) for it in labels), strict=True))


def assert_walks_with_the_mirror(device, n=12, seed=1):
    """What a Device is for, compared with `==` after every step."""
    mirror = network.Network(**CONFIG)
    assert device.configure(**CONFIG) == mirror.footprint()
    assert device.last_digest == mirror.digest()
    for x, label in events(n, seed):
        assert device.infer(x) == mirror.infer(x)
        assert device.learn(x, label) == mirror.learn(x, label)
        assert device.last_digest == mirror.digest() and device.last_ticks >= 0
    assert (device.info(), device.digest(), device.footprint()) == (mirror.info(), mirror.digest(), mirror.footprint())
    state = device.export()
    assert state == mirror.export()
    device.configure(**CONFIG)
    device.load(state)
    assert device.digest() == mirror.digest() == device.last_digest


def life():
    """Calls by name and arguments: every change there is, in an order in which each is allowed."""
    calls = [("infer", FAR + i) for i in range(4)]  # while nothing is learned all are unknown
    calls += [("name", (2, 0), 2), ("unknown", 1), ("name", [3], 1)]
    calls += [("learn", x, label % 2) for x, label in events(8)]
    calls += [("undo",), ("relabel", 0, 1), ("forget", 0), ("infer", FAR), ("correct", 2), ("undo",)]
    calls += [("learn", FAR + 1, 1), ("drop",), ("infer", FAR), ("drop",), ("drop_class", 0), ("rename_class", 1, 0)]
    calls += [("infer", events(1)[0][0]), ("correct", 0), ("correct", 1), ("freeze",), ("freeze", False)]
    return calls


def life_in_slices():
    """The same, with rebuilds that are finished bit by bit, or by the next change."""
    calls = [*life(), ("learn", FAR, 1, False), ("infer", FAR), ("build_step", 1), ("build_step", 2000)]
    return [*calls, ("learn", FAR - 1, 0, False), ("learn", FAR - 2, 1, False)]


def assert_lives_with_the_mirror(device, calls):
    """Every change, with the same results; digests wherever the network is whole."""
    mirror = network.Network(**CONFIG)
    device.configure(**CONFIG)
    for name, *arguments in calls:
        got, wanted = getattr(device, name)(*arguments), getattr(mirror, name)(*arguments)
        same = got == wanted if name != "unknown" else got.tolist() == wanted.tolist()
        assert same, (name, arguments, got, wanted)
        assert device.unknowns() == mirror.unknowns()
        if name not in ("infer", "unknown"):
            digest = None if mirror.info().building else mirror.digest()
            assert device.last_digest == digest and device.last_ticks >= 0
    assert device.digest() == mirror.digest()
    assert device.info() == mirror.info()


def test_a_device_gives_what_the_mirror_gives():
    assert_walks_with_the_mirror(Device(Line()))
    assert_lives_with_the_mirror(Device(Line()), life_in_slices())


def test_a_regression_gives_what_the_mirror_gives():
    config = dict(features=5, classes=1, events=6, regression=True)
    device, mirror = Device(Line()), network.Network(**config)
    device.configure(**config)
    for x, _ in events(12):
        assert device.learn(x, int(x[0])) == mirror.learn(x, int(x[0]))
        assert device.infer(x) == mirror.infer(x)
        assert device.last_digest == mirror.digest()
    assert device.info() == mirror.info() and device.info().regression is True


def test_the_cost_is_that_of_the_mirror():
    sizes = dict(features=18, classes=7, events=64)
    assert Device(Line()).cost(**sizes) == network.cost(**sizes)
    assert Device(Line()).cost(**sizes, background=True).bytes == network.Network(**sizes, background=True).footprint()


@pytest.mark.parametrize("seed", range(8))
def test_a_bad_line_changes_no_result(seed):
    device = Device(BadLine(seed), timeout=0.002, attempts=11)
    assert_walks_with_the_mirror(device, seed=seed)
    assert device.info().clock == 12
    assert_lives_with_the_mirror(device, life_in_slices())


def test_a_state_of_many_chunks_passes_a_bad_line():
    config = dict(features=60, classes=2, events=40, layers=1)
    mirror = network.Network(**config)
    draw = np.random.default_rng(4)
    for i in range(40):
        mirror.learn(draw.integers(-3000, 3000, 60).astype(np.int16), i % 2)
    state = mirror.export()
    assert len(state) > 4 * spec.WIRE_CHUNK
    device = Device(BadLine(3), timeout=0.002, attempts=11)
    device.configure(**config)
    device.load(state)
    assert device.export() == state


class StaleLine(Line):
    """A line that first brings the reply to the request before, and the right one only to the retry."""

    last = replies = b""

    def write(self, data):
        before, self.replies = self.replies, b"".join(bytes(it) for it in replies_of(self.session, data))
        self.inbox += self.replies if data == self.last else before
        self.last = data


def test_the_reply_to_another_request_is_not_taken():
    device = Device(StaleLine(), timeout=0.01)
    assert_walks_with_the_mirror(device, n=3)
    x, label = events(1)[0]
    answers = [device.infer(it) for it in (x, x + 500, x)]
    assert answers[0] == answers[2] != answers[1]


def test_a_board_gives_what_the_mirror_gives(board):
    with Device(board.port) as device:
        assert_walks_with_the_mirror(device, n=CONFIG["events"])
        assert_lives_with_the_mirror(device, life())
        assert device.health().dropped == 0


def test_a_board_rebuilds_while_nobody_asks(board):
    with Device(board.port) as device:
        mirror = network.Network(**CONFIG)
        device.configure(**CONFIG)
        for x, label in events(20):
            assert device.learn(x, label, build=False).event == mirror.learn(x, label).event
        time.sleep(2)
        assert not device.info().building and device.last_digest == mirror.digest()


def test_a_board_that_is_asked_to_build_does_so_step_by_step(board):
    with Device(board.port) as device:
        mirror = network.Network(**CONFIG)
        device.configure(**CONFIG)
        for x, label in events(20):
            device.learn(x, label, build=False)
            while device.build_step(500):
                pass
            mirror.learn(x, label)
            assert device.last_digest == mirror.digest()


@pytest.mark.parametrize("seed", range(3))
def test_a_board_behind_a_bad_line_changes_no_result(board, seed):
    line = transport.Transport(board.port)
    with Device(BadLine(seed, line=line), timeout=0.1, attempts=9) as device:
        assert_walks_with_the_mirror(device, seed=seed)
        assert device.info().clock == 12 and device.health().dropped > 0


def test_a_board_refuses_what_the_mirror_refuses(board):
    with Device(board.port) as device:
        device.configure(**CONFIG)
        assert_refuses_what_the_mirror_refuses(device)


def assert_refuses_what_the_mirror_refuses(device):
    """The same code and the same words for everything that the kernel refuses."""
    mirror, x = network.Network(**CONFIG), np.zeros(5, np.int16)
    for net in (device, mirror):
        net.learn(x, 0)
        net.learn(x + 900, 1)
        net.infer(FAR)
        net.freeze()
    assert_refused_alike(device, mirror, [(lambda net: net.learn(x, 9)), (lambda net: net.undo())])
    for net in (device, mirror):
        net.freeze(False)
    wrong = [
        lambda net: net.learn(x, 3),
        lambda net: net.learn(x, -1),
        lambda net: net.learn(x[:4], 0),
        lambda net: net.infer(x[:0]),
        lambda net: net.forget(7),
        lambda net: net.relabel(7, 0),
        lambda net: net.relabel(1, 3),
        lambda net: net.correct(3),
        lambda net: net.name((), 0),
        lambda net: net.name(range(9), 0),
        lambda net: net.name((0, 0), 0),
        lambda net: net.name((5,), 0),
        lambda net: net.name((0,), 3),
        lambda net: net.unknown(5),
        lambda net: net.rename_class(0, 1),
        lambda net: net.rename_class(3, 1),
        lambda net: net.rename_class(1, 3),
        lambda net: net.drop_class(-1),
        lambda net: net.build_step(0),
    ]
    assert_refused_alike(device, mirror, wrong)
    for net in (device, mirror):
        net.drop()
    assert_refused_alike(device, mirror, [(lambda net: net.drop()), (lambda net: net.correct(0))])
    for net in (device, mirror):
        net.forget(0)
    assert_refused_alike(device, mirror, [lambda net: net.undo()])


def assert_refused_alike(device, mirror, wrong):
    before = mirror.digest()
    for call in wrong:
        with pytest.raises(KernelError) as ours:
            call(device)
        with pytest.raises(KernelError) as theirs:
            call(mirror)
        assert ours.value.args == theirs.value.args
    assert device.digest() == mirror.digest() == before


@pytest.mark.f405
def test_the_service_starts_from_whatever_state_a_repl_is_in():
    emulated = emulator.Emulator("stm32f405_qemu")
    if not emulated.image.is_file():
        pytest.skip(f"{emulated.image} is not built: make test-f405")
    with emulated:
        for keys in (
            b"",
            b"\x01",
            b"\x05",
            b"while True: pass\r\r",
            b'print("x',
            b"def f():\r",
            b"\x01while 1: pass\x04",
        ):
            line = transport.Transport(emulated.port)
            line.write(keys)
            with Device(line) as device:
                assert_walks_with_the_mirror(device, n=1)
                device.exit()


def test_errors_of_the_kernel_are_those_of_the_mirror():
    device, mirror = Device(Line()), network.Network(**CONFIG)
    device.configure(**CONFIG)
    x = np.zeros(5, np.int16)
    assert_refused_alike(device, mirror, [(lambda net: net.load(mirror.export()[:-1])), (lambda net: net.load(b""))])
    assert_refuses_what_the_mirror_refuses(device)
    device.configure(**CONFIG)
    for call in (
        lambda net: net.infer(x.astype(float)),
        lambda net: net.infer([1.0, 2]),
        lambda net: net.learn(x, 1.5),
        lambda net: net.drop_class("1"),
        lambda net: net.build_step(2.0),
    ):
        with pytest.raises(TypeError) as ours:
            call(device)
        with pytest.raises(TypeError) as theirs:
            call(mirror)
        assert str(ours.value) == str(theirs.value)
    assert device.digest() == mirror.digest()


def test_a_number_too_wide_for_the_wire_has_the_code_of_its_limit():
    device = Device(Line())
    for name, value in {
        "features": 1 << 16,
        "classes": 256,
        "events": -1,
        "layers": 999,
        "false_reject_permille": -5,
    }.items():
        with pytest.raises(KernelError, match=f"{name}: {value} given") as error:
            device.configure(**dict(CONFIG, **{name: value}))
        assert error.value.code == getattr(spec, "ERROR_" + name.removesuffix("_permille").upper())


def test_what_the_service_refuses_is_a_device_error():
    with pytest.raises(DeviceError, match="network: none yet, CONFIGURE first") as error:
        Device(Line()).digest()
    assert error.value.code == spec.ERROR_UNCONFIGURED

    def no_room(**_):
        raise MemoryError("memory allocation failed, allocating 40000 bytes")

    with pytest.raises(DeviceError, match="allocating 40000 bytes") as error:
        Device(Line(SimpleNamespace(Network=no_room))).configure(**CONFIG)
    assert error.value.code == spec.ERROR_MEMORY


def test_hello_says_what_the_board_is():
    device = Device(Line())
    assert (device.hello.library, device.hello.configured) == (spec.VERSION_LIBRARY, 0)
    assert device.hello.implementation.startswith("cpython 3.")
    assert (device.health().dropped if device.configure(**CONFIG) else None) == 0


def test_a_board_of_another_spec_is_refused(monkeypatch):
    versions = f"spec: the board computes by version {spec.VERSION_SPEC + 1}, this library .* by {spec.VERSION_SPEC}"
    monkeypatch.setattr(dlm_handlers.spec, "VERSION_SPEC", spec.VERSION_SPEC + 1)
    with pytest.raises(ProtocolError, match=versions):
        Device(Line())


def test_a_board_of_another_protocol_is_refused(monkeypatch):
    monkeypatch.setattr(dlm_handlers.spec, "VERSION_PROTOCOL", spec.VERSION_PROTOCOL + 1)
    with pytest.raises(
        ProtocolError, match="protocol: the board speaks version 3, this library 2: update this library"
    ):
        Device(Line())


def test_a_board_of_another_library_version_is_welcome(monkeypatch):
    monkeypatch.setattr(dlm_handlers.spec, "VERSION_LIBRARY", "9.9.9")
    assert Device(Line()).hello.library == "9.9.9"


def test_a_silent_line_ends_in_a_transport_error():
    line = SimpleNamespace(read=lambda timeout: b"", write=lambda data: None, close=lambda: None)
    with pytest.raises(TransportError, match="hello: no answer in .* s, nothing was heard. Is it the right port"):
        Device(line, timeout=0.01, attempts=2)


def test_a_port_that_is_not_there_is_a_transport_error(tmp_path):
    with pytest.raises(TransportError, match="no_such_port"):
        Device(str(tmp_path / "no_such_port"))


@pytest.mark.parametrize("raw", [False, True])
def test_the_service_is_started_from_either_repl(raw):
    line = ReplLine(raw)
    device = Device(line, timeout=0.2)
    assert line.serving and device.started and (line.ran, line.resets) == ([], 0)
    assert_walks_with_the_mirror(device, n=2)


def test_a_service_that_was_there_was_not_started():
    assert not Device(Line()).started


class HangingLine(ReplLine):
    """A board whose service starts and never says a word."""

    def write(self, data):
        if not self.serving:
            super().write(data)


def test_a_service_that_was_started_and_stays_silent_is_told_as_such(monkeypatch):
    clock = Clock(monkeypatch)
    began = clock.now
    with pytest.raises(TransportError, match="the board's REPL was told to start the service; no answer in .* Reset"):
        Device(SlowLine(clock, 115200, HangingLine()))
    assert clock.now - began < 8


class ImportingLine(SlowLine):
    """A board that takes its time between the line that starts the service and the first reply of it."""

    def write(self, data):
        if data == repl.START:
            self.came_at = self.clock.now + 4.5
        super().write(data)


def test_a_service_that_takes_seconds_to_start_is_waited_for(monkeypatch):
    device = Device(ImportingLine(Clock(monkeypatch), 115200, ReplLine()))
    assert device.started and device.hello.configured == 0


class InterruptedLine(ReplLine):
    """A board at which Ctrl-C is pressed here as soon as it serves."""

    def read(self, timeout):
        if self.serving:
            raise KeyboardInterrupt
        return super().read(timeout)


def test_a_service_that_was_started_in_vain_is_ended_again(monkeypatch):
    clock, line = Clock(monkeypatch), InterruptedLine()
    with pytest.raises(KeyboardInterrupt):
        Device(SlowLine(clock, 115200, line))
    assert not line.serving and (line.ran, line.resets) == ([], 0)
    monkeypatch.setattr(dlm_handlers.spec, "VERSION_SPEC", spec.VERSION_SPEC + 1)
    line, served = ReplLine(), Line()
    for it in (line, served):
        with pytest.raises(ProtocolError, match="spec: the board computes by version"):
            Device(SlowLine(clock, 115200, it))
    assert not line.serving and (line.ran, line.resets) == ([], 0)
    assert served.session.handlers.running


@pytest.mark.parametrize("lacking", ["dlm_main", "deeplomath", "deeplomath_signal"])
def test_a_board_without_the_service_or_a_module_says_so_at_once(lacking, monkeypatch):
    clock, words = Clock(monkeypatch), f"ImportError: no module named '{lacking}'"
    line = SlowLine(clock, 115200, ReplLine(error=words))
    with pytest.raises(
        TransportError, match=f"REPL and the service does not start: {words}; `deeplomath deploy /dev/ttyS0`"
    ):
        Device(line)
    assert clock.now < 1003


class BusyLine(ReplLine):
    """A board on which another program runs, which says nothing and reads nothing, until Ctrl-C stops it."""

    def __init__(self, error):
        super().__init__(error=error)
        self.busy = True

    def write(self, data):
        if self.busy and b"\x03" in data:
            self.busy = False
            self.inbox += b"\r\nTraceback (most recent call last):\r\nKeyboardInterrupt: \r\n>>> "
            data = data.partition(b"\x03")[2]
        if not self.busy:
            super().write(data)


@pytest.mark.parametrize("baud", [115200, 9600])
@pytest.mark.parametrize("make", [BusyLine, lambda error: ReplLine(error=error), lambda error: ReplLine(True, error)])
def test_a_board_without_the_service_is_told_within_3_seconds_whatever_it_does(make, baud, monkeypatch):
    clock = Clock(monkeypatch)
    line = SlowLine(clock, baud, make("ImportError: no module named 'dlm_main'"))
    with pytest.raises(TransportError, match="`deeplomath deploy /dev/ttyS0` puts it there"):
        Device(line)
    assert clock.now - 1000 < 3 + 2 * line.seconds(1200), clock.now


def test_a_board_in_its_repl_is_left_alone_when_asked_to():
    line = ReplLine()
    with pytest.raises(
        TransportError, match="hello: the board is in its REPL: nobody serves, and start=False leaves it so"
    ):
        Device(line, timeout=0.05, attempts=2, start=False)
    assert not line.serving and (line.ran, line.resets) == ([], 0)


def test_the_baud_goes_to_the_line(monkeypatch):
    opened = []
    monkeypatch.setattr(client, "Transport", lambda *arguments: opened.append(arguments) or Line())
    Device("/dev/a-port")
    Device("/dev/a-port", baud=921600)
    assert opened == [("/dev/a-port", transport.BAUD), ("/dev/a-port", 921600)]


@pytest.mark.parametrize("sequence", range(0, 1 << 16, 4099))
def test_a_hello_presses_no_key_of_a_repl(monkeypatch, sequence):
    monkeypatch.setattr(exchange.secrets, "randbelow", lambda _: sequence)
    line, sent = Line(), []
    line.write = lambda data: (sent.append(data), Line.write(line, data))
    Device(line)
    assert not (repl.KEYS - {spec.VERSION_PROTOCOL}) & set(sent[0])


class TwoFaces:
    """A stream for dlm_main.serve over a file descriptor."""

    def __init__(self, fd):
        self.fd = fd

    def readinto(self, buffer):
        try:
            data = os.read(self.fd, len(buffer))
        except OSError:
            return 0
        buffer[: len(data)] = data
        return len(data)

    def write(self, data):
        return os.write(self.fd, data)


def serving(stream, module=BOARD_MODULE):
    thread = threading.Thread(target=dlm_main.serve, args=(stream, stream, module), daemon=True)
    thread.start()
    return thread


def test_a_device_works_over_a_pseudo_terminal_and_twice_in_a_row():
    master, slave = os.openpty()
    tty.setraw(slave)
    thread = serving(TwoFaces(master))
    with Device(os.ttyname(slave)) as device:
        assert_walks_with_the_mirror(device)
    with Device(os.ttyname(slave)) as device:
        assert device.hello.configured and device.info().clock == 12
        device.exit()
    thread.join(5)
    assert not thread.is_alive()
    os.close(master)
    os.close(slave)


class Polled(TwoFaces):
    """A stream that can be asked whether bytes wait."""

    def fileno(self):
        return self.fd


@pytest.mark.parametrize("stream, finishes", [(Polled, True), (TwoFaces, False)])
def test_a_service_rebuilds_between_requests_where_it_can_tell_that_none_waits(stream, finishes):
    master, slave = os.openpty()
    tty.setraw(slave)
    thread = serving(stream(master))
    with Device(os.ttyname(slave)) as device:
        device.configure(**CONFIG)
        for x, label in events(12):
            device.learn(x, label)
        device.learn(FAR, 1, build=False)
        time.sleep(0.5)
        assert device.info().building is not finishes
        while device.build_step(1000):
            pass
        assert device.last_digest == device.digest() and device.info().building is False
        device.exit()
    thread.join(5)
    os.close(master)
    os.close(slave)


def test_a_device_works_over_a_socket():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = f"socket://127.0.0.1:{server.getsockname()[1]}"
        accepted = []
        acceptor = threading.Thread(target=lambda: accepted.append(server.accept()[0]), daemon=True)
        acceptor.start()
        line = transport.Transport(port)
        acceptor.join(5)
        thread = serving(TwoFaces(accepted[0].fileno()))
        with Device(line) as device:
            assert_walks_with_the_mirror(device)
            device.exit()
        thread.join(5)
        assert not thread.is_alive()
        accepted[0].close()


def test_a_board_that_is_gone_is_a_transport_error():
    master, slave = os.openpty()
    tty.setraw(slave)
    thread = serving(TwoFaces(master))
    device = Device(os.ttyname(slave), timeout=0.3, attempts=2)
    device.exit()
    thread.join(5)
    with pytest.raises(TransportError, match="digest: no answer"):
        device.digest()
    device.close()
    os.close(master)
    os.close(slave)


def test_a_slow_board_is_waited_for_and_learns_once():
    class Slow(BoardNetwork):
        def learn(self, x, label, build=True):
            learned = super().learn(x, label, build)
            threading.Event().wait(0.5)
            return learned

    master, slave = os.openpty()
    tty.setraw(slave)
    thread = serving(TwoFaces(master), SimpleNamespace(Network=Slow))
    with Device(os.ttyname(slave), timeout=0.05) as device:
        device.configure(**CONFIG)
        assert device.learn(events(1)[0][0], 1).neurons == 1
        assert device.info().clock == 1
        device.exit()
    thread.join(5)
    os.close(master)
    os.close(slave)


def test_a_truncated_reply_is_a_protocol_error():
    device = Device(Line())
    device.configure(**CONFIG)
    short = struct.pack("<bI", 0, 1)
    device._transport.read = lambda timeout: frame.encode(
        spec.OPCODE_LEARN | spec.WIRE_REPLY, device._link.sequence, short
    )
    with pytest.raises(ProtocolError, match="learn: a reply of 4 bytes, 26 needed"):
        device.learn(np.zeros(5, np.int16), 0)
