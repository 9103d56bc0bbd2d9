# SPDX-License-Identifier: MIT
"""The commands on logs: one replayed and proved, on the mirror or a board; many audited into one table."""

import glob
from pathlib import Path
from typing import Annotated

import typer

from .. import files, spec
from ..audit import survey
from ..audit.follow import follow
from ..audit.log import CUT, DAMAGED, open_log
from ..audit.replay import Replay
from ..errors import DataError
from ..link.transport import BAUD
from ..text import escaped
from . import options, outputs, reaching, report, screen
from .told import console, reported

STATES = ".dlm"
LOGS = "*.mcap"
SHOWN = ("device", "state", "learned", "answered", "unknown_share", "accuracy", "false_reject", "drift", "corrections")
ONLY_WIDE = "device", "false_reject", "drift", "corrections"  # where a terminal has WIDE characters a line
WIDE = 110
MOST_SHOWN = 40  # rows of a table on the screen
WORST = survey.DIFFERS, survey.UNREADABLE, DAMAGED, CUT  # what leads

LogFile = Annotated[Path, typer.Argument(help="A log that `run --log` or Device(log=...) wrote.")]


@reported
def replay_command(
    log: LogFile,
    port: Annotated[
        str | None, typer.Option(help="A board, or `emulator`, that follows; by default the mirror alone.")
    ] = None,
    until: Annotated[int | None, options.whole(1, 2**32 - 1, help="The last request that is replayed.")] = None,
    to: Annotated[Path | None, typer.Option(help="Where the state of the network goes that it came to.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file, or lose the network on the board.")] = False,
    baud: options.Baud = BAUD,
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
    if opened.end == DAMAGED:
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
    rows.sort(key=lambda it: WORST.index(it["state"]) if it["state"] in WORST else len(WORST))
    console.print(_table(rows))
    _say_what_is_wrong(rows)
    console.print(report.facts(_sums(rows)))
    if to:
        files.put(to, survey.written(rows, to.suffix))
        console.print(f"{to}: {len(rows)} rows", soft_wrap=True)
    differing = any(it["state"] == survey.DIFFERS for it in rows)
    if not differing and all(it["state"] == survey.UNREADABLE for it in rows):
        raise DataError(f"logs: {len(rows)} given, none of which can be read")
    return 1 if differing else 0


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
    """The table of the first of the rows; no text in it is cut."""
    names = SHOWN if console.width >= WIDE else [name for name in SHOWN if name not in ONLY_WIDE]
    table = report.columns("log", *(name.replace("_", " ") for name in names))
    for column in table.columns:
        column.overflow = "fold"
    for it in rows[:MOST_SHOWN]:
        table.add_row(escaped(Path(it["file"]).name), *(_cell(it[name]) for name in names))
    if len(rows) > MOST_SHOWN:
        table.caption = f"{len(rows) - MOST_SHOWN} more; --to keeps all"
    return table


def _say_what_is_wrong(rows):
    """A line for each of the first logs that differ, are damaged or were cut: what it is, whole."""
    wrong = [it for it in rows if it["differs"] or it["words"]]
    for it in wrong[:MOST_SHOWN]:
        if it["differs"]:
            said = f"{it['file']}, request {it['differs_at']}: board and mirror differ: {it['differs']}"
            console.print(said, style="bold red", soft_wrap=True)
        else:
            words = it["words"].removeprefix(f"{it['file']}: ")
            console.print(f"{it['file']}: {it['state']}: {words}", soft_wrap=True)
    if len(wrong) > MOST_SHOWN:
        console.print(f"{len(wrong) - MOST_SHOWN} more of these; --to keeps all", soft_wrap=True)


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
