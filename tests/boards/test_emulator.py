# SPDX-License-Identifier: MIT
"""emulator.py: what an emulated board counts, the files put on it, its line, and that it reaches nothing of this machine."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import serial
from mpremote.transport_serial import SerialTransport

import deeplomath
from deeplomath import Device
from deeplomath.errors import TransportError
from deeplomath.link import emulator

COUNTED_LOOP = """
import time
@micropython.viper
def loop(n: int) -> int:
    total = 0
    while n:
        n -= 1
        total += n
    return total
def ticks(n):
    start = time.ticks_cpu()
    loop(n)
    return time.ticks_cpu() - start
ticks(1)
print([min([ticks(n) for _ in range(4)]) for n in (1000, 2000, 101000)])  # some take memory, too
"""
TIERS = {toml["test"]["tier"]: name for name, toml in emulator.boards().items() if "test" in toml}
QEMU = {tier: name for tier, name in TIERS.items() if "machine" in emulator.boards()[name]["run"]}


def on_boards(tiers):
    return pytest.mark.parametrize(
        "name", [pytest.param(name, marks=getattr(pytest.mark, tier)) for tier, name in tiers.items()]
    )


each_board_of_qemu = on_boards(QEMU)
each_board = on_boards(TIERS)


def running(board):
    if not all(file.is_file() for file in board.needs):
        pytest.skip(f"{board.image} is not built: make firmware BOARD={board.toml['name']}")
    return board


def in_raw_repl(board, code):
    line = SerialTransport(board.port, timeout=10)
    try:
        line.enter_raw_repl(soft_reset=False)
        return line.exec(code).decode()
    finally:
        line.exit_raw_repl()
        line.serial.close()


def test_a_board_that_there_is_not_is_refused_with_those_there_are():
    with pytest.raises(TransportError, match="board: nope given, one of microbit_qemu, .*stm32f405_qemu, .* needed"):
        emulator.Emulator("nope")
    run = [sys.executable, emulator.ROOT / "boards" / "run.py", "nope"]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "microbit_qemu" in done.stderr and "Traceback" not in done.stderr


@each_board_of_qemu
def test_a_tick_with_icount_is_a_known_share_of_an_instruction(name, tmp_path):
    (tmp_path / "counted.py").write_text(COUNTED_LOOP)
    with running(emulator.Emulator(name, icount=True)) as board:
        board.put({"/counted.py": tmp_path / "counted.py"})
        short, longer, long = eval(in_raw_repl(board, "import counted"))
    scale = board.toml["run"]["ticks_per_instruction"]
    a_thousand, many = round((longer - short) / scale), round((long - short) / scale)
    assert a_thousand % 1000 == 0 < a_thousand and many == 100 * a_thousand


@each_board_of_qemu
def test_a_board_takes_input_as_soon_as_it_is_started(name):
    with running(emulator.Emulator(name)) as board:
        assert in_raw_repl(board, "print(6 * 7)") == "42\r\n"


@pytest.mark.m0
def test_an_emulator_that_ends_at_once_is_told_from_a_silent_board(tmp_path, monkeypatch):
    (tmp_path / "empty.elf").touch()
    board = running(emulator.Emulator("microbit_qemu", elf=tmp_path / "empty.elf"))
    with pytest.raises(TransportError, match="empty.elf: the emulator ended"), board:
        pass
    monkeypatch.setattr(emulator, "START_SECONDS", 0.5)
    monkeypatch.setattr(emulator, "PROMPT", b"never")
    with pytest.raises(TransportError, match="no prompt of the board after 0.5 s"), emulator.Emulator("microbit_qemu"):
        pass


@each_board_of_qemu
def test_a_file_put_on_a_board_is_there_after_a_soft_reset(name, tmp_path):
    content = bytes(range(256)) * 100
    (tmp_path / "file").write_bytes(content)
    with running(emulator.Emulator(name)) as board:
        board.put({"/file": tmp_path / "file"})
        line = SerialTransport(board.port, timeout=10)
        line.enter_raw_repl(soft_reset=True)
        assert line.fs_readfile("/file") == content
        line.serial.close()


@each_board_of_qemu
def test_a_file_survives_the_reset_of_a_board(name):
    with running(emulator.Emulator(name)) as board:
        in_raw_repl(board, "with open('/kept', 'w') as file: file.write('x' * 5000)")
        with serial.Serial(board.port, timeout=20, exclusive=True) as line:
            line.write(b"import machine; machine.reset()\r")
            line.read_until(b"machine.reset()")
            assert b"MicroPython" in line.read_until(emulator.PROMPT)
        assert in_raw_repl(board, "print(len(open('/kept').read()))") == "5000\r\n"


# The line

ECHO = """
import sys, micropython
micropython.kbd_intr(-1)
left = {size}
buffer = bytearray(64)
while left:
    n = sys.stdin.buffer.readinto(memoryview(buffer)[:min(64, left)])
    sys.stdout.buffer.write(memoryview(buffer)[:n])
    left -= n
