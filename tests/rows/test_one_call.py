"""C02, C05: one call and the same night, played once: the natural body, the ranking, who is told, the two tracks, the keeper, the room."""
from __future__ import annotations

from datetime import date

import pytest

from xieli.engines.metrics import Period
from xieli.office.allocation import services as allocation
from xieli.office.allocation.models import RankingShown
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import sc03_one_call
from xieli.office.demo.theatre import Theatre
from xieli.office.files import services as files
from xieli.office.matters.queries import tracks
from xieli.office.matters.services import grants, leads, measures, moves, seating
from xieli.office.matters.services.moves import forms_of
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.matters.tables.handover import Handover
from xieli.office.matters.tables.measures import Measure, Presence
from xieli.office.matters.tables.work import Note
from xieli.office.reports import services as reports

BEGINS = sc03_one_call.BEGINS


@pytest.fixture(scope="module")
def played(stage: Theatre) -> Theatre:
    sc03_one_call.play(stage)
    return stage


def test_the_natural_body_comes_first_and_another_is_chosen_with_a_reason(played: Theatre) -> None:
    """S0-41: For a unit in Yubei the system first names Yubei with its load, lists alternatives ranked by load and readiness, takes Wuxi with reason, needs CC approval, notifies Yubei, Wuxi and the CU; Wuxi then has access, Yubei not.
    S0-45: Without inability report or CC finding, no designation can be created; with it the new body becomes responsible and the three parties get notice; report of designations by reason."""
    stage, hands, designation = played, Hands(played), played.made["designation"]
    with stage.acts("chief3"):
        matter = Matter.objects.get(pk=designation)
        natural = allocation.natural_body(matter)
        assert natural is not None
        assert natural.code == "beiping"
        shown = RankingShown.objects.filter(matter_id=designation).get()
        rows = {int(r["body"]): r for r in shown.result["rows"]}
        assert stage.body("beiping") in rows  # with its load, excluded and why
        assert "北屏区任务集中" in shown.why_not_first
        assert (shown.chosen_body_id, shown.chosen_place) == (stage.body("wuchuan"), 1)
        by_load = {int(c["id"]): c["load"] for c in shown.inputs}
        assert by_load[stage.body("beiping")] >= 0
    decided = stage.admin.execute("select decided_at from approval where matter_id = %s and act = 'designate'", [designation]).fetchone()
    assert decided is not None
    assert decided[0] is not None
    with stage.acts("chief3"):
        papers = set(Note.objects.filter(matter_id=designation, kind__startswith="doc:").values_list("kind", flat=True))
    assert {f"doc:{code}:issued" for code in ("decision_letter", "notice_natural", "notice_unit")} <= papers  # to the three parties
    duty = hands.staff("case_duty", "wuchuan/case")
    assert stage.sees(duty, designation)
    assert not any(stage.sees(p, designation) for p in (stage.holder("head@beiping"), hands.staff("handler", "beiping/supervision1")))
    with stage.acts("chief3"):
        bare = leads.register(leads.NewMatter("designation", "没有理由的指定", stage.body("yj"), stage.room("yj/supervision3"), level=2))
        assert list(bare.stages) == ["inability"]
    reason = {"natural_body": str(stage.body("beiping")), "natural_rule": "seat", "kind": "case", "sides": "both", "facts": "北屏区任务集中无法抽出力量。", "asked_on": hands.day(), "central_unit": True}
    for form in ({}, reason, {**reason, "reason": "overload", "facts": ""}):
        assert hands.refused("chief3", lambda: moves.make(Matter.objects.get(pk=bare.id), "consult_first", form=("inability", form))) == "required"  # noqa: B023
    with stage.acts("chief3"):
        assert reports.figure("designation_reasons", Period(date(2026, 1, 1), date(2026, 12, 31))).number == 1


