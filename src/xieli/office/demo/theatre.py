"""Acting a story: persons act through the services with their own sessions, time passes, and every check is written down.

A story never writes a table itself; only the world's reference data and the clock's offset are the installer's.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from django.db import transaction

from xieli.office.demo.world import SUBJECT_IDS, World
from xieli.server.binding import acting, open_demo_session
from xieli.server.words import pick

ZONE = ZoneInfo("Asia/Shanghai")


class CheckFailed(AssertionError):
    """A sentence of the story that did not hold."""


@dataclass
class Theatre:
    """The stage: a world in a scratch or demo database, and the installer's connection that moves its clock."""

    world: World
    admin: psycopg.Connection[Any]
    say: Callable[[str], None] = lambda text: None
    checks: list[dict[str, str]] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)
    shift_days: int = 0
    made: dict[str, Any] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def acts(self, person: str) -> Iterator[None]:
        """Act as a person, in one bound transaction: it commits when the block ends."""
        with acting(self.token(person)):
            yield

    @contextmanager
    def rehearsing(self) -> Iterator[None]:
        """The worker's part is played here and now, with a person's session; outside this block the database refuses it."""
        self.admin.execute("insert into access.rehearsal default values on conflict do nothing")
        try:
            yield
        finally:
            self.admin.execute("delete from access.rehearsal")

    def token(self, person: str) -> str:
        """The cookie of a person's live session; a new one where the last has ended."""
        token = self._tokens.get(person)
        if token is None or not self._alive(token):
            with transaction.atomic():
                token = open_demo_session(self.world.people[person])
            self._tokens[person] = token
        return token

    def _alive(self, token: str) -> bool:
        from xieli.server.binding import bind

        with transaction.atomic():
            return bind(token)

    def at(self, when: str) -> None:
        """Set the platform's time, e.g. ``2026-03-17 10:00`` (Chinese legal time). Time never runs backwards."""
        wanted = datetime.fromisoformat(when).replace(tzinfo=ZONE) + timedelta(days=self.shift_days)
        now = self.admin.execute("select access.now()").fetchone()[0]  # type: ignore[index]
        if wanted < now:
            raise ValueError(f"故事里的时间不能倒流：{when} / time in a story never runs backwards: {when}")
        self.admin.execute("update access.clock_offset set by = %s - pg_catalog.now()", [wanted])

    def start_at(self, when: str) -> None:
        """Where a scratch database's time begins; only before anything has happened."""
        wanted = datetime.fromisoformat(when).replace(tzinfo=ZONE)
        if self.admin.execute("select exists (select 1 from matter)").fetchone()[0]:  # type: ignore[index]
            raise ValueError("已有事项，时间起点不能再改。/ Something has happened already; time cannot begin anew.")
        self.admin.execute("update access.clock_offset set by = %s - pg_catalog.now()", [wanted])

    def clock_before(self, when: str) -> bool:
        """Whether the story's time has not come there yet."""
        now = self.admin.execute("select access.now()").fetchone()[0]  # type: ignore[index]
        return bool(now < datetime.fromisoformat(when).replace(tzinfo=ZONE))

    def world_name(self, code: str) -> str:
        """A body's Chinese name."""
        return str(self.admin.execute("select name_zh from body where id = %s", [self.body(code)]).fetchone()[0])  # type: ignore[index]

    def check(self, zh: str, en: str, holds: object) -> None:
        """One sentence of the story's acceptance check. Raises CheckFailed when it does not hold."""
        if not holds:
            raise CheckFailed(f"{zh} / {en}")
        self.checks.append({"zh": zh, "en": en})
        self.say(f"  ✓ {pick(zh, en)}")

    def figure(self, zh: str, en: str, value: float, unit: str) -> None:
        """One figure that the story prints."""
        self.figures.append({"zh": zh, "en": en, "value": round(value, 2), "unit": unit})
        self.say(f"  = {pick(zh, en)}: {value:g} {unit}")

    def sees(self, person: str, matter_id: int) -> bool:
        """Whether a person can see a matter now."""
        from xieli.office.matters.tables.core import Matter

        with self.acts(person):
            return Matter.objects.filter(pk=matter_id).exists()

    def refused(self, act: Callable[[], object]) -> str:
        """Run an act that must be refused; returns the refusal's code, or an empty text when it went through."""
        from xieli.office.matters.services.errors import Refused

        try:
            with transaction.atomic():
                act()
        except Refused as refusal:
            return refusal.code
        return ""

    def body(self, code: str) -> int:
        """A body's identity."""
        return self.world.bodies[code]

    def room(self, code: str) -> int:
        """A room's identity, ``body/room``."""
        return self.world.rooms[code]

    def person(self, code: str) -> int:
        """A person's identity."""
        return self.world.people[code]

    def holder(self, spec: str) -> str:
        """The code of whoever holds an office, e.g. ``head@wuchuan``."""
        from xieli.office.demo.world import PEOPLE

        office = self.world.offices[spec]
        row = self.admin.execute("select person_id from posting where office_id = %s order by id limit 1", [office]).fetchone()
        person = row[0]  # type: ignore[index]
        known = {p.code for p in PEOPLE}
        return next((c for c, i in self.world.people.items() if i == person and c in known), next(c for c, i in self.world.people.items() if i == person))

    def subject_id(self, key: str) -> str:
        """The invented identity number of a story's subject."""
        return SUBJECT_IDS[key]


Story = Callable[[Theatre], None]
