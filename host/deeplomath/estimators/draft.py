# SPDX-License-Identifier: MIT
"""An estimator changes all at once, or not at all: it is taught on a draft; who asks meanwhile is answered by what was before."""

import threading
import weakref
from functools import wraps

_LOCKS, _GUARD = weakref.WeakKeyDictionary(), threading.Lock()  # of each estimator the lock of who teaches it


def teaches(method):
    """A method that teaches a draft, which becomes the estimator when it is through; one thread after the other.

    The draft has the estimator's attributes; what it changes must be its own.
    """

    @wraps(method)
    def taught(self, *args, **named):
        with _lock(self):
            draft = _with(self, dict(vars(self)))
            method(draft, *args, **named)
            self.__dict__ = vars(draft)
        return self

    return taught


def asks(method):
    """A method that reads the attributes as they are when it is called, whatever another thread teaches meanwhile."""

    @wraps(method)
    def asked(self, *args, **named):
        return method(_with(self, vars(self)), *args, **named)

    return asked


def _with(estimator, attributes):
    """Another one of its class, with this dict of attributes."""
    made = object.__new__(type(estimator))
    made.__dict__ = attributes
    return made


def _lock(estimator):
    with _GUARD:
        return _LOCKS.setdefault(estimator, threading.RLock())
