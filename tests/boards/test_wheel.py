# SPDX-License-Identifier: MIT
"""The wheel as people have it: in an environment of its own, without a checkout and without a compiler on PATH."""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deeplomath.errors import DeeplomathError
from deeplomath.link import emulator
from deeplomath.paths import BUILD, ROOT

sys.path.insert(0, str(ROOT / "boards"))
import wheel as packing  # noqa: E402

MICROPYTHON = Path(os.environ.get("MICROPYTHON_DIR") or BUILD / "micropython-1.25.0")
MOST_BYTES = 6_000_000
IMPORTED = re.compile(r"import time: +(\d+) \| +(\d+) \| +(\S+)")
STUBS = "from deeplomath import paths; print(*sorted(it.name for it in (paths.ONBOARD / 'stubs').iterdir()))"
BOARDS = "from deeplomath.link import emulator; print(*emulator.boards())"
TEACH = """
import sys, numpy as np, deeplomath
with deeplomath.Device(sys.argv[1]) as device:
    device.configure(features=3, classes=2, events=16)
    for i in range(6):
        device.learn(np.array([900 * (i % 2), i, -i], np.int16), i % 2)
    answer = device.infer(np.array([890, 2, -2], np.int16))
    print(answer.label, answer.verdict.name, f"{device.digest():08x}")
    device.exit()
"""

RESET = """
import sys, serial
with serial.Serial(sys.argv[1], timeout=5, exclusive=True) as line:
    line.write(b"\\r\\x02\\r")  # out of the raw REPL, where it is in that
    if line.read_until(b">>> ").endswith(b">>> "):  # else it serves
        line.write(b"import machine; machine.reset()\\r")
        line.read_until(b"machine.reset()\\r\\n")
        if line.read_until(b">>> ").endswith(b">>> "):  # MicroPython's port for QEMU runs no main.py by itself
            line.write(b"import dlm_main, dlm_store; print('read' + 'y'); import main\\r")
            line.timeout = 60  # an emulated drive is slow
            line.read_until(b"ready\\r\\n")
"""
BACK = """
import sys, deeplomath
with deeplomath.Device(sys.argv[1], start=False, timeout=20) as device:
    print("restored" if device.hello.restored == deeplomath.spec.RESTORED_NEWEST else "empty", f"{device.digest():08x}")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, made of what is built here."""
    try:
        return packing.build(tmp_path_factory.mktemp("wheel"), MICROPYTHON)
    except DeeplomathError as error:
        pytest.skip(f"{error}: not built, make wheel does it")


def in_environment(folder, *command, **options):
    """A command of the environment in a folder, which is all that PATH has; its process, ended well."""
    environment = {"PATH": str(folder / "bin"), "HOME": str(folder), "LANG": "C.UTF-8"}
    run = [folder / "bin" / command[0], *map(str, command[1:])]
    done = subprocess.run(run, env=environment, cwd=folder, capture_output=True, text=True, timeout=600, **options)
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done


def pins(path):
    """A file of the versions that requirements.txt pins, as pip takes it for constraints; the path."""
    found = re.findall(r"^[\w.-]+==\S+(?: ;[^\\]*)?", (ROOT / "host/requirements.txt").read_text(), re.MULTILINE)
    path.write_text("\n".join(found) + "\n")
    return path


