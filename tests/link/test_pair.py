# SPDX-License-Identifier: MIT
"""A board with a key lets nobody in who has none: proofs, sealed frames, and each attack that was tried (PROTOCOL.md, 10)."""

import json
import os
import stat
import struct
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest

from deeplomath import Device, spec
from deeplomath.errors import DeviceError, ProtocolError, TransportError
from deeplomath.link import exchange, frame, keys, pair
from deeplomath.mirror import network
from talk import CONFIG, EVENTS, configure_payload, learn_payload
from wire import BOARD_MODULE, ROOT, Line, dlm_pair, dlm_session, replies_of

KEY = bytes(range(32))
VECTORS = json.loads((ROOT / "shared_spec" / "vectors" / "pair.json").read_text())["cases"]
SIZES = dict(features=3, classes=2, events=6)
X = np.array([100, -200, 300], np.int16)


pytestmark = pytest.mark.usefixtures("folders")


class Tapped(Line):
    """A line that keeps what each side said. asked, replied: wire bytes, in their order."""

    def __init__(self, module=BOARD_MODULE):
        super().__init__(module)
        self.asked, self.replied = [], []

    def write(self, data):
        self.asked.append(bytes(data))
        before = len(self.inbox)
        super().write(data)
        self.replied.append(bytes(self.inbox[before:]))

    def say(self, wire):
        """What the board answers to bytes of somebody else on the line: the Frames."""
        return frame.Decoder().feed(b"".join(bytes(it) for it in replies_of(self.session, wire)))

    def reset(self):
        """The board begins anew; its files are what they were."""
        self.session = dlm_session.Session(self.session.handlers.module)
        self.inbox.clear()


def paired(line=None):
    """A line to a paired board with a network, and the Device in a session."""
    line = line or Tapped()
    device = Device(line)
    device.pair(KEY)
    device.configure(**SIZES)
    return line, device


def status(reply):
    return struct.unpack_from("<b", reply.payload)[0]


def refusal(line, wire):
    """Status of the one plain reply to what was refused; the network and the frames that follow are as before."""
    before = line.session.handlers.network.digest(), line.session.decoder.refused
    (reply,) = line.say(wire)
    assert reply.version == spec.VERSION_PROTOCOL
    assert (line.session.handlers.network.digest(), line.session.decoder.refused) == (before[0], before[1] + 1)
    return status(reply)


# HMAC and proofs


@pytest.mark.parametrize("digest", [dlm_pair.hmac, pair.digest], ids=["board", "host"])
@pytest.mark.parametrize("case", [it for it in VECTORS if "hmac" in it["flags"]], ids=lambda it: it["name"])
def test_hmac_is_that_of_rfc_4231(case, digest):
    key, data = bytes.fromhex(case["key"]), bytes.fromhex(case["data"])
    mac = bytes.fromhex(case["mac"])
    assert digest(key, data)[: len(mac)] == mac
    assert digest(key, data[:7], b"", data[7:])[: len(mac)] == mac


@pytest.mark.parametrize("case", [it for it in VECTORS if "session" in it["flags"]], ids=lambda it: it["name"])
def test_a_session_is_that_of_the_vectors_on_both_sides(case, monkeypatch):
    key, nonce, board_nonce, identity = (bytes.fromhex(case[it]) for it in ("key", "nonce", "board_nonce", "identity"))
    needed = pair.proofs(key, nonce, board_nonce, identity)
    assert [it.hex() for it in needed] == [case["proof"], case["board_proof"], case["session_key"]]
    with open("dlm_key.bin", "wb") as file:
        file.write(key + bytes([len(identity)]) + identity)
    monkeypatch.setattr(dlm_pair.Guard, "_nonce", lambda _: board_nonce)
    session = dlm_session.Session(BOARD_MODULE)
    host = None
    for it in case["frames"]:
        opcode, payload = it["opcode"], bytes.fromhex(it["payload"])
        encode = host.encode if host else frame.encode
        wire = encode(opcode, it["sequence"], payload)
        assert wire.hex() == it["wire"]
        (reply,) = (bytes(part) for part in replies_of(session, wire))
        if it["reply"]:
            assert reply.hex() == it["reply"]
        if host:
            (got,) = frame.Decoder().feed(reply)
            assert host.opened(got).payload.hex() == it["reply_payload"]
        if opcode == spec.OPCODE_OPEN:
            host = pair.Session(needed.session, it["sequence"])


