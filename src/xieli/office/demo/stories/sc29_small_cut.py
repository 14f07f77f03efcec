"""SC-29 金融领域“小切口”参考目录: what comes back in past cases becomes nine items; institutions check themselves item by item and report; who has not is named."""
from __future__ import annotations

from datetime import date
from typing import Any

from xieli.engines.metrics import Period
from xieli.office.cooperation import catalogue
from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import leads, moves
from xieli.office.matters.tables.core import Matter
from xieli.office.reports import services as reports

STORY = ("SC-29", "金融领域“小切口”参考目录", "The financial catalogue of small cuts")
BEGINS = "2026-03-02 09:00"
EDITOR = "yj-handler"
INSTITUTIONS = ("icb-dc", "hb-dc", "post-dc", "tax-dc")
# kinds of problem of past cases: unit and year. The last two were found at one unit only, or in one year only
CASES = {
    "违规收取回扣费手续费": (("甲银行", 2023), ("乙银行", 2024), ("甲银行", 2025)), "非法中介": (("乙银行", 2023), ("丙公司", 2025)), "违规放贷": (("甲银行", 2022), ("乙银行", 2025)),
    "虚列费用": (("甲银行", 2023), ("丙公司", 2024)), "利益输送": (("乙银行", 2022), ("丁公司", 2023)), "违规兼职取酬": (("丙公司", 2023), ("丁公司", 2025)), "靠贷吃贷": (("甲银行", 2024), ("丁公司", 2025)),
    "不良资产低价处置": (("丁公司", 2022), ("乙银行", 2024)), "采购围标": (("甲银行", 2022), ("丙公司", 2025)), "虚构贸易": (("丁公司", 2023), ("丁公司", 2025)), "违规代持": (("甲银行", 2025), ("乙银行", 2025))}
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


def play(stage: Theatre) -> None:
    """From tagged cases to the reports, and the list of who has not reported."""
    stage.start_at(BEGINS)
    tag(stage)
    publish(stage)
    check_themselves(stage)
    missing(stage)
    sum_up(stage)


def _move(matter: int, move: str, form: tuple[str, dict[str, Any]] | None = None, body: str | None = None) -> None:
    moves.make(Matter.objects.get(pk=matter), move, form=form, body=body)


def tag(stage: Theatre) -> None:
    """Past cases are tagged by kind, unit and day; a list with names does not pass."""
    hands = Hands(stage)
    with stage.acts(EDITOR):
        matter = leads.register(leads.NewMatter("small_cut", "金融领域突出问题治理“小切口”参考目录", stage.body("yj"), stage.room("yj/supervision3"), level=0)).id
    stage.made["catalogue"] = matter
    rows = [{"kind": kind, "unit": unit, "found_on": f"{year}-06-30"} for kind, found in CASES.items() for unit, year in found]
    code = hands.refused(EDITOR, lambda: _move(matter, "tagged", ("sources", {"rows": rows, "masked": False})))
    stage.check("标注里有人名，不能往下走", "Tags that name somebody do not pass", code == "guard_field")
    hands.step(EDITOR, matter, "tagged", form=("sources", {"rows": rows, "masked": True}))
    with stage.acts(EDITOR):
        proposed = catalogue.proposals(Matter.objects.get(pk=matter))
    stage.made["proposed"] = proposed
    stage.check("两家以上单位、两个以上年份反复出现的才建议入目录", "Only what came back in two units and two years is proposed", {k.kind for k in proposed}.isdisjoint({"虚构贸易", "违规代持"}) and all(k.units >= 2 and k.years >= 2 for k in proposed))
    stage.check("每类附案件数、单位数，多的在前", "Each kind with its cases and units, the most frequent first", (proposed[0].kind, proposed[0].cases, proposed[0].units) == ("违规收取回扣费手续费", 3, 2))


