"""A sensitive act without a fresh proof: the screen says so, leads to the door and back, and nothing typed is lost; passphrases are not kept."""
from __future__ import annotations

import re

import pytest


@pytest.fixture
def stale(stage):
    client = stage.client("wuchuan-handler1")
    stage.admin.execute("update access.session set factor = 'totp', proved_at = access.now() - interval '6 minutes' where person = %s", [stage.world.people["wuchuan-handler1"]])
    yield client
    stage.admin.execute("update access.session set factor = 'none'")


def test_what_was_typed_waits_while_the_person_goes_to_the_door_and_back(stage, stale, monkeypatch):
    monkeypatch.setenv("XIELI_DOOR_URL", "http://127.0.0.1:9")
    case = stage.ref("case")
    count = stage.one("select count(*) from matter_grant where matter_id = %s", stage.made["case"])
    typed = {"person": str(stage.world.people["wuchuan-handler2"]), "kind": "reviewer", "acts": ["read"], "basis": "复核证据目录", "passphrase": "never kept"}
    said = stale.post(f"/m/{case}/access/give", typed)
    assert said.status_code == 403
    assert "再验证一次身份" in said.content.decode()
    back = re.search(r'href="http://127\.0\.0\.1:9/again\?next=([^"]+)"', said.content.decode()).group(1)
    assert stage.one("select count(*) from matter_grant where matter_id = %s", stage.made["case"]) == count
    resumed = stale.get(back).content.decode()
    assert "复核证据目录" in resumed
    assert "never kept" not in resumed
    assert stage.one("select count(*) from draft where data::text like '%%never kept%%'") == 0
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', resumed)
    stage.admin.execute("update access.session set proved_at = access.now() where factor = 'totp'")
    done = stale.post(re.search(r'<form method="post" action="(/m/[^"]+)"', resumed).group(1), dict(hidden))
    assert done.status_code == 302, done.content.decode()[:2000]
    assert stage.one("select count(*) from matter_grant where matter_id = %s", stage.made["case"]) == count + 1
    assert stale.get(back).status_code == 404, "what was handed in is not kept"


def test_nobody_else_can_open_what_waits(stage, stale):
    said = stale.post("/glass/break", {"ref": stage.ref("case"), "reason": "紧急情况，需要查看全案"})
    back = re.search(r"again\?next=([^\"]+)\"", said.content.decode()).group(1)
    assert stage.client("yj-clerk").get(back).status_code == 404
    assert stale.get(back).status_code == 200


def test_in_english_too(stage, stale):
    from django.conf import settings

    stale.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    said = stale.post("/glass/break", {"ref": stage.ref("case"), "reason": "urgent, must read the whole"})
    assert "needs a fresh proof of your identity" in said.content.decode()
