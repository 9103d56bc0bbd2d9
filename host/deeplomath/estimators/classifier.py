# SPDX-License-Identifier: MIT
"""A classifier of up to 16 classes that says what it does not know."""

from collections.abc import Set

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from .. import spec
from . import checked, probabilities
from .base import NetworkEstimator
from .draft import asks, teaches

ONE = 1 << 16  # Q16
LEAST = -(spec.KERNEL_ANSWER_MAX + 1) / ONE  # output of a class that has no event: below any other


class DeeplomathClassifier(ClassifierMixin, NetworkEstimator):
    """Learns classes from few events, at once: the network of a board, to the bit, behind scikit-learn's calls.

    budget: events kept at most, 1..512; None: as many as are given to fit, 512 at most. Where fit is given more than the
    budget, it learns them in order, as a board does: what is known already is absorbed, and the least useful event goes.
    Else each becomes a neuron, and the network is solved once (Network.learn_many). partial_fit always learns in order.
    layers: 1..4 at most. false_reject_permille: how often what is known may be called unknown, 1..500.
    scale: how X becomes int16. "auto": int16 stays as it is, all else gets the Scale of the rows first seen. None:
    whole numbers are needed. A Scale: that one.

    classes_: labels, sorted; of any kind that scikit-learn takes. n_features_in_, feature_names_in_: as there.
    net_, scale_, n_taught_: as in NetworkEstimator.
    A fit or partial_fit that fails changes nothing. Threads may ask while one teaches, and are answered by what was before;
    those that teach wait for each other.

    ValueError: more than 16 classes, 160 features or 512 events without a budget, a NaN: the words say which, and what to do.

    >>> clf = DeeplomathClassifier().fit([[0.0, 0.0], [1.0, 1.0], [0.1, 0.2], [0.9, 1.1]], ["off", "on", "off", "on"])
    >>> clf.predict([[0.9, 0.8]]).tolist(), clf.known([[50.0, -50.0]]).tolist()
    (['on'], [False])
    """

    @teaches
    def fit(self, X, y, **refused):
        """Forgets all, and learns the rows of X [n, d] under the labels y [n]. No sample_weight is taken."""
        checked.nothing_else(refused)
        x, y = self._checked(X, y, reset=True)
        self.classes_, labels = np.unique(y, return_inverse=True)
        checked.limit("classes", len(self.classes_), spec.LIMIT_CLASSES)
        self._numbers = np.arange(len(self.classes_))  # of each of classes_, its class in the network
        self._begin(x, len(self.classes_))
        self._teach_all(x, labels.tolist())
        return self

    @teaches
    def partial_fit(self, X, y, classes=None, **refused):
        """Learns the rows of X in order. A label not seen before is a new class, at any time, up to 16.

        classes: labels that may come, to have their columns in predict_proba from the first call on; not needed.
        A new class gets the next number in the network; classes_ stays sorted, so that columns move.
        """
        checked.nothing_else(refused)
        first = not hasattr(self, "net_")
        x, y = self._checked(X, y, reset=first)
        before = np.empty(0, np.asarray(y).dtype) if first else self.classes_
        classes = list(classes) if isinstance(classes, Set) else classes
        checked.labels(classes, "classes: label")
        classes = None if classes is None or not np.size(classes) else np.ravel(classes)
        checked.alike(y=y, classes=classes, classes_=before)
        new = np.setdiff1d(np.unique(y) if classes is None else np.union1d(classes, y), before)
        checked.limit("classes", len(before) + len(new), spec.LIMIT_CLASSES)
        joined = np.concatenate([before, new])
        order = np.argsort(joined)
        numbers = np.concatenate([[] if first else self._numbers, np.arange(len(before), len(joined))]).astype(int)
        if first:
            self._begin(x, len(joined))
        else:
            self._go_on(len(joined))
        self.classes_, self._numbers = joined[order], numbers[order]
        self._teach_each(x, self._numbers[np.searchsorted(self.classes_, y)])
        return self

    @asks
    def predict(self, X):
        """The label of each row of X [n]: the most likely one, also of what is unknown; ask known, too."""
        answers = self.answers(X)
        return self.classes_[self._at()[[answer.label for answer in answers]]]

    @asks
    def predict_proba(self, X):
        """Probabilities [n, classes]. That of the label is calibrated by what the network met (Answer.confidence).

        The others share the rest in proportion to their outputs. None is above that of the label.
        """
        answers, memory = self.answers(X), self.net_.memory
        points = len(memory.events) + len(memory.experience)
        return probabilities.of_answers(answers, self._present(), points)[:, self._numbers]

    @asks
    def decision_function(self, X):
        """Outputs of the network, about 0..1 apart: [n, classes], or [n] of two classes, above 0 for the second."""
        outputs = np.array([answer.outputs for answer in self.answers(X)]) / ONE
        outputs = np.where(self._present(), outputs, LEAST)[:, self._numbers]
        return outputs[:, 1] - outputs[:, 0] if len(self.classes_) == 2 else outputs

    @classmethod
    def from_state(cls, data, classes=None, scale=None):
        """A fitted classifier of the state of a network, bytes, as a board or state() gave it.

        classes: the label of each class by its number; None: the numbers. scale: a Scale, None where X is int16.
        KernelError: the state is none. ValueError: another number of labels, or one twice.
        """
        made = cls._from_network(data, scale)
        n = made.net_.config.classes
        checked.labels(classes, "classes: label")
        labels = np.arange(n) if classes is None else np.asarray(classes)
        if labels.shape != (n,) or len(np.unique(labels)) != n:
            raise ValueError(f"classes: {len(np.unique(labels))} labels given, {n} needed, each once")
        if made.net_.config.regression:
            raise ValueError("state: of a regression given, one of classes needed: DeeplomathRegressor takes it")
        made._numbers = np.argsort(labels)
        made.classes_ = labels[made._numbers]
        return made

    def _checked(self, X, y, reset):
        checked.labels(y, "y: row")
        x, y = checked.rows(self, X, y, reset)
        check_classification_targets(y)
        return x, y

    def _present(self):
        """Which classes of the network have events, bool [classes]."""
        return np.isin(np.arange(self.net_.config.classes), self.net_.live.present)

    def _at(self):
        """Of each class of the network its place in classes_."""
        return np.argsort(self._numbers)

    def _label(self, number):
        return self.classes_[self._at()[number]]

    def _names(self):
        check_is_fitted(self)
        return {int(number): label for number, label in sorted(zip(self._numbers, self.classes_.tolist()))}
