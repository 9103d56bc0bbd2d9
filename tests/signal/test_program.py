# SPDX-License-Identifier: MIT
"""dlm_program.c and program.py: what programs are refused, and what they take; a short slice of `make fuzz`."""

import collections
import ctypes

import numpy as np
import pytest

import fuzz_program
import signal_vectors
from deeplomath import KernelError, spec
from front_ends import KERNEL, MIRROR, UNBOUNDED, op, program
from implementations import library
from vectors import cases

both = pytest.mark.parametrize("make", [MIRROR, KERNEL], ids=["mirror", "kernel"])


@both
@cases("program")
def test_each_program_is_refused_with_the_vectors_words(make, case):
    code = bytes.fromhex(case["program"])
    if case["refused"] is None:
        make(code)
        return
    with pytest.raises(KernelError) as refused:
        make(code)
    assert (refused.value.code, str(refused.value)) == (spec.ERROR_PROGRAM, case["refused"])


@both
def test_a_program_cut_anywhere_is_refused(make):
    for name in ("motion", "keywords", "vibration", "current"):
        code = getattr(signal_vectors, name)()
        assert len(code) <= 256
        for size in range(len(code)):
            with pytest.raises(KernelError):
                make(code[:size])


def test_every_field_that_a_refusal_can_name_is_named_by_a_vector():
    named = {
        words.split(": ")[1].replace(" ", "_") for words in map(signal_vectors.refusal, refused_programs()) if words
    }
    assert set(spec.FIELDS.values()) - named == {"rows"}  # any byte is a number of rows


def refused_programs():
    return [bytes.fromhex(case["program"]) for case in signal_vectors.program_cases()]


@pytest.mark.kernel
def test_kernel_and_mirror_take_and_refuse_the_same_programs():
    found = collections.Counter()
    for seed in range(250):
        fuzz_program.play(seed, found=found)
    assert found["taken"] > 60 and found["events"] > 3000 and len(found) > 15, found


def test_a_case_that_parts_is_told():
    class Deaf(UNBOUNDED.func):
        def push(self, samples):
            return []

        def intact(self):
            return True

    with pytest.raises(fuzz_program.Parted, match="program [0-9a-f]+: events"):
        for seed in range(40):
            fuzz_program.play(seed, (MIRROR, Deaf))


@pytest.mark.kernel
def test_a_buffer_that_is_too_small_or_not_aligned_is_refused_and_stays_as_it_was():
    code = signal_vectors.motion()
    size = MIRROR(code).footprint
    memory, front = np.full(size // 8 + 2, 7, np.uint64), ctypes.c_void_p(1)
    for start, room in ((0, size - 1), (0, 0), (4, size), (1, size)):
        at = ctypes.c_void_p(memory.ctypes.data + start)
        status = library().dlm_front_init(
            code, ctypes.c_size_t(len(code)), at, ctypes.c_size_t(room), ctypes.byref(front)
        )
        assert status == spec.ERROR_BUFFER and front.value == 1 and (memory == 7).all()


def test_work_counts_what_each_operation_multiplies():
    window, mean = op("window", 0, ("H", [64, 32]), ("B", [0])), op("stats", 1)
    plain = program(1, [window, mean])
    assert MIRROR(plain).work == 64
    assert MIRROR(program(1, [op("mix", 0, ("b", [1, 2])), window, mean])).work == 64 + 32 * 2
    assert (
        MIRROR(program(1, [op("keep", 0, ("B", [0, 4])), op("norm", 0, ("B", [1, 1])), window, mean])).work
        == 64 + 8 * 2
    )
    bands = op("bands", 1, ("H", [16, 32, 160]))
    assert MIRROR(program(1, [window, op("power"), bands])).work == 64 * 8 + 2 + 2 * 10
