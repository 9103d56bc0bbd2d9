# SPDX-License-Identifier: MIT
"""One source of truth: constants and layouts are those of spec.toml, vectors what the unbounded run and their makers give."""

import re
import shutil
import subprocess
import sys

import pytest

from deeplomath import Action, Reason, Verdict, cost, spec
from implementations import ROOT


@pytest.mark.parametrize(
    "script",
    [
        "shared_spec/generate.py",
        "shared_spec/vectors/make_frame.py",
        "shared_spec/vectors/make_pair.py",
        "tests/make_vectors.py",
    ],
)
def test_generated_files_are_up_to_date(script):
    done = subprocess.run([sys.executable, ROOT / script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


GENERATED = (
    "firmware/common/dlm_spec.h",
    "firmware/device/dlm_spec.py",
    "host/deeplomath/spec.py",
    "shared_spec/PROTOCOL.md",
)
SOURCES = (
    *(f"shared_spec/{name}.toml" for name in ("spec", "wire", "requests", "signal", "store")),
    "shared_spec/generate.py",
)
SHARED = {  # one file in two places
    "firmware/device/dlm_vote.py": "host/deeplomath/vote.py",
    "firmware/device/dlm_stream.py": "host/deeplomath/stream.py",
}


@pytest.fixture
def house(tmp_path):
    """A folder with nothing but spec.toml, those beside it, their generator and what that makes."""
    shutil.copytree(ROOT / "shared_spec/generator", tmp_path / "shared_spec/generator")
    for name in (*SOURCES, *SHARED, *SHARED.values(), *GENERATED):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    return tmp_path


def generate(house, *arguments):
    return subprocess.run(
        [sys.executable, house / "shared_spec/generate.py", *arguments], capture_output=True, text=True
    )


def change(file, before, after):
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, after))


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        (GENERATED[0], "DLM_KERNEL_RIDGE 33554432", "DLM_KERNEL_RIDGE 33554433"),
        (GENERATED[1], '("label", "flags"), "<hH"', '("label", "flags"), "<hI"'),
        (GENERATED[2], '("n_nearest", "B", 0, 3)', '("n_nearest", "B", 0, 4)'),
        (GENERATED[3], "| budget | u32 |", "| budget | u64 |"),
    ],
)
def test_check_notices_what_is_changed_by_hand(house, name, before, after):
    assert generate(house, "--check").returncode == 0
    change(house / name, before, after)
    done = generate(house, "--check")
    assert done.returncode == 1 and done.stderr.startswith(f"{name}: ") and done.stderr.count("\n") == 1


@pytest.mark.parametrize(("name", "copy"), SHARED.items())
def test_a_file_that_board_and_host_share_is_one(house, name, copy):
    assert (ROOT / name).read_bytes() == (ROOT / copy).read_bytes()
    (house / copy).write_text((house / copy).read_text().replace("winner != self.voted", "winner == self.voted") + "\n")
    done = generate(house, "--check")
    assert done.returncode == 1 and done.stderr.startswith(f"{copy}: ")


def test_a_table_that_is_missing_in_the_protocol_is_said(house):
    change(house / "shared_spec/PROTOCOL.md", "<!-- reply build -->", "")
    done = generate(house)
    assert done.returncode == 1 and "reply build" in done.stderr


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("harmless = true\n\n[request.info]", "harmles = true\n\n[request.info]", "digest has harmles"),
        (
            'total = { type = "u32", meaning = "bytes of the state" }',
            'total = { type = "u32", leest = 1 }',
            "total has leest",
        ),
        ("opcode = 22", "opcode = 21", "freeze has the opcode 21"),
    ],
)
def test_a_slip_in_the_spec_is_said(house, before, after, words):
    files = [house / "shared_spec" / name for name in ("wire.toml", "requests.toml")]
    change(next(file for file in files if before in file.read_text()), before, after)
    done = generate(house, "--check")
    assert done.returncode == 1 and words in done.stderr


def test_an_opcode_of_the_spec_is_everywhere(house):
    with (house / "shared_spec/requests.toml").open("a") as file:
        file.write('[request.wink]\nopcode = 60\ndoes = "winks"\nreply = "changed"\n')
        file.write('[request.wink.fields]\neye = { type = "u16", least = 1, meaning = "which" }\n')
    assert generate(house).returncode == 0 and generate(house, "--check").returncode == 0
    board, host, protocol = ((house / name).read_text() for name in GENERATED[1:])
    assert '    None,\n    ("wink", ("eye",), "<H", 0, "<II"),\n)' in board
    assert "OPCODE_WINK = 60" in host and "    OPCODE_WINK: CHANGED,\n" in host
    assert '    OPCODE_WINK: (\n        ("eye", "H", -1),\n    ),\n' in host
    assert "| 60 | [WINK](#660-wink) | winks | yes | Changed |" in protocol
    assert "### 6.60 WINK\n" in protocol and "| eye | u16 | 1..65535: which |" in protocol


