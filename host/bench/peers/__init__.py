# SPDX-License-Identifier: MIT
"""The mirror and its peers behind one face: fit or learn, predict, novelty, bytes. All get the same int16 events."""

from .base import Peer
from .batch import Batch, Forest, Logistic, Perceptron, SupportVectors
from .discriminant import ShrunkDiscriminant, StreamingDiscriminant
from .extreme import ExtremeLearning
from .nearest import BalancedReservoir, ClassMean, Nearest, NearestSameBytes
from .ours import Deeplomath
from .streaming import AdaptiveForest, HoeffdingTree, River, RiverNeighbours

# Of a batch of few shots: each may keep all events.
BATCH = (
    *(Nearest, ClassMean, ShrunkDiscriminant, StreamingDiscriminant),
    *(SupportVectors, Forest, Logistic, Perceptron, ExtremeLearning),
)
# Of a stream: each learns event by event.
STREAM = (
    *(RiverNeighbours, NearestSameBytes, BalancedReservoir, ClassMean),
    *(StreamingDiscriminant, ExtremeLearning, HoeffdingTree, AdaptiveForest),
)
# Ours first; of a stream, those that keep every event are an upper bound.
ALL = (Deeplomath, *STREAM, *(peer for peer in BATCH if peer not in STREAM))

__all__ = [
    "ALL",
    "BATCH",
    "STREAM",
    "AdaptiveForest",
    "BalancedReservoir",
    "Batch",
    "ClassMean",
    "Deeplomath",
    "ExtremeLearning",
    "Forest",
    "HoeffdingTree",
    "Logistic",
    "Nearest",
    "NearestSameBytes",
    "Peer",
    "Perceptron",
    "River",
    "RiverNeighbours",
    "ShrunkDiscriminant",
    "StreamingDiscriminant",
    "SupportVectors",
]
