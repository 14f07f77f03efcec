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
    rows = [SimpleNamespace(id=stage.made["case"], ref=stage.ref("case"), number="", kind="lead", source="", level=1, title=f"第{n}件", next_due=now + timedelta(days=n) if n <= 23 else None) for n in range(1, 26)]
    monkeypatch.setattr(workbench.worklist, "next_matters", lambda principals: rows)
    page = text(stage.client("wuchuan-handler1").get("/")).split("<main")[1]  # the menu folds too
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
    assert re.search(r'<strong class="none">—</strong><span>[^<]+</span><span class="small why">分母为零：期间内还没有可算的记录</span>', page)
    assert "无可比基数" not in page


def test_a_share_says_out_of_how_many(stage):
    from decimal import Decimal
    from types import SimpleNamespace as Row

    from django.template.loader import render_to_string

    share = Row(metric=Row(code="x", unit="%", name_zh="办结率", name_en="share", about_zh="甲", about_en="a"), number=Decimal(0), of=Decimal(24), text=lambda language: "0%")
    assert '<strong>0%</strong><span>办结率</span><span class="small why">分母 24</span>' in render_to_string("web/reports/leader.html", {"figures": [share], "given": Row(urlencode=""), "periods": ()})


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


def test_a_case_shows_the_way_on_and_folds_the_rarer_steps_each_with_its_reason(stage):
    page = text(stage.client("wuchuan-handler1").get(f"/m/{stage.ref('case')}"))
    onward, folded = re.search(r'<div class="onward">(.*?)</div>\n<details class="rarer noprint"><summary>其他可以办的 7</summary>(.*?)</form>\n?</details>', page, re.S).groups()
    assert onward.count('class="step"') == 1
    assert "<strong class=\"grow\">调查终结</strong>" in onward
    assert folded.count('class="step"') == 7
    # each of them is one line until it is opened, and opens without a script
    assert folded.count('<details class="reasoned"><summary><strong>') == folded.count('name="reason"') == 7
    waiting = page.split("还不能办的，以及为什么")[1].split("</details>")[0]
    assert 'name="reason"' not in waiting  # no box for what cannot be done


def test_a_measure_keeps_its_lawful_exits_among_the_main_steps(stage):
    from types import SimpleNamespace as Row

    from xieli.faces.web.views.matter import _rare
    from xieli.office.matters.services.playbooks import shipped

    moves = shipped()["liuzhi"].moves
    assert not any(_rare(m) for m in moves.values() if m.lawful_exit)
    assert _rare(moves["extend"])
    assert not _rare(Row(kind="forward", lawful_exit=False))


def test_a_step_whose_approval_is_asked_for_leads_to_that_approval(stage):
    from types import SimpleNamespace as Row

    from xieli.faces.web.views.matter import _sorted

    steps = [{"ready": False, "move": Row(kind="forward", lawful_exit=False, needs=act)} for act in ("file", "plan")]
    told = _sorted(steps, [Row(act="file", ref="abc", state="pending"), Row(act="plan", ref="def", state="executed")])
    assert [o["asked_for"] for o in told["waiting"]] == ["abc", None]


def test_a_timeline_calls_an_opening_an_opening_and_speaks_the_readers_language(stage):
    from xieli.office.matters.queries import timeline
    from xieli.office.matters.tables.core import Matter

    with stage.theatre.acts("wuchuan-handler1"):
        lines = timeline.lines(Matter.objects.get(pk=stage.made["case"]))
    assert (lines[-1].what_zh, lines[-1].what_en) == ("登记", "opened")  # the playbook has a later move that is called "start" too
    assert not [line for line in lines if "recorded" in line.what_zh]
    ours = [line.what_en for line in lines if line.kind != "note"]  # a note is what a person wrote, in his language
    assert not [what for what in ours if any("\u4e00" <= c <= "\u9fff" for c in re.sub("〔.*", "", what))], ours


