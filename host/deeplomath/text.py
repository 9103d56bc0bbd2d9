# SPDX-License-Identifier: MIT
"""Text of others made harmless: what a board or a line says is shown escaped, and no more of it than a reader can use."""

MOST = 300  # characters of what others said, in a message


def escaped(text):
    """The str() of `text` with each character that does not print, newlines too, escaped as Python does it."""
    return "".join(it if it.isprintable() else it.encode("unicode_escape").decode() for it in str(text))


def printable(said, most=MOST, end=False):
    """The str or bytes `said` without control characters, ANSI sequences and marks of direction: each is escaped.

    Of more than `most` characters the first are kept, or the last where `end` is True. Bytes that are not UTF-8 are
    escaped. Markup is not touched: who prints with markup has to escape it there.
    """
    room = 4 * most  # bytes: no character of UTF-8 has more
    said = said[-room:] if end else said[:room]
    text = said.decode("utf-8", "backslashreplace") if isinstance(said, bytes | bytearray) else said
    text = escaped(text)
    if len(text) <= most:
        return text
    return "..." + text[-most:] if end else text[:most] + "..."
