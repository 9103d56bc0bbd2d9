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
KERNEL_METRIC_PRIOR = 16
KERNEL_VARIANCE_LEAST = 16
KERNEL_METRIC_FEATURES = 3
KERNEL_SLOPE_EVENTS = 15
KERNEL_WINDOW = 6
KERNEL_RELEVANCE_LEAST = 256
KERNEL_WHITENING_LEAST = 4096
CONTOUR_PRIOR = 1
CONTOUR_LACK_SHIFT = 5
CONTOUR_MARGIN_KNOWN = 13107
CONTOUR_EXPECTED = 2662
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
SIGNAL_VERSION = 1
SIGNAL_PROGRAM = 1024
SIGNAL_OPERATIONS = 32
SIGNAL_INPUTS = 16
SIGNAL_LINES = 32
SIGNAL_SHIFT = 15
SIGNAL_SECTIONS = 8
SIGNAL_FILTER_MAX = 536870911
SIGNAL_KEEP_MIN = 2
SIGNAL_KEEP = 255
SIGNAL_SPACING = 65535
SIGNAL_WINDOW_MIN = 2
SIGNAL_WINDOW = 32768
SIGNAL_POWER_MIN = 16
SIGNAL_POWER = 2048
SIGNAL_PERIOD = 1048576
SIGNAL_TURN = 2048
SIGNAL_GUARD = 14
SIGNAL_WEIGHT_BITS = 6
SIGNAL_EDGE_BITS = 4
SIGNAL_STATISTICS = 7
SIGNAL_PARTS = 64
SIGNAL_FRAMES_MIN = 3
SIGNAL_FRAMES = 255
SIGNAL_TRIM = 15
SIGNAL_SLOW = 15
SIGNAL_VALUES = 512
SIGNAL_FOOTPRINT = 64
SIGNAL_FOOTPRINT_OPERATION = 16
OPERATION_MIX = 1
OPERATION_NORM = 2
OPERATION_BIQUAD = 3
OPERATION_KEEP = 4
OPERATION_WINDOW = 5
OPERATION_STATS = 6
OPERATION_POWER = 7
OPERATION_BANDS = 8
OPERATION_GATE = 9
OPERATION_POOL = 10
OPERATION_MAP = 11
STATISTIC_MEAN = 0
STATISTIC_DEVIATION = 1
STATISTIC_STEP = 2
STATISTIC_RANGE = 3
STATISTIC_CROSSINGS = 4
STATISTIC_KURTOSIS = 5
STATISTIC_ABSOLUTE = 6
FIELD_BYTES = 1
FIELD_MAGIC = 2
FIELD_VERSION = 3
FIELD_LINES = 4
FIELD_OPERATIONS = 5
FIELD_FEATURES = 6
FIELD_FEATURES_MADE = 7
FIELD_WINDOWS_BEFORE_THE_END = 8
FIELD_POOLS_BEFORE_THE_END = 9
FIELD_KIND = 10
FIELD_LENGTH = 11
FIELD_FLAGS = 12
FIELD_SHIFT = 13
FIELD_STATISTICS = 14
FIELD_SHAPE = 15
FIELD_PARTS = 16
FIELD_ROWS = 17
FIELD_LINES_IN_ALL = 18
FIELD_LINE = 19
FIELD_LINES_OF_A_ROW = 20
FIELD_SPACING_OF_ITS_LINES = 21
FIELD_SPACING = 22
FIELD_RESERVED = 23
FIELD_N = 24
FIELD_HOP = 25
FIELD_N_OF_ITS_WINDOW = 26
FIELD_POWERS_OF_ITS_WINDOW_BEFORE_IT = 27
FIELD_POWERS_BEFORE_IT = 28
FIELD_GATES_BEFORE_IT = 29
FIELD_EDGE = 30
FIELD_VALUES = 31
FIELD_HANG = 32
FIELD_MOST = 33
FIELD_PRE = 34
FIELD_TRIM = 35
FIELD_LEAST = 36
FIELD_SLOW = 37
FIELD_ABSOLUTE_SUM_OF_A_ROW = 38
FIELD_PERIOD = 39
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
RESET_UNKNOWN = 0
RESET_POWER = 1
RESET_PIN = 2
RESET_WATCHDOG = 3
RESET_SLEEP = 4
RESET_SOFT = 5
OPCODE_HELLO = 1
OPCODE_CONFIGURE = 2
OPCODE_LEARN = 3
OPCODE_INFER = 4
OPCODE_DIGEST = 5
OPCODE_INFO = 6
OPCODE_EXPORT = 7
OPCODE_LOAD = 8
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
OPCODE_MODEL = 24
OPCODE_SAMPLES = 25
OPCODE_TEACH = 26
OPCODE_FRONT = 27
OPCODE_SAVE = 28
OPCODE_RESTORE = 29
OPCODE_NAMES = 30
OPCODE_LISTEN = 31
OPCODE_LIVE = 32
OPCODE_CHALLENGE = 33
OPCODE_OPEN = 34
OPCODE_PAIR = 35

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

