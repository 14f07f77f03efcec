"""`xieli doctor` and `xieli upgrade --check`: what is wrong is found, named, and comes with what to do."""
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql

from tests.server.conftest import a_home
from xieli.faces.cli.main import main
from xieli.server import backup, custodians, doctor, prepare, upgrade
from xieli.server.home import Home
from xieli.server.postgres import Instance, ensure_database
from xieli.server.words import silent

pytestmark = pytest.mark.db


@pytest.fixture(scope="module")
def db() -> Iterator[Instance]:
    """One installation for all; each test puts back what it changed."""
    with a_home() as place, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XIELI_HOME", str(place / "home"))
        patch.delenv("DATABASE_URL", raising=False)
        with ensure_database(Home(place / "home"), say=silent) as instance:
            prepare.bring_up_to_date(instance, silent)
            prepare.set_mark(instance, "scratch")
            yield instance


@pytest.fixture(autouse=True)
def put_back(db: Instance) -> Iterator[None]:
    yield
    with psycopg.connect(db.admin_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("alter role {} nobypassrls").format(sql.Identifier(db.role("web"))))
    (db.home.path / "secrets" / "cookie.key").chmod(0o600)
    db.ensure_roles_and_database()


def run(*arguments: str) -> tuple[int, dict[str, object]]:
    done = CliRunner().invoke(main, [*arguments, "--json"])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


def states(report: dict[str, object]) -> dict[str, str]:
    return {check["name"]: check["state"] for check in report["checks"]}  # type: ignore[attr-defined]


def test_a_fresh_installation_has_no_failing_database_check(db: Instance) -> None:
    found = states(run("doctor")[1])
    assert {found[check.__name__] for check in doctor.DATABASE_CHECKS if check.__name__ in found} == {"ok"}
    assert found["database"] == found["roles"] == found["structure"] == found["mark"] == found["passwords"] == "ok"


def test_what_weakens_it_is_named(db: Instance) -> None:
    with psycopg.connect(db.admin_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("alter role {} bypassrls").format(sql.Identifier(db.role("web"))))
        connection.execute(sql.SQL("alter role {} password 'changed behind our back'").format(sql.Identifier(db.role("sealer"))))
    (db.home.path / "secrets" / "cookie.key").chmod(0o644)
    code, report = run("doctor")
    assert code == 1
    found = states(report)
    assert found["roles"] == found["passwords"] == found["secrets"] == "failure"
    said = json.dumps(report, ensure_ascii=False)
    assert db.role("web") in said
    assert "cookie.key" in said


def test_nothing_that_a_check_says_contains_a_password(db: Instance) -> None:
    said = json.dumps(run("doctor")[1])
    assert not [name for name, password in db.passwords().items() if password in said]


def test_an_upgrade_waits_for_a_recent_backup(db: Instance, tmp_path: Path) -> None:
    step = latest_step(db)
    code, report = run("upgrade", "--check")
    assert code == 1
    assert step in report["steps"]  # type: ignore[operator]
    assert "no backup" in report["hindrances"][0]["en"]  # type: ignore[index]
    holders = [custodians.make(name, "a long enough phrase", tmp_path / f"{name}.key") for name in "ab"]
    backup.create(db, tmp_path, holders, 2, silent)
    code, report = run("upgrade", "--check", "--backups", str(tmp_path))
    assert (code, report["hindrances"]) == (0, [])
    with psycopg.connect(db.role_dsn("owner"), autocommit=True) as connection:
        connection.execute("insert into django_migrations (app, name, applied) values (%s, %s, now())", step.split("."))


def latest_step(db: Instance) -> str:
    """Forget that the queue's latest step was applied; returns its name."""
    with psycopg.connect(db.role_dsn("owner"), autocommit=True) as connection:
        row = connection.execute(
            "delete from django_migrations where app = 'procrastinate' and name = (select max(name) from django_migrations where app = 'procrastinate')"
            " returning app || '.' || name"
        ).fetchone()
    assert row is not None
    return str(row[0])


def test_code_older_than_the_data_is_refused(db: Instance) -> None:
    with psycopg.connect(db.role_dsn("owner"), autocommit=True) as connection:
        connection.execute("insert into django_migrations (app, name, applied) values ('matters', '9999_from_the_future', now())")
    assert upgrade.plan(db, None).unknown == ["matters.9999_from_the_future"]
    code, report = run("upgrade", "--check")
    assert code == 1
    assert "9999_from_the_future" in report["hindrances"][0]["zh"]  # type: ignore[index]
    with psycopg.connect(db.role_dsn("owner"), autocommit=True) as connection:
        connection.execute("delete from django_migrations where name = '9999_from_the_future'")
