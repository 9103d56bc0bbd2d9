# SPDX-License-Identifier: MIT
"""dlm_metric.c and metric.py: features to coordinates, squared distances, the metric of a further layer."""

import ctypes

import numpy as np
import pytest

from deeplomath import spec
from deeplomath.mirror import dot, metric
from implementations import KERNEL, MIRROR, fields, library
from vectors import cases


@pytest.mark.parametrize("dtype", [np.int64, object], ids=["mirror", "unbounded"])
@cases("metric")
def test_the_first_metric_is_the_vectors(dtype, case):
    first = metric.first_metric(np.array(case["x"]).astype(dtype), np.array(case["labels"]))
    assert [values.tolist() for values in first] == [case["mean_q8"], case["mantissa"], case["shift"]]
    assert metric.first_coordinates(first, np.array(case["queries"]).astype(dtype)).tolist() == case["z_q8"]


@pytest.mark.kernel
@cases("metric")
def test_the_kernels_first_metric_is_the_vectors(case):
    config = {"features": len(case["x"][0]), "classes": max(case["labels"]) + 1, "events": len(case["x"])}
    mirror, net = MIRROR(**config), KERNEL(**config)
    mirror.learn_many(np.array(case["x"], np.int16), case["labels"])
    net.load(mirror.export())
    assert net.fields()["scale"] == [list(scale) for scale in zip(case["mean_q8"], case["mantissa"], case["shift"])]


def test_the_first_metric_gives_each_class_unit_deviation():
    draw = np.random.default_rng(1)
    labels = np.arange(400) % 2
    x = draw.normal(size=(400, 3)) * [20, 300, 4000] + labels[:, None] * [0, 900, -9000]
    z = metric.first_coordinates(
        metric.first_metric(np.round(x).astype(np.int64), labels), np.round(x).astype(np.int64)
    )
    deviations = np.array([z[labels == c].std(0) for c in (0, 1)]) / 256
    assert (abs(deviations - 1) < 0.1).all()


@pytest.mark.kernel
@pytest.mark.parametrize("n, largest", [(1, 4095), (63, 4095), (64, 4095), (65, 2047), (176, 2047)])
def test_the_largest_squared_distance_is_exact_at_every_length(n, largest):
    a, b = np.full(n, largest, np.int16), np.full(n, -largest, np.int16)
    distance2 = library().dlm_distance2(*(v.ctypes.data_as(ctypes.c_void_p) for v in (a, b)), n)
    assert distance2 == n * (2 * largest) ** 2 < 2**32
    assert distance2 == dot.squared_distances(a[None].astype(np.int64), b[None].astype(np.int64))[0, 0]


def test_all_coordinates_of_the_most_classes_fit_the_largest_squared_distance():
    for d in range(1, spec.LIMIT_FEATURES + 1):
        assert (d + spec.LIMIT_CLASSES) * (2 * metric.coordinate_max(d)) ** 2 < 2**32


def test_directions_that_decide_sharpen_and_the_others_fade():
    draw = np.random.default_rng(2)
    net = MIRROR(features=6, classes=2, events=60)
    for _ in range(60):
        x = draw.normal(size=6) * 1000
        net.learn(x.astype(np.int16), int(x[0] * x[1] > 0))
    s2 = net.live.layers[1].s2_q16
    assert net.depth > 1 and min(s2[:2]) > 2 * max(s2[2:])


@pytest.mark.kernel
def test_every_layers_metric_and_coordinates_are_equal_in_kernel_and_mirror():
    draw = np.random.default_rng(3)
    nets = [make(features=5, classes=2, events=50) for make in (MIRROR, KERNEL)]
    for _ in range(50):
        x = (draw.normal(size=5) * 1000).astype(np.int16)
        for net in nets:
            net.learn(x, int(int(x[0]) * int(x[1]) > 0))
    assert len(fields(nets[0])["layers"]) > 1
    assert fields(nets[0]) == nets[1].fields()
