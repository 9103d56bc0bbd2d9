# SPDX-License-Identifier: MIT
"""Writes the log of a session, as it happens: each request with its reply, in an MCAP file (LOG.md)."""

import io
import json
import os
import time
import warnings

from .. import spec
from ..errors import DataError
from . import logform
from .exchanged import CHANGES, Understanding, understood

_REPLACED = frozenset((spec.OPCODE_RESTORE,))  # by what the log does not hold
_OF_THE_LAST = {spec.OPCODE_UNDO: "undoable", spec.OPCODE_CORRECT: "seen", spec.OPCODE_DROP: "seen"}


class Log:
    """The log of one session.

    to: the path of a file that is not there yet, or a binary file that is open for writing, which stays open. say: called
    once, with words, when the log stops because it cannot be written; the session goes on. By default warnings.warn.

    fault: why it stopped, "" as long as it goes on. wants_state: what the log holds does not tell any more what the network
    is: its state, exported next, does.
    """

    def __init__(self, to, say=None, port=""):
        import mcap.writer  # ahead of the file: without it none is begun

        self._mcap = mcap.writer
        self.fault, self.wants_state = "", False
        self._say = say or (lambda words: warnings.warn(words, RuntimeWarning, stacklevel=3))
        self._understanding, self._number = Understanding(), 0
        self._known = dict(undoable=False, seen=False)  # whether the log holds what undo and correct are of
        self._own = isinstance(to, str | os.PathLike)
        self._file = _opened(to) if self._own else to
        self._pending = io.BytesIO()
        self._written = 0
        self._begin(os.fspath(port) if isinstance(port, str | os.PathLike) else type(port).__name__)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def exchange(self, opcode, request, reply, began):
        """A request was made. request: its payload; reply: that of its Frame, None without one; began: time.time_ns()."""
        if opcode == spec.OPCODE_PAIR:
            request = b""  # the key stays out of any file but its own
        if self.fault:
            return
        self._number += 1
        now = time.time_ns()
        topic, data = logform.packed(self._number, opcode, request, reply)
        self._add(topic, data, now, began)
        found, words = understood(self._understanding, opcode, request, reply)
        for topic, shown in logform.shown(self._number, opcode, found, words, self._understanding.naming):
            self._add(topic, json.dumps(shown, ensure_ascii=False).encode("utf-8", "replace"), now, began)
        self._flush()
        if found:
            self._follow(found)

    def model(self, file, text, **facts):
        """A model was given to the board: the name of its file, its front-end as the text of one, and what else it says."""
        if not self.fault:
            now = time.time_ns()
            shown = json.dumps(dict(file=file, text=text, **facts), ensure_ascii=False)
            self._add(logform.MODEL, shown.encode("utf-8", "replace"), now, now)
            self._flush()

    def close(self):
        """Ends the log; nothing is lost where this is not called."""
        if self._file is None:
            return
        if not self.fault:
            self._writer.finish()
            self._flush()
        file, self._file = self._file, None
        self.fault = self.fault or "closed"
        if self._own:
            try:
                file.close()
            except OSError as error:
                self._stop(error)

    def _begin(self, port):
        plain = dict(compression=self._mcap.CompressionType.NONE, use_chunking=False)
        self._writer = self._mcap.Writer(self._Counted(self), index_types=self._mcap.IndexType.NONE, **plain)
        self._writer.start(profile=logform.PROFILE, library=f"deeplomath {spec.VERSION_LIBRARY}")
        self._channels = logform.register(self._writer)
        now = time.time_ns()
        facts = logform.session(port, now)
        self._add(logform.SESSION, json.dumps(facts, ensure_ascii=False).encode("utf-8", "replace"), now, now)
        self._flush()

    class _Counted:
        """What the MCAP writer writes to: bytes wait until a whole message is there, and their place in the file is known."""

        def __init__(self, log):
            self.log = log

        def write(self, data):
            return self.log._pending.write(data)

        def tell(self):
            return self.log._written + self.log._pending.tell()

        def flush(self):
            """Left to Log._flush."""

    def _add(self, topic, data, now, began):
        self._writer.add_message(self._channels[topic], now, data, began, self._number)

    def _flush(self):
        """Brings what waits to the file. What hinders that stops the log, and nothing else."""
        data = memoryview(self._pending.getvalue())
        self._pending = io.BytesIO()
        try:
            while data:
                taken = self._file.write(data)
                taken = len(data) if taken is None else taken
                if taken <= 0:
                    raise OSError("the file takes no more bytes")
                data, self._written = data[taken:], self._written + taken
            if hasattr(self._file, "flush"):
                self._file.flush()
        except (OSError, ValueError) as error:  # ValueError: it was closed
            self._stop(error)

    def _stop(self, error):
        why = getattr(error, "strerror", None) or error or type(error).__name__
        self.fault = f"log: stopped after {self._number} requests: {why}; the session goes on without it"
        self.wants_state = False
        self._say(self.fault)

    def _follow(self, it):
        """Whether the log still tells what the network is."""
        if not it.done:
            return
        known = self._known
        if it.opcode == spec.OPCODE_HELLO:
            self.wants_state = bool(it.got["configured"])
            return
        missing = _OF_THE_LAST.get(it.opcode)
        if it.opcode in _REPLACED or missing and not known[missing] or it.got.get("lost"):
            self.wants_state = True
        learned = it.result is not None and it.opcode in CHANGES or any(event.learned for event in it.events)
        if learned:
            known.update(undoable=True, seen=True)
        elif it.opcode == spec.OPCODE_INFER or it.events:
            known["seen"] = True
        elif it.opcode in CHANGES or it.opcode in (spec.OPCODE_CONFIGURE, spec.OPCODE_LOAD):
            known.update(undoable=False, seen=False)


def _opened(path):
    """A new file at a path, unbuffered. DataError: it is there, or cannot be made."""
    try:
        return open(path, "xb", buffering=0)
    except FileExistsError as error:
        raise DataError(f"{path}: is there already; a log never takes the place of another file") from error
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:  # a name that no file can have
        raise DataError(f"{str(path)!r}: {error}") from error
