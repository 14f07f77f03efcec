"""Long lists that a person searches instead of reading: the playbooks by shelf, the smaller menu by heading, unknown bodies folded."""
from __future__ import annotations

import re


def test_every_playbook_stands_on_one_shelf_and_none_on_the_last():
    from xieli.faces.web.playbook_groups import GROUPS, REST, shelves
    from xieli.office.matters.services.playbooks import shipped

    named = [code for _words, codes in GROUPS for code in codes]
    assert len(named) == len(set(named))
    assert set(named) == set(shipped())
    assert REST not in [words for words, _held in shelves(list(shipped().values()))]


def test_a_playbook_is_found_by_name_by_purpose_and_by_its_initials_in_either_language(stage):
    client = stage.client("chief3")

    def found(q: str) -> list[str]:
        return re.findall(r'<h3><a href="/playbooks/(\w+)"', client.get("/playbooks", {"q": q}).content.decode())

    everything = found("")
    assert len(everything) > 60
    assert "liuzhi" in found("留置")
    assert len(found("留置")) < len(everything)
    assert "liuzhi" in found("lz")
    assert "green_channel" in found("green")
    assert found("没有这样一类") == []
    assert "没有这样的流程" in client.get("/playbooks", {"q": "没有这样一类"}).content.decode()
    assert found("<script>") == []


def test_a_long_smaller_menu_stands_under_headings_and_a_short_one_without(stage):
    def column(person: str) -> str:
        page = stage.client(person).get("/").content.decode()
        return page.split('class="menu')[1].split("</nav>")[0]

    head = column("yj-head")
    assert len(re.findall('class="under"', head)) >= 5
    assert len(set(re.findall('class="under">([^<]+)<', head))) == len(re.findall('class="under"', head))  # each said once
    assert 'class="under"' not in column("fengdeng-supervisor")


def test_who_did_not_answer_is_folded_as_unknown_and_never_called_free(stage):
    page = stage.client("chief3").get("/designation").content.decode()
    silent = re.search(r"未确认 (\d+)</span>", page)
    assert silent
    assert int(silent[1]) > 10
    assert "从未答复" in page
    assert "空闲</td>" not in page
    seen, folded = page.split("<summary><span class=\"light yellow\">▲ 未确认")
    assert folded.count("<tr data-row>") == int(silent[1])
    assert seen.count("<tr data-row>") < 10  # the eye meets who answered, not twenty rows of nothing


def test_the_acts_of_the_audit_desk_are_a_picker_that_finds_by_initials(stage):
    page = stage.client("audadmin").get("/audit?since=2026-01-01").content.decode()
    select = re.search(r'<select[^>]* name="verb"([^>]*)>(.*?)</select>', page, re.S)
    assert select
    assert 'data-pick="own"' in select[1]
    options = re.findall(r'<option value="[^"]+" data-keys="([^"]*)"', select[2])
    assert len(options) > 10
    assert all(options)


def test_who_is_no_clerk_registers_a_lead_and_is_not_led_into_a_step_of_the_clerks(stage):
    """An officer of a central unit met “only a clerk may do this step” with the box that was ticked for him."""
    officer = stage.client("fire-officer")
    page = officer.get("/leads/new").content.decode()
    assert 'name="accept"' not in page
    assert "由案管人员填登记表" in page
    answer = officer.post("/leads/new", {"subject": "丁试移", "summary": "在消防验收中收受好处的问题", "body": stage.world.bodies["fire-dc"] if "fire-dc" in stage.world.bodies else re.findall(r'id="body" name="body"><option value="(\d+)"', page)[0], "source": "petition", "received_on": "2026-01-05"})
    assert answer.status_code == 302, answer.content.decode()[:2000]
    town = stage.client("wenshan-secretary")  # cleared for less than a lead's usual level: registered at his own
    body = re.findall(r'id="body" name="body"><option value="(\d+)"', town.get("/leads/new").content.decode())[0]
    assert town.post("/leads/new", {"subject": "丁试报", "summary": "反映村里虚报补贴面积的问题", "body": body, "source": "petition", "received_on": "2026-01-05"}).status_code == 302
    assert 'name="accept" value="1" checked' in stage.client("yj-clerk").get("/leads/new").content.decode()


def test_a_refused_registration_keeps_every_tick_and_choice(stage):
    clerk = stage.client("yj-clerk")
    room = re.findall(r'<option value="(\d+)">', clerk.get("/leads/new").content.decode().split('id="room"')[1])[2]
    page = clerk.post("/leads/new", {"subject": "", "summary": "写了一半的问题", "body": stage.world.bodies["yj"], "room": room, "kinds": ["ghost", "kin"], "named": "1", "urgent": "1"})
    assert page.status_code == 422
    kept = page.content.decode()
    assert re.search(r'name="named" value="1" checked', kept)
    assert re.search(r'name="urgent" value="1" checked', kept)
    assert not re.search(r'name="accept" value="1" checked', kept), "what was unticked stays unticked"
    assert f'<option value="{room}" selected' in kept
