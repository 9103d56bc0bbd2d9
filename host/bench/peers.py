# SPDX-License-Identifier: MIT
"""The mirror and its peers behind one face: fit or learn, predict, novelty, bytes. All get the same int16 events.

Peer(features, classes, events, seed); fit(X, Y) learns a batch, learn(x, y) one event more; predict(X) gives labels [n] (-1
when nothing is learned), novelty(X) [n] is larger for what is less known, bytes() the memory of the model as it stands.
"""

import pickle
import warnings

import numpy as np

from deeplomath import Network, Verdict, spec


class Peer:
    """What the peers share: learning a batch event by event, unless a class does better."""

    name = None
    incremental = True  # learns an event without going through the earlier ones again

    def __init__(self, features, classes, events, seed=0):
        self.features, self.classes, self.events, self.seed = features, classes, events, seed

    def fit(self, x, y):
        for event, label in zip(x, y, strict=True):
            self.learn(event, int(label))
        return self

    def novelty(self, x):
        return 1 - self.scores(x).max(1)

    def judge(self, x):
        """(labels, novelty) in one."""
        return self.predict(x), self.novelty(x)


class Deeplomath(Peer):
    """The integer mirror; as many neurons at most as `events` says. Bytes: the kernel's one buffer on the board."""

    name = "Deeplomath"

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        self.net = Network(features=features, classes=classes, events=min(events, spec.LIMIT_EVENTS))

    def fit(self, x, y):
        self.net.learn_many(x, y)  # every event a neuron: a batch of few shots
        return self

    def learn(self, x, y):
        self.net.learn(x, y)

    def answers(self, x):
        return self.net.infer_many(x)

    def predict(self, x):
        return np.array([answer.label for answer in self.answers(x)])

    def novelty(self, x):
        return np.array([answer.novelty for answer in self.answers(x)])

    def judge(self, x):
        answers = self.answers(x)
        return np.array([answer.label for answer in answers]), np.array([answer.novelty for answer in answers])

    def refused(self, x):
        """Which events the network calls unknown."""
        return np.array([answer.verdict == Verdict.UNKNOWN for answer in self.answers(x)])

    def bytes(self):
        return self.net.footprint()


class Scale:
    """Standardising with the running mean and deviation of the events seen; a feature that stood still counts 0."""

    def __init__(self, features):
        self.n, self.sums, self.squares = 0, np.zeros(features), np.zeros(features)

    def see(self, x):
        x = np.atleast_2d(x).astype(float)
        self.n, self.sums, self.squares = self.n + len(x), self.sums + x.sum(0), self.squares + (x * x).sum(0)

    def __call__(self, x):
        mean = self.sums / self.n
        variance = self.squares / self.n - mean**2
        return (x - mean) / np.sqrt(np.where(variance > 1e-6 * (1 + mean**2), variance, np.inf))


