"""The calendar feed: strict RFC 5545, no fact of a case, one secret address per person, recorded, ended with the posting."""
from __future__ import annotations

import re
from datetime import date

import pytest

from xieli.office.notices.calendar import Entry, escaped, fold, rendered

SECRETS = ("郭某某", "消防", "采购", "留置", "liuzhi", "lead")


def parse(text: str) -> list[dict[str, str]]:
    """A strict reader of what a feed may hold: CRLF, lines of 75 octets, unfolding, properties in known places. Raises ValueError."""
    if not text.endswith("\r\n") or "\n" in text.replace("\r\n", "") or "\r" in text.replace("\r\n", ""):
        raise ValueError("a line does not end with CRLF")
    lines = text[:-2].split("\r\n")
    for line in lines:
        if len(line.encode()) > 75:
            raise ValueError("a line of more than 75 octets")
    whole: list[str] = []
    for line in lines:
        if line[:1] in (" ", "\t"):
            whole[-1] += line[1:]
        else:
            whole.append(line)
    if whole[0] != "BEGIN:VCALENDAR" or whole[-1] != "END:VCALENDAR":
        raise ValueError("not one calendar")
    head: dict[str, str] = {}
    events: list[dict[str, str]] = []
    inside: dict[str, str] | None = None
    for line in whole[1:-1]:
        name, colon, value = line.partition(":")
        if not colon or not re.fullmatch(r"[A-Z-]+(;[A-Z-]+=[A-Z-]+)*", name):
            raise ValueError(f"not a content line: {line!r}")
        if line == "BEGIN:VEVENT":
            if inside is not None:
                raise ValueError("an event in an event")
            inside = {}
        elif line == "END:VEVENT":
            assert inside is not None
            if not {"UID", "DTSTAMP", "DTSTART;VALUE=DATE", "SUMMARY"} <= set(inside):
                raise ValueError("an event without what RFC 5545 requires")
            if not re.fullmatch(r"\d{8}T\d{6}Z", inside["DTSTAMP"]) or not re.fullmatch(r"\d{8}", inside["DTSTART;VALUE=DATE"]):
                raise ValueError("an instant that is not UTC, or a day that is none")
            events.append(inside)
            inside = None
        else:
            target = head if inside is None else inside
            if name in target:
                raise ValueError(f"{name} twice")
            if re.search(r"\\(?![\\;,nN])", value):
                raise ValueError("an escape that is none")
            target[name] = value
    if head.get("VERSION") != "2.0" or "PRODID" not in head:
        raise ValueError("no VERSION or PRODID")
    if len({e["UID"] for e in events}) != len(events):
        raise ValueError("two events under one UID")
    return events


@pytest.fixture
def address(stage) -> str:
    from xieli.office.notices import services

    with stage.theatre.acts("wuchuan-handler1"):
        return f"/calendar/feed/{services.make_feed()}.ics"


def read(address: str):
    from django.test import Client

    return Client().get(address)


def test_the_feed_holds_the_deadlines_its_person_sees_and_no_fact(stage, address):
    answer = read(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    text = answer.content.decode()
    events = parse(text)
    assert events
    assert {e["SUMMARY"] for e in events} <= {"协力：有期限到期", "协力：有法定期限到期", "协力：有一项反馈到期"}
    for secret in (*SECRETS, stage.ref("case")):
        assert secret not in text
    assert parse(read(address + "?lang=en").content.decode())[0]["SUMMARY"].isascii()


def test_an_event_stands_on_the_last_day_of_its_term(stage, address):
    """A term of days runs out at the midnight after its last day: an event on the next day would be an event too late."""
    days = {r[0].strftime("%Y%m%d") for r in stage.admin.execute("select ((alarm_at - interval '1 microsecond') at time zone 'Asia/Shanghai')::date from clock where state = 'running' and alarm_at is not null")}
    after = {r[0].strftime("%Y%m%d") for r in stage.admin.execute("select (alarm_at at time zone 'Asia/Shanghai')::date from clock where state = 'running' and alarm_at is not null and (alarm_at at time zone 'Asia/Shanghai')::time = '00:00'")}
    assert after - days, "no term of days runs in this world"
    shown = {e["DTSTART;VALUE=DATE"] for e in parse(read(address).content.decode()) if "反馈" not in e["SUMMARY"]}
    assert shown
    assert shown <= days


def test_an_event_keeps_its_uid_from_reading_to_reading_and_differs_between_feeds(stage, address):
    from xieli.office.notices import services

    first = {e["UID"] for e in parse(read(address).content.decode())}
    assert {e["UID"] for e in parse(read(address).content.decode())} == first
    with stage.theatre.acts("wuchuan-handler1"):
        other = f"/calendar/feed/{services.make_feed()}.ics"
    assert not first & {e["UID"] for e in parse(read(other).content.decode())}, "two readers cannot tell that they follow one clock"


def test_each_reading_is_recorded(stage, address):
    before = stage.one("select count(*) from audit.event where verb = 'feed.read'")
    read(address)
    assert stage.one("select count(*) from audit.event where verb = 'feed.read'") == before + 1
    assert stage.one("select person from audit.event where verb = 'feed.read' order by id desc limit 1") == stage.world.people["wuchuan-handler1"]


def test_revoked_unknown_and_ended_answer_like_any_page_that_does_not_exist(stage, address):
    from xieli.office.notices import services

    ghost = stage.client("chief3").get("/m/0000000000000")
    person = stage.world.people["wuchuan-handler1"]
    stage.admin.execute("update posting set ends_at = access.now() where person_id = %s and ends_at is null", [person])
    try:
        gone = read(address)
        assert (gone.status_code, gone.content) == (404, ghost.content)
    finally:
        stage.admin.execute("update posting set ends_at = null where person_id = %s", [person])
    assert read(address).status_code == 200
    with stage.theatre.acts("wuchuan-handler1"):
        services.end_feed()
    for path in (address, "/calendar/feed/nothing.ics", "/calendar/feed/%00.ics"):
        assert (read(path).status_code, read(path).content) == (404, ghost.content)


def test_the_address_opens_nothing_else(stage, address):
    from django.conf import settings
    from django.test import Client

    secret = address.removeprefix("/calendar/feed/").removesuffix(".ics")
    client = Client()
    client.cookies[settings.SESSION_COOKIE] = secret
    assert client.get("/").status_code == 302
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_long_lines_fold_between_characters_and_marks_are_escaped():
    text = "SUMMARY:" + "期限𠮷" * 40
    assert all(len(piece.encode()) <= 75 for piece in fold(text).split("\r\n"))
    assert fold(text).replace("\r\n ", "") == text
    assert escaped("a;b,c\\d\ne") == "a\\;b\\,c\\\\d\\ne"
    from datetime import UTC, datetime

    stamp = datetime(2026, 3, 17, 6, 0, tzinfo=UTC)
    [event] = parse(rendered([Entry("x" * 100, date(2026, 12, 31), "statutory")], stamp, "zh-hans"))
    assert event["DTEND;VALUE=DATE"] == "20270101"


@pytest.mark.parametrize("broken", ["BEGIN:VCALENDAR\nEND:VCALENDAR\n", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"])
def test_the_strict_reader_is_strict(broken):
    with pytest.raises(ValueError):
        parse(broken)
