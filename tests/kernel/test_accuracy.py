# SPDX-License-Identifier: MIT
"""The integers learn as well as float64 does: mean accuracy over several draws, on real data and on xor."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine

from deeplomath.desk import data
from float_reference import train_and_predict
from implementations import MIRROR

DRAWS = 4
SHOTS_DRAWS = 12


def as_int16(x):
    """Features scaled to some thousands, as a sensor would give them."""
    x = np.asarray(x, float)
    return np.round(x * 8000 / np.maximum(abs(x).max(0), 1e-9)).astype(np.int16)


def mirror_accuracy(x, y, queries, wanted, **config):
    """(share of right answers, depth) of the mirror after learning x, y in order."""
    net = MIRROR(features=x.shape[1], classes=int(max(y)) + 1, events=len(x), **config)
    net.learn_many(x, y)
    return np.mean([a.label for a in net.infer_many(queries)] == wanted), net.depth


def shots_of_each_class(y, shots, seed):
    order = np.random.default_rng(seed).permutation(len(y))
    train = np.concatenate([order[y[order] == c][:shots] for c in np.unique(y)])
    return train, np.setdiff1d(order, train)


@pytest.mark.parametrize("shots", [3, 10, 30])
@pytest.mark.parametrize("load", [load_digits, load_wine, load_breast_cancer], ids=["digits", "wine", "cancer"])
def test_accuracy_is_within_half_a_point_of_float64_or_above(load, shots):
    x, y = load(return_X_y=True)
    x16, found, reference = as_int16(x), [], []
    for seed in range(SHOTS_DRAWS):
        train, test = shots_of_each_class(y, shots, seed)
        found.append(mirror_accuracy(x16[train], y[train], x16[test], y[test])[0])
        reference.append(np.mean(train_and_predict(x[train], y[train], x[test])[0] == y[test]))
    assert np.mean(found) >= np.mean(reference) - 0.005


@pytest.mark.parametrize("shots", [30, 50])
def test_xor_is_found_to_need_depth_and_depth_beats_one_layer(shots):
    deep, flat, depths = [], [], []
    for seed in range(DRAWS):
        x = np.random.default_rng(seed).normal(size=(1500, 12))
        y = (x[:, 0] * x[:, 1] > 0).astype(int)
        train, test = shots_of_each_class(y, shots, seed)
        x16 = np.round(x * 1000).astype(np.int16)
        accuracy, depth = mirror_accuracy(x16[train], y[train], x16[test], y[test])
        deep.append(accuracy)
        depths.append(depth)
        flat.append(mirror_accuracy(x16[train], y[train], x16[test], y[test], layers=1)[0])
    assert min(depths) > 1 and np.mean(deep) > np.mean(flat)


def test_five_windows_of_each_exercise_are_enough_for_the_watch():
    """People 1 to 6, each arm; float64 on float features has 94.7 to 94.9 %."""
    recordings, found = data.load(), []
    for person in range(1, 7):
        for side in (0, 1):
            cut = [data.windows(recordings, person, side, exercise) for exercise in range(7)]
            windows = [data.features(windows) for windows in cut]
            train = np.concatenate([windows[c][:5] for c in range(7)])
            test = np.concatenate([windows[c][5:] for c in range(7)])
            wanted = np.concatenate([[c] * len(windows[c][5:]) for c in range(7)])
            found.append(mirror_accuracy(train, np.repeat(np.arange(7), 5), test, wanted)[0])
    assert np.mean(found) >= 0.945
