# SPDX-License-Identifier: MIT
"""The charts of page and report: answers along time, how sure they are, the growth of the network, the known-set map."""

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, Range1d, Span
from bokeh.plotting import figure
from contourpy import contour_generator

from .shown import called

# Okabe and Ito's colours, one a class in turn: told apart by all eyes; grey is the unknown.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#B8A800", "#666666")
UNKNOWN, INK = "#888888", "#444444"
UNKNOWN_LANE = -1
HEIGHT = 230
LAST = 120  # events that a chart shows at once
COLUMNS = "number", "at", "said", "name", "lane", "colour", "marker", "sure", "novelty", "neurons", "depth", "words"
MARKERS = {"known": "circle", "uncertain": "circle_dot", "unknown": "x", "": "square"}


def colour(label):
    """The colour of a class, that of the unknown for -1."""
    return UNKNOWN if label < 0 else COLOURS[label % len(COLOURS)]


def columns(rows):
    """Rows of a feed as columns of a data source: {name: list}."""
    found = {name: [] for name in COLUMNS}
    for row in rows:
        unknown = row.verdict == "unknown" or row.label < 0
        lane = UNKNOWN_LANE if unknown else row.label
        shown = row.verdict in ("known", "uncertain")
        values = (
            *(row.number, row.at, row.said, row.name, lane, colour(lane), MARKERS[row.verdict]),
            row.probability if shown else np.nan,
            min(row.novelty, 4.0) if row.verdict else np.nan,
            *(row.neurons, row.depth, row.kind if row.kind != "answered" else row.verdict),
        )
        for name, value in zip(COLUMNS, values, strict=True):
            found[name].append(value)
    return found


def plain(title, height=HEIGHT, **options):
    """A figure of the house's look: no logo, no outside link, as wide as there is room."""
    made = figure(
        title=title, height=height, sizing_mode="stretch_width", tools="xpan,xwheel_zoom,reset,save", **options
    )
    made.toolbar.logo = None
    made.toolbar.autohide = True
    made.grid.grid_line_alpha = 0.35
    made.outline_line_color = None
    return made


def answers(source, x_range=None):
    """The chart of the answers along time, a lane a class, the unknown the lowest. source: a ColumnDataSource of COLUMNS."""
    made = plain("answers: a lane a class, the lowest unknown", **({"x_range": x_range} if x_range else {}))
    made.scatter("number", "lane", source=source, size=9, marker="marker", color="colour", line_width=2)
    words = [
        ("event", "@number, at sample @at"),
        ("answer", "@name, @words"),
        ("it was", "@said"),
        ("sure", "@sure{0%}"),
    ]
    made.add_tools(HoverTool(tooltips=words))
    made.xaxis.axis_label = "event"
    made.y_range = Range1d(-1.6, 0.6)
    made.yaxis.ticker = FixedTicker()
    return made


def lanes(made, names, n):
    """Gives the lanes of the answers their names; n: classes that have one."""
    made.y_range.end = max(n, 1) - 0.4
    made.yaxis[0].ticker.ticks = list(range(-1, max(n, 1)))  # a new ticker each time would stay in the document
    made.yaxis.major_label_overrides = {-1: "unknown"} | {label: called(names, label) for label in range(max(n, 1))}


def sureness(source, x_range):
    """The chart of probability and novelty along time."""
    made = plain("probability of the answer, and novelty in shares of the level (above 1: unknown)", x_range=x_range)
    made.y_range = Range1d(-0.1, 2.1)
    made.line("number", "novelty", source=source, color=UNKNOWN, line_width=1.5, legend_label="novelty")
    made.scatter("number", "sure", source=source, size=5, color=COLOURS[0], legend_label="probability")
    made.add_layout(Span(location=1, dimension="width", line_color=INK, line_dash="dashed", line_width=1))
    legend(made)
    return made


def growth(source, x_range):
    """The chart of neurons and depth."""
    made = plain("neurons and depth", x_range=x_range)
    made.step("number", "neurons", source=source, color=COLOURS[2], line_width=2, mode="after", legend_label="neurons")
    made.step("number", "depth", source=source, color=COLOURS[3], line_width=2, mode="after", legend_label="depth")
    made.y_range.start = 0
    legend(made)
    return made


