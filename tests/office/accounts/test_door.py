"""Signing in: one-time code, two password profiles, six digits, passkeys, a fresh proof; nothing tells who has an account."""
from __future__ import annotations

import hashlib
from typing import Any

import psycopg
import pytest

from tests.office.accounts.authenticator import Authenticator
from tests.office.accounts.conftest import HERE, PASSWORD, Door


def session(door: Door, browser: Any) -> tuple[str, str]:
    from django.conf import settings

    cookie = browser.cookies[settings.SESSION_COOKIE].value
    return cookie, str(door.one("select factor from access.session where token = %s and ended_at is null", hashlib.sha256(cookie.encode()).digest()))


def test_the_first_time_and_every_time_after(door: Door) -> None:
    from django.conf import settings

    browser = door.first_time("sec")
    assert session(door, browser)[1] == "totp"
    morsel = browser.cookies[settings.SESSION_COOKIE]
    assert (morsel["httponly"], morsel["samesite"], morsel["path"], morsel["max-age"]) == (True, "Strict", "/", "")
    assert browser.post("/first", {"login": "sec", "code": door.codes["sec"], "password": PASSWORD, "again": PASSWORD}).status_code == 401, "a one-time code is used once"
    assert session(door, door.signed_in("sec"))[1] == "totp"
    assert "argon2id" in door.one("select password from door.credential where login = 'sec'")


def test_a_code_serves_once_and_a_recovery_code_once(door: Door) -> None:
    door.first_time("sec")
    code = door.code("sec")
    first, second = door.browser(), door.browser()
    for b in (first, second):
        assert b.post("/", {"login": "sec", "password": PASSWORD}).status_code == 302
    door.rewind()
    assert first.post("/second", {"code": code}).status_code == 302
    assert second.post("/second", {"code": code}).status_code == 401
    door.no_wait()
    browser = door.first_time("aud")
    assert browser is not None
    words = door.browser()
    door.admin.execute("update door.recovery set code = %s where id = (select min(id) from door.recovery where person = (select person from door.credential where login = 'aud'))", [hashlib.sha256(b"abcdef123456").hexdigest()])
    assert words.post("/", {"login": "aud", "password": PASSWORD}).status_code == 302
    assert words.post("/second", {"code": "abcdef-123456"}).status_code == 302
    assert words.post("/", {"login": "aud", "password": PASSWORD}).status_code == 302
    assert words.post("/second", {"code": "abcdef-123456"}).status_code == 401


def test_unknown_wrong_waiting_and_disabled_answer_alike_and_take_as_long(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    from xieli.office.accounts import passwords

    door.first_time("sec")
    hashed: list[str] = []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda p, s: hashed.append(p) or real(p, s))  # type: ignore[func-returns-value]

    def answer(login: str, password: str) -> tuple[int, bytes, int]:
        browser = door.browser()
        browser.get("/")
        before = len(hashed)
        said = browser.post("/", {"login": login, "password": password})
        return said.status_code, b"".join(line for line in said.content.splitlines() if b"csrf" not in line), len(hashed) - before

    unknown = answer("nobody", "x")
    assert unknown[0] == 401
    assert answer("sec", "wrong") == unknown
    assert answer("sec", PASSWORD) == unknown, "while the delay runs the right password is told nothing else"
    door.no_wait()
    door.admin.execute("update door.credential set disabled_at = now() where login = 'sec'")
    assert answer("sec", PASSWORD) == unknown
    assert answer("aud", "x") == unknown, "never used yet"
    assert unknown[2] == 1, "one Argon2id for each, whoever it is"


def test_knowing_the_password_buys_no_free_guesses_at_the_second_factor(door: Door) -> None:
    door.first_time("sec")
    for n in range(1, 4):
        door.no_wait()
        browser = door.browser()
        assert browser.post("/", {"login": "sec", "password": PASSWORD}).status_code == 302
        door.rewind()
        assert browser.post("/second", {"code": "000000"}).status_code == 401
        assert door.one("select failures from door.credential where login = 'sec'") == n, "the password alone wipes nothing"
        door.rewind()
        assert browser.post("/second", {"code": door.code("sec")}).status_code == 401, "the delay holds for the right code too"
    assert door.one("select next_try > clock_timestamp() + interval '2 seconds' from door.credential where login = 'sec'") is True
    door.signed_in("sec")
    assert door.one("select failures from door.credential where login = 'sec'") == 0


def test_a_stolen_password_does_not_show_the_authenticators_secret(door: Door) -> None:
    door.first_time("sec")
    thief = door.browser()
    assert thief.post("/", {"login": "sec", "password": PASSWORD}).status_code == 302
    page = thief.get("/enrol")
    assert (page.status_code, page["Location"]) == (302, "/second")
    assert thief.post("/enrol", {"code": "1"})["Location"] == "/second"


