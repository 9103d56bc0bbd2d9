# SPDX-License-Identifier: MIT
"""The loop on the board: it reads what comes, answers, and gives the line back as it found it."""

import io
import socket
import struct
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from deeplomath import Device, spec
from deeplomath.link import emulator, frame, layout
from implementations import MIRROR
from walks import walk
from wire import BOARD_MODULE, dlm_line, dlm_main, dlm_session


class Uart(io.BytesIO):
    """A stream that, like a UART's, has nothing to give every other time, and says how much is there."""

    asked = 0

    def any(self):
        return min(100, len(self.getvalue()) - self.tell())

    def readinto(self, buffer):
        self.asked += 1
        if self.asked % 2 == 0:
            return None
        assert len(buffer) == max(1, self.any())
        return super().readinto(buffer)


class Vcp(Uart):
    """A stream that, like pyb.USB_VCP, only says whether something is there."""

    def any(self):
        return True

    def readinto(self, buffer):
        return io.BytesIO.readinto(self, buffer)


@pytest.fixture
def interrupt_keys(monkeypatch):
    keys = []
    monkeypatch.setattr(dlm_main, "kbd_intr", keys.append)
    return keys


@pytest.fixture
def repl(monkeypatch):
    """Makes a stream the REPL's input; returns a function that serves it, and gives what was answered."""

    def serve(reader):
        writer = io.BytesIO()
        streams = {name: SimpleNamespace(buffer=it) for name, it in (("stdin", reader), ("stdout", writer))}
        monkeypatch.setattr(dlm_main, "sys", SimpleNamespace(**streams))
        dlm_main.serve(module=BOARD_MODULE)
        return answers(writer)

    return serve


def answers(writer):
    return [(it.opcode & 127, it.sequence, it.payload[0]) for it in frame.Decoder().feed(writer.getvalue())]


def served(reader, writer=None):
    writer = writer or io.BytesIO()
    dlm_main.serve(reader, writer, BOARD_MODULE)
    return answers(writer)


HELLOS = b"".join(frame.encode(spec.OPCODE_HELLO, sequence) for sequence in range(40))
ANSWERED = [(spec.OPCODE_HELLO, sequence, 0) for sequence in range(40)]


@pytest.mark.parametrize("stream", [io.BytesIO, Uart, Vcp])
def test_every_request_of_a_stream_is_answered_and_the_interrupt_key_left_alone(stream, interrupt_keys):
    assert (served(stream(b"\x03\x03 noise" + HELLOS)), interrupt_keys) == (ANSWERED, [])


def test_every_request_of_the_repl_is_answered_and_the_interrupt_key_off_meanwhile(repl, interrupt_keys):
    assert (repl(io.BytesIO(b"\x03\x03 noise" + HELLOS)), interrupt_keys) == (ANSWERED, [-1, 3])


def test_nothing_behind_an_exit_is_read_of_the_repl(repl, interrupt_keys):
    reader = io.BytesIO(frame.encode(spec.OPCODE_EXIT, 5) + b"print(1)\r\n")
    assert repl(reader) == [(spec.OPCODE_EXIT, 5, 0)]
    assert (reader.read(), interrupt_keys) == (b"print(1)\r\n", [-1, 3])


def test_the_network_outlives_an_exit_until_it_is_forgotten():
    dlm_main.forget()
    dlm_main.serve(
        io.BytesIO(HELLO + CONFIGURE + LEARN + frame.encode(spec.OPCODE_EXIT, 3)), io.BytesIO(), BOARD_MODULE
    )
    assert served(io.BytesIO(HELLO + INFO))[1:] == [(spec.OPCODE_INFO, 3, 0)]
    dlm_main.forget()
    assert served(io.BytesIO(HELLO + INFO))[1:] == [(spec.OPCODE_INFO, 3, 256 + spec.ERROR_UNCONFIGURED)]


def test_another_module_is_served_with_a_network_of_its_own():
    dlm_main.serve(io.BytesIO(HELLO + CONFIGURE), io.BytesIO(), BOARD_MODULE)
    writer = io.BytesIO()
    dlm_main.serve(io.BytesIO(HELLO + INFO), writer, SimpleNamespace())
    assert answers(writer)[1:] == [(spec.OPCODE_INFO, 3, 256 + spec.ERROR_UNCONFIGURED)]


