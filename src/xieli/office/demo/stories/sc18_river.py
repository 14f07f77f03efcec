"""SC-18 一条界河: both sides sample the same sections; months in a row come from the months, a missing one breaks them; the section that
fails is named; what both sides did together counts once."""
from __future__ import annotations

from typing import Any

from xieli.office.demo.officers import Officers
from xieli.office.demo.theatre import Theatre
from xieli.office.field import months
from xieli.office.matters.services import forms, leads, moves
from xieli.office.matters.tables.core import Matter

STORY = ("SC-18", "一条界河：两地同测同算", "A river of two sides: sampled together, counted once")
BEGINS = "2026-01-12 09:00"
WHO, ROOM, OTHER = "yj-handler", "yj/supervision3", "datan"
ENTRY = "临水入境断面"
KINDS = {"survey": "联合调研", "consult": "会商", "patrol": "联合巡河"}
MAIN = [f"干流{n}号断面" for n in range(1, 8)]


def play(stage: Theatre) -> None:
    """Seven sections of the main stem, one at the border, and the diary of a joint group."""
    stage.start_at(BEGINS)
    hands = Officers(stage)
    partner = stage.holder(f"case_duty@{OTHER}/case")
    entry = open_section(hands, ENTRY)
    month(hands, partner, entry, 2, 2)
    main_stem(hands)
    for when, classes in (("2026-03-12 09:00", (2, 2)), ("2026-04-12 09:00", (2, 2))):  # nobody sampled in February
        stage.at(when)
        with stage.acts(WHO):
            moves.make(Matter.objects.get(pk=entry), "next_month")
        month(hands, partner, entry, *classes)
    the_entry(hands, entry)
    the_failing_one(hands)
    beyond(hands, partner, entry)
    diary(hands, partner)


def open_section(hands: Officers, name: str, target: int = 3) -> int:
    """A section that both sides sample."""
    matter = hands.open(WHO, "water_section", f"大洪河 {name}", owner="yj", room=ROOM, level=0)
    hands.step(WHO, matter, "start", form=("section", {"other_side": hands.body(OTHER), "river": "大洪河", "section": name, "target": target, "tolerance": 50}))
    return matter


def sample(hands: Officers, value: int, grade: int) -> dict[str, Any]:
    """A sample of this month."""
    return {"month": hands.day(), "value": value, "class": grade}


def month(hands: Officers, partner: str, matter: int, own: int, other: int, *, gap: int = 20, move: str = "within") -> None:
    """One month: each side samples apart, then the two are compared."""
    hands.step(WHO, matter, "sampled", form=("own", sample(hands, 300, own)))
    hands.step(partner, matter, "other_sampled", form=("other", sample(hands, 300 + gap, other)))
    hands.step(WHO, matter, move, form=("comparison", {"compared_on": hands.day()}))


def main_stem(hands: Officers) -> None:
    """Seven sections of the main stem, sampled in the same days; the fifth is worse than its target."""
    for n, name in enumerate(MAIN, 1):
        matter = open_section(hands, name)
        hands.step(WHO, matter, "sampled", form=("own", sample(hands, 300, 4 if n == 5 else 3)))


def the_entry(hands: Officers, entry: int) -> None:
    """January, March and April at class II: two months in a row, not three."""
    stage = hands.stage
    with stage.acts(WHO):
        section = next(s for s in months.sections() if s.matter.id == entry)
    stage.check("入境断面连续二个月Ⅱ类，由逐月数据算出", "The border section held class II for two months in a row, computed from the months", section.latest == 2 and section.months == 2)
    stage.check("二月没有采样，连续从三月起算", "Nothing was sampled in February: the row begins in March", section.missing == ((2026, 2),) and len(section.classes) == 3)
    stage.figure("连续Ⅱ类", "class II in a row", section.months, "月")


def the_failing_one(hands: Officers) -> None:
    """Six of seven; the seventh is named."""
    stage = hands.stage
    with stage.acts(WHO):
        main = [s for s in months.sections() if s.name in MAIN]
    stage.check("干流七个断面六个达标，不达标的写明是哪一个", "Six of seven sections meet the target, and the other one is named", len(main) == 7 and [s.name for s in main if not s.met] == ["干流5号断面"])
    met = hands.figure(WHO, "water_met", "2026-01-01", "2026-04-30")
    stage.check("报表与断面逐个相符（含入境断面）", "The report agrees with the sections, one by one", (met, hands.figure(WHO, "water_sections", "2026-01-01", "2026-04-30")) == (7, 8))


def beyond(hands: Officers, partner: str, entry: int) -> None:
    """A difference above the tolerance is an issue; nobody can call it within."""
    stage = hands.stage
    stage.at("2026-05-12 09:00")
    hands.step(WHO, entry, "next_month")
    hands.step(WHO, entry, "sampled", form=("own", sample(hands, 300, 2)))
    stage.check("一方不能替对方报样", "One side cannot report the other's sample", hands.refuses(WHO, entry, "other_sampled", ("other", sample(hands, 300, 2))) != "")
    hands.step(partner, entry, "other_sampled", form=("other", sample(hands, 420, 3)))
    stage.check("超出允许差，不能当作一致", "Above the tolerance it cannot pass as agreeing", hands.refuses(WHO, entry, "within", ("comparison", {"compared_on": hands.day()})) == "guard_field")
    hands.step(WHO, entry, "beyond", form=("comparison", {"compared_on": hands.day()}))
    stage.check("超差成为一项待办", "The gap becomes an issue", len(hands.children(WHO, entry, "decision_task")) == 1)


def diary(hands: Officers, partner: str) -> None:
    """Surveys, consultations and patrols of both sides: one patrol and one consultation are registered by each side; the twenty, twelve and sixty-odd of the seed are counted in tests/figures."""
    stage = hands.stage
    stage.at("2026-06-01 09:00")
    for person, owner, room, side, kinds in ((WHO, "yj", ROOM, OTHER, ("survey",) * 5 + ("consult",) * 3 + ("patrol",) * 7), (partner, OTHER, None, "yj", ("patrol", "consult"))):
        seen: dict[str, int] = {}
        with stage.acts(person):
            for kind in kinds:
                seen[kind] = n = seen.get(kind, 0) + 1
                on = f"2026-{1 + (n - 1) // 25:02d}-{1 + (n - 1) % 25:02d}"
                matter = leads.register(leads.NewMatter("meeting", f"大洪河{KINDS[kind]}", stage.body(owner), stage.room(room) if room else None, level=0, parties={"side": (stage.body(side),)}))
                forms.submit(matter, "call", {"series": "大洪河联动", "period": "once", "kind": kind, "planned_on": on, "convener_side": str(stage.body(owner)), "in_turn": True, "side": str(stage.body(side)),
                                              "agenda": [{"title": "水质保护", "from_last": False}]})
                forms.submit(matter, "minutes", {"held_on": on, "attended": 6, "text": "共同开展。", "decisions": []})
    counted = [hands.figure(WHO, code, "2026-01-01", "2026-06-30") for code in ("coop_surveys", "coop_consultations", "coop_patrols")]
    stage.check("双方各登记一次的同一活动只计一次：5、3、7", "What both sides registered counts once: 5, 3, 7", counted == [5, 3, 7])
    for value, zh, en in zip(counted, ("联合调研", "会商", "联合巡查"), ("joint surveys", "consultations", "joint patrols"), strict=True):
        stage.figure(zh, en, value, "次")
