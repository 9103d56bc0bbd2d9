# SPDX-License-Identifier: MIT
"""The UF2 images of real boards: for the chip that the board has, within its flash, with our modules and names in them."""

import os
import re
import struct
from pathlib import Path

import pytest
from test_folders import TOMLS

from deeplomath.paths import BUILD, MODULES

BLOCK = struct.Struct("<8I476sI")
MAGIC = 0x0A324655, 0x9E5D5157, 0x0AB16F30
FAMILY_PRESENT = 0x2000
FLASH_AT = 0x10000000
FAMILIES = {
    "Cortex-M0+": 0xE48BFF56,
    "Cortex-M33": 0xE48BFF59,
}  # of the Pico SDK: RP2040_FAMILY_ID, RP2350_ARM_S_FAMILY_ID
PICO_SDK = Path(os.environ.get("PICO_SDK_DIR") or BUILD / "pico-sdk-2.1.1" / "pico-sdk")
STAGE2 = r"^#define (PICO_BOOT_STAGE2_CHOOSE_\w+|PICO_FLASH_SPI_CLKDIV|PICO_XOSC_STARTUP\w+) (\d+)$"
STORED = 2**20  # bytes that the port keeps for files, at least

BOARDS_OF_RP2 = [
    pytest.param(name, marks=[getattr(pytest.mark, toml["test"]["tier"])] if "test" in toml else [])
    for name, toml in TOMLS.items()
    if toml["port"] == "rp2"
]


@pytest.fixture(params=BOARDS_OF_RP2)
def image(request):
    """What board.toml says, and the blocks of its UF2 file."""
    toml = TOMLS[request.param]
    path = BUILD / toml["firmware"]
    if not path.is_file():
        pytest.skip(f"{path}: not built, make firmware BOARD={request.param} does it")
    data = path.read_bytes()
    assert len(data) % BLOCK.size == 0
    return toml, list(BLOCK.iter_unpack(data))


@pytest.mark.rp2040
def test_the_pico_starts_its_flash_as_the_boards_do_that_its_image_is_said_to_serve():
    folder = PICO_SDK / "src/boards/include/boards"
    if not folder.is_dir():
        pytest.skip(f"{folder}: not here, make test-rp2040 fetches it")
    names = "pico", "pico_w", "sparkfun_promicro", "arduino_nano_rp2040_connect"
    started = {tuple(re.findall(STAGE2, (folder / f"{name}.h").read_text(), re.MULTILINE)) for name in names}
    assert started == {(("PICO_BOOT_STAGE2_CHOOSE_W25Q080", "1"), ("PICO_FLASH_SPI_CLKDIV", "2"))}


def test_each_block_of_an_image_is_for_the_chip_of_its_board(image):
    toml, blocks = image
    assert int(toml["family"], 16) == FAMILIES[toml["core"]]
    for number, (first, second, flags, at, size, block, count, family, _, last) in enumerate(blocks):
        assert (first, second, last) == MAGIC and (block, count) == (number, len(blocks))
        assert flags & FAMILY_PRESENT and family == FAMILIES[toml["core"]]
        assert (at, size) == (FLASH_AT + 256 * number, 256)


def test_an_image_leaves_the_files_their_room_and_has_the_modules_in_it(image):
    toml, blocks = image
    assert 256 * len(blocks) <= toml["flash_bytes"] - STORED
    code = b"".join(block[8][:256] for block in blocks)
    for name in (*MODULES, "dlm_main"):
        assert name.encode() + b"\0" in code
