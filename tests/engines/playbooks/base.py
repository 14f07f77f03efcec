"""A small sound playbook that uses every construct, as plain data, so that a test can spoil exactly one thing."""
from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from xieli.engines.playbooks import Context, Playbook, load

Content = dict[str, Any]


def name(zh: str, en: str, **more: Any) -> Content:
    return {"zh": zh, "en": en, **more}


RULES = {"xx.law.read": True, "xx.law.heard": False}
EXTENSIONS = {"xx.law.read": frozenset({"first"}), "xx.law.heard": frozenset()}

BASE: Content = {
    "format": 1, "kind": name("样例", "sample", code="sample"), "version": 1, "about": name("用于测试的流程", "a playbook for tests"),
    "basis": ["xx.law.read"], "unverified": ["xx.law.heard"],
    "parties": {"partner": name("协作方", "partner", many=True)},
    "roles": {
        "clerk": name("经办人", "clerk", of="owner"), "head": name("负责人", "head", of="owner"),
        "worker": name("协作人员", "worker", of="partner"), "officer": name("执行人员", "officer", of="owner", people=2, standing=True),
    },
    "compositions": {"team": name("专班", "team", source="ours", slots={"lead": name("组长", "leader", count={"least": 1, "most": 1}), "rest": name("成员", "members", count={"least": 2}, role="officer")})},
    "level": {"default": "confidential", "floor": "internal"},
    "recusal": {"sensitivity": "normal", "roles": ["officer"]},
    "series": {"no": name("编号", "number", pattern="样〔{year}〕{n}", per="body")},
    "forms": {
        "intake": name("登记", "intake", fields={
            "way": name("方式", "way", type="choice", required=True, options={"ask": name("征询", "ask"), "act": name("办理", "act")}),
            "amount": name("金额", "amount", type="integer", required=True, least=0, most=100),
            "urgent": name("紧急", "urgent", type="boolean", required=True),
            "first": name("一", "first", type="integer", required=True, least=0, most=100), "second": name("二", "second", type="integer", required=True, least=0, most=100),
            "total": name("合计", "total", type="computed", computed={"how": "weighted", "of": ["first", "second"], "weights": [50, 50]}, fact={"code": "sample.total", "date": "day"}),
            "day": name("日期", "day", type="date", required=True),
        }),
        "answer": name("答复", "answer", per="partner", fields={"good": name("可行", "good", type="boolean", required=True)}),
        "note": name("说明", "note", fields={"text": name("内容", "text", type="longtext", required=True)}),
    },
    "clocks": {
        "law": name("法定期限", "legal term", rule="xx.law.read", starts_on=["enter:choose"], stops_on=["leave:choose", "close"], starts_at="intake.day", warn_at=[{"amount": 3, "unit": "day"}], on_expiry="escalate", alarm=["head"]),
        "ours": name("约定期限", "agreed term", local={"amount": 5, "unit": "working_day"}, source="ours", starts_on=["enter:fan"], stops_on=["enter:asked"], on_expiry="warn"),
        "hold": name("人身期限", "custody", rule="xx.law.read", starts_on=["enter:held"], stops_on=["leave:held"], on_expiry="must_release", alarm=["superior_head"]),
    },
    "documents": {"letter": name("函", "letter", series="no", receipt=True)},
    "products": {"report": name("报告", "report", form="note")},
    "outcomes": {"done": name("办结", "done", unit="matter")},
    "messages": {"hello": name("通知", "notice")},
    "approvals": {
        "go": name("审批", "approval", **{"class": "measure"}, proposer="clerk", basis=["xx.law.read"], chains=[
            {"when": [[{"subject": {"attribute": "own_head", "is": True}}]], "steps": [{"office": "superior_head", "level": "next_up"}]},
            {"steps": [{"office": "head", "level": "own"}]}]),
        "longer": name("延长审批", "approval to extend", **{"class": "measure"}, proposer="clerk", source="ours", after=["go"], chains=[{"steps": [{"office": "head", "level": "own"}]}]),
    },
    "feedback": {"tell": name("反馈", "feedback", to="sender", first={"amount": 6, "unit": "month"}, then={"amount": 6, "unit": "month"}, waivable=True, source="ours")},
    "separation": {"two": name("提办分离", "two persons", first=["begin"], second=["choose"], basis=["xx.law.heard"])},
    "prior": {"fresh": name("原办人员不得参与", "no earlier handler", kind="sample", was=["clerk"], role="officer", source="ours")},
    "stages": {
        "intake": name("登记", "register", kind="task", start=True, roles=["clerk"], form="intake", no_limit=name("当日", "same day")),
        "choose": name("决定方式", "choose", kind="decision", roles=["head"], decides="intake.way", clock="law", outcomes={"ask": name("征询", "ask"), "act": name("办理", "act")}),
        "fan": name("分送", "to each", kind="split", per="partner"),
        "reply": name("各方答复", "each replies", kind="task", roles=["worker"], form="answer", clock="ours"),
        "asked": name("答复齐", "all replied", kind="join", joins="fan"),
        "weigh": name("综合", "weigh", kind="task", roles=["head"], no_limit=name("当日", "same day")),
        "both": name("两路", "two tracks", kind="split"),
        "papers": name("备文", "papers", kind="task", roles=["clerk"], form="note", products=["report"], no_limit=name("当日", "same day")),
        "held": name("在场", "held", kind="wait", roles=["officer"], clock="hold"),
        "met": name("两路了结", "tracks meet", kind="join", joins="both"),
        "close": name("办结", "close", kind="task", roles=["head"], no_limit=name("当日", "same day")),
        "end": name("已办结", "closed", kind="end", result="done"),
        "dropped": name("已撤", "dropped", kind="end", owes_nothing=name("已撤回", "withdrawn")),
    },
    "moves": {
        "begin": name("提请", "submit", **{"from": "intake"}, to="choose", effects=[{"number": {"series": "no"}}]),
        "ask": name("征询", "ask", **{"from": "choose"}, to="fan", outcome="ask", effects=[{"open_feedback_duty": {"duty": "tell"}}]),
        "act": name("办理", "act", **{"from": "choose"}, to="both", outcome="act", needs="go", when=[[{"slots": {"of": "team"}}]], effects=[{"open_feedback_duty": {"duty": "tell"}}, {"open_grant": {"to": "officer", "acts": ["read"], "because": "go"}}]),
        "back": name("退回", "send back", **{"from": "choose"}, to="intake", kind="return", reason=True),
        "each": name("送达", "deliver", **{"from": "fan"}, to="reply"),
        "reply": name("答复", "reply", **{"from": "reply"}, to="asked"),
        "on": name("汇总", "collect", **{"from": "asked"}, to="weigh"),
        "small": name("小额", "small", **{"from": "weigh"}, to="close", when=[[{"field": {"of": "intake.amount", "lt": 50}}, {"field": {"of": "answer.good", "each": "partner", "is": True}}], [{"field": {"of": "intake.amount", "lt": 50}}]]),
        "large": name("大额", "large", **{"from": "weigh"}, to="close", when=[[{"field": {"of": "intake.amount", "ge": 50}}]]),
        "left": name("一路", "one", **{"from": "both"}, to="papers"),
        "right": name("二路", "two", **{"from": "both"}, to="held"),
        "written": name("已备文", "written", **{"from": "papers"}, to="met", lawful_exit=True, effects=[{"issue_document": {"document": "letter"}}]),
        "longer": name("延长", "extend", **{"from": "held"}, to="held", kind="redo", needs="longer", when=[[{"times": {"move": "longer", "fewer_than": 1}}]], effects=[{"extend_clock": {"clock": "hold", "ground": "first", "act": "longer"}}]),
        "free": name("放行", "release", **{"from": "held"}, to="met", lawful_exit=True),
        "meet": name("汇合", "meet", **{"from": "met"}, to="close"),
        "finish": name("反馈办结", "tell and close", **{"from": "close"}, to="end", effects=[{"notify": {"who": ["sender"], "what": "hello"}}, {"close_feedback_duty": {"duty": "tell"}}, {"close_grant": {"to": "officer"}}, {"record_outcome": {"outcome": "done"}}]),
        "drop": name("撤回", "drop", **{"from": ["intake", "choose", "weigh"]}, to="dropped", kind="cancel", who=["clerk"], reason=True, effects=[{"close_grant": {"to": "officer"}}]),
    },
}


def data(content: Content) -> bytes:
    """The content as a file (JSON is YAML)."""
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def spoiled(change: Callable[[Content], object] | None = None) -> Playbook:
    """The base playbook after one change."""
    content = copy.deepcopy(BASE)
    if change:
        change(content)
    return load(data(content), "sample.yaml")


def world(**more: Any) -> Context:
    """A context in which everybody needed is there; single facts are overridden by keyword."""
    people = {role: frozenset({"p1", "p2", "p3"}) for role in BASE["roles"]}
    forms = {"intake": {"way": "ask", "amount": 10, "urgent": False, "first": 1, "second": 2, "day": "2025-03-01"}, "note": {"text": "文"}}
    known: dict[str, Any] = {"people": people, "forms": forms, "bodies": {"partner": ("b1", "b2")}, "reason": "因故", "compositions": frozenset({"team"})}
    return Context(**{**known, **more})
