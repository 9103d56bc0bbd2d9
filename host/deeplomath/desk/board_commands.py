# SPDX-License-Identifier: MIT
"""The commands on boards as such: which are there, images for them, states to and from them, and what this computer has."""

import contextlib
import functools
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from .. import files, paths, spec
from ..audit.lockstep import Mismatch
from ..deploy import flash
from ..errors import DataError, DeeplomathError, KernelError
from ..link import ports
from ..link.exchange import InRepl
from ..link.rawrepl import require_mpremote
from ..link.transport import BAUD
from ..mirror.network import Network
from ..model.model import PRESETS
from . import doctor, options, outputs, reaching, report
from .told import Json, console, reported, tell

STATE_BYTES = 1 << 20  # no state is longer
LOOK = 0.5  # seconds between two looks for a drive

Line = Annotated[
    str | None, typer.Argument(help="Device path, COM3, or socket://host:port; by default the only board.")
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite a file, or lose the network on the board.")]


@reported
def ports_command(
    json_: Json = False,
    ask: Annotated[bool, typer.Option(help="Ask each board what runs on it; it is not disturbed.")] = True,
    baud: options.Baud = BAUD,
):
    """Which boards are plugged in, and what runs on them."""
    there = ports.found(ask, baud)
    if json_:
        tell([it._asdict() for it in there])
        return
    boards = [it for it in there if it.is_board]
    if boards:
        console.print(report.facts([(it.port, "; ".join(filter(None, (it.name, it.usb, it.state)))) for it in boards]))
    else:
        console.print(
            "No board on a USB serial port. Is the cable one for data? A Pico in BOOTSEL is a drive, no port."
        )
    if others := [it.port for it in there if not it.is_board]:
        console.print(f"Other ports, which were not asked: {', '.join(others)}", soft_wrap=True)


def boards(begun: str):
    """The names of boards that can be flashed and begin so, for the completion of a shell."""
    return [name for name in flash.boards() if name.startswith(begun)]


@reported
def flash_command(
    board: Annotated[str, typer.Argument(help="Which board: rpi_pico, ...", autocompletion=boards)] = "rpi_pico",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how.")] = False,
    wait: Annotated[int, options.whole(0, 3600, help="Seconds to wait for the drive of a board.")] = 60,
):
    """Writes the firmware with the kernel in it to a board that is in its boot loader, a Pico with BOOTSEL held."""
    words, drive = flash.press(board)
    say = functools.partial(console.print, soft_wrap=True)
    try:
        flash.flash(board, dry_run=dry_run, say=say)
    except flash.FlashError:
        if not drive or not wait_for(drive, words, wait):
            raise
        flash.flash(board, dry_run=False, say=say)
    if not dry_run:
        console.print(f"Next: {paths.command()} info")


def wait_for(drive, words, seconds):
    """Says what to press, then waits for the drive of a board; returns whether it came within so many seconds."""
    limit = time.monotonic() + seconds
    if seconds:
        console.print(f"{words} Waiting {seconds} s for the drive {drive}; Ctrl-C ends it.", soft_wrap=True)
    while time.monotonic() < limit:
        with contextlib.suppress(flash.FlashError):
            flash.find_drive(drive)
            return True
        time.sleep(LOOK)
    return False


@reported
def repl_command(port: Line = None, baud: options.Baud = BAUD):
    """Ends the service on a board and opens its REPL here, with mpremote; Ctrl-X leaves it. The network stays."""
    require_mpremote()
    port = port or ports.the_only()
    with contextlib.suppress(InRepl), reaching.serving(port, baud) as device:
        device.exit()
    mpremote = [sys.executable, "-m", "mpremote", "connect", port, "resume", "repl"]
    if status := subprocess.run(mpremote).returncode:
        raise DataError(
            f"{port}: mpremote ended with status {status}; it says why above. Does another program use the port?"
        )


@reported
def save_command(
    file: Annotated[Path, typer.Argument(help="Where the state goes.")],
    port: Line = None,
    force: Force = False,
    json_: Json = False,
    baud: options.Baud = BAUD,
):
    """Writes what a board has learned into a file; the mirror proves it first."""
    outputs.check(file, force)
    with reaching.opened(port or ports.the_only(), baud) as (device, _):
        network, state = taken(device)
    files.put(file, state)
    console.print(f"{file}: {len(state):,} bytes, {kept(network)}", soft_wrap=True)
    if json_:
        tell(facts(file, network, state))


@reported
def load_command(
    file: Annotated[Path, typer.Argument(help="A state that `save` wrote.")],
    port: Line = None,
    force: Force = False,
    json_: Json = False,
    baud: options.Baud = BAUD,
):
    """Makes a board know what a file of `save` knows; the digest of the board is compared with the mirror's."""
    network, state = read(file)
    port = port or ports.the_only()
    with reaching.opened(port, baud) as (device, _), reaching.room_made(device, port, force):
        give(device, network, state)
    console.print(f"{file}: on the board, {kept(network)}", soft_wrap=True)
    if json_:
        tell(facts(file, network, state))


def read(file):
    """(Network, bytes) of a file of a state. DataError: it is none."""
    with open(file, "rb") as stream:
        state = stream.read(STATE_BYTES + 1)
    try:
        return Network.from_state(state), state
    except DeeplomathError as error:
        raise DataError(f"{file}: {error}") from error


def give(device, network, state):
    """Puts a state on the board of a Device in place of its network. Mismatch: the board makes another network of it."""
    device.configure(**network.config._asdict())
    try:
        device.load(state)
    except KernelError as error:
        if error.code == spec.ERROR_STATE_DIGEST:
            raise differ("load", device.digest(), network.digest(), error) from error
        raise
    if device.digest() != network.digest():
        raise differ("load", device.digest(), network.digest())


def taken(device):
    """(Network, bytes): what a board has learned, and the mirror of it. Mismatch: the mirror makes another network of it."""
    state = device.export()
    try:
        return Network.from_state(state), state
    except KernelError as error:
        if error.code == spec.ERROR_STATE_DIGEST:
            raise differ("export", device.digest(), "another", error) from error
        raise


def differ(request, board, mirror, *findings):
    """The Mismatch of a state: the digests of both."""
    rows = [("digest", *(it if isinstance(it, str) else f"{it:08x}" for it in (board, mirror)))]
    return Mismatch(0, request, rows, findings=[str(it) for it in findings])


def facts(file, network, state):
    """What a file of a state has, as a dict for scripts."""
    digest = f"{network.digest():08x}"
    return dict(file=str(file), bytes=len(state), digest=digest, network=network.info()._asdict())


def kept(network):
    """What a network knows, as words."""
    info = network.info()
    return f"{info.neurons} events kept of {info.clock} learned, digest {network.digest():08x}"


@reported
def doctor_command(json_: Json = False):
    """Says what this computer has of what the commands need, and what to do about the rest."""
    found = doctor.look()
    if json_:
        tell([it._asdict() for it in found])
        return
    console.print(report.facts([(it.name, it.found + (f". {it.advice}" if it.advice else "")) for it in found]))


@reported
def models_command(json_: Json = False):
    """The model files that come with the package: what each is for, its lines, features and memory."""
    shown = [doctor.model(name) for name in PRESETS]
    if json_:
        tell(shown)
        return
    for it in shown:
        sizes = f"{it['features']} features an event, {it['bytes']:,} bytes with its network"
        console.print(f"{it['name']}: {', '.join(it['lines'])} at {it['rate']:g} Hz; {sizes}", soft_wrap=True)
    console.print(f"{paths.command()} model new NAME writes one as a file")


def register(app):
    """Adds the commands to the app."""
    commands = dict(ports=ports_command, flash=flash_command, repl=repl_command, save=save_command, load=load_command)
    for name, command in (commands | dict(doctor=doctor_command, models=models_command)).items():
        app.command(name)(command)
