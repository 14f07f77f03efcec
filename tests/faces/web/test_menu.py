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
