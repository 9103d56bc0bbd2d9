# SPDX-License-Identifier: MIT
"""The audit of many logs: a slice of `make bench-audit`."""

import many_logs
from deeplomath.audit import survey


def test_twenty_logs_are_proved_on_two_cores(tmp_path):
    for seed in range(20):
        many_logs.write(tmp_path / f"{seed:02}.mcap", 12, seed)
    table, _ = many_logs.audited(tmp_path)
    assert len(table) == 20 and set(table["state"]) == {survey.PROVED}
    assert table["file"].to_list() == sorted(table["file"].to_list()) and table["learned"].sum() == 20 * 12
    assert len(set(table["digest"])) == 20


def test_nobody_s_log_ends_the_audit(tmp_path):
    """Bytes that are no session, though they are a log by their form, are a row."""
    many_logs.write(tmp_path / "a.mcap", 6, 1)
    whole = (tmp_path / "a.mcap").read_bytes()
    for i in range(0, len(whole) - 64, len(whole) // 12):
        (tmp_path / "b.mcap").write_bytes(whole[:i] + whole[i + 32 :])
        row = survey.row(tmp_path / "b.mcap")
        assert row["state"] in ("cut", "damaged", "unreadable", "proved"), row
        assert row["differs"] is None
