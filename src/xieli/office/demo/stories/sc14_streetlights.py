"""SC-14 路灯管理处汪某: a very checkable lead found by supervision midway, handed over at once; derived leads as a tree; five persons retained, each counted once."""
from __future__ import annotations

from xieli.office.access.models import Grant
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import inspection as ins
from xieli.office.demo.stories.sc05_cases import to_custody
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.queries import reconcile
from xieli.office.matters.services import handover, leads
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.handover import Handover

STORY = ("SC-14", "路灯管理处汪某", "Wang of the streetlight office")
BEGINS = "2026-03-02 09:00"
BODY = "datan"
FIRST, SECOND = ("汪某", "路某", "灯某"), ("郝某", "岑某")


def play(stage: Theatre) -> None:
    """Midway, at once, few know; the tree grows; the count is over the whole tree."""
    stage.start_at(BEGINS)
    hands = Hands(stage)
    ins.post(stage, ins.MEMBER, "yj-ins")
    duty, chief = hands.staff("case_duty", f"{BODY}/case"), stage.holder(f"room_head@{BODY}/supervision1")
    matter = ins.open_round(stage, "市住房建设委常规巡察", ins.plan_of(stage, BODY, "五届第七轮", "住建", [{"unit": "市住房建设委", "included": True}]))
    ins.form_group(stage, matter, duty)
    ins.enter(stage, matter)
    stage.at("2026-03-05 15:00")
    hands.step(ins.OFFICE, matter, "midway", form=("midway", {"on": hands.day(), "text": "领导小组与纪检监察机关督导", "checkable": []}))
    with stage.acts(ins.OFFICE):
        one = leads.register(leads.NewMatter("lead", "汪某收受路灯工程好处线索", stage.body("yj-ins"), None, level=1, source="inspection"))
        leads.link(Matter.objects.get(pk=matter), one, "derived")
        parcel, lead = handover.send(one, stage.body(BODY), reason="巡中督导发现，可查性强，边巡边移"), int(one.id)
    with stage.acts(duty):
        for verdict in ("opened", "accepted"):
            handover.step(Handover.objects.get(pk=parcel.id), verdict, room=stage.room(f"{BODY}/supervision1") if verdict == "accepted" else None)
    stage.check("巡中督导发现的线索当日移交、当场有回执", "The lead found midway is handed over the same day, the receipt there at once", bool(parcel.receipt_no))
    stage.check("组员不知道这条线索", "No member of the group knows of it", not stage.sees(ins.MEMBER, lead))
    with stage.acts(duty):
        knowers = list(Grant.objects.filter(matter_id=lead, revoked_at=None).values_list("basis", "granted_by"))
        stage.check("知悉名单可打印，每一人有依据和授予人", "The list of knowers is printable, each with basis and giver", bool(knowers) and all(b and (g or b == "line") for b, g in knowers))
        ins.to_room(stage, lead, BODY)
        for name in FIRST:
            leads.add_subject(Matter.objects.get(pk=lead), leads.Subject(name, unit_body=stage.body("housing")))
    stage.made[f"both-{lead}"] = FIRST
    for n, name in enumerate(FIRST):
        to_custody(stage, BODY, lead, name, "housing", f"2026-03-{9 + 7 * n:02d}", n, go_on=n > 0)
    more = widen(stage, duty, chief, lead)
    counted(stage, chief, lead, more)


def widen(stage: Theatre, duty: str, chief: str, lead: int) -> int:
    """From the case comes another lead, on two others and once more on Wang; it keeps its parent."""
    with stage.acts(chief):
        parent = Matter.objects.get(pk=stage.made[f"case-{lead}"])
        more = leads.spawn(parent, "lead", "derived", owner=stage.body(BODY), title="设备供应商线索", copy_subjects=False)
    with stage.acts(chief):
        for name in SECOND:
            leads.add_subject(Matter.objects.get(pk=more.id), leads.Subject(name, unit_body=stage.body("housing")))
        ins.grants_to_desk(stage, int(more.id), BODY)
        ins.to_room(stage, int(more.id), BODY)
    stage.made[f"both-{more.id}"] = SECOND
    for n, name in enumerate(SECOND):
        to_custody(stage, BODY, int(more.id), name, "housing", f"2026-04-{6 + 7 * n:02d}", 10 + n, go_on=n > 0)
    return int(more.id)


def counted(stage: Theatre, chief: str, lead: int, more: int) -> None:
    """Five persons over the whole tree, once each."""
    with stage.acts(chief):
        linked = MatterLink.objects.filter(target_id=more, kind="derived", source_id=stage.made[f"case-{lead}"]).exists()
        names = reconcile.retained(lead)
    stage.check("派生线索保留来处", "A derived lead keeps its parent", linked)
    stage.check("全树共留置 5 人，每人只数一次", "Five persons retained over the tree, each once", sorted(names) == sorted((*FIRST, *SECOND)))
    stage.check("移交之后，巡察机构看不到线索办到哪一步", "Once handed over the inspection office does not see what becomes of the lead from inside", not stage.sees(ins.OFFICE, lead))
    stage.figure("共留置", "retained in all", len(names), "人")
