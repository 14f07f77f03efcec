"""A lost telephone: the security administrator asks, another person confirms and hands the code over, the old sessions and factors end, the person is told."""
from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from tests.djangodb import use
from tests.office.accounts.conftest import PASSWORD, Door
from tests.office.accounts.test_signins_recorded import acts, person


@contextmanager
def screens(door: Door) -> Iterator[None]:
    """The other process for a while: the web role and its addresses."""
    from django.db import connections
    from django.test import override_settings

    connections.close_all()
    use(door.database, "web")
    with override_settings(ROOT_URLCONF="xieli.server.urls", ROLE="web"):
        yield
    connections.close_all()
    use(door.database, "door")


@pytest.fixture
def three(door: Door) -> dict[str, Any]:
    """The three administrators signed in; `head` is a fourth person, head of the body, who is signed in too."""
    return {login: door.first_time(login) for login in ("sec", "aud", "sys")}


def test_two_persons_reset_it_and_the_person_begins_anew(door: Door, three: dict[str, Any]) -> None:
    aud = person(door, "aud")
    old = three["aud"]
    with screens(door):
        page = three["sec"].get("/admin?q=审").content.decode()
        assert "重置第二因素" in page
        assert three["sec"].post("/resets/ask", {"person": str(aud), "reason": "手机丢失，本人当面要求"}).status_code == 302
        reset = door.one("select id from access.factor_reset where verdict = ''")
        asked = three["sec"].get("/admin").content.decode()
        assert "等另一人确认" in asked
        assert "/resets/confirm" not in asked, "who asked has no button"
        assert three["sec"].post("/resets/confirm", {"reset": str(reset)}).status_code == 404
        assert old.post("/resets/confirm", {"reset": str(reset)}).status_code == 404, "nor has the person"
        assert "手机丢失" not in old.get("/admin").content.decode()
        assert old.get("/").status_code == 200, "nothing has changed before the second person"
        said = three["sys"].post("/resets/confirm", {"reset": str(reset)}).content.decode()
        code = re.search(r"<code>([0-9a-f-]+)</code>", said)
        assert code, said[-800:]
        assert old.get("/").status_code == 302, "the old session is over with the next query"
        assert three["sys"].post("/resets/confirm", {"reset": str(reset)}).status_code == 404, "once"
    assert code[1] not in str(door.admin.execute("select * from door.one_time").fetchall())
    assert door.one("select count(*) from door.totp where person = %s", aud) == 0
    door.no_wait()
    browser = door.browser()
    assert browser.post("/", {"login": "aud", "password": PASSWORD}).status_code == 401, "the old password opens nothing"
    door.no_wait()
    new = door.browser()
    assert new.post("/first", {"login": "aud", "code": code[1], "password": PASSWORD + "2", "again": PASSWORD + "2"}).status_code == 302
    new.get("/enrol")
    assert new.post("/enrol", {"code": door.code("aud")}).status_code == 200
    assert new.post("/second", {"kept": "1"}).status_code == 302
    with screens(door):
        assert "您的第二因素已由两人重置" in new.get("/notifications").content.decode()
    verbs = [verb for verb, _, _ in acts(door)]
    assert verbs[-7:] == ["factor.reset_asked", "factor.ended", "factor.reset", "session.all_ended", "password.set", "factor.enrolled", "session.opened"]
    assert [(v, who) for v, who, _ in acts(door) if v == "factor.reset"] == [("factor.reset", person(door, "sys"))]


def test_it_can_be_refused_taken_back_and_runs_out(door: Door, three: dict[str, Any]) -> None:
    aud = str(person(door, "aud"))
    ask = {"person": aud, "reason": "手机丢失，本人当面要求"}
    with screens(door):
        assert three["sec"].post("/resets/ask", ask).status_code == 302
        assert three["sec"].post("/resets/ask", ask).status_code == 409, "one at a time"
        first = door.one("select id from access.factor_reset where verdict = ''")
        assert three["sys"].post("/resets/refuse", {"reset": str(first)}).status_code == 302
        assert three["sec"].post("/resets/ask", ask).status_code == 302
        second = door.one("select id from access.factor_reset where verdict = ''")
        assert three["sec"].post("/resets/refuse", {"reset": str(second)}).status_code == 302
        assert three["sec"].post("/resets/ask", ask).status_code == 302
        third = door.one("select id from access.factor_reset where verdict = ''")
        door.admin.execute("update access.factor_reset set expires_at = now() - interval '1 second' where id = %s", [third])
        assert three["sys"].post("/resets/confirm", {"reset": str(third)}).status_code == 404
        assert three["sec"].post("/resets/ask", ask).status_code == 302, "what ran out makes room"
        assert three["aud"].get("/").status_code == 200
    assert [r[0] for r in door.admin.execute("select verdict from access.factor_reset order by asked_at").fetchall()] == ["refused", "withdrawn", "withdrawn", ""]


