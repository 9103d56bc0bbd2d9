# SPDX-License-Identifier: MIT
"""The pictures of the site: each is shown, and the same code draws the same bytes."""

import re
import sys

import pytest

from pages import PAGES, SITE

pytest.importorskip("matplotlib")
sys.path.insert(0, str(SITE))
import pictures  # noqa: E402

SHOWN = re.compile(r"^```\{picture\} (\w+)$", re.MULTILINE)


def test_each_picture_is_on_a_page():
    shown = [name for file in PAGES.values() for name in SHOWN.findall(file.read_text())]
    assert sorted(shown) == sorted(pictures.PICTURES)


@pytest.mark.parametrize("name", ["wiring_adc", "samples"])
def test_a_picture_is_the_same_each_time_and_another_on_a_dark_page(name, tmp_path):
    drawn = []
    for theme in ("light", "light", "dark"):
        pictures.draw(name, theme, tmp_path)
        drawn.append((tmp_path / f"{name}-{theme}.svg").read_bytes())
    first, again, dark = drawn
    assert first == again != dark


def test_the_wires_of_a_page_are_those_of_its_pictures():
    """What the words below a picture say is what the picture shows."""
    text = " ".join(PAGES["wiring"].read_text().split())
    for name, (_, wires) in pictures.WIRING.items():
        words = text.split(f"{{picture}} wiring_{name} ")[1].split("```")[0]
        assert [(pin, number) for _, pin, number, _ in wires if f"{pin}, pin {number}" not in words] == []
