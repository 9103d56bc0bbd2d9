# SPDX-License-Identifier: MIT
"""The monitor in a terminal, with the keys for all actions. It takes the terminal's own colours, and needs none.

It asks for 80 x 24 characters and cursor movements, as every terminal since the VT100 has them.
"""

import locale
import re

from rich.text import Text
from textual.app import App
from textual.binding import Binding
from textual.containers import Horizontal
from textual.suggester import SuggestFromList
from textual.widgets import Footer, Input, Static

from . import telling
from .shown import ANSWERED, LEARNED

REFRESH = 0.2  # seconds
STYLES = {"known": "green", "uncertain": "yellow", "unknown": "cyan", LEARNED: "bold"}
# What is asked for before an action: the words of it, and what becomes of the text.
QUESTIONS = {
    "teach": "teach the next events as NAME, or NAME HOW-MANY:",
    "correct": "the last event was a NAME:",
    "gather": "the unknowns that are remembered are a NAME:",
    "rename": "give a class another name: OLD = NEW:",
}
_COUNTED = re.compile(r"(.*\S)\s+(\d{1,4})", re.DOTALL)


class Terminal(App):
    """feed: a Feed that runs; the app ends with key q, or where the feed has ended by a fault."""

    TITLE = "Deeplomath"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [
        Binding("t", "ask('teach')", "teach"),
        Binding("c", "ask('correct')", "correct"),
        Binding("g", "ask('gather')", "unknowns"),
        Binding("n", "ask('rename')", "name"),
        Binding("u", "do('undo')", "undo"),
        Binding("d", "do('drop')", "drop"),
        Binding("f", "do('freeze')", "freeze"),
        Binding("s", "do('save')", "save"),
        Binding("space", "do('run')", "rest", key_display="_"),
        Binding("q", "quit", "quit"),
        Binding("escape", "leave", show=False),
    ]
    CSS = """
    Screen { layout: vertical; background: ansi_default; color: ansi_default; }
    Static, Footer { background: ansi_default; color: ansi_default; }
    #title { height: 1; text-style: bold; }
    #facts { height: 11; }
    #answer, #board { width: 1fr; height: 11; padding: 0 1; border: round ansi_default; border-title-style: bold; }
    #board { width: 1.15fr; }
    #title, #answer, #board, #stream { text-wrap: nowrap; text-overflow: ellipsis; }
    #stream { height: 1fr; padding: 0 1; border: round ansi_default; border-title-style: bold; }
    #said { height: 2; padding: 0 1; }
    #prompt { height: 1; display: none; }
    #prompt.open { display: block; }
    #question { width: auto; padding: 0 1; text-style: bold; }
    #text { width: 1fr; height: 1; border: none; padding: 0; background: ansi_default; color: ansi_default; }
    .plain #answer, .plain #board, .plain #stream { border: ascii ansi_default; border-title-style: bold; }
    """

    def __init__(self, feed, plain=None, **options):
        super().__init__(ansi_color=True, **options)
        self.feed = feed
        self.plain = not _unicode() if plain is None else plain
        self._asking = None  # the action whose text is asked for
        self._seen = 0  # number of the newest event shown
        self._rows, self._shown = [], {}

    def compose(self):
        yield Static(id="title", markup=False)
        with Horizontal(id="facts"):
            yield Static(id="answer", markup=False)
            yield Static(id="board", markup=False)
        yield Static(id="stream", markup=False)
        yield Static(id="said", markup=False)
        with Horizontal(id="prompt"):
            yield Static(id="question", markup=False)
            yield Input(id="text", disabled=True)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self):
        self.screen.set_class(self.plain, "plain")
        for name, title in (("answer", "last event"), ("board", "board"), ("stream", "events")):
            self.query_one(f"#{name}").border_title = title
        self.set_interval(REFRESH, self.show)
        self.show()
        self.call_after_refresh(self.show)  # only then it is known how many events there is room for

    def show(self):
        """Brings what the feed has by now to the screen."""
        if self.feed.fault is not None:
            self.exit()
        if self.feed.fault is not None or not self.query("#stream"):  # the screen is not there yet, or no more
            return
        status, rows, _ = self.feed.read(row=self._seen)
        kept = max(24, self.size.height)
        self._rows = [*self._rows, *rows][-kept:]
        self._seen = self._rows[-1].number if self._rows else 0
        what, state = telling.title(status)
        room = max(0, self.size.width - len(state) - 1)
        self._put("title", Text(f"{what[:room]:{room}} {state}"))
        last = self._rows[-1] if self._rows else None
        self._put("answer", self._answer(last))
        self._put("board", _pairs(telling.board(status)))
        stream = self.query_one("#stream")
        self._put("stream", self._lines(stream.content_size))
        said = self.feed.read(word=self.feed.said.last - 2)[2]
        self._put("said", Text("\n").join(Text(it.words, "" if it.ok else "bold") for it in said))

    def _answer(self, row):
        """The last event as text, its name and its probability most of all."""
        pairs = telling.answer(row)
        text = _pairs(pairs, STYLES.get(row.verdict or row.kind, "") if row else "")
        if row is not None and row.kind == ANSWERED and telling.sureness(row):
            full = round(20 * row.probability)
            text.append(f"\n{'█' * full}{'░' * (20 - full)}")
        return text

    def _lines(self, size):
        """The newest events, as many as there is room for."""
        said = 12 if any(row.said for row in self._rows) else 0
        rows = self._rows[-size.height :] if size.height > 0 else []
        lines = (Text(telling.line(row, size.width, said), STYLES.get(row.verdict or row.kind, "")) for row in rows)
        return Text("\n").join(lines)

    def _put(self, name, text):
        """Shows a Text in a part of the screen."""
        if self.plain:
            text.plain = text.plain.translate(telling.PLAIN)
        if self._shown.get(name) != text:  # what stays is not sent again: the line of an ssh is not for that
            self._shown[name] = text
            self.query_one(f"#{name}").update(text)

    # Keys

    def action_do(self, action, *arguments):
        """Asks the feed for an action; what comes of it is said by the feed."""
        self.feed.ask(action, *arguments)

    def action_ask(self, action):
        """Opens the line in which the text of an action is typed."""
        self._asking = action
        self.query_one("#question").update(QUESTIONS[action])
        self.query_one("#prompt").add_class("open")
        text = self.query_one("#text")
        text.suggester = SuggestFromList(self.feed.status.names, case_sensitive=False)
        text.value, text.disabled = "", False
        text.focus()

    def action_leave(self):
        """Closes that line again."""
        self._asking = None
        self.query_one("#prompt").remove_class("open")
        self.query_one("#text").disabled = True

    def on_input_submitted(self, event):
        """What was typed becomes the action."""
        action, arguments = self._asking, said(self._asking, event.value)
        self.action_leave()
        if arguments:
            self.feed.ask(action, *arguments)


def said(action, text):
    """The arguments of an action in what was typed; none where nothing was."""
    text = text.strip()
    if not text:
        return ()
    if action == "teach" and (counted := _COUNTED.fullmatch(text)):
        return counted[1], int(counted[2])
    if action == "rename":
        old, _, new = text.partition("=")
        return old.strip(), new.strip()
    return (text,)


def _pairs(pairs, style=""):
    """(name, text) pairs as a Text, the second of the first pair in a style."""
    width = max(len(name) for name, _ in pairs)
    lines = [
        Text.assemble((f"{name:{width}}  ", "bold"), (text, style if i == 0 else ""))
        for i, (name, text) in enumerate(pairs)
    ]
    return Text("\n").join(lines)


def _unicode():
    """Whether the terminal takes more than ASCII, as far as the locale says."""
    return "utf" in locale.getpreferredencoding(False).lower()
