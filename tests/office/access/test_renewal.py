"""Working access ends within a year and is looked at by another before it goes on; the line keeps reading what was closed."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests import dbfixtures
from tests.adversary.conftest import (
    AN,
    BO,
    DU,
    EN,
    HEAD,
    MINE,
    ROOM,
    SPARE,
    THEIRS,
    Target,
    open_matter,
    people,
    sign_in,
)
from xieli.server.cluster import Server

Go = Callable[[int], None]


@pytest.fixture
def office(pg_cluster: Server) -> Iterator[Target]:
    """Two bodies; An and Spare work in a room that En leads as head; Bo is of the other body, which Du heads."""
    target = Target(dbfixtures.clone(pg_cluster, f"renewal_{os.getpid()}", level_cap=2))
    with target.database.admin() as admin:
        people(admin)
    yield target
    dbfixtures.drop(target.database)


@pytest.fixture
def go(office: Target) -> Go:
    """Days pass: the sweeper has run and everybody has signed in anew."""
    def days(n: int) -> None:
        with office.database.admin() as admin:
            admin.execute("update access.clock_offset set by = by + make_interval(days => %s)", [n])
            admin.execute("select access.sweep(10000)")
        sign_in(office, an=AN, bo=BO, du=DU, en=EN, spare=SPARE)
    days(0)
    return days


def ask(office: Target, name: str, query: str, *values: Any) -> Any:
    with office.bound(name, keep=True) as c:
        row = c.execute(query, values).fetchone()  # type: ignore[arg-type]
        return row[0] if row else None


def refused(office: Target, name: str, query: str, *values: Any) -> str:
    with pytest.raises(psycopg.Error) as caught:
        ask(office, name, query, *values)
    return str(caught.value.diag.message_primary)


def opened(office: Target, **more: Any) -> tuple[int, int, int]:
    """A matter of An's room: its identity, and the working grants of An and of the room."""
    with office.bound("an", keep=True) as c:
        m = open_matter(c, "线索", owner_body=MINE, owner_room=ROOM, **more)
        found = dict(c.execute("select principal, id from matter_grant where matter_id = %s and kind = 'handler'", [m]).fetchall())
    return m, found[AN], found[ROOM]


def told(office: Target) -> list[int]:
    with office.database.admin() as admin:
        admin.execute("select access.tell_endings()")
        return sorted(r[0] for r in admin.execute("select person_id from notification where kind = 'access_ending' and read_at is null"))


RENEW = "select access.renew(%s, '案情复杂，仍在办理')"


def test_a_case_of_more_than_a_year_goes_on_because_another_looked(office: Target, go: Go) -> None:
    m, own, rooms = opened(office)
    go(300)
    assert told(office) == []
    assert refused(office, "en", RENEW, rooms) == "renewed in its last thirty days"
    go(45)
    assert refused(office, "an", RENEW, own) == "another looks at one's own access"
    assert refused(office, "spare", RENEW, rooms) == "another looks at one's own access", "the room's access is that of whoever sits in it"
    assert refused(office, "bo", RENEW, rooms) == refused(office, "bo", RENEW, 1) == "not visible"
    assert refused(office, "en", "select access.renew(%s, '  ')", rooms) == "a renewal needs a reason"
    fresh = ask(office, "en", RENEW, rooms)
    assert ask(office, "en", "select (kind, acts::text[], basis, ends_at - starts_at > interval '364 days')::text from matter_grant where id = %s", fresh).startswith("(handler,")
    assert refused(office, "en", RENEW, rooms) == "renewed already"
    go(40)
    assert ask(office, "an", "select access.may(%s, 'write')", m) is True, "he works on in his room; nobody renewed his own"
    assert ask(office, "en", "select access.may(%s, 'approve')", m) is True, "the line goes on by itself"
    assert ask(office, "en", RENEW, own), "what ended within the year may still be renewed"


def test_a_matter_on_which_nobody_may_work_any_more_is_taken_up_again(office: Target, go: Go) -> None:
    m, own, _ = opened(office)
    go(370)
    assert ask(office, "an", "select count(*) from matter where id = %s", m) == 0
    assert ask(office, "en", "select access.may(%s, 'approve')", m) is True
    ask(office, "en", RENEW, own)
    assert ask(office, "an", "select access.may(%s, 'write')", m) is True
    go(366 + 366)
    assert refused(office, "en", RENEW, own) == "this access is not renewed", "two years on it is given anew or not at all"


def test_what_was_withdrawn_closed_or_is_another_kind_is_not_renewed(office: Target, go: Go) -> None:
    m, own, rooms = opened(office)
    reader = ask(office, "an", "select access.give(%s, %s, 'reviewer', '{read}', null, null, '复核', '')", m, SPARE + 1)
    go(340)
    assert refused(office, "en", RENEW, reader) == "this access is not renewed"
    ask(office, "an", "select access.revoke(%s, '调离')", own)
    assert refused(office, "en", RENEW, own) == "this access is not renewed"
    with office.database.admin() as admin:
        admin.execute("update matter set status = 'closed' where id = %s", [m])
    assert refused(office, "en", RENEW, rooms) == "this access is not renewed"


