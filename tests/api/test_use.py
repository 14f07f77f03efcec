"""A program does a clerk's work: lists, registers, hands over, answers; what it may not see does not exist for it."""
from __future__ import annotations

import json
import threading

import pytest


def new_lead(stage, **more):
    return {"kind": "lead", "title": "反映采购中的问题", "owner_body": "yj", "subjects": [{"name": "不详"}], "summary": "来信反映。", "source": "petition"} | more


def test_it_lists_what_its_person_sees_and_the_purpose_is_in_the_ledger(stage, program):
    answer = program("wuchuan-handler1").get("/matters", purpose="核对本县台账")
    assert answer.status_code == 200, answer.content
    refs = [m["ref"] for m in answer.json()["items"]]
    assert stage.ref("case") in refs
    written = stage.one("select convert_from(canon, 'UTF8') from audit.event where verb = 'client.looked' order by id desc limit 1")
    assert "核对本县台账" in written
    assert stage.made["case"] in stage.one("select matters from audit.event where verb = 'client.looked' order by id desc limit 1")
    assert answer["Cache-Control"] == "no-store"


def test_without_a_purpose_content_is_not_read_and_without_a_token_nothing_is(stage, program):
    reader = program("wuchuan-handler1")
    assert reader.get("/matters", purpose=None).status_code == 400
    assert reader.get("/matters", purpose="x").json()["code"] == "purpose_needed"
    assert reader.get("/playbooks", purpose=None).status_code == 200
    answer = reader.ask("GET", "/matters", Authorization="Bearer xieli_wrong")
    assert (answer.status_code, answer["Content-Type"], answer["WWW-Authenticate"]) == (401, "application/problem+json", 'Bearer realm="xieli"')


def test_a_browser_s_cookie_opens_no_api_and_a_token_no_screen(stage, program):
    client = stage.client("chief3")
    assert client.get("/api/v1/me").status_code == 401
    from django.conf import settings
    from django.test import Client

    stranger = Client()
    stranger.cookies[settings.SESSION_COOKIE] = program("chief3").secret
    assert stranger.get("/").status_code == 302


def test_hidden_and_unknown_answer_with_the_same_bytes(stage, program):
    kin = program("wuchuan-kin")
    ghost = kin.get("/matters/0000000000000")
    assert ghost.status_code == 404
    for path in (f"/matters/{stage.ref('case')}", f"/matters/{stage.ref('case')}/facts", f"/matters/{stage.ref('case')}/clocks", f"/matters/{stage.ref('case')}/forms/registration", "/handovers/0000000000000",
                 "/playbooks/nothing", "/codes/nothing", "/bodies/nothing", "/figures/0000000000000", "/events/0000000000000", "/no/such/address"):
        answer = kin.get(path)
        assert (answer.status_code, answer.content) == (404, ghost.content), path
    hidden = kin.post(f"/matters/{stage.ref('case')}/handovers", {"receiver": "linjiang", "reason": "管辖"})
    assert (hidden.status_code, hidden.content) == (404, ghost.content)
    assert "郭某某" not in kin.get("/matters").content.decode()
    assert stage.ref("case") not in [c["matter"] for c in kin.get("/deadlines").json()["items"]]


def test_problems_speak_both_languages(stage, program):
    reader = program("chief3")
    zh, en = reader.get("/matters/0000000000000").json(), reader.get("/matters/0000000000000", language="en").json()
    assert (zh["detail"], en["detail"]) == (zh["detail_zh"], zh["detail_en"])
    assert zh["detail_en"] == en["detail_en"]
    assert zh["title"] == "不存在或无权限"


def test_a_scope_narrows_and_never_widens(stage, program):
    reader = program("chief3", scopes=["matters:read"])
    assert reader.get("/matters").status_code == 200
    assert reader.get("/handovers?box=sent").status_code == 403
    assert reader.post("/matters", new_lead(stage)).status_code == 403
    administrator = program("fire-officer", scopes=["webhooks:read", "webhooks:write"])
    assert administrator.get("/webhooks").json() == {"items": []}, "a scope does not make an administrator"


