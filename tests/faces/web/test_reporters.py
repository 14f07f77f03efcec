"""The reporters' store on the screen: who finds it, what a matter's page says, and that nothing typed or shown stays anywhere."""
from __future__ import annotations

import json
import logging

import pytest

NAME, PHONE = "钟离小满", "13800007777"
PHRASE = "unrelated words on the hill"
AGENT, ADDRESS = "Marker-Browser/9.9", "203.0.113.77"


@pytest.fixture
def ready(stage, tmp_path):
    """Keys of yj's keeper and deputy and three custodians, made on the screens."""
    from xieli.server import custodians

    if not stage.one("select count(*) from reporters.custodian"):
        for name in ("甲", "乙", "丙"):
            made = custodians.make(name, PHRASE, tmp_path / name)
            stage.admin.execute("insert into reporters.custodian (public, name, added_at) values (%s, %s, now())", [made.public, made.name])
    for person, side in (("yj-keeper", "keeper"), ("yj-deputy", "approver")):
        if not stage.one("select count(*) from reporters.holder where person = %s and retired_at is null", stage.world.people[person]):
            made = stage.client(person).post("/reporters/do/key", {"body": stage.world.bodies["yj"], "side": side, "passphrase": PHRASE, "again": PHRASE})
            assert made.status_code == 302, made.content.decode()[:1500]
    return stage


def lead_of(stage):
    """A lead of yj's own with its clerk as handler."""
    from xieli.office.matters.services import leads

    with stage.theatre.acts("yj-petitions"):
        return leads.register(leads.NewMatter(kind="lead", title="反映某科长收钱", owner_body=stage.world.bodies["yj"], subjects=(leads.Subject(name="某科长", unit_name="某局", post="科长"),), source="petition"))


def test_from_intake_to_the_one_showing_on_the_screen_and_no_trace_of_address_or_device(ready, caplog, capfd):
    stage = ready
    caplog.set_level(logging.DEBUG)
    lead = lead_of(stage)
    meta = {"HTTP_USER_AGENT": AGENT, "REMOTE_ADDR": ADDRESS, "HTTP_X_FORWARDED_FOR": ADDRESS}
    typed = {"named": "1", "received_on": "2026-03-10", "name": NAME, "phone": PHONE, "original": f"我是{NAME}", "extract": f"{NAME}反映某科长收钱"}
    clerk = stage.client("yj-petitions")
    warned = clerk.post(f"/m/{lead.ref}/reporter", typed, **meta)
    assert warned.status_code == 422
    assert f'value="{PHONE}"' in warned.content.decode(), "nothing typed is lost"
    assert stage.one("select count(*) from reporters.report where matter = %s", lead.id) == 0
    done = clerk.post(f"/m/{lead.ref}/reporter", typed | {"extract": "反映某科长收钱一次"}, **meta)
    assert done.status_code == 200
    assert done["Cache-Control"] == "no-store"
    page = clerk.get(f"/m/{lead.ref}/reporter", **meta).content.decode()
    assert "实名" in page
    assert NAME not in page
    keeper, deputy = stage.client("yj-keeper"), stage.client("yj-deputy")
    report = stage.one("select id from reporters.report where matter = %s", lead.id)
    assert keeper.post("/reporters/do/ask", {"report": report, "purpose": "contact", "reason": "须核对时间和地点", "hours": "4"}, **meta).status_code == 302
    request = stage.one("select id from reporters.request where report = %s", report)
    assert "须核对时间和地点" in deputy.get("/reporters").content.decode()
    assert deputy.post("/reporters/do/hand", {"request": request, "passphrase": "wrong words"}, **meta).status_code == 422
    assert deputy.post("/reporters/do/hand", {"request": request, "passphrase": PHRASE}, **meta).status_code == 302
    from xieli.office.ids import to_ref

    shown = keeper.post(f"/reporters/q/{to_ref(request)}", {"passphrase": PHRASE}, **meta)
    assert PHONE in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    again = keeper.post(f"/reporters/q/{to_ref(request)}", {"passphrase": PHRASE}, **meta)
    assert again.status_code == 422
    assert PHONE not in again.content.decode()
    assert NAME not in keeper.get(f"/reporters/q/{to_ref(request)}", **meta).content.decode()
    written = caplog.text + "".join(capfd.readouterr())
    for (table,) in stage.admin.execute("select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')").fetchall():
        for row in stage.admin.execute(f"select * from {table}"):
            written += "\n" + "\t".join(bytes(v).decode("utf-8", "replace") if isinstance(v, bytes | memoryview) else json.dumps(v, ensure_ascii=False, default=str) for v in row)
    assert "反映某科长收钱一次" in written
    for mark in (NAME, PHONE, AGENT, "Marker-Browser", ADDRESS, PHRASE):
        assert mark not in written, mark


def test_the_team_the_administrators_and_outsiders_do_not_find_the_report(ready):
    stage = ready
    lead = lead_of(stage)
    stage.client("yj-petitions").post(f"/m/{lead.ref}/reporter", {"named": "1", "received_on": "2026-03-10", "name": NAME, "original": "原话"})
    report = stage.one("select id from reporters.report where matter = %s", lead.id)
    from xieli.office.ids import to_ref

    ghost = stage.client("chief3").get("/m/0000000000000").content
    for person in ("chief3", "wuchuan-handler1", "yj-head", "secadmin", "sysadmin", "audadmin", "yj-petitions"):
        got = stage.client(person).get(f"/reporters/r/{to_ref(report)}")
        assert (got.status_code, got.content) == (404, ghost), person
        asked = stage.client(person).post("/reporters/do/ask", {"report": report, "purpose": "contact", "reason": "想知道是谁反映的"})
        assert (asked.status_code, asked.content) == (404, ghost), person
    for person in ("secadmin", "sysadmin", "audadmin"):
        assert stage.client(person).get("/reporters").status_code == 404


def test_a_form_that_would_keep_the_name_refuses_it_and_points_to_the_store(ready):
    stage = ready
    lead = lead_of(stage)
    page = stage.client("yj-petitions").get(f"/m/{lead.ref}/form/registration")
    assert page.status_code == 200
    assert f'href="/m/{lead.ref}/reporter"' in page.content.decode()
    from xieli.office.matters.services import forms
    from xieli.office.matters.services.errors import Refused
    from xieli.office.matters.tables.core import Matter

    with pytest.raises(Refused) as refused, stage.theatre.acts("yj-petitions"):
        forms.submit(Matter.objects.get(pk=lead.id), "registration", {"subject": "某科长", "unit": str(stage.world.bodies["finance"]), "source": "petition", "named": True, "reporter": NAME, "first_time": True,
                                                                    "received_on": "2026-03-10", "kinds": ["conduct"], "summary": "反映作风问题，附材料若干。", "acceptable": "accept"})
    assert refused.value.code == "reporter_not_kept_here"
    assert "反映人信息库" in refused.value.zh


def test_in_english(ready):
    assert "locked with a key in two halves" in ready.client("yj-keeper", "en").get("/reporters").content.decode()
