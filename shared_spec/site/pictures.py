# SPDX-License-Identifier: MIT
"""Draws the pictures of the site as SVG, each for a light and for a dark page, from networks that the mirror computes here."""

import functools
import re
from pathlib import Path
from typing import NamedTuple

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.colors import to_rgb  # noqa: E402
from matplotlib.patches import FancyBboxPatch, Rectangle  # noqa: E402

from deeplomath import Action, Model, Network, Verdict  # noqa: E402

START = Path(__file__).with_name("start.md")
COLOURS = "#3B8FD1", "#E69F00", "#12A57A", "#D9603B"  # of classes, by label; they stand out on both pages
UNKNOWN = "#8A8A8A"
REACH, GRID = 1600, 64  # half the side of a plane, in LSB; points along it
CENTRES = (-700, -500), (750, -350), (-100, 800), (900, 950)
SPREAD = 170
WINDOW = 2.56  # seconds, of the preset motion
WIRE = "#D9603B", "#8A8A8A", "#3B8FD1", "#E69F00", "#12A57A"  # supply, ground, signals


class Theme(NamedTuple):
    """The colours of a page."""

    ink: str
    faint: str
    paper: str


THEMES = {"light": Theme("#222222", "#999999", "#FFFFFF"), "dark": Theme("#DDDDDD", "#777777", "#131416")}


def draw(name, theme, folder):
    """Draws a picture of PICTURES for a theme of THEMES into folder/NAME-THEME.svg."""
    colours = THEMES[theme]
    style = {"text.color": colours.ink, "axes.edgecolor": colours.faint, "axes.labelcolor": colours.ink}
    style |= {"xtick.color": colours.ink, "font.size": 12, "font.family": "DejaVu Sans", "svg.hashsalt": "deeplomath"}
    with plt.rc_context(style):
        figure = PICTURES[name](colours)
        figure.savefig(folder / f"{name}-{theme}.svg", transparent=True, metadata={"Date": None})
        plt.close(figure)


def drawn(label, n, seed):
    """n events of a class of the plane, int16 [n, 2]."""
    return np.rint(np.random.default_rng((seed, label)).normal(CENTRES[label], SPREAD, (n, 2))).astype(np.int16)


def taught(shots, permille=50):
    """A Network of the plane that has learned so many events of each label, a dict, in turn."""
    net = Network(features=2, classes=4, events=64, false_reject_permille=permille)
    for i in range(max(shots.values())):
        for label, n in shots.items():
            if i < n:
                net.learn(drawn(label, n, 1)[i], label)
    return net


def planes(n, titles):
    """A figure of n square planes side by side, and its axes."""
    figure, axes = plt.subplots(1, n, figsize=(3.1 * n, 3.5), layout="constrained")
    for axis, title in zip(axes, titles):
        axis.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xticks=[], yticks=[])
        axis.set_title(title, fontsize=12)
    return figure, axes


def grid():
    """The points of a plane, int16 [GRID^2, 2], row after row from below."""
    steps = np.linspace(-REACH, REACH, GRID).round().astype(np.int16)
    return np.array([(x, y) for y in steps for x in steps], np.int16)


ANSWERS = {}  # to the points of the grid, by the digest of the network that gave them


def answers_of(net):
    """The Answers of a network to the points of the grid; the second theme need not ask again."""
    if net.digest() not in ANSWERS:
        ANSWERS[net.digest()] = net.infer_many(grid())
    return ANSWERS[net.digest()]


def show(axis, net, events, theme):
    """The regions that a network knows, and events on them, a list of (points [n, 2], label)."""
    answers = answers_of(net)
    colours = np.array([to_rgb(COLOURS[max(it.label, 0)]) for it in answers])
    known = np.array([{Verdict.KNOWN: 0.55, Verdict.UNCERTAIN: 0.25}.get(it.verdict, 0) for it in answers])
    image = np.column_stack([colours, known]).reshape(GRID, GRID, 4)
    extent = (-REACH, REACH, -REACH, REACH)
    axis.imshow(image, origin="lower", extent=extent, interpolation="bilinear", zorder=1)
    for points, label in events:
        axis.scatter(*points.T, s=26, color=COLOURS[label], edgecolor=theme.ink, linewidth=0.7, zorder=3)