def installed(folder, wheel, extra):
    """A new environment in a folder with the wheel and its extra, each package of the version that requirements.txt pins."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", folder / "bin" / "python"]
    pip += ["install", "--no-compile"]  # what is not imported need not be
    done = subprocess.run(
        [*pip, "-q", "-c", pins(folder / "pins.txt"), f"{wheel}{extra}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory, wheel):
    """An environment with the extra of boards, in a folder whose name has a space and an umlaut."""
    return installed(tmp_path_factory.mktemp("a user's földer"), wheel, "[board]")


def test_the_same_sources_give_the_same_bytes(wheel, tmp_path):
    again = packing.build(tmp_path / "again", MICROPYTHON)
    first, second = (hashlib.sha256(path.read_bytes()).hexdigest() for path in (wheel, again))
    assert first == second and wheel.stat().st_size < MOST_BYTES and again.name == wheel.name


def test_the_core_alone_is_imported_and_its_commands_say_what_they_lack(wheel, tmp_path_factory):
    core = installed(tmp_path_factory.mktemp("core"), wheel, "")
    done = in_environment(
        core, "python", "-X", "importtime", "-c", "import deeplomath; print(deeplomath.Network, deeplomath)"
    )
    assert str(core) in done.stdout
    spent = [(int(alone), int(total), name) for alone, total, name in IMPORTED.findall(done.stderr)]
    numpy = next(total for _, total, name in spent if name == "numpy")
    ours = sum(alone for alone, _, name in spent if name.startswith("deeplomath"))
    print(f"import deeplomath: {(numpy + ours) / numpy:.2f} times import numpy")
    missing = subprocess.run([core / "bin" / "deeplomath", "ports"], capture_output=True, text=True)
    assert missing.returncode == 2 and "`pip install" in missing.stderr and "Traceback" not in missing.stderr


def test_the_commands_say_what_they_are_and_what_is_here(environment):
    assert "for boards       modules for armv6m" in in_environment(environment, "deeplomath", "doctor").stdout
    said = in_environment(environment, "deeplomath", "flash", "rpi_pico", "--dry-run").stdout
    image = re.search(r"(?s)cp '?(.*?firmware\.uf2)", said)[1].replace("\n", "")
    assert Path(image).is_file() and str(environment) in image
    in_environment(environment, "deeplomath", "models", "--json")
    in_environment(environment, "deeplomath", "model", "new", "motion")
    assert "stm32f405_qemu" in in_environment(environment, "python", "-c", BOARDS).stdout
    stubs = in_environment(environment, "python", "-c", STUBS).stdout.split()
    assert stubs == ["deeplomath.pyi", "deeplomath_signal.pyi"]
    missing = subprocess.run(
        [environment / "bin" / "deeplomath", "info", "emulator"],
        env={"PATH": str(environment / "bin"), "HOME": str(environment)},
        capture_output=True,
        text=True,
    )
    assert (
        missing.returncode == 2 and "`apt-get install qemu-system-arm`, on macOS `brew install qemu`" in missing.stderr
    )


def test_mip_finds_each_file_in_the_wheel(environment):
    listed = json.loads(in_environment(environment, "deeplomath", "mip", "--all", "--json").stdout)
    assert {"armv6m", "armv7emsp"} <= {it["architecture"] for it in listed}
    for it in listed:
        package = Path(it["command"][-1])
        urls = json.loads(package.read_text())["urls"]
        assert {"deeplomath.mpy", "dlm_main.mpy"} <= {name for name, _ in urls} and str(environment) in str(package)
        assert all((package.parent / url).is_file() for _, url in urls)


STOCK = {"rp2040_mpy": "rpi_pico", "f405_mpy": "stm32f405_qemu"}


@pytest.mark.device
@pytest.mark.parametrize("tier", [pytest.param(tier, marks=getattr(pytest.mark, tier)) for tier in STOCK])
def test_from_nothing_to_a_recognised_event_that_outlives_a_reset_of_a_stock_board(environment, tier):
    stock = emulator.Emulator(STOCK[tier], stock=True, files=False)
    if missing := [str(file) for file in stock.needs if not file.is_file()]:
        pytest.skip(f"{', '.join(missing)}: not built, make test-{tier} does it")
    (environment / "teach.py").write_text(TEACH)
    (environment / "reset.py").write_text(RESET)
    (environment / "back.py").write_text(BACK)
    with stock as board:
        steps = [
            ("deeplomath", "deploy", board.port, "--main"),
            ("python", "reset.py", board.port),
            ("python", "teach.py", board.port),
            ("python", "reset.py", board.port),
            ("python", "back.py", board.port),
            ("deeplomath", "save", f"{tier}.dlm", board.port),
            ("deeplomath", "load", f"{tier}.dlm", board.port, "--force"),
        ]
        said = []
        for step in steps:
            began = time.monotonic()
            said.append(in_environment(environment, *step).stdout)
            print(f"{time.monotonic() - began:6.1f} s  {' '.join(step)}")
    assert "every answer and digest equal to the mirror's" in " ".join(said[0].split())
    label, verdict, digest = said[2].split()
    assert (label, verdict) == ("1", "KNOWN") and said[4].split() == ["restored", digest]
    assert digest in said[5] and digest in said[6]
