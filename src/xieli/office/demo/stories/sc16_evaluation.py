"""SC-16 整改成效评估: 53 units' concentrated rectification by the commission, 18 look-backs by the inspection office; only units with both halves get a total; 156 problems listed."""
from __future__ import annotations

from datetime import date
from typing import Any

from xieli.engines.metrics import Period
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import inspection as ins
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import leads, moves
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.work import Fact, Outcome
from xieli.office.reports import services as reports

STORY = ("SC-16", "整改成效评估", "Evaluating the rectification")
BEGINS = "2026-03-02 09:00"
ONE, BOTH, PROBLEMS = 53, 18, 156
ROOM = "yj-handler"
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
FIRST = ("duty", "recheck", "publication", "completion")


def play(stage: Theatre) -> None:
    """Problems fed back, 53 first halves, 18 second halves, 18 totals."""
    stage.start_at(BEGINS)
    problems(stage)
    found = first_halves(stage)
    second_halves(stage, found)
    totals(stage, found)


def problems(stage: Theatre) -> None:
    """The findings of the round, each a problem of its own with its number."""
    hands = Hands(stage)
    ins.post(stage, ins.MEMBER, "yj-ins")
    matter = ins.open_round(stage, "五届第八轮", ins.plan_of(stage, "yj", "五届第八轮", "综合", [{"unit": f"被巡察单位{n + 1}", "included": True} for n in range(ONE)]))
    ins.form_group(stage, matter)
    ins.enter(stage, matter)
    hands.step(ins.OFFICE, matter, "leave")
    hands.step(ins.OFFICE, matter, "notify", form=("findings", {"rows": [{"title": f"反馈问题{n + 1:03d}"} for n in range(PROBLEMS)]}))
    with stage.acts(ins.OFFICE):
        listed = list(MatterLink.objects.filter(source_id=matter, target__kind="rectification").values_list("target__title", flat=True))
    stage.check("反馈的 156 个问题逐个成项、逐个可点开", "Each of the 156 problems fed back is an item of its own", len(set(listed)) == PROBLEMS)
    stage.figure("反馈问题", "problems fed back", len(listed), "个")


def _first(score: int) -> tuple[str, dict[str, Any]]:
    return "part_rectification", {**dict.fromkeys(FIRST, score), **{f"{k}_evidence": "见附件" for k in FIRST}}


def _second(score: int) -> tuple[str, dict[str, Any]]:
    return "part_look_back", {"look_back": score, "look_back_evidence": "见附件", "rules": score, "rules_evidence": "见附件", "satisfaction": score, "satisfaction_n": 80, "satisfaction_method": "入户"}


def first_halves(stage: Theatre) -> list[int]:
    """The commission opens and scores its half for 53 units; the inspection office cannot write it."""
    found, units = [], ins.units_of(stage, "被评估", [f"被巡察单位{n + 1}" for n in range(ONE)])
    with stage.acts(ROOM):
        for n in range(ONE):
            one = leads.register(leads.NewMatter("evaluation", f"被巡察单位{n + 1}整改成效评估", stage.body("yj"), stage.room("yj/supervision3"), level=0))
            moves.make(one, "fixed", form=("scheme", {"unit": units[n], "inspection": str(stage.body("yj-ins")), "round": "五届第八轮", "scheme_version": "2026-1"}))
            moves.make(one, "start", form=("site", {"visited_on": "2026-03-02", "found": "现场核查属实"}))
            found.append(int(one.id))
    hands = Hands(stage)
    code = hands.refused(ins.OFFICE, lambda: moves.make(Matter.objects.get(pk=found[0]), "scored_cc", form=_first(880)))
    stage.check("巡察机构写不了纪检监察机关的一半", "The inspection office cannot write the commission's half", bool(code))
    code = hands.refused(ROOM, lambda: moves.make(Matter.objects.get(pk=found[0]), "scored_ins", form=_second(760)))
    stage.check("纪检监察机关也写不了巡察机构的一半", "Nor can the commission write the other", bool(code))
    form = _first(880)
    del form[1]["duty_evidence"]
    code = hands.refused(ROOM, lambda: moves.make(Matter.objects.get(pk=found[0]), "scored_cc", form=form))
    stage.check("没有依据的指标不能打分", "An indicator without evidence is not scored", code == "required")
    with stage.acts(ROOM):
        for one in found:
            moves.make(Matter.objects.get(pk=one), "scored_cc", form=_first(880))
    return found


def second_halves(stage: Theatre, found: list[int]) -> None:
    """The inspection office looks back at eighteen of them."""
    code = Hands(stage).refused(ROOM, lambda: moves.make(Matter.objects.get(pk=found[0]), "grade_fairly_good", form=("total", {"confirmed_on": "2026-03-02"})))
    stage.check("缺一半就是待评，没有半分", "With a half missing there is no total and no half a score", bool(code))
    with stage.acts(ins.OFFICE):
        for one in found[:BOTH]:
            moves.make(Matter.objects.get(pk=one), "scored_ins", form=_second(760))


def totals(stage: Theatre, found: list[int]) -> None:
    """88 and 76, half and half, make 82: fairly good. Nobody without both halves has a number."""
    with stage.acts(ROOM):
        for one in found[:BOTH]:
            moves.make(Matter.objects.get(pk=one), "grade_fairly_good", form=("total", {"confirmed_on": "2026-03-02"}))
        scored = {m: int(n) for m, n in Fact.objects.filter(matter_id__in=found, code="evaluation.total", retracted_at=None).values_list("matter_id", "number") if n is not None}
        grades = list(Outcome.objects.filter(matter_id__in=found).values_list("kind", flat=True))
        halves = [Fact.objects.filter(matter_id__in=found, code=f"evaluation.{part}", retracted_at=None).count() for part in ("part_rectification", "part_look_back")]
        figures = [reports.figure(code, YEAR).number for code in ("eval_concentrated", "eval_lookback", "eval_both")]
    stage.check("各占百分之五十：88 与 76 得 82", "Half and half: 88 and 76 make 82", set(scored.values()) == {820})
    stage.check("只有两半齐全的 18 个单位有总分", "Only the 18 units with both halves have a total", set(scored) == set(found[:BOTH]))
    stage.check("82 分为“较好”", "82 is fairly good", grades == ["fairly_good"] * BOTH)
    stage.check("集中整改 53 个、回头看 18 个，由记录数出", "53 first halves and 18 look-backs, counted from records", halves == [ONE, BOTH])
    stage.check("报表用的是同一批记录", "The report stands on the same records", figures == [ONE, BOTH, BOTH])
    stage.figure("集中整改评价", "evaluations of the concentrated rectification", halves[0], "个")
    stage.figure("回头看评估", "look-back evaluations", halves[1], "个")
