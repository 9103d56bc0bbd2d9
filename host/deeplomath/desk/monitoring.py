# SPDX-License-Identifier: MIT
"""`deeplomath monitor`: a board, watched and taught while it goes on; in the terminal, as a page, or as figures."""

import contextlib
import re
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from ..audit import recording
from ..errors import DataError
from ..link import ports
from ..link.log import Log
from ..link.transport import BAUD
from ..model.model import Model
from ..monitor import motions
from ..monitor.feed import Feed
from ..monitor.shown import ENDED
from ..monitor.sources import Live, Streamed
from . import options, reaching
from .facts import EMULATOR, board_name
from .told import console, reported

PAGE = "127.0.0.1:8765"  # where a page is, if nothing else is said
REACHED = dict(reconnect=True, timeout=2.0, attempts=3)  # a board that is away is told after 14 s, and looked for again
SPEED, SHOTS = 4, 4  # of the motions that are made here
_ADDRESS = re.compile(r"(?:(?P<host>[A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\]):)?(?P<port>\d{1,5})")

Port = Annotated[str | None, typer.Argument(help="A board's port, or `emulator`; by default the only board.")]
ModelFile = Annotated[str | None, typer.Option("--model", help="A model file or a preset; of the emulator, motion.")]
Samples = Annotated[
    Path | None, typer.Option(help="A recording to stream: .csv, .npz or .wav; by default motions that are made here.")
]
Speed = Annotated[int | None, options.whole(1, 1000, help="So many times as fast as recorded.")]
Shots = Annotated[int | None, options.whole(0, 1000, help="So many events of each label are learned by themselves.")]
Only = Annotated[list[str] | None, typer.Option(help="A label of which --shots learns; by default each.")]
LogFile = Annotated[Path | None, typer.Option("--log", help="A new file that keeps the whole session, for `replay`.")]
Metrics = Annotated[str | None, typer.Option(help="HOST:PORT of a page of OpenMetrics figures.")]
Web = Annotated[bool, typer.Option("--web", help=f"Show a page instead of the terminal, at {PAGE}.")]
Address = Annotated[
    str | None, typer.Option(help="HOST:PORT of the page; one that others reach needs the token in its link.")
]
Force = Annotated[bool, typer.Option("--force", help="Lose the network on the board, whatever it has learned.")]


@reported
def monitor_command(
    port: Port = None,
    model: ModelFile = None,
    samples: Samples = None,
    speed: Speed = None,
    shots: Shots = None,
    only: Only = None,
    log: LogFile = None,
    metrics: Metrics = None,
    web: Web = False,
    address: Address = None,
    force: Force = False,
    baud: options.Baud = BAUD,
):
    """Watches a board while it goes on, and lets you teach, name, correct and undo.

    A board that samples by itself is heard. To another one samples are streamed, through a model: those of a recording, or
    motions that are made here, some of which are taught at first. A network that fits the model goes on as it is.
    """
    page = place(address or PAGE, "address") if web or address else None
    figures = place(metrics, "metrics") if metrics else None
    chosen = Model(model or "motion") if model or port == EMULATOR else None
    port = port or ports.the_only()
    show = face(page, figures)
    with contextlib.ExitStack() as stack:
        kept = (
            stack.enter_context(Log(log, say=lambda words: None, port=port)) if log else None
        )  # the feed tells its fault
        device, _ = stack.enter_context(reaching.opened(port, baud, **REACHED, log=kept))
        source, prepare = begun(device, port, chosen, force, stream(chosen, samples, speed, shots, only))
        names = dict(board=board_name(device, port), port=port, prepare=prepare)
        feed = stack.enter_context(Feed(device, source, chosen, **names))
        if figures:
            from ..monitor import metrics as numbers

            at = stack.enter_context(numbers.served(feed, *figures))
            console.print(f"Figures: http://{figures[0]}:{at}/metrics", soft_wrap=True)
        show(feed)
    if feed.fault is not None:
        raise feed.fault


def place(text, option):
    """(host, port) of HOST:PORT, or of PORT at this computer. DataError: it is none."""
    found = _ADDRESS.fullmatch(text)
    if not found or int(found["port"]) > 65535:
        raise DataError(f"{option}: {text!r} given, HOST:PORT needed, with a PORT of 0..65535")
    return (found["host"] or "127.0.0.1").strip("[]"), int(found["port"])


def face(page, figures):
    """What shows a Feed until it is left: a page, the terminal, or figures alone."""
    if page:
        from ..monitor import serving

        return lambda feed: serving.serve(feed, *page, say=lambda words: console.print(words, soft_wrap=True))
    if sys.stdin.isatty() and sys.stdout.isatty():
        from ..monitor.terminal import Terminal

        return lambda feed: Terminal(feed).run()
    if not figures:
        raise DataError("monitor: no terminal here; --web shows a page, --metrics serves figures")
    return wait


def wait(feed):
    """Until Ctrl-C, or a fault."""
    while feed.status.line != ENDED:
        time.sleep(0.2)


def stream(model, file, speed, shots, only):
    """What Streamed takes beside its device: parts, rate, words, shots and names; None where nothing is to be streamed.

    DataError: no recording fits the model.
    """
    if model is None:
        if file:
            raise DataError(f"samples: {file} given, a --model needed through which they go")
        return None
    source = model.source
    if file:
        recorded = recording.read(file, source)
        rate = (recorded.rate or source.rate or 0) * (speed or 1)
        if not rate:
            raise DataError(f"{file}: neither the recording nor the model has a rate")
        parts, labels = recorded.parts(), {name for name, _ in recorded.parts() if name}
        missing = [name for name in only or () if name not in labels]
        if missing:
            raise DataError(f"only: no sample of {missing[0]!r}, there are {', '.join(sorted(labels)) or 'none'}")
        return dict(parts=parts, rate=rate, words=file.name, shots=shots or 0, only=only or sorted(labels))
    if tuple(source.lines) != ("ax", "ay", "az", "gx", "gy", "gz") or source.rate != motions.RATE:
        return None
    taught = dict(shots=SHOTS if shots is None else shots, only=only or motions.TAUGHT)
    return dict(parts=motions.parts(), rate=motions.RATE * (speed or SPEED), words="motions made here", **taught)


def begun(device, port, model, force, streamed):
    """(source, prepare) of a Feed. Refused: the network on the board would be lost, and `force` is not given."""
    if device.hello.live and (streamed is None or streamed["words"] == "motions made here"):
        return Live(device), None
    if streamed is None:
        if model is not None:
            raise DataError("samples: the board has no sensor of its own: --samples names a recording for this model")
        return Streamed(device, (), None, "nothing: the board has no sensor of its own, and no --model is given"), None

    def prepare():
        device.configure(**model.config())
        device.model(model)

    if fits(device, model.config()):
        names = device.names[1:]
        model.names[:] = names or model.names
        device.model(model)
    else:
        with reaching.room_made(device, port, force):
            prepare()
    return Streamed(device, **streamed), prepare


def fits(device, config):
    """Whether the network on a board is one of this configuration."""
    if not device.hello.configured:
        return False
    info = device.info()._asdict()
    return all(info[name] == value for name, value in config.items())
