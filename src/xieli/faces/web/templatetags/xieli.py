"""Tags of the screens: names in the reader's language, references, masked values, lights, clocks."""
from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from xieli.engines.clocks import last_day as term_ends_on
from xieli.engines.identifiers import search_keys
from xieli.office.ids import to_ref

register = template.Library()
ZONE = ZoneInfo("Asia/Shanghai")


def english() -> bool:
    """Whether the reader reads English."""
    return (get_language() or "zh").startswith("en")


#: what stands between words: each Chinese mark and what English writes there
MARKS = {"、": ", ", "，": ", ", "：": ": ", "；": "; ", "。": ". ", "（": " (", "）": ") "}


@register.simple_tag
def mark(chinese: str) -> str:
    """A mark of punctuation that a template sets between two words, in the reader's language."""
    return MARKS[chinese] if english() else chinese


@register.filter
def listed(things: Any) -> str:
    """The members of a list, parted as the reader's language does."""
    return mark("、").join(str(thing) for thing in things)


@register.filter
def named(thing: Any) -> str:
    """A body's, room's, office's or person's name, or a playbook label, in the reader's language."""
    if thing is None:
        return ""
    if hasattr(thing, "zh") and hasattr(thing, "en"):
        return str(thing.en if english() else thing.zh)
    if hasattr(thing, "name_zh"):
        return str((english() and thing.name_en) or thing.name_zh)
    if hasattr(thing, "title_zh"):
        return str((english() and thing.title_en) or thing.title_zh)
    if hasattr(thing, "name"):
        return str((english() and getattr(thing, "name_en", "")) or thing.name)
    return str(thing)


SENTENCE = re.compile(r"^.*?(?:。|[.!?](?=\s)|$)", re.S)


@register.filter
def first_sentence(text: str) -> str:
    """What a text says first, whole: a list of many things is read by beginnings, never by half words."""
    return SENTENCE.match(str(text))[0]  # type: ignore[index]


@register.filter
def ref(thing: Any) -> str:
    """The address part of a matter-bound row or identity."""
    return to_ref(thing if isinstance(thing, int) else thing.id)


DAY = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d)?")


@register.filter
def day(value: date | datetime | str | None) -> str:
    """2026-03-17, in the legal zone; a day that is text already stays as it is."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, datetime):
        value = value.astimezone(ZONE)
    return value.strftime("%Y-%m-%d")


@register.filter
def last_day(due: date | datetime | None) -> str:
    """The last day that is still in time: a term runs out at the midnight after it."""
    return day(term_ends_on(due) if isinstance(due, datetime) else due)


@register.filter
def until(due: datetime | None) -> date | None:
    """What a term is said to run to: its last day, or the minute of one that counts hours."""
    return term_ends_on(due) if due is not None and due.astimezone(ZONE).time() == time(0) else due


@register.filter
def whole(value: object) -> object:
    """A day or an instant that stands alone, kept on one line; anything else as it is."""
    return format_html('<span class="nowrap">{}</span>', value) if DAY.fullmatch(str(value)) else value


@register.filter
def minute(value: date | datetime | None) -> str:
    """2026-03-17 14:02, in the legal zone; a day that has no minute is a day."""
    return value.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else day(value)


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """A mapping's value, for templates."""
    return mapping.get(key) if mapping else None


@register.filter
def masked(name: str) -> str:
    """A name as lists show it: 张某某, 张*."""
    if not name:
        return ""
    if name == "不详":  # nobody's name
        return name
    return name[0] + ("*" if len(name) == 2 else "某某")


LEVELS = ("内部", "工作秘密", "秘密", "机密", "绝密")
LEVELS_EN = ("internal", "work secret", "confidential", "secret", "top secret")


@register.filter
def level_name(level: int) -> str:
    """A classification in words."""
    return (LEVELS_EN if english() else LEVELS)[level]


NEAR = timedelta(days=5)