def test_proofs_depend_on_all_that_was_said():
    said = [KEY, b"n" * 16, b"m" * 16, b"id"]
    seen = {pair.proofs(*said)}
    for at in range(4):
        seen.add(pair.proofs(*said[:at], said[at][:-1] + b"?", *said[at + 1 :]))
    assert len({proof for proofs in seen for proof in proofs}) == 15


# The way in and out


def test_a_paired_board_is_used_as_any_other_and_is_free_again():
    line, device = paired()
    mirror = network.Network(**SIZES)
    for x, label in EVENTS:
        x = np.array(x, np.int16)
        assert device.learn(x, label) == mirror.learn(x, label)
        assert device.infer(x) == mirror.infer(x)
    state = device.export()
    device.load(state)
    assert device.digest() == mirror.digest() and device.hello.paired == 1
    assert device.health().refused == 0 and all(b"deeplomath" not in it for it in line.asked)
    with Device(line, key=KEY) as again:
        assert again.digest() == mirror.digest()
        again.unpair()
        assert again.hello.paired == 0
    assert Device(line).digest() == mirror.digest()
    assert os.listdir() == []


def test_every_frame_behind_open_is_sealed_and_none_is_longer_than_the_wire_takes():
    line, device = paired()
    del line.asked[:], line.replied[:]
    device.configure(features=160, classes=2, events=4)
    device.learn(np.arange(160, dtype=np.int16), 1)
    device.load(device.export())
    for wire in line.asked + line.replied:
        (it,) = frame.Decoder().feed(wire)
        assert it.version == spec.VERSION_PROTOCOL | spec.WIRE_SEALED
        assert len(frame.HEADER.pack(*it[:3]) + it.payload) + spec.WIRE_CHECKSUM <= spec.WIRE_FRAME_MAX


def test_the_longest_request_fits_a_session():
    line, device = paired()
    longest = bytes(spec.WIRE_FRAME_MAX - spec.WIRE_HEADER - spec.WIRE_MAC - spec.WIRE_CHECKSUM)
    reply = device._link.finish(device._link.begin(spec.OPCODE_LEARN, longest), 100, 1, 2)
    assert status(reply) == spec.ERROR_FEATURES


def test_a_key_is_kept_for_its_user_alone_and_found_again(folders):
    line = Tapped()
    device = Device(line)
    key = device.pair()
    (file,) = (folders / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert file.read_text() == key.hex() + "\n" and file.name == device.identity.hex() + ".key"
    line.reset()
    with Device(line) as again:
        again.configure(**SIZES)
        second = again.pair()
    assert second != key and keys.load(device.identity) == [second]
    with Device(line) as again:
        again.unpair()
    assert list((folders / "keys").iterdir()) == [] and os.listdir() == []


def test_a_key_that_others_may_read_is_refused(folders):
    line = Tapped()
    Device(line).pair()
    (file,) = (folders / "keys").iterdir()
    file.chmod(0o644)
    with pytest.raises(keys.KeyFileError, match="its mode is 644, others may read the key"):
        Device(line)
    file.chmod(0o600)
    file.write_text("12")
    with pytest.raises(keys.KeyFileError, match="2 characters, not 64 hexadecimal digits"):
        Device(line)


@pytest.mark.parametrize("taken", [True, False])
def test_a_host_that_dies_while_it_pairs_has_the_key_of_the_board(taken, folders):
    line = Tapped()
    old = Device(line).pair()
    device = Device(line)
    request = device._request

    def dies(opcode, *tail):
        if taken:
            request(opcode, *tail)
        raise KeyboardInterrupt

    device._request = dies
    with pytest.raises(KeyboardInterrupt):
        device.pair()
    with Device(line) as again:
        again.configure(**SIZES)
        assert keys.load(again.identity)[0] == (line.session._guard.key if taken else old)
    assert len(list((folders / "keys").iterdir())) == 1


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), "x" * 32, 7, True])
def test_what_is_no_key_is_refused(key):
    with pytest.raises((DeviceError, TypeError), match="key: .* given, 32"):
        Device(Tapped(), key=key)


