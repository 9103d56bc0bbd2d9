# SPDX-License-Identifier: MIT
"""The commands on states: a network made of a table of events, two states compared."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from .. import files
from ..audit import eventfile
from ..errors import DataError, KernelError
from ..link.transport import BAUD
from ..model.model import Model
from ..text import escaped
from . import board_commands, options, outputs, reaching, report, screen
from .told import console, reported

LABEL = "label"  # the column of a table

State = Annotated[Path, typer.Argument(help="A state that `save`, `train` or `replay --to` wrote.")]


@reported
def train_command(
    table: Annotated[Path, typer.Argument(help="Events: .csv or .npz as `check` takes them, or .parquet.")],
    model: Annotated[str, typer.Option(help="A model file, or one of the presets.")],
    port: Annotated[str | None, typer.Option(help="A board, or `emulator`, that gets the network.")] = None,
    to: Annotated[Path | None, typer.Option(help="Where the state of the network goes.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file, or lose the network on the board.")] = False,
    baud: Annotated[int, options.whole(1200, 12_000_000, help="Of a UART; of no meaning over USB.")] = BAUD,
):
    """Makes a network of a table of events, as a board would learn them, and gives it to a board, or to a file.

    Parquet: a column `label` of integers or names, and a column a feature, of integers, in the order of the model.
    """
    if not (port or to):
        raise DataError("port, to: neither given, so the network would be lost: --to FILE, or --port PORT")
    if to:
        outputs.check(to, force, table, model)
    chosen = Model(model)
    network = chosen.network()
    recorded = parquet(table, chosen) if table.suffix.lower() == ".parquet" else eventfile.read(table)
    with screen.bar(console) as bar:
        for event in bar.track(recorded, description=escaped(table.name)):
            if event.label is not None:
                learn(network, table, event)
    state = network.export()
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


def parquet(path, model):
    """The list of eventfile.Events in a Parquet file; names of classes become labels of the Model. DataError."""
    import polars

    try:
        table = polars.read_parquet(path)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except polars.exceptions.PolarsError as error:
        raise DataError(f"{path}: not a Parquet file: {str(error).splitlines()[0]}") from error
    if LABEL not in table.columns:
        raise DataError(f"{path}: no column {LABEL!r}; there are {', '.join(table.columns[:8])}")
    features = table.drop(LABEL)
    wrong = [name for name, kind in features.schema.items() if not kind.is_integer()]
    if wrong:
        raise DataError(f"{path}: column {wrong[0]!r}: {features.schema[wrong[0]]} given, integers needed")
    labels, found = table[LABEL].to_list(), []
    for i, (label, x) in enumerate(zip(labels, features.iter_rows(), strict=True), 1):
        place = f"{path}, event {i}"
        if any(value is None for value in x):
            raise DataError(f"{place}: a feature is missing")
        try:
            known = None if label is None else model.label(label)
        except (ValueError, TypeError) as error:
            raise DataError(f"{place}: {error}") from error
        event = eventfile.event(place, f"event {i}", known, x)
        found.append(event)
    if not found:
        raise DataError(f"{path}: no events")
    return found


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
