# SPDX-License-Identifier: MIT
"""Recordings of samples, to be streamed through a model: CSV for people, NPZ for programs, WAV for sound.

CSV   UTF-8; one sample of all lines a line: v1,...,vn; the first row may name the columns, and then one of them may be
      `label`, the class that the sample belongs to, empty for none; blank lines and lines that begin with # are skipped,
      but `# rate 50` says how many samples a second there are.
NPZ   samples [n, lines], or [n] of one line; if known, rate (samples a second), lines (their names), labels [n] (names or
      numbers, "" for none).
WAV   PCM of 8, 16, 24 or 32 bits, of which the 16 highest are taken; each channel is a line.
Integers are samples as they are, -32768..32767. Decimals are in a unit, of which the source says how many LSB it has.
A CSV has at most LINES lines of LINE characters; a file of another kind at most BYTES bytes; all, at most SAMPLES samples.
"""

import io
import math
import re
import wave
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .. import files
from ..errors import DataError
from ..integers import HIGHEST, LOWEST
from ..model.fields import LONGEST
from ..model.text import LABEL
from . import archive
from .archive import at_most
from .eventfile import cut

SAMPLES = 4_000_000  # of all lines together
LINES = 1_000_000
LINE = 4096
BYTES = 64 << 20
COLUMNS = 64  # lines of a recording
NAME = LONGEST  # characters of a label or of the name of a line
MEMBERS = {"samples": 8 * SAMPLES, "rate": 64, "lines": 1 << 16, "labels": 160 * LINES}

