# SPDX-License-Identifier: MIT
"""Bytes to and from a board over pyserial: a device path, a PTY, or `socket://host:port`."""

import contextlib
import errno
import os
from typing import Protocol
from urllib.parse import urlsplit

import serial

from ..errors import TransportError
from ..spec import WIRE_FRAME_MAX

BAUD = 115200  # of no meaning over USB, a PTY or a socket
_SLICE = 0.05  # seconds that one read waits
_MOST = 65536  # bytes that one read takes
_PATIENCE = 10  # seconds that a write may take beside the time of its bytes
_BITS = 10  # of a byte on a UART: start, eight, stop
_HINTS = {
    errno.EAGAIN: "another program has the port open",
    errno.EBUSY: "another program has the port open",
    errno.EACCES: "you may not open it; on Linux the group dialout may",
}


class Line(Protocol):
    """What a Device needs of a line."""

    def read(self, timeout: float, /) -> bytes:
        """What has arrived, b"" where nothing came within so many seconds."""

    def write(self, data: bytes, /) -> object:
        """Sends bytes."""

    def close(self) -> None:
        """Ends it."""


class Transport:
    """An open line. Anything with the same read, write and close serves `Device` as well; seconds, port and baud are taken
    where they are there.

    port: what pyserial's serial_for_url takes, or a path. Each failure raises TransportError.
    """

    def __init__(self, port, baud=BAUD):
        self.port, self.baud = os.fspath(port), baud
        if isinstance(baud, bool) or not isinstance(baud, int) or baud < 1:
            raise TransportError(f"baud: {baud!r} given, an int from 1 on needed")
        self._is_socket = self.port.startswith("socket://")
        if self._is_socket:
            _check_socket(self.port)
        self._open()
        self._adapter = _adapter(self.port)

    def _open(self):
        options = {} if "://" in self.port else {"exclusive": True}
        patience = _PATIENCE + self.seconds(2 * WIRE_FRAME_MAX)
        with self._told():
            self._serial = serial.serial_for_url(
                self.port, baudrate=self.baud, timeout=_SLICE, write_timeout=patience, **options
            )

    def reopen(self):
        """Opens the line again that broke. A USB port that has come back under another name is found by its serial number."""
        self.close()
        if self._adapter and _adapter(self.port) != self._adapter:
            found = [it.device for it in serial_ports() if _numbers(it) == self._adapter]
            if len(found) == 1:
                self.port = found[0]
        self._open()

    def read(self, timeout):
        """Returns what has arrived, b"" when nothing came for `timeout` seconds or 50 ms, the shorter; 0 does not wait."""
        with self._told():
            try:
                return self._read(timeout)
            except (
                serial.SerialException
            ):  # what had come was flushed, as a terminal's other end may do; or the port is gone
                return self._read(timeout)

    def _read(self, timeout):
        waiting = self._serial.in_waiting
        return self._serial.read(min(max(1, waiting), _MOST)) if waiting or timeout > 0 else b""

    def write(self, data):
        """Sends all of data."""
        with self._told():
            self._serial.write(data)

    def seconds(self, size):
        """Seconds that this many bytes take on a wire of this baud; 0 over a socket. A line without a baud takes less."""
        return 0.0 if self._is_socket else _BITS * size / self.baud

    def close(self):
        """Ends the connection; the service on the board keeps running."""
        with contextlib.suppress(TransportError), self._told():
            self._serial.close()

    @contextlib.contextmanager
    def _told(self):
        """Turns whatever pyserial and the system below it raise, which differs from system to system, into a TransportError."""
        try:
            yield
        except Exception as error:
            hint = _HINTS.get(getattr(error, "errno", None))
            words = f"{self.port}: {error or type(error).__name__}" + (f": {hint}" if hint else "")
            raise TransportError(words) from error


def _check_socket(url):
    """TransportError unless the URL names a host and a port of its own."""
    try:
        parts = urlsplit(url)
        whole = bool(parts.hostname) and bool(parts.port)
    except ValueError:  # no number, or more than 65535
        whole = False
    if not whole:
        raise TransportError(f"port: {url} given, socket://HOST:PORT with a PORT of 1..65535 needed")


def _adapter(port):
    """What a USB port is known by beside its name: vendor, product, serial number, place of the function; None where nothing is."""
    found = [it for it in serial_ports() if it.device == os.path.realpath(port)]
    return _numbers(found[0]) if found and found[0].serial_number else None


def _numbers(it):
    return it.vid, it.pid, it.serial_number, (it.location or "").partition(":")[2]


def serial_ports():
    """The serial ports of this system; none where they cannot be listed."""
    try:
        from serial.tools import list_ports  # of which each system has its own

        return list_ports.comports()
    except Exception:
        return []
