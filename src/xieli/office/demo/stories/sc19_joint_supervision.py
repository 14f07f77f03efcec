"""SC-19 重大项目联合监督: two sides, their departments and towns: 86 checks, 273 problems found and put right, 16 leads moved on, 2 filed
jointly, 15 persons held to account, and the results told back."""
from __future__ import annotations

from typing import Any

from xieli.office.demo.officers import Officers
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import forms, leads, moves, people
from xieli.office.matters.tables.core import Matter

STORY = ("SC-19", "重大项目联合监督", "Joint supervision of major projects")
BEGINS = "2026-01-05 09:00"
WHO, ROOM, OTHER = "yj-handler", "yj/supervision3", "datan"
DEPARTMENTS = ("finance", "audit", "housing", "market")
CHECKS, PROBLEMS, LEADS, HELD = 86, 273, 16, 15


def play(stage: Theatre) -> None:
    """One check the whole way, the year's other checks by their plans and findings, and what became of them."""
    stage.start_at(BEGINS)
    hands = Officers(stage)
    first = the_first(hands)
    the_year(hands)
    the_line(hands, first)
    filed(hands, first)
    held(hands)


def plan(hands: Officers, n: int) -> dict[str, Any]:
    """Departments of both sides, each with its task; every unit on a day of its own."""
    on = f"2026-{1 + n // 24:02d}-{1 + n % 24:02d}"
    members = [{"member": hands.body(b), "task": f"核查{b}", "side": "本地"} for b in (*DEPARTMENTS, OTHER)]
    return {"topic": "重大项目建设", "kind": "joint", "members": members, "units": [{"unit": f"项目{n:02d}", "visit_on": on}], "checklist": [{"title": "工程款拨付"}], "joined": "none", "from_on": on, "to_on": "2026-12-31"}


def findings(n: int) -> dict[str, Any]:
    """273 problems over 86 checks: three each, and fifteen with one more; sixteen of the checks bring a lead."""
    count = PROBLEMS // CHECKS + (1 if n < PROBLEMS % CHECKS else 0)
    spot = [{"title": f"问题{n}-{k}", "unit": f"项目{n:02d}", "done": "当场补正"} for k in range(count - (2 if n == 0 else 0))]
    rest = [{"title": f"问题{n}-整改{k}", "unit": f"项目{n:02d}"} for k in range(2 if n == 0 else 0)]
    return {"on_spot": spot, "problems": rest, "leads": [{"title": f"线索{n}"}] if n < LEADS else [], "duty": "项目负责人到场"}


def the_first(hands: Officers) -> int:
    """A group of two heads; members of departments see it once it is approved and not before."""
    stage = hands.stage
    matter = hands.open(WHO, "joint_check", "重大项目联合监督（第一次）", owner="yj", room=ROOM, level=0)
    hands.step(WHO, matter, "submit", form=("plan", plan(hands, 0)))
    member = hands.staff("handler", "audit")
    stage.check("方案批准之前，参加部门看不到", "Before the plan is approved the departments do not see it", not stage.sees(member, matter))
    hands.approved(WHO, matter, "start", "yj-deputy")
    hands.step(WHO, matter, "approve")
    stage.check("批准之后，参加部门看得到", "Once approved they do", stage.sees(member, matter))
    with stage.acts(WHO):
        row = Matter.objects.get(pk=matter)
        people.join_team(row, stage.person("chief3"), "head_one")
        people.join_team(row, stage.person(hands.staff("handler", "finance")), "members")
    stage.check("少一位组长，检查组不成立", "With one head the group does not stand", hands.refuses(WHO, matter, "start") == "guard_slots")
    with stage.acts(WHO):
        people.join_team(Matter.objects.get(pk=matter), stage.person(hands.staff("head", "finance")), "head_two")
    hands.step(WHO, matter, "start")
    hands.step("chief3", matter, "visited", form=("visit", {"unit": "项目00", "visited_on": hands.day(), "answers": [{"item": "工程款拨付", "state": "problem"}]}))
    hands.step(WHO, matter, "finish")
    hands.step(WHO, matter, "route", form=("findings", findings(0)))
    stage.check("当场没纠正的两个问题转整改，线索另走线索", "Two problems not put right on the spot go to rectification, the lead goes its own way", len(hands.children(WHO, matter, "rectification")) == 2 and len(hands.children(WHO, matter, "lead")) == 1)
    stage.check("整改未完，检查不能结束", "With rectification open the check does not end", hands.refuses(WHO, matter, "close") == "guard_children")
    return matter