def test_a_half_signed_in_browser_is_good_for_one_sign_in_and_cannot_be_made_up(door: Door) -> None:
    from xieli.faces.web.views.door import HALF

    door.first_time("sec")
    browser = door.browser()
    browser.post("/", {"login": "sec", "password": PASSWORD})
    half = browser.cookies[HALF].value
    door.rewind()
    assert browser.post("/second", {"code": door.code("sec")}).status_code == 302
    again = door.browser()
    again.cookies[HALF] = half
    door.rewind()
    assert again.post("/second", {"code": door.code("sec")})["Location"] == "/"
    forged = door.browser()
    forged.cookies[HALF] = "WzEsInBhc3N3b3JkIl0"
    assert forged.get("/second")["Location"] == "/"
    assert half not in str(door.admin.execute("select * from door.pending").fetchall()), "only its digest is kept"


def test_signing_in_gives_a_new_session_and_ends_the_browsers_old_one(door: Door) -> None:
    from django.conf import settings

    browser = door.first_time("sec")
    old = session(door, browser)[0]
    browser.cookies[settings.SESSION_COOKIE] = old
    door.no_wait()
    browser.post("/", {"login": "sec", "password": PASSWORD})
    door.rewind()
    browser.post("/second", {"code": door.code("sec")})
    new = session(door, browser)[0]
    assert new != old
    assert door.one("select ended_at is not null from access.session where token = %s", hashlib.sha256(old.encode()).digest()) is True
    planted = door.browser()
    planted.cookies[settings.SESSION_COOKIE] = "planted-by-another"
    door.no_wait()
    planted.post("/", {"login": "sec", "password": PASSWORD})
    door.rewind()
    planted.post("/second", {"code": door.code("sec")})
    assert session(door, planted)[0] != "planted-by-another"


@pytest.mark.parametrize(("profile", "password", "good"), [
    ("mlps3", "correct horse battery staple on a hill", False), ("asvs", "correct horse battery staple on a hill", True),
    ("mlps3", "Yuan-shan_72", True), ("asvs", "Yuan-shan_72", False)])
def test_the_two_password_profiles_at_the_door(door: Door, monkeypatch: pytest.MonkeyPatch, profile: str, password: str, good: bool) -> None:
    monkeypatch.setenv("XIELI_PASSWORDS", profile)
    said = door.browser().post("/first", {"login": "sec", "code": door.codes["sec"], "password": password, "again": password})
    assert said.status_code == (302 if good else 422)


@pytest.mark.parametrize(("profile", "to"), [("mlps3", "/first"), ("asvs", "/second")])
def test_only_the_profile_that_asks_for_it_makes_a_password_grow_old(door: Door, monkeypatch: pytest.MonkeyPatch, profile: str, to: str) -> None:
    door.first_time("sec")
    door.admin.execute("update door.credential set changed_at = changed_at - interval '91 days'")
    monkeypatch.setenv("XIELI_PASSWORDS", profile)
    browser = door.browser()
    assert browser.post("/", {"login": "sec", "password": PASSWORD})["Location"] == to
    if profile == "mlps3":
        assert browser.post("/first", {"password": "Bei-he_4455 shan", "again": "Bei-he_4455 shan"})["Location"] == "/second", "a new password does not replace the second factor"


def test_a_passkey_registers_signs_in_and_proves(door: Door) -> None:
    browser = door.first_time("sec")
    device = Authenticator(HERE)
    assert browser.post("/keys", {"answer": device.create(door.options(browser.get("/keys"))), "name": "钥匙"}).status_code == 302
    assert "钥匙" in browser.get("/keys").content.decode()
    other = door.browser()
    other.post("/", {"login": "sec", "password": PASSWORD})
    assert other.post("/second", {"answer": device.get(door.options(other.get("/second")))}).status_code == 302
    cookie, factor = session(door, other)
    assert factor == "webauthn"
    door.admin.execute("update access.session set proved_at = proved_at - interval '9 minutes'")
    proved = other.post("/again", {"next": "/m/x", "answer": device.get(door.options(other.get("/again?next=/m/x")))})
    assert proved["Location"] == "http://localhost:8998/m/x"
    assert door.one("select proved_at > now() - interval '1 minute' from access.session where token = %s", hashlib.sha256(cookie.encode()).digest()) is True


