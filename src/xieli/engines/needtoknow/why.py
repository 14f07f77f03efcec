"""Why someone sees a matter, or does not: the lines of the page “who may see this”, in Chinese and English."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xieli.engines.needtoknow.grants import KINDS
from xieli.engines.needtoknow.model import Matter, Session, World, holds
from xieli.engines.needtoknow.rule import session_ok, standing


@dataclass(frozen=True)
class Reason:
    """One line: its code, whether it opens or bars, and the sentence in both languages."""

    code: str
    opens: bool
    zh: str
    en: str


def why(world: World, session: Session, matter: Matter, t: datetime, act: str = "read") -> list[Reason]:
    """Every reason for the rule's answer: all that bars; if nothing bars, every grant that opens. Shown only to who sees the matter."""
    person = world.persons.get(session.person)
    if person is None or not person.active:
        return [Reason("inactive", False, "账号已停用", "the account is disabled")]
    if not session_ok(session, t):
        return [Reason("session", False, "会话已结束", "the session has ended")]
    who = standing(world, session, t)
    bars: list[Reason] = []
    if not who.principals:
        bars.append(Reason("posting", False, "此刻没有已确认的任职", "no confirmed posting is in force"))
    for r in world.recusals:
        if r.matter == matter.id and r.state == "in_force" and r.principal in who.recusable and holds(r.start, r.end, t):
            whose = ("本人", "himself") if r.principal == session.person else ("其所在机构", "a body he serves in")
            bars.append(Reason("recused", False, f"已回避（{whose[0]}，事由 {r.ground}），优先于一切授权", f"recused ({whose[1]}, ground {r.ground}); this wins over every grant"))
    if matter.level > who.level:
        bars.append(Reason("level", False, f"事项密级 {matter.level} 高于可阅密级 {who.level}", f"the matter's level {matter.level} is above his clearance {who.level}"))
    missing = sorted(matter.comps - who.comps)
    if missing:
        bars.append(Reason("compartment", False, f"不在隔离组 {missing}", f"not in the compartments {missing}"))
    live = [g for g in world.grants if g.matter == matter.id and g.principal in who.principals and g.in_force(t)]
    if not any("read" in g.acts for g in live):
        bars.append(Reason("grant", False, "没有有效的知悉授权", "no grant to read is in force"))
    elif not any(act in g.acts for g in live):
        bars.append(Reason("act", False, f"授权不含“{act}”", f"no grant in force carries “{act}”"))
    if bars:
        return bars
    return [
        Reason(g.kind, True, f"{KINDS[g.kind].zh}：{_day(world, g.start)} 至 {_day(world, g.end)}，依据 {g.basis}",
               f"{KINDS[g.kind].en}, {_day(world, g.start)} to {_day(world, g.end)}, basis {g.basis}")
        for g in live if act in g.acts or "read" in g.acts
    ]


def _day(world: World, t: datetime) -> str:
    return world.day(t).isoformat()
