# SPDX-License-Identifier: MIT
"""A short slice of `make fuzz`, the same each time; and that a case that fails is written and can be played again."""

import collections
import json

import pytest

import fuzz_guided
import fuzz_state
from deeplomath import spec
from implementations import KERNEL, MIRROR

SEEDS = 150
RUNS = 5000  # inputs of each target of libFuzzer


@pytest.mark.kernel
def test_kernel_and_mirror_take_the_same_states_and_are_alike_after_them():
    found = collections.Counter()
    for seed in range(SEEDS):
        case = fuzz_state.play(seed, found=found)
        assert "parted" not in case, case["parted"]
    states = {code for code, name in spec.ERRORS.items() if name.startswith("state_")}
    assert {0, *states} <= set(found), f"no load ended with {({0} | states) - set(found)}"
    assert found[0] > SEEDS / 3 and found[spec.ERROR_STATE_EVENT] > SEEDS / 10, found


class Forgetful(MIRROR):
    """Forgets an event when a state comes in by parts."""

    def load_staged(self, size):
        super().load_staged(size)
        if self.memory.events:
            self.forget(self.memory.events[0].id)

    def intact(self):
        return True


def test_a_case_that_parts_is_written_and_parts_at_the_same_step_when_it_is_played_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fuzz_state, "CASES", tmp_path / "fuzz")
    makes = MIRROR, Forgetful
    seed = next(seed for seed in range(SEEDS) if "parted" in fuzz_state.play(seed, makes))
    case = json.loads(fuzz_state.write(seed, makes).read_text())
    assert fuzz_state.replay(case, makes) == 1
    assert f"step {len(case['operations'])}, " in capsys.readouterr().out


@pytest.mark.kernel
def test_a_case_plays_the_same_operations_each_time_whatever_it_is_played_on():
    for seed in range(5):
        assert fuzz_state.play(seed, (MIRROR,)) == fuzz_state.play(seed, (MIRROR, KERNEL))


@pytest.mark.parametrize("target", fuzz_guided.TARGETS)
def test_a_fuzzer_that_is_led_by_the_code_it_reaches_finds_nothing(target, tmp_path):
    if not (fuzz_guided.GUIDED / target).is_file():
        pytest.skip(f"{fuzz_guided.GUIDED / target}: not built, make test does it")
    inputs, features, kept = fuzz_guided.fuzzed(target, RUNS, 1, tmp_path / "kept")
    assert inputs >= RUNS and features > 1000 and kept > 100
    if target == "program":
        taken, refused = fuzz_guided.compared(tmp_path / "kept")
        assert taken > 10 and refused > 10
