# SPDX-License-Identifier: MIT
"""Runs in MicroPython: cuts the power behind each byte that a save writes, and says what did not come back.

Prints a line a fault; then a line a save: its number, the steps of the block device in it, bytes and blocks written, of them
those of the first two (of FAT: its table), and how many cuts left the old state and how many the new one. Its first argument
is the filesystem. tests/link/test_power_cut.py runs it.
"""

import os
import sys
from struct import pack

import deeplomath
from dlm_frame import Decoder, Encoder
from dlm_handlers import Handlers
from dlm_keeper import Keeper
from dlm_store import Store

GO_ON = 16  # cuts of which one is followed by a further save
SIZES = dict(features=3, classes=3, events=6, layers=2)
PROGRAM = pack("<2sBBIHH", b"DF", 1, 1, 0, 2, 3) + pack("<BBHHHBBBH", 5, 0, 5, 4, 4, 0, 6, 7, 0)


class Disk:
    """A block device of flash in RAM: it erases to ones, writes byte by byte, and dies behind so many steps.

    From then on it takes nothing any more, and says so once.
    """

    def __init__(self, block, content):
        self.block, self.content = block, content
        self.left = None  # steps to live, None: for ever
        self.dead = False
        self.steps = self.written = 0
        self.touched = []

    def copy(self):
        return Disk(self.block, bytearray(self.content))

    def readblocks(self, n, buffer, offset=0):
        if not self.dead:
            at = n * self.block + offset
            buffer[:] = memoryview(self.content)[at : at + len(buffer)]

    def writeblocks(self, n, buffer, offset=0):
        if not self.dead:
            size = self._live(len(buffer))
            at = n * self.block + offset
            self.content[at : at + size] = buffer[:size]
            self.written += size
            self.touched.append(n)
            self._die(size < len(buffer))

    def ioctl(self, operation, argument):
        if operation == 4:
            return len(self.content) // self.block
        if operation == 5:
            return self.block
        if operation == 6 and not self.dead:  # erase: one half of the block a step
            steps = self._live(2)
            at, size = argument * self.block, steps * self.block // 2
            self.content[at : at + size] = b"\xff" * size
            self._die(steps < 2)
        return 0

    def _live(self, steps):
        """Returns how many of these steps are done."""
        self.steps += steps
        if self.left is None:
            return steps
        done = min(self.left, steps)
        self.left -= done
        return done

    def _die(self, ended):
        if ended:
            self.dead = True
            raise OSError(5)


class Littlefs:
    block, blocks = 512, 48

    @staticmethod
    def make(disk):
        os.VfsLfs2.mkfs(disk, readsize=32, progsize=32, lookahead=32)

    @staticmethod
    def mount(disk):
        os.mount(os.VfsLfs2(disk, readsize=32, progsize=32, lookahead=32), "/s")


class Fat:
    block, blocks = 512, 64

    @staticmethod
    def make(disk):
        os.VfsFat.mkfs(disk)

    @staticmethod
    def mount(disk):
        os.mount(os.VfsFat(disk), "/s")


def board(filesystem, disk):
    """The handlers of a board that has just got power, with what was saved."""
    filesystem.mount(disk)
    handlers = Handlers(deeplomath, Decoder(), Encoder())
    handlers.keeper = Keeper(handlers, Store("/s"))
    handlers.keeper.start()
    return handlers


def off():
    try:
        os.umount("/s")
    except OSError:  # the disk is dead
        pass


def told(handlers):
    """All that is saved of a board; None where it has nothing."""
    if handlers.network is None:
        return None
    front = handlers._feed.front
    return handlers.network.digest(), handlers.named, front and bytes(front.program)


def learn(handlers, i):
    if handlers.network is None:
        handlers.network = deeplomath.Network(**SIZES)
    handlers.network.learn(pack("<hhh", 9000 * i % 30000, -500 * i, 70 * i), i % 3)
    handlers.named = b"model\0one\0two" + b"\0three" * (i > 3)
    if i > 4:
        handlers._feed.model(PROGRAM, 3, 1, 2)
    handlers.changed()


def try_save(handlers):
    try:
        handlers.keeper.save()
    except ValueError:  # which is the reply then: the board lives on where only its disk has gone
        pass


def cut(filesystem, before, i, steps, old, new):
    """One cut behind so many steps; returns whether the new state came back, None where neither did."""
    dying = before.copy()
    handlers = board(filesystem, dying)
    learn(handlers, i)
    dying.left = steps
    try_save(handlers)
    off()
    after = Disk(before.block, dying.content)
    handlers = board(filesystem, after)
    back = told(handlers)
    ok = back in (old, new)
    if steps % GO_ON == 0:
        learn(handlers, i + 1)
        handlers.keeper.save()
        saved = told(handlers)
        off()
        ok = ok and told(board(filesystem, after)) == saved
    off()
    return back == new if ok else None


def one_save(filesystem, disk, i):
    """A save of the board on this disk without and with each cut; the disk is that of behind the save."""
    before = disk.copy()
    handlers = board(filesystem, disk)
    old = told(handlers)
    learn(handlers, i)
    disk.steps = disk.written = 0
    disk.touched = []
    handlers.keeper.save()
    new = told(handlers)
    off()
    tables = sum(1 for n in disk.touched if n < 2)
    counts = {True: 0, False: 0}
    for steps in range(disk.steps + 1):
        came = cut(filesystem, before, i, steps, old, new)
        if came is None:
            print("fault: save", i, "cut behind step", steps)
        else:
            counts[came] += 1
    print("save", i, "steps", disk.steps, "bytes", disk.written, "blocks", len(disk.touched), end=" ")
    print("tables", tables, "old", counts[False], "new", counts[True])


filesystem = {"littlefs": Littlefs, "fat": Fat}[sys.argv[1]]
disk = Disk(filesystem.block, bytearray(b"\xff" * (filesystem.block * filesystem.blocks)))
filesystem.make(disk)
for number in (1, 2, 3, 4, 5):  # both slots are made, written again, and grow
    one_save(filesystem, disk, number)
