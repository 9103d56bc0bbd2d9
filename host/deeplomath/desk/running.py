# SPDX-License-Identifier: MIT
"""What `deeplomath run` does: a recording streams through a model, is taught and answered, and each event is told."""

import json
import re
from collections import Counter
from typing import NamedTuple

from rich.text import Text

from ..errors import DataError
from ..results import Verdict
from ..spec import RULES
from ..text import escaped
from .report import RIGHT, UNCERTAIN, UNKNOWN, WRONG

_LESSON = re.compile(r"(.+):(\d+(?:\.\d+)?)(s?)-(\d+(?:\.\d+)?)(s?)", re.DOTALL | re.ASCII)
SECONDS = 1e7  # of a lesson, at most
VERDICTS = {verdict: verdict.name.lower() for verdict in Verdict}


class Lesson(NamedTuple):
    """The events known at the samples `first` to `last` are learned under a name."""

    name: str
    first: int
    last: int


class Planned(NamedTuple):
    """An event to come. at: its sample; said: the label of the recording, "" for none; taught: the name it is learned as."""

    at: int
    said: str
    taught: str | None


class Alone:
    """The mirror alone, with what a Lockstep has that streams."""

    def __init__(self, model):
        self.teach, self.stream = model.teach, model.push


def lesson(text, rate):
    """The Lesson of NAME:FROM-TO, in samples counted from 0, or in seconds: 12.5s. DataError."""
    found = _LESSON.fullmatch(text)
    if not found:
        raise DataError(f"teach: {text!r} given, NAME:FROM-TO needed, in samples or, as 2.5s, in seconds")
    name, first, in_seconds, last, too = found.groups()
    bounds = []
    for value, seconds in ((first, in_seconds), (last, too)):
        if seconds and not rate:
            raise DataError(f"teach: {text!r} is in seconds, and neither the recording nor the model has a rate")
        if float(value) > SECONDS or (not seconds and "." in value):
            raise DataError(f"teach: {value} given, a number of samples, or of seconds with an s, needed")
        bounds.append(round(float(value) * rate) if seconds else int(value))
    if bounds[0] > bounds[1]:
        raise DataError(f"teach: {text!r} ends before it begins")
    return Lesson(name, *bounds)


def plan(model, recorded, lessons=(), shots=0, only=()):
    """The Planned events of a Recording: found with a front-end of the host, so that each is taught ahead of its samples.

    shots: so many events of each label of the recording are learned, its first ones; only: of these labels, by default of
    all. A lesson goes ahead of that.
    """
    planned, seen, start = [], Counter(), 0
    for at, _ in model.front_end().push(recorded.samples):
        said = _said(recorded.labels, start, at + 1)
        taught = next((it.name for it in lessons if it.first <= at <= it.last), None)
        if taught is None and said and seen[said] < shots and (not only or said in only):
            taught = said
        seen[said] += 1
        planned.append(Planned(at, said, taught))
        start = at + 1
    _hit(planned, recorded.labels, lessons, shots, only)
    for name in dict.fromkeys(it.taught for it in planned if it.taught):
        model.label(name)  # one too many is said before anything is done
    return planned


def _hit(planned, labels, lessons, shots, only):
    """DataError for what was asked and teaches nothing."""
    for it in lessons:
        if not any(it.first <= event.at <= it.last for event in planned):
            last = planned[-1].at if planned else "none"
            raise DataError(
                f"teach: {it.name}: no event at samples {it.first} to {it.last}; the last event is at {last}"
            )
    there = {event.said for event in planned if event.said}
    if shots and not there:
        raise DataError("shots: the recording has no labels" if not labels else "shots: no event has a label")
    for name in only:
        if name not in there:
            raise DataError(f"only: no event of {name!r}, there are {', '.join(sorted(there)) or 'none'}")


def _said(labels, start, end):
    """The label that most of these samples have, of several the latest; "" where none has one."""
    heard = Counter(label for label in reversed((labels or ())[start:end]) if label)
    return heard.most_common(1)[0][0] if heard else ""


