# SPDX-License-Identifier: MIT
"""Images of ports/stm32: what can be proved without ST's HAL, and what is said where it is missing."""

import os
import subprocess
import tomllib

import pytest

from deeplomath.link import emulator
from implementations import ROOT

MICROPYTHON = emulator.BUILD / "micropython-1.25.0"
MPY_CROSS = emulator.BUILD / "mpy-cross/mpy-cross"
TOMLS = {file.parent.name: tomllib.loads(file.read_text()) for file in sorted(ROOT.glob("boards/*/board.toml"))}
BOARDS = [name for name, toml in TOMLS.items() if toml["port"] == "stm32"]


@pytest.mark.f405
@pytest.mark.parametrize("board", BOARDS)
def test_the_module_compiles_and_links_by_the_rules_of_the_port_and_what_is_not_proved_is_said(board):
    for needed in (MICROPYTHON / "ports/stm32/Makefile", MPY_CROSS):
        if not needed.is_file():
            pytest.skip(f"{needed}: not there, make test does it")
    folder = emulator.BUILD / "check" / board
    folder.parent.mkdir(exist_ok=True)
    command = [ROOT / "boards/stm32_common/check.sh", board, MICROPYTHON, folder, MPY_CROSS]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "JOBS": "2"})
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line.startswith(f"SKIP {board}: ") for line in lines] == [False] * 3 + [True] * 3
    assert "every name it needs is there" in lines[1]
    needed = (folder / "needed.txt").read_text().split()
    assert "mp_call_function_n_kw" in needed and not any(name.startswith("dlm_") for name in needed)


@pytest.mark.parametrize("board", BOARDS)
def test_without_the_hal_the_way_to_it_is_said(board, tmp_path):
    arguments = [f"BUILD={tmp_path}", f"BOARD={board}", f"MICROPYTHON_DIR={tmp_path}", "MPY_CROSS="]
    done = subprocess.run(["make", "firmware", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert f"{tmp_path} has no lib/stm32lib, ST's HAL: set MICROPYTHON_DIR to a checkout" in done.stderr
