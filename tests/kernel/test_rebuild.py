# SPDX-License-Identifier: MIT
"""dlm_rebuild.c and rebuild.py: the phases, and a rebuild in slices that costs no more than was said."""

import re

import numpy as np
import pytest

from deeplomath import cost
from deeplomath.mirror.metric import slope_events
from deeplomath.mirror.phases import PHASES
from implementations import KERNEL, MIRROR, ROOT, UNBOUNDED, library
from walks import stream, taught

both = pytest.mark.parametrize("make", [MIRROR, KERNEL], ids=["mirror", "kernel"])
every = pytest.mark.parametrize("make", [MIRROR, UNBOUNDED, KERNEL], ids=["mirror", "unbounded", "kernel"])
KERNEL_FOLDER = ROOT / "firmware/kernel"


def names_of_c():
    return re.findall(r"^    ([A-Z_]+),", (KERNEL_FOLDER / "dlm_phases.h").read_text(), re.MULTILINE)


def names_of_document():
    section = (ROOT / "shared_spec/NUMERICS.md").read_text().split("\n## Rebuild\n")[1].split("\n## ")[0]
    return re.findall(r"^\| ([A-Z_]+) \|", section, re.MULTILINE)


def test_the_phases_have_the_same_names_in_c_in_the_mirror_and_in_numerics():
    assert names_of_c() == ["IDLE", *PHASES]
    assert names_of_document() == [*PHASES]


def test_the_functions_that_run_the_phases_name_them_in_their_order():
    source = (KERNEL_FOLDER / "dlm_rebuild.c").read_text()
    named = re.findall(r"case ([A-Z_]+):|// (CONTOUR|DECIDE|INVERSE)$", source, re.MULTILINE)
    assert [one or other for one, other in named] == [*PHASES[2:]]  # VARIANCE and COORDINATES by themselves


@pytest.mark.kernel
def test_slopes_are_those_of_as_many_neurons_in_kernel_and_mirror_each_once():
    for m in range(1, 513):
        found = slope_events(m).tolist()
        assert found == sorted(set(found)) and 0 <= found[0] and found[-1] < m
        assert library().dlm_slope_rows(m) == len(found) >= min(m, 15)


@pytest.mark.parametrize("classes", range(2, 17))
@pytest.mark.parametrize("taught", ["in turn", "one after the other"])
def test_slopes_are_those_of_events_of_every_class(classes, taught):
    m = 12 * classes
    labels = np.arange(m) % classes if taught == "in turn" else np.arange(m) // 12
    assert np.bincount(labels[slope_events(m)], minlength=classes).min() >= 1


@both
def test_the_digest_does_not_depend_on_how_a_rebuild_is_sliced(make):
    digests = []
    for budget in (1, 37, 1000, 2**32 - 1):
        net, calls = make(features=5, classes=3, events=12, background=True), 0
        for x, label in stream(6, 30, 5, 3):
            net.learn(x, label, build=False)
            while net.build_step(budget):
                calls += 1
        digests.append(net.digest())
    assert len(set(digests)) == 1
    at_once = taught(make, 6, 30, features=5, classes=3, events=12, background=True)
    assert at_once.digest() == digests[0]


@both
def test_the_old_network_answers_until_the_new_one_is_whole(make):
    net = taught(make, 7, 20, features=4, classes=2, events=12, background=True)
    x = np.array([20000, -20000, 5, 5], np.int16)
    before = net.infer(x)
    net.learn(x, 1, build=False)
    answers = [net.infer(x)]
    while net.build_step(50):
        answers.append(net.infer(x))
    assert len(answers) > 20 and set(answers) == {before}
    after = net.infer(x)
    assert after != before and (after.label, after.distance) == (1, 0)


@both
@pytest.mark.parametrize(("features", "classes", "layers"), [(18, 7, 2), (3, 2, 4), (40, 1, 3)])
def test_no_rebuild_takes_more_work_than_was_said_before(make, features, classes, layers):
    config = {"features": features, "classes": classes, "events": 16, "layers": layers}
    said = cost(**config)
    net = make(**config, background=True)
    for x, label in stream(8, 40, features, classes, kind="uniform"):
        net.learn(x, label)
        assert 0 < net.info().work <= said.work
    assert said.bytes == make(**config).footprint()


@pytest.mark.kernel
def test_cost_is_equal_in_kernel_and_mirror():
    for config in ({"features": 18, "classes": 7, "events": 64}, {"features": 160, "classes": 16, "events": 512}):
        for layers in (1, 2, 4):
            assert KERNEL(**config, layers=layers).cost() == cost(**config, layers=layers)


@every
def test_depth_is_found_where_one_layer_cannot_do(make):
    draw = np.random.default_rng(9)
    deep, flat = (make(features=4, classes=2, events=70, layers=layers) for layers in (4, 1))
    x = (draw.normal(size=(470, 4)) * 1000).astype(np.int16)
    labels = (x[:, 0].astype(int) * x[:, 1] > 0).astype(int)
    for net in (deep, flat):
        for values, label in zip(x[:70], labels):
            net.learn(values, int(label))
    right = [sum(net.infer(v).label == y for v, y in zip(x[70:170], labels[70:170])) for net in (deep, flat)]
    assert deep.info().depth > 1 and flat.info().depth == 1 and right[0] > right[1]
