# SPDX-License-Identifier: MIT
"""What is shown of the Rows: one table and its CSV, the targets with yes or no, and a picture."""

import csv
import tomllib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.table import Table

from .parts.common import Row
from .peers import ALL, BATCH, Deeplomath

METHODS = list(dict.fromkeys(method.name for method in (Deeplomath, *BATCH, *ALL)))
KEEP_ALL = {method.name for method in ALL if method.keeps_all}
PARTS = (  # as shown
    *("few shot", "class incremental", "informative", "spikes", "tails", "class after class", "label noise"),
    *("imbalance", "open set", "false reject", "known set", "gestures", "stream", "drifting stream", "drift"),
    "corrections",
)
SIGNAL_PARTS = "watch", "motions", "words", "words of other voices", "words in noise", "machine"
BY_SET = ("stream", "false reject")  # parts whose sets stand in lines of their own, as the watch does everywhere
DIGITS = {"bytes": 0, "corrections": 0}
LESS_IS_BETTER = {
    *("bytes", "corrections", "FPR at 95 %", "refused, before", "refused, after", "refused, first arm after"),
    "gestures refused",
}
# Parts in which ours and some peers have a budget that others have not: they keep every event.
BUDGETED = {"class after class", "label noise", "imbalance", "stream", "corrections"}
UNJUDGED = {"bytes", "reached", "realised"}  # metrics by which no method is better than another


class Summary(NamedTuple):
    """Over the sets of a line, the mean of the draws and their standard deviation (nan for one draw)."""

    mean: float
    spread: float
    sets: int
    draws: int


def summarise(rows):
    """A Summary of the rows of one line and one method: sets are averaged first, then draws."""
    draws = sorted({row.draw for row in rows})
    means = [np.mean([row.value for row in rows if row.draw == draw]) for draw in draws]
    spread = np.std(means, ddof=1) if len(means) > 1 else np.nan
    return Summary(float(np.mean(means)), float(spread), len({row.set for row in rows}), len(draws))


def line_of(row):
    """The line (part, sets, setting, metric) that a row belongs to."""
    alone = row.part in BY_SET or row.set == "watch" and row.part != "few shot"
    return row.part, row.set if alone else "", row.setting, row.metric


def lines(rows):
    """{line: {method: Summary}} in the order of the rows, without the points of the curves."""
    found = {}
    for line, group in grouped(rows).items():
        methods = dict.fromkeys(row.method for row in group)
        found[line] = {method: summarise([row for row in group if row.method == method]) for method in methods}
    return found


class Rival(NamedTuple):
    """A peer on a line beside ours: its mean, by how much ours is better, and the standard error of that, of `pairs` pairs.

    A pair is a set and a draw that both have; the error is nan for one pair.
    """

    method: str
    mean: float
    ahead: float
    error: float
    pairs: int


def rivals(rows):
    """The Rivals of the rows of one line, the best first; [] if ours is not in it, or its metric does not judge."""
    by_method = {}
    for row in rows:
        by_method.setdefault(row.method, {})[row.set, row.draw] = row
    ours = by_method.pop(Deeplomath.name, {})
    sign = -1 if rows[0].metric in LESS_IS_BETTER else 1
    found = []
    for method, theirs in by_method.items():
        ahead = [sign * (ours[pair].value - row.value) for pair, row in theirs.items() if pair in ours]
        if ahead and rows[0].metric not in UNJUDGED:
            error = np.std(ahead, ddof=1) / np.sqrt(len(ahead)) if len(ahead) > 1 else np.nan
            mean = summarise(list(theirs.values())).mean
            found.append(Rival(method, mean, float(np.mean(ahead)), float(error), len(ahead)))
    return sorted(found, key=lambda rival: -sign * rival.mean)


def best(rows):
    """Of the rivals of a line the best; in a part with a budget also the best that does not keep every event, if another."""
    found = rivals(rows)
    bounded = [rival for rival in found if rival.method not in KEEP_ALL] if rows[0].part in BUDGETED else []
    return list(dict.fromkeys([*found[:1], *bounded[:1]]))


def grouped(rows):
    """{line: its rows} in the order of the rows, without the points of the curves."""
    groups = {}
    for row in rows:
        if not row.metric.startswith("at ") or row.metric == "at the end":
            groups.setdefault(line_of(row), []).append(row)
    return groups


def text(summary, metric):
    if summary is None:
        return ""
    if metric == "bytes":
        return f"{summary.mean / 1024:.1f}"
    digits = DIGITS.get(metric, 1)
    spread = "" if np.isnan(summary.spread) else f"±{summary.spread:.{digits}f}"
    return f"{summary.mean:.{digits}f}{spread}"


def shown(summarised, title):
    """The rich Table: a line for each part, set, setting and metric, a column for each method."""
    used = [method for method in METHODS if any(method in methods for methods in summarised.values())]
    table = Table(title=title, box=None, padding=(0, 1, 0, 0), title_justify="left", title_style="bold")
    table.add_column("part, setting, metric (sets x draws)", no_wrap=True)
    for method in used:
        table.add_column(
            method.replace(" ", "\n"), justify="right", no_wrap=True, style="bold" * (method == Deeplomath.name)
        )
    last = None
    for (part, one, setting, metric), methods in summarised.items():
        first = next(iter(methods.values()))
        if part != last:
            table.add_section()
            table.add_row(part, style="cyan")
        last = part
        unit = "KB" if metric == "bytes" else metric
        label = f"  {one + ', ' if one else ''}{setting}: {unit} ({first.sets}x{first.draws})"
        table.add_row(label, *(text(methods.get(method), metric) for method in used))
    return table


