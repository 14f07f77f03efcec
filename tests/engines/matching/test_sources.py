"""Everything that can be imported, by the command line alone: text tables, workbooks, public forms, and tables of other databases."""
from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import duckdb
import pytest
from openpyxl import Workbook

from .test_command import Shell, shell  # noqa: F401  the fixture

ID = "990101199001010012"
COLUMNS = ("身份证号", "姓名", "金额", "日期")
ROW = (ID, "甲", "1.25", "2026-01-02")
OWNER = "finance:县财政局:County finance bureau"


def described(shell: Shell, source: str, *options: str) -> None:  # noqa: F811
    shell.run("init")
    shell.run("describe", source, "--name", "rows", "--owner", OWNER, *options)


def laid_down(shell: Shell) -> list[tuple]:  # noqa: F811
    (path,) = (shell.folder / "catalogue" / "rows").glob("*/accepted.parquet")
    return duckdb.connect().execute(f"select person_id, person_name, money, date from '{path}'").fetchall()


def sheet(path: Path) -> None:
    book = Workbook()
    for row in (COLUMNS, ROW):
        book.active.append(row)
    book.save(path)


def in_duckdb(path: Path, table: str = "people", then: str = "select 1") -> None:
    con = duckdb.connect(str(path))
    con.execute(f'create table "{table}" as select ' + ", ".join(f"'{v}' as \"{c}\"" for c, v in zip(COLUMNS, ROW, strict=True)))
    con.execute(then)
    con.close()


def in_sqlite(path: Path, rows: tuple[tuple, ...] = (ROW,)) -> None:
    con = sqlite3.connect(path)
    con.execute("create table people (" + ", ".join(f'"{c}"' for c in COLUMNS) + ")")
    con.executemany("insert into people values (?, ?, ?, ?)", rows)
    con.commit()
    con.close()


def text(encoding: str):
    return lambda path: path.write_bytes((",".join(COLUMNS) + "\n" + ",".join(ROW) + "\n").encode(encoding))


def lines(path: Path) -> None:
    path.write_text(json.dumps(dict(zip(COLUMNS, ROW, strict=True)), ensure_ascii=False) + "\n", "utf-8")


def parquet(path: Path) -> None:
    in_duckdb(path.with_suffix(".made"), then=f"copy people to '{path}' (format parquet)")


SOURCES = {
    "utf8.csv": (text("utf-8"), ()), "gb.csv": (text("gb18030"), ()), "book.xlsx": (sheet, ()), "rows.jsonl": (lines, ()), "rows.parquet": (parquet, ()),
    "other.duckdb": (in_duckdb, ("--table", "people")), "other.sqlite": (in_sqlite, ("--table", "people")),
}  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_of_each_kind_is_described_and_imported_by_the_command_line(shell, name):  # noqa: F811
    make, options = SOURCES[name]
    make(shell.folder / name)
    described(shell, name, *options)
    (done,) = shell.json("import", name, "--as", "rows.dataset.yaml", *options)
    assert (done["received"], done["accepted"], done["quarantined"]) == (1, 1, 0)
    assert [tuple(map(str, r)) for r in laid_down(shell)] == [(ID, "甲", "1.25", "2026-01-02")]


def test_a_database_is_attached_by_its_address_and_the_address_is_kept_nowhere(shell):  # noqa: F811
    in_duckdb(shell.folder / "server-secret.duckdb")
    address = f"duckdb:{shell.folder}/server-secret.duckdb"
    described(shell, address, "--table", "people")
    (done,) = shell.json("import", address, "--as", "rows.dataset.yaml", "--table", "people")
    assert done["accepted"] == 1
    assert [r[0] for r in laid_down(shell)] == [ID]
    kept = b"".join(p.read_bytes() for p in shell.folder.rglob("*") if p.is_file() and p.name != "server-secret.duckdb")
    assert b"server-secret" not in kept


