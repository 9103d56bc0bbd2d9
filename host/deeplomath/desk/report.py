# SPDX-License-Identifier: MIT
"""What demo and check show as text: the demo as it goes, its table, and a mismatch with all that is known of it."""

import itertools
import statistics

from rich import box
from rich.console import Group
from rich.progress import BarColumn, TextColumn
from rich.table import Table
from rich.text import Text

from ..results import Verdict
from ..text import escaped
from . import data, demo, screen

# One mark an answer: (mark, meaning, style). The shapes differ, so that nothing hangs on colour.
RIGHT = "●", "right", "green"
UNCERTAIN = "◐", "right, uncertain", "yellow"
UNKNOWN = "○", "unknown", "cyan"
WRONG = "✗", "taken for another", "red"
MARKS = RIGHT, UNCERTAIN, UNKNOWN, WRONG

ROWS = (  # a name, and (scene, part, what) of demo.scores
    ("(b) five named: right", ("b", "known", "right")),
    ("    confidence, mean", ("b", "known", "confidence")),
    ("    wrongly unknown", ("b", "known", "unknown")),
    ("(c) two never named: unknown", ("c", "both", "unknown")),
    ("(d) sixth, out of the unknowns: right", ("d", "late", "right")),
    ("    seventh, never named: unknown", ("d", "never", "unknown")),
    ("    first five again: right", ("d", "known", "right")),
    (f"(e) {data.EXERCISES[demo.MISTAKEN]}: right", ("e", "before", "right")),
    ("    one window misnamed: right", ("e", "mistaken", "right")),
    ("    undone: right", ("e", "undone", "right")),
    ("(f) the six on the other arm: right", ("f", "before", "right")),
    ("    confidence, mean", ("f", "before", "confidence")),
    ("    unknown", ("f", "before", "unknown")),
    (f"    {demo.OTHER_SHOTS} windows of each named: right", ("f", "after", "right")),
    ("    confidence, mean", ("f", "after", "confidence")),
    ("    unknown", ("f", "after", "unknown")),
    ("    the first arm again: right", ("f", "own", "right")),
    ("    seventh, never named: unknown", ("f", "never", "unknown")),
)


PARTS = {  # of a scene, said before its first line
    ("f", "before"): "the other arm, as it is:",
    ("f", "own"): "the first arm again:",
}
TIMED = ("event learned", "learn"), ("event inferred", "infer"), ("window's features", "features")


class Narrator:
    """Prints the demo while it runs, a line for every few steps; on a terminal a bar below them moves. Use in a `with`."""

    def __init__(self, console):
        self.console = console
        self.bar = screen.bar(
            console,
            TextColumn("  {task.description:20}"),
            BarColumn(24),
            TextColumn("{task.completed}/{task.total} steps, digests equal"),
        )
        self.scene = self.part = None
        self.line, self.story, self.digests = [], [], []

    def __enter__(self):
        self.bar.start()
        return self

    def __exit__(self, *_):
        self.bar.stop()

    def begin(self, lockstep, steps):
        """The board is configured, the steps are known."""
        sizes = ", ".join(f"{value} {name}" for name, value in lockstep.config.items())
        self.console.print(facts([("network", f"{sizes}: one buffer of {lockstep.footprint:,} bytes")]))
        self.console.print()
        self.console.print(Text("  ").join(Text(f"{sign} {meaning}", style) for sign, meaning, style in MARKS))
        self.console.print("sure: the mean confidence that the class is right, as the kernel puts it")
        lines = [list(line) for _, line in itertools.groupby(steps, _line)]
        self.marks_width = max(len(line) for line in lines if line[0].act == "infer")
        self.line_ends = [i == len(line) for line in lines for i in range(1, len(line) + 1)]
        self.task = self.bar.add_task("", total=len(steps))

    def played(self, lockstep, played):
        """One step more."""
        step = played.step
        if step.scene != self.scene:
            self.scene = step.scene
            self.console.print(f"\n({step.scene}) {demo.SCENES[step.scene]}", style="bold")
        self.bar.update(self.task, advance=1, description=data.EXERCISES[step.exercise])
        self.line.append(played)
        self.story.append(played)
        if self.line_ends[len(self.story) - 1]:
            self._print_part((step.scene, step.part))
            self.console.print(
                _answered(self.line, self.marks_width) if step.act == "infer" else self._changed(lockstep)
            )
            self.line = []

    def _print_part(self, part):
        if part != self.part and part in PARTS:
            self.console.print(f"  {PARTS[part]}")
        self.part = part

    def _changed(self, lockstep):
        """What was done to the network, and what it is now."""
        played = self.line[-1]
        what = _done(played)
        if played.step.act == "undo":
            what = f"undone, {'the digest of before' if lockstep.digest == self.digests[-2] else 'but another digest'}:"
        self.digests.append(lockstep.digest)
        info = lockstep.mirror.info()
        size = f"{info.neurons:2} neurons of {taught(self.story):2} taught, depth {info.depth}"
        return Text(f"  {what:32} {size}, {lockstep.digest:08x}")


def mark(played):
    """The (mark, meaning, style) of an answer; unknown is only that, whichever class was nearest."""
    if played.result.verdict == Verdict.UNKNOWN:
        return UNKNOWN
    if played.result.label != played.step.exercise:
        return WRONG
    return RIGHT if played.result.verdict == Verdict.KNOWN else UNCERTAIN


