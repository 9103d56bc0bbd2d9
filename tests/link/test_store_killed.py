# SPDX-License-Identifier: MIT
"""A board is killed at random moments of its saves, over and over: what it saved last is there, or what it was saving."""

import os
import random
import select
import subprocess
import time
from pathlib import Path

import pytest

from deeplomath import spec
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

    def hear(self, lines):
        """Waits until it has said so many lines."""
        while self.said.count(b"\n") < lines:
            assert select.select([self.process.stdout], [], [], 60)[0], self.said
            more = os.read(self.process.stdout.fileno(), 65536)
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


@pytest.mark.unix
@pytest.mark.parametrize("filesystem", ["littlefs", "fat"])
def test_a_board_that_is_killed_while_it_saves_has_the_old_or_the_new_state(filesystem, tmp_path):
    program = emulator.UnixBoard().image
    if not program.is_file():
        pytest.skip(f"{program} is not built: make test-unix")
    disk, draw = tmp_path / "disk", random.Random(14)
    disk.write_bytes(b"\xff" * SIZE)
    before, allowed, new = "None", {"None"}, ["new"]
    counts = {"old": 0, "new": 0, "between": 0}
    for kill in range(KILLS):
        board = Killed(program, disk, filesystem, *new)
        try:
            board.hear(2 + draw.randrange(12))
            time.sleep(draw.random() * 0.004)
        finally:
            lines = board.kill()
        new = []
        (_, back, sequence, restored), *rest = lines
        assert back in allowed, f"kill {kill}: {back} came back, of {allowed}"
        assert restored == str(spec.RESTORED_NEWEST if back != "None" else spec.RESTORED_EMPTY)
        if kill:
            counts["between" if len(allowed) == 1 else "old" if back == before else "new"] += 1
        saved = [digest for word, digest in rest if word == "saved"]
        before = saved[-1] if saved else back
        allowed = {before, *[digest for word, digest in rest if word == "next"][len(saved) :]}
    assert counts["old"] > KILLS // 10, counts  # they did come in the midst of saves
    print(filesystem, counts)
    final = Killed(program, disk, filesystem)
    final.hear(1)
    (_, back, sequence, _), *_ = final.kill()
    assert back in allowed and int(sequence) > KILLS
