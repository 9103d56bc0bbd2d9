# SPDX-License-Identifier: MIT
"""The picture of the demo: the events in two coordinates with the contour of what is known, and the answers along time."""

from typing import NamedTuple

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.colors import to_rgb  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402
from matplotlib.patheffects import withStroke  # noqa: E402

from . import contour, data, demo, metric, spec  # noqa: E402

# Okabe and Ito's colours, one an exercise; black is the one never named.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#000000")
INK, GREY = "#222222", "#777777"
SIZE = 16, 9  # inches at 100 dots
GRID = 240
MARGIN = 3.6  # around the points drawn, in standard deviations
GAP = 9  # between scenes, in events
UNKNOWN_LANE = len(data.EXERCISES)
STYLE = {"font.size": 15, "text.color": INK, "axes.edgecolor": GREY, "xtick.color": GREY, "font.family": "DejaVu Sans"}


class Plane(NamedTuple):
    """Two principal axes of points in first coordinates, and how the points stand off them: a sheet bent through them all."""

    centre: np.ndarray  # [d]
    axes: np.ndarray  # [d, 2]
    points: np.ndarray  # on the plane [n, 2]
    offsets: np.ndarray  # off the plane [n, d]


def draw(story, network, arm, board, file):
    """Draws a story (list of demo.Played) that ended in `network` (a Network) into a PNG file.

    arm, board: what they are called.
    """
    last = [played for played in story if played.step.scene == "d" and not played.step.learn]
    with plt.rc_context(STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=SIZE, width_ratios=(0.405, 0.595))
        figure.subplots_adjust(left=0.015, right=0.985, top=0.795, bottom=0.165, wspace=0.19)
        _draw_plane(left, last, network)
        _draw_time(right, story)
        title = f"A board learns what a smart watch feels: {len(story)} events of {arm}"
        figure.text(0.015, 0.945, title, fontsize=23, fontweight="bold")
        words = f"Learned and answered by the firmware on {board}, and after each event the same bits on the host."
        figure.text(0.015, 0.905, words, fontsize=15, color=GREY)
        figure.legend(
            handles=_legend(), loc="lower left", bbox_to_anchor=(0.008, 0.07), ncols=5, frameon=False, fontsize=15
        )
        figure.text(0.015, 0.02, _caption(network, len(last)), fontsize=12.5, color=GREY, linespacing=1.35)
        file.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, dpi=100, metadata={"Software": None})
        plt.close(figure)


def plane(z):
    """The Plane of points z [n, d]."""
    centre = z.mean(0)
    axes = np.linalg.svd(z - centre, full_matrices=False)[2][:2].T
    axes = axes * np.sign(axes.sum(0))  # the same way round on every machine
    points = (z - centre) @ axes
    return Plane(centre, axes, points, z - centre - points @ axes.T)


def lift(sheet, at):
    """First coordinates [n, d] of points `at` [n, 2] of the Plane: off the plane they stand as the points around them do."""
    distance2 = ((at[:, None] - sheet.points) ** 2).sum(-1)
    weight = (distance2 + 0.15) ** -2
    return sheet.centre + at @ sheet.axes.T + weight @ sheet.offsets / weight.sum(1, keepdims=True)


def features_at(network, z):
    """The features int16 [n, d] whose first coordinates come nearest to z [n, d]."""
    mean, mantissa, shift = network.metric
    x = (z * 256 * 2.0**shift / mantissa + mean) / 256
    return np.clip(np.round(x), -32768, 32767).astype(np.int16)


def novelties(network, x):
    """Labels [n] and novelties Q12 [n] of features int16 [n, d]: what infer says of each, all at once."""
    outputs, distance2 = network._outputs(x.astype(np.int64))
    outputs = outputs[:, network.present]
    best = outputs.argmax(1)
    labels = np.array(network.present)[best]
    others = np.where(np.arange(len(network.present)) == best[:, None], -(1 << 30), outputs)
    margin = outputs.max(1) - others.max(1)
    own = np.where(network.labels == labels[:, None], distance2, 1 << 40).min(1)
    spacing = network.contour.spacing_q12
    each = zip(contour.distance(own).tolist(), margin.tolist())
    return labels, np.array([contour.novelty(distance, lack, spacing) for distance, lack in each])