def test_two_tracks_run_side_by_side_and_approvals_precede_the_measure(played: Theatre) -> None:
    """S0-42: Replay 2025-03-17 with times: step board shows both tracks, the total (e.g. 13 h 30 min) and saved time against the median of ordinary cases; approvals precede the measure or the measure is refused."""
    stage, channel = played, played.made["channel"]
    with stage.acts("yj-head"):
        for matter in (stage.made[k] for k in ("liuzhi",)):
            assert Matter.objects.filter(pk=matter).exists()
        board = tracks.board(Matter.objects.get(pk=channel))
    assert board.took == "13:30"
    road, home = board.of("road"), board.of("home")
    assert road
    assert home
    assert any(line.zh == "先行出发" for line in road)
    signed = {line.zh: line for line in home if line.began is not None}
    assert "留置审批" in signed or any("留置" in name for name in signed)
    assert all(line.ended <= board.ended for line in signed.values() if board.ended and "留置" in line.zh)
    assert (board.saved, board.ordinary) == (None, None)  # nothing to compare with yet, and nothing is made up
    with stage.acts("fire-handler"):
        other = Matter.objects.filter(pk=channel).exists()
    assert not other


def test_a_high_risk_has_a_plan_and_a_keeper_and_each_change_is_signed_twice(played: Theatre) -> None:
    """S0-49: A talk with level "high" cannot be closed without a safety plan and named keeper; the request in S0-40 carries the risk to the top; every change of keeper is signed."""
    stage, liuzhi = played, played.made["liuzhi"]
    with stage.acts("wuchuan-handler1"):
        measure = Measure.objects.get(matter_id=liuzhi)
        talk = measures.open_presence(Matter.objects.get(pk=liuzhi), measure.subject, basis="liuzhi", place="谈话室", measure=measure, free_to_leave=False)
        measures.assess_presence(talk, "high", note="情绪低落")
        assert stage.refused(lambda: measures.close_presence(Presence.objects.get(pk=talk.pk))) == "safety_plan"
        measures.assess_presence(talk, "high", plan="双人看护，医护在场")
        assert stage.refused(lambda: measures.close_presence(Presence.objects.get(pk=talk.pk))) == "safety_plan"  # a plan, and nobody named
        assert stage.refused(lambda: measures.assess_presence(Presence.objects.get(pk=talk.pk), "low")) == "reason_needed"
        kept = measures.open_presence(Matter.objects.get(pk=liuzhi), measure.subject, basis="liuzhi", place="谈话室", measure=measure, free_to_leave=False, keeper=stage.person("wuchuan-handler1"), risk="high", safety_plan="双人看护")
        measures.hand_keeper(kept, stage.person("wuchuan-handler2"), "换班")
        assert Presence.objects.get(pk=kept.pk).keeper_id == stage.person("wuchuan-handler1")  # one signature changes nothing
        assert stage.refused(lambda: measures.take_keeper(Presence.objects.get(pk=kept.pk))) == "not_handed"
    with stage.acts("wuchuan-handler2"):
        assert stage.refused(lambda: measures.hand_keeper(Presence.objects.get(pk=kept.pk), stage.person("zhou-rong"))) == "not_keeper"
        measures.take_keeper(Presence.objects.get(pk=kept.pk))
        assert Presence.objects.get(pk=kept.pk).keeper_id == stage.person("wuchuan-handler2")
        assert stage.refused(lambda: measures.take_keeper(Presence.objects.get(pk=kept.pk))) == "not_handed"
        measures.close_presence(Presence.objects.get(pk=kept.pk))
        measures.close_presence(Presence.objects.get(pk=talk.pk), kind="medical")  # care is never held up by a missing paper
        lines = [(e.recorded_by_id, e.persons[1]["signed"]) for e in kept.entries.filter(kind="keeper").order_by("recorded_at")]
    assert sorted(lines) == sorted([(stage.person("wuchuan-handler1"), False), (stage.person("wuchuan-handler2"), True)])
    with stage.acts("yj-duty"):
        assert "情绪不稳" in forms_of(Matter.objects.get(pk=stage.made["channel"]))["call"]["urgent"]  # who opened the channel read the risk