def test_of_one_instant_the_opening_stands_first_and_a_signature_before_the_step_it_allowed(stage):
    from xieli.office.matters.queries import timeline
    from xieli.office.matters.tables.core import Matter

    with stage.theatre.acts("wuchuan-handler1"):
        matter = Matter.objects.get(pk=stage.made["case"])
        from xieli.office.together import together

        rows = together(**timeline.asked(matter))
        at = matter.opened_at
        for move in rows["moves"]:
            move.happened_at = move.at = at
        for step in rows["signatures"]:
            step.signed_at = step.decided_at = at
        for turn in (1, -1):  # whatever order the rows come in
            told = [line.what_zh for line in reversed(timeline.lines_of(matter, rows | {"moves": rows["moves"][::turn], "signatures": rows["signatures"][::turn]})) if line.kind in ("move", "approval")]
            assert told[0] == "登记"
            assert told.index("立案审批：批准") < told.index("立案")
            assert told.index("报请立案") < told.index("立案")


def test_a_list_shows_the_last_day_of_a_term_and_not_the_day_after(stage):
    """A term of days runs out at midnight; the day that begins then is no longer in time."""
    from datetime import UTC, datetime

    from xieli.faces.web.registers import COLUMNS
    from xieli.faces.web.templatetags.xieli import last_day, minute, until
    from xieli.office.matters.tables.core import Matter

    midnight = datetime(2026, 3, 20, 16, tzinfo=UTC)  # 2026-03-21 00:00 where the law counts
    assert last_day(midnight) == "2026-03-20"
    assert last_day(datetime(2026, 3, 20, 6, 30, tzinfo=UTC)) == "2026-03-20"  # a term of hours ends on its own day
    due = next(c for c in COLUMNS if c.code == "due")
    assert str(due.cell(Matter(next_due=midnight))) == "2026-03-20"
    assert due.cell(Matter()) is None
    assert minute(until(midnight)) == "2026-03-20"
    assert minute(until(datetime(2026, 3, 20, 6, 30, tzinfo=UTC))) == "2026-03-20 14:30"


def test_a_notice_owed_on_paper_has_a_name(stage):
    page = text(stage.client("wuchuan-handler1").get(f"/m/{stage.ref('case')}")) + text(stage.client("wuchuan-handler1").get("/owed"))
    assert "filed_note" not in page
    assert "立案情况通报" in page


def test_a_deadline_within_three_working_days_is_yellow_where_only_the_day_is_known(stage):
    from datetime import UTC, datetime

    from xieli.faces.web.templatetags.xieli import light

    now = datetime(2026, 3, 17, tzinfo=UTC)
    for days, colour in ((-1, "sred"), (1, "yellow"), (5, "yellow"), (6, "green")):
        due = now + timedelta(days=days)
        assert f'class="light {colour}"' in light(due, due, now, True), days
    assert 'class="light green"' in light(now + timedelta(days=4), now + timedelta(days=3), now, True)  # the rule's own point wins


def test_long_lists_of_bodies_and_persons_are_pickers(stage):
    """What a person cannot scan he must be able to search: every select of more than forty on any screen, with the plain list behind it."""
    from tests.faces.web.walking import opened

    long = []
    for person, path, page in opened(stage):
        for found in re.finditer(r"<select([^>]*)>(.*?)</select>", page, re.S):
            if found[2].count("<option") > 40 and "data-pick=" not in found[1]:
                long.append(f"{path} ({person}): {found[1].strip()[:60]} {found[2].count('<option')}")
    assert not long, "\n".join(long)


def test_everybody_in_the_demo_has_a_name_in_letters(stage):
    assert stage.one("select count(*) from person where name_en = ''") == 0
    assert stage.one("select string_agg(name_en, ' ') from person") .isascii() is False  # Lü is written Lü


