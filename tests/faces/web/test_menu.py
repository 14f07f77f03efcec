"""The left column: at most eight entries for anybody, and nothing lost by that."""
from __future__ import annotations

import re

from tests.faces.web.test_routes import ROLES


def test_nobody_sees_more_than_eight_entries_and_everyone_reaches_each_of_his_pages(stage):
    from django.urls import reverse

    from xieli.faces.web.menu import ENTRIES

    long = 0
    for person in ROLES:
        page = stage.client(person).get("/").content.decode()
        column = page.split('class="menu')[1].split("</nav>")[0]
        links = re.findall(r'href="(/[^"]*)"', column)
        main = column.split('class="more')[0]
        assert len(re.findall(r'href="/', main)) <= 8, person
        held = {r[0] for r in stage.admin.execute("select o.code from posting p join office o on o.id = p.office_id where p.person_id = %s and p.ends_at is null", [stage.world.people[person]])}
        entitled = [reverse(e.name) for e in ENTRIES if e.offices & held]
        long += len(entitled) > 7
        assert set(entitled) <= set(links), (person, set(entitled) - set(links))
    assert long


def test_a_leader_finds_his_matters_and_figures_first_and_the_rest_folded_under_headings_that_open_without_a_script(stage):
    def column(path: str) -> str:
        return stage.client("yj-head").get(path).content.decode().split('class="menu')[1].split("</nav>")[0]

    first, rest = column("/").split('class="more', 1)
    assert re.findall(r'href="(/[^"]*)"', first)[:4] == ["/", "/matters", "/designation", "/reports"]
    groups = re.findall(r"<details( open)?><summary[^>]*>([^<]+)</summary>(.*?)</details>", rest, re.S)
    assert len(groups) >= 5
    assert not [title for opened, title, _ in groups if opened]  # what one is not on stays folded
    assert all(links.count("<a ") for _, _, links in groups)
    here = [(title, links) for opened, title, links in re.findall(r"<details( open)?><summary[^>]*>([^<]+)</summary>(.*?)</details>", column("/owed"), re.S) if opened]
    assert [title for title, _ in here] == ["权利与保护"]
    assert 'href="/owed" aria-current="page"' in here[0][1]
