"""An external PostgreSQL through DATABASE_URL, with an account that is no superuser."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from xieli.server import backup, prepare
from xieli.server.cluster import Server
from xieli.server.dsn import as_url, where
from xieli.server.home import Home
from xieli.server.postgres import ensure_database, instance
from xieli.server.words import Trouble, silent

pytestmark = pytest.mark.db
PREFIX = "xext"


@pytest.fixture
def office(pg_cluster: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database that an administrator made for an account with CREATEROLE and nothing more; its address."""
    with psycopg.connect(pg_cluster.dsn(), autocommit=True) as connection:
        clear(connection)
        connection.execute("create role xext_boss login createrole createdb password 'a / difficult @ password'")
        connection.execute("create database xext_office owner xext_boss encoding 'UTF8' template template0")
    monkeypatch.setenv("XIELI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XIELI_PREFIX", PREFIX)
    url = as_url(pg_cluster.dsn(), user="xext_boss", password="a / difficult @ password", dbname="xext_office")
    monkeypatch.setenv("DATABASE_URL", url)
    yield url
    with psycopg.connect(pg_cluster.dsn(), autocommit=True) as connection:
        clear(connection)


def clear(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    connection.execute("drop database if exists xext_office with (force)")
    for (name,) in connection.execute("select rolname from pg_roles where rolname like 'xext\\_%' order by rolname = 'xext_boss'").fetchall():
        connection.execute(sql.SQL("drop role {}").format(sql.Identifier(str(name))))


def test_it_is_brought_up_without_a_superuser(office: str) -> None:
    with ensure_database(say=silent) as db:
        assert not db.embedded
        prepare.bring_up_to_date(db, silent)
        prepare.set_mark(db, "scratch")
        assert prepare.mark_of(db) == "scratch"
        assert not prepare.array_search_trusted(db)
        assert backup.uncovered(db) == []
        with psycopg.connect(db.role_dsn("web")) as connection:
            assert connection.execute("select current_user::text").fetchone() == ("xext_web",)
            assert connection.execute("select count(*) from matter").fetchone() == (0,)


def test_every_role_has_a_password_of_its_own(office: str) -> None:
    with ensure_database(say=silent) as db:
        db.ensure_roles_and_database()
        assert len(set(db.passwords().values())) == len(db.passwords())
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(as_url(db.role_dsn("web"), password=db.password("door")))


def test_leaving_it_stops_nothing(office: str, pg_cluster: Server) -> None:
    with ensure_database(say=silent):
        assert instance().admin_dsn == as_url(office)
    assert pg_cluster.running()


def test_an_address_that_is_none_and_a_wrong_password_are_told_without_secrets(office: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", as_url(office, password="the wrong secret"))
    with pytest.raises(Trouble) as caught, ensure_database(say=silent):
        pass
    assert "cannot be reached" in caught.value.en
    assert "the wrong secret" not in caught.value.en + caught.value.zh
    monkeypatch.setenv("DATABASE_URL", "mysql://x")
    with pytest.raises(Trouble, match="no database address"), ensure_database(say=silent):
        pass


def test_a_database_that_may_not_be_handed_over_names_the_statement_to_ask_for(office: str, pg_cluster: Server) -> None:
    with psycopg.connect(pg_cluster.dsn(), autocommit=True) as connection:
        connection.execute("alter database xext_office owner to postgres")
    with ensure_database(say=silent) as db, pytest.raises(Trouble, match='alter database "xext_office" owner to "xext_owner"'):
        db.ensure_roles_and_database()


@pytest.mark.parametrize("odd", [{"password": "p@ss/w:rd?&=%"}, {"host": "/数 据/run"}, {"host": "::1", "port": 5433}, {"dbname": "a b"}, {"options": "-c role=x"}])
def test_an_address_survives_its_url(odd: dict[str, str | int]) -> None:
    from psycopg.conninfo import conninfo_to_dict

    parts = {"host": "db.example", "port": 5432, "user": "u", "password": "p", "dbname": "d", **odd}
    assert {k: str(v) for k, v in conninfo_to_dict(as_url("", **parts)).items()} == {k: str(v) for k, v in parts.items()}
    assert str(parts["password"]) not in where(as_url("", **parts)) or len(str(parts["password"])) < 3


def test_a_home_holds_no_secret_before_it_is_asked(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    assert list(home.path.iterdir()) == []
    assert home.secret("a") == home.secret("a") != home.secret("b")
