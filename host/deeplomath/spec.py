# SPDX-License-Identifier: MIT
"""GENERATED from shared_spec/spec.toml by shared_spec/generate.py: change it there."""

VERSION_LIBRARY = "0.1.0"
VERSION_PROTOCOL = 1
VERSION_SPEC = 4
VERSION_STATE = 2
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
DEFAULT_LAYERS = 2
DEFAULT_FALSE_REJECT_PERMILLE = 50
KERNEL_COORDINATE_MAX = 4095
KERNEL_COORDINATE_MAX_WIDE = 2047
KERNEL_FEATURES_WIDE = 49
KERNEL_ANSWER_MAX = 524287
KERNEL_RIDGE = 33554432
KERNEL_EXPONENT_STEP_BITS = 6
KERNEL_EXPONENT_MAX = 30
KERNEL_GAIN_NUMERATOR = 19
KERNEL_GAIN_DENOMINATOR = 20
KERNEL_METRIC_PRIOR = 8
KERNEL_VARIANCE_LEAST = 16
KERNEL_METRIC_FEATURES = 3
KERNEL_SLOPE_EVENTS = 15
KERNEL_WINDOW = 6
KERNEL_RELEVANCE_LEAST = 256
KERNEL_WHITENING_LEAST = 4096
CONTOUR_PRIOR = 1
CONTOUR_LACK_SHIFT = 5
CONTOUR_MARGIN_KNOWN = 13107
CONTOUR_EXPECTED = 2376
CONTOUR_NOVELTY_MAX = 65535
FEATURE_LOG_BITS = 11
FEATURE_STILL_BITS = 4
FOOTPRINT_HEADER = 664
MEMORY_ABSORB_MARGIN = 32768
MEMORY_DISTANCE_SHIFT = 1
MEMORY_WEIGHT_AGE = 13107
MEMORY_AGE = 65535
MEMORY_DOUBT_MARGIN = 128
MEMORY_DOUBT_PRIOR = 24
MEMORY_DOUBT_LACK = 81920
MEMORY_DOUBT_SHIFT = 4
MEMORY_EXPERIENCE = 128
MEMORY_ABSORB_MISS = 6554
ACTION_INSERTED = 0
ACTION_ABSORBED = 1
REASON_NONE = 0
REASON_REDUNDANT = 1
REASON_AGED = 2
REASON_DOUBTED = 3
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

DIGESTED = (
    KERNEL_COORDINATE_MAX,
    KERNEL_COORDINATE_MAX_WIDE,
    KERNEL_FEATURES_WIDE,
    KERNEL_ANSWER_MAX,
    KERNEL_RIDGE,
    KERNEL_EXPONENT_STEP_BITS,
    KERNEL_EXPONENT_MAX,
    KERNEL_GAIN_NUMERATOR,
    KERNEL_GAIN_DENOMINATOR,
    KERNEL_METRIC_PRIOR,
    KERNEL_VARIANCE_LEAST,
    KERNEL_METRIC_FEATURES,
    KERNEL_SLOPE_EVENTS,
    KERNEL_WINDOW,
    KERNEL_RELEVANCE_LEAST,
    KERNEL_WHITENING_LEAST,
    CONTOUR_PRIOR,
    CONTOUR_LACK_SHIFT,
    CONTOUR_MARGIN_KNOWN,
    CONTOUR_EXPECTED,
    CONTOUR_NOVELTY_MAX,
    FEATURE_LOG_BITS,
    FEATURE_STILL_BITS,
    MEMORY_ABSORB_MARGIN,
    MEMORY_DISTANCE_SHIFT,
    MEMORY_WEIGHT_AGE,
    MEMORY_AGE,
    MEMORY_DOUBT_MARGIN,
    MEMORY_DOUBT_PRIOR,
    MEMORY_DOUBT_LACK,
    MEMORY_DOUBT_SHIFT,
    MEMORY_EXPERIENCE,
    MEMORY_ABSORB_MISS,
)

