"""The demo's data are never of a day to come: whatever day they are made for, every date in them lies before it."""
from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from xieli.engines.matching.demo import generate, last_month_end
from xieli.engines.matching.demo_case import generate_case


@pytest.mark.parametrize("as_of", [date(2026, 2, 28), date(2026, 10, 31), date(2025, 12, 31)])
def test_every_date_of_the_demos_data_lies_before_their_day(tmp_path: Path, as_of: date) -> None:
    generate(tmp_path, people=300, as_of=as_of)
    generate_case(tmp_path, ("990101198001010017", "段某"), as_of=as_of)
    dates = {found for path in tmp_path.glob("*.csv") for found in re.findall(r"\b20\d\d-\d\d-\d\d\b", path.read_text("utf-8-sig"))}
    assert len(dates) > 20
    assert max(dates) <= as_of.isoformat()
    assert {yaml.safe_load(path.read_text("utf-8"))["freshness"]["as_of"] for path in tmp_path.glob("*.yaml")} == {as_of.isoformat()}


def test_the_demo_stands_in_march_and_its_data_end_with_february() -> None:
    assert last_month_end(date(2026, 3, 17)) == date(2026, 2, 28)