def test_who_is_recused_gets_nothing_by_renewal(office: Target, go: Go) -> None:
    m, own, _ = opened(office)
    go(340)
    ask(office, "an", "select access.raise_recusal(%s, %s, 'self', '')", m, AN)
    assert refused(office, "en", RENEW, own) == "recused"
    assert AN not in told(office), "and is not told that access to something he may not know ends"


def test_it_is_said_thirty_days_ahead_once_and_to_those_who_work_on_it_or_lead_it(office: Target, go: Go) -> None:
    opened(office)
    go(1)
    opened(office, level=2)
    with office.database.admin() as admin:
        admin.execute("update person set clearance = 1 where id = %s", [SPARE])
    go(333)
    assert told(office) == []
    go(4)
    assert told(office) == sorted([AN, EN, SPARE, SPARE + 1, SPARE + 2]), "once each, though two matters end"
    with office.database.admin() as admin:
        assert admin.execute("select count(*) from notification where kind = 'access_ending' and (matter_id is not null or fields <> '{}')").fetchone() == (0,)
        admin.execute("update notification set read_at = access.now()")
    assert told(office) == [], "within the hour nothing is looked at again"
    go(2)
    assert told(office) == [], "what was told of is not told of again"


def test_who_may_not_see_the_matter_that_ends_hears_nothing(office: Target, go: Go) -> None:
    opened(office, level=2)
    with office.database.admin() as admin:
        admin.execute("update person set clearance = 1 where id = %s", [SPARE])
    go(340)
    assert SPARE not in told(office)
    assert AN in told(office)


def test_a_run_that_was_missed_or_stopped_short_loses_nothing(office: Target, go: Go) -> None:
    for _ in range(7):
        opened(office)
    go(364)  # nobody swept for a year: one day before the end
    with office.database.admin() as admin:
        seen = [admin.execute("select access.tell_endings(4)").fetchone() for _ in range(6)]
    assert seen == [(4,), (4,), (4,), (2,), (0,), (0,)]
    assert told(office) == sorted([AN, EN, SPARE, SPARE + 1, SPARE + 2])


def test_an_imported_ledger_ends_at_one_instant_and_nobody_is_passed_over(office: Target, go: Go) -> None:
    with office.bound("an", keep=True) as c:
        made = [open_matter(c, f"线索{n}", owner_body=MINE) for n in range(5)]
    with office.database.admin() as admin:  # the last of them is somebody else's
        admin.execute("insert into matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)"
                      " select 77, matter_id, %s, kind, acts, starts_at, ends_at, basis, '', granted_by, starts_at from matter_grant where matter_id = %s and kind = 'handler' limit 1", [SPARE, made[-1]])
    go(340)
    with office.database.admin() as admin:
        assert [admin.execute("select access.tell_endings(2)").fetchone() for _ in range(2)] == [(6,), (0,)]
    assert SPARE in told(office)


def test_who_serves_at_the_front_line_is_not_told_of_what_his_room_works_on(office: Target, go: Go) -> None:
    m, *_ = opened(office)
    with office.database.admin() as admin:
        admin.execute("update posting set kind = 'front_line' where person_id = %s", [SPARE])
    assert ask(office, "spare", "select count(*) from matter where id = %s", m) == 0
    with office.bound("an", keep=True) as c:
        assert SPARE not in {r[0] for r in c.execute("select person from access.who_may_see(%s)", [m])}
    go(340)
    assert SPARE not in told(office)
    assert SPARE + 1 in told(office)


def test_the_line_keeps_reading_what_was_closed_and_leads_what_is_opened_again(office: Target, go: Go) -> None:
    m, *_ = opened(office)
    go(10)
    with office.database.admin() as admin:
        admin.execute("update matter set status = 'closed' where id = %s", [m])
    for _ in range(3):
        go(366)
        assert ask(office, "en", "select access.may(%s, 'read')", m) is True, "the head answers for it, years later"
        assert ask(office, "en", "select access.may(%s, 'approve')", m) is False
        assert ask(office, "an", "select count(*) from matter where id = %s", m) == 0
        assert ask(office, "du", "select count(*) from matter where id = %s", m) == 0
    with office.database.admin() as admin:
        admin.execute("update matter set status = 'open' where id = %s", [m])
    assert ask(office, "en", "select access.may(%s, 'approve')", m) is True
    with office.database.admin() as admin:
        admin.execute("update matter set status = 'closed' where id = %s", [m])
        admin.execute("insert into office_line_body (office_id, body_id) select id, %s from office where body_id = %s and code = 'head'", [MINE, THEIRS])
        admin.execute("delete from posting where person_id = %s and office_id = %s", [EN, HEAD])
    go(366)
    assert ask(office, "en", "select count(*) from matter where id = %s", m) == 0, "who left the office reads no more"
    assert ask(office, "du", "select access.may(%s, 'read')", m) is True, "who answers for the body now, reads"