def publish(stage: Theatre) -> None:
    """The editor writes the items, the deputy approves; a due date before the day of issue is refused."""
    hands, matter = Hands(stage), stage.made["catalogue"]
    form = {"edition": "2026 年第一版", "sector": "金融", "items": [{"title": f"{k.kind}：表现和线索", "kind": k.kind} for k in stage.made["proposed"]],
            "institutions": [{"institution": str(stage.body(b))} for b in INSTITUTIONS], "issued_on": "2026-03-02", "due_on": "2026-04-30"}
    hands.approved(EDITOR, matter, "issue", "yj-deputy")
    code = hands.refused(EDITOR, lambda: _move(matter, "issue", ("catalogue", {**form, "due_on": "2026-02-01"})))
    stage.check("报告期限早于印发日，不能印发", "A report due before the day of issue is refused", code == "guard_field")
    stage.check("印发之前机构看不到", "Before it is issued no institution sees it", not stage.sees("icb-officer", matter))
    hands.step(EDITOR, matter, "issue", form=("catalogue", form))
    with stage.acts(EDITOR):
        items = reports.figure("catalogue_items", YEAR)
    stage.check("目录九条，由记录算出", "Nine items, counted from records", items.number == len(stage.made["proposed"]) == 9)
    stage.figure("参考目录", "catalogue items", float(items.number or 0), "条")


def _answers(stage: Theatre, skip: int = 0) -> tuple[str, dict[str, Any]]:
    kinds = [k.kind for k in stage.made["proposed"]]
    rows = [{"item": kind, "state": ("not_found", "treated", "found")[n % 3], **({"account": "正在治理"} if n % 3 == 2 else {})} for n, kind in enumerate(kinds[skip:])]
    return ("answers", {"rows": rows, "report": "已逐条自查，形成调研报告。", "reported_on": "2026-04-10"})


def check_themselves(stage: Theatre) -> None:
    """Each institution answers every item; one leaves an item out; none reads another's answer."""
    hands, matter = Hands(stage), stage.made["catalogue"]
    stage.at("2026-04-10 10:00")
    bank, icb = stage.holder("head@icb-dc"), str(stage.body("icb-dc"))
    code = hands.refused(bank, lambda: _move(matter, "report", _answers(stage, 1), icb))
    stage.check("漏答一条，报告不收", "With one item unanswered the report is not taken in", code == "guard_field")
    code = hands.refused(bank, lambda: _move(matter, "report", _answers(stage), str(stage.body("hb-dc"))))
    stage.check("不能替别的机构答复", "Nobody answers for another institution", code != "")
    for who in INSTITUTIONS[:3]:
        hands.step(stage.holder(f"head@{who}"), matter, "report", form=_answers(stage), body=str(stage.body(who)))


def missing(stage: Theatre) -> None:
    """Past the term, whoever has not reported is named, and the catalogue does not close."""
    hands, matter = Hands(stage), stage.made["catalogue"]
    stage.at("2026-05-06 09:00")
    with stage.acts(EDITOR):
        left = [b.code for b in catalogue.missing_reports(Matter.objects.get(pk=matter))]
        received = reports.figure("catalogue_reports", YEAR)
    stage.check("缺报的机构列名", "The institution that has not reported is named", left == [INSTITUTIONS[3]])
    code = hands.refused(EDITOR, lambda: _move(matter, "close"))
    stage.check("报告没有收齐，不能汇总", "While a report is missing nothing is summed up", code != "")
    stage.check("已收报告数由记录算出", "Reports received are counted from records", received.number == len(INSTITUTIONS) - len(left))
    stage.figure("已收调研报告", "research reports received", float(received.number or 0), "份")
    stage.figure("缺报", "reports missing", len(left), "份")


def sum_up(stage: Theatre) -> None:
    """The last one comes late; then the list is empty and the catalogue is summed up."""
    hands, matter, late = Hands(stage), stage.made["catalogue"], INSTITUTIONS[3]
    hands.step(stage.holder(f"head@{late}"), matter, "report", form=_answers(stage), body=str(stage.body(late)))
    with stage.acts(EDITOR):
        stage.check("全部报齐，缺报单清空", "All have reported: the list is empty", catalogue.missing_reports(Matter.objects.get(pk=matter)) == [])
    hands.step(EDITOR, matter, "close")
    with stage.acts(EDITOR):
        stage.check("汇总办结", "Summed up and closed", Matter.objects.get(pk=matter).status != "open")
    stage.check("汇总之后机构不再看到其他机构的情况", "Afterwards no institution sees it any more", not stage.sees(stage.holder("head@icb-dc"), matter))
