# SPDX-License-Identifier: MIT
"""The log of a session (LOG.md): complete, readable after any cut, by any MCAP reader; a disk that fails stops it alone."""

import io
import json
import struct
import sys
import warnings

import numpy as np
import pytest
from mcap.reader import make_reader

from deeplomath import Device, DeviceError, KernelError, Model, spec
from deeplomath.audit.log import open_log
from deeplomath.errors import DataError
from deeplomath.link import frame, keys, logform
from deeplomath.link.log import Log
from sessions import CONFIG, events, session, streamed
from wire import Line

MAGIC = 8


def read(path):
    """The records of a log as (name, status, digest), and how it ended."""
    log = open_log(path)
    return [(it.exchanged.name, it.exchanged.status, it.exchanged.digest) for it in log], log.end


class Overheard(Line):
    """A line that keeps the opcodes and payloads of what goes each way."""

    def __init__(self):
        super().__init__()
        self.asked, self.answered, self._coming = [], [], frame.Decoder()

    def write(self, data):
        self.asked += [(it.opcode, it.payload) for it in frame.Decoder().feed(data)]
        super().write(data)

    def read(self, timeout):
        data = super().read(timeout)
        self.answered += [it.payload for it in self._coming.feed(data)]
        return data


def test_all_that_goes_over_the_line_is_in_the_log(tmp_path):
    line = Overheard()
    with Device(line, log=tmp_path / "a.mcap") as device:
        session(device)
        streamed(device)
    records = list(open_log(tmp_path / "a.mcap"))
    assert [(it.exchanged.opcode, it.request) for it in records] == line.asked
    assert [it.reply for it in records] == line.answered
    assert [it.number for it in records] == list(range(1, len(records) + 1))
    names = {it.exchanged.name for it in records}
    assert names >= {"learn", "infer", "correct", "undo", "relabel", "forget", "drop", "name", "rename_class"}
    assert names >= {"drop_class", "freeze", "model", "samples", "teach", "names", "export", "load", "build"}
    assert all(it.began <= it.ended for it in records)


def test_a_log_says_what_it_is_of(tmp_path):
    with Device(Line(), log=tmp_path / "a.mcap") as device:
        streamed(device)
    log = open_log(tmp_path / "a.mcap")
    assert log.session["form"] == 1 and log.session["spec"] == spec.VERSION_SPEC and log.session["port"] == "Line"
    assert log.hello["board"] == log.device == device.hello.board and log.hello["library"] == spec.VERSION_LIBRARY
    model = Model("motion")
    assert log.config["features"] == 31 and log.config["classes"] == model.classes
    assert log.model["file"] == "motion.toml" and log.model["classes"] == model.classes
    assert "[[front_end]]" in log.model["text"] and log.model["names"] == model.names
    assert list(log) and log.names[:1] == ("motion",)


def test_what_was_known_before_the_log_is_in_it(tmp_path):
    line = Line()
    before = Device(line)
    before.configure(**CONFIG)
    for i, x in enumerate(events(6)):
        before.learn(x, i % 2)
    before.infer(np.full(3, 32000, np.int16))
    with Device(line, log=tmp_path / "a.mcap") as device:
        assert device.last_digest == before.digest()
        device.undo() if device.info().clock < 6 else device.infer(events(1)[0])
    names = [it.exchanged.name for it in open_log(tmp_path / "a.mcap")]
    assert names[:4] == ["hello", "info", "export", "unknowns"] and "unknown" in names


def test_each_mcap_reader_opens_it_and_knows_what_each_message_is(tmp_path):
    with Device(Line(), log=tmp_path / "a.mcap") as device:
        session(device)
        streamed(device)
    with open(tmp_path / "a.mcap", "rb") as file:
        reader = make_reader(file)
        assert reader.get_header().profile == logform.PROFILE
        assert reader.get_summary().statistics.message_count > 100
        seen = {}
        for schema, channel, message in reader.iter_messages():
            seen.setdefault(channel.topic, []).append(message.data)
            encodings = channel.message_encoding, schema.encoding
            assert encodings == (
                ("ros1", "ros1msg") if channel.topic in ("/wire", "/samples") else ("json", "jsonschema")
            )
            if channel.message_encoding == "json":
                known = json.loads(schema.data)["properties"]
                assert json.loads(message.data).keys() <= known.keys()
            else:
                assert _ros1(schema.data.decode(), message.data) == len(message.data)
    assert set(seen) == {"/session", "/model", "/wire", "/samples", "/command", "/event"}
    told = [json.loads(data) for data in seen["/event"]]
    assert {it["outcome"] for it in told} >= {"learned", "answered"}
    assert any(it.get("name") == "walking" for it in told) and all(
        "digest" in it for it in told if it["outcome"] == "learned"
    )


def _ros1(text, data):
    """Where a message ends that is read by its schema alone."""
    at, sizes = 0, dict(uint32=4, uint16=2, uint8=1, bool=1, int16=2)
    for line in text.strip().splitlines():
        kind = line.split()[0]
        if kind.endswith("[]"):
            at += 4 + sizes[kind[:-2]] * struct.unpack_from("<I", data, at)[0]
        else:
            at += sizes[kind]
    return at


