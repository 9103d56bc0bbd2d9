# SPDX-License-Identifier: MIT
"""Fuzzes the front-end: C and mirror refuse the same programs with the same words, and of the others make the same events.

    make fuzz                                     under the sanitizers; FUZZ_SECONDS=60, FUZZ_SEED=1
    python tests/fuzz_program.py --replay SEED    a failing case, with what it is

A case is drawn from a seed: a program, made by the rules, with fields at their limits and beyond; of every second one
some bytes are changed. Then samples at the rails, still, sparse or noisy, in chunks, with gaps.
"""

import argparse
import collections
import secrets
import struct
import sys
import time

import numpy as np

from deeplomath import KernelError
from front_ends import KERNEL, MIRROR, op, plain, program, with_features

CORNERS_U16 = (0, 1, 2, 15, 16, 17, 255, 256, 2047, 2048, 2049, 32767, 32768, 65535)
CORNERS_I32 = (-(2**31), -(2**31) + 1, -1, 0, 1, 2**28, 2**29, 2**30, 2**31 - 1)


class Parted(AssertionError):
    """C and mirror do not agree."""


class Drawing:
    """Draws a program operation by operation; it knows what lines and windows there are."""

    def __init__(self, draw):
        self.draw, self.inputs = draw, int(draw.choice([1, 1, 2, 3, 6, 16]))
        self.spacings, self.operations = [1] * self.inputs, []
        self.frame = 0

    def program(self):
        for _ in range(int(self.draw.integers(0, 6))):
            self.add_sample()
        powered = False
        for _ in range(int(self.draw.choice([1, 1, 1, 2, 3]))):
            powered |= self.add_window()
        if powered and self.draw.random() < 0.5:
            self.add_gate()
        for _ in range(int(self.draw.choice([0, 0, 1, 2]))):
            self.add_map()
        return program(self.inputs, self.operations, rate=int(self.draw.integers(2**32)))

    def line(self, spacing=None):
        found = [i for i, each in enumerate(self.spacings) if spacing in (None, each)]
        return int(self.draw.choice(found))

    def lines(self):
        first = self.line()
        more = [self.line(self.spacings[first]) for _ in range(int(self.draw.integers(0, 4)))]
        return [first, *more]

    def add_sample(self):
        kind = self.draw.choice(["mix", "norm", "biquad", "keep"])
        if kind == "mix":
            return self.add_mix()
        lines = self.lines()
        spacing = self.spacings[lines[0]]
        if kind == "norm":
            self.operations.append(op("norm", 0, ("B", lines)))
        elif kind == "biquad":
            sections = [self.section() for _ in range(int(self.draw.choice([1, 1, 2, 8])))]
            self.operations.append(op("biquad", 0, ("B", [lines[0], 0, 0, 0]), ("i", sum(sections, []))))
        else:
            n = int(self.draw.choice([2, 3, 5, 255]))
            self.operations.append(op("keep", 0, ("B", [lines[0], n])))
            spacing *= n
        self.spacings.append(spacing)

    def add_mix(self):
        spacing = self.spacings[self.line()]
        rows = int(self.draw.integers(1, 4))
        factors = self.draw.choice([-128, -1, 0, 1, 127], (rows, len(self.spacings)))
        factors[:, [each != spacing for each in self.spacings]] = 0
        factors[:, self.spacings.index(spacing)] |= 1
        self.operations.append(op("mix", int(self.draw.integers(16)), ("b", factors.ravel().tolist())))
        self.spacings += [spacing] * rows

    def section(self):
        kind = self.draw.integers(4)
        if kind == 0:  # anything
            return [int(v) for v in self.draw.integers(-(2**31), 2**31, 5)]
        if kind == 1:
            return [int(v) for v in self.draw.choice(CORNERS_I32, 5)]
        radius, angle = self.draw.choice([0.5, 0.999, 1.0, 1.001]), self.draw.uniform(0, np.pi)
        poles = [-2 * radius * np.cos(angle), radius * radius]
        return [int(np.clip(round(v * 2**29), -(2**31), 2**31 - 1)) for v in (*self.draw.uniform(-1, 1, 3), *poles)]

    def add_window(self):
        lines, power = self.lines(), bool(self.draw.random() < 0.6)
        n = int(
            2 ** self.draw.integers(4, 8 if self.draw.random() < 0.9 else 12) if power else self.draw.integers(2, 70)
        )
        hop = int(self.draw.choice([1, n, max(n // 2, 1), self.draw.integers(1, n + 1)]))
        self.operations.append(op("window", 0, ("H", [n, max(hop, n // 16)]), ("B", lines)))
        if self.draw.random() < 0.5 or not power:
            self.operations.append(op("stats", int(self.draw.choice([1, 127, self.draw.integers(1, 128)]))))
            self.frame += 0
        if power:
            self.operations.append(op("power"))
            for _ in range(int(self.draw.choice([1, 1, 2]))):
                self.add_bands(n)
        return power

    def add_bands(self, n):
        shape, most = int(self.draw.integers(2)), 16 * (n // 2 + 1)
        edges = np.sort(self.draw.integers(0, most + 1, int(self.draw.integers(2 + shape, 12))))
        if self.draw.random() < 0.3:
            edges = edges // 16 * 16
        if self.draw.random() < 0.2:
            edges[self.draw.integers(len(edges)) :] = edges[-1]
        self.operations.append(op("bands", shape, ("H", edges.tolist())))

    def add_gate(self):
        most = int(self.draw.choice([3, 4, 20, 255]))
        levels = [int(v) for v in self.draw.choice([0, 1, 100, 1000, 2048, 65535], 2)]
        hang, pre = int(self.draw.choice([1, 2, 5, 255])), int(self.draw.choice([0, 1, most - 1]))
        trim, least, slow = (int(self.draw.choice(of)) for of in ([0, 5, 15], [1, 2, most], [0, 5, 15]))
        self.operations.append(op("gate", 0, ("H", levels), ("B", [hang, most, pre, trim, least, slow])))
        self.operations.append(op("pool", int(self.draw.choice([1, 2, 3, 8, 64]))))

    def add_map(self):
        """A map of the right width needs the program so far: what refuses one without it says how wide it must be."""
        rows = int(self.draw.choice([0, 1, 3]))
        width = row_width(program(self.inputs, self.operations), rows)
        if rows and width:
            limit = 32768 // width
            matrix = self.draw.integers(-limit, limit, (rows, width)).clip(-32768, 32767)
            self.operations.append(op("map", rows, ("h", matrix.ravel().tolist())))
        elif not rows:
            self.operations.append(op("map"))


def row_width(code, rows):
    """Values of a row behind a program, as a map's refusal tells; 0 if it tells nothing of it."""
    operations = struct.unpack_from("<H", code, 8)[0]
    code = code[:8] + struct.pack("<H", operations + 1) + code[10:] + op("map", 1, ("B", [0]))
    try:
        MIRROR(code)
    except KernelError as refused:
        words = str(refused).split()
        return int(words[-2]) // 2 if "length:" in words else 0
    return 0


def harmed(draw, code):
    """A program of which some bytes are changed, or that is cut, or longer."""
    code = bytearray(code)
    for _ in range(int(draw.choice([1, 1, 2, 5]))):
        at = int(draw.integers(len(code)))
        kind = draw.integers(5)
        if kind == 0:
            code[at] = int(draw.choice([0, 1, 2, 127, 128, 255, draw.integers(256)]))
        elif kind == 1:
            code[at] ^= 1 << int(draw.integers(8))
        elif kind == 2 and at + 2 <= len(code):
            code[at : at + 2] = struct.pack("<H", int(draw.choice(CORNERS_U16)))
        elif kind == 3:
            del code[at : at + int(draw.choice([1, 2, 4, 1000]))]
        else:
            code[at:at] = bytes(int(v) for v in draw.integers(0, 256, int(draw.choice([1, 2, 4]))))
        if not code:
            break
    return bytes(code) if draw.random() < 0.3 else with_features(bytes(code))


def draw_samples(draw, lines, n):
    kind = draw.integers(6)
    if kind == 0:
        x = np.where(np.arange(n)[:, None] // int(draw.integers(1, 40)) % 2, 32767, -32768) + np.zeros((n, lines), int)
    elif kind == 1:
        x = np.full((n, lines), int(draw.choice([-32768, 0, 32767])))
    elif kind == 2:
        x = np.where(draw.random((n, lines)) < 0.02, draw.choice([-32768, 32767, 1], (n, lines)), 0)
    elif kind == 3:
        x = draw.integers(-2, 3, (n, lines))
    elif kind == 4:
        x = draw.integers(-32768, 32768, (n, lines))
    else:
        loud = np.where((np.arange(n) // 150) % 2, 8000, 5)
        x = np.rint(draw.normal(size=(n, lines)) * loud[:, None])
    return np.clip(x, -32768, 32767).astype(np.int16)


def play(seed, makes=(MIRROR, KERNEL), found=None):
    """Plays the case of a seed; raises Parted. Counts in found what became of it."""
    draw = np.random.default_rng(seed)
    code = Drawing(draw).program()
    if draw.random() < 0.5:
        code = harmed(draw, code)
    fronts, said = [], []
    for make in makes:
        try:
            fronts.append(make(code))
        except KernelError as refused:
            said.append(str(refused))
    words = said[0].split(": ")[1] if said else "taken" if fronts[0].features else ""
    if said and (len(said) < len(makes) or len(set(said)) > 1):
        raise Parted(f"seed {seed}, program {code.hex()}: refusals {said}")
    if found is not None:
        found[words] += 1
    if not said:
        run(seed, draw, fronts, code, found)


def run(seed, draw, fronts, code, found=None):
    first = fronts[0]
    for name in ("features", "footprint", "work", "lines", "program"):
        values = [getattr(front, name) for front in fronts]
        if any(value != values[0] for value in values):
            raise Parted(f"seed {seed}, program {code.hex()}: {name} {values}")
    for _ in range(int(draw.choice([1, 2, 3]))):
        x, at = draw_samples(draw, first.lines, int(draw.choice([100, 1000, 3000]))), 0
        while at < len(x):
            n = int(draw.choice([1, 7, 300, 3000]))
            events = [plain(front.push(x[at : at + n])) for front in fronts]
            if any(each != events[0] for each in events):
                raise Parted(f"seed {seed}, program {code.hex()}: events from sample {at}: {events}")
            if not all(front.intact() for front in fronts[1:]):
                raise Parted(f"seed {seed}, program {code.hex()}: wrote outside of its buffer")
            if found is not None:
                found["events"] += len(events[0])
            at += n
        kind = draw.integers(3)
        for front in fronts if kind else []:
            front.reset() if kind == 1 else front.skip(1000)
        if len({front.overruns for front in fronts}) > 1:
            raise Parted(f"seed {seed}, program {code.hex()}: overruns")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1200)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--replay", type=int, metavar="SEED")
    asked = parser.parse_args()
    if asked.replay is not None:
        print(Drawing(np.random.default_rng(asked.replay)).program().hex())
        play(asked.replay)
        return 0
    seed, found, end = asked.seed, collections.Counter(), time.monotonic() + asked.seconds
    print(f"FUZZ_SEED={seed}, {asked.seconds} seconds; a case that ends the run is the one after the last seed told")
    while time.monotonic() < end:
        if (seed - asked.seed) % 100 == 0:
            print(seed, flush=True)
        try:
            play(seed, found=found)
        except Parted as parted:
            print(parted, file=sys.stderr)
            return 1
        seed += 1
    print(f"{seed - asked.seed} programs:", ", ".join(f"{words} {n}" for words, n in found.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
