# SPDX-License-Identifier: MIT
"""What demo and check show as text: the demo as it goes, its table, and a mismatch with all that is known of it."""

import statistics

from rich import box
from rich.console import Group
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from . import data, demo, spec

# One mark an answer: (mark, meaning, style). The shapes differ, so that nothing hangs on colour.
RIGHT = "●", "right", "green"
UNCERTAIN = "◐", "right, uncertain", "yellow"
UNKNOWN = "○", "unknown", "cyan"
WRONG = "✗", "taken for another", "red"
MARKS = RIGHT, UNCERTAIN, UNKNOWN, WRONG
_MARKS_WIDTH = 34

ROWS = (  # a name, and (scene, which, what) of demo.scores
    ("(b) five named: right", ("b", "known", "right")),
    ("(b) five named: wrongly unknown", ("b", "known", "unknown")),
    ("(c) two never named: unknown", ("c", "both", "unknown")),
    ("(d) sixth, once named: right", ("d", "late", "right")),
    ("(d) sixth: wrongly unknown", ("d", "late", "unknown")),
    ("(d) seventh, never named: unknown", ("d", "never", "unknown")),
    ("(d) first five again: right", ("d", "known", "right")),
)


class Narrator:
    """Prints the demo while it runs, a line for every few events; on a terminal a bar below them moves.

    ticks: the unit of Device.last_ticks. Use in a `with`.
    """

    def __init__(self, console, ticks):
        self.console, self.ticks = console, ticks
        self.bar = Progress(
            TextColumn("  {task.description:20}"),
            BarColumn(24),
            TextColumn("{task.completed}/{task.total} events, digests equal"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.scene, self.line = None, []

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
        self.line_ends = [
            step is steps[-1] or _line(step) != _line(after) for step, after in zip(steps, [*steps[1:], steps[-1]])
        ]
        self.task = self.bar.add_task("", total=len(steps))

    def played(self, lockstep, played):
        """One event more."""
        step = played.step
        if step.scene != self.scene:
            self.scene = step.scene
            self.console.print(f"\n[bold]({step.scene}) {demo.SCENES[step.scene]}[/bold]")
        self.bar.update(self.task, advance=1, description=data.EXERCISES[step.exercise])
        self.line.append(played)
        if self.line_ends[lockstep.events - 1]:
            self.console.print(self._learned(lockstep) if step.learn else _answered(self.line))
            self.line = []

    def _learned(self, lockstep):
        step, result = self.line[-1].step, self.line[-1].result
        what = f"round {step.window + 1}:" if step.scene == "b" else "named:"
        took = f"{lockstep.ticks['learn'][-1]:>9,} {self.ticks}"
        size = f"{result.neurons:3} neurons, depth {result.depth}, {took}, digest {lockstep.digest:08x}"
        return Text(f"  {what:9}{size}")


def mark(played):
    """The (mark, meaning, style) of an answer; unknown is only that, whichever class was nearest."""
    if played.result.verdict == spec.VERDICT_UNKNOWN:
        return UNKNOWN
    if played.result.label != played.step.exercise:
        return WRONG
    return RIGHT if played.result.verdict == spec.VERDICT_KNOWN else UNCERTAIN


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
        table.add_row(name, f"{hits} of {of}  {hits / of:6.1%}", f"{mean[key]:.1%}")
    table.add_row("all seven named: right", "", f"{mean['all', 'all', 'right']:.1%}")
    note = (
        f"Right: the class answered is, whatever the verdict. Mean: people 1 to 6, both arms, the same scenes on the "
        f"mirror alone. Wrongly unknown: {false_reject_permille / 10:.1f}% is the rate asked of the kernel."
    )
    return Group(table, Text(note))


def costs(lockstep, info, state, ticks, heap, seconds):
    """The table of what it took on the board.

    info: Info at the end; state: the exported bytes; ticks: their unit; heap: bytes free (before, after) configuring, or
    None; seconds: of the whole demo.
    """
    table = _table("on the board", "", show_header=False)
    table.add_row("depth found, neurons", f"{info.depth}, {info.neurons} of {info.events}")
    table.add_row("buffer of the network", f"{lockstep.footprint:,} bytes")
    if heap:
        table.add_row("heap taken, all included", f"{heap[0] - heap[1]:,} of {heap[0]:,} bytes")
    for name, kind in (("event learned", "learn"), ("event inferred", "infer"), ("window's features", "features")):
        spent = lockstep.ticks[kind]
        table.add_row(f"{ticks} per {name}", f"median {statistics.median(spent):,.0f}, most {max(spent):,}")
    table.add_row("state exported, rebuilt on the host", f"{len(state):,} bytes, digest {lockstep.digest:08x}")
    table.add_row("time of all this", f"{seconds:.0f} s")
    table.add_row("events checked", f"{lockstep.events}", style="bold")
    table.add_row("mismatches", "0", style="bold")
    return table


def mismatch(error):
    """All that a Mismatch knows."""
    table = _table("", "board", "mirror", "")
    for name, board, mirror in error.rows:
        differs = str(board) != str(mirror)
        table.add_row(
            name, str(board), str(mirror), "differs" if differs else "", style="bold red" if differs else None
        )
    parts = [Text(f"Event {error.event}, {error.request}: the board and the mirror differ.", "bold red"), table]
    parts += [Text(finding) for finding in error.findings]
    if error.before:
        parts += [Text("Before it:"), *(Text(f"  {request}") for request in error.before)]
    return Group(*parts)


def _table(first, *others, **options):
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, **options)
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _line(step):
    """Steps in a row of which this is the same share a line."""
    if step.learn:
        return step.scene, True, step.window if step.scene == "b" else None
    return step.scene, False, None if step.scene == "a" else step.exercise


def _answered(line):
    """`name  marks  n: right, unknown` of answers in a row."""
    step = line[0].step
    name = "one window of each" if step.scene == "a" else data.EXERCISES[step.exercise]
    marks = Text().join(Text(sign, style) for sign, _, style in map(mark, line))
    marks.pad_right(max(0, _MARKS_WIDTH - len(line)))
    n_unknown = sum(played.result.verdict == spec.VERDICT_UNKNOWN for played in line)
    n_right = sum(played.result.label == played.step.exercise for played in line)
    never_named = step.scene in "ac" or step.exercise == demo.NEVER
    right = "" if never_named else f"{n_right} right, "
    return Text(f"  {name:19} ") + marks + Text(f" {len(line):2}: {right}{n_unknown} unknown")
