# SPDX-License-Identifier: MIT
"""RobustScale: floats as int16, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplomath.scaling import LEAST_STEPS, REACH, STEPS, RobustScale


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=40))
def test_what_was_seen_comes_back_within_half_a_step_unless_it_lies_far_out(values):
    x = np.array(values)[:, None]
    scale = RobustScale.fit(x)
    low, high = scale.bounds()
    inside = ((x >= low) & (x <= high)).all(1)
    back = scale.invert(scale.apply(x))[inside]
    assert (abs(back - x[inside]) <= 0.500001 / scale.steps + 1e-9 * abs(x).max()).all()
    assert inside[np.argsort(abs(x[:, 0] - scale.centre[0]))[: len(x) // 2]].all()


def test_a_normal_column_has_1024_steps_a_deviation_whatever_its_unit():
    draw = np.random.default_rng(0).normal(size=(4000, 1))
    for unit in (1e-6, 1.0, 1e6):
        scale = RobustScale.fit(draw * unit + 5 * unit)
        assert 0.9 * STEPS < scale.steps[0] * unit < 1.1 * STEPS


def test_a_far_value_takes_steps_from_the_others_but_not_all():
    x = np.random.default_rng(0).normal(size=(101, 1))
    x[0] = 300
    assert abs(RobustScale.fit(x).apply(x)[0, 0] - REACH) < 2
    x[0] = 1e9
    scale = RobustScale.fit(x)
    assert scale.apply(x)[0, 0] == 32767 and scale.steps[0] > 0.8 * LEAST_STEPS


def test_columns_that_hardly_move_have_a_scale_too():
    x = np.zeros((9, 3))
    x[0] = 0, 3, 1e-300
    scale = RobustScale.fit(x + [7, 0, 0])
    assert np.isfinite(scale.steps).all() and scale.apply(x + [7, 0, 0])[1:].any() == 0
    assert scale.apply([[8.0, 0, 0]])[0, 0] == STEPS


def test_values_that_span_leave_as_much_again_on_either_side():
    scale = RobustScale.spanning([[-4.0], [6.0]])
    assert scale.apply([[-4.0], [1.0], [6.0]])[:, 0].tolist() == [-16000, 0, 16000]
    assert scale.bounds()[0, 0] < -9 and scale.bounds()[1, 0] > 11


@pytest.mark.parametrize(
    "wrong",
    [{"centre": [0.0], "steps": [0.0]}, {"centre": [0.0], "steps": [1.0, 2.0]}, {"centre": [np.nan], "steps": [1]}],
)
def test_a_scale_that_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match="steps"):
        RobustScale.from_dict(wrong)