EXP2_Q30 = (
    1073741824, 1062175491, 1050733751, 1039415261, 1028218693, 1017142735, 1006186087, 995347464,
    984625594, 974019220, 963527098, 953147997, 942880699, 932724001, 922676710, 912737649,
    902905651, 893179563, 883558244, 874040567, 864625413, 855311680, 846098274, 836984114,
    827968132, 819049271, 810226483, 801498734, 792865000, 784324269, 775875538, 767517817,
    759250125, 751071493, 742980960, 734977579, 727060411, 719228525, 711481005, 703816941,
    696235434, 688735596, 681316545, 673977412, 666717336, 659535466, 652430958, 645402981,
    638450708, 631573326, 624770026, 618040012, 611382493, 604796689, 598281827, 591837143,
    585461881, 579155293, 572916640, 566745190, 560640218, 554601009, 548626854, 542717053,
    536870912,
)

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
    3: "doubted",
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

UNBOUND = (  # need no network
    OPCODE_HELLO,
    OPCODE_CONFIGURE,
    OPCODE_FEATURES,
    OPCODE_EXIT,
    OPCODE_COST,
)

HARMLESS = (  # leave no trace
    OPCODE_HELLO,
    OPCODE_DIGEST,
    OPCODE_INFO,
    OPCODE_EXPORT,
    OPCODE_FEATURES,
    OPCODE_UNKNOWNS,
    OPCODE_UNKNOWN,
    OPCODE_COST,
)

# The numbers of each request: name, code of struct, error of a value that does not fit.
REQUESTS = {
    OPCODE_HELLO: (),
    OPCODE_CONFIGURE: (
        ("features", "H", -2),
        ("classes", "B", -3),
        ("events", "H", -4),
        ("layers", "B", -5),
        ("false_reject_permille", "H", -6),
        ("regression", "B", -1),
        ("background", "B", -1),
    ),
    OPCODE_LEARN: (
        ("label", "h", -7),
        ("flags", "H", -1),
    ),
    OPCODE_INFER: (),
    OPCODE_DIGEST: (),
    OPCODE_INFO: (),
    OPCODE_EXPORT: (
        ("offset", "I", -37),
    ),
    OPCODE_LOAD: (
        ("offset", "I", -37),
        ("total", "I", -1),
    ),
    OPCODE_FEATURES: (
        ("channels", "H", -17),
    ),
    OPCODE_EXIT: (),
    OPCODE_BUILD: (
        ("budget", "I", -1),
    ),
    OPCODE_UNDO: (),
    OPCODE_FORGET: (
        ("event", "I", -19),
    ),
    OPCODE_RELABEL: (
        ("event", "I", -19),
        ("label", "h", -7),
    ),
    OPCODE_CORRECT: (
        ("label", "h", -7),
    ),
    OPCODE_DROP: (),
    OPCODE_UNKNOWNS: (),
    OPCODE_UNKNOWN: (
        ("unknown", "I", -19),
    ),
    OPCODE_NAME: (
        ("label", "h", -7),
    ),
    OPCODE_RENAME_CLASS: (
        ("label", "h", -7),
        ("to", "h", -7),
    ),
    OPCODE_DROP_CLASS: (
        ("label", "h", -7),
    ),
    OPCODE_FREEZE: (
        ("frozen", "B", -21),
    ),
    OPCODE_COST: (
        ("features", "H", -2),
        ("classes", "B", -3),
        ("events", "H", -4),
        ("layers", "B", -5),
        ("regression", "B", -1),
        ("background", "B", -1),
    ),
}

# Of a list behind them: what its items are called where they are too many, their bytes, the error.
TOO_LONG = {
    OPCODE_LEARN: ("features", 2, -2),
    OPCODE_INFER: ("features", 2, -2),
    OPCODE_FEATURES: ("samples", 2, -17),
    OPCODE_NAME: ("unknowns", 4, -23),
}

