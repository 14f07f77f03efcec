"""The bad input that the mechanisms name: refused or resolved in plain words by the service and at the door, what was typed stays on the page, nothing is kept.

Each form here is posted as the browser posts it; the word that was typed must stand on the page that comes back.
"""
from __future__ import annotations

from typing import Any

import pytest

from tests.rows.acting import Office
from tests.rows.test_field import campaign_plan
from tests.rows.test_remedy import problem
from xieli.office.ids import to_ref


@pytest.fixture
def office(stage: Any) -> Office:
    return Office(stage.theatre)


def posted(data: dict[str, Any]) -> dict[str, str]:
    """A form's values as a browser sends them: rows of a table as `table.0.column`."""
    out: dict[str, str] = {}
    for key, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for n, row in enumerate(value):
                out |= {f"{key}.{n}.{k}": str(v) for k, v in row.items()}
        else:
            out[key] = {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return out


def door(stage: Any, person: str, matter: int, form: str, data: dict[str, Any], move: str = "") -> Any:
    """Hand the form in, and take the step when it was taken in; the last answer."""
    client = stage.client(person)
    answer = client.post(f"/m/{to_ref(matter)}/form/{form}", posted(data))
    return client.post(f"/m/{to_ref(matter)}/move/{move}", {}) if move and answer.status_code == 302 else answer


def moves_of(stage: Any, matter: int) -> int:
    return int(stage.one("select count(*) from matter_move where matter_id = %s", matter))


def test_a_period_that_ends_before_it_starts(stage: Any, office: Office) -> None:
    matter = office.open("campaign", "期限倒置的整治", level=0)
    form, data = campaign_plan(office, to_on="2026-01-01")
    assert office.refused(office.room, matter, "planned", (form, data)) == "guard_field"
    before = moves_of(stage, matter)
    answer = door(stage, office.room, matter, form, data, "planned")
    assert answer.status_code in (409, 422)
    said = answer.content.decode()
    assert "“结束”不早于“开始”" in said, said[said.find("尚缺"):][:80]
    assert moves_of(stage, matter) == before
    report = stage.client("yj-head").get("/reports/r01?first=2026-02-01&last=2026-01-01")
    assert report.status_code == 422
    assert "2026-01-01" in report.content.decode()


def test_a_decision_without_an_owner(stage: Any, office: Office) -> None:
    matter = office.open("meeting", "没有责任单位的会议", level=0)
    call = {"series": "室务会", "period": "week", "kind": "regular", "planned_on": "2026-03-17", "convener_side": office.body("yj"), "in_turn": True, "side": office.body("datan"), "agenda": [{"title": "通报", "from_last": False}]}
    office.step(office.room, matter, "submit", ("call", call))
    office.hands.approved(office.room, matter, "convene", office.deputy)
    office.step(office.room, matter, "convene")
    office.step(office.room, matter, "open")
    minutes = {"held_on": "2026-03-17", "attended": 8, "text": "会议纪要不丢", "decisions": [{"title": "无主事项", "due_on": "2026-04-01"}]}
    assert office.refused(office.room, matter, "minuted", ("minutes", minutes)) == "required"
    answer = door(stage, office.room, matter, "minutes", minutes)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "无主事项" in text
    assert "会议纪要不丢" in text
    assert stage.one("select count(*) from form_submission where matter_id = %s and form = 'minutes'", matter) == 0


def test_a_sign_off_without_evidence(stage: Any, office: Office) -> None:
    matter = office.open("rectification", "没有佐证的整改", level=0)
    office.step(office.room, matter, "enter", problem(office))
    unit = office.staff("finance")
    office.step(unit, matter, "planned", ("measures", {"rows": [{"text": "清退", "owner": "副局长", "due_on": "2026-05-01"}]}))
    office.step(unit, matter, "answered", ("answerability", {"needed": False}))
    effect = {"measurable": True, "results": [{"kind": "清退资金", "unit": "万元", "before": 0, "after": 12, "proof": "银行回单一张"}], "account": "已全部清退到位"}
    assert office.refused(unit, matter, "report", ("effect", effect)) == "required"
    assert office.refused(office.room, matter, "agree_sign_off") == "not_here"
    answer = door(stage, unit, matter, "effect", effect, "report")
    assert answer.status_code == 422
    assert "银行回单一张" in answer.content.decode()
    assert stage.client(office.room).post(f"/m/{to_ref(matter)}/move/agree_sign_off", {}).status_code in (409, 422)
    assert office.outcomes(matter) == []


def test_two_postings_of_one_person_in_the_same_days(stage: Any, office: Office) -> None:
    """Full time in two places at once is refused; days apart, or two part-time ones, are none of that."""
    first, second = (office.open("posting", f"派出{n}", level=0) for n in (1, 2))
    plan = {"host": office.body("datan"), "person": str(stage.theatre.person("yj-analyst")), "kind": "front_line", "full_time": True, "from_on": "2026-04-01", "to_on": "2026-09-30", "reason": "一线锻炼"}
    office.step(office.room, first, "submit", ("plan", plan))
    other = {**plan, "host": office.body("wuchuan"), "from_on": "2026-09-30", "to_on": "2026-12-31", "full_time": False}
    assert office.refused(office.room, second, "submit", ("plan", other)) == "guard_field"
    before = moves_of(stage, second)
    answer = door(stage, office.room, second, "plan", other, "submit")
    assert answer.status_code in (409, 422)
    assert "同期" in answer.content.decode()
    assert moves_of(stage, second) == before
    office.step(office.room, second, "submit", ("plan", {**other, "from_on": "2026-10-01"}))


def test_an_answer_to_what_is_closed_and_a_term_to_the_months_end(stage: Any, office: Office) -> None:
    """The parcel of the story: answered for good, a further answer is refused; 31 August plus six months is the last of February, on the page as well."""
    from datetime import date

    from xieli.office.matters.services import handover
    from xieli.office.matters.tables.handover import FeedbackDuty

    duty = stage.one("select id from feedback_duty where handover_id is not null and state = 'open' order by id limit 1")
    body = stage.one("select owed_by_id from feedback_duty where id = %s", duty)
    who = next(code for code, identity in stage.world.people.items() if stage.one("select exists (select 1 from posting where person_id = %s and body_id = %s and ends_at is null)", identity, body)
               and stage.theatre.sees(code, stage.one("select matter_id from feedback_duty where id = %s", duty)) and stage.client(code).post(f"/duty/{to_ref(duty)}/answer", {"text": "已核实办结", "final": "1", "outcome_class": "unfounded"}).status_code == 302)
    count = stage.one("select count(*) from feedback where duty_id = %s", duty)
    assert count == 1
    answer = stage.client(who).post(f"/duty/{to_ref(duty)}/answer", {"text": "补充反馈"})
    assert answer.status_code in (409, 422)
    assert "已经办结" in answer.content.decode()
    assert stage.one("select count(*) from feedback where duty_id = %s", duty) == 1
    with stage.theatre.acts(who):
        assert stage.theatre.refused(lambda: handover.give(FeedbackDuty.objects.get(pk=duty), "再补充")) == "closed"
    assert handover.add_months(date(2025, 8, 31), 6) == date(2026, 2, 28)
    stage.admin.execute("update feedback_duty set state = 'open', created_at = '2025-08-31 10:00+08', first_due = '2026-02-28', next_due = '2026-02-28' where id = %s", [duty])
    try:
        assert "2026-02-28" in stage.client(who).get("/sent").content.decode()
    finally:
        stage.admin.execute("update feedback_duty set state = 'closed' where id = %s", [duty])


def test_a_share_over_nothing_is_said_in_words(stage: Any) -> None:
    text = stage.client("yj-head").get("/reports/r09?first=2000-01-01&last=2000-12-31").content.decode()
    assert "无可比基数" in text
    english = stage.client("yj-head", "en").get("/reports/r09?first=2000-01-01&last=2000-12-31").content.decode()
    assert "no base" in english


def test_a_committee_of_two_villages(stage: Any) -> None:
    """The desk's file asks for committees of two: refused by name, nothing is planned, and the run's page says why."""
    from tests.engines.allocation.test_people import grid
    from xieli.office.allocation import demo

    made = demo.plan_now(stage.theatre, "yj-head", "yj", "committees", {**grid(3, 2), "low": 2}, title="两村一委")
    assert (made.state, made.result["refused"]["rule"]) == ("refused", "size")
    page = stage.client("yj-head").get(f"/areas/r/{made.ref}")
    assert page.status_code == 200
    assert "3 至 5" in page.content.decode()
    assert stage.one("select count(*) from plan_version where run_id = %s", made.id) == 0
