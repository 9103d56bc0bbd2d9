# SPDX-License-Identifier: MIT
"""The picture of the demo: the events in two coordinates with the contour of what is known, and the answers along time."""

import io

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.colors import to_rgb  # noqa: E402
from matplotlib.lines import Line2D  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402
from matplotlib.patheffects import withStroke  # noqa: E402

from .. import files  # noqa: E402
from ..mirror import metric  # noqa: E402
from ..monitor.plane import features_at, lift, plane  # noqa: E402
from ..results import Action, Verdict
from . import demo  # noqa: E402

# Okabe and Ito's colours, one a truth of the story; black is the one never named.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#000000")
INK, GREY = "#222222", "#777777"
SIZE = 16, 9  # inches at 100 dots
GRID = 240
MARGIN = 3.6  # around the points drawn, in standard deviations
GAP = 13  # between scenes, in events
MARKERS = "o", "D"  # by place
STYLE = {"font.size": 15, "text.color": INK, "axes.edgecolor": GREY, "xtick.color": GREY, "font.family": "DejaVu Sans"}


def draw(story, told, board, file):
    """Draws a Story, as it was told (list of demo.Played) by a board of this name, into a file."""
    place_of = {
        row.tobytes(): played.step.place for played in told if played.x is not None for row in np.atleast_2d(played.x)
    }
    with plt.rc_context(STYLE):
        figure = plt.figure(figsize=SIZE)
        planes = figure.subplots(1, 3, gridspec_kw=dict(left=0.015, right=0.985, top=0.845, bottom=0.482, wspace=0.03))
        sheet = None
        for axis, part in zip(planes, story.planes, strict=True):
            before = demo.relearned(story, _until(told, part.before) if part.before else told)
            first = _draw_plane(axis, story, _asked(told, *part.parts), before, place_of, sheet)
            sheet = sheet or first
            axis.set_title(part.title, loc="left", fontsize=16, fontweight="bold", pad=7)
        _draw_time(figure.add_axes((0.142, 0.112, 0.843, 0.268)), story, told)
        figure.text(0.015, 0.95, story.picture, fontsize=22, fontweight="bold")
        words = f"{len(told)} steps, learned and answered by the firmware on {board}; after each, the same bits on the host."
        figure.text(0.015, 0.912, words, fontsize=15, color=GREY)
        figure.legend(
            handles=_legend(story),
            loc="lower left",
            bbox_to_anchor=(0.005, 0.052),
            ncols=7,
            frameon=False,
            fontsize=13,
            columnspacing=1.4,
            handletextpad=0.3,
        )
        figure.text(0.015, 0.015, _caption(story), fontsize=11.5, color=GREY, linespacing=1.35)
        _keep(figure, file)
        plt.close(figure)


def _keep(figure, file):
    """Writes a figure as a file of the kind that its name says."""
    kind, drawn = file.suffix.lower().removeprefix("."), io.BytesIO()
    figure.savefig(drawn, format=kind, dpi=100, metadata={"Software": None} if kind == "png" else None)
    file.parent.mkdir(parents=True, exist_ok=True)
    files.put(file, drawn.getvalue())


def _until(told, scene):
    """What was told before a scene."""
    return [played for played in told if played.step.scene < scene]


def _asked(told, *parts):
    """The answers of these (scene, part)."""
    return [p for p in told if p.result and p.step.act == "infer" and (p.step.scene, p.step.part) in parts]


def _draw_plane(axis, story, asked, network, place_of, like=None):
    """Events kept, the windows `asked` about (list of Played), and the contour of the known set around them; the Plane."""
    events = network.memory.events
    x = np.array([event.x for event in events] + [played.x for played in asked]).astype(np.int64)
    sheet = plane(metric.first_coordinates(network.live.metric, x) / 256, like)
    _draw_contour(axis, sheet, network)
    for played, at in zip(asked, sheet.points[len(events) :]):
        _draw_answer(axis, at, played, 26)
    for event, at in zip(events, sheet.points):
        axis.scatter(*at, marker=MARKERS[place_of[event.x.astype(np.int16).tobytes()]], c=COLOURS[event.label], **_KEPT)
    there = {played.step.truth for played in asked if played.step.place == demo.THERE}  # is named there, else here
    named = [(p.step.truth in there) == (p.step.place == demo.THERE) for p in asked]
    truth = [-1] * len(events) + [p.step.truth if so else -1 for p, so in zip(asked, named, strict=True)]
    _name_clusters(axis, story, sheet.points, np.array(truth))
    axis.set(xticks=[], yticks=[])
    return sheet