def test_a_database_that_is_not_there_says_so_without_the_password(shell):  # noqa: F811
    shell.run("init")
    (shell.folder / "d.yaml").write_text("x")
    for address in ("postgres:host=nowhere.invalid password=geheim99", "mysql:host=nowhere.invalid password=geheim99", "nonsense:geheim99"):
        told = shell.run("describe", address, "--name", "rows", "--owner", OWNER, "--table", "t", code=2)
        assert "t" in told
        assert "geheim99" not in told
    for options, code in (((), "table"), (("--table", "nobody"), "attach"), (("--table", 'people" WHERE 1=1 --'), "attach")):
        for source, make in (("x.sqlite", in_sqlite), ("x.duckdb", in_duckdb)):
            if not (shell.folder / source).exists():
                make(shell.folder / source)
            assert shell.json("describe", source, "--name", "rows", "--owner", OWNER, *options, code=2)["error"]["code"] == code
    assert not list((shell.folder / "catalogue").iterdir())


def test_a_hostile_or_broken_sqlite_file_is_refused_in_a_sentence(shell):  # noqa: F811
    in_sqlite(shell.folder / "good.sqlite", (ROW, (b"\xff\x00", 5, 1e300, None)))
    described(shell, "good.sqlite", "--table", "people")
    (done,) = shell.json("import", "good.sqlite", "--as", "rows.dataset.yaml", "--table", "people", code=1)
    assert done["received"] == 2 == done["accepted"] + done["quarantined"]
    whole = (shell.folder / "good.sqlite").read_bytes()
    for n, broken in enumerate((whole[:1500], whole[:100] + b"\xff" * (len(whole) - 100), whole[:16] + bytes(len(whole) - 16))):
        (shell.folder / f"bad{n}.sqlite").write_bytes(broken)
        assert shell.json("import", f"bad{n}.sqlite", "--as", "rows.dataset.yaml", "--table", "people", code=2)["error"]["code"] == "attach"
    con = sqlite3.connect(shell.folder / "view.sqlite")
    con.execute("create view people as select load_extension('evil') as 身份证号, 1 as 姓名, 2 as 金额, 3 as 日期")
    con.commit()
    con.close()
    assert shell.json("import", "view.sqlite", "--as", "rows.dataset.yaml", "--table", "people", code=2)["error"]["code"] == "attach"


def test_public_forms_come_in_by_the_command_line(shell):  # noqa: F811
    shell.run("init")
    release = {"ocid": "o-1", "tender": {"numberOfTenderers": 1, "procurementMethod": "open"}, "bids": {"details": [{"id": "1", "status": "valid", "tenderers": [{"id": "91110000600037341L"}], "value": {"amount": 5, "currency": "CNY"}}]}}
    (shell.folder / "r.jsonl").write_text(json.dumps(release) + "\n")
    (shell.folder / "package.json").write_text(json.dumps({"releases": [release, release]}, indent=1))
    statement = {"statementID": "p1", "statementType": "personStatement", "names": [{"fullName": "王某"}], "identifiers": [{"id": ID}]}
    (shell.folder / "b.json").write_text(json.dumps([statement]))
    made = {d["dataset"]: d["accepted"] for d in shell.json("import", "r.jsonl", "--kind", "ocds", "--name", "gov")}
    assert made == {"gov_release": 1, "gov_bid": 1, "gov_award": 0, "gov_contract": 0, "gov_party": 0}
    assert {d["dataset"]: d["accepted"] for d in shell.json("import", "package.json", "--kind", "ocds", "--name", "pack")}["pack_bid"] == 2
    assert {d["dataset"]: d["accepted"] for d in shell.json("import", "b.json", "--kind", "bods", "--name", "bo")} == {"bo_person": 1, "bo_entity": 0, "bo_interest": 0}
    assert {"gov_bid", "pack_release", "bo_person"} <= {d["dataset"] for d in shell.json("datasets")}
