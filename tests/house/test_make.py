# SPDX-License-Identifier: MIT
"""The Makefile: what cannot work is said at once, in words, with status 2, before anything is built."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deeplomath.desk import stories
from deeplomath.link import emulator
from implementations import ROOT


@pytest.fixture
def checkout(tmp_path):
    """A checkout as it is after a clone, in a folder of this name: what make reads before it builds."""

    def make_checkout(name="checkout"):
        folder = tmp_path / name
        shutil.copytree(
            ROOT / "boards", folder / "boards", ignore=shutil.ignore_patterns("node_modules", "__pycache__")
        )
        shutil.copy(ROOT / "Makefile", folder)
        return folder

    return make_checkout


def make(folder, *arguments, **environment):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", "--no-print-directory", "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=inherited | environment,
    )


def program(folder, name, script):
    """A folder for PATH with a program of this name in it."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "BOARD=nope"], "BOARD=nope: no such board; `make run` takes one of microbit_qemu"),
        (["run", "BOARD="], "BOARD=: no such board; `make run` takes one of"),
        (["run", "BOARD=pybv11"], "BOARD=pybv11: not a board for this; `make run` takes one of"),
        (["firmware", "BOARD=pico"], "BOARD=pico: no such board; `make firmware` takes one of microbit_qemu"),
        (["firmware", "BOARD=unix"], "BOARD=unix: no such board; `make firmware` takes one of microbit_qemu"),
        (["firmware", "BOARD=rpi_pico pybv11"], "BOARD=rpi_pico pybv11: "),
        (["firmware", "BOARD=pybv11", "STOCK=1"], "BOARD=pybv11: not a board for this with STOCK=1;"),
        (["flash", "BOARD=stm32f405_qemu"], "`make flash` takes one of nucleo_f446re pybv11 rpi_pico rpi_pico2."),
        (["deploy"], "PORT: which one? make deploy PORT=/dev/ttyACM0"),
    ],
)
def test_a_board_or_port_that_cannot_be_is_refused_before_anything_is_done(checkout, arguments, words):
    folder = checkout()
    done = make(folder, *arguments)
    assert done.returncode == 2 and words in done.stderr
    assert len(done.stderr.splitlines()) == 1 and not (folder / "build").exists()


def test_a_board_that_is_one_is_not_refused(checkout):
    for goal, board in (("run", "unix"), ("firmware", "rpi_pico"), ("flash", "pybv11")):
        done = make(checkout(goal), "-n", goal, f"BOARD={board}")
        assert "BOARD=" not in done.stderr and "sed:" not in done.stderr


def test_help_lists_every_target_in_a_group_and_in_a_short_line(checkout):
    folder = checkout()
    shown = make(folder, "help").stdout
    *groups, tiers, _ = [part.splitlines() for part in shown.strip().split("\n\n")]
    assert [group[0] for group in groups] == ["Begin", "Test", "Measure", "Boards", "Keep house"]
    targets = [line.split()[1] for group in groups for line in group[1:]]
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    assert sorted(targets) == sorted(set(re.sub(r"\$\(.*?\)", "", phony).split()))
    assert all(len(line) < 100 for line in shown.splitlines())
    tested = [toml.get("test", {}) for toml in emulator.boards().values()]
    named = {test[key] for test in tested for key in ("tier", "tier_stock") if key in test} | {"unix", "unix_mpy"}
    said = " ".join(tiers).split("BOARD is")[0].removeprefix("TIER is one of: ").split()
    assert said == sorted(named)


def test_a_folder_with_a_board_toml_is_a_board_of_every_target(checkout):
    folder = checkout()
    new = folder / "boards" / "another"
    shutil.copytree(folder / "boards" / "mps2_an385_qemu", new)
    toml = (new / "board.toml").read_text().replace("mps2_an385_qemu", "another").replace('"m3', '"another_core')
    (new / "board.toml").write_text(toml)
    shown = make(folder, "help").stdout
    assert " another_core another_core_mpy " in shown and "BOARD is one of: another microbit_qemu" in shown
    for goal in ("run", "firmware"):
        assert f"`make {goal}` takes one of another microbit_qemu" in make(folder, goal, "BOARD=nope").stderr
    for goal, firmware in (("test-another_core", "another"), ("test-another_core_mpy", "another_stock")):
        there = ["-o", ".venv/.done", "MPY_CROSS=", "MODULE=", "DEVICE=", "DEVICE_MPY=", "natmod_of="]
        asked = make(folder, "-n", goal, *there).stdout
        assert f"building build/{firmware}/firmware.elf" in asked, asked