_KEPT = dict(s=95, edgecolors=INK, linewidths=1.6, zorder=5)
_ABSORBED = _KEPT | dict(s=30, linewidths=1.2)


def _draw_contour(axis, sheet, network):
    """The level line of the novelty, its inside tinted by the class answered there."""
    low, high = sheet.points.min(0) - MARGIN, sheet.points.max(0) + MARGIN
    across, up = (np.linspace(low[i], high[i], GRID) for i in (0, 1))
    at = np.stack(np.meshgrid(across, up), -1).reshape(-1, 2)
    answers = network.infer_many(features_at(network, lift(sheet, at)))
    labels = np.array([answer.label for answer in answers])
    novelty = np.array([answer.novelty for answer in answers])
    share = novelty.reshape(GRID, GRID) / network.live.contour.level_q12
    tint = np.array([_tint(colour) for colour in COLOURS])
    picture = np.where((share <= 1)[..., None], tint[labels].reshape(GRID, GRID, 3), 1.0)
    axis.imshow(
        picture, extent=(low[0], high[0], low[1], high[1]), origin="lower", aspect="auto", interpolation="bilinear"
    )
    axis.contour(across, up, share, [1], colors=INK, linewidths=2)


def _draw_answer(axis, at, played, size):
    """A dot in the colour of the class answered, hollow if uncertain, a cross if unknown."""
    if played.result.verdict == Verdict.UNKNOWN:
        axis.scatter(*at, s=size, marker="x", c=COLOURS[played.step.truth], linewidths=1.6, zorder=4)
        return
    colour = COLOURS[played.result.label]
    face = colour if played.result.verdict == Verdict.KNOWN else "white"
    marker = MARKERS[played.step.place]
    axis.scatter(*at, s=size, marker=marker, facecolors=face, edgecolors=colour, linewidths=1.6, zorder=4)


def _name_clusters(axis, story, points, truth):
    """Each name beside its points (those with truth[i] >= 0), where it covers the fewest others."""
    spans = np.array([axis.get_xlim(), axis.get_ylim()])
    taken = [points]
    for one in sorted(set(truth[truth >= 0].tolist()), key=lambda c: -len(story.names[c])):
        name = _two_lines(story.names[one]) + ("\n(never named)" if one == len(story.names) - 1 else "")
        lines = name.split("\n")
        size = np.array([max(map(len, lines)) * 0.0235, len(lines) * 0.062]) * (spans[:, 1] - spans[:, 0])
        own = points[truth == one]
        at = _free_place(own, size, np.concatenate(taken), spans)
        halo = [withStroke(linewidth=4, foreground="white", alpha=0.85)]
        style = dict(ha="center", va="center", fontsize=13.5, fontweight="bold", linespacing=1.0, zorder=6)
        axis.text(*at, name, color=_darker(COLOURS[one]), path_effects=halo, **style)
        taken.append(at + size * (np.stack(np.meshgrid(range(9), range(5)), -1).reshape(-1, 2) / (8, 4) - 0.5))


def _free_place(own, size, taken, spans):
    """Where a label of this size covers the fewest points, near its own."""
    centre, span = np.median(own, 0), spans[:, 1] - spans[:, 0]
    reach = size / 2 + (own.max(0) - own.min(0)) / 2
    best = None
    for angle in np.arange(0, 2 * np.pi, np.pi / 18):
        for stretch in (0.9, 1.15, 1.5, 1.9):
            at = centre + stretch * reach * (np.cos(angle), np.sin(angle))
            covered = (np.abs(taken - at) < size / 2 + 0.012 * span).all(1).sum()
            outside = (np.abs(at - spans.mean(1)) + size / 2 > span / 2).any()
            far = np.linalg.norm((at - centre) / span)
            cost = covered + 1000 * outside + 20 * far
            if best is None or cost < best[0]:
                best = cost, at
    return best[1]


