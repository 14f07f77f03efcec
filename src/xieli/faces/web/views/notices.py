"""What I am told: what waits first, then by day, marked read, muted by kind; how I want to be told; the calendar feed."""
from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xieli.faces.web.context import installation, me
from xieli.faces.web.decorators import bound, identity
from xieli.faces.web.errors import not_found
from xieli.faces.web.telling import KINDS, Told, sentences
from xieli.faces.web.waiting import HAND, standing
from xieli.office.audit import record_look
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import ZONE
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.desk import Notification
from xieli.office.notices import services
from xieli.office.notices.calendar import feed as calendar_feed
from xieli.office.notices.models import MailOut, NoticeMute, NoticeSetting

SHOWN = 200
FIRST = 6  # headings that stand open; older days fold


@bound
def page(request: HttpRequest) -> HttpResponse:
    """Everything that was told to me: limits of law that are past, then what waits for my hand, then the rest by day; the words are made when
    they are read, for who may see the matter now."""
    who = me(request)
    only = request.GET.get("kind", "")
    rows = Notification.objects.order_by("-at", "id")
    if only in KINDS:
        rows = rows.filter(kind=only)
    if request.GET.get("unread") == "1":
        rows = rows.filter(read_at=None)
    newest = list(rows[:SHOWN])
    # what stands open is shown however old it is
    listed = {row.id for row in newest}
    rows_shown = newest + [row for row in rows.filter(kind__in=[*HAND, "clock_alarm"])[:SHOWN] if row.id not in listed]
    red, hand, done = standing(who, rows_shown, who.now)
    told = sentences(rows_shown)
    ids = {t.row.matter_id for t in told if t.row.matter_id}
    levels = dict(Matter.objects.filter(id__in=ids).values_list("id", "level"))
    record_look(levels, purpose="notifications", list=True)
    muted = set(NoticeMute.objects.values_list("kind", flat=True))
    groups = [_group(_("法定期限已过"), [t for t in told if t.row.id in red], "red"), _group(_("等您办"), [t for t in told if t.row.id in hand - red], "hand")]
    rest = [t for t in told if t.row.id in listed and t.row.id not in red | hand]
    groups += [_group(day, list(group), "day") for day, group in groupby(rest, key=lambda t: t.row.at.astimezone(ZONE).date())]
    groups = [g for g in groups if g["lines"]]
    return render(request, "web/notifications.html", {
        "groups": groups[:FIRST], "older": groups[FIRST:], "muted": muted, "done": done, "kinds": [(k, label, k in muted) for k, label in KINDS.items()], "only": only, "unread_only": request.GET.get("unread") == "1",
        "full": len(newest) == SHOWN, "paper_level": max(levels.values(), default=0)})


def _group(title: Any, told: list[Told], sort: str) -> dict[str, Any]:
    """One heading with its lines, those of matters that can be opened first, and what of it is unread."""
    lines = sorted(_alike(told), key=lambda line: not line["told"].url)
    return {"title": title, "sort": sort, "lines": lines, "unread": [row for line in lines for row in line["rows"] if row.read_at is None]}


def _alike(told: list[Told]) -> list[dict[str, Any]]:
    """One line for what says the same of the same thing on one day: the newest, with how many there are."""
    lines: dict[tuple[str, str, bool], dict[str, Any]] = {}
    for t in told:
        line = lines.setdefault((t.text, t.url, t.row.read_at is None), {"told": t, "rows": []})
        line["rows"].append(t.row)
    return list(lines.values())


@require_POST
@bound
def read(request: HttpRequest) -> HttpResponse:
    """Mark one as read, or all."""
    chosen = request.POST.getlist("one")
    services.mark_read([identity(ref) for ref in chosen] if chosen else None)
    return redirect("notifications")


@require_POST
@bound
def mute(request: HttpRequest) -> HttpResponse:
    """Mute a kind or hear of it again."""
    services.mute(request.POST.get("kind", ""), request.POST.get("on") == "1")
    return redirect("notifications" if request.POST.get("next") != "settings" else "notice_settings")


@bound
def settings(request: HttpRequest) -> HttpResponse:
    """Mail, digest, quiet hours, what is muted, and what became of the last messages."""
    person = me(request).person_id
    row = NoticeSetting.objects.filter(person_id=person).first() or NoticeSetting(person_id=person, quiet_from="20:00", quiet_to="08:00")
    typed = {"email": row.email, "email_on": row.email_on, "how": row.how, "quiet_from": str(row.quiet_from)[:5], "quiet_to": str(row.quiet_to)[:5], "language": row.language}
    error = None
    if request.method == "POST":
        p = request.POST
        typed = {"email": p.get("email", ""), "email_on": p.get("email_on") == "1", "how": p.get("how", ""), "quiet_from": p.get("quiet_from", ""), "quiet_to": p.get("quiet_to", ""), "language": p.get("language", "")}
        try:
            services.choose(email=str(typed["email"]), email_on=bool(typed["email_on"]), how=str(typed["how"]), quiet_from=str(typed["quiet_from"]), quiet_to=str(typed["quiet_to"]), language=str(typed["language"]))
            return redirect("notice_settings")
        except Refused as refused:
            error = refused
    muted = set(NoticeMute.objects.values_list("kind", flat=True))
    return render(request, "web/notices/settings.html", {
        "typed": typed, "error": error, "demo": installation()["mark"] == "demo", "kinds": [(k, label, k in muted) for k, label in KINDS.items()],
        "sent": MailOut.objects.order_by("-made_at")[:10]}, status=422 if error else 200)


def feed(request: HttpRequest, secret: str) -> HttpResponse:
    """The calendar behind a secret address: no cookie, no content; unknown, revoked and ended answer as any page that does not exist."""
    language = "en" if request.GET.get("lang") == "en" else "zh-hans"
    text = calendar_feed(secret, language) if request.method in ("GET", "HEAD") and secret.isascii() and secret.isprintable() else None
    if text is None:
        return not_found(request)
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="deadlines.ics"'
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    return response