def test_what_an_authenticator_may_not_get_away_with(door: Door) -> None:
    browser = door.first_time("sec")
    unverified = Authenticator(HERE, verified=False)
    assert browser.post("/keys", {"answer": unverified.create(door.options(browser.get("/keys")))}).status_code == 422
    elsewhere = Authenticator("https://evil.example")
    assert browser.post("/keys", {"answer": elsewhere.create(door.options(browser.get("/keys")))}).status_code == 422
    device = Authenticator(HERE)
    assert browser.post("/keys", {"answer": device.create(door.options(browser.get("/keys")))}).status_code == 302

    def attempt(change: Any, **how: Any) -> int:
        door.no_wait()
        b = door.browser()
        b.post("/", {"login": "sec", "password": PASSWORD})
        options = door.options(b.get("/second"))
        change()
        return int(b.post("/second", {"answer": device.get(options, **how)}).status_code)

    assert attempt(lambda: None) == 302
    kept = device.counter
    assert attempt(lambda: setattr(device, "counter", 0)) == 401, "a copy whose counter did not go on"
    device.counter = kept + 5
    assert attempt(lambda: setattr(device, "verified", False)) == 401
    device.verified = True
    assert attempt(lambda: setattr(device, "origin", "https://evil.example")) == 401
    device.origin = HERE
    assert attempt(lambda: None, challenge="AAAA") == 401, "an answer to another challenge"
    assert attempt(lambda: None) == 302
    b = door.browser()
    b.post("/", {"login": "sec", "password": PASSWORD})
    for junk in ("{}", "[]", "null", "x", '{"id": 1}'):
        door.no_wait()
        assert b.post("/second", {"answer": junk}).status_code == 401


def test_the_last_second_factor_stays_and_keys_need_a_fresh_proof(door: Door) -> None:
    browser = door.first_time("sec")
    device = Authenticator(HERE)
    browser.post("/keys", {"answer": device.create(door.options(browser.get("/keys")))})
    key = next(iter(device.keys)).hex()
    door.admin.execute("update access.session set proved_at = proved_at - interval '6 minutes'")
    assert browser.post("/keys", {"remove": key}).status_code == 403
    door.admin.execute("update access.session set proved_at = now()")
    door.admin.execute("delete from door.totp")
    assert browser.post("/keys", {"remove": key}).status_code == 422
    assert door.one("select count(*) from door.passkey") == 1


def test_a_proof_never_leads_to_another_site(door: Door) -> None:
    browser = door.first_time("sec")
    for back in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "m/x"):
        door.rewind()
        assert browser.post("/again", {"next": back, "code": door.code("sec")})["Location"] == "http://localhost:8998/"


def test_other_sessions_are_listed_and_ended_and_a_raw_connection_notices_at_once(door: Door) -> None:
    here, there = door.first_time("sec"), door.signed_in("sec")
    mine, other = session(door, here)[0], session(door, there)[0]
    with psycopg.connect(door.database.dsn("web")) as a, psycopg.connect(door.database.dsn("web")) as b:
        b.execute("select access.bind(%s)", [other])
        assert b.execute("select count(*) from person").fetchone() == (3,)
        a.execute("select access.bind(%s)", [mine])
        rows = a.execute("select id, here from access.my_sessions()").fetchall()
        assert sorted(r[1] for r in rows) == [False, True]
        foreign = a.execute("select access.end_my_session(%s)", [next(r[0] for r in rows if not r[1])]).fetchone()
        a.commit()
        assert foreign == (True,)
        assert b.execute("select count(*) from person").fetchone() == (0,), "the held transaction of the ended session sees nothing"
        stranger = door.one("select access.new_id()")
        a.execute("select access.bind(%s)", [mine])
        assert a.execute("select access.end_my_session(%s)", [stranger]).fetchone() == (False,)


def test_a_demo_has_no_sign_in(door: Door) -> None:
    door.first_time("sec")
    for statement in ("alter table access.installation disable trigger keep_mark", "update access.installation set mark = 'demo'", "alter table access.installation enable trigger keep_mark"):
        door.admin.execute(statement)
    browser = door.browser()
    for method, where in (("get", "/"), ("post", "/"), ("get", "/first"), ("post", "/first"), ("post", "/oidc"), ("get", "/oidc/back")):
        assert getattr(browser, method)(where, {"login": "sec", "password": PASSWORD}).status_code == 403, where
    with psycopg.connect(door.database.dsn("door")) as raw, pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw.execute("select access.open_session('x', (select person from door.credential limit 1), 'totp', 'closed', 8, 15)")


def test_a_door_outside_opens_sessions_that_are_outside_wherever_their_cookie_goes(door: Door) -> None:
    from django.test import override_settings

    door.first_time("sec")
    with override_settings(ZONE="public"):
        door.signed_in("sec")
    assert sorted(door.admin.execute("select zone from access.session").fetchall()) == [("closed",), ("public",)]
