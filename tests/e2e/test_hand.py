"""Speed to the hand and what goes wrong at it: few keys, nothing while composing, one effect per press, nothing typed is lost."""
from __future__ import annotations

import re

import pytest

from tests.e2e.browser import Person
from tests.e2e.test_access import base  # noqa: F401  the server

pytestmark = pytest.mark.xdist_group("browser")


class Keys:
    """Types as a person does and counts key groups: a word or a sentence typed in one go is one, each Tab or Enter is one."""

    def __init__(self, window: Person) -> None:
        self.keyboard, self.groups = window.page.keyboard, 0

    def word(self, text: str) -> Keys:
        self.keyboard.insert_text(text)
        self.groups += 1
        return self

    def press(self, key: str, times: int = 1) -> Keys:
        for _ in range(times):
            self.keyboard.press(key)
        self.groups += times
        return self


def test_a_lead_is_registered_by_keyboard_in_at_most_twenty_five_key_groups(stage, chromium, base):  # noqa: F811
    """From the workbench, with unit found by its initials: palette, form, subject, unit, what it is about, register."""
    window = Person(chromium, base, stage, "yj-clerk")
    window.open("/leads")
    before = stage.one("select count(*) from matter where kind = 'lead'")
    keys = Keys(window)
    keys.press("Control+k").word("djxs")  # 登记线索
    window.page.locator("#palette a").first.wait_for()
    keys.press("ArrowDown").press("Enter")
    window.page.wait_for_url("**/leads/new")
    window.page.wait_for_load_state("networkidle")
    keys.word("欧阳试登").press("Tab", 2).word("lj")  # 临江…
    window.page.locator(".picks [role=option]").first.wait_for()
    keys.press("Enter").press("Tab", 3).word("反映其在工程招标中打招呼、收受礼金的问题").press("Control+Enter")
    window.page.wait_for_url(re.compile(r"/m/\w+$"))
    assert "反映欧阳试登的问题" in window.text
    assert stage.one("select count(*) from matter where kind = 'lead'") == before + 1
    unit = stage.one("select b.code from matter_subject s join body b on b.id = s.unit_body_id where s.name = '欧阳试登'")
    assert unit is not None
    assert keys.groups <= 25, keys.groups
    window.close()


def test_nothing_fires_while_a_candidate_is_being_chosen_in_the_palette_or_a_picker(stage, chromium, base):  # noqa: F811
    """An input method sends keydown 229 and composition events; the Enter that confirms a candidate is part of them."""
    window = Person(chromium, base, stage, "yj-clerk")
    window.open("/leads/new")
    asked: list[str] = []
    window.page.on("request", lambda r: asked.append(r.url) if "/pick/" in r.url or "/search" in r.url or r.method == "POST" else None)
    window.page.evaluate("""() => { for (const id of ['unit_body-find', 'find', 'subject', 'summary']) {
        const field = document.getElementById(id); field.focus();
        field.dispatchEvent(new CompositionEvent('compositionstart', {bubbles: true}));
        field.value = 'lin jiang'; field.dispatchEvent(new InputEvent('input', {bubbles: true, isComposing: true}));
        for (const key of ['Enter', 'j', 'x', '1', 'ArrowDown']) { field.dispatchEvent(new KeyboardEvent('keydown', {key, keyCode: 229, isComposing: true, bubbles: true, cancelable: true, ctrlKey: key === 'Enter' && id === 'summary'})); }
    } }""")
    window.page.wait_for_timeout(400)
    assert asked == []
    assert window.page.url.endswith("/leads/new")
    window.page.evaluate("""() => { const f = document.getElementById('unit_body-find'); f.value = '临江'; f.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true, data: '临江'})); }""")
    window.page.locator(".picks [role=option]").first.wait_for()
    assert any("/pick/body" in url for url in asked)
    window.close()


def test_the_picker_finds_former_names_shows_the_tree_and_marks_the_recused(stage, chromium, base):  # noqa: F811
    stage.admin.execute("insert into body_name (body_id, name_zh, name_en, initials, valid_from) select id, '旧渡区纪委监委', 'Jiudu Commission', array['jdqjwjw'], '1997-01-01' from body where code = 'linjiang'")
    try:
        client = stage.client("chief3")
        rows = client.get("/pick/body", {"q": "jdq"}).json()["rows"]
        assert [(r["label"], r["why"]) for r in rows if "旧渡" in r["why"]] == [("临江区纪委监委", "原名 旧渡区纪委监委")]
        top = client.get("/pick/body", {"under": ""}).json()["rows"]
        assert any(r["branch"] for r in top)
        parent = stage.one("select parent_id from body where code = 'linjiang'")
        assert "临江区纪委监委" in [r["label"] for r in client.get("/pick/body", {"under": parent}).json()["rows"]]
        assert any(r["load"] for r in client.get("/pick/body", {"under": parent}).json()["rows"])
        kin = stage.client("wuchuan-handler1").get("/pick/person", {"q": "郭海燕", "matter": stage.ref("case")}).json()["rows"]
        assert kin[0]["barred"] == "回避"
        assert stage.client("wuchuan-kin").get("/pick/person", {"q": "郭海燕", "matter": stage.ref("case")}).status_code == 404
    finally:
        stage.admin.execute("delete from body_name where name_zh = '旧渡区纪委监委'")
    window = Person(chromium, base, stage, "chief3")
    window.open(f"/m/{stage.ref('channel')}/handover")
    find = window.page.locator("#receiver-find")
    find.click()
    find.press("ArrowDown")  # nothing typed: the tree
    window.page.locator(".picks [role=option]").first.wait_for()
    with window.page.expect_response(lambda r: "q=ljq" in r.url):
        find.fill("ljq")
    window.page.locator(".picks [role=option][aria-selected=true]", has_text="临江区纪委监委").wait_for()
    find.press("Enter")
    assert window.page.locator("#receiver").input_value() == str(stage.world.bodies["linjiang"])
    window.close()