def test_a_log_cut_at_any_byte_is_read_up_to_the_cut(tmp_path):
    with Device(Line(), log=tmp_path / "a.mcap") as device:
        session(device)
    whole = (tmp_path / "a.mcap").read_bytes()
    records, end = read(tmp_path / "a.mcap")
    assert end == "whole"
    first = whole.index(b"}", whole.index(b'{"form": 1')) + 1  # ahead of it nothing is said yet
    counts, file = [], tmp_path / "cut.mcap"
    for at in np.random.default_rng(1).integers(0, len(whole), 500).tolist():
        file.write_bytes(whole[:at])
        if at < first:
            with pytest.raises(DataError, match="no log of a session of Deeplomath"):
                open_log(file)
            continue
        found, end = read(file)
        assert end == "cut" and found == records[: len(found)], at
        counts.append((at, len(found)))
    counts.sort()
    assert all(one[1] <= next_[1] for one, next_ in zip(counts, counts[1:])) and counts[-1][1] == len(records)
    assert len({n for _, n in counts}) > len(records) // 2


def test_a_log_cut_ahead_of_its_session_is_refused_in_words(tmp_path):
    for content in (b"", b"\x89MCAP0\r\n", b"no log at all, but some text that is longer than a header"):
        (tmp_path / "a.mcap").write_bytes(content)
        with pytest.raises(DataError, match="no log of a session of Deeplomath"):
            open_log(tmp_path / "a.mcap")


def test_a_spoilt_byte_is_damage_and_never_another_exchange(tmp_path):
    with Device(Line(), log=tmp_path / "a.mcap") as device:
        session(device)
    whole, (records, _) = (tmp_path / "a.mcap").read_bytes(), read(tmp_path / "a.mcap")
    draw, damaged = np.random.default_rng(2), 0
    for at in draw.integers(MAGIC, len(whole), 80).tolist():
        spoilt = whole[:at] + bytes([whole[at] ^ 1 << int(draw.integers(8))]) + whole[at + 1 :]
        (tmp_path / "b.mcap").write_bytes(spoilt)
        try:
            found, end = read(tmp_path / "b.mcap")
        except DataError:
            damaged += 1
            continue
        assert found == records[: len(found)], at
        assert end != "whole" or len(found) == len(records), at
        damaged += end == "damaged"
    assert damaged > 15


def records_of(data):
    """(opcode, begin, end) of each record in the bytes of a log."""
    at, found = MAGIC, []
    while at < len(data) - MAGIC:
        opcode, length = struct.unpack_from("<BQ", data, at)
        found.append((opcode, at, at + 9 + length))
        at = found[-1][2]
    return found


