# SPDX-License-Identifier: MIT
"""From raw samples to answers: what the model files make of a watch, of motions, of spoken words and of a machine.

Each stream of samples goes through a FrontEnd of its own. Every method gets the same features. Unknown are events of classes
that were not learned: one left out at a time, or words never taught.
"""

import functools
from pathlib import Path

import joblib
import numpy as np

from deeplomath import Model
from deeplomath.audit import noise
from deeplomath.audit.recording import Recording
from deeplomath.desk import bearing, data, speech
from deeplomath.desk.stories import motion

from .. import scores, sets
from .common import Row, joined, make, percent

MODELS = Path(__file__).parents[1] / "models"
SHOTS = 5
TAKES = 2  # of each word in each voice, where there are many voices
ONE_VOICE = 20, 4  # takes of each word, and voices
HELD_OUT, SPLITS = 8, 8  # voices that nobody taught, and how often they are drawn
MANY_SHOTS = 20  # events of each word, over all other voices
NOISE_DB = 3.0, 12.0
RECORDINGS = 25  # of a machine in each state at each load
TAUGHT_LOAD = 1
PROCESSES = 2  # that turn takes into features


def model(name):
    """The Model of a preset, or of a file beside this bench."""
    file = MODELS / f"{name}.toml"
    return Model(file) if file.exists() else Model(name)


def events(name, samples):
    """The features [n, d] of the events in a stream of samples."""
    front = model(name).front_end()
    return np.array([x for _, x in front.push(samples)], np.int16).reshape(-1, front.features)


def rows(part, one, setting, draw, measured):
    """Rows of {method: {metric: value}}."""
    for method, values in measured.items():
        yield from (Row(part, one, setting, method, draw, metric, value) for metric, value in values.items())


def auroc(peer, known, unknown):
    """Of novelty, in percent."""
    novelty = peer.novelty(np.concatenate([known, unknown]))
    return 100 * scores.auroc(novelty[: len(known)], novelty[len(known) :])


def accuracy(peer, queries, wanted):
    """Share of streams answered right, in percent; one without an event (None) is wrong."""
    there = [i for i, query in enumerate(queries) if query is not None]
    right = peer.predict(np.array([queries[i] for i in there])) == np.asarray(wanted)[there]
    return 100 * float(right.sum()) / len(queries)


def left_out(method, taught, asked, seed):
    """Mean AUROC over the classes, each left out once. taught, asked: events [n, d] by class."""
    found = []
    for left in range(len(taught)):
        kept = [c for c in range(len(taught)) if c != left]
        x, y = joined([taught[c] for c in kept])
        peer = make(method, x, len(kept), len(x), seed).fit(x, y)
        found.append(auroc(peer, np.concatenate([asked[c] for c in kept]), np.concatenate([taught[left], asked[left]])))
    return float(np.mean(found))


# Motions


def watch_jobs(quick):
    arms = motion.ARMS[:2] if quick else motion.ARMS
    return [dict(person=person, side=side) for person, side in arms]


def watch(methods, person, side):
    """The first windows of each exercise of an arm are learned, the others asked; then each exercise is left out once."""
    recordings, drawn = data.load(sets.FOLDER), []
    for exercise in range(len(data.EXERCISES)):
        streams = [r.samples for r in recordings if (r.person, r.side, r.exercise) == (person, side, exercise)]
        drawn.append(np.concatenate([events("motion", stream) for stream in streams]))
    yield from rows("watch", "motion", setting("motion"), 2 * person + side, shot(methods, drawn, SHOTS, person))


def setting(name):
    return f"{SHOTS} shots, d {model(name).front.features}"


def shot(methods, drawn, shots, seed):
    """{method: accuracy and AUROC}: the first events of each class are learned, the others asked."""
    taught, asked = [x[:shots] for x in drawn], [x[shots:] for x in drawn]
    (x, y), (queries, wanted) = joined(taught), joined(asked)
    found = {}
    for method in methods:
        peer = make(method, x, len(drawn), len(x), seed).fit(x, y)
        found[method.name] = {
            "accuracy": percent(peer.predict(queries), wanted),
            "AUROC": left_out(method, taught, asked, seed),
        }
    return found


def basic_motions_jobs(quick):
    return [dict(draw=draw) for draw in range(2 if quick else 10)]


@functools.cache
def basic_motions_events():
    """Events [n, d] of BasicMotions by class."""
    series, labels = sets.series("BasicMotions")
    x = np.concatenate([events("basic_motions", one) for one in series])
    return [x[labels == label] for label in np.unique(labels)]


def basic_motions(methods, draw):
    """Five series of each of four motions are learned, the others asked."""
    random = np.random.default_rng(draw)
    drawn = [random.permutation(x) for x in basic_motions_events()]
    yield from rows("motions", "BasicMotions", setting("basic_motions"), draw, shot(methods, drawn, SHOTS, draw))


# Words


def heard(take, noisy):
    """The features of a take, None if the gate finds no event in it. noisy: None, or the random numbers of its noise."""
    samples = take.samples[:, None]
    if noisy is not None:
        labels = ("",) * take.begin + ("word",) * (take.end - take.begin) + ("",) * (len(samples) - take.end)
        added = noise.noise(noise.KINDS[noisy.integers(2)], samples.shape, noisy)
        samples = noise.mixed(Recording(samples, labels=labels), added, noisy.uniform(*NOISE_DB))
    found = events("keywords", samples)
    return found[0] if len(found) else None


