# SPDX-License-Identifier: MIT
"""Calls and imports run downwards only: no file of the kernel, nor of its mirror, uses one above it (CONTRIBUTING.md)."""

import ast
import subprocess

import pytest

from implementations import ROOT

# From the bottom up. Files of one step use none of each other.
ORDER = (
    ("fixed", "dot"),
    ("layout",),
    ("events",),
    ("metric", "solve", "contour"),
    ("whiten", "phases"),
    ("rebuild", "answer"),
    ("selection",),
    ("memory",),
    ("state",),
    ("network",),  # of the mirror alone: the face
)
STEP = {stem: step for step, stems in enumerate(ORDER) for stem in stems}
# What is no part of the order.
OUTSIDE = ("spec", "errors", "results", "integers")


def compiled(sources, folder):
    """{stem: names} that each C file defines, and {stem: names} that it uses and another must define, by nm."""
    defined, used = {}, {}
    for source in sources:
        stem, thing = source.stem.removeprefix("dlm_"), folder / f"{source.stem}.o"
        includes = [f"-I{ROOT / 'firmware' / name}" for name in ("common", "kernel")]
        subprocess.run(["gcc", "-std=c99", "-O0", *includes, "-c", source, "-o", thing], check=True)
        said = subprocess.run(["nm", thing], capture_output=True, text=True, check=True).stdout
        symbols = [line.split()[-2:] for line in said.splitlines()]
        defined[stem] = {name for kind, name in symbols if kind in "TRDB"}
        used[stem] = {name for kind, name in symbols if kind == "U"}
    return defined, used


def calls(sources, folder):
    """{(from, to): names}: which files use what of which others."""
    defined, used = compiled(sources, folder)
    home = {name: stem for stem, names in defined.items() for name in names}
    found = {}
    for stem, names in used.items():
        for name in names & home.keys():
            found.setdefault((stem, home[name]), set()).add(name)
    return found


def imports(sources):
    """{(from, to): lines}: which modules of the mirror import which others of it, and fixed."""
    found = {}
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text())):
            if not isinstance(node, ast.ImportFrom) or not node.level:
                continue
            for name in [node.module] if node.module else [alias.name for alias in node.names]:
                found.setdefault((source.stem, name), set()).add(node.lineno)
    return found


def upwards(arrows):
    """Those of the arrows that lead to a file on the same step or above."""
    ours = {pair: names for pair, names in arrows.items() if not {*pair} & {*OUTSIDE}}
    return {pair: names for pair, names in ours.items() if STEP[pair[0]] <= STEP[pair[1]]}


def kernel_files():
    found = [path for folder in ("common", "kernel") for path in ROOT.glob(f"firmware/{folder}/*.c")]
    assert len(found) > 10
    return found


def test_no_file_of_the_kernel_calls_one_above_it(tmp_path):
    arrows = calls(kernel_files(), tmp_path)
    assert ("state", "memory") in arrows and ("solve", "dot") in arrows, "nm told nothing"
    assert not upwards(arrows)


def test_no_module_of_the_mirror_imports_one_above_it():
    arrows = imports(path for path in ROOT.glob("host/deeplomath/mirror/*.py") if path.stem != "__init__")
    assert ("state", "rebuild") in arrows and ("network", "memory") in arrows, "ast told nothing"
    assert not upwards(arrows)


@pytest.mark.parametrize(("below", "name"), [("dlm_layout", "dlm_events"), ("dlm_contour", "dlm_solve")])
def test_a_call_upwards_or_to_the_side_is_found(below, name, tmp_path):
    sources = []
    for source in kernel_files():
        text = source.read_text()
        if source.stem == below:
            callee = {"dlm_events": "dlm_find_event(net, 0)", "dlm_solve": "dlm_own_target(net, 0, 0)"}[name]
            text += f"\nint arrow(const dlm_t *net);\nint arrow(const dlm_t *net) {{ return (int){callee}; }}\n"
        (tmp_path / source.name).write_text(text)
        sources.append(tmp_path / source.name)
    assert [*upwards(calls(sources, tmp_path))] == [(below.removeprefix("dlm_"), name.removeprefix("dlm_"))]


def test_an_import_upwards_is_found(tmp_path):
    module = tmp_path / "layout.py"
    module.write_text("from ..fixed import isqrt\nfrom . import memory\nfrom .events import Kept\n")
    assert upwards(imports([module])) == {("layout", "memory"): {2}, ("layout", "events"): {3}}
