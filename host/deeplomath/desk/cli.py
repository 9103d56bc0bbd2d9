# SPDX-License-Identifier: MIT
"""The commands of `deeplomath`. Their exit statuses are in statuses.py."""

import contextlib
import os
import time
from pathlib import Path
from typing import Annotated

import typer

from .. import paths, spec
from ..audit import eventfile, recording
from ..deploy import deploy, install
from ..errors import DataError
from ..link import ports
from ..link.exchange import InRepl
from ..link.transport import BAUD
from ..model.model import Model
from . import (
    board_commands,
    checking,
    data,
    demo,
    drawing,
    facts,
    fleets,
    kept,
    logs,
    mip,
    models,
    monitoring,
    options,
    outputs,
    pairing,
    reaching,
    report,
    reporting,
    running,
    states,
    stories,
)
from .told import Json, console, reported, tell

app = typer.Typer(no_args_is_help=True, add_completion=True, pretty_exceptions_enable=False, rich_markup_mode=None)
app.add_typer(models.app, name="model")
app.command("noise")(models.noise_command)
app.add_typer(fleets.app, name="fleet")
board_commands.register(app)
checking.register(app)
mip.register(app)
logs.register(app)
states.register(app)
app.command("monitor")(monitoring.monitor_command)
app.command("report")(reporting.report_command)

PICTURES = paths.BUILD if paths.IN_CHECKOUT else Path()
OnlyPort = Annotated[str | None, typer.Argument(help="As PORT elsewhere, or `emulator`; by default the only board.")]
Force = Annotated[bool, typer.Option("--force", help="Lose the network on the board, whatever it has learned.")]
File = Annotated[Path, typer.Argument(help="Recorded events, .csv or .npz.")]


def told_stories(begun: str):
    """The names of stories that begin so, for the completion of a shell."""
    return [name for name in stories.MODELS if name.startswith(begun)]


ModelName = Annotated[
    str, typer.Option(help=f"What is told: {', '.join(stories.MODELS)}.", autocompletion=told_stories)
]
Person = Annotated[int | None, options.whole(1, len(data.PEOPLE), help="Of motion: whose exercises, by default 3.")]
Shots = Annotated[int, options.whole(0, spec.LIMIT_COUNT, help="So many events of each label are learned.")]
Side = Annotated[int | None, options.whole(0, 1, help="Of motion: which arm, 0 left, 1 right; by default 0.")]


@app.callback()
def about():
    """Deeplomath: a board learns sensor events, and its mirror here proves every bit of it."""


@app.command("demo")
@reported
def demo_command(
    port: Annotated[
        str, typer.Option(help="A board's port; by default an emulated STM32F405 is booted.")
    ] = facts.EMULATOR,
    model: ModelName = "motion",
    person: Person = None,
    side: Side = None,
    picture: Annotated[
        Path | None, typer.Option(help=f"Where the picture goes: {', '.join(drawing.KINDS)}.", show_default="demo.png")
    ] = None,
    force: Force = False,
    baud: options.Baud = BAUD,
):
    """A board learns from raw samples, in lockstep with the mirror: exercises, words, or a machine. Its network is replaced."""
    began = time.monotonic()
    picture = picture or PICTURES / ("demo.png" if model == "motion" else f"demo_{model}.png")
    drawing.check(picture)
    story = stories.story(model, person, side)
    console.print(f"Deeplomath {spec.VERSION_LIBRARY}: {story.title}\n", style="bold")
    with reaching.opened(port, baud) as (device, ticks):
        lockstep = reaching.replaced(device, port, force, story.config())
        heap = device.health().heap_free
        console.print(report.facts([*facts.board_facts(device, port), *story.facts]))
        with report.Narrator(console) as narrator:
            told, state = demo.run(lockstep, story, narrator.begin, narrator.played)
        info, taken = device.info(), None if device.hello.configured else (device.hello.heap_free, heap)
    drawing.draw(story, told, facts.board_name(device, port), picture)
    console.print()
    console.print(report.results(story, told, info.false_reject_permille))
    console.print(report.costs(lockstep, told, info, state, ticks, taken, time.monotonic() - began))
    said = f"Board and mirror agreed after each of {len(told)} steps. Picture: {paths.shown(picture)}"
    console.print(said, soft_wrap=True)


@app.command("info")
@reported
def info_command(port: OnlyPort = None, json_: Json = False, baud: options.Baud = BAUD):
    """What a board is, and what its network has become."""
    port = port or ports.the_only()
    with reaching.opened(port, baud) as (device, _):
        hello = device.hello
        if json_:
            tell(facts.as_dict(device, port))
            return
        console.print(report.facts([*facts.board_facts(device, port), *kept.limits(hello)]))
        told, health = [*pairing.facts(device), *running.front_facts(device.front())], None
        if hello.configured:
            info, health = device.info(), device.health()
            told = [*facts.network_facts(device, info), *facts.unknown_facts(device.unknowns()), *told]
            told += [
                (
                    "health",
                    f"{health.heap_free:,} bytes free, {health.dropped} frames dropped, {health.refused} refused",
                )
            ]
        console.print(report.facts([*told, *kept.names(device.names), *kept.saves(hello, health)]))


@app.command("record")
@reported
def record_command(
    file: File,
    model: ModelName = "motion",
    person: Person = None,
    side: Side = None,
    force: models.Force = False,
):
    """Writes the events of the demo to a file that `check` takes."""
    outputs.check(file, force)
    events = demo.events(stories.story(model, person, side))
    eventfile.write(file, events)
    console.print(f"{file}: {len(events)} events", soft_wrap=True)


