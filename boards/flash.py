# SPDX-License-Identifier: MIT
"""Writes a firmware to a board: `make flash BOARD=rpi_pico`, by the first method of its board.toml that finds the board."""

import argparse
import contextlib
import glob
import os
import shlex
import shutil
import subprocess
import time
import tomllib
from pathlib import Path

from deeplomath import paths
from deeplomath.desk import statuses
from deeplomath.paths import BUILD, ROOT

MOUNTS = ("/media/*", "/media/*/*", "/run/media/*/*", "/mnt/*", "/Volumes/*")
PATIENCE = 30  # seconds until a board should have taken a file from its drive


class FlashError(Exception):
    """A method did not find the board, or failed."""


def find_drive(board_id):
    """The folder at which the UF2 drive of a board is mounted. FlashError: none is."""
    for pattern in MOUNTS:
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


def flash(board, build=BUILD, dry_run=False, say=print):
    """Tries the methods of a board's toml, the first that works. FlashError: none did; it names each one's reason."""
    toml = tomllib.loads((ROOT / "boards" / board / "board.toml").read_text())
    if "flash" not in toml:
        raise FlashError(f"{board}: its board.toml has no [flash]; an emulated board is run: make run BOARD={board}")
    reasons = []
    for method in toml["flash"]["methods"]:
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
            say(f"{board}: {image.name} is on it; next: {paths.command()} info PORT")
            return
        except FlashError as error:
            reasons.append(str(error))
    if not dry_run:
        raise FlashError("\n  ".join([f"{board}: no way to write to it worked.", *reasons, toml["flash"]["press"]]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("board", help="a folder below boards/")
    parser.add_argument("--dry-run", action="store_true", help="print the commands, run none")
    arguments = parser.parse_args()
    if not (ROOT / "boards" / arguments.board / "board.toml").is_file():
        parser.error(f"{arguments.board}: no such folder below boards/")
    try:
        flash(arguments.board, dry_run=arguments.dry_run)
    except FlashError as error:
        parser.exit(2, f"flash: {error}\n")


if __name__ == "__main__":
    statuses.run(main)
