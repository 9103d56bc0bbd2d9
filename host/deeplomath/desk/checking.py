# SPDX-License-Identifier: MIT
"""`deeplomath check`: a file of events goes through a board and the mirror; how well each was known is told before its learn."""

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from .. import spec
from ..audit import eventfile
from ..audit.lockstep import Mismatch
from ..errors import DataError, KernelError
from ..link.transport import BAUD
from ..results import Action, Learned, Verdict
from ..text import escaped
from . import options, reaching, scales, screen
from .told import Json, console, reported, tell

Classes = Annotated[int | None, options.whole(help="Classes of the network; by default as many as the file needs.")]
Events = Annotated[
    int | None,
    options.whole(help=f"Budget of events; by default as many as the file labels, {spec.LIMIT_EVENTS} at most."),
]
Rate = Annotated[int, options.whole(help="Stated rate.")]


class Before(NamedTuple):
    """How well the events of a file were known just before each was learned: test first, then train.

    known: those of a class taught before; right, unknown: of them, those whose class was answered, whatever the verdict,
    and those of the verdict unknown; new: those of a class that was not taught yet; new_unknown: of them, the unknown ones.
    """

    known: int = 0
    right: int = 0
    unknown: int = 0
    new: int = 0
    new_unknown: int = 0

    def after(self, answer, label, taught):
        """The Before with one event more. taught: whether an event of its class has been learned."""
        unknown = answer.verdict == Verdict.UNKNOWN
        if not taught:
            return self._replace(new=self.new + 1, new_unknown=self.new_unknown + unknown)
        right = self.right + (answer.label == label)
        return self._replace(known=self.known + 1, right=right, unknown=self.unknown + unknown)

    def words(self):
        """A sentence."""
        known = f"{self.right} of {self.known} right ({self.right / self.known:.1%}), " if self.known else ""
        known += f"{self.unknown} of them unknown" if self.known else "none was of a class taught before"
        return f"before each learn: {known}; of a class not taught yet: {self.new}, {self.new_unknown} unknown"


@reported
def check_command(
    port: Annotated[str, typer.Argument(help="Device path, socket://host:port, or `emulator`: an emulated STM32F405.")],
    file: Annotated[Path, typer.Argument(help="Recorded events, .csv or .npz.")],
    classes: Classes = None,
    events: Events = None,
    layers: Annotated[int, options.whole(help="The most layers.")] = spec.DEFAULT_LAYERS,
    false_reject_permille: Rate = spec.DEFAULT_FALSE_REJECT_PERMILLE,
    scale: scales.Scaling = None,
    force: Annotated[
        bool, typer.Option("--force", help="Lose the network on the board, whatever it has learned.")
    ] = False,
    json_: Json = False,
    baud: options.Baud = BAUD,
):
    """Gives a file of events to a board and to the mirror; stops at the first differing answer or digest.

    CSV: one event a line, label,f1,...,fd; without a label (,f1,...,fd) it is only inferred; # begins a comment. The first
    line may name the columns. Labels are numbers or names of classes. Features are integers; decimals are scaled. NPZ: x
    [n, d], int16 or decimals, and y [n], numbers, -1 for infer only, or names. 100,000 events at most.

    Each event is held to its label before it is learned: that says how well the network knows what comes next. The board's
    network is replaced; one that has learned, only by --force.
    """
    recorded = eventfile.load(file, scales.load(scale, file))
    config = eventfile.config(recorded.events)
    config |= {name: value for name, value in (("classes", classes), ("events", events)) if value is not None}
    config |= dict(layers=layers, false_reject_permille=false_reject_permille)
    with reaching.opened(port, baud) as (device, _):
        lockstep = reaching.replaced(device, port, force, config)
        scales.keep(scale, recorded.scale)
        with screen.bar(console) as bar:
            results, before = played(lockstep, file, bar.track(recorded.events, description=escaped(file.name)))
        lockstep.finish()
    found = summary(lockstep, recorded, results, before)
    if json_:
        tell(dict(equal=True, file=str(file), **found))
        return
    for line in words(file, found, before, scale):
        console.print(line, soft_wrap=True)


def played(lockstep, file, events):
    """(results, Before): what became of each Event on both sides, and how well it was known ahead of that.

    The mirror alone is asked ahead: its network is the board's, digest by digest, and nothing is remembered of it.
    """
    results, before, taught = [], Before(), set()
    for event in events:
        if event.label is not None:
            (answer,) = lockstep.mirror.infer_many([event.x])
            before = before.after(answer, event.label, event.label in taught)
            taught.add(event.label)
        results.append(check_event(lockstep, file, event))
    return results, before


def check_event(lockstep, file, event):
    """What board and mirror say of one event of a file; what goes wrong is said with its place in the file."""
    try:
        return lockstep.infer(event.x) if event.label is None else lockstep.learn(event.x, event.label)
    except Mismatch:
        console.print(f"{file}, {event.where}:", soft_wrap=True)
        raise
    except KernelError as error:
        raise DataError(f"{file}, {event.where}: {error}") from error


def summary(lockstep, recorded, results, before):
    """What a check found, as a dict for scripts."""
    learned = [result for result in results if isinstance(result, Learned)]
    return dict(
        events=len(results),
        learned=len(learned),
        inferred=len(results) - len(learned),
        before_learning=before._asdict(),
        classes=list(recorded.names),
        scale=recorded.scale and recorded.scale._asdict(),
        digest=f"{lockstep.digest:08x}",
        network=lockstep.config,
        neurons=lockstep.mirror.info().neurons,
        absorbed=sum(result.action == Action.ABSORBED for result in learned),
        evicted=sum(result.evicted >= 0 for result in learned),
    )


def words(file, found, before, scale):
    """The lines of a summary."""
    what = f"{found['events']} events, {found['learned']} learned, {found['inferred']} inferred"
    yield f"{file}: {what}: every answer and digest equal, the last {found['digest']}"
    if found["learned"]:
        yield before.words()
    if found["classes"]:
        yield "classes: " + ", ".join(f"{i} {escaped(name)}" for i, name in enumerate(found["classes"]))
    if found["scale"]:
        yield f"decimals were scaled to int16, by {scale or 'what all events of this file span; --scale FILE keeps it'}"
    kept = f"{found['neurons']} neurons, {found['absorbed']} events absorbed, {found['evicted']} evicted"
    yield f"network: {', '.join(f'{name} {value}' for name, value in found['network'].items())}: {kept}"


def register(app):
    """Adds the command to the app."""
    app.command("check")(check_command)
