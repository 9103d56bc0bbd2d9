# SPDX-License-Identifier: MIT
"""Keep what was learned over a restart: save the network to a file by hand, load it at the next start.

The first run learns and saves. Each further run, after a reset, loads: the digest, a checksum over all that the network
is, shows that it is the same one. Delete the file to begin anew.
"""

import os
from array import array

import deeplomath

FILE = "network.dlm"
SIZES = dict(features=2, classes=2, events=16)  # a saved network loads only into one of the same sizes


def save(net, path):
    """Writes a new file, then lets it take the old one's place: a power cut leaves one of the two whole."""
    with open(path + ".new", "wb") as file:
        file.write(net.export())
    try:
        os.remove(path)
    except OSError:
        pass  # the first time there is none
    os.rename(path + ".new", path)


def load(net, path):
    """True if a file was there and was loaded. ValueError if it is damaged, or of other sizes; net is as before then."""
    for name in (path, path + ".new"):  # .new alone: the power went between the last two steps of save
        try:
            with open(name, "rb") as file:
                state = file.read()
        except OSError:
            continue
        net.load(state)
        return True
    return False


def run(path=FILE):
    net = deeplomath.Network(**SIZES)
    if load(net, path):
        print("loaded", net.info().neurons, "events, digest", hex(net.digest()))
    else:
        for i in range(4):
            net.learn(array("h", [100 + i, 50]), 0)
            net.learn(array("h", [-100, 900 - i]), 1)
        save(net, path)
        print("saved", net.info().neurons, "events, digest", hex(net.digest()))
    print("answer", net.infer(array("h", [-98, 897])).label)


if __name__ == "__main__":
    run()
