# SPDX-License-Identifier: MIT
"""An estimator changes all at once or not at all, and many threads may ask it: also while one of them teaches."""

import copy
import pickle
import threading

import joblib
import numpy as np
import pytest
from sklearn.base import clone

from deeplomath.estimators import DeeplomathClassifier, DeeplomathDetector, DeeplomathRegressor
from deeplomath.scale import Scale

DRAW = np.random.default_rng(7)
X = DRAW.normal(size=(40, 3))
Y = np.arange(40) % 4
WIDE = DRAW.normal(size=(9, 5))
SMALL = {
    DeeplomathClassifier(budget=8): (X[:8], Y[:8]),
    DeeplomathRegressor(budget=2): (X[:2], Y[:2]),
    DeeplomathDetector(budget=2): (X[:2], None),
}  # as many events as have to stay
ESTIMATORS = pytest.mark.parametrize("made", SMALL, ids=lambda made: type(made).__name__)


def all_of(estimator):
    """Everything that an estimator is: each attribute by its identity, and what can change within."""
    attributes = {name: id(value) for name, value in vars(estimator).items()}
    net = estimator.net_ if "net_" in attributes else None
    kept = net and (net.digest(), net.info(), copy.deepcopy(net.memory.class_clock), net.memory.undo)
    return attributes, kept, pickle.dumps(estimator)


def harms(estimator):
    """Calls that fail, at different places of a fit."""
    nan = X.copy()
    nan[30, 1] = np.nan
    huge = np.full((9, 3), 1e9)
    yield "a full budget", {}, X, Y
    yield "a NaN in X", {}, nan, Y
    yield "a row too few", {}, X, Y[:9]
    yield "no scale", dict(scale="best"), X, Y
    yield "another scale", dict(scale=Scale((0.0,), (1.0,))), WIDE, np.arange(9)
    yield "no budget", dict(budget=0), WIDE, np.arange(9)
    yield "no int16", dict(scale=None), huge, np.arange(9)
    if not isinstance(estimator, DeeplomathDetector):
        yield "no label", {}, X, np.where(Y, Y, np.nan)
        yield "too many labels, or a value too far", dict(target_scale=None), X, np.arange(40) * 1e9
    if isinstance(estimator, DeeplomathRegressor):
        yield "no target_scale", dict(target_scale="best"), WIDE, np.arange(9)


@ESTIMATORS
@pytest.mark.parametrize("call", ["fit", "partial_fit"])
def test_what_fails_changes_nothing(made, call):
    failed = 0
    for name, params, x, y in harms(made):
        fitted = clone(made).fit(*SMALL[made])
        fitted.set_params(**{key: value for key, value in params.items() if key in fitted.get_params()})
        before, answers = all_of(fitted), fitted.answers(X)
        if call == "partial_fit" and x is WIDE:
            with pytest.raises(ValueError, match="features"):
                fitted.partial_fit(x, y)
        elif call == "fit" or name not in ("no scale", "no budget"):
            with pytest.raises((ValueError, TypeError)):
                getattr(fitted, call)(x, y)
        else:
            continue  # both stay as they were at the first call
        assert all_of(fitted) == before and fitted.answers(X) == answers, name
        failed += 1
    assert failed >= 5


@ESTIMATORS
@pytest.mark.parametrize("call", ["fit", "partial_fit"])
def test_a_first_call_that_fails_leaves_no_attribute(made, call):
    for name, params, x, y in harms(made):
        fresh = clone(made)
        fresh.set_params(**{key: value for key, value in params.items() if key in fresh.get_params()})
        before = all_of(fresh)
        with pytest.raises((ValueError, TypeError)):
            getattr(fresh, call)(x, y)
        assert all_of(fresh) == before, name


def test_an_interrupt_changes_nothing(monkeypatch):
    fitted = DeeplomathClassifier(budget=12).fit(X[:12], Y[:12])
    before, learn, learned = all_of(fitted), type(fitted.net_).learn, []

    def interrupted(net, x, label):
        learned.append(learn(net, x, label))
        if len(learned) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(type(fitted.net_), "learn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fitted.partial_fit(X[12:], Y[12:] + 4)
    assert all_of(fitted) == before and len(learned) == 3


def test_a_new_class_that_fails_leaves_the_classes():
    fitted = DeeplomathClassifier(budget=8).fit(X[:8], Y[:8])
    before = all_of(fitted)
    with pytest.raises(ValueError, match="budget"):
        fitted.partial_fit(X[8:9], [9])
    assert all_of(fitted) == before and fitted.classes_.tolist() == [0, 1, 2, 3]


# Threads


@ESTIMATORS
def test_many_threads_ask_one_estimator(made):
    fitted = clone(made).set_params(budget=40).fit(X, Y)
    calls = [
        name
        for name in ("predict", "predict_proba", "decision_function", "answers", "explain")
        if hasattr(fitted, name)
    ]
    ask = [(name, X[at : at + 8]) for at in range(32) for name in calls]
    wanted = [getattr(fitted, name)(x) for name, x in ask]
    found = joblib.Parallel(n_jobs=8, backend="threading")(joblib.delayed(getattr(fitted, name))(x) for name, x in ask)
    for one, another in zip(wanted, found):
        assert np.array_equal(one, another) if isinstance(one, np.ndarray) else one == another


def test_who_asks_while_another_teaches_is_answered_by_one_of_the_states():
    """Classes come one by one, so that network, columns and labels move together."""
    fitted = DeeplomathClassifier(scale=Scale.fit(X)).fit(X[:10], np.full(10, 99))
    steps = [(X[i * 5 : i * 5 + 5], np.full(5, 50 - i)) for i in range(8)]
    again, wanted = copy.deepcopy(fitted), []
    for x, y in [(None, None), *steps]:
        again = again if x is None else again.partial_fit(x, y)
        wanted.append((again.predict(X[:4]).tolist(), again.predict_proba(X[:4]).tolist()))
    found, done = [], threading.Event()

    def ask():
        while not done.is_set():
            found.append((fitted.predict(X[:4]).tolist(), fitted.predict_proba(X[:4]).tolist()))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for x, y in steps:
        fitted.partial_fit(x, y)
    done.set()
    for thread in threads:
        thread.join()
    assert len(found) > 8
    for k in (0, 1):
        assert all(one[k] in [state[k] for state in wanted] for one in found)


def test_two_threads_that_teach_wait_for_each_other():
    fitted = DeeplomathClassifier(scale=Scale.fit(X)).fit(X, Y)
    joblib.Parallel(n_jobs=4, backend="threading")(
        joblib.delayed(fitted.partial_fit)(X[i : i + 1], Y[i : i + 1]) for i in range(40)
    )
    assert fitted.n_taught_ == 80 and fitted.net_.info().clock == 80
