# SPDX-License-Identifier: MIT
"""The line between: what goes wrong on it is said soon and said whole, and no request goes to a REPL twice."""

import os
import threading
import time
import tty
from types import SimpleNamespace

import numpy as np
import pytest
import serial

from deeplomath import Device, spec
from deeplomath.errors import DeviceError, TransportError
from deeplomath.link import emulator, exchange, frame, repl, transport
from deeplomath.mirror import network
from streaming import samples, statistics
from wire import BANNER, BOARD_MODULE, BoardNetwork, Clock, Line, ReplLine, SlowLine, dlm_session, replies_of

CONFIG = dict(features=160, classes=3, events=8, layers=1)
SEEDS = range(40)


def event(seed):
    return np.random.default_rng(seed).integers(-32768, 32768, 160).astype(np.int16)


class Recorder:
    """A line that keeps what was written to it; `lose` says of each frame written whether it gets lost."""

    def __init__(self, line, lose=lambda sent: False):
        self.line, self.lose, self.sent = line, lose, []

    def write(self, data):
        self.sent += frame.Decoder().feed(bytes(data))
        if not self.lose(self.sent):
            self.line.write(data)

    def read(self, timeout):
        return self.line.read(timeout)

    def close(self):
        self.line.close()

    def requests(self):
        return [it for it in self.sent if it.version == spec.VERSION_PROTOCOL]


def started(line, **options):
    """A Device with a network, over a board that was in its REPL."""
    device = Device(line, **options)
    device.configure(**CONFIG)
    device.learn(event(0), 0)
    return device


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


# A board that was reset


def test_a_board_that_was_reset_between_two_requests_gets_no_frame(clock):
    board = ReplLine()
    line = Recorder(SlowLine(clock, 115200, board))
    device = started(line)
    sent = len(line.sent)
    line.line.coming.append((clock.now, BANNER + b">>> "))
    board.reset()
    for _ in range(2):
        with pytest.raises(
            TransportError, match="infer: the board is in its REPL: it was reset.*was not sent"
        ) as error:
            device.infer(event(1))
        assert error.value.executed is False and len(line.sent) == sent
    assert (board.ran, board.resets) == ([], 0)


class ResetsAt(ReplLine):
    """A board that is reset when a LEARN comes, which it has executed or not; `loud`: it prints its banner."""

    executes, loud = True, True

    def write(self, data):
        learns = self.serving and any(it.opcode == spec.OPCODE_LEARN for it in frame.Decoder().feed(bytes(data)))
        if not learns or self.executes:
            super().write(data)
        if learns:
            self.reset()
            self.inbox = bytearray(BANNER + b">>> " if self.loud else b"")


@pytest.mark.parametrize("executes", [True, False])
def test_a_board_that_is_reset_in_a_request_says_so_at_once_and_that_it_may_be_executed(clock, executes):
    board = ResetsAt()
    line, board.executes = Recorder(SlowLine(clock, 115200, board)), executes
    device = Device(line)
    device.configure(**CONFIG)
    digest, began = device.last_digest, clock.now
    with pytest.raises(TransportError, match="learn: the board is in its REPL: it was reset, and its network") as error:
        device.learn(event(0), 0)
    assert error.value.executed is None and clock.now - began < 1
    told = "sent once, and may have been executed: connect again, then info().clock and digest(), which was "
    assert told + f"{digest:08x}" in str(error.value) and (board.ran, board.resets) == ([], 0)


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_repl_that_was_not_seen_to_come_gets_no_request_twice(clock, seed, raw):
    """The banner is lost: the first frame runs into the REPL, and a probe shows what is there."""
    board = ReplLine()
    line = Recorder(SlowLine(clock, 115200, board))
    device, began = started(line), clock.now
    board.end()
    board.raw, board.inbox = raw, bytearray()
    with pytest.raises(TransportError, match="REPL.* its service ended|REPL.* it was reset") as error:
        device.infer(event(seed))
    assert error.value.executed is None and clock.now - began < 10
    assert [it.opcode for it in line.requests()[-2:]] == [spec.OPCODE_LEARN, spec.OPCODE_INFER]


