"""C03, C04, C05: leads from inspection: judged early, two ledgers reconciled, told back every half year."""
from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.rows.acting import Office
from xieli.engines.metrics import Period
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.queries import reconcile, worklist
from xieli.office.matters.services import handover
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import FeedbackDuty
from xieli.office.reports import services as reports


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def duty(day: str, months: int = 6) -> FeedbackDuty:
    """A debt of an answer that began on a day."""
    since = datetime.fromisoformat(f"{day}T10:00:00+08:00")
    first = handover.add_months(since.date(), months)
    return FeedbackDuty(created_at=since, every_months=months, first_due=first, next_due=first)


def test_first_feedback_in_six_months_then_every_half_year_to_the_months_end(office: Office) -> None:
    """S2-26: Lead received 2025-01-31 → first due 2025-07-31, next 2026-01-31; overdue red; no further due after closing; "原则上" allows a reasoned, approved exception.
    The overdue list and the closed ones are played in SC-15; here the dates, and an answer on what is closed already."""
    one = duty("2025-01-31")
    assert one.first_due == date(2025, 7, 31)
    assert handover._next_after(one, date(2025, 8, 1)) == date(2026, 1, 31)
    late = duty("2025-08-31")
    assert late.first_due == date(2026, 2, 28)
    assert handover._next_after(late, date(2026, 3, 2)) == date(2026, 8, 31)  # not the 28th
    assert handover._next_after(late, date(2025, 9, 1)) == date(2026, 2, 28)  # an early answer does not move it
    assert handover._next_after(duty("2025-08-31"), date(2029, 1, 1)) == date(2029, 2, 28)
    late.state = "closed"
    with office.stage.acts(office.room):
        assert office.stage.refused(lambda: handover.give(late, "补充反馈")) == "closed"
        assert office.stage.refused(lambda: handover.waive(duty("2025-01-31"), "无")) == "reason_needed"


def test_the_missing_item_of_two_ledgers_is_named() -> None:
    """S2-24 (part): Reconcile: INS says 69, ledger 68 → the missing item is named."""
    sent = [f"线索{n:02d}" for n in range(69)]
    gap = reconcile.compare(sent, [x for x in sent if x != "线索41"])
    assert (gap.only_first, gap.only_second, gap.twice, gap.agree) == (["线索41"], [], [], False)
    assert reconcile.compare(sent, [f" {x} " for x in sent]).agree
    assert reconcile.compare(["甲", "甲"], ["甲", "乙"]) == reconcile.Gap([], ["乙"], ["甲"])


def test_ten_doubts_become_two_leads_with_every_verdict_named(office: Office) -> None:
    """S2-20: A group's request with 10 doubts → 6 excluded → 4 checked → 2 leads; the chain shows each verdict and by whom; access limited to the doubts handed over."""
    asker, helper = "ins-leader", "yj-duty"
    matter = office.open("early_intervention", "工程招标疑点", person=asker, owner="yj-ins", room=None, level=2)
    rows = [{"code": f"D{n}", "text": f"疑点{n}"} for n in range(10)]
    form: tuple[str, dict[str, Any]] = ("doubts", {"helper": office.body("yj"), "rows": rows})
    assert office.refused(asker, matter, "step_in", form) == "not_approved"
    assert not office.stage.sees(helper, matter)
    with office.stage.acts(asker):
        from xieli.office.matters.services.forms import submit

        submit(Matter.objects.get(pk=matter), *form)
    office.hands.approved(asker, matter, "step_in", "ins-head", office.head, what={"partner": office.stage.body("yj")}, reason="疑难复杂")
    office.step(asker, matter, "step_in", form)
    office.step(helper, matter, "sifted", ("sift", {"excluded": [{"code": f"D{n}", "why": "有合规手续"} for n in range(6)]}))
    assert office.facts(matter, "early.left", asker) == [4]
    checked = [{"code": f"D{n}", "result": "lead" if n < 8 else "none", "by_whom": "施文博"} for n in range(6, 10)]
    office.step(helper, matter, "answer", ("check", {"rows": checked, "leads": [{"title": "围标线索"}, {"title": "转包线索"}]}))
    assert len(office.facts(matter, "early.excluded", asker)) == 6
    assert [r["by_whom"] for r in office.data(matter, "check", asker)["rows"]] == ["施文博"] * 4
    assert sorted(office.facts(matter, "early.lead", asker)) == ["围标线索", "转包线索"]
    assert office.outcomes(matter, asker) == ["answered"]
    assert not office.stage.sees(helper, matter)  # answered, and the doubts are closed to the helper again


def test_leads_from_inspection_stand_first_and_their_days_are_compared(office: Office) -> None:
    """S2-25: Work lists sort such leads first; medians compared.
    S2-19: A lead cannot jump a stage; the board shows stage counts and age; closing returns the result to the finder."""
    stage, hands = office.stage, office.hands
    petition = office.open("lead", "信访线索", person="yj-duty", room="yj/case", source="petition", level=1)
    finder = office.open("lead", "巡察线索", person="ins-head", owner="yj-ins", room=None, source="inspection", level=1)
    parcel = hands.send("ins-head", finder, "yj", "巡察移交")
    hands.receive("yj-duty", parcel, room=stage.room("yj/case"))
    with stage.acts("yj-duty"):
        at = Matter.objects.get(pk=finder).opened_at
        listed = worklist.by_priority(list(Matter.objects.filter(pk__in=[petition, finder]).order_by("title")), at)
        assert [m.id for m in listed] == [finder, petition]
        late = Matter(kind="case", next_due=at)
        assert worklist.by_priority([*listed, late], at)[0] is late  # what is overdue stays first
    registration = {"subject": "某某", "unit": office.body("housing"), "source": "inspection", "named": False, "first_time": True, "received_on": "2026-03-02", "kinds": ["conduct"],
                    "summary": "只有结论没有具体内容的反映。", "acceptable": "no_substance"}
    assert office.refused("yj-duty", finder, "propose", ("opinion", {"way": "close", "reasons": "直接了结，不经分办审批。", "study": False, "report_up": False, "proposed_on": "2026-03-02"})) != ""
    with stage.acts("yj-duty"):
        board = worklist.stages("lead", Matter.objects.get(pk=finder).opened_at)
        assert board["registered"][0] == Matter.objects.filter(kind="lead", status="open", stages__contains=["registered"]).count() >= 2
        assert board["registered"][1] >= 0
    answers = []
    for lead, day in ((finder, "2026-03-04 09:00"), (petition, "2026-03-08 09:00")):
        stage.at(day)
        with stage.acts("yj-duty"):
            for one in FeedbackDuty.objects.filter(matter_id=lead, state="open"):
                handover.give(one, "没有实质内容，不予受理。", final=True, outcome_class="not_accepted")
                answers.append(lead)
        office.step("yj-duty", lead, "refuse", ("registration", registration), reason="没有实质内容")
    assert answers == [finder]
    with stage.acts("ins-head"):
        assert FeedbackDuty.objects.get(handover_id=parcel).answers.get().text == "没有实质内容，不予受理。"  # the finder reads the result
    with stage.acts("yj-duty"):
        term = Period(date(2026, 1, 1), date(2026, 12, 31))
        ours, others = (reports.figure(code, term).number for code in ("lead_days_inspection", "lead_days_other"))
        assert (round(ours or 0), round(others or 0)) == (2, 6)
        assert worklist.stages("lead", hands.clock()).get("registered", (0, 0))[0] == board["registered"][0] - 2  # what is closed stands on no board
