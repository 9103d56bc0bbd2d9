# SPDX-License-Identifier: MIT
"""Writes a firmware to a board, by the first method of its board.toml that finds the board."""

import contextlib
import glob
import os
import shlex
import shutil
import string
import subprocess
import time
import tomllib
from pathlib import Path

from ..errors import DeeplomathError
from ..paths import BOARDS, BUILT, IN_CHECKOUT

MOUNTS = ("/media/*", "/media/*/*", "/run/media/*/*", "/mnt/*", "/Volumes/*")
DRIVES = tuple(f"{letter}:/" for letter in string.ascii_uppercase)  # of Windows
PATIENCE = 30  # seconds until a board should have taken a file from its drive


class FlashError(DeeplomathError):
    """A method did not find the board, or failed."""


def find_drive(board_id):
    """The folder at which the UF2 drive of a board is mounted. FlashError: none is."""
    for pattern in DRIVES if os.name == "nt" else MOUNTS:
        for folder in map(Path, sorted(glob.glob(pattern))):
            with contextlib.suppress(OSError):
                if f"Board-ID: {board_id}" in (folder / "INFO_UF2.TXT").read_text(errors="replace"):
                    return folder
    device = Path("/dev/disk/by-label", board_id)
    if device.exists():
        raise FlashError(f"drive {board_id}: there, but not mounted: udisksctl mount -b {device}")
    raise FlashError(f"drive {board_id}: none mounted")


def copy_to_drive(image, folder):
    """Copies a UF2 file and waits until the board has rebooted with it."""
    try:
        with open(folder / image.name, "wb") as file:
            file.write(image.read_bytes())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if (folder / "INFO_UF2.TXT").exists():  # else it took the file and is gone already
            raise FlashError(f"{folder}: {error}") from error
    deadline = time.monotonic() + PATIENCE
    while (folder / "INFO_UF2.TXT").exists():
        if time.monotonic() > deadline:
            raise FlashError(f"{folder}: still there {PATIENCE} s after the copy: the board did not take {image.name}")
        time.sleep(0.1)


def run_tool(command, probe):
    """Runs the tool of a method, after a look whether it sees a board. FlashError: it is not there, sees none, or fails."""
    tool = command[0]
    if not shutil.which(tool):
        raise FlashError(f"{tool}: not installed")
    if probe:
        seen = subprocess.run(probe["command"], capture_output=True, text=True)
        if probe["finds"] not in seen.stdout + seen.stderr:
            raise FlashError(f"{tool}: sees no board ({shlex.join(probe['command'])} does not say {probe['finds']!r})")
    if code := subprocess.run(command).returncode:
        raise FlashError(f"{tool}: ended with status {code}: {shlex.join(command)}")


def press(board):
    """What one does so that the board can be written to, in words; its drive, None where it has none. FlashError: no such board."""
    told = _flash_of(board)
    return told["press"], next((method["drive"] for method in told["methods"] if "drive" in method), None)


def flash(board, build=BUILT, dry_run=False, say=print):
    """Tries the methods of a board's toml, the first that works. FlashError: none did; it names each one's reason."""
    told = _flash_of(board)
    reasons = []
    for method in told["methods"]:
        image = build / board / method["image"]
        command = [part.replace("{image}", str(image)) for part in method.get("command", [])]
        if dry_run:
            say(shlex.join(command) if command else f"cp {image} <drive {method['drive']}>")
            continue
        try:
            if not image.is_file():
                raise FlashError(f"{image}: not built: make firmware BOARD={board}")
            if command:
                run_tool(command, method.get("probe"))
            else:
                copy_to_drive(image, find_drive(method["drive"]))
            say(f"{board}: {image.name} is on it")
            return
        except FlashError as error:
            reasons.append(str(error))
    if not dry_run:
        raise FlashError("\n  ".join([f"{board}: no way to write to it worked.", *reasons, told["press"]]))


def boards():
    """{name: what its board.toml says of flashing} of the boards that can be flashed."""
    known = {path.parent.name: tomllib.loads(path.read_text()) for path in sorted(BOARDS.glob("*/board.toml"))}
    return {name: toml["flash"] for name, toml in known.items() if "flash" in toml}


def _flash_of(board):
    """What the board.toml of a board says of flashing."""
    known, file = boards(), BOARDS / board / "board.toml"
    if board in known:
        return known[board]
    if file.is_file():
        run = f"make run BOARD={board}" if IN_CHECKOUT else "`deeplomath demo` does it"
        raise FlashError(f"{board}: {file} has no [flash]; an emulated board is run: {run}")
    names = ", ".join(known) or "none is there"
    raise FlashError(f"board: {board!r} given, one of {names} needed")
