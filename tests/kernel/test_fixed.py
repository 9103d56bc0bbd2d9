# SPDX-License-Identifier: MIT
"""dlm_fixed.h, dlm_fixed.c and fixed.py against the vectors, and 2^-x against exact arithmetic."""

import ctypes
from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplomath import fixed, spec
from deeplomath.signal import log2
from implementations import library
from vectors import cases

MIRROR = {
    "isqrt": lambda v: int(fixed.isqrt(v)),
    "exp2_neg": lambda v: int(fixed.exp2_neg(np.array([v]))[0]),
    "log2_q11": log2.log2_q11,
    "round_shift": lambda v: int(fixed.round_shift(np.int64(v[0]), v[1])),
    "floor_div": lambda v: int(np.int64(v[0]) // v[1]),
    "saturate": lambda v: int(fixed.saturate(np.int64(v[0]), v[1])),
}
KERNEL = {
    "isqrt": lambda v: library().dlm_isqrt(v),
    "exp2_neg": lambda v: library().probe_exp2_neg(v),
    "log2_q11": lambda v: library().dlm_log2_q11(v),
    "round_shift": lambda v: library().probe_round_shift(*v),
    "floor_div": lambda v: library().probe_floor_div(*v),
    "saturate": lambda v: library().probe_saturate(*v),
}


@pytest.mark.parametrize("functions", [MIRROR, KERNEL], ids=["mirror", "kernel"])
@cases("fixed")
def test_each_value_is_the_vectors(functions, case):
    function = functions[case["function"]]
    assert [function(v) for v in case["inputs"]] == case["outputs"]


def test_powers_of_two_stay_within_the_error_that_the_proof_of_the_solver_counts_on():
    getcontext().prec = 40
    for x in [*range(0, 4000, 7), *range(2**18 - 50, 2**18 + 50), *range(5 << 18, 6 << 18, 977)]:
        exact = Decimal(2) ** (30 - Decimal(x) / 2**18)
        assert 0 <= int(fixed.exp2_neg(np.array([x]))[0]) + 2 - exact
        assert int(fixed.exp2_neg(np.array([x]))[0]) - exact <= Decimal("1.48e-5") * 2**30


def test_the_table_of_powers_is_rounded_from_exact_values():
    getcontext().prec = 40
    for i, value in enumerate(spec.EXP2_Q30):
        assert abs(value - Decimal(2) ** (30 - Decimal(i) / 64)) <= Decimal("0.5")


@pytest.mark.kernel
def test_bit_lengths_are_those_of_python():
    for value in [0, *(2**k + e for k in range(1, 64) for e in (-1, 0))]:
        assert library().dlm_bit_length(value) == value.bit_length()


EDGES = [0, 1, 2**16 - 1, 2**16, 2**32 - 1, 2**32, 2**48 - 1, 2**63, 2**64 - 1]


@pytest.mark.kernel
@given(
    st.integers(0, 2**64 - 1) | st.sampled_from(EDGES), st.integers(1, 2**16 - 1) | st.sampled_from([1, 2, 2**16 - 1])
)
def test_a_quotient_is_that_of_python(value, divisor):
    assert library().dlm_divide(value, divisor) == value // divisor


def selected(values, wanted):
    """What dlm_select gives, and whether the values are still all there."""
    array = (ctypes.c_uint32 * len(values))(*values)
    found = library().dlm_select(array, len(values), wanted)
    return found, sorted(array) == sorted(values)


@pytest.mark.kernel
@given(st.data(), st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 3), min_size=1, max_size=70))
def test_the_value_selected_is_that_of_a_sorted_list(data, values):
    wanted = data.draw(st.integers(0, len(values) - 1))
    assert selected(values, wanted) == (sorted(values)[wanted], True)


@pytest.mark.kernel
@pytest.mark.parametrize("n", [1, 2, 3, 511, 512])
def test_orders_that_hurt_select_the_same(n):
    rising = list(range(n))
    organ = [min(i, n - i) for i in rising]
    for values in (rising, rising[::-1], organ, [7] * n, [i % 2 for i in rising], [2**32 - 1 - i for i in rising]):
        for wanted in {0, n // 2, n - 1}:
            assert selected(values, wanted) == (sorted(values)[wanted], True)
