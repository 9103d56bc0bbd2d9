# SPDX-License-Identifier: MIT
"""The programs of firmware/examples on MicroPython's unix port and on an emulated board: what they print, and their parts."""

import subprocess

import pytest
from mpremote.transport_serial import SerialTransport

from deeplomath.link import emulator
from implementations import ROOT

EXAMPLES = ROOT / "firmware" / "examples"
SECONDS = 120  # for a program, on an emulated board of a busy machine


class OnUnix:
    """Runs each program in a process of its own, in a folder that stays."""

    def __init__(self, folder):
        self.image, self.folder = emulator.UnixBoard().image, folder

    def run(self, code):
        command = [self.image, "-c", code]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=SECONDS)
        return done.stdout, done.stderr

    def put(self, name, data):
        (self.folder / name).write_bytes(data)


class OnBoard:
    """Runs each program after a soft reset of an emulated board, whose disk stays."""

    def __init__(self, board):
        self.board = board

    def run(self, code):
        line = SerialTransport(self.board.port)
        try:
            line.enter_raw_repl()  # which resets it
            line.exec_raw_no_follow(code)
            said = line.follow(timeout=SECONDS)
            line.exit_raw_repl()
        finally:
            line.close()
        return tuple(part.decode().replace("\r\n", "\n") for part in said)

    def put(self, name, data):
        self.run(f"with open({name!r}, 'wb') as file: file.write({data!r})")


@pytest.fixture(scope="module")
def f405():
    board = emulator.Emulator("stm32f405_qemu")
    for file in board.needs:
        if not file.is_file():
            pytest.skip(f"{file} is not built: make test-f405")
    with board:
        yield board


@pytest.fixture(params=[pytest.param(tier, marks=getattr(pytest.mark, tier)) for tier in ("unix", "f405")])
def place(request, tmp_path):
    if request.param == "f405":
        return OnBoard(request.getfixturevalue("f405"))
    unix = OnUnix(tmp_path)
    if not unix.image.is_file():
        pytest.skip(f"{unix.image} is not built: make test-unix")
    return unix


def source(name):
    return (EXAMPLES / f"{name}.py").read_text()


def printed(place, code):
    output, errors = place.run(code)
    assert errors == ""
    return output.splitlines()


def test_each_example_has_a_test():
    here = {"positions", "anomaly", "save_load"}
    assert {file.stem for file in EXAMPLES.glob("*.py")} == here | {"gestures"}  # which test_live_on_boards.py runs


def test_positions_are_learned_by_a_button_and_known_again(place):
    assert printed(place, source("positions")) == [
        *(f"learned position {position}" for _ in range(2) for position in range(3)),
        "position 0 known 98 %",
        *(f"position {position} known 100 %" for position in (1, 2)),
        "position 0 unknown 72 %",
    ]


def test_positions_take_their_accelerometer_and_button_as_hardware_gives_them(place):
    place.put("positions.py", source("positions").encode())
    code = """
import positions

class I2C:
    woken = False
    def writeto_mem(self, address, register, data):
        self.woken = (address, register, data) == (0x68, 0x6B, b"\\0")
    def readfrom_mem(self, address, register, n):
        assert self.woken and (address, register, n) == (0x68, 0x3B, 6)
        return bytes((0x40, 0x00, 0xFF, 0xFE, 0x80, 0x01))

class Pin:
    levels = [1, 0, 0, 1, 0, 1]
    def value(self):
        return self.levels.pop(0)

print(positions.Mpu6050(I2C())())
button = positions.Button(Pin())
print([button() for _ in range(6)])
"""
    assert printed(place, code) == ["[16384, -2, -32767]", "[False, True, False, False, True, False]"]


def test_the_broken_motor_gives_the_alarm_and_the_good_one_none(place):
    *alarms, last = printed(place, source("anomaly"))
    words = [line.split() for line in alarms]
    assert [(*line[:2], int(line[2])) for line in words] == [("alarm:", "window", n) for n in range(60, 80)]
    assert all(int(line[5]) > 100 for line in words)
    assert last == "20 alarms in 40 windows"


def test_a_motor_that_does_not_break_gives_no_alarm(place):
    place.put("anomaly.py", source("anomaly").encode())
    assert printed(place, "import anomaly; anomaly.run(anomaly.motor(broken_from=99))") == ["0 alarms in 40 windows"]


def test_what_was_saved_is_there_after_a_restart(place):
    first, second = printed(place, source("save_load")), printed(place, source("save_load"))
    assert first[0].startswith("saved ") and second[0] == first[0].replace("saved", "loaded")
    assert first[1] == second[1] == "answer 1"


KEPT = """
import os, save_load, deeplomath
from array import array
for name in ("kept", "kept.new"):
    try:
        os.remove(name)
    except OSError:
        pass
net = deeplomath.Network(**save_load.SIZES)
net.learn(array("h", [1, 2]), 0)
save_load.save(net, "kept")
other = deeplomath.Network(**save_load.SIZES)
"""


@pytest.fixture
def with_save_load(place):
    place.put("save_load.py", source("save_load").encode())
    return place


def test_a_saved_network_is_found_where_the_power_went_before_the_last_step(with_save_load):
    code = """
os.rename("kept", "kept.new")
print(save_load.load(other, "kept"), other.digest() == net.digest(), save_load.load(other, "none"))
"""
    assert printed(with_save_load, KEPT + code) == ["True True False"]


def test_an_older_save_gives_way_to_a_newer_one(with_save_load):
    code = """
net.learn(array("h", [900, 2]), 1)
save_load.save(net, "kept")
print(save_load.load(other, "kept"), other.digest() == net.digest(), "kept.new" in os.listdir())
"""
    assert printed(with_save_load, KEPT + code) == ["True True False"]


def test_a_damaged_file_is_refused_and_changes_nothing(with_save_load):
    code = """
other.learn(array("h", [7, 7]), 1)
before = other.digest()
with open("kept", "rb") as file:
    data = bytearray(file.read())
data[30] ^= 1
with open("kept", "wb") as file:
    file.write(data)
try:
    save_load.load(other, "kept")
except ValueError as error:
    print("refused", error.args[1], other.digest() == before)
"""
    line = printed(with_save_load, KEPT + code)
    assert len(line) == 1 and line[0].startswith("refused -") and line[0].endswith(" True")
