# SPDX-License-Identifier: MIT
"""Fuzzes import and what follows it: kernel and mirror take the same states, refuse the same, and come out with the same digest.

    make fuzz                                        20 minutes under the sanitizers; FUZZ_SECONDS=60, FUZZ_SEED=1
    python tests/fuzz_state.py --replay CASE.json    the operations of a failing case, one by one

A case is a configuration and operations (tests/operations.py), drawn from a seed. Its states are made by hand, or grown; then
fields are set to their limits and beyond, bytes are changed, and the checksum, mostly the digest, too, is made right again.
"""

import argparse
import collections
import json
import os
import re
import secrets
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import walks
from deeplomath import KernelError, spec
from implementations import KERNEL, MIRROR, ROOT
from operations import apply
from states import (
    EXPERIENCE_BYTES,
    HEADER_BYTES,
    HIT,
    INSERTED,
    TRAILER_BYTES,
    Entry,
    Record,
    State,
    records_at,
    sealed,
)

CASES = ROOT / "build" / "fuzz"
CORNERS_U16 = (0, 1, 2, 255, 256, 257, 0x3FFF, 0x4000, 0x4100, 0x4101, 0x7FFF, 0x8000, 0x8100, 0x8101, 0xFFFE, 0xFFFF)
CORNERS_U32 = (0, 1, 2**16 - 1, 2**16, 2**31 - 2, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1)
CORNERS_X = (-32768, -32767, -1, 0, 1, 32766, 32767)


class Parted(AssertionError):
    """Kernel and mirror do not agree."""


def draw_config(draw):
    regression = bool(draw.random() < 0.2)
    return {
        "features": int(draw.choice([1, 1, 2, 3, 5, 8, 50])),
        "classes": 1 if regression else int(draw.choice([1, 2, 2, 3, 5, 16])),
        "events": int(draw.choice([1, 2, 3, 5, 8, 12])),
        "layers": int(draw.choice([1, 1, 2, 4])),
        "false_reject_permille": int(draw.choice([1, 7, 50, 50, 333, 500])),
        "regression": regression,
        "background": bool(draw.random() < 0.4),
    }


# States


def draw_x(draw, features, pool):
    """Features of an event: at corners, small, near another one of the pool, or equal to it."""
    kind = draw.integers(5)
    if kind == 0 or (kind > 2 and not pool):
        x = draw.choice(CORNERS_X, features)
    elif kind == 1:
        x = draw.integers(-3, 4, features)
    elif kind == 2:
        x = draw.integers(-32768, 32768, features)
    else:
        near = np.array(pool[int(draw.integers(len(pool)))])
        x = near + (draw.integers(-40, 41, features) if kind == 3 else 0)
    x = tuple(int(v) for v in np.clip(x, -32768, 32767))
    pool.append(x)
    return x


def draw_state(draw, config):
    """A State within all limits, most of the time near some of them."""
    n = int(draw.integers(0, config["events"] + 1))
    clock = draw_clock(draw, n)
    pool, records = [], []
    low, high = (-32768, 32768) if config["regression"] else (0, config["classes"])
    class_clock = [draw_clock(draw, n) for _ in range(config["classes"])]
    touches = [draw_ticks(draw, of, n) for of in class_clock]
    for event in sorted(draw_ticks(draw, clock, n)):
        label = int(draw.integers(low, high))
        touched = touches[0 if config["regression"] else label].pop()
        records.append(
            Record(event, touched, label, int(draw.choice([1, 2, 65535])), draw_x(draw, config["features"], pool))
        )
    n_experience = int(draw.choice([0, 1, 2, 20, 127, 128])) if clock else 0
    experience, frozen = draw_experience(draw, n_experience, clock), int(draw.random() < 0.1)
    return State(config, clock, tuple(records), experience, frozen, tuple(class_clock))


def draw_clock(draw, n):
    """A clock that has ticked n times at least."""
    return int(draw.choice([n, n + 3, 1000 + n, spec.LIMIT_CLOCK - 1, spec.LIMIT_CLOCK]))


def draw_ticks(draw, clock, n):
    """n ticks of a clock, none twice, in any order: of its first ones or its last."""
    ticks = [int(i) for i in draw.choice(min(clock, 10**6), n, replace=False)] if n else []
    return [clock - 1 - i for i in ticks] if draw.random() < 0.5 else ticks


def draw_experience(draw, n, clock):
    entries = []
    for _ in range(n):
        margin = int(draw.choice([0, 1, 255, 256, draw.integers(257)]))
        margin |= HIT * int(draw.integers(2)) | INSERTED * int(draw.integers(2))
        novelty = int(draw.choice([0, 1, 4096, 65534, 65535, draw.integers(65536)]))
        entries.append(Entry(int(draw.choice([0, clock - 1, draw.integers(clock)])), novelty, margin))
    return tuple(entries)


