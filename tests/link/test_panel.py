# SPDX-License-Identifier: MIT
"""A button and a LED: hold teaches, a short press undoes, bounces are no presses, and the LED tells what is known."""

import random

import pytest

import sensors
from deeplomath import Device, Network
from sources import Chunks, LiveLine, Milliseconds, panel
from streaming import Side, samples, statistics

LINES = 2
PROGRAM = statistics(LINES, 8, 8)
CONFIG = dict(features=6, classes=3, events=12)


class Hand:
    """A board with a button, a LED and a source that gives a sample every 20 ms; `press` lets time pass."""

    def __init__(self, values, **options):
        self.clock, self.pin, self.led = Milliseconds(), sensors.Pin(), sensors.Pin()
        self.button = panel.Button(self.pin, self.clock)
        made = panel.Panel(self.button, self.led, clock=self.clock, **options)
        self.values, source = values, Chunks(values[:0])
        self.line = LiveLine(source, clock=self.clock, panel=made, queue=1 << 15)
        self.live = self.line.live
        self.live.model(PROGRAM, **CONFIG)
        self.live.run()
        self.mirror = Side(Network(**CONFIG), PROGRAM)

    def wait(self, milliseconds, samples=0):
        """Lets time pass a millisecond a step, and so many samples come at its end."""
        for _ in range(milliseconds):
            self.clock.now += 1
            self.live.step()
        source = self.live.source
        source.values = self.values[: len(source.values) + samples]
        self.line.run()

    def press(self, milliseconds):
        self.pin.level = 0
        self.wait(milliseconds)
        self.pin.level = 1
        self.wait(100)

    @property
    def digests(self):
        return self.live._handlers.network.digest(), self.mirror.network.digest()


@pytest.mark.parametrize("press, found", [(10, []), (30, [panel.SHORT]), (590, [panel.SHORT]), (640, [panel.HELD])])
def test_a_press_is_short_or_held_or_none(press, found):
    clock, pin, got = Milliseconds(2**30 - 100), sensors.Pin(), []
    button = panel.Button(pin, clock)
    for level, milliseconds in ((1, 50), (0, press), (1, 1000)):
        pin.level = level
        for _ in range(milliseconds):
            clock.now += 1
            got.append(button.look())
    assert [it for it in got if it] == found


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("press, found", [(300, [panel.SHORT]), (900, [panel.HELD])])
def test_contacts_that_bounce_are_one_press(seed, press, found):
    clock, pin, draw, got = Milliseconds(), sensors.Pin(), random.Random(seed), []
    button = panel.Button(pin, clock)
    for level, milliseconds in ((1, 50), (0, press), (1, 500)):
        for i in range(milliseconds):
            pin.level = draw.randrange(2) if i < 15 else level
            clock.now += 1
            got.append(button.look())
    assert [it for it in got if it] == found


def test_held_it_teaches_a_class_of_its_own_or_the_one_it_knows_and_a_short_press_undoes():
    hand = Hand(samples(400, LINES, 4))
    mirror, at = hand.mirror, 0

    def stream(n):
        nonlocal at
        hand.wait(5, n)
        found = mirror.stream(hand.values[at : at + n])
        at += n
        return found

    stream(16)
    assert not hand.live.known() and hand.led.shown[-1] == 0
    for _ in range(12):
        label = mirror.lesson.vote.voted if hand.live.known() else hand.live.untaught()
        hand.press(700)
        if label is None:  # all three are taught, and this is none of them
            assert hand.live.teaching() == 0
            stream(8)
            continue
        mirror.teach(label, 1)
        assert hand.live.teaching() == 1
        assert stream(8)[0].learned and hand.live.teaching() == 0
        assert hand.digests[0] == hand.digests[1]
        stream(16)
        assert hand.led.shown[-1] == int(mirror.lesson.vote.voted >= 0)
    before = hand.digests
    assert before[0] == before[1] and hand.live.untaught() is None
    hand.press(200)
    mirror.network.undo()
    assert hand.digests[0] == hand.digests[1] != before[0]


def test_a_short_press_ends_a_lesson_and_one_with_nothing_to_undo_is_an_alarm():
    hand = Hand(samples(400, LINES), events=3)
    hand.wait(5, 8)
    hand.press(700)
    assert hand.live.teaching() == 3
    hand.press(100)
    assert hand.live.teaching() == 0 and hand.digests[0] == hand.digests[1]
    hand.led.shown.clear()
    hand.press(100)
    assert set(hand.led.shown) == {0, 1}
    hand.wait(1100)
    hand.led.shown.clear()
    hand.wait(300)
    assert set(hand.led.shown) == {0}


def test_the_led_blinks_while_an_event_is_to_be_learned():
    hand = Hand(samples(400, LINES))
    hand.press(700)
    hand.led.shown.clear()
    hand.wait(2000)
    changes = sum(a != b for a, b in zip(hand.led.shown, hand.led.shown[1:]))
    assert changes == 10


def test_a_board_with_a_panel_and_a_host_learns_from_both():
    hand = Hand(samples(400, LINES))
    board = Device(hand.line)
    board.teach(2, 1)
    hand.wait(5, 8)
    hand.mirror.teach(2, 1)
    hand.mirror.stream(hand.values[:8])
    assert board.digest() == hand.digests[1] and board.listen()[0].learned
    hand.press(100)
    hand.mirror.network.undo()
    assert board.digest() == hand.digests[1]
