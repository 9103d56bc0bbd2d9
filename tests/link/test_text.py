# SPDX-License-Identifier: MIT
"""What a board or a line says is shown without what a terminal acts on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplomath.text import MOST, printable


@given(st.text(max_size=2000) | st.binary(max_size=2000), st.booleans())
def test_what_is_shown_is_printable_and_bounded(said, end):
    shown = printable(said, end=end)
    assert shown.isprintable() and len(shown) <= MOST + 3


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("label: 9 given, 0..6 allowed, µ é 日本", "label: 9 given, 0..6 allowed, µ é 日本"),
        ("\x1b[31mred\x07\r\n", "\\x1b[31mred\\x07\\r\\n"),
        ("a\u202eb\u2066c\u200b", "a\\u202eb\\u2066c\\u200b"),
        (b"\xff\xfe >>> ", "\\xff\\xfe >>> "),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_would_act_on_is_escaped(said, shown):
    assert printable(said) == shown


def test_of_much_text_the_beginning_or_the_end_is_kept():
    said = "".join(map(str, range(1000)))
    assert printable(said, 10) == "0123456789..." and printable(said, 10, end=True) == "...7998999"[:3] + said[-10:]
