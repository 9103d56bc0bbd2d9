# SPDX-License-Identifier: MIT
"""options.py: a whole number that a command cannot take is named, with its limits, whichever command and option it is."""

from inspect import signature

import pytest
from typer.testing import CliRunner

from deeplomath.desk import cli

FAST = "--baud", "--serial-baud"
BAUD = "1200..12000000"
WRONG = [
    *(
        (option, it, f"{it} given, {BAUD} allowed")
        for option in FAST
        for it in ("99999999999", "12000001", "1199", "-1")
    ),
    *(
        (option, it, f"{it} given, an integer of {BAUD} needed")
        for option in FAST
        for it in ("fast", "1_200", "1e6", "")
    ),
    ("--person", "11", "11 given, 1..10 allowed"),
    ("--person", "x", "x given, an integer of 1..10 needed"),
    ("--side", "-1", "-1 given, 0..1 allowed"),
    ("--baud", "\x1b[2J", r"\x1b[2J given, an integer of"),
    ("--baud", "9" * 5000, "9... given, an integer of"),
    *((option, "two", "two given, an integer needed") for option in ("--classes", "--events", "--layers", "--tx")),
    ("--false-reject-permille", "5%", "5% given, an integer needed"),
]


@pytest.mark.parametrize(("option", "value", "words"), WRONG, ids=[f"{it[0]} {it[1][:12]!r}" for it in WRONG])
def test_a_number_that_cannot_be_is_named_with_its_limits(option, value, words):
    takes = [
        it for it in cli.app.registered_commands if option[2:].replace("-", "_") in signature(it.callback).parameters
    ]
    assert takes
    for command in takes:
        arguments = ["P", "a.csv"][: {"check": 2, "record": 1, "demo": 0}.get(command.name, 1)]
        result = CliRunner().invoke(cli.app, [command.name, *arguments, f"{option}={value}"])
        said = " ".join(result.output.split())
        assert (result.exit_code, f"'{option}': " in said, words in said) == (2, True, True), said


def test_each_number_of_a_command_is_one_that_is_named():
    numbers = [
        (command.name, name, parameter.annotation.__metadata__[0])
        for command in cli.app.registered_commands
        for name, parameter in signature(command.callback).parameters.items()
        if "int" in str(parameter.annotation.__args__[0])
    ]
    assert len(numbers) > 10 and [it for it in numbers if it[2].parser is None] == []
