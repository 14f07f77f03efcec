"""The sweeper as its own role: lights that change are told once, custody never falls silent, one bad clock stops only itself."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from tests import dbfixtures, djangodb
from tests.office.matters.conftest import Kit
from xieli.office.demo.theatre import ZONE, Theatre
from xieli.server.cluster import Server


@pytest.fixture(scope="module")
def night(kit: Kit, pg_cluster: Server) -> Night:
    return Night(kit, pg_cluster)


class Night:
    """Rounds of the sweeper over the kit's database."""

    def __init__(self, kit: Kit, server: Server) -> None:
        self.stage: Theatre = kit.stage
        name = self.stage.admin.execute("select current_database()").fetchone()[0]  # type: ignore[index]
        self.database = dbfixtures.TestDatabase(server, name)

    @contextmanager
    def sweeper(self) -> Iterator[None]:
        djangodb.use(self.database, "sweeper")
        try:
            yield
        finally:
            djangodb.use(self.database, "web")

    def round(self, at_most: int = 500) -> int:
        from xieli.office.matters.sweeper import sweep_clocks

        with self.sweeper():
            return sweep_clocks(at_most)

    def alarms(self, matter: int) -> list[tuple[str, int]]:
        """What was told of the matter's custody clock (its other clocks have alarms of their own)."""
        return self.stage.admin.execute("select kind, level from alarm where clock_id = %s order by raised_at", [self.clock(matter)]).fetchall()

    def clock(self, matter: int) -> int:
        return int(self.stage.admin.execute("select id from clock where matter_id = %s and on_expiry = 'must_release'", [matter]).fetchone()[0])  # type: ignore[index]


def test_a_custody_clock_is_told_when_it_turns_yellow_and_each_hour_past_its_end(kit: Kit, night: Night) -> None:
    matter, _ = kit.custody(number="渝江纪批〔2026〕201号")
    end = kit.limit(matter)
    warn = night.stage.admin.execute("select warn_at from clock where id = %s", [night.clock(matter)]).fetchone()[0].astimezone(ZONE)  # type: ignore[index]
    assert warn < end
    night.round()
    assert night.alarms(matter) == []
    kit.past(warn)
    assert night.round() >= 1
    assert night.alarms(matter) == [("custody", 1)]
    night.round()
    assert night.alarms(matter) == [("custody", 1)], "the same light is told once"
    kit.past(end)
    night.round()
    assert [level for _, level in night.alarms(matter)] == [1, 2]
    for hours in (1, 2):
        kit.past(end, 65 * hours)
        night.round()
    assert [level for _, level in night.alarms(matter)] == [1, 2, 2, 2], "an expired custody clock never falls silent"


def test_a_clock_that_cannot_be_folded_stops_only_itself(kit: Kit, night: Night) -> None:
    poison, _ = kit.custody(number="渝江纪批〔2026〕202号")
    sound, _ = kit.custody(number="渝江纪批〔2026〕203号")
    bad = night.clock(poison)
    rule = night.stage.admin.execute("select rule from clock where id = %s", [bad]).fetchone()[0]  # type: ignore[index]
    night.stage.admin.execute("update clock set rule = 'no.such.rule', next_look = access.now() - interval '1 minute' where id = %s", [bad])
    kit.past(kit.limit(sound))
    night.round()
    assert [level for _, level in night.alarms(sound)] == [2]
    later, now = night.stage.admin.execute("select next_look, access.now() from clock where id = %s", [bad]).fetchone()  # type: ignore[misc]
    assert timedelta(minutes=59) < later - now <= timedelta(hours=1)
    assert night.alarms(poison) == []
    night.stage.admin.execute("update clock set rule = %s, next_look = access.now() where id = %s", [rule, bad])
    night.round()
    assert [level for _, level in night.alarms(poison)] == [2], "mended, it is told at once: nothing was lost"


def test_a_clock_that_cannot_be_stored_or_told_stops_only_itself(kit: Kit, night: Night) -> None:
    poison, _ = kit.custody(number="渝江纪批〔2026〕204号")
    sound, _ = kit.custody(number="渝江纪批〔2026〕205号")
    bad = night.clock(poison)
    night.stage.admin.execute("create function refuse() returns trigger language plpgsql as $$ begin if new.alarmed_level > old.alarmed_level then raise exception 'no'; end if; return new; end $$")
    night.stage.admin.execute(f"create trigger refuse before update on clock for each row when (old.id = {bad}) execute function refuse()")
    kit.past(kit.limit(sound))
    night.round()
    assert [level for _, level in night.alarms(sound)] == [2]
    assert night.alarms(poison) == []
    night.stage.admin.execute("drop trigger refuse on clock")
    night.stage.admin.execute("create function mute() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$")
    night.stage.admin.execute(f"create trigger mute before insert on alarm for each row when (new.clock_id = {bad}) execute function mute()")
    night.stage.admin.execute("update clock set next_look = access.now() where id = %s", [bad])
    night.round()
    assert night.stage.admin.execute("select alarmed_level from clock where id = %s", [bad]).fetchone() == (0,), "nobody was told, and the clock knows it"
    night.stage.admin.execute("drop trigger mute on alarm")
    night.stage.admin.execute("update clock set next_look = access.now() where id = %s", [bad])
    night.round()
    assert [level for _, level in night.alarms(poison)] == [2]


def test_two_sweepers_share_the_work_and_a_missed_night_loses_nothing(kit: Kit, night: Night) -> None:
    import psycopg

    matters = [kit.custody(number=f"渝江纪批〔2026〕{n}号")[0] for n in (206, 207)]
    kit.past(max(kit.limit(m) for m in matters), 60 * 24 * 3)
    held = night.clock(matters[0])
    with psycopg.connect(night.database.dsn()) as other, other.cursor() as cursor:
        cursor.execute("select 1 from clock where id = %s for update", [held])
        night.round()
        assert night.alarms(matters[0]) == [], "another sweeper has it"
        assert [level for _, level in night.alarms(matters[1])] == [2]
        other.rollback()
    night.round()
    assert [level for _, level in night.alarms(matters[0])] == [2]