@pytest.mark.parametrize("raw", [False, True])
@pytest.mark.parametrize("typed", [b"", b"x = [1, 2"])
@pytest.mark.parametrize("seed", SEEDS[:10])
def test_a_line_that_was_idle_is_probed_before_a_request(clock, seed, typed, raw):
    board = ReplLine()
    line = Recorder(SlowLine(clock, 115200, board))
    device, sent = started(line), len(line.requests())
    board.end()
    board.raw, board.inbox = raw, bytearray()
    board.typed, board.cursor = typed, len(typed)
    clock.now += exchange.IDLE
    with pytest.raises(TransportError, match="the board is in its REPL.*was not sent") as error:
        device.infer(event(seed))
    assert error.value.executed is False and len(line.requests()) == sent
    assert (board.ran, board.resets) == ([], 0)
    device = Device(line)
    assert device.started and board.ran == []


def test_a_board_that_was_idle_and_serves_is_asked_once(clock):
    line = Recorder(SlowLine(clock, 115200))
    device = started(line)
    clock.now += exchange.IDLE
    assert device.learn(event(1), 1).event == 1
    assert [it.version for it in line.sent[-2:]] == [exchange.PROBE_VERSION, spec.VERSION_PROTOCOL]


def test_a_board_that_was_reset_and_serves_again_says_that_its_network_is_lost():
    line = Line()
    device = started(line)
    line.session = dlm_session.Session(BOARD_MODULE)
    for _ in range(2):
        with pytest.raises(DeviceError, match="infer: the board has lost its network: it was reset") as error:
            device.infer(event(1))
        assert error.value.code == spec.ERROR_UNCONFIGURED
    device.configure(**CONFIG)
    assert device.learn(event(1), 1).event == 0


@pytest.mark.f405
def test_a_real_repl_shows_itself_to_a_probe_and_runs_nothing_of_it():
    emulated = emulator.Emulator("stm32f405_qemu")
    if not emulated.image.is_file():
        pytest.skip(f"{emulated.image} is not built: make test-f405")
    with emulated:
        line = transport.Transport(emulated.port)
        line.write(b"marker = 7\r")
        for typed in (b"", b"\x01", b"marker = [0", b"\x01marker = 0", b"def f():\r  marker = 0", b"\x05marker = 0"):
            device = Device(line)
            assert device.started
            device.exit()
            time.sleep(0.2)
            line.write(typed)
            time.sleep(0.3)
            line.read(0.05)
            device._link.forget()
            device._link.heard_at = -exchange.IDLE
            with pytest.raises(TransportError, match="the board is in its REPL.*was not sent"):
                device.infer(event(1))
        line.write(repl.TO_FRIENDLY + b"print(marker)\r")
        said, limit = b"", time.monotonic() + 20
        while b"7\r\n" not in said and time.monotonic() < limit:
            said += line.read(0.05)
        assert b"print(marker)\r\n7\r\n" in said


# A request or a reply that is lost


class Counting(BoardNetwork):
    learns = 0

    def learn(self, x, label, build=True):
        type(self).learns += 1
        return super().learn(x, label, build)


@pytest.mark.parametrize("lost_request", [False, True])
def test_a_request_comes_again_only_behind_a_probe_and_is_executed_once(clock, lost_request):
    class Counts(Counting):
        learns = 0

    board = Line(SimpleNamespace(Network=Counts, cost=network.cost))
    slow = SlowLine(clock, 115200, board)
    lost = []

    def lose(sent):
        if sent[-1].opcode != spec.OPCODE_LEARN or lost:
            return False
        lost.append(sent[-1])
        if not lost_request:
            board.write(frame.encode(spec.OPCODE_LEARN, sent[-1].sequence, sent[-1].payload))
            board.inbox.clear()
        return True

    line = Recorder(slow, lose)
    device = Device(line)
    device.configure(**CONFIG)
    assert device.learn(event(0), 0).event == 0
    assert Counts.learns == 1 and lost
    again = [(it.version, it.opcode) for it in line.sent[-3:]]
    learn = (spec.VERSION_PROTOCOL, spec.OPCODE_LEARN)
    assert again == [learn, (exchange.PROBE_VERSION, spec.OPCODE_HELLO), learn]
    assert line.sent[-1] == line.sent[-3] and device.info().clock == 1