@pytest.mark.parametrize("goal", ["unix", "natmod", "device", "firmware", "demo", "test", "deploy"])
def test_a_checkout_whose_path_has_a_space_is_told_where_it_cannot_be_built(checkout, goal):
    folder = checkout("a folder")
    done = make(folder, goal, "PORT=/dev/none-such")
    assert done.returncode == 2 and f"{folder}: MicroPython cannot be built in a folder" in done.stderr
    assert not (folder / "build").exists()


def test_a_checkout_whose_path_has_a_space_does_what_needs_no_micropython(checkout):
    folder = checkout("a folder")
    assert make(folder, "help").returncode == 0
    assert "MicroPython cannot be built" not in make(folder, "-n", "test-host").stderr


def test_a_micropython_whose_path_has_a_space_is_refused(checkout):
    done = make(checkout(), "unix", "MICROPYTHON_DIR=/a checkout/micropython")
    assert done.returncode == 2 and "MICROPYTHON_DIR=/a checkout/micropython: MicroPython cannot" in done.stderr


def test_a_demo_that_is_not_there_is_said_before_anything_is_built(checkout):
    folder = checkout()
    done = make(folder, "demo", "MODEL=noise")
    assert done.returncode == 2
    assert f"MODEL=noise: `make demo` takes one of {' '.join(stories.MODELS)}" in done.stderr
    assert not (folder / "build").exists() and not (folder / ".venv").exists()


@pytest.mark.parametrize("version", ["3.10", "3.8"])
def test_an_older_python_is_told_which_one_is_needed(checkout, tmp_path, version):
    old = program(tmp_path / "bin", "python3.10", f"echo {version}") / "python3.10"
    folder = checkout()
    done = make(folder, "setup", f"PYTHON={old}")
    assert done.returncode == 2 and f"Python 3.11 or later is needed, {old} is {version}: set PYTHON" in done.stderr
    assert not (folder / "build").exists() and not (folder / ".venv").exists()
    assert make(folder, "help", f"PYTHON={old}").returncode == 0


def test_a_wrong_port_is_found_before_anything_is_built(tmp_path):
    if not (ROOT / ".venv" / ".done").exists():
        pytest.skip("make setup was not run here")
    done = make(ROOT, "deploy", "PORT=/dev/none-such", f"BUILD={tmp_path / 'build'}")
    assert done.returncode == 2 and "/dev/none-such" in done.stderr
    assert "building" not in done.stdout and not list((tmp_path / "build").glob("natmod*"))


# No network: apt and pip fail, and the last words are not theirs.

OFFLINE = """
. /etc/os-release
case "$*" in *indextargets*) echo "$VERSION_CODENAME main file:/archive";; *) echo "E: $* failed" >&2; exit 100;; esac
"""


@pytest.fixture
def offline(tmp_path):
    """A PATH on which apt-get reaches nothing, and no package counts as installed."""
    folder = program(tmp_path / "bin", "apt-get", OFFLINE)
    program(folder, "dpkg-source", "exit 1")
    program(folder, "dpkg-query", "exit 1")
    program(folder, "sudo", 'exec "$@"')
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["packages.sh", "host"], "Is there a network, and are apt's sources in reach of it? Then run make again."),
        (["sources.sh", "{folder}", "micropython"], "Or set MICROPYTHON_DIR to a checkout of MicroPython 1.25."),
    ],
)
def test_without_a_network_the_last_words_say_so(tmp_path, offline, command, words):
    if command[0] == "sources.sh" and not list(Path("/usr/share/keyrings").glob("debian-archive-keyring.*")):
        pytest.skip("this machine has no Debian archive")
    script, *arguments = [part.format(folder=tmp_path / "build") for part in command]
    done = subprocess.run(
        [ROOT / "boards" / "setup" / script, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | offline,
    )
    assert done.returncode == 2 and words in done.stderr.splitlines()[-1], done.stderr
    assert "deb-src" not in done.stderr


def test_a_pip_that_reaches_no_index_is_followed_by_words(checkout, tmp_path):
    folder = checkout()
    shutil.copytree(ROOT / "host", folder / "host", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    (folder / "build").mkdir()
    (folder / "build" / ".packages-host").touch()
    python = program(tmp_path / "bin", "python3", 'test "$1" = -c || mkdir -p .venv/bin') / "python3"
    program(folder / ".venv", "unused", "")
    program(folder / ".venv" / "bin", "pip", 'echo "ERROR: No matching distribution found" >&2; exit 1')
    done = make(folder, "setup", f"PYTHON={python}")
    last = [line for line in done.stderr.splitlines() if not line.startswith("make")][-1]
    assert done.returncode == 2 and "Is there a network, and the package index in reach of it?" in last
