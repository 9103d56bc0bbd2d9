# SPDX-License-Identifier: MIT
"""The commands on states: a network made of a table of events, two states compared."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from .. import files
from ..errors import DataError, KernelError
from ..link.transport import BAUD
from ..model.model import Model
from ..text import escaped
from . import board_commands, options, outputs, reaching, report, scales, screen, tables
from .told import console, reported

NO_SCALE = (
    "decimals given; --scale FILE keeps the scale that makes integers of them, which all that comes later needs too"
)

State = Annotated[Path, typer.Argument(help="A state that `save`, `train` or `replay --to` wrote.")]


@reported
def train_command(
    table: Annotated[Path, typer.Argument(help="Events: .csv or .npz as `check` takes them, or .parquet.")],
    model: Annotated[str, typer.Option(help="A model file, or one of the presets.")],
    port: Annotated[str | None, typer.Option(help="A board, or `emulator`, that gets the network.")] = None,
    to: Annotated[Path | None, typer.Option(help="Where the state of the network goes.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file, or lose the network on the board.")] = False,
    scale: scales.Scaling = None,
    baud: options.Baud = BAUD,
):
    """Makes a network of a table of events, as a board would learn them, and gives it to a board, or to a file.

    Parquet: a column `label` of integers or names, and a column a feature, in the order of the model. Names are classes of the
    model; a row without a label is not learned. Decimals need --scale, which is given again with all that comes later.
    """
    if not (port or to):
        raise DataError("port, to: neither given, so the network would be lost: --to FILE, or --port PORT")
    if to:
        outputs.check(to, force, table, model)
    chosen = Model(model)
    recorded = _scaled(table, chosen, scale, to)
    network = chosen.network()
    with screen.bar(console) as bar:
        for event in bar.track(recorded.events, description=escaped(table.name)):
            if event.label is not None:
                learn(network, table, event)
    for words in _taught(table, recorded, scale):
        console.print(words, soft_wrap=True)
    state = network.export()
    scales.keep(scale, recorded.scale)
    if to:
        files.put(to, state)
        console.print(f"{to}: {len(state):,} bytes, {board_commands.kept(network)}", soft_wrap=True)
    if port:
        with reaching.opened(port, baud) as (device, _), reaching.room_made(device, port, force):
            board_commands.give(device, network, state)
            device.model(chosen)
        console.print(f"{port}: on the board, {board_commands.kept(network)}", soft_wrap=True)


@reported
def diff_command(a: State, b: State):
    """Says what two states know differently: sizes, classes, events, and what each answers to the other's events."""
    one, other = (board_commands.read(it)[0] for it in (a, b))
    console.print(report.facts([(escaped(file), board_commands.kept(net)) for file, net in ((a, one), (b, other))]))
    console.print(report.facts(differences(one, other)))


def _scaled(table, model, scale, to):
    """The tables.Table of a file; of decimals by the scale in a file, which may not be there yet. DataError: they need one."""
    if scale and to and scale.resolve() == to.resolve():
        raise DataError(f"scale, to: {to} given for both, two files needed")
    found = tables.read(table, model, scales.load(scale, table, model.text.file))
    if found.scale and not scale:
        raise DataError(f"{table}: {NO_SCALE}")
    return found


def _taught(table, recorded, scale):
    """The lines on what of a table is learned, under which labels. DataError: nothing is."""
    learned = sum(event.label is not None for event in recorded.events)
    skipped = len(recorded.events) - learned
    if not learned:
        raise DataError(f"{table}: none of {skipped} events has a label, so there is nothing to learn")
    yield f"{table}: {learned} events learned" + (f", {skipped} without a label left out" if skipped else "")
    if recorded.names:
        numbered = sorted((label, name) for name, label in recorded.names.items())
        yield "classes: " + ", ".join(f"{label} {escaped(name)}" for label, name in numbered)
    if recorded.scale:
        yield f"decimals were scaled to int16, by {scale}"


def learn(network, file, event):
    """Lets a network learn an Event of a file; what it refuses is said with its place."""
    try:
        network.learn(event.x, event.label)
    except KernelError as error:
        raise DataError(f"{file}, {event.where}: {error}") from error


def differences(one, other):
    """(name, text) pairs on what two Networks know differently."""
    if one.digest() == other.digest():
        return [("the same", f"one network: digest {one.digest():08x}")]
    pairs, sizes, others = [], one.config._asdict(), other.config._asdict()
    changed = [f"{name} {value} and {others[name]}" for name, value in sizes.items() if value != others[name]]
    pairs += [("sizes", ", ".join(changed) or "the same")]
    counts = [Counter(event.label for event in net.memory.events) for net in (one, other)]
    labels = sorted(set(counts[0]) | set(counts[1]))
    told = [f"class {label}: {counts[0][label]} and {counts[1][label]}" for label in labels]
    pairs += [("events kept", ", ".join(told) or "none")]
    kept = [{(event.label, tuple(event.x.tolist())): event for event in net.memory.events} for net in (one, other)]
    for name, mine, theirs in (("only in the first", *kept), ("only in the second", *kept[::-1])):
        only = [f"{event.id} (class {event.label})" for key, event in mine.items() if key not in theirs]
        more = f" and {len(only) - 20} more" if len(only) > 20 else ""
        pairs += [(name, f"{len(only)} events: {', '.join(only[:20])}{more}" if only else "no event")]
    if sizes["features"] != others["features"]:
        return [*pairs, ("answers", "not comparable: they have other numbers of features")]
    pairs += [
        ("the first, of the second's", _answers(one, other)),
        ("the second, of the first's", _answers(other, one)),
    ]
    infos = [net.info() for net in (one, other)]
    return [
        *pairs,
        ("depth", " and ".join(str(it.depth) for it in infos)),
        ("clock", " and ".join(str(it.clock) for it in infos)),
    ]


def _answers(net, other):
    """What a network answers to the events that another one keeps."""
    events = other.memory.events
    if not events:
        return "it keeps no event"
    said = net.infer_many(np.array([event.x for event in events], np.int16))
    unknown = sum(it.verdict == 0 for it in said)
    right = sum(it.verdict != 0 and it.label == event.label for it, event in zip(said, events, strict=True))
    return f"{len(events)} events: {right} under the same label, {unknown} unknown, {len(events) - right - unknown} another label"


def register(app):
    """Adds the commands to the app."""
    app.command("train")(train_command)
    app.command("diff")(diff_command)
