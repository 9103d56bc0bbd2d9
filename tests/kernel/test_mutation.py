# SPDX-License-Identifier: MIT
"""The tests can fail: one bit of any constant of the kernel changed, in C alone, and the vectors say so."""

import os
import re
import subprocess
import sys

import pytest

from implementations import ROOT

HEADER = (ROOT / "firmware/common/dlm_spec.h").read_text()
CONSTANT = re.compile(r"#define (DLM_(?:KERNEL|CONTOUR|FEATURE|MEMORY|LIMIT_COUNT|VERSION_S)\w*) (\d+)\n")


def mutants():
    """(name, header with the lowest bit of that constant flipped), and headers with one bit of the table flipped."""
    for found in CONSTANT.finditer(HEADER):
        yield found[1], HEADER[: found.start(2)] + str(int(found[2]) ^ 1) + HEADER[found.end(2) :]
    for entry in ("1073741824", "1062175491", "759250125", "536870912"):
        yield f"table_{entry}", HEADER.replace(entry, str(int(entry) ^ 1))


@pytest.mark.parametrize(("name", "header"), list(mutants()), ids=lambda v: v if "\n" not in v else "")
def test_a_one_bit_change_of_a_kernel_constant_is_caught(name, header, tmp_path):
    assert header != HEADER, f"{name} is not in dlm_spec.h"
    for source in [*ROOT.glob("firmware/*/dlm_*.[ch]"), ROOT / "tests/probe.c"]:
        (tmp_path / source.name).write_text(source.read_text())
    (tmp_path / "dlm_spec.h").write_text(header)
    library = tmp_path / "libdlm.so"
    sources = sorted(str(path) for path in tmp_path.glob("*.c"))
    built = subprocess.run(["gcc", "-std=c99", "-O1", "-shared", "-fPIC", *sources, "-o", library], capture_output=True)
    if built.returncode:
        return  # caught by the compiler
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-m",
        "kernel",
        "-k",
        "vectors or limit or refused or verdict or clipped",
    ]
    command += [
        str(ROOT / "tests" / f"{stem}.py")
        for stem in (
            "kernel/test_fixed",
            "signal/test_features",
            "kernel/test_solve",
            "kernel/test_contour",
            "kernel/test_state",
            "kernel/test_layout",
            "kernel/test_network",
        )
    ]
    ran = subprocess.run(
        command, env={**os.environ, "DEEPLOMATH_LIBRARY": str(library)}, capture_output=True, text=True
    )
    assert ran.returncode == 1, f"{name}: not caught\n{ran.stdout}"
