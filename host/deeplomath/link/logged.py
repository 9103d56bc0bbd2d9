# SPDX-License-Identifier: MIT
"""The log of a Device: opened with it, told of each request, given the state where it could not tell it (LOG.md)."""

import contextlib
import time
from pathlib import PurePath

from ..errors import DeeplomathError
from ..model.written import written
from .log import Log


class Logged:
    """The methods of a Device that keep its log; they need its _link, _lock, _request, _info and export.

    log: its Log, None without one; log.fault tells why it stopped.
    """

    log = None
    _giving_state = _own_log = False

    def _keep_log(self, log, port):
        """Begins a log: a path, a binary file, or a Log; None: none is kept."""
        self._own_log = not isinstance(log, Log)
        self.log = Log(log, port=port) if log is not None and self._own_log else log
        if self.log:
            self._link.heed = lambda opcode, payload, reply, began: self.log.exchange(
                opcode, payload, None if reply is None else reply.payload, began
            )

    def _log_model(self, model):
        """A model file is given to the board."""
        if self.log and hasattr(model, "text"):
            text = model.text
            facts = dict(names=list(model.names), classes=model.classes, network=text.network)
            self.log.model(PurePath(text.file).name, written(text.program, text.lines), **facts)

    def _log_state(self):
        """Lets the log have the state of the network, and the unknowns, where what it holds does not tell them."""
        if not self.log or not self.log.wants_state or self._giving_state:
            return
        before, self._giving_state = (self.last_digest, self.last_ticks), True
        self.log.wants_state = False
        try:
            with contextlib.suppress(DeeplomathError):
                self._info()
                self.export()
                for unknown in self.unknowns():
                    self.unknown(unknown)
                before = self.last_digest, before[1]
        finally:
            self._giving_state = False
            self.last_digest, self.last_ticks = before

    def _log_silence(self, opcode, payload, error):
        """A request had no reply, and may have been executed."""
        if error.executed is not False:
            self._link.tell(opcode, payload, None, time.time_ns())

    def _end_log(self):
        if self.log and self._own_log:
            self.log.close()
