"""The desk's own doings, by plain posts without JavaScript: circle, recusal, quick doors, debts, drafts, ended sessions, hostile text."""
from __future__ import annotations

import re

import pytest

HOSTILE = ["=HYPERLINK(\"http://x\")", "'; drop table matter; --", "<script>alert(1)</script>", "\u202e反向\u2066", "𠮷䶮𫍯😀", "a" * 20000, "{{ 7*7 }}{% debug %}"]


def text(response) -> str:
    return response.content.decode()


def test_a_knower_is_added_with_a_basis_and_goes_again(stage):
    client = stage.client("wuchuan-handler1")
    url = f"/m/{stage.ref('case')}/access"
    other = stage.world.people.get("g1", None)
    person = stage.one("select p.person_id from posting p join body b on b.id = p.body_id join office o on o.id = p.office_id where b.code = 'wuchuan' and o.code = 'intake' limit 1") or other
    answer = client.post(url + "/give", {"person": person, "kind": "reviewer", "acts": ["read"], "basis": ""})
    assert answer.status_code == 422
    assert "依据" in text(answer)
    assert client.post(url + "/give", {"person": person, "kind": "reviewer", "acts": ["read"], "basis": "审核需要"}).status_code == 302
    grant = stage.one("select id from matter_grant where matter_id = %s and principal = %s and revoked_at is null", stage.made["case"], person)
    assert grant is not None
    from xieli.office.ids import to_ref

    assert client.post(f"{url}/{to_ref(grant)}/revoke", {"reason": "审核完毕"}).status_code == 302
    assert stage.one("select revoked_at is not null from matter_grant where id = %s", grant)


def test_who_looked_stands_on_the_page_of_the_circle(stage):
    client = stage.client("wuchuan-handler1")
    client.get(f"/m/{stage.ref('liuzhi')}")
    page = text(client.get(f"/m/{stage.ref('liuzhi')}/access"))
    read = " ".join(re.sub("<[^>]+>", " ", page).split())
    assert "苏立新 查看了本事项（目的：事项主页）" in read
    assert not re.search("measure24|rights_sheet|liuzhi|family", read)
    assert "郭海燕" in page  # the recused kin is named to those inside, as barred


def test_a_recusal_is_raised_on_a_ground_that_the_page_offers(stage):
    asked = {"person": str(stage.world.people["wuchuan-handler2"]), "ground": "local_ties", "reason": "与走访村有来往"}
    answer = stage.client("wuchuan-handler1").post(f"/m/{stage.ref('case')}/recuse", asked)
    assert answer.status_code == 422
    assert "请选择为什么应当回避" in text(answer)
    assert stage.one("select count(*) from recusal where ground = 'local_ties'") == 0


def test_the_audit_desk_shows_acts_and_no_matter(stage):
    stage.client("wuchuan-handler1").get(f"/m/{stage.ref('liuzhi')}")
    page = text(stage.client("audadmin").get("/audit"))
    assert "苏立新" in page
    assert "matter.look" in page
    assert "郭某某" not in page
    assert "消防装备" not in page


def test_four_fields_open_a_channel_and_ask_the_duty_officer(stage):
    client = stage.client("chief3")
    before = stage.one("select count(*) from matter")
    answer = client.post("/green", {"subject": "试某某", "unit": stage.world.bodies["grid"], "caller": "电网纪委 某某", "urgent": ""})
    assert answer.status_code == 422
    assert "急在哪里" in text(answer)
    assert 'value="试某某"' in text(answer)
    assert stage.one("select count(*) from matter") == before
    answer = client.post("/green", {"subject": "试某某", "unit": stage.world.bodies["grid"], "caller": "电网纪委 某某", "urgent": "人要走"})
    assert answer.status_code == 302
    assert stage.one("select count(*) from approval a join matter m on m.id = a.matter_id where a.act = 'open' and a.state = 'pending' and m.title like '%%试某某%%'") == 1


def test_what_belongs_to_the_superior_is_not_kept_not_even_on_the_page(stage):
    client = stage.client("chief3")
    counts = "select (select count(*) from matter), (select count(*) from draft)"
    before = stage.admin.execute(counts).fetchone()
    answer = client.post("/green", {"subject": "何明远", "unit": stage.world.bodies["grid"], "caller": "某某", "urgent": "急"})
    assert answer.status_code == 422
    assert "上级受理" in text(answer)
    assert "何明远" not in text(answer)
    assert stage.admin.execute(counts).fetchone() == before


def test_a_rights_matter_is_received_with_a_number(stage):
    client = stage.client("yj-rights")
    answer = client.post("/rights", {"person": "郭某某", "by": "kin", "kind": "vary", "text": "申请变更措施", "received_at": "2026-03-18T09:00", "oral": "false"})
    assert answer.status_code == 302, text(answer)[:2000]
    assert "权利事项" in text(client.get("/rights"))


