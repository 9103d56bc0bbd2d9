# SPDX-License-Identifier: MIT
"""Mounts a littlefs at / on every start, on the flash disk of disk.c."""

import os
import sys

import _board


class Disk:
    """A block device."""

    def readblocks(self, block, buffer, offset=0):
        _board.read(block * _board.BLOCK + offset, buffer)

    def writeblocks(self, block, buffer, offset=0):
        _board.write(block * _board.BLOCK + offset, buffer)

    def ioctl(self, operation, argument):
        if operation == 4:  # number of blocks
            return _board.BLOCKS
        if operation == 5:  # size of a block
            return _board.BLOCK
        return 0  # nothing to flush or erase


def mount():
    disk = Disk()
    options = {"progsize": 128, "readsize": 128, "lookahead": 32}
    try:
        files = os.VfsLfs2(disk, **options)
    except OSError:
        os.VfsLfs2.mkfs(disk, **options)
        files = os.VfsLfs2(disk, **options)
    os.mount(files, "/")
    sys.path.append("/lib")


mount()
