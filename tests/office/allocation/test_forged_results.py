"""Results and hits are the worker's alone: the web role cannot write them, not even for its own run, not in a demo, never in production."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHIEF = "chief3"


@contextmanager
def marked(stage: Any, mark: str) -> Iterator[None]:
    """The installation under another mark, as an installer would have set it up."""
    before = stage.admin.execute("select mark from access.installation").fetchone()[0]

    def put(value: str) -> None:  # the mark of an installation never changes; only a superuser past all triggers can pretend
        with stage.admin.transaction():
            stage.admin.execute("set local session_replication_role = replica")
            stage.admin.execute("update access.installation set mark = %s", [value])

    put(mark)
    try:
        yield
    finally:
        put(before)


@pytest.fixture(scope="module")
def run(stage: Any) -> Any:
    """A plan that waits for the worker, asked for by the attacker himself."""
    from xieli.engines.allocation import examples
    from xieli.office.allocation import plans

    with stage.acts(CHIEF):
        return plans.ask(stage.body("yj"), "zones", "x", examples.zones(), defer=False)


FORGED = ("set state = 'done', result = '{\"assign\": {}}', verdict = '[]'", "set state = 'running', started_at = now()", "set verdict = '[]'", "set said_zh = '通过'", "set progress = '{\"cost\": 0}'", "set beat_at = now()")


def attempt(stage: Any, sql: str, *values: Any) -> str:
    from django.db import DatabaseError, connection, transaction

    with stage.acts(CHIEF):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql, list(values))
                return "" if cursor.rowcount else "no row"
        except DatabaseError as error:
            return str(error.__cause__.sqlstate)  # type: ignore[union-attr]


@pytest.mark.parametrize("what", FORGED)
@pytest.mark.parametrize("mark", ["scratch", "demo", "production"])
def test_the_web_role_cannot_forge_a_plan(stage: Any, run: Any, what: str, mark: str) -> None:
    with marked(stage, mark):
        assert attempt(stage, f"update plan_run {what} where id = %s", run.pk) == "42501"
    assert stage.admin.execute("select state, result, verdict, said_zh from plan_run where id = %s", [run.pk]).fetchone() == ("queued", None, None, "")


@pytest.mark.parametrize("what", FORGED[:2])
def test_in_production_not_even_an_open_rehearsal_lets_it(stage: Any, run: Any, what: str) -> None:
    with stage.rehearsing(), marked(stage, "production"):
        assert attempt(stage, f"update plan_run {what} where id = %s", run.pk) == "42501"


@pytest.mark.parametrize("sql", ["insert into access.rehearsal default values", "select access.rehearsing()", "delete from access.rehearsal", "select * from access.rehearsal", "select access.bind_plan(1)", "select access.plan_beat(1, '{}')"])
def test_the_web_role_cannot_open_a_rehearsal_or_do_the_workers_calls(stage: Any, sql: str) -> None:
    assert attempt(stage, sql) == "42501"


def test_what_a_person_may_still_do_is_call_his_run_off(stage: Any, run: Any) -> None:
    from xieli.office.allocation import plans

    with marked(stage, "production"), stage.acts(CHIEF):
        assert plans.call_off(run).state == "cancelled"
