"""Forms of playbooks as people fill them: what was typed comes back as it was typed, tables grow, persons and matters are named by their names,
and where several bodies each answer for themselves, the screen knows for which body somebody answers and shows him no other's answer."""
from __future__ import annotations

from typing import Any

import pytest

from tests.faces.web.test_bad_input_of_mechanisms import posted
from tests.rows.acting import Office
from xieli.office.ids import to_ref
from xieli.office.matters.services import forms
from xieli.office.matters.tables.core import Matter


@pytest.fixture
def office(stage: Any) -> Office:
    return Office(stage.theatre)


def plan(office: Office, **over: Any) -> dict[str, Any]:
    """A project's first plan as it is typed: yuan, not 分."""
    return {"department": office.body("housing"), "investment": "1200000.50", "stages": [{"stage": "签约", "planned_start": "2026-02-01", "planned_end": "2026-02-28"}], **over}


def test_money_and_times_come_back_as_they_were_typed_after_a_refusal_and_on_the_next_revision(stage: Any, office: Office) -> None:
    matter = office.open("project", "金额不变的项目", level=0)
    at = f"/m/{to_ref(matter)}/form/plan"
    client = stage.client(office.room)
    refused = client.post(at, posted(plan(office, stages=[{"stage": "签约"}])))
    assert refused.status_code == 422
    assert 'value="1200000.50"' in refused.content.decode()
    assert client.post(at, posted(plan(office))).status_code == 302
    assert office.data(matter, "plan")["investment"] == 120000050
    again = client.get(at).content.decode()
    assert 'value="1200000.50"' in again, "a second revision must not be a hundred times the first"
    assert "（分）" not in again
    site = {"visited_on": "2026-03-17", "bodies": [{"body": office.body("yj")}], "photos": [{"digest": "d7" * 16, "taken_at": "2026-03-17T10:05", "place": "现场"}]}
    office.step(office.room, matter, "start")
    kept = client.post(f"/m/{to_ref(matter)}/form/site", posted(site))
    assert kept.status_code == 422, "two bodies must stand on the site"
    assert 'value="2026-03-17T10:05"' in kept.content.decode()


def test_a_table_has_as_many_rows_as_somebody_needs_and_asking_for_more_hands_nothing_in(stage: Any, office: Office) -> None:
    matter = office.open("project", "阶段很多的项目", level=0)
    at = f"/m/{to_ref(matter)}/form/plan"
    client = stage.client(office.room)
    rows = [{"stage": f"阶段{n}", "planned_start": "2026-02-01", "planned_end": "2026-02-28"} for n in range(5)]
    more = client.post(at, posted(plan(office, stages=rows)) | {"_more": "stages"})
    assert more.status_code == 200
    text = more.content.decode()
    assert 'name="stages.14.stage"' in text
    assert 'value="阶段4"' in text
    assert stage.one("select count(*) from form_submission where matter_id = %s", matter) == 0
    assert client.post(at, posted(plan(office, stages=[*rows, *rows, *rows]))).status_code == 302
    assert len(office.data(matter, "plan")["stages"]) == 15


def test_an_officer_is_named_by_his_name_and_who_is_not_there_or_not_the_only_one_is_refused_in_words(stage: Any, office: Office) -> None:
    matter = office.open("charge", "包抓：重庆路三期", level=0)
    at = f"/m/{to_ref(matter)}/form/charge"
    client = stage.client(office.room)
    name = stage.one("select name from person where id = %s", stage.theatre.person("yj-deputy"))
    given = {"kind": "project", "object": "重庆路三期", "from_on": "2026-03-17", "items": [{"title": "协调拆迁", "due_on": "2026-06-30"}]}
    nobody = client.post(at, posted({**given, "person": "查无此人"}))
    assert nobody.status_code == 422
    assert "没有找到“查无此人”" in nobody.content.decode()
    assert 'value="查无此人"' in nobody.content.decode()
    project = office.open("project", "被包抓的项目", level=0)
    assert client.post(at, posted({**given, "person": name, "matter": f"http://testserver/m/{to_ref(project)}/project"})).status_code == 302
    assert office.data(matter, "charge")["person"] == str(stage.theatre.person("yj-deputy"))
    assert office.data(matter, "charge")["matter"] == str(project)
    assert office.facts(matter, "charge.leader") == [stage.theatre.person("yj-deputy")]
    looks = "select count(*) from audit.event where verb = 'matter.look' and matters @> array[%s, %s]::bigint[]"
    assert stage.one(looks, matter, project) == 0
    again = client.get(at).content.decode()
    assert f'value="{name} ·' in again, "an identity is shown as a name and a place"
    assert f'value="/m/{to_ref(project)}"' in again
    assert f'<a href="/m/{to_ref(project)}">被包抓的项目</a>' in again, "the address says nothing to a person: the title stands beside it"
    assert stage.one(looks, matter, project) == 1, "whose title was shown stands in the record"
    hidden = office.open("lead", "不给他看的线索", person="wuchuan-handler1", owner="wuchuan", room="wuchuan/supervision1")
    unseen = client.post(at, posted({**given, "person": name, "matter": f"/m/{to_ref(hidden)}"}))
    nothing = client.post(at, posted({**given, "person": name, "matter": "/m/0000000000000"}))
    assert unseen.status_code == nothing.status_code == 422
    assert unseen.content.decode().count("没有找到") == nothing.content.decode().count("没有找到") == 1
    stage.admin.execute("alter table form_submission disable trigger all")
    stage.admin.execute("update form_submission set data = jsonb_set(data, '{matter}', to_jsonb(%s::text)) where matter_id = %s and form = 'charge'", [str(hidden), matter])
    foreign = client.get(at).content.decode()
    assert f'value="/m/{to_ref(hidden)}"' in foreign
    assert "不给他看的线索" not in foreign, "what a form names may be closed to its reader: then no title"
    assert stage.one(looks, matter, hidden) == 0
    stage.admin.execute("update form_submission set data = jsonb_set(data, '{matter}', to_jsonb(%s::text)) where matter_id = %s and form = 'charge'", [str(project), matter])
    stage.admin.execute("alter table form_submission enable trigger all")
    twin = stage.admin.execute("insert into person (name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account) values (%s, '', '{}', '', '', '', 1, true, true) returning id", [name]).fetchone()[0]
    stage.admin.execute("insert into posting (person_id, body_id, kind, starts_at, basis, is_deputy, confirmed_by_id, granted_by_id) values (%s, %s, 'regular', access.now(), 'x', false, %s, %s)",
                        [twin, stage.theatre.body("datan"), stage.theatre.person("yj-head"), stage.theatre.person("yj-head")])
    both = client.post(at, posted({**given, "person": name}))
    assert both.status_code == 422
    place = stage.one("select name_zh from body where id = %s", stage.theatre.body("datan"))
    assert f"{name} · {place}" in both.content.decode()
    assert client.post(at, posted({**given, "person": f"{name} · {place}"})).status_code == 302
    assert office.facts(matter, "charge.leader") == [twin]


