# SPDX-License-Identifier: MIT
"""The monitor in a terminal: what it shows at 80 x 24, in colour and without, and what its keys do."""

import asyncio
import os
import re
import sys

import pytest

import terminals
from deeplomath.monitor.terminal import Terminal, said
from implementations import ROOT
from watched import done, feed, went

PICTURE = ROOT / "build" / "monitor.svg"


def learned():
    """A Feed that has learned three swings and met a fourth."""
    it = feed(["slow", "fast", "loud", "slow", "odd", "fast"], shots=4, only=("slow", "fast", "loud"))
    it.status = it.status._replace(board="STM32F405", port="emulator")
    return it


def shown():
    it = went(learned(), 930)
    done(it, "teach", "odd", 2)
    return went(it, 290)


def keyed(it, *keys):
    """Presses keys in a Terminal of this Feed, one round of the feed after each; returns the text of the screen."""

    async def press():
        app = Terminal(it, plain=False)
        async with app.run_test(size=(80, 24)) as pilot:
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
                it.step()
            app.show()
            await pilot.pause()
            return "\n".join("".join(part.text for part in strip) for strip in app.screen._compositor.render_strips())

    return asyncio.run(press())


@pytest.mark.parametrize("size", [(80, 24), (132, 40)], ids=["80x24", "132x40"])
def test_the_screen_is_the_one_that_was_looked_at(snap_compare, size):
    assert snap_compare(Terminal(shown(), plain=False), terminal_size=size)


def test_the_screen_of_a_terminal_that_knows_ascii_alone(snap_compare, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app = Terminal(shown(), plain=True)
    assert snap_compare(app, press=["t", "o", "d"])


def test_all_of_it_is_on_a_screen_of_80_x_24():
    text = keyed(shown())
    lines = text.splitlines()
    assert len(lines) == 24 and {len(line) for line in lines} == {80}
    for words in (
        "STM32F405 at emulator",
        "connected",
        "neurons",
        "of 24, depth",
        "slow, fast, loud, odd",
        "remembered",
    ):
        assert words in text, text
    for words in (
        "bytes",
        "events a second",
        "no store",
        "digest",
        "probability",
        "verdict",
        "vote",
        "nearest",
        "it was",
    ):
        assert words in text, text
    for key in ("teach", "correct", "unknowns", "name", "undo", "drop", "freeze", "save", "rest", "quit"):
        assert key in lines[-1], lines[-1]
    assert "the next 2 events are learned as odd" in text


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("t|o|d|d|space|3|enter", "the next 3 events are learned as odd"),
        ("c|s|l|o|w|enter", "the last event is learned as slow"),
        ("g|o|d|d|enter", "are odd now"),
        ("n|s|l|o|w|=|l|o|w|enter", "slow is called low now"),
        ("u", "undone"),
        ("f", "frozen: nothing is learned any more"),
        ("f|f", "thawed: it learns again"),
        ("s", "store: none on this board"),
        ("space", "the samples rest"),
    ],
    ids=lambda it: it[:1],
)
def test_each_key_does_what_its_name_says(keys, words):
    it = went(learned(), 990)  # odd, of which the board remembers unknowns
    keyed(it, *keys.split("|"))
    assert any(words in one.words for one in it.said.since()), it.said.since()


def test_escape_and_an_empty_line_ask_for_nothing():
    it = went(learned(), 200)
    text = keyed(it, "t", "x", "escape", "c", "enter")
    assert len(it.said) == 0 and "NAME" not in text


def test_drop_after_an_answer_of_nothing_is_told_and_not_raised():
    it = feed([])
    assert "drop" in keyed(it, "d") and not it.said.since()[-1].ok


def test_a_fault_of_the_feed_ends_the_terminal():
    it = feed([])
    it.fault = ValueError("a fault")

    async def run():
        app = Terminal(it, plain=False)
        async with app.run_test() as pilot:
            await pilot.pause()
        return app.is_running

    assert not asyncio.run(run())


@pytest.mark.parametrize(
    ("text", "arguments"),
    [("walk", ("walk",)), ("walk 3", ("walk", 3)), (" go up 12 ", ("go up", 12)), ("12", ("12",)), ("  ", ())],
)
def test_what_is_typed_to_teach(text, arguments):
    assert said("teach", text) == arguments


PROGRAM = """
import sys
sys.path[:0] = {path!r}
from test_terminal import shown
from deeplomath.monitor.terminal import Terminal
Terminal(shown()).run()
"""


def on_a_terminal(**environment):
    """All that the monitor writes to a terminal until key q ends it."""
    path = [str(ROOT / "tests"), str(ROOT / "tests" / "monitor")]
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLORTERM", "LC_ALL")}
    command = [sys.executable, "-c", PROGRAM.format(path=path)]
    return terminals.seen(command, b"quit", b"q", clean | environment)


COLOURS = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")


def test_without_colour_on_a_vt100_that_knows_ascii_alone():
    text = on_a_terminal(TERM="vt100", NO_COLOR="1", LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert COLOURS.findall(text) == [] and text.isascii() and "neurons" in text


def test_in_colour_on_an_xterm():
    text = on_a_terminal(TERM="xterm-256color", LANG="C.UTF-8", LC_ALL="C.UTF-8")
    assert COLOURS.findall(text) and "●" in text


def test_the_picture_of_the_documents_is_made():
    async def picture():
        app = Terminal(shown(), plain=False)
        async with app.run_test(size=(96, 30)) as pilot:
            app.show()
            await pilot.pause()
            return app.export_screenshot(title="deeplomath monitor emulator")

    svg = asyncio.run(picture())
    assert svg.startswith("<svg") and "neurons" in svg and "learned" in svg
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(svg)
