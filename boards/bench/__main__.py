# SPDX-License-Identifier: MIT
"""`make bench`: counts the kernel on each core, runs the standard walk on each board, and writes both into boards/README.md.

python boards/bench [--cores]     with it, only what the kernel takes on each core
"""

import argparse
from pathlib import Path

import cases
import cores
import links
import table
from rich.console import Console
from rich.markdown import Markdown

README = Path(__file__).resolve().parents[1] / "README.md"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", action="store_true", help="only what the kernel takes on each core")
    chosen = parser.parse_args()
    console = Console(width=120)
    made = cases.make()
    counts = {}
    for name, core in cores.CORES.items():
        console.print(f"counting on {core['title']}")
        counts[name] = cores.count(name, made)
    show(console, "cores", table.of_cores(counts))
    show(console, "mlp", table.of_mlp(counts["m4f"], len(made[2])))
    if chosen.cores:
        return
    found = {}
    for name, board in links.boards().items():
        console.print(f"walking on {name}")
        found[name] = links.measure(board)
    if len({link.digest for link in found.values()}) != 1:
        raise SystemExit(f"the digests differ: {found}")
    show(console, "boards", table.of_boards(found, links.boards(), counts))


def show(console, name, lines):
    """Prints a table, and puts it in its place in boards/README.md."""
    console.print(Markdown("\n".join(lines)))
    text = README.read_text()
    begin, end = f"<!-- bench: {name} -->\n", "<!-- end -->\n"
    head, rest = text.split(begin, 1)
    README.write_text(head + begin + "\n".join(lines) + "\n" + end + rest.split(end, 1)[1])


if __name__ == "__main__":
    main()