def _darker(colour):
    return tuple(0.8 * part for part in to_rgb(colour))


def _tint(colour):
    return tuple(1 - 0.22 * (1 - part) for part in to_rgb(colour))


def _two_lines(name):
    return name.replace(" ", "\n")


def _draw_time(axis, story, told):
    """A lane a name, pale where it was being done; the answers, step after step; the unknown below them all."""
    places = [number + GAP * list(story.scenes).index(played.step.scene) for number, played in enumerate(told)]
    unknown_lane = len(story.names)
    for at, played in zip(places, told):
        lane, colour = played.step.truth, COLOURS[played.step.truth]
        if played.step.act == "infer":
            axis.add_patch(
                Rectangle((at - 0.5, lane - 0.42), 1, 0.84, facecolor=_tint(colour), lw=0, antialiased=False)
            )
            if played.result:
                unknown = played.result.verdict == Verdict.UNKNOWN
                _draw_answer(axis, (at, unknown_lane if unknown else played.result.label), played, 16)
        elif played.step.act == "undo":
            axis.scatter(at, played.step.label, marker="x", c=INK, s=95, linewidths=2.5, zorder=6)
        else:
            absorbed = played.step.act == "learn" and played.result and played.result.action == Action.ABSORBED
            style = dict(marker=MARKERS[played.step.place], c=COLOURS[played.step.label])
            axis.scatter(at, played.step.label, **style, **(_ABSORBED if absorbed else _KEPT))
    axis.set(xlim=(-GAP, places[-1] + 3), ylim=(unknown_lane + 0.6, -0.6), xticks=[])
    axis.axhspan(unknown_lane - 0.5, unknown_lane + 0.6, color="#F0F0F0", zorder=0)
    axis.set_yticks(range(unknown_lane + 1), [*story.names, "unknown"], fontsize=13, fontweight="bold")
    for label, colour in zip(axis.get_yticklabels(), [*COLOURS[: len(story.names)], GREY]):
        label.set_color(_darker(colour))
    axis.tick_params(length=0, pad=7)
    _draw_scenes(axis, story, told, places)


def _draw_scenes(axis, story, told, places):
    scenes = [played.step.scene for played in told]
    n_named = sum(len(played.x) for played in told if played.step.act == "name")
    for scene, words in story.captions(demo.scores(story, told), n_named).items():
        start = places[scenes.index(scene)] - GAP / 2
        axis.axvline(start, color=GREY, lw=1.2, ls=(0, (4, 3)), zorder=1)
        axis.text(start, -0.72, rf"$\bf{{({scene})}}$ {words}", fontsize=11.5, va="bottom", linespacing=1.2)


def _legend(story):
    plain = dict(ls="", markeredgewidth=1.6, color="white")
    return [
        Line2D([], [], marker="o", ms=10, mfc=GREY, mec=INK, label="named: kept as a neuron", **plain),
        Line2D([], [], marker="o", ms=5.5, mfc=GREY, mec=INK, label="named: absorbed", **plain),
        Line2D([], [], marker="D", ms=8, mfc=GREY, mec=INK, label=story.there, **plain),
        Line2D([], [], marker="o", ms=6, mfc=GREY, mec=GREY, label="answered", **plain),
        Line2D([], [], marker="o", ms=6, mfc="white", mec=GREY, label="answered, uncertain", **plain),
        Line2D([], [], marker="x", ms=6, mec=GREY, label="unknown", **plain),
        Line2D([], [], color=INK, lw=2, label="contour of the known"),
    ]


def _caption(story):
    d = story.config()["features"]
    return (
        "Colour: the class answered, or the true one of an unknown mark; pale bars: the true one. Above: events kept and "
        f"{story.one}s asked about, on the two principal axes of their {d} coordinates,\nwith the level line of the "
        f"mirror's novelty on a slice that bends through them: each place has the other {d - 2} coordinates of the points "
        "around it."
    )
