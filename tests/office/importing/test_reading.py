"""Reading ledgers as clerks keep them, and files that were made to hurt."""
from __future__ import annotations

import zipfile
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.office.importing.conftest import HEAD
from xieli.engines.identifiers.resident import check_character
from xieli.office.matters.importing import cells, fields, layout, piles
from xieli.office.matters.importing.workbook import Book, Rows, open_book
from xieli.office.matters.services import names
from xieli.office.matters.services.errors import Refused

TODAY = date(2026, 3, 2)
GOOD = "99010119900101123"
GOOD += check_character(GOOD)


def book(rows):
    return Book("x", "", "", Rows(rows))


def sorted_rows(rows):
    b = book(rows)
    return piles.sort_rows(b, layout.find_layout(b.rows), TODAY)


@given(st.dates(date(1991, 1, 1), date(2098, 12, 31)))
def test_four_spellings_of_one_day(day):
    serial = (day - date(1899, 12, 30)).days
    for spelt in (f"{day.year}-{day.month:02}-{day.day:02}", f"{day.year}/{day.month}/{day.day}", f"{day.year}.{day.month}.{day.day}", f"{day.year}年{day.month}月{day.day}日",
                  f"{day:%Y%m%d}", int(f"{day:%Y%m%d}"), serial, float(serial), str(serial), "\x01" + day.isoformat()):
        assert cells.read_date(spelt) == (day, ""), spelt


@pytest.mark.parametrize(("spelt", "day", "reason"), [
    ("二〇二五年三月十日", date(2025, 3, 10), ""), ("二○二五年十二月二十三日", date(2025, 12, 23), ""), ("2025-03-05 09:30:00", date(2025, 3, 5), ""),
    ("3月10日", None, "date_year"), ("3.10", None, "date_year"), ("2025年3月", date(2025, 3, 1), "date_month"), ("3/4/25", None, "date_order"), ("2025-02-30", None, "date"), ("昨天", None, "date"), ("", None, ""), (None, None, ""),
])
def test_other_spellings(spelt, day, reason):
    assert cells.read_date(spelt) == (day, reason)


def test_identity_numbers_as_numbers_are_found_and_not_kept():
    assert cells.read_identity(int(GOOD[:17] + "0"), TODAY) == ("", "id_number")
    assert cells.read_identity(float(GOOD[:17] + "0"), TODAY) == ("", "id_number")
    assert cells.read_identity("3.30101E+17", TODAY) == ("", "id_number")
    assert cells.read_identity(GOOD, TODAY) == (GOOD, "")
    assert cells.read_identity("\u202d" + GOOD, TODAY) == (GOOD, ""), "marks of direction come along when a number is copied"
    assert cells.read_identity("'" + GOOD, TODAY) == (GOOD, "")
    wrong = GOOD[:-1] + ("1" if GOOD[-1] != "1" else "2")
    assert cells.read_identity(wrong, TODAY) == ("", "id_wrong")


@pytest.mark.parametrize(("written", "name", "persons"), [
    ("吴　梅", "吴梅", 1), ("王 小 明", "王小明", 1), ("欧阳 修", "欧阳修", 1), ("艾买提·吐尔逊", "艾买提·吐尔逊", 1), ("John Smith", "John Smith", 1), ("王某（女）", "王某（女）", 1),
    ("张三 李四", "张三 李四", 2), ("钱七、孙八", "钱七、孙八", 2), ("张三\n李四\n", "张三\n李四", 2), ("（不详）", "不详", 1), ("/", "不详", 1), ("", "", 1)])
def test_names_as_clerks_write_them(written, name, persons):
    assert names.read_name(written) == name
    assert len(names.persons(name)) == persons
    if name:
        assert sorted_rows([HEAD, ["线1", "2025-3-5", written, "", "某镇", "主任", "虚报", "信访"]]).rows[0].reasons == (["several"] if persons > 1 else [])


def test_what_stands_between_and_below_the_entries_is_no_entry():
    row = ["线1", "2025-3-5", "钱某", "", "某镇", "主任", "虚报粮补", "信访"]
    none = [["三月小计", 1, *[""] * 6], ["本页合计：", "1件", *[""] * 6], ["合计", "2件", *[""] * 6], ["审核人：张某", "", "制表人：李某", *[""] * 5], ["注：以上含旧件", *[""] * 7]]
    done = sorted_rows([HEAD, row, none[0], ["线2", *row[1:6], "截留", "信访"], *none[1:]])
    assert [r.number for r in done.rows] == ["线1", "线2"]
    assert (done.stated, done.passed) == (2, [2, 4, 5, 6, 7])
    # who has a person and allegations is an entry, whatever it begins with
    kept = sorted_rows([HEAD, ["注：线3", *row[1:]], ["第一批", *row[1:5], "", "截留累计", "信访"]])
    assert [r.pile for r in kept.rows] == ["in", "in"]


def test_names_of_fields_meet_once():
    seen = {}
    for f in fields.fields().values():
        assert f.zh
        assert f.en
        for name in f.names:
            assert seen.setdefault(fields.folded(name), f.code) == f.code, name


@pytest.mark.parametrize("above", [0, 1, 3, 18])
def test_the_header_is_found_below_title_lines(above):
    rows = [["2025年问题线索台账"] + [""] * 7, ["填报单位（盖章）：石坝区纪委", "", "报送时间：2026-01-05"], [""]][:above] + [["说明"]] * max(0, above - 3)
    found = layout.find_layout([*rows, HEAD, ["1"] * 8])
    assert found.header == (above,)
    assert set(found.columns) == {"number", "received_on", "subject", "id_number", "unit_name", "post", "summary", "source"}
    if above > 1:
        assert found.unit == "石坝区纪委"
        assert found.title == "2025年问题线索台账"


