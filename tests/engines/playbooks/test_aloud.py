"""A condition is read by people who do not compute: numbers, empties, orders of dates and alternatives in plain words."""
from __future__ import annotations

from typing import Any

import pytest

from xieli.content import content_path
from xieli.engines.playbooks import Guard, Playbook, load_all
from xieli.engines.playbooks.aloud import say_condition, say_guard

from .base import Content, name, spoiled


def playbook() -> Playbook:
    def more(content: Content) -> None:
        content["forms"]["intake"]["fields"] |= {
            "over": name("结束", "end", type="date"), "days": name("天数", "days", type="computed", computed={"how": "days_between", "of": ["day", "over"]}),
            "left": name("未完成", "not done", type="computed", computed={"how": "count", "of": ["first"]}),
        }

    return spoiled(more)


def row(test: str, **args: Any) -> Guard:
    return Guard(test, tuple(sorted((k.rstrip("_"), v) for k, v in args.items())))


def intake(field: str, **args: Any) -> Guard:
    return row("field", of=f"intake.{field}", **args)


@pytest.mark.parametrize(("condition", "zh", "en"), [
    ([[intake("days", lt=0)], [intake("days", absent=True)]], "“登记”中“结束”早于“日期”；或者“天数”尚未算出", "in “intake”, “end” is before “day”; or “days” is not worked out yet"),
    ([[intake("days", ge=0)]], "“登记”中“结束”不早于“日期”", "in “intake”, “end” is not before “day”"),
    ([[intake("days", gt=366)]], "“登记”中“天数”大于 366", "in “intake”, “days” is above 366"),
    ([[intake("left", lt=1)]], "“登记”中“未完成”为 0", "in “intake”, “not done” is 0"),
    ([[intake("left", ge=1)], [intake("left", absent=True)]], "“登记”中“未完成”至少为 1，或尚未算出", "in “intake”, “not done” is at least 1 or not worked out yet"),
    ([[intake("total", ge=60), intake("total", lt=80)]], "“登记”中“合计”至少为 60，且小于 80", "in “intake”, “total” is at least 60 and below 80"),
    ([[intake("way", in_=("ask", "act")), intake("urgent", is_=True)]], "“登记”中“方式”为“征询”或“办理”；“紧急”为“是”", "in “intake”, “way” is “ask” or “act”; “urgent” is “yes”"),
    ([[row("field", of="note.text", absent=True)]], "“说明”中“内容”未填", "in “note”, “text” is not filled in"),
    ([[intake("urgent", is_=True), intake("left", lt=1)], [intake("urgent", is_=True), intake("left", ge=1), row("field", of="note.text", present=True)]],
     "“登记”中“紧急”为“是”；并且有其一：“未完成”为 0；或者“未完成”至少为 1，且“说明”中“内容”已填",
     "in “intake”, “urgent” is “yes”; and either “not done” is 0; or “not done” is at least 1 and in “note”, “text” is filled in"),
    ([[row("body", party="owner", attribute="rank", in_=("province", "national"))]], "“主办机构”的级别为“省级”或“国家级”", "the rank of “lead body” is “provincial” or “national”"),
    ([[row("body", party="owner", attribute="area", is_="townships")]], "“主办机构”的片区类别为“乡镇协作片区”", "the kind of area of “lead body” is “area of towns”"),
    ([[row("subject", attribute="party_member", is_=True)], [row("subject", attribute="own_head", is_=False)]], "对象是党员；或者对象不是本机关主要负责人", "the subject is a party member; or the subject is not the head of this body"),
    ([[row("times", move="begin", fewer_than=1)]], "尚未办过“提请”", "“submit” has not been done before"),
    ([[row("relation", of="partner", to="owner", is_="different")]], "“协作方”不是“主办机构”", "“partner” is not “lead body”"),
])
def test_a_condition_reads_like_a_sentence(condition: list[list[Guard]], zh: str, en: str) -> None:
    one, asked = playbook(), tuple(tuple(group) for group in condition)
    assert say_condition(one, asked, "zh") == zh
    assert say_condition(one, asked, "en") == en


def test_a_stage_and_an_outcome_of_another_kind_are_named_as_that_kind_names_them() -> None:
    above = spoiled(lambda c: c["stages"]["choose"].update(zh="立案审批", en="filing to be approved"))
    passed, last = row("parent", kind="above", passed="choose"), row("children", kind="above", are="last", outcome="done")
    assert say_guard(playbook(), passed, "en", {"above": above}) == "the parent matter has passed “filing to be approved”"
    assert say_guard(playbook(), last, "zh", {"above": above}) == "最近一件“样例”的结果为“办结”"


def test_no_sentence_of_a_shipped_playbook_shows_a_sign_of_comparison_or_a_code() -> None:
    known = load_all({entry.name: entry.read_bytes() for entry in content_path("playbooks").iterdir() if entry.name.endswith(".yaml")})
    told = [say_condition(p, c, language, known) for p in known.values() for language in ("zh", "en") for c in (*(m.when for m in p.moves.values()), *(chain.when for a in p.approvals.values() for chain in a.chains)) if c]
    assert len(told) > 400
    assert [t for t in told if any(sign in t for sign in "<>≤≥_{}")] == []
    assert [t for t in told if "“owner”" in t] == []
