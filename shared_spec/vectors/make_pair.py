# SPDX-License-Identifier: MIT
"""Makes pair.json with a SHA-256 and an HMAC written from FIPS 180-4 and RFC 2104 alone, and the frames of make_frame.py.

python shared_spec/vectors/make_pair.py [--check]
"""

import json
import sys
from pathlib import Path

from make_frame import VERSION, body, wire

OUT = Path(__file__).with_name("pair.json")
SEALED, REPLY = VERSION | 128, 128
HELLO, DIGEST, EXIT, CHALLENGE, OPEN = 1, 5, 10, 33, 34
UNCONFIGURED = bytes([256 - 35]) + b"network: none yet, CONFIGURE first"
PRIMES = [n for n in range(2, 312) if all(n % it for it in range(2, n))]


def root(n, power):
    """The first 32 bits of the fraction of the square or cube root of n."""
    low, high = 0, n << 32
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if middle**power <= n << 32 * power else (low, middle)
    return low & 0xFFFFFFFF


def turn(x, n):
    return (x >> n | x << 32 - n) & 0xFFFFFFFF


def sha256(data):
    """FIPS 180-4, section 6.2."""
    data += b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "big")
    state = [root(p, 2) for p in PRIMES[:8]]
    for start in range(0, len(data), 64):
        w = [int.from_bytes(data[at : at + 4], "big") for at in range(start, start + 64, 4)]
        for t in range(16, 64):
            s0 = turn(w[t - 15], 7) ^ turn(w[t - 15], 18) ^ w[t - 15] >> 3
            s1 = turn(w[t - 2], 17) ^ turn(w[t - 2], 19) ^ w[t - 2] >> 10
            w.append((w[t - 16] + s0 + w[t - 7] + s1) & 0xFFFFFFFF)
        a, b, c, d, e, f, g, h = state
        for t in range(64):
            one = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + (e & f ^ ~e & g) + root(PRIMES[t], 3) + w[t]
            two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + (a & b ^ a & c ^ b & c)
            a, b, c, d, e, f, g, h = (one + two) & 0xFFFFFFFF, a, b, c, (d + one) & 0xFFFFFFFF, e, f, g
        state = [(x + y) & 0xFFFFFFFF for x, y in zip(state, (a, b, c, d, e, f, g, h), strict=True)]
    return b"".join(it.to_bytes(4, "big") for it in state)


def hmac(key, data):
    """RFC 2104, section 2."""
    key = sha256(key) if len(key) > 64 else key
    key += bytes(64 - len(key))
    inner = sha256(bytes(it ^ 0x36 for it in key) + data)
    return sha256(bytes(it ^ 0x5C for it in key) + inner)


def of_rfc_4231():
    """(name, key, data, length of the MAC) of section 4 of RFC 4231."""
    larger = b"\xaa" * 131
    long = b"This is a test using a larger than block-size key and a larger than block-size data. "
    long += b"The key needs to be hashed before being used by the HMAC algorithm."
    return [
        ("rfc_4231_1", b"\x0b" * 20, b"Hi There", 32),
        ("rfc_4231_2", b"Jefe", b"what do ya want for nothing?", 32),
        ("rfc_4231_3", b"\xaa" * 20, b"\xdd" * 50, 32),
        ("rfc_4231_4", bytes(range(1, 26)), b"\xcd" * 50, 32),
        ("rfc_4231_5", b"\x0c" * 20, b"Test With Truncation", 16),
        ("rfc_4231_6", larger, b"Test Using Larger Than Block-Size Key - Hash Key First", 32),
        ("rfc_4231_7", larger, long, 32),
    ]


def sealed(key, count, opcode, payload):
    """The wire bytes of a frame under the key of a session."""
    head = bytes([SEALED, opcode, count & 255, count >> 8 & 255])
    mac = hmac(key, count.to_bytes(4, "little") + head + payload)[:8]
    return wire(body(opcode, count & 0xFFFF, payload + mac, SEALED))


def session(name, note, first, skipped=0):
    """A session from HELLO to EXIT whose OPEN has the sequence `first`; so many numbers are left out behind it."""
    key, identity = bytes(range(100, 132)), bytes.fromhex("3a0034000f51363034373636")
    nonce, board_nonce = bytes(range(16)), bytes(range(255, 239, -1))
    said = nonce + board_nonce + identity
    proof, board_proof = hmac(key, b"dlm host" + said), hmac(key, b"dlm board" + said)
    session_key = hmac(key, b"dlm session" + said)
    count = first + 1 + skipped

    def plain(opcode, sequence, payload, reply):
        behind = wire(body(opcode | REPLY, sequence, b"\0" + reply, VERSION)).hex() if reply else ""
        it = dict(opcode=opcode, sequence=sequence, payload=payload.hex(), reply=behind)
        return it | dict(wire=wire(body(opcode, sequence, payload, VERSION)).hex())

    def under(count, opcode, payload, reply):
        it = dict(opcode=opcode, sequence=count & 0xFFFF, count=count, payload=payload.hex())
        it |= dict(wire=sealed(session_key, count, opcode, payload).hex())
        return it | dict(reply_payload=reply.hex(), reply=sealed(session_key, count, opcode | REPLY, reply).hex())

    frames = [
        plain(HELLO, first - 2, b"", b""),
        plain(CHALLENGE, first - 1, nonce, board_nonce + identity),
        plain(OPEN, first, proof, board_proof),
        under(count, DIGEST, b"", UNCONFIGURED),
        under(count + 1, EXIT, b"", b"\0"),
    ]
    parts = dict(key=key, nonce=nonce, board_nonce=board_nonce, identity=identity)
    made = dict(proof=proof, board_proof=board_proof, session_key=session_key)
    texts = {field: value.hex() for field, value in (parts | made).items()}
    return dict(name=name, note=note, flags=["session"], **texts, frames=frames)


def cases():
    """The cases of pair.json."""
    for name, key, data, size in of_rfc_4231():
        mac = hmac(key, data)[:size].hex()
        yield dict(name=name, note="RFC 4231", flags=["hmac"], key=key.hex(), data=data.hex(), mac=mac)
    yield session("session", "from HELLO to EXIT", 0x0108)
    note = "the sequence begins anew, the count goes on: a count of 16 bits would let a frame come twice"
    yield session("beyond_the_sequence", note, 0xFFF0, 200)


def main():
    about = "PROTOCOL.md section 10. `wire` and `reply` travel; a reply of no bytes depends on the board."
    text = json.dumps({"about": about, "cases": list(cases())}, indent=1) + "\n"
    if "--check" in sys.argv[1:]:
        if OUT.read_text() != text:
            print(f"{OUT.name}: not what make_pair.py makes", file=sys.stderr)
            return 1
        return 0
    OUT.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
