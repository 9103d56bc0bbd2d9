# SPDX-License-Identifier: MIT
"""The stories of the demo, a file each: what happens, what of it is named, and what its table and picture show."""

from ...errors import DataError
from .. import data
from . import keywords, motion, vibration

OTHERS = {"keywords": keywords.story, "vibration": vibration.story}
MODELS = "motion", *OTHERS


def story(model="motion", person=None, side=None):
    """The Story of a model, one of MODELS; of motion, a person and a side may be chosen.

    DataError: there is none, it knows no person, or its data cannot be had.
    """
    if model == "motion":
        arm = motion.PERSON if person is None else person, motion.SIDE if side is None else side
        return motion.story(data.load(), *arm)
    if model not in OTHERS:
        raise DataError(f"model: {model!r} given, one of {', '.join(MODELS)} needed")
    if person is not None or side is not None:
        raise DataError(f"person, side: given for {model}, only motion has them")
    return OTHERS[model]()
