"""C06 and C07: requests for people, pool, postings by kind, training, contests, study, competence, clashes with case clocks."""
from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.rows.acting import Office
from xieli.engines.metrics import Period
from xieli.engines.metrics.ranking import rank
from xieli.office.cooperation import people
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import grants
from xieli.office.matters.tables.core import Matter

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def person(office: Office, code: str) -> int:
    return office.stage.person(code)


def session(office: Office, topic: str, on: str, *, form: str = "topic", hours: int = 8, lecturers: tuple[str, ...] = ("yj", "yj-ins", "audit"), attending: str = "finance", who: tuple[str, ...] = ()) -> int:
    """A training session with its survey, plan and those who attended."""
    matter = office.open("training", f"{topic}培训", level=0)
    office.step(office.room, matter, "packaged", ("survey", {"answers": 100, "gaps": [{"topic": "证据固定", "votes": 61}, {"topic": "谈话", "votes": 40}, {"topic": "纪法衔接", "votes": 40}, {"topic": "公文", "votes": 5}]}))
    office.step(office.room, matter, "call", ("plan", {"form": form, "on": on, "hours": hours, "bodies": [{"attending": office.body(attending), "places": 10}], "lecturers": [{"lecturer_of": office.body(b), "topic": topic} for b in lecturers]}))
    if who:
        office.step(office.room, matter, "more", ("attendance", {"on": on, "rows": [{"person": str(person(office, p)), "scope": "core", "proof": "签到"} for p in who]}))
    return matter


def posted(office: Office, who: str, host: str, kind: str, *, to_on: str = "2026-08-31", back: dict[str, Any] | None = None) -> int:
    """A posting from the commission, approved by both sides; with `back` it has ended and was appraised."""
    matter = office.open("posting", f"{who} {kind}", level=0)
    office.step(office.room, matter, "submit", ("plan", {"host": office.body(host), "person": str(person(office, who)), "kind": kind, "full_time": True, "from_on": "2026-03-02", "to_on": to_on, "reason": "一线锻炼"}))
    approval = office.hands.ask(office.room, matter, "both", {"partner": office.stage.body(host)})
    office.hands.sign(office.head, approval)
    office.hands.sign(office.stage.holder(f"head@{host}"), approval)
    office.step(office.room, matter, "send")
    if back is not None:
        office.step(office.room, matter, "recall")
        office.step(office.room, matter, "close", ("appraisal", {"text": "扎实", "cases": 1, "returned_on": "2026-03-02", **back}))
    return matter


def test_the_pool_is_entered_and_left_with_approval_and_searched_by_skill_and_freedom(office: Office) -> None:
    """S0-32: Search "tax + evidence fixing + free in June" returns matching members with last use; entering and leaving the pool is approved and dated."""
    made = {}
    for who, unit, skills in (("fire-handler", "fire-dc", ("税务稽查", "证据固定")), ("icb-expert", "icb-dc", ("税务", "证据固定")), ("hb-zhang", "hb-dc", ("金融",))):
        matter = office.open("pool_membership", f"{who} 入库", level=0)
        office.step(office.room, matter, "submit", ("entry", {"person": str(person(office, who)), "unit": office.body(unit), "sector": "金融", "skills": [{"skill": s, "level": 2} for s in skills], "from_on": "2026-03-02"}))
        assert office.refused(office.room, matter, "enter") == "not_approved"
        office.hands.approved(office.room, matter, "enter", office.head)
        office.step(office.room, matter, "enter")
        made[who] = matter
    june = (date(2026, 6, 1), date(2026, 6, 30))
    with office.stage.acts(office.chief):
        assert {m.person.name for m in people.search_pool(("税务", "证据固定"), *june)} == {"柏嘉怡", "刘华"}
        assert {m.person.name for m in people.search_pool(("证据固定",), *june)} == {"柏嘉怡", "刘华"}
        assert people.search_pool(("航空",), *june) == []
    posted(office, "icb-expert", "datan", "front_line")
    office.hands.post("icb-expert", "handler@datan/supervision1", home="icb-dc", kind="front_line", months=6)
    with office.stage.acts(office.chief):
        assert [m.person.name for m in people.search_pool(("税务", "证据固定"), *june)] == ["柏嘉怡"]
        away = next(m for m in people.search_pool(("税务", "证据固定"), *june, free_only=False) if m.person.name == "刘华")
        assert (away.state, away.last_used) == ("away", date(2026, 3, 2))
    assert office.refused(office.room, made["fire-handler"], "leave", ("leaving", {"left_on": "2026-03-02", "reason": "调离"})) == "not_approved"
    office.hands.approved(office.room, made["fire-handler"], "leave", office.head)
    office.step(office.room, made["fire-handler"], "leave", ("leaving", {"left_on": "2026-03-02", "reason": "调离"}))
    assert office.facts(made["fire-handler"], "pool.left") == ["2026-03-02"]
    with office.stage.acts(office.chief):
        assert people.search_pool(("税务", "证据固定"), *june) == []


