# SPDX-License-Identifier: MIT
"""The form of a log: its topics, their schemas, and the bytes of their messages (LOG.md). No I/O."""

import datetime
import json
import struct
from binascii import crc32

from .. import spec
from ..errors import DataError
from ..results import Learned

VERSION = 1  # of this form
PROFILE = "deeplomath"
SESSION, MODEL, WIRE, SAMPLES, COMMAND, EVENT = "/session", "/model", "/wire", "/samples", "/command", "/event"

_WIRE = struct.Struct("<IBB")  # number, opcode, replied
_SAMPLES = struct.Struct("<IIHB")  # number, skipped, with_features, replied
_U32 = struct.Struct("<I")
_NUMBER = {"type": "integer"}
_TEXT = {"type": "string"}
_ROS1 = {
    WIRE: "uint32 number\nuint8 opcode\nbool replied\nuint8[] request\nuint8[] reply\nuint32 crc\n",
    SAMPLES: "uint32 number\nuint32 skipped\nuint16 with_features\nbool replied\nint16[] samples\nuint8[] reply\nuint32 crc\n",
}
_JSON = {
    SESSION: dict(form=_NUMBER, library=_TEXT, protocol=_NUMBER, spec=_NUMBER, state=_NUMBER, port=_TEXT, began=_TEXT),
    MODEL: dict(
        file=_TEXT,
        text=_TEXT,
        classes=_NUMBER,
        names={"type": "array", "items": _TEXT},
        network={"type": "object"},
    ),
    COMMAND: dict(number=_NUMBER, name=_TEXT, status=_NUMBER, words=_TEXT, digest=_TEXT, fields={"type": "object"}),
    EVENT: dict(
        number=_NUMBER,
        at=_NUMBER,
        outcome=_TEXT,
        label=_NUMBER,
        name=_TEXT,
        voted=_NUMBER,
        verdict=_TEXT,
        probability={"type": "number"},
        novelty={"type": "number"},
        neurons=_NUMBER,
        depth=_NUMBER,
        digest=_TEXT,
        words=_TEXT,
        features={"type": "array", "items": _NUMBER},
    ),
}
_SHOWN_IN_REPLY = frozenset(
    ("neurons", "depth", "clock", "frozen", "configured", "board", "library", "sequence", "saved")
)


def register(writer):
    """Gives an MCAP writer the topics; returns {topic: channel}."""
    channels = {}
    for topic, text in _ROS1.items():
        schema = writer.register_schema(f"deeplomath/{topic[1:].title()}", "ros1msg", text.encode())
        channels[topic] = writer.register_channel(topic, "ros1", schema)
    for topic, properties in _JSON.items():
        text = json.dumps({"type": "object", "title": f"deeplomath.{topic[1:]}", "properties": properties})
        schema = writer.register_schema(f"deeplomath.{topic[1:]}", "jsonschema", text.encode())
        channels[topic] = writer.register_channel(topic, "json", schema)
    return channels


def session(port, now):
    """What a log begins with. now: nanoseconds since 1970."""
    began = datetime.datetime.fromtimestamp(now // 10**9, datetime.UTC).isoformat()
    versions = dict(protocol=spec.VERSION_PROTOCOL, spec=spec.VERSION_SPEC, state=spec.VERSION_STATE)
    return dict(form=VERSION, library=spec.VERSION_LIBRARY, **versions, port=port, began=began)


def packed(number, opcode, request, reply):
    """(topic, bytes) of an exchange. request, reply: payloads; reply None: there was none."""
    replied, reply = reply is not None, reply or b""
    if opcode == spec.OPCODE_SAMPLES and len(request) >= 6 and len(request) % 2 == 0:
        skipped, with_features = struct.unpack_from("<IH", request)
        head, rows = _SAMPLES.pack(number, skipped, with_features, replied), request[6:]
        data = head + _U32.pack(len(rows) // 2) + rows
        topic = SAMPLES
    else:
        data = _WIRE.pack(number, opcode, replied) + _U32.pack(len(request)) + request
        topic = WIRE
    data += _U32.pack(len(reply)) + reply
    return topic, data + _U32.pack(crc32(data))


def unpacked(topic, data):
    """(number, opcode, request, reply) of a message of packed. DataError: it is damaged."""
    try:
        body, (crc,) = data[:-4], _U32.unpack(data[-4:])
        if crc32(body) != crc:
            raise DataError(f"{topic}: a message with a spoilt byte")
        if topic == SAMPLES:
            number, skipped, with_features, replied = _SAMPLES.unpack_from(body)
            rows, at = _array(body, _SAMPLES.size, 2)
            opcode, request = spec.OPCODE_SAMPLES, struct.pack("<IH", skipped, with_features) + rows
        else:
            number, opcode, replied = _WIRE.unpack_from(body)
            request, at = _array(body, _WIRE.size, 1)
        reply, end = _array(body, at, 1)
    except struct.error as error:
        raise DataError(f"{topic}: a message of {len(data)} bytes, which is none") from error
    if end != len(body):
        raise DataError(f"{topic}: a message with {len(body) - end} bytes too many")
    return number, opcode, request, reply if replied else None


def _array(body, at, size):
    """The bytes of an array of ROS 1, and where it ends."""
    start = at + 4
    end = start + size * _U32.unpack_from(body, at)[0]
    if end > len(body):
        raise DataError(f"a message that ends {end - len(body)} bytes too early")
    return body[start:end], end


def shown(number, opcode, found, words, naming):
    """Yields (topic, dict) of an exchange for people. found: its Exchanged, None where `words` say why there is none."""
    if not found:
        yield COMMAND, dict(number=number, name=spec.OPCODES.get(opcode, str(opcode)), words=words)
        return
    if opcode != spec.OPCODE_SAMPLES or found.status != 0:
        yield COMMAND, _command(number, found)
    if found.result:
        label = found.fields.get("label")
        yield EVENT, dict(number=number) | _result(found.result, label, naming) | _digest(found.digest)
    for event in found.events:
        result = event.learned or event.answer
        told = _result(result, None, naming) if result else dict(outcome="refused" if event.refused else "made")
        told |= {name: getattr(event, name) for name in ("name", "voted") if getattr(event, name) is not None}
        told |= dict(words=str(event.refused)) if event.refused else {}
        told |= dict(features=event.x.tolist()) if event.x is not None else {}
        yield EVENT, dict(number=number, at=event.at) | told | _digest(event.digest)


def _command(number, found):
    told = dict(number=number, name=found.name, status=found.status, fields=dict(found.fields))
    if found.status is None:
        told |= dict(words="no reply: it may have been executed")
    elif found.status:
        told |= dict(words=found.words)
    told["fields"] |= {name: value for name, value in found.got.items() if name in _SHOWN_IN_REPLY}
    return told | _digest(found.digest)


def _result(result, label, naming):
    if isinstance(result, Learned):
        told = dict(outcome="learned", neurons=result.neurons, depth=result.depth)
        name = naming(label) if label is not None else None
        return told | (dict(label=label) if label is not None else {}) | (dict(name=name) if name else {})
    told = dict(outcome="answered", label=result.label, verdict=result.verdict.name.lower())
    name = naming(result)
    told |= dict(probability=result.probability, novelty=result.novelty / 4096)
    return told | (dict(name=name) if name else {})


def _digest(digest):
    return {} if digest is None else dict(digest=f"{digest:08x}")
