# SPDX-License-Identifier: MIT
"""The page of messages: each one that it explains is there in the sources, so that who reads it may find it there."""

import ast
import re

import pytest

from implementations import ROOT
from pages import PAGES

FOLDERS = ("host/deeplomath", "firmware/device", "firmware/sources", "boards")
GAP = "..."  # what differs each time
ROW = re.compile(r"^\| `([^|]+)` \|([^|]+)\|([^|]*)\|$", re.MULTILINE)


def literals(tree):
    """The texts of a program, adjacent ones joined; a value within is a GAP. Back-ticks do not count."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else GAP for part in node.values)
            yield "".join(map(str, parts)).replace("`", "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value.replace("`", "")


SAID = [
    text
    for folder in FOLDERS
    for file in sorted((ROOT / folder).rglob("*.py"))
    if "node_modules" not in file.parts
    for text in literals(ast.parse(file.read_text()))
]
ROWS = ROW.findall(PAGES["troubles"].read_text())


def is_said(message):
    """Whether one text of the sources has the fixed parts of a message, in their order."""
    parts = [part.strip() for part in message.split(GAP)]
    pattern = re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
    return any(pattern.search(text) for text in SAID if max(parts, key=len) in text)


def test_the_page_explains_many():
    assert len(ROWS) > 50 and len({message for message, *_ in ROWS}) == len(ROWS)
    assert not is_said("a message that nobody ever wrote")


@pytest.mark.parametrize("message", [message for message, *_ in ROWS])
def test_a_message_of_the_page_is_in_the_sources(message):
    assert max(map(len, message.split(GAP))) >= 8, "too little to look for"
    assert is_said(message), message
