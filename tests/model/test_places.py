# SPDX-License-Identifier: MIT
"""Places: each field of a TOML text has the line that it stands in, whatever strings, comments and arrays are around it."""

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from deeplomath.model.places import places

TEXT = '''# comment with [brackets] and "quotes"
a = 1
"b c".d = 'x # no comment'
[source]
lines = ["x", # "y",
  "y", """q
"w" ]""", "z"]   # 5..7
e.f = { g = [1,
], h = "}" }
[[front_end]]
op = "mix"

[[front_end]]
op = 'a#b'
new = [
  [1, 2],
  [3,
   4] ]
[front_end.sub]
when = 2020-01-01
[[front_end.more]]
z = """\\""""
[[front_end.more]]
z = -1.5e3
[last]
'''
LINES = {
    ("a",): 2,
    ("b c",): 3,
    ("b c", "d"): 3,
    ("source",): 4,
    ("source", "lines"): 5,
    ("source", "lines", 0): 5,
    ("source", "lines", 1): 6,
    ("source", "lines", 2): 6,
    ("source", "lines", 3): 7,
    ("source", "e"): 8,
    ("source", "e", "f"): 8,
    ("front_end",): 10,
    ("front_end", 0): 10,
    ("front_end", 0, "op"): 11,
    ("front_end", 1): 13,
    ("front_end", 1, "op"): 14,
    ("front_end", 1, "new"): 15,
    ("front_end", 1, "new", 0): 16,
    ("front_end", 1, "new", 1): 17,
    ("front_end", 1, "sub"): 19,
    ("front_end", 1, "sub", "when"): 20,
    ("front_end", 1, "more"): 21,
    ("front_end", 1, "more", 0): 21,
    ("front_end", 1, "more", 0, "z"): 22,
    ("front_end", 1, "more", 1): 23,
    ("front_end", 1, "more", 1, "z"): 24,
    ("last",): 25,
}


def test_each_field_table_and_item_has_its_line():
    found = places(TEXT)
    assert found.pop(()) == 1
    assert found == LINES


def paths(values, path=()):
    """The paths of tables, fields and items of arrays, as far as a line can be told."""
    items = values.items() if isinstance(values, dict) else enumerate(values)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict) or isinstance(value, list) and all(isinstance(item, dict) for item in value):
            yield from paths(value, (*path, key))


def test_no_field_of_a_text_is_missed():
    missing = [path for path in paths(tomllib.loads(TEXT)) if path not in places(TEXT)]
    assert missing == [("source", "e", "f", "g"), ("source", "e", "f", "h")]  # of an inline table: its line is told


KEYS = st.from_regex(r"[a-z_]{1,6}", fullmatch=True)
SCALARS = st.one_of(
    st.integers(-(1 << 40), 1 << 40).map(str),
    st.booleans().map(lambda value: str(value).lower()),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters="\\\"'"), max_size=8).map(
        lambda text: f'"{text}"'
    ),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=4).map(lambda items: "[\n" + ",\n".join(items) + "]"))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=4), max_size=4))
def test_each_field_is_found_in_its_own_line(tables):
    text = "".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items())
        for name, fields in tables.items()
    )
    tomllib.loads(text)
    lines, found = text.split("\n"), places(text)
    for name, fields in tables.items():
        assert lines[found[name,] - 1] == f"[{name}]"
        assert all(lines[found[name, key] - 1].startswith(f"{key} = ") for key in fields)
