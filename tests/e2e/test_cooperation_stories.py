"""SC-20, SC-28 and SC-29 in a real browser, as their people: a route of two sides, a campaign with two leads for each topic and a leader for
each town, a catalogue against which institutions check themselves.

What a story asserts in records is read from the pages as well; its figures from the page that shows a figure with its records.
"""
from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.on_screen import OnScreen

pytestmark = pytest.mark.xdist_group("browser")


def test_sc29_a_catalogue_of_small_cuts_that_each_institution_answers_for_itself(fresh: Any, windows: Any) -> None:
    from xieli.office.demo.officers import Officers
    from xieli.office.demo.stories import sc29_small_cut as story
    from xieli.office.ids import to_ref

    stage = fresh.theatre
    stage.start_at(story.BEGINS)
    hands, quick = OnScreen(stage, windows), Officers(stage)
    name = {b: stage.world_name(b) for b in story.INSTITUTIONS}

    # ── past cases are tagged, two dozen rows; a list that names somebody does not pass ──
    matter = hands.open(story.EDITOR, "small_cut", "金融领域突出问题治理“小切口”参考目录", owner="yj")
    rows = [{"kind": kind, "unit": unit, "found_on": f"{year}-06-30"} for kind, found in story.CASES.items() for unit, year in found]
    assert hands.refuses(story.EDITOR, matter, "tagged", ("sources", {"rows": rows, "masked": False})) == "guard_field"
    hands.step(story.EDITOR, matter, "tagged", form=("sources", {"masked": True}))
    proposed = hands.looks(story.EDITOR, "/catalogues")
    proposed.look("sc29-proposed")
    lines = proposed.page.locator("main tbody tr")
    kinds = [r.locator("td").first.inner_text() for r in lines.filter(has_text="建议入目录").all()]
    assert len(kinds) == 9, "what came back in two units and two years"
    assert {"虚构贸易", "违规代持"} == {r.locator("td").first.inner_text() for r in lines.filter(has_text="不足").all()}
    assert lines.first.locator("td").all_inner_texts()[:3] == ["违规收取回扣费手续费", "3", "2"], "the most frequent first, with its cases and units"

    # ── nine items; due before it is issued is refused; the deputy agrees; before that no institution finds it ──
    at = f"/m/{to_ref(matter)}"
    form = {"edition": "2026 年第一版", "sector": "金融", "items": [{"title": f"{k}：表现和线索", "kind": k} for k in kinds], "institutions": [{"institution": str(stage.body(b))} for b in story.INSTITUTIONS], "issued_on": "2026-03-02", "due_on": "2026-04-30"}
    hands.approved(story.EDITOR, matter, "issue", "yj-deputy")
    assert hands.refuses(story.EDITOR, matter, "issue", ("catalogue", {**form, "due_on": "2026-02-01"})) == "guard_field"
    first, second = (stage.holder(f"head@{b}") for b in story.INSTITUTIONS[:2])
    assert hands.finds_nothing(first, at)
    hands.step(story.EDITOR, matter, "issue", form=("catalogue", {"due_on": "2026-04-30"}))
    assert hands.figure(story.EDITOR, "catalogue_items", "2026-01-01", "2026-12-31") == 9

    # ── the bank answers item by item: one left out is refused in words; then its report is taken in, and no other bank reads it ──
    stage.at("2026-04-10 10:00")
    stage.made.update(catalogue=matter, proposed=[type("K", (), {"kind": k}) for k in kinds])
    assert hands.refuses(first, matter, "report", story._answers(stage, 1)) == "guard_field"
    hands.step(first, matter, "report", form=story._answers(stage))
    page = hands.looks(second, f"{at}/form/answers")
    page.look("sc29-answers")
    assert [page.page.locator(f"[name='rows.{n}.item']").input_value() for n in range(9)] == kinds, "the items stand there to be answered"
    assert page.page.locator("[name='rows.0.account']").input_value() == page.page.locator("[name=report]").input_value() == ""
    mine = hands.looks(second, at)
    mine.look("sc29-bank")
    assert mine.page.locator("form.step[action$='/move/report']").count() == 1, "one's own branch alone, not those of the others"
    assert "待填" in mine.page.locator("#do").inner_text(), "that another has answered fills nothing in here"
    own = hands.looks(second, "/catalogues")
    own.look("sc29-bank-catalogue")
    assert name["icb-dc"] not in own.page.locator("main").inner_text()
    hands.step(second, matter, "report", form=story._answers(stage))
    quick.step(stage.holder(f"head@{story.INSTITUTIONS[2]}"), matter, "report", form=story._answers(stage), body=str(stage.body(story.INSTITUTIONS[2])))

    # ── past the term who has not reported is named, and nothing is summed up ──
    stage.at("2026-05-06 09:00")
    left = hands.looks(story.EDITOR, "/catalogues")
    left.look("sc29-missing")
    assert [i.inner_text().split(" ")[0] for i in left.page.locator("main li", has_text="未报").all()] == [name["tax-dc"]]
    assert hands.figure(story.EDITOR, "catalogue_reports", "2026-01-01", "2026-12-31") == 3
    assert hands.refuses(story.EDITOR, matter, "close") != ""
    quick.step(stage.holder("head@tax-dc"), matter, "report", form=story._answers(stage))
    assert "未报" not in hands.looks(story.EDITOR, "/catalogues").page.locator("main").inner_text()
    hands.step(story.EDITOR, matter, "close")
    assert "事项已办结" in hands.looks(story.EDITOR, at).text
    assert hands.finds_nothing(first, at)
    english = windows(story.EDITOR, language="en", theme="dark", width=390)
    english.open("/catalogues")
    english.look("sc29-en")
    assert english.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_sc20_a_stop_of_the_route_is_booked_by_one_side_confirmed_by_the_other_and_visited_by_thirty_odd(fresh: Any, windows: Any) -> None:
    from xieli.office.demo.stories import sc20_education_route as story
    from xieli.office.ids import to_ref

    stage = fresh.theatre
    stage.start_at(story.BEGINS)
    hands = OnScreen(stage, windows)
    partner = stage.holder(f"case_duty@{story.OTHER}/case")

    # ── eleven stops; one has no name yet and stays open instead of being made up, later it is entered ──
    route = hands.open(story.OWN, "education_route", "两地廉洁教育环线", owner="yj")
    at = f"/m/{to_ref(route)}"
    rows = [{"number": n, "side": side, **({"name": name} if name else {})} for n, name, side in story.STOPS]
    hands.step(story.OWN, route, "start", form=("route", {"other_side": hands.body(story.OTHER), "stops": rows}))
    assert hands.facts(story.OWN, "route.unnamed", route) == [1]
    stops = hands.looks(story.OWN, f"{at}/form/route").page
    assert stops.locator("[name='stops.10.number']").input_value() == "11"
    assert stops.locator("[name='stops.10.name']").input_value() == ""
    stops.locator("[name='stops.10.name']").fill("新增站点")
    stops.locator("main button.main").click()
    hands.step(story.OWN, route, "name_stops")
    assert hands.facts(story.OWN, "route.unnamed", route) == [0]

    # ── the other side books; nobody confirms for the host; thirty-four names on the list, one of them nobody's ──
    story.book(hands, route, partner)
    stage.at("2026-04-28 16:00")
    people = [str(p) for (p,) in stage.admin.execute("select id from person where active and account order by id limit 34").fetchall()]
    form = {"number": 2, "visited_on": hands.day(), "should": 36, "people": [{"person": p} for p in people], "impression": "受教育。"}
    visit = hands.looks(partner, f"{at}/form/visit")
    visit.page.locator("[name='people.0.person']").fill("查无此人")
    visit.page.locator("[name=number]").fill("2")
    visit.page.locator("[name=impression]").fill("受教育。")
    visit.page.locator("[name=visited_on]").fill(hands.day())
    visit.page.locator("[name=should]").fill("36")
    visit.button("提交")
    assert "没有找到“查无此人”" in visit.text
    assert visit.page.locator("[name=impression]").input_value() == "受教育。"
    visit.look("sc20-refused")
    hands.step(partner, route, "visited", form=("visit", form))
    assert hands.facts(story.OWN, "route.visited_stop", route) == [2]
    shown = hands.looks(story.OWN, "/reports/metric/education_attended?first=2026-04-01&last=2026-04-30")
    shown.look("sc20-figure")
    assert shown.page.locator("main dl.figures dd").first.inner_text().split() == ["30余人次", "准确数", "34"], "printed as thirty-odd, exact in the records"
    assert hands.figure(story.OWN, "education_attended", "2026-04-01", "2026-04-30") == 34


