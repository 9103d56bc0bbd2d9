# SPDX-License-Identifier: MIT
"""The Python modules made of spec.toml: constants and layouts, for the board in little memory, for the host with ranges."""

from . import constants, fields

BOARD_TABLES = ("version", "limit", "action", "reason", "verdict", "rule", "vote", "outcome", "error", "wire")
BOARD_TABLES += ("store", "restored", "saving")
BOARD_OPCODES = (
    "hello",
    "configure",
    "learn",
    "infer",
    "exit",
    "model",
    "challenge",
    "open",
    "pair",
)  # that the board's code calls by name; the others it finds in LAYOUTS
NAMED = (
    "error",
    "verdict",
    "action",
    "reason",
    "rule",
    "restored",
    "saving",
    "reset",
    "operation",
    "field",
)  # tables of which the host has the names by number


def board(spec):
    """The source of firmware/device/dlm_spec.py."""
    requests = fields.requests(spec)
    flags = {it.name: 0 for request in requests for it in fields.fields(spec, request.parts) if it.flag}
    lines = [*_head(), *constants.assignments(spec, BOARD_TABLES)]
    lines += [f"MEMORY_EXPERIENCE = {spec['memory']['experience']}"]
    lines += [f"{_constant(it)} = {it.opcode}" for it in requests if it.name in BOARD_OPCODES]
    lines += [f"ERRORS = {_tuple(spec['error'].values())}"]
    lines += ["", "# The configuration in the order of the wire", f"CONFIG = {_tuple(it.name for it in _config(spec))}"]
    lines += [f"FLAGS = {_tuple(flags)}  # fields of requests that are 0 or 1"]
    lines += [f"UNBOUND = {_tuple(it.opcode for it in requests if it.unbound)}  # need no network"]
    for name in fields.parts_of_replies(spec):
        lines += [f'{name.upper()} = "{_format(fields.shape(spec, name))}"  # a part of a reply']
    lines += [
        "",
        "# By opcode: its name; of the request, names and format of its numbers, bytes of an item behind them; of the",
    ]
    lines += ["# reply, format of its numbers. Nested constants take no heap where they are frozen.", "LAYOUTS = ("]
    by_opcode = {it.opcode: it for it in requests}
    lines += [f"    {_layout(spec, by_opcode.get(opcode))}," for opcode in range(max(by_opcode) + 1)]
    return "\n".join([*lines, ")", ""])


def host(spec):
    """The source of host/deeplomath/spec.py."""
    requests = fields.requests(spec)
    lines = [*_head(), *constants.assignments(spec, tuple(spec))]
    lines += [f"OPCODE_{it.name.upper()} = {it.opcode}" for it in requests]
    lines += constants.arithmetic(spec)
    for table in NAMED:
        lines += constants.names(table, spec[table])
    lines += constants.names("opcode", {it.name: it.opcode for it in requests})
    for words, chosen in (
        ("UNBOUND = (  # need no network", "unbound"),
        ("HARMLESS = (  # leave no trace", "harmless"),
    ):
        lines += ["", words, *(f"    {_constant(it)}," for it in requests if getattr(it, chosen)), ")"]
    return "\n".join([*lines, *_request_layouts(spec, requests), *_reply_layouts(spec, requests), ""])


def _head():
    return ["# SPDX-License-Identifier: MIT", f'"""{constants.NOTE}"""', ""]


def _config(spec):
    return fields.fields(spec, fields.shape(spec, "config"))


def _tuple(values):
    texts = [f'"{it}"' if isinstance(it, str) else str(it) for it in values]
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def _format(found):
    return "<" + "".join(it.code for it in fields.fixed(found))


def _constant(request):
    return f"OPCODE_{request.name.upper()}"


def _layout(spec, request):
    """A row of the board's table; None for a number that is no opcode."""
    if request is None:
        return None
    asked = fields.fields(spec, request.parts)
    behind = fields.tail(asked)
    names = _tuple(it.name for it in fields.fixed(asked))
    form, reply = _format(asked), _format(fields.reply_fields(spec, request))
    return f'("{request.name}", {names}, "{form}", {behind[0].item_size if behind else 0}, "{reply}")'


def _request_layouts(spec, requests):
    """Lines of the host's tables of requests."""
    lines = [
        "",
        "# The numbers of each request: name, code of struct, error of a value that does not fit.",
        "REQUESTS = {",
    ]
    for request in requests:
        found = fields.fixed(fields.fields(spec, request.parts))
        lines += _entry(request, [f'        ("{it.name}", "{it.code}", {it.error}),' for it in found])
    lines += [
        "}",
        "",
        "# Of a list behind them: what its items are called where they are too many, their bytes, the error.",
    ]
    lines += ["TOO_LONG = {"]
    for request in requests:
        for it in fields.tail(fields.fields(spec, request.parts)):
            if it.counts:
                lines.append(f'    {_constant(request)}: ("{it.counts}", {it.item_size}, {it.error}),')
    return [*lines, "}"]


def _reply_layouts(spec, requests):
    """Lines of the host's tables of replies; a shape that several share stands once."""
    shapes = [it.reply for it in requests]
    lines = ["", "# The configuration, and the numbers of each reply: name, code of struct, least, most."]
    lines += ["CONFIG = (", *_reply_rows(_config(spec), "    "), ")"]
    shared = dict.fromkeys(it for it in shapes if it and shapes.count(it) > 1)
    for name in (*shared, *fields.parts_of_replies(spec)):
        lines += [f"{name.upper()} = (", *_reply_rows(fields.shape(spec, name), "    "), ")"]
    lines += ["REPLIES = {"]
    for request in requests:
        if request.reply and shapes.count(request.reply) > 1:
            lines.append(f"    {_constant(request)}: {request.reply.upper()},")
        else:
            more = fields.shape(spec, request.reply) if request.reply else []
            lines += _entry(request, list(_reply_rows(more, "        ")))
    lines += ["}", "", "# Most bytes behind them; 0 for those not named.", "TAILS = {"]
    for request in requests:
        size = sum(it.longest for it in fields.tail(fields.reply_fields(spec, request)))
        lines += [f"    {_constant(request)}: {size},"] if size else []
    lines += ["}", "", "# The texts among them.", "TEXTS = {"]
    for request in requests:
        texts = [it.name for it in fields.tail(fields.reply_fields(spec, request)) if it.type == "text"]
        lines += [f"    {_constant(request)}: {_tuple(texts)},"] if texts else []
    return [*lines, "}"]


def _entry(request, rows):
    head = f"    {_constant(request)}: ("
    return [head, *rows, "    ),"] if rows else [head + "),"]


def _reply_rows(parts, indent):
    for it in parts:
        if isinstance(it, fields.Whole):
            yield f"{indent}*{it.shape.upper()},"
        elif it.code:
            yield f'{indent}("{it.name}", "{it.code}", {it.least}, {it.most}),'
