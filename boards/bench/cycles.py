# SPDX-License-Identifier: MIT
"""An estimate of what the kernel takes in cycles of a Cortex-M4: each instruction executed, by the table of Arm's manual.

Cortex-M4 Technical Reference Manual, section 3.3.1. QEMU tells every block that it runs; memory without wait states.
"""

import os
import re
import subprocess
from typing import NamedTuple

import cases
import cores

CORE = "m4f"
REFILL = 2  # cycles of a branch that is taken beyond its own: 1 to 3 by the manual
DIVIDE = 7  # cycles of a division: 2 to 12 by the manual
TRACE = "in_asm,exec,nochain"
INSTRUCTION = re.compile(r"0x([0-9a-f]{8}):  [0-9a-f]{4}(?: [0-9a-f]{4})? +(\S+) *(.*)")
BLOCK = re.compile(r"Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")
ONE = re.compile(r"v?(ldr|str)(?!ex|d)")
MANY = re.compile(r"(ldm|stm|push|pop|vpush|vpop|vldm|vstm|ldrd|strd)")
COUNTED = "learn", "rebuild", "infer"  # what bench.c counts, in its order


class Step(NamedTuple):
    """An instruction: its address and cycles, not counting a refill, and whether it is one load or store."""

    address: int
    cycles: int
    single: bool


def step(address, name, operands):
    """The Step of an instruction as QEMU writes it."""
    if MANY.match(name):
        registers = 2 if name.endswith("d") or name[3:4] == "d" else len(expanded(operands))
        return Step(address, 1 + registers, False)
    if ONE.match(name):
        return Step(address, 2, True)
    return Step(address, DIVIDE if name[1:4] == "div" else 1, False)


def expanded(operands):
    """The registers of a list {r4, r5-r7, lr}."""
    found = []
    for part in operands[operands.index("{") + 1 : operands.index("}")].split(","):
        first, _, last = part.strip().partition("-")
        number = re.search(r"\d+$", first)
        found += [first] if not last else list(range(int(number[0]), int(re.search(r"\d+$", last)[0]) + 1))
    return found


def cost(steps):
    """Cycles of a block: a load or store right behind another one takes 1."""
    pairs = zip(steps, (None, *steps[:-1]))
    return sum(1 if it.single and before and before.single else it.cycles for it, before in pairs)


def follow(lines, marker):
    """Yields (instructions, cycles) between each call of the function at the address marker and the one before."""
    blocks, steps, sizes = {}, [], {}
    instructions = cycles = 0
    end = None  # where the block before this one ended: elsewhere is a branch that was taken
    for line in lines:
        if ran := BLOCK.match(line):
            address = int(ran[1], 16)
            if steps:
                blocks[steps[0].address] = len(steps), cost(steps), sizes[steps[-1].address]
                steps = []
            if address == marker:
                yield instructions, cycles
                instructions = cycles = 0
            if address not in blocks:
                raise RuntimeError(f"{ran[1]}: QEMU tells no instructions of this block; was it built with capstone?")
            count, taken, after = blocks[address]
            instructions += count
            cycles += taken + (REFILL if end not in (None, address) else 0)
            end = after
        elif found := INSTRUCTION.match(line):
            address = int(found[1], 16)
            steps.append(step(address, found[2], found[3]))
            sizes[address] = address + (4 if re.match(r"0x\S+:  [0-9a-f]{4} [0-9a-f]{4}", line) else 2)


def estimate(made):
    """{what: (instructions, cycles)} of the size compared, as bench.c counts them."""
    compared, *rest = made
    only = [it for it in compared if it.size == cases.COMPARED]
    elf, _ = cores.build(CORE, cores.KERNEL, cores.BENCH, cases.header(only, *rest))
    reader, writer = os.pipe()
    command = [*cores.command(cores.CORES[CORE]["run"], [], elf), "-d", TRACE, "-D", f"/dev/fd/{writer}"]
    said = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=said, stdout=said, stderr=said, pass_fds=[writer])
    os.close(writer)
    with open(reader) as lines:
        spans = [span for span, _ in zip(follow(lines, address_of("machine_count", elf)), range(2 * len(COUNTED)))]
        process.kill()
    process.wait()
    return dict(zip(COUNTED, spans[1::2]))


def address_of(function, elf):
    """Where a function of an image begins."""
    listed = subprocess.run(["arm-none-eabi-nm", elf], check=True, capture_output=True, text=True).stdout
    return next(int(line.split()[0], 16) & ~1 for line in listed.splitlines() if line.split()[-1] == function)
