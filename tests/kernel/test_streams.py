# SPDX-License-Identifier: MIT
"""Kernel and mirror on events as they should not come (streams.py), and that all of NUMERICS.md's clips were reached by them.

Why 1,700 tests did not see three events part kernel and mirror: their walks drew well-behaved events, and none asked whether
a saturation was ever reached, so that of a left-out novelty never was; here each has a name, and is counted.
"""

import re
from collections import Counter

import pytest

import clips
import streams
from implementations import ROOT

QUICK = 240  # streams; `make streams` runs 10,000
NUMERICS = (ROOT / "shared_spec" / "NUMERICS.md").read_text()


@pytest.fixture(scope="module")
def run():
    """(clips reached, differences) of the quick streams."""
    reached, differences = Counter(), []
    for number in range(QUICK):
        names, difference = streams.outcome(number)
        reached.update(names)
        differences += [difference] if difference else []
    return reached, differences


def named(n):
    """Names in the nth table of NUMERICS.md, Clips and saturations."""
    section = NUMERICS.split("\n## Clips and saturations\n")[1].split("\n## ")[0]
    table = re.findall(r"\| name \|.*\n\|[- |]*\n((?:\|.*\n)+)", section)[n]
    return [name for row in table.splitlines() for name in row.split("|")[1].replace(",", " ").split()]


@pytest.mark.kernel
def test_kernel_and_mirror_agree_on_every_stream(run):
    assert run[1] == []


@pytest.mark.kernel
def test_the_streams_reach_every_clip_and_saturation(run):
    assert [name for name in named(0) if not run[0][name]] == []


def test_every_clip_that_is_counted_stands_in_numerics_md_and_the_other_way_round():
    assert sorted(named(0) + named(1)) == sorted(clips.CLIPS)


def test_those_that_no_stream_reaches_are_tried_by_themselves():
    tried = (ROOT / "tests" / "kernel" / "test_solve.py").read_text()
    assert [name for name in named(1) if f'reached["{name}"]' not in tried] == []


@pytest.mark.kernel
@pytest.mark.parametrize("number", [*range(1, 25), 2 * streams.LESSON])
def test_64_bits_are_as_good_as_unbounded_integers_on_a_stream(number):
    assert streams.stream(number, unbounded=True)


def test_a_clip_that_is_not_reached_is_seen():
    with clips.watched() as reached:
        clips.contour.margin_q8(65536)
        assert not reached["margin_high"]
        clips.contour.margin_q8(65537)
    clips.contour.margin_q8(65538)
    assert reached == {"margin_high": 1}