def test_who_has_seen_it_is_told_in_words_without_codes_digests_and_empty_brackets(stage):
    for language, must in (("zh-hans", ("查看了本事项（目的：看知悉范围）", "办理本事项：立案（立案审批 → 组建专案组、专题会定方案）", "提交本事项的表单立案呈批报告第 1 稿", "将本事项与另一件事项关联（由此派生）", "对本事项的立案审批作出批准")),
                           ("en", ("opened this matter (purpose: who may see it)", "moved this matter: file (filing to be approved → team and plan)", "linked this matter to another matter (made from it)"))):
        client = stage.client("wuchuan-handler1", language)
        client.get(f"/m/{stage.ref('case')}/access")
        page = text(client.get(f"/m/{stage.ref('case')}/access"))
        looks = page.split('id="looks"')[1].split("</section>")[0]
        for words in must:
            assert words in looks, (words, re.sub("<[^>]+>", " ", looks)[:3000])
        told = re.sub("<[^>]+>", "|", looks)
        assert not re.search(r"[0-9a-f]{16,}|#\d{4}|（未填）|\(none\)|T\d\d:\d\d|[a-z]+_[a-z]+", told), re.search(r".{30}([0-9a-f]{16,}|#\d{4}|（未填）|\(none\)|T\d\d:\d\d|[a-z]+_[a-z]+).{20}", told)


def test_every_purpose_written_in_the_product_has_words(stage):
    from pathlib import Path

    import xieli
    from xieli.faces.web.act_words import PURPOSES

    source = "".join(p.read_text(encoding="utf-8") for p in (Path(xieli.__file__).parent / "faces").rglob("*.py"))
    written = set(re.findall(r"record_look\([^\n]*?purpose=\"([a-z-]+)\"", source))
    assert len(written) > 30
    # one without words reads as its code; a few pages may be that new, not a tenth of the house
    assert len(written - set(PURPOSES)) <= len(written) // 10, sorted(written - set(PURPOSES))


def test_the_audit_desk_speaks_in_words_and_lengths_of_time(stage):
    from django.utils import translation

    from xieli.faces.web.views.audit import _length, _process

    with translation.override("zh-hans"):
        told = [_length(s) for s in (0.4, 61, 200, 8000, 300000)], _process("any_prefix_web")
    assert told == (["0 秒", "61 秒", "3 分钟", "2 小时", "3 天"], "网页")
    page = text(stage.client("audadmin").get("/audit?since=2026-03-01"))
    assert "_web<" not in page
    assert re.search(r'<option value="matter.moved" data-keys="[a-z ]+">[^<a-z]+</option>', page)
    assert page.split("<details><summary>更早的")[0].count("<tr><td class=\"fix nowrap\"") == 50  # a phone is not asked to scroll through three hundred


def test_notifications_that_say_the_same_stand_once_with_their_number_and_are_read_together(stage):
    from xieli.faces.web.telling import Told
    from xieli.faces.web.views.notices import _alike

    def told(text, url, read=None):
        return Told(SimpleNamespace(read_at=read), text, url)

    lines = _alike([told("期限", "/m/a"), told("期限", ""), told("期限", "/m/a"), told("期限", ""), told("期限", "/m/a", read=1)])
    assert [(line["told"].url, len(line["rows"])) for line in lines] == [("/m/a", 2), ("", 2), ("/m/a", 1)]
    page = text(stage.client("yj-head").get("/notifications"))
    assert "（事项您现在看不到）" in page or re.search(r'href="/(m|approval|parcel)/', page)


