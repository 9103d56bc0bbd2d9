# SPDX-License-Identifier: MIT
"""The commands on model files and on recordings: `deeplomath model` and `deeplomath noise`."""

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from .. import files, spec
from ..audit import noise, recording
from ..errors import DataError, KernelError, ModelError
from ..model import steps
from ..model.model import PRESETS, Model, preset
from ..model.written import written
from . import options, outputs
from .told import Json, console, reported, tell

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Model files: from raw samples to names.")


def presets(begun: str):
    """The names of presets that begin so, for the completion of a shell."""
    return [name for name in PRESETS if name.startswith(begun)]


ModelFile = Annotated[
    str,
    typer.Argument(help=f"A model file, or the name of a preset: {', '.join(PRESETS)}.", autocompletion=presets),
]
Force = Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")]
Noise = Annotated[str, typer.Option(help="white, pink, or a recording of noise: .csv, .npz, .wav.")]


@app.command("check")
@reported
def check_command(model: ModelFile, json_: Json = False):
    """Says what each step of a model makes, and what it takes; or what is wrong with the file, and where."""
    checked = Model(model)
    front, network, wide = checked.front_end(), checked.network(), dict(soft_wrap=True)
    if json_:
        tell(as_dict(checked, front, network))
        return
    console.print(facts(checked), soft_wrap=True)
    console.print(table(checked))
    each = f"{front.features} features an event; program {len(checked.program)} of {spec.SIGNAL_PROGRAM} bytes"
    console.print(
        f"front-end: {each}; RAM {front.footprint:,} bytes; {front.work:,} multiply-accumulates a frame", **wide
    )
    info, total = network.info(), front.footprint + network.footprint()
    sizes = f"{info.events} events, {info.classes} classes, {info.layers} layers at most, {network.footprint():,} bytes"
    console.print(f"network: {sizes}; stated false rejects {info.false_reject_permille / 10:g} %", **wide)
    console.print(f"vote: {vote_words(checked.vote)}", **wide)
    console.print(f"RAM of front-end and network: {total:,} bytes")
    for words in designed(checked):
        console.print(words, soft_wrap=True)


def as_dict(model, front, network):
    """What a model makes and takes, for scripts."""
    costs, _ = steps.taken(model.program)
    made = [
        dict(operation=step.kind, line=step.line, makes=step.makes, bytes=ram, work=work)
        for step, (ram, work) in zip(model.steps, costs, strict=True)
    ]
    sizes = dict(features=front.features, program=len(model.program), bytes=front.footprint, work=front.work)
    source, network = model.source, dict(model.config(), bytes=network.footprint())
    measured = dict(file=str(model.text.file), lines=list(source.lines), rate=source.rate or None)
    return dict(measured, steps=made, front_end=sizes, network=network, vote=model.vote._asdict())


def facts(model):
    """What is measured, as a sentence."""
    source = model.source
    rate = f"{source.rate:g} samples a second" if source.rate else "a rate that is not given"
    return f"{model.text.file}: {', '.join(source.lines)} at {rate}"


def table(model):
    """The rich Table of the steps."""
    shown = Table(box=box.SIMPLE, pad_edge=False)
    for name in ("", "operation", "line", "makes", "RAM, bytes", "work"):
        shown.add_column(name, justify="left" if name in ("operation", "makes") else "right")
    costs, rest = steps.taken(model.program)
    for i, (step, (ram, work)) in enumerate(zip(model.steps, costs, strict=True), 1):
        shown.add_row(str(i), step.kind, str(step.line), step.makes, f"{ram:,}", f"{work:,}" if work else "")
    shown.add_row("", "", "", "program, lines, vectors", f"{rest:,}", "")
    return shown


def vote_words(vote):
    """A Vote as a sentence."""
    if vote.over == 1:
        words = "each answer stands for itself"
    else:
        words = f"{vote.by} of the {'labels' if vote.by == 'majority' else 'outputs'} of the last {vote.over} answers"
    return words + (f"; a label stays for {vote.hold} answers at least" if vote.hold else "")


def designed(model):
    """Words on each filter that was designed here, with the sections to put into the file."""
    for i, step in enumerate(model.steps, 1):
        if step.designed:
            yield f"front_end {i}, biquad: designed by scipy; where scipy is not, put into {model.text.file}:{step.line}:"
            yield f"sections = {step.designed}"


@app.command("new")
@reported
def new_command(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(PRESETS)}.", autocompletion=presets)],
    file: Annotated[Path | None, typer.Argument(help="Where it goes; by default KIND.toml.")] = None,
    force: Force = False,
):
    """Writes a commented model file to begin with."""
    if kind not in PRESETS:
        raise ModelError(f"kind: {kind!r} given, one of {', '.join(PRESETS)} needed")
    file = file or Path(f"{kind}.toml")
    outputs.check(file, force)
    files.put(file, preset(kind).encode())
    console.print(f"{file}: {facts(Model(file)).removeprefix(f'{file}: ')}", soft_wrap=True)


@app.command("compile")
@reported
def compile_command(
    model: ModelFile, file: Annotated[Path, typer.Argument(help="Where the bytes go.")], force: Force = False
):
    """Writes the program of a model: the bytes that FrontEnd takes, here and on a board."""
    program = Model(model).program
    outputs.check(file, force, model)
    files.put(file, program)
    console.print(f"{file}: {len(program)} bytes", soft_wrap=True)


@app.command("text")
@reported
def text_command(
    program: Annotated[Path, typer.Argument(help="The bytes of a program.")],
    file: Annotated[Path, typer.Argument(help="Where the model file goes.")],
    force: Force = False,
):
    """Writes a program as a model file that compiles to the same bytes."""
    with open(program, "rb") as stream:
        content = stream.read(spec.SIGNAL_PROGRAM + 1)
    outputs.check(file, force, program)
    try:
        files.put(file, written(content).encode())
    except KernelError as error:
        raise ModelError(f"{program}: {error}") from error
    console.print(f"{file}: {len(content)} bytes of program as text", soft_wrap=True)


@reported
def noise_command(
    file: Annotated[Path, typer.Argument(help="A recording: .csv, .npz or .wav.")],
    out: Annotated[Path, typer.Argument(help="Where the noisy one goes.")],
    snr: Annotated[float, typer.Option(help="Signal to noise, dB.")] = 10.0,
    snr_to: Annotated[float | None, typer.Option(help="Each copy draws its own, from --snr to this.")] = None,
    kind: Noise = "white",
    copies: Annotated[
        int, options.whole(1, 1000, help="How often the recording comes, each time with other noise.")
    ] = 1,
    seed: Annotated[int, options.whole(0, 2**32 - 1, help="Of the random numbers.")] = 0,
    model: Annotated[str | None, typer.Option(help="A model whose lines and units the recording has.")] = None,
    force: Force = False,
):
    """Mixes noise into a recording, so that a model can be taught and tried under it."""
    source = Model(model).source if model else None
    outputs.check(out, force, file, kind, model)
    if snr_to is not None and snr_to < snr:
        raise DataError(f"snr-to: {snr_to:g} dB given, {snr:g} or more needed")
    clean = recording.read(file, source)
    added = kind if kind in noise.KINDS else recording.read(kind)
    levels = (snr, snr if snr_to is None else snr_to)
    recording.write(out, noise.noisy(clean, levels, added, copies, seed))
    between = f"{levels[0]:g} dB" if levels[0] == levels[1] else f"{levels[0]:g} to {levels[1]:g} dB"
    words = f"{copies} x {len(clean.samples)} samples, {kind} noise at {between}"
    console.print(f"{out}: {words}", soft_wrap=True)
