"""SC-10 靶向信息包: four rooms fill 398 items about 102 units for the named head of the group; what is unfit for paper is told face to face."""
from __future__ import annotations

from datetime import date
from typing import Any

from xieli.engines.metrics import Period
from xieli.office.access.models import Grant
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import inspection as ins
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import grants, leads, moves
from xieli.office.matters.services.forms import filled
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import FormSubmission
from xieli.office.reports import services as reports

STORY = ("SC-10", "靶向信息包", "A package with a target")
BEGINS = "2026-03-02 09:00"
ITEMS, UNITS, ORAL = 398, 102, 6
ROOM = "yj-handler"
TERM = Period(date(2026, 1, 1), date(2026, 12, 31))


def play(stage: Theatre) -> None:
    """Request, four blocks, approval, the head reads, the rest is told by mouth, the round ends."""
    stage.start_at(BEGINS)
    ins.post(stage, ins.MEMBER, "yj-ins")
    ins.post(stage, "yj-keeper", "yj", "yj/conduct")
    hands = Hands(stage)
    matter = ins.open_round(stage, "五届第九轮", ins.plan_of(stage, "yj", "五届第九轮", "国企", [{"unit": "渝江交投", "included": True}]))
    ins.form_group(stage, matter)
    package = ask(stage, matter)
    fill(stage, package)
    stage.check("批准之前，点名的组长也打不开", "Before the approval even the named head cannot open it", not stage.sees(ins.HEAD, package))
    code = hands.refused(ROOM, lambda: moves.make(Matter.objects.get(pk=package), "deliver"))
    stage.check("未经批准，信息包不能提供", "Without approval the package does not go out", code == "not_approved")
    hands.approved(ROOM, package, "disclose", "yj-deputy", "yj-head")
    hands.step(ROOM, package, "deliver")
    stage.check("点名的组长打得开，同组成员打不开，巡察办其他人也打不开", "The named head opens it; a member of the same group does not, nor does anybody else of the office",
                stage.sees(ins.HEAD, package) and not stage.sees(ins.MEMBER, package) and not stage.sees(ins.OFFICE, package))
    with stage.acts(ins.HEAD):
        grant = Grant.objects.get(matter_id=package, principal=stage.person(ins.HEAD), revoked_at=None)
        stage.check("不能转送、不能导出，到期自动失效", "It is not passed on nor exported, and it expires by itself", not {"grant", "export", "handover"} & set(grant.acts) and grant.ends_at.date() <= date(2026, 6, 3))
    hands.step(ins.HEAD, package, "read", form=("read", {"read_at": "2026-03-02T10:00:00+08:00"}))
    by_mouth(stage, package)
    with stage.acts(ROOM):
        items, units = (reports.figure(code, TERM).number for code in ("focus_items", "focus_units"))
        told = reports.figure("oral_briefings", TERM).number
    stage.check("由记录算出：398 条、102 个单位", "Counted from records: 398 items, 102 units", (items, units) == (ITEMS, UNITS))
    stage.check("面对面通报计入总数，没有内容", "What was told face to face counts, without its content", told == ORAL)
    stage.figure("重点关注信息", "focus items", float(items or 0), "条")
    stage.figure("涉及单位", "units concerned", float(units or 0), "个")
    hands.step(ROOM, package, "end")
    stage.check("轮次结束，信息包失效", "With the round the package ends", not stage.sees(ins.HEAD, package))


