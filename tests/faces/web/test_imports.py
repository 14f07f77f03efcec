"""The import wizard: a ledger goes in by plain forms, its doubtful rows come back as a workbook, the whole is undone."""
from __future__ import annotations

import io

import openpyxl

HEAD = ["线索编号", "收件时间", "被反映人", "工作单位", "反映的主要问题"]


def ledger(rows) -> io.BytesIO:
    book = openpyxl.Workbook()
    for row in [["问题线索台账"], ["填报单位：渝江市纪委监委"], HEAD, *rows]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    out.name = "台账.xlsx"
    return out


def test_a_ledger_goes_in_and_comes_back_out(stage):
    client, body = stage.client("yj-clerk"), stage.world.bodies["yj"]
    head = stage.one("select name from person where id = %s", stage.world.people["yj-head"])
    rows = [["网1", "2025-03-05", "沐一一", "某村", "虚报粮补"], ["网2", "昨天", "沐二二", "某村", "虚报粮补"], ["网3", "2025年3月", "沐三三", "某村", "虚报粮补"], ["网4", "2025-03-05", head, "", "不得留存的一行"]]
    assert client.get("/leads/import").status_code == 200
    tried = client.post("/leads/import/try", {"file": ledger(rows), "body": body, "room": ""}, follow=True)
    page = tried.content.decode()
    assert "收到 4＝入账 1＋退回 2＋密封 1" in page
    assert "沐二二" not in page
    assert "不得留存" not in page
    assert stage.one("select count(*) from draft where data::text like %s", "%不得留存%") == 0
    kept = str(stage.one("select data from draft where form = 'import'"))
    assert not any(word in kept for word in ("沐一一", "虚报粮补", "网1")), "what waits in the database is sealed"
    mend = openpyxl.load_workbook(io.BytesIO(client.get("/leads/import/mend").content)).active
    assert [r[0] for r in mend.iter_rows(min_row=2, values_only=True)] == [5, 6]
    done = client.post("/leads/import/post", {"do": "post", "doubtful": "1"}, follow=True)
    assert done.status_code == 200
    assert stage.one("select count(*) from matter where number in ('网1', '网2', '网3')") == 2
    assert stage.one("select count(*) from draft where form = 'import'") == 0
    again = client.post("/leads/import/try", {"file": ledger(rows[:1]), "body": body}, follow=True).content.decode()
    assert "与您能看到的" in again
    client.post("/leads/import/post", {"do": "discard"})
    from xieli.office.ids import to_ref

    batch = stage.one("select id from import_batch where undone_at is null order by at desc limit 1")
    assert stage.client("fire-handler").post(f"/leads/import/{to_ref(batch)}/undo").status_code == 404
    assert client.post(f"/leads/import/{to_ref(batch)}/undo").status_code == 302
    assert stage.one("select count(*) from matter where number in ('网1', '网3')") == 0


def test_another_meaning_of_a_column(stage):
    client, body = stage.client("yj-clerk"), stage.world.bodies["yj"]
    book = openpyxl.Workbook()
    for row in [["编号", "收到日期", "涉及人员", "主要问题"], ["别1", "2025-03-05", "沐四四", "虚报粮补"]]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    out.name = "b.xlsx"
    out.seek(0)
    refused = client.post("/leads/import/try", {"file": out, "body": body})
    assert refused.status_code == 422
    assert "被反映人" in refused.content.decode()
    out.seek(0)
    assert "入账 1＋" in client.post("/leads/import/try", {"file": out, "body": body, "heading": ["涉及人员"], "field": ["subject"]}, follow=True).content.decode()
    client.post("/leads/import/post", {"do": "discard"})


def test_what_is_no_ledger_is_refused_in_plain_words(stage):
    client, body = stage.client("yj-clerk", "en"), stage.world.bodies["yj"]
    bad = io.BytesIO(b"MZ not a workbook")
    bad.name = "a.xlsx"
    page = client.post("/leads/import/try", {"file": bad, "body": body})
    assert page.status_code == 422
    assert "Nothing was kept" in page.content.decode()
    assert client.post("/leads/import/try", {"body": body}).status_code == 422
    assert client.post("/leads/import/post", {"do": "post"}).status_code in (409, 422)
    assert client.post("/leads/import/try", {"file": ledger([["a", "2025-01-01", "沐五五", "", "某事"]]), "body": stage.world.bodies["wuchuan"]}).status_code == 422