# A paired board without a session


def test_without_a_session_hello_and_no_more_is_answered():
    line, device = paired()
    device.learn(X, 1)
    for opcode, name in spec.OPCODES.items():
        wire = frame.encode(opcode, 7 + opcode)
        if name in ("hello", "challenge", "open"):
            (reply,) = line.say(wire)
            assert status(reply) == (0 if name == "hello" else spec.ERROR_PAYLOAD)
        else:
            assert refusal(line, wire) == spec.ERROR_PAIRED, name
    assert line.session.handlers.running


@pytest.mark.parametrize("infer", [False, True])
def test_infer_is_answered_without_a_session_where_main_says_so(infer):
    line, device = paired()
    device.learn(X, 1)
    line.session.begin(infer)
    with Device(line, key=False) as stranger:
        if infer:
            assert stranger.infer(X).label == 1
        else:
            with pytest.raises(DeviceError, match="paired: the board has a key") as error:
                stranger.infer(X)
            assert error.value.code == spec.ERROR_PAIRED
        for call in (stranger.digest, stranger.exit, stranger.info, lambda: stranger.pair(KEY)):
            with pytest.raises(DeviceError, match="paired: the board has a key"):
                call()


def test_a_host_without_the_key_is_told_where_it_is():
    line, _ = paired()
    with pytest.raises(DeviceError, match="a key that this computer does not have: it was paired elsewhere") as error:
        Device(line)
    assert error.value.code == spec.ERROR_PAIRED


def test_an_unpaired_board_pays_for_no_key_and_opens_no_session(monkeypatch):
    line = Tapped()
    device = Device(line)
    assert line.session._guard is None and device.hello.paired == 0
    device.configure(**SIZES)
    (reply,) = line.say(frame.encode(spec.OPCODE_OPEN, 9, bytes(32)))
    assert status(reply) == spec.ERROR_KEY
    (reply,) = line.say(frame.encode(spec.OPCODE_PAIR, 10, b""))
    assert (status(reply), reply.payload[1:]) == (spec.ERROR_KEY, b"key: none on this board")
    assert os.listdir() == []


# Attacks


def replayed(line, device):
    device.learn(X, 1)
    wire = line.asked[-1]
    device.digest()
    return wire


def replayed_at_once_from_the_session_before(line, device):
    device.learn(X, 1)
    wire = line.asked[-1]
    device._open(device.hello)
    return wire


def reordered(line, device):
    held = device._link.next(spec.OPCODE_LEARN, learn_payload())[0]
    device.digest()
    return held


def truncated(line, device):
    wire = device._link.next(spec.OPCODE_LEARN, learn_payload())[0]
    (it,) = frame.Decoder().feed(wire)
    return frame.encode(it.opcode, it.sequence, it.payload[:-2], it.version)


def nothing_but_a_header(line, device):
    return frame.encode(spec.OPCODE_UNDO, device._link.sequence + 1, b"", pair._SEALED)


def flipped(line, device):
    wire = device._link.next(spec.OPCODE_LEARN, learn_payload())[0]
    (it,) = frame.Decoder().feed(wire)
    return frame.encode(it.opcode, it.sequence, bytes([it.payload[0] ^ 1]) + it.payload[1:], it.version)


def flipped_in_the_mac(line, device):
    wire = device._link.next(spec.OPCODE_LEARN, learn_payload())[0]
    (it,) = frame.Decoder().feed(wire)
    return frame.encode(it.opcode, it.sequence, it.payload[:-1] + bytes([it.payload[-1] ^ 128]), it.version)


def another_opcode(line, device):
    (it,) = frame.Decoder().feed(device._link.next(spec.OPCODE_UNDO)[0])
    return frame.encode(spec.OPCODE_EXIT, it.sequence, it.payload, it.version)