def legend(made):
    """Puts the legend of a figure where it hides little."""
    made.legend.location = "top_left"
    made.legend.orientation = "horizontal"
    made.legend.background_fill_alpha = 0.6
    made.legend.padding, made.legend.label_text_font_size = 3, "11px"


def known_map(height=420):
    """(figure, its sources by name) of the known set; `mapped` fills them."""
    made = plain("what it knows: events kept, and within the line what would be known", height, match_aspect=False)
    made.axis.visible = made.grid.visible = False
    made.x_range, made.y_range = Range1d(-1, 1), Range1d(-1, 1)
    sources = {name: ColumnDataSource(EMPTY[name]) for name in EMPTY}
    box = dict(x="x", y="y", dw="dw", dh="dh")
    made.image_rgba("image", source=sources["image"], **box)
    made.multi_line("xs", "ys", source=sources["line"], color=INK, line_width=2)
    made.scatter("x", "y", source=sources["asked"], size=5, marker="x", color=INK, alpha=0.6)
    name = dict(text_align="center", text_baseline="bottom", y_offset=-8, text_font_style="bold", text_font_size="13px")
    made.text("x", "y", text="text", source=sources["names"], text_color=INK, **name)
    kept = made.scatter("x", "y", source=sources["events"], size=11, color="colour", line_color=INK)
    made.add_tools(HoverTool(renderers=[kept], tooltips=[("event", "#@number"), ("class", "@name")]))
    return made, sources


EMPTY = {
    "image": dict(image=[], x=[], y=[], dw=[], dh=[]),
    "line": dict(xs=[], ys=[]),
    "asked": dict(x=[], y=[]),
    "names": dict(x=[], y=[], text=[]),
    "events": dict(x=[], y=[], number=[], name=[], colour=[]),
}


def mapped(made, sources, found, names):
    """Draws a Map, of plane.py, into a known_map."""
    (left, low), (right, high) = found.low.tolist(), found.high.tolist()
    made.x_range.start, made.x_range.end, made.y_range.start, made.y_range.end = left, right, low, high
    wide, tall = ((b - a) / (found.share.shape[0] - 1) for a, b in ((left, right), (low, high)))  # of a place
    corner = dict(x=[left - wide / 2], y=[low - tall / 2], dw=[right - left + wide], dh=[high - low + tall])
    sources["image"].data = dict(image=[tinted(found)], **corner)
    across, up = (np.linspace(a, b, found.share.shape[0]) for a, b in ((left, right), (low, high)))
    lines = contour_generator(across, up, found.share).lines(1.0)
    sources["line"].data = dict(xs=[it[:, 0].tolist() for it in lines], ys=[it[:, 1].tolist() for it in lines])
    sources["asked"].data = dict(x=found.asked[:, 0].tolist(), y=found.asked[:, 1].tolist())
    number, x, y, label = (list(it) for it in zip(*found.events, strict=True))
    labels = dict(name=[called(names, it) for it in label], colour=[colour(it) for it in label])
    sources["events"].data = dict(x=x, y=y, number=number, **labels)
    groups = {it: [row for row in found.events if row[3] == it] for it in sorted(set(label))}
    middle = [(sum(row[1] for row in rows) / len(rows), max(row[2] for row in rows)) for rows in groups.values()]
    text = [called(names, it) for it in groups]
    sources["names"].data = dict(x=[it[0] for it in middle], y=[it[1] for it in middle], text=text)


def tinted(found):
    """uint32 [GRID, GRID], RGBA of a Map: the class answered, pale, where it would be known, else nothing."""
    table = np.array([[int(it[i : i + 2], 16) for i in (1, 3, 5)] for it in COLOURS], np.uint8)
    image = np.zeros((*found.label.shape, 4), np.uint8)
    image[..., :3] = table[found.label % len(COLOURS)]
    image[..., 3] = np.where(found.share <= 1, 90, 0)
    return image.view(np.uint32)[..., 0]
