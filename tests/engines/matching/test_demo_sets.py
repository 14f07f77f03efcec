"""The demo's data sets come in beside the loading of its matters, and are the same as one by one."""
from __future__ import annotations

from datetime import datetime
from pathlib import Path
from shutil import rmtree
from zoneinfo import ZoneInfo

import pytest

from tests.engines.matching.helpers import workspace
from xieli.engines.matching.datasets.catalogue import listing
from xieli.engines.matching.demo_sets import beside
from xieli.engines.matching.words import MatchError

AT = datetime(2026, 3, 17, 9, 58, tzinfo=ZoneInfo("Asia/Shanghai"))
SUBJECT = ("990101198001010011", "段某")


def test_every_data_set_is_there_when_its_truth_is_told(tmp_path: Path) -> None:
    space = workspace(tmp_path / "w")
    with beside(space.root, SUBJECT, AT) as brought:
        truths = brought()
    assert set(truths) == {"payments", "case", "county"}
    rows = listing(space, AT.date())
    assert len(rows) == 25, "24 of the demo, and deaths of the test's own workspace"
    assert all(r["accepted"] > 0 for r in rows)
    assert {"housing_allowance", "payroll"} <= {r["dataset"] for r in rows}


def test_what_fails_there_fails_here(tmp_path: Path) -> None:
    space = workspace(tmp_path / "w")
    rmtree(space.catalogue)
    space.catalogue.write_text("in the way")
    with pytest.raises((MatchError, OSError)), beside(space.root, SUBJECT, AT) as brought:
        brought()
