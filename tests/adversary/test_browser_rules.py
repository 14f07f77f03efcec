"""What every answer owes the browser, whoever wrote the page: headers, cookies, tokens, methods, plain errors, quiet logs.

Rows of docs/asvs.csv name these tests. The pages are the table's (tests/faces/web/routes.csv), so a new page is asked too.
"""
from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.adversary.routes import RouteRow, reverse_row, table
from tests.faces.web.conftest import Stage, played, stage  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
OWN_STATIC = ROOT / "src/xieli/faces/web/static/xieli"
SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def pages(stage: Stage, method: str = "GET") -> list[tuple[RouteRow, str]]:  # noqa: F811
    """Lines of the table with an address in this world."""
    from django.urls import NoReverseMatch

    found = []
    for row in table():
        names = [v[1:] for _, v in row.parts if v.startswith("@")]
        if row.method == method and all(n in stage.made for n in names):
            try:
                found.append((row, reverse_row(row, stage.ref(names[0]) if names else "")))
            except NoReverseMatch:
                continue
    assert len(found) > 30
    return found


#: header → what it must say; each alone is a row of ASVS V3.4, V4.1, V14.3
HEADERS: dict[str, str] = {
    "Content-Security-Policy": r"(?=.*default-src 'self')(?=.*object-src 'none')(?=.*base-uri 'none')(?=.*frame-ancestors 'none')(?=.*form-action 'self')(?!.*unsafe-(inline|eval))",
    "X-Content-Type-Options": r"^nosniff$", "Referrer-Policy": r"^(same-origin|no-referrer)$", "Cross-Origin-Opener-Policy": r"^same-origin$", "X-Frame-Options": r"^DENY$",
    "Cache-Control": r"no-store", "Content-Type": r"^(text/[a-z]+; charset=utf-8|application/(json|problem\+json|openapi\+json|vnd\.[a-z.-]+|pdf|zip|octet-stream)|image/svg\+xml)",
}


ANSWERS: dict[str, Any] = {}


@pytest.fixture
def answers(stage: Stage) -> dict[str, Any]:  # noqa: F811
    """Every page as a head of a room gets it, asked for once, by another site's script."""
    if not ANSWERS:
        client = stage.client("chief3")
        for n, url in enumerate([*(url for _, url in pages(stage)), "/m/0000000000000", "/no/such/page"]):
            ANSWERS[url] = client.get(url, headers={"Origin": "null" if n % 2 else "https://evil.example"})
        from django.conf import settings

        ANSWERS["token"] = client.cookies[settings.SESSION_COOKIE].value
    return {k: v for k, v in ANSWERS.items() if k != "token"}


@pytest.mark.parametrize("header", HEADERS)
def test_every_page_says(answers: dict[str, Any], header: str) -> None:
    wrong = {url: a.headers.get(header) for url, a in answers.items() if a.status_code != 302 and not re.search(HEADERS[header], a.headers.get(header, ""))}
    assert not wrong, wrong


def test_no_answer_lets_another_site_read_it(answers: dict[str, Any]) -> None:
    for answer in answers.values():
        assert not [h for h in answer.headers if h.startswith("Access-Control-")]


def checking_client(stage: Stage, person: str) -> Any:  # noqa: F811
    from django.conf import settings
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.cookies[settings.SESSION_COOKIE] = stage.client(person).cookies[settings.SESSION_COOKIE].value
    return client


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_no_form_is_taken_from_another_site(stage: Stage, kind: str) -> None:  # noqa: F811
    """Whatever content type a foreign page chooses to avoid a preflight: refused before anything is done. An interface that takes a
    token in a header takes no cookie, so a foreign page cannot make the browser sign for it."""
    client = checking_client(stage, "chief3")
    before = stage.one("select count(*) from audit.event")
    for row, url in pages(stage, "POST"):
        answer = client.post(url, data=b"text=x&reason=x&purpose=xxxxx", content_type=kind)
        assert answer.status_code in (400, 401, 403, 404, 405, 415, 422), (row.name, answer.status_code)
        assert answer.status_code != 422 or row.name.startswith("api"), row.name
    assert stage.one("select count(*) from audit.event") == before


