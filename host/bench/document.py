# SPDX-License-Identifier: MIT
"""The tables of peers in BENCHMARKS.md: what is measured, our figure, and the best peer of all with its name."""

from deeplomath.paths import ROOT

from . import table
from .peers import Deeplomath, Forest, SupportVectors

DOCUMENT = ROOT / "shared_spec" / "BENCHMARKS.md"
BEGIN, SIGNAL_BEGIN, END = "<!-- bench-learning -->\n", "<!-- bench-signal -->\n", "<!-- end -->\n"
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


# What a row of the table of signals says: (words, front-end), and its lines by column: accuracy, AUROC.
SIGNALS = {
    ("watch, people 1 to 6, 5 windows an exercise", "motion"): ("watch", "motion", "5 shots, d 31", ("accuracy",)),
    ("BasicMotions, 5 series a motion", "motion, 10 Hz"): ("motions", "BasicMotions", "5 shots, d 31", ("accuracy",)),
    ("10 words of one voice, 5 takes a word", "keywords"): ("words", "speech", "10 words, 5 shots", ("accuracy",)),
    ("16 words, 20 takes over 16 voices; 8 other voices", "keywords"): (
        *("words of other voices", "speech", "16 words, 20 shots"),
        ("accuracy",),
    ),
    ("the same, noise 3 to 12 dB below the words", "keywords"): (
        *("words in noise", "speech", "16 words, 20 shots"),
        ("accuracy",),
    ),
    ("bearing, 7 states, 5 windows a state: same load / other loads", "vibration"): (
        *("machine", "bearing", "7 states, 5 shots"),
        ("accuracy", "accuracy, other loads"),
    ),
}


def signal_text(rows):
    """The table of signals as Markdown: ours, RBF-SVM and forest, on the same features."""
    methods = Deeplomath.name, SupportVectors.name, Forest.name
    head = "| data | model | accuracy in %: Deeplomath | RBF-SVM | forest | AUROC of the unknown: Deeplomath | RBF-SVM | forest |"
    lines = [head, "| --- " * 8 + "|"]
    for (words, model), (part, one, setting, accuracies) in SIGNALS.items():
        cells = [words, model]
        for metrics in (accuracies, ("AUROC",)):
            for method in methods:
                cells.append(" / ".join(_mean(rows, part, one, setting, metric, method) for metric in metrics))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _mean(rows, part, one, setting, metric, method):
    found = [row for row in rows if row[:4] == (part, one, setting, method) and row.metric == metric]
    return f"{table.summarise(found).mean:.1f}" if found else NOT_MEASURED


def put(rows, signal=False):
    """Puts a table into its place in BENCHMARKS.md."""
    begin, content = (SIGNAL_BEGIN, signal_text(rows)) if signal else (BEGIN, text(rows))
    before, rest = DOCUMENT.read_text().split(begin)
    DOCUMENT.write_text(before + begin + content + END + rest.split(END, 1)[1])