def test_a_lead_is_registered_and_handed_over_with_its_receipt(stage, program):
    chief = program("chief3")
    made = chief.post("/matters", new_lead(stage))
    assert made.status_code == 201, made.content
    ref = made.json()["ref"]
    assert made["Location"] == f"/api/v1/matters/{ref}"
    sent = chief.post(f"/matters/{ref}/handovers", {"receiver": "linjiang", "reason": "问题发生在临江区"})
    assert sent.status_code == 201, sent.content
    parcel = sent.json()
    assert parcel["receipt_no"]
    assert parcel["state"] == "received"
    assert parcel["duties"][0]["owed_by"] == "linjiang"
    found = [h["ref"] for h in chief.get("/handovers?box=sent").json()["items"]]
    assert parcel["ref"] in found
    other = program("wuchuan-handler1").get(f"/handovers/{parcel['ref']}")
    assert other.status_code == 404


def test_the_superior_s_matter_is_not_kept(stage, program):
    """The own head as subject: the sealed hand-up is asked for and no matter exists afterwards."""
    before = stage.one("select count(*) from matter")
    head = stage.one("select name from person where id = %s", stage.world.people["yj-head"])
    answer = program("chief3").post("/matters", new_lead(stage, subjects=[{"name": head}]))
    assert (answer.status_code, answer.json()["code"]) == (422, "sealed_hand_up")
    assert stage.one("select count(*) from matter") == before


def test_an_update_needs_the_tag_that_was_read(stage, program):
    clerk = program("yj-clerk")
    ref = clerk.post("/matters", new_lead(stage)).json()["ref"]
    form = clerk.get(f"/matters/{ref}/forms/registration")
    data = {"data": {"subject": "不详", "unit": str(stage.one("select id from body where code = 'yj'")), "source": "petition", "named": False, "first_time": True, "received_on": "2026-03-17", "kinds": ["other"],
                     "summary": "来信反映采购中的若干问题。", "acceptable": "accept"}}
    assert clerk.ask("PUT", f"/matters/{ref}/forms/registration", data).status_code == 428
    assert clerk.ask("PUT", f"/matters/{ref}/forms/registration", data, If_Match='"0"').status_code == 412
    done = clerk.ask("PUT", f"/matters/{ref}/forms/registration", data, If_Match=form["ETag"])
    assert done.status_code == 200, done.content.decode()
    assert done.json()["revision"] == 1
    assert clerk.ask("PUT", f"/matters/{ref}/forms/registration", data, If_Match=form["ETag"]).status_code == 412
    read = clerk.get(f"/matters/{ref}")
    assert clerk.get(f"/matters/{ref}", If_None_Match=read["ETag"]).status_code == 304
    moved = clerk.post(f"/matters/{ref}/moves/accept", {}, If_Match=read["ETag"])
    assert moved.status_code == 200, moved.content.decode()
    assert moved["ETag"] != read["ETag"]
    assert clerk.post(f"/matters/{ref}/moves/accept", {}, If_Match=read["ETag"]).status_code == 412
    assert clerk.post(f"/matters/{ref}/moves/accept", {}, If_Match='"0"').status_code == 412
    assert clerk.post(f"/matters/{ref}/moves/accept", {}).status_code == 428


def test_the_same_request_twice_has_one_effect_and_one_answer(stage, program):
    chief, before = program("chief3"), stage.one("select count(*) from matter")
    first = chief.post("/matters", new_lead(stage), Idempotency_Key="k-1")
    again = chief.post("/matters", new_lead(stage), Idempotency_Key="k-1")
    assert first.status_code == again.status_code == 201
    assert (first.content, first["Location"]) == (again.content, again["Location"])
    assert again["Idempotent-Replay"] == "true"
    assert "Idempotent-Replay" not in first
    assert stage.one("select count(*) from matter") == before + 1
    other = chief.post("/matters", new_lead(stage, title="另一件"), Idempotency_Key="k-1")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert program("chief3", scopes=["matters:write"]).post("/matters", new_lead(stage, title="另一程序的"), Idempotency_Key="k-1").status_code == 201, "keys are each program's own"


