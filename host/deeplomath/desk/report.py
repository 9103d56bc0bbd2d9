# SPDX-License-Identifier: MIT
"""What demo and check show as text: the demo as it goes, its table, and a mismatch with all that is known of it."""

import statistics

from rich import box
from rich.console import Group
from rich.progress import BarColumn, TextColumn
from rich.table import Table
from rich.text import Text

from ..results import Verdict
from ..text import escaped
from . import demo, screen

# One mark an answer: (mark, meaning, style). The shapes differ, so that nothing hangs on colour.
RIGHT = "●", "right", "green"
UNCERTAIN = "◐", "right, uncertain", "yellow"
UNKNOWN = "○", "unknown", "cyan"
WRONG = "✗", "taken for another", "red"
MISSED = "-", "missed", "magenta"
MARKS = RIGHT, UNCERTAIN, UNKNOWN, WRONG  # what is always explained; a missed one is said in words

TIMED = ("event learned", "learn"), ("event inferred", "infer"), ("event's samples, front-end", "features")


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
        self.line, self.told, self.digests = [], [], []

    def __enter__(self):
        self.bar.start()
        return self

    def __exit__(self, *_):
        self.bar.stop()

    def begin(self, lockstep, story):
        """The board is configured, the story is known."""
        self.story = story
        sizes = ", ".join(f"{value} {name}" for name, value in lockstep.config.items() if value is not False)
        self.console.print(facts([("network", f"{sizes}: one buffer of {lockstep.footprint:,} bytes")]))
        self.console.print()
        self.console.print(Text("  ").join(Text(f"{sign} {meaning}", style) for sign, meaning, style in MARKS))
        self.console.print("sure: the mean confidence that the class is right, as the kernel puts it")
        lines = _lines(story.steps)
        self.marks_width = max(len(line) for line in lines if line[0].act == "infer")
        self.line_ends = [i == len(line) for line in lines for i in range(1, len(line) + 1)]
        self.task = self.bar.add_task("", total=len(story.steps))

    def played(self, lockstep, played):
        """One step more."""
        step = played.step
        if step.scene != self.scene:
            self.scene = step.scene
            self.console.print(f"\n({step.scene}) {self.story.scenes[step.scene]}", style="bold")
        self.bar.update(self.task, advance=1, description=self.story.names[step.truth])
        self.line.append(played)
        self.told.append(played)
        if self.line_ends[len(self.told) - 1]:
            self._print_part((step.scene, step.part))
            self.console.print(self._answered() if step.act == "infer" else self._changed(lockstep))
            self.line = []

    def _print_part(self, part):
        if part != self.part and part in self.story.parts:
            self.console.print(f"  {self.story.parts[part]}")
        self.part = part

    def _answered(self):
        """`name  marks  n: right, unknown, mean confidence` of answers in a row."""
        step, line = self.line[0].step, self.line
        name = f"one {self.story.one} of each" if step.part == "all" else self.story.names[step.truth]
        marks = Text().join(Text(sign, style) for sign, _, style in map(mark, line))
        marks.pad_right(max(0, self.marks_width - len(line)))
        results = [played.result for played in line if played.result]
        n_unknown = sum(result.verdict == Verdict.UNKNOWN for result in results)
        n_right = sum(result.label == step.truth for result in results)
        named = step.part != "all" and step.truth in {label for _, label in demo.lessons(self.told)}
        right, missed = f"{n_right} right, " if named else "", len(line) - len(results)
        words = f" {len(line):2}: {right}{n_unknown} unknown" + (f", {missed} missed" if missed else "")
        sure = (
            f", {sum(result.confidence for result in results) / 65536 / len(results):.0%} sure"
            if named and results
            else ""
        )
        return Text(f"  {name:19} ") + marks + Text(words + sure)

    def _changed(self, lockstep):
        """What was done to the network, and what it is now."""
        played = self.line[-1]
        what = _done(self.story, self.line)
        if played.step.act == "undo":
            what = f"undone, {'the digest of before' if lockstep.digest == self.digests[-2] else 'but another digest'}:"
        self.digests.append(lockstep.digest)
        info = lockstep.mirror.info()
        size = f"{info.neurons:2} neurons of {taught(self.told):2} taught, depth {info.depth}"
        return Text(f"  {what:32} {size}, {lockstep.digest:08x}")


