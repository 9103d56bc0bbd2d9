# SPDX-License-Identifier: MIT
"""moddeeplomath.c: what MicroPython's own module does beyond what the service asks of it."""

import subprocess

import numpy as np
import pytest

import states
from deeplomath import Network, spec
from deeplomath.link import emulator

CONFIG = {"features": 2, "classes": 3, "events": 8}
PRELUDE = """
import deeplomath, gc
from array import array
config = {config}
def network():
    return deeplomath.Network(**config)
def taught():
    net = network()
    for i in range(6):
        net.learn(array("h", [900 * (i % 3) + 7 * i, 40 * i]), i % 3)
    return net
def refused(call):
    try:
        call()
    except ValueError as error:
        return error.args
"""


def run(script):
    """What the unix port prints of a script behind PRELUDE."""
    image = emulator.UnixBoard().image
    if not image.is_file():
        pytest.skip(f"{image} is not built: make test-unix")
    code = PRELUDE.format(config=CONFIG) + script
    done = subprocess.run([image, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


@pytest.mark.unix
def test_a_state_goes_out_and_comes_in_by_parts_and_load_takes_no_heap():
    script = """
net, other, part = taught(), network(), bytearray(50)
state = b""
for offset in range(0, net.state_size(), 50):
    n = net.export_part(offset, part)
    other.load_part(offset, part[:n])
    state += part[:n]
print(state == net.export(), net.export_part(net.state_size(), part))
other.load_staged(len(state))
print(other.digest() == net.digest())
other = network()
gc.disable()
before = gc.mem_alloc()
other.load(state)
print(gc.mem_alloc() - before, other.digest() == net.digest())
print(refused(lambda: net.export_part(len(state) + 1, part)))
print(refused(lambda: net.load_part(2000, b"a")))
"""
    size = 26 + 4 * 3 + 6 * 16 + 8  # two events a class: no experience yet
    net = Network(**CONFIG)
    largest = 26 + 4 * 3 + 8 * 16 + 128 * 8 + 8
    said = run(script)
    assert said[:3] == ["True 0", "True", "0 True"]
    assert said[3] == f"('offset: {size + 1} given, 0..{size} allowed', {spec.ERROR_ARGUMENT})"
    assert said[4].startswith("('state: 2001 bytes given") and str(spec.ERROR_STATE_SIZE) in said[4]
    assert largest == len(net.staging)


@pytest.mark.unix
def test_a_refused_state_leaves_the_unknowns_and_the_undo():
    mirror = Network(**CONFIG)
    for i in range(4):
        mirror.learn(np.array([900 * (i % 2), 40 * i], np.int16), i % 2)
    forged = bytearray(mirror.export()[:-4])
    forged[-1] ^= 1  # the digest
    forged = states.sealed(bytes(forged))
    script = f"""
net = taught()
before = net.digest()
net.learn(array("h", [9000, 9000]), 1)
for x in (20000, 25000):
    net.infer(array("h", [x, -x]))
after = net.digest()
print(refused(lambda: net.load({forged!r}))[1], net.digest() == after, net.unknowns())
net.undo()
print(net.digest() == before)
net.name(net.unknowns(), 2)
print(net.unknowns(), net.digest() == before, refused(lambda: net.load({forged!r}))[1])
net.undo()
print(net.unknowns(), net.digest() == before)
net.freeze()
print(refused(lambda: net.load({forged!r})))
"""
    assert run(script) == [
        f"{spec.ERROR_STATE_DIGEST} True (0, 1)",
        "True",
        f"() False {spec.ERROR_STATE_DIGEST}",
        "(0, 1) True",
        f"('learning is frozen', {spec.ERROR_FROZEN})",
    ]


@pytest.mark.unix
def test_what_the_module_says_at_the_end_of_the_clock_and_of_a_field_beyond_its_limits():
    records = states.Record(0, 0, 0, 1, (0, 0)), states.Record(5, 5, 1, 1, (9000, 9000))
    at_end = states.State(CONFIG, spec.LIMIT_CLOCK, records).sound()
    margin = states.State(CONFIG, 9, records, (states.Entry(0, 0, 257),)).pack()
    script = f"""
net = network()
print(refused(lambda: net.load({margin!r})))
net.load({at_end!r})
print(refused(lambda: net.learn(array("h", [1, 2]), 0)))
print(net.export() == {at_end!r})
"""
    said = run(script)
    assert said[0].endswith(f"an event or an experience has a field outside its limits', {spec.ERROR_STATE_EVENT})")
    assert said[1] == f"('clock: 2147483647 learns can be counted, of all and of each class', {spec.ERROR_CLOCK})"
    assert said[2] == "True"
