# SPDX-License-Identifier: MIT
"""A long life: a board samples by itself, learns, undoes, saves, while hosts come, listen, break off and go.

python tests/soak.py --events 100000     # on MicroPython's unix port with the kernel in it; status 1 if it parts from the mirror

What is taught and undone is decided on the board, by the number of the event, so the mirror knows it. Each answer that a
host hears is the mirror's; at the end the digest is, no sample was lost, the heap is as free as it was, and what was saved
last is that network.
"""

import argparse
import sys
import tempfile
import time

import numpy as np

from deeplomath import Device, Network
from deeplomath.audit.lockstep import same_event
from deeplomath.link import emulator
from implementations import ROOT
from streaming import Side, statistics

CONFIG = dict(features=6, classes=4, events=48, layers=2)
HOP = 4  # samples an event
RATE = 2000  # samples a second, 500 events: what the mirror keeps up with
TAUGHT, LESSON, UNDONE = 150, 2, 450  # every so many events a lesson of so many; and one learn taken back
SPARE = 131072  # bytes by which the free heap may differ between two looks: what was not swept yet
RULES = """
def sample(n):
    way = (n // 160) % 3
    noise = ((n * 40503 >> 3) & 2047) - 1024
    return 5000 * way + noise, (n * (way + 1) * 97 & 8191) - 4096

def lesson(event):
    return (event // {taught}) % {classes} if event % {taught} == 0 else None

def undone(event):
    return event > {taught} + 10 and event % {undone} == 20
""".format(taught=TAUGHT, undone=UNDONE, classes=CONFIG["classes"])
BOARD = """
import sys
sys.path.append({sources!r})
import gc, time
import dlm_main, dlm_live, dlm_store
{rules}
class Wave:
    lines = 2
    n = 0
    begin = time.ticks_ms()
    def readinto(self, buffer):
        due = time.ticks_diff(time.ticks_ms(), self.begin) * {rate} // 1000
        size = min(len(buffer) // 2, min(due, {samples}) - self.n)
        for i in range(size):
            buffer[2 * i], buffer[2 * i + 1] = sample(self.n + i)
        self.n += size
        return size

class Teacher:
    seen = 0
    def look(self, live):
        if live.queue.next == self.seen:
            return
        self.seen = live.queue.next
        label = lesson(self.seen)
        if label is not None:
            live.teach(label, {lesson})
        if undone(self.seen):
            live.undo()

handlers = dlm_main.handlers(store=dlm_store.Store({folder!r}), save_after=1, save_every=2)
live = dlm_live.Live(Wave(), handlers, queue=65536, features=False, panel=Teacher())
live.model({program!r}, over=3, **{config!r})
live.run()
while True:
    dlm_main.serve()
"""


class Mirror:
    """What the board is to answer: an iterator of Events, which leads a network as the board is led."""

    def __init__(self, events):
        self.network = Network(**CONFIG)
        self._events = self._life(events)

    def __iter__(self):
        return self._events

    def _life(self, events):
        rules = {}
        exec(RULES, rules)
        side = Side(self.network, statistics(2, HOP, HOP), over=3)
        for number in range(1, events + 1):
            values = [rules["sample"](n) for n in range(HOP * (number - 1), HOP * number)]
            (event,) = side.stream(np.array(values, np.int16))
            yield event
            if (label := rules["lesson"](number)) is not None:
                side.teach(label, LESSON)
            if rules["undone"](number):
                side.network.undo()


class Hosts:
    """Those who come and go: each connects, listens a while, saves now and then, and leaves in one of three ways."""

    def __init__(self, port, events, say):
        self.port, self.events, self.say = port, events, say
        self.draw = np.random.default_rng(events)
        self.mirror = Mirror(events)
        self.next = self.heard = self.visits = 0
        self.heap = []

    def visit(self):
        """One of them; returns whether all events were made."""
        self.visits += 1
        with Device(self.port, timeout=20) as device:
            self.heap.append(device.hello.heap_free)
            for _ in range(int(self.draw.integers(1, 10))):
                self.listen(device)
                time.sleep(float(self.draw.uniform(0, 0.1)))
            if self.draw.random() < 0.2:
                device.save()
            done = device.front().index >= HOP * self.events
            if done:
                self.listen(device)
                self.end(device)
            if self.draw.random() < 0.3:
                device.exit()  # the board's loop serves again at once
            elif self.draw.random() < 0.3:
                device._transport.write(bytes(self.draw.integers(0, 256, 40, np.uint8)))  # breaks off in a frame
        self.say(f"{self.next} events, {self.heard} heard by {self.visits} hosts")
        return done

    def listen(self, device):
        """Fetches what waits, and compares each answer with the mirror's; AssertionError: they part."""
        found = device.listen(self.next)
        self.next, self.heard = device.heard.next, self.heard + len(found)
        for event in found:  # some between them may have had to go
            expected = next(it for it in self.mirror if it.at >= event.at)._replace(x=event.x)
            assert same_event(event, expected), f"event at sample {event.at}: board {event}, mirror {expected}"

    def end(self, device):
        """What is to be so when all is over; AssertionError: it is not."""
        for _ in self.mirror:
            pass
        assert (device.digest(), device.front().overruns) == (self.mirror.network.digest(), 0)
        device.save()
        quarter = max(1, len(self.heap) // 4)
        before, after = max(self.heap[:quarter]), max(self.heap[-quarter:])
        assert abs(before - after) < SPARE, f"heap: {before} bytes free at first, {after} at last"


def run(events, say):
    """Leads a board and its hosts through so many events; returns the Hosts."""
    with tempfile.TemporaryDirectory() as folder:
        code = BOARD.format(
            sources=str(ROOT / "firmware" / "sources"),
            rules=RULES,
            samples=HOP * events,
            rate=RATE,
            lesson=LESSON,
            folder=folder,
            program=statistics(2, HOP, HOP),
            config=CONFIG,
        )
        with emulator.UnixBoard(code=code, repl=False) as board:
            hosts = Hosts(board.port, events, say)
            while not hosts.visit():
                time.sleep(float(hosts.draw.uniform(0, 0.3)))
            return hosts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    options = parser.parse_args()
    began = time.monotonic()
    try:
        hosts = run(options.events, lambda words: print(words, end="\r", flush=True))
    except AssertionError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    taken = f"{time.monotonic() - began:.0f} s"
    print(
        f"{options.events} events, {hosts.heard} heard by {hosts.visits} hosts, digest equal, no sample lost: {taken}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
