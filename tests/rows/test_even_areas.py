"""C02: central units shared evenly among eleven districts, others by their seat, and what it changed, played once."""
from __future__ import annotations

from datetime import timedelta

import pytest

from xieli.office.allocation import demo, divisions
from xieli.office.allocation.models import PlanVersion
from xieli.office.bodies.models import Body
from xieli.office.demo.stories import sc30_areas
from xieli.office.demo.theatre import Theatre

BEGINS = sc30_areas.BEGINS


@pytest.fixture(scope="module")
def played(stage: Theatre) -> Theatre:
    sc30_areas.play(stage)
    return stage


def test_every_unit_has_one_district_and_the_load_is_even(played: Theatre) -> None:
    """S0-43: Given N central units and 11 DCs each unit gets exactly one DC; the spread of weighted load is reported before/after and smaller than under pure location; locked pairs are kept; re-running gives the same result; a new version needs approval, old matters stay where they are.
    S0-44: A fixture unit seated in Zhongxian resolves to 忠县纪委监委; moving its seat changes the answer from the move date only.
    S0-46: With matters concentrated in three DCs the board marks them "承压"; after S0-43 the ratio max/mean falls and the board shows both."""
    stage = played
    said = [c["en"] for c in stage.checks]
    for sentence in ("The lock is kept", "Run again, the result is the same", "No new version without a second person", "Old matters stay where they are"):
        assert sentence in said
    figures = {f["en"]: f["value"] for f in stage.figures}
    assert figures["highest ratio after"] < figures["highest ratio before"]
    with stage.acts(sc30_areas.CHIEF):
        version = PlanVersion.objects.exclude(adopted_by=None).latest("valid_from")
        day = version.valid_from
        units = sc30_areas.central_units(stage)
        answers = {unit: divisions.whose(Body.objects.get(pk=unit), day) for unit, _ in units}
        before = {unit: divisions.whose(Body.objects.get(pk=unit), day - timedelta(days=1)) for unit, _ in units}
        assert {w.rule for w in answers.values()} == {"area"}
        assert {w.rule for w in before.values()} == {"seat"}  # not a day sooner
        bodies = {w.body.id for w in answers.values() if w.body is not None}
        assert len(bodies) == 11
        earlier, later = divisions.effect(version)
        assert {Body.objects.get(pk=b).code for b in earlier.pressed} >= set(demo.CROWDED)
        assert earlier.max_to_mean is not None
        assert later.max_to_mean is not None
        assert later.max_to_mean < earlier.max_to_mean
        moved = Body.objects.get(pk=stage.admin.execute("select body_id from body_place where valid_to is not null order by body_id limit 1").fetchone()[0])  # type: ignore[index]
        turn = divisions.places_on(divisions.today() + timedelta(days=3))[moved.id].valid_from
        old, new = divisions.whose(moved, turn - timedelta(days=1)), divisions.whose(moved, turn)
        assert (old.rule, new.rule) == ("seat", "seat")
        assert old.body != new.body
        assert new.body is not None
        assert new.body.code == "zhongyue"
