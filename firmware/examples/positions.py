# SPDX-License-Identifier: MIT
"""Learn three positions by a button, then say in which of them the board lies.

Lay the board down and press: it learns position 0. Turn it and press: position 1, then 2, then 0 again, and so on.
Between the presses it says where it is. With an MPU-6050 and a button of a Raspberry Pi Pico:

    from machine import I2C, Pin
    import positions
    positions.run(positions.Mpu6050(I2C(0)), positions.Button(Pin(14, Pin.IN, Pin.PULL_UP)))

Run as a program it needs neither: a pretended hand turns the board and presses.
"""

import time
from array import array

import deeplomath

POSITIONS = 3
VERDICTS = ("unknown", "uncertain", "known")  # answer.verdict is 0, 1 or 2


class Mpu6050:
    """An accelerometer on I2C. Calling it reads x, y and z: int16, 16384 for 1 g."""

    def __init__(self, i2c, address=0x68):
        self.i2c, self.address = i2c, address
        i2c.writeto_mem(address, 0x6B, b"\0")  # wake it up

    def __call__(self):
        data = self.i2c.readfrom_mem(self.address, 0x3B, 6)  # big-endian
        values = [data[i] << 8 | data[i + 1] for i in (0, 2, 4)]
        return [value - 0x10000 if value & 0x8000 else value for value in values]


class Button:
    """A button that pulls its pin low. Calling it is True once for each press."""

    def __init__(self, pin):
        self.pin, self.was_down = pin, False

    def __call__(self):
        time.sleep_ms(20)  # its contacts bounce
        down = not self.pin.value()
        pressed, self.was_down = down and not self.was_down, down
        return pressed


class Hand:
    """Stands in for both: turns the board to each position, presses at first, and leaves it on its edge at last."""

    PLACES = ((0, 0, 16384), (16384, 0, 0), (0, -16384, 0))
    STEPS = [(place, True) for place in PLACES * 2] + [(place, False) for place in PLACES] + [((0, 9000, 13700), False)]

    def __init__(self):
        self.step, self.noise = 0, 1

    def accelerometer(self):
        place, _ = self.STEPS[self.step]
        self.noise = self.noise * 75 % 65537  # the same noise each time
        return [value + (self.noise >> i & 255) - 128 for i, value in enumerate(place)]

    def button(self):
        _, pressed = self.STEPS[self.step]
        self.step += 1
        return pressed


def run(accelerometer, button, steps=None):
    """Learns at each press, answers in between. steps: how often to look, without end if None."""
    net = deeplomath.Network(features=3, classes=POSITIONS, events=24)
    position, said = 0, None
    while steps is None or steps > 0:
        x = array("h", accelerometer())
        if button():
            net.learn(x, position)
            print("learned position", position)
            position = (position + 1) % POSITIONS
        else:
            answer = net.infer(x)
            if (answer.label, answer.verdict) != said:  # say what is new only
                said = answer.label, answer.verdict
                print("position", answer.label, VERDICTS[answer.verdict], answer.confidence * 100 >> 16, "%")
        steps = None if steps is None else steps - 1


if __name__ == "__main__":
    hand = Hand()
    run(hand.accelerometer, hand.button, len(hand.STEPS))
