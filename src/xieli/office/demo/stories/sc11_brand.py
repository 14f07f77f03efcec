"""SC-11 区域公用品牌权益：从信息包到移送司法: daily supervision, a graded disclosure to the named head, a lead on the head of a department, three filed, one to justice."""
from __future__ import annotations

from typing import Any

from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import inspection as ins
from xieli.office.demo.stories.sc05_cases import to_case, to_sanction
from xieli.office.demo.stories.sc10_package import ROOM, ask
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import disclosure, grants, leads, moves
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.work import FormSubmission
from xieli.office.reports import trees

STORY = ("SC-11", "品牌权益：从通报到移送司法", "Brand equity: from a disclosure to justice")
BEGINS = "2026-03-02 09:00"
SUPERVISED = "日常监督：区域公用品牌权益被无偿转让，财务混乱"
DUG = ("局长违规转让国有品牌权益", "财务人员账外设账")


def play(stage: Theatre) -> None:
    """Supervision, package, round, hand-over, cases, and the chain from the package."""
    stage.start_at(BEGINS)
    ins.post(stage, ins.MEMBER, "yj-ins")
    ins.post(stage, "yj-keeper", "yj", "yj/conduct")
    source, matter, package = disclose(stage)
    found = dig(stage, matter)
    cases(stage, found)
    the_chain(stage, source, package, found)


def disclose(stage: Theatre) -> tuple[int, int, int]:
    """The contact room's own matter never leaves it; what the head of the group gets is a weak link, approved, named and expiring."""
    hands = Hands(stage)
    with stage.acts(ROOM):
        source = int(leads.register(leads.NewMatter("lead", SUPERVISED, stage.body("yj"), stage.room("yj/supervision3"), (leads.Subject("蒋某某", unit_name="渝江某局", post="局长"),), source="supervision")).id)
    matter = ins.open_round(stage, "五届第二轮", ins.plan_of(stage, "yj", "五届第二轮", "涉农部门", [{"unit": "渝江某局", "included": True}]))
    with stage.acts(ins.DUTY):  # the desk gives the round to the contact room, which goes with it
        grants.give(matter, stage.room("yj/supervision3"), kind="handler", acts=["read", "write"], ends_at=None, basis="联系室牵头", reason="")
    ins.form_group(stage, matter)
    package = ask(stage, matter)
    row = {"unit": "渝江某局", "source_grade": "verified", "topic": "国有资产", "grade": "written", "text": "区域公用品牌权益的转让没有评估，财务管理薄弱"}
    for who, move, form in ((ROOM, "lead_filled", "lead_block"), ("yj-clerk", "case_filled", "case_block"), ("yj-petitions", "petition_filled", "petition_block"), ("yj-keeper", "conduct_filled", "conduct_block")):
        hands.step(who, package, move, form=(form, {"items": [row]}))
    hands.step(ROOM, package, "submit", form=("cover", {"risk_profile": "品牌资产处置、账务管理", "no_source": True}))
    code = hands.refused(ROOM, lambda: moves.make(Matter.objects.get(pk=package), "deliver"))
    stage.check("未经审批，风险点和薄弱环节不能提供给巡察组", "Without approval no risk spot goes to the group", code == "not_approved")
    hands.approved(ROOM, package, "disclose", "yj-deputy", "yj-head")
    hands.step(ROOM, package, "deliver")
    hands.step(ins.HEAD, package, "read", form=("read", {"read_at": hands.clock().isoformat()}))
    with stage.acts(ins.HEAD):
        given = str(list(FormSubmission.objects.filter(matter_id=package).values_list("data", flat=True)))
    stage.check("只有点名的组长打得开，组员打不开", "Only the named head opens it, a member of the group does not", stage.sees(ins.HEAD, package) and not stage.sees(ins.MEMBER, package))
    stage.check("来源事项的身份不在信息包里，组长也看不到来源事项", "The source matter is not named in the package and stays closed to the head", SUPERVISED not in given and "蒋某某" not in given and not stage.sees(ins.HEAD, source))
    return source, matter, package