def test_nobody_else_asks_or_confirms_and_a_stale_proof_is_not_enough(door: Door, three: dict[str, Any]) -> None:
    sec, aud = person(door, "sec"), person(door, "aud")
    with screens(door):
        for who, target in (("sys", aud), ("aud", sec), ("sec", sec)):
            assert three[who].post("/resets/ask", {"person": str(target), "reason": "手机丢失，本人当面要求"}).status_code == 404, who
        assert three["sec"].post("/resets/ask", {"person": "x", "reason": "手机丢失"}).status_code == 404
        assert three["sec"].post("/resets/ask", {"person": str(aud), "reason": " "}).status_code == 422
        door.admin.execute("update access.session set proved_at = access.now() - interval '6 minutes'")
        said = three["sec"].post("/resets/ask", {"person": str(aud), "reason": "手机丢失，本人当面要求"})
        assert said.status_code == 403
        assert "再验证一次身份" in said.content.decode()
        door.admin.execute("update access.session set proved_at = access.now()")
        three["sec"].post("/resets/ask", {"person": str(aud), "reason": "手机丢失，本人当面要求"})
        reset = door.one("select id from access.factor_reset where verdict = ''")
        door.admin.execute("update access.session set proved_at = access.now() - interval '6 minutes'")
        assert three["sys"].post("/resets/confirm", {"reset": str(reset)}).status_code == 403
    assert door.one("select count(*) from door.totp where person = %s", aud) == 1
    with psycopg.connect(door.database.dsn("web")) as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute("select * from access.factor_reset")


def head_of(door: Door, body: str) -> Any:
    """A signed-in head: a person with a posting on the head's office, a session as the sign-in process opens it."""
    from hashlib import sha256

    from django.conf import settings

    row = door.admin.execute("select id from body where code = %s", [body]).fetchone()
    if row is None:
        row = door.admin.execute("insert into body (id, code, kind, rank, name_zh, name_en, short_zh, short_en, division_code, sector, document_mark, initials, sort_key, valid_from)"
                                 " values (7001, %s, 'commission', 'county', '乙县纪委监委', 'B', '', '', '990000', '', '', '{}', '', '2020-01-01') returning id", [body]).fetchone()
    office = door.admin.execute("select id from office where body_id = %s and code = 'head'", row).fetchone()
    if office is None:
        office = door.admin.execute("insert into office (id, body_id, code, title_zh, title_en, valid_from) values (7101, %s, 'head', '书记', 'head', '2020-01-01') returning id", row).fetchone()
    someone = 7200 + row[0]
    door.admin.execute("insert into person (id, name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account, id_digest)"
                       " values (%s, '首长', 'Head', '{}', '', '', '', 1, true, true, %s)", [someone, str(someone).encode()])
    door.admin.execute("insert into posting (person_id, body_id, office_id, kind, starts_at, confirmed_by_id, basis, is_deputy) values (%s, %s, %s, 'regular', '2020-01-01', %s, '', false)", [someone, row[0], office[0], someone])
    cookie = f"head-{someone}"
    with psycopg.connect(door.database.dsn("door"), autocommit=True) as c:
        c.execute("select access.open_session(%s, %s, 'totp', 'closed', 8, 480)", [sha256(cookie.encode()).digest(), someone])
    browser = door.browser("en")
    browser.cookies[settings.SESSION_COOKIE] = cookie
    return browser


def test_the_head_of_the_persons_body_confirms_and_no_other_head_and_the_screens_speak_english(door: Door) -> None:
    from django.conf import settings

    sec, aud = door.first_time("sec"), person(door, "aud")
    door.admin.execute("update posting set body_id = (select id from body where code = 'c') where person_id = %s", [aud])
    own, other = head_of(door, "c"), head_of(door, "d")
    sec.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    with screens(door):
        form = sec.get("/admin?q=审").content.decode()
        assert "Reset a second factor" in form
        assert sec.post("/resets/ask", {"person": str(aud), "reason": "telephone lost, asked in person"}).status_code == 302
        reset = str(door.one("select id from access.factor_reset where verdict = ''"))
        assert "telephone lost" not in other.get("/admin").content.decode(), "another body's head learns nothing of it"
        for verb in ("confirm", "refuse"):
            assert other.post(f"/resets/{verb}", {"reset": reset}).status_code == 404, verb
        page = own.get("/admin").content.decode()
        assert "telephone lost" in page
        assert "/resets/confirm" in page
        code_page = own.post("/resets/confirm", {"reset": reset}).content.decode()
        assert re.search(r"<code>[0-9a-f]{4}(-[0-9a-f]{4}){3}</code>", code_page)
    for text in (form, page, code_page):
        body = re.sub(r"(?s)<(script|style).*?</\1>|<option.*?</option>|<select.*?</select>", "", text)
        left = set(re.findall(r"[\u4e00-\u9fff]+", re.sub(r'(?s)<[^>]+>', " ", body)))
        assert left <= {"协力", "中文", "甲县纪委监委", "首长", "安二", "审三", "系一", "审"}, left
    assert door.one("select count(*) from door.totp where person = %s", aud) == 0
    assert [who for verb, who, _ in acts(door) if verb == "factor.reset"] == [7200 + door.one("select id from body where code = 'c'")]
