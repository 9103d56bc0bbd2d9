# SPDX-License-Identifier: MIT
"""Linear discriminants: class means and one covariance within the classes, shrunk; of a batch, and of a stream."""

import numpy as np

from .base import Peer, Scale
from .batch import Batch


def to_nearest(x, means, covariance):
    """Mahalanobis distance [n] of each x [n, d] to the nearest of the means [c, d]; what has no covariance counts 0."""
    inverse = np.linalg.pinv(covariance, hermitian=True)
    differences = x[:, None] - means
    return np.sqrt(np.maximum((differences @ inverse * differences).sum(2), 0)).min(1)


class Sphere:
    """The covariance of classes none of which has two events that differ: the identity. As scikit-learn's estimators are."""

    def fit(self, x):
        self.covariance_ = np.eye(x.shape[1])
        return self


class ShrunkDiscriminant(Batch):
    """scikit-learn's linear discriminant with the shrinkage of Ledoit and Wolf (2004).

    That estimates it of each class and takes the mean, weighted by the classes' shares, which are the priors, too. Better
    by 0.5 to 2 points of few shots than one estimate of all differences from the class means. A class of one event, or
    of equal ones, adds nothing; where no class adds any, the covariance is the identity, and scikit-learn, which asks for
    more events than classes, gets each event twice. Novelty: the distance.
    """

    name = "shrunk LDA"

    def model(self):
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

        how = dict(shrinkage="auto") if self.varies() else dict(covariance_estimator=Sphere())
        return LinearDiscriminantAnalysis(solver="lsqr", **how)

    def taught(self):
        x, y = super().taught()
        return (x, y) if self.varies() else (np.vstack([x, x]), y + y)

    def varies(self):
        """Whether a class has two events that differ."""
        x, y = np.array(self.x), np.array(self.y)
        return any(np.ptp(x[y == c], axis=0).any() for c in set(self.y))

    def novelty(self, x):
        *before, model = [step for _, step in self.fitted_model().steps]
        x = x.astype(float)
        for step in before:
            x = step.transform(x)
        return to_nearest(x, model.means_, model.covariance_)


class StreamingDiscriminant(Peer):
    """Streaming LDA (Hayes and Kanan 2020): class means and one covariance, an event at a time; no priors.

    An event adds n / (n + 1) e e^T to the scatter, n the events of its class before it and e its difference from their
    mean, so that the scatter is that of the batch. (The paper has the events of all classes in place of n, and starts with
    a batch.) The answer is the class mean nearest in the metric of (1 - SHRINKAGE) S + SHRINKAGE s I, S the scatter by the
    events, s the mean of its diagonal, 1 where that is 0. Features are scaled as they are at the time of asking. Bytes: all
    in float32, of symmetric matrices a half, with the inverse.
    """

    name = "streaming LDA"
    SHRINKAGE = 0.1

    def __init__(self, features, classes, events, seed=0):
        super().__init__(features, classes, events, seed)
        self.means, self.counts = np.zeros((classes, features)), np.zeros(classes, int)
        self.scatter, self.scale, self.inverse = np.zeros((features, features)), Scale(features), None

    def learn(self, x, y):
        self.scale.see(x)
        n, difference = self.counts[y], x - self.means[y]
        self.scatter += n / (n + 1) * np.outer(difference, difference)
        self.means[y] += difference / (n + 1)
        self.counts[y] += 1
        self.inverse = None

    def covariance(self):
        """The shrunk covariance [d, d] of scaled features."""
        unit = self.scale.unit()
        within = unit[:, None] * self.scatter * unit / self.scale.n
        mean = np.trace(within) / len(within) or 1.0
        return (1 - self.SHRINKAGE) * within + self.SHRINKAGE * mean * np.eye(len(within))

    def distances(self, x):
        """Squared distance [n, classes] to each class mean, infinite where a class has no event."""
        if self.inverse is None:
            self.inverse = np.linalg.inv(self.covariance())
        a, b = self.scale(x), self.scale(self.means)
        d2 = ((a @ self.inverse) * a).sum(1)[:, None] + ((b @ self.inverse) * b).sum(1) - 2 * a @ self.inverse @ b.T
        return np.where(self.counts > 0, np.maximum(d2, 0), np.inf)

    def predict(self, x):
        return self.distances(x).argmin(1) if self.scale.n else np.full(len(x), -1)

    def novelty(self, x):
        return np.sqrt(self.distances(x).min(1))

    def bytes(self):
        return 4 * (self.means.size + self.classes + self.features * (self.features + 1) + 2 * self.features)