def the_year(hands: Officers) -> None:
    """The other checks of the year, each with its plan and its findings."""
    stage = hands.stage
    stage.at("2026-05-06 09:00")
    with stage.acts(WHO):
        for n in range(1, CHECKS):
            matter = leads.register(leads.NewMatter("joint_check", f"重大项目联合监督 {n:02d}", stage.body("yj"), stage.room(ROOM), level=0))
            forms.submit(matter, "plan", plan(hands, n))
            forms.submit(matter, "findings", findings(n))


def the_line(hands: Officers, first: int) -> None:
    """86, 273, 16, printed from the records; two problems still in rectification end as well."""
    stage = hands.stage
    for child in hands.children(WHO, first, "rectification"):
        hands.step(WHO, child, "same_problem", reason="与项目整改总清单为同一问题，并案整改")
    hands.step(WHO, first, "close")
    line = [hands.figure(WHO, code, "2026-01-01", "2026-12-31") for code in ("checks", "check_problems", "check_leads")]
    stage.check("联合监督 86 次，发现问题 273 个，移送线索 16 件", "86 checks, 273 problems, 16 leads", line == [CHECKS, PROBLEMS, LEADS])
    spot = len(hands.facts(WHO, "check.on_spot"))
    stage.check("问题全部处置：当场纠正的，加上转整改的", "All are disposed of: put right on the spot, or in rectification", spot + 2 == PROBLEMS)
    for value, zh, en, unit in ((line[0], "联合监督", "checks", "次"), (line[1], "发现并处置", "problems", "个"), (line[2], "移送线索", "leads", "件"), (line[1] / line[0], "每次发现", "per check", "个")):
        stage.figure(zh, en, value, unit)


def filed(hands: Officers, first: int) -> None:
    """Two of the leads are filed jointly: one case, two bodies, counted once by either."""
    stage = hands.stage
    lead = hands.children(WHO, first, "lead")[0]
    with stage.acts(WHO):
        for n in range(2):
            case = leads.register(leads.NewMatter("joint_case", f"重大项目联合立案{n + 1}", stage.body("yj"), stage.room(ROOM), (leads.Subject(f"涉案人{n + 1}", unit_body=stage.body("housing"), post="科长"),),
                                                  parties={"partner": (stage.body(OTHER),)}))
            leads.link(Matter.objects.get(pk=lead), case, "derived")
    stage.check("联合立案 2 件由线索而来，两家合办也只计一次", "Two joint cases came of the leads, each counted once though two bodies handle it",
                len(hands.children(WHO, lead, "joint_case")) == 2 and hands.figure(WHO, "joint_cases", "2026-01-01", "2026-12-31") == 2)


def held(hands: Officers) -> None:
    """Accountability is counted by persons: each is heard first, and the head decides."""
    stage = hands.stage
    stage.at("2026-05-20 09:00")
    made = []
    with stage.acts(WHO):
        for n in range(HELD):
            review = leads.register(leads.NewMatter("accountability", f"项目{n:02d} 履责审查", stage.body("yj"), stage.room(ROOM), (leads.Subject(f"第{n}名责任人", unit_body=stage.body("housing"), post="项目负责人"),)))
            moves.make(review, "propose", form=("proposal", {"ground": "overdue", "facts": "联合监督发现问题未按期处置"}))
            made.append(review.id)
    one = made[0]
    code = hands.refuses(WHO, one, "heard")
    stage.check("没有听本人说明，不能往下走", "Without hearing the person nothing goes on", code != "")
    with stage.acts(WHO):
        from xieli.office.matters.services import approvals

        asked = []
        for review in made:
            row = Matter.objects.get(pk=review)
            moves.make(row, "heard", form=("answer", {"heard_on": hands.day(), "said": "任务交办不清", "weighed": "部分采纳"}))
            asked.append(approvals.request(row, "decide", {}, reason="").id)
    stage.check("未经主要负责人批准，不能作出决定", "Without the head's approval nothing is decided", hands.refuses(WHO, one, "hold", ("decision", {"verdict": "held", "decided_on": hands.day()})) == "not_approved")
    with stage.acts("yj-head"):
        from xieli.office.matters.tables.approvals import Approval

        for approval in asked:
            approvals.decide(Approval.objects.get(pk=approval), "approved")
    with stage.acts(WHO):
        for review in made:
            moves.make(Matter.objects.get(pk=review), "hold", form=("decision", {"verdict": "held", "decided_on": hands.day()}))
    count = hands.figure(WHO, "accountable", "2026-01-01", "2026-12-31")
    stage.check("追责问责 15 人，按人计", "15 persons held to account, counted by persons", count == HELD)
    stage.figure("追责问责", "held to account", count, "人")