def test_a_notice_that_is_owed_stands_in_the_list_until_it_is_given(stage):
    from xieli.office.ids import to_ref

    client = stage.client("wuchuan-handler1")
    with stage.theatre.acts("wuchuan-handler1"):
        from xieli.office.matters.services.notices import owe_on_paper
        from xieli.office.matters.tables.core import Matter

        task = owe_on_paper(Matter.objects.get(pk=stage.made["case"]), "family", "告知家属立案情况")
    assert "告知家属立案情况" in text(client.get("/owed"))
    assert client.post(f"/owed/task/{to_ref(task.id)}", {"document_no": "巫川纪告〔2026〕1号"}).status_code == 302
    assert "告知家属立案情况" not in text(client.get("/owed"))


def test_a_draft_on_the_sealed_path_is_not_kept(stage):
    client = stage.client("chief3")
    before = stage.one("select count(*) from draft")
    assert client.post("/drafts/save", {"_form": "lead", "_path": "/leads/new", "_sealed": "1", "subject": "何明远"}).json() == {"kept": False}
    assert client.post("/drafts/save", {"_form": "x", "_path": "https://elsewhere", "text": "y"}).json() == {"kept": False}
    assert stage.one("select count(*) from draft") == before


def test_a_post_after_the_session_ended_gives_everything_back(stage):
    from django.test import Client

    answer = Client().post(f"/m/{stage.ref('case')}/note", {"text": "没有会话时写下的话"})
    assert answer.status_code == 403
    assert "没有会话时写下的话" in text(answer)
    assert "重新提交" in text(answer)


def test_handing_in_removes_the_draft(stage):
    client = stage.client("wuchuan-handler1")
    name = f"ask:{stage.ref('liuzhi')}:extend"
    client.post("/drafts/save", {"_form": name, "_path": "/x", "what.content": "延长"})
    assert stage.one("select count(*) from draft where form = %s", name[:60]) == 1
    client.post(f"/m/{stage.ref('liuzhi')}/note", {"text": "写一条", "_draft": name})
    assert stage.one("select count(*) from draft where form = %s", name[:60]) == 0


@pytest.mark.parametrize("hostile", HOSTILE, ids=["formula", "sql", "html", "bidi", "rare", "long", "template"])
def test_hostile_text_is_kept_as_text_and_shown_as_text(stage, hostile):
    client = stage.client("wuchuan-handler1")
    assert client.post(f"/m/{stage.ref('case')}/note", {"text": hostile}).status_code in (302, 422)
    page = text(client.get(f"/m/{stage.ref('case')}"))
    assert "<script>alert(1)" not in page
    assert ">49<" not in page


@pytest.mark.parametrize("hostile", HOSTILE, ids=["formula", "sql", "html", "bidi", "rare", "long", "template"])
def test_hostile_questions_find_nothing_and_break_nothing(stage, hostile):
    client = stage.client("chief3")
    for url in ("/search", "/bodies"):
        answer = client.get(url, {"q": hostile[:3000]})
        assert answer.status_code == 200
        assert "<script>alert(1)" not in text(answer)
    assert client.get("/calendar", {"year": hostile[:50]}).status_code == 200
    assert client.get("/bodies/merge", {"from": hostile[:50], "into": hostile[:50]}).status_code == 200


def test_the_palette_finds_a_page_by_the_initials_of_its_name_and_a_body_by_its_own(stage):
    client = stage.client("chief3")
    found = text(client.get("/search", {"q": "lstd"}, headers={"HX-Request": "true"}))
    assert "/green" in found
    assert "<html" not in found
    assert "/bodies/linjiang" in text(client.get("/search", {"q": "ljq"}, headers={"HX-Request": "true"}))


def test_a_projected_year_says_so(stage):
    client = stage.client("chief3")
    assert "推算" in text(client.get("/calendar", {"year": "2027"}))
    assert "尚未公布" not in text(client.get("/calendar", {"year": "2026"}))


def test_the_playbook_counts_only_what_the_reader_sees(stage):
    inside, outside = text(stage.client("wuchuan-handler1").get("/playbooks/liuzhi")), text(stage.client("wuchuan-kin").get("/playbooks/liuzhi"))
    assert '<div class="n">1</div>' in inside
    assert '<div class="n">1</div>' not in outside


def test_in_english_the_matter_page_has_no_chinese_but_what_people_wrote(stage):
    import re

    page = text(stage.client("wuchuan-handler1", "en").get("/calendar"))
    body = re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1])
    assert re.findall(r"[\u4e00-\u9fff]{2,}", body) == []


def test_bodies_stand_by_kind_and_a_long_kind_leads_to_the_rest(stage, monkeypatch):
    from xieli.faces.web.views import reference

    client = stage.client("chief3")
    units = stage.one("select count(*) from body where kind = 'central_unit'")
    page = text(client.get("/bodies"))
    assert page.index("纪委监委 <span") < page.index("派驻（出）机构 <span") < page.index("垂管单位 <span"), "those who work first, in the order of the line"
    assert "?kind=central_unit" not in page
    monkeypatch.setattr(reference, "FIRST", units - 1)
    page = text(client.get("/bodies"))
    assert f'垂管单位 <span class="soft">{units}</span>' in page
    assert f'<a href="?kind=central_unit">全部 {units} 个 →</a>' in page
    assert f"机构 {units}" in text(client.get("/bodies", {"kind": "central_unit"}))
    monkeypatch.setattr(reference, "LISTED", 3)
    assert "只列出前 3 个" in text(client.get("/bodies", {"kind": "central_unit"}))
