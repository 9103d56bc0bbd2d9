# SPDX-License-Identifier: MIT
"""The commands on logs: one replayed and proved, on the mirror or a board; many audited into one table."""

import glob
from pathlib import Path
from typing import Annotated

import typer

from .. import files, spec
from ..audit import survey
from ..audit.follow import follow
from ..audit.log import CUT, WHOLE, open_log
from ..audit.replay import Replay
from ..errors import DataError
from ..link.transport import BAUD
from ..text import escaped
from . import options, outputs, reaching, report, screen
from .told import console, reported

STATES = ".dlm"
LOGS = "*.mcap"
SHOWN = ("device", "state", "learned", "answered", "unknown_share", "accuracy", "false_reject", "drift", "corrections")
MOST_SHOWN = 40  # rows of a table on the screen

LogFile = Annotated[Path, typer.Argument(help="A log that `run --log` or Device(log=...) wrote.")]
Baud = Annotated[int, options.whole(1200, 12_000_000, help="Of a UART; of no meaning over USB.")]


@reported
def replay_command(
    log: LogFile,
    port: Annotated[
        str | None, typer.Option(help="A board, or `emulator`, that follows; by default the mirror alone.")
    ] = None,
    until: Annotated[int | None, options.whole(1, 2**32 - 1, help="The last request that is replayed.")] = None,
    to: Annotated[Path | None, typer.Option(help="Where the state of the network goes that it came to.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file, or lose the network on the board.")] = False,
    baud: Baud = BAUD,
):
    """Rebuilds the network of a log on the mirror and proves each digest, or names the first request that differs."""
    if to:
        outputs.check(to, force, log)
    opened = open_log(log)
    replay = Replay(opened)
    if port:
        with reaching.opened(port, baud) as (device, _), reaching.room_made(device, port, force):
            _walk(replay, until, lambda step: follow(step, device))
    else:
        _walk(replay, until)
    console.print(report.facts(_facts(opened, replay)))
    if to:
        if replay.twin.network is None:
            raise DataError(f"{log}: no network is known at its end, so there is no state for {to}")
        state = replay.twin.network.export()
        files.put(to, state)
        console.print(f"{to}: {len(state):,} bytes, digest {replay.twin.network.digest():08x}", soft_wrap=True)
    if opened.end not in (WHOLE, CUT):
        raise DataError(f"{log}: damaged {opened.damage}; all before it is proved")


@reported
def audit_command(
    logs: Annotated[list[str], typer.Argument(help="Folders, files, or patterns such as 'logs/*.mcap'.")],
    scheduler: Annotated[
        str | None, typer.Option(help="The address of a Dask cluster that sees the same files.")
    ] = None,
    jobs: Annotated[int | None, options.whole(1, 4096, help="Processes, by default one a core.")] = None,
    to: Annotated[Path | None, typer.Option(help="The table as a file: .parquet or .csv.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file.")] = False,
):
    """Replays many logs and proves them, into one table. A damaged log is a row; the status is 1 where one differs."""
    if to and to.suffix not in (".parquet", ".csv"):
        raise DataError(f"to: {to} given, a .parquet or .csv needed")
    paths, rows = found(logs), []
    if to:
        outputs.check(to, force, *paths)
    with screen.bar(console) as bar:
        task = bar.add_task("logs", total=len(paths))
        for row in survey.survey(paths, jobs, scheduler):
            rows.append(row)
            bar.update(task, advance=1)
    rows.sort(key=lambda it: it["file"])
    console.print(_table(rows))
    console.print(report.facts(_sums(rows)))
    if to:
        files.put(to, survey.written(rows, to.suffix))
        console.print(f"{to}: {len(rows)} rows", soft_wrap=True)
    first = next((it for it in rows if it["state"] == survey.DIFFERS), None)
    if first:
        said = f"{first['file']}, request {first['differs_at']}: board and mirror differ: {first['differs']}"
        console.print(said, style="bold red", soft_wrap=True)
        return 1
    return 0


def found(names):
    """The paths of all logs that folders, files and patterns name. DataError: one names none."""
    paths = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            there = sorted(path.rglob(LOGS))
        else:
            there = [path] if path.is_file() else sorted(Path(it) for it in glob.glob(name, recursive=True))
        if not there:
            raise DataError(f"{name}: no log there")
        paths += there
    return list(dict.fromkeys(paths))


def _walk(replay, until, do=lambda step: None):
    """Walks a replay, and shows how far it is."""
    with screen.bar(console) as bar:
        task = bar.add_task("requests", total=None)
        for step in replay.steps(until):
            do(step)
            bar.update(task, completed=step.record.number)


def _facts(opened, replay):
    """(name, text) pairs on a log that was replayed."""
    session = opened.session
    pairs = [("log", f"{escaped(opened.device) or 'no board answered'}; began {session['began']}, {session['port']}")]
    digest = "" if replay.digest is None else f", the last {replay.digest:08x}"
    pairs += [("proved", f"{replay.proved} digests and {replay.compared} results equal{digest}")]
    if replay.unproved:
        pairs += [("not proved", "; ".join(f"{words}: {count}" for words, count in replay.unproved.items()))]
    if opened.damage:
        pairs += [(opened.end, opened.damage)]
    if replay.twin.network is not None:
        info = replay.twin.network.info()
        pairs += [("network", f"{info.neurons} events kept of {info.clock} learned, depth {info.depth}")]
    return pairs


def _table(rows):
    """The table of the rows, the first of them: those that differ or cannot be read lead."""
    worst = {survey.DIFFERS: 0, survey.UNREADABLE: 1}
    ordered = sorted(rows, key=lambda it: worst.get(it["state"], 2))
    table = report.columns("log", *(name.replace("_", " ") for name in SHOWN))
    for it in ordered[:MOST_SHOWN]:
        table.add_row(escaped(Path(it["file"]).name), *(_cell(it[name]) for name in SHOWN))
    if len(rows) > MOST_SHOWN:
        table.caption = f"{len(rows) - MOST_SHOWN} more; --to keeps all"
    return table


def _cell(value):
    if value is None:
        return ""
    return f"{value:.1%}" if isinstance(value, float) else escaped(value)


def _sums(rows):
    """(name, text) pairs on all rows."""
    states = {}
    for it in rows:
        states[it["state"]] = states.get(it["state"], 0) + 1
    total = {name: sum(it[name] or 0 for it in rows) for name in ("requests", "learned", "answered", "proofs")}
    pairs = [("logs", f"{len(rows)}: " + ", ".join(f"{count} {state}" for state, count in sorted(states.items())))]
    words = ", ".join(f"{value:,} {name}" for name, value in total.items())
    return [*pairs, ("in all", f"{words}; arithmetic of version {spec.VERSION_SPEC}")]


def register(app):
    """Adds the commands to the app."""
    app.command("replay")(replay_command)
    app.command("audit")(audit_command)
