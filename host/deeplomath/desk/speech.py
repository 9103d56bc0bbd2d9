# SPDX-License-Identifier: MIT
"""Spoken words, synthetic: Debian's espeak-ng says them in many voices. Nobody spoke them, and no microphone was there.

A take is a word said once: at a speed and a pitch of its own, at 8 kHz, as loud as it comes out, then within half a second of
a quiet room before and after. All is drawn from the seed of its name: the same takes on every machine with this espeak-ng.
"""

import concurrent.futures
import io
import subprocess
import wave
import zipfile
import zlib
from typing import NamedTuple

import numpy as np

from .. import files
from ..audit import archive
from ..errors import DataError
from ..paths import BUILD

FOLDER = BUILD / "data"
MADE = 2  # how takes are made: another number where the same name would give other samples
RATE = 8000
WORDS = (
    *("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"),
    *("zero", "one", "two", "three", "four", "five"),
)
OTHERS = ("six", "seven", "eight", "nine", "bed", "house", "marvin", "sheila")  # never taught
ACCENTS = "en-us", "en-gb", "en-gb-scotland"
VARIANTS = (
    *("m1", "f1", "m2", "f2", "m3", "f3", "m4", "f4", "m5", "f5", "m6", "m7", "m8"),
    *("adam", "alex", "andy", "annie", "belinda", "benjamin", "david", "edward", "linda", "mike", "steph"),
)
VOICES = tuple(f"{ACCENTS[i % len(ACCENTS)]}+{variant}" for i, variant in enumerate(VARIANTS))
SPEEDS, PITCHES = (110, 220), (20, 80)  # words a minute; of 0..99
QUIET = 0.5  # seconds of the room before and after a word
ROOM = 12  # LSB, the deviation of the room's noise
LOUD = 0.05, 0.5  # of full scale, the peak of a take
TILT = 0.5  # of the last sample, added or taken away at most: a microphone that is dull or sharp


class Take(NamedTuple):
    """samples: int16 [n] at RATE, of which word says begin..end."""

    samples: np.ndarray
    begin: int
    end: int


def espeak(*options):
    """What espeak-ng writes to its standard output, bytes. DataError: it is not there, or does not do it."""
    try:
        done = subprocess.run(["espeak-ng", *options], capture_output=True, check=False)
    except OSError as error:
        raise DataError(f"espeak-ng: {error.strerror}; `apt-get install espeak-ng` brings it") from error
    if done.returncode or not done.stdout:
        words = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit status {done.returncode}"]
        raise DataError(f"espeak-ng {' '.join(options)}: {words[-1]}")
    return done.stdout


def version():
    """Of espeak-ng; DataError if it is not there."""
    return espeak("--version").decode(errors="replace").partition(":")[2].split()[0]


def random_of(*name):
    """The random numbers of a name."""
    return np.random.default_rng(zlib.crc32(repr(name).encode()))


def said(voice, word, number):
    """What espeak-ng says, float [n] at RATE, its peak is 1."""
    random = random_of(voice, word, number)
    speed, pitch = int(random.integers(*SPEEDS)), int(random.integers(*PITCHES))
    options = ["-v", voice, "-s", str(speed), "-p", str(pitch), "--stdout", word]
    with wave.open(io.BytesIO(espeak(*options))) as file:
        samples = np.frombuffer(file.readframes(1 << 20), "<i2").astype(float)
        low = resampled(samples, file.getframerate())
    heard = np.flatnonzero(abs(low) > 0.01 * abs(low).max())
    return low[heard[0] : heard[-1] + 1] / abs(low).max()


def resampled(samples, rate):
    """Samples [n] of a higher rate at RATE: what lies above half of it goes."""
    n = round(len(samples) * RATE / rate)
    return np.fft.irfft(np.fft.rfft(samples)[: n // 2 + 1], n) * (n / len(samples))


def take(voice, word, number):
    """The Take of this number."""
    random, word_alone = random_of("take", voice, word, number), said(voice, word, number)
    quiet = int(QUIET * RATE)
    samples = random.normal(0, ROOM, len(word_alone) + 2 * quiet)
    heard = word_alone + random.uniform(-TILT, TILT) * np.append(0, word_alone[:-1])
    samples[quiet : quiet + len(heard)] += 32767 * random.uniform(*LOUD) * heard / abs(heard).max()
    return Take(np.clip(np.rint(samples), -32768, 32767).astype(np.int16), quiet, quiet + len(word_alone))


def takes(names, processes=2):
    """The Takes of (voice, word, number) names, a dictionary; said once, then kept in FOLDER.

    DataError: they cannot be had, or the file there is not what was kept.
    """
    names = sorted(set(names))
    key = zlib.crc32(repr((MADE, names, SPEEDS, PITCHES, QUIET, ROOM, LOUD, TILT)).encode())
    file = FOLDER / f"speech-{version()}-{key:08x}.npz"
    if not file.exists():
        with concurrent.futures.ThreadPoolExecutor(processes) as pool:  # each waits for a process of espeak-ng
            keep(list(pool.map(lambda name: take(*name), names)), file)
    try:
        with np.load(file) as kept:
            samples, places = kept["samples"], kept["places"]
        cut = np.split(samples, np.cumsum(places[:, 2])[:-1])
        return {name: Take(part, *place[:2].tolist()) for name, part, place in zip(names, cut, places, strict=True)}
    except (ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{file}: not the takes that were kept there ({error}); without it they are said anew"
        ) from error


def keep(takes, file):
    """Writes Takes to a file, all of it or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    places = np.array([(it.begin, it.end, len(it.samples)) for it in takes])
    files.put(file, archive.packed(dict(samples=np.concatenate([it.samples for it in takes]), places=places)))