def test_an_answer_kept_for_a_repetition_goes_with_the_matter_it_tells_of(stage, program):
    """What was answered is derived from the matter: who lost it since is answered as if it never was."""
    chief, person = program("chief3"), stage.world.people["chief3"]
    assert chief.post("/matters", new_lead(stage, title="反映某某的问题"), Idempotency_Key="k-9").status_code == 201
    assert stage.one("select jsonb_array_length(headers->'matters') from api_answer where key = 'k-9'") == 1
    had = stage.one("select clearance from person where id = %s", person)
    stage.admin.execute("update person set clearance = 0 where id = %s", [person])
    try:
        again = chief.post("/matters", new_lead(stage, title="反映某某的问题"), Idempotency_Key="k-9")
        assert (again.status_code, again.content) == (404, chief.get("/matters/0000000000000").content)
    finally:
        stage.admin.execute("update person set clearance = %s where id = %s", [had, person])
    assert chief.post("/matters", new_lead(stage, title="反映某某的问题"), Idempotency_Key="k-9")["Idempotent-Replay"] == "true"


def test_a_refused_request_leaves_its_key_free(stage, program):
    chief = program("chief3")
    assert chief.post("/matters", new_lead(stage, owner_body="nowhere"), Idempotency_Key="k-2").status_code == 422
    assert chief.post("/matters", new_lead(stage), Idempotency_Key="k-2").status_code == 201


def test_two_at_once_with_one_key_have_one_effect(stage, program):
    """Two threads, each with its own connection to the database."""
    from django.db import connections

    chief, before, answers = program("chief3"), stage.one("select count(*) from matter"), []
    both = threading.Barrier(2)

    def send() -> None:
        both.wait(10)
        answers.append(chief.post("/matters", new_lead(stage, title="同时两次"), Idempotency_Key="k-3"))
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)
    assert [a.status_code for a in answers] == [201, 201], [a.content for a in answers]
    assert answers[0].content == answers[1].content
    assert stage.one("select count(*) from matter") == before + 1


def test_pages_stay_stable_when_something_new_arrives(stage, program):
    chief = program("chief3")
    for n in range(5):
        assert chief.post("/matters", new_lead(stage, title=f"翻页{n}")).status_code == 201
    whole = [m["ref"] for m in chief.get("/matters?limit=100").json()["items"]]
    page = chief.get("/matters?limit=2").json()
    chief.post("/matters", new_lead(stage, title="翻页中到来"))
    seen = [m["ref"] for m in page["items"]]
    while page["next"]:
        page = chief.get(f"/matters?limit=2&cursor={page['next']}").json()
        seen += [m["ref"] for m in page["items"]]
    assert seen == whole
    first = chief.get("/matters?limit=2").json()["next"]
    assert chief.get(f"/matters?limit=2&status=open&cursor={first}").json()["code"] == "bad_cursor", "a cursor belongs to its query"
    head, tail = first[:-1], first[-1]
    assert chief.get(f"/matters?limit=2&cursor={head}{'A' if tail != 'A' else 'B'}").json()["code"] == "bad_cursor"


def test_a_revoked_token_is_dead_on_its_next_request(stage, program):
    from xieli.office.clients import services

    reader = program("wuchuan-handler1", scopes=["matters:read"])
    assert reader.get("/me").status_code == 200
    with stage.theatre.acts("secadmin"):
        services.revoke(reader.token)
    assert reader.get("/me").status_code == 401


def test_a_token_sees_nothing_once_the_posting_ends(stage, program):
    reader = program("yj-clerk", scopes=["matters:read"])
    assert reader.get("/matters").status_code == 200
    stage.admin.execute("update posting set ends_at = access.now() where person_id = %s and ends_at is null", [stage.world.people["yj-clerk"]])
    try:
        assert reader.get("/matters").json()["items"] == []
        assert reader.get("/me").json()["bodies"] == []
    finally:
        stage.admin.execute("update posting set ends_at = null where person_id = %s", [stage.world.people["yj-clerk"]])


