# SPDX-License-Identifier: MIT
"""boards/bench/cycles.py: what an instruction takes by the manual, and that each one executed is counted once."""

import sys

import pytest

from deeplomath.paths import ROOT

sys.path.insert(0, str(ROOT / "boards/bench"))
import cycles  # noqa: E402


@pytest.mark.parametrize(
    ("name", "operands", "taken"),
    [
        ("adds", "r0, r1, r2", 1),
        ("smlad", "r0, r1, r2, r3", 1),
        ("smull", "r0, r1, r2, r3", 1),
        ("udiv", "r0, r1, r2", cycles.DIVIDE),
        ("ldr", "r0, [r1], #4", 2),
        ("ldrsh.w", "r0, [r1, r2]", 2),
        ("strd", "r0, r1, [r2]", 3),
        ("ldm.w", "r0!, {r4, r5, r6}", 4),
        ("push", "{r3-r7, lr}", 7),
        ("vldr", "s0, [r0]", 2),
    ],
)
def test_an_instruction_takes_what_the_manual_says(name, operands, taken):
    assert cycles.step(0, name, operands).cycles == taken


TRACE = """\
----------------
IN: before
0x08000000:  4810       ldr      r0, [pc, #0x40]
0x08000002:  6811       ldr      r1, [r2]
0x08000004:  f000 fb55  bl       #0x8000010

Trace 0: 0x7f [00800408/08000000/00000110/ff000200] before
----------------
IN: machine_count
0x08000010:  4770       bx       lr

Trace 0: 0x7f [00800408/08000010/00000110/ff000200] machine_count
----------------
IN: before
0x08000008:  1a12       subs     r2, r2, r0
0x0800000a:  d1fd       bne      #0x8000008

Trace 0: 0x7f [00800408/08000008/00000110/ff000200] before
Trace 0: 0x7f [00800408/08000008/00000110/ff000200] before
----------------
IN: before
0x0800000c:  e000       b        #0x8000010

Trace 0: 0x7f [00800408/0800000c/00000110/ff000200] before
Trace 0: 0x7f [00800408/08000010/00000110/ff000200] machine_count
"""


def test_blocks_are_counted_as_often_as_they_ran_and_a_branch_costs_more_where_it_is_taken():
    before, between = cycles.follow(TRACE.splitlines(), 0x08000010)
    assert before == (3, 2 + 1 + 1)  # of two loads in a row the second takes 1
    refills = 3  # into machine_count, out of it, back once in the loop, whose end goes on
    assert between == (1 + 2 * 2 + 1, 1 + 2 * 2 + 1 + refills * cycles.REFILL)


def test_without_a_disassembler_it_is_said():
    with pytest.raises(RuntimeError, match="08000010: QEMU tells no instructions of this block"):
        list(cycles.follow(TRACE.splitlines()[-1:], 0))