def ask(stage: Theatre, matter: int) -> int:
    """The office says what it needs; the duty officer gives the package to the contact room."""
    hands = Hands(stage)
    hands.step(ins.OFFICE, matter, "ask_package", form=("target", {"reader_body": str(stage.body("yj-ins")), "reader": str(stage.person(ins.HEAD)), "round": "五届第九轮",
                                                                  "needs": "投资决策、招采、选人用人", "due_on": "2026-03-09"}))
    (package,) = ins.derived(stage, ins.DUTY, matter, "package_before_inspection")
    with stage.acts(ins.DUTY):
        grants.give(package, stage.room("yj/supervision3"), kind="handler", acts=["read", "write", "grant", "note"], ends_at=None, basis="联系室牵头", reason="")
    with stage.acts(ROOM):
        request = filled(Matter.objects.get(pk=package), "request")
        leads.ensure_begun(Matter.objects.get(pk=package))
    stage.check("靶向需求随请求到达，不用再抄一遍", "What the group needs arrives with the request and is not typed again", request["needs"] == "投资决策、招采、选人用人")
    hands.step(ROOM, package, "ask", form=("request", request))
    return package


def rows(first: int, count: int, *, oral: int = 0) -> list[dict[str, Any]]:
    """Items as a room writes them; the oral-only ones have no text."""
    made = []
    for n in range(first, first + count):
        row = {"unit": f"渝江某单位{n % UNITS + 1}", "source_grade": "verified", "topic": "招采" if n % 2 else "选人用人"}
        made.append({**row, "grade": "oral_only", "decided_by": "秦立新"} if n < first + oral else {**row, "grade": "written", "text": "同类问题两年内重复出现"})
    return made


def fill(stage: Theatre, package: int) -> None:
    """Each room its own block; none may fill another's; a report found untrue enters only as cleared."""
    hands = Hands(stage)
    hands.step(ROOM, package, "lead_filled", form=("lead_block", {"items": rows(0, 99, oral=ORAL)}))
    code = hands.refused("yj-petitions", lambda: moves.make(Matter.objects.get(pk=package), "case_filled", form=("case_block", {"items": rows(0, 1)})))
    stage.check("一个室不能替另一个室填报", "One room does not fill another's block", bool(code))
    hands.step("yj-clerk", package, "case_filled", form=("case_block", {"items": rows(99, 100)}))
    bad = {**rows(0, 1)[0], "grade": "unfounded_cleared", "cleared_on": "2026-01-10", "text": "原反映内容"}
    code = hands.refused("yj-petitions", lambda: moves.make(Matter.objects.get(pk=package), "petition_filled", form=("petition_block", {"items": [bad]})))
    stage.check("查否的反映只写“已核查、查否、何日澄清”，内容写不进去", "An unfounded report enters only as cleared; its content has no place", code == "must_be_empty")
    hands.step("yj-petitions", package, "petition_filled", form=("petition_block", {"items": rows(199, 99)}))
    cover = {"risk_profile": "投资大、关联交易多", "no_source": True}
    code = hands.refused(ROOM, lambda: moves.make(Matter.objects.get(pk=package), "submit", form=("cover", cover)))
    stage.check("还缺党风室一块，信息包不能报批", "With the conduct room's block missing it does not go on", bool(code))
    hands.step("yj-keeper", package, "conduct_filled", form=("conduct_block", {"items": rows(298, 100)}))
    hands.step(ROOM, package, "submit", form=("cover", cover))


def by_mouth(stage: Theatre, package: int) -> None:
    """Oral-only items: that it was told, to whom, when, of which class. Never what."""
    hands = Hands(stage)
    code = hands.refused(ROOM, lambda: moves.make(Matter.objects.get(pk=package), "end"))
    stage.check("只口头的还没通报，信息包不能了结", "While an oral-only item is untold the package is not done", bool(code))
    told = {"topic": "选人用人", "told_to": str(stage.person(ins.HEAD)), "told_at": "2026-03-02T15:00:00+08:00", "told_by": "秦立新"}
    hands.step(ROOM, package, "brief", form=("briefing", {"rows": [told] * ORAL}))
    with stage.acts(ROOM):
        kept = FormSubmission.objects.filter(matter_id=package, form__in=["lead_block", "briefing"])
        stage.check("只口头的内容在系统里一个字都没有", "Not a word of an oral-only item is kept", all("text" not in row for form in kept for row in form.data.get("items", form.data.get("rows", []))
                                                                                     if row.get("grade") == "oral_only" or "told_to" in row))
