"""The demo's catalogue: twenty and more departments, of differing freshness, some stale; a model with a record of people's verdicts."""
from __future__ import annotations

from typing import Any

import pytest

from tests.office.desk.conftest import Bench
from xieli.office.desk import demo, queries
from xieli.office.desk.models import DataSet, Hit


@pytest.fixture(scope="module")
def county(bench: Bench) -> dict[str, Any]:
    truth = demo.load_county(bench.stage.admin)
    demo.load_case(bench.stage.admin, (bench.stage.subject_id("duan"), "段某"))
    demo.earlier_check(bench.stage, demo.approved_check(bench.stage), truth)
    return truth


def test_twenty_departments_and_more_stand_in_the_catalogue_and_a_stale_set_warns(bench: Bench, county: dict[str, Any]) -> None:
    with bench.stage.acts("chief3"):
        listed = queries.catalogue(bench.hands.clock().date())
        assert len({d.owner_code for d, _ in listed}) >= 20
        assert {"veterans", "road_works"} <= {d.code for d, stale in listed if stale}
        assert len({d.as_of for d, _ in listed}) >= 8
        assert len({d.every_days for d, _ in listed}) >= 4
        assert all(d.title_en and d.owner_en and d.accepted and not d.quarantined for d, _ in listed)


def test_exactly_the_planted_six_were_found_and_no_near_miss(bench: Bench, county: dict[str, Any]) -> None:
    with bench.stage.acts("chief3"):
        hits = list(Hit.objects.filter(model="public_employee_benefit"))
        rows = DataSet.objects.get(code="housing_allowance").accepted
        assert len(hits) == len(county["both"]) == 6
        assert all(h.evidence["payment"]["count"] == 5 for h in hits), "each of the six drew five times; who left, joined or shares a name is no hit"
        assert rows == 390


def test_the_models_page_shows_how_often_people_found_it_right(bench: Bench, county: dict[str, Any]) -> None:
    with bench.stage.acts("chief3"):
        shown = {m["model"].id: m["record"] for m in queries.models()}
        assert shown["public_employee_benefit"] == {"judged": 6, "true": 4, "not_true": 1, "data_error": 1, "share": 67}
        by_month = queries.history("public_employee_benefit")
        assert [(m["judged"], m["true"], m["share"]) for m in by_month] == [(6, 4, 67)]
        assert by_month[0]["site"]
