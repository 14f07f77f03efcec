"""S15: the audit administrator's desk. Who did what and when, on how many matters; never which, never what was in them."""
from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xieli.engines.ledger import REGISTRY
from xieli.faces.web import given
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.faces.web.templatetags.xieli import ZONE, english
from xieli.faces.web.views.admin import overdue_glass
from xieli.office.audit import queries
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.people.models import Person

MANY = 25  # matters opened by one person in one night hour: worth a question, not a verdict (ours)


def _only_auditor(request: HttpRequest) -> None:
    if "audit_admin" not in me(request).offices:
        raise NotVisible()


@bound
def page(request: HttpRequest) -> HttpResponse:
    """The trail by day, person and act; what stands out; alarms; how far the chain is sealed."""
    _only_auditor(request)
    now = me(request).now
    since = _day(request.GET.get("since")) or now - timedelta(days=1)
    until = (_day(request.GET.get("until")) or now) + timedelta(days=1 if request.GET.get("until") else 0, seconds=1)
    person = int(request.GET["person"]) if request.GET.get("person", "").isdecimal() else None
    verb = request.GET.get("verb") if request.GET.get("verb") in REGISTRY.verbs else None
    steps = queries.trail(since, until, person=person, verb=verb, limit=1000)
    people = {p.id: p for p in Person.objects.filter(id__in={s.person for s in steps if s.person}).only("id", "name", "name_en")}
    with connection.cursor() as cursor:
        cursor.execute("select extract(epoch from audit.sealer_lag())")
        lag = float(cursor.fetchone()[0])
    return render(request, "web/audit.html", {
        "steps": [{"row": s, "who": people.get(s.person or 0), "words": _words(s.verb), "process": _process(s.process)} for s in steps[:300]], "total": len(steps), "since": since, "until": until, "people": people.values(),
        "person": person, "verb": verb, "verbs": sorted(((v, _words(v)) for v in {s.verb for s in steps}), key=lambda pair: pair[1]), "odd": _odd(steps, people), "alarms": queries.open_alarms(), "overdue": overdue_glass(),
        "erasures": [e | {"mine": e["ordered_by"] == me(request).person_id} for e in queries.erasures_waiting()], "lag": lag, "lag_words": _length(lag), "sealed": sum(1 for s in steps if s.sealed), "everyone": Person.objects.filter(active=True).only("id", "name", "name_en").order_by("sort_key")[:2000],
    })


def _process(role: str) -> str:
    """The process that wrote an event, by its database role; the prefix is the installation's."""
    known = {"web": _("网页"), "door": _("登录"), "job": _("后台"), "sweeper": _("清扫"), "sealer": _("封存"), "report": _("统计"), "owner": _("安装"), "backup": _("备份")}
    return known.get(role.rpartition("_")[2], role)


def _length(seconds: float) -> str:
    """A length of time as one says it: 40 秒, 12 分钟, 3 小时, 2 天."""
    for size, words in ((86400, _("%(n)s 天")), (3600, _("%(n)s 小时")), (60, _("%(n)s 分钟"))):
        if seconds >= 2 * size:
            return words % {"n": int(seconds // size)}
    return _("%(n)s 秒") % {"n": int(seconds)}


def _words(verb: str) -> str:
    """The act without its particulars: the sentence's own words."""
    found = REGISTRY.verbs.get(verb)
    if found is None:
        return verb
    import re

    text = re.sub(r"[（(][^（）()]*\{[^（）()]*[）)]", "", found.en if english() else found.zh)
    return re.sub(r"\{[^}]*\}", "…", text).replace("… ", "", 1).strip("… ，,:：")


def _odd(steps: list[queries.Step], people: dict[int, Person]) -> list[dict[str, Any]]:
    """What stands out, each with its rule in words; a person judges it."""
    found: list[dict[str, Any]] = []
    night: Counter[int] = Counter()
    missed: Counter[int] = Counter()
    for s in steps:
        hour = s.at.astimezone(ZONE).hour
        if s.person and s.verb == "matter.look" and (hour >= 22 or hour < 6):
            night[s.person] += s.matters
        if s.person and s.verb == "matter.missed":
            missed[s.person] += 1
    found += [{"what": _("夜间批量查看"), "who": people.get(p), "n": n, "rule": _("二十二时至六时打开 25 件以上")} for p, n in night.items() if n >= MANY]
    found += [{"what": _("反复查无"), "who": people.get(p), "n": n, "rule": _("十次以上搜索没有可见结果")} for p, n in missed.items() if n >= 10]
    broken = Counter(s.person for s in steps if s.verb == "glass.broken" and s.person)
    found += [{"what": _("破窗"), "who": people.get(p), "n": n, "rule": _("每一次都列出")} for p, n in broken.items()]
    return found


def _day(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=ZONE)
    except ValueError:
        return None


@require_POST
@bound
def close_alarm(request: HttpRequest, alarm: int) -> HttpResponse:
    """Close an alarm with a remark; both stay in the ledger."""
    _only_auditor(request)
    remark = request.POST.get("remark", "").strip()
    if not remark:
        raise Refused("remark", "关闭告警须写明如何处理。", "Closing an alarm needs a remark on what was done.")
    queries.close_alarm(alarm, remark)
    return redirect("audit")


@require_POST
@bound
def erase(request: HttpRequest) -> HttpResponse:
    """Order a personal part of an event erased, or approve another person's order: two persons, and both acts stay in the ledger."""
    _only_auditor(request)
    if request.POST.get("order", "").isdecimal():
        _plain(lambda: queries.approve_erasure(given.number(request.POST, "order", given.RANDOM)))
    else:
        basis = request.POST.get("basis", "").strip()
        if not basis:
            raise Refused("basis", "删除须写明依据。", "An erasure needs a basis.")
        try:
            event = UUID(request.POST.get("event", "").strip())
        except ValueError:
            raise Refused("event", "请填写记录的编号（导出文件中的 id）。", "Enter the event's identity (id in the export).") from None
        _plain(lambda: queries.order_erasure(event, request.POST.get("part", "").strip(), basis))
    return redirect("audit")


def _plain(act: Any) -> None:
    try:
        with transaction.atomic():
            act()
    except DatabaseError as error:
        raise Refused("erasure", "没有办成：没有这一项、已经有人提出，或者不能批准自己提出的删除。", "Not done: there is no such part, it is ordered already, or nobody approves what he ordered himself.") from error
