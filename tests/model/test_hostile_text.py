# SPDX-License-Identifier: MIT
"""Texts made to harm: whatever a model file says, it compiles to a program that runs, or is refused in words with its line."""

import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deeplomath.errors import ModelError
from deeplomath.model import text
from deeplomath.model.model import PRESETS, Model, preset

WORDS = [
    *(
        "0",
        "-1",
        "1",
        "2",
        "255",
        "256",
        "65536",
        "1e308",
        "-0.0",
        "nan",
        "inf",
        "9" * 400,
        "9" * 5000,
        "true",
        "[]",
        "{}",
    ),
    *(
        '""',
        '"ax"',
        '"sound"',
        '"mean"',
        '"box"',
        '"a\\"b"',
        '"\\u0007"',
        "[[1]]",
        "[[]]",
        "[{}]",
        "{a=1}",
        "1979-05-27",
    ),
    *(
        '"s = a + a"',
        '"s = 9999 * ax"',
        '"= ax"',
        '"s ="',
        "[0, 0]",
        "[1, 2, 3]",
        "0x10",
        "1_000",
        '"majority"',
        "''' '''",
    ),
]
VALUE = re.compile(r"(?<= = )[^\n\[]*[^\n\[ ]")  # of a field, where it is no list


def mutated(content, where, word):
    """A text with one of its values exchanged."""
    places = list(VALUE.finditer(content))
    match = places[where % len(places)]
    return content[: match.start()] + word + content[match.end() :]


def tried(content):
    """Compiles; what comes out runs."""
    try:
        model = Model(text.parsed(content, "m.toml"))
    except ModelError as error:
        assert re.match(r"m\.toml:\d+: .", str(error)) and len(str(error)) < 1000
        line = int(str(error).split(":")[1])
        assert 1 <= line <= content.count("\n") + 2
        return
    events = model.push(np.zeros((50, len(model.source.lines)), np.int16))
    assert all(len(event.x) == model.front.features for event in events)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(PRESETS), st.integers(0, 200), st.sampled_from(WORDS), st.integers(0, 200), st.sampled_from(WORDS)
)
def test_wrong_values_are_refused_in_words(name, first, word, second, other):
    tried(mutated(mutated(preset(name), first, word), second, other))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PRESETS), st.data())
def test_lines_that_are_lost_doubled_or_moved_are_refused_in_words(name, data):
    lines = preset(name).split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        i, j = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        what = data.draw(st.sampled_from(["lost", "doubled", "moved", "cut"]))
        if what == "lost":
            del lines[i]
        elif what == "doubled":
            lines.insert(j, lines[i])
        elif what == "moved":
            lines.insert(j, lines.pop(i))
        else:
            lines[i] = lines[i][: len(lines[i]) // 2]
    tried("\n".join(lines))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("[]{}\"'=.,#\n\\ ax1_-"), max_size=60))
@example("a.b.c = 1\n[a.b.d]\ne = 2")
@example("a = {b.c = 1, d = [1, {e = 2}]}")
@example('front_end = [{op = "power"}]\nsource = {lines = ["a"], rate = 1}')
def test_any_text_is_refused_in_words(content):
    tried(content)


@pytest.mark.parametrize("word", WORDS)
def test_a_wrong_rate_is_no_fault(word):
    tried(preset("keywords").replace("rate = 8000", f"rate = {word}"))
    tried(preset("keywords").replace("frequency = 150", f"frequency = {word}"))
    tried(preset("vibration").replace("range = [16, 4096]", f"range = [{word}, 4096]"))
    tried(preset("motion").replace("lsb = [4096, 4096, 4096, 16.4, 16.4, 16.4]", f"lsb = {word}"))
