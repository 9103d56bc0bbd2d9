# SPDX-License-Identifier: MIT
"""The vote: each case of NUMERICS.md, Vote, and the same as a plain count says, over any answers."""

import json
import os
import subprocess
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplomath import spec
from deeplomath.link import emulator
from deeplomath.vote import UNKNOWN, Vote
from implementations import ROOT
from vectors import cases

CLASSES = 4


def plain(answers, over, mean, hold):
    """The label that stands behind each answer, by NUMERICS.md alone: nothing is kept but all answers."""
    found, standing, stays = [], UNKNOWN, 0
    for end in range(1, len(answers) + 1):
        counted = answers[max(end - over, 0) : end]
        known = [it for it in counted if it[1]]
        if len(counted) - len(known) > Fraction(len(counted), 2):
            winner = UNKNOWN
        else:
            scores = {label: sum(it[0] == label for it in known) for label, *_ in known}
            if mean:
                there = {i for it in known for i, v in enumerate(it[2]) if v} | set(scores)
                scores = {i: Fraction(sum(it[2][i] for it in known if i < len(it[2])), len(known)) for i in there}
            best = [label for label in scores if scores[label] == max(scores.values())]
            last = [it[0] for it in reversed(known) if it[0] in best]
            winner = standing if standing in best else last[0] if last else min(best)
        if stays:
            stays -= 1
        elif winner != standing:
            standing, stays = winner, hold
        found.append(standing)
    return found


ANSWERS = st.lists(
    st.tuples(
        st.integers(0, CLASSES - 1),
        st.booleans(),
        st.lists(st.sampled_from([0, 1, -1, 5, -(1 << 19), (1 << 19) - 1]), min_size=CLASSES, max_size=CLASSES),
    ),
    max_size=80,
)


@given(ANSWERS, st.integers(1, 64) | st.integers(1, 5), st.booleans(), st.integers(0, 255) | st.integers(0, 4))
def test_the_vote_is_what_a_plain_count_says(answers, over, mean, hold):
    vote = Vote(over, mean, hold, spec.LIMIT_CLASSES)
    assert [vote.take(*answer) for answer in answers] == plain(answers, over, mean, hold)
    vote.reset()
    assert vote.voted == UNKNOWN
    assert [vote.take(*answer) for answer in answers] == plain(answers, over, mean, hold)


@cases("vote")
def test_each_case_gives_the_labels_of_the_vectors(case):
    vote = Vote(case["over"], case["by"] == "mean", case["hold"], spec.LIMIT_CLASSES)
    assert [vote.take(*answer) for answer in case["answers"]] == case["voted"]


@pytest.mark.parametrize("mean", [False, True])
def test_the_largest_outputs_of_the_longest_vote_fit_32_bits(mean):
    vote = Vote(spec.VOTE_OVER, mean, 0, spec.LIMIT_CLASSES)
    outputs = [-(1 << 19) if i % 2 else (1 << 19) - 1 for i in range(spec.LIMIT_CLASSES)]
    for _ in range(2 * spec.VOTE_OVER):
        voted = vote.take(3, True, outputs)
    assert voted == (0 if mean else 3)
    assert max(abs(it) for it in vote._scores) <= spec.VOTE_OVER << 19 <= np.iinfo(np.int32).max


def test_a_vote_of_one_is_the_answer_itself():
    vote = Vote()
    assert [vote.take(2, True, ()), vote.take(1, False, ()), vote.take(0, True, ())] == [2, UNKNOWN, 0]


def test_one_odd_answer_among_many_changes_nothing():
    for mean in (False, True):
        vote = Vote(5, mean, 0, spec.LIMIT_CLASSES)
        sure, odd = (0, True, [60000, 5000]), (1, True, [20000, 45000])
        answers = [sure] * 5 + [odd] + [sure] * 3 + [(0, False, [0, 0])] + [sure] * 2
        assert {vote.take(*it) for it in answers} == {0}


ON_BOARD = """
import json, sys
from dlm_vote import Vote

for case in json.loads(sys.stdin.read())["cases"]:
    vote = Vote(case["over"], case["by"] == "mean", case["hold"], 16)
    print([vote.take(*answer) for answer in case["answers"]] == case["voted"], case["name"])
"""


@pytest.mark.unix
def test_micropython_votes_as_the_vectors_say():
    board = emulator.UnixBoard()
    if not board.image.is_file():
        pytest.skip(f"{board.image}: not built, make test-unix does it")
    command = [str(board.image), "-c", ON_BOARD]
    environment = dict(os.environ, MICROPYPATH=f"{emulator.DEVICE}:.frozen")
    vectors = (ROOT / "shared_spec" / "vectors" / "vote.json").read_bytes()
    done = subprocess.run(command, env=environment, input=vectors, capture_output=True, timeout=60)
    said = done.stdout.decode().splitlines()
    assert done.stderr == b"" and len(said) == len(json.loads(vectors)["cases"])
    assert [line for line in said if not line.startswith("True ")] == []
