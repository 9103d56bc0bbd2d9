# SPDX-License-Identifier: MIT
"""The picture of a run: a panel or two for each part."""

import numpy as np

from .peers import Deeplomath
from .table import METHODS, lines, summarise

# Okabe and Ito's colours, told apart by any eye; beyond eight the line style and marker change. Ours is black.
COLOURS = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#0072B2", "#D55E00", "#CC79A7", "#7F7F7F")
MARKERS = "osD^vP*Xh<>pdH8"


def style(method):
    index = METHODS.index(method)
    ours = method == Deeplomath.name
    colour = COLOURS[index] if index < len(COLOURS) else COLOURS[1 + index % (len(COLOURS) - 1)]
    dash = "-" if index < len(COLOURS) else "--"
    size = dict(linewidth=2.6, markersize=7, zorder=3) if ours else dict(linewidth=1.2, markersize=5)
    return dict(color=colour, marker=MARKERS[index], linestyle=dash, label=method, **size)


def draw(rows, file):
    """Writes the PNG; a panel for each part that was run."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    run = {row.part for row in rows}
    chosen = [panel for part, group in PANELS.items() if part in run for panel in group]
    columns = min(3, len(chosen))
    shape = -(-len(chosen) // columns), columns
    figure, axes = pyplot.subplots(*shape, figsize=(5.6 * columns, 4.4 * shape[0] + 0.8), squeeze=False)
    for panel, axis in zip(chosen, axes.flat, strict=False):
        panel(axis, rows)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes.flat[len(chosen) :]:
        axis.set_axis_off()
    used = [method for method in METHODS if any(row.method == method for row in rows)]
    handles = [pyplot.Line2D([], [], **style(method)) for method in used]
    figure.legend(handles=handles, loc="lower center", ncols=6, frameon=False)
    figure.tight_layout(rect=(0, 0.09 if shape[0] == 1 else 0.05, 1, 1))
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


def along(axis, rows, part, title, label, metric="accuracy"):
    """A line for each method through the settings of a part, in their order."""
    found = {line[2]: methods for line, methods in lines(rows).items() if line[::3] == (part, metric)}
    for method in METHODS:
        if all(method in methods for methods in found.values()):
            axis.plot(range(len(found)), [methods[method].mean for methods in found.values()], **style(method))
    axis.set_xticks(range(len(found)), [setting.replace(" shots", "") for setting in found])
    axis.set(title=title, xlabel=label, ylabel=f"{metric}, %")


def few_shot(axis, rows):
    along(axis, rows, "few shot", "Few shots: mean over the sets", "labelled events a class")


def informative(axis, rows):
    along(axis, rows, "informative", "160 features, 5 tell something", "labelled events a class")


def class_after_class(axis, rows):
    along(axis, rows, "class after class", "Class after class into 64 neurons", "events")


def label_noise(axis, rows):
    along(axis, rows, "label noise", "Wrong labels among 400 events, 64 neurons", "labels")


def drifting(axis, rows):
    along(axis, rows, "drifting stream", "Streams that drift, 64 neurons", "how", "prequential")


def bars(axis, values, title, label):
    """Horizontal bars {method: (mean, spread)}, ours on top."""
    methods = [method for method in METHODS if method in values][::-1]
    means, spreads = zip(*(values[method] for method in methods), strict=True)
    colours = [style(method)["color"] for method in methods]
    axis.barh(methods, means, xerr=np.nan_to_num(spreads), color=colours, error_kw=dict(ecolor="#555555", lw=1))
    for i, mean in enumerate(means):
        axis.annotate(f"{mean:.1f}", (0, i), (4, 0), textcoords="offset points", va="center", color="white", fontsize=8)
    axis.set(title=title, xlabel=label)


def line_values(rows, part, setting, metric, one=""):
    methods = lines(rows).get((part, one, setting, metric), {})
    return {method: (summary.mean, summary.spread) for method, summary in methods.items()}


def class_incremental(axis, rows):
    values = line_values(rows, "class incremental", "10 shots", "at the end")
    bars(axis, values, "Classes one after the other, 10 events each", "accuracy at the end, %")


def spikes(axis, rows):
    bars(
        axis,
        line_values(rows, "spikes", "2 %, 5 shots", "accuracy"),
        "2 % spikes of full scale, 5 shots",
        "accuracy, %",
    )


def tails(axis, rows):
    bars(axis, line_values(rows, "tails", "5 shots", "accuracy"), "Exponential tails, 5 shots", "accuracy, %")


def imbalance(axis, rows):
    values = line_values(rows, "imbalance", "1:20", "balanced accuracy")
    bars(axis, values, "Half of the classes 20 times rarer, 64 neurons", "balanced accuracy, %")


def known_set(axis, rows):
    """Ours alone: what is called unknown in the demo, on the first arm and after the other one."""
    kinds = ("never-named unknown, before", "never-named unknown, after", "refused, before", "refused, after")
    found = [line_values(rows, "known set", "demo", kind, "watch")[Deeplomath.name] for kind in kinds]
    means, spreads = zip(*found, strict=True)
    axis.barh(
        kinds[::-1], means[::-1], xerr=np.nan_to_num(spreads[::-1]), color="#000000", error_kw=dict(ecolor="#999999")
    )
    axis.set(
        title="The demo, before and after the other arm",
        xlabel="called unknown, % (bar: deviation over 12 arms)",
        xlim=(0, 100),
    )


def gestures(axis, rows):
    """Ours alone: what is called unknown, by set of gestures."""
    ours = [
        row for row in rows if row.part == "gestures" and row.method == Deeplomath.name and row.setting == "5 windows"
    ]
    names = list(dict.fromkeys(row.set for row in ours))
    for metric, colour, offset in (("still unknown", "#000000", -0.2), ("gestures refused", "#E69F00", 0.2)):
        means = [np.mean([row.value for row in ours if (row.set, row.metric) == (name, metric)]) for name in names]
        axis.barh(np.arange(len(names)) + offset, means, 0.38, color=colour)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    axis.set(title="Three gestures, 5 windows each", xlabel="called unknown, %: lying still (black), gestures (orange)")


def grouped(axis, rows, metric, title, label):
    """Open set: a bar for 5 and, paler, one for 20 shots."""
    few, more = (line_values(rows, "open set", f"{shots} shots", metric) for shots in (5, 20))
    methods = [method for method in METHODS if method in few][::-1]
    for values, offset, alpha in ((few, 0.2, 1), (more, -0.2, 0.55)):
        places = np.arange(len(methods)) + offset
        means = [values[method][0] for method in methods]
        axis.barh(places, means, 0.38, color=[style(m)["color"] for m in methods], alpha=alpha)
        for place, mean in zip(places, means, strict=True):
            axis.annotate(f"{mean:.1f}", (mean, place), (3, 0), textcoords="offset points", va="center", fontsize=7)
    axis.set_yticks(range(len(methods)), methods)
    axis.set(title=title, xlabel=label)


def auroc(axis, rows):
    grouped(axis, rows, "AUROC", "Open set, a class left out", "AUROC, % (5 shots; paler: 20)")
    axis.set_xlim(50)


def alarms(axis, rows):
    grouped(
        axis,
        rows,
        "FPR at 95 %",
        "Open set: false alarms",
        "FPR at 95 % detection, %; less is better (5 shots; paler: 20)",
    )


def false_reject(axis, rows):
    ours = [row for row in rows if row.part == "false reject"]
    names = list(dict.fromkeys(row.set for row in ours))
    axis.axvspan(2.5, 8, color="#009E73", alpha=0.15, label="target")
    axis.axvline(5, color="#555555", linewidth=1)
    for i, name in enumerate(names):
        values = [row.value for row in ours if row.set == name]
        axis.plot(values, [i] * len(values), "o", color="#000000", fillstyle="none")
        axis.plot(np.mean(values), i, "|", color="#000000", markersize=16)
    axis.set_yticks(range(len(names)), names)
    axis.invert_yaxis()
    axis.set(
        title="Known events called unknown, stated 5 %",
        xlabel="realised, % (o a draw, | mean; band: target)",
        xlim=(0, None),
    )


def curves(axis, rows):
    """Accuracy along the stream of ImageSegments, or whichever there is."""
    points = [row for row in rows if row.part == "stream" and row.metric.startswith("at ")]
    names = list(dict.fromkeys((row.set, row.setting) for row in points))
    one = next((name for name in names if name[0] == "ImageSegments"), names[0])
    for method in METHODS:
        ours = [row for row in points if (row.set, row.setting) == one and row.method == method]
        ends = sorted({int(row.metric.split()[1]) for row in ours})
        means = [summarise([row for row in ours if row.metric == f"at {end}"]).mean for end in ends]
        if ends:
            axis.plot(ends, means, **style(method))
    axis.set(title=f"Stream {one[0]}: {one[1]}", xlabel="events", ylabel="prequential accuracy of each tenth, %")


def memory(axis, rows):
    """Accuracy against memory, means over the streams."""
    for method in METHODS:
        ours = [row for row in rows if row.part == "stream" and row.method == method]
        right = [row for row in ours if row.metric == "prequential"]
        if right:
            bytes_used = summarise([row for row in ours if row.metric == "bytes"]).mean
            axis.plot(bytes_used / 1024, summarise(right).mean, **style(method) | {"linestyle": ""})
    axis.set_xscale("log")
    axis.set(title="Streams: accuracy and memory, means", xlabel="KB", ylabel="prequential accuracy, %")


def drift(axis, rows):
    stages = ("before", "moved", "after 2 a class")
    for method in METHODS:
        means = [line_values(rows, "drift", "other arm", stage, "watch").get(method) for stage in stages]
        if all(means):
            axis.plot(range(3), [mean for mean, _ in means], **style(method))
    axis.set_xticks(range(3), ["same arm", "other arm", "after 2 labelled\nwindows a class"])
    axis.set(title="Drift: the watch moves to the other arm", ylabel="accuracy, %")


def corrections(axis, rows):
    values = line_values(rows, "corrections", "to 90 %", "corrections")
    bars(axis, values, "Corrections until 90 % of 50 answers are right", "corrections; less is better")


PANELS = {
    "few shot": [few_shot],
    "class incremental": [class_incremental],
    "informative": [informative],
    "spikes": [spikes],
    "tails": [tails],
    "class after class": [class_after_class],
    "label noise": [label_noise],
    "imbalance": [imbalance],
    "open set": [auroc, alarms],
    "false reject": [false_reject],
    "known set": [known_set],
    "gestures": [gestures],
    "stream": [curves, memory],
    "drifting stream": [drifting],
    "drift": [drift],
    "corrections": [corrections],
}
