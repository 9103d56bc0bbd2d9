# SPDX-License-Identifier: MIT
"""The libraries bare on each emulated core (boards/bench): results equal to the mirror's, and the counts that are promised."""

import re
import shutil
import sys

import pytest

from deeplomath import cost, spec
from implementations import ROOT

sys.path.insert(0, str(ROOT / "boards" / "bench"))
import cases  # noqa: E402
import cores  # noqa: E402
import cycles  # noqa: E402
import programs  # noqa: E402


@pytest.fixture(scope="module")
def made():
    return cases.make()


@pytest.fixture(scope="module", params=list(cores.CORES))
def core(request):
    """The name of a core whose emulator is here."""
    compiler, emulated = f"{cores.tools(request.param).prefix}gcc", cores.CORES[request.param]["run"]["emulator"]
    there = cores.RP2040JS.is_file() if emulated == "rp2040js" else shutil.which(emulated)
    missing = [name for name, found in ((compiler, shutil.which(compiler)), (emulated, there)) if not found]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not here, make bench installs it")
    return request.param


@pytest.fixture(scope="module")
def counted(core, made):
    """(core, Counts); cores.count has found each digest equal to the mirror's and each sum of products right."""
    return core, cores.count(core, made)


MOST = {  # 64 events, 18 features, 7 classes: learn and infer with two layers, infer with one
    "m4f": (1_440_000, 16_000, 9_000),  # instructions: 9 ms at 168 MHz
    "m0plus": (7_250_000, 55_000, 31_500),  # cycles: 58 ms at 125 MHz
    "rv32": (4_760_000, 48_000, 26_500),  # instructions
}
MOST_OF_PROGRAMS = {  # (the power of 256 samples, 256 samples of 6 lines to power, 16 bands and three statistics)
    "m4f": (32_000, 260_000),  # instructions
    "m0plus": (95_000, 780_000),  # cycles
    "rv32": (33_000, 280_000),  # instructions
}


def most_code(library, core):
    """Bytes that the code of a library may take on a core: firmware/kernel.mk and signal.mk say it."""
    name = f"{library.upper()}_BYTES" + ("_RV32" if core == "rv32" else "")
    return int(re.search(rf"^{name} = (\d+)$", (ROOT / f"firmware/{library}.mk").read_text(), re.MULTILINE)[1])


@pytest.mark.device
def test_each_core_has_right_sums_and_the_mirrors_digests_and_keeps_the_counts_promised(counted):
    name, counts = counted
    sizes = ("learn", 18, 64, 2), ("infer", 18, 64, 2), ("infer", 18, 64, 1)
    for size, most in zip(sizes, MOST.get(name, ())):
        assert counts.values[size] <= most


@pytest.mark.device
def test_the_kernels_code_is_within_its_limit_on_every_core(counted):
    name, counts = counted
    assert 0 < counts.code <= most_code("kernel", name)


@pytest.mark.device
def test_a_whole_learning_takes_less_than_one_batch_of_an_mlp_that_is_right_as_often(counted):
    name, counts = counted
    values = {
        what: counts.values.get((what, *cases.COMPARED)) for what in ("learn", "mlp_iteration", "right", "mlp_right")
    }
    if name == "m4f":
        assert values["learn"] < values["mlp_iteration"]
        assert values["right"] >= values["mlp_right"]


@pytest.mark.device
def test_what_the_estimate_of_cycles_follows_is_what_is_counted(counted, made):
    name, counts = counted
    if name != cycles.CORE:
        return  # the estimate is of one core
    for what, (instructions, _) in cycles.estimate(made).items():
        assert abs(instructions - counts.values[what, *cases.COMPARED]) < 32, what  # reading the counter takes some


@pytest.mark.device
def test_each_core_has_the_mirrors_events_in_any_chunks_and_keeps_the_counts_promised(core):
    """programs.count compares the events."""
    counts = programs.count(core)
    power, large = MOST_OF_PROGRAMS.get(core, (float("inf"), float("inf")))
    assert 0 < counts.values["power", programs.LARGE] <= power
    assert 0 < counts.values["event", programs.LARGE] <= large
    assert 0 < counts.code <= most_code("signal", core)


def test_the_programs_that_are_counted_have_every_operation_and_make_events():
    kinds = set()
    samples = programs.stream()
    for name, code in programs.programs().items():
        at = 12
        while at < len(code):
            kinds.add(code[at])
            at += 4 + int.from_bytes(code[at + 2 : at + 4], "little")
        assert programs.mirrors(code, samples)[0] > 0, name
    assert kinds == set(spec.OPERATIONS) - {0}


def test_events_that_differ_are_found():
    values = {}
    for chunk in programs.CHUNKS:
        values |= {(f"events{chunk}", "word"): 2, (f"hash{chunk}", "word"): 77}
    programs.check("m4f", values, {"word": (2, 77)})
    with pytest.raises(RuntimeError, match="word, pushed by 64: .* given, the mirror has"):
        programs.check("m4f", values | {("hash64", "word"): 78}, {"word": (2, 77)})
    with pytest.raises(RuntimeError, match="None"):
        programs.check("m4f", {}, {"word": (2, 77)})


def test_64_events_with_two_layers_fit_in_32_kb():
    assert cost(features=18, classes=7, events=64).bytes <= 32 * 1024


def test_a_wrong_digest_is_found(made):
    values = {("checks_failed", 18, 16, 2): 0}
    with pytest.raises(RuntimeError, match="digest None, the mirror has"):
        cores.check("m4f", values, made[0])
    with pytest.raises(RuntimeError, match="own ways are wrong"):
        cores.check("m4f", {("checks_failed", 18, 16, 2): 1}, made[0])


def test_a_run_cut_short_is_found(monkeypatch):
    monkeypatch.setattr(cores, "_run", lambda *_: "fault\n")
    with pytest.raises(RuntimeError, match="ended early: fault"):
        cores.run("m4f", "image.elf")


def test_the_bench_and_cmake_compile_the_libraries_as_kernel_mk_and_signal_mk_say():
    cmake = (ROOT / "firmware/micropython.cmake").read_text()
    for folders in (["common", "kernel"], ["signal"]):
        sources = [source for folder in folders for source in (ROOT / "firmware" / folder).glob("*.c")]
        levels = {source.stem: cores.optimisation(source) for source in sources}
        if "kernel" in folders:
            assert levels.pop("dlm_dot") == ["-O2"] and "kernel/dlm_dot.c PROPERTIES COMPILE_OPTIONS -O2" in cmake
        (flags,) = {tuple(level) for level in levels.values()}
        properties = f'DEEPLOMATH_{folders[-1].upper()}}} PROPERTIES COMPILE_OPTIONS "{";".join(flags)}"'
        assert flags[0] == "-Os" and properties in cmake
