"""SC-24 环境问题 251/231: two departments share what they found at the monthly briefing; a problem that both found counts once; what is
not put right stays on the list with its age."""
from __future__ import annotations

from collections import Counter

from xieli.office.demo.officers import Officers
from xieli.office.demo.theatre import Theatre
from xieli.office.field import sweeps
from xieli.office.matters.services import moves
from xieli.office.matters.tables.core import Matter

STORY = ("SC-24", "环境风险：发现、完成、未完成", "Environment: found, done, still open")
BEGINS = "2026-03-02 09:00"
WHO, ROOM = "yj-handler", "yj/supervision3"
FOUND, BOTH, OPEN = 251, 4, 20  # distinct problems, of which so many were found by both, and so many stay open


def play(stage: Theatre) -> None:
    """Two lists, one total."""
    stage.start_at(BEGINS)
    hands = Officers(stage)
    names = [f"风险点{n:03d}" for n in range(1, FOUND + 1)]
    half = FOUND // 2
    mine = {"housing": names[:half + BOTH], "agri": names[half:]}  # four problems stand on both lists
    found: dict[str, int] = {}
    for body, days in (("housing", "2026-03-02 10:00"), ("agri", "2026-03-10 10:00")):
        stage.at(days)
        found[body] = share(hands, body, mine[body])
    with stage.acts(WHO):
        distinct = len(sweeps.open_items(*found.values()))
    stage.check("两家都发现的同一问题只计一次", "A problem that both found counts once", distinct == FOUND and sum(len(m) for m in mine.values()) == FOUND + BOTH)
    done = names[OPEN:]
    stage.at("2026-05-11 10:00")
    for body, matter in found.items():
        put_right(hands, matter, [n for n in mine[body] if n in set(done) and (body == "agri" or n not in mine["agri"])])
    with stage.acts(WHO):
        left = sweeps.open_items(*found.values())
    fixed = len(set(hands.facts(WHO, "sweep.item_done", *found.values())))
    stage.check("发现 251 个，完成 231 个", "251 found, 231 put right", (distinct, fixed) == (FOUND, FOUND - OPEN))
    stage.check("未完成 20 个逐项列出，附天数", "The 20 still open are listed, each with its age", len(left) == OPEN and Counter(o.days for o in left) == {70: OPEN})
    stage.check("还有未完成的，排查不能结束", "A list with open problems does not end", hands.refuses(WHO, found["housing"], "close", ("done", {"rows": []})) == "guard_field" and {o.object for o in left} == set(names[:OPEN]))
    stage.check("没有查到的对象，不能全部查到", "What was not reached cannot be called reached", unreached(hands) == "guard_field")
    stage.figure("发现", "found", distinct, "个")
    stage.figure("完成整改", "put right", fixed, "个")
    stage.figure("完成占比", "share put right", fixed * 100 / distinct, "%")


def share(hands: Officers, body: str, names: list[str]) -> int:
    """A department's list, every problem with its day."""
    matter = hands.open(WHO, "sweep", f"环境风险排查 {hands.stage.world_name(body)}", owner="yj", room=ROOM, level=0)
    day = hands.day()
    with hands.stage.acts(WHO):
        row = Matter.objects.get(pk=matter)
        moves.make(row, "start", form=("register", {"kind": "risk", "rule": "对照环保清单", "rows": [{"object": n, "department": hands.body(body)} for n in names]}))
        moves.make(row, "covered", form=("found", {"rows": [{"object": n, "checked_on": day, "listed": 0, "actual": 0, "problem": "环境风险"} for n in names]}))
        moves.make(row, "route", form=("problems", {"rows": []}))
    return matter


def put_right(hands: Officers, matter: int, names: list[str]) -> None:
    """The problems of one list that were put right, each with its proof."""
    hands.step(WHO, matter, "item_done", form=("done", {"rows": [{"object": n, "done_on": hands.day(), "proof": "现场照片和监测报告"} for n in names]}))


def unreached(hands: Officers) -> str:
    """A list with one object that nobody went to."""
    matter = hands.open(WHO, "sweep", "漏查的一个", owner="yj", room=ROOM, level=0)
    hands.step(WHO, matter, "start", form=("register", {"kind": "risk", "rule": "对照环保清单", "rows": [{"object": o, "department": hands.body("agri")} for o in ("甲", "乙")]}))
    return hands.refuses(WHO, matter, "covered", ("found", {"rows": [{"object": "甲", "checked_on": hands.day(), "listed": 0, "actual": 0}]}))
