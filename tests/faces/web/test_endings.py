"""Access that ends within thirty days: the head sees the list, renews for a reason, and who works on it cannot do it himself."""
from __future__ import annotations

import re

import pytest


@pytest.fixture(scope="module")
def near_the_end(played):
    """Eleven and a half months after the story; the sweeper has said so."""
    played.theatre.at("2027-02-25 09:00")
    played.admin.execute("select access.sweep(10000)")
    played.admin.execute("select access.tell_endings()")


def offered(page: str) -> list[str]:
    return re.findall(r'name="grant" value="(\w+)"', page)


def test_a_leader_is_told_looks_at_each_and_renews_for_a_reason(stage, near_the_end) -> None:
    who = stage.theatre.holder("head@wuchuan")
    head = stage.client(who)
    assert "有承办权限将在三十日内到期" in head.get("/notifications").content.decode()
    page = head.get("/access/endings")
    text = page.content.decode()
    grants = offered(text)
    assert grants, text
    shown = set(re.findall(r'href="/m/(\w{13})"', text))
    looked = stage.one("select matters from audit.event where verb = 'matter.list' and purpose = 'access-endings' and person = %s order by id desc limit 1", stage.world.people[who])
    from xieli.office.ids import to_ref

    assert shown <= {to_ref(m) for m in looked}, "no title is shown without a look"
    before = stage.one("select count(*) from matter_grant where basis = 'renewed'")
    assert head.post("/access/renew", {"grant": grants[:1], "reason": " "}).status_code == 422
    assert head.post("/access/renew", {"reason": "仍在办理"}).status_code == 422
    assert head.post("/access/renew", {"grant": [*grants[:1], "0000000000000"], "reason": "仍在办理"}).status_code == 404
    assert stage.one("select count(*) from matter_grant where basis = 'renewed'") == before, "all or none"
    assert head.post("/access/renew", {"grant": grants[:1], "reason": "仍在办理"}).status_code == 302
    assert stage.one("select count(*) from matter_grant where basis = 'renewed'") == before + 1
    assert grants[0] not in offered(head.get("/access/endings").content.decode())
    assert head.post("/access/renew", {"grant": grants[:1], "reason": "仍在办理"}).status_code == 422, "two leaders at once: one renewal"
    assert stage.one("select count(*) from audit.event where verb = 'knower.renewed'") == 1


def test_who_works_on_a_matter_sees_the_end_and_leaves_the_renewal_to_another(stage, near_the_end) -> None:
    person, handler = "wuchuan-handler1", stage.world.people["wuchuan-handler1"]
    page = stage.client(person, "en").get("/access/endings").content.decode()
    assert "for another leader" in page
    own = stage.one("select g.id from matter_grant g join matter m on m.id = g.matter_id where m.status = 'open' and g.principal = %s and g.kind = 'handler' and g.revoked_at is null order by g.ends_at limit 1", handler)
    from xieli.office.ids import to_ref

    assert to_ref(own) not in offered(page)
    assert stage.client(person).post("/access/renew", {"grant": [to_ref(own)], "reason": "还要办"}).status_code in (404, 422)
    assert stage.one("select count(*) from matter_grant where basis = 'renewed' and principal = %s", handler) == 0


def test_who_sees_nothing_of_it_has_an_empty_list(stage, near_the_end) -> None:
    page = stage.client("audadmin").get("/access/endings").content.decode()
    assert "没有三十日内到期的承办权限" in page
    assert not offered(page)