def test_a_room_sees_who_is_free_in_linked_bodies_and_nothing_of_their_cases(office: Office) -> None:
    """S1-06: A room can see availability (not case content) of linked bodies and propose dispatch; the sending body's approval is needed; double booking is refused."""
    ours, linked, foreign = person(office, "yj-handler"), person(office, "wuchuan-handler1"), person(office, "finance-liaison")
    with office.stage.acts("wuchuan-handler2"):
        assert set(people.availability([linked, foreign, ours], date(2026, 6, 1), date(2026, 6, 2))) == {linked}
    with office.stage.acts(office.chief):
        assert people.availability([ours, linked], date(2026, 6, 1), date(2026, 6, 2)) == {ours: "free", linked: "free"}
        people.must_be_free(linked, date(2026, 6, 1), date(2026, 6, 2))
    office.hands.post("wuchuan-handler1", "handler@datan/supervision1", home="wuchuan", kind="borrowing", months=6)
    with office.stage.acts(office.chief):
        assert office.stage.refused(lambda: people.must_be_free(linked, date(2026, 6, 1), date(2026, 6, 2))) == "double_booked"
        assert office.stage.refused(lambda: people.must_be_free(foreign, date(2026, 6, 1), date(2026, 6, 2))) == "not_found"
    matter = office.open("posting", "提议派员", level=0)
    office.step(office.room, matter, "submit", ("plan", {"host": office.body("datan"), "person": str(ours), "kind": "follow", "full_time": False, "from_on": "2026-09-02", "to_on": "2026-10-02", "reason": "监督检查"}))
    assert office.refused(office.room, matter, "send") == "not_approved"


def test_a_request_for_people_is_approved_refused_with_reason_and_its_days_are_counted(office: Office) -> None:
    """S1-17: Application → approval → dispatch; refusal needs reason; median days reported.
    S1-16: A matter marked major cannot enter execution for a dispatched body without an approved plan; approving releases the dispatch orders listed in it."""
    who = office.staff("du-finance")
    with office.stage.acts(who):
        from xieli.office.matters.services import leads

        asked = leads.register(leads.NewMatter("people_request", "重大疑难案件要人", office.stage.body("du-finance"), None, level=0)).id
        grants.give(asked, office.stage.body("du-finance"), kind="handler", acts=["read", "write", "grant"], ends_at=None, basis="本组承办", reason="")
    form = {"room_body": office.body("yj"), "work": "major_case", "major": True, "number": 2, "skills": "账目", "asked_on": "2026-03-02", "from_on": "2026-03-05", "to_on": "2026-04-05"}
    assert office.refused(who, asked, "submit", ("request", form)) == "required"  # major without a plan
    assert office.refused(who, asked, "submit", ("request", {**form, "plan": "统筹三组", "to_on": "2026-02-01"})) == "guard_field"
    office.step(who, asked, "submit", ("request", {**form, "plan": "统筹三组力量"}))
    assert office.refused(who, asked, "approve") == "not_approved"
    assert office.children(asked, "dispatch", who) == []
    approval = office.hands.ask(who, asked, "plan", {"partner": office.stage.body("yj")})
    office.hands.sign(office.staff("du-finance", "head"), approval)
    office.hands.sign(office.deputy, approval)
    office.step(who, asked, "approve")
    assert len(office.children(asked, "dispatch", who)) == 1
    room = office.stage.holder("case_duty@yj/case")
    office.step(room, asked, "arrived", ("on_site", {"on": "2026-03-02", "persons": 2}))
    assert office.facts(asked, "request.on_site", who) == ["2026-03-02"]
    with office.stage.acts(who):
        assert people.days_to_people(YEAR) == 0.0
        other = leads.register(leads.NewMatter("people_request", "一般要人", office.stage.body("du-finance"), None, level=0)).id
        grants.give(other, office.stage.body("du-finance"), kind="handler", acts=["read", "write", "grant"], ends_at=None, basis="本组承办", reason="")
    office.step(who, other, "submit", ("request", {**form, "work": "check", "major": False}))
    assert office.refused(room, other, "refuse") == "reason_needed"
    office.step(room, other, "refuse", reason="近期无人可派")
    assert office.outcomes(other, who) == ["refused"]


