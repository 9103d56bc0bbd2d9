# SPDX-License-Identifier: MIT
"""A slice of `make soak-monitor`: some seconds of a board that gives 50 events a second."""

import pytest
from bokeh.document import Document

import soak_monitor
from deeplomath.monitor.mapping import Mapping
from deeplomath.monitor.page import Page
from implementations import ROOT
from watched import feed, went


@pytest.mark.unix
def test_fifty_events_a_second_are_heard_and_none_is_lost():
    micropython = ROOT / "build/unix/micropython"
    if not micropython.is_file():
        pytest.skip(f"{micropython} is not built: make test-unix")
    looks = soak_monitor.run(4, say=lambda words: None)
    assert len(looks) == soak_monitor.LOOKS


def test_an_update_of_the_page_makes_no_new_models():
    it = feed(["slow", "fast", "slow", "fast"], shots=2, only=("slow", "fast"))
    page = Page(document := Document(), it, Mapping(it))
    before = {model.id for model in document.models}
    for _ in range(5):
        went(it, 60)
        page.update()
    assert {model.id for model in document.models} == before and it.status.learned