def facts(pairs):
    """(name, text) pairs as a grid that wraps within its own column."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", min_width=8)
    grid.add_column()
    for pair in pairs:
        grid.add_row(*map(str, pair))
    return grid


def results(story, mean, arm, false_reject_permille):
    """The table of what was recognised: this arm, played on the board, beside the mean of all arms, on the mirror.

    story: list of demo.Played; mean: demo.mean_scores; arm: its name.
    """
    table = _table("", arm, f"mean of {len(demo.ARMS)} arms")
    own = demo.scores(story)
    for name, key in ROWS:
        hits, of = own[key]
        counted = "" if key[2] == "confidence" else f"{hits} of {of}  "
        table.add_row(name, f"{counted}{hits / of:6.1%}", f"{mean[key]:.1%}")
    note = (
        f"Right: the class answered is, whatever the verdict. Confidence: the kernel's own estimate of that, good where "
        f"it is as high as the share that is right. Mean: people 1 to 6, either arm first, the same scenes on the mirror "
        f"alone. Wrongly unknown: {false_reject_permille / 10:.1f}% is the rate asked of the kernel."
    )
    return Group(table, Text(note))


def costs(lockstep, story, info, state, ticks, heap, seconds):
    """The table of what it took on the board.

    story: list of demo.Played; info: Info at the end; state: the exported bytes; ticks: their unit; heap: bytes free
    (before, after) configuring, or None; seconds: of the whole demo.
    """
    table = _table("on the board", "", show_header=False)
    n_taught, n_evicted = taught(story), evicted(story)
    n_absorbed = n_taught - n_evicted - info.neurons
    table.add_row("events taught", f"{n_taught}: {n_absorbed} absorbed, {n_evicted} evicted")
    table.add_row("neurons, depth found", f"{info.neurons} of {info.events}, {info.depth}")
    table.add_row("buffer of the network", f"{lockstep.footprint:,} bytes")
    if heap:
        table.add_row("heap taken, all included", f"{heap[0] - heap[1]:,} of {heap[0]:,} bytes")
    for name, kind in TIMED:
        spent = lockstep.ticks[kind]
        table.add_row(f"{ticks} per {name}", f"median {statistics.median(spent):,.0f}, most {max(spent):,}")
    table.add_row("state exported, rebuilt on the host", f"{len(state):,} bytes, digest {lockstep.digest:08x}")
    table.add_row("time of all this", f"{seconds:.0f} s")
    table.add_row("steps checked", f"{len(story)}", style="bold")
    table.add_row("results and digests compared", f"{lockstep.comparisons:,}")
    table.add_row("mismatches", "0", style="bold")
    return table


def mismatch(error):
    """All that a Mismatch knows."""
    table = _table("", "board", "mirror", "")
    for name, board, mirror in error.rows:
        differs, style = ("differs", "bold red") if str(board) != str(mirror) else ("", None)
        table.add_row(name, escaped(board), escaped(mirror), differs, style=style)
    words = f"Event {error.event}, {error.request}: the board and the mirror differ."
    parts = [Text(escaped(words), "bold red"), table]
    parts += [Text(escaped(finding)) for finding in error.findings]
    if error.before:
        parts += [Text("Before it:"), *(Text(escaped(f"  {request}")) for request in error.before)]
    return Group(*parts)


def _table(first, *others, **options):
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, **options)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def taught(story):
    """Events that a list of demo.Played taught and did not undo."""
    return len(demo.lessons(story))


def evicted(story):
    """Events that had to go for others."""
    return sum(getattr(played.result, "evicted", -1) >= 0 for played in story)


def _line(step):
    """Steps in a row of which this is the same share a line."""
    if step.act == "infer":
        return step.scene, step.part, None if step.scene == "a" else step.exercise
    return step.scene, step.act, step.window


def _done(played):
    """What a step that is no question did."""
    scene, _, act, _, exercise, window, label = played.step
    if act == "undo":
        return "undone:"
    if act == "name":
        return f"{len(played.x) or 'no'} unknowns, {data.EXERCISES[label]}:"
    if label != exercise:
        return f"{data.EXERCISES[exercise]}, {data.EXERCISES[label]}:"
    return f"named, round {window + 1}:" if scene == "b" else f"both arms, round {window + 1}:"


def _answered(line, marks_width):
    """`name  marks  n: right, unknown, mean confidence` of answers in a row."""
    step = line[0].step
    name = "one window of each" if step.scene == "a" else data.EXERCISES[step.exercise]
    marks = Text().join(Text(sign, style) for sign, _, style in map(mark, line))
    marks.pad_right(max(0, marks_width - len(line)))
    n_unknown = sum(played.result.verdict == Verdict.UNKNOWN for played in line)
    n_right = sum(played.result.label == played.step.exercise for played in line)
    never_named = step.scene in "ac" or step.exercise == demo.NEVER
    right = "" if never_named else f"{n_right} right, "
    confidence = statistics.mean(played.result.confidence for played in line) / 65536
    sure = "" if never_named else f", {confidence:.0%} sure"
    return Text(f"  {name:19} ") + marks + Text(f" {len(line):2}: {right}{n_unknown} unknown{sure}")
