"""The leader's page of the demo is alive: its seven numbers come from work that was done through the services."""
from __future__ import annotations

from datetime import date

from tests import dbfixtures
from tests.djangodb import use
from tests.office.demo.test_load import database, quiet
from xieli.engines.metrics import Period
from xieli.office.demo import load as loader
from xieli.office.demo import province
from xieli.office.demo.crowd import Crowd

__all__ = ["database"]
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


def test_the_seven_numbers_of_the_leaders_page_are_alive(database: dbfixtures.TestDatabase) -> None:
    from xieli.office.matters.verify import verify
    from xieli.office.reports import queries

    with database.admin() as admin:
        stage = loader.load(admin, say=quiet, surroundings=False)
        crowd = Crowd(stage)
        crowd.round_of_leads("yj", "yj/supervision3", (7, 7, 5, 0), days_ago=2)
        lead = province.start_check(crowd)
        assert province.close_leads(crowd) == 2
        province.file_case(crowd, lead)
        province.put_right(crowd)
        province.hand_down(crowd)
        province.train(crowd)
        with stage.acts("yj-head"):
            seen = {f.metric.code: f.number for f in queries.seven(YEAR)}
            steps = {en: n for _, en, n in queries.funnel(YEAR)}
        assert None not in seen.values(), "every number has a base"
        assert 0 < seen["lead_closure_rate"] < 1
        assert round(100 * seen["rect_rate"]) == 67
        assert round(100 * seen["handover_rate"]) == 67
        assert seen["trained_persons"] == 9
        assert (steps["verified"], steps["filed"], steps["closed"]) == (1, 1, 2)
    use(database, "backup")
    assert {code: found for code, found in verify(("facts", "stages", "digests", "numbers")).items() if found} == {}, "what the records filled in stands as it was handed in"
