# SPDX-License-Identifier: MIT
"""Text that any terminal and any encoding takes: control characters escaped, symbols in ASCII where there is no better."""

import codecs
import sys

from ..text import escaped

# What stands for a symbol where the encoding of the output lacks it: one character each, so that columns stay in line.
PLAIN = {"●": "*", "◐": "+", "○": "?", "✗": "x", "µ": "u", "…": "."}
PLAIN |= dict.fromkeys("─━╺╸", "-") | dict.fromkeys("│┃", "|")


def printable_lines(text):
    """Text of a board or of a user, of which lines stay lines, and all else that does not print is escaped."""
    return "\n".join(map(escaped, str(text).split("\n")))


def _plain(error):
    """A codec's error handler: PLAIN where it has the character, else the escape of it."""
    bad = error.object[error.start : error.end]
    return "".join(PLAIN.get(c) or c.encode("ascii", "backslashreplace").decode() for c in bad), error.end


codecs.register_error("deeplomath-plain", _plain)


def let_all_be_printed():
    """Lets stdout and stderr take every character, whatever their encoding."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="deeplomath-plain")
