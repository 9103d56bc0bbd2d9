# SPDX-License-Identifier: MIT
"""Round trip: the text of any program compiles to the same bytes, with names or without, and is the same text again."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplomath.errors import KernelError
from deeplomath.model import text
from deeplomath.model.model import PRESETS, Model
from deeplomath.model.written import written
from deeplomath.signal.front import FrontEnd


def returned(program):
    """The program of the text of a program, whose text is the same again."""
    content = written(program)
    found = text.parsed(content).program
    assert written(found) == content
    return found


@pytest.mark.parametrize("name", PRESETS)
def test_the_text_of_a_preset_compiles_to_its_bytes(name):
    model = Model(name)
    assert returned(model.program) == model.program
    named = text.parsed(written(model.program, model.text.lines, 'units = "LSB"', "[vote]\nover = 3"))
    assert named.program == model.program and named.lines == model.text.lines
    assert named.source.units == ("LSB",) * len(named.source.lines) and named.vote.over == 3


def operation(kind, flags=0, body=b""):
    return struct.pack("<BBH", kind, flags, len(body)) + body


@st.composite
def programs(draw):
    """Any program that may run, as far as a random draw reaches."""
    inputs = draw(st.integers(1, 4))
    spacings, operations = [1] * inputs, []
    for _ in range(draw(st.integers(0, 4))):
        kind, line = draw(st.integers(1, 4)), draw(st.integers(0, len(spacings) - 1))
        alike = [i for i, spacing in enumerate(spacings) if spacing == spacings[line]]
        if kind == 1:
            rows = draw(
                st.lists(
                    st.lists(st.integers(-128, 127), min_size=len(alike), max_size=len(alike)), min_size=1, max_size=3
                )
            )
            matrix = np.zeros((len(rows), len(spacings)), np.int8)
            matrix[:, alike] = rows
            matrix[:, line] = np.where(matrix.any(1), matrix[:, line], 1)
            operations.append(operation(1, draw(st.integers(0, 15)), matrix.tobytes()))
            spacings += [spacings[line]] * len(rows)
        elif kind == 2:
            operations.append(operation(2, 0, bytes(draw(st.lists(st.sampled_from(alike), min_size=1, max_size=4)))))
            spacings.append(spacings[line])
        elif kind == 3:
            sections = draw(st.lists(st.integers(-(1 << 31), (1 << 31) - 1), min_size=5, max_size=5))
            operations.append(operation(3, 0, bytes([line, 0, 0, 0]) + struct.pack("<5i", *sections)))
            spacings.append(spacings[line])
        else:
            n = draw(st.integers(2, 6))
            operations.append(operation(4, 0, bytes([line, n])))
            spacings.append(spacings[line] * n)
    line, log_n = draw(st.integers(0, len(spacings) - 1)), draw(st.integers(4, 11))
    alike = [i for i, spacing in enumerate(spacings) if spacing == spacings[line]]
    lines = draw(st.lists(st.sampled_from(alike), min_size=1, max_size=2))
    n = 1 << log_n
    operations.append(operation(5, 0, struct.pack("<HH", n, draw(st.integers(1, n))) + bytes(lines)))
    width = len(lines)
    operations.append(operation(6, 1 << draw(st.integers(0, 6))))
    if draw(st.booleans()):
        operations.append(operation(7))
        edges = sorted(draw(st.lists(st.integers(0, 16 * (n // 2 + 1)), min_size=3, max_size=6)))
        shape = draw(st.integers(0, 1))
        operations.append(operation(8, shape, struct.pack(f"<{len(edges)}H", *edges)))
        width += (len(edges) - 1 - shape) * len(lines)
        if draw(st.booleans()):
            gate = draw(st.tuples(st.integers(0, 65535), st.integers(0, 65535)))
            operations.append(operation(9, 0, struct.pack("<HH6B", *gate, 4, 20, 3, 15, 2, 0)))
            operations.append(operation(10, draw(st.integers(1, 4))))
    if draw(st.booleans()):
        row = draw(st.lists(st.integers(-32768 // width, 32767 // width), min_size=width, max_size=width))
        operations.append(operation(11, 1, struct.pack(f"<{width}h", *row)))
    rate = draw(st.integers(0, 2**32 - 1))
    return struct.pack("<2sBBIHH", b"DF", 1, inputs, rate, len(operations), 0) + b"".join(operations)


def with_features(program):
    """The program with the number of features that it makes."""
    for features in range(1, 161):
        program = program[:10] + struct.pack("<H", features) + program[12:]
        try:
            FrontEnd(program)
        except KernelError as error:
            if "program: features: " not in str(error):
                raise
            features = int(str(error).split()[-2])
            program = program[:10] + struct.pack("<H", features) + program[12:]
        return program


@settings(max_examples=100, deadline=None)
@given(programs())
def test_the_text_of_any_program_compiles_to_its_bytes(program):
    program = with_features(program)
    FrontEnd(program)
    assert returned(program) == program


def test_bytes_that_are_no_program_are_refused():
    with pytest.raises(KernelError, match="program: "):
        written(b"no program")
