# SPDX-License-Identifier: MIT
"""The flash drive of an emulated board that has no memory for it: kept here, behind a line of its own.

A request is b"R" or b"W", then the place and the number of bytes, 32 bits each, little end first, then what is to be
written. The reply to b"R" is what was read; to b"W" it is one byte, once all is kept.
"""

import contextlib
import io
import os
import socket
import struct
import threading

from ..errors import TransportError

REQUEST = struct.Struct("<cII")


class Drive:
    """A drive of so many bytes, 0xff at first. path: a file that keeps them, made where there is none; None: none does.

    fileno() is the board's end of the line. It is served inside of the `with`. A request beyond the drive ends the line.
    TransportError: the file cannot be opened.
    """

    def __init__(self, size, path=None):
        self.size = size
        try:
            self._file = io.BytesIO() if path is None else open(path, "r+b" if os.path.exists(path) else "w+b")  # noqa: SIM115
        except OSError as error:
            raise TransportError(f"disk: {path}: {error.strerror or error}") from error
        self._file.seek(0, os.SEEK_END)
        self._file.write(b"\xff" * (size - self._file.tell()))
        self._file.flush()
        self._line, self._board = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def fileno(self):
        return self._board.fileno()

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        with contextlib.suppress(OSError):  # it is served no more
            self._line.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for end in (self._line, self._board):
            end.close()
        self._file.close()

    def _serve(self):
        with self._line.makefile("rwb") as line:
            while len(asked := line.read(REQUEST.size)) == REQUEST.size:
                what, at, n = REQUEST.unpack(asked)
                if at > self.size or n > self.size - at:
                    break
                self._file.seek(at)
                if what == b"R":
                    line.write(self._file.read(n))
                else:
                    self._file.write(line.read(n))
                    self._file.flush()
                    line.write(b"\0")
                line.flush()
        self._line.shutdown(socket.SHUT_RDWR)