# The configuration, and the numbers of each reply: name, code of struct, least, most.
CONFIG = (
    ("features", "H", 1, 160),
    ("classes", "B", 1, 16),
    ("events", "H", 1, 512),
    ("layers", "B", 1, 4),
    ("false_reject_permille", "H", 1, 500),
    ("regression", "B", 0, 1),
    ("background", "B", 0, 1),
)
LEARNED = (
    ("event", "I", 0, 4294967295),
    ("neurons", "H", 0, 65535),
    ("depth", "B", 0, 255),
    ("error", "I", 0, 4294967295),
    ("action", "B", 0, 1),
    ("reason", "B", 0, 3),
    ("evicted", "I", 0, 4294967295),
    ("building", "B", 0, 1),
    ("digest", "I", 0, 4294967295),
    ("ticks", "I", 0, 4294967295),
)
CHANGED = (
    ("digest", "I", 0, 4294967295),
    ("ticks", "I", 0, 4294967295),
)
REPLIES = {
    OPCODE_HELLO: (
        ("protocol", "H", 0, 65535),
        ("spec", "H", 0, 65535),
        ("state", "H", 0, 65535),
        ("limit_features", "H", 0, 65535),
        ("limit_classes", "B", 0, 255),
        ("limit_events", "H", 0, 65535),
        ("limit_layers", "B", 0, 255),
        ("frame_max", "H", 0, 65535),
        ("chunk", "H", 1, 1024),
        ("heap_free", "I", 0, 4294967295),
        ("tick_kind", "B", 0, 1),
        ("configured", "B", 0, 1),
        *CONFIG,
        ("footprint", "I", 0, 4294967295),
    ),
    OPCODE_CONFIGURE: (
        ("footprint", "I", 0, 4294967295),
        ("digest", "I", 0, 4294967295),
    ),
    OPCODE_LEARN: LEARNED,
    OPCODE_INFER: (
        ("label", "h", -32768, 32767),
        ("verdict", "B", 0, 2),
        ("margin", "i", -2147483648, 2147483647),
        ("distance", "I", 0, 4294967295),
        ("novelty", "I", 0, 4294967295),
        ("confidence", "i", -2147483648, 2147483647),
        ("value", "i", -2147483648, 2147483647),
        ("ticks", "I", 0, 4294967295),
        ("n_nearest", "B", 0, 3),
    ),
    OPCODE_DIGEST: (
        ("digest", "I", 0, 4294967295),
    ),
    OPCODE_INFO: (
        *CONFIG,
        ("neurons", "H", 0, 65535),
        ("depth", "B", 0, 255),
        ("error", "I", 0, 4294967295),
        ("level", "I", 0, 4294967295),
        ("clock", "I", 0, 4294967295),
        ("work", "I", 0, 4294967295),
        ("frozen", "B", 0, 1),
        ("building", "B", 0, 1),
        ("footprint", "I", 0, 4294967295),
        ("digest", "I", 0, 4294967295),
        ("dropped", "I", 0, 4294967295),
        ("heap_free", "I", 0, 4294967295),
    ),
    OPCODE_EXPORT: (
        ("total", "I", 0, 4294967295),
    ),
    OPCODE_LOAD: (
        ("next", "I", 0, 4294967295),
        ("digest", "I", 0, 4294967295),
    ),
    OPCODE_FEATURES: (
        ("ticks", "I", 0, 4294967295),
    ),
    OPCODE_EXIT: (),
    OPCODE_BUILD: (
        ("building", "B", 0, 1),
        ("digest", "I", 0, 4294967295),
        ("ticks", "I", 0, 4294967295),
    ),
    OPCODE_UNDO: CHANGED,
    OPCODE_FORGET: CHANGED,
    OPCODE_RELABEL: CHANGED,
    OPCODE_CORRECT: LEARNED,
    OPCODE_DROP: CHANGED,
    OPCODE_UNKNOWNS: (),
    OPCODE_UNKNOWN: (),
    OPCODE_NAME: LEARNED,
    OPCODE_RENAME_CLASS: CHANGED,
    OPCODE_DROP_CLASS: CHANGED,
    OPCODE_FREEZE: CHANGED,
    OPCODE_COST: (
        ("work", "Q", 0, 18446744073709551615),
        ("step", "I", 0, 4294967295),
        ("bytes", "I", 0, 4294967295),
    ),
}

# Most bytes behind them; 0 for those not named.
TAILS = {
    OPCODE_HELLO: 768,
    OPCODE_INFER: 76,
    OPCODE_EXPORT: 1024,
    OPCODE_FEATURES: 318,
    OPCODE_UNKNOWNS: 32,
    OPCODE_UNKNOWN: 320,
}

# The texts among them.
TEXTS = {
    OPCODE_HELLO: ("library", "board", "implementation"),
}
