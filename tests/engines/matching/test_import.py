"""Received = accepted + quarantined, whatever is thrown at it; nothing is half-written and nobody is lost."""
from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import duckdb
import pytest
from openpyxl import Workbook

from xieli.engines.matching.datasets import catalogue, importing, snapshot
from xieli.engines.matching.datasets.errors_file import escaped, write_errors
from xieli.engines.matching.datasets.importing import Limits, import_dataset
from xieli.engines.matching.datasets.load import unescaped
from xieli.engines.matching.words import Conflict, MatchError
from xieli.engines.matching.workspace import Workspace

from .helpers import NOW, PAYMENTS, bring, described, description, field, write

ROWS = description("rows", [field("id_no", "person_id"), field("name", "person_name"), field("amount", "money", constraints={"minimum": 0}), field("day", "date", constraints={"required": True})])
HEADER = "id_no,name,amount,day"


@pytest.fixture
def real_child() -> None:
    """Ask for this to import in a child process, as the product does; other tests read in their own, which is quicker."""


@pytest.fixture(autouse=True)
def in_process(request, monkeypatch):
    if "real_child" not in request.fixturenames:
        monkeypatch.setattr(importing, "run_child", lambda plan, folder, seconds, progress: importing.read_and_check(plan, progress))


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "ws", "clerk", NOW)


def accepted(ws: Workspace, name: str = "rows") -> list[tuple]:
    e = catalogue.entry(ws, name)
    return duckdb.sql(f"select * exclude (_row) from '{e.accepted}' order by _row").fetchall()


def quarantined(ws: Workspace, name: str = "rows") -> list[tuple]:
    e = catalogue.entry(ws, name)
    return duckdb.sql(f"select _row, _problems, _raw from '{e.folder}/quarantined.parquet' order by _row").fetchall()


def no_trace(ws: Workspace) -> bool:
    return not list(ws.catalogue.glob("*")) and len(ws.acts()) == 1


def test_gb18030_and_utf8_and_bom_read_alike(ws, tmp_path, real_child):
    text = f"{HEADER}\n990101199001010012,歐陽䶮,1,2026-01-02\n"
    for raw in (text.encode("gb18030"), text.encode(), text.encode("utf-8-sig"), text.replace("\n", "\r\n").encode()):
        bring(ws, tmp_path, ROWS, raw)
        ((_, name, amount, day, _, _, key),) = accepted(ws)
        assert (name, key, str(amount), str(day)) == ("歐陽䶮", "欧阳䶮", "1.00", "2026-01-02")


def test_every_bad_row_waits_with_its_reasons_and_the_counts_add_up(ws, tmp_path):
    result = bring(ws, tmp_path, ROWS, [
        HEADER, "990101199001010012,甲,1,2026-01-02", "5.00112E+17,乙,1,2026-01-02", "x,丙,=1+1,2026-02-30", "x,丁,-3,2026-01-01",
        "x,戊,3", "x,己,3,2026-01-01,extra", 'x,"庚,3,2026-01-01', "x,辛,abc,", "", 'x,"壬\n子",3,2026-01-01',
    ])  # fmt: skip
    assert (result.received, result.accepted, result.quarantined) == (9, 2, 7)
    assert [(row, problems) for row, problems, _ in quarantined(ws)] == [
        (3, ["id_no:digits_lost"]), (4, ["amount:formula", "day:date"]), (5, ["amount:minimum"]), (6, [":ragged"]), (7, [":ragged"]),
        (8, [":quotes"]), (9, ["amount:number", "day:required"]),
    ]  # fmt: skip
    assert accepted(ws)[1][1] == "壬\n子"


def test_an_identifier_that_is_wrong_is_graded_and_kept(ws, tmp_path):
    result = bring(ws, tmp_path, ROWS, [HEADER, "123,甲,1,2026-01-02", "990101650101001,乙,1,2026-01-02", ",丙,1,2026-01-02"])
    assert result.quarantined == 0
    assert result.manifest["grades"]["id_no"] == {"right": 0, "doubtful": 1, "wrong": 1}
    keys = [row[4] for row in accepted(ws)]
    assert keys[1] is not None
    assert len(keys[1]) == 18


