# SPDX-License-Identifier: MIT
"""Want of memory: what fails has changed nothing, what changed is answered, and what fits lives its whole life."""

import os
import subprocess
from pathlib import Path

import pytest
from mpremote.transport_serial import SerialTransport

from deeplomath import emulator, spec

SCARCE = Path(__file__).parent / "on_board" / "scarce.py"
LIMIT = 600  # seconds for a script that takes one, where nothing else runs
UNIX_HEAP = "200k"


def missing(board):
    for file in board.needs:
        if not file.is_file():
            pytest.skip(f"{file} is not built: make test-unix, make test-f405")


def run_on_unix(script):
    board = emulator.UnixBoard()
    missing(board)
    command = [str(board.image), "-X", f"heapsize={UNIX_HEAP}", str(script)]
    environment = dict(os.environ, MICROPYPATH=f"{emulator.DEVICE}:.frozen")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT)
    assert done.stderr == ""
    return done.stdout


def run_on_f405(script):
    with emulated() as board:
        line = SerialTransport(board.port)
        try:
            line.enter_raw_repl(soft_reset=False)
            line.exec_raw_no_follow(script.read_bytes())
            output, errors = line.follow(timeout=LIMIT)
        finally:
            line.close()
    assert errors == b""
    return output.decode()


def emulated():
    board = emulator.Emulator("stm32f405_qemu")
    missing(board)
    return board


@pytest.mark.parametrize(
    "run", [pytest.param(run_on_unix, marks=pytest.mark.unix), pytest.param(run_on_f405, marks=pytest.mark.f405)]
)
def test_however_little_memory_is_free_a_request_is_done_and_answered_or_changes_nothing(run):
    *faults, count = run(SCARCE).splitlines()
    assert faults == []
    assert all(word in count for word in (" 0: ", f"{256 + spec.ERROR_MEMORY}: ", "None: ")), count
