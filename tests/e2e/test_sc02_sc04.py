"""SC-02 and SC-04 end before their people's screens: the sender reads what became of both parcels, who is kept out finds nothing.

The days themselves are played by the services (tests/stories); here each person signs in at the end, in a real browser.
"""
from __future__ import annotations

import re

import pytest

from tests.e2e.test_sc03 import people  # noqa: F401  a window per person

pytestmark = pytest.mark.xdist_group("browser")


def look(person, path: str) -> int:
    return int(person.open(path).status)


def test_the_sender_of_sc04_reads_that_the_first_parcel_came_back_and_why_and_sees_the_lead_no_more(fresh, people):  # noqa: F811
    from xieli.office.demo.stories import sc04_survey
    from xieli.office.ids import to_ref

    stage = fresh.theatre
    sc04_survey.play(stage)
    sender = people("icb-officer")
    sender.open("/")
    sender.page.wait_for_load_state("networkidle")
    sender.page.get_by_role("link", name=re.compile("后来呢")).click()
    sender.page.wait_for_url("**/sent")
    assert "已退回" in sender.text
    states = dict(stage.admin.execute("select id, state from handover where matter_id = %s", [stage.made["lead"]]).fetchall())
    assert sorted(states.values()) == ["accepted", "returned"]
    returned = next(i for i, state in states.items() if state == "returned")
    assert look(sender, f"/parcel/{to_ref(returned)}") == 200
    assert "已退回" in sender.text
    assert look(sender, f"/m/{to_ref(stage.made['lead'])}") == 404
    chair = people("chief3", language="en")
    assert look(chair, f"/m/{to_ref(stage.made['meeting'])}") == 200


def test_the_posted_officer_of_sc02_is_kept_out_of_the_lead_on_every_screen(fresh, people):  # noqa: F811
    from xieli.office.demo.stories import sc02_posting
    from xieli.office.ids import to_ref

    stage = fresh.theatre
    sc02_posting.play(stage)
    lead = to_ref(stage.made["lead"])
    zhang = people("hb-zhang")
    ghost = zhang.open("/m/0000000000000").body()
    hidden = zhang.open(f"/m/{lead}")
    assert (hidden.status, hidden.body()) == (404, ghost)
    for path in ("/", "/sent", "/leads", "/matters", "/notifications"):
        zhang.open(path)
        assert lead not in zhang.page.content()
    officer = people("hb-officer")
    officer.open("/sent")
    assert "已退回" in officer.text