def test_dates_and_amounts_as_people_write_them(ws, tmp_path):
    days = ["2026-03-04", "2026/3/4", "2026.3.4", "20260304", "2026年3月4日", "46085", "46085.0"]
    bring(ws, tmp_path, ROWS, [HEADER, *(f'x,甲,"￥1,234.50元",{d}' for d in days)])
    rows = accepted(ws)
    assert len(rows) == len(days)
    assert {str(r[3]) for r in rows} == {"2026-03-04"}
    assert {str(r[2]) for r in rows} == {"1234.50"}


def test_amounts_in_ten_thousand_yuan_and_in_fen(ws, tmp_path):
    units = description("rows", [field("a", "money", unit="wan"), field("b", "money", unit="fen")])
    bring(ws, tmp_path, units, ["a,b", "1.5,1234"])
    assert [str(v) for v in accepted(ws)[0]] == ["15000.00", "12.34"]


def test_the_fast_reader_and_the_careful_reader_agree(ws, tmp_path):
    rng = random.Random(3)
    lines = [f"{rng.choice(['990101199001010012', 'x', ''])},名{i},{i}.50,2026-01-{i % 28 + 1:02d}" for i in range(500)]
    bring(ws, tmp_path, ROWS, [HEADER, *lines])
    fast = duckdb.sql(f"select * from '{catalogue.entry(ws, 'rows').accepted}' order by _row").fetchall()
    # one ragged line sends the whole file to the careful reader
    result = bring(ws, tmp_path, ROWS, [HEADER, *lines, "ragged"])
    careful = duckdb.sql(f"select * from '{catalogue.entry(ws, 'rows').accepted}' order by _row").fetchall()
    assert (result.received, result.quarantined) == (501, 1)
    assert fast == careful


def test_xlsx_with_dates_long_numbers_and_blank_rows(ws, tmp_path, real_child):
    book = Workbook()
    sheet = book.active
    sheet.append(["id_no", "name", "amount", "day"])
    sheet.append(["990101199001010012", "甲", 12.5, NOW.replace(tzinfo=None)])
    sheet.append([None, None, None, None])
    sheet.append([500112198501011234, "乙", 3, "2026年3月4日"])
    book.save(tmp_path / "rows.xlsx")
    (result,) = import_dataset(ws, tmp_path / "rows.xlsx", described(tmp_path, ROWS), now=NOW, by="c")
    assert (result.received, result.accepted, result.quarantined) == (2, 1, 1)
    assert quarantined(ws)[0][:2] == (4, ["id_no:digits_lost"])
    assert str(accepted(ws)[0][3]) == "2026-11-22"


def test_parquet_jsonl_and_a_table_of_another_database(ws, tmp_path):
    con = duckdb.connect(str(tmp_path / "other.duckdb"))
    con.execute("create table people as select '990101199001010012' as id_no, '甲' as name, 1.25 as amount, date '2026-01-02' as day")
    con.execute(f"copy people to '{tmp_path}/rows.parquet' (format parquet)")
    con.close()
    write(tmp_path / "rows.jsonl", ['{"id_no": "990101199001010012", "name": "甲", "amount": 1.25, "day": "2026-01-02"}', "[1]", "{broken", '{"name": "\\ud800", "day": "x"}'])
    where = described(tmp_path, ROWS)
    (from_table,) = import_dataset(ws, tmp_path / "other.duckdb", where, now=NOW, by="c", table="people")
    first = accepted(ws)
    (from_parquet,) = import_dataset(ws, tmp_path / "rows.parquet", where, now=NOW, by="c")
    assert first == accepted(ws)
    (from_lines,) = import_dataset(ws, tmp_path / "rows.jsonl", where, now=NOW, by="c")
    assert first == accepted(ws)
    assert [r.accepted for r in (from_table, from_parquet, from_lines)] == [1, 1, 1]
    assert (from_lines.received, from_lines.quarantined) == (4, 3)


