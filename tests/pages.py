# SPDX-License-Identifier: MIT
"""What README.md and the pages of the site show: their blocks of code, and the commands in them with what these say."""

import re
from typing import NamedTuple

from implementations import ROOT

SITE = ROOT / "shared_spec" / "site"
PAGES = {"README": ROOT / "README.md"} | {file.stem: file for file in sorted(SITE.glob("*.md"))}
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN_PORT = "/dev/ttyACM0"  # where a page needs a port


class Block(NamedTuple):
    """A block of code of a page. kind: what follows its fence."""

    kind: str
    text: str


class Command(NamedTuple):
    """A line of a console, and the lines that it is said to print, none where the page does not show them."""

    line: str
    printed: list


def blocks(page, *kinds):
    """The Blocks of these kinds, in their order."""
    found = FENCE.findall(PAGES[page].read_text())
    return [Block(kind, text) for kind, text in found if kind in kinds]


def commands(page):
    """The Commands of all consoles of a page."""
    found = []
    for block in blocks(page, "console"):
        for line in block.text.splitlines():
            if line.startswith("$ "):
                found.append(Command(line[2:], []))
            else:
                found[-1].printed.append(line)
    return found
