# SPDX-License-Identifier: MIT
"""`python -m bench.fit`: how long DeeplomathClassifier takes to fit, beside scikit-learn's SVC with probabilities, in one run.

All take turns on the same rows, one thread each. What counts is the processor's time, the least of all turns: other
programs on the computer hardly change it.
"""

import argparse
import os
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402
from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.datasets import make_classification  # noqa: E402
from sklearn.svm import SVC  # noqa: E402

from deeplomath.estimators import DeeplomathClassifier  # noqa: E402

# SVC(probability=True) is deprecated from scikit-learn 1.9 on; the second is what it names in its place.
PEERS = {
    "DeeplomathClassifier()": DeeplomathClassifier,
    "SVC(probability=True)": lambda: SVC(probability=True),
    "CalibratedClassifierCV(SVC(), ensemble=False)": lambda: CalibratedClassifierCV(SVC(), ensemble=False),
}


def seconds(x, y, turns):
    """{name: least processor seconds of a fit}, and {name: of predicting as many rows}."""
    fits, asks = dict.fromkeys(PEERS, float("inf")), dict.fromkeys(PEERS, float("inf"))
    for _ in range(turns):
        for name, make in PEERS.items():
            begin = time.process_time()
            fitted = make().fit(x, y)
            middle = time.process_time()
            fitted.predict_proba(x)
            fits[name] = min(fits[name], middle - begin)
            asks[name] = min(asks[name], time.process_time() - middle)
    return fits, asks


def main():
    parser = argparse.ArgumentParser(prog="bench.fit", description="fit of the estimator beside SVC with probabilities")
    parser.add_argument("--events", type=int, default=300)
    parser.add_argument("--features", type=int, default=30)
    parser.add_argument("--classes", type=int, default=3)
    parser.add_argument("--turns", type=int, default=10)
    options = parser.parse_args()
    shape = dict(n_features=options.features, n_informative=options.features // 3, n_classes=options.classes)
    x, y = make_classification(options.events, random_state=0, **shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        fits, asks = seconds(x, y, options.turns)
    ours = next(iter(PEERS))
    table = Table("", "fit, ms", "ours / this", "predict_proba, ms", "ours / this")
    for name in PEERS:
        ratios = f"{fits[ours] / fits[name]:.2f}", f"{asks[ours] / asks[name]:.2f}"
        table.add_row(name, f"{1000 * fits[name]:.1f}", ratios[0], f"{1000 * asks[name]:.1f}", ratios[1])
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