def test_one_leads_the_talk_and_the_specialist_answers_what_he_was_appointed_for(played: Theatre) -> None:
    """S0-17: An interview needs one 主谈 with case-handling standing and everyone present on the approved team; the record shows who asked what; internal rules quoted are linked as exhibits."""
    stage, liuzhi = played, played.made["liuzhi"]
    who = {code: {"person": stage.person(code), "role": role} for code, role in (("wuchuan-handler1", "lead"), ("wuchuan-handler2", "assistant"), ("fire-handler", "specialist"), ("zhou-rong", "lead"), ("yj-handler", "assistant"))}
    first, second, expert, head, stranger = who.values()
    with stage.acts("wuchuan-handler1"):
        case = Matter.objects.get(pk=stage.made["case"])
        rules = files.receive(case, "装备采购内部规定.pdf", [b"%PDF-1.7 internal rules of procurement"], from_whom="后勤处")
        foreign = files.receive(Matter.objects.get(pk=stage.made["lead"]), "线索材料.pdf", [b"%PDF-1.7 another"], from_whom="信访室") if Matter.objects.filter(pk=stage.made["lead"]).exists() else None
        measure = Measure.objects.get(matter_id=liuzhi)
        talk = measures.open_presence(Matter.objects.get(pk=liuzhi), measure.subject, basis="liuzhi", place="谈话室", measure=measure, free_to_leave=False)

        def code(persons: list[dict[str, object]], **more: object) -> str:
            return stage.refused(lambda: measures.enter_presence(Presence.objects.get(pk=talk.pk), "talk", persons=persons, **more))  # type: ignore[arg-type]

        assert code([first, expert]) == "two_persons"
        assert code([first, head]) == "one_lead"
        assert code([second, {**second, "person": stage.person("zhou-rong")}]) == "one_lead"
        assert code([first, stranger]) == "not_on_team"
        assert code([first, second, expert]) == "appointment"
        if foreign is not None:
            assert code([first, second], quotes=[foreign.pk]) == "no_exhibit"
        asked = [{**first, "asked": "采购底价由谁确定"}, second, {**expert, "appointment": "巫川纪聘〔2026〕1号", "asked": "框架协议第六条如何执行"}]
        entry = measures.enter_presence(Presence.objects.get(pk=talk.pk), "talk", persons=asked, quotes=[rules.pk])  # type: ignore[arg-type]
        measures.close_presence(Presence.objects.get(pk=talk.pk))
        kept = talk.entries.get(pk=entry.pk).persons
    assert [(p.get("asked"), p["role"]) for p in kept if p.get("asked")] == [("采购底价由谁确定", "lead"), ("框架协议第六条如何执行", "specialist")]
    assert [p["file"] for p in kept if p["role"] == "exhibit"] == [rules.pk]


def test_a_room_that_may_take_the_lead_shows_its_ties_and_its_load(played: Theatre) -> None:
    """S0-31: Proposing this room shows "1 member from subject's employer: recusal decision needed", and lists load of alternatives."""
    stage, hands = played, Hands(played)
    hands.post("hb-zhang", "handler@linjiang/supervision1", home="hb-dc", kind="front_line")
    duty = hands.staff("case_duty", "linjiang/case")
    with stage.acts("hb-officer"):
        lead = leads.register(leads.NewMatter("lead", "反映田某某报销异常", stage.body("hb-dc"), None, (leads.Subject("田某某", unit_body=stage.body("hb"), post="支行员工"),), source="supervision")).id
    parcel = hands.send("hb-officer", lead, "linjiang", "涉嫌职务侵占，单位权限止于内部")
    hands.receive(duty, parcel)
    with stage.acts(duty):
        matter = Matter.objects.get(pk=lead)
        found = {s.room.id: s for s in seating.seats(matter)}
        room = next(s for s in found.values() if s.room.id == stage.room("linjiang/supervision1"))
        assert (room.tied, room.undecided, room.needs_decision) == (1, 1, True)
        others = [s for s in found.values() if s.room.id != room.room.id]
        assert others
        assert all(not s.needs_decision for s in others)
        assert all(s.load >= 0 and s.people >= 0 for s in found.values())
        assert [s.load for s in seating.seats(matter)] == sorted(s.load for s in found.values())
        recusal = grants.raise_recusal(lead, stage.person("hb-zhang"), ground="former_employer", reason="与对象同单位")
    with stage.acts(stage.holder("head@linjiang")):
        grants.decide_recusal(recusal, lead, "in_force", "同单位，应当回避")
    with stage.acts(duty):
        room = next(s for s in seating.seats(Matter.objects.get(pk=lead)) if s.room.id == stage.room("linjiang/supervision1"))
        assert (room.tied, room.undecided) == (1, 0)
        assert Handover.objects.filter(pk=parcel, state="accepted").exists()
        assert MatterSubject.objects.filter(matter_id=lead).exists()
