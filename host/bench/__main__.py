# SPDX-License-Identifier: MIT
"""`python -m bench [--part PART ...] [--method NAME ...] [--quick]`: measures, prints tables and targets, writes CSV and PNG."""

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

from . import document, parts, picture, sets, table  # noqa: E402

PROCESSES = 2
# The longest first, so that no process is left with one of them at the end.
ORDER = (
    *("label-noise", "streams", "drifting-streams", "class-after-class", "corrections", "false-reject", "open-set"),
    *("few-shot", "class-incremental", "imbalance", "informative", "drift", "gestures", "tails", "spikes", "known-set"),
)


def arguments():
    parser = argparse.ArgumentParser(prog="bench", description="the mirror beside its peers, on the same events")
    parser.add_argument("--signal", action="store_true", help="the model files, from raw samples on")
    every = [*parts.PARTS, *parts.SIGNAL_PARTS]
    parser.add_argument("--part", action="append", choices=every, help="only this part; may be given again")
    parser.add_argument(
        "--method", action="append", choices=table.METHODS, help="only this; other rows stay as they were"
    )
    parser.add_argument("--quick", action="store_true", help="few sets and draws: to see that all works, not to judge")
    parser.add_argument(
        "--write", action="store_true", help="put the table into BENCHMARKS.md, from all rows there are"
    )
    parser.add_argument("--processes", type=int, default=PROCESSES, help=f"so many at a time; {PROCESSES}")
    parser.add_argument("--folder", type=Path, help="where CSV and PNG go, and where rows of before are")
    options = parser.parse_args()
    if options.quick and options.write:
        parser.error("--write: the figures of --quick are not to be published")
    options.order = tuple(parts.SIGNAL_PARTS) if options.signal else ORDER
    if wrong := [part for part in options.part or () if part not in options.order]:
        parser.error(f"--part: {wrong[0]} is {'not ' * options.signal}one of --signal")
    folder = BUILD / ("bench-signal" if options.signal else "bench-learning")
    options.folder = options.folder or (folder.with_name(f"{folder.name}-quick") if options.quick else folder)
    return options


def measure(jobs, processes, console):
    """(Rows of all jobs, in the order of the jobs, whatever the order in which they end; {part: seconds of its jobs})."""
    found, seconds = {}, dict.fromkeys((job.part for job in jobs), 0.0)
    with Progress(console=console, transient=True) as progress:
        pool = joblib.Parallel(processes, return_as="generator_unordered")
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
    chosen = [part for part in options.order if part in (options.part or options.order)]
    jobs = [job for part in chosen for job in parts.jobs(part, options.quick, options.method)]
    if not jobs:
        raise SystemExit("bench: none of these parts has any of these methods")
    measured, seconds = measure(jobs, options.processes, console)
    rows = table.joined(table.read(options.folder), measured)
    shown = [row for row in rows if row.part in {row.part for row in measured}]
    note = ", --quick: fewer sets and draws than the targets mean" if options.quick else ""
    title = f"Mean ± standard deviation over draws, seeds 0, 1, ...; accuracies and rates in %{note}"
    show(table.shown(table.lines(shown), title))
    beside = table.compared(
        shown, f"Ours beside the best: ahead by, ± standard error, (pairs of a set and a draw){note}"
    )
    if beside.row_count:
        show(beside)
    goals = table.targets("targets_signal" if options.signal else "targets")
    show(table.judged([table.judge(target, shown) for target in goals], f"Targets{note}"))
    files = [*table.write(options.folder, rows, goals), options.folder / "document.md"]
    files[-1].write_text(document.signal_text(rows) if options.signal else document.text(rows))
    if not options.signal:
        files.append(options.folder / "bench.png")
        picture.draw(rows, files[-1])
    if options.write:
        document.put(rows, options.signal)
    print(f"{time.monotonic() - begin:.0f} s, {options.processes} processes, {versions()}")
    print("seconds of one process:", ", ".join(f"{part} {duration:.0f}" for part, duration in seconds.items()))
    print(*files, sep="\n")


if __name__ == "__main__":
    main()
