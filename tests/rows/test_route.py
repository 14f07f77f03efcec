"""C14: the education route of two sides, and what the second half of a case still lacks, by unit."""
from __future__ import annotations

import pytest

from tests.rows.acting import Office
from tests.rows.test_field import desk
from tests.rows.test_linkage import issue_letter, reflect
from xieli.office.demo.theatre import Theatre


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def test_a_stop_of_the_other_side_is_booked_and_the_host_confirms(office: Office) -> None:
    """S3-27: The route shows 11 sites with side; the fifth Guang'an name is missing in the source and is entered by the user; a body can book a stop on the other side.
    S3-28: Attendance ≥30 printed as 30余; person's education record gains the entry."""
    from datetime import date

    from xieli.engines.metrics import Period
    from xieli.office.matters.tables.work import Fact
    from xieli.office.reports import services as reports

    route = office.open("education_route", "教育环线", level=0)
    stops = [{"number": n, "side": "own" if n <= 6 else "other", **({"name": f"站点{n}"} if n != 11 else {})} for n in range(1, 12)]
    office.step(office.room, route, "start", ("route", {"other_side": office.body("datan"), "stops": stops}))
    assert (office.facts(route, "route.stops"), office.facts(route, "route.unnamed")) == ([11], [1])
    assert sorted(office.facts(route, "route.side")) == ["other"] * 5 + ["own"] * 6
    other = desk(office, "datan")
    office.step(office.room, route, "name_stops", ("route", {"other_side": office.body("datan"), "stops": [*stops[:10], {**stops[10], "name": "补录站点"}]}))
    assert office.facts(route, "route.unnamed") == [0]
    booking = ("booking", {"by_body": office.body("datan"), "number": 2, "visit_on": "2026-03-02", "persons": 32, "theme": "重温初心"})
    yes = ("confirmation", {"verdict": "welcome", "confirmed_on": "2026-03-02"})
    office.step(other, route, "book_here", booking)
    assert office.refused(other, route, "confirm", yes) != ""
    office.step(office.room, route, "confirm", yes)
    people = [p for (p,) in office.stage.admin.execute("select id from person where active and account order by id limit 32").fetchall()]
    office.step(other, route, "visited", ("visit", {"number": 2, "visited_on": "2026-03-02", "should": 34, "people": [{"person": str(p)} for p in people]}))
    with office.stage.acts(office.room):
        assert reports.figure("education_attended", Period(date(2026, 3, 1), date(2026, 3, 31))).text() == "30余人次"
        assert Fact.objects.filter(code="education.person", ref=people[0], retracted_at=None).count() == 1
    office.step(office.room, route, "book_there", ("booking", {**booking[1], "by_body": office.body("yj"), "number": 8}))
    assert office.refused(office.room, route, "confirm", yes) != ""
    office.step(other, route, "decline", ("confirmation", {"verdict": "not_possible", "reason": "闭馆维修", "confirmed_on": "2026-03-02"}))
    assert office.at(route) == ["open"]


def test_what_a_case_still_lacks_is_listed_by_unit(office: Office) -> None:
    """S4-41: Closing checks the three; missing one listed by unit."""
    from xieli.office.remedy.lists import missing_products

    words = dict.fromkeys(("investigation", "remedy", "supervision", "education", "ecology"), "写岗位和过程")
    matter = office.open("after_case", "三样成果")
    office.step(office.room, matter, "planned", ("plan", {"unit": office.body("finance"), **words}))
    office.step(office.room, matter, "adjudicated")
    office.step(office.room, matter, "remedied", ("weaknesses", {"rows": [{"title": "复核缺位", "level": "unit", "field": "rules"}], "recommendation_no": "建〔2026〕1号", "issued_on": "2026-03-02"}))

    def missing() -> dict[str, list[str]]:
        with office.stage.acts(office.room):
            return {unit.name_zh: lacks for unit, m, lacks in missing_products() if m.id == matter}

    assert missing() == {"渝江市财政局": ["recommendation", "reflection", "four_talks"]}
    issue_letter(office, office.children(matter, "recommendation")[0])
    reflect(office, office.children(matter, "reflection")[0])
    assert missing() == {"渝江市财政局": ["four_talks"]}
    assert not office.stage.sees(office.staff("edu"), matter)
    with office.stage.acts(office.staff("edu")):
        assert [m.id for _, m, _ in missing_products() if m.id == matter] == []
