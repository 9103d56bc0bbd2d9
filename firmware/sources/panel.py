# SPDX-License-Identifier: MIT
"""A button and a LED for a board that learns alone: hold teaches, a short press undoes, the LED tells what it knows.

    panel = panel.Panel(panel.Button(Pin(14, Pin.IN, Pin.PULL_UP)), Pin("LED", Pin.OUT))
    live = dlm_live.Live(source, dlm_main.handlers(), panel=panel)

LED on: the board knows what it senses. Off: it does not. It blinks while the next event is to be learned, and quickly, for
a second, where something could not be done: all classes are taken, nothing can be undone.
"""

import time

TICKS = 0x3FFFFFFF  # milliseconds are counted modulo 2^30
BOUNCE, HOLD = 20, 600  # milliseconds that a level must last, and a press to be held
LEARNING, ALARM, ALARM_LASTS = 200, 50, 1000  # milliseconds of half a blink, of half a quick one, of the quick ones
SHORT, HELD = 1, 2


class Button:
    """pin: its value() is 0 while it is pressed. clock: milliseconds."""

    def __init__(self, pin, clock=None):
        self._pin, self._clock = pin, clock or time.ticks_ms
        self._level = self._seen = 1
        self._changed = self._pressed = self._clock()
        self._held = False

    def look(self):
        """To be asked often. SHORT when it is released early, HELD once it has been down long enough, else None."""
        now, level = self._clock(), self._pin.value()
        if level != self._seen:
            self._seen, self._changed = level, now
        elif level != self._level and (now - self._changed) & TICKS >= BOUNCE:
            self._level = level
            if not level:
                self._pressed, self._held = now, False
            elif not self._held:
                return SHORT
        if not self._level and not self._held and (now - self._pressed) & TICKS >= HOLD:
            self._held = True
            return HELD
        return None


class Panel:
    """What a Live looks after behind each step. led: a pin, or anything that is called with 0 or 1; None: without.

    Held: the next event is learned, under the class that the board says it is, or, where that is unknown, under the first
    one that was never taught. events: how many at a time; a short press takes back the last of them.
    """

    def __init__(self, button, led=None, events=1, clock=None):
        self._button, self._led, self._events = button, led, events
        self._clock = clock or time.ticks_ms
        self._alarm = None  # since when

    def look(self, live):
        """Does what the button says, and shows how it stands."""
        press = self._button.look()
        if press:
            try:
                self._teach(live) if press == HELD else self._undo(live)
                self._alarm = None
            except ValueError:
                self._alarm = self._clock()
        if self._led:
            self._led(self._shown(live))

    def _teach(self, live):
        label = live.label if live.known() else live.untaught()
        if label is None:
            raise ValueError("classes: all are taught")
        live.teach(label, self._events)

    def _undo(self, live):
        if live.teaching():
            live.teach(0, 0)
        else:
            live.undo()

    def _shown(self, live):
        now = self._clock()
        if self._alarm is not None and (now - self._alarm) & TICKS < ALARM_LASTS:
            return now // ALARM & 1
        if live.teaching():
            return now // LEARNING & 1
        return int(live.known())
