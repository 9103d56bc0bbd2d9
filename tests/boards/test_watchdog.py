# SPDX-License-Identifier: MIT
"""A board whose loop hangs is reset by its watchdog, and what it saved is there again: QEMU's MPS2 has Arm's CMSDK watchdog."""

import numpy as np
import pytest
import serial

from deeplomath import Device, spec
from deeplomath.errors import TransportError
from deeplomath.link import emulator
from deeplomath.mirror.network import Network
from implementations import ROOT

HANG = ROOT / "tests" / "on_board" / "hang.py"
CONFIG = dict(features=3, classes=2, events=6)


def serve(board):
    with serial.Serial(board.port, timeout=30, exclusive=True) as line:
        line.write(b"import hang; hang.serve()\r")
        line.read_until(b"serve()\r\n")
    return Device(board.port, timeout=20, start=False)


@pytest.mark.m3_mpy
def test_a_loop_that_hangs_is_reset_by_the_watchdog_and_comes_back_with_what_was_saved():
    board = emulator.Emulator("mps2_an385_qemu", stock=True)
    if not all(file.is_file() for file in board.needs):
        pytest.skip(f"{board.image} is not built: make test-m3_mpy")
    mirror = Network(**CONFIG)
    with board:
        board.put({"/lib/hang.py": HANG})
        device = serve(board)
        device.configure(**CONFIG)
        for i in range(4):
            x = np.array([1000 * i, -70 * i, i], np.int16)
            assert device.learn(x, i % 2) == mirror.learn(x, i % 2)
        assert device.save() == 1
        device.timeout, device.attempts = 1, 1
        with pytest.raises(TransportError):
            device.cost(**CONFIG)  # which hangs
        device.close()
        with serial.Serial(board.port, timeout=60, exclusive=True) as line:
            said = line.read_until(emulator.PROMPT)
            assert b"MicroPython" in said and said.endswith(emulator.PROMPT), said
        with serve(board) as device:
            assert (device.hello.restored, device.hello.saved) == (spec.RESTORED_NEWEST, 1)
            assert device.digest() == mirror.digest()
            device.exit()
