# SPDX-License-Identifier: MIT
"""README's table of peers: what is measured, our figure, and the best peer of all with its name."""

from deeplomath.paths import ROOT

from . import table
from .peers import Deeplomath

README = ROOT / "README.md"
BEGIN, END = "<!-- bench-learning -->\n", "<!-- end -->\n"
NOT_MEASURED = "?"

# What a row says, and its lines: (part, set, setting, metric), "" for the mean of all sets.
ROWS = {
    "few shots, mean accuracy at 3 / 5 / 10 / 30 a class": [
        ("few shot", "", f"{shots} shots", "accuracy") for shots in (3, 5, 10, 30)
    ],
    "160 features, 5 of which tell something, at 5 / 10 a class": [
        ("informative", "", f"{shots} shots", "accuracy") for shots in (5, 10)
    ],
    "2 % spikes of full scale, 5 a class": [("spikes", "", "2 %, 5 shots", "accuracy")],
    "exponential tails, 5 a class": [("tails", "", "5 shots", "accuracy")],
    "taught class after class, 20 / 60 of each, 64 neurons": [
        ("class after class", "", f"{shots} of each", "accuracy") for shots in (20, 60)
    ],
    "5 / 20 % of 400 events named wrongly, 64 neurons": [
        ("label noise", "", f"{wrong} % wrong", "accuracy") for wrong in (5, 20)
    ],
    "half of the classes 20 times rarer, 64 neurons, balanced accuracy": [
        ("imbalance", "", "1:20", "balanced accuracy")
    ],
    "pen tablet, 800 events streamed into 128 / 64 neurons, next 1000": [
        ("stream", "penbased", f"800 events, {neurons} neurons", "next 1000") for neurons in (128, 64)
    ],
    "ImageSegments, each event answered first, then learned; 100 neurons, first 1500": [
        ("stream", "ImageSegments", "1500 events, 100 neurons", "prequential")
    ],
    "streams whose features move at once / by and by / to and fro, 64 neurons": [
        ("drifting stream", "", kind, "prequential") for kind in ("sudden", "gradual", "recurring")
    ],
    "streams in which half of the classes exchange names, 64 neurons": [
        ("drifting stream", "", "exchanged", "prequential")
    ],
    "telling unknown classes from known ones, AUROC at 5 / 20 shots": [
        ("open set", "", f"{shots} shots", "AUROC") for shots in (5, 20)
    ],
    "watch on the other arm, after 2 windows of each exercise": [("drift", "watch", "other arm", "after 2 a class")],
    "exercise never named, called unknown on the first arm / after the other arm": [
        ("known set", "watch", "demo", f"never-named unknown, {when}") for when in ("before", "after")
    ],
    "three gestures, 5 windows each: a board that lies still called unknown / gestures called unknown": [
        ("gestures", "", "5 windows", metric) for metric in ("still unknown", "gestures refused")
    ],
}
NOTE = """A star marks a peer that keeps every event, beside a budget of ours; then the best of the others follows. "Same bytes"
means the last events that fit into the RAM of our whole network, many times as many as it has neurons."""


def row(text, lines, groups):
    """A row of the table; groups: {line: Rows}, as table.grouped has them."""
    ours, peers = [], []
    for line in lines:
        rows = groups.get(line, [])
        mine = [row for row in rows if row.method == Deeplomath.name]
        ours.append(f"{table.summarise(mine).mean:.1f}" if mine else NOT_MEASURED)
        peers += [", ".join(named(rival, line[0]) for rival in table.best(rows))] if mine else [NOT_MEASURED]
    return f"| {text} | {' / '.join(ours)} | {' / '.join(filter(None, peers))} |"


def named(rival, part):
    star = "\\*" if part in table.BUDGETED and rival.method in table.KEEP_ALL else ""
    return f"{rival.mean:.1f} ({rival.method}{star})"


def text(rows):
    """The table as Markdown, a row for each of ROWS."""
    groups = table.grouped(rows)
    head = [
        "| accuracy in %, if nothing else is said | Deeplomath | best peer of all in the same run |",
        "| --- | --- | --- |",
    ]
    return "\n".join([*head, *(row(what, lines, groups) for what, lines in ROWS.items()), "", NOTE, ""])


def put(rows):
    """Puts the table into its place in README.md."""
    before, rest = README.read_text().split(BEGIN)
    README.write_text(before + BEGIN + text(rows) + END + rest.split(END, 1)[1])
