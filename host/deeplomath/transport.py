# SPDX-License-Identifier: MIT
"""Bytes to and from a board over pyserial: a device path, a PTY, or `socket://host:port`."""

import serial

from .errors import TransportError

BAUD = 115200  # of no meaning over USB, a PTY or a socket
_SLICE = 0.05  # seconds that one read waits


class Transport:
    """An open line. Anything with the same read, write and close serves `Device` as well.

    port: what pyserial's serial_for_url takes. Each failure raises TransportError.
    """

    def __init__(self, port, baud=BAUD):
        self.port = port
        options = {} if "://" in port else {"exclusive": True}
        try:
            self._serial = serial.serial_for_url(port, baudrate=baud, timeout=_SLICE, write_timeout=10, **options)
        except (OSError, ValueError) as error:  # SerialException is an OSError
            raise TransportError(f"{port}: {error}") from error

    def read(self, timeout):
        """Returns what has arrived, b"" when nothing came for `timeout` seconds or 50 ms, the shorter."""
        try:
            return self._serial.read(max(1, self._serial.in_waiting)) if timeout > 0 else b""
        except OSError as error:
            raise TransportError(f"{self.port}: {error}") from error

    def write(self, data):
        """Sends all of data."""
        try:
            self._serial.write(data)
        except OSError as error:
            raise TransportError(f"{self.port}: {error}") from error

    def close(self):
        """Ends the connection; the service on the board keeps running."""
        self._serial.close()