def draw_grown(draw, config):
    """The bytes of a state that a network has grown to."""
    net, stream = (
        MIRROR(**config),
        walks.events(draw, walks.KINDS[draw.integers(6)], config["features"], config["classes"]),
    )
    for _ in range(int(draw.integers(0, 12))):
        apply(net, walks.draw_operation(draw, stream, config, net.info().clock, net))
    net.freeze(False)
    return bytes(net.export())


def spoil_field(draw, data, config):
    """Sets one field to a corner value, or one of its own near it; its checksum is made right."""
    data = bytearray(data[:-4])
    n_events, record = int.from_bytes(data[18:20], "little"), 12 + 2 * config["features"]
    n_experience = int.from_bytes(data[20:22], "little")
    first = records_at(config)
    fields = [(17, 1), (18, 2), (20, 2), (22, 4), (HEADER_BYTES + 4 * int(draw.integers(config["classes"])), 4)]
    if n_events:
        at = first + int(draw.integers(n_events)) * record
        fields += [(at, 4), (at + 4, 4), (at + 8, 2), (at + 10, 2), (at + 12, 2)] * 2
    if n_experience:
        at = first + n_events * record + int(draw.integers(n_experience)) * EXPERIENCE_BYTES
        fields += [(at, 4), (at + 4, 2), (at + 6, 2)] * 2
    at, size = fields[int(draw.integers(len(fields)))]
    old = int.from_bytes(data[at : at + size], "little")
    new = (
        int(draw.choice(CORNERS_U32 if size == 4 else CORNERS_U16))
        if draw.random() < 0.6
        else old + int(draw.choice([-1, 1]))
    )
    data[at : at + size] = (new % 256**size).to_bytes(size, "little")
    return sealed(bytes(data))


def spoil_bytes(draw, data, config):
    """Changes bytes anywhere, or leaves some out, or adds some; now and then the checksum is made right."""
    data = bytearray(data)
    at = int(draw.integers(len(data)))
    kind = draw.integers(5)
    if kind == 0:
        data = data[:at]
    elif kind == 1:
        data += bytes(draw.integers(0, 256, int(draw.integers(1, 40)), np.uint8))
    else:
        for _ in range(int(draw.integers(1, 4))):
            data[int(draw.integers(len(data)))] ^= 1 << int(draw.integers(8))
    return sealed(bytes(data[:-4])) if draw.random() < 0.7 else bytes(data)


def spoil_records(draw, data, config):
    """Exchanges or doubles records; the checksum is made right."""
    record, n = 12 + 2 * config["features"], int.from_bytes(data[18:20], "little")
    if n < 2:
        return data
    first = records_at(config)
    rows = [data[first + i * record :][:record] for i in range(n)]
    i, j = (int(v) for v in draw.choice(n, 2, replace=False))
    rows[i], rows[j] = rows[j], (rows[i] if draw.random() < 0.5 else rows[j])
    return sealed(data[:first] + b"".join(rows) + data[first + n * record : -4])


def with_digest(data, config):
    """The state with the digest that comes out in the mirror, where the mirror takes all else of it."""
    try:
        MIRROR(**config).load(data)
    except KernelError as error:
        rebuilt = re.search(r"([0-9a-f]{8}) rebuilt$", str(error))
        if rebuilt:
            return sealed(data[:-TRAILER_BYTES] + int(rebuilt[1], 16).to_bytes(4, "little"))
    return data


def draw_data(draw, config):
    """The bytes of a state, sound or spoiled."""
    data = draw_grown(draw, config) if draw.random() < 0.4 else draw_state(draw, config).pack()
    spoils = (spoil_field, spoil_field, spoil_field, spoil_bytes, spoil_records)
    for _ in range(int(draw.choice([0, 0, 1, 1, 1, 2]))):
        if len(data) >= records_at(config) + TRAILER_BYTES:
            data = spoils[int(draw.integers(len(spoils)))](draw, data, config)
    return with_digest(data, config) if draw.random() < 0.7 else data


# Cases


