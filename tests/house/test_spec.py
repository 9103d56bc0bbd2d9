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
        "firmware/kernel/dlm_spec.h",
        "firmware/device/dlm_spec.py",
        "host/deeplomath/spec.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    header = tmp_path / "firmware/kernel/dlm_spec.h"
    header.write_text(header.read_text().replace("DLM_KERNEL_RIDGE 33554432", "DLM_KERNEL_RIDGE 33554433"))
    done = subprocess.run(
        [sys.executable, tmp_path / "shared_spec/generate.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 1 and "dlm_spec.h" in done.stderr


def test_the_kernel_has_no_float_no_malloc_and_no_globals(tmp_path):
    """The symbols of the compiled kernel: nothing but its own functions and read-only data, memcpy and memset."""
    sources = sorted((ROOT / "firmware/kernel").glob("*.c"))
    for source in sources:
        compiled = tmp_path / f"{source.stem}.o"
        subprocess.run(["gcc", "-std=c99", "-Os", "-c", source, "-o", compiled], check=True)
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


@pytest.mark.f405
def test_the_kernels_code_fits_16_kb_on_a_cortex_m4():
    printed = subprocess.run(
        ["make", "--no-print-directory", "size"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(printed.stdout.splitlines()[-1].split()[0]) < 16 * 1024


def test_the_footprints_in_the_text_are_those_of_the_layout():
    text = (ROOT / "shared_spec/NUMERICS.md").read_text()
    rows = re.findall(r"^\| (64|128) \| (yes|no) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", text, re.MULTILINE)
    assert len(rows) == 4
    for events, background, *sizes in rows:
        for layers, size in zip((1, 2, 4), sizes):
            config = {"features": 18, "classes": 7, "events": int(events), "layers": layers}
            assert cost(**config, background=background == "yes").bytes == int(size.replace(",", ""))