def test_two_presses_make_one_effect_and_going_back_makes_none(stage, chromium, base):  # noqa: F811
    window = Person(chromium, base, stage, "wuchuan-handler1")
    window.open(f"/m/{stage.ref('case')}")
    window.page.locator("#timeline .remark > summary").click()
    window.page.locator("#note").fill("双击只记一次的话")
    window.page.evaluate("() => { const b = document.querySelector('#note').form.querySelector('button'); b.click(); b.click(); }")
    window.page.wait_for_load_state()
    window.page.get_by_text("双击只记一次的话").first.wait_for()
    assert stage.one("select count(*) from note where text = '双击只记一次的话'") == 1
    window.page.go_back()
    window.page.wait_for_load_state()
    window.page.reload()
    assert stage.one("select count(*) from note where text = '双击只记一次的话'") == 1
    window.close()


def test_a_network_that_drops_while_handing_in_loses_nothing_and_does_nothing_twice(stage, chromium, base):  # noqa: F811
    """The request never arrives: the page says so by the browser's own page, going back shows what was typed, and the draft has it."""
    window = Person(chromium, base, stage, "chief3")
    path = f"/m/{stage.ref('channel')}/handover"
    window.open(path)
    window.page.locator("#reason").fill("断网时正在写的管辖理由")
    with window.page.expect_response("**/drafts/save"):
        window.page.evaluate("Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true}); document.dispatchEvent(new Event('visibilitychange'))")
    before = stage.one("select count(*) from handover")
    window.context.set_offline(True)
    window.page.locator("#reason").fill("断网时正在写的管辖理由，又添了半句")
    window.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    window.page.locator("[data-draft-note]", has_text="草稿暂存不上").wait_for()
    window.context.set_offline(False)
    assert stage.one("select count(*) from handover") == before
    window.errors.clear()  # the browser's own word on the network
    window.open(path)
    assert window.page.locator("#reason").input_value() == "断网时正在写的管辖理由"
    window.close()


def test_of_two_people_in_one_form_the_second_reads_that_the_page_is_old_and_keeps_his_words(stage):
    """The step's row version is in the form: whoever comes second changes nothing and is told in plain words."""
    client = stage.client("wuchuan-handler1")
    page = client.get(f"/m/{stage.ref('case')}").content.decode()
    form = re.search(r'action="(/m/\w+/move/(\w+))".*?name="version" value="(\d+)"', page, re.S)
    assert form is not None
    answer = client.post(form.group(1), {"version": int(form.group(3)) - 1, "reason": "第二个人写的理由"})
    assert answer.status_code in (409, 422)
    text = answer.content.decode()
    assert "别人刚刚先办了这一步" in text or "没有做任何改动" in text


def test_what_became_of_it_is_one_click_from_sign_in(stage, chromium, base):  # noqa: F811
    window = Person(chromium, base, stage, "fire-handler")
    window.open("/")
    window.page.get_by_role("link", name=re.compile("后来呢")).click()
    window.page.wait_for_url("**/sent")
    assert "回执" in window.text or "送达" in window.text
    window.close()


def test_with_javascript_off_a_select_is_still_a_select(stage, chromium, base):  # noqa: F811
    window = Person(chromium, base, stage, "chief3", script=False)
    window.open(f"/m/{stage.ref('channel')}/handover")
    assert window.page.locator("select#receiver").is_visible()
    window.close()


