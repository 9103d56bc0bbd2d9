# SPDX-License-Identifier: MIT
"""The stubs for editors (firmware/stubs) say what the binding has: names, arguments, defaults, fields of results."""

import ast
import re
import subprocess
import sys

import pytest

from deeplomath import spec
from deeplomath.paths import MODULES
from implementations import ROOT

BINDING, STUBS = ROOT / "firmware" / "binding", ROOT / "firmware" / "stubs"
SOURCE = "\n".join(file.read_text() for file in sorted(BINDING.glob("*.c")))
RESULTS = {"Learned": "learned", "Answer": "answer", "Info": "info", "Cost": "cost"}


def body(function):
    """The lines of a C function."""
    return re.search(rf"\b{function}\([^;{{]*\) \{{\n(.*?)^\}}", SOURCE, re.DOTALL | re.MULTILINE)[1]


def arguments(name, obj):
    """The names of the arguments that a method or function of the binding takes, self apart; "*" where by name alone."""
    kind, rest = re.search(rf"MP_DEFINE_CONST_FUN_OBJ_(\w+)\({obj}, (.*?)\);", SOURCE).groups()
    function = rest.split(", ")[-1]
    if kind == "KW":
        found = re.findall(r"\{MP_QSTR_(\w+),", body(function))
        return found if found else ["*", *sizes(every=name != "cost")]
    if kind == "VAR_BETWEEN":
        low, high, function = rest.split(", ")
        assert low == high and f"// {name}(" in SOURCE
        named = re.search(rf"^// {name}\((.*?)\)", SOURCE, re.MULTILINE)[1].split(", ")
        assert len(named) == int(low) - 1
        return named
    taken = re.search(rf"\b{function}\((.*?)\) \{{", SOURCE)[1].split(", ")
    assert len(taken) == int(kind)
    return [it.removeprefix("mp_obj_t ").removesuffix("_in") for it in taken[1:]]


def sizes(every):
    """What Network and cost take: in the order of the enum."""
    found = re.findall(r"allowed\[\w+\]\.qst = MP_QSTR_(\w+);", body("name_arguments"))
    assert len(found) == 7
    return found if every else found[:-1]


def fields(result):
    """The attributes of a result of the binding."""
    lines = body(f"list_{result}")
    own = re.findall(r"list_(?:number|field)\(fields, MP_QSTR_(\w+),", lines)
    return (fields("config") if "list_config(" in lines else []) + own


def stub(module):
    """{name: node} of what a stub declares."""
    tree = ast.parse((STUBS / f"{module}.pyi").read_text())
    assert ast.get_docstring(tree)
    return {getattr(node, "name", None) or node.target.id: node for node in tree.body if not skipped(node)}


def skipped(node):
    return isinstance(node, ast.ImportFrom | ast.Expr)


def parts(node):
    """(methods {name: node}, attributes [name]) of a class in a stub."""
    methods = {it.name: it for it in node.body if isinstance(it, ast.FunctionDef)}
    return methods, [it.target.id for it in node.body if isinstance(it, ast.AnnAssign)]


def taken(node, self=True):
    """The arguments that a stub says, as `arguments` gives them."""
    names = [it.arg for it in (*node.args.posonlyargs, *node.args.args)][self:]
    return [*names, *(["*", *(it.arg for it in node.args.kwonlyargs)] if node.args.kwonlyargs else [])]


def table(module):
    """{name: its object} of the methods of a module's type."""
    return dict(re.findall(r"M\(MP_QSTR_(\w+), (\w+)\)", (BINDING / f"mod{module}.c").read_text()))


def globals_of(module):
    return set(re.findall(r"\{MP_ROM_QSTR\(MP_QSTR_(\w+)\), MP_ROM_PTR", (BINDING / f"mod{module}.c").read_text()))


@pytest.mark.parametrize("module", MODULES)
def test_a_stub_has_the_names_of_its_module(module):
    assert set(stub(module)) - set(RESULTS) == globals_of(module)
    for node in stub(module).values():
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            assert ast.get_docstring(node), node.name


@pytest.mark.parametrize(("module", "kind"), [("deeplomath", "Network"), ("deeplomath_signal", "FrontEnd")])
def test_a_stub_has_the_methods_and_their_arguments(module, kind):
    methods, _ = parts(stub(module)[kind])
    assert [name for name in methods if name != "__init__"] == list(table(module))
    for name, obj in table(module).items():
        assert taken(methods[name]) == arguments(name, obj), name
        alone = not re.search(rf"FUN_OBJ_KW\({obj},", SOURCE)  # then no argument has a name to be given by
        assert bool(methods[name].args.posonlyargs) == (alone and bool(taken(methods[name]))), name


def test_what_is_made_takes_what_the_binding_takes():
    network, _ = parts(stub("deeplomath")["Network"])
    assert taken(network["__init__"]) == ["*", *sizes(every=True)]
    assert taken(stub("deeplomath")["cost"], self=False) == arguments("cost", "cost_obj") == ["*", *sizes(every=False)]
    front, attributes = parts(stub("deeplomath_signal")["FrontEnd"])
    assert taken(front["__init__"]) == re.search(r"// FrontEnd\((.*?)\)", SOURCE)[1].split(", ")
    assert attributes == re.findall(r"name == MP_QSTR_(\w+)\)", body("front_attr"))


@pytest.mark.parametrize("name", RESULTS)
def test_results_have_their_fields_in_their_order(name):
    assert parts(stub("deeplomath")[name])[1] == fields(RESULTS[name])


def test_defaults_are_those_of_the_kernel():
    network, _ = parts(stub("deeplomath")["Network"])
    for node in (network["__init__"], network["configure"], stub("deeplomath")["cost"]):
        given = {
            it.arg: ast.literal_eval(default)
            for it, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            if default
        }
        wanted = dict(layers=spec.DEFAULT_LAYERS, regression=False, background=False)
        assert given in (wanted, wanted | dict(false_reject_permille=spec.DEFAULT_FALSE_REJECT_PERMILLE))


PROGRAM = """
from array import array

import deeplomath
import deeplomath_signal

net = deeplomath.Network(features=3, classes=2, events=16)
net.learn(array("h", [120, -40, 900]), 0, build=False).neurons + 1
answer = net.infer(array("h", [118, -38, 905]))
print(answer.label + answer.outputs[0], net.info().neurons, deeplomath.cost(features=1, classes=2, events=3).bytes)
for at, x in deeplomath_signal.FrontEnd(b"").push(array("h", [1, 2])):
    net.learn(x, at)
"""
WRONG = ("net.learn(x)", "net.lern(x, 0)", 'net.infer("x")', "answer.label = 3", "net.freeze().x")


def checked(folder, program):
    (folder / "main.py").write_text(program)
    run = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--cache-dir", folder / "cache", "main.py"]
    environment = {"MYPYPATH": str(STUBS), "PATH": ""}
    return subprocess.run(run, cwd=folder, env=environment, capture_output=True, text=True)


def test_a_program_for_a_board_is_checked_by_them(tmp_path):
    done = checked(tmp_path, PROGRAM)
    assert done.returncode == 0, done.stdout + done.stderr
    done = checked(tmp_path, PROGRAM + "".join(f"{line}\n" for line in WRONG))
    lines = {int(line) for line in re.findall(r"main.py:(\d+): error", done.stdout)}
    first = PROGRAM.count("\n") + 1
    assert lines == set(range(first, first + len(WRONG))), done.stdout
