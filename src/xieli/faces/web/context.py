"""What every screen has around it: who acts, what he may reach, the zone, the level, the ribbon of a demo."""
from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest

from xieli.faces.web.menu import menu_for, more_for
from xieli.office.bodies.models import Body
from xieli.office.people.models import Person, Posting


def installation() -> dict[str, Any]:
    """Mark, level cap and zone of this installation."""
    with connection.cursor() as cursor:
        cursor.execute("select mark, level_cap, zone from access.installation")
        row = cursor.fetchone()
    return {"mark": row[0], "level_cap": row[1], "zone": row[2]} if row else {"mark": "", "level_cap": 0, "zone": "closed"}


class Me:
    """The bound person, read once per request."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select p, me, lvl, person, session, t from access.who()")
            principals, me, self.level, self.person_id, self.session_id, self.now = cursor.fetchone()
        self.principals, self.me = frozenset(principals or ()), frozenset(me or ())
        self.person = Person.objects.filter(pk=self.person_id).only("id", "name", "name_en").first() if self.person_id else None
        self.postings = list(
            Posting.objects.filter(person_id=self.person_id, id__isnull=False).exclude(confirmed_by=None).filter(starts_at__lte=self.now)
            .exclude(ends_at__lte=self.now).select_related("body", "room", "office")
        ) if self.person_id else []
        self.offices = frozenset(p.office.code for p in self.postings if p.office)
        self.body: Body | None = self.postings[0].body if self.postings else None


def me(request: HttpRequest) -> Me:
    """The bound person of this request, cached on it."""
    found: Me | None = getattr(request, "_xieli_me", None)
    if found is None:
        found = Me()
        request._xieli_me = found  # type: ignore[attr-defined]
    return found


def shell(request: HttpRequest) -> dict[str, Any]:
    """Template variables of the frame around every screen."""
    if settings.ROLE == "door":
        return {}
    if not getattr(request, "bound", False) or connection.needs_rollback:
        return {"place": installation() if not connection.needs_rollback else {}, "theme": request.COOKIES.get("xieli_theme", "auto"), "big": request.COOKIES.get("xieli_big") == "1"}
    from xieli.faces.web.tour import tour_step
    from xieli.office.matters.tables.desk import Notification

    who = me(request)
    return {
        "me": who, "place": installation(), "menu": menu_for(who, request.path), "more": more_for(who, request.path), "theme": request.COOKIES.get("xieli_theme", "auto"),
        "big": request.COOKIES.get("xieli_big") == "1", "keys_off": request.COOKIES.get("xieli_keys") == "off",
        "tour": tour_step(request),
        "unread": Notification.objects.filter(read_at=None).count(),
    }
