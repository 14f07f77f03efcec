"""SC-20 教育环线第二站: eleven stops of two sides; a district's office books stop two of the other side and thirty-odd people go there."""
from __future__ import annotations

from xieli.office.demo.officers import Officers
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.tables.work import Fact

STORY = ("SC-20", "廉洁教育环线：第二站", "The education route: the second stop")
BEGINS = "2026-04-20 09:00"
OWN, OTHER = "yj-handler", "datan"
STOPS = [(1, "红岩馆", "own"), (2, "渣滓洞纪念馆", "own"), (3, "旧址陈列馆", "own"), (4, "廉吏馆", "own"), (5, "档案馆", "own"), (6, "家风馆", "own"),
         (7, "故居", "other"), (8, "廉政园", "other"), (9, "警示厅", "other"), (10, "书院", "other"), (11, "", "other")]


def play(stage: Theatre) -> None:
    """The route, the booking, the visit."""
    stage.start_at(BEGINS)
    hands = Officers(stage)
    partner = stage.holder(f"case_duty@{OTHER}/case")
    route = hands.open(OWN, "education_route", "两地廉洁教育环线", owner="yj", room="yj/supervision3", level=0)
    rows = [{"number": n, "side": side, **({"name": name} if name else {})} for n, name, side in STOPS]
    hands.step(OWN, route, "start", form=("route", {"other_side": hands.body(OTHER), "stops": rows}))
    sides = hands.facts(OWN, "route.side", route)
    stage.check("环线共十一站，本方六站、对方五站", "Eleven stops, six of the own side and five of the other", hands.facts(OWN, "route.stops", route) == [11] and (sides.count("own"), sides.count("other")) == (6, 5))
    stage.check("一站名称不详：留空并列出，不编造", "One stop has no name yet: it is listed as open and not made up", hands.facts(OWN, "route.unnamed", route) == [1])
    rows[-1]["name"] = "新增站点"
    hands.step(OWN, route, "name_stops", form=("route", {"other_side": hands.body(OTHER), "stops": rows}))
    stage.check("名称由使用单位补录", "The name is entered by who uses it", hands.facts(OWN, "route.unnamed", route) == [0])
    book(hands, route, partner)
    visit(hands, route, partner)


def book(hands: Officers, route: int, partner: str) -> None:
    """The other side's office books a stop of this side; only a stop of the route can be booked, and the host decides."""
    stage = hands.stage
    booking = ("booking", {"by_body": hands.body(OTHER), "number": 2, "visit_on": "2026-04-28", "persons": 34, "theme": "重温初心"})
    hands.step(partner, route, "book_here", form=booking)
    answer = ("confirmation", {"verdict": "welcome", "confirmed_on": hands.day()})
    stage.check("预约人不能替对方确认", "Who books cannot confirm for the other side", hands.refuses(partner, route, "confirm", answer) != "" and hands.at(OWN, route) == ["asked_here"])
    hands.step(OWN, route, "confirm", form=answer)


def visit(hands: Officers, route: int, partner: str) -> None:
    """Thirty-four people stand at stop two."""
    stage = hands.stage
    stage.at("2026-04-28 16:00")
    people = [person for (person,) in stage.admin.execute("select id from person where active and account order by id limit 34").fetchall()]
    hands.step(partner, route, "visited", form=("visit", {"number": 2, "visited_on": hands.day(), "should": 36, "people": [{"person": str(p)} for p in people], "impression": "受教育。"}))
    stage.check("到的是第二站", "It was the second stop", hands.facts(OWN, "route.visited_stop", route) == [2])
    count = hands.figure(OWN, "education_attended", "2026-04-01", "2026-04-30")
    stage.check("三十余人，由到场名单算出", "Thirty-odd, counted from the list of who came", count == 34)
    from datetime import date

    from xieli.engines.metrics import Period
    from xieli.office.reports import services as reports

    with stage.acts(OWN):
        text = reports.figure("education_attended", Period(date(2026, 4, 1), date(2026, 4, 30))).text()
        record = Fact.objects.filter(code="education.person", ref=people[0], retracted_at=None).count()
    stage.check("印发时写“30余人次”，记录里是准确数", "Printed as “30余”, exact in the records", text == "30余人次")
    stage.check("每个人的教育档案各增一条", "Each person's education record gains an entry", record == 1 and len(hands.facts(OWN, "education.person", route)) == 34)
    stage.figure("到第二站", "at the second stop", count, "人次")