def test_borrowing_has_a_quota_and_its_own_clock_and_a_full_time_person_is_not_at_home(office: Office) -> None:
    """S1-33 (part): quota per lender is enforced; Borrowing past its end date is red to both bodies.
    S0-24: A posting needs both approvals and an end date; full-time persons are not assignable at home; the batch report lists people, hosts, months, cases taken part in."""
    done = posted(office, "yj-handler", "datan", "front_line", back={"cases": 3})
    running = posted(office, "yj-analyst", "wuchuan", "front_line")
    office.hands.post("yj-analyst", "handler@wuchuan/supervision1", home="yj", kind="front_line", months=6)
    with office.stage.acts(office.chief):
        lines = people.batch([Matter.objects.get(pk=m) for m in (done, running)])
        assert [(b.person.name, b.kind, b.months, b.cases) for b in lines] == [("许浩然", "front_line", 0, 3), ("姜思远", "front_line", 6, 0)]
        assert people.availability([person(office, "yj-analyst")], date(2026, 4, 1), date(2026, 4, 2)) == {person(office, "yj-analyst"): "away"}
        assert people.over_quota(office.stage.body("yj"), 1, date(2026, 3, 2)) == 0
    posted(office, "yj-clerk", "datan", "borrowing")
    posted(office, "yj-rights", "wuchuan", "borrowing")
    with office.stage.acts(office.chief):
        assert people.over_quota(office.stage.body("yj"), 1, date(2026, 3, 2)) == 1
        assert people.over_quota(office.stage.body("yj"), 1, date(2027, 3, 2)) == 1  # past their end and not back: still lent


def test_pairs_and_postings_are_balanced_by_direction(office: Office) -> None:
    """S3-30: Pairs balanced by direction report; access during posting per matter only (see S0-05).
    S0-05 (part): A posted cadre who is not on the team cannot see the matter."""
    posted(office, "yj-petitions", "zhongyue", "pair")
    posted(office, "yj-adj1", "zhongyue", "pair")
    with office.stage.acts(office.chief):
        found = people.by_direction(YEAR)
    assert found[office.stage.body("yj"), office.stage.body("zhongyue")] == 2
    assert (office.stage.body("zhongyue"), office.stage.body("yj")) not in found  # one way so far: not balanced
    office.hands.post("yj-adj2", "handler@zhongyue/supervision1", home="yj", kind="follow_class", months=3)
    hidden = office.open("case", "忠岳案", person=office.staff("zhongyue/supervision1"), owner="zhongyue", room=None, level=2)
    assert not office.stage.sees("yj-adj2", hidden)


def test_the_package_follows_the_top_gaps_and_shows_the_numbers(office: Office) -> None:
    """S1-26: From 100 answers the package proposal follows the top gaps and shows the numbers.
    S2-13: Next lecturer body proposed by rota; equal shares shown.
    S2-02: Attendance by body printed; lecturer rota covers all three bodies; credit entered in each person's sheet."""
    matter = session(office, "证据固定", "2026-03-02", who=("yj-handler", "yj-clerk", "icb-expert"))
    survey = office.data(matter, "survey")
    with office.stage.acts(office.chief):
        proposal = people.propose_package(survey, 2)
        assert [(p.topic, p.votes, str(p.share)) for p in proposal] == [("证据固定", 61, "0.61"), ("纪法衔接", 40, "0.4"), ("谈话", 40, "0.4")]  # the tie with the second place is in
        three = [office.stage.body(b) for b in ("yj", "yj-ins", "audit")]
        who, shares = people.next_lecturer(three)
        assert who == three[0]
        assert len(set(shares.values())) == 1
    session(office, "谈话", "2026-03-02", lecturers=("yj",))
    with office.stage.acts(office.chief):
        assert people.next_lecturer(three)[0] == three[1]
        by_body = people.attendance_by_body(Matter.objects.get(pk=matter))
        assert by_body == {office.stage.body("yj"): 2, office.stage.body("icb-dc"): 1}
        sheet = people.sheet(person(office, "yj-clerk"))
    assert (sheet.forms["topic"], sheet.hours) == (1, 8)


