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


def test_what_leaves_the_house_and_a_number_in_full_wait_too(stage, stale):
    """OCEL, a report's sheet, an identity number: before the proof none is given, and no act says that it was."""
    from xieli.office.demo.world import invented_id
    from xieli.office.ids import to_ref
    from xieli.office.matters.services.leads import Subject, add_subject

    case = stage.ref("case")
    with stage.theatre.acts("wuchuan-handler1"):
        from xieli.office.matters.tables.core import Matter

        subject = add_subject(Matter.objects.get(pk=stage.made["case"]), Subject("钱某", id_number=invented_id(813), unit_name="某单位"))
    number = f"/m/{case}/subject/{to_ref(subject.id)}/number"
    verbs = "select count(*) from audit.event where verb in ('report.exported', 'report.taken', 'identity.opened')"
    before = stage.one(verbs)
    assert stale.get("/reports/ocel.json").status_code == 403
    assert stale.get("/reports/r01/excel").status_code == 403
    assert stale.post(number, {"reason": "核对身份"}).status_code == 403
    assert stage.one(verbs) == before
    stage.admin.execute("update access.session set proved_at = access.now() where factor = 'totp'")
    log = stale.get("/reports/ocel.json")
    assert log.status_code == 200
    named = stage.one("select matters from audit.event where verb = 'report.exported' order by id desc limit 1")
    assert {to_ref(m) for m in named} == {o["id"] for o in log.json()["objects"] if o["type"] != "body"}, "the act names the matters that left"
    shown = stale.post(number, {"reason": "核对身份"})
    assert invented_id(813) in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    assert invented_id(813) not in stale.get(f"/m/{case}").content.decode()
    assert stale.post(f"/m/{case}/subject/0000000000000/number", {"reason": "核对身份"}).status_code == 404
    assert stage.client("wuchuan-kin").post(number, {"reason": "核对身份"}).content == stage.client("wuchuan-kin").get("/m/0000000000000").content
