# SPDX-License-Identifier: MIT
"""The monitor as a page of a Bokeh server: charts that scroll, the known-set map, and the actions as buttons."""

import html

from bokeh.layouts import column, row
from bokeh.models import Button, ColumnDataSource, Div, Range1d, Spinner, TextInput

from . import charts, telling
from .actions import LESSON

REFRESH = 300  # milliseconds
TITLE = "Deeplomath monitor"
STYLE = """
:host { font-size: 14px; }
table { border-spacing: 0 2px; } th { text-align: left; padding-right: 12px; vertical-align: top; }
.bad { color: #B00020; } .big { font-size: 26px; font-weight: bold; } p { margin: 2px 0; }
"""


class Page:
    """A page of a Feed for one who looks at it. document: a Bokeh document, which it fills; mapping: a Mapping."""

    def __init__(self, document, feed, mapping):
        self.feed, self.mapping = feed, mapping
        self.source = ColumnDataSource(charts.columns([]))
        self._seen, self._map, self._words = 0, None, None
        self.range = Range1d(0, charts.LAST)
        self.answers = charts.answers(self.source, self.range)
        self.known, self.sources = charts.known_map()
        self.top, self.answer, self.board, self.said = (Div(stylesheets=[STYLE], name=it) for it in PARTS)
        self.said.styles = {"min-height": "110px"}
        document.title = TITLE
        document.add_root(self._layout())
        document.add_periodic_callback(self.update, REFRESH)
        self.update()

    def _layout(self):
        left = column(self._controls(), self.said, self.answer, self.board, width=330)
        sure, growth = charts.sureness(self.source, self.range), charts.growth(self.source, self.range)
        right = column(self.answers, sure, growth, self.known, sizing_mode="stretch_width")
        return column(self.top, row(left, right, sizing_mode="stretch_width"), sizing_mode="stretch_width", margin=8)

    def _controls(self):
        """The buttons, with the name and the number that they take."""
        self.name = TextInput(title="class", placeholder="its name", width=190)
        self.count = Spinner(title="events", low=1, high=LESSON, value=3, width=100)
        acts = dict(teach=self.teach, correct=self.correct, unknowns=self.gather, rename=self.rename)
        plain = dict(undo="undo", drop="drop", freeze="freeze", save="save", rest="run")
        acts |= {label: self._asking(action) for label, action in plain.items()}
        buttons = []
        for label, act in acts.items():
            kind = "primary" if label in ("teach", "correct", "unknowns") else "default"
            button = Button(label=label, button_type=kind, width=98, name=label)
            button.on_click(act)
            buttons.append(button)
        rows = [row(*buttons[at : at + 3]) for at in range(0, len(buttons), 3)]
        return column(row(self.name, self.count), *rows)

    # Actions

    def _asking(self, action):
        """What asks the feed for an action without arguments."""

        def ask():
            self.feed.ask(action)

        return ask

    def teach(self):
        self.feed.ask("teach", self.name.value, int(self.count.value or 1))

    def correct(self):
        self.feed.ask("correct", self.name.value)

    def gather(self):
        self.feed.ask("gather", self.name.value)

    def rename(self):
        last = self.feed.read(row=self.feed.rows.last - 1)[1]
        label = last[-1].label if last else -1
        self.feed.ask("rename", str(label) if label >= 0 else "", self.name.value)

    # What is shown

    def update(self):
        """Brings what the feed has by now to the page."""
        status, rows, _ = self.feed.read(row=self._seen)
        if rows:
            self._seen = rows[-1].number
            self.source.stream(charts.columns(rows), rollover=4 * charts.LAST)
            end = max(charts.LAST, self._seen + 2)
            self.range.update(start=end - charts.LAST, end=end)
        if self._words != status.names or rows:
            charts.lanes(self.answers, status.names, max(len(status.names), 1 + max(self._lanes(), default=0)))
        names, self._words = self._words != status.names, status.names
        what, state = telling.title(status)
        _put(self.top, f"<b>{TITLE}</b>: {_escaped(what)}; {_escaped(status.stream)}; <b>{_escaped(state)}</b>")
        last = self.feed.read(row=self.feed.rows.last - 1)[1]
        pairs = telling.answer(last[-1] if last else None)
        _put(self.answer, f'<p class="big">{_escaped(pairs[0][1])}</p>{_table(pairs[1:])}')
        _put(self.board, _table(self._proved(telling.board(status))))
        said = reversed(self.feed.read(word=self.feed.said.last - 4)[2])
        lines = (f'<p class="{"" if it.ok else "bad"}">{_escaped(it.words)}</p>' for it in said)
        _put(self.said, "".join(lines) or "<p>What you do is told here.</p>")
        found = self.mapping.found
        if found is not None and (found is not self._map or names):
            self._map = found
            charts.mapped(self.known, self.sources, found, status.names)

    def _lanes(self):
        return [lane for lane in self.source.data["lane"]]

    def _proved(self, pairs):
        """The digest with what the mirror makes of it."""
        status, mapping = self.feed.status, self.mapping
        if status.digest is not None and status.digest == mapping.proved:
            return [(name, f"{text}, the mirror's" if name == "digest" else text) for name, text in pairs]
        if status.digest is not None and status.digest == mapping.differs:
            return [(name, f"{text}: the mirror has another one" if name == "digest" else text) for name, text in pairs]
        return pairs


PARTS = "top", "answer", "board", "said"


def _put(div, text):
    if div.text != text:
        div.text = text


def _table(pairs):
    rows = (f"<tr><th>{_escaped(name)}</th><td>{_escaped(text)}</td></tr>" for name, text in pairs)
    return f"<table>{''.join(rows)}</table>"


def _escaped(text):
    return html.escape(str(text))
