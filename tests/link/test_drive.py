# SPDX-License-Identifier: MIT
"""The drive of an emulated board that has no memory for it: what is kept, and that it is there when the board has power again."""

import socket
import zlib

import pytest

from deeplomath.errors import TransportError
from deeplomath.link import emulator
from deeplomath.link.drive import REQUEST, Drive
from deeplomath.link.rawrepl import RawRepl

SIZE = 4096


def asked(drive, what, at, n, data=b""):
    """The reply to a request, as the board hears it."""
    with socket.socket(fileno=socket.dup(drive.fileno())) as line:
        line.settimeout(20)
        line.sendall(REQUEST.pack(what, at, n) + data)
        wanted, heard = n if what == b"R" else 1, b""
        while len(heard) < wanted and (more := line.recv(wanted - len(heard))):
            heard += more
    return heard


def test_what_is_written_is_read_and_all_else_is_as_it_was():
    with Drive(SIZE) as drive:
        assert asked(drive, b"R", 0, SIZE) == b"\xff" * SIZE
        assert asked(drive, b"W", 100, 3, b"abc") == b"\0" and asked(drive, b"W", SIZE - 1, 1, b"z") == b"\0"
        assert asked(drive, b"R", 98, 7) == b"\xff\xffabc\xff\xff" and asked(drive, b"R", SIZE - 2, 2) == b"\xffz"


def test_a_file_keeps_it_from_the_moment_of_the_reply(tmp_path):
    path = tmp_path / "drive"
    with Drive(SIZE, path) as drive:
        asked(drive, b"W", 7, 4, b"kept")
        assert path.read_bytes() == b"\xff" * 7 + b"kept" + b"\xff" * (SIZE - 11)
    with Drive(SIZE, path) as drive:
        assert asked(drive, b"R", 7, 4) == b"kept"


@pytest.mark.parametrize(("at", "n"), [(SIZE, 1), (SIZE - 1, 2), (2**32 - 1, 2**32 - 1)])
def test_a_request_beyond_its_end_ends_the_line(at, n):
    with Drive(SIZE) as drive:
        assert asked(drive, b"R", at, n) == b""


def test_a_file_that_cannot_be_opened_is_said(tmp_path):
    with pytest.raises(TransportError, match=r"disk: .*none/drive: No such file or directory"):
        Drive(SIZE, tmp_path / "none" / "drive")
    with pytest.raises(TransportError, match=r"disk: .*: Is a directory"):
        Drive(SIZE, tmp_path)


@pytest.mark.f405_mpy
@pytest.mark.device
def test_a_board_whose_emulator_was_killed_finds_its_files(tmp_path):
    board = emulator.Emulator("stm32f405_qemu", stock=True, files=False, disk=tmp_path / "drive")
    if not board.image.is_file():
        pytest.skip(f"{board.image} is not built: make test-f405_mpy")
    content = bytes(i % 251 for i in range(70_000))  # more than what the board holds of its drive
    (tmp_path / "content").write_bytes(content)
    with board:
        board.put({"/lib/content": tmp_path / "content"})
        board.process.kill()
    with board, RawRepl(board.port, soft_reset=False) as repl:
        assert repl.run("import _board\nprint(_board.BLOCK * _board.BLOCKS)") == board.drive_bytes
        found = repl.run("import binascii\nprint(binascii.crc32(open('/lib/content', 'rb').read()))")
    assert int(found) == zlib.crc32(content)