@pytest.mark.parametrize("method", ["trace", "put", "delete", "patch", "track"])
def test_other_methods_do_nothing(stage: Stage, method: str) -> None:  # noqa: F811
    client = stage.client("chief3")
    before = stage.one("select count(*) from audit.event where verb not like '%%look%%' and verb not like '%%listed%%'")
    for row, url in pages(stage, "POST"):
        answer = client.generic(method.upper(), url, b"text=x", content_type="application/x-www-form-urlencoded")
        assert answer.status_code < 500, row.name
        assert b"TRACE /" not in answer.content
    assert stage.one("select count(*) from audit.event where verb not like '%%look%%' and verb not like '%%listed%%'") == before


def test_a_method_named_in_a_header_or_a_field_is_not_believed(stage: Stage) -> None:  # noqa: F811
    """Nor an address, host or protocol that only a proxy may state."""
    client = stage.client("chief3")
    url = f"/m/{stage.ref('case')}/note"
    notes = stage.one("select count(*) from note")
    assert client.get(url, {"text": "x", "_method": "POST"}, headers={"X-HTTP-Method-Override": "POST"}).status_code == 405
    assert stage.one("select count(*) from note") == notes
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    text = client.get("/", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "10.9.9.9", "X-Original-URL": "/audit", "X-Rewrite-URL": "/audit"}).content.decode()
    assert "evil.example" not in text
    assert 'class="workbench' in text or "/search" in text


def test_what_a_person_typed_is_text_wherever_it_is_shown(stage: Stage) -> None:  # noqa: F811
    """A title, a name, a remark, a search: encoded at the last step, for HTML, attributes, addresses, JSON and the picture in SVG."""
    client = stage.client("yj-clerk")
    body = stage.world.bodies["yj"]
    client.post("/leads/new", {"subject": SCRIPT, "summary": SCRIPT + "，须核实的十个字以上", "title": SCRIPT, "body": body, "source": "petition", "received_on": "2026-01-05"})
    made = stage.one("select id from matter where title = %s", SCRIPT)
    assert made
    from xieli.office.ids import to_ref

    ref = to_ref(made)
    client.post(f"/m/{ref}/note", {"text": SCRIPT})
    client.post(f"/m/{ref}/task", {"title": SCRIPT[:100]})
    looked = 0
    for url in ("/", "/leads", "/matters", f"/m/{ref}", f"/m/{ref}/access", f"/m/{ref}/diagram", f"/search?q={SCRIPT}", f"/leads?q={SCRIPT}", f"/bodies?q={SCRIPT}", f"/leads?cols={SCRIPT}", "/reports/ocel.json"):
        answer = client.get(url)
        text = answer.content.decode()
        looked += 1
        if answer["Content-Type"].startswith("application/json"):
            json.loads(text)
        else:
            assert "<script>alert" not in text, url
            assert "onerror=alert(1)>" not in text.replace("onerror=alert(1)&gt;", ""), url
            assert not re.search(r'href="\s*(javascript|data(?!:image/svg|:,)|vbscript):', text, re.I), url
    assert looked == 11


BAD_VALUES = ("²", "٣", "-1", "9" * 30, "\x00", "a\x00b", "‮", "%", "%%00", "' or 1=1 --", "2026-13-45", "0001-01-01", "~", "x" * 4000)
PARAMETERS = ("q", "year", "code", "kind", "status", "due", "from", "to", "body", "after", "cols", "stage", "page", "period", "days", "at", "known", "into", "register", "draft", "n", "person")


def test_no_question_breaks_a_page(stage: Stage) -> None:  # noqa: F811
    """Digits that are none, dates that are none, nulls, signs of direction: an answer in plain words or an empty list, never a fault."""
    client = stage.client("chief3")
    client.raise_request_exception = False
    faults = []
    for n, (row, url) in enumerate(pages(stage)):
        for k, value in enumerate(BAD_VALUES[n % 3::3]):
            answer = client.get(url, dict.fromkeys(PARAMETERS, value) if (n + k) % 3 == 0 else {PARAMETERS[(n + k) % len(PARAMETERS)]: value})
            if answer.status_code >= 500:
                faults.append((row.name, value[:12]))
    assert not faults, sorted(set(faults))