def another_sequence(line, device):
    (it,) = frame.Decoder().feed(device._link.next(spec.OPCODE_UNDO)[0])
    return frame.encode(it.opcode, it.sequence + 1, it.payload, it.version)


def unsealed(line, device):
    (it,) = frame.Decoder().feed(device._link.next(spec.OPCODE_LEARN, learn_payload())[0])
    return frame.encode(it.opcode, it.sequence, it.payload[: -spec.WIRE_MAC])


def a_reply_sent_back(line, device):
    device.learn(X, 1)
    (it,) = frame.Decoder().feed(line.replied[-1])
    return frame.encode(it.opcode & 127, it.sequence + 1, it.payload, it.version)


def of_another_key(line, device):
    other = pair.Session(bytes(32), device._link.session.count)
    return other.encode(spec.OPCODE_LEARN, device._link.sequence + 1, learn_payload())


def of_another_board(line, device):
    other = pair.Session(pair.proofs(KEY, bytes(16), bytes(16), b"other").session, device._link.session.count)
    return other.encode(spec.OPCODE_LEARN, device._link.sequence + 1, learn_payload())


def an_exit_without_session(line, device):
    return frame.encode(spec.OPCODE_EXIT, 9)


def a_key_of_ones_own(line, device):
    return frame.encode(spec.OPCODE_PAIR, 9, bytes(32))


def the_key_taken_away(line, device):
    return frame.encode(spec.OPCODE_PAIR, 9)


def a_sealed_open(line, device):
    line.say(frame.encode(spec.OPCODE_CHALLENGE, 8, bytes(16)))
    return device._link.next(spec.OPCODE_OPEN, bytes(32))[0]


ATTACKS = {
    replayed: spec.ERROR_SESSION,
    replayed_at_once_from_the_session_before: spec.ERROR_SESSION,
    reordered: spec.ERROR_SESSION,
    truncated: spec.ERROR_SESSION,
    nothing_but_a_header: spec.ERROR_SESSION,
    flipped: spec.ERROR_SESSION,
    flipped_in_the_mac: spec.ERROR_SESSION,
    another_opcode: spec.ERROR_SESSION,
    another_sequence: spec.ERROR_SESSION,
    unsealed: spec.ERROR_PAIRED,
    a_reply_sent_back: spec.ERROR_SESSION,
    of_another_key: spec.ERROR_SESSION,
    of_another_board: spec.ERROR_SESSION,
    an_exit_without_session: spec.ERROR_PAIRED,
    a_key_of_ones_own: spec.ERROR_PAIRED,
    the_key_taken_away: spec.ERROR_PAIRED,
    a_sealed_open: spec.ERROR_SESSION,
}


@pytest.mark.parametrize(("attack", "error"), ATTACKS.items(), ids=lambda it: getattr(it, "__name__", it))
def test_an_attack_is_refused_and_counted_and_the_session_goes_on(attack, error):
    line, device = paired()
    wire = attack(line, device)
    clock = device.info().clock if attack is not another_sequence else None
    refused = device.health().refused
    assert refusal(line, wire) == error
    assert line.session.handlers.running and line.session.handlers.paired
    assert device.health().refused == refused + 1
    assert clock is None or device.info().clock == clock
    device.learn(X, 0)


def test_the_attacks_of_the_document_are_those_that_were_tried():
    text = (ROOT / "shared_spec" / "PROTOCOL.md").read_text()
    rows = text.split("<!-- attacks -->")[1].split("<!-- end -->")[0].strip().splitlines()[2:]
    assert [row.split("|")[1].strip() for row in rows] == [it.__name__.replace("_", " ") for it in ATTACKS]


