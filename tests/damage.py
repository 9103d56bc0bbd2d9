# SPDX-License-Identifier: MIT
"""Damaged frames for an emulated board: its replies are those of the service over the mirror, and so is its network.

    make damage                                    10,000 inputs each on an STM32F405 and a Cortex-M0; FRAMES=10000
    python tests/damage.py stm32f405_qemu --frames 500 --seed 1

Bits flip, frames are cut, doubled, joined, repeated, have a wrong checksum, length, version or session, or come in noise.
To each that is whole one reply comes, no other, and what it says is what the model's twin says, but for time and memory.
"""

import argparse
import collections
import struct
import sys
import time

import numpy as np

from deeplomath import Device, spec
from deeplomath.link import emulator, frame, layout
from fuzz_frame import CONFIG, MAKES, Host
from wire import dlm_session, dlm_spec, replies_of

UNFIT = ("exit", "pair", "challenge", "open", "hello", "info", "cost")  # which end it, or tell of the board itself
WAIT = 30  # seconds for a reply
TOLD = ("ticks", "footprint")  # which are the board's own
CONFIGURE = struct.pack(dlm_spec.LAYOUTS[spec.OPCODE_CONFIGURE][2], *CONFIG.values())


class Twin:
    """The service in this process, over the mirror."""

    def __init__(self):
        self.session = dlm_session.Session(MAKES[1])
        self.handlers = self.session.handlers

    def take(self, data):
        return frame.Decoder().feed(b"".join(bytes(it) for it in replies_of(self.session, data)))


def is_fit(data):
    """Whether the whole frames in these bytes are such as the twin can foresee."""
    for it in frame.Decoder().feed(b"\0" + data + b"\0"):
        name = spec.OPCODES.get(it.opcode, "").lower()
        late = name in ("learn", "teach") and it.payload[2:4] != b"\0\0"  # a rebuild that goes on between requests
        if name in UNFIT or late or (name == "configure" and it.payload != CONFIGURE):
            return False
    return True


def said(reply):
    """What a reply says, but for what is the board's own."""
    opcode, status = reply.opcode & ~spec.WIRE_REPLY, struct.unpack_from("<b", reply.payload)[0]
    if status or opcode not in layout.REPLIES:
        return reply[:3], status
    it, body = layout.REPLIES[opcode], reply.payload[1:]
    if opcode == spec.OPCODE_SAMPLES or len(body) < it.form.size:
        return reply[:3], status, body[:2]  # its events carry times of their own; the digests tell the rest
    return reply[:3], status, {key: n for key, n in it.unpack(body).items() if key not in TOLD}, body[it.form.size :]


def receive(transport, count):
    """So many replies, or all that came when none did for WAIT."""
    decoder, found, end = frame.Decoder(), [], time.monotonic() + WAIT
    while len(found) < count and time.monotonic() < end:
        data = transport.read(0.5)
        found += decoder.feed(data)
        end = time.monotonic() + WAIT if data else end
    return found


def run(port, frames, seed, say=lambda words: None):
    """Sends so many inputs, and compares each reply and at last the network; AssertionError names the input."""
    draw, twin, outcomes, sent = np.random.default_rng(seed), Twin(), collections.Counter(), 0
    host = Host(draw, twin, False)
    with Device(port, timeout=WAIT) as device:
        twin.take(frame.encode(spec.OPCODE_HELLO, 65000))
        while sent < frames:
            data = host.damaged(host.request())
            if not is_fit(data):
                continue
            sent += 1
            data = b"\0" + data + b"\0"
            wanted = twin.take(data)
            device._transport.write(data)
            got = receive(device._transport, len(wanted))
            assert list(map(said, got)) == list(map(said, wanted)), f"input {sent}, {data.hex()}: {got}, not {wanted}"
            for reply in got:
                status = struct.unpack_from("<b", reply.payload)[0]
                outcomes[spec.ERRORS.get(status, "done")] += 1
                host.note(reply._replace(opcode=reply.opcode & ~spec.WIRE_REPLY), reply)
            if sent % 100 == 0:
                say(f"{sent} inputs: {dict(outcomes)}")
        assert device.digest() == twin.handlers.network.digest()
        assert bytes(device.export()) == bytes(twin.handlers.network.export())
        device.exit()
    return outcomes


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("board")
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=14)
    asked = parser.parse_args()
    with emulator.Emulator(asked.board) as board:
        outcomes = run(board.port, asked.frames, asked.seed, lambda words: print(words, flush=True))
    print(f"{asked.board}: {asked.frames} inputs, digest equal; replies: {dict(outcomes)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