class Nearest(Peer):
    """The nearest event kept: all in a batch, the last `events` of a stream. Bytes: int16 events, labels, the scale in float32."""

    name = "1-NN"

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        self.x, self.y, self.scale = np.zeros((0, features), np.int16), np.zeros(0, int), Scale(features)

    def fit(self, x, y):
        self.scale.see(x)
        self.x, self.y = np.vstack([self.x, x])[-self.events :], np.append(self.y, y)[-self.events :]
        return self

    def learn(self, x, y):
        self.fit(x[None], [y])

    def distances(self, x):
        a, b = self.scale(x), self.scale(self.x)
        return np.sqrt(np.maximum((a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T, 0))

    def predict(self, x):
        return self.y[self.distances(x).argmin(1)] if len(self.x) else np.full(len(x), -1)

    def novelty(self, x):
        return self.distances(x).min(1)

    def bytes(self):
        return self.x.size * 2 + len(self.x) + 8 * self.features


class NearestSameBytes(Nearest):
    """The nearest of as many last events as fit into the bytes of a network of `events` neurons."""

    name = "1-NN, same bytes"

    def __init__(self, features, classes, events, seed=0):
        room = Network(features=features, classes=classes, events=events).footprint() - 8 * features
        super().__init__(features, classes, room // (2 * features + 1), seed)


class ClassMean(Peer):
    """The nearest class mean."""

    name = "class mean"

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        self.sums, self.counts, self.scale = np.zeros((classes, features)), np.zeros(classes), Scale(features)

    def learn(self, x, y):
        self.scale.see(x)
        self.sums[y] += x
        self.counts[y] += 1

    def distances(self, x):
        means = self.scale(self.sums / np.maximum(self.counts, 1)[:, None])
        d2 = ((self.scale(x)[:, None] - means[None]) ** 2).sum(2)
        return np.sqrt(np.where(self.counts > 0, d2, np.inf))

    def predict(self, x):
        return self.distances(x).argmin(1) if self.scale.n else np.full(len(x), -1)

    def novelty(self, x):
        return self.distances(x).min(1)

    def bytes(self):
        return 4 * (self.sums.size + self.classes + 2 * self.features)


class Batch(Peer):
    """A scikit-learn model: keeps every event and is trained anew on all of them. Bytes: its pickle, without the events."""

    incremental = False

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        self.x, self.y, self.fitted = [], [], None

    def learn(self, x, y):
        self.x.append(x)
        self.y.append(y)
        self.fitted = None

    def fitted_model(self):
        if self.fitted is None:
            from sklearn.pipeline import make_pipeline
            from sklearn.preprocessing import StandardScaler

            model = make_pipeline(StandardScaler(), self.model())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # an MLP that could go on
                self.fitted = model.fit(np.array(self.x, float), self.y)
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


class ExtremeLearning(Peer):
    """OS-ELM (Liang et al. 2006): a random hidden layer of 128 sigmoids, its output weights by recursive least squares.

    The scale is that of the first events: START of them, or the first batch if it is larger. Bytes: all in float32.
    """

    name = "OS-ELM, 128"
    HIDDEN, START, RIDGE = 128, 32, 0.1

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        random = np.random.default_rng(seed)
        self.weights = random.uniform(-1, 1, (features, self.HIDDEN)) * np.sqrt(3 / features)
        self.bias = random.uniform(-1, 1, self.HIDDEN)
        self.first, self.scale = (np.zeros((0, features)), np.zeros(0, int)), None
        self._forget()

    def _forget(self):
        self.covariance = np.eye(self.HIDDEN) / self.RIDGE
        self.beta = np.zeros((self.HIDDEN, self.classes))

    def _hidden(self, x):
        return 1 / (1 + np.exp(-np.clip(self.scale(x) @ self.weights + self.bias, -40, 40)))

    def _update(self, x, y):
        h, target = self._hidden(x), np.eye(self.classes)[y]
        gain = self.covariance @ h.T @ np.linalg.inv(np.eye(len(h)) + h @ self.covariance @ h.T)
        self.covariance -= gain @ h @ self.covariance
        self.beta += gain @ (target - h @ self.beta)

    def fit(self, x, y):
        if self.first is None:
            self._update(x, y)
            return self
        self.first = (np.vstack([self.first[0], x]), np.append(self.first[1], y).astype(int))
        self._forget()
        self.scale = Scale(self.features)
        self.scale.see(self.first[0])
        self._update(*self.first)
        if len(self.first[1]) >= self.START:
            self.first = None
        return self

    def learn(self, x, y):
        self.fit(x[None], [y])

    def scores(self, x):
        return self._hidden(x) @ self.beta

    def predict(self, x):
        return self.scores(x).argmax(1) if self.scale else np.full(len(x), -1)

    def bytes(self):
        return 4 * (self.weights.size + self.bias.size + self.beta.size + self.covariance.size + 2 * self.features)


class River(Peer):
    """A model of river, one event at a time. Bytes: its Python objects, as river counts them."""

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        self.river = self.model()

    def learn(self, x, y):
        self.river.learn_one(dict(enumerate(x.tolist())), y)

    def predict(self, x):
        found = [self.river.predict_one(dict(enumerate(event.tolist()))) for event in x]
        return np.array([-1 if label is None else label for label in found])

    def scores(self, x):
        found = [self.river.predict_proba_one(dict(enumerate(event.tolist()))) for event in x]
        return np.array([[scores.get(c, 0) for c in range(self.classes)] for scores in found])

    def bytes(self):
        return self.river._raw_memory_usage


class HoeffdingTree(River):
    name = "Hoeffding a. tree"

    def model(self):
        from river.tree import HoeffdingAdaptiveTreeClassifier

        return HoeffdingAdaptiveTreeClassifier(seed=self.seed)


class AdaptiveForest(River):
    name = "adaptive forest"

    def model(self):
        from river.forest import ARFClassifier

        return ARFClassifier(seed=self.seed)


class RiverNeighbours(River):
    """As many events as the network has neurons, the last ones."""

    name = "kNN, same events"

    def model(self):
        from river.neighbors import KNNClassifier, LazySearch
        from river.preprocessing import StandardScaler

        return StandardScaler() | KNNClassifier(n_neighbors=1, engine=LazySearch(window_size=self.events))


BATCH = (Nearest, ClassMean, SupportVectors, Forest, Logistic, Perceptron, ExtremeLearning)
STREAM = (RiverNeighbours, NearestSameBytes, ClassMean, ExtremeLearning, HoeffdingTree, AdaptiveForest)
