# SPDX-License-Identifier: MIT
"""A slice of `make soak-monitor`: some seconds of a board that gives 50 events a second."""

import pytest

import soak_monitor
from implementations import ROOT


@pytest.mark.unix
def test_fifty_events_a_second_are_heard_and_none_is_lost():
    micropython = ROOT / "build/unix/micropython"
    if not micropython.is_file():
        pytest.skip(f"{micropython} is not built: make test-unix")
    looks = soak_monitor.run(4, say=lambda words: None)
    assert len(looks) == soak_monitor.LOOKS
