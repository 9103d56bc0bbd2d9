# SPDX-License-Identifier: MIT
"""What comes in, checked: rows of finite numbers, as int16; the words name row, column and limit."""

import numpy as np
from sklearn.utils.validation import validate_data

from .. import spec
from ..decimals import unheld
from ..errors import KernelError
from ..integers import HIGHEST, LOWEST
from ..mirror.layout import check_range
from ..scale import Scale

AUTO = "auto"
NOTHING = "no_validation"  # scikit-learn's word for no y at all; None is one that is missing
ADVICE = {
    "features": "choose among them, or join them (SelectKBest, PCA), in a pipeline ahead of this",
    "classes": "join some, or fit one estimator for each group of them",
    "events": "give budget=512, or less: then they are learned in order, and the least useful go",
}


def rows(estimator, x, y=NOTHING, reset=False, **others):
    """x as numbers [n, d], and y where one is given, by scikit-learn's checks; ValueError names row and column of a NaN."""
    alone = isinstance(y, str) and y == NOTHING
    found = validate_data(estimator, x, y, reset=reset, ensure_all_finite=False, **others)
    numbers = found if alone else found[0]
    wrong = np.argwhere(~np.isfinite(numbers)) if numbers.dtype.kind == "f" else ()
    if len(wrong):
        row, column = (int(at) for at in wrong[0])
        value = "NaN" if np.isnan(numbers[row, column]) else numbers[row, column]
        words = f"X: row {row}, column {_column(estimator, column)}: {value} given, finite numbers needed"
        raise ValueError(f"{words}; {len(wrong)} such in all: fill them in, or leave these rows out")
    if wrong := unheld(numbers.astype(float), x):
        (row, column), words = wrong
        raise ValueError(f"X: row {row}, column {_column(estimator, column)}: {words}")
    if reset:
        limit("features", numbers.shape[1], spec.LIMIT_FEATURES)
    return found


def rows_and_values(estimator, x, y, reset):
    """rows of x and numbers y; ValueError names the row of a y that is none, or an integer that no float holds."""
    labels(y, "y: row", "a finite number")
    x, found = rows(estimator, x, y, reset, y_numeric=True)
    if found.dtype.kind not in "biuf":
        raise ValueError(f"y: {found.dtype} given, numbers needed; DeeplomathClassifier takes labels")
    if wrong := unheld(found.astype(float), y):
        raise ValueError(f"y: row {wrong[0][0]}: {wrong[1]}")
    return x, found


def labels(given, where, needed="a label"):
    """Refuses NaN, infinity and what stands for nothing among labels; where: for the words, as "y: row"."""
    try:
        found = [] if given is None else np.asarray(given, object).ravel()
    except ValueError:  # no array: scikit-learn's own words say why
        return
    for at, label in enumerate(found):
        if _is_none(label):
            raise ValueError(f"{where} {at}: {label} given, {needed} needed: give one, or leave this row out")
    texts = [isinstance(label, str) for label in found]
    if any(texts) and not all(texts):
        value = found[texts.index(False)]
        raise ValueError(
            f"{where} {texts.index(False)}: {value!r} given, beside texts as labels; labels of one kind needed"
        )


def alike(**labels):
    """ValueError where some of these labels, each an array by its name, are texts and others numbers."""
    kinds = {name: _is_text(of) for name, of in labels.items() if of is not None and len(of)}
    for name, text in kinds.items():
        if text and not all(kinds.values()):
            others = " and ".join(other for other in kinds if not kinds[other])
            raise ValueError(f"{name}: texts given as labels, and numbers in {others}; labels of one kind needed")


def limit(name, given, most):
    """ValueError where more is given than a board can have; its words say what to do."""
    if given > most:
        raise ValueError(f"{name}: {given} given, 1..{most} allowed: {ADVICE[name]}")


def budget(given):
    """The events that a network of this budget keeps at most; KernelError, TypeError of one that cannot be."""
    if given is None:
        return spec.LIMIT_EVENTS
    check_range("budget", given, 1, spec.LIMIT_EVENTS, spec.ERROR_EVENTS)
    return int(given)


def refused(error, config, row):
    """The KernelError with which a network refused this row; its words say what to do where it is full, or frozen."""
    if error.code == spec.ERROR_FROZEN:
        return KernelError(error.code, f"{error}: net_.freeze(False) lets it go on, or fit anew")
    if error.code != spec.ERROR_FULL:
        return error
    least = 2 * config.classes + 1
    whose = f" of each of {config.classes} classes" if config.classes > 1 else ""
    words = f"budget: {config.events} given, {least} or more needed: the last two events{whose} stay"
    return KernelError(error.code, f"{words}, and no place is left for row {row}; fit anew with budget={least} or more")


def scale_of(wanted, numbers, make=Scale.fit, name="scale"):
    """The Scale of numbers [n, d], or None: they are int16 as they are. wanted: "auto", None, or a Scale."""
    if isinstance(wanted, Scale):
        if len(wanted.center) != numbers.shape[1]:
            raise ValueError(f"{name}: of {len(wanted.center)} columns given, {numbers.shape[1]} needed")
        return wanted
    if wanted is not None and not (isinstance(wanted, str) and wanted == AUTO):
        raise ValueError(f"{name}: {wanted!r} given, {AUTO!r}, None or a Scale needed")
    return None if wanted is None or numbers.dtype == np.int16 else make(numbers)


def as_events(estimator, numbers, scale):
    """int16 [n, d] of numbers [n, d]: by the scale, or as they are; ValueError of one that does not fit then."""
    if scale is not None:
        return scale.apply(numbers)
    if numbers.dtype == np.int16:
        return numbers
    wrong = np.argwhere((numbers < LOWEST) | (numbers > HIGHEST) | (numbers != np.rint(numbers)))
    if len(wrong):
        row, column = (int(at) for at in wrong[0])
        where = f"X: row {row}, column {_column(estimator, column)}"
        raise ValueError(
            f"{where}: {numbers[row, column]} given, whole numbers {LOWEST}..{HIGHEST} needed without scale"
        )
    return numbers.astype(np.int16)


def nothing_else(refused):
    """Refuses arguments of fit that mean nothing here, in words."""
    if refused.get("sample_weight") is not None:
        raise TypeError(
            "sample_weight: not taken, each event weighs the same in the network; leave out events, or repeat them, instead"
        )
    for name in refused:
        if name != "sample_weight":
            raise TypeError(f"{name}: no argument of this call")


def _is_none(label):
    try:
        return label is None or bool(label != label) or isinstance(label, float | np.floating) and bool(np.isinf(label))
    except (TypeError, ValueError):  # pandas' NA is neither equal nor unequal to anything
        return True


def _is_text(labels):
    found = np.asarray(labels)
    return found.dtype.kind in "UST" or found.dtype == object and all(isinstance(label, str) for label in found.flat)


def _column(estimator, at):
    names = getattr(estimator, "feature_names_in_", None)
    return at if names is None else f"{at} ({names[at]!r})"