COSINE_Q15 = (
    32768, 32768, 32767, 32767, 32766, 32764, 32762, 32760,
    32758, 32756, 32753, 32749, 32746, 32742, 32738, 32733,
    32729, 32723, 32718, 32712, 32706, 32700, 32693, 32686,
    32679, 32672, 32664, 32656, 32647, 32638, 32629, 32620,
    32610, 32600, 32590, 32579, 32568, 32557, 32546, 32534,
    32522, 32509, 32496, 32483, 32470, 32456, 32442, 32428,
    32413, 32398, 32383, 32368, 32352, 32336, 32319, 32303,
    32286, 32268, 32251, 32233, 32214, 32196, 32177, 32158,
    32138, 32119, 32099, 32078, 32058, 32037, 32015, 31994,
    31972, 31950, 31927, 31904, 31881, 31858, 31834, 31810,
    31786, 31761, 31737, 31711, 31686, 31660, 31634, 31608,
    31581, 31554, 31527, 31499, 31471, 31443, 31415, 31386,
    31357, 31328, 31298, 31268, 31238, 31207, 31177, 31146,
    31114, 31082, 31050, 31018, 30986, 30953, 30920, 30886,
    30853, 30819, 30784, 30750, 30715, 30680, 30644, 30608,
    30572, 30536, 30499, 30462, 30425, 30388, 30350, 30312,
    30274, 30235, 30196, 30157, 30118, 30078, 30038, 29997,
    29957, 29916, 29875, 29833, 29792, 29750, 29707, 29665,
    29622, 29579, 29535, 29492, 29448, 29404, 29359, 29314,
    29269, 29224, 29178, 29132, 29086, 29040, 28993, 28946,
    28899, 28851, 28803, 28755, 28707, 28658, 28610, 28560,
    28511, 28461, 28411, 28361, 28311, 28260, 28209, 28158,
    28106, 28054, 28002, 27950, 27897, 27844, 27791, 27738,
    27684, 27630, 27576, 27522, 27467, 27412, 27357, 27301,
    27246, 27190, 27133, 27077, 27020, 26963, 26906, 26848,
    26791, 26733, 26674, 26616, 26557, 26498, 26439, 26379,
    26320, 26259, 26199, 26139, 26078, 26017, 25956, 25894,
    25833, 25771, 25708, 25646, 25583, 25520, 25457, 25394,
    25330, 25266, 25202, 25138, 25073, 25008, 24943, 24878,
    24812, 24746, 24680, 24614, 24548, 24481, 24414, 24347,
    24279, 24212, 24144, 24076, 24008, 23939, 23870, 23801,
    23732, 23663, 23593, 23523, 23453, 23383, 23312, 23241,
    23170, 23099, 23028, 22956, 22884, 22812, 22740, 22668,
    22595, 22522, 22449, 22375, 22302, 22228, 22154, 22080,
    22006, 21931, 21856, 21781, 21706, 21631, 21555, 21479,
    21403, 21327, 21251, 21174, 21097, 21020, 20943, 20865,
    20788, 20710, 20632, 20554, 20475, 20397, 20318, 20239,
    20160, 20081, 20001, 19921, 19841, 19761, 19681, 19601,
    19520, 19439, 19358, 19277, 19195, 19114, 19032, 18950,
    18868, 18786, 18703, 18621, 18538, 18455, 18372, 18288,
    18205, 18121, 18037, 17953, 17869, 17785, 17700, 17616,
    17531, 17446, 17361, 17275, 17190, 17104, 17018, 16932,
    16846, 16760, 16673, 16587, 16500, 16413, 16326, 16239,
    16151, 16064, 15976, 15888, 15800, 15712, 15624, 15535,
    15447, 15358, 15269, 15180, 15091, 15002, 14912, 14823,
    14733, 14643, 14553, 14463, 14373, 14282, 14192, 14101,
    14010, 13919, 13828, 13737, 13646, 13554, 13463, 13371,
    13279, 13187, 13095, 13003, 12910, 12818, 12725, 12633,
    12540, 12447, 12354, 12261, 12167, 12074, 11980, 11887,
    11793, 11699, 11605, 11511, 11417, 11323, 11228, 11134,
    11039, 10945, 10850, 10755, 10660, 10565, 10469, 10374,
    10279, 10183, 10088, 9992, 9896, 9800, 9704, 9608,
    9512, 9416, 9319, 9223, 9127, 9030, 8933, 8836,
    8740, 8643, 8546, 8449, 8351, 8254, 8157, 8059,
    7962, 7864, 7767, 7669, 7571, 7473, 7376, 7278,
    7180, 7081, 6983, 6885, 6787, 6688, 6590, 6491,
    6393, 6294, 6195, 6097, 5998, 5899, 5800, 5701,
    5602, 5503, 5404, 5305, 5205, 5106, 5007, 4907,
    4808, 4709, 4609, 4510, 4410, 4310, 4211, 4111,
    4011, 3911, 3812, 3712, 3612, 3512, 3412, 3312,
    3212, 3112, 3012, 2912, 2811, 2711, 2611, 2511,
    2411, 2310, 2210, 2110, 2009, 1909, 1809, 1708,
    1608, 1507, 1407, 1307, 1206, 1106, 1005, 905,
    804, 704, 603, 503, 402, 302, 201, 101,
    0,
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
    -18: "mode",
    -19: "event",
    -20: "nothing",
    -21: "frozen",
    -22: "present",
    -23: "count",
    -24: "clock",
    -25: "program",
    -32: "opcode",
    -33: "payload",
    -34: "protocol",
    -35: "unconfigured",
    -36: "memory",
    -37: "offset",
    -38: "internal",
    -39: "front",
    -40: "store",
    -41: "unsaved",
    -42: "disk",
    -43: "slot",
    -44: "source",
    -45: "live",
    -46: "answer",
    -47: "paired",
    -48: "key",
    -49: "wait",
    -50: "session",
    -51: "hello",
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

RULES = {
    0: "majority",
    1: "mean",
}

RESTOREDS = {
    0: "none",
    1: "empty",
    2: "newest",
    3: "older",
    4: "version",
    5: "damaged",
    6: "refused",
    7: "unreadable",
}

SAVINGS = {
    0: "done",
    1: "due",
    2: "failed",
}

RESETS = {
    0: "unknown",
    1: "power",
    2: "pin",
    3: "watchdog",
    4: "sleep",
    5: "soft",
}

OPERATIONS = {
    1: "mix",
    2: "norm",
    3: "biquad",
    4: "keep",
    5: "window",
    6: "stats",
    7: "power",
    8: "bands",
    9: "gate",
    10: "pool",
    11: "map",
}

FIELDS = {
    1: "bytes",
    2: "magic",
    3: "version",
    4: "lines",
    5: "operations",
    6: "features",
    7: "features_made",
    8: "windows_before_the_end",
    9: "pools_before_the_end",
    10: "kind",
    11: "length",
    12: "flags",
    13: "shift",
    14: "statistics",
    15: "shape",
    16: "parts",
    17: "rows",
    18: "lines_in_all",
    19: "line",
    20: "lines_of_a_row",
    21: "spacing_of_its_lines",
    22: "spacing",
    23: "reserved",
    24: "n",
    25: "hop",
    26: "n_of_its_window",
    27: "powers_of_its_window_before_it",
    28: "powers_before_it",
    29: "gates_before_it",
    30: "edge",
    31: "values",
    32: "hang",
    33: "most",
    34: "pre",
    35: "trim",
    36: "least",
    37: "slow",
    38: "absolute_sum_of_a_row",
    39: "period",
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
    24: "model",
    25: "samples",
    26: "teach",
    27: "front",
    28: "save",
    29: "restore",
    30: "names",
    31: "listen",
    32: "live",
    33: "challenge",
    34: "open",
    35: "pair",
}

UNBOUND = (  # need no network
    OPCODE_HELLO,
    OPCODE_CONFIGURE,
    OPCODE_EXIT,
    OPCODE_COST,
    OPCODE_MODEL,
    OPCODE_SAMPLES,
    OPCODE_FRONT,
    OPCODE_RESTORE,
    OPCODE_NAMES,
    OPCODE_LISTEN,
    OPCODE_LIVE,
    OPCODE_CHALLENGE,
    OPCODE_OPEN,
    OPCODE_PAIR,
)

HARMLESS = (  # leave no trace
    OPCODE_HELLO,
    OPCODE_DIGEST,
    OPCODE_INFO,
    OPCODE_EXPORT,
    OPCODE_UNKNOWNS,
    OPCODE_UNKNOWN,
    OPCODE_COST,
    OPCODE_FRONT,
    OPCODE_LISTEN,
    OPCODE_CHALLENGE,
    OPCODE_OPEN,
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
    OPCODE_MODEL: (
        ("over", "B", -1),
        ("by", "B", -1),
        ("hold", "B", -1),
    ),
    OPCODE_SAMPLES: (
        ("skipped", "I", -1),
        ("with_features", "H", -1),
    ),
    OPCODE_TEACH: (
        ("label", "h", -7),
        ("flags", "H", -1),
        ("events", "I", -1),
    ),
    OPCODE_FRONT: (),
    OPCODE_SAVE: (),
    OPCODE_RESTORE: (),
    OPCODE_NAMES: (),
    OPCODE_LISTEN: (
        ("since", "I", -46),
    ),
    OPCODE_LIVE: (
        ("running", "B", -1),
    ),
    OPCODE_CHALLENGE: (),
    OPCODE_OPEN: (),
    OPCODE_PAIR: (),
}

# Of a list behind them: what its items are called where they are too many, their bytes, the error.
TOO_LONG = {
    OPCODE_LEARN: ("features", 2, -2),
    OPCODE_INFER: ("features", 2, -2),
    OPCODE_NAME: ("unknowns", 4, -23),
    OPCODE_MODEL: ("bytes", 1, -25),
    OPCODE_SAMPLES: ("samples", 2, -1),
    OPCODE_NAMES: ("bytes of names", 1, -1),
    OPCODE_CHALLENGE: ("bytes", 1, -33),
    OPCODE_OPEN: ("bytes", 1, -33),
    OPCODE_PAIR: ("bytes", 1, -33),
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
FRONT = (
    ("features", "H", 0, 160),
    ("lines", "B", 0, 16),
    ("rate", "I", 0, 4294967295),
    ("footprint", "I", 0, 4294967295),
    ("work", "Q", 0, 18446744073709551615),
    ("bytes", "H", 0, 1024),
    ("crc", "I", 0, 4294967295),
    ("over", "B", 0, 64),
    ("by", "B", 0, 1),
    ("hold", "B", 0, 255),
    ("index", "Q", 0, 18446744073709551615),
    ("overruns", "Q", 0, 18446744073709551615),
    ("label", "h", -32768, 32767),
    ("teaching", "I", 0, 4294967295),
)
EVENT = (
    ("at", "Q", 0, 18446744073709551615),
    ("outcome", "B", 0, 3),
    ("label", "h", -32768, 32767),
    ("n_features", "B", 0, 160),
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
        ("saved", "I", 0, 2147483647),
        ("restored", "B", 0, 7),
        ("reset", "B", 0, 5),
        ("paired", "B", 0, 1),
        ("live", "B", 0, 2),
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
        ("refused", "I", 0, 4294967295),
        ("heap_free", "I", 0, 4294967295),
        ("saving", "B", 0, 2),
    ),
    OPCODE_EXPORT: (
        ("total", "I", 0, 4294967295),
    ),
    OPCODE_LOAD: (
        ("next", "I", 0, 4294967295),
        ("digest", "I", 0, 4294967295),
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
    OPCODE_MODEL: FRONT,
    OPCODE_SAMPLES: (
        ("taken", "H", 0, 65535),
        ("teaching", "I", 0, 4294967295),
        ("ticks", "I", 0, 4294967295),
        ("n_events", "B", 0, 255),
    ),
    OPCODE_TEACH: (),
    OPCODE_FRONT: FRONT,
    OPCODE_SAVE: (
        ("sequence", "I", 1, 2147483647),
        ("bytes", "I", 0, 4294967295),
        ("ticks", "I", 0, 4294967295),
    ),
    OPCODE_RESTORE: (
        ("sequence", "I", 1, 2147483647),
        ("digest", "I", 0, 4294967295),
    ),
    OPCODE_NAMES: (),
    OPCODE_LISTEN: (
        ("next", "I", 0, 4294967295),
        ("lost", "I", 0, 4294967295),
        ("overruns", "Q", 0, 18446744073709551615),
        ("index", "Q", 0, 18446744073709551615),
        ("waiting", "I", 0, 4294967295),
        ("n_events", "B", 0, 255),
    ),
    OPCODE_LIVE: (
        ("running", "B", 0, 1),
        ("next", "I", 0, 4294967295),
        ("faults", "I", 0, 4294967295),
    ),
    OPCODE_CHALLENGE: (),
    OPCODE_OPEN: (),
    OPCODE_PAIR: (),
}

# Most bytes behind them; 0 for those not named.
TAILS = {
    OPCODE_HELLO: 1024,
    OPCODE_INFER: 76,
    OPCODE_EXPORT: 1024,
    OPCODE_UNKNOWNS: 32,
    OPCODE_UNKNOWN: 320,
    OPCODE_SAMPLES: 2180,
    OPCODE_NAMES: 512,
    OPCODE_LISTEN: 2162,
    OPCODE_LIVE: 256,
    OPCODE_CHALLENGE: 48,
    OPCODE_OPEN: 32,
}

# The texts among them.
TEXTS = {
    OPCODE_HELLO: ("library", "board", "implementation", "names"),
    OPCODE_LIVE: ("fault",),
}
