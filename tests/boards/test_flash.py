# SPDX-License-Identifier: MIT
"""Flashing: the first method that finds the board writes to it, and if none does each one's reason is named."""

import threading
import tomllib

import pytest

from deeplomath.deploy import flash
from implementations import ROOT

TOML = """
[flash]
press = "Hold the button."
[[flash.methods]]
image = "firmware.uf2"
drive = "RPI-RP2"
[[flash.methods]]
image = "firmware.uf2"
command = ["a-tool", "load", "{image}"]
probe = { command = ["a-tool", "list"], finds = "2e8a:0003" }
[[flash.methods]]
image = "firmware.hex"
command = ["another-tool", "-c", "program {image} exit"]
"""


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A board with three methods, its two images, no drive, and a PATH without tools; the folder of it all."""
    (tmp_path / "boards" / "pico").mkdir(parents=True)
    (tmp_path / "boards" / "pico" / "board.toml").write_text(TOML)
    (tmp_path / "build" / "pico").mkdir(parents=True)
    for name in ("firmware.uf2", "firmware.hex"):
        (tmp_path / "build" / "pico" / name).write_bytes(name.encode())
    (tmp_path / "bin").mkdir()
    (tmp_path / "media").mkdir()
    monkeypatch.setattr(flash, "BOARDS", tmp_path / "boards")
    monkeypatch.setattr(flash, "MOUNTS", (str(tmp_path / "media" / "*"),))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


def run(board, **options):
    said = []
    flash.flash("pico", build=board / "build", say=said.append, **options)
    return said


def install(board, name, script):
    """A tool on PATH that notes how it was called."""
    tool = board / "bin" / name
    tool.write_text(f'#!/bin/sh\necho "$0 $*" >>{board}/calls\n{script}\n')
    tool.chmod(0o755)


def calls(board):
    return [line.removeprefix(f"{board}/bin/") for line in (board / "calls").read_text().splitlines()]


def mount(board, board_id="RPI-RP2"):
    folder = board / "media" / f"whatever {board_id} is called"
    folder.mkdir()
    (folder / "INFO_UF2.TXT").write_text(f"UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: {board_id}\r\n")
    return folder


def test_a_mounted_drive_gets_the_file_and_is_waited_for(board):
    folder = mount(board)

    def reboot():
        while not (folder / "firmware.uf2").exists() or (folder / "firmware.uf2").read_bytes() != b"firmware.uf2":
            pass
        (folder / "INFO_UF2.TXT").unlink()

    threading.Thread(target=reboot, daemon=True).start()
    assert run(board) == ["pico: firmware.uf2 is on it"]


def test_a_drive_that_does_not_take_the_file_is_named(board, monkeypatch):
    folder = mount(board)
    monkeypatch.setattr(flash, "PATIENCE", 0)
    with pytest.raises(flash.FlashError, match=f"{folder}: still there 0 s after the copy"):
        run(board)


def test_without_a_drive_the_first_tool_that_sees_a_board_is_run(board):
    mount(board, "another board")
    install(board, "a-tool", '[ "$1" = load ] || echo "2e8a:0003 in bootsel mode"')
    assert run(board) == ["pico: firmware.uf2 is on it"]
    assert calls(board) == ["a-tool list", f"a-tool load {board}/build/pico/firmware.uf2"]


def test_a_tool_that_sees_no_board_is_passed_over(board):
    install(board, "a-tool", "echo no device")
    install(board, "another-tool", "")
    assert run(board) == ["pico: firmware.hex is on it"]
    assert calls(board) == ["a-tool list", f"another-tool -c program {board}/build/pico/firmware.hex exit"]


def test_where_nothing_works_each_reason_is_named_and_what_to_press(board):
    install(board, "another-tool", "exit 3")
    with pytest.raises(flash.FlashError) as error:
        run(board)
    assert str(error.value).splitlines() == [
        "pico: no way to write to it worked.",
        "  drive RPI-RP2: none mounted",
        "  a-tool: not installed",
        f"  another-tool: ended with status 3: another-tool -c 'program {board}/build/pico/firmware.hex exit'",
        "  Hold the button.",
    ]


def test_an_image_that_is_not_built_is_named(board):
    for name in ("firmware.uf2", "firmware.hex"):
        (board / "build" / "pico" / name).unlink()
    with pytest.raises(flash.FlashError, match="firmware.uf2: not built: make firmware BOARD=pico"):
        run(board)


def test_a_dry_run_prints_the_commands_and_runs_none(board):
    mount(board)
    install(board, "a-tool", "")
    assert run(board, dry_run=True) == [
        f"cp {board}/build/pico/firmware.uf2 <drive RPI-RP2>",
        f"a-tool load {board}/build/pico/firmware.uf2",
        f"another-tool -c 'program {board}/build/pico/firmware.hex exit'",
    ]
    assert not (board / "calls").exists()


@pytest.mark.parametrize(("name", "board_id"), [("rpi_pico", "RPI-RP2"), ("rpi_pico2", "RP2350")])
def test_a_board_of_raspberry_pi_is_found_by_its_own_drive_and_not_by_the_others(board, monkeypatch, name, board_id):
    monkeypatch.setattr(flash, "BOARDS", ROOT / "boards")
    monkeypatch.setattr(flash, "copy_to_drive", lambda image, folder: taken.append((image, folder)))
    image, taken = board / "build" / name / "firmware.uf2", []
    image.parent.mkdir()
    image.write_bytes(b"UF2")
    drives = {known: mount(board, known) for known in ("RP2350", "RPI-RP2")}
    flash.flash(name, build=board / "build", say=taken.append)
    assert taken == [(image, drives[board_id]), f"{name}: firmware.uf2 is on it"]


def test_an_emulated_board_is_not_flashed():
    with pytest.raises(flash.FlashError, match="make run BOARD=stm32f405_qemu"):
        flash.flash("stm32f405_qemu")


REAL = [path for path in sorted(ROOT.glob("boards/*/board.toml")) if "[flash]" in path.read_text()]


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.parent.name)
def test_each_real_board_says_what_to_press_and_has_methods_of_one_kind(path):
    flash_ = tomllib.loads(path.read_text())["flash"]
    assert flash_["press"] and flash_["methods"]
    for method in flash_["methods"]:
        assert ("drive" in method) != ("command" in method)
        assert sum("{image}" in part for part in method.get("command", ["{image}"])) == 1
