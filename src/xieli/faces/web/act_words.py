"""What the ledger keeps, as a person reads it on “who has seen this”: codes in words, days as days, no digests and no empty brackets.

The ledger's own sentence (engines/ledger) stays what verifiers and exports print; it names every field. Here a reader asks who did what.
"""
from __future__ import annotations

import re
import string
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xieli.engines.ledger import REGISTRY
from xieli.engines.playbooks.model import Label, Playbook
from xieli.faces.web.templatetags.xieli import (
    EVENT_WORDS,
    basis_word,
    english,
    grant_kind,
    ground_word,
    level_name,
    minute,
    named,
    result_word,
    tr,
)
from xieli.office.matters.queries.timeline import MEASURES_EN
from xieli.office.matters.services.playbooks import shipped
from xieli.office.matters.tables.measures import Measure

NAMED = {"person", "principal", "body", "to_body", "assignee", "of", "ordered_by"}  # references that a person's, room's or body's name stands behind
PURPOSES: dict[str, tuple[str, str]] = {
    "access": ("看知悉范围", "who may see it"), "access-endings": ("到期权限复核", "access that ends"), "approval": ("审批单", "approval slip"), "approval-ask": ("提请审批", "asking for approval"), "area-board": ("片区与均衡", "area board"),
    "checks": ("检查总览", "checks"), "cli-lead-list": ("命令行列线索", "leads on the command line"), "cli-lead-trace": ("命令行查去向", "a lead traced on the command line"), "clock": ("看期限怎么算", "a clock explained"),
    "designation": ("比选承办机构", "ranking of bodies"), "designation-batch": ("批量指定", "designation of several"), "designation-desk": ("管辖指定台", "designation desk"), "diagram": ("流程图", "diagram"),
    "documents": ("制作文书", "letters"), "drill": ("演练夜", "drill night"), "drills": ("演练夜", "drill night"), "duplicate-check": ("查重", "check for duplicates"), "files": ("证据材料", "evidence"),
    "forces": ("力量", "forces"), "duties": ("联系单位履责", "duties of linked bodies"), "form": ("填表", "filling in a form"), "green-channel": ("绿色通道", "green channel"), "handover": ("拟移送", "preparing a hand-over"), "import-duplicates": ("导入查重", "duplicates of an import"),
    "leader": ("驾驶舱", "leader's page"), "matching-desk": ("碰撞工作台", "matching desk"), "matching-hit": ("看疑点", "a hit"), "matching-relations": ("看关系", "relations"), "matter-page": ("事项主页", "the matter's page"),
    "meetings": ("会商总览", "meetings"), "merge-preview": ("机构合并预览", "preview of a merger"), "notifications": ("通知", "notifications"), "owed": ("欠人账", "owed to people"),
    "package-print-asked": ("请求打印情况通报", "asking to print the package"), "parcel": ("移送去向", "a parcel followed"), "people-calendar": ("人员日历", "calendar of people"), "pick": ("选人", "picking a person"),
    "plan": ("方案", "a plan"), "plan-file": ("下载方案", "a plan's file"), "plan-version": ("方案版本", "a plan's version"), "platform-sheet": ("对接平台的表", "sheet for the other platform"),
    "playbook-counts": ("流程计数", "counts on a playbook"), "remedy": ("整改总览", "remedy"), "reporter": ("反映人", "reporting person"), "reporters": ("反映人", "reporting persons"), "rights": ("权利事项", "rights"),
    "room": ("交到承办部门", "seating in a room"), "round": ("巡察轮次", "a round of inspection"), "search": ("搜索", "search"), "sent": ("我的移送", "hand-overs sent"), "staffing": ("配员与派员", "staffing"),
    "team": ("组成与成员", "group and members"), "presence": ("到场时钟", "presence clock"), "tripwire": ("绊线", "a tripwire"), "village": ("随手记", "village notes"), "weights-review": ("权重复核", "review of weights"), "workbench": ("工作台", "workbench"), "drill-list": ("数字背后的记录", "records behind a figure"),
    "campaign": ("专项整治", "a campaign"), "campaigns": ("专项整治与包抓", "campaigns and charges"), "charges": ("包抓安排", "charges"), "catalogues": ("“小切口”目录", "small-cut catalogues"), "four-lists": ("四张清单", "the four lists"),
    "project": ("看项目", "a project"), "projects": ("挂图作战", "project board"), "tree": ("看下级事项", "the matters below"), "water": ("水质断面", "water sections"), "water-section": ("看断面", "a water section"),
    "analysis": ("分析", "analysis"), "board": ("看板", "board"), "chain": ("来龙去脉", "what it came from and led to"), "press": ("对外口径", "figures for the press"),
    "register-leads": ("线索台账", "register of leads"), "register-matters": ("事项台账", "register of matters"), "leads": ("线索台账", "register of leads"), "matters": ("事项台账", "register of matters"),
}
CODES: dict[str, dict[str, tuple[str, str]]] = {
    "verdict": {"approved": ("批准", "approved"), "refused": ("不批准", "refused"), "filed": ("备案", "put on record"), "recorded": ("已记录集体研究", "collective decision on record"), "half": ("第一人录入", "entered by the first clerk"),
                "upheld": ("成立", "upheld"), "rejected": ("不成立", "rejected"), "received": ("签收", "received"), "opened": ("拆阅", "opened"), "accepted": ("受理", "accepted"), "returned": ("退回", "returned"),
                "redirected": ("转办", "redirected"), "forged": ("伪造", "forged"), "excluded": ("排除", "excluded"), "relied_on": ("采信为依据", "relied on"), "true": ("属实", "true"), "false": ("不实", "not true"), "open": ("待核", "open")},
    "kind": {"handover": ("移送", "hand-over"), "assign_down": ("交办", "assignment downward"), "referral": ("互移", "mutual referral"), "child": ("由此派生", "made from it"), "follow_up": ("后续", "follow-up"),
             "person": ("个人", "person"), "unit": ("单位", "unit"), "consent": ("驻在机构同意", "consent of the resident organ"), "designation": ("指定管辖", "designation"), "joint": ("联合办理", "joint inquiry"), "chase": ("催办", "reminder")},
    "role": {"subject": ("对象", "subject"), "witness": ("证人", "witness"), "reporter": ("反映人", "reporting person")},
    "occasion": {"line": ("条线通报", "line notice"), "paper": ("书面告知", "on paper"), "measure": ("采取措施", "a measure"), "measure24": ("采取措施后的通知", "notice after a measure"),
                 "rights_sheet": ("权利义务告知", "rights and duties")},
    "to": {"person": ("本人", "the person"), "family": ("家属", "the family"), "unit": ("所在单位", "the unit")},
    "state": {"done": ("完成", "done"), "failed": ("失败", "failed"), "cancelled": ("已停止", "stopped"), "refused": ("被拒绝", "refused")},
    "register": {"leads": ("线索台账", "leads"), "matters": ("事项台账", "matters")},
}
_HEX = re.compile(r"[0-9a-f]{16,}")
_CJK = "".join(f"{chr(a)}-{chr(b)}" for a, b in ((0x3000, 0x303F), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF)))