def test_sc28_topics_with_two_leads_and_a_leader_for_each_town(fresh: Any, windows: Any) -> None:
    from xieli.office.demo.stories import sc28_in_charge as story
    from xieli.office.ids import to_ref

    stage = fresh.theatre
    stage.start_at(story.BEGINS)
    hands = OnScreen(stage, windows)
    story.the_campaign(stage)  # the plan and the twelve topics: the bulk, by the services
    topic, second = stage.made["topics"][story.TOPICS[0]], stage.holder(f"head@{story.DEPARTMENTS[0]}")
    at = f"/m/{to_ref(topic)}"

    # ── one lead is not enough; with one person the supervising force does not stand ──
    leads = {"department": hands.body(story.DEPARTMENTS[0]), "first": str(stage.person("chief3")), "second": str(stage.person(second))}
    assert hands.refuses(story.SECRETARY, topic, "named", ("leads", {k: v for k, v in leads.items() if k != "second"})) == "required"
    hands.step(story.SECRETARY, topic, "named", form=("leads", leads))
    hands.seat(story.SECRETARY, topic, "chief3", "supervision")
    assert hands.refuses(story.SECRETARY, topic, "start") == "guard_slots"
    team = hands.looks(story.SECRETARY, f"{at}/team")
    team.look("sc28-team")
    assert "尚未组成" in team.text
    hands.seat(story.SECRETARY, topic, story.SECRETARY, "supervision")
    hands.seat(story.SECRETARY, topic, second, "rectifying")
    assert "尚未组成" not in hands.looks(story.SECRETARY, f"{at}/team").text
    hands.step(story.SECRETARY, topic, "start")

    # ── each side reports its own column ──
    stage.at("2026-03-30 09:00")
    assert hands.refuses(second, topic, "supervised", ("supervision", {"percent": 90, "text": "代填"})) != ""
    hands.step(story.SECRETARY, topic, "supervised", form=("supervision", {"percent": 100, "text": "已督"}))
    hands.step(second, topic, "rectified", form=("rectifying", {"percent": 20, "text": "已改"}))
    campaigns = hands.looks(story.SECRETARY, "/campaigns")
    campaigns.look("sc28-campaigns")
    line = campaigns.page.locator("main tr", has_text=story.TOPICS[0]).first.inner_text()
    assert "100" in line
    assert "20" in line
    assert hands.figure(story.SECRETARY, "topics", "2026-01-01", "2026-12-31") == 1

    # ── towns: the leader is named by his name; the town with none and the town with two are pointed out, mended, and each has exactly one ──
    def charge(leader: str, town: str) -> int:
        matter = hands.open(story.SECRETARY, "charge", f"包抓：{town}", owner="yj")
        hands.step(story.SECRETARY, matter, "give", form=("charge", {"person": str(stage.person(leader)), "kind": "town", "object": town, "from_on": "2026-03-30",
                                                                    "items": [{"title": t, "due_on": "2026-06-30"} for t in ("督办案件", "堵塞漏洞")]}))
        return matter

    for leader, town in (("yj-head", story.TOWNS[0]), ("yj-deputy", story.TOWNS[1]), ("yj-deputy", story.TOWNS[2])):
        story._charge(stage, leader, "town", town, "督办案件", "堵塞漏洞")
    twice = charge("chief3", story.TOWNS[1])
    page = hands.looks(story.SECRETARY, "/charges")
    page.look("sc28-charges")
    card = page.page.locator("main .cards section", has=page.page.locator("h2", has_text="乡镇")).inner_text()
    assert story.TOWNS[3] in card.split("不止一人包的")[0]
    assert story.TOWNS[1] in card.split("不止一人包的")[1]
    assert hands.refuses(story.SECRETARY, twice, "close", ("progress", {"done": [{"title": "督办案件", "done_on": "2026-03-30"}]})) == "guard_field"
    hands.step(story.SECRETARY, twice, "close", form=("progress", {"done": [{"title": t, "done_on": "2026-03-30"} for t in ("督办案件", "堵塞漏洞")]}))
    story._charge(stage, "chief3", "town", story.TOWNS[3], "督办案件", "堵塞漏洞")
    mended = hands.looks(story.SECRETARY, "/charges")
    assert "每个对象恰好一名" in mended.page.locator("main .cards section", has=mended.page.locator("h2", has_text="乡镇")).inner_text()
    assert hands.figure(story.SECRETARY, "charges", "2026-01-01", "2026-12-31") == 5
    assert hands.finds_nothing("wuchuan-handler1", f"/m/{to_ref(twice)}")
    english = windows(story.SECRETARY, language="en", theme="dark", width=390)
    for path, name in (("/charges", "charges"), ("/campaigns", "campaigns"), (f"{at}/team", "team")):
        english.open(path)
        english.look(f"sc28-{name}-en")
        assert english.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