def test_a_field_of_the_configuration_is_everywhere(house):
    lid = 'lid = { type = "u8", flag = true, meaning = "1: shut" }\n'
    change(house / "shared_spec/wire.toml", "\nregression = { type", f"\n{lid}regression = {{ type")
    assert generate(house).returncode == 0
    board, host, protocol = ((house / name).read_text() for name in GENERATED[1:])
    assert '"false_reject_permille", "lid", "regression"' in board and '"<HBHBHBBB", 0, "<II"' in board
    assert host.count('("lid", "B", 0, 1)') == 1 and host.count('("lid", "B", -1)') == 2
    assert protocol.count("| lid | u8 | 1: shut |") == 1 and protocol.count("| *config* | 8 fields |") == 3


@pytest.mark.parametrize("library", ["kernel", "signal"])
def test_a_library_has_no_float_no_malloc_and_no_globals(library, tmp_path):
    """The symbols of a library and of what it shares, which needs no other: its own functions, read-only data, memcpy."""
    folders = [ROOT / "firmware" / name for name in ("common", library)]
    for source in sorted(path for folder in folders for path in folder.glob("*.c")):
        compiled = tmp_path / f"{source.stem}.o"
        included = [f"-I{folder}" for folder in folders]
        subprocess.run(["gcc", "-std=c99", "-Os", *included, "-c", source, "-o", compiled], check=True)
        for line in subprocess.run(["nm", compiled], capture_output=True, check=True, text=True).stdout.splitlines():
            kind, name = line.split()[-2:]
            assert kind in "TtRrU", f"{source.name}: {name} is writable data"
            assert (
                kind != "U"
                or name.startswith("dlm_")
                or name in ("memcpy", "memmove", "memset", "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail")
            ), line
        text = source.read_text()
        assert "float" not in text and "double" not in text


def make_size(*options):
    return subprocess.run(["make", "--no-print-directory", "size", *options], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.f405
def test_the_code_of_kernel_and_signal_fits_its_limit_on_each_core():
    made = make_size()
    assert made.returncode == 0, made.stderr
    rows = [line.split() for line in made.stdout.splitlines() if line.split()[2:3] in (["kernel"], ["signal"])]
    arm = {"kernel": 18 * 1024, "signal": 8448}
    cores = {f"cortex-{core}": arm for core in ("m0plus", "m3", "m4", "m7", "m33")}
    cores["rv32imc"] = {"kernel": 23 * 1024, "signal": 10 * 1024}
    assert sorted((core, library) for *_, library, core in rows) == sorted((it, of) for it in cores for of in arm)
    for code, limit, library, core in rows:
        assert int(limit) == cores[core][library] and 0 < int(code) <= int(limit)


@pytest.mark.f405
@pytest.mark.parametrize(
    ("limit", "over"),
    [
        ("KERNEL_BYTES", "kernel on cortex-m0plus, kernel on cortex-m3"),
        ("SIGNAL_BYTES", "signal on cortex-m0plus, signal on cortex-m3"),
        ("KERNEL_BYTES_RV32", "kernel on rv32imc\n"),
        ("SIGNAL_BYTES_RV32", "signal on rv32imc\n"),
    ],
)
def test_make_size_fails_where_code_is_over_its_limit(limit, over):
    made = make_size(f"{limit}=200")
    assert made.returncode and f"over its limit: {over}" in made.stderr


def test_the_footprints_in_the_text_are_those_of_the_layout():
    text = (ROOT / "shared_spec/NUMERICS.md").read_text()
    rows = re.findall(r"^\| (64|128) \| (yes|no) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", text, re.MULTILINE)
    assert len(rows) == 4
    for events, background, *sizes in rows:
        for layers, size in zip((1, 2, 4), sizes):
            config = {"features": 18, "classes": 7, "events": int(events), "layers": layers}
            assert cost(**config, background=background == "yes").bytes == int(size.replace(",", ""))


@pytest.mark.parametrize(("names", "table"), [(Verdict, spec.VERDICTS), (Action, spec.ACTIONS), (Reason, spec.REASONS)])
def test_results_speak_of_all_that_the_spec_has(names, table):
    assert {it.value: it.name.lower() for it in names} == table