def mark(played):
    """The (mark, meaning, style) of an answer; unknown is only that, whichever class was nearest."""
    if not played.result:
        return MISSED
    if played.result.verdict == Verdict.UNKNOWN:
        return UNKNOWN
    if played.result.label != played.step.truth:
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


def results(story, told, false_reject_permille):
    """The table of what was recognised, as played on the board; where the story has a mean, that beside it."""
    words, shares = ("", None) if story.mean is None else (story.mean[0], story.mean[1]())
    table = columns("", story.subject, *([words] if words else []))
    own = demo.scores(story, told)
    for name, key in story.rows:
        hits, of = own[key]
        counted = "" if key[2] == "confidence" else f"{hits} of {of}  "
        table.add_row(name, f"{counted}{hits / of:6.1%}", *([f"{shares[key]:.1%}"] if words else []))
    missed = sum(hits for (_, _, what), (hits, _) in own.items() if what == "missed")
    heard = f"{missed} made no event at all: they count as not right. " if missed else ""
    note = (
        f"Right: the class answered is, whatever the verdict. Confidence: the kernel's own estimate of that, good where "
        f"it is as high as the share that is right. Wrongly unknown: {false_reject_permille / 10:.1f}% is the rate asked "
        f"of the kernel. {heard}{story.note}"
    )
    return Group(table, Text(note))


def costs(lockstep, told, info, state, ticks, heap, seconds):
    """The table of what it took on the board.

    told: list of demo.Played; info: Info at the end; state: the exported bytes; ticks: their unit; heap: bytes free
    (before, after) configuring, or None; seconds: of the whole demo.
    """
    table = columns("on the board", "", show_header=False)
    n_taught, n_evicted = taught(told), evicted(told)
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
    table.add_row("steps checked", f"{len(told)}", style="bold")
    table.add_row("results and digests compared", f"{lockstep.comparisons:,}")
    table.add_row("mismatches", "0", style="bold")
    return table


def mismatch(error):
    """All that a Mismatch knows."""
    table = columns("", "board", "mirror", "")
    for name, board, mirror in error.rows:
        differs, style = ("differs", "bold red") if str(board) != str(mirror) else ("", None)
        table.add_row(name, escaped(board), escaped(mirror), differs, style=style)
    words = f"Event {error.event}, {error.request}: the board and the mirror differ."
    parts = [Text(escaped(words), "bold red"), table]
    parts += [Text(escaped(finding)) for finding in error.findings]
    if error.before:
        parts += [Text("Before it:"), *(Text(escaped(f"  {request}")) for request in error.before)]
    return Group(*parts)


def columns(first, *others, **options):
    """An empty Table: the head of its first column, which is text, and of the others, which are numbers."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, **options)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def taught(told):
    """Events that a list of demo.Played taught and did not undo."""
    return len(demo.lessons(told))


def evicted(told):
    """Events that had to go for others."""
    return sum(getattr(played.result, "evicted", -1) >= 0 for played in told)


def _lines(steps):
    """The steps that share a line, lists of them."""
    lines = [[steps[0]]]
    for step in steps[1:]:
        if _goes_on(lines[-1][-1], step):
            lines[-1].append(step)
        else:
            lines.append([step])
    return lines


def _goes_on(last, step):
    """Whether a step shares the line of the one before: answers on one truth, or lessons of one round or of one truth."""
    if last[:4] != step[:4] or step.act in ("name", "undo"):
        return False
    return last.truth == step.truth or step.part == "all" or (step.act == "learn" and last.number == step.number)


def _done(story, line):
    """What steps in a row that are no question did."""
    step, names = line[-1].step, story.names
    if step.act == "undo":
        return "undone:"
    if step.act == "name":
        return f"{len(line[-1].x) or 'no'} unknowns, {names[step.label]}:"
    if step.label != step.truth:
        return f"{names[step.truth]}, {names[step.label]}:"
    one = {played.step.truth for played in line} == {step.truth}
    what = (f"{names[step.truth]}, " if one else "") + f"{len(line)} named"
    return f"{what}, {story.there}:" if step.place == demo.THERE else f"{what}:"
