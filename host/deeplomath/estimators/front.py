# SPDX-License-Identifier: MIT
"""Recordings to features, by the front-end of a model file: bit for bit what a board makes of them."""

import os

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from ..integers import as_int16
from ..model.model import Model
from ..signal.front import FrontEnd

TAKES = "last", "first"


class FrontEndTransformer(TransformerMixin, BaseEstimator):
    """Makes one event of each recording, int16 samples to int16 features, for a DeeplomathClassifier behind it.

    model: a model file's path, a preset's name ("motion", "keywords", "vibration", "current"), a deeplomath.Model, or the
    bytes of a front-end program. take: where a recording makes several events, its "last" or its "first".
    It learns nothing: fit only reads the model.

    >>> FrontEndTransformer("motion").fit_transform(np.zeros((2, 128, 6), np.int16)).shape
    (2, 31)
    """

    def __init__(self, model="motion", *, take="last"):
        self.model = model
        self.take = take

    def fit(self, X, y=None):
        """Reads the model, and checks X [n, samples, lines] as transform does. ModelError, KernelError: the model is none."""
        if self.take not in TAKES:
            raise ValueError(f"take: {self.take!r} given, {' or '.join(map(repr, TAKES))} needed")
        self._samples(X, self._front().lines)
        return self

    def transform(self, X):
        """Features int16 [n, d] of recordings X: int16 [n, samples, lines], or a list of arrays [samples, lines] of any length.

        ValueError: a recording makes no event. KernelError, TypeError: samples that do not fit int16, or of other lines.
        """
        front, found = self._front(), []
        for at, samples in enumerate(self._samples(X, front.lines)):
            front.reset()
            events = front.push(samples)
            if not events:
                raise ValueError(
                    f"X: recording {at}: {len(samples)} samples give no event of the front-end; longer ones do"
                )
            found.append(events[-1 if self.take == "last" else 0][1])
        return np.array(found, np.int16).reshape(len(found), front.features)

    def get_feature_names_out(self, input_features=None):
        """Names of the features: "feature0" and on, an array of str."""
        return np.array([f"feature{i}" for i in range(self._front().features)], object)

    def __sklearn_is_fitted__(self):
        return True  # nothing is learned

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.three_d_array = False, True
        tags.requires_fit = False
        return tags

    def _front(self):
        if isinstance(self.model, bytes):
            return FrontEnd(self.model)
        if not isinstance(self.model, Model | str | os.PathLike):
            kind = type(self.model).__name__
            raise TypeError(f"model: {kind} given, a path, a preset's name, a Model or the bytes of a program needed")
        model = self.model if isinstance(self.model, Model) else Model(os.fspath(self.model))
        return model.front_end()

    @staticmethod
    def _samples(X, lines):
        """The recordings, each int16 [samples, lines]."""
        if not hasattr(X, "__iter__"):
            raise TypeError(f"X: {type(X).__name__} given, recordings [n, samples, lines] needed")
        found = []
        for at, samples in enumerate(X):
            samples = as_int16(samples, f"X: recording {at}", ("sample", "line"))
            if samples.shape[1] != lines:
                raise ValueError(f"X: recording {at}: {samples.shape[1]} lines given, {lines} needed")
            found.append(samples)
        return found