@register.simple_tag
def light(alarm_at: datetime | None, warn_at: datetime | None, now: datetime, statutory: bool = False, state: str = "running") -> str:
    """A traffic light as colour, shape and words; statutory clocks are solid, internal ones hollow."""
    if state in ("stopped", "suspended") or alarm_at is None:
        code, shape, words = "grey", "❚❚" if state == "suspended" else "–", _("已暂停") if state == "suspended" else _("无期限")
    elif alarm_at <= now:
        code, shape = ("sred", "◼!") if statutory else ("red", "■")
        words = _("已超期")
    else:
        left = (alarm_at - now).days
        # a list knows the day and not the rule's own warning point: three working days, a weekend among them
        near = warn_at <= now if warn_at and warn_at != alarm_at else alarm_at - now <= NEAR
        code, shape = ("yellow", "▲") if near else ("green", "●")
        words = ngettext("剩 %(n)s 天", "剩 %(n)s 天", left) % {"n": left} if left else _("今天到期")
    return format_html('<span class="light {}{}"><span aria-hidden="true">{}</span> {}</span>', code, "" if statutory else " hollow", shape, words)


@register.simple_tag
def picks(kind: str, matter: str = "", code: bool = False) -> str:
    """The attributes that make a select a picker (pick.js) of bodies or persons, or among its own options ("own", see `keys`);
    without the script the select itself works.

    `matter` marks who is recused there; `code`: the options' values are the bodies' codes.
    """
    words = format_html(' data-pick="{}" data-tree="{}" data-none="{}" data-hint="{}" data-away="{}"', kind, _("展开下级"), _("没有找到"), _("汉字、拼音首字母") if kind == "own" else _("汉字、拼音首字母、原名"), _("去掉"))
    return format_html("{}{}{}", words, format_html(' data-matter="{}"', matter) if matter else "", format_html(' data-by="{}"', "code") if code else "")


@register.filter
def keys(words: Any) -> str:
    """The initials by which an option of a picker among its own options is found (cksx for 查看事项)."""
    return " ".join(search_keys(str(words)).initials)


@register.filter
def tr(words: Any) -> str:
    """A fixed Chinese word of ours (a choice's label, a kind) in the reader's language."""
    return _(str(words)) if words else ""


ACT_WORDS = {"read": ("查看", "read"), "write": ("办理", "work on it"), "grant": ("授权", "give access"), "handover": ("移送", "hand over"), "close": ("办结", "close"),
             "export": ("导出", "export"), "note": ("记录", "write remarks"), "approve": ("审批", "approve")}
EVENT_WORDS = {"start": ("起算", "start"), "stop": ("停止", "stop"), "suspend": ("暂停", "suspended"), "resume": ("恢复", "resumed"), "extend": ("延长", "extended"), "restart": ("重新起算", "started anew")}
PLACES = {"own": "本机构", "partner": "对方机构", "next_up": "上一级", "province": "省级", "prefecture": "市级", "county": "县级", "national": "国家级",
          "common_superior": "共同上级", "other": "另行确定"}
HOW = {"sign": "签批", "collective": "集体研究", "file": "备案"}
RESULTS = {"case_filed": "立案", "sanctioned": "给予处分", "to_justice": "移送司法", "closed": "予以了结", "unfounded": "查否", "designated": "已指定", "accepted": "已受理", "refused": "不予受理"}
KEYS = {"body": "机构", "partner": "合作机构", "at_body": "批准机构", "document_no": "文号", "content": "请示内容", "room": "承办室", "who": "何人", "place": "地点", "days": "天数",
        "amount": "数额", "months": "月数", "from": "自", "to": "至", "caller": "来电机构", "reason": "理由", "kind": "类别", "person": "人员", "until": "至", "measure": "措施", "way": "方式", "side": "立案性质", "towns": "派人的乡镇"}


@register.filter
def acts_in_words(acts: Any) -> str:
    """What a grant allows, in words: 查看、办理."""
    return ("、" if not english() else ", ").join(ACT_WORDS[a][english()] for a in ACT_WORDS if a in (acts or ()))


@register.filter
def grant_kind(code: str) -> str:
    """In what part someone knows a matter: 承办, 专案组."""
    from xieli.engines.needtoknow import KINDS

    return (KINDS[code].en if english() else KINDS[code].zh) if code in KINDS else code


BASES = {"line": ("分管领导一线", "line of leaders"), "opened": ("登记", "opening"), "renewed": ("续期", "renewal"), "answers": ("对指定管辖等决定负责", "answers for the decision on competence"), "case_team": ("专案组", "case team"), "handover": ("移送", "hand-over"), "approval": ("审批", "approval"),
         "break_glass": ("破窗", "break-glass access"), "posting": ("任职", "posting"), "owner": ("主办", "lead body")}
