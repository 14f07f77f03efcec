"""SC-30 央单位均衡: three districts carry too much; eleven share the central city's units by four criteria, others by seat; the effect is measured."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from xieli.office.allocation import demo, divisions
from xieli.office.allocation.models import PlanVersion
from xieli.office.bodies.models import Body
from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import handover, leads
from xieli.office.matters.tables.core import Matter

STORY = ("SC-30", "从局部承压到全域均衡", "From pressure in places to balance everywhere")
BEGINS = "2026-01-05 09:00"
CHIEF, HEAD = "chief3", "yj-head"


def play(stage: Theatre) -> None:
    """Survey, division, adoption by two, and the same measure afterwards."""
    stage.start_at(BEGINS)
    stage.made["units"] = demo.load(stage.admin)
    before = survey(stage)
    version = divide(stage)
    afterwards(stage, version)
    seat_moves(stage)
    stage.made["before"] = before


def lead_about(stage: Theatre, unit: int, body: Body, number: int) -> int:
    """A lead about someone of a unit, registered by the body that helps there."""
    with stage.acts(stage.holder(f"room_head@{body.code}/supervision1")):
        return int(leads.register(leads.NewMatter("lead", f"反映央单位人员问题 {number}", body.id, stage.room(f"{body.code}/supervision1"), (leads.Subject(f"某{number}", unit_body=unit, post="职员"),), source="petition")).id)


def released(stage: Theatre) -> None:
    """The weekly release, by its own role."""
    stage.admin.execute("select access.release_loads()")


def central_units(stage: Theatre) -> list[tuple[int, str]]:
    """The units of the central city with the division of their seat."""
    return [(int(i), str(d)) for i, d in stage.admin.execute("select body_id, division_code from body_place where central and headcount > 0 order by body_id").fetchall()]


def survey(stage: Theatre) -> dict[int, Body]:
    """Before: every unit goes by its seat, and three seats carry most of it."""
    with stage.acts(CHIEF):
        by_seat = {b.division_code: b for b in Body.objects.filter(kind="commission", rank="county")}
        owners = {unit: by_seat[seat] for unit, seat in central_units(stage)}
    for n, (unit, body) in enumerate(owners.items()):
        lead_about(stage, unit, body, n)
    stage.at("2026-01-20 09:00")
    released(stage)
    with stage.acts(CHIEF):
        span = divisions._span(divisions.now() - timedelta(days=30), divisions.now() + timedelta(minutes=1))
        crowded = {Body.objects.get(code=c).id for c in demo.CROWDED}
        stage.check("三个区被标为承压", "Three districts are marked as under pressure", crowded <= set(span.pressed))
        stage.figure("划分前 人均负荷最高/平均", "before: load per officer, highest to mean", span.max_to_mean or 0.0, "×")
    stage.made["pressure"] = span.max_to_mean
    return owners


def divide(stage: Theatre) -> PlanVersion:
    """Four criteria, hard bands, locks kept; a plan that passes its check, put forward by one and adopted by another."""
    with stage.acts(CHIEF):
        problem = divisions.problem_from_records()
        # where the survey found everyone is the distribution by seat: one lock of a pair that the districts asked to keep
        unit = next(str(u["id"]) for u in problem["units"] if u["central"])
        keep = str(Body.objects.get(code="datan").id)
        problem = divisions.with_changes(problem, locks=[(unit, keep, "既有协作")])
    run = demo.plan_now(stage, CHIEF, "yj", "zones", problem, title="央地协作片区 2026")
    plan = run.result
    inside = [str(u["id"]) for u in problem["units"] if u["central"]]
    central = {str(b["id"]) for b in problem["bodies"] if b["central"]}
    stage.check("每家央单位恰归十一个区之一", "Each central unit has exactly one of the eleven districts", len(central) == 11 and all(str(plan["assign"][u]) in central for u in inside))
    stage.check("负荷差小于按属地", "The spread of load is smaller than by seat", plan["after"]["max_ratio"] < plan["before"]["max_ratio"])
    stage.figure("负荷之比最高（前）", "highest ratio before", plan["before"]["max_ratio"], "×")
    stage.figure("负荷之比最高（后）", "highest ratio after", plan["after"]["max_ratio"], "×")
    stage.check("锁定的保留", "The lock is kept", str(plan["assign"][unit]) == keep)
    outer = [u for u in problem["units"] if not u["central"]]
    stage.check("中心城区以外恰归所在地", "Outside the central city exactly the seat", bool(outer) and all(str(plan["assign"][str(u["id"])]) == str(u["home"]) for u in outer))
    again = demo.plan_now(stage, CHIEF, "yj", "zones", problem, title="再算一次")
    stage.check("重算结果一致", "Run again, the result is the same", again.result["record"]["result_sha256"] == plan["record"]["result_sha256"])
    stage.check("独立核验通过", "The independent check passed", run.verdict == [])
    with stage.acts(CHIEF):
        version = divisions.propose(run, reason="三个区承压，按地域、体量、行业、案件数量均衡", valid_from=divisions.today() + timedelta(days=5))
        code = stage.refused(lambda: divisions.adopt(version))
        stage.check("一个人不能使新版本生效", "No new version without a second person", code != "" and divisions.in_force(version.body_id, "central_units", version.valid_from) is None)
    with stage.acts(HEAD):
        number = divisions.adopt(version)
        stage.check("由第二人通过，写明规则和起始日", "Adopted by a second person, with its rule and first day", number == 1 and "±" in version.rule_zh)
    return version


def afterwards(stage: Theatre, version: PlanVersion) -> None:
    """Old matters stay; new ones come to whoever helps now; the board shows both, with how much each figure rests on."""
    rows = stage.admin.execute("select m.id, m.owner_body_id from matter m where m.kind = 'lead' order by m.id").fetchall()
    day = version.valid_from
    stage.at(f"{day.isoformat()} 09:00")
    stage.check("已有事项留在原处", "Old matters stay where they are", stage.admin.execute("select m.id, m.owner_body_id from matter m where m.kind = 'lead' order by m.id").fetchall() == rows)
    with stage.acts(CHIEF):
        answers = {unit: divisions.whose(Body.objects.get(pk=unit), divisions.today()) for unit, _seat in central_units(stage)}
        stage.check("生效日起，每家央单位按片区", "From that day every central unit goes by its area", all(w.rule == "area" and w.body is not None for w in answers.values()))
    for n, (unit, w) in enumerate(answers.items(), 100):
        assert w.body is not None
        lead_about(stage, unit, w.body, n)
    stage.at(f"{(day + timedelta(days=30)).isoformat()} 09:00")
    released(stage)
    stage.at(f"{(day + timedelta(days=31)).isoformat()} 09:00")
    hand_overs(stage)
    with stage.acts(CHIEF):
        earlier, later = divisions.effect(version)
        stage.figure("划分后 人均负荷最高/平均", "after: load per officer, highest to mean", later.max_to_mean or 0.0, "×")
        stage.check("前后都在板上，最高/平均下降", "Both are on the board, and highest to mean falls", earlier.max_to_mean is not None and later.max_to_mean is not None and later.max_to_mean < earlier.max_to_mean and min(earlier.weeks, later.weeks) >= 1)
        stage.check("受理用时附样本数，不足五件不显示", "Hours to acceptance come with the sample; below five they are not shown", later.answers == 6 and later.hours is not None and earlier.answers == 0 and earlier.hours is None)
        stage.figure("移送到受理中位小时（后）", "median hours to acceptance, after", later.hours or 0.0, "h")


def hand_overs(stage: Theatre) -> None:
    """Six leads of resident organs, each accepted within hours."""
    hands = Hands(stage)
    for n in range(6):
        with stage.acts("icb-officer"):
            lead = leads.register(leads.NewMatter("lead", f"支行问题线索 {n}", stage.body("icb-dc"), None, (leads.Subject(f"支某{n}", unit_body=stage.body("icb"), post="主管"),), source="supervision"))
            parcel = handover.send(Matter.objects.get(pk=lead.id), stage.body("datan"), reason="片区协作，涉嫌职务违法").id
        hands.minutes(60 * (n + 1))
        hands.receive(hands.staff("case_duty", "datan/case"), parcel, "accepted", room=stage.room("datan/supervision1"))


def seat_moves(stage: Theatre) -> None:
    """S0-44: a unit that moves its seat changes the answer from that day only."""
    unit = stage.admin.execute("select body_id from body_place where not central and headcount > 0 order by body_id limit 1").fetchone()[0]  # type: ignore[index]
    zhongyue: Any = stage.admin.execute("select division_code from body where code = 'zhongyue'").fetchone()
    with stage.acts(CHIEF):
        day = divisions.today()
        old = divisions.whose(Body.objects.get(pk=unit), day)
    stage.admin.execute("update body_place set valid_to = %s where body_id = %s", [day + timedelta(days=3), unit])
    stage.admin.execute("insert into body_place (body_id, x_km, y_km, division_code, central, headcount, valid_from) values (%s, 0, 0, %s, false, 100, %s)", [unit, zhongyue[0], day + timedelta(days=3)])
    with stage.acts(CHIEF):
        row = Body.objects.get(pk=unit)
        stage.check("迁址的单位只从迁址日起换属地", "A unit that moves changes its seat's body from that day only",
                    divisions.whose(row, day + timedelta(days=2)).body == old.body and divisions.whose(row, day + timedelta(days=3)).body == Body.objects.get(code="zhongyue"))
