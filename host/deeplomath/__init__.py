# SPDX-License-Identifier: MIT
"""Deeplomath on the host: the bit-exact mirror of the kernel, and the way to a board that runs it.

Network           the mirror: learns event by event, the same bits as the board
Device(port)      a board over serial, with the same methods
window_features   a sensor window to the features of an event
cost              what a network can cost at most, known before it is made
"""

from .client import Device
from .errors import DeeplomathError, DeviceError, KernelError, ProtocolError, TransportError
from .features import window_features
from .network import Network, cost
from .results import Answer, Cost, Info, Learned
from .spec import VERSION_LIBRARY as __version__

__all__ = [
    "Answer",
    "Cost",
    "DeeplomathError",
    "Device",
    "DeviceError",
    "Info",
    "KernelError",
    "Learned",
    "Network",
    "ProtocolError",
    "TransportError",
    "__version__",
    "cost",
    "window_features",
]
