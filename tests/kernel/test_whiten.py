# SPDX-License-Identifier: MIT
"""dlm_whiten.c and whiten.py: the covariance within classes, shrunk, and coordinates that it does not tie together."""

import ctypes

import numpy as np
import pytest

from deeplomath.mirror import whiten
from implementations import KERNEL, MIRROR, UNBOUNDED, fields, library
from vectors import cases

dtypes = pytest.mark.parametrize("dtype", [np.int64, object], ids=["mirror", "unbounded"])


@dtypes
@cases("whiten")
def test_each_step_of_the_whitening_is_the_vectors(dtype, case):
    z_q8, classes = np.array(case["z_q8"]).astype(dtype), np.array(case["labels"])
    assert whiten.covariance(whiten.residuals(z_q8, classes)).tolist() == case["c_q28"]
    w_q10 = whiten.whitening(z_q8, classes)
    assert w_q10.tolist() == case["w_q10"]
    assert whiten.whiten(w_q10, z_q8).tolist() == case["v_q8"]


def address(array):
    return array.ctypes.data_as(ctypes.c_void_p)


@pytest.mark.kernel
@cases("whiten")
def test_the_kernels_whitening_is_the_vectors(case):
    m, d = np.shape(case["z_q8"])
    net = KERNEL(features=d, classes=max(case["labels"]) + 1, events=m)
    mirror = MIRROR(features=d, classes=max(case["labels"]) + 1, events=m)
    mirror.learn_many(np.arange(m * d, dtype=np.int16).reshape(m, d), case["labels"])
    net.load(mirror.export())
    z_q8 = np.array(case["z_q8"], np.int16)
    library().probe_make_whitening(net.net, address(z_q8), address(np.array(case["labels"], np.int16)))
    assert net.fields()["whitening"] == [row[: i + 1] for i, row in enumerate(case["w_q10"])]
    for row, wanted in zip(z_q8, case["v_q8"]):
        found = np.zeros(d + 4, np.int16)  # as in a network, something lies behind
        found[:d] = row
        library().probe_whiten(net.net, address(found))
        assert found[:d].tolist() == wanted
    assert net.intact()


def drawn(m, d, seed=4):
    """Coordinates Q8 [m, d] of three classes in which neighbours move together, and the classes [m]."""
    draw = np.random.default_rng(seed)
    mixing = np.eye(d) + 0.9 * np.eye(d, k=1)
    classes = np.arange(m) % 3
    return (256 * (draw.normal(size=(m, d)) @ mixing + classes[:, None])).astype(np.int64), classes


def test_many_events_are_whitened_to_one_covariance():
    z_q8, classes = drawn(3000, 6)
    before, after = z_q8, whiten.whiten(whiten.whitening(z_q8, classes), z_q8)
    ties = []
    for rows in (before, after):
        found = np.corrcoef(np.array([row - rows[classes == c].mean(0) for row, c in zip(rows, classes)]).T)
        ties.append(abs(found - np.eye(6)).max())
    assert ties[0] > 0.6 and ties[1] < 0.2  # not 0, for the least shrinkage and the ridge


def test_few_events_are_trusted_less():
    """The shrinkage of Ledoit and Wolf (2004), beside their own formula in float64."""
    for m in (6, 12, 48, 300):
        z_q8, classes = drawn(m, 8)
        r = whiten.residuals(z_q8, classes) / 256
        sample = r.T @ r / m
        mean = np.trace(sample) / 8
        distance = ((sample - mean * np.eye(8)) ** 2).sum()
        noise = sum(((np.outer(row, row) - sample) ** 2).sum() for row in r) / m**2
        wanted = max(1 / 16, min(1, noise / distance))
        c = whiten.covariance(whiten.residuals(z_q8, classes)) / 2**28
        found = 1 - (c * (1 - np.eye(8))).sum() / (sample / mean * (1 - np.eye(8))).sum()
        assert abs(found - wanted) < 0.005


def test_no_eigenvalue_of_the_covariance_is_below_its_least_shrinkage():
    for rows in (np.ones((512, 160)), np.eye(160)[:5], np.outer(np.arange(-40, 40), np.ones(20))):
        z_q8 = (rows * 97).astype(np.int64)
        c = whiten.covariance(whiten.residuals(z_q8, np.zeros(len(z_q8), int))) / 2**28
        assert np.linalg.eigvalsh(c).min() > 1 / 16 - 1e-3


@pytest.mark.kernel
@pytest.mark.parametrize(("d", "m"), [(1, 1), (1, 7), (3, 2), (4, 9), (7, 5), (18, 30), (60, 5), (49, 11), (160, 3)])
def test_every_step_is_equal_in_kernel_mirror_and_unbounded_whatever_the_sizes(d, m):
    draw = np.random.default_rng(d + m)
    nets = [make(features=d, classes=2, events=m) for make in (MIRROR, UNBOUNDED, KERNEL)]
    for i in range(m):
        x = (draw.normal(size=d) * 3000 + 900 * (i % 2)).astype(np.int16)
        for net in nets:
            net.learn(x, i % 2)
    assert fields(nets[0]) == fields(nets[1]) == nets[2].fields()
    assert nets[2].intact()