def test_want_of_memory_loses_one_request(monkeypatch, repl, interrupt_keys):
    receive = dlm_session.Session.receive
    calls = iter(range(100))

    def scarce(self, chunk, size):
        if next(calls) == 3:
            raise MemoryError
        return receive(self, chunk, size)

    monkeypatch.setattr(dlm_session.Session, "receive", scarce)
    assert len(repl(io.BytesIO(HELLOS))) == 39
    assert interrupt_keys == [-1, 3]


def test_the_interrupt_key_comes_back_whatever_happens(repl, interrupt_keys):
    with pytest.raises(AttributeError):
        repl(object())
    assert interrupt_keys == [-1, 3]


class Narrow(io.BytesIO):
    """A stream that takes 7 bytes at a time, and nothing every other time, unless it is `full` already."""

    asked = 0
    full = 1 << 30

    def write(self, data):
        self.asked += 1
        room = min(7, self.full - self.tell())
        return super().write(data[:room]) if self.asked % 2 and room else None


def test_a_reply_is_sent_in_as_many_parts_as_the_line_takes():
    wide, narrow = io.BytesIO(), Narrow()
    assert served(io.BytesIO(HELLOS), wide) == served(io.BytesIO(HELLOS), narrow) == ANSWERED
    assert wide.getvalue() == narrow.getvalue()


def test_a_reply_that_nobody_takes_is_given_up(monkeypatch):
    monkeypatch.setattr(dlm_line, "PATIENCE", 5)
    stuck = Narrow()
    stuck.full = 100
    assert served(io.BytesIO(HELLOS), stuck) == ANSWERED[:1]


class Hesitant(io.BytesIO):
    """A stream that, like a UART's, has nothing to give a thousand times ahead of its last request."""

    nothing = 1000

    def readinto(self, buffer):
        left = len(self.getvalue()) - self.tell()
        if self.nothing and left == len(INFO):
            self.nothing -= 1
            return None
        return super().readinto(buffer[: left - len(INFO)] if left > len(INFO) else buffer)


HELLO = frame.encode(spec.OPCODE_HELLO, 0)
INFO = frame.encode(spec.OPCODE_INFO, 3)
CONFIGURE = frame.encode(spec.OPCODE_CONFIGURE, 1, struct.pack("<HBHBHBB", 3, 2, 4, 4, 50, 0, 1))
LEARN = frame.encode(spec.OPCODE_LEARN, 2, struct.pack("<hHhhh", 1, 1, 100, -200, 300))


@pytest.mark.parametrize("stream, building", [(io.BytesIO, True), (Hesitant, False)])
def test_a_rebuild_goes_on_while_nothing_comes(stream, building, interrupt_keys):
    writer = io.BytesIO()
    dlm_main.serve(stream(HELLO + CONFIGURE + LEARN + INFO), writer, BOARD_MODULE)
    learned, info = list(frame.Decoder().feed(writer.getvalue()))[2:]
    assert layout.REPLIES[spec.OPCODE_LEARN].unpack(learned.payload[1:])["building"]
    got = layout.REPLIES[spec.OPCODE_INFO].unpack(info.payload[1:])
    assert (bool(got["building"]), bool(got["digest"])) == (building, not building)


def opened(monkeypatch, call, modules):
    """The stream that a call of dlm_main serves, where these modules are installed."""
    found = []
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(dlm_main, "serve", lambda port, **_: found.append(port))
    call()
    return found[0]


class Port:
    """A serial port that keeps what it was made with."""

    RTS = 1

    def __init__(self, *arguments, **options):
        self.made = (arguments, options)
        self.set = None

    def init(self, **options):
        self.set = options


LONGEST = 2 + spec.WIRE_FRAME_MAX + spec.WIRE_FRAME_MAX // 254 + 1


