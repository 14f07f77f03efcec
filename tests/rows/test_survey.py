"""C03: a survey meeting that opens a channel and hands a lead over on the spot, played once, and what its page lists afterwards."""
from __future__ import annotations

import pytest

from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import sc04_survey
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services.forms import filled
from xieli.office.matters.services.moves import forms_of
from xieli.office.matters.tables.core import Matter, MatterLink

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
