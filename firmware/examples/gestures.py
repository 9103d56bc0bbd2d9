# SPDX-License-Identifier: MIT
"""A Raspberry Pi Pico that learns gestures alone: an MPU-6050, a button and a LED, no host. The site (wiring) shows the pins.

Copy it to the board as main.py. Hold the button, and go on with a gesture until the LED stops blinking: it is learned, as
the class that the board takes it for, or as a new one where it is unknown. A short press undoes that. The LED is on while
the board knows what it senses. What it learned is there again after a power cut. A host may watch meanwhile, and teach:
deeplomath.Device(port).listen().
"""

from binascii import unhexlify

import dlm_main  # first: what stays shall lie close in the heap

# isort: split
import dlm_live
import dlm_store

# The preset `motion`: deeplomath.Model("motion").program, .vote and .config() give these.
PROGRAM = unhexlify(
    "4446010650c300000b001f000101480001010000000001ff000000000100010000000100ff0000000001010000000001ff"
    "00000000000001010000000001ff000000000100010000000100ff0000000001010000000001ff02000300000102020003"
    "0003040505000700800040000001020601000005000a008000400000010203040506440000050010008000400006080a0c"
    "0e1007090b0d0f11064000000500060080004000121306050000"
)
VOTE = dict(over=3, rule=0, hold=0)
NETWORK = dict(features=31, classes=8, events=64, layers=2, false_reject_permille=50)


def hardware():
    """The source and the panel of a Pico: SDA on GP4, SCL on GP5, the button from GP14 to ground, the LED of the board."""
    import mpu6050
    import panel
    from machine import I2C, Pin

    button = panel.Button(Pin(14, Pin.IN, Pin.PULL_UP))
    source = mpu6050.Mpu6050(I2C(0, sda=Pin(4), scl=Pin(5), freq=400_000), rate=50)
    return source, panel.Panel(button, Pin("LED", Pin.OUT))


def begin(source, panel=None, store=None, **options):
    """Makes the board ready to sample, from what was saved on; returns its Live. A sensor that fails is told, to a host, too."""
    live = dlm_live.Live(source, dlm_main.handlers(store=store), panel=panel, **options)
    live.model(PROGRAM, **VOTE, **NETWORK)
    try:
        live.run()
    except ValueError as error:
        print(error.args[0])
    return live


if __name__ == "__main__":
    begin(*hardware(), dlm_store.Store())  # restored now, saved 10 s behind a change
    dlm_main.serve()  # from here on it samples, learns and answers, between two looks at the line
