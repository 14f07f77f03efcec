"""A register: columns, filters and order as data; 50 rows a page from the server, keyset paging, frozen first columns.

One component for every list of matters; the page, the saved view, the totals and the Excel sheet are made from the same
definition, so that they cannot differ.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from xieli.engines.clocks import last_day
from xieli.faces.web.templatetags.xieli import ZONE, english, masked, named, status_word
from xieli.office.access.search import grams
from xieli.office.matters.tables.core import Matter

PAGE = 50


@dataclass(frozen=True)
class Column:
    """One column: code, heading, how a cell reads, whether it is shown unless chosen, its width in Excel characters."""

    code: str
    label: Any
    cell: Callable[[Matter], Any]
    shown: bool = True
    width: int = 14
    number: bool = False
    day: bool = False


@dataclass(frozen=True)
class Filter:
    """One filter above the table: a choice or a text, and the condition it stands for."""

    code: str
    label: Any
    apply: Callable[[str], Q]
    options: Callable[[], Iterable[tuple[str, Any]]] | None = None
    kind: str = "text"


def _joined(names: Iterable[str]) -> str:
    return (", " if english() else "、").join(names)


def _subject_names(matter: Matter) -> str:
    return _joined(masked(s.name) for s in matter.subjects.all() if s.role == "subject" and s.kind == "person")


def _units(matter: Matter) -> str:
    return _joined(str(named(s.unit_body) if s.unit_body else s.unit_name) for s in matter.subjects.all() if s.unit_body or s.unit_name)


def _stage(matter: Matter) -> str:
    from xieli.office.matters.services.playbooks import playbook_of

    playbook = playbook_of(matter)
    return _joined(named(playbook.stages[s].label) for s in matter.stages if s in playbook.stages) or status_word(matter.get_status_display())


def _source(matter: Matter) -> str:
    """In words: by the playbook's own registration, else by that of a lead, whose codes other kinds inherit; what a ledger said otherwise stays as it was."""
    from xieli.office.matters.services.playbooks import playbook_of, shipped

    for playbook in (playbook_of(matter), shipped()["lead"]):
        form = playbook.forms.get("registration")
        options = next((f.options for f in form.fields if f.code == "source"), ()) if form else ()
        if word := next((named(o.label) for o in options or () if o.code == matter.source), ""):
            return word
    return str(_("电话")) if matter.source == "phone" else matter.source  # what the green channel writes, which has no registration form


COLUMNS: tuple[Column, ...] = (
    Column("number", _("编号"), lambda m: m.number or "—", width=16),
    Column("title", _("标题"), lambda m: m.title, width=40),
    Column("source", _("来源"), _source, width=16),
    Column("subject", _("被反映人"), _subject_names, width=14),
    Column("unit", _("单位"), _units, width=24),
    Column("owner", _("承办"), lambda m: named(m.owner_room or m.owner_body), width=20),
    Column("received", _("收到"), lambda m: m.received_on or (m.opened_at.astimezone(ZONE).date()), width=12, day=True),
    Column("due", _("到期"), lambda m: m.next_due and last_day(m.next_due), width=12, day=True),
    Column("stage", _("环节"), _stage, width=18),
    Column("kind", _("种类"), lambda m: m.kind, shown=False, width=14),
    Column("body", _("机构"), lambda m: named(m.owner_body), shown=False, width=22),
    Column("closed", _("办结"), lambda m: m.closed_at, shown=False, width=12, day=True),
    Column("level", _("密级"), lambda m: m.level, shown=False, width=8),
)
BY_CODE = {c.code: c for c in COLUMNS}


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _text(value: str) -> Q:
    value = value.strip()[:60]
    # a number or words, never both in one condition: with an OR no index serves
    if re.search(r"[〔\[(（]\d{4}[〕\])）]\d+$|\d{4}-\d+$", value):
        return Q(number=value.translate(str.maketrans("[]（）()", "〔〕〔〕〔〕")))
    pieces = grams(value)
    return Q(grams__contains=pieces) if pieces else Q()


