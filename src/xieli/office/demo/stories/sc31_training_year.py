"""SC-31 培训年: a survey becomes packages, three bodies lecture in turn, persons and attendances are two counts, counties at full coverage, and nobody is taken from a case whose clock runs."""
from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from xieli.engines.metrics import Period
from xieli.office.cooperation import people
from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.demo.world import CENTRAL, OUTER
from xieli.office.matters.services import grants, leads, moves
from xieli.office.matters.services import people as teams
from xieli.office.matters.services.moves import forms_of
from xieli.office.matters.tables.core import Matter
from xieli.office.people.models import Person
from xieli.office.reports import services as reports

STORY = ("SC-31", "培训年：需求、套餐、人与人次", "A training year: needs, packages, persons and attendances")
BEGINS = "2026-03-02 09:00"
ORGANISER, CHIEF = "yj-handler", "chief3"
SURVEY = {"answers": 100, "gaps": [{"topic": "证据固定", "votes": 61}, {"topic": "谈话", "votes": 44}, {"topic": "纪法衔接", "votes": 44}, {"topic": "公文", "votes": 5}]}
THREE = ("yj", "yj-ins", "audit")
PERSONS, AGAIN = 937, 106  # so many different persons come; so many of them come to a second class
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


def play(stage: Theatre) -> None:
    """Survey, classes, who came and who did not, contest, study, posting, and a clash with a case."""
    stage.start_at(BEGINS)
    staff = the_staff(stage)
    package(stage)
    everybody(stage, staff)
    coverage(stage, staff)
    contest(stage)
    study(stage)
    posting(stage)
    clash(stage)


def the_staff(stage: Theatre) -> dict[str, list[int]]:
    """Who serves in each county's commission. The installer's reference data: a province has more cadres than the stories name."""
    counties = [en.split()[0].lower() for _, en in (*CENTRAL, *OUTER)]
    head, office = stage.person("yj-head"), {c: stage.world.offices[f"handler@{c}/supervision1"] for c in counties}
    number = count(1)
    for county in counties:
        stage.admin.execute(
            "with made as (insert into person (name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account)"
            " select '学员' || lpad((%s * 100 + n)::text, 4, '0'), '', '{}', '', '', '', 1, true, false from generate_series(1, 46) n returning id)"
            " insert into posting (person_id, body_id, office_id, kind, starts_at, basis, is_deputy, confirmed_by_id)"
            " select id, %s, %s, 'regular', '2024-01-01', '', false, %s from made", [next(number), stage.body(county), office[county], head])
    rows = stage.admin.execute("select body_id, person_id from posting where kind = 'regular' and office_id is not null and (ends_at is null or ends_at > access.now()) order by body_id, person_id").fetchall()
    code = {stage.body(c): c for c in counties}
    found: dict[str, list[int]] = {c: [] for c in counties}
    for body, person in rows:
        if body in code and person not in found[code[body]]:
            found[code[body]].append(person)
    return found


def _session(stage: Theatre, topic: str, on: str, bodies: dict[str, int], lecturers: tuple[str, ...], form: str = "topic", title: str = "") -> int:
    hands = Hands(stage)
    with stage.acts(ORGANISER):
        matter = leads.register(leads.NewMatter("training", title or f"{topic}专题培训", stage.body("yj"), stage.room("yj/supervision3"), level=0)).id
    hands.step(ORGANISER, matter, "packaged", form=("survey", SURVEY))
    hands.step(ORGANISER, matter, "call", form=("plan", {"form": form, "on": on, "hours": 8, "bodies": [{"attending": str(stage.body(b)), "places": n} for b, n in bodies.items()],
                                                         "lecturers": [{"lecturer_of": str(stage.body(b)), "topic": topic} for b in lecturers]}))
    return int(matter)


def _came(stage: Theatre, matter: int, on: str, persons: list[int], scope: str = "core") -> None:
    Hands(stage).step(ORGANISER, matter, "more", form=("attendance", {"on": on, "rows": [{"person": str(p), "scope": scope, "proof": "签到"} for p in persons]}))


