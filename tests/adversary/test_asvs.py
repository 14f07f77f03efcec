"""docs/asvs.csv names every requirement of ASVS 5.0.0 levels 1 and 2 with a test that exists, a reason, or the room it waits for."""
from __future__ import annotations

import csv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEVEL_1, LEVEL_2 = 70, 183  # counted in the published list of 5.0.0


def test_every_requirement_has_its_test_its_reason_or_its_room() -> None:
    with (ROOT / "docs/asvs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({r["requirement"] for r in rows}) == len(rows) == LEVEL_1 + LEVEL_2
    assert sum(r["level"] == "1" for r in rows) == LEVEL_1
    for r in rows:
        if r["state"] == "test":
            assert (ROOT / r["where_or_why"].partition("::")[0]).exists(), r
        else:
            assert r["state"] in ("reason", "later"), r
            assert len(r["where_or_why"]) > 12, r


def test_the_threat_model_names_tests_that_exist() -> None:
    text = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8")
    named = {part for part in text.replace("(", " ").split("`") if part.startswith(("tests/", "bench/", "src/"))}
    assert len(named) > 10
    for name in named:
        path, _, test = name.partition("::")
        assert (ROOT / path).exists(), name
        assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), name
    assert all(f"| T{n} |" in text for n in range(1, 19))