def remembered_by(session):
    """The request that a session replied to last, and its reply."""
    return list(session._last), bytes(session._encoder.view[: session._replied])


def test_a_probe_presses_no_key_and_leaves_what_the_board_remembers():
    line = Line()
    device = started(line)
    remembered = remembered_by(line.session)
    for _ in range(200):
        probe = exchange.make_probe()
        assert not repl.KEYS & set(probe.wire[1:-1]) and probe.keys.decode("ascii").isprintable()
        line.write(probe.wire)
        (refused,) = frame.Decoder().feed(line.read(0))
        assert refused.sequence == probe.sequence and refused.payload[0] == spec.ERROR_PROTOCOL & 0xFF
    assert remembered_by(line.session) == remembered
    assert device.info().clock == 1


class BusyLine(SlowLine):
    """A board that takes its time for a LEARN, and answers all else behind it, in order."""

    def write(self, data):
        if any(it.opcode == spec.OPCODE_LEARN for it in frame.Decoder().feed(bytes(data))):
            self.came_at = self.clock.now + 30
        super().write(data)


def test_a_busy_board_is_waited_for_and_not_asked_again(clock):
    line = BusyLine(clock, 115200)
    device = started(line)
    learns = [it for it in line.writes if b"\3" in it[:5] and len(it) > 300]
    assert len(learns) == 1 and device.info().clock == 1


def test_a_reply_to_exit_that_is_lost_is_replaced_by_the_prompt():
    class Hasty(ReplLine):
        def end(self):
            super().end()
            self.inbox = bytearray(b"\r\n>>> ")

    board = Hasty()
    device = Device(board, timeout=0.2)
    assert device.started
    device.exit()
    assert not board.serving and not device.started
    with pytest.raises(TransportError, match="digest: the board is in its REPL: its service ended"):
        device.digest()


def test_an_exit_that_is_lost_is_sent_again():
    board, lost = ReplLine(), []

    def lose(sent):
        return sent[-1].opcode == spec.OPCODE_EXIT and not lost and not lost.append(1)

    device = Device(Recorder(board, lose), timeout=0.02)
    device.exit()
    assert lost and not board.serving and (board.ran, board.resets) == ([], 0)


# Time


@pytest.mark.parametrize("baud", [1200, 9600, 115200])
def test_no_frame_is_sent_twice_on_a_slow_wire(clock, baud):
    line = SlowLine(clock, baud)
    device = Device(line, timeout=0.5)
    config = dict(features=160, classes=2, events=16, layers=1)
    device.configure(**config)
    for i in range(8):
        device.learn(event(i), i % 2)
    device.model(statistics(16, 8, 8, 0b1111111111 >> 3))
    device.configure(features=112, classes=2, events=16, layers=1)
    device.stream(samples(136, 16))
    device.configure(**config)
    for i in range(8):
        device.learn(event(i), i % 2)
    state = device.export()
    assert len(state) > 2 * spec.WIRE_CHUNK
    device.load(state)
    frames = [bytes(it) for it in line.writes]
    probes = [it for it in frames if frame.decode(it.strip(b"\0")).version == exchange.PROBE_VERSION]
    hellos = [it for it in frames if frame.decode(it.strip(b"\0")).opcode == spec.OPCODE_HELLO]
    assert len(set(frames)) == len(frames) and len(hellos) == 1 + len(probes)


class Silence:
    """A line on which nobody answers, and this is heard at first."""

    port, baud = "/dev/ttyS7", 115200

    def __init__(self, clock, heard=b"", for_ever=False):
        self.clock, self.heard, self.for_ever = clock, heard, for_ever

    def seconds(self, size):
        return 10 * size / self.baud

    def write(self, data):
        pass

    def read(self, timeout):
        self.clock.now += min(max(timeout, 0.001), 0.05)
        heard, self.heard = self.heard, self.heard if self.for_ever else b""
        return heard

    def close(self):
        pass


NAMES = ["bytes", "zeros", "text", "frames"]
ENDLESS = [bytes(range(1, 256)) * 40, b"\0\1\2\3", b"$GPGGA,123519,4807.038,N\r\n", frame.encode(129, 7, b"\0" * 60)]


