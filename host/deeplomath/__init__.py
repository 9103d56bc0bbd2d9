# SPDX-License-Identifier: MIT
"""Deeplomath on the host: the bit-exact mirror of the kernel, and the way to a board that runs it.

Network           the mirror: learns event by event, the same bits as the board
Model(source)     what a model file declares: front-end, network, names
Device(port)      a board over serial, with the same methods
FrontEnd          samples in, events out, as a program says
cost              what a network can cost at most, known before it is made
to_int16          decimals to the integers that events and samples are

Each is loaded when it is first asked for: the command must be able to say what is missing here, and to be stopped.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the same names for type checkers, which do not run what is below
    from .errors import DataError as DataError
    from .errors import DeeplomathError as DeeplomathError
    from .errors import DeviceError as DeviceError
    from .errors import KernelError as KernelError
    from .errors import ModelError as ModelError
    from .errors import ProtocolError as ProtocolError
    from .errors import TransportError as TransportError
    from .link.client import Device as Device
    from .mirror.network import Network as Network
    from .mirror.network import cost as cost
    from .model.model import Model as Model
    from .results import Action as Action
    from .results import Answer as Answer
    from .results import Cost as Cost
    from .results import Event as Event
    from .results import Front as Front
    from .results import Heard as Heard
    from .results import Info as Info
    from .results import Learned as Learned
    from .results import Live as Live
    from .results import Reason as Reason
    from .results import Verdict as Verdict
    from .scale import Scale as Scale
    from .scale import to_int16 as to_int16
    from .signal.front import FrontEnd as FrontEnd

    __version__: str

_HOMES = {
    "Action": "results",
    "Answer": "results",
    "Cost": "results",
    "DataError": "errors",
    "DeeplomathError": "errors",
    "Device": "link.client",
    "DeviceError": "errors",
    "Event": "results",
    "Front": "results",
    "Heard": "results",
    "FrontEnd": "signal.front",
    "Info": "results",
    "KernelError": "errors",
    "Learned": "results",
    "Live": "results",
    "Model": "model.model",
    "ModelError": "errors",
    "Network": "mirror.network",
    "ProtocolError": "errors",
    "Reason": "results",
    "Scale": "scale",
    "TransportError": "errors",
    "Verdict": "results",
    "__version__": "spec",
    "cost": "mirror.network",
    "to_int16": "scale",
}
__all__ = [*_HOMES]

if not TYPE_CHECKING:

    def __getattr__(name):
        module = _HOMES.get(name, name)
        try:
            home = importlib.import_module(f".{module}", __name__)
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{module}":
                raise
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
        if name in _HOMES:
            globals()[name] = getattr(home, "VERSION_LIBRARY" if name == "__version__" else name)
        return globals()[name]

    def __dir__():
        return sorted({*globals(), *_HOMES})
