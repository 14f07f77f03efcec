"""SC-08 一根水管: more than fifty households lack water. Nine events in order by three levels; the works are paid for under the supervisor's
eyes; the secretary closes with his own record from the place; the county's verdict on him is somebody else's; every household is told."""
from __future__ import annotations

from xieli.office.demo.officers import Officers
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Fact, MatterMove

STORY = ("SC-08", "一根水管：三级核实", "A water pipe: verified at three levels")
BEGINS = "2026-05-06 08:30"
CLERK, VILLAGE, TOWN = "changle-clerk", "changle-v1", "changle"
HOUSEHOLDS = [f"{group}组{n}户" for group in (1, 2, 3, 4) for n in range(1, 14)]  # 52


def play(stage: Theatre) -> None:
    """From the dry tap to the county's verdict."""
    stage.start_at(BEGINS)
    hands = Officers(stage)
    supervisor, secretary, reviewer = hands.staff("village_supervisor", VILLAGE), hands.staff("town_secretary", TOWN), stage.holder("case_duty@zhongyue/case")
    expense = decide(hands, supervisor, secretary)
    matter = verify_and_urge(hands, supervisor, secretary)
    works(hands, supervisor, secretary, expense)
    close(hands, matter, supervisor, secretary, reviewer)
    answer(hands, matter, supervisor, secretary)


def decide(hands: Officers, supervisor: str, secretary: str) -> int:
    """The repair needs village money above the threshold: supervised the whole way."""
    expense = hands.open(supervisor, "village_expense", "更换供水主管", owner=VILLAGE, level=0, parties={"town": (hands.stage.body(TOWN),)})
    hands.step(supervisor, expense, "important", form=("decision", {"purpose": "更换老化供水主管", "amount": 8_600_000, "threshold": 5_000_000, "households": len(HOUSEHOLDS), "decided_on": hands.day()}))
    hands.stage.check("超过起点的开支全程监督，镇纪委书记看得到", "Above the threshold the expense is supervised the whole way and the town secretary sees it",
                      hands.at(supervisor, expense) == ["quotes"] and hands.stage.sees(secretary, expense))
    return expense


def verify_and_urge(hands: Officers, supervisor: str, secretary: str) -> int:
    """The village reports at once; the clerk sent down goes from door to door; the secretary has it on record and both committees are urged."""
    stage = hands.stage
    matter = hands.open(supervisor, "village_visit", "供水主管老化，多户断水", owner=VILLAGE, level=0, parties={"town": (stage.body(TOWN),), "county": (stage.body("zhongyue"),)})
    note = {"household": "1组1户", "visited_on": hands.day(), "topic": "needs", "class": "problem", "text": "主管老化漏水，几个组断水。", "informant_known": True}
    hands.step(supervisor, matter, "report", form=("note", note))
    stage.check("未经入户初核，镇上不能交村办理", "Before the first verification the town cannot hand it to the village", hands.refuses(secretary, matter, "urge", ("urging", {"text": "抓紧", "due_on": "2026-05-20"})) != "")
    stage.at("2026-05-06 15:00")
    hands.step(CLERK, matter, "first_checked", form=("first_check", {"checked_on": hands.day(), "found": "逐户走访属实。", "households": [{"household": h} for h in HOUSEHOLDS]}))
    stage.check("受影响的户逐户列名，超过五十户", "The households affected are listed one by one, more than fifty", len(hands.facts(CLERK, "village.affected", matter)) == len(HOUSEHOLDS) > 50)
    stage.at("2026-05-07 09:00")
    hands.step(CLERK, matter, "urge", form=("urging", {"text": "请村“两委”两周内修复，每三天报一次进度。", "due_on": "2026-05-20"}))
    return matter


def works(hands: Officers, supervisor: str, secretary: str, expense: int) -> None:
    """Each step of the money has the supervisor's entry; he has no veto."""
    for step, move in (("quotes", "quoted"), ("payment", "paid")):
        hands.step(supervisor, expense, f"entry_{step}", form=("entry", {"step": "quotes" if step == "quotes" else "payment", "seen": "材料齐全，到场核对。", "on": hands.day()}))
        hands.step(supervisor, expense, move, form=("paper", {"text": "比价表" if step == "quotes" else "合同和发票", "entry": True}))
    hands.stage.check("每个环节都有监督员的到场记录", "Every step of the money has the supervisor's entry", hands.facts(secretary, "village_expense.entry", expense) == ["quotes", "payment"])


def close(hands: Officers, matter: int, supervisor: str, secretary: str, reviewer: str) -> None:
    """Solved; the secretary goes himself; the county reviews his trail."""
    stage = hands.stage
    stage.at("2026-05-15 17:00")
    hands.step(supervisor, matter, "settled", form=("solved", {"text": "主管更换完毕，恢复供水。", "done_on": hands.day()}))
    onsite = ("onsite", {"place": "1组高位水池", "seen_on": "2026-05-16", "found": "逐组开龙头，水压正常。", "real": True})
    stage.at("2026-05-16 10:00")
    stage.check("经办人不能代替书记到现场", "The clerk cannot stand in for the secretary on the spot", hands.refuses(CLERK, matter, "verified", onsite) != "")
    stage.check("书记没有现场记录，不能往下走", "Without the secretary's own record nothing goes on", hands.refuses(secretary, matter, "verified") != "")
    hands.step(secretary, matter, "verified", form=onsite)
    verdict = ("county", {"verdict": "good", "reviewed_on": "2026-05-18"})
    stage.at("2026-05-18 10:00")
    stage.check("书记不能复核自己的履职", "The secretary cannot review his own work", hands.refuses(secretary, matter, "reviewed", verdict) != "")
    hands.step(reviewer, matter, "reviewed", form=verdict)


def answer(hands: Officers, matter: int, supervisor: str, secretary: str) -> None:
    """Every household is told; the trail reads in order, by different persons of three levels."""
    stage = hands.stage
    told = {"told": True, "satisfied": "satisfied", "told_on": hands.day()}
    some = ("answer", {**told, "households": [{"household": h} for h in HOUSEHOLDS[:40]]})
    stage.check("还有户没有告知，不能办结", "With households not yet told it does not end", hands.refuses(secretary, matter, "answered", some) == "guard_field")
    hands.step(secretary, matter, "answered", form=("answer", {**told, "households": [{"household": h} for h in HOUSEHOLDS]}))
    with stage.acts(supervisor):
        trail = list(MatterMove.objects.filter(matter_id=matter).exclude(move="start").order_by("at", "id").values_list("move", "person_id"))
        days = list(Fact.objects.filter(matter_id=matter, code="village.household_told", retracted_at=None).values_list("happened_on", flat=True))
        ended = Matter.objects.get(pk=matter).status
    stage.check("办理轨迹依次在案，由三级不同的人作出", "The trail is in order, by different persons of three levels",
                [m for m, _ in trail] == ["report", "first_checked", "urge", "settled", "verified", "reviewed", "answered"] and len({p for m, p in trail if m in ("first_checked", "verified", "reviewed")}) == 3)
    stage.check("五十多户全部告知并办结", "All of the more than fifty households are told, and it ends", len(days) == len(HOUSEHOLDS) and ended == "closed")
    stage.figure("受影响户", "households affected", len(days), "户")