@pytest.mark.parametrize("at", range(0, 30, 3))
def test_a_reply_that_was_changed_is_not_taken(at):
    line, device = paired()
    device.timeout, device.attempts = 0.05, 2
    answer = line.session.handle

    def changed(it):
        (got,) = frame.Decoder().feed(bytes(answer(it)))
        spoilt = bytearray(got.payload)
        spoilt[at % len(spoilt)] ^= 1
        return memoryview(frame.encode(got.opcode, got.sequence, bytes(spoilt), got.version))

    line.session.handle = changed
    with pytest.raises(TransportError, match="no answer in"):
        device.learn(X, 1)
    assert device._link.refused > 0


def test_a_reply_without_a_seal_is_not_taken_in_a_session():
    line, device = paired()
    device.timeout, device.attempts = 0.05, 2

    def forged(data):
        for it in frame.Decoder().feed(data):
            if it.version != exchange.PROBE_VERSION:
                line.inbox += frame.encode(it.opcode | 128, it.sequence, b"\0" + bytes(40))

    line.write = forged
    with pytest.raises(TransportError, match="no answer in"):
        device.digest()
    assert device._link.refused > 0


def test_a_board_that_says_it_has_no_key_is_not_believed_by_who_has_one():
    line = Tapped()
    with pytest.raises(DeviceError, match="the board has no key, and this Device was given one") as error:
        Device(line, key=KEY)
    assert error.value.code == spec.ERROR_KEY
    assert not any(it.opcode == spec.OPCODE_PAIR for wire in line.asked for it in frame.Decoder().feed(wire))


def test_a_board_that_does_not_know_the_key_cannot_open_a_session():
    line, _ = paired()
    run = line.session._guard.run

    def pretends(opcode, payload, room, sequence):
        if opcode != spec.OPCODE_OPEN:
            return run(opcode, payload, room, sequence)
        room[:32] = bytes(32)
        return 32

    line.session._guard.run = pretends
    with pytest.raises(DeviceError, match="what answers has no such key: it is not the board that was paired"):
        Device(line, key=KEY)


def test_a_second_host_with_the_key_ends_the_session_of_the_first():
    line, first = paired()
    second = Device(line, key=KEY)
    second.learn(X, 1)
    with pytest.raises(TransportError, match="the session has ended: the board was reset, or another host opened one"):
        first.learn(X, 0)
    assert second.info().clock == 1


def test_a_second_host_without_the_key_ends_nothing():
    line, first = paired()
    for wire in (
        frame.encode(spec.OPCODE_HELLO, 1),
        frame.encode(spec.OPCODE_CHALLENGE, 2, bytes(16)),
        frame.encode(spec.OPCODE_OPEN, 3, bytes(32)),
    ):
        line.say(wire)
    assert first.learn(X, 1).event == 0


def test_an_open_that_was_heard_opens_nothing_again():
    line, device = paired()
    (heard,) = [w for w in line.asked for it in frame.Decoder().feed(w) if it.opcode == spec.OPCODE_OPEN]
    line.reset()
    line.say(frame.encode(spec.OPCODE_HELLO, 1))
    (reply,) = line.say(heard)
    assert status(reply) == spec.ERROR_KEY
    line.say(frame.encode(spec.OPCODE_CHALLENGE, 2, bytes(16)))
    (reply,) = line.say(heard)
    assert status(reply) == spec.ERROR_KEY and not line.session._guard._inner


def test_a_lost_reply_in_a_session_comes_again_and_nothing_is_executed_twice():
    line, device = paired()
    device.learn(X, 1)
    wire, reply = line.asked[-1], line.replied[-1]
    for _ in range(3):
        line.write(wire)
        assert bytes(line.inbox) == reply
        line.inbox.clear()
    assert device.info().clock == 1 and device.health().refused == 0


def test_a_forged_request_does_not_take_the_place_of_the_reply_that_is_remembered():
    line, device = paired()
    device.learn(X, 1)
    wire, reply = line.asked[-1], line.replied[-1]
    for forged in (frame.encode(spec.OPCODE_UNDO, 9), frame.encode(spec.OPCODE_UNDO, 65000, bytes(8), pair._SEALED)):
        line.say(forged)
    assert b"".join(bytes(it) for it in replies_of(line.session, wire)) == reply


