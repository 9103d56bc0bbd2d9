# SPDX-License-Identifier: MIT
"""PROTOCOL.md and wire-examples.md say what the code does. `python tests/link/test_protocol_document.py` writes the dumps."""

import re
import struct
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deeplomath import spec  # noqa: E402
from deeplomath.link import exchange, frame, layout, pair  # noqa: E402
from sources import Recording  # noqa: E402
from streaming import statistics  # noqa: E402
from wire import BOARD_MODULE, ROOT, dlm_handlers, dlm_keeper, dlm_live, dlm_session, dlm_spec, dlm_store, replies_of  # noqa: E402  # noqa: E402

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


def table(name):
    """The rows of the table behind the marker of this name; none where it has no table."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", TEXT, re.S)
    return rows(found[1]) if found else []


def fields(name):
    """The names and the struct format of the numbers in a table, and the type of what stands behind them."""
    found = []
    for row in table(name):
        chosen = table("config") if row[0] == "*config*" else [row]
        without = row[2].partition("without ")[2].split(", ")
        found += [(it[0], it[1].split()[0]) for it in chosen if it[0] not in without]
    fixed = [it for it in found if it[1] in KINDS]
    assert found[: len(fixed)] == fixed
    form = "<" + "".join(KINDS[kind] for _, kind in fixed)
    return tuple(name for name, _ in fixed), form, [kind for _, kind in found[len(fixed) :]]


@pytest.mark.parametrize("opcode", spec.OPCODES)
def test_the_tables_of_each_opcode_are_the_layouts_of_the_host(opcode):
    name = spec.OPCODES[opcode]
    (row,) = [it for it in table("opcodes") if it[0] == str(opcode)]
    asked, replied = layout.REQUESTS[opcode], layout.REPLIES[opcode]
    names, form, tail = fields(f"request {name}")
    assert (names, form) == (asked.names, asked.form.format)
    sizes = {"u8[]": 1, "i16[]": 2, "u32[]": 4}
    assert [sizes[kind] for kind in tail] == ([dlm_spec.LAYOUTS[opcode][3]] if tail else [])
    assert fields(f"reply {row[4].lower() or name}")[:2] == (replied.names, replied.form.format)


def test_the_table_of_opcodes_is_that_of_the_spec_and_leads_to_the_sections():
    headings = re.findall(r"^### 6\.(\d+) (\w+)$", TEXT, re.M)
    assert {int(number): name.lower() for number, name in headings} == spec.OPCODES
    for number, linked, _, bound, _ in table("opcodes"):
        name = spec.OPCODES[int(number)]
        assert linked == f"[{name.upper()}](#6{number}-{name})"
        assert bound == ("no" if int(number) in spec.UNBOUND else "yes")
    assert len(table("opcodes")) == len(spec.OPCODES)


def test_the_table_of_errors_is_that_of_the_spec():
    assert {int(row[0]): row[1] for row in rows(section("Errors"))} == {0: "", **spec.ERRORS}


def test_the_table_of_constants_is_that_of_the_spec():
    for name, value, _ in rows(section("Frames")):
        assert int(value) == getattr(spec, name), name


def test_the_limits_are_those_of_the_spec():
    limits = {row[0]: row[2].split(":")[0] for row in table("config") if row[2].startswith("1..")}
    assert len(limits) == 5
    highest = {name: getattr(spec, "LIMIT_" + name.upper()) for name in limits}
    assert limits == {name: f"1..{value}" for name, value in highest.items()}
    assert f"1..{spec.LIMIT_UNKNOWNS} unknown ids" in TEXT and f"at most {spec.LIMIT_UNKNOWNS}, no two alike" in TEXT
    room = layout.ROOM
    assert f"payload, 0..{room} bytes" in TEXT
    assert spec.TAILS[spec.OPCODE_SAMPLES] == room - 1 - layout.REPLIES[spec.OPCODE_SAMPLES].form.size
    assert spec.SIGNAL_PROGRAM <= room - layout.REQUESTS[spec.OPCODE_MODEL].form.size


def conversation():
    """The messages of the document in their order: title and wire bytes, made by a service over the mirror."""
    kept = dlm_handlers.heap_free, dlm_handlers.board, dlm_handlers.implementation
    dlm_handlers.heap_free, dlm_handlers.board = (lambda: 61440, lambda: "Deeplomath with STM32F405")
    dlm_handlers.implementation = lambda: "micropython 1.25.0 armv7emsp"
    folder = tempfile.TemporaryDirectory()
    session = dlm_session.Session(BOARD_MODULE, folder.name + "/")
    handlers = session.handlers
    handlers._ticks, handlers._tick_kind = iter(range(0, 10**9, 250000)).__next__, 1
    sequence, said, encode = 0x0106, {}, frame.encode

    def say(name, payload=b"", request="{} request", reply="{} reply", **options):
        nonlocal sequence
        sequence += 1
        wire = encode(getattr(spec, "OPCODE_" + name), sequence, payload, **options)
        said[request.format(name)] = wire
        said[reply.format(name)] = bytes(next(replies_of(session, wire)))

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
        state = handlers.network.export()
        say("LOAD", struct.pack("<II", 0, len(state)) + state)
        pending = "{} request with flag 1", "{} reply ahead of the rebuild"
        say("LEARN", struct.pack("<hH", 0, 1) + int16(-5000, 20, 9000), *pending)
        say("BUILD", struct.pack("<I", 1000000))
        say("UNDO")
        say("INFER", int16(30000, 0, -30000), "{} request of an unknown", "{} reply of an unknown")
        say("UNKNOWNS")
        say("UNKNOWN", struct.pack("<I", handlers.network.unknowns()[-1]))
        say("NAME", struct.pack("<hI", 0, handlers.network.unknowns()[-1]))
        say("INFER", int16(29000, 0, -29000), "{} request to be corrected", "{} reply to be corrected")
        say("CORRECT", struct.pack("<h", 1))
        say("DROP")
        say("RELABEL", struct.pack("<Ih", 1, 1))
        say("FORGET", struct.pack("<I", 1))
        say("RENAME_CLASS", struct.pack("<hh", 1, 0))
        say("DROP_CLASS", struct.pack("<h", 0))
        say("MODEL", struct.pack("<BBB", 3, 0, 1) + statistics(1, 4, 2))
        say("TEACH", struct.pack("<hHI", 1, 0, 1))
        lesson = "{} request while taught", "{} reply of a lesson"
        say("SAMPLES", struct.pack("<IH", 0, 1) + int16(0, 50, 40, 70, 20, 60, 90), *lesson)
        say("SAMPLES", struct.pack("<IH", 0, 1) + int16(20, 60, 90))
        say("FRONT")
        dlm_live.Live(Recording(int16(20, 60, 90, 10, 30, 50), 1, clock=int), handlers, clock=int)
        say("LIVE", b"\1")
        for _ in range(4):
            handlers.sampler.step()
        say("LISTEN", struct.pack("<I", 0))
        say("LIVE", b"\0", "{} request to rest", "{} reply at rest")
        say("NAMES", b"motion\0rest\0walk")
        with tempfile.TemporaryDirectory() as disk:
            handlers.keeper = dlm_keeper.Keeper(handlers, dlm_store.Store(disk))
            handlers.keeper.start()
            say("SAVE")
            say("RESTORE")
            handlers.keeper = None
        say("DROP_CLASS", struct.pack("<h", 1), "{} request of a class", "{} reply of a class")
        say("TEACH", struct.pack("<hHI", 0, 0, 1), "{} request of one more", "{} reply of one more")
        say("FREEZE", b"\1")
        frozen = "{} request while frozen", "{} reply of a refused event"
        say("SAMPLES", struct.pack("<IH", 100, 0) + int16(0, 50, 40, 70), *frozen)
        say("DIGEST", b"", "{} request of version 3", "refusal of version 3", version=3)
        say("PAIR", KEY)
        session._guard._nonce, session._guard._identity = lambda: NONCES[16:], IDENTITY
        say("CHALLENGE", NONCES[:16])
        proofs = pair.proofs(KEY, NONCES[:16], NONCES[16:], IDENTITY)
        say("OPEN", proofs.of_host)
        say("DIGEST", b"", "{} request of nobody", "refusal without a session")
        encode = pair.Session(proofs.session, sequence - 1).encode
        say("DIGEST", b"", "{} request in a session", "{} reply in a session")
        say("PAIR", b"", "{} request that takes the key away", "{} reply behind it")
        encode = frame.encode
        say("EXIT")
        sequence = PROBE - 1
        say("HELLO", b"", "{} probe", "refusal of the probe", version=exchange.PROBE_VERSION)
    finally:
        dlm_handlers.heap_free, dlm_handlers.board, dlm_handlers.implementation = kept
        folder.cleanup()
    return said


def dump(wire):
    """The lines of a dump: the body part by part, each with what it means, then the bytes on the wire."""
    (it,) = frame.Decoder().feed(wire)
    header = frame.HEADER.pack(*it[:3])
    opcode, replied = it.opcode & ~spec.WIRE_REPLY, it.opcode & spec.WIRE_REPLY
    name = spec.OPCODES[opcode].upper() + (" reply" if replied else "")
    sealed = it.version & spec.WIRE_SEALED
    version = f"version {it.version ^ sealed}{', sealed' if sealed else ''}"
    parts = [(header, f"{version}, {name}, sequence 0x{it.sequence:04x}")]
    rest = it.payload[: -spec.WIRE_MAC] if sealed else it.payload
    fields, form = layout.REQUESTS[opcode]
    if replied:
        status = struct.unpack_from("<b", rest)[0]
        parts.append((rest[:1], f"status {status}" + (f", {spec.ERRORS[status]}" if status else "")))
        rest, (fields, form) = rest[1:], ((), struct.Struct("<")) if status else layout.REPLIES[opcode]
    for label, kind in zip(fields, form.format[1:]):
        size = struct.calcsize("<" + kind)
        value = struct.unpack_from("<" + kind, rest)[0]
        shown = f"0x{value:08x}" if label == "digest" else value
        parts.append((rest[:size], f"{label} {shown}"))
        rest = rest[size:]
    parts += tail(opcode, replied and status, rest, replied)
    parts += [(it.payload[-spec.WIRE_MAC :], "MAC")] if sealed else []
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
        for name in ("library", "board", "implementation", "names"):
            size = 1 + rest[0]
            parts.append((rest[:size], f'{name} "{rest[1:size].decode()}"'))
            rest = rest[size:]
        return parts
    if not rest:
        return []
    if replied and opcode in (spec.OPCODE_SAMPLES, spec.OPCODE_LISTEN):
        return events(rest)
    if replied and opcode == spec.OPCODE_LIVE:
        return [(rest, f'fault "{rest[1:].decode()}"')]
    if opcode == spec.OPCODE_NAMES:
        return [(rest, "names " + ", ".join(rest.decode().split("\0")))]
    if opcode == spec.OPCODE_CHALLENGE and replied:
        return [(rest[: spec.WIRE_NONCE], "nonce"), (rest[spec.WIRE_NONCE :], "identity")]
    if opcode in SECRETS:
        return [(rest, SECRETS[opcode])]
    if opcode == spec.OPCODE_MODEL:
        return [(rest, "program")]
    if opcode in (spec.OPCODE_EXPORT, spec.OPCODE_LOAD):
        return [(rest, "chunk")]
    if replied and opcode == spec.OPCODE_INFER:
        near = len(rest) - 4 * CLASSES
        return [numbers("I", "nearest", rest[:near]), numbers("i", "outputs", rest[near:])]
    kind, name = TAILS.get((opcode, replied > 0), ("h", "x"))
    return [numbers(kind, name, rest)]


def fixed(form, rest):
    """The parts of the numbers of a layout, and what stands behind them."""
    parts, names = [], form.names
    for label, kind in zip(names, form.form.format[1:]):
        size = struct.calcsize("<" + kind)
        parts.append((rest[:size], f"{label} {struct.unpack_from('<' + kind, rest)[0]}"))
        rest = rest[size:]
    return parts, rest


def events(rest):
    """The events of a reply to SAMPLES or LISTEN, part by part."""
    parts = []
    while rest:
        head = layout.EVENT.unpack(rest)
        more, rest = fixed(layout.EVENT, rest)
        parts += more
        if head["outcome"] == spec.OUTCOME_ANSWERED:
            form = layout.REPLIES[spec.OPCODE_INFER]
            near = 4 * form.unpack(rest)["n_nearest"]
            more, rest = fixed(form, rest)
            lists = numbers("I", "nearest", rest[:near]), numbers("i", "outputs", rest[near : near + 4 * CLASSES])
            parts, rest = [*parts, *more, *lists], rest[near + 4 * CLASSES :]
        elif head["outcome"] == spec.OUTCOME_LEARNED:
            more, rest = fixed(layout.REPLIES[spec.OPCODE_LEARN], rest)
            parts += more
        else:
            size = 2 + rest[1]
            status = struct.unpack_from("<b", rest)[0]
            parts += [
                (rest[:1], f"status {status}, {spec.ERRORS[status]}"),
                (rest[1:size], f'text "{rest[2:size].decode()}"'),
            ]
            rest = rest[size:]
        if head["n_features"]:
            parts.append(numbers("h", "features", rest[: 2 * head["n_features"]]))
            rest = rest[2 * head["n_features"] :]
    return parts


PROBE = 0x4643  # a sequence that make_probe may choose
CLASSES = 2  # of the network in the dumps
KEY, NONCES = bytes(range(100, 132)), bytes(range(160, 192))
IDENTITY = bytes.fromhex("3a0034000f51363034373636")  # as an STM32 has it
SECRETS = {spec.OPCODE_CHALLENGE: "nonce", spec.OPCODE_OPEN: "proof", spec.OPCODE_PAIR: "key"}
TAILS = {
    (spec.OPCODE_SAMPLES, False): ("h", "samples"),
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
    monkeypatch.setattr(exchange.secrets, "choice", lambda _: bytes([next(letters)]))
    assert exchange.make_probe().wire == conversation()["HELLO probe"]


def test_every_opcode_has_a_dump_of_its_reply():
    assert {f"{name.upper()} reply" for name in spec.OPCODES.values()} <= {title for title, _ in DUMP.findall(DUMPS)}


if __name__ == "__main__":
    made = conversation()
    for name in (it.upper() for it in spec.OPCODES.values()):
        if f"```dump {name} reply\n" not in DUMPS:  # an opcode without an example: here is its place
            DUMPS += f"\n## {name}\n\n```dump {name} request\n```\n\n```dump {name} reply\n```\n"
    EXAMPLES.write_text(DUMP.sub(lambda found: f"```dump {found[1]}\n{dump(made[found[1]])}\n```", DUMPS))
