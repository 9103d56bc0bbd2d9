# SPDX-License-Identifier: MIT
"""The loadable module on MicroPython's unix port: what outlives it, and what comes after it."""

import subprocess

import pytest

from deeplomath.link.emulator import native_module
from deeplomath.paths import BUILD

MICROPYTHON = BUILD / "unix_stock" / "micropython"
FORGOTTEN = """
import gc, sys
sys.path[:] = [{folder!r}]
from array import array
import deeplomath

def fill():  # whatever is free is overwritten
    gc.collect()
    return [bytes(bytearray(b"z" * n)) for n in range(16, 400)]

Network, kept = deeplomath.Network, []
net = Network(features=3, classes=2, events=16)
for _ in range(3):
    del sys.modules["deeplomath"], deeplomath
    kept += [fill(), fill()]
    import deeplomath
    for make in (Network, deeplomath.Network):
        print(make(features=3, classes=2, events=16).learn(array("h", [120, -40, 900]), 0))
    try:
        net.infer(array("h", [1, 2]))
    except ValueError as error:
        print(error)
"""
LEARNED = "Learned(event=0, neurons=1, depth=1, error=0, action=0, reason=0, evicted=-1)\n"


@pytest.mark.unix_mpy
def test_networks_work_on_after_their_module_was_forgotten_and_imported_again():
    module = native_module("x64")
    missing = [str(file) for file in (MICROPYTHON, module) if not file.is_file()]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not built, make test-unix_mpy does it")
    code = FORGOTTEN.format(folder=str(module.parent))
    run = subprocess.run([MICROPYTHON, "-c", code], capture_output=True, text=True, timeout=60)
    assert (run.stderr, run.returncode) == ("", 0)
    assert run.stdout == (2 * LEARNED + "('features: 2 given, 3 needed', -2)\n") * 3