def compared(rows, title):
    """The rich Table of the lines in which peers stand beside ours: the best, and the best that does not keep every event."""
    table = Table(title=title, box=None, padding=(0, 2, 0, 0), title_justify="left", title_style="bold")
    for name in ("part, setting, metric", "ours", "best peer of all", "ahead", "best that does not keep all", "ahead"):
        table.add_column(name, no_wrap=True)
    for (part, one, setting, metric), group in grouped(rows).items():
        if found := best(group):
            ours = summarise([row for row in group if row.method == Deeplomath.name]).mean
            cells = [(f"{r.mean:.1f} {r.method}", f"{r.ahead:+.1f}±{r.error:.1f} ({r.pairs})") for r in found]
            label = f"{part}, {one + ', ' if one else ''}{setting}: {metric}"
            table.add_row(label, f"{ours:.1f}", *(cell for pair in cells for cell in pair))
    return table


# Targets


class Verdict(NamedTuple):
    text: str
    target: str
    reached: str
    met: bool | None  # None: not measured in this run


def targets(name="targets"):
    """The targets of a file beside this one."""
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text())["target"]


def judge(target, rows):
    """The Verdict on one target of targets.toml."""
    part, one, setting, metric = target["rows"]
    rows = [r for r in rows if (r.part, r.setting, r.metric) == (part, setting, metric) and one in ("", r.set)]
    rows = [r for r in rows if r.set != target.get("without")]
    ours = [r for r in rows if r.method == Deeplomath.name]
    if not ours:
        return Verdict(target["text"], wanted(target), "", None)
    if "by" in target:
        return against(target, rows)
    if target.get("each"):
        values = {
            name: summarise([r for r in ours if r.set == name]).mean for name in dict.fromkeys(r.set for r in ours)
        }
        reached = " ".join(f"{name} {value:.1f}" for name, value in values.items())
    else:
        values = {"": summarise(ours).mean}
        reached = f"{values['']:.1f}"
    met = all(target.get("least", 0) <= value <= target.get("most", 100) for value in values.values())
    return Verdict(target["text"], wanted(target), reached, met)


def wanted(target):
    if "by" in target:
        return f"{'>' if target['by'] == 0 else '>='} {target['by']:g}"
    if "least" not in target:
        return f"<= {target['most']:g}"
    return f"{target['least']:g} to {target['most']:g}" if "most" in target else f">= {target['least']:g}"


def against(target, rows):
    """The Verdict on ours beside one peer or the best of some; not measured if none of them was."""
    means = {m: summarise([r for r in rows if r.method == m]).mean for m in dict.fromkeys(r.method for r in rows)}
    sign, than = -1 if target["rows"][3] in LESS_IS_BETTER else 1, target["than"]
    ours = means.pop(Deeplomath.name)
    candidates = [method for method in means if than in ("", method)]
    if not candidates:
        return Verdict(target["text"], wanted(target), "", None)
    peer = max(candidates, key=lambda method: sign * means[method])
    ahead = sign * (ours - means[peer])
    met = ahead >= target["by"] if target["by"] else ahead > 0 or ours == means[peer] == 100
    return Verdict(target["text"], wanted(target), f"{ahead:+.1f}: {ours:.1f}, {peer} {means[peer]:.1f}", met)


def judged(verdicts, title):
    table = Table(title=title, box=None, padding=(0, 2, 0, 0), title_justify="left", title_style="bold")
    for name in ("what it must show", "target", "reached", ""):
        table.add_column(name, overflow="fold")
    for verdict in verdicts:
        met = {True: "[green]yes", False: "[red]no", None: "not run"}[verdict.met]
        table.add_row(verdict.text, verdict.target, verdict.reached, met)
    return table


# Files


def read(folder):
    """The Rows of folder/rows.csv, as write left them; [] if there is none."""
    file = folder / "rows.csv"
    if not file.exists():
        return []
    with file.open(newline="") as stream:
        return [Row(**row | {"draw": int(row["draw"]), "value": float(row["value"])}) for row in csv.DictReader(stream)]


def joined(before, measured):
    """Rows in the order of PARTS: those measured, and of before those of a part and method that were not measured now."""
    again = {(row.part, row.method) for row in measured}
    rows = [row for row in before if (row.part, row.method) not in again] + measured
    return sorted(rows, key=lambda row: (*PARTS, *SIGNAL_PARTS).index(row.part))


def write(folder, rows, goals=()):
    """rows.csv (every number of every draw), table.csv (what is shown), rivals.csv, targets.csv; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    flat = [(*line, method, *summary) for line, methods in lines(rows).items() for method, summary in methods.items()]
    head = ("part", "set", "setting", "metric", "method", *Summary._fields)
    beside = [(*line, *rival) for line, group in grouped(rows).items() for rival in rivals(group)]
    files = {
        "rows": (Row._fields, rows),
        "table": (head, flat),
        "rivals": ((*head[:4], *Rival._fields), beside),
        "targets": (Verdict._fields, [judge(target, rows) for target in goals or targets()]),
    }
    for name, (header, content) in files.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *content])
    return [folder / f"{name}.csv" for name in files]
