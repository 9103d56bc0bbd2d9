# SPDX-License-Identifier: MIT
"""Where each field of a TOML text stands: its line, for the words of what is refused. The text itself is read by tomllib."""

import re

_KEY = re.compile(r"""\s*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))\s*""")
_STRINGS = ('"""', "'''", '"', "'")


def places(text):
    """{path: line} of a TOML text that tomllib takes: of tables, fields, and the items of arrays.

    A path is a tuple of names, and of numbers from 0 for the items of an array, an array of tables too.
    """
    found, counts, table = {(): 1}, {}, ()
    at, line = 0, 1
    while at < len(text):
        if text[at] == "\n":
            at, line = at + 1, line + 1
        elif text[at] in " \t\r":
            at += 1
        elif text[at] == "#":
            at = _end_of_line(text, at)
        elif text[at] == "[":
            table, at = _header(text, at, counts)
            for n in range(1, len(table) + 1):
                found.setdefault(table[:n], line)
        else:
            keys, at = _keys(text, at)
            path = (*table, *keys)
            for n in range(len(table) + 1, len(path) + 1):
                found.setdefault(path[:n], line)
            at, line = _value(text, at + 1, line, path, found)  # + 1: the equals sign
    return found


def _end_of_line(text, at):
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _header(text, at, counts):
    """The path of a table's header, and where the header ends; a table of an array is the next of it."""
    many = text.startswith("[[", at)
    keys, at = _keys(text, at + 1 + many)
    path = ()
    for key in keys[:-1]:
        path = (*path, key)
        if path in counts:
            path = (*path, counts[path])
    path = (*path, keys[-1])
    if many:
        counts[path] = counts.get(path, -1) + 1
        path = (*path, counts[path])
    return path, at + 1 + many


def _keys(text, at):
    """The names of a dotted key, and where it ends."""
    names = []
    while True:
        match = _KEY.match(text, at)
        names.append(next(group for group in match.groups() if group is not None))
        at = match.end()
        if text[at : at + 1] != ".":
            return tuple(names), at
        at += 1


def _value(text, at, line, path, found):
    """Where a value ends, and in which line; the items of an array are put into `found`."""
    depth, counts, fresh = [], [], False
    while at < len(text):
        char = text[at]
        if char == "#":
            at = _end_of_line(text, at)
            continue
        if char == "\n" and not depth:
            break
        if char not in " \t\r\n]" and fresh and depth == ["["]:
            found[(*path, counts[-1])], fresh = line, False
        opening = next((quote for quote in _STRINGS if text.startswith(quote, at)), None)
        if opening:
            end = _end_of_string(text, at, opening)
            line, at = line + text.count("\n", at, end), end
            continue
        if char in "[{":
            depth.append(char)
            counts.append(0)
            fresh = char == "[" and len(depth) == 1
        elif char in "]}":
            depth.pop()
            counts.pop()
        elif char == "," and depth == ["["]:
            counts[-1] += 1
            fresh = True
        line, at = line + (char == "\n"), at + 1
    return at, line


def _end_of_string(text, at, quote):
    """Where a string ends that begins at `at` with this quote."""
    at += len(quote)
    while not text.startswith(quote, at):
        at += 2 if text[at] == "\\" and quote[0] == '"' else 1
    at += len(quote)
    while len(quote) == 3 and text[at : at + 1] == quote[0]:  # quotes at the end of a string of many lines
        at += 1
    return at
