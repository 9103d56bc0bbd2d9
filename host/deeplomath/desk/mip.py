# SPDX-License-Identifier: MIT
"""`deeplomath mip`: the one right `mpremote mip install` for the board at hand, out of a release folder, a URL or this package."""

import re
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from .. import paths
from ..deploy import deploy
from ..errors import DataError
from ..link import ports
from ..link.transport import BAUD
from . import options, report
from .told import Json, console, reported, tell

# What has which architecture, in words.
BOARDS = {
    "armv6m": "RP2040: Raspberry Pi Pico, Pico W; Cortex-M0, M0+",
    "armv7m": "Cortex-M3",
    "armv7emsp": "Cortex-M4F, M33: STM32F4, Raspberry Pi Pico 2",
    "armv7emdp": "Cortex-M7 with double precision: STM32F7, H7",
    "rv32imc": "RISC-V: ESP32-C3, C6",
    "x64": "MicroPython's unix port",
}
_URL = re.compile(r"https?://|(codeberg|github|gitlab):")  # as mpremote has them
Source = Annotated[
    str | None, typer.Option("--from", help="A release: its folder, or its URL; by default what this package has.")
]


@reported
def mip_command(
    port: Annotated[
        str | None, typer.Argument(help="As elsewhere; by default the only board, or all are listed.")
    ] = None,
    source: Source = None,
    every: Annotated[
        bool, typer.Option("--all", help="List the command of each architecture; no board is asked.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="End a service whose network has learned something.")] = False,
    json_: Json = False,
    baud: options.Baud = BAUD,
):
    """Prints the mpremote command that installs the modules with mip; the board is asked for its architecture.

    The command is all that goes to stdout, so that a shell can run it. Without a board each architecture's is listed.
    """
    there = packages(source)
    if every or not port and not any(it.is_board for it in ports.found(ask=False)):
        listed = [dict(architecture=it, boards=BOARDS.get(it, ""), command=install("PORT", there[it])) for it in there]
        if json_:
            tell(listed)
        else:
            console.print(report.facts([(it["architecture"], it["boards"]) for it in listed]))
            print("\n".join(shown(it["command"]) for it in listed))
        return
    port = port or ports.the_only()
    found = deploy.ask(port, list(there), baud=baud, force=force)
    command = install(port, there[found]) if found else None
    if json_:
        tell(dict(port=port, architecture=found or "firmware", command=command))
    elif command:
        print(shown(command))
    else:
        console.print(
            f"{port}: the modules are in the firmware of this board: nothing is to be installed", soft_wrap=True
        )


def packages(source):
    """{architecture: package.json} of a source. DataError: there is none, and what makes one."""
    if source and _URL.match(source):
        built = {path.name for path in paths.BUILT.glob("natmod/*/")} or set(BOARDS)
        folder = source.rstrip("/").removesuffix("/mip") + "/mip"
        return {it: f"{folder}/{it}/package.json" for it in BOARDS if it in built - {"x64"}}
    tried = [Path(source, "mip"), Path(source)] if source else [paths.BUILT / "mip", paths.BUILT / "release" / "mip"]
    for folder in tried:
        found = {path.parent.name: path.resolve().as_posix() for path in sorted(folder.glob("*/package.json"))}
        if found:
            return found
    words = "`make mip` makes it in a checkout" if paths.IN_CHECKOUT else "--from takes a release folder, or its URL"
    raise DataError(f"{source or paths.shown(tried[0])}: no ARCHITECTURE/package.json in it; {words}")


def install(port, package):
    """The words of a command that installs a package on the board at a port."""
    mpremote = ["mpremote"] if shutil.which("mpremote") else [sys.executable, "-m", "mpremote"]
    return [*mpremote, "connect", port, "mip", "install", package]


def shown(command):
    """A command as a shell here takes it."""
    return " ".join(paths.quoted(word) for word in command)


def register(app):
    """Adds the command to the app."""
    app.command("mip")(mip_command)
