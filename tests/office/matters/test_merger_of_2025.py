"""Jiangbei and Yubei of Chongqing became the Liangjiang New Area on 6 November 2025: the districts' bodies merge, by name and by day.

Bodies and divisions are real, as the law knows them; every person and matter is invented.
"""
from __future__ import annotations

from datetime import date

import pytest

from tests.office.matters.conftest import Kit
from xieli.engines.clocks.divisions import load_divisions
from xieli.office.allocation.divisions import whose
from xieli.office.bodies.finding import find, seated_in
from xieli.office.bodies.merging import merge
from xieli.office.bodies.models import Body
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import leads
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import FeedbackDuty, Handover

EVE, DAY = date(2025, 11, 5), date(2025, 11, 6)
JIANGBEI, YUBEI, LIANGJIANG = "500105", "500112", "500157"
NAMES = {JIANGBEI: ("重庆市江北区纪委监委", "anbei"), YUBEI: ("重庆市渝北区纪委监委", "linjiang"), LIANGJIANG: ("重庆市两江新区纪委监委", "shiba")}


@pytest.fixture(scope="module")
def chongqing(stage: Theatre) -> None:
    """Three county-level commissions of the invented city take the names and codes of the real ones; time stands on the eve."""
    stage.start_at("2025-11-05 09:00")
    for code, (name, place) in NAMES.items():
        stage.admin.execute("update body set name_zh = %s, division_code = %s, valid_from = %s where code = %s", [name, code, DAY if code == LIANGJIANG else date(1997, 6, 18), place])
        assert stage.admin.execute("select kind, rank from body where code = %s", [place]).fetchone() == ("commission", "county")
    stage.admin.execute("update body set division_code = %s where code = 'finance'", [JIANGBEI])


def sits(code: str, day: date) -> list[str]:
    return [b.name_zh for b in seated_in(code, day)]


def test_what_is_open_moves_to_the_new_district_and_old_papers_keep_the_old_names(chongqing: None, kit: Kit, stage: Theatre) -> None:
    clerks = {code: kit.hands.staff("case_duty", f"{place}/case") for code, (_, place) in NAMES.items()}
    heir = clerks[LIANGJIANG]
    opened = {}
    for code in (JIANGBEI, YUBEI):
        place = NAMES[code][1]
        with stage.acts(clerks[code]):
            opened[code] = leads.register(leads.NewMatter("lead", "合并前登记的线索", stage.body(place), stage.room(f"{place}/case"), (kit.subject(),))).id
    taken = kit.hands.send(kit.chief, kit.open(), "anbei", "属江北区管辖")
    kit.hands.receive(clerks[JIANGBEI], taken, "accepted")
    on_its_way = kit.hands.send(kit.chief, kit.open(), "linjiang", "属渝北区管辖")
    with stage.acts(kit.chief):
        index = (Handover.objects.get(pk=taken).index_sha, Handover.objects.get(pk=taken).receiver.name_zh)

    with pytest.raises(ValueError, match="has not come"):
        merge(stage.admin, "anbei", "shiba", DAY)
    stage.at("2025-11-06 09:00")
    for place in ("anbei", "linjiang"):
        assert merge(stage.admin, place, "shiba", DAY).matters >= 1

    for code, matter in opened.items():
        assert stage.sees(heir, matter), "the new district's desk carries on"
        assert not stage.sees(stage.holder(f"head@{NAMES[code][1]}"), matter)
    with stage.acts(heir):
        assert {m.owner_body.name_zh for m in Matter.objects.filter(pk__in=opened.values())} == {"重庆市两江新区纪委监委"}
        assert FeedbackDuty.objects.get(handover_id=taken).owed_by.name_zh == "重庆市两江新区纪委监委", "who owes the answer is who exists"
    kit.hands.receive(heir, on_its_way, "accepted")
    with stage.acts(kit.chief):
        paper = Handover.objects.get(pk=taken)
        assert (paper.index_sha, paper.receiver.name_zh) == index == (paper.index_sha, "重庆市江北区纪委监委"), "a receipt given before the merger keeps its name"
        for name in ("江北区", "渝北区"):
            [found] = [f for f in find(name) if f.body.kind == "commission"]
            assert (found.body.name_zh, found.why) == ("重庆市两江新区纪委监委", "former")
            assert name in found.former


def test_a_day_before_and_a_day_after_answer_the_right_division(chongqing: None, kit: Kit, stage: Theatre) -> None:
    divisions = load_divisions()
    with stage.acts(kit.chief):
        for code in (JIANGBEI, YUBEI):
            assert sits(code, EVE) == [NAMES[code][0]]
            assert sits(code, DAY) == ["重庆市两江新区纪委监委"], "an address of former days leads to who is there today"
            assert divisions.at(code, EVE) is not None
            assert divisions.at(code, DAY) is None
        assert sits(LIANGJIANG, EVE) == []
        assert sits(LIANGJIANG, DAY) == ["重庆市两江新区纪委监委"]
        unit = Body.objects.get(code="finance")
        seats = [whose(unit, day).body for day in (EVE, DAY)]
        assert [b.name_zh if b else None for b in seats] == ["重庆市江北区纪委监委", "重庆市两江新区纪委监委"], "by its seat on that day (S0-44)"
        assert sits("330205", DAY) == [], "Ningbo's Jiangbei is another place"
