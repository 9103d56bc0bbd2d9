# SPDX-License-Identifier: MIT
"""Runs of a fuzzer whose cases come from seeds: side by side, for some time or some inputs, with counts of what came of them."""

import argparse
import collections
import gc
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time

FOLDER = "/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir()  # of files that live shortly


class Parted(AssertionError):
    """What came is not what the model says."""


def main(words, play):
    """Runs play(seed, found=, tell=), which returns how many inputs the case had and raises Parted; returns the exit status."""
    parser = argparse.ArgumentParser(description=words.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1200)
    parser.add_argument("--inputs", type=int, default=sys.maxsize, help="at most, or until the time is over")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--replay", type=int, metavar="SEED")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.replay is not None:
        play(asked.replay, tell=print)
        return 0
    return _work(play, asked) if asked.worker else _lead(asked)


def _work(play, asked):
    """Plays case after case; tells a seed that failed, and at last the counts."""
    gc.freeze()  # the service collects often: what is here already stays
    found, end, seed, inputs = collections.Counter(), time.monotonic() + asked.seconds, asked.seed, 0
    while time.monotonic() < end and inputs < asked.inputs:
        try:
            inputs += play(seed, found=found)
        except BaseException:
            print(f"seed {seed} failed; to play it again: {sys.argv[0]} --replay {seed}", file=sys.stderr)
            raise
        seed += 1
    print(json.dumps([inputs, seed - asked.seed, [[str(key), n] for key, n in found.items()]]))
    return 0


def _lead(asked):
    """Lets workers run side by side, and adds up what they found. Returns the exit status."""
    print(f"{os.path.basename(sys.argv[0])}: seed {asked.seed}, {asked.jobs} at a time", flush=True)
    command = [sys.executable, sys.argv[0], "--worker", "--seconds", str(asked.seconds)]
    command += ["--inputs", str(-(-asked.inputs // asked.jobs)), "--seed"]
    workers = [
        subprocess.Popen([*command, str(asked.seed + job * 10**7)], stdout=subprocess.PIPE, text=True)
        for job in range(asked.jobs)
    ]
    said = [worker.communicate()[0] for worker in workers]
    if any(worker.returncode for worker in workers):
        return 1
    inputs, cases, found = 0, 0, collections.Counter()
    for line in said:
        more, of, counts = json.loads(line)
        inputs, cases = inputs + more, cases + of
        found.update(dict(counts))
    print(f"{inputs} inputs in {cases} cases:", ", ".join(f"{key} {n}" for key, n in found.most_common()))
    return 0
