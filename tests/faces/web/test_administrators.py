"""Three administrators run the place and read nothing in it; who looks is written across every page."""
from __future__ import annotations

import html
import re
import zipfile
from io import BytesIO

import pytest

from tests.faces.web.test_routes import address, present

ADMINS = ("sysadmin", "secadmin", "audadmin")


def words(stage) -> set[str]:
    """What is content: titles, summaries, subjects, notes, reasons, numbers."""
    found = set()
    for query in ("select title from matter", "select summary from matter", "select number from matter where length(number) > 9", "select name from matter_subject", "select text from note", "select reason from handover", "select title from task"):
        found |= {r[0] for r in stage.admin.execute(query) if r[0] and len(r[0]) >= 3}
    return found


@pytest.mark.parametrize("person", ADMINS)
def test_no_page_shows_an_administrator_a_word_of_content(stage, person):
    client, content = stage.client(person), words(stage)
    assert len(content) > 10
    nothing = client.get("/m/0000000000000")
    seen = 0
    for row in present():
        if row["method"] != "GET":
            continue
        response = client.get(address(row, stage))
        if row["rule"].startswith("matter:"):
            assert (response.status_code, response.content) == (404, nothing.content), row["name"]
        body = response.content
        if body[:2] == b"PK":  # a workbook: its sheets are read
            body = b"".join(zipfile.ZipFile(BytesIO(body)).read(n) for n in zipfile.ZipFile(BytesIO(body)).namelist())
        text = html.unescape(body.decode())
        # the playbooks' and bodies' own words are no content
        told = sorted(w for w in content if w in text)
        assert not told, (row["name"], told)
        seen += response.status_code == 200
    assert seen >= 10, "pages did open"


@pytest.mark.parametrize("person", ADMINS)
def test_no_write_on_a_matter_is_open_to_an_administrator(stage, person):
    client = stage.client(person)
    nothing = client.get("/m/0000000000000")
    for row in present():
        if row["method"] == "POST" and row["rule"].startswith("matter:"):
            response = client.post(address(row, stage), {"reason": "x", "text": "x", "title": "x", "person": "1", "kind": "team", "basis": "x"})
            assert (response.status_code, response.content) == (404, nothing.content), row["name"]


def test_a_duty_is_proposed_by_one_confirmed_by_the_head_and_never_for_oneself(stage):
    security, head = stage.client("secadmin"), stage.client("yj-head")
    office = stage.one("select o.id from office o join body b on b.id = o.body_id where b.code = 'yj' and o.code = 'clerk'")
    person = stage.world.people["yj-analyst"]
    assert "姜思远" in security.get("/admin?q=姜思远").content.decode()
    assert security.post("/admin/duty", {"person": str(stage.world.people["secadmin"]), "office": str(office), "reason": "自己"}).status_code == 404
    assert security.post("/admin/duty", {"person": str(person), "office": str(office), "reason": "轮岗"}).status_code == 302
    posting = stage.one("select max(id) from posting where person_id = %s", person)
    page = security.get("/admin").content.decode()
    assert "等主要负责人确认" in page
    assert f'name="posting" value="{posting}"' not in page, "no button for what would be refused"
    for who in ("secadmin", "audadmin", "sysadmin", "chief3", "yj-deputy"):
        assert stage.client(who).post("/admin/confirm", {"posting": str(posting)}).status_code == 404, who
    assert f'name="posting" value="{posting}"' in head.get("/admin").content.decode()
    assert head.post("/admin/confirm", {"posting": str(posting)}).status_code == 302
    assert security.post("/admin/end", {"posting": str(posting)}).status_code == 302
    verbs = [r[0] for r in stage.admin.execute("select verb from audit.event where verb like 'duty.%%' order by id desc limit 3")]
    assert verbs == ["duty.ended", "duty.confirmed", "duty.proposed"]


def test_the_system_administrator_sees_how_the_place_runs(stage):
    page = stage.client("sysadmin").get("/admin").content.decode()
    assert "数据结构" in page
    assert "清扫进程" in page