def _draw_plane(axis, last, network):
    """Events kept, the windows asked about at last, and the contour of the known set around them."""
    x = np.concatenate([network.x, [played.x for played in last]]).astype(np.int64)
    sheet = plane(metric.coordinates(network.metric, x) / 256)
    kept, asked = sheet.points[: len(network.x)], sheet.points[len(network.x) :]
    _draw_contour(axis, sheet, network)
    for played, at in zip(last, asked):
        _draw_answer(axis, at, played, 34)
    axis.scatter(*kept.T, c=[COLOURS[label] for label in network.labels], **_KEPT)
    truth = np.concatenate([network.labels, [played.step.exercise for played in last]])
    _name_clusters(axis, sheet.points, truth)
    axis.set(xticks=[], yticks=[])
    axis.set_title("What it knows, after scene d", loc="left", fontsize=17, fontweight="bold", pad=8)


_KEPT = dict(s=115, edgecolors=INK, linewidths=1.6, zorder=5)


def _draw_contour(axis, sheet, network):
    """The level line of the novelty, its inside tinted by the class answered there."""
    low, high = sheet.points.min(0) - MARGIN, sheet.points.max(0) + MARGIN
    across, up = (np.linspace(low[i], high[i], GRID) for i in (0, 1))
    at = np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)
    labels, novelty = novelties(network, features_at(network, lift(sheet, at)))
    share = novelty.reshape(GRID, GRID) / network.contour.level_q12
    tint = np.array([_tint(colour) for colour in COLOURS])
    picture = np.where((share <= 1)[..., None], tint[labels].reshape(GRID, GRID, 3), 1.0)
    axis.imshow(
        picture, extent=(low[0], high[0], low[1], high[1]), origin="lower", aspect="auto", interpolation="bilinear"
    )
    axis.contour(across, up, share, [1], colors=INK, linewidths=2)


def _draw_answer(axis, at, played, size):
    """A dot in the colour of the class answered, hollow if uncertain, a cross if unknown."""
    if played.result.verdict == spec.VERDICT_UNKNOWN:
        axis.scatter(*at, s=size, marker="x", c=COLOURS[played.step.exercise], linewidths=1.6, zorder=4)
        return
    colour = COLOURS[played.result.label]
    face = colour if played.result.verdict == spec.VERDICT_KNOWN else "white"
    axis.scatter(*at, s=size, facecolors=face, edgecolors=colour, linewidths=1.6, zorder=4)


def _name_clusters(axis, points, truth):
    """Each exercise's name beside its points, where it covers the fewest others."""
    spans = np.array([axis.get_xlim(), axis.get_ylim()])
    taken = [points]
    for exercise in sorted(set(truth.tolist()), key=lambda c: -len(data.EXERCISES[c])):
        name = _two_lines(data.EXERCISES[exercise]) + ("\n(never named)" if exercise == demo.NEVER else "")
        lines = name.split("\n")
        size = np.array([max(map(len, lines)) * 0.0215, len(lines) * 0.04]) * (spans[:, 1] - spans[:, 0])
        own = points[truth == exercise]
        at = _free_place(own, size, np.concatenate(taken), spans)
        halo = [withStroke(linewidth=4, foreground="white", alpha=0.85)]
        style = dict(ha="center", va="center", fontsize=15, fontweight="bold", linespacing=1.0, zorder=6)
        axis.text(*at, name, color=_darker(COLOURS[exercise]), path_effects=halo, **style)
        taken.append(at + size * (np.stack(np.meshgrid(range(9), range(5)), -1).reshape(-1, 2) / (8, 4) - 0.5))


def _free_place(own, size, taken, spans):
    """Where a label of this size covers the fewest points, near its own."""
    centre = own.mean(0)
    reach = size / 2 + (own.max(0) - own.min(0)) / 2
    best = None
    for angle in np.arange(0, 2 * np.pi, np.pi / 12):
        for stretch in (1.15, 1.5):
            at = centre + stretch * reach * (np.cos(angle), np.sin(angle))
            covered = (np.abs(taken - at) < size / 2 + 0.25).all(1).sum()
            outside = (np.abs(at - spans.mean(1)) + size / 2 > (spans[:, 1] - spans[:, 0]) / 2).any()
            far = np.linalg.norm((at - centre) / (spans[:, 1] - spans[:, 0]))
            cost = covered + 1000 * outside + 3 * far
            if best is None or cost < best[0]:
                best = cost, at
    return best[1]


