# SPDX-License-Identifier: MIT
"""The constants of spec.toml as source: a header for the kernel, assignments for board and host."""

from decimal import ROUND_HALF_UP, Context, Decimal, getcontext

NOTE = "GENERATED from shared_spec/spec.toml by shared_spec/generate.py: change it there."
C_NAMES = {"error": "ERR"}
WIRE = (
    "wire",
    "store",
    "restored",
    "saving",
    "reset",
    "config",
    "reply",
    "request",
)  # spoken by MicroPython and the host, not by the kernel
FIELDS = ("config", "reply", "request")  # no constants, but layouts
PI = Decimal("3.141592653589793238462643383279502884197")
DIGESTED = ("kernel", "contour", "feature", "memory")  # tables whose constants are part of every digest


def exp2_table(steps):
    """2^-(i/steps) in Q30, rounded to the nearest, for i = 0..steps."""
    context = Context(prec=40)
    return [
        int(context.power(2, 30 - Decimal(i) / steps).quantize(Decimal(1), ROUND_HALF_UP)) for i in range(steps + 1)
    ]


def cosine_table(turn):
    """cos(2 pi i / turn) in Q15, rounded to the nearest, for i = 0..turn/4; 1 is 32768."""
    getcontext().prec = 40
    return [int((32768 * _cosine(2 * PI * i / turn)).quantize(Decimal(1), ROUND_HALF_UP)) for i in range(turn // 4 + 1)]


def _cosine(x):
    """cos(x), 0 <= x <= 2, by its series."""
    term, total = Decimal(1), Decimal(1)
    for n in range(2, 44, 2):
        term *= -x * x / (n * (n - 1))
        total += term
    return total


def rows(values, indent=4, per_row=8):
    """The values as source lines, per_row in each."""
    for start in range(0, len(values), per_row):
        yield " " * indent + ", ".join(str(value) for value in values[start : start + per_row]) + ","


def numbers(spec):
    """Every (table, key, value) of the constants, in the order of spec.toml."""
    for table, entries in spec.items():
        if table not in FIELDS:
            for key, value in entries.items():
                yield table, key, value


def c_header(spec):
    """The source of firmware/common/dlm_spec.h."""
    lines = ["// SPDX-License-Identifier: MIT", f"// {NOTE}", "#ifndef DLM_SPEC_H", "#define DLM_SPEC_H", ""]
    for table, key, value in numbers(spec):
        if table in WIRE:
            continue
        name = f"DLM_{C_NAMES.get(table, table.upper())}_{key.upper()}"
        text = f'"{value}"' if isinstance(value, str) else f"({value})" if value < 0 else str(value)
        lines.append(f"#define {name} {text}")
    table = exp2_table(2 ** spec["kernel"]["exponent_step_bits"])
    lines += ["", "// The constants that are part of every digest", "#define DLM_DIGESTED { \\"]
    lines += [f"    DLM_{t.upper()}_{key.upper()}, \\" for t, key, _ in numbers(spec) if t in DIGESTED] + ["}"]
    lines += ["", "// 2^-(i/64) in Q30", "#define DLM_EXP2_Q30 { \\", *(row + " \\" for row in rows(table)), "}"]
    quarter = rows(cosine_table(spec["signal"]["turn"]))
    lines += ["", "// cos(2 pi i / 2048) in Q15, a quarter turn", "#define DLM_COSINE_Q15 { \\"]
    lines += [*(row + " \\" for row in quarter), "}"]
    lines += ["", "// Names by number, from 1 on, each ended by a 0"]
    for table in ("operation", "field"):
        lines += [f"#define DLM_{table.upper()}_NAMES \\"]
        names = [key.replace("_", " ") for key in spec[table]]
        lines += [*(f'    "{name}\\0" \\' for name in names[:-1]), f'    "{names[-1]}\\0"']
    return "\n".join([*lines, "", "#endif", ""])


def assignments(spec, tables):
    """Lines of Python: the constants of these tables."""
    lines = []
    for table, key, value in numbers(spec):
        if table in tables:
            text = f'"{value}"' if isinstance(value, str) else str(value)
            lines.append(f"{table.upper()}_{key.upper()} = {text}")
    return lines


def arithmetic(spec):
    """Lines of Python: what is part of every digest, the tables of powers and of the cosine."""
    digested = [f"    {t.upper()}_{key.upper()}," for t, key, _ in numbers(spec) if t in DIGESTED]
    table = exp2_table(2 ** spec["kernel"]["exponent_step_bits"])
    quarter = rows(cosine_table(spec["signal"]["turn"]))
    lines = ["", "DIGESTED = (", *digested, ")", "", "EXP2_Q30 = (", *rows(table), ")"]
    return [*lines, "", "COSINE_Q15 = (", *quarter, ")"]


def names(table, numbered):
    """Lines of Python: a dict from the numbers of a table to their names. numbered: {name: number}."""
    return ["", f"{table.upper()}S = {{", *(f'    {value}: "{key}",' for key, value in numbered.items()), "}"]
