# SPDX-License-Identifier: MIT
"""A newcomer's clock: the page that one starts with, walked command by command with the wheel and an emulated stock Pico."""

import os
import shlex
import subprocess
import sys
import time

import pytest
from test_wheel import pins, wheel  # noqa: F401  (a fixture)

from deeplomath.link import emulator
from pages import blocks, commands

ENDED = "ended with"  # what a shell says behind each command, and its status
# On the USB of the machine that walks there is a Pico then: all that is pretended.
PLUGGED_IN = """
try:
    from serial.tools import list_ports, list_ports_common
except ImportError:
    pass
else:
    pico = list_ports_common.ListPortInfo({port!r}, skip_link_detection=True)
    pico.vid, pico.pid = 0x2E8A, 0x0005
    list_ports.comports = lambda *_, **__: [pico]
"""


class Terminal:
    """A shell in a folder, with nothing on PATH but Python."""

    def __init__(self, folder, usb):
        (folder / "bin").mkdir()
        (folder / "bin" / "python3").symlink_to(os.path.realpath(sys.executable))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment |= {"PATH": str(folder / "bin"), "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONPATH": str(usb)}
        environment |= {"PIP_CONSTRAINT": str(pins(usb / "pins.txt"))}
        pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.shell = subprocess.Popen(["/bin/bash"], cwd=folder, env=environment, **pipes)

    def run(self, line):
        """What a command says, a list of lines; it ends well."""
        print(
            f"{line} </dev/null; status=$?; echo; echo {shlex.quote(ENDED)} $status", file=self.shell.stdin, flush=True
        )
        said = []
        while not (said and said[-1].startswith(ENDED)):
            got = self.shell.stdout.readline()
            assert got, said
            said.append(got.rstrip("\n"))
        assert said.pop() == f"{ENDED} 0", f"{line}: {said}"
        return said[:-1]  # without the empty line ahead of the status

    def close(self):
        self.shell.stdin.close()
        self.shell.wait()


@pytest.fixture
def folder(tmp_path, wheel):  # noqa: F811
    """A folder of a person who has just got the wheel, and saved the program of the page."""
    folder = tmp_path / "a newcomer's földer"
    folder.mkdir()
    (folder / wheel.name).symlink_to(wheel)
    (program,) = blocks("start", "python")
    (folder / "first.py").write_text(program.text, encoding="utf-8")
    return folder


@pytest.mark.rp2040_mpy
@pytest.mark.device
def test_the_five_minutes_of_the_page_go_as_it_says(folder, tmp_path):
    stock = emulator.Emulator("rpi_pico", stock=True, files=False)
    if missing := [str(file) for file in stock.needs if not file.is_file()]:
        pytest.skip(f"{', '.join(missing)}: not built, make test-rp2040_mpy does it")
    usb = tmp_path / "usb"
    usb.mkdir()
    steps = commands("start")
    assert len(steps) >= 7
    with stock as board:
        (usb / "sitecustomize.py").write_text(PLUGGED_IN.format(port=board.port))
        terminal = Terminal(folder, usb)
        began = time.monotonic()
        try:
            for step in steps:
                before = time.monotonic()
                said = terminal.run(step.line)
                print(f"{time.monotonic() - before:6.1f} s  {step.line}")
                assert not step.printed or said == step.printed, step.line
        finally:
            terminal.close()
        print(f"{time.monotonic() - began:6.1f} s  {len(steps)} commands")
