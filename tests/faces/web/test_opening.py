"""Any kind that begins by itself is opened on a screen: a town asks for hands, a room plans a check, nobody opens a measure out of nothing."""
from __future__ import annotations

import re


def kinds(stage, person: str) -> set[str]:
    return set(re.findall(r'href="/matters/open/(\w+)"', stage.client(person).get("/matters/open").content.decode()))


def test_each_is_offered_what_his_office_begins_and_no_measure_without_its_case(stage):
    town, chief, handler = kinds(stage, "wenshan-secretary"), kinds(stage, "chief3"), kinds(stage, "wuchuan-handler1")
    assert "area_case" in town
    assert "area_case" not in chief
    assert {"campaign", "joint_check", "meeting", "training"} <= chief
    alone = {"liuzhi", "guanhu", "freeze", "seizure", "exit_ban", "order_to_await", "compelled_appearance", "case", "designation", "handover", "lead", "rights_intake"}
    assert not (town | chief | handler) & alone
    assert kinds(stage, "fengdeng-supervisor") <= {"village_expense"}
    assert stage.client("audadmin").get("/matters/open").status_code == 404
    assert stage.client("wenshan-secretary").get("/matters/open/liuzhi").status_code == 404
    for person, leads_there in (("chief3", True), ("yj-rights", False), ("yj-keeper", False)):  # no button that leads to nothing
        assert ('href="/matters/open"' in stage.client(person).get("/matters").content.decode()) is leads_there, person


def test_a_town_asks_for_hands_on_the_screen_within_its_own_level(stage):
    client = stage.client("wenshan-secretary")
    page = client.get("/matters/open/area_case").content.decode()
    assert "片区办案" in page
    town = re.findall(r'id="body" name="body"><option value="(\d+)"', page)[0]
    county = str(stage.world.bodies["zhongyue"])
    refused = client.post("/matters/open/area_case", {"title": "", "body": town, "summary": "写了一半的情况", "party-county": county})
    assert refused.status_code == 422
    assert "写了一半的情况" in refused.content.decode()
    assert f'<option value="{county}" selected' in refused.content.decode()
    for wrong in ({"body": str(stage.world.bodies["yj"])}, {"body": "abc"}, {"party-county": "999999999"}, {"party-county": "x"}):
        answer = client.post("/matters/open/area_case", {"title": "不该开成的", "body": town} | wrong)
        assert answer.status_code == 422, wrong
    assert stage.one("select count(*) from matter where title = '不该开成的'") == 0
    answer = client.post("/matters/open/area_case", {"title": "补贴面积对不上，请求支援", "body": town, "party-county": county, "subject": "陈某某"})
    assert answer.status_code == 302, answer.content.decode()[:1500]
    opened = client.get(answer["Location"])
    assert opened.status_code == 200
    assert "要人报告" in opened.content.decode(), "its first form stands on its page"
    assert stage.one("select level from matter where title = '补贴面积对不上，请求支援'") == 1


def test_it_speaks_english(stage):
    client = stage.client("chief3", language="en") if "language" in stage.client.__code__.co_varnames else stage.client("chief3")
    client.cookies["xieli_lang"] = "en"
    assert "Open a matter" in client.get("/matters/open").content.decode()
    assert "Title" in client.get("/matters/open/meeting").content.decode()


def test_a_meeting_that_nobody_has_called_yet_stands_on_the_page_of_meetings(stage):
    client = stage.client("chief3")
    own = re.findall(r'id="body" name="body"><option value="(\d+)"', client.get("/matters/open/meeting").content.decode())[0]
    answer = client.post("/matters/open/meeting", {"title": "还没有发出通知的会", "body": own})
    assert answer.status_code == 302, answer.content.decode()[:1500]
    page = client.get("/meetings")
    assert page.status_code == 200
    assert "还没有发出通知的会" in page.content.decode()
