# SPDX-License-Identifier: MIT
"""The documents: what the site of `make docs` shows has words, contents lists are whole, links lead somewhere, lines are short."""

import inspect
import re
import subprocess

import pytest

import deeplomath
from deeplomath.paths import BUILD
from implementations import ROOT
from pages import PAGES

HEADER = (ROOT / "firmware/kernel/dlm.h").read_text()
DOCUMENTS = [*PAGES.values(), *sorted((ROOT / "shared_spec").glob("*.md"))]
LONGEST = 120  # characters of a line; a row of a table, or a link alone, cannot be broken
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def slug(title):
    """What `#...` leads to a heading with this title."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def headings(text):
    """(level, title) of each heading."""
    return [(len(signs), title) for signs, title in re.findall(r"^(#+) (.*)$", FENCE.sub("", text), re.MULTILINE)]


def test_each_function_and_type_of_the_header_stands_below_a_comment():
    lines = HEADER.splitlines()
    found = [i for i, line in enumerate(lines) if re.match(r"(typedef|[a-z][\w ]* \*?dlm_\w+\()", line)]
    assert len(found) > 30
    assert [lines[i] for i in found if not lines[i - 1].startswith("//")] == []


def test_each_field_of_the_header_has_a_comment():
    fields = re.findall(r"^    \w+ \w+(?:\[\w+\])?;.*$", HEADER, re.MULTILINE)
    assert len(fields) > 30
    assert [field for field in fields if "//" not in field] == []


def test_the_example_of_the_header_compiles_and_runs(tmp_path):
    example = re.sub("^// ", "", "\n".join(re.findall(r"^//     .*$", HEADER, re.MULTILINE)), flags=re.MULTILINE)
    assert "dlm_infer(net, features, &answer);" in example
    program = tmp_path / "example.c"
    check = "return answer.label == 3 ? 0 : 1;\n    }"
    program.write_text(
        f"""#include "dlm.h"
static const int16_t features[18] = {{7, -8, 900}};
int main(void) {{
{example.rsplit("}", 1)[0]}{check}
    return 2;
}}
"""
    )
    folders = [ROOT / "firmware" / name for name in ("common", "kernel")]
    sources = [source for folder in folders for source in folder.glob("*.c")]
    command = [
        "gcc",
        "-std=c99",
        "-Wall",
        "-Wextra",
        "-Werror",
        *(f"-I{folder}" for folder in folders),
        program,
        *sources,
    ]
    subprocess.run([*command, "-o", tmp_path / "example"], check=True)
    assert subprocess.run([tmp_path / "example"]).returncode == 0


def test_each_name_that_users_import_has_a_docstring():
    names = [name for name in deeplomath.__all__ if name != "__version__"]
    assert [name for name in names if not vars(getattr(deeplomath, name)).get("__doc__", True)] == []


@pytest.mark.parametrize("name", ["Network", "Device"])
def test_each_method_that_users_call_has_a_docstring(name):
    methods = inspect.getmembers(getattr(deeplomath, name), inspect.isfunction)
    public = [(method, function) for method, function in methods if not method.startswith("_")]
    assert len(public) > 20
    assert [method for method, function in public if not function.__doc__] == []


@pytest.mark.unix
def test_a_board_has_each_call_of_the_mirror_but_those_that_are_said_to_be_the_hosts_alone():
    micropython = BUILD / "unix" / "micropython"
    if not micropython.is_file():
        pytest.skip(f"{micropython} is not built: make test-unix")
    code = "import deeplomath; print(*dir(deeplomath.Network))"
    names = subprocess.run([micropython, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    on_the_host = {name for name in dir(deeplomath.Network) if not name.startswith("_")}
    said = PAGES["board"].read_text().split("the host's alone:")[1].split("\n\n")[0]
    hosts, boards = (set(re.findall(r"`(\w+)(?:\(\))?`", part)) - {"None"} for part in said.split("the board's alone:"))
    assert on_the_host - set(names) == hosts
    assert {name for name in names if not name.startswith("_")} - on_the_host == boards


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_each_link_to_a_heading_or_a_file_leads_there(document):
    for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", FENCE.sub("", document.read_text())):
        file = document.parent / target if target else document
        assert file.exists(), target
        if anchor:
            assert anchor in [slug(title) for _, title in headings(file.read_text())], (target, anchor)


@pytest.mark.parametrize("name", ["DESIGN", "NUMERICS", "SIGNAL", "STORE", "MODEL", "BENCHMARKS", "CONTRIBUTING"])
def test_the_contents_list_has_each_section_in_its_order(name):
    text = (ROOT / "shared_spec" / f"{name}.md").read_text()
    listed = re.findall(r"^\s*- \[[^\]]*\]\(#([^)]*)\)", text, re.MULTILINE)
    assert listed and listed == [slug(title) for level, title in headings(text) if level == 2 and title != "Contents"]


@pytest.mark.parametrize(
    "name",
    [
        *(str(file.relative_to(ROOT)) for file in PAGES.values()),
        "firmware/kernel/dlm.h",
        *(
            f"shared_spec/{name}.md"
            for name in ("DESIGN", "NUMERICS", "SIGNAL", "STORE", "MODEL", "BENCHMARKS", "CONTRIBUTING", "CHANGES")
        ),
    ],
)
def test_lines_are_short(name):
    lines = enumerate((ROOT / name).read_text().splitlines(), 1)
    rows = ("|", "![")
    assert [(n, len(line)) for n, line in lines if len(line) > LONGEST and not line.startswith(rows)] == []


def test_the_version_is_told_of_in_the_changes():
    assert f"\n## {deeplomath.__version__}" in (ROOT / "shared_spec/CHANGES.md").read_text()
