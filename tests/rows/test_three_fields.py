"""C15: three fields of a campaign, inspected first, played once: each field in a line."""
from __future__ import annotations

import pytest

from xieli.office.cooperation import campaigns
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import inspection as ins
from xieli.office.demo.stories import sc13_three_fields
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import moves
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.reports import trees

BEGINS = sc13_three_fields.BEGINS


@pytest.fixture(scope="module")
def played(stage: Theatre) -> Theatre:
    sc13_three_fields.play(stage)
    return stage


def test_each_field_of_a_campaign_is_one_line_from_units_to_sanctions(played: Theatre) -> None:
    """S2-17: A campaign page shows per field: units inspected → leads → cases → sanctions in a line."""
    stage = played
    with stage.acts(stage.holder(f"room_head@{sc13_three_fields.BODY}/supervision1")):
        campaign = Matter.objects.get(kind="campaign").id
        lines = {f.topic.title: (len(f.units), f.cases, f.line.filed, f.line.sanctioned, f.line.to_justice) for f in trees.fields(campaign)}
    assert lines == {"校园餐": (53, 1, 10, 10, 0), "殡葬领域": (2, 1, 4, 4, 4), "耕地保护": (9, 2, 5, 3, 0)}
    with stage.acts(ins.OFFICE):
        county = MatterLink.objects.filter(kind="counterpart", source__kind="inspection_round", target__owner_body_id=stage.body(sc13_three_fields.COUNTY)).count()
    assert county == 3  # the county in step, field by field


def test_a_campaign_shows_who_leads_who_assists_and_which_reports_are_missing(played: Theatre) -> None:
    """S0-37: The campaign page shows lead/assist roles, units covered, reports received/missing."""
    stage, hands = played, Hands(played)
    chief = stage.holder(f"room_head@{sc13_three_fields.BODY}/supervision1")
    with stage.acts(chief):
        campaign = Matter.objects.get(kind="campaign")
        plan = moves.forms_of(campaign)["plan"]
        assert [(r["role"], bool(r["holder"])) for r in plan["roles"]] == [("main_duty", True), ("overall", True), ("together", True), ("local", True)]
        topics = campaigns.topics(campaign)
        assert [(t.first is not None, t.second is not None) for t in topics] == [(True, True)] * 3  # each topic has its two leads
        assert {r.body.code: (r.units, r.on) for r in campaigns.reports(campaign)} == {"edu": (0, None), "housing": (0, None), "finance": (0, None)}  # asked, and none has come
    hands.step(chief, campaign.id, "ask_reports", form=("session", {"held_on": hands.day(), "as_of": hands.day(), "text": "排查 64 个单位"}))
    hands.step(hands.staff("handler", "edu"), campaign.id, "report", form=("report", {"reported_on": hands.day(), "units": 53, "text": "已报"}), body=str(stage.body("edu")))
    with stage.acts(chief):
        found = {r.body.code: (r.units, r.on is not None) for r in campaigns.reports(Matter.objects.get(pk=campaign.id))}
    assert found == {"edu": (53, True), "housing": (0, False), "finance": (0, False)}