def package(stage: Theatre) -> None:
    """The top gaps of a hundred answers; the joint class of three bodies; whose turn to lecture next."""
    matter = _session(stage, "证据固定", "2026-03-02", {"yj": 10, "yj-ins": 10, "audit": 10}, THREE, title="“纪巡审”干部集中学习培训班")
    stage.made["joint"] = matter
    three = [stage.body(b) for b in THREE]
    with stage.acts(CHIEF):
        chosen = people.propose_package(forms_of(Matter.objects.get(pk=matter))["survey"], 2)
        stage.check("套餐跟着差距走，附提出人数；并列的一并列入", "The package follows the gaps with their numbers; ties are in", [(p.topic, p.votes) for p in chosen] == [("证据固定", 61), ("纪法衔接", 44), ("谈话", 44)])
        stage.check("三家讲师各讲一次，下一讲轮到第一家", "Each of the three bodies lectured once; the first is next", people.next_lecturer(three) == (three[0], dict.fromkeys(three, 1)))
    came = {"yj": [stage.person("yj-clerk"), stage.person("yj-handler")], "yj-ins": [stage.person("ins-leader")], "audit": [stage.person(Hands(stage).staff("head", "audit"))]}
    _came(stage, matter, "2026-03-02", [p for persons in came.values() for p in persons])
    stage.made["others"] = sum(len(persons) for persons in came.values())
    with stage.acts(CHIEF):
        by_body = people.attendance_by_body(Matter.objects.get(pk=matter))
        credit = people.sheet(came["yj-ins"][0])
    stage.check("出勤按机构列出", "Attendance is listed by body", by_body == {stage.body(b): len(persons) for b, persons in came.items()})
    stage.check("学时记到每个人的培训单上", "Hours stand on each person's sheet", (credit.hours, credit.forms["topic"]) == (8, 1))


def everybody(stage: Theatre, staff: dict[str, list[int]]) -> None:
    """Five counties to a class until the places are used; some come again to the second one."""
    wanted = PERSONS - stage.made["others"]
    trained: list[int] = []
    names = list(staff)
    for at in range(0, len(names), 5):  # five counties to a class
        batch = names[at:at + 5]
        took = [p for county in batch for p in staff[county]][:wanted - len(trained)]
        if took:
            matter = _session(stage, "谈话", "2026-03-09", {county: len(staff[county]) for county in batch}, ("yj",), title=f"全员培训（第{at // 5 + 1}片）")
            _came(stage, matter, "2026-03-09", took)
            trained += took
    stage.made["trained"] = set(trained)
    first = next(iter(staff))
    second = _session(stage, "纪法衔接", "2026-03-16", {first: len(staff[first])}, ("yj-ins",), "practice")
    _came(stage, second, "2026-03-16", trained[:AGAIN], "extended")
    with stage.acts(CHIEF):
        persons, times = reports.figure("trained_persons", YEAR), reports.figure("trained_times", YEAR)
    stage.check("一人来两次：人数计一，人次计二", "Who came twice is one person and two attendances", (persons.number, times.number) == (PERSONS, PERSONS + AGAIN))
    stage.check("人次只在印发时写“余”，记录准确", "Attendances are rounded down only in print", times.text().endswith("余人次"))
    stage.figure("已培训干部", "cadres trained", float(persons.number or 0), "人")
    stage.figure("培训人次", "attendances", float(times.number or 0), "人次")


