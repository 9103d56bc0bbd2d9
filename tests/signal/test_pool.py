# SPDX-License-Identifier: MIT
"""dlm_pool.c and pool.py: rows to features."""

import numpy as np
import pytest

from deeplomath.signal import pool
from front_ends import kernel_map, kernel_pool
from vectors import cases


def mirror_pool(rows, parts):
    return pool.pool(np.array(rows, np.int64), parts)


def mirror_map(rows, matrix):
    return pool.map_rows(np.array(rows, np.int64), matrix)


@pytest.mark.parametrize("found", [(mirror_pool, mirror_map), (kernel_pool, kernel_map)], ids=["mirror", "kernel"])
@cases("pool")
def test_each_event_has_the_vectors_parts_and_maps(found, case):
    pooled = found[0](case["rows"], case["parts"])
    assert pooled.tolist() == case["pooled"]
    assert found[1](pooled, case["matrix"]).tolist() == case["mapped"]
