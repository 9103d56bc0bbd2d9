# SPDX-License-Identifier: MIT
"""dlm_gate.c and gate.py: where events begin and end."""

import pytest

from front_ends import KERNEL, MIRROR, UNBOUNDED, run, samples_of
from vectors import cases

every = pytest.mark.parametrize("make", [MIRROR, UNBOUNDED, KERNEL], ids=["mirror", "unbounded", "kernel"])


@every
@cases("gate")
def test_each_stream_has_the_vectors_events(make, case):
    front = make(bytes.fromhex(case["program"]))
    samples = samples_of(case["samples"], front.lines)
    assert run(front, samples) == case["events"]
    front.reset()
    assert run(front, samples, [1, 15, 16, 17]) == case["events"]