def coverage(stage: Theatre, staff: dict[str, list[int]]) -> None:
    """Counties in which everybody was trained, and the names of those who were not."""
    full = {c for c, persons in staff.items() if set(persons) <= stage.made["trained"]}
    with stage.acts(CHIEF):
        counted, behind = reports.figure("trained_counties", YEAR), reports.rows_behind("trained_counties", YEAR)
        missing = reports.rows_behind("untrained", YEAR, limit=3000)
        names = set(Person.objects.filter(id__in=[p for persons in staff.values() for p in persons if p not in stage.made["trained"]]).values_list("name", flat=True))
    counties = {stage.world_name(c) for c in full}
    stage.check("全覆盖的区县由出勤和在职名册算出，一人未训就不算", "Counties at full coverage follow from attendance and staff; one person missing and it is none", counties <= set(behind.lines) and not {stage.world_name(c) for c in set(staff) - full} & set(behind.lines))
    stage.check("没有参训的人有名字", "Whoever was not trained has a name", bool(names) and names <= set(missing.lines))
    stage.check("全覆盖区县不是全部", "Not every county is at full coverage", 0 < len(full) < len(staff) and (counted.number or 0) >= len(full))
    stage.figure("全覆盖区县", "counties at full coverage", len(full), "个")


def contest(stage: Theatre) -> None:
    """The rule first, the scores after; a tie shares a rank."""
    hands = Hands(stage)
    judges, taking = [str(stage.person(p)) for p in ("chief3", "yj-deputy", "yj-adj1")], [str(stage.person(p)) for p in ("yj-clerk", "wuchuan-handler1", "wuchuan-handler2")]
    with stage.acts(ORGANISER):
        matter = leads.register(leads.NewMatter("contest", "业务技能大比武", stage.body("yj"), stage.room("yj/supervision3"), level=0)).id
    plan = {"title": "业务技能大比武", "held_on": "2026-03-18", "rule": "mean", "tasks": [{"title": "模拟谈话"}], "judges": [{"judge": j} for j in judges]}
    code = hands.refused(ORGANISER, lambda: moves.make(Matter.objects.get(pk=matter), "open", form=("plan", {**plan, "judges": plan["judges"][:2]})))
    stage.check("评委不足三人，不能开赛", "With fewer than three judges there is no contest", code == "too_small")
    hands.step(ORGANISER, matter, "open", form=("plan", plan))
    scores = ((80, 90, 70), (85, 80, 75), (60, 70, 95))
    hands.step(ORGANISER, matter, "close", form=("scores", {"rows": [{"person": p, "judge": j, "score": s} for p, row in zip(taking, scores, strict=True) for j, s in zip(judges, row, strict=True)]}))
    with stage.acts(CHIEF):
        ranks = {str(place.person): place.rank for place in people.places(Matter.objects.get(pk=matter))}
    stage.check("名次由事先公布的规则算出，并列同名次", "Ranks follow from the published rule; a tie shares its rank", [ranks[p] for p in taking] == [1, 1, 3])


def study(stage: Theatre) -> None:
    """Only hours with proof count; on the day after the due date the late ones are named."""
    hands, learners = Hands(stage), ("yj-clerk", "yj-handler")
    with stage.acts(ORGANISER):
        matter = leads.register(leads.NewMatter("self_study", "审查调查自学", stage.body("yj"), stage.room("yj/supervision3"), level=0)).id
    hands.step(ORGANISER, matter, "set", form=("plan", {"theme": "investigation", "hours": 10, "due_on": "2026-03-31", "learners": [{"person": str(stage.person(p))} for p in learners]}))
    rows: list[dict[str, Any]] = [{"person": str(stage.person("yj-handler")), "kind": "alone", "hours": 10, "proof": "笔记"}, {"person": str(stage.person("yj-clerk")), "kind": "group", "hours": 12}]
    hands.step(ORGANISER, matter, "more", form=("record", {"on": "2026-03-02", "rows": rows}))
    with stage.acts(CHIEF):
        row = Matter.objects.get(pk=matter)
        late = people.late_learners(row, date(2026, 4, 1))
        stage.check("没有凭证的学时不算，到期没学够的列名", "Hours without proof do not count; who is short on the due date is named", [(p.id, have) for p, have, _ in late] == [(stage.person("yj-clerk"), 0)] and people.late_learners(row, date(2026, 3, 31)) == [])


