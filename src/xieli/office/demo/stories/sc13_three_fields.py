"""SC-13 三项专题：先巡察、再案件、后整治: campus meals, funerals and farmland, city and county in step; 64 units, 24 leads, 19 filed, 17 sanctioned, 4 to justice."""
from __future__ import annotations

from datetime import date
from typing import Any

from xieli.engines.metrics import Period
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import inspection as ins
from xieli.office.demo.stories.sc05_cases import to_case, to_sanction
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import leads, moves
from xieli.office.matters.services.forms import filled
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.reports import services as reports
from xieli.office.reports import trees

STORY = ("SC-13", "三项专题：先巡察、再案件、后整治", "Three fields: inspection, cases, campaign")
BEGINS = "2026-03-02 09:00"
BODY, COUNTY = "datan", "datan-ins"
# field: units by the register, leads handed over during the round (seed: 53 schools, 2 units, 9 departments; 24 leads)
FIELDS = {"校园餐": ([f"第{n + 1}中学" for n in range(53)], 12, "edu"), "殡葬领域": (["市殡仪馆", "市公墓管理所"], 4, "housing"), "耕地保护": ([f"耕地部门{n + 1}" for n in range(9)], 8, "finance")}
# cases: field, persons, how far: 10 + 3 sanctioned, 4 sanctioned and to justice, 2 filed
CASES = (("校园餐", 10, "sanction"), ("殡葬领域", 4, "justice"), ("耕地保护", 3, "sanction"), ("耕地保护", 2, "filed"))
SURNAMES = "汤褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华"
TERM = Period(date(2026, 1, 1), date(2026, 12, 31))


def play(stage: Theatre) -> None:
    """The campaign, a round per field, the leads, four cases, and each field in a line."""
    stage.start_at(BEGINS)
    county_office(stage)
    campaign = begin(stage)
    found = {name: inspect(stage, name) for name in FIELDS}
    cases(stage, found)
    the_line(stage, campaign)


def county_office(stage: Theatre) -> None:
    """The installer registers the county's inspection office with its officer, and the units of the three systems."""
    row = stage.admin.execute("insert into body (code, kind, rank, sector, name_zh, name_en, short_zh, short_en, document_mark, initials, sort_key, division_code, valid_from)"
                              " values (%s, 'inspection_office', 'county', '', '大滩区委巡察办', 'Datan Inspection Office', '大滩巡察办', 'Datan inspection', '', '{}', '', '', '2020-01-01') returning id", [COUNTY]).fetchone()
    stage.world.bodies[COUNTY] = row[0]  # type: ignore[index]
    ins.post(stage, ins.MEMBER, "yj-ins")
    for name, (units, _, _) in FIELDS.items():
        ins.units_of(stage, name, units)


def begin(stage: Theatre) -> int:
    """The campaign with its three fields, each with two leads; it starts on approval only."""
    hands = Hands(stage)
    chief = stage.holder(f"room_head@{BODY}/supervision1")
    with stage.acts(chief):
        campaign = int(leads.register(leads.NewMatter("campaign", "三项专题整治", stage.body(BODY), stage.room(f"{BODY}/supervision1"), level=0)).id)
    roles = [{"role": r, "holder": "某某"} for r in ("main_duty", "overall", "together", "local")]
    plan = {"goals": "先巡察、再案件、后整治", "scope": "校园餐、殡葬、耕地三个领域", "principles": "上下联动、依法依规", "from_on": hands.day(), "to_on": "2026-12-31", "roles": roles,
            "topics": [{"title": name} for name in FIELDS], "departments": [{"department": str(stage.body(d)), "duty": "排查整改"} for _, _, d in FIELDS.values()]}
    hands.step(chief, campaign, "planned", form=("plan", plan))
    merged = ("merged", {"items": [{"title": "三个领域问题清单", "department": str(stage.body("edu"))}]})
    code = hands.refused(chief, lambda: moves.make(Matter.objects.get(pk=campaign), "start", form=merged))
    stage.check("未经批准，整治不能启动", "Without approval the campaign does not start", code == "not_approved")
    hands.approved(chief, campaign, "start", stage.holder(f"deputy@{BODY}"))
    hands.step(chief, campaign, "start", form=merged)
    with stage.acts(chief):
        topics = {m.title: int(m.id) for m in Matter.objects.filter(links_in__source_id=campaign, kind="campaign_topic")}
    for name, (_, _, department) in FIELDS.items():
        hands.step(chief, topics[name], "named", form=("leads", {"department": str(stage.body(department)), "first": str(stage.person(chief)), "second": str(stage.person(stage.holder(f"head@{department}")))}))
        hands.step(chief, topics[name], "inspect", form=("round", {"inspection": str(stage.body("yj-ins")), "round": f"专题巡察·{name}", "system": name}))
    return campaign


