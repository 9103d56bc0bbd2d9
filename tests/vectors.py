# SPDX-License-Identifier: MIT
"""The cases of shared_spec/vectors, as pytest parameters."""

import json

import pytest

from implementations import ROOT


def cases(stem, flag=None):
    """pytest.mark.parametrize("case", ...) over the cases of a stem, those with a flag if one is given."""
    found = json.loads((ROOT / "shared_spec" / "vectors" / f"{stem}.json").read_text())["cases"]
    chosen = [c for c in found if flag is None or flag in c["flags"]]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=case_name)


def case_name(case):
    return case["name"].replace(" ", "_").replace("-", "_")