def posting(stage: Theatre) -> None:
    """On the front line with roles in four steps of a case: the matrix gains four entries, and no case is named."""
    hands, who = Hands(stage), "wuchuan-handler2"
    with stage.acts(ORGANISER):
        matter = leads.register(leads.NewMatter("posting", "一线顶岗", stage.body("yj"), stage.room("yj/supervision3"), level=0)).id
    hands.step(ORGANISER, matter, "submit", form=("plan", {"host": str(stage.body("datan")), "person": str(stage.person(who)), "kind": "front_line", "full_time": True, "from_on": "2026-03-02", "to_on": "2026-08-31", "reason": "一线锻炼"}))
    approval = hands.ask(ORGANISER, matter, "both", {"partner": stage.body("datan")})
    hands.sign("yj-head", approval)
    code = hands.refused(ORGANISER, lambda: moves.make(Matter.objects.get(pk=matter), "send"))
    stage.check("接收方没有同意，不能派出", "Without the host's consent nobody is sent", code == "not_approved")
    hands.sign(stage.holder("head@datan"), approval)
    hands.step(ORGANISER, matter, "send")
    stage.at("2026-09-01 09:00")
    hands.step(ORGANISER, matter, "recall")
    roles = [{"step": s, "level": 2, "role": "记录"} for s in ("study", "talk", "evidence_abroad", "to_justice")]
    hands.step(ORGANISER, matter, "close", form=("appraisal", {"text": "扎实", "cases": 1, "roles": roles, "returned_on": "2026-09-01"}))
    with stage.acts(CHIEF):
        sheet = people.sheet(stage.person(who))
    stage.check("顶岗四个环节记入能力单，计为以干代训，不出现案名", "Four steps enter the competence sheet and count as training on the job; no case is named", (len(sheet.steps), sheet.forms["practice"]) == (4, 1))
    stage.check("还缺哪种形式的培训，单上写明", "Which form of training is lacking stands on the sheet", "study" in sheet.lacking)


def clash(stage: Theatre) -> None:
    """A handler whose lead is under a statutory limit: the session clashes, a later one is proposed, the lead is not named."""
    hands, who, duty = Hands(stage), "wuchuan-handler1", Hands(stage).staff("case_duty", "wuchuan/case")
    near, later = (_session(stage, "谈话", on, {"wuchuan": 5}, ("yj",)) for on in ("2026-09-15", "2026-11-20"))
    head = stage.holder("head@wuchuan")
    with stage.acts(duty):
        lead = leads.register(leads.NewMatter("lead", "反映某局副局长收受礼金", stage.body("wuchuan"), stage.room("wuchuan/supervision1"), (leads.Subject("孟某", unit_name="某局", post="副局长"),), source="petition")).id
        grants.give(lead, stage.room("wuchuan/supervision1"), kind="handler", acts=["read", "write", "grant"], ends_at=None, basis="登记", reason="")
    with stage.acts(CHIEF):
        stage.check("没有在办时限，不冲突", "Without a running limit there is no clash", people.clash(stage.person(who), Matter.objects.get(pk=near)) is None)
    hands.step(duty, lead, "accept", form=("registration", {"subject": "孟某", "unit": str(stage.body("finance")), "source": "petition", "named": False, "first_time": True, "received_on": hands.day(),
                                                            "kinds": ["conduct"], "summary": "反映收受礼金，有时间地点和金额。", "acceptable": "accept"}))
    hands.approved(duty, lead, "assign", head)
    hands.step(head, lead, "assign")
    with stage.acts(who):
        teams.join_team(Matter.objects.get(pk=lead), stage.person(who), "members")
    with stage.acts(CHIEF):
        found = people.clash(stage.person(who), Matter.objects.get(pk=near))
        stage.check("法定时限内参训有冲突，另荐以后的同题班次", "A session within a statutory limit clashes; a later one on the same topic is proposed", found is not None and found.state == "statutory" and [m.id for m in found.instead] == [later])
    stage.check("排班的人看不到是哪一件", "Who plans the class does not see which matter it is", not stage.sees(CHIEF, lead))
