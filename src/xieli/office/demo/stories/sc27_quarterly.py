"""SC-27 每季度七县督查: seven groups with two heads, seven counties, four quarters: twenty-eight checks, and a gap that is red."""
from __future__ import annotations

import copy
from typing import Any

from xieli.engines.allocation import BadInput, check_people, examples, run
from xieli.office.allocation import demo, divisions
from xieli.office.allocation.models import PlanRun
from xieli.office.demo.theatre import Theatre

STORY = ("SC-27", "每季度七县督查", "Quarterly checks, seven by seven")
BEGINS = "2026-01-05 09:00"
CHIEF, HEAD = "chief3", "yj-head"
COUNTIES = ("wuchuan", "changling", "fuyuan", "zhongyue", "yuntai", "fengyang", "dianyuan")


def problem(stage: Theatre) -> dict[str, Any]:
    """Groups led by a contact room and a dispatched unit together; each keeps away from one county where a head is at home."""
    names = {code: stage.world_name(code) for code in COUNTIES}
    return {"groups": [{"id": f"第{n + 1}督查组", "heads": [f"联系室负责人{n + 1}", f"派驻组负责人{n + 1}"], "barred": [names[COUNTIES[n]]]} for n in range(7)],
            "counties": [names[c] for c in COUNTIES], "quarters": 4, "gap": 4}


def play(stage: Theatre) -> None:
    """A rota for the year, checked, adopted by two; then what is missing is seen."""
    stage.start_at(BEGINS)
    data = problem(stage)
    made = demo.plan_now(stage, CHIEF, "yj", "rota", data, title="年度督查轮值")
    rows = made.result["rows"]
    stage.check("全年恰好 28 次督查", "Twenty-eight checks in the year", len(rows) == 28)
    stage.figure("全年督查", "checks a year", len(rows), "次")
    stage.check("每季度七县全覆盖，每县一组", "Every quarter all seven counties, one group each", all(sorted(r["county"] for r in rows if r["quarter"] == q) == sorted(data["counties"]) for q in range(1, 5)))
    stage.check("没有一组去组长须回避的县", "No group goes where one of its heads is barred", not any(r["county"] in g["barred"] for g in data["groups"] for r in rows if r["group"] == g["id"]))
    stage.check("一年内没有一组重复去同一县", "No group sees the same county twice in the year", len({(r["group"], r["county"]) for r in rows}) == 28)
    stage.check("独立核验通过，已证明最均匀", "The independent check passed, proven to be the most even", made.verdict == [] and made.result["proven"])
    refused = demo.plan_now(stage, CHIEF, "yj", "rota", one_head(data), title="缺一名组长")
    stage.check("缺一名组长的组不成立，写明是哪一组", "A group with one head is not valid, and is named", refused.state == "refused" and refused.result["refused"]["rule"] == "two-heads" and "第3督查组" in refused.result["refused"]["records"])
    gaps(stage, data, made)
    chairs(stage)


def one_head(data: dict[str, Any]) -> dict[str, Any]:
    """The same plan with a group that lost a head."""
    out = copy.deepcopy(data)
    out["groups"][2]["heads"] = ["联系室负责人3"]
    return out


def gaps(stage: Theatre, data: dict[str, Any], made: PlanRun) -> None:
    """A check that is missing is red in the list; the rota is adopted by a second person."""
    short = {**made.result, "rows": made.result["rows"][1:]}
    stage.check("缺的县和季度被指出", "A missing county and quarter is pointed out", bool(check_people.rota(data, short)))
    with stage.acts(CHIEF):
        version = divisions.propose(made, reason="年度常态化全覆盖督查", valid_from=divisions.today())
        stage.check("提出人不能自己通过", "Who put it forward cannot adopt it", stage.refused(lambda: divisions.adopt(version)) != "")
    with stage.acts(HEAD):
        stage.check("由第二人通过", "A second person adopts it", divisions.adopt(version) == 1 and divisions.in_force(version.body_id, "inspection", version.valid_from) is not None)


def chairs(stage: Theatre) -> None:
    """The chairs of the joint meetings, with known absences, alternate between the two sides."""
    data = examples.chairs()
    rows = run("rota", data)["rows"]
    side = {m["id"]: m["side"] for m in data["members"]}
    away = {(m["id"], t) for m in data["members"] for t in m["absent"]}
    stage.check("会议主持两方轮流，缺席者不排", "Chairs alternate between the sides, nobody chairs while absent", [side[r["chair"]] for r in rows] == ["A", "B"] * 6 and not any((r["chair"], r["meeting"]) in away for r in rows))
    try:
        run("rota", {**data, "members": [*data["members"], data["members"][0]]})
        twice = ""
    except BadInput as refused:
        twice = refused.rule
    stage.check("成员重复即拒绝", "A member listed twice is refused", twice == "duplicate-id")