def growing(theme):
    """One event, three, five of each class, and a class more."""
    stages = {
        "1 event": {0: 1},
        "3 events": {0: 3},
        "5 of each class": {0: 5, 1: 5, 2: 5},
        "a class more": {0: 5, 1: 5, 2: 5, 3: 3},
    }
    figure, axes = planes(4, stages)
    for axis, shots in zip(axes, stages.values()):
        show(axis, taught(shots), [(drawn(label, n, 1), label) for label, n in shots.items()], theme)
    return figure


def undoing(theme):
    """Before a mistake, with it, and after undo, with the digests."""
    figure, axes = planes(3, ("before", "a wrong name", "after undo()"))
    shots = {0: 5, 1: 5, 2: 5}
    events, wrong = [(drawn(label, 5, 1), label) for label in shots], (np.array([CENTRES[0]]), 1)
    net = taught(shots)
    for axis, change in zip(axes, (None, lambda: net.learn(np.int16(CENTRES[0]), 1), net.undo)):
        if change:
            change()
        show(axis, net, events + [wrong] * (axis is axes[1]), theme)
        axis.set_xlabel(f"digest {net.digest():08x}", family="DejaVu Sans Mono")
    return figure


@functools.cache
def streamed(events=400, budget=24, spread=330):
    """Many events of three classes (x [n, 2], labels [n]), the Network that met them, and {id: (x, label)} of those it kept."""
    random = np.random.default_rng(4)
    labels = random.integers(0, 3, events)
    x = np.rint(random.normal(np.array(CENTRES)[labels], spread)).astype(np.int16)
    net, kept = Network(features=2, classes=4, events=budget), {}
    for event, label in zip(x, labels):
        learned = net.learn(event, int(label))
        kept.pop(learned.evicted, None)
        if learned.action == Action.INSERTED:
            kept[learned.event] = event, int(label)
    return x, labels, net, kept


def keeping(theme):
    """A stream of many events, and those that were kept of it."""
    x, labels, net, kept = streamed()
    figure, axes = planes(2, (f"{len(x)} events streamed", f"{len(kept)} kept"))
    axes[0].scatter(*x.T, s=9, c=[COLOURS[label] for label in labels], alpha=0.6)
    show(axes[1], net, [(event[None], label) for event, label in kept.values()], theme)
    return figure


def known(theme):
    """The border of what is known, for three stated rates."""
    figure, axes = plt.subplots(figsize=(5, 5.8), layout="constrained")
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xticks=[], yticks=[])
    shots = {0: 12, 1: 12, 2: 12}
    for permille, line in ((20, ":"), (50, "-"), (200, "--")):
        net = taught(shots, permille)
        over = np.array([it.novelty for it in answers_of(net)]).reshape(GRID, GRID) / net.info().level
        side = np.linspace(-REACH, REACH, GRID)
        axes.contour(side, side, over, levels=[1], colors=theme.ink, linestyles=line, linewidths=1.4)
        axes.plot([], [], line, color=theme.ink, label=f"{permille / 10:g} % of known events refused")
    show(axes, taught(shots), [(drawn(label, n, 1), label) for label, n in shots.items()], theme)
    figure.legend(loc="outside lower center", fontsize=12, frameon=False, labelcolor=theme.ink)
    return figure


@functools.cache
def told(parts=("rest", "circle", "shake", "knock"), hops=6):
    """What the program of the page that one starts with does, without a board: the samples of each part and what comes of them.

    Returns int16 [n, 6], the windows as (seconds at the end, name), and the names that were taught.
    """
    program = re.search(r"```python\n(.*?)```", START.read_text(encoding="utf-8"), re.DOTALL)[1]
    page, model = {}, Model("motion")
    exec(program.split("with deeplomath.Device")[0], page)
    for name in parts[:3]:
        model.push(page["moved"](name, 2))
        model.teach(name, 4)
        model.push(page["moved"](name, 4))
    begins = model.push(page["moved"](parts[0], 2))[-1].at
    values = np.concatenate([page["moved"](part, hops) for part in parts])
    return values, [((event.at - begins) / 50, event.name) for event in model.push(values)], model.names


