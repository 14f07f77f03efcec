"""C12 and C13: recommendations, rectification, evaluation and accountability, acted by the persons who do it."""
from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from tests.rows.acting import Office
from xieli.office.demo.theatre import Theatre

SIGN = {"verdict": "sign_off", "claimed_found": "报告与现场一致"}
BACK = {"verdict": "return_", "claimed_found": "报告说已建，现场没有"}
PHOTOS = count()


def evidence() -> list[dict[str, Any]]:
    """A photo that no other problem has used."""
    return [{"digest": f"{next(PHOTOS):016x}", "kind": "photo", "taken_on": "2026-03-20"}]


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def problem(office: Office, **over: Any) -> tuple[str, dict[str, Any]]:
    return ("problem", {"unit": office.body("finance"), "reviewer_body": office.body("yj-ins"), "source": "inspection", "kind": "违规发放津补贴", "key": False,
                        "text": "违规发放津补贴", "raiser_known": True, "found_on": "2026-03-02", "due_on": "2026-06-02", **over})


def effect(**over: Any) -> tuple[str, dict[str, Any]]:
    return ("effect", {"measurable": True, "results": [{"kind": "清退资金", "unit": "万元", "before": 0, "after": 12, "proof": "银行回单"}], "evidence": evidence(),
                       "published_unit": "2026-03-25", "published_public": "2026-03-26", "publication_proof": "公开栏照片", **over})


def to_working(office: Office, **over: Any) -> int:
    matter = office.open("rectification", "违规发放津补贴", level=0)
    office.step(office.room, matter, "enter", problem(office, **over))
    unit = office.staff("finance")
    office.step(unit, matter, "planned", ("measures", {"rows": [{"text": "清退", "owner": "分管副局长", "due_on": "2026-05-01"}]}))
    office.step(unit, matter, "answered", ("answerability", {"needed": False}))
    return matter


def to_verdict(office: Office, own: dict[str, Any], other: dict[str, Any], **over: Any) -> int:
    matter = to_working(office, **over)
    office.step(office.staff("finance"), matter, "report", effect())
    if over.get("key"):
        office.step(office.room, matter, "to_spot")
        office.step(office.room, matter, "spotted", ("spot", {"visited_on": "2026-03-27", "place": "财政局", "found": "账已调整"}))
    else:
        office.step(office.room, matter, "to_review")
    office.step(office.room, matter, "reviewed", ("review", own))
    office.step("ins-head", matter, "co_reviewed", ("co_review", other))
    return matter


def test_every_problem_follows_the_flow_and_a_result_is_measured(office: Office) -> None:
    """S2-32: Every problem follows the configured flow; cancel without evidence or by the unit itself is refused; flow shown as a picture with the current step.
    S2-43: A problem without a measurable result (or a recorded "not measurable" reason) cannot enter joint review; the round's sums equal the sums of the proofs.
    """
    from xieli.engines.playbooks import diagram
    from xieli.office.matters.services.playbooks import shipped

    matter = office.open("rectification", "账外资金", level=0)
    assert office.refused(office.room, matter, "report", effect()) != ""  # no step can be jumped
    office.step(office.room, matter, "enter", problem(office))
    unit = office.staff("finance")
    assert office.refused(unit, matter, "planned", ("measures", {"rows": []})) == "required"
    office.step(unit, matter, "planned", ("measures", {"rows": [{"text": "清退", "owner": "副局长", "due_on": "2026-05-01"}]}))
    office.step(unit, matter, "answered", ("answerability", {"needed": False}))
    assert office.refused(unit, matter, "report", effect(evidence=[])) == "required"
    assert office.refused(unit, matter, "report", effect(results=[])) == "guard_field"
    assert office.refused(unit, matter, "report", effect(measurable=False, results=[])) == "required"
    office.step(unit, matter, "report", effect(results=[{"kind": "清退资金", "unit": "万元", "before": 0, "after": 12, "proof": "回单一"}, {"kind": "清退资金", "unit": "万元", "before": 0, "after": 30, "proof": "回单二"}]))
    assert sum(office.facts(matter, "problem.result_after")) == 42
    assert office.refused(unit, matter, "to_review") != ""  # the unit cannot sign itself off, nor send itself to review
    assert office.at(matter) == ["check"]
    assert 'data-stage="check"' in diagram(shipped()["rectification"], "zh")


