"""What every screen has around it: who acts, what he may reach, the zone, the level, the ribbon of a demo."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest

from xieli.faces.web.menu import menu_for, more_for
from xieli.office.access.zones import beyond, outermost
from xieli.office.bodies.models import Body
from xieli.office.matters.services.papers import ME, NOW, WHO
from xieli.office.people.models import Person, Posting
from xieli.office.together import Rows, prepared, together


def installation() -> dict[str, Any]:
    """Mark, level cap and zone of this installation."""
    with connection.cursor() as cursor:
        cursor.execute("select mark, level_cap, zone from access.installation")
        row = cursor.fetchone()
    return {"mark": row[0], "level_cap": row[1], "zone": row[2]} if row else {"mark": "", "level_cap": 0, "zone": "closed"}


@prepared
def _person() -> QuerySet[Person]:
    return Person.objects.filter(pk=ME).only("id", "name", "name_en")


@prepared
def _postings() -> QuerySet[Posting]:
    return Posting.objects.filter(person_id=ME, starts_at__lte=NOW).exclude(confirmed_by=None).exclude(ends_at__lte=NOW).select_related("body", "room", "office")


class Me:
    """The bound person and what the frame shows of him, read once per request and in one statement."""

    def __init__(self) -> None:
        found = together(
            who=WHO, person=_person(), place=Rows("select i.mark, i.level_cap, i.zone as house, (access.my_session()).zone as session from access.installation i"), postings=_postings(),
            unread=Rows("select count(*) as n from notification where read_at is null"))
        row = found["who"][0]
        self.level, self.person_id, self.session_id = row["lvl"], row["person"], row["session"]
        self.now = datetime.fromisoformat(row["t"])
        self.principals, self.me = frozenset(row["p"] or ()), frozenset(row["me"] or ())
        self.person: Person | None = next(iter(found["person"]), None)
        self.postings: list[Posting] = found["postings"]
        self.offices = frozenset(p.office.code for p in self.postings if p.office)
        self.body: Body | None = self.postings[0].body if self.postings else None
        self.place: dict[str, Any] = next(iter(found["place"]), {"mark": "", "level_cap": 0, "house": "closed", "session": ""})
        # the zone of the screen: the farthest out of the installation, the door that opened the session and this process
        self.place["zone"] = outermost(self.place["house"], self.place["session"] or "", settings.ZONE)
        self.outside = beyond(self.place["zone"], self.place["house"])
        self.unread: int = found["unread"][0]["n"]


def me(request: HttpRequest) -> Me:
    """The bound person of this request, cached on it."""
    found: Me | None = getattr(request, "_xieli_me", None)
    if found is None:
        found = Me()
        request._xieli_me = found  # type: ignore[attr-defined]
    return found


def shell(request: HttpRequest) -> dict[str, Any]:
    """Template variables of the frame around every screen."""
    if settings.ROLE in ("door", "setup"):
        return {}
    if not getattr(request, "bound", False) or connection.needs_rollback:
        return {"place": installation() if not connection.needs_rollback else {}, "theme": request.COOKIES.get("xieli_theme", "auto"), "big": request.COOKIES.get("xieli_big") == "1"}
    from xieli.faces.web.tour import tour_step

    who = me(request)
    return {
        "me": who, "place": who.place, "menu": [] if who.outside else menu_for(who, request.path), "more": [] if who.outside else more_for(who, request.path), "theme": request.COOKIES.get("xieli_theme", "auto"),
        "big": request.COOKIES.get("xieli_big") == "1", "keys_off": request.COOKIES.get("xieli_keys") == "off",
        "tour": tour_step(request),
        "unread": who.unread,
    }