def test_a_fault_says_a_number_to_quote_and_nothing_else(stage: Stage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """No trace, no statement, no path on the page; the number is in the log, and what was asked is not."""
    from xieli.faces.web.views import leads

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret of the fault 郭某某")

    monkeypatch.setattr(leads.registers, "page", broken)
    client = stage.client("chief3")
    client.raise_request_exception = False
    with caplog.at_level(logging.ERROR, "xieli.web"):
        answer = client.get("/leads?q=郭某某")
    text = answer.content.decode()
    assert answer.status_code == 500
    for word in ("Traceback", "RuntimeError", "secret of the fault", "select", "/src/", ".py"):
        assert word not in text
    quoted = re.search(r"[0-9a-f]{8}", text)
    assert quoted is not None
    ours = [r for r in caplog.records if r.name == "xieli.web"]
    assert any(quoted.group(0) in r.getMessage() for r in ours)
    assert not any("郭某某" in r.getMessage() for r in caplog.records)


def test_the_log_tells_the_system_administrator_where_it_broke_and_nothing_of_what_was_worked_on(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """The words of an exception quote values, an address names a matter or is a calendar's secret: the log holds kinds, codes, places in the program and routes."""
    from django.db import connection

    from xieli.faces.web.views import leads
    from xieli.server.quietlog import Quiet

    ours = [h for h in logging.getLogger().handlers if isinstance(h.formatter, Quiet)]
    assert len(ours) == 1, "as the settings say, and nothing else of ours writes"
    assert not logging.getLogger("django").handlers, "no fault is mailed"
    told = io.StringIO()
    monkeypatch.setattr(ours[0], "stream", told)

    def broken(*_: Any, **__: Any) -> None:
        try:
            raise KeyError("郭某某的线索")
        except KeyError:
            with connection.cursor() as cursor:
                cursor.execute("select '郭某某 6222021234567890'::integer")

    monkeypatch.setattr(leads.registers, "page", broken)
    client = stage.client("chief3")
    client.raise_request_exception = False
    quoted = re.search(r"[0-9a-f]{8}", client.get("/leads?q=郭某某").content.decode())
    secret, matter = "feed-secret-of-somebody", stage.ref("case")
    assert client.get(f"/calendar/feed/{secret}.ics").status_code == 404
    assert client.get(f"/m/{matter}").status_code == 404
    assert client.post("/language", headers={"Host": "evil.example"}).status_code == 400
    text = told.getvalue()
    assert quoted is not None
    for word in (quoted.group(0), "22P02", "DataError", "KeyError", "test_browser_rules.py", "404 GET m/<str:ref>"):
        assert word in text, (word, text)
    for word in ("郭某某", "6222021234567890", secret, matter, "?q="):
        assert word not in text, (word, text)


def test_files_that_are_not_pages_are_not_served(stage: Stage) -> None:  # noqa: F811
    """No repository, no listing, no settings, no interface for debugging; health names nothing."""
    client = stage.client("sysadmin")
    for url in ("/.git/config", "/.git/HEAD", "/.env", "/static/", "/static/xieli/", "/static/../settings.py", "/static/%2e%2e/settings.py", "/admin/doc/", "/__debug__/", "/metrics", "/server-status",
                "/phpinfo.php", "/api/docs/../../etc/passwd", "/pyproject.toml"):
        answer = client.get(url)
        assert answer.status_code in (301, 302, 400, 404), (url, answer.status_code)
        assert b"DATABASES" not in answer.content
    assert len(client.get("/healthz").content) < 200


def test_nothing_of_a_session_or_a_person_s_number_is_in_an_address(answers: dict[str, Any]) -> None:
    for url, answer in answers.items():
        text = answer.content.decode("utf-8", "replace")
        assert ANSWERS["token"] not in text
        assert not re.search(r'(href|action|src)="[^"]*\d{17}[\dXx]', text), url


@pytest.mark.parametrize(("url", "form"), [("/language", {"language": "en"}), ("/theme", {"theme": "dark"}), ("/tour/end", {})])
def test_no_way_leads_out_of_the_product(stage: Stage, url: str, form: dict[str, str]) -> None:  # noqa: F811
    client = stage.client("chief3")
    for target in ("https://evil.example/", "//evil.example/", "/\\evil.example", "https:evil.example", "javascript:alert(1)", "\thttps://evil.example"):
        answer = client.post(url, {**form, "next": target}, headers={"Referer": "https://evil.example/"})
        if answer.status_code == 302:
            assert re.match(r"^/(?![/\\])", answer["Location"]), (url, target, answer["Location"])


def test_leaving_clears_what_the_browser_kept(stage: Stage) -> None:  # noqa: F811
    client = stage.client("chief3")
    assert client.get("/").status_code == 200
    from django.conf import settings

    copied = client.cookies[settings.SESSION_COOKIE].value
    answer = client.post("/entrance/leave")
    assert '"cache"' in answer["Clear-Site-Data"]
    assert answer.cookies[settings.SESSION_COOKIE]["max-age"] == 0
    client.cookies[settings.SESSION_COOKIE] = copied
    assert client.get("/").status_code == 302


def test_the_cookie_of_a_session_is_closed_to_scripts_and_other_sites(stage: Stage) -> None:  # noqa: F811
    from django.conf import settings
    from django.test import Client

    answer = Client(REMOTE_ADDR="127.0.0.1").post("/entrance/enter", {"person": str(stage.world.people["chief3"])})
    cookie = answer.cookies[settings.SESSION_COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert not cookie["domain"]
    assert len(cookie.value) >= 43  # 256 bits in base 64
    again = Client(REMOTE_ADDR="127.0.0.1").post("/entrance/enter", {"person": str(stage.world.people["chief3"])}).cookies[settings.SESSION_COOKIE].value
    assert again != cookie.value


TLS = """
import io
import json
from django.conf import settings as s
print(json.dumps([s.SESSION_COOKIE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS, s.CSRF_COOKIE_HTTPONLY, s.CSRF_COOKIE_SAMESITE, s.DEBUG, list(s.SECURE_PROXY_SSL_HEADER)]))
"""


def test_behind_tls_cookies_carry_the_host_prefix_and_the_browser_is_bound_to_it() -> None:
    environment = os.environ | {"XIELI_TLS": "1", "DJANGO_SETTINGS_MODULE": "xieli.server.settings", "PYTHONPATH": str(ROOT / "src")}
    out = subprocess.run([sys.executable, "-c", TLS], env=environment, capture_output=True, text=True, check=True).stdout
    assert json.loads(out) == ["__Host-xieli", True, 31_536_000, True, "Strict", False, ["HTTP_X_FORWARDED_PROTO", "https"]]
    source = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "src/xieli").rglob("*.py"))
    marks = re.findall(r"set_cookie\((?:settings\.SESSION_COOKIE|HALF).*", source)
    assert len(marks) >= 4
    for mark in marks:
        assert "httponly=True" in mark, mark
        assert 'secure=settings.SESSION_COOKIE.startswith("__Host-")' in mark or "secure=_secure()" in mark, mark
        # the half-signed-in browser's cookie must come back from the provider's site; it opens nothing by itself
        assert 'samesite="Strict"' in mark or (mark.startswith("set_cookie(HALF") and 'samesite="Lax"' in mark), mark
    assert re.search(r"def _secure\(\).*\n(?:.*\n){0,3}?.*startswith\(\"__Host-\"\)", source)


#: names that would keep something in the browser, or run text as code
SCRIPTS = ("localStorage", "sessionStorage", "indexedDB", "eval(", "new Function(", "document.write", "postMessage", "insertAdjacentHTML", "outerHTML")


@pytest.mark.parametrize("word", SCRIPTS)
def test_our_scripts_keep_nothing_and_run_no_text(word: str) -> None:
    scripts = list(OWN_STATIC.rglob("*.js"))
    assert len(scripts) >= 3
    assert not [p.name for p in scripts if word in p.read_text(encoding="utf-8")]