def test_ocds_releases_become_described_tables(ws, tmp_path):
    release = {
        "ocid": "o-1", "buyer": {"id": "B"}, "bids": {"details": [{"id": "1", "status": "valid", "tenderers": [{"id": "91110000600037341L"}], "value": {"amount": 5, "currency": "CNY"}}]},
        "awards": [{"id": "a", "status": "active", "suppliers": [{"id": "91110000600037341L"}], "items": [{"classification": {"id": "10"}}]}],
        "contracts": [{"id": "c", "awardID": "a", "value": {"amount": 5, "currency": "CNY"}, "dateSigned": "2026-01-02T03:00:00+08:00"}],
    }  # fmt: skip
    write(tmp_path / "r.jsonl", [json.dumps(release), '{"ocid": 5}', "nonsense"])
    results = {r.dataset: r for r in import_dataset(ws, tmp_path / "r.jsonl", None, now=NOW, by="c", kind="ocds", name="gov")}
    assert {n: (r.received, r.accepted, r.quarantined) for n, r in results.items()} == {
        "gov_release": (3, 1, 2), "gov_bid": (1, 1, 0), "gov_award": (1, 1, 0), "gov_contract": (1, 1, 0), "gov_party": (0, 0, 0),
    }  # fmt: skip
    (row,) = accepted(ws, "gov_contract")
    assert "91110000600037341L" in row
    assert any(str(v).startswith("2026-01-01 19:00") for v in row)


def test_bods_statements_of_old_and_new_versions(ws, tmp_path):
    lines = [
        {"statementID": "p1", "statementType": "personStatement", "names": [{"fullName": "王某"}], "identifiers": [{"id": "990101199001010012"}]},
        {"statementId": "e1", "recordId": "E", "recordType": "entity", "recordDetails": {"name": "某公司", "identifiers": [{"id": "91110000600037341L"}]}},
        {"statementID": "o1", "statementType": "ownershipOrControlStatement", "subject": {"describedByEntityStatement": "E"},
         "interestedParty": {"describedByPersonStatement": "p1"}, "interests": [{"type": "shareholding", "share": {"exact": 30}, "startDate": "2020-01-01"}]},
    ]  # fmt: skip
    write(tmp_path / "b.json", json.dumps(lines).encode())
    results = import_dataset(ws, tmp_path / "b.json", None, now=NOW, by="c", kind="bods", name="bo")
    assert sum(r.accepted for r in results) == 3
    assert accepted(ws, "bo_interest")[0][:5] == ("o1", "E", "p1", "shareholding", 30.0)


def test_the_same_import_twice_repeats_nothing(ws, tmp_path):
    first = bring(ws, tmp_path, ROWS, [HEADER, "x,甲,1,2026-01-02"])
    second = bring(ws, tmp_path, ROWS, [HEADER, "x,甲,1,2026-01-02"])
    assert (first.again, second.again) == (False, True)
    assert first.version == second.version
    assert [a["act"] for a in ws.acts()] == ["workspace_created", "imported"]


def test_the_error_file_comes_back_mended_and_the_counts_still_add_up(ws, tmp_path):
    first = bring(ws, tmp_path, ROWS, [HEADER, "x,甲,1,2026-01-02", "x,乙,=1+1,2026-01-02", "x,+丙,2,2026-02-30"])
    e = catalogue.entry(ws, "rows")
    assert write_errors(e.folder, e.dataset, tmp_path / "errors.csv") == 2
    text = (tmp_path / "errors.csv").read_text("utf-8-sig")
    assert "'=1+1" in text
    mended = text.replace("'=1+1", "2").replace("2026-02-30", "2026-02-28")
    write(tmp_path / "mended.csv", mended.encode())
    (second,) = import_dataset(ws, tmp_path / "mended.csv", described(tmp_path, ROWS), now=NOW, by="c", mends=first.version)
    assert (second.received, second.accepted, second.quarantined) == (3, 3, 0)
    assert [r[1] for r in accepted(ws)] == ["甲", "乙", "+丙"]