FILTERS: tuple[Filter, ...] = (
    Filter("q", _("编号、姓名、标题"), _text),
    Filter("status", _("状态"), lambda v: Q(status=v), lambda: (("open", _("在办")), ("closed", _("办结"))), "choice"),
    Filter("due", _("到期"), lambda v: Q(), lambda: (("overdue", _("已超期")), ("week", _("七天内")), ("month", _("三十天内"))), "choice"),
    Filter("from", _("收到自"), lambda v: Q(received_on__gte=_day(v)) if _day(v) else Q(), None, "date"),
    Filter("to", _("收到至"), lambda v: Q(received_on__lte=_day(v)) if _day(v) else Q(), None, "date"),
    Filter("stage", _("环节"), lambda v: Q(stages__contains=[v]), None, "hidden"),
    Filter("kind", _("种类"), lambda v: Q(kind=v), None, "hidden"),
    Filter("body", _("机构"), lambda v: Q(owner_body_id=int(v)) if v.isdecimal() and len(v) < 10 else Q(), None, "hidden"),
)


@dataclass
class Page:
    """One page of a register, ready for its template."""

    rows: list[Matter]
    columns: list[Column]
    query: dict[str, str]
    older: str = ""
    newest: str = ""
    total: int | None = None
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def sums(self) -> list[tuple[Any, int]]:
        """What the line of totals says of the rows shown: open, overdue, closed."""
        return [(label, n) for label, n in ((_("在办"), self.counts["open"]), (_("已超期"), self.counts["overdue"]), (_("办结"), self.counts["closed"])) if n]

    @property
    def query_string(self) -> str:
        """The filters as an address."""
        return urlencode(self.query)


def chosen_columns(params: QueryDict | dict[str, Any]) -> list[Column]:
    """The columns asked for by `cols=a,b,c` or ticked (`col=a&col=b`), else the usual ones; number and title always lead."""
    ticked = params.getlist("col") if isinstance(params, QueryDict) else []
    wanted = [c for c in (ticked or str(params.get("cols", "")).split(",")) if c in BY_CODE]
    codes = wanted or [c.code for c in COLUMNS if c.shown]
    return [BY_CODE[c] for c in dict.fromkeys(["number", "title", *codes])]


def filtered(base: QuerySet[Matter], params: QueryDict, now: datetime) -> tuple[QuerySet[Matter], dict[str, str]]:
    """Apply the filters of an address."""
    from datetime import timedelta

    kept: dict[str, str] = {}
    for f in FILTERS:
        value = params.get(f.code, "").strip()
        if value:
            kept[f.code] = value
            base = base.filter(f.apply(value))
    due = kept.get("due")
    if due == "overdue":
        base = base.filter(status="open", next_due__lte=now)
    elif due in ("week", "month"):
        base = base.filter(status="open", next_due__gt=now, next_due__lte=now + timedelta(days=7 if due == "week" else 30))
    if params.get("cols") or params.getlist("col"):
        kept["cols"] = ",".join(c.code for c in chosen_columns(params))
    return base, kept


def page(base: QuerySet[Matter], params: QueryDict, now: datetime, *, count: bool = True) -> Page:
    """One page of 50, newest first, with a keyset to the next; the total is counted up to ten thousand."""
    rows, kept = filtered(base, params, now)
    total = min(rows[:10_001].count(), 10_001) if count else None
    after = params.get("after", "")
    listed = rows.order_by("-opened_at", "-id")
    if after:
        from xieli.office.ids import from_ref

        stamp, _, ref = after.partition("~")
        try:
            at, identity = datetime.fromisoformat(stamp), from_ref(ref)
        except ValueError:
            at, identity = now, 0
        listed = listed.filter(Q(opened_at__lt=at) | Q(opened_at=at, id__lt=identity))
    found = list(listed.select_related("owner_body", "owner_room").prefetch_related("subjects__unit_body")[: PAGE + 1])
    older = ""
    if len(found) > PAGE:
        last = found[PAGE - 1]
        older = urlencode({**kept, "after": f"{last.opened_at.isoformat()}~{last.ref}"})
    shown = found[:PAGE]
    counts = {"open": sum(m.status == "open" for m in shown), "closed": sum(m.status == "closed" for m in shown), "overdue": sum(m.status == "open" and m.next_due is not None and m.next_due <= now for m in shown)}
    return Page(shown, chosen_columns(params), kept, older, urlencode(kept) if after else "", total, counts)
