"""SC-12 经开区常规巡察: a risk profile asks for two heads of dispatched units; five leads in land clearing; two persons retained."""
from __future__ import annotations

from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import inspection as ins
from xieli.office.demo.stories.sc05_cases import to_custody
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.queries import reconcile
from xieli.office.matters.services import leads, moves, seating
from xieli.office.matters.tables.core import Matter, MatterLink

STORY = ("SC-12", "经开区常规巡察", "A regular inspection of the development zone")
BEGINS = "2026-03-02 09:00"
BODY = "datan"
LEADS = [f"征地拆迁线索{n + 1}" for n in range(5)]


def play(stage: Theatre) -> None:
    """Profile, heads, group, five leads handed over during the round, two persons in custody; the sheet prints 2/5/2."""
    stage.start_at(BEGINS)
    hands = Hands(stage)
    ins.post(stage, ins.MEMBER, "yj-ins")
    duty, second = hands.staff("case_duty", f"{BODY}/case"), hands.staff("head", "du-finance")
    matter = ins.open_round(stage, "经开区常规巡察", ins.plan_of(stage, BODY, "五届第六轮", "经开区", [{"unit": "经开区管委会", "included": True}]))
    heads = [{"person": str(stage.person(p)), "experienced": n == 0, "from_kind": "dispatched"} for n, p in enumerate((ins.HEAD, second))]
    choice = {"risk_profile": "征地拆迁体量大、资金密集、信访集中", "rows": heads}
    code = hands.refused(ins.OFFICE, lambda: moves.make(Matter.objects.get(pk=matter), "choose", form=("choice", choice)))
    stage.check("选用没有县区纪委常务副书记经历的人，须写说明", "One without the preferred experience needs a note", code == "required")
    heads[1]["note"] = "长期负责资金监管"
    hands.step(ins.OFFICE, matter, "choose", form=("choice", choice))
    ins.form_group(stage, matter, duty)
    ins.enter(stage, matter, [{"skill": "engineering", "number": 2, "supplied": 1}])
    stage.check("需求与到位逐项对照，缺口写明", "Needed against supplied, and what is short", ins.facts(stage, ins.OFFICE, matter, "round.short") == [1])
    form = ("during", {"risk": "涉案人正在转移财产", "leads": [{"title": t} for t in LEADS]})
    code = hands.refused(ins.HEAD, lambda: moves.make(Matter.objects.get(pk=matter), "during", form=form))
    stage.check("未经两家负责人批准，不能边巡边移", "Without both heads' approval nothing is handed over during the round", code == "not_approved")
    hands.approved(ins.HEAD, matter, "during", ins.OFFICE, stage.holder(f"head@{BODY}"), what={"partner": stage.body(BODY)}, reason="边巡边移")
    hands.step(ins.HEAD, matter, "during", form=form)
    found = ins.derived(stage, duty, matter)
    stage.check("五条线索各成一件，到县区案管", "Five leads, each a matter of its own at the district's desk", len(found) == len(LEADS))
    for n, name in enumerate(("汤某某", "褚某某")):
        with stage.acts(duty):
            if n == 0:
                room = stage.room(f"{BODY}/supervision1")
                code = stage.refused(lambda: seating.seat(Matter.objects.get(pk=found[0]), room))  # noqa: B023
                stage.check("负责人批准分办之前，线索交不到室", "Before the head approves the assignment the lead goes to no room", code == "not_approved")
            leads.add_subject(Matter.objects.get(pk=found[n]), leads.Subject(name, unit_body=stage.body("housing")))
        to_custody(stage, BODY, found[n], name, "housing", f"2026-03-{9 + 7 * n:02d}", n)
    sheet(stage, matter, found)


def sheet(stage: Theatre, matter: int, found: list[int]) -> None:
    """The sheet of the round: two heads, five leads, two persons retained, each with its records."""
    chief = stage.holder(f"room_head@{BODY}/supervision1")
    heads, handed = (len(ins.facts(stage, ins.OFFICE, matter, code)) for code in ("round.head", "round.handed_during"))
    with stage.acts(chief):
        held = sorted({name for lead in found if Matter.objects.filter(pk=lead).exists() for name in reconcile.retained(lead)})
    with stage.acts(ins.MEMBER):
        unseen = not MatterLink.objects.filter(source_id__in=found).exists()
    stage.check("轮次表：2 名组长、5 条线索、2 人留置，逐一可追", "The sheet prints 2, 5 and 2, each with its records", (heads, handed, held) == (2, 5, ["汤某某", "褚某某"]))
    stage.check("巡察组员看不到任何人被采取的措施", "No member of the group sees a measure", unseen)
    for zh, en, n, unit in (("派驻组组长", "heads from dispatched units", heads, "人"), ("移交线索", "leads handed over", handed, "条"), ("留置", "retained", len(held), "人")):
        stage.figure(zh, en, n, unit)
