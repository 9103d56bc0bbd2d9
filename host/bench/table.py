# SPDX-License-Identifier: MIT
"""What is shown of the Rows: one table and its CSV, the targets with yes or no, and a picture."""

import csv
import tomllib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from rich.table import Table

from .parts import Row
from .peers import BATCH, STREAM, Deeplomath

METHODS = list(dict.fromkeys(method.name for method in (Deeplomath, *BATCH, *STREAM)))
PARTS = ("few shot", "class incremental", "open set", "false reject", "stream", "drift", "corrections")  # as shown
BY_SET = ("stream", "false reject")  # parts whose sets stand in lines of their own, as the watch does everywhere
DIGITS = {"bytes": 0, "corrections": 0}


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
    grouped = {}
    for row in rows:
        if not row.metric.startswith("at ") or row.metric == "at the end":
            grouped.setdefault(line_of(row), {}).setdefault(row.method, []).append(row)
    return {line: {method: summarise(group) for method, group in groups.items()} for line, groups in grouped.items()}


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


# Targets


class Verdict(NamedTuple):
    text: str
    target: str
    reached: str
    met: bool | None  # None: not measured in this run


def targets():
    return tomllib.loads((Path(__file__).parent / "targets.toml").read_text())["target"]


def judge(target, rows):
    """The Verdict on one target of targets.toml."""
    part, one, setting, metric = target["rows"]
    rows = [r for r in rows if (r.part, r.setting, r.metric) == (part, setting, metric) and one in ("", r.set)]
    rows = [r for r in rows if r.set != target.get("without")]
    if not rows:
        return Verdict(target["text"], wanted(target), "", None)
    if "by" in target:
        return compared(target, rows)
    ours = [r for r in rows if r.method == Deeplomath.name]
    if target.get("each"):
        values = {
            name: summarise([r for r in ours if r.set == name]).mean for name in dict.fromkeys(r.set for r in ours)
        }
        reached = " ".join(f"{name} {value:.1f}" for name, value in values.items())
    else:
        values = {"": summarise(ours).mean}
        reached = f"{values['']:.1f}"
    met = all(target["least"] <= value <= target.get("most", 100) for value in values.values())
    return Verdict(target["text"], wanted(target), reached, met)


def wanted(target):
    if "by" in target:
        return f"{'>' if target['by'] == 0 else '>='} {target['by']:g}"
    return f"{target['least']:g} to {target['most']:g}" if "most" in target else f">= {target['least']:g}"


def compared(target, rows):
    means = {m: summarise([r for r in rows if r.method == m]).mean for m in dict.fromkeys(r.method for r in rows)}
    sign = -1 if target.get("lower_is_better") else 1
    ours = means.pop(Deeplomath.name)
    peer = target["than"] or max(means, key=lambda method: sign * means[method])
    ahead = sign * (ours - means[peer])
    met = ahead >= target["by"] if target["by"] else ahead > 0
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


def write(folder, rows, summarised, verdicts):
    """rows.csv (every number of every draw), table.csv (what is shown), targets.csv; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    flat = [(*line, method, *summary) for line, methods in summarised.items() for method, summary in methods.items()]
    head = ("part", "set", "setting", "metric", "method", *Summary._fields)
    files = {"rows": (Row._fields, rows), "table": (head, flat), "targets": (Verdict._fields, verdicts)}
    for name, (header, content) in files.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *content])
    return [folder / f"{name}.csv" for name in files]
