"""Closed circles: opened by security, peopled by two persons, unknown to everybody else, reviewed, closed."""
from __future__ import annotations

import re
from datetime import timedelta


def test_a_circle_is_opened_peopled_used_reviewed_and_closed(stage):
    security, head, handler, outside = (stage.client(p) for p in ("secadmin", "yj-head", "chief3", "wuchuan-kin"))
    day = (stage.one("select access.now()") + timedelta(days=90)).date().isoformat()
    nothing = outside.get("/m/0000000000000").content
    assert security.post("/circles/open", {"code": "k-9", "name": "九号专案", "basis": "主要负责人批准〔2026〕9号", "review_on": "2030-01-01"}).status_code == 422, "within a year"
    assert security.post("/circles/open", {"code": "k-9", "name": "九号专案", "basis": "主要负责人批准〔2026〕9号", "review_on": day}).status_code == 302
    assert security.post("/circles/open", {"code": "k-9", "name": "又一个", "basis": "主要负责人批准〔2026〕9号", "review_on": day}).status_code == 422
    circle = stage.one("select id from compartment where code = 'k-9'")
    # nobody else finds it, by any door
    for client in (head, handler, outside, stage.client("sysadmin"), stage.client("audadmin")):
        said = client.get("/circles")
        assert (said.status_code, said.content == client.get("/m/0000000000000").content) == (404, True)
        for what, form in (("review", {"circle": circle, "review_on": day}), ("close", {"circle": circle, "reason": "不再需要"}), ("propose", {"circle": circle, "person": "1", "basis": "x"}),
                           ("open", {"code": "k-8", "name": "八号", "basis": "我自己定的", "review_on": day}), ("confirm", {"holder": "1"}), ("end", {"holder": "1", "reason": "x"}), ("end", {"holder": "' or 1", "reason": "x"})):
            assert client.post(f"/circles/{what}", form).status_code == 404, what
    # proposed by security, confirmed by the head while there is nobody in it
    people = stage.world.people
    assert "姜思远" in security.get("/circles?q=姜思远").content.decode()
    until = {"until": day, "basis": "参与九号专案"}
    assert security.post("/circles/propose", {"circle": circle, "person": people["secadmin"], **until}).status_code == 404, "never oneself"
    assert security.post("/circles/propose", {"circle": circle, "person": people["chief3"], **until}).status_code == 302
    first = stage.one("select max(id) from compartment_holder")
    assert "/circles/confirm" not in security.get("/circles").content.decode()
    assert security.post("/circles/confirm", {"holder": first}).status_code == 404
    assert handler.post("/circles/confirm", {"holder": first}).status_code == 404, "nor the person himself"
    assert "/circles/confirm" in head.get("/circles").content.decode()
    assert head.post("/circles/confirm", {"holder": first}).status_code == 302
    assert head.get("/circles").status_code == 404, "what he confirmed is not his to know any further"
    # now a member confirms the next one
    assert security.post("/circles/propose", {"circle": circle, "person": people["yj-clerk"], **until}).status_code == 302
    second = stage.one("select max(id) from compartment_holder")
    assert head.post("/circles/confirm", {"holder": second}).status_code == 404
    assert "九号专案" in handler.get("/circles").content.decode()
    assert handler.post("/circles/confirm", {"holder": second}).status_code == 302
    # a matter goes in: others lose sight of it, members keep it
    from xieli.office.matters.services import leads

    with stage.theatre.acts("chief3"):
        matter = leads.register(leads.NewMatter("lead", "反映某某的问题", stage.theatre.body("yj"), stage.theatre.room("yj/supervision3"), (leads.Subject("某某"),), source="petition"))
    assert "九号专案" in handler.get(f"/m/{matter.ref}/access").content.decode()
    before = stage.theatre.sees("yj-head", matter.id)
    assert handler.post(f"/m/{matter.ref}/circles", {"circle": str(circle), "basis": "主要负责人批准"}).status_code == 302
    assert stage.theatre.sees("chief3", matter.id)
    assert not stage.theatre.sees("yj-head", matter.id)
    assert before in (True, False)
    assert head.post(f"/m/{matter.ref}/circles", {"circle": str(circle), "basis": "x"}).content == head.get("/m/0000000000000").content
    # reviewed, a member removed, closed
    assert handler.post("/circles/review", {"circle": circle, "review_on": day}).status_code == 302
    assert security.post("/circles/end", {"holder": second, "reason": ""}).status_code == 422
    assert security.post("/circles/end", {"holder": second, "reason": "调离"}).status_code == 302
    assert stage.client("yj-clerk").get("/circles").content == stage.client("yj-clerk").get("/m/0000000000000").content or "已结束" in stage.client("yj-clerk").get("/circles").content.decode()
    assert security.post("/circles/close", {"circle": circle, "reason": "专案结束"}).status_code == 302
    assert "已关闭" in security.get("/circles").content.decode()
    assert security.post("/circles/propose", {"circle": circle, "person": people["yj-analyst"], **until}).status_code == 422
    assert stage.theatre.sees("chief3", matter.id), "no matter is left without a reader"
    with stage.theatre.acts("chief3"):
        other = leads.register(leads.NewMatter("lead", "反映另一人的问题", stage.theatre.body("yj"), stage.theatre.room("yj/supervision3"), (leads.Subject("另某"),), source="petition"))
    assert handler.post(f"/m/{other.ref}/circles", {"circle": str(circle), "basis": "主要负责人批准"}).status_code == 422
    verbs = [r[0] for r in stage.admin.execute("select verb from audit.event where verb like 'circle.%%' or verb = 'matter.circled' order by id").fetchall()]
    assert verbs == ["circle.opened", "circle.proposed", "circle.confirmed", "circle.proposed", "circle.confirmed", "matter.circled", "circle.reviewed", "circle.ended", "circle.closed"]
    told = " ".join(r[0] for r in stage.admin.execute("select convert_from(canon, 'UTF8') from audit.event where verb in ('circle.opened', 'circle.closed')").fetchall())
    assert not re.search("九号", told), "the ledger names a circle by its number only"
    assert nothing == outside.get("/circles").content


def test_a_circle_speaks_english_too(stage):
    page = stage.client("secadmin", "en").get("/circles").content.decode()
    assert "Open a compartment" in page


def test_admission_waits_for_a_fresh_proof(stage):
    security = stage.client("secadmin")
    stage.admin.execute("update access.session set factor = 'totp', proved_at = access.now() - interval '6 minutes' where person = %s", [stage.world.people["secadmin"]])
    try:
        day = (stage.one("select access.now()") + timedelta(days=30)).date().isoformat()
        assert security.post("/circles/open", {"code": "k-7", "name": "七号", "basis": "批准〔2026〕7号", "review_on": day}).status_code == 403
    finally:
        stage.admin.execute("update access.session set factor = 'none'")
    assert stage.one("select count(*) from compartment where code = 'k-7'") == 0