def words_heard(names, noisy=False):
    """{(voice, word, number): features or None}"""
    takes = speech.takes(names, PROCESSES)
    seeds = [speech.random_of("noise", *name) if noisy else None for name in takes]
    pool = joblib.Parallel(PROCESSES)
    found = pool(joblib.delayed(heard)(take, seed) for take, seed in zip(takes.values(), seeds, strict=True))
    return dict(zip(takes, found, strict=True))


def one_voice_jobs(quick):
    takes, voices = (8, 1) if quick else ONE_VOICE
    known = speech.WORDS[:10]
    names = [(v, w, k) for v in speech.VOICES[:voices] for w in known + speech.OTHERS for k in range(takes)]
    found = words_heard(names)
    return [
        dict(
            draw=draw,
            known=[[found[voice, word, k] for k in range(takes)] for word in known],
            others=[found[voice, word, k] for word in speech.OTHERS for k in range(takes)],
        )
        for draw, voice in enumerate(speech.VOICES[:voices])
    ]


def one_voice(methods, draw, known, others):
    """Ten words of one voice, five takes of each are learned; other takes are asked, and words never taught."""
    taught, asked = [takes[:SHOTS] for takes in known], [takes[SHOTS:] for takes in known]
    measured = words_measured(methods, taught, asked, others, draw)
    yield from rows("words", "speech", f"10 words, {SHOTS} shots", draw, measured)


def held_out_jobs(quick):
    return split_jobs(quick, False)


def noise_jobs(quick):
    return split_jobs(quick, True)


def split_jobs(quick, noisy):
    """Splits of the voices: those taught and those held out, with the features of all their takes."""
    every = speech.WORDS + speech.OTHERS
    found = words_heard([(v, w, k) for v in speech.VOICES for w in every for k in range(TAKES)], noisy)
    jobs = []
    for draw in range(1 if quick else SPLITS):
        order = [speech.VOICES[i] for i in np.random.default_rng(draw).permutation(len(speech.VOICES))]
        new, old = order[:HELD_OUT], order[HELD_OUT:]
        taken = [(v, k) for k in range(TAKES) for v in old][:MANY_SHOTS]
        asked = [(v, k) for v in new for k in range(TAKES)]
        jobs.append(
            dict(
                draw=draw,
                taught=[[found[v, w, k] for v, k in taken] for w in speech.WORDS],
                asked=[[found[v, w, k] for v, k in asked] for w in speech.WORDS],
                others=[found[v, w, k] for w in speech.OTHERS for v, k in asked],
            )
        )
    return jobs


def held_out(methods, draw, taught, asked, others):
    """Sixteen words, twenty takes of each over sixteen voices are learned; eight other voices are asked."""
    measured = words_measured(methods, taught, asked, others, draw)
    yield from rows("words of other voices", "speech", f"16 words, {MANY_SHOTS} shots", draw, measured)


def in_noise(methods, draw, taught, asked, others):
    """The same with white or pink noise, 3 to 12 dB below the word, in what is learned and in what is asked."""
    measured = words_measured(methods, taught, asked, others, draw)
    yield from rows("words in noise", "speech", f"16 words, {MANY_SHOTS} shots", draw, measured)


def words_measured(methods, taught, asked, others, seed):
    x, y = joined([np.array([e for e in takes if e is not None]) for takes in taught])
    queries = [event for takes in asked for event in takes]
    wanted = np.repeat(np.arange(len(asked)), [len(takes) for takes in asked])
    known, unknown = (np.array([e for e in every if e is not None]) for every in (queries, others))
    found = {}
    for method in methods:
        peer = make(method, x, len(taught), len(x), seed).fit(x, y)
        found[method.name] = {"accuracy": accuracy(peer, queries, wanted), "AUROC": auroc(peer, known, unknown)}
    return found


# A machine


def bearing_jobs(quick):
    return [dict(draw=draw, recordings=10 if quick else RECORDINGS) for draw in range(1 if quick else 6)]


@functools.cache
def machine(recordings):
    """{load: events [n, 32] by state}"""
    return {
        load: [
            np.concatenate([events("vibration", bearing.recording(state, load, n)) for n in range(recordings)])
            for state in bearing.STATES
        ]
        for load in bearing.LOADS
    }


def machine_states(methods, draw, recordings):
    """Seven states, five windows of each are learned at one load; others of that load and of other loads are asked."""
    order = np.random.default_rng(draw).permutation(recordings)
    here = [x[order] for x in machine(recordings)[TAUGHT_LOAD]]
    elsewhere = [joined(x) for load, x in machine(recordings).items() if load != TAUGHT_LOAD]
    taught, asked = [x[:SHOTS] for x in here], [x[SHOTS:] for x in here]
    (x, y), (queries, wanted) = joined(taught), joined(asked)
    for method in methods:
        peer = make(method, x, len(here), len(x), draw).fit(x, y)
        found = {
            "accuracy": percent(peer.predict(queries), wanted),
            "accuracy, other loads": float(np.mean([percent(peer.predict(xs), ys) for xs, ys in elsewhere])),
            "AUROC": left_out(method, taught, asked, draw),
        }
        yield from rows("machine", "bearing", f"7 states, {SHOTS} shots", draw, {method.name: found})
