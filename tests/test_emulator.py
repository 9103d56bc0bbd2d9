# SPDX-License-Identifier: MIT
"""emulator.py: what an emulated board counts, and the files put on it."""

import pytest
from mpremote.transport_serial import SerialTransport

from deeplomath import emulator
from deeplomath.errors import TransportError

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
print([ticks(n) for n in (1000, 2000, 101000)])
"""
TIERS = {
    "f405": "stm32f405_qemu",
    "m0": "microbit_qemu",
    "m3": "mps2_an385_qemu",
    "m4": "mps2_an386_qemu",
    "m7": "mps2_an500_qemu",
}
each_board = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=getattr(pytest.mark, tier)) for tier, name in TIERS.items()]
)


def running(board):
    if not all(file.is_file() for file in board.needs):
        pytest.skip(f"{board.image} is not built: make firmware BOARD={board.toml['name']}")
    return board


def in_raw_repl(board, code):
    line = SerialTransport(board.port)
    try:
        line.enter_raw_repl(soft_reset=False)
        return line.exec(code).decode()
    finally:
        line.exit_raw_repl()
        line.close()


@each_board
def test_a_tick_with_icount_is_a_known_share_of_an_instruction(name, tmp_path):
    (tmp_path / "counted.py").write_text(COUNTED_LOOP)
    with running(emulator.Emulator(name, icount=True)) as board:
        board.put({"/counted.py": tmp_path / "counted.py"})
        short, longer, long = eval(in_raw_repl(board, "import counted"))
    scale = board.toml["run"]["ticks_per_instruction"]
    a_thousand, many = round((longer - short) / scale), round((long - short) / scale)
    assert a_thousand % 1000 == 0 < a_thousand and many == 100 * a_thousand


@each_board
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


@each_board
def test_a_file_put_on_a_board_is_there_after_a_soft_reset(name, tmp_path):
    content = bytes(range(256)) * 100
    (tmp_path / "file").write_bytes(content)
    with running(emulator.Emulator(name)) as board:
        board.put({"/file": tmp_path / "file"})
        line = SerialTransport(board.port)
        line.enter_raw_repl(soft_reset=True)
        assert line.fs_readfile("/file") == content
        line.close()
