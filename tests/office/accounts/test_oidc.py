"""An identity provider says who somebody is and nothing else; what does not hold leads to the same page as a wrong password."""
from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.office.accounts.conftest import HERE, Door


class Provider:
    """A provider on the loopback that gives one code per visit; `claims`, `key`, `head` change what it says."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", parameters={"kid": "1", "use": "sig", "alg": "ES256"})
        self.other = ECKey.generate_key("P-256", parameters={"kid": "1", "use": "sig", "alg": "ES256"})
        self.claims: dict[str, Any] = {}
        self.issuer_said = ""
        self.signs_with = self.key
        self.codes: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def _json(self, value: Any, status: int = 200) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                if self.path == "/jwks":
                    self._json({"keys": [provider.key.as_dict(private=False)]})
                else:
                    self._json({"issuer": provider.issuer_said or provider.url, "authorization_endpoint": provider.url + "/authorize", "token_endpoint": provider.url + "/token", "jwks_uri": provider.url + "/jwks"})

            def do_POST(self) -> None:
                given = {k: v[0] for k, v in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()}
                asked = provider.codes.pop(given.get("code", ""), None)
                challenge = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
                client = base64.b64decode(self.headers.get("Authorization", "Basic ").removeprefix("Basic ")).decode()
                if asked is None or asked["code_challenge"] != challenge or client != "xieli:shared" or given["redirect_uri"] != asked["redirect_uri"]:
                    self._json({"error": "invalid_grant"}, 400)
                    return
                now = int(time.time())
                claims = {"iss": provider.url, "aud": "xieli", "sub": "u-1", "iat": now, "exp": now + 300, "nonce": asked["nonce"], "roles": ["head"], "clearance": 4, **provider.claims}
                self._json({"id_token": jwt.encode({"alg": "ES256", "kid": "1"}, {k: v for k, v in claims.items() if v is not None}, provider.signs_with), "token_type": "Bearer", "access_token": "x"})

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def visit(self, page: Any) -> dict[str, str]:
        """The person signs in there; returns what the browser carries back."""
        where = html.unescape(re.search(r'href="(http://127[^"]+)"', page.content.decode()).group(1))  # type: ignore[union-attr]
        asked = {k: v[0] for k, v in parse_qs(urlsplit(where).query).items()}
        assert (asked["response_type"], asked["code_challenge_method"], asked["redirect_uri"], asked["scope"]) == ("code", "S256", HERE + "/oidc/back", "openid")
        code = hashlib.sha256(asked["state"].encode()).hexdigest()
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}


@pytest.fixture
def provider(door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    found = Provider()
    settings = tmp_path / "oidc.json"
    settings.write_text(json.dumps({"issuer": found.url, "client_id": "xieli", "client_secret": "shared", "label": "单位认证"}), "utf-8")
    monkeypatch.setenv("XIELI_OIDC", str(settings))
    door.first_time("sec")
    door.admin.execute("insert into door.identity (issuer, subject, person, linked_at) select %s, 'u-1', person, now() from door.credential where login = 'sec'", [found.url])
    yield found
    found.server.shutdown()
    found.server.server_close()


def test_the_provider_says_who_and_the_second_factor_and_the_rights_stay_ours(door: Door, provider: Provider) -> None:
    before = door.admin.execute("select clearance, (select count(*) from posting) from person order by id").fetchall()
    browser = door.browser()
    assert "单位认证" in browser.get("/").content.decode()
    back = browser.get("/oidc/back", provider.visit(browser.post("/oidc")))
    assert back["Location"] == "/second"
    door.rewind()
    assert browser.post("/second", {"code": door.code("sec")})["Location"] == "http://localhost:8998"
    assert door.admin.execute("select clearance, (select count(*) from posting) from person order by id").fetchall() == before, "roles and clearance that it claims count for nothing"


def test_what_does_not_hold_answers_like_a_wrong_password(door: Door, provider: Provider) -> None:
    now = int(time.time())
    wrong: dict[str, dict[str, Any]] = {
        "issuer": {"iss": "http://127.0.0.1:1"}, "audience": {"aud": "another"}, "two audiences": {"aud": ["xieli", "another"]}, "expired": {"exp": now - 60}, "no expiry": {"exp": None},
        "from the future": {"iat": now + 600}, "nonce": {"nonce": "x"}, "no nonce": {"nonce": None}, "unknown subject": {"sub": "u-2"}, "no subject": {"sub": None}}
    bare = lambda r: re.sub(rb'value="[^"]{20,}"', b"", r.content)  # noqa: E731
    reference = door.browser()
    reference.get("/")
    usual = reference.post("/", {"login": "nobody", "password": "x"})
    for name, claims in wrong.items():
        provider.claims = claims
        browser = door.browser()
        said = browser.get("/oidc/back", provider.visit(browser.post("/oidc")))
        assert (said.status_code, bare(said)) == (401, bare(usual)), name
    provider.claims = {}
    provider.signs_with = provider.other
    browser = door.browser()
    assert browser.get("/oidc/back", provider.visit(browser.post("/oidc"))).status_code == 401, "another key"
    provider.signs_with = provider.key
    provider.issuer_said = "http://127.0.0.1:1"
    assert door.browser().post("/oidc").status_code == 401, "metadata of another issuer"


def test_state_replay_and_another_browser(door: Door, provider: Provider) -> None:
    browser = door.browser()
    carried = provider.visit(browser.post("/oidc"))
    assert door.browser().get("/oidc/back", carried).status_code == 401, "another browser has no such sign-in under way"
    assert browser.get("/oidc/back", carried | {"state": "x"}).status_code == 401
    assert browser.get("/oidc/back", carried).status_code == 401, "a sign-in that went wrong is used up"
    carried = provider.visit(browser.post("/oidc"))
    half = browser.cookies["xieli_half"].value
    assert browser.get("/oidc/back", carried)["Location"] == "/second"
    browser.cookies["xieli_half"] = half
    assert browser.get("/oidc/back", carried).status_code == 401, "replayed"
    stolen = provider.visit(browser.post("/oidc"))
    other = door.browser()
    state = provider.visit(other.post("/oidc"))["state"]
    assert other.get("/oidc/back", {"code": stolen["code"], "state": state}).status_code == 401, "a code without its verifier is worth nothing (PKCE)"


def test_a_disabled_person_does_not_come_in_that_way(door: Door, provider: Provider) -> None:
    door.admin.execute("update person set active = false where id = (select person from door.credential where login = 'sec')")
    browser = door.browser()
    assert browser.get("/oidc/back", provider.visit(browser.post("/oidc"))).status_code == 401


def test_a_provider_without_tls_elsewhere_is_no_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from xieli.office.accounts import oidc

    settings = tmp_path / "oidc.json"
    settings.write_text(json.dumps({"issuer": "http://sso.example.gov", "client_id": "x", "client_secret": "y"}), "utf-8")
    monkeypatch.setenv("XIELI_OIDC", str(settings))
    with pytest.raises(ValueError, match="https"):
        oidc.provider()
