# SPDX-License-Identifier: MIT
"""What is measured: each part lists its jobs and turns a job into Rows, of some methods.

Every method of a job gets the same events in the same order. Accuracies and rates are in percent. A job is repeatable:
its draw is the seed of its shuffle and of the peers.
"""

from collections.abc import Callable
from typing import NamedTuple

from ..peers import (
    ALL,
    BATCH,
    STREAM,
    AdaptiveForest,
    Deeplomath,
    Forest,
    HoeffdingTree,
    RiverNeighbours,
    SupportVectors,
)
from . import corrections, features, few_shot, gestures, memory, open_set, signals, streams, watch

SAME_FEATURES = Deeplomath, SupportVectors, Forest
BATCHES, TREES = (Deeplomath, *BATCH), (HoeffdingTree, AdaptiveForest)


class Part(NamedTuple):
    """jobs(quick): list of arguments; run(methods, **arguments) yields Rows; methods: those that stand side by side."""

    jobs: Callable
    run: Callable
    methods: tuple


class Job(NamedTuple):
    """run(methods, **arguments) of a part."""

    part: str
    methods: tuple
    arguments: dict


# In the order in which they are shown.
PARTS = {
    "few-shot": Part(few_shot.few_shot_jobs, few_shot.few_shot, BATCHES),
    "class-incremental": Part(few_shot.class_incremental_jobs, few_shot.class_incremental, (*BATCHES, *TREES)),
    "informative": Part(features.informative_jobs, features.informative, BATCHES),
    "spikes": Part(features.spikes_jobs, features.spikes, BATCHES),
    "tails": Part(features.tails_jobs, features.tails, BATCHES),
    "class-after-class": Part(memory.class_after_class_jobs, memory.class_after_class, ALL),
    "label-noise": Part(memory.label_noise_jobs, memory.label_noise, ALL),
    "imbalance": Part(memory.imbalance_jobs, memory.imbalance, ALL),
    "open-set": Part(open_set.open_set_jobs, open_set.open_set, BATCHES),
    "false-reject": Part(open_set.false_reject_jobs, open_set.false_reject, (Deeplomath,)),
    "known-set": Part(watch.known_set_jobs, watch.known_set, (Deeplomath,)),
    "gestures": Part(gestures.gestures_jobs, gestures.gestures, BATCHES),
    "streams": Part(streams.stream_jobs, streams.stream, ALL),
    "drifting-streams": Part(streams.drifting_jobs, streams.drifting, (Deeplomath, *STREAM)),
    "drift": Part(watch.drift_jobs, watch.drift, (*BATCHES, *TREES, RiverNeighbours)),
    "corrections": Part(corrections.corrections_jobs, corrections.corrections, (*BATCHES, *TREES)),
}
# From raw samples on: of `make bench-signal`.
SIGNAL_PARTS = {
    "words": Part(signals.one_voice_jobs, signals.one_voice, SAME_FEATURES),
    "other-voices": Part(signals.held_out_jobs, signals.held_out, SAME_FEATURES),
    "noise": Part(signals.noise_jobs, signals.in_noise, SAME_FEATURES),
    "watch": Part(signals.watch_jobs, signals.watch, SAME_FEATURES),
    "motions": Part(signals.basic_motions_jobs, signals.basic_motions, SAME_FEATURES),
    "machine": Part(signals.bearing_jobs, signals.machine_states, SAME_FEATURES),
}


def jobs(part, quick, names=None):
    """The Jobs of a part: of its methods, or of those of these names; [] if it has none of them."""
    found = _part(part)
    methods = tuple(method for method in found.methods if not names or method.name in names)
    return [Job(part, methods, arguments) for arguments in found.jobs(quick)] if methods else []


def run(job):
    """The Rows of a job, as a list."""
    return list(_part(job.part).run(job.methods, **job.arguments))


def _part(name):
    return PARTS[name] if name in PARTS else SIGNAL_PARTS[name]