def test_what_follows_the_end_of_a_log_is_damage(tmp_path):
    for name, n in (("a", 12), ("b", 14)):
        with Device(Line(), log=tmp_path / f"{name}.mcap") as device:
            session(device, n)
    one, other = ((tmp_path / f"{name}.mcap").read_bytes() for name in "ab")
    records, _ = read(tmp_path / "a.mcap")
    for more in (other, one, other[: len(other) // 2], b"\0", b"\n", b"junk" * 1000):
        (tmp_path / "c.mcap").write_bytes(one + more)
        log = open_log(tmp_path / "c.mcap")
        assert len(list(log)) == len(records) and log.end == "damaged"
        assert f"behind its end, byte {len(one)}: {len(more)} bytes more" in log.damage
    (tmp_path / "c.mcap").write_bytes(one[: len(one) // 2] + other)
    assert read(tmp_path / "c.mcap")[1] == "damaged"


def test_a_log_without_its_last_exchange_is_not_whole(tmp_path):
    with Device(Line(), log=tmp_path / "a.mcap") as device:
        session(device, 12)
    whole, (records, _) = (tmp_path / "a.mcap").read_bytes(), read(tmp_path / "a.mcap")
    messages = [(begin, end) for opcode, begin, end in records_of(whole) if opcode == 5]
    last = max(begin for begin, end in messages if whole[begin:end].find(struct.pack("<I", len(records))) >= 0)
    for first, end in (("damaged", messages[-1][1]), ("cut", len(whole))):
        begin = next(it for it, _ in messages if it >= last - 400)
        (tmp_path / "b.mcap").write_bytes(whole[:begin] + whole[end:])
        log = open_log(tmp_path / "b.mcap")
        assert 0 < len(list(log)) < len(records) and log.end == first
        assert ("its end tells of" if first == "damaged" else "without the end that a log has") in log.damage


def test_no_word_of_the_library_that_reads_a_log_is_shown(tmp_path):
    with Device(Line(), log=tmp_path / "a.mcap") as device:
        session(device, 4)
    whole = (tmp_path / "a.mcap").read_bytes()
    (tmp_path / "b.mcap").write_bytes(whole[:-1] + b"xy")
    log = open_log(tmp_path / "b.mcap")
    assert list(log) and log.end == "damaged" and log.damage.endswith("other bytes than those that a log ends with")
    (tmp_path / "b.mcap").write_bytes(b"x" * 100)
    with pytest.raises(DataError, match="other bytes than those that a log begins with$"):
        open_log(tmp_path / "b.mcap")
    for _, begin, _ in records_of(whole)[2:40]:
        (tmp_path / "b.mcap").write_bytes(whole[: begin + 1] + b"\xff" * 40 + whole[begin + 41 :])
        try:
            log = open_log(tmp_path / "b.mcap")
            list(log)
            words = log.damage
        except DataError as error:
            words = str(error)
        assert words and not [it for it in ("Error", "Invalid", "Exceeded", "opcode") if it in words], words


def test_a_log_of_another_form_or_arithmetic_is_refused(tmp_path, monkeypatch):
    for name, value in (("VERSION", 9), ("spec", 999)):
        with monkeypatch.context() as patch:
            if name == "VERSION":
                patch.setattr(logform, name, value)
            else:
                patch.setattr(spec, "VERSION_SPEC", value)
            Log(tmp_path / f"{name}.mcap").close()
        with pytest.raises(DataError, match=str(value)):
            open_log(tmp_path / f"{name}.mcap")


class Full(io.RawIOBase):
    """A disk with so much room."""

    def __init__(self, room, take=None):
        self.room, self.content, self.take = room, bytearray(), take

    def writable(self):
        return True

    def write(self, data):
        data = bytes(data)[: self.take]
        if len(self.content) + len(data) > self.room:
            raise OSError(28, "No space left on device")
        self.content += data
        return len(data)


@pytest.mark.parametrize("room", [0, 3000, 9000])
def test_a_full_disk_stops_the_log_with_words_and_not_the_session(room, tmp_path):
    plain, disk = Device(Line()), Full(room)
    with pytest.warns(RuntimeWarning, match="No space left on device; the session goes on without it") as told:
        device = Device(Line(), log=disk)
        session(device)
        device.close()
    session(plain)
    assert len(told) == 1 and device.log.fault.startswith("log: stopped after")
    assert len(disk.content) <= room
    if room:
        (tmp_path / "a.mcap").write_bytes(disk.content)
        found, end = read(tmp_path / "a.mcap")
        assert found and end == "cut"


def test_the_device_that_is_always_full_stops_the_log_alone():
    said = []
    with open("/dev/full", "wb", buffering=0) as file:
        device = Device(Line(), log=Log(file, say=said.append))
        session(device)
        device.close()
    assert len(said) == 1 and "No space left" in said[0]


def test_a_disk_that_takes_little_at_a_time_gets_all(tmp_path):
    disk = Full(1 << 20, take=7)
    with Device(Line(), log=disk) as device:
        session(device)
    (tmp_path / "a.mcap").write_bytes(disk.content)
    assert read(tmp_path / "a.mcap")[1] == "whole"


def test_a_file_that_was_closed_stops_the_log_alone(tmp_path):
    file = open(tmp_path / "a.mcap", "wb", buffering=0)
    device = Device(Line(), log=file)
    file.close()
    with pytest.warns(RuntimeWarning, match="closed file"):
        session(device)


def test_no_other_file_goes_for_a_log(tmp_path):
    (tmp_path / "a.mcap").write_text("mine")
    with pytest.raises(DataError, match="is there already"):
        Device(Line(), log=tmp_path / "a.mcap")
    with pytest.raises(DataError, match="No such file"):
        Device(Line(), log=tmp_path / "no" / "a.mcap")
    assert (tmp_path / "a.mcap").read_text() == "mine"


def test_a_key_is_not_in_the_log(tmp_path, monkeypatch):
    monkeypatch.setattr(keys, "folder", lambda: tmp_path / "keys", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    key = bytes(range(100, 132))
    with Device(Line(), log=tmp_path / "a.mcap") as device:
        device.pair(key)
        device.configure(**CONFIG)
        device.unpair()
    content = (tmp_path / "a.mcap").read_bytes()
    assert key not in content and key.hex().encode() not in content
    assert [name for name, *_ in read(tmp_path / "a.mcap")[0]].count("pair") == 2


def test_what_is_refused_is_in_the_log_with_its_words(tmp_path):
    with Device(Line(), log=tmp_path / "a.mcap") as device:
        with pytest.raises(DeviceError):
            device.learn([1, 2, 3], 0)
        device.configure(**CONFIG)
        with pytest.raises(KernelError):
            device.learn([1, 2, 3], 9)
    refused = [it.exchanged for it in open_log(tmp_path / "a.mcap") if it.exchanged.status]
    assert [it.status for it in refused] == [spec.ERROR_UNCONFIGURED, spec.ERROR_LABEL]
    assert "9 given" in refused[1].words


def test_a_log_does_not_change_what_a_board_becomes(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain, logged = Device(Line()), Device(Line(), log=tmp_path / "a.mcap")
        assert session(plain) == session(logged)


def test_a_computer_without_mcap_has_no_half_log_and_all_else(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcap.writer", None)
    with pytest.raises(ModuleNotFoundError, match="mcap"):
        Device(Line(), log=tmp_path / "a.mcap")
    assert not (tmp_path / "a.mcap").exists()
    assert Device(Line()).log is None