def test_who_asks_too_often_is_told_when_to_come_again(stage, program, monkeypatch):
    from xieli.faces.api import limits

    monkeypatch.setenv("XIELI_API_READS", "3")
    monkeypatch.setattr(limits, "buckets", limits.Buckets())
    monkeypatch.setattr("xieli.faces.api.gate.buckets", limits.buckets)
    reader = program("chief3")
    assert [reader.get("/me").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert int(reader.get("/me")["Retry-After"]) in range(1, 21)


def test_approvals_tell_their_act_only_to_a_token_of_the_closed_zone(stage, program):
    outside, inside = program("yj-head"), program("yj-head", scopes=["approvals:read"], closed_zone=True)
    assert {a["act"] for a in outside.get("/approvals").json()["items"]} <= {None}
    shown = inside.get("/approvals").json()["items"]
    assert shown
    assert all(a["act"] for a in shown)


def test_identity_numbers_are_shown_by_their_last_four_at_most(stage, program):
    answer = program("wuchuan-handler1").get(f"/matters/{stage.ref('case')}")
    text = json.dumps(answer.json())
    import re

    assert answer.json()["subjects"]
    assert not re.search(r"\d{15,18}[0-9Xx]?\b", text)


@pytest.mark.parametrize("body", ["{", "[]", "null", '"x"', '{"title": 1}', "\x00", '{"kind": "lead", "title": "\\u0000", "owner_body": "yj", "subjects": [{"name": "a"}]}',
                                  '{"kind": "lead", "title": "\\ud800", "owner_body": "yj", "subjects": [{"name": "a"}]}', '{"a":' * 500])
def test_what_is_no_request_is_refused_in_plain_words(stage, program, body):
    chief = program("chief3")
    answer = chief.client.generic("POST", "/api/v1/matters", body, content_type="application/json", headers={"Authorization": f"Bearer {chief.secret}"})
    assert answer.status_code in (400, 422), answer.status_code
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail_zh"]


def test_hostile_text_is_kept_as_it_was_and_harms_nothing(stage, program):
    chief = program("chief3")
    for text in ("=HYPERLINK(\"http://x\")", "'; drop table matter; --", "<script>alert(1)</script>", "‮倒写", "𠮷𪚥䶮", "👩‍👩‍👧", "a" * 300):
        made = chief.post("/matters", new_lead(stage, title=text))
        assert made.status_code == 201, (text, made.content)
        assert made.json()["title"] == text
    huge = chief.client.generic("POST", "/api/v1/matters", b'{"title": "' + b"a" * 13_000_000 + b'"}', content_type="application/json", headers={"Authorization": f"Bearer {chief.secret}"})
    assert (huge.status_code, huge["Content-Type"]) == (413, "application/problem+json")


def test_a_program_cannot_prove_who_its_person_is_and_is_told_so_in_both_languages(stage, program, monkeypatch):
    """Whatever act behind a route asks for a fresh proof, in a service's words or in the database's alone: one plain answer, nothing done."""
    from django.db import connection

    from xieli.faces.api.routes import handovers
    from xieli.office.matters.services import grants

    case, count = stage.made["case"], stage.one("select count(*) from matter_grant")
    other = stage.world.people["wuchuan-handler2"]

    def through_a_service(*_: object, **__: object) -> None:
        grants.give(case, other, kind="reviewer", acts=["read"], ends_at=None, basis="复核", reason="")

    def by_the_database_alone(*_: object, **__: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select access.give(%s, %s, 'reviewer', '{read}', null, null, '复核', '')", [case, other])

    tool = program("wuchuan-handler1")
    for act in (through_a_service, by_the_database_alone):
        monkeypatch.setattr(handovers.handover, "send", act)
        answer = tool.post(f"/matters/{stage.ref('case')}/handovers", {"receiver": "yj", "reason": "属其管辖"})
        assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (422, "application/problem+json", "prove_again")
        assert "程序不能代为验证" in answer.json()["detail_zh"]
        assert "no program can give" in answer.json()["detail_en"]
    assert stage.one("select count(*) from matter_grant") == count
