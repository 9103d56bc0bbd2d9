# SPDX-License-Identifier: MIT
"""Peers of scikit-learn that keep every event and are trained anew on all of them."""

import pickle
import warnings

import numpy as np

from .base import Peer


class Batch(Peer):
    """A scikit-learn model: keeps every event and is trained anew on all of them. Bytes: its pickle, without the events."""

    keeps_all = True

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        self.x, self.y, self.fitted = [], [], None

    def learn(self, x, y):
        self.x.append(x)
        self.y.append(y)
        self.fitted = None

    def taught(self):
        """The events [n, d] in float and their labels, as the model is to have them."""
        return np.array(self.x, float), self.y

    def fitted_model(self):
        if self.fitted is None:
            from sklearn.pipeline import make_pipeline
            from sklearn.preprocessing import StandardScaler

            model = make_pipeline(StandardScaler(), self.model())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an MLP that could go on
                self.fitted = model.fit(*self.taught())
        return self.fitted

    def predict(self, x):
        if len(set(self.y)) < 2:
            return np.full(len(x), self.y[0] if self.y else -1)
        return self.fitted_model().predict(x.astype(float))

    def scores(self, x):
        return self.fitted_model().predict_proba(x.astype(float))

    def bytes(self):
        return len(pickle.dumps(self.fitted_model()))


class SupportVectors(Batch):
    """Novelty: what the largest one-against-rest decision lacks."""

    name = "SVM, RBF"

    def model(self):
        from sklearn.svm import SVC

        return SVC(C=10)

    def scores(self, x):
        decision = self.fitted_model().decision_function(x.astype(float))
        return decision if decision.ndim == 2 else abs(decision)[:, None]


class Forest(Batch):
    name = "forest, 100"

    def model(self):
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(100, random_state=self.seed)


class Logistic(Batch):
    name = "logistic"

    def model(self):
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=1000)


class Perceptron(Batch):
    name = "MLP, 64"

    def model(self):
        from sklearn.neural_network import MLPClassifier

        return MLPClassifier((64,), max_iter=400, learning_rate_init=0.003, random_state=self.seed)
