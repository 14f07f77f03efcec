"""Whoever comes in, fails, leaves or changes how he proves himself is in the ledger of acts: who, when, by which factor, and nothing more."""
from __future__ import annotations

import json
from typing import Any

import psycopg

from tests.office.accounts.conftest import PASSWORD, Door


def acts(door: Door) -> list[tuple[str, int | None, dict[str, Any]]]:
    """The events since setting up: verb, actor, fields."""
    rows = door.admin.execute("select verb, person, convert_from(canon, 'UTF8') from audit.event where verb ~ '^(session|signin|password|factor)\\.' order by id").fetchall()
    return [(verb, person, json.loads(canon)["fields"]) for verb, person, canon in rows]


def person(door: Door, login: str) -> int:
    return int(door.one("select person from door.credential where login = %s", login))


def test_coming_in_the_first_time_and_again(door: Door) -> None:
    sec = person(door, "sec")
    door.first_time("sec")
    assert acts(door) == [("password.set", None, {"of": str(sec)}), ("factor.enrolled", None, {"of": str(sec), "kind": "totp"}), ("session.opened", sec, {"factor": "totp", "failures": 0})]
    browser = door.signed_in("sec")
    assert acts(door)[3:] == [("session.opened", sec, {"factor": "totp", "failures": 0})]
    # signing in on the same browser leaves the session that it held
    door.rewind()
    browser.post("/", {"login": "sec", "password": PASSWORD})
    browser.post("/second", {"code": door.code("sec")})
    assert [verb for verb, _, _ in acts(door)[4:]] == ["session.left", "session.opened"]
    assert all(actor == sec for _, actor, _ in acts(door)[4:])


def test_a_run_of_failures_is_told_once_at_its_third_and_doublings_and_raises_one_alarm(door: Door) -> None:
    door.first_time("sec")
    sec, before = person(door, "sec"), len(acts(door))
    for _ in range(17):
        door.no_wait()
        door.browser().post("/", {"login": "sec", "password": "wrong"})
    door.browser().post("/", {"login": "nobody at all", "password": "wrong"})
    assert acts(door)[before:] == [("signin.failing", None, {"of": str(sec), "failures": n}) for n in (3, 8, 16)]
    assert door.one("select count(*) from audit.alarm where kind = 'signin' and closed_at is null") == 1
    door.signed_in("sec")
    assert acts(door)[-1] == ("session.opened", sec, {"factor": "totp", "failures": 17})
    everything = " ".join(r[0] for r in door.admin.execute("select convert_from(canon, 'UTF8') from audit.event").fetchall())
    assert "127.0.0.1" not in everything, "no address"
    assert '"sec"' not in everything, "no login name"
    assert "nobody at all" not in everything
    assert "wrong" not in everything


def test_leaving_a_new_password_and_a_disabled_account_are_acts(door: Door) -> None:
    door.first_time("sec")
    browser = door.first_time("aud")
    sec, aud = person(door, "sec"), person(door, "aud")
    from django.conf import settings

    cookie = browser.cookies[settings.SESSION_COOKIE].value
    with psycopg.connect(door.database.dsn("web")) as web:
        assert web.execute("select access.bind(%s)", [cookie]).fetchone() == (True,)
        web.execute("select access.end_session()")
        web.execute("select access.end_session()")
    assert acts(door)[-1] == ("session.left", aud, {})
    door.signed_in("aud")
    before = len(acts(door))
    guard = door.signed_in("sec").cookies[settings.SESSION_COOKIE].value
    with psycopg.connect(door.database.dsn("web")) as web:
        assert web.execute("select access.bind(%s)", [guard]).fetchone() == (True,)
        web.execute("select access.disable_account(%s)", [aud])
    assert acts(door)[before + 1:] == [("session.all_ended", sec, {"of": str(aud), "sessions": 1})]


def test_an_act_at_the_door_cannot_be_made_up(door: Door) -> None:
    """The door and the web role write no such event by hand, and nobody else's name into one."""
    sec = person(door, "sec")
    browser = door.first_time("sec")
    from django.conf import settings

    count = len(acts(door))
    for role in ("door", "web"):
        for attack in ("select audit.record('session.opened', '{\"factor\": \"totp\", \"failures\": 0}')", "select audit.record('signin.failing', '{\"of\": \"1\", \"failures\": 9}')",
                       f"select access.note_session(1, {sec}, 'session.opened', '{{}}')", "select audit.write('session.left', '{}', '{}', '{}', true)"):
            with psycopg.connect(door.database.dsn(role)) as connection:
                if role == "web":
                    connection.execute("select access.bind(%s)", [browser.cookies[settings.SESSION_COOKIE].value])
                try:
                    connection.execute(attack)
                except psycopg.Error:
                    continue
                raise AssertionError((role, attack))
    assert len(acts(door)) == count


def test_opening_a_session_leaves_the_caller_bound_to_nobody(door: Door) -> None:
    """The event's actor is the new session for the length of one insert; what follows in the transaction is nobody's."""
    sec = person(door, "sec")
    with psycopg.connect(door.database.dsn("door")) as connection:
        connection.execute("select access.open_session(sha256('x'), %s, 'totp', 'closed', 8, 15)", [sec])
        assert connection.execute("select person from access.who()").fetchone() == (None,)
    assert acts(door)[-1] == ("session.opened", sec, {"factor": "totp", "failures": 0})


def test_a_passkey_taken_on_and_given_up(door: Door) -> None:
    browser = door.first_time("sec")
    assert browser is not None
    sec = person(door, "sec")
    with psycopg.connect(door.database.dsn("door")) as connection:
        connection.execute("insert into door.passkey (id, person, public_key, made_at) values ('x', %s, 'k', now())", [sec])
        connection.execute("delete from door.passkey where id = 'x'")
    assert acts(door)[-2:] == [("factor.enrolled", None, {"of": str(sec), "kind": "webauthn"}), ("factor.ended", None, {"of": str(sec), "kind": "webauthn"})]