def inspect(stage: Theatre, name: str) -> list[int]:
    """A round of one field: every unit of the register, the county in step, leads handed over with both heads' approval. Returns the leads."""
    hands = Hands(stage)
    units, count, _ = FIELDS[name]
    with stage.acts(ins.OFFICE):  # the office does not see the campaign; its own round is there all the same
        row = Matter.objects.get(kind="inspection_round", title__startswith=name)
        leads.ensure_begun(row)
        matter = int(row.id)
    with stage.acts(ins.OFFICE):
        stage.check(f"“{name}”的轮次由专题带出，领域不用再抄一遍", "The round of each field comes with its system, which is not typed again", filled(Matter.objects.get(pk=matter), "plan")["system"] == name)
    rows = [{"unit": u, "included": True} for u in units]
    plan = ins.plan_of(stage, BODY, f"专题巡察·{name}", name, rows, counties=[{"county": str(stage.body(COUNTY))}])
    code = hands.refused(ins.OFFICE, lambda: moves.make(Matter.objects.get(pk=matter), "planned", form=("plan", {**plan, "units": rows[:-1]})))
    stage.check(f"“{name}”漏掉一家单位，方案不成立", "A field with one unit missing is not planned", code == "roster_incomplete")
    hands.step(ins.OFFICE, matter, "planned", form=("plan", plan))
    hands.step(ins.OFFICE, matter, "in_step")
    with stage.acts(ins.OFFICE):
        stage.check(f"“{name}”市县同步：县级轮次已立", "City and county in step: the county's round is opened beside", MatterLink.objects.filter(source_id=matter, kind="counterpart", target__owner_body_id=stage.body(COUNTY)).exists())
    ins.form_group(stage, matter, hands.staff("case_duty", f"{BODY}/case"))
    ins.enter(stage, matter)
    form = ("during", {"risk": "资金链清楚，涉案人可能串供", "leads": [{"title": f"{name}线索{n + 1}"} for n in range(count)]})
    hands.approved(ins.HEAD, matter, "during", ins.OFFICE, stage.holder(f"head@{BODY}"), what={"partner": stage.body(BODY)}, reason="边巡边移")
    hands.step(ins.HEAD, matter, "during", form=form)
    return ins.derived(stage, hands.staff("case_duty", f"{BODY}/case"), matter)


def cases(stage: Theatre, found: dict[str, list[int]]) -> None:
    """Four leads become cases of 10, 4, 3 and 2 persons; each goes by the whole way."""
    hands, names = Hands(stage), iter(f"{s}某某" for s in SURNAMES)
    duty = hands.staff("case_duty", f"{BODY}/case")
    left = {name: iter(ids) for name, ids in found.items()}
    done: list[tuple[int, str]] = []
    for n, (name, persons, end) in enumerate(CASES):
        lead, who = next(left[name]), tuple(next(names) for _ in range(persons))
        with stage.acts(duty):
            for one in who:
                leads.add_subject(Matter.objects.get(pk=lead), leads.Subject(one, unit_name=FIELDS[name][0][0], post="负责人"))
        stage.made[f"both-{lead}"] = who
        stage.made[f"case-{lead}"] = to_case(stage, BODY, lead, who[0], f"2026-03-{9 + n:02d}")
        done.append((lead, end))
    for lead, end in done:
        if end != "filed":
            to_sanction(stage, BODY, lead, justice=end == "justice")
    stage.check("移送司法前预告未满十日，不能移送", "Before the ten days of prior notice nobody goes to justice", stage.made["too_soon"] == "guard_clock")


def the_line(stage: Theatre, campaign: int) -> None:
    """Per field and in all, from records: units, leads, cases, persons; a person sanctioned and transferred counts in both."""
    chief, duty = stage.holder(f"room_head@{BODY}/supervision1"), Hands(stage).staff("case_duty", f"{BODY}/case")
    with stage.acts(chief):
        rows = {f.topic.title: f for f in trees.fields(campaign)}
        whole = trees.line(campaign)
    units = [len(rows[name].units) for name in FIELDS]
    stage.check("单位 53、2、9，合计 64", "Units 53, 2 and 9, together 64", units == [53, 2, 9] and sum(units) == 64)
    line: list[Any] = [(rows[n].cases, rows[n].line.filed, rows[n].line.sanctioned, rows[n].line.to_justice) for n in FIELDS]
    stage.check("分领域一行一行：案件、立案、处分、移送司法", "Field by field in a line: cases, filed, sanctioned, to justice", line == [(1, 10, 10, 0), (1, 4, 4, 4), (2, 5, 3, 0)])
    stage.check("立案 19 人，处分 17 人，移送司法 4 人：既处分又移送的两边都算，合计可以大于立案数", "19 filed, 17 sanctioned, 4 to justice; who is both counts in both", (whole.filed, whole.sanctioned, whole.to_justice) == (19, 17, 4))
    with stage.acts(duty):
        seen = Matter.objects.filter(kind="lead").count()
        figures = {code: reports.figure(code, TERM).number for code in ("persons_filed", "sanctioned", "to_justice")}
    stage.check("线索 24 条，各成一件", "24 leads, each a matter of its own", seen == 24)
    stage.check("报表与一行数一致：数的是人，不是案", "The report agrees with the line: persons are counted, not cases", figures == {"persons_filed": 19, "sanctioned": 17, "to_justice": 4})
    with stage.acts(ins.MEMBER):
        stage.check("巡察组员看不到案件和处分", "A member of the group sees neither case nor sanction", trees.line(campaign) == trees.Line({}, 0, 0, 0, 0) or trees.line(campaign).filed == 0)
    for zh, en, n, unit in (("巡察单位", "units inspected", sum(units), "个"), ("线索", "leads", seen, "条"), ("立案", "filed", whole.filed, "人"), ("处分", "sanctioned", whole.sanctioned, "人"), ("移送司法", "to justice", whole.to_justice, "人")):
        stage.figure(zh, en, n, unit)