"""


def listening(process):
    """Addresses on which a process, or a child of it, listens for TCP."""
    inodes = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if process in (int(folder.name), parent):
                inodes |= {os.readlink(fd) for fd in (folder / "fd").iterdir()}
        except OSError:  # it has ended, or is another user's
            continue
    rows = [row.split() for file in ("tcp", "tcp6") for row in Path("/proc/net", file).read_text().splitlines()[1:]]
    return [row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in inodes]


@each_board
def test_a_boards_line_is_a_terminal_of_this_user_and_no_port_of_the_network(name):
    with running(emulator.Emulator(name)) as board:
        assert listening(board.process.pid) == []
        state = os.stat(board.port)
        assert (state.st_uid, state.st_mode & 0o777) == (os.getuid(), 0o600)


def echoed(line, data):
    """What comes back of data; a thread's worth of it is under way at any time."""
    back = bytearray()
    for start in range(0, len(data), 2048):
        line.write(data[start : start + 2048])
        back += line.read(len(data[start : start + 2048]))
    return bytes(back)


@each_board
def test_every_byte_passes_the_line_both_ways_in_frames_of_2_kb(name):
    data = bytes(range(256)) * 64
    with running(emulator.Emulator(name)) as board:
        transport = SerialTransport(board.port, timeout=10)
        transport.enter_raw_repl(soft_reset=False)
        transport.exec_raw_no_follow(ECHO.format(size=len(data)))
        transport.serial.timeout = 60
        assert echoed(transport.serial, data) == data
        transport.serial.close()


@each_board
def test_a_line_has_one_client_at_a_time_and_can_be_opened_again(name):
    with running(emulator.Emulator(name)) as board:
        for _ in range(3):
            with Device(board.port) as device:
                with pytest.raises(TransportError, match="lock"):
                    Device(board.port)
                assert device.hello.board
        device = Device(board.port, start=False)
        device.configure(features=160, classes=2, events=16)
        for i in range(16):
            device.learn(np.full(160, 100 * i, np.int16), i % 2)
        assert len(device.export()) > 4096  # the buffer of a terminal
        device.close()


@each_board
def test_a_client_that_does_not_read_costs_nobody_the_board(name):
    with running(emulator.Emulator(name)) as board:
        with serial.Serial(board.port, timeout=1, write_timeout=10, exclusive=True) as line:
            line.write(b"for i in range(5000): print('x' * 60)\r")
            time.sleep(0.5)
        with serial.Serial(board.port, timeout=1, write_timeout=10, exclusive=True) as line:
            line.write(b"\x03\x03\r")
            while line.read(4096):
                pass
        assert in_raw_repl(board, "print(6 * 7)") == "42\r\n"


# What a guest may ask of the host, by semihosting: to write a file, to run a command. `bkpt 0xab` is the call.

CALL = """
import uctypes
@micropython.asm_thumb
def call(r0, r1):
    data(2, 0xbeab)
def block(*words):
    return uctypes.addressof(bytearray(b''.join(word.to_bytes(4, 'little') for word in words)))
name = bytearray({argument!r})
at = uctypes.addressof(name)
handle = call({operation}, block(at, {rest}))
"""
ASKED = {
    "SYS_OPEN": lambda file: dict(operation=1, argument=os.fsencode(file) + b"\0", rest=f"4, {len(str(file))}"),
    "SYS_SYSTEM": lambda file: dict(operation=0x12, argument=f"touch {file}\0".encode(), rest=f"{len(str(file)) + 6}"),
}


@pytest.mark.parametrize("asked", ASKED)
@on_boards({"f405": "stm32f405_qemu", "m3": "mps2_an385_qemu"})
def test_a_program_on_a_board_cannot_reach_this_machine(name, asked, tmp_path):
    file = tmp_path / "reached"
    with running(emulator.Emulator(name)) as board:
        with serial.Serial(board.port, timeout=20, exclusive=True) as line:
            line.write(b"\x01" + CALL.format(**ASKED[asked](file)).encode() + b"\x04")
            said = line.read_until(b"exception caught", size=10000)
        assert not file.exists()
    assert b"HardFault exception caught" in said


@pytest.mark.unix
def test_exit_leaves_the_repl_of_the_unix_port_and_its_network():
    board = emulator.UnixBoard(repl=True)
    if not board.image.is_file():
        pytest.skip(f"{board.image} is not built: make test-unix")
    with board:
        with deeplomath.Device(board.port) as device:
            device.configure(features=2, classes=2, events=4)
            device.learn([1, 2], 0)
            device.exit()
        with deeplomath.Device(board.port) as device:
            assert device.started and device.info().neurons == 1