@app.command("run")
@reported
def run_command(
    model: models.ModelFile,
    file: Annotated[Path, typer.Argument(help="A recording of samples: .csv, .npz or .wav.")],
    port: Annotated[
        str | None, typer.Option(help="A board's port, or `emulator`; by default the mirror alone.")
    ] = None,
    teach: Annotated[
        list[str] | None, typer.Option(help="NAME:FROM-TO: events of these samples, or seconds (2.5s), are learned.")
    ] = None,
    shots: Shots = 0,
    only: Annotated[list[str] | None, typer.Option(help="A label of which --shots learns; by default each.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="A JSON object a line, one for each event.")] = False,
    log: Annotated[Path | None, typer.Option(help="Where the log of the session with the board goes.")] = None,
    force: Force = False,
    baud: options.Baud = BAUD,
):
    """Streams a recording through a model: raw samples in, names out. A board does it in lockstep with the mirror.

    Labels of the recording (a column `label`) are what answers are held to. The board's network and front-end are replaced;
    a network that has learned, only by --force.
    """
    chosen = Model(model)
    recorded = recording.read(file, chosen.source)
    rate = recorded.rate or chosen.source.rate
    lessons = [running.lesson(it, rate) for it in teach or ()]
    planned = running.plan(chosen, recorded, lessons, shots, only or ())
    if log and not port:
        raise DataError("log: there is no session without a board: --port")
    with contextlib.ExitStack() as stack:
        side = running.Alone(chosen)
        if port:
            device, _ = stack.enter_context(reaching.opened(port, baud, log))
            side = reaching.replaced(device, port, force, chosen.config())
            side.model(chosen)
        played = [shown(it, rate, json_) for it in running.play(side, chosen, recorded.samples, planned)]
    if not json_:
        console.print(report.facts(running.summary(played)))
        if port:
            said = f"{side.comparisons} results and digests equal, the last {side.digest:08x}"
            console.print(f"Board and mirror agreed after each event: {said}", soft_wrap=True)


@app.command("deploy")
@reported
def deploy_command(
    port: board_commands.Line = None,
    main: Annotated[bool, typer.Option("--main", help="Write a main.py that serves from power-up on.")] = False,
    serial: Annotated[
        str, typer.Option(help="Where that main.py serves: repl, uart0, uart1, ..., vcp1 or cdc.")
    ] = "repl",
    serial_baud: Annotated[int, options.whole(1200, options.FASTEST, help="The baud of that UART.")] = BAUD,
    tx: Annotated[
        int | None, options.whole(help="Its transmit pin, by number, where the port lets one choose.")
    ] = None,
    rx: Annotated[int | None, options.whole(help="Its receive pin.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite another main.py, lose a network.")] = False,
    json_: Json = False,
    baud: options.Baud = BAUD,
):
    """Puts module and service on a board with stock MicroPython and proves them there; what is right already stays."""
    if not os.environ.get("DEEPLOMATH_BUILD"):
        paths.need_built("deploy", "DEEPLOMATH_BUILD may name the folder of what was built in one.")
    port = port or ports.the_only()
    script = install.main_script(serial, serial_baud, tx, rx) if main else None
    done = deploy.deploy(
        port, baud=baud, main=script, force=force, say=lambda words: console.print(words, soft_wrap=True)
    )
    console.print(report.facts(facts.deploy_facts(done)))
    if json_:
        tell(dict(port=port, **done._asdict() | dict(facts=done.facts._asdict(), digest=f"{done.digest:08x}")))
    hint = deploy_hint(port, serial, serial_baud) if main else f"Next: {info_words(port)}"
    console.print(hint, soft_wrap=True)


@app.command("exit")
@reported
def exit_command(port: board_commands.Line = None, baud: options.Baud = BAUD):
    """Ends the service on a board: the REPL is back, and the network stays there until the board is reset."""
    port = port or ports.the_only()
    try:
        with reaching.serving(port, baud) as device:
            kept = device.info() if device.hello.configured else None
            device.exit()
    except InRepl:
        console.print(f"{port}: no service runs there, the board is in its REPL already.", soft_wrap=True)
        return
    words = [f"{port}: the service is ended, the board is in its REPL."]
    if kept:
        words += [
            f"Its network stays on it until a reset: {kept.neurons} events kept, clock {kept.clock}.",
            f"mpremote resets a board, unless it is told to resume: mpremote connect {paths.quoted(port)} resume",
        ]
    console.print(" ".join(words), soft_wrap=True)


@app.command("pair")
@reported
def pair_command(
    port: board_commands.Line = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take the key away from the board.")] = False,
    renew: Annotated[bool, typer.Option("--renew", help="Give a board that has a key another one.")] = False,
    baud: options.Baud = BAUD,
):
    """Gives a board a key, without which it answers nothing but HELLO; the key stays with this user on this computer."""
    if remove and renew:
        raise reaching.Refused("remove, renew: one of them, not both")
    port = port or ports.the_only()
    with reaching.opened(port, baud) as (device, _):
        said = pairing.unpair(device, port) if remove else pairing.pair(device, port, renew)
    console.print(said, soft_wrap=True)


def shown(played, rate, as_json):
    """A (Planned, Event) of `run`, after it was shown."""
    print(running.as_json(*played, rate), flush=True) if as_json else console.print(running.words(*played, rate))
    return played


def deploy_hint(port, serial, baud):
    """What to do next on a board that serves from power-up on."""
    if serial == "repl":
        return f"Next: {info_words(port)}; {paths.command()} exit {paths.quoted(port)} gives the REPL back"
    where = f"the line of its {serial}" + (f" --baud {baud}" if serial.startswith("uart") else "")
    return f"Next: reset the board, then {paths.command()} info PORT, PORT being {where}"


def info_words(port):
    """The command that asks this board what it is, as a shell here takes it."""
    return f"{paths.command()} info {paths.quoted(port)}"
