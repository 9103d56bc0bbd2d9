# SPDX-License-Identifier: MIT
"""One source of truth: the constant files are what spec.toml says, the vectors what the unbounded run and make_frame give."""

import re
import subprocess
import sys

import pytest

from deeplomath import cost
from implementations import ROOT


@pytest.mark.parametrize(
    "script", ["shared_spec/generate.py", "shared_spec/vectors/make_frame.py", "tests/make_vectors.py"]
)
def test_generated_files_are_up_to_date(script):
    done = subprocess.run([sys.executable, ROOT / script, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_check_notices_a_constant_changed_by_hand(tmp_path):
    for name in (
        "shared_spec/generate.py",
        "shared_spec/spec.toml",
        "firmware/common/dlm_spec.h",
        "firmware/device/dlm_spec.py",
        "host/deeplomath/spec.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    header = tmp_path / "firmware/common/dlm_spec.h"
    header.write_text(header.read_text().replace("DLM_KERNEL_RIDGE 33554432", "DLM_KERNEL_RIDGE 33554433"))
    done = subprocess.run(
        [sys.executable, tmp_path / "shared_spec/generate.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 1 and "dlm_spec.h" in done.stderr


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
    rows = [line.split() for line in made.stdout.splitlines() if " cortex-" in line]
    cores = {core for *_, core in rows}
    assert len(cores) == 4 and len(rows) == 8
    for code, limit, library, _ in rows:
        assert int(limit) == {"kernel": 16 * 1024, "signal": 1024}[library] and 0 < int(code) <= int(limit)


@pytest.mark.f405
@pytest.mark.parametrize("library", ["kernel", "signal"])
def test_make_size_fails_where_code_is_over_its_limit(library):
    made = make_size(f"{library.upper()}_BYTES=200")
    assert made.returncode and f"over its limit: {library} on cortex-m0plus, {library} on cortex-m3" in made.stderr


def test_the_footprints_in_the_text_are_those_of_the_layout():
    text = (ROOT / "shared_spec/NUMERICS.md").read_text()
    rows = re.findall(r"^\| (64|128) \| (yes|no) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", text, re.MULTILINE)
    assert len(rows) == 4
    for events, background, *sizes in rows:
        for layers, size in zip((1, 2, 4), sizes):
            config = {"features": 18, "classes": 7, "events": int(events), "layers": layers}
            assert cost(**config, background=background == "yes").bytes == int(size.replace(",", ""))
