# SPDX-License-Identifier: MIT
"""GENERATED from shared_spec/spec.toml by shared_spec/generate.py: change it there."""

VERSION_LIBRARY = "0.1.0"
VERSION_PROTOCOL = 1
VERSION_SPEC = 3
VERSION_STATE = 1
LIMIT_FEATURES = 160
LIMIT_CLASSES = 16
LIMIT_EVENTS = 512
LIMIT_LAYERS = 4
LIMIT_WINDOW_SAMPLES = 32768
LIMIT_WINDOW_SAMPLES_MIN = 2
LIMIT_CHANNELS = 53
LIMIT_COUNT = 65535
LIMIT_CLOCK = 2147483647
LIMIT_FALSE_REJECT_PERMILLE = 500
LIMIT_FALSE_REJECT_PERMILLE_MIN = 1
LIMIT_UNKNOWNS = 8
LIMIT_NEAREST = 3
DEFAULT_LAYERS = 4
DEFAULT_FALSE_REJECT_PERMILLE = 50
ACTION_INSERTED = 0
ACTION_ABSORBED = 1
REASON_NONE = 0
REASON_REDUNDANT = 1
REASON_AGED = 2
VERDICT_UNKNOWN = 0
VERDICT_UNCERTAIN = 1
VERDICT_KNOWN = 2
ERROR_ARGUMENT = -1
ERROR_FEATURES = -2
ERROR_CLASSES = -3
ERROR_EVENTS = -4
ERROR_LAYERS = -5
ERROR_FALSE_REJECT = -6
ERROR_LABEL = -7
ERROR_FULL = -8
ERROR_BUFFER = -9
ERROR_STATE_SIZE = -10
ERROR_STATE_MAGIC = -11
ERROR_STATE_VERSION = -12
ERROR_STATE_CONFIG = -13
ERROR_STATE_CHECKSUM = -14
ERROR_STATE_EVENT = -15
ERROR_STATE_DIGEST = -16
ERROR_WINDOW = -17
ERROR_MODE = -18
ERROR_EVENT = -19
ERROR_NOTHING = -20
ERROR_FROZEN = -21
ERROR_PRESENT = -22
ERROR_COUNT = -23
ERROR_CLOCK = -24
ERROR_OPCODE = -32
ERROR_PAYLOAD = -33
ERROR_PROTOCOL = -34
ERROR_UNCONFIGURED = -35
ERROR_MEMORY = -36
ERROR_OFFSET = -37
ERROR_INTERNAL = -38
WIRE_FRAME_MAX = 2200
WIRE_HEADER = 4
WIRE_CHECKSUM = 4
WIRE_CHUNK = 1024
WIRE_REPLY = 128
OPCODE_HELLO = 1
OPCODE_CONFIGURE = 2
OPCODE_LEARN = 3
OPCODE_INFER = 4
OPCODE_DIGEST = 5
OPCODE_INFO = 6
OPCODE_EXPORT = 7
OPCODE_LOAD = 8
OPCODE_FEATURES = 9
OPCODE_EXIT = 10
OPCODE_BUILD = 11
OPCODE_UNDO = 12
OPCODE_FORGET = 13
OPCODE_RELABEL = 14
OPCODE_CORRECT = 15
OPCODE_DROP = 16
OPCODE_UNKNOWNS = 17
OPCODE_UNKNOWN = 18
OPCODE_NAME = 19
OPCODE_RENAME_CLASS = 20
OPCODE_DROP_CLASS = 21
OPCODE_FREEZE = 22
OPCODE_COST = 23

ERRORS = {
    -1: "argument",
    -2: "features",
    -3: "classes",
    -4: "events",
    -5: "layers",
    -6: "false_reject",
    -7: "label",
    -8: "full",
    -9: "buffer",
    -10: "state_size",
    -11: "state_magic",
    -12: "state_version",
    -13: "state_config",
    -14: "state_checksum",
    -15: "state_event",
    -16: "state_digest",
    -17: "window",
    -18: "mode",
    -19: "event",
    -20: "nothing",
    -21: "frozen",
    -22: "present",
    -23: "count",
    -24: "clock",
    -32: "opcode",
    -33: "payload",
    -34: "protocol",
    -35: "unconfigured",
    -36: "memory",
    -37: "offset",
    -38: "internal",
}

OPCODES = {
    1: "hello",
    2: "configure",
    3: "learn",
    4: "infer",
    5: "digest",
    6: "info",
    7: "export",
    8: "load",
    9: "features",
    10: "exit",
    11: "build",
    12: "undo",
    13: "forget",
    14: "relabel",
    15: "correct",
    16: "drop",
    17: "unknowns",
    18: "unknown",
    19: "name",
    20: "rename_class",
    21: "drop_class",
    22: "freeze",
    23: "cost",
}

VERDICTS = {
    0: "unknown",
    1: "uncertain",
    2: "known",
}

ACTIONS = {
    0: "inserted",
    1: "absorbed",
}

REASONS = {
    0: "none",
    1: "redundant",
    2: "aged",
}
