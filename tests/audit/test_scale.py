# SPDX-License-Identifier: MIT
"""scale.py: decimals become int16 by a scale that wild values do not move, that is kept, and that says what is no number."""

import copy
import doctest
import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import deeplomath
from deeplomath import DataError, Scale, scale, to_int16


def test_its_example_is_true():
    assert doctest.testmod(scale) == (0, 3)


def test_the_median_becomes_0_and_the_middle_spans_8192():
    x = np.random.default_rng(1).normal([5, -3e6], [0.001, 1e5], (4000, 2))
    made, _ = to_int16(x)
    low, middle, high = np.quantile(made, (0.05, 0.5, 0.95), axis=0)
    assert np.abs(middle).max() <= 1 and np.abs(high - low - 8192).max() <= 2 and made.dtype == np.int16


def test_wild_values_move_nothing_and_are_held_at_the_ends():
    x = np.random.default_rng(2).normal(size=(200, 1))
    wild = x.copy()
    wild[:4] = [[1e300], [-1e300], [1e9], [-1e9]]
    made, fitted = to_int16(wild)
    assert made[:4, 0].tolist() == [32767, -32768, 32767, -32768]
    assert 0.8 < fitted.factor[0] / to_int16(x)[1].factor[0] < 1.25


def test_a_scale_is_applied_again_to_rows_and_to_one_row():
    x = np.random.default_rng(3).normal(size=(30, 4))
    made, fitted = to_int16(x)
    assert (to_int16(x[5:9], fitted)[0] == made[5:9]).all() and (to_int16(x[5], fitted)[0] == made[5]).all()
    assert to_int16(x[5:9], fitted)[1] is fitted and to_int16(x[5].tolist(), fitted)[0].shape == (4,)


@pytest.mark.parametrize("column", [[7.5] * 9, [0.0] * 9, [1e308, -1e308], [5e-324, 0, 0], [0] * 40 + [3]])
def test_columns_that_hardly_vary_or_vary_without_measure_have_a_scale(column):
    made, fitted = to_int16(np.array(column, float)[:, None])
    assert np.isfinite(fitted).all() and min(fitted.factor) > 0
    assert (len(set(made[:, 0].tolist())) > 1) == (len(set(column)) > 1) or max(map(abs, column)) < 1e-300


def test_a_scale_is_kept_in_a_file(tmp_path):
    fitted = to_int16(np.random.default_rng(4).normal(size=(30, 3)))[1]
    fitted.save(tmp_path / "ä b.json")
    assert Scale.load(tmp_path / "ä b.json") == fitted
    crlf = (tmp_path / "ä b.json").read_bytes().replace(b"\n", b"\r\n")
    (tmp_path / "c").write_bytes(crlf)
    assert Scale.load(tmp_path / "c") == fitted


def test_values_that_are_spanned_take_half_of_int16_and_come_back():
    fitted = Scale.spanning([[-4.0, 3.0], [6.0, 3.0]])
    assert fitted.apply([[-4, 3], [6, 3], [1, 4]]).tolist() == [[-16000, 0], [16000, 0], [0, 16000]]
    x = np.random.default_rng(5).uniform([-4, 2], [6, 4], (50, 2))
    assert np.abs(fitted.invert(fitted.apply(x)) - x).max() <= 0.5 / min(fitted.factor)


def test_the_bounds_are_the_last_that_is_not_clipped():
    fitted = Scale.fit(np.random.default_rng(6).normal(size=(40, 3)))
    low, high = fitted.bounds()
    assert fitted.apply([low, high]).tolist() == [[-32768] * 3, [32767] * 3]
    assert fitted.apply([low - 1, high + 1]).tolist() == [[-32768] * 3, [32767] * 3]
    assert (fitted.apply([low * 0.9, high * 0.9]) != fitted.apply([low, high])).all()


GOOD = dict(format=scale.FORMAT, center=[1.0], factor=[2.0])


