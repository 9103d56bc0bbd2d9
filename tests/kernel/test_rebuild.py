# SPDX-License-Identifier: MIT
"""dlm_rebuild.c and rebuild.py: the phases have one list of names, and the switch that runs them leaves none out."""

import re

import numpy as np
import pytest

from deeplomath.mirror.rebuild import PHASES, event_of_neuron
from implementations import ROOT, library

SOURCE = (ROOT / "firmware/kernel/dlm_rebuild.c").read_text()


def body(begin):
    """The text of SOURCE from begin to the end of its braces."""
    return SOURCE[SOURCE.index(begin) :].split("\n}", 1)[0]


def names_of_c():
    return re.findall(r"^    ([A-Z_]+),", body("enum {"), re.MULTILINE)


def names_of_document():
    section = (ROOT / "shared_spec/NUMERICS.md").read_text().split("\n## Rebuild\n")[1].split("\n## ")[0]
    return re.findall(r"^\| ([A-Z_]+) \|", section, re.MULTILINE)


def test_the_phases_have_the_same_names_in_c_in_the_mirror_and_in_numerics():
    assert names_of_c() == ["IDLE", *PHASES]
    assert names_of_document() == [*PHASES]


def test_one_switch_runs_the_phases_and_one_tells_what_a_row_costs():
    switches = [body("static uint32_t row_work("), body("static void run(")]
    assert SOURCE.count("switch (") == len(switches)
    for switch in switches:
        assert re.findall(r"case ([A-Z_]+):", switch) == [*PHASES[:-1]], "in their order; the last is the default"


@pytest.mark.kernel
def test_neurons_are_the_same_events_in_kernel_and_mirror_each_once():
    for m in range(1, 513):
        order = [event_of_neuron(i, m) for i in range(m)]
        assert sorted(order) == list(range(m))
        assert [library().dlm_event_of_neuron(i, m) for i in range(m)] == order


@pytest.mark.parametrize("classes", range(2, 8))
@pytest.mark.parametrize("taught", ["in turn", "one after the other"])
def test_each_class_has_some_of_its_events_in_the_first_half_of_the_neurons(classes, taught):
    m = 12 * classes
    labels = np.arange(m) % classes if taught == "in turn" else np.arange(m) // 12
    sampled = np.bincount(labels[[event_of_neuron(i, m) for i in range(m // 2)]], minlength=classes)
    assert 1 <= sampled.min() and sampled.max() <= 11  # of 12
