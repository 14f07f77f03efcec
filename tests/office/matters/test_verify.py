"""`xieli verify` finds nothing in what the services made, and names each thing that was changed behind them."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests import dbfixtures
from tests.djangodb import use
from tests.office.matters.conftest import Kit
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.verify import CHECKS, verify
from xieli.server.cluster import Server


@pytest.fixture(scope="module")
def played(kit: Kit, stage: Theatre) -> Kit:
    """A few lives: accepted, assigned, handed over, in custody, refused."""
    kit.assigned()
    kit.accepted()
    parcel = kit.hands.send(kit.chief, kit.open(), "zhongyue", "属该县管辖")
    kit.hands.receive(kit.hands.staff("case_duty", "zhongyue/case"), parcel, "accepted")
    kit.custody()
    return kit


@pytest.fixture
def reader(played: Kit, stage: Theatre, pg_cluster: Server) -> Iterator[Any]:
    """Django as the backup role, which reads everything and writes nothing."""
    database = dbfixtures.TestDatabase(pg_cluster, stage.admin.execute("select current_database()").fetchone()[0])  # type: ignore[index]
    use(database, "backup")
    yield stage.admin
    use(database, "web")


def differences(found: dict[str, Any]) -> list[str]:
    return sorted(code for code, rows in found.items() if rows)


def test_nothing_differs_in_what_the_services_made(reader: Any) -> None:
    assert differences(verify()) == []


CORRUPTED = [
    ({"clocks"}, "update clock set due_at = due_at + interval '1 day' where state = 'running' and id = (select min(id) from clock where state = 'running')"),
    ({"clocks"}, "update clock_event set happened_at = happened_at - interval '40 days' where kind = 'start' and clock_id = (select min(id) from clock where state = 'running')"),
    ({"next_due", "worklist"}, "alter table matter disable trigger worklist; update matter set next_due = next_due + interval '1 day' where id = (select min(id) from matter where next_due is not null)"),
    ({"knowers", "worklist"}, "alter table matter disable trigger worklist; update matter set acl = acl || 7 where id = (select min(id) from matter where status = 'open')"),
    ({"knowers"}, "alter table matter disable trigger all; update matter set deny = '{7}' where id = (select min(id) from matter)"),
    ({"worklist"}, "delete from matter_work where matter_id = (select min(matter_id) from matter_work)"),
    ({"stages"}, "alter table matter disable trigger all; update matter set stages = '{closed}' where id = (select min(id) from matter where state <> '{}')"),
    ({"stages"}, "update matter_stage set state = 'done' where id = (select min(id) from matter_stage where state = 'open')"),
    ({"search"}, "update matter set grams = '{}' where id = (select min(id) from matter where title <> '')"),
    ({"facts"}, "update fact set text = 'changed' where id = (select min(id) from fact where submission_id is not null and retracted_at is null and text <> '')"),
    ({"facts"}, "delete from fact where id = (select min(id) from fact where submission_id is not null and retracted_at is null)"),
    ({"numbers"}, "delete from number_use where id = (select max(id) from number_use)"),
    ({"playbooks"}, "alter table playbook_version disable trigger all; update playbook_version set sha = repeat('0', 64) where code = 'lead'"),
    ({"digests"}, "update approval set what = '{\"room\": 9}' where id = (select min(id) from approval)"),
    ({"digests"}, "update snapshot set content = '{}' where id = (select min(id) from snapshot)"),
    ({"digests"}, "update handover set index = '[{\"name\": \"x\"}]' where id = (select min(id) from handover)"),
    ({"digests"}, "alter table form_submission disable trigger all; update form_submission set data = data || '{\"summary\": \"changed\"}' where id = (select min(id) from form_submission)"),
]
ELSEWHERE = {"files": "tests/office/files/test_backup_and_restore.py"}


def test_every_check_has_a_corruption_that_it_must_name() -> None:
    """A new cached date, count or projection comes with a line in the table above."""
    assert set().union(*(expected for expected, _ in CORRUPTED)) | {*ELSEWHERE} == {*CHECKS}


@pytest.mark.parametrize(("expected", "statement"), CORRUPTED)
def test_what_was_changed_behind_the_services_is_named(reader: Any, played: Kit, pg_cluster: Server, expected: set[str], statement: str) -> None:
    """The change is made in a copy of the database, so that each case stands alone."""
    import psycopg
    from django.db import connections
    from psycopg import sql

    name = reader.execute("select current_database()").fetchone()[0]
    connections.close_all()
    reader.close()
    from xieli.server import dbroles

    copy = f"{name}_t"
    with psycopg.connect(pg_cluster.dsn(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(copy)))
    dbroles.ensure_database(pg_cluster.dsn(), copy, dbfixtures.PREFIX, name)
    database = dbfixtures.TestDatabase(pg_cluster, copy)
    try:
        with database.admin() as admin:
            admin.execute(statement)
        use(database, "backup")
        found = verify()
        assert expected <= set(differences(found)), found
        assert set(differences(found)) <= expected | {"next_due", "worklist", "clocks", "playbooks"}
    finally:
        connections.close_all()
        dbfixtures.drop(database)
        played.stage.admin = dbfixtures.TestDatabase(pg_cluster, name).admin()


def test_every_check_says_what_it_checks_in_both_languages() -> None:
    assert all(zh and en for zh, en, _ in CHECKS.values())
