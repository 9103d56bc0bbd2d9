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


@pytest.mark.parametrize("dtype", [np.int64, object], ids=["mirror", "unbounded"])
@cases("metric")
def test_the_metric_of_the_layers_is_the_vectors(dtype, case):
    low, high, scale = metric.layer_metric(np.array(case["x"]).astype(dtype), np.array(case["labels"]))
    assert [low.tolist(), high.tolist()] == case["window"]
    assert [values.tolist() for values in scale] == [case[f"layer_{name}"] for name in ("mean_q8", "mantissa", "shift")]
    found = metric.base_coordinates(metric.LayerMetric(low, high, scale), np.array(case["queries"]).astype(dtype))
    assert found.tolist() == case["base_q8"]


@pytest.mark.kernel
@cases("metric")
def test_the_kernels_metrics_are_the_vectors(case):
    config = {"features": len(case["x"][0]), "classes": max(case["labels"]) + 1, "events": len(case["x"])}
    mirror, net = MIRROR(**config), KERNEL(**config)
    mirror.learn_many(np.array(case["x"], np.int16), case["labels"])
    net.load(mirror.export())
    found = net.fields()
    assert found["scale"] == [list(scale) for scale in zip(case["mean_q8"], case["mantissa"], case["shift"])]
    layer_scale = zip(case["layer_mean_q8"], case["layer_mantissa"], case["layer_shift"])
    assert found["layer_scale"] == [list(scale) for scale in layer_scale]
    assert found["window"] == case["window"]


def test_a_spike_is_held_in_the_window_of_its_feature_and_no_other_value_is():
    draw = np.random.default_rng(8)
    x = (draw.normal(size=(60, 3)) * [30, 500, 9000]).clip(-32768, 32767).astype(np.int64)
    clean = metric.layer_metric(x, np.arange(60) % 2)
    inside = (clean.low <= x) & (x <= clean.high)
    assert inside.all()
    x[7, 0] = 32767
    low, high, _ = metric.layer_metric(x, np.arange(60) % 2)
    assert 100 < high[0] < 400 and (np.delete((low <= x) & (x <= high), 7, 0)).all()


def test_a_feature_that_tells_the_classes_apart_weighs_more_and_where_none_does_all_weigh_the_same():
    draw = np.random.default_rng(9)
    labels = np.arange(60) % 3
    x = (draw.normal(size=(60, 20)) * 1000).astype(np.int64)
    none = metric.relevance(*metric._scatters_q12(x, labels), 60, 3)
    assert abs(none / 65536 - 1).max() < 0.5
    x[:, 4] += 4000 * labels
    one = metric.relevance(*metric._scatters_q12(x, labels), 60, 3)
    assert one[4] > 5 * np.delete(one, 4).max()


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
    b, found = np.array([b] * 4), np.zeros(4, np.uint32)  # four rows are read
    a_at, b_at, found_at = (array.ctypes.data_as(ctypes.c_void_p) for array in (a, b, found))
    library().dlm_distances(a_at, b_at, n, n, found_at, 1)
    assert found[0] == n * (2 * largest) ** 2 < 2**32
    assert found[0] == dot.squared_distances(a[None].astype(np.int64), b[:1].astype(np.int64))[0, 0]


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
    assert net.depth > 1 and 2 * min(s2[:2]) > 3 * max(s2[2:])


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
