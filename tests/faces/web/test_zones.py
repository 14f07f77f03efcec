"""Outside the zone of the installation a screen says that approvals wait, and their numbers; no fact, no act, whatever the address."""
from __future__ import annotations

import pytest
from django.test import override_settings

from tests.faces.web.test_routes import address, present
from xieli.office.access.zones import beyond, outermost


def test_the_farthest_out_decides() -> None:
    assert outermost("closed", "", "public") == "public"
    assert outermost("closed", "government") == "government"
    assert outermost("", "") == "closed"
    assert outermost("closed", "somewhere") == "public", "an unknown word is never inside"
    assert [beyond(a, b) for a, b in (("closed", "closed"), ("government", "closed"), ("government", "government"), ("closed", "government"))] == [False, True, False, False]


@pytest.mark.parametrize("how", ["process", "session"])
def test_from_outside_every_address_answers_alike_and_names_no_case(stage, how):
    """A web process for people outside; a cookie that a door outside has opened."""
    person = "wuchuan-handler1"
    client = stage.client(person)
    inside = client.get(f"/m/{stage.ref('case')}").content.decode()
    assert "郭某某" in inside
    titles = [r[0] for r in stage.admin.execute("select title from matter").fetchall()]
    if how == "session":
        stage.admin.execute("update access.session set zone = 'public' where person = %s and ended_at is null", [stage.world.people[person]])
    with override_settings(ZONE="public" if how == "process" else ""):
        ghost = client.get("/m/0000000000000")
        assert ghost.status_code == 403
        bench = client.get("/")
        assert bench.status_code == 200
        assert "待批" in bench.content.decode()
        for row in present():
            if row["method"] != "GET" or row["rule"] == "public":
                continue
            answer = client.get(address(row, stage))
            text = answer.content.decode()
            assert answer.status_code in ((200,) if address(row, stage) == "/" else (403,)), row["name"]
            assert not [t for t in titles if t and t in text], row["name"]
            assert "郭某某" not in text, row["name"]
        before = stage.one("select count(*) from note")
        events = stage.one("select count(*) from audit.event where verb = 'matter.look'")
        assert client.post(f"/m/{stage.ref('case')}/note", {"text": "从外面写的"}).status_code == 403
        assert stage.one("select count(*) from note") == before
        assert stage.one("select count(*) from audit.event where verb = 'matter.look'") == events, "nothing was shown, so nothing was looked at"
        if how == "process":
            assert client.get("/api/v1/matters").status_code == 404, "no program is served outside"
    stage.admin.execute("update access.session set ended_at = access.now() where person = %s and zone = 'public'", [stage.world.people[person]])


def test_a_phone_outside_is_told_the_number_of_what_waits_and_can_approve_nothing(stage):
    """The signer's phone: the number, no title; the press of a button that a page inside had shown changes nothing."""
    from datetime import timedelta

    from xieli.office.demo.hands import Hands
    from xieli.office.ids import to_ref
    from xieli.office.matters.services import leads

    hands = Hands(stage.theatre)
    day = hands.clock().date()
    with stage.theatre.acts("chief3"):
        check = leads.register(leads.NewMatter("joint_check", "区域之外看不到的检查", stage.theatre.body("yj"), stage.theatre.room("yj/supervision3"), source="supervision")).id
    hands.step("chief3", check, "submit", form=("plan", {
        "topic": "发放", "kind": "special", "members": [{"member": str(stage.theatre.body("finance")), "task": "名册"}], "units": [{"unit": "某县", "visit_on": (day + timedelta(days=14)).isoformat()}],
        "checklist": [{"title": "死后领补"}], "joined": "none", "from_on": day.isoformat(), "to_on": (day + timedelta(days=60)).isoformat()}))
    slip = f"/approval/{to_ref(hands.ask('chief3', check, 'start'))}"
    phone = stage.client("yj-deputy")
    assert "区域之外看不到的检查" in phone.get(slip).content.decode(), "inside"
    with override_settings(ZONE="public"):
        bench = phone.get("/").content.decode()
        assert slip.rsplit("/", 1)[-1] in bench
        assert "区域之外看不到的检查" not in bench
        shown, ghost = phone.get(slip), phone.get("/approval/0000000000000")
        assert (shown.status_code, ghost.status_code) == (403, 403)
        assert "区域之外看不到的检查" not in shown.content.decode()
        assert phone.post(f"{slip}/decide", {"verdict": "approved"}).status_code == 403
    assert stage.one("select state from approval where matter_id = %s", check) == "pending"
    assert phone.post(f"{slip}/decide", {"verdict": "approved"}).status_code == 302, "inside, two taps"
    assert stage.one("select state from approval where matter_id = %s", check) == "approved"
