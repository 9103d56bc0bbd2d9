# SPDX-License-Identifier: MIT
"""Frames: both codecs make and read the same bytes, and no noise gets past them or stops them."""

import json
import subprocess
import sys

import pytest
from cobs import cobs
from hypothesis import given
from hypothesis import strategies as st

from deeplomath import spec
from deeplomath.link import frame
from wire import ROOT, dlm_frame, frames_of

VECTORS = ROOT / "shared_spec" / "vectors"
CASES = json.loads((VECTORS / "frame.json").read_text())["cases"]
PAYLOAD_MAX = spec.WIRE_FRAME_MAX - spec.WIRE_HEADER - spec.WIRE_CHECKSUM

bytes_of_any_length = st.binary(max_size=300) | st.builds(
    lambda part, times, end: (part * times + end)[:PAYLOAD_MAX],
    st.binary(min_size=1, max_size=6),
    st.integers(0, 800),
    st.binary(max_size=6),
)
frames = st.tuples(st.integers(0, 255), st.integers(0, 65535), bytes_of_any_length)
noise = st.binary(max_size=60).map(lambda data: data.replace(b"\0", b"\3"))


def cut(data, places):
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    return [data[a:b] for a, b in zip([0, *ends], ends, strict=False)]


def read_by_host(chunks):
    decoder = frame.Decoder()
    got = [it for chunk in chunks for it in decoder.feed(chunk)]
    return [(it.version, it.opcode, it.sequence, it.payload) for it in got], decoder.dropped


def read_by_device(chunks):
    decoder, got = dlm_frame.Decoder(), []
    for chunk in chunks:
        for view in frames_of(decoder, bytearray(chunk)):
            data = bytes(view)
            got.append((*frame.HEADER.unpack_from(data), data[spec.WIRE_HEADER : -spec.WIRE_CHECKSUM]))
    return got, decoder.dropped


def written_by_device(opcode, sequence, payload, version=spec.VERSION_PROTOCOL):
    encoder = dlm_frame.Encoder()
    encoder.view[dlm_frame.PAYLOAD : dlm_frame.PAYLOAD + len(payload)] = payload
    return bytes(encoder.seal(version, opcode, sequence, len(payload)))


READERS = pytest.mark.parametrize("read", [read_by_host, read_by_device])


@READERS
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_vector_is_read_as_it_says(read, case):
    sent = []
    if "valid" in case["flags"]:
        sent = [(case["version"], case["opcode"], case["sequence"], bytes.fromhex(case["payload"]))]
    assert read([bytes.fromhex(case["wire"])]) == (sent, 0 if sent else 1), case["note"]


@pytest.mark.parametrize("case", [it for it in CASES if "valid" in it["flags"]], ids=lambda case: case["name"])
def test_both_codecs_write_the_bytes_of_every_vector(case):
    given_ = case["opcode"], case["sequence"], bytes.fromhex(case["payload"])
    assert frame.encode(*given_).hex() == case["wire"], case["note"]
    assert written_by_device(*given_).hex() == case["wire"], case["note"]


def test_the_vectors_are_what_their_textbook_codec_makes():
    made = subprocess.run([sys.executable, VECTORS / "make_frame.py", "--check"], capture_output=True, text=True)
    assert (made.returncode, made.stderr) == (0, "")


@given(frames, st.integers(0, 255))
def test_device_and_host_write_the_same_bytes(it, version):
    assert written_by_device(*it, version) == frame.encode(*it, version)


@READERS
@given(data=st.data())
def test_frames_survive_noise_between_them_and_cuts_anywhere(read, data):
    sent = data.draw(st.lists(frames, max_size=4))
    wire, dropped = data.draw(noise), 0
    for it in sent:
        dropped += bool(wire.rsplit(b"\0", 1)[-1])
        wire += frame.encode(*it) + data.draw(noise)
    chunks = cut(wire, data.draw(st.lists(st.integers(0, 9999), max_size=8)))
    assert read(chunks) == ([(spec.VERSION_PROTOCOL, *it) for it in sent], dropped)


@READERS
@given(it=frames, following=frames, at=st.integers(0, 9999), flip=st.integers(1, 255))
def test_a_spoilt_byte_loses_at_most_that_frame_and_invents_none(read, it, following, at, flip):
    wire = bytearray(frame.encode(*it))
    wire[at % len(wire)] ^= flip
    got, _ = read([bytes(wire) + frame.encode(*following)])
    sent = [(spec.VERSION_PROTOCOL, *it), (spec.VERSION_PROTOCOL, *following)]
    assert got[-1] == sent[-1] and got[:-1] in ([], sent[:1])


@READERS
@given(it=frames, following=frames, end=st.integers(0, 9999))
def test_a_truncated_frame_is_lost_alone(read, it, following, end):
    wire = frame.encode(*it)
    got, _ = read([wire[: end % (len(wire) - 1)] + frame.encode(*following)])
    assert got == [(spec.VERSION_PROTOCOL, *following)]


@given(st.binary(max_size=400) | st.lists(st.sampled_from([1, 2, 3, 254, 255]), max_size=900).map(bytes))
def test_the_device_unstuffs_whatever_cobs_unstuffs(data):
    segment = data.replace(b"\0", b"\1")
    decoder = dlm_frame.Decoder()
    taken = []
    checksum = dlm_frame.crc32
    dlm_frame.crc32 = lambda body: taken.append(bytes(body)) or -1
    try:
        assert list(frames_of(decoder, segment + b"\0")) == []
    finally:
        dlm_frame.crc32 = checksum
    try:
        body = cobs.decode(segment)
    except cobs.DecodeError:
        body = b""
    whole = 8 <= len(body) <= spec.WIRE_FRAME_MAX
    assert taken == ([body[:-4]] if whole else [])


@READERS
@given(st.lists(st.binary(max_size=500), max_size=20), frames)
def test_any_bytes_at_all_leave_the_decoder_ready(read, chunks, following):
    assert read([*chunks, frame.encode(*following)])[0][-1] == (spec.VERSION_PROTOCOL, *following)


@pytest.mark.parametrize("chunk", [1, 64, 999, 5000])
def test_the_device_decoder_never_grows(chunk):
    decoder = dlm_frame.Decoder()
    size = len(decoder._buffer)
    for _ in range(8000 // chunk):
        assert list(frames_of(decoder, b"\xff" * chunk)) == []
    assert len(decoder._buffer) == size
    assert [bytes(it) for it in frames_of(decoder, b"\0" + frame.encode(4, 9)[1:])] == [
        frame.HEADER.pack(spec.VERSION_PROTOCOL, 4, 9) + _crc(4, 9)
    ]


def _crc(opcode, sequence):
    return cobs.decode(frame.encode(opcode, sequence).strip(b"\0"))[-4:]


def test_a_payload_too_long_for_a_frame_is_refused():
    with pytest.raises(frame.ProtocolError, match=f"{PAYLOAD_MAX + 1} bytes given, 0..{PAYLOAD_MAX} allowed"):
        frame.encode(8, 0, bytes(PAYLOAD_MAX + 1))