def test_a_frame_is_taken_once_whether_its_reply_is_remembered_or_not():
    line, device = paired()
    device.learn(X, 1)
    (it,) = frame.Decoder().feed(line.asked[-1])
    body = frame.HEADER.pack(*it[:3]) + it.payload + bytes(spec.WIRE_CHECKSUM)
    with pytest.raises(ValueError, match="session: request .* given, .* taken"):
        line.session._guard.admit(body, it.opcode, it.sequence, True)


def test_a_session_counts_beyond_the_sequence_and_ends_at_its_limit(monkeypatch):
    line, device = paired()
    guard, session = line.session._guard, device._link.session
    for skipped in (30000, 30000, 30000):  # beyond 65535
        device._link.sequence = (device._link.sequence + skipped) & 0xFFFF
        device.digest()
    assert guard._taken == session.count > 90000
    monkeypatch.setattr(dlm_pair.spec, "WIRE_REQUESTS", guard._taken + 2)
    device.digest()
    with pytest.raises(TransportError, match=r"the session has ended: .*requests made, open another"):
        device.digest()
    monkeypatch.setattr(pair.spec, "WIRE_REQUESTS", session.count + 1)
    with pytest.raises(ProtocolError, match="requests made: connect again"):
        device.digest()


# Wrong tries


def wrong(line, sequence):
    """Status of a wrong proof after a challenge."""
    line.say(frame.encode(spec.OPCODE_HELLO, sequence))
    line.say(frame.encode(spec.OPCODE_CHALLENGE, sequence + 1, bytes(16)))
    (reply,) = line.say(frame.encode(spec.OPCODE_OPEN, sequence + 2, bytes(32)))
    return status(reply)


def test_wrong_proofs_are_slowed_across_resets(monkeypatch):
    now = [5000]
    monkeypatch.setattr(dlm_pair, "_now", lambda: now[0])
    line, device = paired()
    waits, sequence = [], 0
    for _ in range(15):
        began = now[0]
        while wrong(line, sequence := sequence + 3) == spec.ERROR_WAIT:
            line.reset()  # costs the attacker the whole wait again
            now[0] += 500 if now[0] == began else 1000
            line.reset()
            since = now[0]
            while wrong(line, sequence := sequence + 3) == spec.ERROR_WAIT:
                now[0] += 1000
            waits.append((now[0] - since) // 1000)
            break
        else:
            waits.append(0)
    assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 512]
    with pytest.raises(DeviceError, match="open: .* s to wait after 12 wrong proofs") as error:
        Device(line, key=KEY)
    assert error.value.code == spec.ERROR_WAIT and os.stat("dlm_tries.bin").st_size == 12
    now[0] += 512000
    Device(line, key=KEY)
    assert not os.path.exists("dlm_tries.bin")
    assert wrong(line, 60000) == spec.ERROR_KEY  # the count began anew


def test_a_challenge_is_good_for_one_try():
    line, device = paired()
    assert wrong(line, 10) == spec.ERROR_KEY
    (reply,) = line.say(frame.encode(spec.OPCODE_OPEN, 13, bytes(32)))
    assert (status(reply), reply.payload[1:]) == (spec.ERROR_KEY, b"open: CHALLENGE comes first")
    assert os.stat("dlm_tries.bin").st_size == 1


def test_tries_count_where_no_file_can_be_written(monkeypatch):
    line, device = paired()

    def full(path, mode="r"):
        raise OSError(28, "full")

    monkeypatch.setattr(dlm_pair, "open", full, raising=False)
    assert [wrong(line, it) for it in (10, 20, 30, 40)] == [spec.ERROR_KEY] * 3 + [spec.ERROR_WAIT]


# Files of the board


def test_a_power_cut_while_a_key_is_written_leaves_the_old_key_or_the_new():
    new, old = bytes(32), KEY + b"\0"
    whole = new + b"\0"
    for written in range(len(whole) + 1):
        for removed in (False, True) if written == len(whole) else (False,):
            for name, data in (("dlm_key.bin", None if removed else old), ("dlm_key.new", whole[:written])):
                if os.path.exists(name):
                    os.remove(name)
                if data is not None:
                    with open(name, "wb") as file:
                        file.write(data)
            guard = dlm_session.Session(BOARD_MODULE)._guard
            assert guard.key == (new if removed else KEY)


