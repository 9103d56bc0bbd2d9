# SPDX-License-Identifier: MIT
"""Mounts a littlefs RAM disk at / on every start; its files survive a soft reset."""

import os

import _board


class RAMDisk:
    """A block device of 512-byte blocks on a bytearray."""

    BLOCK = 512

    def __init__(self, memory):
        self.memory = memoryview(memory)

    def readblocks(self, block, buffer, offset=0):
        start = block * self.BLOCK + offset
        buffer[:] = self.memory[start : start + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        start = block * self.BLOCK + offset
        self.memory[start : start + len(buffer)] = buffer

    def ioctl(self, operation, argument):
        if operation == 4:  # number of blocks
            return len(self.memory) // self.BLOCK
        if operation == 5:  # size of a block
            return self.BLOCK
        return 0  # nothing to flush or erase


def mount():
    disk = RAMDisk(_board.ramdisk())
    options = {"progsize": 32, "readsize": 32, "lookahead": 32}
    try:
        files = os.VfsLfs2(disk, **options)
    except OSError:
        os.VfsLfs2.mkfs(disk, **options)
        files = os.VfsLfs2(disk, **options)
    os.mount(files, "/")


mount()