def test_sign_off_needs_both_and_the_chair_rules_when_they_differ(office: Office) -> None:
    """S2-33: A problem is cancelled only with verdicts of both bodies; different verdicts go to the chair; comparison is kept."""
    matter = to_verdict(office, SIGN, BACK)
    assert office.refused(office.room, matter, "agree_sign_off") == "guard_field"
    office.step(office.room, matter, "differ")
    assert office.at(matter) == ["ruling"]
    office.step(office.chief, matter, "rule_sign_off", ("ruling", {"verdict": "sign_off", "reason": "现场已补齐"}))
    assert office.outcomes(matter) == ["signed_off"]
    assert office.data(matter, "co_review")["claimed_found"] == BACK["claimed_found"]
    alone = to_working(office)
    office.step(office.staff("finance"), alone, "report", effect())
    office.step(office.room, alone, "to_review")
    office.step(office.room, alone, "reviewed", ("review", SIGN))
    assert office.refused(office.room, alone, "agree_sign_off") != ""
    assert office.outcomes(alone) == []


def test_a_key_problem_is_seen_on_the_spot_and_paper_rectification_goes_back(office: Office) -> None:
    """S2-36 (part): A key problem lacks closure without a 督 record."""
    matter = to_working(office, key=True)
    office.step(office.staff("finance"), matter, "report", effect())
    assert office.refused(office.room, matter, "to_review") == "guard_field"
    office.step(office.room, matter, "to_spot")
    assert office.refused(office.room, matter, "spotted") != ""
    office.step(office.room, matter, "paper_only", ("spot", {"visited_on": "2026-03-27", "place": "财政局", "found": "只有文件"}), reason="纸面整改")
    assert office.at(matter) == ["working"]
    assert office.facts(matter, "problem.spot_check") == ["2026-03-27"]


def test_a_relapse_reopens_with_history_and_who_raised_it_is_answered(office: Office) -> None:
    """A relapse reopens the problem and keeps its history; the sample and the score are in test_paper_guards.py (S2-40).
    S4-60: Closing a problem with a known reporter opens a notice task; closing without notice needs a reason; the reporter's name appears in no list."""
    matter = to_verdict(office, SIGN, SIGN)
    office.step(office.room, matter, "agree_sign_off")
    assert office.at(matter) == ["tell"]
    assert office.refused(office.room, matter, "told", ("told", {"told": False, "told_on": "2026-03-30"})) == "required"
    office.step(office.room, matter, "told", ("told", {"told": True, "satisfaction": "satisfied", "told_on": "2026-03-30"}))
    assert "村民甲" not in [str(v) for code in ("problem.kind", "problem.source", "problem.unit", "problem.told") for v in office.facts(matter, code)]
    office.step(office.room, matter, "relapsed", ("recheck", {"seed": "2026-1", "verdict": "relapse", "checked_on": "2026-03-31"}))
    assert office.at(matter) == ["measures"]
    assert office.outcomes(matter) == ["signed_off", "relapsed"]
    assert office.data(matter, "review")["verdict"] == "sign_off"


