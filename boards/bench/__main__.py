# SPDX-License-Identifier: MIT
"""`make bench`: counts kernel and front-end on each core, walks on each board, and writes it all into boards/README.md.

python boards/bench [--cores]     with it, only what they take on each core
"""

import argparse
from pathlib import Path

import cases
import cores
import cycles
import links
import programs
import table
from rich.console import Console
from rich.markdown import Markdown

README = Path(__file__).resolve().parents[1] / "README.md"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", action="store_true", help="only what they take on each core")
    chosen = parser.parse_args()
    console = Console(width=120)
    made = cases.make()
    counts, of_programs = {}, {}
    for name, core in cores.CORES.items():
        console.print(f"counting on {core['title']}")
        counts[name], of_programs[name] = cores.count(name, made), programs.count(name)
    show(console, "cores", table.of_cores(counts))
    show(console, "cycles", table.of_cycles(counts, cycles.estimate(made)))
    show(console, "mlp", table.of_mlp(counts["m4f"], len(made[2])))
    show(console, "programs", table.of_programs(of_programs))
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