def test_what_waits_for_ones_hand_stands_above_the_days_statutory_red_above_it_and_a_group_is_read_at_once(stage):
    from psycopg.types.json import Jsonb

    step, signed, approval, state, signer = stage.admin.execute(
        "select distinct on (a.id) s.id, s.decision, a.id, a.state, po.person_id from approval a join approval_step s on s.approval_id = a.id join posting po on po.office_id = s.office_id and po.ends_at is null "
        "where s.decision <> '' and po.person_id <> a.requested_by_id order by a.id, s.order desc limit 1").fetchone()
    clock, alarm_at = stage.admin.execute("select c.id, c.alarm_at from clock c where c.statutory and c.state = 'running' and c.matter_id = %s limit 1", [stage.made["liuzhi"]]).fetchone()
    person = next(name for name, number in stage.world.people.items() if number == signer)
    tell = "insert into notification (id, person_id, matter_id, kind, fields, mandatory, at) select access.new_id(), %s, matter_id, %s, %s, true, access.now() from {} where id = %s"
    stage.admin.execute(tell.format("approval"), [signer, "approval_waiting", Jsonb({"approval": str(approval)}), approval])
    handler = stage.world.people["wuchuan-handler1"]
    stage.admin.execute(tell.format("clock"), [handler, "clock_alarm", Jsonb({"clock": str(clock), "level": 2}), clock])

    def groups(name: str) -> list[tuple[str, str]]:
        return re.findall(r'<section class="card told-group (\w+)">(.*?)</section>', text(stage.client(name).get("/notifications")), re.S)

    decided = "".join(body for sort, body in groups(person) if "/approval/" in body)
    assert "已不等您" in decided  # signed long ago: it stands in its day and says so
    assert "hand" not in [sort for sort, body in groups(person) if "/approval/" in body]
    assert "red" not in [sort for sort, _ in groups("wuchuan-handler1")]  # the limit runs, it is not past
    try:
        stage.admin.execute("update approval_step set decision = '' where id = %s", [step])
        stage.admin.execute("update approval set state = 'pending' where id = %s", [approval])
        stage.admin.execute("update clock set alarm_at = access.now() - interval '1 hour' where id = %s", [clock])
        sorts = [sort for sort, _ in groups(person)]
        assert "已不等您" not in next(body for sort, body in groups(person) if sort == "hand")
        red = [sort for sort, _ in groups("wuchuan-handler1")]
    finally:
        stage.admin.execute("update approval_step set decision = %s where id = %s", [signed, step])
        stage.admin.execute("update approval set state = %s where id = %s", [state, approval])
        stage.admin.execute("update clock set alarm_at = %s where id = %s", [alarm_at, clock])
    for found in (sorts, red):
        assert found == sorted(found, key=["red", "hand", "day"].index)
    assert red[0] == "red"

    day = next(body for sort, body in groups("wuchuan-handler1") if "这一组标为已读" in body)
    refs = re.findall(r'name="one" value="(\w+)"', day.split("</form>")[0])
    before = stage.one("select count(*) from notification where person_id = %s and read_at is null", handler)
    stage.client("wuchuan-handler1").post("/notifications/read", {"one": refs})
    assert stage.one("select count(*) from notification where person_id = %s and read_at is null", handler) == before - len(refs)


def test_every_empty_list_says_what_would_be_there_or_what_to_do(stage):
    """A bare “nothing” leaves one alone: more than one sentence, or a way on."""
    bare = []
    client = stage.client("wenshan-secretary")
    for path in ("/", "/leads", "/matters", "/sent", "/owed", "/checks", "/remedy", "/meetings", "/exports", "/drafts", "/notifications"):
        for empty in re.findall(r'<div class="empty">(.*?)</div>', text(client.get(path)), re.S):
            words = re.sub(r"<[^>]+>", "", empty)
            if len(re.findall("[。：]", words)) < 2 and "<a " not in empty and "，" not in words:
                bare.append(f"{path}: {words.strip()}")
    assert not bare, bare


def test_what_is_typed_into_the_search_of_the_top_bar_can_be_read():
    from pathlib import Path

    import xieli

    css = (Path(xieli.__file__).parent / "faces/web/static/xieli/base.css").read_text(encoding="utf-8")
    rule = re.search(r"\.top input \{([^}]*)\}", css)[1]
    assert "color:var(--ink)" in rule  # the bar is white on dark in every theme, its field is not


def test_a_warning_names_its_clock_and_stands_once_with_its_gravest_level(stage):
    from datetime import UTC, datetime

    from xieli.engines.playbooks.model import Label
    from xieli.faces.web.views.matter import _alarms

    at = datetime(2026, 3, 17, 9, 58, tzinfo=UTC)
    alarms = [SimpleNamespace(kind="clock", clock_id=clock, level=level, raised_at=at + timedelta(minutes=level)) for clock in (1, 2) for level in (1, 2)]
    told = _alarms(alarms, [{"row": SimpleNamespace(id=1), "label": Label("书面确认", "confirmation")}])
    assert [(t["row"].clock_id, t["row"].level, t["label"] and t["label"].zh) for t in told] == [(1, 2, "书面确认"), (2, 2, None)]