def test_past_twenty_rows_there_is_no_header():
    with pytest.raises(Refused) as refused:
        layout.find_layout([["说明"]] * 20 + [HEAD])
    assert refused.value.code == "no_header"


def test_two_rows_of_header_with_merged_groups():
    rows = [["序号", "编号", "被反映人基本情况", None, None, "主要问题", "收到日期"], [None, None, "姓名", "单位", "职务", None, None], [1, "a", "钱某", "某镇", "主任", "虚报", "2025-1-2"]]
    found = layout.find_layout(rows)
    assert found.header == (0, 1)
    assert found.columns == {"number": 1, "subject": 2, "unit_name": 3, "post": 4, "summary": 5, "received_on": 6}


@given(st.permutations(HEAD))
def test_columns_in_any_order_read_the_same(order):
    values = dict(zip(HEAD, ["线1", "2025-3-5", "钱某", GOOD, "某镇", "主任", "虚报粮补", "信访"], strict=True))
    row = sorted_rows([order, [values[h] for h in order]]).rows[0]
    assert (row.number, row.received_on, row.subject, row.id_number, row.unit_name, row.post, row.summary, row.source, row.pile) == (
        "线1", date(2025, 3, 5), "钱某", GOOD, "某镇", "主任", "虚报粮补", "petition", "in")


def test_renamed_and_missing_columns():
    found = layout.find_layout([["＊被举报人（姓名）", "反映 的 主要问题：", "来件日期"], ["a", "b", "c"]])
    assert found.columns == {"subject": 0, "summary": 1, "received_on": 2}
    with pytest.raises(Refused) as refused:
        layout.find_layout([["编号", "收到日期", "主要问题"], ["a", "b", "c"]])
    assert "被反映人" in refused.value.zh
    assert layout.find_layout([["编号", "涉及人员", "主要问题"]], {"涉及人员": "subject"}).columns["subject"] == 1


def test_totals_duplicates_and_blank_rows():
    row = ["线1", "2025-3-5", "钱某", "", "某镇", "主任", "虚报粮补", "信访"]
    done = sorted_rows([HEAD, row, ["线1", *row[1:]], [""] * 8, ["", *row[1:]], ["线9", "2027-01-01", *row[2:]], ["合 计", "4件", *[""] * 6]])
    assert [r.reasons for r in done.rows] == [[], ["dup_number"], ["dup_row"], ["date_future", "dup_row"]]
    assert (done.stated, done.blank, len(done.rows)) == (4, 1, 4)


@given(st.lists(st.lists(st.one_of(st.none(), st.text(max_size=12), st.integers(-10**20, 10**20), st.floats(allow_nan=True), st.booleans()), max_size=10), max_size=8))
def test_no_cell_breaks_the_reading(rows):
    done = sorted_rows([HEAD, *rows])
    assert len(done.rows) + done.blank + sum(1 for r in rows if any(c is not None and c != "" for c in r[:8]) and layout.is_total(r)) >= len(rows) - 1
    assert all(r.pile in ("in", "doubtful", "refused") for r in done.rows)


# ── files ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def refused(path) -> str:
    with pytest.raises(Refused) as error:
        open_book(path)
    assert error.value.zh
    assert error.value.en
    return error.value.code


def test_real_workbooks_and_csv(ledger, tmp_path):
    path = ledger([HEAD, ["线1", date(2025, 3, 5), "钱某", GOOD, "某镇", 7, "=1+1", True]])
    found = open_book(path)
    assert found.rows[0] == HEAD
    assert found.rows[1][1] == "\x012025-03-05"
    for encoding in ("utf-8-sig", "gb18030"):
        (tmp_path / "a.csv").write_bytes(",".join(HEAD).encode(encoding))
        assert list(open_book(tmp_path / "a.csv").rows) == [HEAD]


def test_hostile_files_are_refused_and_say_so(tmp_path):
    def file(name, data):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    assert refused(file("empty.xlsx", b"")) == "file_empty"
    assert refused(file("broken.xlsx", b"PK\x03\x04 nothing")) == "file_broken"
    assert refused(file("a.exe", b"MZ\x90\0")) == "file_not_workbook"
    assert refused(file("b.csv", b"a\0b")) == "file_not_workbook"
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/workbook.xml", "x")
        with bomb.open("xl/worksheets/sheet1.xml", "w") as member:
            for _ in range(80):
                member.write(b"0" * (1 << 20))
    assert refused(tmp_path / "bomb.xlsx") == "file_bomb"
    with zipfile.ZipFile(tmp_path / "other.xlsx", "w") as other:
        other.writestr("hello.txt", "x")
    assert refused(tmp_path / "other.xlsx") == "file_not_workbook"


def test_a_truncated_workbook(ledger, tmp_path):
    whole = ledger([HEAD, ["x"] * 8]).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    assert refused(tmp_path / "cut.xlsx") == "file_broken"


def test_a_sheet_as_wide_and_tall_as_excel_allows(ledger, tmp_path):
    import openpyxl

    wide = openpyxl.Workbook()
    wide.active.cell(1, 16384, "x")
    wide.save(tmp_path / "wide.xlsx")
    assert refused(tmp_path / "wide.xlsx") == "file_columns"
    corner = openpyxl.Workbook()
    corner.active.cell(1, 1, "x")
    corner.active.cell(1048576, 16384, "x")
    corner.save(tmp_path / "corner.xlsx")
    assert refused(tmp_path / "corner.xlsx") in ("file_died", "file_columns", "file_memory")
    (tmp_path / "million.csv").write_text("," * 1_000_000)
    assert refused(tmp_path / "million.csv") == "file_columns"
