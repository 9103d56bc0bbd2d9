# SPDX-License-Identifier: MIT
"""PROTOCOL.md says what the code does. `python tests/link/test_protocol_document.py` writes the dumps anew."""

import re
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deeplomath import spec  # noqa: E402
from deeplomath.link import client, frame, link  # noqa: E402
from wire import BOARD_MODULE, ROOT, dlm_service, replies_of  # noqa: E402

TEXT = (ROOT / "shared_spec" / "PROTOCOL.md").read_text()
EXAMPLES = ROOT / "shared_spec" / "wire-examples.md"
DUMPS = EXAMPLES.read_text()
KINDS = {"u8": "B", "u16": "H", "u32": "I", "i8": "b", "i16": "h", "i32": "i", "u64": "Q"}
WIDTH = 16  # bytes a line of a dump


def rows(text):
    """The cells of every row of every table in the text, headings left out."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    return [row for row in cells if row[0] not in ("field", "opcode", "status", "constant", "---")]


def section(title):
    """The text under the heading that ends in the title, up to the next heading."""
    return re.search(rf"^#+ [\d.]+ {title}\n(.*?)(?=^#|\Z)", TEXT, re.M | re.S)[1]


def fields(table):
    """A table of fields in the notation of client.REQUESTS, and the name and kind of what follows the fixed part."""
    fixed = [(row[0], row[1].split()[0]) for row in table]
    tail = [it for it in fixed if it[1] not in KINDS]
    assert fixed[len(fixed) - len(tail) :] == tail
    return " ".join(f"{name}:{KINDS[kind]}" for name, kind in fixed if kind in KINDS), tail


@pytest.mark.parametrize("opcode", spec.OPCODES)
def test_the_tables_of_each_opcode_are_those_of_client_and_service(opcode):
    text = section(spec.OPCODES[opcode].upper())
    request, reply = re.split(r"(?:^|\s)Reply:", text, maxsplit=1)
    sent, tail = fields(rows(request))
    assert sent == client.REQUESTS[opcode]
    item = {"u8[]": 1, "i16[]": 2, "u32[]": 4}[tail[0][1]] if tail else 0
    assert dlm_service.REQUESTS[opcode] == (client._layout(sent)[1].format, item)
    got, _ = fields(rows(reply))
    assert got == client.REPLIES[opcode]
    assert dlm_service.REPLIES[opcode] == client._layout(got)[1].format


def test_the_table_of_opcodes_is_that_of_the_spec():
    table = rows(section("Requests"))
    assert {int(row[0]): row[1].lower() for row in table} == spec.OPCODES
    bound = {row[1].lower(): row[3] == "yes" for row in table}
    assert bound == {name: opcode not in dlm_service.UNBOUND for opcode, name in spec.OPCODES.items()}


def test_the_table_of_errors_is_that_of_the_spec():
    assert {int(row[0]): row[1] for row in rows(section("Errors"))} == {0: "", **spec.ERRORS}


def test_the_table_of_constants_is_that_of_the_spec():
    for name, value, _ in rows(section("Frames")):
        assert int(value) == getattr(spec, name), name


def test_the_limits_are_those_of_the_spec():
    numbers = [row for row in rows(section("CONFIGURE").split("Reply:")[0]) if row[2].startswith("1..")]
    limits = {row[0]: row[2] for row in numbers}
    assert len(limits) == 5
    highest = {name: getattr(spec, "LIMIT_" + name.upper()) for name in limits}
    assert limits == {name: f"1..{value}" for name, value in highest.items()}
    assert f"| channels | u16 | 1..{spec.LIMIT_CHANNELS} |" in TEXT
    room = spec.WIRE_FRAME_MAX - spec.WIRE_HEADER - spec.WIRE_CHECKSUM
    assert f"payload, 0..{room} bytes" in TEXT
    assert f"at most {(room - 2) // 2} in all" in TEXT


def conversation():
    """The messages of the document in their order: title and wire bytes, made by a service over the mirror."""
    kept = dlm_service.heap_free, dlm_service.board, dlm_service.implementation
    dlm_service.heap_free, dlm_service.board = (lambda: 61440, lambda: "Deeplomath with STM32F405")
    dlm_service.implementation = lambda: "micropython 1.25.0 armv7emsp"
    service = dlm_service.Service(BOARD_MODULE)
    service._ticks, service._tick_kind = iter(range(0, 10**9, 250000)).__next__, 1
    sequence, said = 0x0106, {}

    def say(name, payload=b"", request="{} request", reply="{} reply", **options):
        nonlocal sequence
        sequence += 1
        wire = frame.encode(getattr(spec, "OPCODE_" + name), sequence, payload, **options)
        said[request.format(name)] = wire
        said[reply.format(name)] = bytes(next(replies_of(service, wire)))

    def int16(*values):
        return np.array(values, "<i2").tobytes()

    try:
        say("HELLO")
        say("COST", struct.pack("<HBHBBB", 3, 2, 4, 4, 0, 1))
        say("CONFIGURE", struct.pack("<HBHBHBB", 3, 2, 4, 4, 50, 0, 1))
        say("LEARN", struct.pack("<hH", 1, 0) + int16(100, -200, 300))
        say(
            "LEARN",
            struct.pack("<hH", 9, 0) + int16(0, 0, 0),
            "{} request with a wrong label",
            "{} reply with an error",
        )
        say("INFER", int16(100, -190, 300))
        say("DIGEST")
        say("INFO")
        say("EXPORT", struct.pack("<I", 0))
        state = service.network.export()
        say("LOAD", struct.pack("<II", 0, len(state)) + state)
        pending = "{} request with flag 1", "{} reply ahead of the rebuild"
        say("LEARN", struct.pack("<hH", 0, 1) + int16(-5000, 20, 9000), *pending)
        say("BUILD", struct.pack("<I", 1000000))
        say("UNDO")
        say("INFER", int16(30000, 0, -30000), "{} request of an unknown", "{} reply of an unknown")
        say("UNKNOWNS")
        say("UNKNOWN", struct.pack("<I", service.network.unknowns()[-1]))
        say("NAME", struct.pack("<hI", 0, service.network.unknowns()[-1]))
        say("INFER", int16(29000, 0, -29000), "{} request to be corrected", "{} reply to be corrected")
        say("CORRECT", struct.pack("<h", 1))
        say("DROP")
        say("RELABEL", struct.pack("<Ih", 1, 1))
        say("FORGET", struct.pack("<I", 1))
        say("RENAME_CLASS", struct.pack("<hh", 1, 0))
        say("DROP_CLASS", struct.pack("<h", 0))
        say("FREEZE", b"\1")
        say("FEATURES", struct.pack("<H", 2) + int16(0, 5, 4, 5, 0, 5, 4, 5))
        say("DIGEST", b"", "{} request of version 2", "refusal of version 2", version=2)
        say("EXIT")
        sequence = PROBE - 1
        say("HELLO", b"", "{} probe", "refusal of the probe", version=link.PROBE_VERSION)
    finally:
        dlm_service.heap_free, dlm_service.board, dlm_service.implementation = kept
    return said


def dump(wire):
    """The lines of a dump: the body part by part, each with what it means, then the bytes on the wire."""
    (it,) = frame.Decoder().feed(wire)
    header = frame.HEADER.pack(*it[:3])
    opcode, replied = it.opcode & ~spec.WIRE_REPLY, it.opcode & spec.WIRE_REPLY
    name = spec.OPCODES[opcode].upper() + (" reply" if replied else "")
    parts = [(header, f"version {it.version}, {name}, sequence 0x{it.sequence:04x}")]
    rest = it.payload
    layout = client.REQUESTS[opcode]
    if replied:
        status = struct.unpack_from("<b", rest)[0]
        parts.append((rest[:1], f"status {status}" + (f", {spec.ERRORS[status]}" if status else "")))
        rest, layout = rest[1:], "" if status else client.REPLIES[opcode]
    names, _ = client._layout(layout)
    for field in layout.split():
        label, kind = field.split(":")
        size = struct.calcsize(kind)
        value = struct.unpack_from("<" + kind, rest)[0]
        shown = f"0x{value:08x}" if label == "digest" else value
        parts.append((rest[:size], f"{label} {shown}"))
        rest = rest[size:]
    parts += tail(opcode, replied and status, rest, replied)
    body_size = spec.WIRE_HEADER + len(it.payload)
    checksum = frame.cobs.decode(wire.strip(b"\0"))[body_size:]
    parts.append((checksum, "checksum"))
    lines = []
    for data, meaning in parts:
        for at in range(0, len(data), WIDTH):
            line = data[at : at + WIDTH].hex(" ")
            lines.append(f"body  {line:{3 * WIDTH + 1}}{'' if at else meaning}".rstrip())
    lines += [f"wire  {wire[at : at + WIDTH].hex(' ')}" for at in range(0, len(wire), WIDTH)]
    return "\n".join(lines)


def tail(opcode, failed, rest, replied):
    """What follows the fixed part of a payload, part by part."""
    if failed:
        return [(rest, f'"{rest.decode()}"')]
    if replied and opcode == spec.OPCODE_HELLO:
        parts = []
        for name in ("library", "board", "implementation"):
            size = 1 + rest[0]
            parts.append((rest[:size], f'{name} "{rest[1:size].decode()}"'))
            rest = rest[size:]
        return parts
    if not rest:
        return []
    if opcode in (spec.OPCODE_EXPORT, spec.OPCODE_LOAD):
        return [(rest, "chunk")]
    if replied and opcode == spec.OPCODE_INFER:
        near = len(rest) - 4 * CLASSES
        return [numbers("I", "nearest", rest[:near]), numbers("i", "outputs", rest[near:])]
    kind, name = TAILS.get((opcode, replied > 0), ("h", "x"))
    return [numbers(kind, name, rest)]


PROBE = 0x4643  # a sequence that make_probe may choose
CLASSES = 2  # of the network in the dumps
TAILS = {
    (spec.OPCODE_FEATURES, False): ("h", "samples"),
    (spec.OPCODE_FEATURES, True): ("h", "features"),
    (spec.OPCODE_UNKNOWN, True): ("h", "features"),
    (spec.OPCODE_UNKNOWNS, True): ("I", "unknowns"),
    (spec.OPCODE_NAME, False): ("I", "unknowns"),
}


def numbers(kind, name, data):
    """A part of a dump: the bytes of an array, and its numbers."""
    values = struct.unpack(f"<{len(data) // struct.calcsize(kind)}{kind}", data)
    return data, f"{name} " + ", ".join(str(value) for value in values)


DUMP = re.compile(r"^```dump (.*)\n((?:.*\n)*?)```$", re.M)


def test_every_dump_is_what_the_codecs_make_of_the_conversation():
    said = conversation()
    shown = dict(DUMP.findall(DUMPS))
    assert set(shown) <= set(said) and len(shown) >= 20
    for title, lines in shown.items():
        assert lines == dump(said[title]) + "\n", f"{title}: run python tests/link/test_protocol_document.py"


def test_the_probe_shown_is_one_that_the_host_sends(monkeypatch):
    letters = iter(PROBE.to_bytes(2, "big"))
    monkeypatch.setattr(link.secrets, "choice", lambda _: bytes([next(letters)]))
    assert link.make_probe().wire == conversation()["HELLO probe"]


def test_every_opcode_has_a_dump_of_its_reply():
    assert {f"{name.upper()} reply" for name in spec.OPCODES.values()} <= {title for title, _ in DUMP.findall(DUMPS)}


if __name__ == "__main__":
    made = conversation()
    EXAMPLES.write_text(DUMP.sub(lambda found: f"```dump {found[1]}\n{dump(made[found[1]])}\n```", DUMPS))
