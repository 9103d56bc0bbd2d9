# SPDX-License-Identifier: MIT
"""Makes frame.json with a textbook byte-by-byte COBS and a bit-by-bit CRC-32 that share nothing with either codec.

python shared_spec/vectors/make_frame.py [--check]
"""

import json
import sys
from pathlib import Path

OUT = Path(__file__).with_name("frame.json")
FRAME_MAX = 2208
VERSION = 2


def crc32(data):
    """CRC-32 of IEEE 802.3, one bit at a time."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def stuff(data):
    """COBS as Cheshire and Baker wrote it in 1999, one byte at a time, without a last empty block."""
    out, block = bytearray(), bytearray()
    for at, byte in enumerate(data):
        if byte:
            block.append(byte)
        if not byte or (len(block) == 254 and at + 1 < len(data)):
            out.append(len(block) + 1)
            out += block
            block.clear()
    out.append(len(block) + 1)
    return bytes(out + block)


def body(opcode, sequence, payload, version=VERSION):
    """Header, payload and checksum."""
    head = bytes([version, opcode, sequence & 255, sequence >> 8]) + payload
    return head + crc32(head).to_bytes(4, "little")


def wire(data):
    """The body as it travels."""
    return b"\0" + stuff(data) + b"\0"


def run(length):
    """A payload with which the whole body is `length` bytes without a zero."""
    for salt in range(1, 256):
        payload = bytes([salt]) + bytes(1 + i % 255 for i in range(length - 9))
        if 0 not in body(3, 0x0101, payload):
            return payload
    raise AssertionError(length)


def cases():
    """The cases of frame.json."""
    for name, note, opcode, sequence, payload in valid():
        yield {
            "name": name,
            "note": note,
            "flags": ["valid"],
            "version": VERSION,
            "opcode": opcode,
            "sequence": sequence,
            "payload": payload.hex(),
            "wire": wire(body(opcode, sequence, payload)).hex(),
        }
    for name, note, data in dropped():
        yield {"name": name, "note": note, "flags": ["dropped"], "wire": data.hex()}


def valid():
    """(name, note, opcode, sequence, payload) of each frame that is one."""
    sent = [
        ("empty", "the shortest frame there is", 1, 0x0102, b""),
        ("zeros", "one block a byte: an off-by-one in the code shows at once", 4, 0, bytes(12)),
        ("event", "a learn of three features, one negative", 3, 7, bytes.fromhex("0200640038ff2c01")),
        ("ctrl_c", "every key that a REPL acts on is a byte like any other", 4, 1, b"\x01\x02\x03\x04\x05\x03\x03\r\n"),
        ("last_zero", "a checksum may end in a zero byte: an encoder that stops at it loses a block", 9, 0, b""),
        ("run_253", "a block one short of full", 3, 0x0101, run(253)),
        ("run_254", "a full block at the very end: no empty block may follow", 3, 0x0101, run(254)),
        ("run_255", "a full block, then one byte: the inserted code stands for no zero", 3, 0x0101, run(255)),
        (
            "run_508",
            "two full blocks at the end: the shift of the second must not touch the first",
            3,
            0x0101,
            run(508),
        ),
        (
            "run_then_zero",
            "254 bytes, then a zero: the block between them is empty",
            5,
            0x0101,
            b"\x05" * 250 + bytes(3),
        ),
        ("longest", "the longest frame there is, without zeros", 8, 0x0101, run(FRAME_MAX)),
        ("longest_zeros", "the longest frame there is, of zeros", 8, 0, bytes(FRAME_MAX - 8)),
    ]
    for sequence in range(1 << 16):  # search for a checksum that ends in zero
        if body(9, sequence, b"")[-1] == 0 and sequence & 255:
            sent[4] = (*sent[4][:3], sequence, b"")
            break
    return sent


def dropped():
    """(name, note, what travels) of all that is none."""
    good = body(3, 7, bytes.fromhex("0200640038ff2c01"))
    return [
        ("bad_checksum", "one bit of the payload turned", wire(good[:6] + bytes([good[6] ^ 1]) + good[7:])),
        ("bad_checksum_order", "the checksum in big-endian order", wire(good[:-4] + good[:-5:-1])),
        (
            "short",
            "seven bytes are no frame, whatever their checksum",
            wire(good[:3] + crc32(good[:3]).to_bytes(4, "little")),
        ),
        ("truncated", "the last two bytes are missing: the code points past the end", wire(good)[:-3] + b"\0"),
        (
            "overlong",
            "one byte more than fits, checksum right: nothing may be written behind the buffer",
            wire(body(8, 0x0101, run(FRAME_MAX) + b"\x01")),
        ),
        (
            "overlong_zeros",
            "the same of zeros: the decoded length counts",
            wire(body(8, 0, bytes(FRAME_MAX - 7))),
        ),
        ("endless", "three frames' worth of bytes without an end", b"\0" + b"\xff" * (3 * FRAME_MAX) + b"\0"),
        (
            "overlong_tail",
            "noise, then the longest frame with no zero ahead: the end of what stands between two zeros is no frame",
            b"\0" + b"\xff" * 100 + stuff(body(8, 0x0101, run(FRAME_MAX))) + b"\0",
        ),
        ("text", "what a REPL says", b"\0>>> import dlm_main; dlm_main.serve()\r\n\0"),
    ]


def main():
    """Writes frame.json, or with --check compares."""
    about = "Frames of PROTOCOL.md: `wire` travels, zeros at both ends. dropped: a decoder says nothing and goes on."
    text = json.dumps({"about": about, "cases": list(cases())}, indent=1) + "\n"
    if "--check" in sys.argv:
        sys.exit(OUT.read_text() != text and f"{OUT.name} is not what make_frame.py makes")
    OUT.write_text(text)


if __name__ == "__main__":
    main()