def _darker(colour):
    return tuple(0.8 * part for part in to_rgb(colour))


def _tint(colour):
    return tuple(1 - 0.22 * (1 - part) for part in to_rgb(colour))


def _two_lines(name):
    return name.replace(" ", "\n")


def _draw_time(axis, story):
    """A lane an exercise, pale where it was being done; the answers, event after event; the unknown below them all."""
    places = [number + GAP * "abcd".index(played.step.scene) for number, played in enumerate(story)]
    for at, played in zip(places, story):
        lane, colour = played.step.exercise, COLOURS[played.step.exercise]
        if played.step.learn:
            axis.scatter(at, lane, c=colour, **_KEPT)
        else:
            axis.add_patch(
                Rectangle((at - 0.5, lane - 0.42), 1, 0.84, facecolor=_tint(colour), lw=0, antialiased=False)
            )
            unknown = played.result.verdict == spec.VERDICT_UNKNOWN
            _draw_answer(axis, (at, UNKNOWN_LANE if unknown else played.result.label), played, 26)
    axis.set(xlim=(-GAP, places[-1] + 3), ylim=(UNKNOWN_LANE + 0.6, -0.6), xticks=[])
    axis.axhspan(UNKNOWN_LANE - 0.5, UNKNOWN_LANE + 0.6, color="#F0F0F0", zorder=0)
    names = [_two_lines(name) for name in data.EXERCISES]
    axis.set_yticks(range(UNKNOWN_LANE + 1), [*names, "unknown"], fontsize=15, fontweight="bold", linespacing=1.0)
    for label, colour in zip(axis.get_yticklabels(), [*COLOURS, GREY]):
        label.set_color(_darker(colour))
    axis.tick_params(length=0, pad=7)
    axis.set_xlabel(f"{len(story)} events in the order played", fontsize=14, color=GREY, labelpad=6)
    _draw_scenes(axis, story, places)


def _draw_scenes(axis, story, places):
    scenes = [played.step.scene for played in story]
    for scene, words in _scene_words(demo.scores(story)).items():
        start = places[scenes.index(scene)] - GAP / 2
        axis.axvline(start, color=GREY, lw=1.2, ls=(0, (4, 3)), zorder=1)
        axis.text(start, -0.72, rf"$\bf{{({scene})}}$ {words}", fontsize=13.5, va="bottom", linespacing=1.25)


def _scene_words(scores):
    known, rejected = scores["b", "known", "right"], scores["b", "known", "unknown"]
    late, never = scores["d", "late", "right"], scores["d", "never", "unknown"]
    last = data.EXERCISES[demo.NEVER]
    return {
        "a": "\n\n",
        "b": f"five named, {demo.SHOTS} times each;\nthen {_of(known)} right,\n{_of(rejected)} taken for unknown",
        "c": "two new:\n{} of {}\nunknown".format(*scores["c", "both", "unknown"]),
        "d": f"one of these named, {demo.SHOTS} times;\nthen {_of(late)} right; {last}\nstill unknown, {_of(never)}",
    }


def _of(score):
    return f"{score[0]} of {score[1]}"


def _legend():
    plain = dict(ls="", markeredgewidth=1.6, color="white")
    return [
        Line2D([], [], marker="o", ms=11, mfc=GREY, mec=INK, label="named: an event kept", **plain),
        Line2D([], [], marker="o", ms=6, mfc=GREY, mec=GREY, label="answered", **plain),
        Line2D([], [], marker="o", ms=6, mfc="white", mec=GREY, label="answered, uncertain", **plain),
        Line2D([], [], marker="x", ms=6, mec=GREY, label="unknown", **plain),
        Line2D([], [], color=INK, lw=2, label="contour of the known"),
    ]


def _caption(network, n_asked):
    d = network.features
    return (
        "Colour: the class answered, or the true one of an unknown mark; pale bars: the true one. Left: the "
        f"{len(network.x)} events kept and the {n_asked} windows of scene d on the two principal\naxes of their {d} "
        "coordinates, with the level line of the mirror's novelty on a slice that bends through them: each place has "
        f"the other {d - 2} coordinates of the points around it."
    )