def draw_load(draw, config):
    """The operations that bring a state in: in one piece, or in parts that come in any order, now and then not all of them."""
    data = draw_data(draw, config)
    if draw.random() < 0.5:
        return [["load", data.hex()]]
    step = max(1, int(draw.choice([len(data), 1 + len(data) // 7, 1 + len(data) // 2])))
    parts = [["load_part", at, data[at : at + step].hex()] for at in range(0, len(data), step)]
    parts = [parts[i] for i in draw.permutation(len(parts))]
    if draw.random() < 0.1:
        parts = parts[1:] + [["load_part", int(draw.choice(CORNERS_U32)), "00"]]
    size = len(data) if draw.random() < 0.95 else int(draw.choice(CORNERS_U32))
    return parts + [["load_staged", size]] * int(draw.choice([1, 1, 1, 2]))


def draw_operations(draw, config, mirror):
    """Yields the operations of a case; each is drawn when the mirror has done those before it."""
    stream = walks.events(draw, walks.KINDS[draw.integers(len(walks.KINDS))], config["features"], config["classes"])
    for step in range(int(draw.choice([0, 3, 8]))):
        yield walks.draw_operation(draw, stream, config, step, mirror)
    for _ in range(int(draw.choice([1, 2, 3]))):
        yield from draw_load(draw, config)
        for _ in range(int(draw.choice([0, 2, 6]))):
            yield from ([["freeze", False]] if draw.random() < 0.3 else [])
            yield walks.draw_operation(draw, stream, config, mirror.info().clock, mirror)
            if draw.random() < 0.2:
                size = mirror.state_size()
                yield ["export_part", int(draw.integers(size)), int(draw.integers(1, size + 9))]


def step(nets, operation, said):
    """Does an operation on all nets, which must agree on its outcome and be alike after it; a refused load changes nothing."""
    before = seen(nets[0])
    outcomes = [apply(net, operation) for net in nets]
    if any(outcome != outcomes[0] for outcome in outcomes):
        raise Parted(f"{said}: outcomes {outcomes}")
    after = [seen(net) for net in nets]
    if any(each != after[0] for each in after):
        raise Parted(f"{said}: afterwards {after}")
    refused = isinstance(outcomes[0], dict) and operation[0].startswith("load")
    if refused and before[0] is not None and after[0] != before:
        raise Parted(f"{said}: refused, but changed {before} into {after[0]}")
    if not all(net.intact() for net in nets[1:]):
        raise Parted(f"{said}: wrote outside of its buffer")
    return outcomes[0]


def seen(net):
    """What a network is, as far as one can ask without a change; None for the digest while a rebuild is under way."""
    info = net.info()
    return None if info.building else net.digest(), info, net.unknowns()


def play(seed, makes=(MIRROR, KERNEL), found=None):
    """Plays the case of a seed; counts the outcomes of its loads into found. Returns the case, up to where it parted if it did."""
    draw = np.random.default_rng(seed)
    config = draw_config(draw)
    nets, case = [make(**config) for make in makes], {"seed": seed, "config": config, "operations": []}
    for operation in draw_operations(draw, config, nets[0]):
        case["operations"].append(operation)
        try:
            outcome = step(nets, operation, f"seed {seed}, step {len(case['operations'])}, {operation[0]}")
        except Parted as error:
            return {**case, "parted": str(error)}
        if found is not None and operation[0] in ("load", "load_staged"):
            found[outcome["error"] if outcome else 0] += 1
    return case


def replay(case, makes=(MIRROR, KERNEL)):
    """Plays a case that was written, and prints each operation before it is done. Returns 1 if it parts, else 0."""
    nets = [make(**case["config"]) for make in makes]
    for i, operation in enumerate(case["operations"]):
        print(f"step {i + 1}, {json.dumps(operation)}", flush=True)
        try:
            print(f"    {step(nets, operation, operation[0])}", flush=True)
        except Parted as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def write(seed, makes=(MIRROR, KERNEL)):
    """Writes the case of a seed, as far as the makes can play it, and returns its path."""
    CASES.mkdir(parents=True, exist_ok=True)
    path = CASES / f"{seed}.json"
    path.write_text(json.dumps(play(seed, makes)))
    return path


# Runs


def work(seed, seconds):
    """Plays case after case, telling each seed before it is played, and at last the outcomes of the loads."""
    found, end = collections.Counter(), time.monotonic() + seconds
    while time.monotonic() < end:
        print(seed, flush=True)
        case = play(seed, found=found)
        if "parted" in case:
            print(case["parted"], file=sys.stderr)
            return 1
        seed += 1
    print(json.dumps(found))
    return 0


def run(seed, seconds, jobs):
    """Runs workers side by side; one that fails, or that a sanitizer ends, leaves its case in a file. Returns the exit status."""
    print(f"FUZZ_SEED={seed}, {seconds} seconds, {jobs} at a time", flush=True)
    command = [sys.executable, __file__, "--seconds", str(seconds), "--worker", "--seed"]
    workers = [
        subprocess.Popen([*command, str(seed + j * 10**7)], stdout=subprocess.PIPE, text=True) for j in range(jobs)
    ]
    said = [worker.communicate()[0].splitlines() for worker in workers]
    total = collections.Counter()
    for worker, lines in zip(workers, said):
        if worker.returncode:
            path = write(int(lines[-1]), (MIRROR,))
            print(f"seed {lines[-1]} failed, status {worker.returncode}; its case is {path}; to play it again:")
            print(f'    FUZZ="--replay {path}" make fuzz')
        else:
            total.update(json.loads(lines[-1]))
    outcomes = ", ".join(f"{spec.ERRORS.get(int(code), 'taken')} {n}" for code, n in sorted(total.items()))
    print(f"{sum(len(lines) for lines in said) - jobs} cases; states: {outcomes}")
    return int(any(worker.returncode for worker in workers))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--replay", type=Path, metavar="CASE.json")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.replay:
        return replay(json.loads(asked.replay.read_text()))
    return work(asked.seed, asked.seconds) if asked.worker else run(asked.seed, asked.seconds, asked.jobs)


if __name__ == "__main__":
    sys.exit(main())