# bases that our own services write in words
BASES |= {pair[0]: pair for pair in (("案管录入纸质签批", "paper signature entered by case management"), ("分管", "in charge"), ("本委承办", "lead of the commission"), ("承办", "handling"), ("登记", "opening"))}


@register.filter
def basis_word(basis: str) -> str:
    """On what a grant rests; a step of a playbook is named by its playbook."""
    if basis.startswith("playbook:"):
        from xieli.office.matters.services.playbooks import shipped

        found = shipped().get(basis.split(":")[1])
        return (f"playbook: {found.label.en}" if english() else f"流程：{found.label.zh}") if found else basis
    if basis.startswith("from:"):
        from xieli.office.matters.services.playbooks import shipped

        found = shipped().get(basis.removeprefix("from:"))
        return (f"made from: {found.label.en}" if english() else f"来自：{found.label.zh}") if found else basis
    if basis.startswith("party:"):
        return "a party to it" if english() else "参与机构"
    return BASES[basis][english()] if basis in BASES else basis


@register.filter
def task_title(task: Any) -> str:
    """A task's title; a notice owed on paper is named by its playbook's message."""
    if task.source_kind.startswith("owed:"):
        from xieli.office.matters.services.playbooks import shipped

        for playbook in shipped().values():
            if task.title in playbook.messages:
                return named(playbook.messages[task.title])
    return str(task.title)


@register.filter
def event_word(code: str) -> str:
    """What happened to a clock."""
    return EVENT_WORDS[code][english()] if code in EVENT_WORDS else code


@register.filter
def place_word(code: str) -> str:
    """At which body's level a signature is given."""
    return _(PLACES.get(code, code))


@register.filter
def how_word(code: str) -> str:
    """Sign, collective decision, put on record."""
    return _(HOW.get(code, code))


@register.filter
def result_word(code: str) -> str:
    """The class of a result as the sender reads it."""
    return _(RESULTS.get(code, code)) if code else ""


@register.filter
def status_word(word: str) -> str:
    """How a matter or task stands. 办结 is also the name of an act: as a state it reads 已办结, closed."""
    return _("已办结") if str(word) == "办结" else str(tr(word))


@register.filter
def key_word(code: str) -> str:
    """The name of one item of a request."""
    return _(KEYS.get(code, code))


SIGNERS = {"deputy_leader": ("分管领导", "deputy in charge"), "leader": ("领导", "leader"), "superior_head": ("上一级主要负责人", "head of the superior body"), "duty_officer": ("值班领导", "duty officer"),
           "case_management": ("案管", "case management"), "collective": ("集体", "the collective"), "superior": ("上一级机关", "superior body"), "national": ("国家监委", "national commission")}


@register.filter
def office_word(code: str) -> str:
    """An office or a signer of a playbook by its code: 主要负责人."""
    from xieli.office.bodies.models import OfficeCode

    if code in SIGNERS:
        return SIGNERS[code][english()]
    return _(OfficeCode(code).label) if code in OfficeCode.values else code


GROUNDS = {"subject": "本人是对象", "kin": "近亲属", "witness": "证人", "order": "决定回避", "own_unit": "对象所在单位", "unit_leader": "对象单位领导",
           "line_superior": "对象条线上级", "former_employer": "曾在该单位任职", "complaint": "被投诉", "ties": "其他关系", "self": "本人申请", "declared": "提请回避，决定前暂停新授权", "local_ties": "当地关系"}


@register.filter
def ground_word(code: str) -> str:
    """Why someone is recused."""
    return _(GROUNDS.get(code, code))


WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


@register.filter
def weekday(value: date | datetime | None) -> str:
    """周二."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(ZONE)
    return _(WEEKDAYS[value.weekday()])


@register.filter
def cell(matter: Any, column: Any) -> Any:
    """One cell of a register."""
    value = column.cell(matter)
    return "" if value is None else value


@register.filter
def tenth(value: Any) -> str:
    """0.1 officer-months as officer-months."""
    return f"{value / 10:.1f}" if value is not None and value != "" else ""