_NUMBER = re.compile(r"-?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)
_INTEGER = re.compile("-?[0-9]{1,18}")
_RATE = re.compile(r"#\s*rate:?\s+(\d{1,7}(?:\.\d{1,6})?)\s*", re.ASCII)


class Recording(NamedTuple):
    """samples: int16 [n, lines]; rate: samples a second, lines: their names, labels: of each sample; None if not known."""

    samples: np.ndarray
    rate: float | None = None
    lines: tuple | None = None
    labels: tuple | None = None

    def parts(self):
        """(label, samples) of each run of samples of one label, in their order; label is "" where there is none."""
        if not self.labels:
            return [("", self.samples)]
        ends = [i for i in range(1, len(self.labels)) if self.labels[i] != self.labels[i - 1]]
        bounds = zip([0, *ends], [*ends, len(self.labels)], strict=True)
        return [(self.labels[a], self.samples[a:b]) for a, b in bounds]


def read(path, source=None):
    """The Recording in a .csv, .npz or .wav file. Raises DataError that names the line or member, and the limit.

    source: of a Model, or anything with its lines, rate and lsb. Then the samples are those of its lines, in its order; a
    rate of the file that is another is refused.
    """
    path = Path(path)
    readers = {".csv": _read_csv, ".npz": _read_npz, ".wav": _read_wav}
    if path.suffix.lower() not in readers:
        raise DataError(f"{path}: a recording is one of {', '.join(readers)}")
    try:
        found = readers[path.suffix.lower()](path)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:  # a name that no file can have
        raise DataError(f"{str(path)!r}: {error}") from error
    if not len(found.samples):
        raise DataError(f"{path}: no samples")
    at_most(path, "samples", found.samples.size, SAMPLES)
    return _scaled(path, _of_source(path, found, source) if source else found, source)


def write(path, recording):
    """Writes a Recording as .csv, .npz or .wav, whole or not at all.

    DataError if it cannot be, or if the file's kind does not hold it all.
    """
    path = Path(path)
    writers = {".csv": _csv, ".npz": _npz, ".wav": _wav}
    if path.suffix.lower() not in writers:
        raise DataError(f"{path}: a recording is one of {', '.join(writers)}")
    try:
        files.put(path, writers[path.suffix.lower()](path, recording))
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error


# To the lines and units of a model


def _of_source(path, found, source):
    """The Recording with the lines of a source only, in its order."""
    if found.rate is not None and source.rate and abs(found.rate - source.rate) > 0.01 * source.rate:
        raise DataError(f"{path}: {found.rate:g} samples a second, {source.rate:g} needed by the model")
    if found.lines is None or found.samples.shape[1] == 1 == len(source.lines):
        if found.samples.shape[1] != len(source.lines):
            names = ", ".join(source.lines)
            raise DataError(f"{path}: {found.samples.shape[1]} lines given, {len(source.lines)} needed: {names}")
        return found._replace(lines=tuple(source.lines))
    missing = [name for name in source.lines if name not in found.lines]
    if missing:
        raise DataError(f"{path}: no line {missing[0]!r}, there are {', '.join(found.lines)}")
    columns = [found.lines.index(name) for name in source.lines]
    return found._replace(samples=found.samples[:, columns], lines=tuple(source.lines))


def _scaled(path, found, source):
    """The Recording with int16 samples: integers that fit, or decimals times the LSB of their unit, rounded and saturated."""
    values = found.samples
    if values.dtype.kind == "f":
        lsb = source.lsb if source else None
        if lsb is None:
            raise DataError(f"{path}: decimals given, and no `lsb` in the [source] of a model says what they are")
        if not np.isfinite(values).all():
            raise DataError(f"{path}: sample {np.argwhere(~np.isfinite(values))[0][0] + 1}: no number")
        values = np.clip(np.rint(values * np.asarray(lsb, float)), LOWEST, HIGHEST)
    elif values.size and not (LOWEST <= values.min() and values.max() <= HIGHEST):
        row, column = np.argwhere((values < LOWEST) | (values > HIGHEST))[0]
        words = f"{values[row, column]} given, {LOWEST}..{HIGHEST} allowed"
        raise DataError(f"{path}: sample {row + 1}, line {column + 1}: {words}")
    return found._replace(samples=values.astype(np.int16))


# CSV


def _read_csv(path):
    table = _Table()
    with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, line in enumerate(iter(lambda: file.readline(LINE + 1), ""), 1):
            place = f"{path}, line {number}"
            check_line(place, number, line)
            table.take(place, line.strip(" \t\n"))
    return table.recording()


class _Table:
    """The rows of a CSV so far, and what its head says of them."""

    def __init__(self):
        self.rows, self.names, self.labels, self.label_at, self.rate = [], None, [], None, None

    def take(self, place, line):
        """One line: a comment, the names of the columns, or numbers and perhaps a label."""
        if not line or line.startswith("#"):
            if found := _RATE.fullmatch(line):
                self.rate = float(found[1]) or None
            return
        fields = [field.strip(" \t") for field in line.split(",")]
        if not self.rows and self.names is None and any(not _NUMBER.fullmatch(field) for field in fields):
            names = _checked_names(place, fields)
            self.label_at = names.index(LABEL) if LABEL in names else None
            self.names = [name for name in names if name != LABEL]
            return
        self.rows.append(self._row(place, fields))

    def _row(self, place, fields):
        """The numbers of a row, as many as in those before; its label goes to the others."""
        labelled = self.label_at is not None
        needed = len(self.names) if self.names else len(self.rows[0]) if self.rows else len(fields)
        if len(fields) != needed + labelled:
            beside = " beside the label" if labelled else ""
            raise DataError(f"{place}: {len(fields) - labelled} values given, {needed} needed{beside}")
        at_most(place, "columns", needed, COLUMNS)
        if labelled:
            self.labels.append(_checked_label(place, fields.pop(self.label_at)))
        return [_value(place, i, field) for i, field in enumerate(fields, 1)]

    def recording(self):
        decimal = any(isinstance(value, float) for row in self.rows for value in row)
        values = np.array(self.rows or np.zeros((0, 1)), float if decimal else np.int64)
        names = tuple(self.names) if self.names else None
        return Recording(values, self.rate, names, tuple(self.labels) if self.label_at is not None else None)


def check_line(place, number, line):
    """DataError if a line is one too many, too long, or no text."""
    at_most(place, "lines", number, LINES)
    at_most(place, "characters", len(line.rstrip("\n")), LINE)
    try:
        line.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{place}: not text in UTF-8; CSV, .npz or .wav is needed") from error


def _value(place, number, field):
    if _INTEGER.fullmatch(field):
        return int(field)
    value = float(field) if _NUMBER.fullmatch(field) else math.nan
    if not math.isfinite(value):
        raise DataError(f"{place}: value {number}: {cut(field)} given, a number needed")
    return value


def _checked_names(place, fields):
    if "" in fields or len(set(fields)) != len(fields):
        raise DataError(f"{place}: each column needs a name of its own")
    return [_checked_label(place, field) for field in fields]


def _checked_label(place, text):
    if len(text) > NAME or not text.isprintable():
        raise DataError(f"{place}: {cut(text)} given, 0..{NAME} characters that print allowed")
    return text


def _csv(path, recording):
    names = recording.lines or [f"line{i}" for i in range(1, recording.samples.shape[1] + 1)]
    head = [LABEL, *names] if recording.labels else list(names)
    rows = recording.samples.tolist()
    if recording.labels:
        rows = [[label, *row] for label, row in zip(recording.labels, rows, strict=True)]
    lines = [f"# rate {recording.rate:.6f}".rstrip("0").rstrip(".")] if recording.rate else []
    lines += [",".join(map(str, row)) for row in [head, *rows]]
    if not _reads_back(path, lines, recording._replace(lines=tuple(names))):
        raise DataError(f"{path}: a .csv does not hold these names, labels or this rate as they are; .npz does")
    return ("\n".join(lines) + "\n").encode()


def _reads_back(path, lines, recording):
    """Whether these lines are this recording to the one who reads them."""
    table = _Table()
    try:
        for number, line in enumerate(lines, 1):
            check_line(f"{path}, line {number}", number, line)
            table.take(f"{path}, line {number}", line.strip(" \t"))
    except DataError:
        return False
    found = table.recording()
    same = found.lines == recording.lines and (found.labels or ()) == tuple(recording.labels or ())
    near = abs((found.rate or 0) - (recording.rate or 0)) < 1e-6 and bool(found.rate) == bool(recording.rate)
    return same and near and np.array_equal(found.samples, recording.samples)


# NPZ


def _read_npz(path):
    with open(path, "rb") as file:
        at_most(path, "bytes", file.seek(0, 2), BYTES)
        samples, rate, lines, labels = archive.arrays(path, file, MEMBERS, optional=("rate", "lines", "labels"))
    if samples.ndim == 1:
        samples = samples[:, None]
    if samples.ndim != 2 or samples.dtype.kind not in "iuf":
        raise DataError(f"{path}: samples {samples.dtype} {list(samples.shape)}; numbers [n, lines] needed")
    rate = _npz_rate(path, rate)
    lines = _npz_names(path, "lines", lines, samples.shape[1])
    labels = _npz_names(path, "labels", labels, len(samples))
    return Recording(samples, rate, lines, labels)


def _npz_rate(path, rate):
    if rate is None:
        return None
    if rate.size != 1 or rate.dtype.kind not in "iuf" or not 0 < float(rate.ravel()[0]) < 1e7:
        raise DataError(f"{path}: rate {rate.dtype} {list(rate.shape)}; one number of samples a second needed")
    return float(rate.ravel()[0])


def _npz_names(path, what, array, needed):
    if array is None:
        return None
    if array.shape != (needed,) or array.dtype.kind not in "Uiu":
        raise DataError(f"{path}: {what} {array.dtype} {list(array.shape)}; {needed} names needed")
    return tuple(_checked_label(f"{path}, {what}", str(text)) for text in array.tolist())


def _npz(path, recording):
    known = {name: value for name, value in recording._asdict().items() if value is not None}
    arrays = {name: np.array(value, str) if name in ("lines", "labels") else value for name, value in known.items()}
    return archive.packed(arrays)


# WAV


def _read_wav(path):
    try:
        with open(path, "rb") as file, wave.open(file) as reader:
            at_most(path, "bytes", Path(path).stat().st_size, BYTES)
            lines, width, rate = reader.getnchannels(), reader.getsampwidth(), reader.getframerate()
            if width not in (1, 2, 3, 4):
                raise DataError(f"{path}: {8 * width} bits a sample given, 8, 16, 24 or 32 allowed")
            content = reader.readframes(reader.getnframes())
    except (wave.Error, EOFError) as error:
        raise DataError(f"{path}: not a WAV of PCM samples: {str(error) or 'it is cut'}") from error
    raw = np.frombuffer(content, np.uint8)
    raw = raw[: len(raw) // (lines * width) * lines * width].reshape(-1, lines, width)
    if width == 1:  # unsigned, as the format has it
        samples = (raw[..., 0].astype(np.int16) - 128) << 8
    else:  # the two highest bytes, which come last
        samples = raw[..., -2].astype(np.int16) | raw[..., -1].astype(np.int16) << 8
    return Recording(samples.astype(np.int16), float(rate))


def _wav(path, recording):
    if recording.labels and any(recording.labels):
        raise DataError(f"{path}: a .wav holds no labels; .csv and .npz do")
    if not recording.rate or recording.rate != int(recording.rate):
        raise DataError(f"{path}: a .wav needs a whole number of samples a second, {recording.rate} given")
    content = io.BytesIO()
    with wave.open(content, "wb") as writer:
        writer.setnchannels(recording.samples.shape[1])
        writer.setsampwidth(2)
        writer.setframerate(int(recording.rate))
        writer.writeframes(recording.samples.astype("<i2").tobytes())
    return content.getvalue()
