"""SC-17 重庆路三期: a project five days behind its baseline is asked why on the spot; the five days stay after the new plan; of thirty projects
one is completed, twenty-six are on schedule and three are late: computed, never entered."""
from __future__ import annotations

from typing import Any

from xieli.office.demo.officers import Officers
from xieli.office.demo.theatre import Theatre
from xieli.office.field import projects
from xieli.office.matters.services import moves
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.core import Matter

STORY = ("SC-17", "挂图作战：推后五天要说清", "The project board: five days late, explained")
BEGINS = "2026-03-02 09:00"
WHO, ROOM = "yj-handler", "yj/supervision3"


def play(stage: Theatre) -> None:
    """The baseline, the site visit, the answer, the board."""
    stage.start_at(BEGINS)
    hands = Officers(stage)
    officer = hands.staff("handler", "housing")
    project = put_on_the_board(hands)
    others(hands)
    late(hands, officer, project)
    on_the_spot(hands, officer, project)
    the_board(hands, project)


def plan(hands: Officers, first: str = "2026-02-01") -> dict[str, Any]:
    """A first plan: from the contract to production."""
    rows = (("签约", first, "2026-02-28"), ("进场", "2026-03-10", "2026-04-10"), ("投产", "2026-09-01", "2026-12-01"))
    return {"department": hands.body("housing"), "investment": 120_000_000_00, "stages": [{"stage": s, "planned_start": a, "planned_end": b} for s, a, b in rows],
            "tasks": [{"title": "拆除房屋", "department": hands.body("housing"), "due_on": "2026-03-08"}, {"title": "清运建渣", "department": hands.body("housing"), "due_on": "2026-03-12"}]}


def put_on_the_board(hands: Officers) -> int:
    """The first plan is the baseline."""
    project = hands.open(WHO, "project", "重庆路三期", owner="yj", room=ROOM, level=0)
    hands.step(WHO, project, "start", form=("plan", plan(hands)))
    return project


def others(hands: Officers) -> None:
    """Twenty-nine more projects with plans of their own; two of them will be late, one will be completed."""
    stage = hands.stage
    later = plan(hands)
    later["stages"] = [{"stage": "签约", "planned_start": "2026-06-01", "planned_end": "2026-07-01"}]
    made = hands.open_many(WHO, "project", [f"重点项目{n:02d}" for n in range(1, 30)], "plan", [plan(hands) if n in (1, 2, 3) else later for n in range(1, 30)], owner="yj", room=ROOM, move="start", level=0)
    stage.made["others"] = made
    with stage.acts(WHO):
        moves.make(Matter.objects.get(pk=made[0]), "progress", form=("progress", {"stage": "签约", "actual_start": "2026-02-13"}))
        moves.make(Matter.objects.get(pk=made[2]), "progress", form=("progress", {"stage": "签约", "actual_start": "2026-02-01", "actual_end": "2026-02-27"}))
        moves.make(Matter.objects.get(pk=made[2]), "finish")


def late(hands: Officers, officer: str, project: int) -> None:
    """The entry on site came five days after the plan said."""
    stage = hands.stage
    with stage.acts(officer):
        moves.make(Matter.objects.get(pk=project), "progress", form=("progress", {"stage": "签约", "actual_start": "2026-02-01"}))
    stage.at("2026-03-15 18:00")
    code = hands.refuses(officer, project, "progress", ("progress", {"stage": "进场", "planned_start": "2026-03-15", "actual_start": "2026-03-15"}))
    stage.check("基线不能由填报人自己填写", "The baseline cannot be entered by who reports", code == "computed_sent")
    stage.check("计划里没有的阶段报不进来", "A stage that the plan does not have cannot be reported", hands.refuses(officer, project, "progress", ("progress", {"stage": "封顶", "actual_start": "2026-03-15"})) == "guard_field")
    hands.step(officer, project, "progress", form=("progress", {"stage": "进场", "actual_start": "2026-03-15"}))
    stage.check("滞后五天由基线和实际算出", "Five days late, computed from the baseline and the day it began", hands.facts(WHO, "project.slip", project)[-1] == 5)


def on_the_spot(hands: Officers, officer: str, project: int) -> None:
    """Two bodies stand on the site: why five days, why not cleared? The head explains, and a new date is set."""
    stage = hands.stage
    stage.at("2026-03-18 10:00")
    photo = {"digest": "d7" * 16, "taken_at": "2026-03-18T10:05:00+08:00", "place": "三期现场"}
    hands.step(WHO, project, "visit", form=("site", {"visited_on": hands.day(), "bodies": [{"body": hands.body("yj")}, {"body": hands.body("yj-org")}], "photos": [photo],
                                                     "findings": [{"title": "房屋未拆除完毕"}, {"title": "建渣未清运"}]}))
    hands.step(WHO, project, "ask", form=("question", {"text": "为什么推后五天进场？建渣为什么还没清？", "asked_on": hands.day()}))
    with stage.acts(WHO):
        running = Clock.objects.get(matter_id=project, code="answer").state
    stage.check("问效未答复，时钟一直走着", "Until it is answered the clock of the question runs", hands.at(WHO, project) == ["asked"] and running == "running")
    hands.step(officer, project, "answer", form=("answer", {"reason": "连日降雨，拆除推迟。", "new_due": "2026-03-25", "answered_on": hands.day()}))
    hands.step(WHO, project, "revise", form=("revision", {"reason": "降雨顺延", "stages": [{"stage": "进场", "new_start": "2026-03-15", "new_end": "2026-04-15"}]}))
    stage.check("两个现场问题各成一项任务", "Each of the two findings is a task", len(hands.children(WHO, project, "decision_task")) == 2)
    stage.check("任务未完，项目不能报完工", "With tasks open the project cannot be reported completed", hands.refuses(WHO, project, "finish") == "guard_children")
    stage.check("改了计划，五天仍在", "After re-planning the five days stay", hands.figure(WHO, "slip_days", "2026-01-01", "2026-03-31") >= 5 and hands.facts(WHO, "project.slip", project)[-1] == 5)


def the_board(hands: Officers, project: int) -> None:
    """30 = 1 + 26 + 3, from dates."""
    stage = hands.stage
    with stage.acts(WHO):
        lines = projects.board()
        tally = {s: sum(1 for line in lines if line.state == s) for s in ("done", "on_time", "late")}
        mine = next(line for line in lines if line.matter.id == project)
    figures = [hands.figure(WHO, code, "2026-01-01", hands.day()) for code in ("projects", "projects_done", "projects_on_time", "projects_late")]
    stage.check("三十个项目：完工一个、按进度二十六个、滞后三个", "Thirty projects: one completed, twenty-six on schedule, three late", figures == [30, 1, 26, 3] and tally == {"done": 1, "on_time": 26, "late": 3})
    stage.check("重庆路三期在三个滞后项目之中，已经说明原因", "The project is among the three late ones, and explained", mine.state == "late" and mine.late == 5 and mine.explained)
    for code, zh, en in (("projects_done", "全面完工", "completed"), ("projects_on_time", "按进度推进", "on schedule"), ("projects_late", "进度滞后", "late")):
        stage.figure(zh, en, hands.figure(WHO, code, "2026-01-01", hands.day()), "个")
