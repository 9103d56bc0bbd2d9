# SPDX-License-Identifier: MIT
"""integers.py: what is taken for an integer, and for an event of int16."""

from array import array

import numpy as np
import pytest

from deeplomath import KernelError
from implementations import MIRROR

SIZES = {"features": 3, "classes": 2, "events": 4, "layers": 2, "false_reject_permille": 50}


@pytest.mark.parametrize(
    "x",
    [
        [1.0, 2, 3],
        np.zeros(3),
        np.zeros((1, 3), np.int16),
        [True, False, True],
        [1, True, 2],
        5,
        "abc",
        b"abcdef",
        [[1], [2, 3]],
    ],
)
def test_an_event_of_no_integers_is_refused(x):
    with pytest.raises(TypeError, match="^event: "):
        MIRROR(**SIZES).infer(x)


@pytest.mark.parametrize("make", [list, np.array, lambda x: np.array(x, np.int64), lambda x: array("h", x)])
def test_an_event_may_be_any_integers_that_fit(make):
    taught, asked = (-32768, 5, 32767), (3, 2, 1)
    nets = [MIRROR(**SIZES), MIRROR(**SIZES)]
    for net, form in zip(nets, (make, lambda x: np.array(x, np.int16))):
        net.learn(form(taught), 0)
    assert nets[0].infer(make(asked)) == nets[1].infer(np.array(asked, np.int16))
    assert nets[0].digest() == nets[1].digest()


@pytest.mark.parametrize("value", [32768, -32769, 1 << 40, 1 << 63, 1 << 70])
def test_a_value_that_does_not_fit_is_named_and_changes_nothing(value):
    net = MIRROR(**SIZES)
    before = net.digest()
    with pytest.raises(KernelError, match=f"feature 1: {value} given, -32768..32767 allowed"):
        net.learn([1, value, 3], 0)
    assert net.digest() == before


def test_an_event_of_another_length_is_refused():
    with pytest.raises(KernelError, match="features: 4 given, 3 needed"):
        MIRROR(**SIZES).learn(np.zeros(4, np.int16), 0)
    with pytest.raises(KernelError, match="features: 0 given, 3 needed"):
        MIRROR(**SIZES).infer([])