def test_an_answer_that_is_lost_on_the_way_and_a_form_that_arrives_twice_have_one_effect(stage):
    """Quick open, hand-over, approval, lead: the server has done it, the network drops the answer, the person presses again."""
    import threading

    from django.conf import settings

    unit = stage.world.bodies["fire"]
    forms = {
        "/green": ({"subject": "双发一", "unit": unit, "caller": "某总队", "urgent": "断网重发"}, "select count(*) from matter where kind = 'green_channel' and title like '%%双发一%%'"),
        "/leads/new": ({"subject": "双发二", "summary": "反映在工程招标中打招呼的问题", "title": "断网重发的线索", "body": stage.world.bodies["yj"], "source": "petition", "received_on": "2026-01-05"},
                       "select count(*) from matter where title = '断网重发的线索'"),
    }
    for path, (fields, counted) in forms.items():
        person = "chief3" if path == "/green" else "yj-clerk"
        client = stage.client(person)
        page = client.get(path).content.decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token is not None
        answers: list[tuple[int, str]] = []

        def press(path=path, fields=fields, client=client, token=token[1], answers=answers) -> None:
            from django.db import connections
            from django.test import Client

            window = Client()  # the same browser: its cookies, another connection
            for name, cookie in client.cookies.items():
                window.cookies[name] = cookie.value
            try:
                answer = window.post(path, fields | {"csrfmiddlewaretoken": token})
                answers.append((answer.status_code, answer.headers.get("Location", "")))
            finally:
                connections["default"].close()

        presses = [threading.Thread(target=press) for _ in range(3)]
        for thread in presses:
            thread.start()
        for thread in presses:
            thread.join()
        press()  # and once more, later
        assert stage.one(counted) == 1, (path, answers)
        assert len(set(answers)) == 1, "everyone is led to the same place"
        assert answers[0][0] == 302
        assert answers[0][1].startswith("/m/")
        other = stage.client("yj-duty")
        assert other.cookies[settings.SESSION_COOKIE].value != client.cookies[settings.SESSION_COOKIE].value
        fresh = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(path).content.decode())
        assert fresh is not None
        assert fresh[1] != token[1], "a page opened anew is a new press"
    assert stage.one("select count(*) from press where location like '%%双发%%'") == 0, "nothing of what was typed is kept"


def test_a_form_that_was_refused_can_be_pressed_again_as_it_is(stage):
    """The refusal gave its key back: the same form from the same page is tried again when the reason has gone."""
    client = stage.client("chief3")
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/green").content.decode())
    assert token is not None
    for _ in range(2):
        answer = client.post("/green", {"subject": "双发三", "unit": "", "caller": "某", "urgent": "某", "csrfmiddlewaretoken": token[1]})
        assert answer.status_code == 422
        assert "哪个单位" in answer.content.decode()
    assert client.post("/green", {"subject": "双发三", "unit": stage.world.bodies["fire"], "caller": "某", "urgent": "某", "csrfmiddlewaretoken": token[1]}).status_code == 302


def test_a_lead_that_is_refused_half_way_leaves_nothing_behind(stage):
    """The register takes it and the form refuses it: the answer says no, and no lead stands in the register."""
    clerk = stage.client("yj-clerk")
    before = stage.one("select count(*) from matter")
    answer = clerk.post("/leads/new", {"subject": "司空半", "summary": "太短", "title": "登记到一半的线索", "body": stage.world.bodies["yj"], "source": "petition", "received_on": "2026-01-05"})
    assert answer.status_code == 422
    assert stage.one("select count(*) from matter") == before
    assert "太短" in answer.content.decode(), "what was typed stays"


def test_chosen_rows_are_copied_as_a_table_that_pastes_cleanly_into_a_sheet(stage, chromium, base):  # noqa: F811
    """What lies on the clipboard is the table that was on the screen: one line a row, one tab a cell, nothing that a sheet would reckon."""
    clerk = stage.client("yj-clerk")
    for title in ("=1+2 复制的线索", "复制的线索之二"):
        assert clerk.post("/leads/new", {"subject": "司徒复", "summary": "反映在工程招标中打招呼的问题", "title": title, "body": stage.world.bodies["yj"], "source": "petition", "received_on": "2026-01-05"}).status_code == 302
    window = Person(chromium, base, stage, "yj-clerk")
    window.open("/leads")
    window.page.evaluate("""() => { const set = DataTransfer.prototype.setData; window.copied = {};
        DataTransfer.prototype.setData = function (kind, words) { window.copied[kind] = words; return set.call(this, kind, words); }; }""")
    boxes = window.page.locator("#rows tbody tr", has_text="复制的线索").locator("input[name=pick]")
    for n in range(boxes.count()):
        boxes.nth(n).check()
    assert boxes.count() == 2
    window.page.get_by_role("button", name="复制到 Excel").click()
    copied = window.page.evaluate("window.copied")
    lines = copied["text/plain"].split("\r\n")
    assert len(lines) == 3, "the heading and the two rows that were chosen"
    width = {line.count("\t") for line in lines}
    assert len(width) == 1, lines
    heading = lines[0].split("\t")
    assert "编号" in heading
    titles = [line.split("\t")[next(i for i, h in enumerate(heading) if "标题" in h)] for line in lines[1:]]
    assert sorted(titles) == ["'=1+2 复制的线索", "复制的线索之二"], "no cell begins a formula"
    assert "<script" not in copied["text/html"]
    assert copied["text/html"].count("<tr>") == 3
    assert "已复制" in window.page.locator("[data-copied]").inner_text()
    window.close()
