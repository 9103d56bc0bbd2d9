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


def build(header, tmp_path):
    """What the compiler says of the kernel with this header; the library is tmp_path / "libdlm.so"."""
    for source in [*ROOT.glob("firmware/*/dlm*.[ch]"), ROOT / "tests/probe.c"]:
        (tmp_path / source.name).write_text(source.read_text())
    (tmp_path / "dlm_spec.h").write_text(header)
    sources = sorted(str(path) for path in tmp_path.glob("*.c"))
    command = ["gcc", "-std=c99", "-O1", "-shared", "-fPIC", *sources, "-o", tmp_path / "libdlm.so"]
    return subprocess.run(command, capture_output=True, text=True)


def run_tests(tmp_path):
    """The outcome of the tests that compare the kernel built there with the vectors."""
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
            "kernel/test_solve",
            "kernel/test_contour",
            "kernel/test_state",
            "kernel/test_layout",
            "kernel/test_network",
        )
    ]
    library = str(tmp_path / "libdlm.so")
    return subprocess.run(command, env={**os.environ, "DEEPLOMATH_LIBRARY": library}, capture_output=True, text=True)


def test_the_kernel_as_it_is_is_built_and_right(tmp_path):
    """Else no mutant would tell anything."""
    built = build(HEADER, tmp_path)
    assert built.returncode == 0, built.stderr
    ran = run_tests(tmp_path)
    assert ran.returncode == 0 and " passed" in ran.stdout, ran.stdout


@pytest.mark.parametrize(("name", "header"), list(mutants()), ids=lambda v: v if "\n" not in v else "")
def test_a_one_bit_change_of_a_kernel_constant_is_caught(name, header, tmp_path):
    assert header != HEADER, f"{name} is not in dlm_spec.h"
    if build(header, tmp_path).returncode:
        return  # caught by the compiler
    # a test fails, or the process dies: of a division by 0
    ran = run_tests(tmp_path)
    assert ran.returncode == 1 or ran.returncode < 0, f"{name}: not caught\n{ran.stdout}"
