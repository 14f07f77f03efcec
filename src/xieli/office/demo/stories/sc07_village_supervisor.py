"""SC-07 田间一问: the village supervisor asks whether anything troubles anybody. A visit without a problem counts; a trouble becomes a
village matter; a suspicion becomes a lead that the town alone reads."""
from __future__ import annotations

from typing import Any

from xieli.office.demo.officers import Officers
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import moves
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import FormSubmission

STORY = ("SC-07", "田间一问：廉勤监督员的一天", "One question in the field: a day of a village supervisor")
BEGINS = "2026-08-11 08:30"
SUPERVISOR, VILLAGE, TOWN = "fengdeng-supervisor", "fengdeng-v1", "fengdeng"


def visit(hands: Officers, household: str, cls: str, text: str, **over: Any) -> tuple[int, tuple[str, dict[str, Any]]]:
    """A visit that he opens, and the note that he will hand in."""
    stage = hands.stage
    matter = hands.open(SUPERVISOR, "village_visit", f"走访 {household}", owner=VILLAGE, level=0, parties={"town": (stage.body(TOWN),), "county": (stage.body("zhongyue"),)})
    return matter, ("note", {"household": household, "visited_on": hands.day(), "topic": "needs", "class": cls, "text": text, "informant_known": True, **over})


def play(stage: Theatre) -> None:
    """Three talks of one morning."""
    stage.start_at(BEGINS)
    hands = Officers(stage)
    secretary = hands.staff("town_secretary", TOWN)
    nothing(hands)
    trouble(hands, secretary)
    suspicion(hands, secretary)
    stage.check("当月走访三次全部计入，没有问题的那次也算", "All three visits of the month count, also the one that found nothing", hands.figure(SUPERVISOR, "village_visits", "2026-08-01", "2026-08-31") == 3)
    stage.figure("当月走访", "visits of the month", hands.figure(SUPERVISOR, "village_visits", "2026-08-01", "2026-08-31"), "次")


def nothing(hands: Officers) -> None:
    """“没有”: an entry all the same."""
    matter, note = visit(hands, "1组3户", "note", "问有没有烦心事，答没有。")
    code = hands.refuses(SUPERVISOR, matter, "keep", ("note", {**note[1], "informant": "王老汉"}))
    hands.stage.check("反映人姓名不得写进表单", "Who spoke is not written into the form", code == "reporter_not_kept_here")
    hands.step(SUPERVISOR, matter, "keep", form=note)
    hands.stage.check("没有问题的走访也留记录", "A visit without a problem is on record", hands.at(SUPERVISOR, matter) == ["closed"] and hands.facts(SUPERVISOR, "village.class", matter) == ["note"])


def trouble(hands: Officers, secretary: str) -> None:
    """A trouble becomes a village matter with a number, and the town sees it."""
    matter, note = visit(hands, "3组12户", "problem", "低保申请交了两个月没有回音。")
    hands.stage.made["trouble"] = matter
    hands.stage.check("报备之前镇上看不到", "Before it is reported the town does not see it", not hands.stage.sees(secretary, matter))
    hands.step(SUPERVISOR, matter, "report", form=note)
    with hands.stage.acts(secretary):
        row = Matter.objects.get(pk=matter)
        hands.stage.check("烦心事成为有编号的村级事项", "The trouble is a numbered matter of the village", row.number.startswith("村〔2026〕") and row.stages == ["first"])


def suspicion(hands: Officers, secretary: str) -> None:
    """A suspicion becomes a lead of the town; who raised it is nobody else's to know, not even the supervisor's afterwards."""
    matter, note = visit(hands, "5组2户", "lead", "听说修渠的钱没有公示。", topic="cadres", cadre_post="村会计")
    wrong = hands.refuses(SUPERVISOR, matter, "keep", note)
    hands.stage.check("归为线索的不能当普通情况存下", "What is classed as a lead cannot be kept as a plain note", wrong == "guard_field")
    hands.step(SUPERVISOR, matter, "protect", form=note)
    with hands.stage.acts(secretary):
        moves.make(Matter.objects.get(pk=matter), "take_lead")
        lead = Matter.objects.filter(kind="lead", owner_body_id=hands.stage.body(TOWN)).order_by("-opened_at").first()
        kept = [str(row.data) for row in FormSubmission.objects.filter(matter_id=matter)]
        assert lead is not None
    hands.stage.check("疑点成为镇纪委的线索", "The suspicion is a lead of the town committee", hands.stage.sees(secretary, lead.id))
    hands.stage.check("监督员和县里都看不到这条线索", "Neither the supervisor nor the county sees that lead",
                      not hands.stage.sees(SUPERVISOR, lead.id) and not hands.stage.sees(hands.stage.holder("case_duty@zhongyue/case"), lead.id))
    hands.stage.check("任何表单里都没有反映人", "No form holds who raised it", all("'informant':" not in text for text in kept))
