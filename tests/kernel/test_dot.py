# SPDX-License-Identifier: MIT
"""dlm_dot.c: sums of products against the vectors; test_cores.py does the same on the cores that have their own."""

import ctypes

import numpy as np
import pytest

from implementations import library
from vectors import cases

FAR = 16  # int16 from one row of b to the next, beyond its n


def address(array):
    return array.ctypes.data_as(ctypes.c_void_p)


def called(name, a, rows, dtype, results):
    """What a sum of products of C gives: rows [4][n] laid out with a stride, those of the mixed sums as columns."""
    n = len(a)
    memory, found = np.zeros((4, n + FAR), dtype), np.zeros(results, np.int64 if "wide" in name else np.int32)
    memory[:, :n] = np.array(rows, dtype).reshape(4, n)
    a = np.array(a, np.int16)
    if "wide" in name:
        library()[name](address(a), address(memory), address(memory[1]), n, address(found))
    elif "mixed" in name:
        library()[name](address(a), address(np.ascontiguousarray(memory[:, :n].T)), n, address(found))
    else:
        library()[name](address(a), address(memory), n + FAR, n, address(found))
    return found.tolist()


@pytest.mark.kernel
@cases("dot")
def test_each_sum_of_products_is_the_vectors(case):
    assert called("dlm_dot4", case["a"], case["b"], np.int16, 4) == case["sums"]
    assert called("dlm_dot4_mixed", case["a"], case["c"], np.int32, 4) == case["mixed"]
    assert called("dlm_dot2_wide", case["a"], case["b"], np.int16, 2) == case["sums"][:2]
    rows, found = np.array([case["b"][0]] * 2 + [case["a"]] * 2, np.int16), np.zeros(4, np.uint32)
    library().dlm_distances(address(rows[2]), address(rows), rows.shape[1], rows.shape[1], address(found), 3)
    assert found[:3].tolist() == [case["distance2"]] * 2 + [0]