@pytest.mark.parametrize("start", [True, False])
@pytest.mark.parametrize("heard", [b"", *ENDLESS], ids=["nothing", *NAMES])
@pytest.mark.parametrize("for_ever", [False, True])
def test_a_port_on_which_nobody_answers_is_given_up_in_seconds(clock, heard, for_ever, start):
    began, line = clock.now, Silence(clock, heard, for_ever)
    line.port = "/dev/ttyS7"
    with pytest.raises(TransportError, match="hello: no answer in .* s, (nothing was heard|it said: )") as error:
        Device(line, start=start)
    assert clock.now - began <= 6.5 and error.value.executed is False
    for words in ("Is it the right port", "another program read it", "a UART there 115200 baud", "Reset the board"):
        assert words in str(error.value)
    assert len(str(error.value)) < 800 and str(error.value).isprintable()


def test_a_socket_on_which_nobody_answers_names_the_other_program(clock):
    line = Silence(clock)
    line.port = "socket://127.0.0.1:4000"
    with pytest.raises(TransportError, match="serves one program: has another one connected"):
        Device(line)


@pytest.mark.parametrize("heard", ENDLESS, ids=NAMES)
def test_no_stream_of_noise_or_of_frames_outlasts_the_deadline_or_grows(clock, heard):
    line = Line()
    device = started(line, timeout=1, attempts=3)
    silence = Silence(clock, heard, True)
    device._link.transport = silence
    began = clock.now
    with pytest.raises(TransportError, match="learn: no answer in") as error:
        device.learn(event(1), 1)
    assert error.value.executed is None and clock.now - began < 9
    assert len(device._link.decoder.heard()) < 3 * spec.WIRE_FRAME_MAX


def test_a_service_that_computes_for_seconds_is_reached(clock):
    """What is on the line is a service that a host left in mid-request: it hears the keys of a REPL, and then HELLO."""
    line = SlowLine(clock, 115200)
    line.came_at = clock.now + 4.5
    device = Device(line)
    assert not device.started and device.hello.configured == 0
    line.came_at = clock.now + 20
    assert not Device(line, timeout=8).started


def test_a_board_whose_main_script_is_on_its_way_is_waited_for(clock):
    """A soft reset out of the REPL: its banner and prompt were of before, and main.py loads modules for seconds."""
    line = SlowLine(clock, 115200)
    said = b"\r\nMicroPython v1.24.1 on 2026-01-01; Raspberry Pi Pico with RP2040\r\n>>> \r\nMPY: soft reboot\r\n"
    line.coming, line.came_at = [(clock.now, said)], clock.now + 4
    assert not Device(line, start=False).started


# Several threads, and the end


class Meeting(Line):
    """A line on which the second of two threads begins its request while the first waits for its reply, if it may."""

    def __init__(self, module):
        super().__init__(module)
        self.sent, self.begun, self.read_by_first = (threading.Event() for _ in range(3))

    def write(self, data):
        name = threading.current_thread().name
        if name == "second":
            self.begun.set()
            self.read_by_first.wait(1)
        super().write(data)
        if name == "first" and not self.sent.is_set():
            self.sent.set()
            self.begun.wait(1)

    def read(self, timeout):
        if threading.current_thread().name == "first":
            got = super().read(timeout)
            self.read_by_first.set()
            time.sleep(min(timeout, 0.05))  # the second is quicker
            return got
        return super().read(timeout)


def test_a_thread_that_comes_between_gets_its_own_reply_and_no_learn_is_executed_twice():
    class Counts(Counting):
        learns = 0

    line = Meeting(SimpleNamespace(Network=Counts, cost=network.cost))
    device, results = Device(line, timeout=0.3), {}
    device.configure(features=160, classes=2, events=8, layers=1)

    def learn(name, label):
        results[name] = device.learn(event(label), label)

    threads = [threading.Thread(target=learn, args=it, name=it[0]) for it in (("first", 0), ("second", 1))]
    threads[0].start()
    line.sent.wait(5)
    threads[1].start()
    for thread in threads:
        thread.join(30)
    assert (Counts.learns, device.info().clock) == (2, 2)
    assert {name: (it.event, it.neurons) for name, it in results.items()} == {"first": (0, 1), "second": (1, 2)}