def test_two_audit_administrators_erase_a_personal_part(stage):
    client = stage.client("audadmin")
    assert client.post("/audit/erase", {"event": "x", "part": "p", "basis": "依据"}).status_code == 422
    assert client.post("/audit/erase", {"event": "00000000-0000-0000-0000-000000000000", "part": "p", "basis": "依据"}).status_code == 422
    assert client.post("/audit/erase", {"order": "1"}).status_code == 422
    assert stage.client("chief3").post("/audit/erase", {"order": "1"}).status_code == 404
    # a name that somebody looked for: in the ledger as a commitment only, wherever it was typed
    value = "查无此人甲"
    for url in (f"/search?q={value}", f"/leads?q={value}", f"/pick/person?q={value}"):
        assert stage.client("chief3").get(url).status_code == 200
    assert stage.one("select count(*) from audit.event where position(convert_to(%s, 'UTF8') in canon) > 0", value) == 0
    held = stage.admin.execute("select event, part, value from audit.personal where value = %s order by event", [value]).fetchall()
    assert len(held) >= 2
    event, part, _ = held[0]
    sealed = stage.one("select canon from audit.event where uuid = %s", event)
    assert client.post("/audit/erase", {"event": str(event), "part": part, "basis": "本人申请〔2026〕1号"}).status_code == 302
    order = stage.one("select id from audit.erasure where event = %s and part = %s", event, part)
    assert client.post("/audit/erase", {"order": str(order)}).status_code == 422, "who ordered it does not approve it"
    assert stage.one("select value from audit.personal where event = %s and part = %s", event, part) == value
    from tests.faces.web.test_routes import one_office_more

    with one_office_more(stage, "finance-liaison", "audit_admin"):
        page = stage.client("finance-liaison").get("/audit").content.decode()
        assert f'value="{order}"' in page
        assert value not in page
        assert stage.client("finance-liaison").post("/audit/erase", {"order": str(order)}).status_code == 302
    assert stage.one("select count(*) from audit.personal where event = %s and part = %s", event, part) == 0
    assert stage.one("select canon from audit.event where uuid = %s", event) == sealed, "what was sealed stands as it was"
    assert [r[0] for r in stage.admin.execute("select verb from audit.event where verb like 'audit.eras%%' order by id")] == ["audit.erasure_ordered", "audit.erased"]


def test_who_looks_when_and_at_what_is_written_across_the_page_and_on_paper(stage):
    from tests.faces.web import strings

    case = stage.ref("case")
    for path in (f"/m/{case}", f"/m/{case}/access", f"/m/{case}/documents"):
        page = stage.client("wuchuan-handler1").get(path).content.decode()
        mark = re.search(r'<svg class="watermark".*?</svg>', page, re.S)
        assert mark, path
        assert re.search(r"苏立新 20\d\d-\d\d-\d\d \d\d:\d\d", mark.group())
        assert case in mark.group()
    assert "Su Lixin" in re.search(r'<svg class="watermark".*?</svg>', stage.client("wuchuan-handler1", "en").get("/").content.decode(), re.S).group()
    css = (strings.ROOT / "faces/web/static/xieli/watermark.css").read_text("utf-8")
    assert re.search(r"@media print \{ \.watermark \{[^}]*display: block", css)
    assert "pointer-events: none" in css


def test_the_page_of_knowers_lists_every_look_its_own_too(stage):
    case = stage.ref("case")
    before = stage.client("wuchuan-handler2").get(f"/m/{case}").status_code
    assert before == 200
    page = stage.client("wuchuan-handler1").get(f"/m/{case}/access").content.decode()
    assert "潘雪松" in page
    assert "苏立新" in page
    for person in ("wuchuan-kin", "audadmin", "fengdeng-supervisor"):
        assert stage.client(person).get(f"/m/{case}/access").status_code == 404


def test_what_one_person_did_over_and_over_within_a_minute_is_one_line_that_says_how_often():
    from datetime import UTC, datetime

    from xieli.faces.web.views.access import _alike

    def look(second: int, who: str = "甲", sentence: str = "看到") -> dict[str, object]:
        return {"at": datetime(2026, 3, 18, 9, 2, second, tzinfo=UTC), "who": who, "capacity": "", "sentence": sentence, "verb": "matter.look"}

    told = _alike([look(50), look(40), look(30, who="乙"), look(20), look(10, sentence="填表"), look(9, sentence="填表")])
    assert [(line["who"], line["sentence"], line["times"]) for line in told] == [("甲", "看到", 2), ("乙", "看到", 1), ("甲", "看到", 1), ("甲", "填表", 2)]
    assert sum(line["times"] for line in told) == 6, "no look is lost"