def test_a_first_key_that_was_cut_off_is_none_and_the_board_is_free():
    for written in range(33):
        with open("dlm_key.new", "wb") as file:
            file.write((KEY + b"\0")[:written])
        assert not dlm_session.Session(BOARD_MODULE).handlers.paired


@pytest.mark.parametrize("data", [b"", KEY[:31], KEY, KEY + b"\1", KEY + b"\0\0"])
def test_a_damaged_key_opens_nothing_and_the_board_stays_shut(data):
    with open("dlm_key.bin", "wb") as file:
        file.write(data)
    line = Tapped()
    for key in (KEY, data[:32].ljust(32, b"\0")):
        with pytest.raises(DeviceError, match="key: damaged, dlm_key.bin"):
            Device(line, key=key)
    (reply,) = line.say(frame.encode(spec.OPCODE_CONFIGURE, 5, configure_payload(CONFIG)))
    assert status(reply) == spec.ERROR_PAIRED


@pytest.mark.parametrize("fails", ["write", "remove"])
def test_a_key_that_cannot_be_written_or_removed_is_said_and_nothing_has_changed(fails, monkeypatch):
    line = Tapped()
    device = Device(line)
    if fails == "remove":
        device.pair(KEY)
        monkeypatch.setattr(dlm_pair, "_remove", lambda path: None)
        with pytest.raises(DeviceError, match="key: dlm_key.bin cannot be removed"):
            device.unpair()
        assert device._link.session and line.session.handlers.paired
    else:

        def full(path, mode="r"):
            raise OSError(28, "no room")

        monkeypatch.setattr(dlm_pair, "open", full, raising=False)
        with pytest.raises(DeviceError, match="key: dlm_key.bin cannot be written: .*no room"):
            device.pair(KEY)
        assert not line.session.handlers.paired
    device.configure(**SIZES)


def test_a_board_is_known_by_its_processor(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "machine", SimpleNamespace(unique_id=lambda: b"\1\2\3\4\5\6\7\x08"))
    line, device = paired()
    assert device.identity == b"\1\2\3\4\5\6\7\x08" and os.stat("dlm_key.bin").st_size == 33


# Nonces


def test_no_nonce_comes_twice_even_where_the_port_has_no_random_numbers(monkeypatch):
    monkeypatch.setattr(dlm_pair, "_fresh", lambda: b"always the same.")
    monkeypatch.setattr(dlm_pair, "_now", lambda: 7)
    monkeypatch.setattr(dlm_pair.Guard, "_left", lambda _: 0)
    line, device = paired()
    seen, n = set(), 0
    for _ in range(6):
        line.reset()
        line.say(frame.encode(spec.OPCODE_HELLO, 1))
        for sequence in range(20):
            (reply,) = line.say(frame.encode(spec.OPCODE_CHALLENGE, 10 + sequence, bytes(16)))
            seen.add(reply.payload[1:17])
            n += 1
    assert len(seen) == n == 120


def test_without_random_numbers_and_without_a_file_no_nonce_is_given(monkeypatch):
    line, device = paired()
    line.reset()
    monkeypatch.setattr(dlm_pair, "os", SimpleNamespace(stat=os.stat, remove=os.remove, rename=os.rename))

    def read_only(path, mode="r"):
        if "w" in mode:
            raise OSError(30, "read-only")
        return open(path, mode)

    monkeypatch.setattr(dlm_pair, "open", read_only, raising=False)
    with pytest.raises(DeviceError, match="nonce: no urandom, and dlm_seed.bin cannot be written") as error:
        Device(line, key=KEY)
    assert error.value.code == spec.ERROR_KEY


# Want of memory


