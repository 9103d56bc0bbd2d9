# SPDX-License-Identifier: MIT
"""dlm_front.c and front.py: samples in, events out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import signal_vectors
from deeplomath import FrontEnd, KernelError, spec
from front_ends import KERNEL, MIRROR, UNBOUNDED, op, plain, program, run, samples_of
from vectors import cases

CHUNKS = [None, [1], [7, 1, 300], [64], [1000, 3]]
every = pytest.mark.parametrize("make", [MIRROR, UNBOUNDED, KERNEL], ids=["mirror", "unbounded", "kernel"])
both = pytest.mark.parametrize("make", [MIRROR, KERNEL], ids=["mirror", "kernel"])


@every
@cases("front")
def test_each_stream_has_the_vectors_events(make, case):
    front = make(bytes.fromhex(case["program"]))
    assert [front.features, front.footprint, front.work] == [case[name] for name in ("features", "footprint", "work")]
    assert run(front, samples_of(case["samples"], front.lines)) == case["events"]


@both
@pytest.mark.parametrize("chunks", CHUNKS[1:], ids=str)
@cases("front")
def test_every_way_to_cut_a_stream_gives_the_same_events(make, case, chunks):
    front = make(bytes.fromhex(case["program"]))
    assert run(front, samples_of(case["samples"], front.lines), chunks) == case["events"]


RAILS = {
    "square": [["square", 1500, 1]],
    "slow square": [["square", 1500, 97]],
    "lowest": [["level", 1500, -32768]],
    "impulses": [["impulse", 300, 32767], ["impulse", 300, -32768], ["impulse", 900, 1]],
    "silence": [["level", 1500, 0]],
    "full noise": [["noise", 1500, 32767]],
}


@pytest.mark.parametrize("make", [MIRROR, KERNEL], ids=["mirror", "kernel"])
@pytest.mark.parametrize("what", RAILS)
@pytest.mark.parametrize("name", ["motion", "vibration", "current", "keywords", "uneven"])
def test_samples_made_to_harm_give_what_the_unbounded_run_gives(make, name, what):
    code = getattr(signal_vectors, name)()
    front = make(code)
    samples = samples_of(RAILS[what], front.lines)
    assert run(front, samples) == run(UNBOUNDED(code), samples)


@both
def test_skip_counts_moves_the_index_on_and_begins_anew(make):
    code = signal_vectors.vibration()
    front, other = make(code), make(code)
    samples = samples_of([["noise", 1200, 5000]], 1)
    front.push(samples[:700])
    front.skip(0)
    assert front.overruns == 0
    front.skip(1000)
    after = plain(front.push(samples))
    assert front.overruns == 1000
    assert [[at - 1700, x] for at, x in after] == run(other, samples)
    front.reset()
    assert front.overruns == 0 and run(front, samples) == [[at - 1700, x] for at, x in after]


@both
def test_a_front_end_gives_back_its_program(make):
    code = signal_vectors.keywords()
    assert make(code).program == code


@both
def test_indices_go_beyond_32_bits(make):
    front = make(program(1, [op("window", 0, ("H", [2, 2]), ("B", [0])), op("stats", 1)]))
    front.skip(2**40 + 1)
    assert plain(front.push(np.array([[1], [5]], np.int16))) == [[2**40 + 2, [3]]]
    assert front.overruns == 2**40 + 1


@pytest.mark.kernel
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 400), min_size=1, max_size=6))
def test_kernel_and_mirror_agree_on_any_stream_in_any_chunks(seed, chunks):
    draw = np.random.default_rng(seed)
    makers = signal_vectors.motion, signal_vectors.current, signal_vectors.gated, signal_vectors.uneven
    code = makers[draw.integers(len(makers))]()
    front, mirror = KERNEL(code), MIRROR(code)
    samples = (draw.normal(size=(900, front.lines)) * draw.choice([1, 300, 20000])).clip(-32768, 32767).astype(np.int16)
    assert run(front, samples, chunks) == run(mirror, samples)
    assert front.intact()


def test_many_windows_at_once_are_worked_on_in_batches(monkeypatch):
    code = program(1, [op("window", 0, ("H", [64, 1]), ("B", [0])), op("stats", 127)])
    samples = samples_of([["noise", 500, 900]], 1)
    wanted = run(MIRROR(code), samples)
    monkeypatch.setattr("deeplomath.signal.front.BATCH", 64 * 7)
    monkeypatch.setattr("deeplomath.signal.front.BLOCK", 99)
    assert run(MIRROR(code), samples) == wanted and len(wanted) == 437


def test_samples_of_one_line_may_be_flat_and_any_integers_that_fit():
    code = program(1, [op("window", 0, ("H", [2, 2]), ("B", [0])), op("stats", 1)])
    for samples in ([1, 5], [[1], [5]], np.array([1, 5]), np.array([1, 5], np.uint8)):
        assert plain(FrontEnd(code).push(samples)) == [[1, [3]]]
    assert FrontEnd(code).push([]) == FrontEnd(code).push(np.zeros((0, 1), np.int16)) == []


def test_samples_that_do_not_fit_are_refused_and_nothing_is_taken():
    front = FrontEnd(signal_vectors.uneven())
    with pytest.raises(KernelError, match="lines: 3 given, 2 needed"):
        front.push(np.zeros((4, 3), np.int16))
    with pytest.raises(KernelError, match="sample 1, line 0: 40000 given"):
        front.push([[1, 2], [40000, 3]])
    with pytest.raises(TypeError):
        front.push(np.zeros((4, 2)))
    with pytest.raises(KernelError, match="n: -1 given"):
        front.skip(-1)
    samples = samples_of([["noise", 100, 90]], 2)
    assert run(front, samples) == run(FrontEnd(signal_vectors.uneven()), samples)
    assert spec.ERRORS[spec.ERROR_PROGRAM] == "program"
