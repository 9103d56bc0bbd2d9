# SPDX-License-Identifier: MIT
"""The network as scikit-learn's estimators; they need its extra: pip install 'deeplomath[learn]'.

DeeplomathClassifier    names classes, and says what it does not know
DeeplomathRegressor     predicts a value
DeeplomathDetector      one class: an inlier or an outlier
FrontEndTransformer     recordings to features, by the front-end of a model file
"""

try:
    import sklearn  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "deeplomath.estimators: scikit-learn is not installed; `pip install 'deeplomath[learn]'` does it",
        name=error.name,
    ) from error

from .classifier import DeeplomathClassifier
from .detector import DeeplomathDetector
from .front import FrontEndTransformer
from .regressor import DeeplomathRegressor

__all__ = ["DeeplomathClassifier", "DeeplomathDetector", "DeeplomathRegressor", "FrontEndTransformer"]
