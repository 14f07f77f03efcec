"""C14, C15: the catalogue of small cuts, played once, and what its records say."""
from __future__ import annotations

import pytest

from xieli.office.cooperation import catalogue
from xieli.office.demo.stories import sc29_small_cut
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import FormSubmission
from xieli.office.reports import services as reports


@pytest.fixture(scope="module")
def played(stage: Theatre) -> Theatre:
    for act in (sc29_small_cut.tag, sc29_small_cut.publish, sc29_small_cut.check_themselves, sc29_small_cut.missing):
        act(stage)
    return stage


def test_what_comes_back_is_proposed_nine_are_published_and_each_answers_every_item(played: Theatre) -> None:
    """S0-38: Given tagged cases, "types in ≥2 units and ≥2 years" are proposed with counts, an editor publishes 9 items; each institution must answer item by item (found / not found / treated) and file a report; missing ones are listed."""
    with played.acts(sc29_small_cut.EDITOR):
        matter = Matter.objects.get(pk=played.made["catalogue"])
        made = {k.kind: (k.cases, k.units, k.years) for k in catalogue.proposals(matter)}
        expected = {kind: (len(rows), len({u for u, _ in rows}), len({y for _, y in rows})) for kind, rows in sc29_small_cut.CASES.items() if len({u for u, _ in rows}) > 1 and len({y for _, y in rows}) > 1}
        assert made == expected
        assert reports.figure("catalogue_items", sc29_small_cut.YEAR).text() == "9条"
        answers = [row.data for row in FormSubmission.objects.filter(matter=matter, form="answers")]
        assert len(answers) == 3
        assert all({r["item"] for r in a["rows"]} == set(made) and {r["state"] for r in a["rows"]} == {"found", "not_found", "treated"} and a["report"] for a in answers)
        assert [b.code for b in catalogue.missing_reports(matter)] == ["tax-dc"]
