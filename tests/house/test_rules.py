# SPDX-License-Identifier: MIT
"""The rules of the house that can be counted (CONTRIBUTING.md, Rules): sizes, imports downwards, stems in pairs."""

import ast
import re

import pytest

from implementations import ROOT

MOST_LINES, MOST_OF_A_FUNCTION = 400, 40
LONGER = {"boards/rpi_pico/core.mjs"}  # the core of an emulator: one list of instructions
LONGER_FUNCTIONS = {
    "py": set(),
    "c": set(),
    "h": {"factor_blocks", "lower_pairs", "scale_row"},
}  # assembly, a loop of it
GENERATED = {
    "host/deeplomath/spec.py",
    "host/deeplomath/vote.py",
    "host/deeplomath/stream.py",
    "firmware/device/dlm_spec.py",
    "firmware/common/dlm_spec.h",
}
PRODUCTION = "boards", "firmware", "host", "shared_spec"
# Each room of the host stands on those before it; files of one room stand side by side.
ROOMS = (
    *(
        {name}
        for name in (
            "spec",
            "errors",
            "results",
            "text",
            "integers",
            "fixed",
            "paths",
            "vote",
            "stream",
            "decimals",
            "files",
            "scale",
        )
    ),
    {"mirror", "signal"},
    {"model"},
    {"estimators"},
    *({name} for name in ("link", "audit", "deploy", "monitor", "desk", "__main__")),
)
PACKAGE = ROOT / "host" / "deeplomath"


def production(*endings):
    """The files of the project with these endings, without tests and what is generated."""
    files = (file for folder in PRODUCTION for file in sorted((ROOT / folder).rglob("*")))
    found = [file for file in files if file.suffix in endings and "node_modules" not in file.parts]
    return [file for file in found if str(file.relative_to(ROOT)) not in GENERATED]


def functions_of_python(text):
    """(name, lines) of each function."""
    nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return [(node.name, node.end_lineno - node.lineno + 1) for node in nodes]


def functions_of_c(text):
    """(name, lines) of each function, which clang-format lets begin at a line's start and end with a brace of its own."""
    begin = r"^(?![ /#}]|typedef|struct|enum|union)[^;{}\n=]*\b(\w+)\((?:[^;{}]|\n)*?\) \{\n"
    return [(match[1], match[0].count("\n") + 1) for match in re.finditer(begin + r"(?:.*\n)*?\}$", text, re.MULTILINE)]


def test_functions_are_found():
    assert functions_of_python("def f():\n    def g():\n        pass\n") == [("f", 3), ("g", 2)]
    text = "// f(x) {\nstatic int f(const int *x,\n             int n) {\n    if (n) {\n    }\n}\n\n"
    text += "NORETURN void g(void) {\n}\nint h(void);\nenum { A, B };\n\nDLM_NAKED int i(DLM_UNUSED int n) {\n}\n"
    assert functions_of_c(text) == [("f", 5), ("g", 2), ("i", 2)]


@pytest.mark.parametrize("ending", ["c", "h"])
def test_every_function_of_c_is_found(ending):
    for file in production(f".{ending}"):
        text = file.read_text()
        assert len(functions_of_c(text)) == text.splitlines().count("}"), file.name


@pytest.mark.parametrize("endings", [(".py",), (".c", ".h"), (".mjs",), (".sh", ".mk", ".toml")], ids="/".join)
def test_no_file_is_too_long(endings):
    lengths = {str(file.relative_to(ROOT)): file.read_text().count("\n") for file in production(*endings)}
    assert len(lengths) > 2
    assert {name: length for name, length in lengths.items() if length > MOST_LINES}.keys() == LONGER & lengths.keys()


@pytest.mark.parametrize("ending", ["py", "c", "h"])
def test_no_function_is_too_long(ending):
    functions = functions_of_python if ending == "py" else functions_of_c
    found = [(file.name, *it) for file in production(f".{ending}") for it in functions(file.read_text())]
    assert len(found) > 5
    assert {it[1] for it in found if it[2] > MOST_OF_A_FUNCTION} == LONGER_FUNCTIONS[ending]


def imported(file):
    """The modules of the package that a file imports, as paths from the package's folder: ("link", "client")."""
    here = (PACKAGE.name, *file.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found = [tuple(name.name.split(".")) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else ()
            base = (*base, *(node.module.split(".") if node.module else ()))
            found = [(*base, name.name) for name in node.names]
        else:
            continue
        yield from (path[1:3] for path in found if path[0] == PACKAGE.name and len(path) > 1)


def level(room):
    return next(i for i, rooms in enumerate(ROOMS) if room in rooms)


def files_of_the_host():
    return [file for file in sorted(PACKAGE.rglob("*.py")) if file != PACKAGE / "__init__.py"]


def test_every_room_of_the_host_has_its_level():
    rooms = {file.relative_to(PACKAGE).parts[0].removesuffix(".py") for file in files_of_the_host()}
    assert rooms == set().union(*ROOMS)


def test_imports_of_the_host_run_downwards():
    upwards, n = [], 0
    for file in files_of_the_host():
        room = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for target in imported(file):
            n += 1
            sideways = level(target[0]) == level(room) and target[0] != room
            if level(target[0]) > level(room) or sideways:
                upwards.append((str(file.relative_to(PACKAGE)), ".".join(target)))
    assert n > 100 and upwards == []


def writes(file):
    """The lines of a file that write a file: by write_bytes or write_text, or opened by a mode that writes."""
    for node in (it for it in ast.walk(ast.parse(file.read_text())) if isinstance(it, ast.Call)):
        name, attribute = getattr(node.func, "id", ""), getattr(node.func, "attr", "")
        modes = [it.value for it in [*node.args, *(one.value for one in node.keywords)] if isinstance(it, ast.Constant)]
        opened = name == "open" and any(re.fullmatch("[rbt+]*[wxa+][rbt+]*", str(it)) for it in modes)
        if opened or attribute in ("write_bytes", "write_text"):
            yield node.lineno


def test_files_are_written_whole_or_not_at_all():
    """A log grows; a key has its own rights; a drive takes what comes; a fault's file is new; a picture's place is tried."""
    others = {"files", "log", "keys", "flash", "statuses", "drawing"}
    assert {file.stem for file in files_of_the_host() if any(writes(file))} == others


def test_only_what_emulates_imports_the_emulator():
    importing = {
        file.stem for file in files_of_the_host() if any(it[:2] == ("link", "emulator") for it in imported(file))
    }
    assert importing == {"reaching"}


@pytest.mark.parametrize(("firmware", "host"), [("kernel", "mirror"), ("signal", "signal"), ("common", "")])
def test_each_stem_has_its_twin(firmware, host):
    in_c = {file.stem.removeprefix("dlm_") for file in (ROOT / "firmware" / firmware).glob("dlm_*.c")}
    twins = {file.stem for file in (PACKAGE / host).glob("*.py")}
    assert in_c and in_c <= twins
    if firmware != "common":
        assert twins - in_c - {"__init__", "network"} == set()


def test_no_two_tests_have_the_same_name():
    """pytest imports each by its name alone, and refuses the second."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py")]
    assert [name for name in set(names) if names.count(name) > 1] == []


def test_no_file_names_a_path_of_a_machine():
    text = {
        str(file.relative_to(ROOT)): file.read_text() for file in production(".py", ".c", ".h", ".toml", ".md", ".mk")
    }
    assert [name for name, content in text.items() if re.search(r"/(home|work|Users|opt|root)/\w", content)] == []