def play(side, model, samples, planned):
    """Yields (Planned, Event) of each event. side: what has teach and stream: a Lockstep, or the mirror alone."""
    start = 0
    for it in planned:
        if it.taught is not None:
            side.teach(model.label(it.taught), 1)
        (event,) = side.stream(samples[start : it.at + 1])
        if event.refused:
            side.teach(0, 0)  # what comes next is not to be learned
            raise DataError(f"event at sample {it.at}: {event.refused}")
        start = it.at + 1
        yield it, event
    side.stream(samples[start:])


def words(it, event, rate):
    """A line of what became of an event."""
    when = f"{it.at / rate:10.2f} s" if rate else f"{it.at:10}  "
    said = f"{it.said[:16]:16} " if it.said else " " * 17
    if event.learned:
        return Text(f"{when}  {said}learned as {escaped(event.name)}: {event.learned.neurons} kept, {event.digest:08x}")
    sign, _, style = mark(it, event)
    name = escaped(event.name or "nothing learned yet")
    voted = "" if event.voted_name == event.name else f"; voted {escaped(event.voted_name)}"
    sure = f"{event.answer.probability:4.0%}" if event.answer.label >= 0 else "    "
    return Text(f"{when}  {said}").append(f"{sign} {name}", style).append(f"  {sure}{voted}")


def front_facts(front):
    """(name, text) pairs on the front-end of a board; none where there is none."""
    if not front.features:
        return []
    rate = f" at {front.rate / 1000:g} a second" if front.rate else ""
    sizes = f"{front.lines} lines{rate} to {front.features} features, {front.footprint:,} bytes"
    vote = f"vote {RULES[front.by]} over {front.over}, hold {front.hold}"
    stream = f"{front.index:,} samples, {front.overruns:,} of them lost"
    lesson = f", {front.teaching} events to be learned as {front.label}" if front.teaching else ""
    return [("front-end", f"{sizes}; program of {front.bytes} bytes, CRC-32 {front.crc:08x}; {vote}; {stream}{lesson}")]


def mark(it, event):
    """The (mark, meaning, style) of an answer, as in the demo; without a label none can be wrong."""
    if event.answer.verdict == Verdict.UNKNOWN:
        return UNKNOWN
    if it.said and event.name != it.said:
        return WRONG
    return RIGHT if event.answer.verdict == Verdict.KNOWN else UNCERTAIN


def as_json(it, event, rate):
    """The same as a line of JSON."""
    found = dict(at=it.at, seconds=it.at / rate if rate else None, label=it.said or None, features=event.x.tolist())
    if event.learned:
        found |= dict(learned=event.name, **event.learned._asdict(), digest=f"{event.digest:08x}")
    else:
        answer = event.answer
        found |= dict(
            name=event.name, voted=event.voted_name, verdict=VERDICTS[answer.verdict], confidence=answer.probability
        )
        found |= dict(margin=answer.margin / 65536, distance=answer.distance / 4096, novelty=answer.novelty / 4096)
    return json.dumps(found)


def summary(played):
    """(name, text) pairs on all that was played."""
    learned = [event for _, event in played if event.learned]
    asked = [(it, event) for it, event in played if event.answer]
    pairs = [("events", f"{len(played)}: {len(learned)} learned, {len(asked)} answered")]
    named = [(it.said, event) for it, event in asked if it.said]
    if named:
        names = {event.name for event in learned}
        known, others = ([it for it in named if (it[0] in names) == there] for there in (True, False))
        pairs += [("taught", _shares(known))] if known else []
        if others:
            refused = sum(event.answer.verdict == Verdict.UNKNOWN for _, event in others)
            pairs += [("others", f"{len(others)} with a label that was not taught: {refused} unknown")]
    return pairs


def _shares(named):
    right, voted = (sum(getattr(event, field) == said for said, event in named) for field in ("name", "voted_name"))
    unknown = sum(event.answer.verdict == Verdict.UNKNOWN for _, event in named)
    n = len(named)
    return f"{n} with a label that was taught: {right} right ({right / n:.1%}), voted {voted} ({voted / n:.1%}), {unknown} unknown"
