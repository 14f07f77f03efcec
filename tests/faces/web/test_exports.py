"""A register as a sheet: purpose asked, act recorded, names masked, nothing that lives as a formula, ready to print."""
from __future__ import annotations

import io

import openpyxl


def taken(client, address, **form):
    return client.post(address, {"purpose": "月度报表核对", **form})


def test_the_sheet_is_printed_as_it_is(stage):
    client = stage.client("yj-clerk")
    body = stage.world.bodies["yj"]
    client.post("/leads/new", {"subject": "=沐九九", "summary": "=1+1 反映在工程招标中打招呼的问题", "title": "=HYPERLINK(\"x\")", "body": body, "source": "petition", "received_on": "2026-01-05"})
    before = stage.one("select count(*) from audit.event where verb = 'register.exported'")
    assert client.post("/registers/leads/excel", {"purpose": "x"}).status_code == 422
    assert stage.one("select count(*) from audit.event where verb = 'register.exported'") == before
    answer = taken(client, "/registers/leads/excel", paper="a3")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    values = [c for row in sheet.iter_rows() for c in row if c.value is not None]
    assert all(c.data_type != "f" for c in values)
    assert any(c.value == '=HYPERLINK("x")' for c in values)
    assert not any("沐九九" in str(c.value) for c in values)
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.freeze_panes) == ("landscape", 8, "D4")
    assert "月度报表核对" in sheet.oddHeader.center.text
    shown = stage.theatre.sees("yj-clerk", stage.one("select id from matter where title = '=HYPERLINK(\"x\")'"))
    assert shown
    last = max(c.row for c in values if c.column == 1 and c.value == "合计")
    assert sheet.cell(last, 2).value == last - 4
    assert stage.one("select count(*) from audit.event where verb = 'register.exported'") == before + 1


def test_it_holds_what_the_person_may_see_and_no_more(stage):
    client = stage.client("wuchuan-handler1")
    sheet = openpyxl.load_workbook(io.BytesIO(taken(client, "/registers/leads/excel").content)).active
    assert not any(c.value == '=HYPERLINK("x")' for row in sheet.iter_rows() for c in row)
    assert client.get("/registers/nothing/excel").status_code == 404
