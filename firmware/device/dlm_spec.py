# SPDX-License-Identifier: MIT
"""GENERATED from shared_spec/spec.toml by shared_spec/generate.py: change it there."""

VERSION_LIBRARY = "0.1.0"
VERSION_PROTOCOL = 2
VERSION_SPEC = 4
VERSION_STATE = 2
LIMIT_FEATURES = 160
LIMIT_CLASSES = 16
LIMIT_EVENTS = 512
LIMIT_LAYERS = 4
LIMIT_COUNT = 65535
LIMIT_CLOCK = 2147483647
LIMIT_FALSE_REJECT_PERMILLE = 500
LIMIT_FALSE_REJECT_PERMILLE_MIN = 1
LIMIT_UNKNOWNS = 8
LIMIT_NEAREST = 3
ACTION_INSERTED = 0
ACTION_ABSORBED = 1
REASON_NONE = 0
REASON_REDUNDANT = 1
REASON_AGED = 2
REASON_DOUBTED = 3
VERDICT_UNKNOWN = 0
VERDICT_UNCERTAIN = 1
VERDICT_KNOWN = 2
RULE_MAJORITY = 0
RULE_MEAN = 1
VOTE_OVER = 64
VOTE_HOLD = 255
OUTCOME_MADE = 0
OUTCOME_ANSWERED = 1
OUTCOME_LEARNED = 2
OUTCOME_REFUSED = 3
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
ERROR_MODE = -18
ERROR_EVENT = -19
ERROR_NOTHING = -20
ERROR_FROZEN = -21
ERROR_PRESENT = -22
ERROR_COUNT = -23
ERROR_CLOCK = -24
ERROR_PROGRAM = -25
ERROR_OPCODE = -32
ERROR_PAYLOAD = -33
ERROR_PROTOCOL = -34
ERROR_UNCONFIGURED = -35
ERROR_MEMORY = -36
ERROR_OFFSET = -37
ERROR_INTERNAL = -38
ERROR_FRONT = -39
ERROR_STORE = -40
ERROR_UNSAVED = -41
ERROR_DISK = -42
ERROR_SLOT = -43
ERROR_SOURCE = -44
ERROR_LIVE = -45
ERROR_ANSWER = -46
ERROR_PAIRED = -47
ERROR_KEY = -48
ERROR_WAIT = -49
ERROR_SESSION = -50
ERROR_HELLO = -51
WIRE_FRAME_MAX = 2208
WIRE_HEADER = 4
WIRE_CHECKSUM = 4
WIRE_MAC = 8
WIRE_SEALED = 128
WIRE_KEY = 32
WIRE_NONCE = 16
WIRE_IDENTITY = 32
WIRE_REQUESTS = 1073741824
WIRE_FREE_TRIES = 3
WIRE_MOST_TRIES = 12
WIRE_CHUNK = 1024
WIRE_REPLY = 128
STORE_LAYOUT = 1
STORE_NAMES = 512
STORE_ASIDE = 4
STORE_SEQUENCE = 2147483647
RESTORED_NONE = 0
RESTORED_EMPTY = 1
RESTORED_NEWEST = 2
RESTORED_OLDER = 3
RESTORED_VERSION = 4
RESTORED_DAMAGED = 5
RESTORED_REFUSED = 6
RESTORED_UNREADABLE = 7
SAVING_DONE = 0
SAVING_DUE = 1
SAVING_FAILED = 2
MEMORY_EXPERIENCE = 128
OPCODE_HELLO = 1
OPCODE_CONFIGURE = 2
OPCODE_LEARN = 3
OPCODE_INFER = 4
OPCODE_EXIT = 10
OPCODE_MODEL = 24
OPCODE_CHALLENGE = 33
OPCODE_OPEN = 34
OPCODE_PAIR = 35
ERRORS = (-1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12, -13, -14, -15, -16, -18, -19, -20, -21, -22, -23, -24, -25, -32, -33, -34, -35, -36, -37, -38, -39, -40, -41, -42, -43, -44, -45, -46, -47, -48, -49, -50, -51)

# The configuration in the order of the wire
CONFIG = ("features", "classes", "events", "layers", "false_reject_permille", "regression", "background")
FLAGS = ("regression", "background", "flags", "frozen", "with_features", "running")  # fields of requests that are 0 or 1
UNBOUND = (1, 2, 10, 23, 24, 25, 27, 29, 30, 31, 32, 33, 34, 35)  # need no network
EVENT = "<QBhB"  # a part of a reply

# By opcode: its name; of the request, names and format of its numbers, bytes of an item behind them; of the
# reply, format of its numbers. Nested constants take no heap where they are frozen.
LAYOUTS = (
    None,
    ("hello", (), "<", 0, "<HHHHBHBHHIBBHBHBHBBIIBBBB"),
    ("configure", ("features", "classes", "events", "layers", "false_reject_permille", "regression", "background"), "<HBHBHBB", 0, "<II"),
    ("learn", ("label", "flags"), "<hH", 2, "<IHBIBBIBII"),
    ("infer", (), "<", 2, "<hBiIIiiIB"),
    ("digest", (), "<", 0, "<I"),
    ("info", (), "<", 0, "<HBHBHBBHBIIIIBBIIIIIB"),
    ("export", ("offset",), "<I", 0, "<I"),
    ("load", ("offset", "total"), "<II", 1, "<II"),
    None,
    ("exit", (), "<", 0, "<"),
    ("build", ("budget",), "<I", 0, "<BII"),
    ("undo", (), "<", 0, "<II"),
    ("forget", ("event",), "<I", 0, "<II"),
    ("relabel", ("event", "label"), "<Ih", 0, "<II"),
    ("correct", ("label",), "<h", 0, "<IHBIBBIBII"),
    ("drop", (), "<", 0, "<II"),
    ("unknowns", (), "<", 0, "<"),
    ("unknown", ("unknown",), "<I", 0, "<"),
    ("name", ("label",), "<h", 4, "<IHBIBBIBII"),
    ("rename_class", ("label", "to"), "<hh", 0, "<II"),
    ("drop_class", ("label",), "<h", 0, "<II"),
    ("freeze", ("frozen",), "<B", 0, "<II"),
    ("cost", ("features", "classes", "events", "layers", "regression", "background"), "<HBHBBB", 0, "<QII"),
    ("model", ("over", "by", "hold"), "<BBB", 1, "<HBIIQHIBBBQQhI"),
    ("samples", ("skipped", "with_features"), "<IH", 2, "<HIIB"),
    ("teach", ("label", "flags", "events"), "<hHI", 0, "<"),
    ("front", (), "<", 0, "<HBIIQHIBBBQQhI"),
    ("save", (), "<", 0, "<III"),
    ("restore", (), "<", 0, "<II"),
    ("names", (), "<", 1, "<"),
    ("listen", ("since",), "<I", 0, "<IIQQIB"),
    ("live", ("running",), "<B", 0, "<BII"),
    ("challenge", (), "<", 1, "<"),
    ("open", (), "<", 1, "<"),
    ("pair", (), "<", 1, "<"),
)
