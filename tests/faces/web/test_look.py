"""How screens read: a list with an end, a tile without a number, nobody chosen beforehand, a state in the reader's language."""
from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace


def text(response) -> str:
    return response.content.decode()


def test_a_long_workbench_shows_twenty_by_deadline_folds_the_rest_and_leads_to_the_register(stage, monkeypatch):
    from xieli.faces.web.views import workbench

    now = stage.one("select access.now()")
    rows = [SimpleNamespace(id=stage.made["case"], ref=stage.ref("case"), number="", title=f"第{n}件", next_due=now + timedelta(days=n) if n <= 23 else None) for n in range(1, 26)]
    monkeypatch.setattr(workbench.worklist, "next_matters", lambda principals: rows)
    page = text(stage.client("wuchuan-handler1").get("/"))
    standing, folded = page.split("<details", 1)
    assert re.findall("第(\\d+)件", standing) == [str(n) for n in range(1, 21)]
    assert "还有 3 件，到期较晚" in folded
    assert re.search(r"<details><summary>无期限 2</summary>", page)
    assert re.findall("第(\\d+)件", folded) == ["21", "22", "23", "24", "25"]
    assert 'href="/matters"' in folded.split("</section>")[0]
    monkeypatch.setattr(workbench.worklist, "next_matters", lambda principals: rows[:2] + rows[-1:])
    page = text(stage.client("wuchuan-handler1", "en").get("/"))
    assert "<details open><summary>no limit 1</summary>" in page  # a short list hides nothing


def test_a_tile_without_a_base_shows_a_dash_and_says_why(stage):
    page = text(stage.client("yj-head").get("/leader"))
    assert '<strong class="none">—</strong><span class="small">无可比基数</span>' in page
    assert "<strong>无可比基数</strong>" not in page


def test_nobody_is_chosen_beforehand_for_a_token_or_a_webhook(stage):
    page = text(stage.client("secadmin").get("/clients"))
    for field, kind in (("person", "person"), ("body", "body")):
        assert re.search(rf'<select id="\w+" name="{field}" required data-pick="{kind}"[^>]*><option value=""></option>', page), field


def test_a_closed_matter_is_closed_in_both_languages_and_a_call_is_a_telephone(stage):
    page = text(stage.client("chief3", "en").get("/matters"))
    assert ">closed<" in page
    assert "telephone" in page
    page = text(stage.client("chief3").get("/matters"))
    assert "已办结" in page
    assert ">phone<" not in page


def test_an_approval_says_its_choices_in_words(stage):
    from xieli.office.ids import to_ref

    approval = stage.one("select id from approval where matter_id = %s and what ? 'side' order by requested_at limit 1", stage.made["case"])
    assert "<dt>立案性质</dt><dd>纪检监察同时立案</dd>" in text(stage.client("wuchuan-handler1").get(f"/approval/{to_ref(approval)}"))