def test_an_unmended_error_file_comes_back_as_it_was(ws, tmp_path):
    cells = ["=cmd", "+1", "-x", "@y", "＝全", "'quoted", "\ttab", "plain"]
    first = bring(ws, tmp_path, ROWS, [HEADER, *(f"{c},甲,1,no-date" for c in cells), "a,b"])
    e = catalogue.entry(ws, "rows")
    write_errors(e.folder, e.dataset, tmp_path / "errors.csv")
    (second,) = import_dataset(ws, tmp_path / "errors.csv", described(tmp_path, ROWS), now=NOW, by="c")
    assert second.quarantined == first.quarantined == len(cells) + 1
    texts = [r[0] for r in duckdb.sql(f"select id_no from '{catalogue.entry(ws, 'rows').folder}/quarantined.parquet' order by _row").fetchall()]
    assert texts == [*(c.strip() for c in cells), None]


def test_no_cell_of_an_error_file_is_a_formula_and_all_come_back():
    for c in ("=1", "+1", "-1", "@a", "\t1", "\r1", "\n1", "＝1", "＋1", "－1", "＠1", "'", "'=1", "1", ""):
        assert not escaped(c).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
        assert unescaped(escaped(c)) == c


@pytest.mark.parametrize(
    "content,code",
    [
        (b"", "empty_file"),
        (b"\x00\x01\x02,\n1,2\n", "binary"),
        (b"\x1f\x8b\x08\x00abc", "archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
        ("id_no,name\n".encode("utf-16"), "utf16"),
        (b"a,b,c\n1,2,3\n", "missing_columns"),
        (b"id_no,name,amount,day,id_no\n", "double_column"),
        ((",".join(f"c{i}" for i in range(1_000_000)) + "\n").encode(), "header"),
        ((",".join("c" * 5 for i in range(5000)) + "\n").encode(), "columns"),
        (b'"id_no,name\n1,2\n', "header"),
        (b"\n\n\n", "header"),
        (b"PK\x03\x04broken", "broken_zip"),
        (b"PAR1broken", "parquet"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence_and_leaves_no_trace(ws, tmp_path, content, code):
    with pytest.raises(MatchError) as caught:
        bring(ws, tmp_path, ROWS, content)
    assert caught.value.code == code
    assert caught.value.zh != caught.value.en
    assert no_trace(ws)


def bomb(path: Path, megabytes: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", "<Types/>")
        with z.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as f:
            for _ in range(megabytes):
                f.write(b"\0" * (1 << 20))
    return path


def test_a_bomb_is_stopped_by_the_bytes_that_come_out(ws, tmp_path, real_child):
    with pytest.raises(MatchError) as caught:
        import_dataset(ws, bomb(tmp_path / "b.xlsx", 64), described(tmp_path, ROWS), now=NOW, by="c")
    assert caught.value.code == "bomb"
    assert no_trace(ws)


def test_a_workbook_that_claims_a_million_by_sixteen_thousand_cells_cannot_take_the_machine(ws, tmp_path, real_child):
    book = Workbook()
    book.active.append(["id_no", "name", "amount", "day"])
    book.active.cell(1_048_576, 16_384, "far")
    book.save(tmp_path / "wide.xlsx")
    with pytest.raises(MatchError) as caught:
        import_dataset(ws, tmp_path / "wide.xlsx", described(tmp_path, ROWS), now=NOW, by="c", limits=Limits(address_mb=3000, memory_mb=512, cpu_seconds=60))
    assert caught.value.code in ("too_big", "too_slow", "child", "xlsx")
    assert no_trace(ws)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    source = write(tmp_path / "grow.csv", [HEADER, "x,甲,1,2026-01-02"])
    real = snapshot.hashlib.sha256

    class Growing:
        """A digest during whose first update somebody else writes to the file."""

        def __init__(self) -> None:
            self.inner, self.first = real(), True

        def update(self, data: bytes) -> None:
            self.inner.update(data)
            if self.first:
                self.first = False
                with open(source, "ab") as f:
                    f.write(b"x,late,1,2026-01-03\n")

        def hexdigest(self) -> str:
            return self.inner.hexdigest()

    monkeypatch.setattr(snapshot.hashlib, "sha256", Growing)
    with pytest.raises(Conflict, match="changed"):
        snapshot.take_snapshot(source, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_full_disk_is_said_plainly_and_leaves_no_trace(ws, tmp_path, real_child):
    rows = [HEADER, *(f"x,名{i},1,2026-01-02" for i in range(200_000))]
    # the child may write files of at most one gigabyte times zero: the first block already fails
    with pytest.raises(MatchError) as caught:
        bring(ws, tmp_path, ROWS, rows, limits=Limits(file_gb=0))
    assert caught.value.code == "disk_full"
    assert no_trace(ws)


def test_a_killed_import_leaves_the_old_state_and_the_next_one_cleans_up(ws, tmp_path, real_child):
    bring(ws, tmp_path, ROWS, [HEADER, "x,甲,1,2026-01-02"])
    before = catalogue.entry(ws, "rows").version
    source = write(tmp_path / "big.csv", [HEADER, *(f'x,"名{i}",1,2026-01-02' for i in range(300_000)), "ragged"])
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from xieli.engines.matching.workspace import Workspace\n"
        "from xieli.engines.matching.datasets.importing import import_dataset\n"
        "import_dataset(Workspace(Path(sys.argv[1])), Path(sys.argv[2]), Path(sys.argv[3]), now=datetime(2026,11,22,9,tzinfo=UTC), by='c',"
        " progress=lambda s, n: print(s, n, flush=True))\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(ws.root), str(source), str(described(tmp_path, ROWS))], stdout=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert child.stdout is not None
    for line in child.stdout:
        if line.startswith("read 50000"):
            break
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert catalogue.entry(ws, "rows").version == before
    assert list(ws.catalogue.glob(".staging-*"))
    time.sleep(0.2)
    result = bring(ws, tmp_path, ROWS, [HEADER, "x,乙,1,2026-01-03"])
    assert result.accepted == 1
    assert not list(ws.catalogue.glob(".staging-*"))


def test_a_removed_or_altered_act_shows(ws, tmp_path):
    bring(ws, tmp_path, PAYMENTS, ["id_no,name,amount,paid_on,account,phone", "x,甲,1,2026-01-02,,"])
    log = ws.root / "acts.jsonl"
    log.write_text(log.read_text().replace("clerk", "nobody", 1))
    with pytest.raises(MatchError, match="altered"):
        ws.acts()


def test_the_catalogue_says_whose_how_fresh_and_how_clean(ws, tmp_path):
    bring(ws, tmp_path, {**ROWS, "freshness": {"as_of": "2026-01-01", "every_days": 30}}, [HEADER, "x,甲,1,2026-01-02"])
    (row,) = catalogue.listing(ws, NOW.date())
    assert row["stale"] is True
    assert row["owner"]["body"] == "finance"


def test_a_draft_description_proposes_meanings_from_headers(tmp_path):
    source = write(tmp_path / "p.csv", "身份证号,姓名,发放金额,发放日期,备注\n990101199001010012,甲,100.5,2026-01-02,好\n".encode("gb18030"))
    drafted = catalogue.draft(source, "p", {"body": "b", "zh": "局", "en": "b"}, NOW.date(), tmp_path)
    assert [f["semantic"] for f in drafted["schema"]["fields"]] == ["person_id", "person_name", "money", "date", "text"]
