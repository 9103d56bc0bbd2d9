# SPDX-License-Identifier: MIT
"""A board is killed at random moments of its saves, over and over: what it saved last is there, or what it was saving."""

import os
import random
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest
from mpremote.transport_serial import SerialTransport

from deeplomath import spec
from deeplomath.errors import TransportError
from deeplomath.link import emulator

SCRIPT = Path(__file__).parents[1] / "on_board" / "keep_saving.py"
KILLS = 200
SIZE = 512 * 96  # of the disk


class Killed:
    """A board on a disk that is a file; what it said since it got power, line by line."""

    def __init__(self, program, disk, filesystem, *new):
        environment = dict(os.environ, MICROPYPATH=f"{emulator.DEVICE}:.frozen")
        command = [program, SCRIPT, disk, filesystem, *new]
        self.process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, env=environment)
        self.said = b""

    def read(self):
        """What it says next, bytes; none where that is nothing for a minute."""
        ready = select.select([self.process.stdout], [], [], 60)[0]
        return os.read(self.process.stdout.fileno(), 65536) if ready else b""

    def hear(self, lines):
        """Waits until it has said so many lines."""
        while self.said.count(b"\n") < lines:
            more = self.read()
            assert more, self.said
            self.said += more

    def kill(self):
        """Kills it; returns what it had said: (word, digest and more) of each line that is whole."""
        self.process.kill()
        self.said += self.process.stdout.read()
        self.process.wait()
        self.process.stdout.close()
        lines = self.said.decode().split("\n")[:-1]
        return [line.split() for line in lines]


class KilledEmulator(Killed):
    """The same under QEMU, whose flash disk is a file."""

    def __init__(self, board):
        self.board = board
        board.start()
        self.line = SerialTransport(board.port, timeout=60)
        self.line.enter_raw_repl(soft_reset=False)
        self.line.exec_raw_no_follow(SCRIPT.read_bytes())
        self.line.serial.timeout = 60
        self.said = b""

    def read(self):
        return self.line.serial.read(max(1, self.line.serial.in_waiting))

    def kill(self):
        self.board.process.send_signal(signal.SIGSTOP)  # the line ends with the emulator, so it is read ahead of that
        self.line.serial.timeout = 0.05
        while more := self.line.serial.read(4096):
            self.said += more
        self.board.process.kill()
        self.board.process.wait()
        self.line.serial.close()
        self.board.stop()
        return [line.split() for line in self.said.decode().replace("\r", "").split("\n")[:-1]]


def kill_over_and_over(kills, start, wait):
    """Kills the board that start(number of the kill) gives power, each time wait(a draw) seconds behind some line.

    Returns how many kills left the old state where another was being saved, the new one, and how many came between saves.
    """
    draw, before, allowed = random.Random(14), "None", {"None"}
    counts = {"old": 0, "new": 0, "between": 0}
    for kill in range(kills + 1):
        board = start(kill)
        try:
            board.hear(2 + draw.randrange(12))
            time.sleep(wait(draw.random()))
        finally:
            lines = board.kill()
        (_, back, _, restored), *rest = lines
        assert back in allowed, f"kill {kill}: {back} came back, of {allowed}"
        assert restored == str(spec.RESTORED_NEWEST if back != "None" else spec.RESTORED_EMPTY)
        if kill:
            counts["between" if len(allowed) == 1 else "old" if back == before else "new"] += 1
        saved = [digest for word, digest in rest if word == "saved"]
        before = saved[-1] if saved else back
        allowed = {before, *[digest for word, digest in rest if word == "next"][len(saved) :]}
    assert counts["old"] > kills // 10, counts  # they did come in the midst of saves
    return counts


@pytest.mark.unix
@pytest.mark.parametrize("filesystem", ["littlefs", "fat"])
def test_a_board_that_is_killed_while_it_saves_has_the_old_or_the_new_state(filesystem, tmp_path):
    program = emulator.UnixBoard().image
    if not program.is_file():
        pytest.skip(f"{program} is not built: make test-unix")
    disk = tmp_path / "disk"
    disk.write_bytes(b"\xff" * SIZE)
    counts = kill_over_and_over(
        KILLS, lambda kill: Killed(program, disk, filesystem, *([] if kill else ["new"])), lambda draw: 0.004 * draw
    )
    print(filesystem, counts)


@pytest.mark.m4
def test_an_emulator_that_is_killed_while_its_board_saves_has_the_old_or_the_new_state(tmp_path):
    board = emulator.Emulator("mps2_an386_qemu", disk=tmp_path / "disk")
    if not board.image.is_file():
        pytest.skip(f"{board.image} is not built: make test-m4")
    kills = int(os.environ.get("DEEPLOMATH_KILLS", 20))
    print("QEMU", kill_over_and_over(kills, lambda kill: KilledEmulator(board), lambda draw: 0.02 * draw))


def test_a_board_whose_disk_cannot_be_a_file_says_so():
    with pytest.raises(TransportError, match="stm32f405_qemu keeps none in a file"):
        emulator.Emulator("stm32f405_qemu", disk="disk")
