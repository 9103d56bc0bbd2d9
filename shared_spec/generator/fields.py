# SPDX-License-Identifier: MIT
"""The wire's fields as spec.toml has them: in their order, with struct code, range and error."""

import math
from typing import NamedTuple

CODES = {"u8": "B", "u16": "H", "u32": "I", "i8": "b", "i16": "h", "i32": "i", "u64": "Q"}
SIZES = {"u8": 1, "u16": 2, "u32": 4, "i8": 1, "i16": 2, "i32": 4, "u64": 8}
KEYS = {"type", "q", "limit", "least", "most", "flag", "of", "error", "counts", "meaning"}  # of a field in spec.toml
REQUEST_KEYS = {"opcode", "does", "unbound", "harmless", "reply", "fields"}
TEXT = 256  # bytes of the longest text, its length included


class Field(NamedTuple):
    """A field of a request or reply.

    code: of struct, None of a list or text. least, most: of its value; of a list, most is the number of its items, None
    where only the frame ends it. of: the table that it is one of, if any. error: number of the error that refuses what
    does not fit.
    """

    name: str
    type: str
    code: str | None
    q: int
    least: int
    most: int | None
    flag: bool
    of: str
    error: int
    counts: str
    meaning: str

    @property
    def item_size(self):
        """Bytes of an item of a list; 0 of all else."""
        return SIZES[self.type[:-2]] if self.type.endswith("[]") else 0

    @property
    def longest(self):
        """Bytes of a list or text in a reply, at most."""
        return TEXT if self.type == "text" else self.most * self.item_size


class Whole(NamedTuple):
    """All fields of the shape of this name, but those of these names, in a place of a request or reply."""

    shape: str
    but: tuple
    meaning: str


class Request(NamedTuple):
    """A request by its name, and the name of its reply's shape, None where nothing follows the status."""

    name: str
    opcode: int
    does: str
    unbound: bool
    harmless: bool
    parts: list
    reply: str | None


def bounds(kind):
    """Least and most of a type of number."""
    bits = 8 * SIZES[kind]
    return (0, 2**bits - 1) if kind[0] == "u" else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def number(spec, value):
    """A number as spec.toml gives it: itself, "table.key", or a product of both."""
    if isinstance(value, int):
        return value
    factors = [it if it.isdigit() else spec[it.split(".")[0]][it.split(".")[1]] for it in value.split(" * ")]
    return math.prod(int(it) for it in factors)


def parts(spec, table):
    """The fields of a table in their order, each a Field or, for all of another shape, a Whole."""
    return [
        Whole(it["all_of"], tuple(it.get("but", ())), it["meaning"]) if "all_of" in it else _field(spec, name, it)
        for name, it in table.items()
    ]


def fields(spec, parts_):
    """The same with each Whole replaced by its fields."""
    found = []
    for part in parts_:
        if isinstance(part, Whole):
            found += [it for it in fields(spec, shape(spec, part.shape)) if it.name not in part.but]
        else:
            found.append(part)
    return found


def fixed(found):
    """Those of one number: they come first."""
    first = [it for it in found if it.code]
    if found[: len(first)] != first:
        raise ValueError(f"spec.toml: {found[len(first)].name} stands behind a list or a text")
    return first


def tail(found):
    """The lists and texts behind them."""
    return found[len(fixed(found)) :]


def shape(spec, name):
    """The parts of the configuration, or of a shape of replies."""
    return parts(spec, spec["config"] if name == "config" else spec["reply"][name])


def requests(spec):
    """All requests in the order of spec.toml. ValueError: two have one opcode."""
    found = []
    for name, it in spec["request"].items():
        _check_keys(name, it, REQUEST_KEYS)
        if it["opcode"] in [other.opcode for other in found]:
            raise ValueError(f"spec.toml: {name} has the opcode {it['opcode']}, which another has")
        reply = it.get("reply", name if name in spec["reply"] else None)
        more = parts(spec, it.get("fields", {}))
        request = Request(
            name, it["opcode"], it["does"], it.get("unbound", False), it.get("harmless", False), more, reply
        )
        found.append(request)
    return found


def parts_of_replies(spec):
    """The names of the shapes that stand within a reply, and are none of a request of their own."""
    whole = {it.reply for it in requests(spec)}
    return [name for name in spec["reply"] if name not in whole]


def reply_fields(spec, request):
    """The fields of the reply to a request."""
    return fields(spec, shape(spec, request.reply)) if request.reply else []


def _check_keys(name, it, known):
    unknown = sorted(set(it) - known)
    if unknown:
        raise ValueError(f"spec.toml: {name} has {', '.join(unknown)}, which nothing reads")


def _field(spec, name, it):
    _check_keys(name, it, KEYS)
    kind = it["type"]
    code = CODES.get(kind)
    low, high = _range(spec, name, it)
    return Field(
        name=name,
        type=kind,
        code=code,
        q=it.get("q", 0),
        least=low,
        most=high,
        flag=it.get("flag", False),
        of=it.get("of", ""),
        error=spec["error"][it.get("error", name if name in spec["error"] else "argument")],
        counts=it.get("counts", ""),
        meaning=it["meaning"],
    )


def _range(spec, name, it):
    """Least and most that a field may be; of a list, 0 and the most items."""
    if it["type"] not in SIZES:
        return 0, number(spec, it["most"]) if "most" in it else None
    if it.get("flag"):
        return 0, 1
    if "of" in it:
        return min(spec[it["of"]].values()), max(spec[it["of"]].values())
    if it.get("limit"):
        return spec["limit"].get(f"{name}_min", 1), spec["limit"][name]
    low, high = bounds(it["type"])
    return number(spec, it.get("least", low)), number(spec, it.get("most", high))
