"""C03: a survey meeting that opens a channel and hands a lead over on the spot, played once, and what its page lists afterwards."""
from __future__ import annotations

from datetime import date

import pytest

from xieli.engines.metrics import Period
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import inspection as ins
from xieli.office.demo.stories import sc04_survey
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import grants, leads, moves
from xieli.office.matters.services.forms import filled
from xieli.office.matters.services.moves import forms_of
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.reports import services as reports

BEGINS = sc04_survey.BEGINS


@pytest.fixture(scope="module")
def played(stage: Theatre) -> Theatre:
    sc04_survey.play(stage)
    return stage


def test_a_visit_lists_what_it_opened_and_handed_over_with_its_times(played: Theatre) -> None:
    """S0-06: From a meeting record "open green channel" creates channel + hand-over pre-filled with the two bodies; after both confirmations the visit report lists the hand-over as its output with time stamps."""
    stage, meeting, hands = played, played.made["meeting"], Hands(played)
    hands.step("chief3", meeting, "hand_over", reason="会上议定的另一件")
    hands.step("chief3", meeting, "channel", reason="会上议定的另一件")
    with stage.acts("chief3"):
        links = list(MatterLink.objects.filter(source_id=meeting).select_related("target").order_by("created_at"))
        fresh = next(link.target for link in links if link.target.kind == "handover" and link.outcome == "")
        letter = filled(fresh, "letter")
        assert (fresh.owner_body_id, letter["receiver"]) == (stage.body("yj"), str(stage.body("nanqiao")))  # the two bodies are there already
        assert "移交的线索" in letter["summary"]
        channels = [link.target for link in links if link.target.kind == "green_channel"]
        assert [filled(c, "call").get("urgent") for c in channels if not forms_of(c)] == ["现场启动绿色通道；工贸银行移交的线索交南桥区办理。"]
        outcomes = {link.target_id: link.outcome for link in links if link.target.kind == "handover" and link.outcome}
        assert sorted(outcomes.values()) == ["accepted", "returned"]
        assert outcomes[stage.made["handover"]] == "accepted"
        held = forms_of(Matter.objects.get(pk=meeting))["minutes"]["held_on"]
        assert {link.created_at.astimezone(hands.clock().tzinfo).date().isoformat() for link in links} == {held}  # on the spot
    signed = stage.admin.execute("select count(*) from approval_step s join approval a on a.id = s.approval_id where a.matter_id = %s and a.act = 'co_chairs' and s.decision = 'approved'", [meeting]).fetchone()
    assert signed == (2,)


def test_two_pairs_of_a_local_body_and_the_subjects_own_organ(played: Theatre) -> None:
    """S0-02: Given the two matters, the list "joint cases by local body × central unit" shows exactly these two pairs; both a 派出 body and a county commission are accepted as lead; a partner whose unit is not the subject's employer needs a written reason."""
    stage, hands = played, Hands(played)
    pairs = {"datan": "icb", "hitech": "hb"}  # a county commission, and a working committee
    ins.post(stage, "datan-lead", "hitech")  # the installer's: somebody cleared for secrets serves at the working committee
    for lead, unit in pairs.items():
        rooms = lead == "datan"
        chief = stage.holder("room_head@datan/supervision1") if rooms else "datan-lead"
        with stage.acts(chief):
            matter = leads.register(leads.NewMatter("joint_case", f"与{unit}纪委联合办案", stage.body(lead), stage.room(f"{lead}/supervision1") if rooms else None, (leads.Subject("某某", unit_body=stage.body(unit), post="职员"),),
                                                    parties={"partner": (stage.body(f"{unit}-dc"),)})).id
            grants.give(matter, stage.person("yj-head"), kind="reviewer", acts=["read"], ends_at=None, basis="协调", reason="")
        study = {"attendees": "双方承办人", "gaps": [{"fact": "履职谋利", "missing": "资金去向"}], "route": "own_check", "partner_is_unit": False, "studied_on": hands.day()}
        assert hands.refused(chief, lambda: moves.make(Matter.objects.get(pk=matter), "own_check", form=("study", study))) == "required"  # noqa: B023
        study["other_unit_reason"] = "对象单位纪委应当回避，由同系统另一单位纪委协作"
        hands.step(chief, matter, "own_check", form=("study", study))
    with stage.acts("yj-head"):
        found = reports.figure("joint_pairs", Period(date(2026, 1, 1), date(2026, 12, 31)), by="pair")
    assert found.groups == {f"{stage.body(lead)}:{stage.body(f'{unit}-dc')}": 1 for lead, unit in pairs.items()}