def test_one_day_left_is_not_one_days_left(stage):
    from datetime import UTC, datetime

    from django.utils import translation

    from xieli.faces.web.templatetags.xieli import light

    now = datetime(2026, 3, 17, tzinfo=UTC)
    with translation.override("en"):
        assert " 1 day left<" in light(now + timedelta(days=1), None, now)
        assert " 2 days left<" in light(now + timedelta(days=2), None, now)


def test_an_approval_names_the_body_it_goes_to_and_whose_signature_is_awaited(stage):
    from xieli.faces.web.views.approvals import _what
    from xieli.office.bodies.models import Body
    from xieli.office.matters.services.playbooks import shipped

    with stage.theatre.acts("wuchuan-handler1"):
        told = dict(_what({"to": stage.world.bodies["linjiang"], "from": "2026-03-01", "content": "核查文书"}, shipped()["assistance_request"]))
        assert told["发往机构"] == Body.objects.get(pk=stage.world.bodies["linjiang"])
        towns = [stage.world.bodies["linjiang"], stage.world.bodies["beiping"]]
        several = dict(_what({"towns": [str(t) for t in towns], "person": str(stage.world.people["chief3"])}, shipped()["area_case"]))
        assert {b.name_zh for b in Body.objects.filter(pk__in=towns)} == set(str(next(iter(several.values()))).split("、")), "bodies by their names, never by their numbers"
        assert [str(v) for v in several.values() if str(v).isdecimal()] == []
        assert "派人的乡镇" in several
        assert any(getattr(v, "name", "") for v in several.values())
    assert "2026-03-01" in told.values()
    assert "核查文书" in told.values()


def test_what_is_hidden_is_not_shown_whatever_it_is():
    """A form's first button is hidden and takes the Enter key; the look of buttons must not bring it back."""
    from pathlib import Path

    import xieli

    css = (Path(xieli.__file__).parent / "faces/web/static/xieli/base.css").read_text(encoding="utf-8")
    assert "[hidden] { display:none !important; }" in css


def test_quotes_between_english_words_are_as_wide_as_english_quotes():
    """The body's `font:` puts every font-variant back, so the rule must name the body: on the root alone it reached nobody."""
    from pathlib import Path

    import xieli

    css = (Path(xieli.__file__).parent / "faces/web/static/xieli/base.css").read_text(encoding="utf-8")
    assert re.search(r"^body \{[^}]*\bfont:", css, re.M)
    assert "html[lang=en] body { font-variant-east-asian:proportional-width; }" in css


def test_a_page_says_the_name_of_a_kind_and_of_a_rule_never_its_code(stage):
    page = text(stage.client("wuchuan-handler1").get(f"/m/{stage.ref('lead')}"))
    assert "“案件”已全部办结" in page
    assert "“case”" not in page
    assert "every “case” is closed" in text(stage.client("wuchuan-handler1", "en").get(f"/m/{stage.ref('lead')}"))  # an English name is its own
    page = text(stage.client("chief3").get("/playbooks/lead"))
    assert re.search(r"<summary><span class=\"unverified\">未核实</span> \d+ 条规则的条文还没有核对原文</summary><ul><li>", page)
    assert "cn.zj." not in page
    assert '<option value="int-eu">欧洲中部工作日历' in text(stage.client("chief3").get("/calendar"))


def test_a_ground_of_recusal_that_the_product_writes_reads_in_words():
    from pathlib import Path

    import xieli
    from xieli.faces.web.templatetags.xieli import GROUNDS

    source = "".join(p.read_text(encoding="utf-8") for p in (Path(xieli.__file__).parent / "office").rglob("*.py"))
    written = set(re.findall(r'raise_recusal\([^\n]*ground="([a-z_]+)"', source))
    assert written
    assert written <= set(GROUNDS), written - set(GROUNDS)


