"""Who is where until when: postings of every kind and approved sendings to a team, without the matter they serve."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from xieli.office.bodies.models import Body
from xieli.office.matters.services.source import ZONE, now, rows
from xieli.office.people.models import Posting, PostingKind

WEEKS = 13


@dataclass(frozen=True)
class Stay:
    """One stay: person, what kind, at which body (empty for a team), from and until (None: open); `cells`: days of each week, 0 to 7."""

    person: Any
    home: Body | None
    kind: str
    where: Body | None
    starts: datetime
    ends: datetime | None
    cells: tuple[int, ...]
    soon: bool

    @property
    def last(self) -> date | None:
        """The last day of the stay: one that ends at midnight does not reach into the day that begins."""
        return None if self.ends is None else last_day(self.ends)


def last_day(ends: datetime) -> date:
    return (ends - timedelta(microseconds=1)).astimezone(ZONE).date()


def whereabouts(body: Body, day: date) -> dict[str, Any]:
    """The next quarter: people of this body and its children who are lent out or on a team, and people lent to them; by end."""
    first = datetime.combine(day - timedelta(days=day.weekday()), datetime.min.time(), ZONE)
    last = first + timedelta(weeks=WEEKS)
    mine = {body.id, *Body.objects.filter(parent=body).values_list("id", flat=True)}
    homes = {p.person_id: p.body for p in Posting.objects.filter(kind="regular", starts_at__lte=now(), body_id__in=mine).filter(Q(ends_at=None) | Q(ends_at__gt=now())).select_related("body")}
    live = Q(starts_at__lt=last) & (Q(ends_at=None) | Q(ends_at__gt=first))
    lent = Posting.objects.filter(live).exclude(kind="regular").filter(Q(body_id__in=mine) | Q(home_body_id__in=mine) | Q(person_id__in=list(homes))).select_related("person", "body", "home_body")
    bodies = {b.id: b for b in Body.objects.filter(id__in=mine)}
    teams = [t for t in rows("people_sent", list(mine)) if t[3] < last and (t[4] is None or t[4] > first)]
    kinds = dict(PostingKind.choices)

    def bar(starts: datetime, ends: datetime | None) -> tuple[int, ...]:
        begins, stops = starts.astimezone(ZONE).date(), date.max if ends is None else last_day(ends)
        mondays = [first.date() + timedelta(weeks=n) for n in range(WEEKS)]
        return tuple(max(0, (min(stops, m + timedelta(days=6)) - max(begins, m)).days + 1) for m in mondays)

    stays = [Stay(p.person, p.home_body or homes.get(p.person_id), str(kinds.get(p.kind, p.kind)), p.body, p.starts_at, p.ends_at, bar(p.starts_at, p.ends_at), p.ends_at is not None and p.ends_at - now() < timedelta(days=10)) for p in lent]
    stays += [Stay(name, bodies.get(home), "team", None, starts, ends, bar(starts, ends), ends is not None and ends - now() < timedelta(days=10)) for _person, name, home, starts, ends in teams]
    stays.sort(key=lambda s: (s.ends is None, s.ends or last, str(s.person)))
    return {"stays": stays, "weeks": [first + timedelta(weeks=n) for n in range(WEEKS)], "body": body}
