# SPDX-License-Identifier: MIT
"""Reads the log of a session: what it is of, and each request with its reply, up to where it was cut (LOG.md)."""

import json
import os
from typing import NamedTuple

from .. import spec
from ..errors import DataError
from ..link import logform
from ..link.exchanged import Exchanged, Understanding, understood

WHOLE, CUT, DAMAGED = "whole", "cut", "damaged"
_LONGEST = 1 << 24  # bytes of a record


class Record(NamedTuple):
    """A request of a session.

    number: 1, 2, ... of all requests; began, ended: nanoseconds since 1970; exchanged: the link.exchanged.Exchanged;
    request, reply: their payloads, bytes, reply None where there was none.
    """

    number: int
    began: int
    ended: int
    exchanged: Exchanged
    request: bytes
    reply: bytes | None


class Log:
    """A log that was written: facts of its session, and its Records in order, as often as it is iterated.

    session: dict(form, library, protocol, spec, state, port, began); hello: what the board said of itself, a dict with the
    fields of HELLO's reply, empty where it said nothing; device: the board's name; model: dict(file, text, names, classes,
    network) of the first model file, empty without one; config: the arguments of the first network, None without one.

    end: after an iteration, how the file ended: "whole", "cut" (what was written until then was read) or "damaged";
    damage: words on that, "" of a whole one; at: the bytes that were read. names: of model and classes, as they were last.
    """

    def __init__(self, path):
        self.path = str(path)
        self.session, self.hello, self.model, self.config = {}, {}, {}, None
        self.end, self.damage, self.at, self.names = WHOLE, "", 0, ()
        self._read_facts()

    @property
    def device(self):
        """The board's name, "" where it did not say."""
        return self.hello.get("board", "")

    def __iter__(self):
        self.end, self.damage, self.at = WHOLE, "", 0
        understanding, last = Understanding(), 0
        for topic, message in self._messages():
            if topic not in (logform.WIRE, logform.SAMPLES):
                continue
            try:
                number, opcode, request, reply = logform.unpacked(topic, message.data)
            except DataError as error:
                self._damaged(str(error))
                return
            found, words = understood(understanding, opcode, request, reply)
            if number != last + 1 or not found:
                self._damaged(words or f"request {number} follows request {last}: what was between is missing")
                return
            last, self.names = number, understanding.names
            yield Record(number, message.publish_time, message.log_time, found, request, reply)

    def _read_facts(self):
        """Reads as far as the facts go."""
        facts, understanding = {logform.SESSION: self.session, logform.MODEL: self.model}, Understanding()
        for topic, message in self._messages():
            if topic in facts and not facts[topic]:
                facts[topic].update(_object(message.data))
                if topic == logform.SESSION:
                    self._check()
            elif topic == logform.WIRE:
                try:
                    _, opcode, request, reply = logform.unpacked(topic, message.data)
                except DataError:
                    break
                found, _ = understood(understanding, opcode, request, reply)
                if found and found.done and opcode == spec.OPCODE_HELLO and not self.hello:
                    self.hello.update(found.got)
                self.config = self.config or understanding.config
            if topic == logform.SAMPLES or self.model and self.config:
                break
        if not self.session:
            raise DataError(
                f"{self.path}: no log of a session of Deeplomath{f': {self.damage}' if self.damage else ''}"
            )

    def _check(self):
        self.session |= {name: str(self.session.get(name, "")) for name in ("began", "port", "library")}
        form = self.session.get("form")
        if form != logform.VERSION:
            raise DataError(f"{self.path}: a log of form {form!r}, this library reads form {logform.VERSION}")
        if self.session.get("spec") != spec.VERSION_SPEC:
            words = f"arithmetic of version {self.session.get('spec')}, this library computes by {spec.VERSION_SPEC}"
            raise DataError(f"{self.path}: {words}: take the library that wrote it, {self.session.get('library')}")

    def _messages(self):
        """Yields (topic, message) as far as the file can be read; then says how it ends."""
        from mcap.exceptions import EndOfFile
        from mcap.records import Channel, Message, Statistics
        from mcap.stream_reader import StreamReader

        topics, n, told = {}, 0, None
        with _opened(self.path) as file:
            self._at_end = lambda: not file.read(1)
            records = StreamReader(file, record_size_limit=_LONGEST).records
            try:
                for record in records:
                    if isinstance(record, Channel):
                        topics[record.id] = record.topic
                    elif isinstance(record, Message) and record.channel_id in topics:
                        n += 1
                        yield topics[record.channel_id], record
                    elif isinstance(record, Message):
                        self._damaged(f"a message of channel {record.channel_id}, which is none")
                        return
                    elif isinstance(record, Statistics):
                        told = record.message_count
                    self.at = file.tell()
            except EndOfFile:
                self._cut()
            except Exception as error:  # what this library and its decompressors raise has no common root
                self._damaged(_words(error, self.at))
            else:
                self._ended(file, n, told)

    def _ended(self, file, n, told):
        """The file has its end, with nothing behind it, after so many messages as the end tells."""
        self.at = file.tell()
        if told is not None and told != n:
            self.end, self.damage = DAMAGED, f"within: {n} messages are there, its end tells of {told}"
        elif more := file.seek(0, os.SEEK_END) - self.at:
            words = f"{more} bytes more, of another log or of none; a log is one session: take them apart"
            self.end, self.damage = DAMAGED, f"behind its end, byte {self.at}: {words}"

    def _damaged(self, words):
        if self._at_end():  # the record was not written to its end, which some of its readers do not see
            self._cut()
        else:
            self.end, self.damage = DAMAGED, f"behind byte {self.at}: {words}"

    def _cut(self):
        self.end, self.damage = CUT, f"it ends after {self.at} bytes, without the end that a log has"


def open_log(path):
    """The Log in a file. DataError: it is none, is of another form or arithmetic, or cannot be read."""
    return Log(path)


def _opened(path):
    try:
        return open(path, "rb")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:  # a name that no file can have
        raise DataError(f"{path!r}: {error}") from error


def _words(error, at):
    """What an exception of the library means, of a record behind byte `at`."""
    name = type(error).__name__
    if name == "InvalidMagic":
        return "other bytes than those that a log ends with" if at else "other bytes than those that a log begins with"
    if name == "RecordLengthLimitExceeded":
        return f"a record of more than {_LONGEST} bytes"
    return "a record that cannot be read"


def _object(data):
    """The object in the JSON of a message, an empty one where there is none."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