def test_a_uart_has_room_for_the_longest_frame_and_does_not_wait(monkeypatch):
    machine = SimpleNamespace(UART=Port)
    port = opened(monkeypatch, lambda: dlm_main.serve_uart(1, 921600, tx=4, rx=5), {"machine": machine})
    assert port.made == ((1, 921600), {"timeout": 0, "rxbuf": LONGEST, "tx": 4, "rx": 5})
    longest = frame.encode(spec.OPCODE_LOAD, 1, b"\1" * (spec.WIRE_FRAME_MAX - 8))
    assert len(longest) == LONGEST


@pytest.mark.parametrize("mode", ["2xVCP", "2xVCP+MSC", "3xVCP"])
def test_the_second_usb_port_of_an_stm32_makes_the_host_wait_when_full(monkeypatch, mode):
    pyb = SimpleNamespace(USB_VCP=Port, usb_mode=lambda: mode)
    port = opened(monkeypatch, dlm_main.serve_vcp, {"pyb": pyb})
    assert (port.made, port.set) == (((1,), {}), {"flow": Port.RTS})


@pytest.mark.parametrize(
    ("mode", "number", "there"), [("VCP+MSC", 1, "none"), ("2xVCP", 2, "1..1"), ("2xVCP", 0, "1..1"), (None, 1, "none")]
)
def test_a_usb_port_that_is_not_free_is_refused(monkeypatch, mode, number, there):
    monkeypatch.setitem(sys.modules, "pyb", SimpleNamespace(USB_VCP=Port, usb_mode=lambda: mode))
    with pytest.raises(ValueError, match=f"USB_VCP: {number} given, {there} free in usb_mode"):
        dlm_main.serve_vcp(number)


def test_a_usb_port_of_its_own_stands_beside_the_repls(monkeypatch):
    begun = []
    device = SimpleNamespace(init=lambda *ports, **options: begun.append((ports, options)))
    usb = SimpleNamespace(device=SimpleNamespace(get=lambda: device))
    modules = {"usb": usb, "usb.device": usb.device, "usb.device.cdc": SimpleNamespace(CDCInterface=Port)}
    port = opened(monkeypatch, dlm_main.serve_cdc, modules)
    assert port.made == ((), {"timeout": 0, "rxbuf": LONGEST, "txbuf": LONGEST})
    assert begun == [((port,), {"builtin_driver": True})]


class Socket:
    """A connected socket with the face of transport.Transport."""

    def __init__(self, connection):
        self.connection = connection

    def read(self, timeout):
        self.connection.settimeout(max(timeout, 0.001))
        try:
            return self.connection.recv(4096)
        except TimeoutError:
            return b""

    def write(self, data):
        self.connection.settimeout(10)
        self.connection.sendall(data)

    def close(self):
        self.connection.close()


@pytest.mark.unix
def test_a_board_has_its_network_again_behind_an_exit():
    board = emulator.UnixBoard(code="import dlm_main\nwhile True: dlm_main.serve()")
    if not board.image.is_file():
        pytest.skip(f"{board.image} is not built: make test-unix")
    with board:
        with Device(board.port) as device:
            device.configure(features=3, classes=2, events=4)
            device.learn(np.array([1, 2, 3], np.int16), 1)
            digest = device.last_digest
            device.exit()
        with Device(board.port) as device:
            assert (device.hello.configured, device.digest()) == (1, digest)
            device.undo()


ON_A_STREAM = """
import dlm_main, socket
line = socket.socket()
line.connect(socket.getaddrinfo("127.0.0.1", {})[0][-1])
line.setblocking(False)
dlm_main.serve(line)
"""


@pytest.mark.unix
def test_micropython_serves_on_a_stream_that_does_not_wait():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        board = emulator.UnixBoard(code=ON_A_STREAM.format(server.getsockname()[1]))
        if not board.image.is_file():
            pytest.skip(f"{board.image} is not built: make test-unix")
        with board, Device(Socket(server.accept()[0])) as device:

            def configured(**config):
                device.configure(**config)
                return device

            walk(4242, [MIRROR, configured], steps=30, most_events=16)
            state = device.export()
            device.load(state)
            assert (device.export(), device.health().dropped) == (state, 0)
            device.exit()
            assert board.process.wait(5) == 0