def dig(stage: Theatre, matter: int) -> list[int]:
    """The group digs where the package pointed; two leads go over by procedure: reason of risk, both heads, the desk, a room."""
    hands = Hands(stage)
    ins.enter(stage, matter)
    form = ("during", {"risk": "涉案人正在处置品牌收益，可能转移财产", "leads": [{"title": t, "from_package": True} for t in DUG]})
    code = hands.refused(ins.HEAD, lambda: moves.make(Matter.objects.get(pk=matter), "during", form=form))
    stage.check("未经两家负责人批准，不能边巡边移", "Without both heads' approval nothing is handed over during the round", code == "not_approved")
    hands.approved(ins.HEAD, matter, "during", ins.OFFICE, "yj-head", what={"partner": stage.body("yj")}, reason="边巡边移")
    hands.step(ins.HEAD, matter, "during", form=form)
    return ins.derived(stage, ins.DUTY, matter)


def cases(stage: Theatre, found: list[int]) -> None:
    """The head alone and two of his staff: three filed; the head goes to justice."""
    hands = Hands(stage)
    duty = hands.staff("case_duty", "yj/case")
    people: tuple[tuple[str, ...], ...] = (("蒋某某",), ("沈某某", "韩某某"))
    with stage.acts(duty):
        titles = {m.id: m.title for m in Matter.objects.filter(pk__in=found)}
    ordered = sorted(found, key=lambda i: -DUG.index(titles[i]))  # the head's case comes last: ten days of notice end it
    for n, lead in enumerate(ordered):
        who = people[DUG.index(titles[lead])]
        with stage.acts(duty):
            for one in who:
                leads.add_subject(Matter.objects.get(pk=lead), leads.Subject(one, unit_name="渝江某局", post="财务人员" if len(who) > 1 else "局长"))
        stage.made[f"both-{lead}"] = who
        stage.made[f"case-{lead}"] = to_case(stage, "yj", lead, who[0], f"2026-03-{9 + n:02d}", "supervision3")
        if len(who) == 1:
            to_sanction(stage, "yj", lead, justice=True, room="supervision3")


def the_chain(stage: Theatre, source: int, package: int, found: list[int]) -> None:
    """The contact room ties the leads to the package; who may see both ends counts the chain, and nobody else."""
    hands = Hands(stage)

    def tie(package_id: int, lead_id: int) -> None:
        disclosure.tie(Matter.objects.get(pk=package_id), Matter.objects.get(pk=lead_id))

    code = hands.refused(ROOM, lambda: tie(package, source))
    stage.check("不出自同一轮的线索不能说成信息包引出", "A lead of another origin is not said to come of the package", code == "other_round")
    with stage.acts(ROOM):
        waiting = disclosure.untied(Matter.objects.get(pk=package))
    stage.check("移交时写明由信息包引出的，逐条列出待登记", "What the hand-over says the package led to waits to be tied", sorted(m.title for m in waiting) == sorted(DUG))
    for one in found:
        with stage.acts(ROOM):
            tie(package, one)
    with stage.acts(ROOM):
        chain = trees.from_package(Matter.objects.get(pk=package))
        ids = set(MatterLink.objects.filter(source_id=package, kind="led_to").values_list("target_id", flat=True))
    stage.check("从通报记录数到底：立案 3 人、移送 1 人", "From the disclosure record the chain counts 3 filed and 1 to justice", (chain.filed, chain.to_justice) == (3, 1))
    stage.check("每一环都按编号相连", "Each link is by id", ids == set(found))
    with stage.acts(ins.HEAD):
        other: Any = trees.from_package(Matter.objects.get(pk=package))
    with stage.acts(ins.MEMBER):
        links = MatterLink.objects.filter(source_id=package).exists()
    stage.check("组长看得到信息包，看不到案件这一头，数不出立案和移送；组员连信息包这一头也没有", "The head sees the package and not the cases, and counts neither filed nor transferred; a member has not even the package", (other.filed, other.to_justice, links) == (0, 0, False))
    for zh, en, n in (("立案", "filed", chain.filed), ("移送司法", "to justice", chain.to_justice)):
        stage.figure(zh, en, n, "人")
