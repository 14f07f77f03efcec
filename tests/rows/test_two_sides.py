"""C01–C04, C20: what two sides do together: a sample in the villages, a group that ends, leads that move both ways; one world, acted."""
from __future__ import annotations

from datetime import date

import pytest

from tests.rows.acting import Office
from tests.rows.test_field import check_plan, desk
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import people
from xieli.office.matters.tables.core import Matter


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def test_a_sample_is_drawn_from_the_payment_list_and_what_differs_is_a_doubt(office: Office) -> None:
    """S4-01: A subsidy check draws a sample from the payment list, records each household's answer (got / not / amount), differences become doubts."""
    from xieli.office.field import checks

    matter = office.open("joint_check", "惠农补贴到户核查", level=0)
    office.step(office.room, matter, "submit", check_plan(office, kind="sample", units=[{"unit": "前进村", "visit_on": "2026-03-20"}]))
    office.hands.approved(office.room, matter, "start", office.deputy)
    office.step(office.room, matter, "approve")
    payments = {"rows": [{"household": f"户{n:02d}", "listed": 1000 + n} for n in range(40)], "seed": "2026-春", "size": 6}
    office.step(office.room, matter, "draw", ("payments", payments))
    with office.stage.acts(office.room):
        row = Matter.objects.get(pk=matter)
        drawn = [h.household for h in checks.sample(row)]
        for who, slot in ((office.chief, "head_one"), (office.staff("finance", "head"), "head_two"), (office.staff("finance"), "members")):
            people.join_team(row, office.stage.person(who), slot)
    assert len(drawn) == 6
    office.step(office.room, matter, "start")
    listed = {r["household"]: r["listed"] for r in payments["rows"]}
    for n, household in enumerate(drawn[:3]):  # the third was paid less; what the visitor types as listed changes nothing
        answer = {"household": household, "got": "part" if n == 2 else "got", "listed": 1, "said": listed[household] - (500 if n == 2 else 0)}
        office.step(office.chief, matter, "visited", ("visit", {"unit": "前进村", "visited_on": "2026-03-09", "answers": [{"item": "收费公示", "state": "ok"}], "households": [answer]}))
    with office.stage.acts(office.room):
        again = checks.sample(Matter.objects.get(pk=matter))
    assert [h.household for h in again] == drawn  # the same seed draws the same again
    assert [h.household for h in again if h.doubt] == [drawn[2]]
    assert [h.asked for h in again].count(False) == 3


def test_what_a_linked_group_may_see_ends_with_the_group(office: Office) -> None:
    """S3-22: Group ends by date, access ends with it."""
    from xieli.office.cooperation import services
    from xieli.office.cooperation.models import CooperationGroup

    head, partner = office.head, desk(office, "datan")
    group_matter, open_matter = office.open("project", "界河共治", level=0), office.open("project", "界河共治之二", level=0)
    with office.stage.acts(head):
        group = services.found("linked", "two_heads", "联动监督组", "Linked group", office.stage.body("yj"), starts=date(2026, 3, 1), ends=date(2026, 4, 1))
        services.seat(group, "members", body=office.stage.body("datan"))
        lasting = services.found("lasting", "two_heads", "长期组", "Lasting group", office.stage.body("yj"), starts=date(2026, 3, 1))
        services.seat(lasting, "members", body=office.stage.body("datan"))
    with office.stage.acts(office.room):
        assert office.stage.refused(lambda: services.open_to(CooperationGroup.objects.get(code="lasting"), Matter.objects.get(pk=open_matter))) == "no_end"
        assert services.open_to(CooperationGroup.objects.get(code="linked"), Matter.objects.get(pk=group_matter)) == 1
    assert office.stage.sees(partner, group_matter)
    assert not office.stage.sees(partner, open_matter)
    office.stage.at("2026-03-31 23:00")
    assert office.stage.sees(partner, group_matter)
    office.stage.at("2026-04-01 00:01")
    assert not office.stage.sees(partner, group_matter)


def test_leads_move_both_ways_with_a_receipt_and_count_once_by_direction(office: Office) -> None:
    """S3-11: A lead on a Yubei cadre found by Guang'an goes to Yubei with receipt; the statistic counts 16 once each, with a split by direction."""
    from xieli.engines.metrics import Period
    from xieli.office.reports import services as reports

    other = desk(office, "datan")
    sent = [(office.open("lead", f"对方干部线索{n}", room="yj/supervision3"), office.room, "datan") for n in range(2)]
    sent.append((office.open("lead", "本方干部线索", person=office.stage.holder("room_head@datan/supervision1"), owner="datan", room="datan/supervision1"), office.stage.holder("room_head@datan/supervision1"), "yj"))
    for lead, who, to in sent:
        with office.stage.acts(who):
            from xieli.office.matters.services import handover

            parcel = handover.send(Matter.objects.get(pk=lead), office.stage.body(to), reason="按干部管理权限互移", kind="referral")
        assert office.stage.admin.execute("select receipt_no <> '' from handover where id = %s", [parcel.id]).fetchone()[0]
    office.hands.receive(other, office.stage.admin.execute("select id from handover where matter_id = %s", [sent[0][0]]).fetchone()[0])
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    with office.stage.acts(office.head):  # counts what he may see; all of both directions: tests/figures, the joint supervision line
        figure = reports.figure("leads_moved", year, by="pair")
    there, back = (f"{office.body(a)}:{office.body(b)}" for a, b in (("yj", "datan"), ("datan", "yj")))
    pairs = {str(k): int(v) for k, v in figure.groups.items()}
    assert figure.number == sum(pairs.values()) >= 1
    assert set(pairs) <= {there, back}
    with office.stage.acts(other):
        assert Matter.objects.get(pk=sent[0][0]).owner_body_id == office.stage.body("datan")  # accepted: the receiving side's now
