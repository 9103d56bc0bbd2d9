# SPDX-License-Identifier: MIT
"""libFuzzer on the kernel and the front-end, under the sanitizers: guided_life.c and guided_program.c say what has to hold.

    make fuzz                                           FUZZ_RUNS=500000 inputs of each
    build/guided/life build/guided/crash-...            a failing input again

It is led to new inputs by the code that they reach. What it kept of programs then goes through C and the mirror: they refuse
them with the same words, and make the same events.
"""

import argparse
import os
import re
import secrets
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np

from deeplomath import KernelError
from deeplomath.model.model import PRESETS, Model
from deeplomath.paths import BUILD
from front_ends import KERNEL, MIRROR, run
from fuzz_program import Drawing
from fuzz_runs import Parted

GUIDED = BUILD / "guided"
TARGETS = {"life": 600, "program": 1600}  # bytes of an input, at most
DRAWN = 300  # programs that it begins with
COUNTED = re.compile(r"#(\d+)\s+DONE\s+cov: (\d+) ft: (\d+) corp: (\d+)")


def begin(folder, target, seed):
    """Writes what it begins with into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    if target == "life":
        begun = [draw.bytes(int(draw.integers(20, 400))) for _ in range(50)]
    else:
        programs = [Model(name).program for name in PRESETS]
        programs += [Drawing(draw).program() for _ in range(DRAWN)]
        begun = [struct.pack("<H", len(it)) + it + draw.bytes(300) for it in programs]
    for i, data in enumerate(begun):
        (folder / f"begun_{i}").write_bytes(data)


def fuzzed(target, runs, seed, folder):
    """Runs libFuzzer; returns (inputs, features of the code that they reached, inputs kept). Parted, with its words."""
    begin(folder, target, seed)
    command = [GUIDED / target, folder, f"-runs={runs}", f"-seed={seed % 2**31 + 1}", f"-max_len={TARGETS[target]}"]
    command += ["-len_control=0", "-timeout=60", "-rss_limit_mb=2048", "-detect_leaks=0"]
    command.append(f"-artifact_prefix={folder.parent}/{target}-")
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, errors="replace")
    found = COUNTED.search(done.stderr)
    if done.returncode or not found:
        raise Parted(f"{target}, seed {seed}: {done.stderr[-3000:]}")
    inputs, _, features, kept = map(int, found.groups())
    return inputs, features, kept


def compared(folder):
    """C and mirror on each input that was kept; returns (programs taken, refused). Parted."""
    taken = refused = 0
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        n = min(int.from_bytes(data[:2], "little"), max(len(data) - 2, 0))
        program, samples = data[2 : 2 + n], data[2 + n :]
        kernel, mirror = outcome(KERNEL, program, samples), outcome(MIRROR, program, samples)
        if kernel != mirror:
            raise Parted(f"{path}: C {kernel}, mirror {mirror}")
        taken, refused = taken + (type(mirror) is list), refused + (type(mirror) is str)
    return taken, refused


def outcome(make, program, samples):
    """The events that come of samples, or the words by which a program is refused."""
    try:
        front = make(program)
    except KernelError as error:
        return str(error)
    rows = len(samples) // (2 * front.lines)
    return run(front, np.frombuffer(samples, "<i2", rows * front.lines).reshape(rows, front.lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=500_000, help="inputs of each target")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    parser.add_argument("--folder", type=Path, default=GUIDED / "kept", help="what it keeps")
    asked = parser.parse_args()
    for target in TARGETS:
        print(f"fuzz_guided.py: {target}, seed {asked.seed}", flush=True)
        inputs, features, kept = fuzzed(target, asked.runs, asked.seed, asked.folder / target)
        print(f"{inputs} inputs, {features} features of the code reached, {kept} inputs kept", flush=True)
    print("{} programs taken, {} refused by C and mirror alike".format(*compared(asked.folder / "program")))


if __name__ == "__main__":
    sys.exit(main())
