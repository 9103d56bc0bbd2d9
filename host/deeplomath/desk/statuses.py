# SPDX-License-Identifier: MIT
"""The one place where what goes wrong becomes words and an exit status; it loads nothing that takes time.

0    all is well
1    a board and the mirror differ, and nothing else
2    it could not be done
3    a fault of this program
130  Ctrl-C
143  another program ended it, by SIGTERM; 129 its terminal was closed, SIGHUP: what it holds is closed first, as by Ctrl-C
"""

import contextlib
import os
import platform
import signal
import sys
import tempfile
import traceback

from ..errors import DeeplomathError
from .words import let_all_be_printed, printable_lines

DIFFER, UNDONE, FAULT, STOPPED = 1, 2, 3, 130
ENDING = "SIGTERM", "SIGHUP"
DEBUG = "DEEPLOMATH_DEBUG"  # set to anything: the traceback of a fault goes to stderr
PIP_NAMES = {"serial": "pyserial", "prometheus_client": "prometheus-client"}
NEEDED = ("numpy", "serial", "cobs", "typer", "rich", "matplotlib", "mpremote", "mcap", "polars", "dask")
NEEDED += "distributed", "prometheus_client", "textual", "bokeh"


def run(main):
    """Ends this process with the status of main(): what a script calls last."""
    _open_standard_streams()
    let_all_be_printed()
    _end_in_order()
    status = status_of(main)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is over: nothing is left to stop
    raise SystemExit(status)


def status_of(call):
    """The exit status of call(), which may return one; what it raises is said on stderr."""
    try:
        status = call() or 0
        _flush()
        return status
    except BaseException as error:
        return _said(error)


def _said(error):
    """The exit status of an exception, after its words."""
    if isinstance(error, SystemExit):
        return _status_of_exit(error)
    if isinstance(error, BrokenPipeError):  # the reader of the output has gone: `| head`
        _drop_output()
        return UNDONE
    if hasattr(error, "exit_code") and hasattr(error, "show"):  # of the command line's library: wrong usage
        with contextlib.suppress(OSError, ValueError):
            error.show()
        return error.exit_code
    status, words = _meaning(error)
    say(f"deeplomath: {words}")
    with contextlib.suppress(OSError, ValueError):
        _flush()
        return status
    _drop_output()  # else the interpreter tries once more at its end, and ends with a status of its own
    return status


def _meaning(error):
    """Status and words of an exception."""
    if isinstance(error, KeyboardInterrupt):
        return STOPPED, "stopped"
    if isinstance(error, DeeplomathError):
        return UNDONE, error
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename is not None else ""
        return UNDONE, f"{place}{error.strerror or error or type(error).__name__}"
    if isinstance(error, MemoryError):
        return UNDONE, f"memory: not enough on this computer. {error}".strip()
    if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in NEEDED:
        name = error.name.split(".")[0]
        return UNDONE, f"{name}: not installed; `pip install {PIP_NAMES.get(name, name)}` does it"
    return FAULT, _fault(error)


def _status_of_exit(error):
    """The status of a SystemExit; 1 is never meant: the libraries end so when the reader of the output has gone."""
    if isinstance(error.code, str):
        say(error.code)
        return UNDONE
    if error.code == DIFFER:
        _drop_output()
        return UNDONE
    return error.code or 0


def _fault(error):
    """Words on a fault of this program; where it lies goes to a file, or to stderr for DEBUG."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    words = f"{type(error).__name__}: {error} ({os.path.basename(place.filename)}, line {place.lineno})"
    words = f"internal fault: {words}\nThis is a fault of Deeplomath, not of yours: please report it to its authors"
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
        return f"{words}, with the lines above."
    try:
        handle, path = tempfile.mkstemp(prefix="deeplomath-fault-", suffix=".txt")
        with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{sys.argv}\nPython {sys.version}\n{platform.platform()}\n\n")
            traceback.print_exception(error, file=file)
        return f"{words}, with the file {path}."
    except OSError:
        return f"{words}, with what {DEBUG}=1 makes it show."


def say(words):
    """Words on stderr, as far as anybody listens."""
    with contextlib.suppress(OSError, ValueError):
        if sys.stderr is not None:
            print(printable_lines(words), file=sys.stderr, flush=True)


def _end_in_order():
    """Lets a signal that ends this process close what it holds: an emulator, a log, a port. One that is ignored stays so."""

    def end(number, _):
        raise SystemExit(128 + number)

    for name in ENDING:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)


def _flush():
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def _drop_output():
    """Lets stdout and stderr go nowhere from now on, what they hold included."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()
                continue
            os.dup2(null, stream.fileno())


def _open_standard_streams():
    """Opens what was closed of stdin, stdout and stderr to nowhere: else a port would get their number."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