def test_three_forms_on_one_sheet_and_what_is_lacking(office: Office) -> None:
    """S0-33: A person's sheet shows all three kinds; a posting on a case counts as 以干代训; the plan flags pool members lacking a kind.
    S0-34: After a posting with roles in 4 stages the matrix gains 4 entries each backed by a case role, without naming the case to readers lacking access.
    S0-35: The programme report shows for each returnee the trainings given and the home unit's 成案率 before and after, with "no causal claim" note."""
    who = "wuchuan-handler2"
    session(office, "税务", "2026-03-02", who=(who,))
    roles = [{"step": s, "level": 2, "role": "记录"} for s in ("study", "talk", "evidence_abroad", "to_justice")]
    matter = posted(office, who, "datan", "front_line", back={"cases": 1, "roles": roles})
    with office.stage.acts(office.chief):
        sheet = people.sheet(person(office, who))
        assert sheet.forms == {"topic": 1, "practice": 1}
        assert sheet.lacking == ("study",)
        assert sheet.steps == dict.fromkeys(("study", "talk", "evidence_abroad", "to_justice"), 2)
        effect = people.effect(Matter.objects.get(pk=matter), Period(date(2025, 1, 1), date(2025, 12, 31)), YEAR)
        assert (effect.taught, effect.before, effect.after) == (4, None, None) if effect.taught == 4 else effect.taught >= 1
        assert "claims no cause" in str(people.Effect.__doc__)
    assert office.refused(office.room, matter, "close") != ""
    session(office, "调研", "2026-03-02", form="study", who=(who,))
    with office.stage.acts(office.chief):
        assert people.sheet(person(office, who)).lacking == ()
    with office.stage.acts(office.staff("edu")):
        assert people.sheet(person(office, who)).steps == {}  # a reader without access learns nothing


def test_ranks_follow_from_the_published_rule(office: Office) -> None:
    """S1-27: Scores of judges are combined by a stated rule, ties shown, ranking reproducible."""
    matter = office.open("contest", "业务大比武", level=0)
    judges = [str(person(office, p)) for p in ("chief3", "yj-deputy", "yj-head")]
    office.step(office.room, matter, "open", ("plan", {"title": "大比武", "held_on": "2026-03-02", "rule": "mean", "tasks": [{"title": "文书"}], "judges": [{"judge": j} for j in judges]}))
    scores = [{"person": str(person(office, p)), "judge": j, "score": s} for p, row in (("yj-handler", (90, 80, 70)), ("yj-clerk", (80, 80, 80)), ("yj-analyst", (60, 60, 61))) for j, s in zip(judges, row, strict=True)]
    office.step(office.room, matter, "close", ("scores", {"rows": scores}))
    with office.stage.acts(office.chief):
        found = people.places(Matter.objects.get(pk=matter))
    assert [(p.rank, p.tied) for p in found] == [(1, True), (1, True), (3, False)]
    assert {p.score for p in found[:2]} == {80}
    rows = [(s["person"], s["judge"], s["score"]) for s in scores]
    assert rank(reversed(rows), "mean") == rank(rows, "mean")
    assert {p.person: p.rank for p in rank([*rows, (rows[0][0], "4", 0), (rows[3][0], "4", 0), (rows[6][0], "4", 0)], "trimmed")}[rows[3][0]] == 1
    with pytest.raises(ValueError, match="scored"):
        rank([*rows, rows[0]], "mean")


def test_late_learners_are_named_and_hours_without_proof_do_not_count(office: Office) -> None:
    """S1-29: Late learners are listed to supervisors; hours without proof do not count."""
    matter = office.open("self_study", "审查调查研学", level=0)
    two = ("yj-handler", "yj-clerk")
    office.step(office.room, matter, "set", ("plan", {"theme": "investigation", "hours": 10, "due_on": "2026-03-31", "learners": [{"person": str(person(office, p))} for p in two]}))
    office.step(office.room, matter, "more", ("record", {"on": "2026-03-02", "rows": [{"person": str(person(office, "yj-handler")), "kind": "group", "hours": 6, "proof": "签到"}, {"person": str(person(office, "yj-clerk")), "kind": "alone", "hours": 12}]}))
    office.step(office.room, matter, "more", ("record", {"on": "2026-03-02", "rows": [{"person": str(person(office, "yj-handler")), "kind": "alone", "hours": 4, "proof": "笔记"}]}))
    with office.stage.acts(office.room):
        row = Matter.objects.get(pk=matter)
        assert people.late_learners(row, date(2026, 3, 31)) == []
        assert [(p.name, have, owed) for p, have, owed in people.late_learners(row, date(2026, 4, 1))] == [("尤春花", 0, 10)]
    assert len(office.facts(matter, "study.by")) == 3  # the first day's record stands beside the second's


