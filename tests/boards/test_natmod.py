# SPDX-License-Identifier: MIT
"""The loadable module on MicroPython's unix port: what outlives it, and what comes after it."""

import os
import re
import shutil
import subprocess

import pytest

from deeplomath import FrontEnd, KernelError, spec
from deeplomath.paths import BUILD, MODULES, ROOT, native_modules
from streaming import statistics

MICROPYTHON = BUILD / "unix_stock" / "micropython"
FORGOTTEN = """
import gc, sys
sys.path[:] = [{folder!r}]
from array import array
import deeplomath, deeplomath_signal

def fill():  # whatever is free is overwritten
    gc.collect()
    return [bytes(bytearray(b"z" * n)) for n in range(16, 400)]

Network, FrontEnd, kept = deeplomath.Network, deeplomath_signal.FrontEnd, []
net = Network(features=3, classes=2, events=16)
for _ in range(3):
    del sys.modules["deeplomath"], sys.modules["deeplomath_signal"], deeplomath, deeplomath_signal
    kept += [fill(), fill()]
    import deeplomath, deeplomath_signal
    for make in (Network, deeplomath.Network):
        print(make(features=3, classes=2, events=16).learn(array("h", [120, -40, 900]), 0))
    try:
        net.infer(array("h", [1, 2]))
    except ValueError as error:
        print(error)
    for make in (FrontEnd, deeplomath_signal.FrontEnd):
        front = make({program!r})
        for at, x in front.push(array("h", [0, 1, 4, 1])):
            print(at, x)
        x = bytearray(6)
        print(front.take(array("h", [9, 9, 1, 5, 2, 8, 4]), 1, x), front.at, array("h", x))
        try:
            make(b"DF")
        except ValueError as error:
            print(error)
"""
LEARNED = "Learned(event=0, neurons=1, depth=1, error=0, action=0, reason=0, evicted=-1)\n"


def built_modules():
    """The loadable modules; a test that cannot have them and the unix port is skipped."""
    modules = native_modules("x64")
    missing = [str(file) for file in (MICROPYTHON, *modules) if not file.is_file()]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not built, make test-unix_mpy does it")
    return modules


def run_without(lacking, folder, code):
    """What MicroPython says on stderr, and its status, when it runs this code with all modules but one."""
    for file in built_modules():
        if file.stem != lacking:
            shutil.copy(file, folder)
    environment = dict(os.environ, MICROPYPATH=f"{ROOT / 'firmware' / 'device'}:{folder}")
    run = subprocess.run([MICROPYTHON, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    return run.returncode, (run.stderr.splitlines() or [""])[-1]


@pytest.mark.rv32_mpy
def test_a_module_for_risc_v_takes_no_instruction_that_an_esp32_c3_lacks():
    objects = sorted(BUILD.glob("natmod/rv32imc/objects/*/*.o"))
    if not objects:
        pytest.skip("modules for rv32imc: not built, make test-rv32_mpy does it")
    read = ["riscv64-unknown-elf-readelf", "--arch-specific", *objects]
    said = subprocess.run(read, capture_output=True, check=True, text=True).stdout
    extensions = [set(re.findall(r"[a-z]+(?=\dp\d)", arch)) for arch in re.findall(r'_arch: "rv32(\w+)"', said)]
    assert extensions == len(objects) * [{"i", "m", "c", "zmmul"}]  # zmmul is a part of m


@pytest.mark.unix_mpy
@pytest.mark.parametrize("lacking", MODULES)
def test_a_service_without_one_of_its_modules_names_it(lacking, tmp_path):
    said = run_without(lacking, tmp_path, "import dlm_main")
    assert said == (1, f"ImportError: no module named '{lacking}'")


@pytest.mark.unix_mpy
def test_networks_and_features_work_on_after_their_modules_were_forgotten_and_imported_again():
    program = statistics(1, 4, 4)
    code = FORGOTTEN.format(folder=str(built_modules()[0].parent), program=program)
    run = subprocess.run([MICROPYTHON, "-c", code], capture_output=True, text=True, timeout=60)
    assert (run.stderr, run.returncode) == ("", 0)
    (_, first), (_, second) = FrontEnd(program).push([0, 1, 4, 1, 9, 1, 5, 2])
    made = f"3 array('h', {first.tolist()})\n4 7 array('h', {second.tolist()})\n"
    with pytest.raises(KernelError) as refused:
        FrontEnd(b"DF")
    made += f"({str(refused.value)!r}, {spec.ERROR_PROGRAM})\n"
    assert run.stdout == (2 * LEARNED + "('features: 2 given, 3 needed', -2)\n" + 2 * made) * 3