def test_a_reply_is_sealed_however_little_memory_its_request_left(monkeypatch):
    line, device = paired()
    mac, fails = dlm_pair.Guard._mac, []

    def scarce(self, count, data):
        if self._reserve and fails:
            fails.pop()
            raise MemoryError
        return mac(self, count, data)

    learn = line.session.handlers.learn

    def hungry(opcode, payload):
        fails.append(1)
        return learn(opcode, payload)

    monkeypatch.setattr(dlm_pair.Guard, "_mac", scarce)
    monkeypatch.setattr(line.session.handlers, "learn", hungry, raising=False)
    assert device.learn(X, 1).event == 0 and fails == []
    assert device.info().clock == 1


# Protocol 1 and 2


def test_a_host_of_protocol_1_and_a_board_of_protocol_2_part_with_clear_words(monkeypatch):
    line = Tapped()
    (reply,) = line.say(frame.encode(spec.OPCODE_HELLO, 1, version=1))
    assert status(reply) == spec.ERROR_PROTOCOL
    assert reply.payload[1:] == b"protocol: version 1 given, the board speaks 2"
    assert reply[:3] == (2, spec.OPCODE_HELLO | 128, 1)  # as version 1 has it: header, status, checksum


def test_a_host_of_protocol_2_and_a_board_of_protocol_1_part_with_clear_words():
    def board(data):
        for it in frame.Decoder().feed(data):
            words = b"protocol: version %d given, the board speaks 1" % it.version
            line.inbox += frame.encode(it.opcode | 128, it.sequence, bytes([256 + spec.ERROR_PROTOCOL]) + words, 1)

    line = Line()
    line.write = board
    with pytest.raises(ProtocolError, match="the board speaks version 1, this library 2: update the board"):
        Device(line)


def test_a_service_that_began_anew_takes_nothing_ahead_of_hello():
    line = Tapped()
    for opcode, name in spec.OPCODES.items():
        if name not in ("hello", "exit", "challenge", "open", "pair"):
            (reply,) = line.say(frame.encode(opcode, opcode))
            assert status(reply) == spec.ERROR_HELLO, name
    line.say(frame.encode(spec.OPCODE_HELLO, 1))
    (reply,) = line.say(frame.encode(spec.OPCODE_CONFIGURE, 2, configure_payload(CONFIG)))
    assert status(reply) == 0


def test_a_key_given_in_a_session_whose_key_was_taken_away_ends_that_session_behind_its_sealed_reply():
    line, device = paired()
    session = device._link.session
    next_one = (session.count + 1) & 0xFFFF
    (reply,) = line.say(session.encode(spec.OPCODE_PAIR, next_one))
    assert status(reply) == 0
    given = session.encode(spec.OPCODE_PAIR, next_one + 1, KEY)
    (reply,) = line.say(given)
    assert session.opened(reply) and status(reply) == 0
    assert line.say(given) == [reply]  # its retry
    assert refusal(line, session.encode(spec.OPCODE_DIGEST, next_one + 2)) == spec.ERROR_SESSION
    assert Device(line, key=KEY).hello.paired == 1


def test_a_session_whose_key_was_taken_away_goes_on_where_the_next_key_cannot_be_written(monkeypatch):
    line, device = paired()
    session = device._link.session
    next_one = (session.count + 1) & 0xFFFF
    line.say(session.encode(spec.OPCODE_PAIR, next_one))
    with monkeypatch.context() as full:
        full.setattr(dlm_pair, "_replace", Mock(side_effect=OSError(28, "no space")))
        (reply,) = line.say(session.encode(spec.OPCODE_PAIR, next_one + 1, KEY))
    assert session.opened(reply) and status(reply) == spec.ERROR_KEY
    (reply,) = line.say(session.encode(spec.OPCODE_DIGEST, next_one + 2))
    assert session.opened(reply) and status(reply) == 0


def test_a_kept_key_that_the_board_does_not_take_is_named_with_its_file():
    line, device = paired()
    device.close()
    file = keys.save(device.identity, bytes(32))
    with pytest.raises(DeviceError, match=f"key: a wrong proof, 1 so far; the key is that of {file}"):
        Device(line)
    with pytest.raises(DeviceError) as error:
        Device(line, key=bytes(32))
    assert str(file) not in str(error.value)
