# SPDX-License-Identifier: MIT
"""`python -m bench [--part PART ...] [--quick]`: measures, prints one table and the targets, writes CSV and PNG."""

import argparse
import os
import platform
import time
from importlib import metadata
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # the processes below are the parallelism

import joblib  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import Progress  # noqa: E402

from deeplomath.paths import BUILD  # noqa: E402

from . import parts, picture, sets, table  # noqa: E402

PROCESSES = 2
# The longest first, so that no process is left with one of them at the end.
ORDER = ("streams", "false-reject", "open-set", "few-shot", "corrections", "class-incremental", "drift")


def arguments():
    parser = argparse.ArgumentParser(prog="bench", description="the mirror beside its peers, on the same events")
    parser.add_argument("--part", action="append", choices=list(parts.PARTS), help="only this part; may be given again")
    parser.add_argument("--quick", action="store_true", help="few sets and draws: to see that all works, not to judge")
    parser.add_argument("--folder", type=Path, default=BUILD / "bench-learning", help="where CSV and PNG go")
    return parser.parse_args()


def measure(jobs, console):
    """(Rows of all jobs, in the order of the jobs, whatever the order in which they end; {part: seconds of its jobs})."""
    found, seconds = {}, dict.fromkeys((job.part for job in jobs), 0.0)
    with Progress(console=console, transient=True) as progress:
        pool = joblib.Parallel(PROCESSES, return_as="generator_unordered")
        task = progress.add_task("measuring", total=len(jobs))
        for index, rows, duration in pool(joblib.delayed(timed)(i, job) for i, job in enumerate(jobs)):
            found[index] = rows
            seconds[jobs[index].part] += duration
            progress.advance(task)
    return [row for index in sorted(found) for row in found[index]], seconds


def timed(index, job):
    begin = time.monotonic()
    return index, parts.run(job), time.monotonic() - begin


def show(content):
    """Prints a table in its full width, however narrow the terminal."""
    console = Console()
    console.width = max(console.width, Console(width=1000).measure(content).maximum)
    console.print(content)


def versions():
    packages = (f"{name} {metadata.version(name)}" for name in ("numpy", "scikit-learn", "river"))
    return ", ".join([f"Python {platform.python_version()}", *packages])


def main():
    options, begin, console = arguments(), time.monotonic(), Console(stderr=True)
    sets.fetch()
    chosen = [part for part in ORDER if part in (options.part or parts.PARTS)]
    rows, seconds = measure([job for part in chosen for job in parts.jobs(part, options.quick)], console)
    rows.sort(key=lambda row: table.PARTS.index(row.part))
    summarised = table.lines(rows)
    verdicts = [table.judge(target, rows) for target in table.targets()]
    note = ", --quick: fewer sets and draws than the targets mean" if options.quick else ""
    title = f"Mean ± standard deviation over draws, seeds 0, 1, ...; accuracies and rates in %{note}"
    show(table.shown(summarised, title))
    show(table.judged(verdicts, f"Targets{note}"))
    files = [*table.write(options.folder, rows, summarised, verdicts), options.folder / "bench.png"]
    picture.draw(rows, files[-1])
    print(f"{time.monotonic() - begin:.0f} s, {PROCESSES} processes, {versions()}")
    print("seconds of one process:", ", ".join(f"{part} {duration:.0f}" for part, duration in seconds.items()))
    print(*files, sep="\n")


if __name__ == "__main__":
    main()