def purpose_word(code: str) -> str:
    """Why a page was opened, in words; a purpose that a person wrote stays as written."""
    found = PURPOSES.get(code)
    return found[english()] if found else code


def told(event: Mapping[str, Any], matter: int, playbook: Playbook, names: Mapping[int, Any]) -> str:
    """One act on this matter in the reader's words, without its doer (who has a column of his own)."""
    verb = REGISTRY.verbs.get(str(event["verb"]))
    if verb is None:
        return str(event["verb"])
    say = _Teller(event, matter, playbook, names)
    template = (verb.en if english() else verb.zh).removeprefix("{by} ")
    text = re.sub(r"（([^（）]*)）| \(([^()]*)\)", lambda m: say.bracket(m[1] or m[2] or ""), template)
    text = say.fill(text)
    text = re.sub(rf"(?<=[{_CJK}]) (?=[{_CJK}])", "", re.sub(r" {2,}", " ", text)).strip()
    return re.sub(r"\s*[：:，,]$", "", text)


class _Nameless:
    """A seat of whose several names none can be told."""

    label = Label("", "")


class _Teller:
    """The fields of one event in words."""

    def __init__(self, event: Mapping[str, Any], matter: int, playbook: Playbook, names: Mapping[int, Any]) -> None:
        self.event, self.matter, self.playbook, self.names = event, str(matter), playbook, names
        self.verb = REGISTRY.verbs[str(event["verb"])]

    def bracket(self, inside: str) -> str:
        """A bracket with the particulars that say something; nothing when none does."""
        kept = []
        for item in re.split(r"[，；]|[,;] ", inside):
            keys = [key for _, key, _, _ in string.Formatter().parse(item) if key]
            raw = [self.event["fields"].get(k) for k in keys]
            if keys and all(r is True for r in raw):
                kept.append(string.Formatter().vformat(item, (), dict.fromkeys(keys, "")).strip())
            elif not any(r is False for r in raw) and all(self.value(k) for k in keys):
                kept.append(self.fill(item).strip())
        if not kept:
            return ""
        return f" ({', '.join(kept)})" if english() else f"（{'，'.join(kept)}）"

    def fill(self, template: str) -> str:
        return "".join(text + (self.value(key) if key else "") for text, key, _, _ in string.Formatter().parse(template.replace("{{", "").replace("}}", "")))

    def value(self, key: str) -> str:
        """One field in words; empty where there is nothing to tell (an identity without a name, a digest, nothing filled in)."""
        if key == "by":
            by = self.event["by"]["person"]
            return named(self.names.get(int(by))) if by and int(by) in self.names else (("系统", "the system")[english()])
        if key == "matters":
            return self._matters()
        if key.startswith("personal."):  # what somebody typed to look for a person is nobody's to read here; two persons may have erased it
            return ""
        kind = self.verb.fields[key]
        raw = self.event["fields"].get(key)
        items = [self._one(key, kind.kind, r) for r in (raw if kind.many else [raw]) or [] if r is not None]
        return (("、", ", ")[english()]).join(i for i in items if i)

    def _matters(self) -> str:
        others = 0 if self.verb.name == "matter.linked" else sum(1 for m in self.event["matters"] if str(m) != self.matter)
        own = ("本事项", "this matter")[english()]
        return own if not others else (f"本事项等 {others + 1} 件", f"{own} and {others} more")[english()]

    def _one(self, key: str, kind: str, raw: Any) -> str:
        if key == "target":
            return ("另一件事项", "another matter")[english()]
        if kind == "ref":
            return named(self.names.get(int(raw))) if key in NAMED and int(raw) in self.names else ""
        if kind == "hash" or (isinstance(raw, str) and _HEX.fullmatch(raw)):
            return ""
        if kind == "instant":
            shown = minute(datetime.fromisoformat(str(raw).replace("Z", "+00:00")))
            return "" if key == "happened" and shown == minute(datetime.fromisoformat(str(self.event["at"]).replace("Z", "+00:00"))) else shown
        if kind == "bool":
            return ("yes" if raw else "no") if english() else ("是" if raw else "否")
        return self._word(key, str(raw))

    def _word(self, key: str, code: str) -> str:
        own = self._of_playbook(key, code)
        if own is not None:
            return own
        if key == "purpose":
            return purpose_word(code)
        if key == "basis" and self.verb.name.startswith("presence") and code in dict(Measure.KINDS):
            return MEASURES_EN.get(code, code) if english() else str(tr(dict(Measure.KINDS)[code]))
        if key == "basis":
            return basis_word(code)
        if key == "ground" and self.verb.name.startswith("recusal"):
            return ground_word(code)
        if key == "level" and code.isdecimal():
            return level_name(int(code))
        if key == "kind":
            if self.verb.name.startswith("knower"):
                return grant_kind(code)
            if self.verb.name.startswith("measure"):
                return MEASURES_EN.get(code, code) if english() else str(tr(dict(Measure.KINDS).get(code, code)))
            if code in EVENT_WORDS:
                return EVENT_WORDS[code][english()]
        if key == "to" and code.isdecimal():
            return named(self.names.get(int(code))) if int(code) in self.names else ""
        found = CODES.get(key, {}).get(code)
        return found[english()] if found else result_word(code)

    def _slots(self) -> dict[str, Any]:
        """Seats by code, those only that mean the same in every composition: an event does not say which it was."""
        found: dict[str, Any] = {}
        for slot in (s for c in self.playbook.compositions.values() for s in c.slots):
            found[slot.code] = slot if found.get(slot.code, slot).label == slot.label else _Nameless
        return found

    def _of_playbook(self, key: str, code: str) -> str | None:
        """A code that the matter's playbook names; None where it names none."""
        book = self.playbook
        if key == "move" and code == "start" and not self.event["fields"].get("from_stage"):
            return ("登记", "opened")[english()]
        if key == "kind" and self.verb.name == "matter.opened":
            kind = shipped().get(code)
            return named(kind.label) if kind else None
        places: dict[str, Any] = {"move": book.moves, "from_stage": book.stages, "to_stages": book.stages, "act": book.approvals, "form": book.forms, "document": book.documents,
                                  "kind": book.outcomes if self.verb.name.startswith("outcome") else {}, "rule": {c.rule: c for c in book.clocks.values()}, "slot": self._slots()}
        label = getattr(places.get(key, {}).get(code), "label", None)
        return named(label) if label is not None else None