@pytest.mark.parametrize(
    "harm",
    [
        dict(format="else"),
        dict(center=[]),
        dict(center=[1, 2]),
        dict(factor=[0]),
        dict(factor=[-1.0]),
        dict(factor=[1e-310]),
        dict(factor=[1e301]),
        dict(center=[float("nan")]),
        dict(center=[[1.0]], factor=[[1.0]]),
        dict(factor=None),
        dict(factor=[float("inf")]),
        dict(center=["x"]),
        dict(center=7),
        dict(center=[10**400]),
        dict(more=" " * (1 << 20)),
    ],
)
def test_a_file_that_is_no_scale_is_refused(tmp_path, harm):
    (tmp_path / "a").write_text(json.dumps(GOOD))
    assert Scale.load(tmp_path / "a") == Scale((1.0,), (2.0,))
    (tmp_path / "a").write_text(json.dumps(GOOD | harm))
    with pytest.raises(DataError, match="a: not a scale"):
        Scale.load(tmp_path / "a")


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff", b"3", b"[]"])
def test_bytes_that_are_no_scale_are_refused(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(DataError, match="not a scale"):
        Scale.load(tmp_path / "a")


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ([[1, 2], [3, float("nan")]], "row 2, column 2: nan given, a finite number needed"),
        ([[1, 2], [-float("inf"), 4]], "row 2, column 1: -inf given, a finite number needed"),
        ([], r"x: \[0\] given, numbers \[n, columns\], or of one row where a scale is given needed"),
        ([1.0, 2.0], r"x: \[2\] given"),
        (np.zeros((2, 2, 2)), r"x: \[2, 2, 2\] given"),
        (np.zeros((3, 0)), r"x: \[3, 0\] given"),
        ([[1, 2], [3]], "x: numbers .* needed: "),
        ([["a"]], "x: numbers .* needed: "),
    ],
)
def test_what_cannot_be_scaled_is_said_with_its_place(x, words):
    with pytest.raises(DataError, match=words):
        to_int16(x)


def test_what_does_not_fit_a_scale_is_said():
    fitted = Scale((0.0, 0.0), (1.0, 1.0))
    with pytest.raises(DataError, match="columns: 3 given, 2 in the scale"):
        to_int16([1, 2, 3], fitted)
    with pytest.raises(DataError, match="column 2: nan given, a finite number needed"):
        to_int16([1, float("nan")], fitted)


@pytest.mark.parametrize(
    ("center", "factor", "words"),
    [
        ([0, float("nan")], [1, 1], "center: column 2: nan given, a finite number needed"),
        ([0, 0], [-float("inf"), 1], "factor: column 1: -inf given, a finite number needed"),
        ([0, 0, 0], [1, 0, 1], r"factor: column 2: 0.0 given, 1e-305\.\.1e\+300 allowed"),
        ([0], [-2.5], r"factor: column 1: -2.5 given, 1e-305\.\.1e\+300 allowed"),
        ([0], [1e-310], r"factor: column 1: 1e-310 given, 1e-305\.\.1e\+300 allowed"),
        ([0], [1e301], r"factor: column 1: 1e\+301 given, 1e-305\.\.1e\+300 allowed"),
        ([0, 0], [1], "factor: 1 columns given, 2 needed, as many as center has"),
        ([], [], r"center: \[0\] given, numbers \[columns\] needed"),
        (3, [1], r"center: \[\] given, numbers \[columns\] needed"),
        ([0], [[1]], r"factor: \[1, 1\] given, numbers \[columns\] needed"),
        (["x"], [1], r"center: numbers \[columns\] needed: "),
        (None, [1], r"center: "),
        ([2**53 + 1], [1], "center: column 1: 9007199254740993 given, which no float holds: subtract an offset"),
    ],
)
def test_what_is_no_scale_is_never_made(center, factor, words):
    with pytest.raises(DataError, match=words):
        Scale(center, factor)
    good = Scale((0.0,), (1.0,))
    for change in (lambda: good._replace(center=center, factor=factor), lambda: Scale._make([center, factor])):
        with pytest.raises(DataError, match=words):
            change()


def test_a_scale_is_a_tuple_of_tuples_of_floats_that_is_copied_and_pickled():
    made = Scale(np.array([1, 2]), [3, 4.5])
    assert (
        made == ((1.0, 2.0), (3.0, 4.5)) == Scale(*made) and repr(made) == "Scale(center=(1.0, 2.0), factor=(3.0, 4.5))"
    )
    assert hash(made) == hash(Scale([1, 2], [3, 4.5])) and {type(value) for of in made for value in of} == {float}
    for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made)), made._replace()):
        assert again == made and type(again) is Scale
    with pytest.raises(AttributeError):
        made.center = (1.0, 2.0)


