# SPDX-License-Identifier: MIT
"""The report of sessions: one file of HTML that needs nothing else, to be read on paper, on a phone, in light and in dark."""

import html

from bokeh.embed import components
from bokeh.models import ColumnDataSource, Label, Span
from bokeh.resources import Resources

from .. import spec
from ..audit.log import DAMAGED
from . import charts, summary
from .plane import drawn
from .shown import called

AXIS = "#7A7A7A"  # is read on white and on black
ASKED = 200  # of the last events, placed on the map
STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --paper: #fff; --line: #ccc; --good: #00695c; --bad: #b00020; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --paper: #16181b; --line: #444; --good: #5fd3bc; --bad: #ff8a80; } }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 16px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0.4em 0; } h2 { font-size: 1.25rem; margin: 1.6em 0 0.3em; }
h3 { font-size: 1rem; margin: 1.2em 0 0.2em; }
table { border-collapse: collapse; margin: 0.4em 0; } th, td { padding: 0.2em 0.6em; text-align: right; }
th { font-weight: 600; } tr > :first-child, .words { text-align: left; } thead th { border-bottom: 1px solid var(--line); }
.wide { overflow-x: auto; } .words { min-width: 13rem; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
.facts td { text-align: left; } .cell { color: var(--ink); } p.note { opacity: 0.8; font-size: 0.9rem; }
@media print { body { max-width: none; color: #000; background: #fff; } section, table, figure { break-inside: avoid; } }
"""


def written(summaries):
    """The text of the report of Summaries."""
    parts, plots = [], []
    for it in summaries:
        parts += _session(it, plots)
    script, divs = components(tuple(plots)) if plots else ("", ())
    body = "".join(divs[part] if isinstance(part, int) else part for part in parts)
    resources = Resources(mode="inline", components=["bokeh"], minified=True).render() if plots else ""
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    head += '<link rel="icon" href="data:,"><title>Deeplomath: what was learned</title>'
    title = f"<h1>Deeplomath: what was learned</h1>{_overview(summaries)}"
    end = (
        f'<p class="note">Written by deeplomath {spec.VERSION_LIBRARY}, arithmetic of version {spec.VERSION_SPEC}.</p>'
    )
    page = f"<head>{head}<style>{STYLE}</style>{resources}</head><body>{title}{body}{end}{script}</body>"
    return f'<!DOCTYPE html><html lang="en">{page}</html>\n'


def _overview(summaries):
    """A row a session."""
    names = "log", "events", "told", "right", "neurons", "proof by the mirror"
    rows = []
    for it in summaries:
        right = f"{sum(one.right for one in it.told) / len(it.told):.1%}" if it.told else "-"
        neurons = it.network.info().neurons if it.network else 0
        rows.append((_base(it), len(it.rows), len(it.told), right, neurons, proof(it)))
    return _table(names, rows)


def _session(it, plots):
    """The HTML of one Summary, in parts; a number stands for a plot, which is added to these."""
    n = _classes(it)
    parts = [f"<section><h2>{_e(_base(it))}</h2>", _facts(it)]

    def add(title, plot, note=""):
        parts.append(f"<h3>{_e(title)}</h3>" + (f'<p class="note">{_e(note)}</p>' if note else ""))
        parts.extend(("<figure style='margin:0'>", len(plots), "</figure>"))
        plots.append(plot)

    if it.told:
        parts.append(_confusion(it, n))
        add(f"Right, of the last {summary.RECENT} events whose class was told", _accuracy(it), MARKED)
        if summary.reliability(it.told):
            add(
                "Is it as often right as it says?", _reliability(it), "On the line it is; the size is how many answers."
            )
    if it.rows:
        source = ColumnDataSource(charts.columns(it.rows))
        lanes = charts.answers(source)
        charts.lanes(lanes, it.names, n)
        add("Each event", _toned(lanes), "A lane a class, the lowest unknown; squares were learned.")
        add("Growth", _toned(charts.growth(source, lanes.x_range)))
    found = _map(it)
    if found is not None:
        add(
            "What it knows",
            found,
            "Events kept; within the line an event would be known, and crosses were asked about.",
        )
    return [*parts, "</section>"]


MARKED = (
    "Unknown is right for a class that is new. Dashed: drift, where half of the last 20 answers are unknown. Triangles: "
    "corrections, namings, undos, drops."
)


def _facts(it):
    """The session in words."""
    log, info = it.log, it.network.info() if it.network else None
    pairs = [("board", it.title), ("began", log.session.get("began", "")), ("versions", _versions(log))]
    pairs += [("proof", proof(it))]
    pairs += [("not proved", "; ".join(f"{words}: {n}" for words, n in it.unproved.items()))] if it.unproved else []
    pairs += [("log", log.damage)] if log.damage else []
    if info:
        pairs += [("network", f"{info.neurons} of {info.events} neurons, depth {info.depth}, {info.clock} learned")]
        pairs += [("stated", f"{it.rate():.1%} of known events may be refused")]
    waiting = it.unknowns()
    pairs += [("unknowns", f"{waiting} wait for a name" if waiting else "none waits for a name")]
    for kind, (median, most, count) in it.costs().items():
        pairs += [(f"one {kind}", f"median {median:,.0f} ticks of the board, most {most:,}, of {count}")]
    counted = {what: sum(mark == what for _, mark in it.marks) for what in (*summary.MARKS.values(), "drift")}
    done = ", ".join(f"{n} {what}{'s' * (n != 1)}" for what, n in counted.items() if n)
    pairs += [("done", done or "nothing corrected, undone or named")]
    rows = "".join(f"<tr><th>{_e(name)}</th><td>{_e(text)}</td></tr>" for name, text in pairs if text)
    return f'<table class="facts">{rows}</table>'


def _versions(log):
    session = log.session
    return f"deeplomath {session.get('library')}, spec {session.get('spec')}, state {session.get('state')}"


def proof(it):
    """What the mirror has proved, and how the log ended where it is not whole."""
    if it.differs is not None:
        return f"DIFFERS at request {it.differs.event}: {it.differs.request}"
    last = f", the last {it.digest:08x}" if it.digest is not None else ""
    ended = f"; {it.log.end}: {it.log.damage}" if it.log.damage else ""
    return f"{it.proved:,} digests and {it.compared:,} results equal{last}{ended}"


def _confusion(it, n):
    """The table of what was told against what was answered, unknown last."""
    counts, names = summary.confusion(it.told, n), [called(it.names, label) for label in range(n)]
    head = "".join(f"<th>{_e(name)}</th>" for name in (*names, "unknown"))
    rows = []
    for label, row in enumerate(counts):
        whole = max(1, sum(row))
        cells = "".join(_cell(count, count / whole, at == label) for at, count in enumerate(row))
        rows.append(f"<tr><th>{_e(names[label])}</th>{cells}</tr>")
    words = "Rows: what it was, as it was told. Columns: what the network had answered before."
    table = f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f'<h3>Confusion</h3><p class="note">{words}</p><div class="wide">{table}</div>'


def _cell(count, share, own):
    colour = "0, 158, 115" if own else "213, 94, 0"
    tint = f' style="background: rgba({colour}, {0.5 * share:.2f})"' if count else ""
    return f'<td class="cell"{tint}>{count or "·"}</td>'


def _accuracy(it):
    """The share right along time, with marks."""
    made = charts.plain("")
    points = summary.accuracy(it.told)
    made.line([number for number, _ in points], [share for _, share in points], color=charts.COLOURS[0], line_width=2)
    made.y_range.start, made.y_range.end = -0.12, 1.08
    made.xaxis.axis_label = "event"
    for number in (number for number, what in it.marks if what == "drift"):
        made.add_layout(Span(location=number, dimension="height", line_color=charts.COLOURS[3], line_dash="dashed"))
        made.add_layout(Label(x=number, y=1.0, text="drift", text_font_size="11px", text_color=charts.COLOURS[3]))
    others = [(number, what) for number, what in it.marks if what != "drift"]
    kinds = dict(zip(summary.MARKS.values(), charts.COLOURS[1:], strict=False))
    for what in dict.fromkeys(what for _, what in others):
        x = [number for number, kind in others if kind == what]
        made.scatter(x, [-0.06] * len(x), marker="triangle", size=9, color=kinds[what], legend_label=what)
    if others:
        charts.legend(made)
        made.legend.location = "bottom_right"
    return _toned(made)


def _reliability(it):
    """Share right against the probability stated."""
    found = summary.reliability(it.told)
    most = max(count for *_, count in found)
    made = charts.plain("", x_range=(0, 1.05))
    made.y_range.start, made.y_range.end = -0.05, 1.1
    made.line([0, 1], [0, 1], color=AXIS, line_dash="dashed")
    sizes = [8 + 16 * (count / most) ** 0.5 for *_, count in found]
    made.scatter([it[0] for it in found], [it[1] for it in found], size=sizes, color=charts.COLOURS[0], alpha=0.7)
    made.xaxis.axis_label, made.yaxis.axis_label = "probability stated", "share right"
    return _toned(made)


def _map(it):
    """The known-set map, None where there is none to be drawn."""
    if it.network is None or it.network.config.regression:
        return None
    asked = [row.x for row in it.rows[-ASKED:] if row.x and row.verdict and len(row.x) == it.network.config.features]
    found = drawn(it.network, asked)
    if found is None:
        return None
    made, sources = charts.known_map()
    made.title.text = ""
    charts.mapped(made, sources, found, it.names)
    return _toned(made, AXIS)


def _toned(made, ink=None):
    """A figure that is read on light and on dark paper."""
    made.background_fill_color = made.border_fill_color = None
    made.title.text = ""
    made.grid.grid_line_color, made.grid.grid_line_alpha = AXIS, 0.25
    for axis in made.axis:
        axis.axis_line_color = axis.major_tick_line_color = axis.minor_tick_line_color = AXIS
        axis.major_label_text_color = axis.axis_label_text_color = AXIS
    for legend in made.legend:
        legend.label_text_color, legend.background_fill_alpha, legend.border_line_color = AXIS, 0, None
    for renderer in made.renderers if ink else ():
        glyph = renderer.glyph
        for name in ("line_color", "text_color"):
            if getattr(glyph, name, None) == charts.INK:
                setattr(glyph, name, ink)
    return made


def _table(names, rows):
    head = "".join(f"<th>{_e(name)}</th>" for name in names[:-1]) + f'<th class="words">{_e(names[-1])}</th>'
    body = "".join("<tr>" + "".join(_status(text) for text in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _status(text):
    text = str(text)
    bad = text.startswith("DIFFERS") or f"; {DAMAGED}: " in text
    kind = "words bad" if bad else "words good" if "results equal" in text else ""
    return f'<td class="{kind}">{_e(text)}</td>' if kind else f"<td>{_e(text)}</td>"


def _classes(it):
    """How many classes there is something to say of."""
    told = [max(one.truth, one.answer) for one in it.told]
    return 1 + max([*told, *(row.label for row in it.rows), len(it.names) - 1], default=0)


def _base(it):
    return it.log.path.replace("\\", "/").rpartition("/")[2]


def _e(text):
    return html.escape(str(text))