def test_a_recommendation_goes_through_five_steps_with_its_items(office: Office) -> None:
    """S4-16 (part): Printed from numbered, sealed documents; a system counts only with text and date; a system tied to two recommendations counts once.
    S4-42: Steps in order with dates; no closing without return visit; result use recorded.
    S4-44: Each recommendation item is traced to a risk or loophole and has owner, action, date.
    S1-34 (part): A matter shows all supervisors with their own follow-up entries; reminders go to each."""
    matter = office.open("recommendation", "关于完善专项资金管理的建议", level=0)
    office.step(office.room, matter, "surveyed", ("survey", {"unit": office.body("finance"), "supervisor": office.body("yj-ins"), "origin": "case", "consulted_on": "2026-03-02",
                                                             "risks": [{"code": "1", "kind": "gap", "text": "拨付无复核", "source": "案卷第3册"}]}))
    item = {"title": "建立拨付复核制度", "risk": "1", "owner": "分管副局长", "due_on": "2026-05-01", "tripwire": "每季抽查二十笔拨付"}
    assert office.refused(office.room, matter, "submit", ("letter", {"items": [{k: v for k, v in item.items() if k != "owner"}], "traced": True, "due_on": "2026-05-01"})) == "required"
    assert office.refused(office.room, matter, "submit", ("letter", {"items": [item], "traced": False, "due_on": "2026-05-01"})) == "guard_field"
    office.step(office.room, matter, "submit", ("letter", {"items": [item], "traced": True, "due_on": "2026-05-01"}))
    assert office.refused(office.room, matter, "issue") == "not_approved"
    office.hands.approved(office.room, matter, "issue", office.deputy, reason="签发")
    office.step(office.room, matter, "issue")
    from xieli.office.matters.tables.core import Matter

    with office.stage.acts(office.room):
        assert Matter.objects.get(pk=matter).number.startswith("建〔2026〕")
    unit = office.staff("finance")
    office.step(office.room, matter, "remind", reason="请按期反馈")
    office.step("ins-head", matter, "remind", reason="巡察办同步督办")
    assert office.refused(unit, matter, "report", ("reply", {"accepted": True, "systems": [{"title": "复核办法", "in_force_on": "2026-04-01"}], "done_on": "2026-04-01"})) == "required"
    office.step(unit, matter, "report", ("reply", {"accepted": True, "systems": [{"title": "复核办法", "in_force_on": "2026-04-01", "text": "财〔2026〕9号"}], "done_on": "2026-04-01"}), body=office.body("finance"))
    assert office.facts(matter, "recommendation.system") == ["复核办法"]
    assert office.refused(office.room, matter, "close") != ""
    office.step(office.room, matter, "to_visit")
    office.step(office.room, matter, "visited", ("visit", {"visited_on": "2026-03-02", "place": "财政局", "seen": "复核岗已设，抽查十笔无误", "verdict": "good"}))
    (child,) = office.children(matter, "rectification")
    assert office.refused(office.room, matter, "close", ("use", {"how": ["assessment"], "text": "纳入考核"})) == "guard_children"
    office.step(office.room, child, "same_problem", reason="与本建议书同一整改，合并回访")
    office.step(office.room, matter, "close", ("use", {"how": ["assessment"], "text": "纳入考核"}))
    assert office.outcomes(matter) == ["adopted"]


def score(office: Office, one: int, two: int, unit: str = "edu") -> int:
    matter = office.open("evaluation", "整改成效评估", level=0)
    office.step(office.room, matter, "fixed", ("scheme", {"unit": office.body(unit), "inspection": office.body("yj-ins"), "round": "五届第八轮", "scheme_version": "2026-1"}))
    assert office.refused(office.room, matter, "start") != ""  # no grade without a site check
    office.step(office.room, matter, "start", ("site", {"visited_on": "2026-03-02", "found": "现场核查四处"}))
    first = {"duty": one, "recheck": one, "publication": one, "completion": one, **{f"{k}_evidence": "见附件" for k in ("duty", "recheck", "publication", "completion")}}
    second = {"look_back": two, "look_back_evidence": "见附件", "rules": two, "rules_evidence": "见附件", "satisfaction": two, "satisfaction_n": 120, "satisfaction_method": "入户"}
    assert office.refused("ins-head", matter, "scored_cc", ("part_rectification", first)) != ""
    assert office.refused(office.room, matter, "scored_ins", ("part_look_back", second)) != ""
    assert office.refused(office.room, matter, "scored_cc", ("part_rectification", {k: v for k, v in first.items() if k != "duty_evidence"})) == "required"
    office.step(office.room, matter, "scored_cc", ("part_rectification", first))
    assert office.refused(office.room, matter, "grade_fairly_good", ("total", {"confirmed_on": "2026-03-02"})) != ""  # half a score is none
    office.step("ins-head", matter, "scored_ins", ("part_look_back", second))
    return matter


