# SPDX-License-Identifier: MIT
"""The commands on many boards: a state pushed to each, with proof and a way back."""

import contextlib
import itertools
import os
import socket
import stat
import urllib.parse
from pathlib import Path
from typing import Annotated

import typer

from ..audit import fleet
from ..audit.fleet import FAILED, Pushed
from ..errors import DataError, DeeplomathError
from ..link.transport import BAUD
from ..text import escaped
from . import board_commands, options, reaching, report
from .told import console, reported

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Many boards at once.")


@app.callback()
def about():
    """Many boards at once."""


@app.command("push")
@reported
def push_command(
    state: Annotated[Path, typer.Argument(help="A state that `save`, `train` or `replay --to` wrote.")],
    ports: Annotated[list[str], typer.Argument(help="Device paths, COM3, or socket://host:port.")],
    force: Annotated[bool, typer.Option("--force", help="Lose what the boards have learned.")] = False,
    baud: options.Baud = BAUD,
):
    """Gives a state to each board and proves it; one that makes another network of it gets back what it had.

    A board that fails does not stop the others. The status is 1 where one made another network, 2 where one failed.
    """
    network, data = board_commands.read(state)
    ports, done = list(dict.fromkeys(ports)), {}
    check_places(ports)
    for port in ports:
        done[port] = pushed(port, baud, network, data, force)
        console.print(f"{port}: {done[port].outcome}", soft_wrap=True)
    table = report.columns("board", "before", "now", "", "")
    for port, it in done.items():
        table.add_row(escaped(port), _digest(it.before), _digest(it.after), it.outcome, escaped(it.words))
    console.print(table)
    console.print(f"{sum(it.good for it in done.values())} of {len(done)} boards have {board_commands.kept(network)}")
    if any(it.differs for it in done.values()):
        return 1
    if bad := [port for port, it in done.items() if not it.good]:
        raise DataError(f"{', '.join(bad)}: without the state")
    return 0


def check_places(ports):
    """DataError: two of these ports are one board, by a link or by another name of a computer."""
    places = [(port, _places(port)) for port in ports]
    for (one, its), (other, others) in itertools.combinations(places, 2):
        if its & others:
            raise DataError(f"{one}, {other}: one board under two addresses; name it once")


def _places(port):
    """What a port is whatever it is called: a device by its number, a socket by its addresses, else the name itself."""
    with contextlib.suppress(OSError, ValueError):
        if port.lower().startswith("socket://"):
            to = urllib.parse.urlsplit(port)
            found = socket.getaddrinfo(to.hostname, to.port, type=socket.SOCK_STREAM)
            return {it[4][:2] for it in found}
        there = os.stat(port)
        return {("device", there.st_rdev) if stat.S_ISCHR(there.st_mode) else (there.st_dev, there.st_ino)}
    return {port.upper().removeprefix("\\\\.\\")}  # COM3 is one on Windows, however it is written


def pushed(port, baud, network, data, force):
    """What became of the board at a port, a Pushed; nothing of one board is raised."""
    try:
        with reaching.opened(port, baud) as (device, _):
            if device.hello.configured and not force and device.digest() != network.digest():
                reaching.refuse_loss(device.info(), device.unknowns(), port)
            return fleet.push(device, network, data)
    except (DeeplomathError, OSError) as error:
        return Pushed(FAILED, words=str(error))


def _digest(digest):
    return "" if digest is None else f"{digest:08x}"
