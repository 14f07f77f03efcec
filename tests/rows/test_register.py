"""The register of rows is what the tests and playbooks say, and no test claims more than five rows."""
from __future__ import annotations

import csv

from tests.rows.make_register import OUT, made, row_ids, served


def test_the_register_is_what_the_tests_say() -> None:
    assert OUT.read_text("utf-8") == made()


def test_every_row_once_and_every_gap_named() -> None:
    rows = list(csv.DictReader(OUT.open(encoding="utf-8")))
    assert [r["row"] for r in rows] == row_ids()
    assert len(rows) == 226
    assert {r["status"] for r in rows} <= {"tested", "partly", "cannot"}
    assert all(bool(r["tests"]) for r in rows if r["status"] == "tested")
    assert all(bool(r["what lacks"]) for r in rows if r["status"] != "tested")


def test_no_test_serves_more_than_five_rows() -> None:
    load: dict[str, int] = {}
    for tests in served().values():
        for name, _ in tests:
            load[name] = load.get(name, 0) + 1
    assert max(load.values()) <= 5