@pytest.mark.parametrize(("one", "two", "total", "grade"), [(880, 760, 820, "fairly_good"), (800, 800, 800, "fairly_good"), (599, 599, 599, "poor"), (950, 850, 900, "good"), (700, 610, 655, "fair")])
def test_two_halves_by_two_bodies_give_total_and_grade(office: Office, one: int, two: int, total: int, grade: str) -> None:
    """S2-29: 集中整改 88, 回头看 76 → total 82; the INS user can't write the CC part and vice versa; a missing part gives no total ("待评"), never a half score.
    S2-31: With 7 configured indicators and scores, part and total are reproducible; an indicator without evidence cannot be scored; weights must add to the part's 100.
    S2-35: With cut-offs 90/80/60: 82→较好, 59.9→较差; boundary 80.0→较好; manual change needs reason and approval and is shown.
    S4-58: No grade without a site-check record.
    S2-28 (part): Scheme version is fixed at the start of an evaluation; later change does not alter it."""
    matter = score(office, one, two)
    office.step(office.room, matter, f"grade_{grade}", ("total", {"confirmed_on": "2026-03-02"}))
    assert office.facts(matter, "evaluation.total") == [total]
    assert office.outcomes(matter) == [grade]
    assert office.data(matter, "scheme")["scheme_version"] == "2026-1"
    if grade == "fair":
        assert office.refused(office.room, matter, "override", reason="整改后续显著") == "not_approved"
        office.hands.approved(office.room, matter, "override", office.head, reason="复核后调整")
        office.step(office.room, matter, "override", reason="复核后调整")
        assert office.outcomes(matter) == ["fair", "overridden"]


def test_a_poor_grade_proposes_and_a_person_answers_before_the_decision(office: Office) -> None:
    """S2-38 (part): Grade 较差 or overdue proposes (never decides) an accountability review with link to evidence; person notified; right of reply recorded.
    S3-32: See S2-38; counted per person."""
    from xieli.office.matters.services import leads
    from xieli.office.matters.tables.core import Matter

    matter = score(office, 500, 500)
    office.step(office.room, matter, "grade_poor", ("total", {"confirmed_on": "2026-03-02"}))
    office.step(office.room, matter, "propose_accountability")
    (review,) = office.children(matter, "accountability")
    assert office.outcomes(review) == []
    with office.stage.acts(office.room):
        leads.add_subject(Matter.objects.get(pk=review), leads.Subject("钱某某", unit_body=office.stage.body("finance"), post="副局长"))
    office.step(office.room, review, "propose", ("proposal", {"ground": "poor_grade", "facts": "成效评估 50 分，见评估事项"}))
    assert office.refused(office.room, review, "heard") != ""
    office.step(office.room, review, "heard", ("answer", {"heard_on": "2026-03-02", "said": "任职仅三个月", "weighed": "部分采纳"}))
    assert office.refused(office.room, review, "hold", ("decision", {"verdict": "held", "decided_on": "2026-03-02"})) == "not_approved"
    office.hands.approved(office.room, review, "decide", office.head)
    office.step(office.room, review, "hold", ("decision", {"verdict": "held", "decided_on": "2026-03-02"}))
    from xieli.office.matters.tables.work import Note, Outcome

    with office.stage.acts(office.room):
        assert Outcome.objects.get(matter_id=review).subject is not None  # counted per person
        assert Note.objects.filter(matter_id=review, kind="doc:notice:issued").exists()
