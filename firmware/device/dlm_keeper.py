# SPDX-License-Identifier: MIT
"""What of a board is kept for the time without power, when it is saved, and how it comes back (STORE.md)."""

import gc
import time
from binascii import crc32
from struct import calcsize, pack_into, unpack_from

import dlm_spec as spec

CONFIG = spec.LAYOUTS[spec.OPCODE_CONFIGURE][2]
MODEL = "<BBBHH"  # over, rule and hold of the vote, bytes of program and names
FIXED = calcsize(CONFIG) + calcsize(MODEL)  # ahead of program, names and state
MASK = 0x3FFFFFFF  # of milliseconds
_now = getattr(time, "ticks_ms", None) or (lambda: time.monotonic_ns() // 1000000)


class Keeper:
    """Saves network, front-end and names of the handlers in a store.

    after, every: seconds. It saves by itself `after` the last change, and not more often than `every` so many; with 0 only
    when it is told to. sequence: of the save last made or restored, 0 of none; restored: what start found, a RESTORED_.
    """

    def __init__(self, handlers, store, after=10, every=60):
        self.store = store
        self.sequence, self.restored, self.failed = 0, spec.RESTORED_NONE, False
        self._handlers = handlers
        self._after, self._every = 1000 * after, 1000 * every
        self._saved = None  # digest, and CRC-32 of what stands ahead of the state, as they are saved
        self._seen = self._noted = handlers.changes  # that are saved; that step has seen
        self._waiting = False
        self._first = self._last = self._tried = _now()  # since when there is something to save; its last change
        self._tried -= self._every

    def start(self):
        """Restores the newest save that is of use; where there is a network already, it only looks what was saved."""
        reason = self.store.look()
        while self._handlers.network is None and self.store.newest():
            try:
                self._take()
                newest = self.sequence == self.store.last
                self.restored = spec.RESTORED_NEWEST if newest else spec.RESTORED_OLDER
                return
            except (ValueError, MemoryError):
                reason = max(reason, spec.RESTORED_REFUSED)
            except OSError:
                reason = spec.RESTORED_UNREADABLE
            self.store.refuse()
            gc.collect()
        self.restored = reason

    def save(self):
        """Saves what has changed; returns the sequence, and how many bytes were saved: 0 where nothing had changed."""
        handlers = self._handlers
        network, changes, head = handlers.network, handlers.changes, self._head()
        now = network.digest(), crc32(head)  # which finishes a rebuild
        length = 0
        if now != self._saved:
            length = len(head) + network.state_size()

            def fill(offset, room):
                if offset >= len(head):
                    return network.export_part(offset - len(head), room)
                part = head[offset : offset + len(room)]
                room[: len(part)] = part
                return len(part)

            self.failed = True
            most = len(head) - len(handlers.named) + spec.STORE_NAMES + largest_state(network.info())
            self.sequence = self.store.save(length, most, now[0], fill)
            self._saved = now
        self._seen, self.failed, self._waiting = changes, False, False
        return self.sequence, length

    def restore(self):
        """Takes the newest save in place of network, front-end and names; returns its sequence and digest."""
        if not self.store.newest():
            raise ValueError("store: nothing is saved that could be restored", spec.ERROR_UNSAVED)
        try:
            if self.store.is_whole():
                return self._take()
            words = "store: what was saved is damaged"
        except OSError as error:
            words = f"disk: error {error.args[0]}"
        raise ValueError(words, spec.ERROR_UNSAVED)

    def step(self):
        """Saves where it is time to; returns whether there still is something to save by itself."""
        now = _now()
        if self._note(now) and self._is_time(now):
            self._tried = now
            self.settle()
        return self._waiting

    def settle(self):
        """Saves at once what is to be saved by itself. What the filesystem refuses waits on, for the next attempt."""
        if self._note(_now()):
            try:
                self.save()
            except (ValueError, MemoryError):
                gc.collect()

    def saving(self):
        """How far it is, a SAVING_."""
        if self.failed:
            return spec.SAVING_FAILED
        return spec.SAVING_DONE if self._seen == self._handlers.changes else spec.SAVING_DUE

    def _note(self, now):
        """Notes what has changed; returns whether something is to be saved by itself."""
        handlers = self._handlers
        if handlers.changes != self._noted and self._after and self._every and handlers.network is not None:
            self._noted, self._last = handlers.changes, now
            if not self._waiting:
                self._waiting, self._first = True, now
        return self._waiting

    def _is_time(self, now):
        """A rebuild that goes on by itself is waited for, but for no longer than `every`."""
        quiet = (now - self._last) & MASK >= self._after and not self._handlers.building
        late = (now - self._first) & MASK >= self._every
        return (quiet or late) and (now - self._tried) & MASK >= self._every

    def _head(self):
        """The bytes that are saved ahead of the state."""
        handlers = self._handlers
        front, names = handlers._feed.front, handlers.named
        program, vote = b"", (1, spec.RULE_MAJORITY, 0)
        if front:
            it = handlers._feed.stream.vote
            program, vote = front.program, (it.over, spec.RULE_MEAN if it.mean else spec.RULE_MAJORITY, it.hold)
        head = bytearray(FIXED + len(program) + len(names))
        info = handlers.network.info()
        pack_into(CONFIG, head, 0, *(getattr(info, name) for name in spec.CONFIG))
        pack_into(MODEL, head, calcsize(CONFIG), *vote, len(program), len(names))
        head[FIXED : FIXED + len(program)] = program
        head[FIXED + len(program) :] = names
        return head

    def _read_head(self, length, digest):
        """Returns what stands ahead of the state in the newest save, of so many bytes and this digest."""
        head = bytearray(FIXED)
        for _ in range(2):
            more = FIXED + 8
            if length >= more:
                self.store.read(0, len(head), _into(head))
                more = FIXED + sum(unpack_from(MODEL, head, calcsize(CONFIG))[3:])
            if more > length:
                raise ValueError("store: what was saved is damaged", spec.ERROR_UNSAVED)
            if more > len(head):
                head = bytearray(more)
        own = bytearray(4)  # the digest that the state has of itself
        self.store.read(length - 8, length - 4, _into(own))
        if unpack_from("<I", own)[0] != digest:
            raise ValueError("store: what was saved is damaged", spec.ERROR_UNSAVED)
        return head

    def _take(self):
        """Takes the newest save, which is whole; returns its sequence and digest. What raises has changed nothing.

        But for a network of another configuration, which is empty then where memory ends only behind its making.
        """
        handlers = self._handlers
        feed = handlers._feed
        if handlers.network is not None and handlers.network.info().frozen:  # ahead of the front-end, which begins anew
            raise ValueError("learning is frozen", spec.ERROR_FROZEN)
        sequence, length, digest = self.store.newest()
        head = self._read_head(length, digest)
        over, rule, hold, n_program, n_names = unpack_from(MODEL, head, calcsize(CONFIG))
        program, names = head[FIXED : FIXED + n_program], bytes(head[FIXED + n_program :])
        saved, result = (digest, crc32(head)), (sequence, digest)  # what takes memory comes ahead of any change
        before = feed.front, feed.stream, feed.x, feed.index
        gc.collect()  # what a front-end takes then lies ahead of the network, which may grow
        try:
            feed.model(program, over, rule, hold)
            network = self._network(unpack_from(CONFIG, head))
            self.store.read(len(head), length, network.load_part)
            network.load_staged(length - len(head))
        except Exception:
            feed.front, feed.stream, feed.x, feed.index = before
            raise
        handlers.take_over(network, names)
        self.sequence, self._saved, self._seen, self._noted = sequence, saved, handlers.changes, handlers.changes
        self.failed = self._waiting = False
        return result

    def _network(self, values):
        """Returns a network of this configuration: the one that is there, configured anew where it is of another, or a new one."""
        network = self._handlers.network
        config = dict(zip(spec.CONFIG, values))
        for name in spec.CONFIG:
            if name in spec.FLAGS:
                if config[name] > 1:
                    raise ValueError(f"{name}: {config[name]} saved, 0..1 allowed", spec.ERROR_ARGUMENT)
                config[name] = config[name] == 1
        if network is None:
            return self._handlers.module.Network(**config)
        info = network.info()
        if any(getattr(info, name) != config[name] for name in spec.CONFIG):
            network.configure(**config)
        return network


def largest_state(info):
    """The bytes of the largest state that a network of this configuration may have (NUMERICS.md, State)."""
    return 34 + 4 * info.classes + info.events * (12 + 2 * info.features) + 8 * spec.MEMORY_EXPERIENCE


def _into(room):
    """Returns what puts a chunk in its place in room."""

    def take(offset, chunk):
        room[offset : offset + len(chunk)] = chunk

    return take
