# SPDX-License-Identifier: MIT
"""Writes many logs of boards in memory and audits them: `make bench-audit`; prints how long it took.

many_logs.py [--logs 1000] [--events 200] [--folder FOLDER] [--dask]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from deeplomath import Device
from deeplomath.audit import survey
from wire import Line

PRODUCT = dict(features=18, classes=7, events=64)
TAUGHT = 60  # events of a log that are learned, the rest are asked


def write(path, n_events, seed):
    """The log of a board that is taught TAUGHT events of six classes and asked the rest, of seven."""
    draw = np.random.default_rng(seed)
    centres = draw.integers(-8000, 8000, (7, PRODUCT["features"]))
    with Device(Line(), log=path) as device:
        device.configure(**PRODUCT)
        for i in range(n_events):
            label = int(draw.integers(6 if i < TAUGHT else 7))
            x = np.clip(centres[label] + draw.normal(0, 900, PRODUCT["features"]), -32768, 32767).astype(np.int16)
            device.learn(x, label) if i < TAUGHT else device.infer(x)


def audited(folder, scheduler=None):
    """(table, seconds) of the logs in a folder."""
    began = time.monotonic()
    table = survey.table(survey.survey(sorted(folder.glob("*.mcap")), scheduler=scheduler))
    return table, time.monotonic() - began


def main():
    """Writes, audits, and says how long it took."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--logs", type=int, default=1000)
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--dask", action="store_true", help="a second time, through a Dask cluster")
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp(prefix="deeplomath-logs-"))
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(chosen.logs):
        path = folder / f"{i:05}.mcap"
        if not path.exists():
            write(path, chosen.events, i)
    table, seconds = audited(folder)
    states = table["state"].value_counts().rows()
    print(
        f"{len(table)} logs of {chosen.events} events audited in {seconds:.0f} s: {states}; {table['proofs'].sum()} digests equal"
    )
    if chosen.dask:
        from distributed import LocalCluster

        with LocalCluster(threads_per_worker=1, dashboard_address=":0") as cluster:
            again, seconds = audited(folder, cluster.scheduler_address)
        print(f"through Dask in {seconds:.0f} s, {'the same table' if again.equals(table) else 'ANOTHER TABLE'}")
        return 0 if again.equals(table) else 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
