# SPDX-License-Identifier: MIT
"""Runs in MicroPython until it is killed: a board which learns and saves without end.

Arguments on the unix port: a file that is the disk, littlefs or fat, and new for one to be made. Says what came back, then
ahead of each save the digest that is to be saved, and behind it that it was. tests/link/test_store_killed.py runs it.
"""

import os
import sys
from struct import pack

import deeplomath
from dlm_frame import Decoder, Encoder
from dlm_handlers import Handlers
from dlm_keeper import Keeper
from dlm_store import Store

BLOCK, BLOCKS = 512, 96
SIZES = dict(features=5, classes=3, events=12, layers=2)


class Disk:
    """A block device in a file: what was written is there when this process is killed."""

    def __init__(self, path):
        self.file = open(path, "r+b")

    def readblocks(self, n, buffer, offset=0):
        self.file.seek(n * BLOCK + offset)
        self.file.readinto(buffer)

    def writeblocks(self, n, buffer, offset=0):
        self.file.seek(n * BLOCK + offset)
        for start in range(0, len(buffer), 64):  # a kill may come in the midst of a block
            self.file.write(buffer[start : start + 64])

    def ioctl(self, operation, argument):
        return {4: BLOCKS, 5: BLOCK}.get(operation, 0)


def mount(kind, disk):
    options = dict(readsize=32, progsize=32, lookahead=32) if kind is os.VfsLfs2 else {}
    if sys.argv[3:] == ["new"]:
        kind.mkfs(disk, **options)
    os.mount(kind(disk, **options), "/s")


FOLDER = ""
if len(sys.argv) > 2:
    mount({"littlefs": os.VfsLfs2, "fat": os.VfsFat}[sys.argv[2]], Disk(sys.argv[1]))
    FOLDER = "/s"
handlers = Handlers(deeplomath, Decoder(), Encoder())
handlers.keeper = keeper = Keeper(handlers, Store(FOLDER))
keeper.start()
network = handlers.network
print("back", network and network.digest(), keeper.sequence, keeper.restored)
if network is None:
    network = handlers.network = deeplomath.Network(**SIZES)
while True:
    n = network.info().clock
    network.learn(pack("<5h", *(((n + 3) * (i + 7) * 7919) % 12000 - 6000 for i in range(5))), n % 3)
    handlers.changed()
    print("next", network.digest())
    keeper.save()
    print("saved", network.digest())