def test_a_form_and_a_request_say_of_what_they_are(stage: Any) -> None:
    at = stage.ref("lead")
    client, reader = (stage.client("wuchuan-handler1", language) for language in ("zh-hans", "en"))
    assert "<h1>lead registration</h1>" in reader.get(f"/m/{at}/form/registration").content.decode(), "a title that says it already is not made longer"
    assert "<h1>问题线索 · 办结表</h1>" in client.get(f"/m/{at}/form/closing").content.decode()
    assert "<h1>lead: closing sheet</h1>" in reader.get(f"/m/{at}/form/closing").content.decode()
    asked = client.get(f"/m/{at}/ask/disposal").content.decode()
    assert "<h1>提请审批 · 问题线索 · " in asked
    subjects = stage.admin.execute("select id, name from matter_subject where matter_id = %s", [stage.made["lead"]]).fetchall()
    assert len(subjects) == 1
    assert f'<option value="{subjects[0][0]}" selected>{subjects[0][1]}' in asked, "the only subject need not be chosen"


def test_each_institution_answers_for_itself_on_the_screen_and_reads_no_other_answer(stage: Any, office: Office) -> None:
    matter = office.open("small_cut", "两家机构的参考目录", level=0)
    office.step(office.room, matter, "tagged", ("sources", {"rows": [{"kind": "非法中介", "unit": "甲", "found_on": "2025-06-30"}], "masked": True}))
    office.hands.approved(office.room, matter, "issue", office.deputy)
    office.step(office.room, matter, "issue", ("catalogue", {"edition": "第一版", "sector": "金融", "items": [{"title": "表现", "kind": "非法中介"}], "institutions": [{"institution": office.body(b)} for b in ("icb-dc", "hb-dc")],
                                                             "issued_on": "2026-03-17", "due_on": "2026-04-30"}))
    at = f"/m/{to_ref(matter)}"
    first, second = (stage.client(stage.theatre.holder(f"head@{b}")) for b in ("icb-dc", "hb-dc"))
    answer = {"rows": [{"item": "非法中介", "state": "found", "account": "正在治理"}], "report": "工行的调研报告内容", "reported_on": "2026-03-17"}
    assert first.post(f"{at}/form/answers", posted(answer)).status_code == 302
    token = next(t for t in stage.one("select state from matter where id = %s", matter)["tokens"] if str(t.get("body")) == office.body("icb-dc"))
    assert first.post(f"{at}/move/report", {"token": token["id"]}).status_code == 302
    other = second.get(f"{at}/form/answers").content.decode()
    assert "工行的调研报告内容" not in other
    assert 'value="正在治理"' not in other
    for person, told in (("icb-dc", 1), ("hb-dc", 0)):
        with stage.theatre.acts(stage.theatre.holder(f"head@{person}")):
            facts = list(forms.facts_shown(Matter.objects.get(pk=matter)))
            assert sum(f.code == "catalogue.answer" for f in facts) == told, "the API tells a body its own answer alone, too"
            assert any(f.code == "catalogue.item" for f in facts)
    with stage.theatre.acts(office.room):
        assert any(f.code == "catalogue.answer" for f in forms.facts_shown(Matter.objects.get(pk=matter))), "who asked reads all"
    editor, bank = stage.client(office.room), stage.client(stage.theatre.holder("head@hb-dc"))
    names = {b: stage.one("select name_zh from body where id = %s", stage.theatre.body(b)) for b in ("icb-dc", "hb-dc")}
    seen = editor.get("/catalogues").content.decode()
    assert "未报" in seen
    assert names["icb-dc"] in seen
    assert "存在 1" in seen
    own = bank.get("/catalogues").content.decode()
    assert "存在 1" not in own, "nobody reads another institution's answer"