@pytest.mark.parametrize("given", [3, "auto", ((0.0,), (1.0,)), (), np.ones(2)], ids=lambda given: type(given).__name__)
def test_a_scale_that_is_none_is_named(given):
    with pytest.raises(
        TypeError, match=f"scale: {type(given).__name__} given, a Scale or None needed: to_int16 makes one"
    ):
        to_int16([[1.0]], given)


@pytest.mark.parametrize("call", ["apply", "invert"])
def test_a_scale_takes_only_its_columns(call):
    """One column would be spread over all, by NumPy's rules."""
    fitted = Scale((0.0, 0.0, 0.0), (1.0, 2.0, 3.0))
    for x in ([[1.0], [2.0]], [1.0], [[1.0, 2.0]], np.ones((2, 4))):
        with pytest.raises(DataError, match=r"columns: \d given, 3 in the scale"):
            getattr(fitted, call)(x)
    for x, words in (
        (5.0, "given, numbers"),
        ([[1.0, 2.0, np.nan]], "row 1, column 3: nan"),
        ([[1j, 0, 0]], "numbers"),
    ):
        with pytest.raises(DataError, match=words):
            getattr(fitted, call)(x)
    assert getattr(fitted, call)(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("make", [Scale.fit, Scale.spanning])
def test_what_no_scale_can_be_made_of_is_refused(make):
    for x in ([], [[]], [1.0, 2.0], [["a"]], [[1.0], [np.nan]], np.array([["1"]]), np.array([[1j]]), None):
        with pytest.raises(DataError):
            make(x)


@pytest.mark.filterwarnings("error")
def test_the_farthest_numbers_are_scaled_right_there_and_back():
    """What is between two numbers may be more than a float: 3.4e308."""
    far = 1.7e308
    fitted = Scale.spanning([[-far], [far]])
    assert fitted.apply([[-far], [0.0], [far]])[:, 0].tolist() == [-16000, 0, 16000]
    assert fitted.bounds()[:, 0].tolist() == [-np.finfo(float).max, np.finfo(float).max]
    aside = Scale((-far,), fitted.factor)
    assert aside.apply([[-far], [0.0], [far]])[:, 0].tolist() == [0, 16000, 32000]
    assert np.allclose(aside.invert([[0], [16000], [32000]])[:, 0] / far, [-1, 0, 1])
    small = Scale((0.0,), (scale.MOST,))
    assert small.apply([[5e-324], [-4e-300], [1.0]])[:, 0].tolist() == [0, -4, 32767]
    assert small.invert([[-4]])[0, 0] == -4e-300


@pytest.mark.parametrize("kind", [list, np.array, lambda x: np.array(x, object), lambda x: np.array(x, np.uint64)])
def test_an_integer_that_no_float_holds_is_refused(kind):
    right = kind([[2**53], [2**60], [2**53 + 2]])
    made, fitted = to_int16(right)
    assert made[1, 0] > made[0, 0] and fitted.apply(right).tolist() == made.tolist()
    wrong = kind([[1], [2**53], [2**53 + 1]])
    for take in (to_int16, Scale.fit, Scale.spanning, fitted.apply, lambda x: to_int16(x, fitted)):
        with pytest.raises(DataError, match="^row 3, column 1: 9007199254740993 given, which no float holds: subtract"):
            take(wrong)


def test_an_integer_that_no_float_holds_is_found_beside_decimals():
    with pytest.raises(DataError, match="row 2, column 1: 1700000000000000001 given, which no float holds"):
        to_int16([[1700000000000000000, 0.5], [1700000000000000001, 0.7]])


@settings(max_examples=200, deadline=None)
@given(
    arrays.arrays(float, arrays.array_shapes(min_dims=2, max_dims=2, max_side=8), elements=st.floats(allow_nan=False))
)
def test_any_finite_numbers_are_scaled_in_their_order(x):
    if not np.isfinite(x).all():
        with pytest.raises(DataError):
            to_int16(x)
        return
    made, fitted = to_int16(x)
    assert np.isfinite(fitted).all()
    order = np.argsort(x, axis=0, kind="stable")
    assert (np.diff(np.take_along_axis(made.astype(int), order, 0), axis=0) >= 0).all()
    assert deeplomath.to_int16 is to_int16
