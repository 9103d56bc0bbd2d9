# SPDX-License-Identifier: MIT
"""Turn spec.toml into the constant files of the kernel, the board and the host.

python3 shared_spec/generate.py            write the three files
python3 shared_spec/generate.py --check    exit with status 1 if one of them is not what spec.toml says
"""

import sys
import tomllib
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
NOTE = "GENERATED from shared_spec/spec.toml by shared_spec/generate.py: change it there."
BOARD_TABLES = ("version", "limit", "default", "action", "reason", "verdict", "error", "wire", "opcode")
C_NAMES = {"error": "ERR"}
DIGESTED = ("kernel", "contour", "feature", "memory")  # tables whose constants are part of every digest


def exp2_table(steps):
    """2^-(i/steps) in Q30, rounded to the nearest, for i = 0..steps."""
    context = Context(prec=40)
    return [
        int(context.power(2, 30 - Decimal(i) / steps).quantize(Decimal(1), ROUND_HALF_UP)) for i in range(steps + 1)
    ]


def rows(values, indent=4, per_row=8):
    """The values as source lines, per_row in each."""
    for start in range(0, len(values), per_row):
        yield " " * indent + ", ".join(str(value) for value in values[start : start + per_row]) + ","


def numbers(spec):
    """Every (table, key, value) of the spec, in its order."""
    for table, entries in spec.items():
        for key, value in entries.items():
            yield table, key, value


def c_header(spec):
    lines = ["// SPDX-License-Identifier: MIT", f"// {NOTE}", "#ifndef DLM_SPEC_H", "#define DLM_SPEC_H", ""]
    for table, key, value in numbers(spec):
        if table in ("wire", "opcode"):
            continue  # the wire is spoken by MicroPython and the host, not by the kernel
        name = f"DLM_{C_NAMES.get(table, table.upper())}_{key.upper()}"
        text = f'"{value}"' if isinstance(value, str) else f"({value})" if value < 0 else str(value)
        lines.append(f"#define {name} {text}")
    table = exp2_table(2 ** spec["kernel"]["exponent_step_bits"])
    lines += ["", "// The constants that are part of every digest", "#define DLM_DIGESTED { \\"]
    lines += [f"    DLM_{t.upper()}_{key.upper()}, \\" for t, key, _ in numbers(spec) if t in DIGESTED] + ["}"]
    lines += ["", "// 2^-(i/64) in Q30", "#define DLM_EXP2_Q30 { \\", *(row + " \\" for row in rows(table)), "}"]
    return "\n".join([*lines, "", "#endif", ""])


def python_module(spec, tables):
    lines = ["# SPDX-License-Identifier: MIT", f'"""{NOTE}"""', ""]
    for table, key, value in numbers(spec):
        if table in tables:
            text = f'"{value}"' if isinstance(value, str) else str(value)
            lines.append(f"{table.upper()}_{key.upper()} = {text}")
    if "kernel" in tables:
        digested = [f"    {t.upper()}_{key.upper()}," for t, key, _ in numbers(spec) if t in DIGESTED]
        lines += ["", "DIGESTED = (", *digested, ")"]
        lines += ["", "EXP2_Q30 = (", *rows(exp2_table(2 ** spec["kernel"]["exponent_step_bits"])), ")"]
    for table in ("error", "opcode", "verdict", "action", "reason"):
        lines += ["", f"{table.upper()}S = {{"]
        lines += [f'    {value}: "{key}",' for key, value in spec[table].items()]
        lines += ["}"]
    return "\n".join([*lines, ""])


def main():
    spec = tomllib.loads((HERE / "spec.toml").read_text())
    files = {
        "firmware/common/dlm_spec.h": c_header(spec),
        "firmware/device/dlm_spec.py": python_module(spec, BOARD_TABLES),
        "host/deeplomath/spec.py": python_module(spec, tuple(spec)),
    }
    if "--check" not in sys.argv[1:]:
        for name, text in files.items():
            (ROOT / name).write_text(text)
        return 0
    stale = [name for name, text in files.items() if not (ROOT / name).exists() or (ROOT / name).read_text() != text]
    for name in stale:
        print(f"{name}: not what spec.toml says; run python3 shared_spec/generate.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
