"""A table of a PostgreSQL database comes into the catalogue by its address: as it stood, whole, without a trace of the password."""
from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest

from tests.engines.matching.test_command import Shell, shell  # noqa: F401  the fixture
from xieli.engines.matching.words import MatchError
from xieli.server import foreign_table
from xieli.server.cluster import Server

ID = "990101199001010012"
OWNER = "tax:县税务局:County tax bureau"
READER, SECRET = f"reader_{os.getpid()}", "geheim-99"


class Office:
    """Another office's database, with an account that may read and nothing else."""

    def __init__(self, server: Server, name: str) -> None:
        self.admin = psycopg.connect(server.dsn(database=name), autocommit=True)
        self.address = server.dsn(READER, name, SECRET)

    def run(self, statement: str) -> None:
        self.admin.execute(statement)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def office(pg_cluster: Server) -> Iterator[Office]:
    name = f"tax_{os.getpid()}"
    with psycopg.connect(pg_cluster.dsn(database="postgres"), autocommit=True) as installer:
        installer.execute(f"create database {name}")  # type: ignore[arg-type]
        installer.execute(f"create role {READER} login password '{SECRET}'")  # type: ignore[arg-type]
        made = Office(pg_cluster, name)
        made.run("create schema 税务")
        made.run('create table 税务.发放 ("身份证号" varchar(18), "姓名" text, "金额" numeric(12,2), "日期" date, "备注" text)')
        made.run(f"""insert into 税务.发放 values ('{ID}', '甲', 1.25, '2026-01-02', E'一行\\n二行\\t"引号" \\\\'), ('{ID}', '乙', null, '2026-02-03', ''), ('{ID}', '丙', 7, '2026-03-04', null)""")
        made.run(f"grant usage on schema 税务 to {READER}; grant select on all tables in schema 税务 to {READER}")
        yield made
        made.admin.close()
        installer.execute(f"drop database {name}")  # type: ignore[arg-type]
        installer.execute(f"drop role {READER}")  # type: ignore[arg-type]


def rows_of(path: Path) -> list[tuple[str | None, ...]]:
    return duckdb.connect().execute(f"select * from read_parquet('{path}')").fetchall()


def test_a_table_is_described_and_imported_by_its_address_and_the_counts_add_up(shell: Shell, office: Office) -> None:  # noqa: F811
    shell.run("init")
    shell.run("describe", office.address, "--name", "rows", "--owner", OWNER, "--table", "税务.发放")
    (done,) = shell.json("import", office.address, "--as", "rows.dataset.yaml", "--table", "税务.发放", code=1)
    assert (done["received"], done["accepted"], done["quarantined"]) == (3, 2, 1), "a payment without an amount waits, as from a file"
    (path,) = (shell.folder / "catalogue" / "rows").glob("*/accepted.parquet")
    laid = duckdb.connect().execute(f"select person_id, person_name, money, date from '{path}' order by 2").fetchall()
    assert [tuple(map(str, r)) for r in laid] == [(ID, "丙", "7.00", "2026-03-04"), (ID, "甲", "1.25", "2026-01-02")]
    (again,) = shell.json("import", office.address, "--as", "rows.dataset.yaml", "--table", "税务.发放", code=1)
    assert again["again"], "the same table twice is one import"
    kept = b"".join(p.read_bytes() for p in shell.folder.rglob("*") if p.is_file())
    assert SECRET.encode() not in kept
    assert READER.encode() not in kept


def test_every_value_arrives_as_the_text_the_database_makes_of_it(office: Office, tmp_path: Path) -> None:
    foreign_table.read_table(office.address, "税务.发放", tmp_path / "t.parquet")
    assert rows_of(tmp_path / "t.parquet") == [(ID, "甲", "1.25", "2026-01-02", '一行\n二行\t"引号" \\'), (ID, "乙", None, "2026-02-03", ""), (ID, "丙", "7.00", "2026-03-04", None)]
    office.run("create view 税务.交换 as select 姓名, 金额 from 税务.发放 where 金额 > 1")
    office.run(f"create table 税务.空 (a int); grant select on 税务.交换, 税务.空 to {READER}")
    foreign_table.read_table(office.address, "税务.交换", tmp_path / "v.parquet")
    assert rows_of(tmp_path / "v.parquet") == [("甲", "1.25"), ("丙", "7.00")]
    foreign_table.read_table(office.address, "税务.空", tmp_path / "e.parquet")
    assert rows_of(tmp_path / "e.parquet") == []


def test_a_table_that_changes_while_it_is_read_is_read_as_it_stood(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_table, "BATCH", 2)
    office.run(f"create table 税务.流水 as select g::text as n from generate_series(1, 5) g; grant select on 税务.流水 to {READER}")
    seen: list[int] = []

    def meanwhile(n: int) -> None:
        seen.append(n)
        office.run("insert into 税务.流水 values ('new')")
        office.run("update 税务.流水 set n = 'changed' where n = '5'")

    foreign_table.read_table(office.address, "税务.流水", tmp_path / "t.parquet", None, meanwhile)
    assert seen == [2, 4, 5]
    assert [r[0] for r in rows_of(tmp_path / "t.parquet")] == ["1", "2", "3", "4", "5"]


def test_reading_changes_nothing_even_where_the_table_is_a_trap(office: Office, tmp_path: Path) -> None:
    """A view whose function writes, by an account that may: the transaction is for reading only."""
    office.run("create table 税务.记号 (n int)")
    office.run("create function 税务.写() returns int language plpgsql volatile security definer as $$ begin insert into 税务.记号 values (1); return 1; end $$")
    office.run(f"create view 税务.陷阱 as select 税务.写() as a from generate_series(1, 3); grant select on 税务.陷阱 to {READER}")
    with pytest.raises(MatchError) as caught:
        foreign_table.read_table(office.address, "税务.陷阱", tmp_path / "t.parquet")
    assert (caught.value.code, "read-only" in caught.value.en) == ("attach", True)
    assert office.admin.execute("select count(*) from 税务.记号").fetchone() == (0,)


@pytest.mark.parametrize(("table", "code"), [(None, "table"), ("税务.没有", "attach"), ('税务.发放" where 1=1 --', "attach"), ("税务.发放; drop table 税务.发放", "attach"), ("pg_authid", "attach"), ("", "attach"), ("a.b.c.d", "attach")])
def test_a_table_that_is_not_there_or_not_open_is_a_sentence(office: Office, tmp_path: Path, table: str | None, code: str) -> None:
    with pytest.raises(MatchError) as caught:
        foreign_table.read_table(office.address, table, tmp_path / "t.parquet")
    assert caught.value.code == code
    assert SECRET not in caught.value.zh + caught.value.en
    assert office.admin.execute("select count(*) from 税务.发放").fetchone() == (3,)


@pytest.mark.parametrize("address", [f"postgresql://u:{SECRET}@localhost:notaport/db", f"postgres:host=localhost pass word={SECRET}", f"postgres:host=127.0.0.1 port=1 password={SECRET} connect_timeout=2", f"postgresql://u:{SECRET}@127.0.0.1:1/db", f"mysql:host=nowhere.invalid password={SECRET}"])
def test_an_address_that_leads_nowhere_says_so_without_the_password(shell: Shell, address: str) -> None:  # noqa: F811
    shell.run("init")
    told = shell.run("describe", address, "--name", "rows", "--owner", OWNER, "--table", "t", code=2)
    assert SECRET not in told
    assert ("DuckDB" in told) == address.startswith("mysql")
    assert not (shell.folder / "rows.dataset.yaml").exists()