def test_requests_of_two_threads_are_executed_once_each():
    class Counts(Counting):
        learns = 0

    class Delayed(Line):
        """A line whose replies take a moment, so that threads meet."""

        def read(self, timeout):
            time.sleep(0.0005)
            return super().read(timeout)

    config = dict(features=4, classes=2, events=40, layers=1)
    device = Device(Delayed(SimpleNamespace(Network=Counts, cost=network.cost)), timeout=0.2)
    device.configure(**config)
    ids, states, faults = [], [], []

    def learn(label):
        try:
            for i in range(20):
                x = np.array([9000 * label, 100 * i, -70 * i, i], np.int16)
                ids.append(device.learn(x, label).event)
        except Exception as error:
            faults.append(error)

    def export():
        try:
            states.extend(device.export() for _ in range(10))
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=learn, args=(label,)) for label in (0, 1)] + [threading.Thread(target=export)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (faults, Counts.learns, len(ids), device.info().clock) == ([], 40, 40, 40)
    for state in states:
        network.Network(**config).load(state)


def test_a_port_that_goes_away_in_the_middle_is_a_transport_error():
    master, slave = os.openpty()
    tty.setraw(slave)
    session = dlm_session.Session(BOARD_MODULE)

    def serve():
        while True:
            chunk = os.read(master, 4096)
            if any(it.opcode == spec.OPCODE_LEARN for it in frame.Decoder().feed(chunk)):
                os.close(slave)
                os.close(master)
                return
            for reply in replies_of(session, chunk):
                os.write(master, reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    device = Device(os.ttyname(slave))
    device.configure(**CONFIG)
    for executed in (None, False):
        with pytest.raises(TransportError, match="learn: /dev/pts/") as error:
            device.learn(event(0), 0)
        assert error.value.executed is executed
    thread.join(5)
    device.close()


def test_use_after_close_says_so():
    device = started(Line())
    device.close()
    for call in (device.digest, lambda: device.learn(event(1), 1), device.exit, device.export):
        with pytest.raises(TransportError, match="this Device is closed") as error:
            call()
        assert error.value.executed is False
    device.close()


@pytest.mark.parametrize("kind", [OSError, TypeError, ValueError, AttributeError])
def test_a_line_that_breaks_in_a_request_is_a_transport_error(monkeypatch, kind):
    """pyserial raises one or the other, by system and by the moment at which the cable is pulled."""

    class Port:
        in_waiting = 0

        def __init__(self):
            self.line, self.broken = Line(), False

        def write(self, data):
            self.line.write(data)

        def read(self, size):
            if self.broken:
                raise kind("device disconnected")
            return self.line.read(0)

        def close(self):
            if self.broken:
                raise kind("device disconnected")

    port = Port()
    monkeypatch.setattr(transport.serial, "serial_for_url", lambda *_, **__: port)
    device = Device("/dev/a-port")
    device.configure(**CONFIG)
    port.broken = True
    with pytest.raises(TransportError, match="learn: /dev/a-port: device disconnected; it was sent once") as error:
        device.learn(event(0), 0)
    assert error.value.executed is None
    device.close()


@pytest.mark.parametrize(("times", "broken"), [(1, False), (2, True)], ids=["flushed", "gone"])
def test_what_was_flushed_at_the_other_end_is_no_broken_line(monkeypatch, times, broken):
    """select says that bytes are there, and they are not: pyserial takes a terminal that was flushed for a cable pulled."""

    class Port:
        in_waiting, faults = 0, 0

        def read(self, size):
            if self.faults:
                self.faults -= 1
                raise serial.SerialException("device reports readiness to read but returned no data")
            return b"there"

    port = Port()
    monkeypatch.setattr(transport.serial, "serial_for_url", lambda *_, **__: port)
    line = transport.Transport("/dev/a-port")
    port.faults = times
    if broken:
        with pytest.raises(TransportError, match="/dev/a-port: device reports readiness"):
            line.read(1)
    assert line.read(1) == b"there"
