# SPDX-License-Identifier: MIT
"""The public face has types: a program that uses each call passes mypy --strict, and what is wrong in one is found."""

import inspect
import re
import subprocess
import sys

import pytest

import deeplomath
from deeplomath.paths import ROOT

PROGRAM = """
from array import array

import numpy as np

import deeplomath
from deeplomath import DataError, Device, DeviceError, FrontEnd, KernelError, Model, Network, Scale, Verdict, to_int16


def same(net: Network | Device, x: np.ndarray[tuple[int], np.dtype[np.int16]]) -> int:
    net.configure(features=3, classes=2, events=16, layers=1, background=True)
    learned = net.learn(x, 1, build=False)
    while net.build_step(1000):
        pass
    net.undo()
    net.forget(learned.event)
    net.relabel(learned.event, 0)
    net.correct(1)
    net.drop()
    net.name(net.unknowns(), 1)
    net.rename_class(0, to=1)
    net.drop_class(1)
    net.freeze()
    net.freeze(False)
    net.load(net.export())
    answer = net.infer([1, 2, 3])
    known = answer.verdict is Verdict.KNOWN and answer.probability > 0.5
    return net.digest() + net.footprint() + net.info().neurons + sum(answer.nearest) + known


def host(net: Network) -> Network:
    net.clear()
    net.learn_many(np.zeros((2, 3), np.int16), [0, 1])
    part = bytearray(net.state_size())
    net.load_part(0, part[: net.export_part(0, part)])
    net.load_staged(len(part))
    depths = [net.depth, *(it.label for it in net.infer_many(net.unknown(0)[None]))]
    return Network.from_state(net.resized(events=64).export()) if depths else net


def board(model: Model) -> str:
    with Device("socket://a:1", timeout=1, baud=9600, start=False, key=bytes(32), reconnect=True) as device:
        device.model(model, over=3, by="mean")
        device.model(model.program)
        device.teach("walk", 3)
        device.skip(4)
        device.call(lambda it: f"{it}")
        names = [event.name for event in device.stream(np.zeros((4, 6), np.int16))]
        names += [event.voted_name for event in device.listen(since=0)]
        lost = device.heard.lost if device.heard else 0
        device.live(False).running
        number: int = device.save() + device.restore() + device.health().dropped + lost
        device.names = ["motion", *(it for it in names if it)]
        device.pair(renew=True)
        device.unpair()
        device.exit()
        return f"{device.hello.board} {number} {device.names[0]} {device.front().features} {device.last_digest or 0:08x}"


def samples(model: Model) -> int:
    model.teach("walk", 5)
    for event in model.push([[1, 2]]):
        print(event.at, model.name(event.answer) if event.answer else model.label("walk"))
    front = model.front_end()
    for at, x in FrontEnd(front.program).push(np.zeros((3, 1), np.int16)):
        same(model.network(**model.config()), x)
    front.skip(3)
    front.reset()
    return front.features + model.net.info().clock + model.front.work


try:
    x, scale = to_int16([[0.5], [1.5]])
    scale.save("a.json")
    print(Scale.fit(x).apply([[1.0]]).dtype, Scale.spanning(x).invert([[3]]) < scale.bounds()[1])
    again, _ = to_int16([0.5], Scale.load("a.json"))
    print(x.shape, again.tolist(), deeplomath.__version__, deeplomath.cost(features=1, classes=2, events=3).bytes)
    Network(features=3, classes=2, events=16).learn(array("h", [1, 2, 3]), 1)
except (KernelError, DeviceError) as error:
    print(error.code + 1)
except DataError as error:
    print(error)
"""
WRONG = (
    "Network(features=3, classes=2)",
    'Network(features="3", classes=2, events=16)',
    "Device(7)",
    "host(Model('motion'))",
    "Model('motion').net.lern([1], 2)",
    "deeplomath.Netwrk",
    "to_int16([[1.5]]).shape",
    "Device('a').learn([1, 2]).event",
    "Device('a').infer([1]).verdict.nome",
    "Scale.load(3)",
    "Network(features=3, classes=2, events=16).resized(features=4)",
)


def checked(folder, program):
    (folder / "program.py").write_text(program)
    run = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", folder / "cache", "program.py"]
    return subprocess.run(run, cwd=folder, env={"MYPYPATH": str(ROOT / "host")}, capture_output=True, text=True)


def test_a_program_that_uses_each_call_is_right_and_wrong_lines_are_found(tmp_path):
    done = checked(tmp_path, PROGRAM + "".join(f"{line}\n" for line in WRONG))
    found = {int(line) for line in re.findall(r"^program.py:(\d+): error", done.stdout, re.MULTILINE)}
    first = PROGRAM.count("\n") + 1
    assert found == set(range(first, first + len(WRONG))), done.stdout + done.stderr


def public(kind):
    """The functions behind the public methods and properties of a class, its __init__ too."""
    for name, it in inspect.getmembers(kind):
        it = it.fget if isinstance(it, property) else it
        if inspect.isroutine(it) and hasattr(it, "__code__") and (name == "__init__" or not name.startswith("_")):
            if it.__module__.startswith("deeplomath"):
                yield it


CLASSES = [getattr(deeplomath, name) for name in deeplomath.__all__ if inspect.isclass(getattr(deeplomath, name))]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda it: it.__name__)
def test_each_public_method_says_the_types_of_all_it_takes_and_gives(kind):
    for it in public(kind):
        said = set(inspect.get_annotations(it))
        wanted = {name for name in inspect.signature(it).parameters if name not in ("self", "cls")} | {"return"}
        assert said == wanted, (kind, it.__qualname__, wanted - said)


def test_the_program_uses_each_public_call():
    for name in ("Network", "Device", "Model", "FrontEnd", "Scale"):
        calls = {it.__name__ for it in public(getattr(deeplomath, name))} - {"__init__", "close", "naming"}
        assert len(calls) > 1 and {it for it in calls if not re.search(rf"\.{it}\b", PROGRAM)} == set(), name
    functions = {name for name in deeplomath.__all__ if inspect.isfunction(getattr(deeplomath, name))}
    assert functions == {"cost", "to_int16"}


def test_a_type_checker_is_told_of_each_name_that_users_import():
    text = (ROOT / "host" / "deeplomath" / "__init__.py").read_text()
    assert {*re.findall(r"import (\w+) as \1$", text, re.MULTILINE), "__version__"} == set(deeplomath.__all__)
