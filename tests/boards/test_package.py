# SPDX-License-Identifier: MIT
"""Packages of `make mip` and `make release`: mpremote installs them, from a folder or over HTTP, and the board imports them."""

import functools
import hashlib
import http.server
import json
import re
import shlex
import subprocess
import sys
import threading

import pytest
from typer.testing import CliRunner

from deeplomath import spec
from deeplomath.deploy import facts
from deeplomath.desk import cli
from deeplomath.link import emulator
from deeplomath.paths import MODULES, native_modules
from implementations import ROOT

sys.path.insert(0, str(ROOT / "boards"))

import package  # noqa: E402


@pytest.fixture
def build(tmp_path):
    """A folder with files where `make natmod device` would put theirs."""
    for architecture in ("armv6m", "armv7m"):
        (tmp_path / "natmod" / architecture).mkdir(parents=True)
        for file in native_modules(architecture, tmp_path):
            file.write_bytes(f"{file.stem} {architecture}".encode())
    (tmp_path / "device").mkdir()
    for name in facts.DEVICE:
        (tmp_path / "device" / f"{name}.mpy").write_bytes(name.encode())
    return tmp_path


def test_each_architecture_has_a_package_of_the_same_files(build, tmp_path):
    assert package.write_mip(build, tmp_path / "mip") == ["armv6m", "armv7m"]
    for architecture in ("armv6m", "armv7m"):
        folder = tmp_path / "mip" / architecture
        listed = json.loads((folder / "package.json").read_text())
        assert listed["version"] == spec.VERSION_LIBRARY
        names = [f"{name}.mpy" for name in (*MODULES, *facts.DEVICE)]
        assert listed["urls"] == [[name, name] for name in names]
        assert sorted(path.name for path in folder.iterdir()) == sorted([*names, "package.json"])
        assert [(folder / f"{name}.mpy").read_bytes() for name in MODULES] == [
            f"{name} {architecture}".encode() for name in MODULES
        ]


def test_an_architecture_that_lacks_a_module_has_no_package(build, tmp_path):
    native_modules("armv6m", build)[1].unlink()
    assert package.write_mip(build, tmp_path / "mip") == ["armv7m"]


def test_the_modules_are_those_of_the_binding():
    assert {f"mod{name}" for name in MODULES} == {path.stem for path in ROOT.glob("firmware/binding/mod*.c")}


def test_a_release_lists_the_sum_of_each_file_and_the_images_that_are_built(build, tmp_path):
    (build / "stm32f405_qemu").mkdir()
    (build / "stm32f405_qemu" / "firmware.hex").write_bytes(b"image")
    assert package.write_release(build, tmp_path / "release") == ["stm32f405_qemu.hex"]
    lines = (tmp_path / "release" / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == 1 + 2 * (1 + len(MODULES) + len(facts.DEVICE))
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "release" / name).read_bytes()).hexdigest() == digest


@pytest.fixture(scope="module", params=[pytest.param("mps2_an385_qemu", marks=pytest.mark.m3_mpy)])
def stock(request, tmp_path_factory):
    """An emulated board with stock MicroPython and an empty disk; the folder of the package for it."""
    board = emulator.Emulator(request.param, stock=True)
    missing = [str(file) for file in board.needs if not file.is_file()]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not built, make test does it")
    board.files = []
    folder = tmp_path_factory.mktemp("a release") / "mip"
    package.write_mip(emulator.BUILD, folder)
    with board:
        yield board.port, folder / board.toml["native_arch"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def served(stock):
    """The URL of a release on a server of this machine."""
    handler = functools.partial(Quiet, directory=stock[1].parents[1])
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def asked(port, source):
    """The words of the command that `deeplomath mip` prints for the board at a port."""
    result = CliRunner().invoke(cli.app, ["mip", port, "--from", str(source)])
    assert result.exit_code == 0, result.output
    *_, connect, where, mip, install, what = shlex.split(result.stdout)
    assert (connect, where) == ("connect", port)
    return mip, install, what


def mpremote(port, *command):
    done = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", port, *command], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


LEARN = """
import deeplomath, deeplomath_signal, dlm_main
from array import array
net = deeplomath.Network(features=3, classes=2, events=16)
net.learn(array('h', [120, -40, 900]), 1)
print(deeplomath.__file__, deeplomath_signal.__file__, dlm_main.__file__, net.infer(array('h', [118, -38, 905])).label)
"""


EMPTY = """
import os
for name in os.listdir('/lib'):
    os.remove('/lib/' + name)
"""


def test_mpremote_installs_from_a_folder_what_the_board_then_imports(stock):
    port, folder = stock
    command = asked(port, folder.parents[1])
    assert command[-1] == (folder / "package.json").as_posix()
    assert "Installing: /lib/deeplomath.mpy" in mpremote(port, *command)
    assert mpremote(port, "exec", LEARN).split() == [*(f"/lib/{name}.mpy" for name in (*MODULES, "dlm_main")), "1"]


def test_mpremote_installs_over_http_what_the_board_then_imports(stock, served):
    port, other = stock[0], "/other"
    mpremote(port, "exec", EMPTY)  # the disk has no room for both
    mip, install, url = asked(port, served)
    assert url.startswith(served) and "Done" in mpremote(port, mip, install, f"--target={other}", url)
    learned = mpremote(port, "exec", f"import sys\nsys.path.insert(0, '{other}')\n{LEARN}")
    assert learned.split() == [*(f"{other}/{name}.mpy" for name in (*MODULES, "dlm_main")), "1"]


def test_make_mip_says_how_to_install(capsys, monkeypatch, build):
    monkeypatch.setattr(package, "BUILD", build)
    monkeypatch.setattr(sys, "argv", ["package.py", "mip"])
    package.main()
    assert re.findall(r"mip install build/mip/(\w+)/package.json", capsys.readouterr().out) == ["armv6m", "armv7m"]
