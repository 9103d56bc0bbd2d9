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

import importlib

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
