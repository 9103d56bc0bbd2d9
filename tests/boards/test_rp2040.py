# SPDX-License-Identifier: MIT
"""The Raspberry Pi Pico's firmware file, and its emulator: boards/rpi_pico."""

import struct
import subprocess
import time

import pytest
from mpremote.transport_serial import SerialTransport

from deeplomath.link import emulator

pytestmark = pytest.mark.rp2040
FAMILY_RP2040 = 0xE48BFF56
FLASH = 0x10000000
SCRIPT = b"""
import deeplomath, os
from array import array
net = deeplomath.Network(features=18, classes=7, events=16)
for i in range(20):
    net.learn(array("h", [(i * 7919 + k * 104729) % 2003 for k in range(18)]), i % 7)
with open("state", "wb") as file:
    file.write(net.export())
print(net.digest(), 10**30 // 7, 2 / 3)
"""


@pytest.fixture(scope="module")
def pico():
    board = emulator.Emulator("rpi_pico")
    missing = [str(file) for file in board.needs if not file.is_file()]
    if missing:
        pytest.skip(f"{', '.join(missing)}: not built, make test-rp2040 does it")
    return board


def test_the_uf2_file_is_for_the_rp2040_and_holds_the_whole_firmware(pico):
    blocks = list(struct.iter_unpack("<8I256s220sI", pico.image.read_bytes()))
    firmware = pico.image.with_suffix(".bin").read_bytes()
    assert {(*block[:3], block[4], block[6], block[7], block[10]) for block in blocks} == {
        (0x0A324655, 0x9E5D5157, 0x2000, 256, len(blocks), FAMILY_RP2040, 0x0AB16F30)
    }
    assert [(block[3], block[5]) for block in blocks] == [(FLASH + 256 * i, i) for i in range(len(blocks))]
    assert b"".join(block[8] for block in blocks).rstrip(b"\0") == firmware.rstrip(b"\0")


def test_the_fast_core_does_what_rp2040js_does_in_the_same_cycles(pico, tmp_path):
    script = tmp_path / "script.py"
    script.write_bytes(SCRIPT)
    program = emulator.ROOT / "boards/rpi_pico/check_core.mjs"
    command = [emulator.node(), program, pico.image, emulator.BOOTROM, str(200_000_000), script]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert " 142857142857142857142857142857 0.6666667" in done.stdout


def test_a_file_survives_the_reset_of_the_board(pico):
    with pico:
        run(pico, "with open('kept', 'w') as file: file.write('x' * 5000)")
        run(pico, "import machine; machine.reset()", follow=False)
        assert run(pico, "print(machine.reset_cause() == machine.WDT_RESET, len(open('kept').read()))") == "True 5000"


ON_A_UART = """
import dlm_main, dlm_spec, machine
from dlm_frame import Encoder

CONTROL, LOOPBACK = 0x40038030, 1 << 7

def ask(timer):
    machine.mem32[CONTROL] |= LOOPBACK
    for opcode in (1, 10):  # HELLO, EXIT
        machine.UART(1).write(Encoder(64).seal(dlm_spec.VERSION_PROTOCOL, opcode, 7, 0))

timer = machine.Timer(period=200, mode=machine.Timer.ONE_SHOT, callback=ask)
dlm_main.serve_uart(1)
print("served")
"""


def test_a_uart_is_served_and_its_interrupts_leave_the_board_time(pico):
    """The UART hears itself: it takes the requests of a timer, and drops the replies to them."""
    with pico:
        assert run(pico, ON_A_UART) == "served"


def run(board, code, follow=True):
    """What a board prints that runs code in its raw REPL, once it answers; nothing if not followed."""
    line = SerialTransport(board.port, timeout=20)
    try:
        while not line.serial.in_waiting:
            line.serial.write(b"\x02")  # Ctrl-B: greet, raw REPL or not
            time.sleep(0.05)
        line.enter_raw_repl(soft_reset=False)
        line.exec_raw_no_follow(code)
        output, errors = line.follow(timeout=20) if follow else (b"", b"")
        assert errors == b""
        return output.decode().strip()
    finally:
        line.serial.close()
