"""SC-09 同批次系统巡察: education and health are deployed; the joint conference puts the connected units of one system into one batch."""
from __future__ import annotations

from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import inspection as ins
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import moves
from xieli.office.matters.tables.clocks import Alarm
from xieli.office.matters.tables.core import Matter

STORY = ("SC-09", "同批次系统巡察", "One system, one batch")
BEGINS = "2026-02-24 09:00"
UNITS = ["市第一中学", "市实验小学", "市人民医院", "市第二医院", "医保监管中心"]


def play(stage: Theatre) -> None:
    """From the yearly conference to the sheet of the round."""
    stage.start_at(BEGINS)
    ins.units_of(stage, "教育医疗", UNITS)
    hands = Hands(stage)
    with stage.acts(ins.OFFICE):
        matter = ins.leads.register(ins.leads.NewMatter("inspection_round", "五届第九轮：教育医疗系统", stage.body("yj-ins"), None, level=1)).id
    rows = [{"unit": u, "included": True} for u in UNITS]
    plan = ins.plan_of(stage, "yj", "五届第九轮", "教育医疗", rows, from_on="2026-03-10", to_on="2026-05-10", meeting_on="2026-02-20")

    def refused(move: str, **over: object) -> str:
        return hands.refused(ins.OFFICE, lambda: moves.make(Matter.objects.get(pk=matter), move, form=("plan", {**plan, **over})))

    stage.check("选定系统后名册上少一家，方案不成立，缺的单位点名", "With one unit of the system's register missing the plan does not stand; it is named", refused("planned", units=rows[:-1]) == "roster_incomplete")
    stage.check("不纳入而不写理由，不能定批次", "Leaving one out without a reason is refused", refused("planned", units=[*rows[:-1], {"unit": UNITS[-1], "included": False}]) == "required")
    stage.check("本年度没有开联席会议，批次不能定", "Without the year's joint meeting no batch is decided", refused("planned", meeting_on="2025-01-15") == "guard_field")
    hands.step(ins.OFFICE, matter, "no_meeting", form=("plan", {**plan, "meeting_on": "2025-01-15"}))
    with stage.acts(ins.OFFICE):
        stage.check("没有开会的年度被标出", "The year without a meeting is flagged", Alarm.objects.filter(matter_id=matter, kind="no_meeting").exists())
    stage.check("只限负责人知悉的重点不写进全组看得到的方案", "A focus item for heads only is not written where the whole group reads",
                refused("planned", focus=[{"kind": "object", "circle": "heads", "text": "某校校长", "source": "联席会议"}]) == "must_be_empty")
    hands.step(ins.OFFICE, matter, "planned", form=("plan", plan))
    stage.check("轮次表列出整个批次和理由", "The round's sheet shows the batch and why", sorted(ins.facts(stage, ins.OFFICE, matter, "round.unit")) == sorted(UNITS))
    stage.figure("同批次单位", "units in one batch", ins.facts(stage, ins.OFFICE, matter, "round.units")[-1], "个")
