# SPDX-License-Identifier: MIT
"""The power is cut behind every byte that a save writes, on littlefs and FAT: the old state is there, or the new one."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from deeplomath.link import emulator

SCRIPT = Path(__file__).parents[1] / "on_board" / "power_cut.py"
LINE = re.compile(r"save (\d+) steps (\d+) bytes (\d+) blocks (\d+) tables (\d+) old (\d+) new (\d+)")
NOISE = "OSError: "  # what MicroPython says where it closes the files of a dead disk


@pytest.mark.unix
@pytest.mark.parametrize("filesystem", ["littlefs", "fat"])
def test_a_cut_behind_any_byte_leaves_the_old_or_the_new_state(filesystem):
    board = emulator.UnixBoard()
    if not board.image.is_file():
        pytest.skip(f"{board.image} is not built: make test-unix")
    environment = dict(os.environ, MICROPYPATH=f"{emulator.DEVICE}:.frozen")
    command = [str(board.image), str(SCRIPT), filesystem]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=1800)
    told = [line for line in done.stdout.splitlines() if not line.startswith(NOISE)]
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert [line for line in told if not LINE.fullmatch(line)] == []
    saves = [tuple(map(int, LINE.fullmatch(line).groups())) for line in told]
    assert [it[0] for it in saves] == [1, 2, 3, 4, 5]
    for number, steps, written, _, tables, old, new in saves:
        assert old + new == steps + 1 and steps >= written > 1000 and old > 100 and new > 2, number
        if filesystem == "fat":  # a slot that is made writes the table, one that is there does not
            assert (tables > 0) == (number in (1, 2, 5))
