# SPDX-License-Identifier: MIT
"""A board's raw REPL by mpremote's library, which trusts what it hears: all that goes wrong there is a DeployError here."""

import ast
import contextlib
import functools
import io
import re
import time
from importlib import metadata

from ..errors import DeployError
from ..text import printable
from .transport import BAUD

MPREMOTE = (1, 25)  # the oldest version whose library has what is used here
SECONDS = 60  # that a call may take, the time of the bytes it sends aside
PATIENCE = 30  # seconds of silence in a program: mpremote's 10 are too few for a board that a busy machine emulates
ANSWER = 16384  # bytes that a board may say in a call
SHOWN = 200  # characters of them that an error repeats


def shown(value):
    """What a board said as an error may repeat it: on one line, without control characters, not too long."""
    return printable(value if isinstance(value, str) else repr(value), SHOWN)


def literal(text):
    """The Python value that a board printed, None where it printed nothing. DeployError: it is none."""
    try:
        return ast.literal_eval(text.strip()) if text.strip() else None
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise DeployError(f"board: it answered {shown(text)!r}, a value of Python needed") from error


def require_mpremote():
    """DeployError unless mpremote is there, and new enough."""
    needed = ".".join(map(str, MPREMOTE))
    try:
        version = metadata.version("mpremote")
    except metadata.PackageNotFoundError as error:
        raise DeployError(
            f"mpremote: not installed, {needed} or later needed: pip install 'mpremote>={needed}'"
        ) from error
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers and tuple(map(int, numbers.groups())) < MPREMOTE:
        raise DeployError(
            f"mpremote: version {version} installed, {needed} or later needed: pip install 'mpremote>={needed}'"
        )


class _Bounded:
    """pyserial's line as mpremote gets it: OSError where a board says more in a call, or longer, than any answer takes."""

    def __init__(self, line):
        self._line = line
        self.begin(SECONDS)

    def begin(self, seconds):
        """From now on a new call."""
        self._left, self._seconds, self._end = ANSWER, seconds, time.monotonic() + seconds

    def read(self, size=1):
        self._check()
        data = self._line.read(size)
        self._left -= len(data)
        return data

    def inWaiting(self):  # the name that mpremote asks by
        self._check()
        return self._line.in_waiting

    def _check(self):
        if self._left < 0:
            raise OSError(f"it said more than {ANSWER} bytes where an answer was awaited")
        if time.monotonic() > self._end:
            raise OSError(f"no end of its answer within {self._seconds:.0f} s")

    def __getattr__(self, name):
        return getattr(self._line, name)


class RawRepl:
    """The raw REPL of the board at a port. Every failure raises DeployError."""

    def __init__(self, port, baud=BAUD, soft_reset=True):
        require_mpremote()
        self._baud = baud
        self._transport = self._open(port)
        try:
            self._call(self._transport.enter_raw_repl, soft_reset=soft_reset)
        except DeployError:
            self._transport.serial.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Leaves the board in its friendly REPL."""
        with contextlib.suppress(OSError, DeployError):
            self._call(self._transport.exit_raw_repl)
        with contextlib.suppress(OSError):  # not mpremote's close, which some versions cannot do on a pseudo-terminal
            self._transport.serial.close()

    def start_main(self):
        """Lets the board start as after power-up, main.py included."""
        self._call(self._transport.exit_raw_repl)
        self._call(self._transport.serial.write, b"\x04")

    def run(self, code):
        """Runs code; returns what it printed as a Python value, None where it printed nothing."""
        return literal(self._call(self._transport.exec, code).decode(errors="replace"))

    def put(self, path, data):
        """Writes a file."""
        seconds = SECONDS + 80 * len(data) / self._baud  # up to 4 characters a byte, 10 bits each, and as long again
        self._call(self._transport.fs_writefile, path, data, chunk_size=1024, seconds=seconds)

    def make_folder(self, path):
        if not self._call(self._transport.fs_exists, path):
            self._call(self._transport.fs_mkdir, path)

    def _open(self, port):
        from mpremote.transport_serial import SerialTransport

        transport = _guarded(SerialTransport, port, baudrate=self._baud, timeout=5)
        transport.serial = _Bounded(transport.serial)
        transport.exec_raw = functools.partial(transport.exec_raw, timeout=PATIENCE)
        return transport

    def _call(self, function, *arguments, seconds=None, **options):
        self._transport.serial.begin(seconds or SECONDS)
        return _guarded(function, *arguments, **options)


def _guarded(function, *arguments, **options):
    """What a function of mpremote returns. DeployError: it raised anything, as it does for a board of odd words."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # mpremote prints what it did not expect
            return function(*arguments, **options)
    except Exception as error:
        last = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise DeployError(f"board: {shown(last[0])}") from error
