# SPDX-License-Identifier: MIT
"""The kernel bare on each emulated core (boards/bench): sums of products, digests, and the counts that are promised."""

import shutil
import sys

import pytest

from deeplomath import cost
from implementations import ROOT

sys.path.insert(0, str(ROOT / "boards" / "bench"))
import cases  # noqa: E402
import cores  # noqa: E402


@pytest.fixture(scope="module")
def made():
    return cases.make()


@pytest.fixture(scope="module", params=list(cores.CORES))
def counted(request, made):
    """(core, Counts); cores.count has found each digest equal to the mirror's and each sum of products right."""
    needs = {"arm-none-eabi-gcc": shutil.which("arm-none-eabi-gcc"), "qemu-system-arm": shutil.which("qemu-system-arm")}
    if cores.CORES[request.param]["run"]["emulator"] == "rp2040js":
        needs |= {"rp2040js": cores.RP2040JS.is_file()}
    missing = [name for name, found in needs.items() if not found]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not here, make test-rp2040 installs it")
    return request.param, cores.count(request.param, made)


MOST = {  # 64 events, 18 features, 7 classes: learn and infer with two layers, infer with one
    "m4f": (1_440_000, 16_000, 9_000),  # instructions: 9 ms at 168 MHz
    "m0plus": (7_250_000, 55_000, 31_500),  # cycles: 58 ms at 125 MHz
}
MOST_CODE = 18 * 1024  # as in firmware/kernel.mk


@pytest.mark.device
def test_each_core_has_right_sums_and_the_mirrors_digests_and_keeps_the_counts_promised(counted):
    name, counts = counted
    sizes = ("learn", 18, 64, 2), ("infer", 18, 64, 2), ("infer", 18, 64, 1)
    for size, most in zip(sizes, MOST.get(name, ())):
        assert counts.values[size] <= most


@pytest.mark.device
def test_the_kernels_code_is_within_its_limit_on_every_core(counted):
    _, counts = counted
    assert counts.code <= MOST_CODE


@pytest.mark.device
def test_a_whole_learning_takes_less_than_one_batch_of_an_mlp_that_is_right_as_often(counted):
    name, counts = counted
    values = {
        what: counts.values.get((what, *cases.COMPARED)) for what in ("learn", "mlp_iteration", "right", "mlp_right")
    }
    if name == "m4f":
        assert values["learn"] < values["mlp_iteration"]
        assert values["right"] >= values["mlp_right"]


def test_64_events_with_two_layers_fit_in_32_kb():
    assert cost(features=18, classes=7, events=64).bytes <= 32 * 1024


def test_a_wrong_digest_and_a_run_cut_short_are_found(made):
    values = {("checks_failed", 18, 16, 2): 0}
    with pytest.raises(RuntimeError, match="ended early"):
        cores.check("m4f", "fault\n", values, made[0])
    with pytest.raises(RuntimeError, match="digest None, the mirror has"):
        cores.check("m4f", "end\n", values, made[0])
    with pytest.raises(RuntimeError, match="own ways are wrong"):
        cores.check("m4f", "end\n", {("checks_failed", 18, 16, 2): 1}, made[0])


def test_the_bench_and_cmake_compile_the_kernel_as_kernel_mk_says():
    cmake = (ROOT / "firmware/micropython.cmake").read_text()
    levels = {source.stem: cores.optimisation(source) for source in ROOT.glob("firmware/[ck]*/dlm_*.c")}
    assert levels.pop("dlm_dot") == ["-O2"] and "kernel/dlm_dot.c PROPERTIES COMPILE_OPTIONS -O2" in cmake
    (flags,) = {tuple(level) for level in levels.values()}
    assert flags[0] == "-Os" and f'PROPERTIES COMPILE_OPTIONS "{";".join(flags)}"' in cmake