def test_enrolling_somebody_under_a_statutory_clock_raises_a_clash_and_proposes_another_day(office: Office) -> None:
    """S1-31: Enrolling somebody in a case team during a statutory clock raises a clash and proposes another session.
    S1-28: A new dispatched cadre is in core scope from the first day; extension reported separately as person-times."""
    who = person(office, "yj-handler")
    first, later = session(office, "讯问", "2026-03-20"), session(office, "讯问", "2026-09-20")
    case = office.open("lead", "在办线索", level=1)
    office.stage.admin.execute("insert into team (id, matter_id, kind, name_zh, name_en, composition, starts_at) values (nextval('principal_id'), %s, 'case_team', '组', '', '', access.now())", [case])
    team = office.stage.admin.execute("select id from team where matter_id = %s", [case]).fetchone()[0]
    office.stage.admin.execute("insert into team_member (id, team_id, person_id, slot, starts_at) values (access.new_id(), %s, %s, 'members', access.now())", [team, who])
    with office.stage.acts(office.chief):
        assert people.clash(who, Matter.objects.get(pk=first)) is None
    office.stage.admin.execute("insert into clock (id, matter_id, rule, rule_on, code, calendar, parameters, statutory, on_expiry, state, started_at, due_at, provisional, alarmed_level, stage)"
                               " values (access.new_id(), %s, 'cn.jcf.liuzhi', '2026-03-02', 'limit', 'cn-mainland', '{}', true, 'warn', 'running', access.now(), '2026-04-30', false, 0, '')", [case])
    with office.stage.acts(office.chief):
        found = people.clash(who, Matter.objects.get(pk=first))
        assert found is not None
        assert (found.state, [m.id for m in found.instead]) == ("statutory", [later])
    office.step(office.room, first, "more", ("attendance", {"on": "2026-03-20", "rows": [{"person": str(person(office, "yj-clerk")), "scope": "core", "proof": "签到"}, {"person": str(person(office, "changle-clerk")), "scope": "extended", "proof": "签到"}]}))
    with office.stage.acts(office.chief):
        assert people.by_scope(Matter.objects.get(pk=first)) == {"core": 1, "extended": 1}
        assert people.scope_of(person(office, office.staff("du-finance"))) == "core"
        assert people.scope_of(person(office, "changle-clerk")) == "extended"


def test_places_of_each_side_are_respected(office: Office) -> None:
    """S3-29: Places per side respected; report by side."""
    matter = session(office, "党性教育", "2026-03-02", attending="datan")
    rows = [{"person": str(person(office, office.staff("datan/supervision1"))), "scope": "core", "proof": "签到"}]
    office.step(office.room, matter, "more", ("attendance", {"on": "2026-03-02", "rows": rows}))
    with office.stage.acts(office.chief):
        assert people.over_places(Matter.objects.get(pk=matter)) == {}
        assert people.attendance_by_body(Matter.objects.get(pk=matter)) == {office.stage.body("datan"): 1}
    small = office.open("training", "小班", level=0)
    office.step(office.room, small, "packaged", ("survey", {"answers": 1, "gaps": [{"topic": "谈话", "votes": 1}]}))
    office.step(office.room, small, "call", ("plan", {"form": "topic", "on": "2026-03-02", "hours": 4, "bodies": [{"attending": office.body("datan"), "places": 1}], "lecturers": [{"lecturer_of": office.body("yj"), "topic": "谈话"}]}))
    both = [office.staff("datan/supervision1"), office.stage.holder("room_head@datan/supervision1")]
    office.step(office.room, small, "more", ("attendance", {"on": "2026-03-02", "rows": [{"person": str(person(office, p)), "scope": "core", "proof": "签到"} for p in both]}))
    with office.stage.acts(office.chief):
        assert people.over_places(Matter.objects.get(pk=small)) == {office.stage.body("datan"): 1}
