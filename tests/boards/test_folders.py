# SPDX-License-Identifier: MIT
"""The folders of boards/: each board.toml is whole, and boards/README.md has a row of each."""

import importlib.util
import json
import tomllib

import pytest

from deeplomath.link import emulator
from implementations import ROOT

TOMLS = {file.parent.name: tomllib.loads(file.read_text()) for file in sorted(ROOT.glob("boards/*/board.toml"))}
FILES = {"qemu": ("mpconfigboard.mk",), "rp2": ("mpconfigboard.cmake", "mpconfigboard.h"), "stm32": ()}


def load_readme_writer():
    location = importlib.util.spec_from_file_location("boards_readme", ROOT / "boards" / "readme.py")
    module = importlib.util.module_from_spec(location)
    location.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", TOMLS)
def test_a_board_is_called_as_its_folder_and_has_what_its_port_takes(name):
    toml, folder = TOMLS[name], ROOT / "boards" / name
    assert toml["name"] == name and {"title", "core", "native_arch", "flash_bytes", "ram_bytes"} <= toml.keys()
    assert (
        toml["firmware"].split("/")[0] == name and toml.get("stock", f"{name}_stock/").split("/")[0] == f"{name}_stock"
    )
    assert all((folder / file).is_file() for file in FILES[toml["port"]])
    assert "run" in toml or "flash" in toml
    assert ("family" in toml) == (toml["port"] == "rp2")


@pytest.mark.parametrize("name", emulator.boards())
def test_what_is_emulated_is_tested_and_counted(name):
    toml = TOMLS[name]
    assert "tier" in toml["test"] and ("stock" in toml or "tier_stock" not in toml["test"])
    counted = [other for other in TOMLS.values() if "flags" in other.get("bench", {})]
    assert [other["bench"]["core"] for other in counted].count(toml["bench"]["core"]) == 1


def test_no_two_boards_share_a_tier():
    tiers = [toml["test"][key] for toml in emulator.boards().values() for key in toml["test"] if key.startswith("tier")]
    assert len(tiers) == len(set(tiers)) and not {"unix", "unix_mpy"} & set(tiers)


def test_the_digests_in_boards_readme_are_those_of_the_vectors():
    walk = json.loads((ROOT / "shared_spec/vectors/walk.json").read_text())["cases"][0]
    text = (ROOT / "boards" / "README.md").read_text()
    rows = text.split("<!-- bench: boards -->\n")[1].split("<!-- end -->")[0].splitlines()[2:]
    tested = [toml["test"] for toml in emulator.boards().values()]
    assert len(rows) == 2 + sum(
        len({"tier", "tier_stock"} & test.keys()) - ("stock_is_small" in test) for test in tested
    )
    assert {row.split(" | ")[4] for row in rows} == {f"`{walk['digests'][-1]:08x}`"}


def test_the_table_of_boards_readme_is_what_the_folders_say(tmp_path):
    readme = load_readme_writer()
    text = readme.README.read_text()
    assert readme.BEGIN + readme.table() + readme.END in text
    new = tmp_path / "new" / "board.toml"
    new.parent.mkdir()
    new.write_text('title = "New"\ncore = "Cortex-M9"\nport = "stm32"\n[flash]\n[test]\ntier = "m9"\n')
    assert readme.table(tmp_path).splitlines()[-1] == (
        "| [new](new) | New | Cortex-M9 | `make firmware BOARD=new MICROPYTHON_DIR=...` "
        "| `make flash BOARD=new` | `make test-m9` |"
    )