def samples(theme):
    """A line of a sensor in time, the windows below it, and what each is called."""
    values, windows, names = told()
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(11, 4), height_ratios=(3, 2), sharex=True, layout="constrained"
    )
    seconds = np.arange(len(values)) / 50
    above.plot(seconds, values[:, 0] / 4096, color=COLOURS[0], linewidth=0.9, label="across, in g")
    above.plot(seconds, values[:, 2] / 4096, color=COLOURS[3], linewidth=0.9, label="upright, in g")
    above.legend(loc="lower left", fontsize=10, frameon=False, ncols=2, labelcolor=theme.ink)
    above.set(ylim=(-3.6, 4.8), yticks=[])
    for i, part in enumerate(("rest", "circle", "shake", "knock")):
        above.text((2 * i + 1) * seconds[-1] / 8, 3.9, part, ha="center", fontsize=13, fontweight="bold")
    for i, (end, name) in enumerate(windows):
        if end < WINDOW:  # of which a part lies ahead of the picture
            continue
        colour = COLOURS[names.index(name)] if name in names else UNKNOWN
        box = Rectangle((end - WINDOW + 0.04, i % 2), WINDOW - 0.08, 0.8, color=colour, alpha=0.75, linewidth=0)
        below.add_patch(box)
        below.text(end - WINDOW / 2, i % 2 + 0.38, name, ha="center", va="center", fontsize=9.5)
    below.set(ylim=(-0.1, 2), xlim=(0, seconds[-1]), yticks=[], xlabel="seconds")
    return figure


SUPPLY, GROUND = ("3V3(OUT)", 36, 0), ("GND", 38, 1)
I2C = ("SDA", "GP4", 6, 2), ("SCL", "GP5", 7, 3)
# Of each sensor: its name, and its wires: pin there, pin of the Pico, number of that pin, place in WIRE.
WIRING = {
    "mpu6050": ("MPU-6050", [("VCC", *SUPPLY), ("GND", *GROUND), ("AD0", *GROUND), *I2C]),
    "lis3dh": ("LIS3DH", [("VIN", *SUPPLY), ("GND", *GROUND), ("SDO", *GROUND), *I2C]),
    "adc": ("sensor, 0 to 3.3 V", [("supply", *SUPPLY), ("GND", "AGND", 33, 1), ("output", "GP26", 31, 2)]),
    "i2s": (
        "INMP441",
        [
            *(("VDD", *SUPPLY), ("GND", *GROUND), ("L/R", *GROUND)),
            *(("SCK", "GP16", 21, 2), ("WS", "GP17", 22, 3), ("SD", "GP18", 24, 4)),
        ],
    ),
    "panel": (
        "button; LED",
        [
            *(("button", "GP14", 19, 2), ("button", "GND", 18, 1)),
            *(("LED, 330 Ω", "GP15", 20, 3), ("LED", "GND", 23, 1)),
        ],
    ),
}


def wiring(sensor, theme):
    """A sensor to the left, the Pico to the right, a wire a row."""
    title, wires = WIRING[sensor]
    height = 0.42 * len(wires) + 0.75
    figure, axis = plt.subplots(figsize=(7, height), layout="constrained")
    axis.set(xlim=(0, 7), ylim=(0, height))
    axis.axis("off")
    for left, text in ((0.05, title), (4.55, "Raspberry Pi Pico")):
        box = FancyBboxPatch(
            (left + 0.1, 0.1), 2.2, height - 0.55, boxstyle="round,pad=0.08", fill=False, edgecolor=theme.faint
        )
        axis.add_patch(box)
        axis.text(left + 1.2, height - 0.2, text, ha="center", va="center", fontweight="bold")
    for row, (there, here, number, colour) in enumerate(wires):
        y = height - 0.78 - 0.42 * row
        axis.plot([2.43, 4.57], [y, y], color=WIRE[colour], linewidth=3, solid_capstyle="round")
        axis.text(2.25, y, there, ha="right", va="center")
        axis.text(4.75, y, here, va="center")
        axis.text(6.75, y, f"pin {number}", ha="right", va="center", color=theme.faint)
    return figure


PICTURES = {"growing": growing, "undoing": undoing, "keeping": keeping, "known": known, "samples": samples}
PICTURES |= {f"wiring_{sensor}": functools.partial(wiring, sensor) for sensor in WIRING}
