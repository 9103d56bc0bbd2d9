# SPDX-License-Identifier: MIT
"""The tables of opcodes and fields in PROTOCOL.md, each between a marker that names it and an end marker."""

import re

from . import fields

TABLE = re.compile(r"(<!-- (opcodes|config|(?:request|reply) \w+) -->\n)(.*?)(<!-- end -->)", re.S)
BEHIND = "## 7. Errors"  # the section behind those of the opcodes


def document(spec, text):
    """The text with its tables as spec.toml has them, and with a section for each opcode that has none.

    ValueError: a table is missing, there twice, or of no name that spec.toml knows.
    """
    made = tables(spec)
    for request in fields.requests(spec):
        if _heading(request) not in text:
            text = text.replace(BEHIND, _section(spec, request) + BEHIND)
    found = [match[2] for match in TABLE.finditer(text)]
    if sorted(found) != sorted(made):
        odd = sorted(set(found) ^ set(made)) or sorted({it for it in found if found.count(it) > 1})
        raise ValueError(f"PROTOCOL.md: tables that are missing, unknown or there twice: {', '.join(odd)}")
    return TABLE.sub(lambda match: f"{match[1]}{made[match[2]]}{match[4]}", text)


def tables(spec):
    """Each table by the name in its marker; a request or reply without fields has none."""
    requests = fields.requests(spec)
    made = {"opcodes": _opcodes(spec, requests), "config": _fields(spec, fields.shape(spec, "config"))}
    made |= {f"request {it.name}": _fields(spec, it.parts) for it in requests if it.parts}
    return made | {f"reply {name}": _fields(spec, fields.shape(spec, name)) for name in spec["reply"]}


def _heading(request):
    return f"### 6.{request.opcode} {request.name.upper()}\n"


def _section(spec, request):
    """A section with nothing but the tables of an opcode: what else is to be said of it, people write."""
    asked = f"Request:{_place('request', request.name)}" if request.parts else "Request: no payload."
    if request.reply is None:
        replied = "Reply: nothing but the status."
    elif _shared(spec, request):
        replied = f"Reply: {_shared(spec, request)}."
    else:
        replied = f"Reply:{_place('reply', request.reply)}"
    return f"{_heading(request)}\n{asked}\n\n{replied}\n\n"


def _place(kind, name):
    return f"\n\n<!-- {kind} {name} -->\n<!-- end -->"


def _shared(spec, request):
    """What the reply of a request is called where several share its shape, else nothing."""
    shapes = [it.reply for it in fields.requests(spec)]
    return request.reply.capitalize() if request.reply and shapes.count(request.reply) > 1 else ""


def _opcodes(spec, requests):
    rows = []
    for it in requests:
        link = f"[{it.name.upper()}](#6{it.opcode}-{it.name})"
        rows.append((it.opcode, link, it.does, "no" if it.unbound else "yes", _shared(spec, it)))
    return _table(("opcode", "name", "what it does", "needs a network", "reply, where it is shared"), rows)


def _fields(spec, parts):
    return _table(("field", "type", "meaning"), [_row(spec, it) for it in parts])


def _row(spec, it):
    if isinstance(it, fields.Whole):
        but = f", without {', '.join(it.but)}" if it.but else ""
        return f"*{it.shape}*", f"{len(fields.fields(spec, [it]))} fields", it.meaning + but
    kind = f"{it.type} Q{it.q}" if it.q else it.type
    return it.name, kind, f"{_allowed(it)}{it.meaning}"


def _allowed(it):
    """The range of a number, where it is not that of its type, and not told by its meaning: names of numbers, 0 and 1."""
    told = it.code is None or it.flag or it.of or (it.least, it.most) == fields.bounds(it.type)
    return "" if told else f"{it.least}..{it.most}: "


def _table(heading, rows):
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in row)} |\n" for row in lines)