def test_a_rota_made_from_records_meets_the_checks_by_the_county_s_name(stage):
    """It holds bodies by identity, the plans of checks by name: no county may stand as missing that was checked, and none as a number."""
    from datetime import date

    from xieli.office.field import checks

    wuchuan = stage.world.bodies["wuchuan"]
    rota = SimpleNamespace(run=SimpleNamespace(result={"rows": [{"county": str(wuchuan), "quarter": 1, "group": "3"}, {"county": "示范县", "quarter": 1, "group": "甲"}]}))
    with stage.theatre.acts("chief3"):
        visits = checks.planned(rota)
        grid = checks.grid({1: {"kind": "regular", "from_on": "2026-02-03", "members": [{"member": str(wuchuan)}]}}, visits, date(2026, 4, 1))
    assert visits == {("巫川县", 1): "3", ("示范县", 1): "甲"}
    assert {r.county: r.cells[0].missing for r in grid} == {"巫川县": False, "示范县": True}


def test_a_parcel_that_the_reader_cannot_see_any_more_is_told_without_a_link(stage):
    from psycopg.types.json import Jsonb

    from xieli.office.ids import to_ref

    parcel = stage.made["parcel"]
    for person in ("zhou-rong", "fengdeng-supervisor"):
        stage.admin.execute("insert into notification (id, person_id, kind, fields, mandatory, at) values (access.new_id(), %s, 'reminder', %s, true, access.now())", [stage.world.people[person], Jsonb({"handover": str(parcel)})])
        page = text(stage.client(person).get("/notifications"))
        assert (f"/parcel/{to_ref(parcel)}" in page) == (stage.client(person).get(f"/parcel/{to_ref(parcel)}").status_code == 200) == (person == "zhou-rong")


def test_the_yearly_review_offers_no_year_that_has_not_begun(stage):
    page = text(stage.client("yj-head").get("/designation/review?year=2027"))
    assert "权重年度复核 2026" in page
    assert 'href="?year=2025"' in page
    assert 'href="?year=2027"' not in page


def test_people_behind_a_figure_stand_under_the_body_where_they_serve(stage):
    """Names repeat: the body tells them apart."""
    from types import SimpleNamespace

    from xieli.faces.web import report_words
    from xieli.office.people.models import Person

    with stage.theatre.acts("yj-head"):
        people = [Person.objects.get(pk=stage.world.people[code]) for code in ("chief3", "yj-deputy", "wuchuan-handler1")]
        assert report_words.people(SimpleNamespace(what="person", things=people)) == [("巫川县纪委监委", [people[2].name]), ("渝江市纪委监委", [p.name for p in people[:2]])]
        assert report_words.people(SimpleNamespace(what="body", things=people)) == []


def test_a_lead_that_came_without_a_room_leads_its_desk_to_the_rooms(stage):
    """What another body's step opened stands in no room yet: its body's case desk is led from the matter to where it is seated; nobody else."""
    from xieli.office.ids import to_ref
    from xieli.office.matters.services import leads
    from xieli.office.matters.tables.core import Matter

    with stage.theatre.acts("wuchuan-handler1"):
        lead = leads.spawn(Matter.objects.get(pk=stage.made["case"]), "lead", "derived", owner=stage.theatre.body("yj"))
    assert stage.one("select owner_room_id from matter where id = %s", lead.id) is None
    address = f"/m/{to_ref(lead.id)}"
    may = [r[0] for r in stage.admin.execute("select distinct g.principal from matter_grant g where g.matter_id = %s and g.revoked_at is null and g.acts @> array['write','grant']::varchar[]", [lead.id])]
    offices = stage.admin.execute("select o.code, p.person_id from office o join posting p on p.office_id = o.id and p.ends_at is null where o.id = any(%s) or p.person_id = any(%s)", [may, may]).fetchall()
    names = {identity: code for code, identity in stage.world.people.items()}
    seating = next(names[person] for _, person in offices if person in names)
    page = text(stage.client(seating).get(address))
    assert f'href="{address}/room"' in page
    assert stage.client(seating).get(f"{address}/room").status_code == 200
    seen = next(person for person in ("yj-head", "wuchuan-handler1") if person != seating)
    assert f'href="{address}/room"' not in stage.client(seen).get(address).content.decode()
