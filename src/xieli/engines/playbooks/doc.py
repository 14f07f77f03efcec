"""A page per playbook in Chinese and English, made from the file alone (docs/mechanisms)."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .aloud import name_of, say_condition
from .model import Amount, Origin, Playbook
from .text import table

_T = {
    "about": ("这是什么", "What it is"), "diagram": ("流程图", "Diagram"), "stages": ("环节与步骤", "Stages and moves"), "who": ("承办", "Who"), "time": ("期限", "Time"),
    "stage": ("环节", "Stage"), "kind": ("性质", "Kind"), "next": ("下一步", "Way on"), "condition": ("条件", "What it takes"), "effects": ("随之发生", "What follows"),
    "clocks": ("期限", "Clocks"), "rule": ("依据", "Basis"), "length": ("长度", "Length"), "expiry": ("到期", "At expiry"), "approvals": ("审批", "Approvals"),
    "act": ("事项", "Act"), "chain": ("审批链", "Chain"), "flags": ("口头／代批／授权", "Oral / deputy / delegated"), "forms": ("表单", "Forms"), "field": ("字段", "Field"),
    "type": ("类型", "Type"), "fact": ("统计事实", "Fact"), "people": ("人员与分离", "People and separation"), "feedback": ("回音", "Feedback"), "documents": ("文书", "Documents"),
    "ours": ("本平台默认", "our default"), "local": ("地方做法", "local rule"), "unverified": ("未核实", "unverified"), "rows": ("对应机制", "Catalogue rows"), "level": ("密级", "Level"),
}
_EXPIRY = {"warn": ("提醒", "warn"), "escalate": ("升级提醒上级", "escalate"), "must_release": ("必须解除", "must release")}
_UNITS = {"hour": ("小时", "h"), "day": ("日", "days"), "working_day": ("个工作日", "working days"), "month": ("个月", "months"), "quarter": ("个季度", "quarters"), "year": ("年", "years")}
_OFFICES = {
    "room_head": ("承办室负责人", "head of the room"), "deputy_leader": ("分管领导", "deputy leader"), "head": ("主要负责人", "head"), "party_secretary": ("同级党委主要负责人", "same-level party secretary"),
    "collective": ("集体研究", "collective decision"), "superior_head": ("上级主要负责人", "superior's head"), "duty_officer": ("值班负责人", "duty officer"),
}
_AT = {"own": ("本机关", "own body"), "partner": ("协作方", "partner"), "next_up": ("上一级", "next level up"), "province": ("省级", "province"), "national": ("国家监委", "National Commission"), "common_superior": ("共同上级", "common superior"), "other": ("对方机关", "other body")}
_HOW = {"sign": ("批准", "approves"), "collective": ("集体研究", "decides collectively"), "file": ("备案", "put on record")}


def page(playbook: Playbook, language: str = "zh", *, picture: str | None = None, kinds: dict[str, Any] | None = None) -> str:
    """Markdown of one playbook. `picture` is the file name of its diagram beside the page; `kinds` name other kinds."""
    i = 0 if language == "zh" else 1

    def t(key: str) -> str:
        return _T[key][i]

    def origin(thing: Origin) -> str:
        marks = [f"{b}（{t('unverified')}）" if i == 0 and b in playbook.unverified else f"{b} ({t('unverified')})" if b in playbook.unverified else b for b in thing.basis]
        if thing.source != "law":
            marks.insert(0, t("ours" if thing.source == "ours" else "local"))
        return ", ".join(marks)

    made = "本页由流程文件生成，请改流程文件，不要改本页。" if i == 0 else "Made from the playbook file; edit that, not this page."
    out = [f"# {playbook.label.say(language)}", "", f"<!-- {made} -->", "", f"`{playbook.code}` · v{playbook.version} · sha256 `{playbook.sha256[:16]}…`", "", f"## {t('about')}", "", playbook.about.say(language), ""]
    if playbook.origin.basis or playbook.origin.source != "law":
        out += [f"{t('rule')}: {origin(playbook.origin)}", ""]
    if playbook.rows:
        out += [f"{t('rows')}: {', '.join(playbook.rows)}", ""]
    if picture:
        out += [f"## {t('diagram')}", "", f"![{playbook.label.say(language)}]({picture})", ""]
    rows = []
    for row in table(playbook, language, kinds=kinds):
        first = True
        for move in row.moves or (None,):
            head = [row.name, row.kind, row.who, row.time] if first else ["", "", "", ""]
            rest = [f"{move.name} → {move.to}", move.condition, "<br>".join(move.effects)] if move else ["", "", ""]
            rows.append(head + rest)
            first = False
    out += [f"## {t('stages')}", "", *_table([t(k) for k in ("stage", "kind", "who", "time", "next", "condition", "effects")], rows), ""]
    if playbook.clocks:
        rows = [[c.label.say(language), _length(c.local, i) if c.local else f"`{c.rule}`" + (f" ({t('unverified')})" if c.rule in playbook.unverified else ""), _EXPIRY[c.on_expiry][i], origin(c.origin)] for c in playbook.clocks.values()]
        out += [f"## {t('clocks')}", "", *_table([t("stage"), t("length"), t("expiry"), t("rule")], rows), ""]
    if playbook.approvals:
        rows = []
        for a in playbook.approvals.values():
            chains = []
            for chain in a.chains:
                steps = " → ".join(f"{_AT[s.level][i]}{'' if i == 0 else ' '}{_OFFICES[s.office][i]}{'' if i == 0 else ' '}{_HOW[s.how][i]}" for s in chain.steps)
                chains.append(f"{say_condition(playbook, chain.when, language, kinds)}: {steps}" if chain.when else steps)
            flags = " / ".join("✓" if f else "✗" for f in (a.oral, a.deputies, a.delegable))
            rows.append([a.label.say(language), "<br>".join(chains), flags, origin(a.origin)])
        out += [f"## {t('approvals')}", "", *_table([t("act"), t("chain"), t("flags"), t("rule")], rows), ""]
    people = [f"- {s.label.say(language)} — {origin(s.origin)}" for s in playbook.separation.values()]
    people += [f"- {p.label.say(language)} — {origin(p.origin)}" for p in playbook.prior.values()]
    for c in playbook.compositions.values():
        seats = "; ".join(f"{s.label.say(language)} {s.least}{'' if s.most == s.least else '+' if s.most is None else f'–{s.most}'}" for s in c.slots)
        people.append(f"- {c.label.say(language)}: {seats}")
    if people:
        out += [f"## {t('people')}", "", *people, ""]
    if playbook.feedback:
        out += [f"## {t('feedback')}", "", *(f"- {d.label.say(language)}: {name_of(playbook, 'refs', d.to, language)} — {f'`{d.rule}`' if d.rule else _length(d.first, i)}{f' → {_length(d.then, i)}' if d.then else ''} {origin(d.origin)}".rstrip() for d in playbook.feedback.values()), ""]
    for form in playbook.forms.values():
        rows = [[f.label.say(language) + (" *" if f.required else ""), f.type, "、".join(o.label.zh for o in f.options) if i == 0 else ", ".join(o.label.en for o in f.options), f"`{f.fact.code}`" if f.fact else ""] for f in form.fields]
        out += [f"## {t('forms')}: {form.label.say(language)}", "", *_table([t("field"), t("type"), "", t("fact")], rows), ""]
    if playbook.documents:
        out += [f"## {t('documents')}", "", *(f"- {d.label.say(language)}" + (f" — {origin(d.origin)}" if origin(d.origin) else "") for d in playbook.documents.values()), ""]
    return "\n".join(out).rstrip() + "\n"


def _length(amount: Amount | None, i: int) -> str:
    return f"{amount.amount} {_UNITS[amount.unit][i]}" if amount else ""


def _table(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |"

    return [line(head), "|" + "---|" * len(head), *(line(r) for r in rows)]
