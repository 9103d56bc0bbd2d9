# SPDX-License-Identifier: MIT
"""Integers as kernel and wire take them: an int, and the int16 of events and samples."""

import numpy as np

from . import spec
from .errors import KernelError

LOWEST, HIGHEST = -(1 << 15), (1 << 15) - 1


def check_int(name, value):
    """The value, an int of Python or NumPy; TypeError otherwise, and of a bool."""
    if not _is_int(value):
        raise TypeError(f"{name}: {type(value).__name__} given, an int needed")
    return value


def as_bytes(value, name, needed="bytes"):
    """The bytes of anything that holds bytes; TypeError otherwise. name, needed: for the words, as of check_int."""
    try:
        return bytes(memoryview(value))
    except TypeError as error:
        raise TypeError(f"{name}: {type(value).__name__} given, {needed} needed") from error


def as_int16(values, name, axes):
    """An int16 array of integers: a list, an array('h'), an array of any integer dtype whose values fit.

    name: what the values are, axes: what each axis counts, one word each: for the words of what is refused. TypeError: no
    integers, or another number of axes. KernelError ERROR_ARGUMENT: a value does not fit; it says which one.
    """
    array = _array(values, name)
    integers = array.dtype.kind in "iu" or array.dtype == object and all(map(_is_int, array.flat))
    if not integers or array.ndim != len(axes):
        given = "other values" if array.dtype == object else array.dtype
        shape = ", ".join(f"{axis}s" for axis in axes)
        raise TypeError(f"{name}: {given} with {array.ndim} axes given, integers [{shape}] that fit int16 needed")
    if array.dtype != np.int16:
        wrong = np.argwhere((array < LOWEST) | (array > HIGHEST))
        if len(wrong):
            where = ", ".join(f"{axis} {at}" for axis, at in zip(axes, wrong[0]))
            words = f"{where}: {array[tuple(wrong[0])]} given, {LOWEST}..{HIGHEST} allowed"
            raise KernelError(spec.ERROR_ARGUMENT, words)
    return array.astype(np.int16)


def _array(values, name):
    """values as an array: of its own dtype, or of objects, so that no integer becomes a float, and no bool an integer."""
    if isinstance(values, bytes | bytearray | str):
        raise TypeError(f"{name}: {type(values).__name__} given, integers that fit int16 needed")
    try:
        typed = hasattr(values, "dtype") or isinstance(values, memoryview) or hasattr(values, "typecode")
        return np.asarray(values) if typed else np.asarray(values, object)
    except ValueError as error:  # rows of unequal lengths
        raise TypeError(f"{name}: {error}") from error


def _is_int(value):
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
