# SPDX-License-Identifier: MIT
"""Writes the table of boards in boards/README.md from each board.toml (`make generate`); --check only compares."""

import argparse
import tomllib
from pathlib import Path

BOARDS = Path(__file__).resolve().parent
README = BOARDS / "README.md"
BEGIN, END = "<!-- from board.toml -->\n", "<!-- end -->\n"
HEAD = ["folder", "board", "core", "build it", "run or flash it", "test it"]


def row(name, toml):
    """The cells of a board: name of its folder, what its board.toml says."""
    checkout = " MICROPYTHON_DIR=..." if toml["port"] == "stm32" else ""  # Debian's source lacks ST's HAL
    verbs = [verb for verb in ("run", "flash") if verb in toml]
    tiers = [toml["test"][key] for key in ("tier", "tier_stock") if key in toml.get("test", {})]
    return [
        f"[{name}]({name})",
        toml["title"],
        toml["core"],
        f"`make firmware BOARD={name}{checkout}`",
        ", ".join(f"`make {verb} BOARD={name}`" for verb in verbs),
        ", ".join(f"`make test-{tier}`" for tier in tiers),
    ]


def table(folder=BOARDS):
    """The lines of the table, as one text."""
    files = sorted(folder.glob("*/board.toml"))
    rows = [row(file.parent.name, tomllib.loads(file.read_text())) for file in files]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in (HEAD, ["---"] * len(HEAD), *rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if the table is not up to date")
    arguments = parser.parse_args()
    text = README.read_text()
    before, _, rest = text.partition(BEGIN)
    made = before + BEGIN + table() + END + rest.partition(END)[2]
    if not arguments.check:
        README.write_text(made)
    elif made != text:
        parser.exit(1, "boards/README.md: its table is not what the board.toml files say: run make generate\n")


if __name__ == "__main__":
    main()
