"""SC-05 教育医疗财经纪律专项检查: a force of central and local bodies; problems go to rectification, leads to the competent bodies, and whoever is retained traces to a finding of this check."""
from __future__ import annotations

from datetime import date
from typing import Any

from xieli.engines.metrics import Period
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories.sc05_cases import to_custody
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import grants, leads, moves, people
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.measures import Measure
from xieli.office.reports import services as reports

STORY = ("SC-05", "教育医疗财经纪律专项检查", "A financial-discipline check of schools and hospitals")
BEGINS = "2026-03-02 09:00"
MEMBERS = (("tax-dc", "比对发票和纳税申报"), ("hb-dc", "查账户资金流水"), ("icb-dc", "查对公账户"), ("finance", "核对预算和非税收入"), ("datan", "到校到院核查"))
UNITS = ("第一中学", "附属小学", "市人民医院", "第二医院", "职业教育中心")
CHECKLIST = ("收费公示", "采购", "公款存放", "票据管理")
# leads: what was found, at which unit, about whom (two persons of one finding stay two persons)
LEADS = (("设备采购收受回扣", "市人民医院", (("祁某", "设备科科长"), ("袁某", "采购员"))), ("食堂套取伙食费", "第一中学", (("柳某", "总务主任"), ("鲍某", "食堂承包人"))),
         ("公款存放收受好处", "职业教育中心", (("史某", "财务科科长"),)), ("工会经费去向不明", "第二医院", (("唐某", "工会干事"),)))
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


def play(stage: Theatre) -> None:
    """From the plan to the persons retained, and back from each person to the row of the finding."""
    stage.start_at(BEGINS)
    the_force(stage)
    on_site(stage)
    classify(stage)
    elsewhere(stage)
    competent_bodies(stage)
    trace(stage)
    printed(stage)


def the_force(stage: Theatre) -> None:
    """Bodies of the line and of the place, two heads, a checklist. The first plan ends before it begins."""
    hands = Hands(stage)
    with stage.acts("chief3"):
        check = leads.register(leads.NewMatter("joint_check", "教育医疗领域财经纪律专项检查", stage.body("yj"), stage.room("yj/supervision3"), source="supervision",
                                               parties={"member": tuple(stage.body(b) for b, _ in MEMBERS)})).id
    stage.made["check"] = check
    plan = {"topic": "财经纪律执行情况", "kind": "special", "members": [{"member": str(stage.body(b)), "task": t} for b, t in MEMBERS],
            "units": [{"unit": u, "visit_on": f"2026-03-{9 + n % 5:02d}"} for n, u in enumerate(UNITS)], "checklist": [{"title": t} for t in CHECKLIST], "joined": "none", "from_on": "2026-03-02", "to_on": "2026-05-29"}
    code = hands.refused("chief3", lambda: _move(check, "submit", ("plan", {**plan, "to_on": "2026-02-01"})))
    stage.check("方案期限倒置，不能报批", "A plan that ends before it begins is not submitted", code == "guard_field")
    hands.step("chief3", check, "submit", form=("plan", plan))
    code = hands.refused("chief3", lambda: _move(check, "approve"))
    stage.check("方案未经分管领导批准，专班不能组建", "Before the deputy in charge approves no force is formed", code == "not_approved")
    hands.approved("chief3", check, "start", "yj-deputy")
    hands.step("chief3", check, "approve")
    heads = {"head_one": "chief3", "head_two": stage.holder("head@tax-dc")}
    with stage.acts("chief3"):
        people.join_team(Matter.objects.get(pk=check), stage.person(heads["head_one"]), "head_one")
        for who in ("icb-expert", "hb-zhang", hands.staff("handler", "datan/supervision1")):
            people.join_team(Matter.objects.get(pk=check), stage.person(who), "members")
    code = hands.refused("chief3", lambda: _move(check, "start"))
    stage.check("只有一名组长，专班不成立", "With one head the force does not stand", code == "guard_slots")
    with stage.acts("chief3"):
        people.join_team(Matter.objects.get(pk=check), stage.person(heads["head_two"]), "head_two")
    hands.step("chief3", check, "start")
    with stage.acts("chief3"):
        central = Matter.objects.get(pk=check).bodies.filter(role="member", body__kind="resident_organ").values("body_id").distinct().count()
        stage.check("至少三家中央在渝单位纪检机构和地方机构同在一个专班", "At least three organs of central units and local bodies in one force", central >= 3)


def _move(matter: int, move: str, form: tuple[str, dict[str, Any]] | None = None) -> None:
    moves.make(Matter.objects.get(pk=matter), move, form=form)


def on_site(stage: Theatre) -> None:
    """Every unit by the same checklist, by whoever of the force is there."""
    hands, check = Hands(stage), stage.made["check"]
    for n, unit in enumerate(UNITS):
        stage.at(f"2026-03-{9 + n:02d} 10:00")
        hands.step(("icb-expert", "hb-zhang", "chief3")[n % 3], check, "visited", form=("visit", {
            "unit": unit, "visited_on": hands.day(), "answers": [{"item": item, "state": "problem" if (n + k) % 3 else "ok"} for k, item in enumerate(CHECKLIST)]}))
    stage.check("不在专班的区县看不到检查", "A district outside the force finds no such check", not stage.sees(hands.staff("handler", "wuchuan/supervision1"), check))
    hands.step("chief3", check, "finish")


def classify(stage: Theatre) -> None:
    """Each answer "problem" is a general problem; what points at a person is a lead and goes another way."""
    hands, check = Hands(stage), stage.made["check"]
    stage.at("2026-03-20 15:00")
    with stage.acts("chief3"):
        visits = [f.data for f in Matter.objects.get(pk=check).forms.filter(form="visit").order_by("id")]
        problems = [{"title": f"{v['unit']}：{a['item']}不合规", "unit": v["unit"]} for v in visits for a in v["answers"] if a["state"] == "problem"]
    stage.made["problems"] = len(problems)
    hands.step("chief3", check, "route", form=("findings", {"problems": problems, "leads": [{"title": f"{unit}：{title}"} for title, unit, _ in LEADS], "duty": "有关单位分管负责人履责情况另附"}))
    with stage.acts("chief3"):
        made = {k: list(MatterLink.objects.filter(source_id=check, target__kind=k).order_by("target__opened_at", "target_id").values_list("target_id", flat=True)) for k in ("rectification", "lead")}
        titles = {m.id: m.title for m in Matter.objects.filter(pk__in=made["lead"])}
    stage.made["leads"] = {title.partition("：")[2]: identity for identity, title in titles.items()}
    stage.check("一个面上问题一件整改，一条线索一件线索，互不混同", "One rectification for each general problem, one lead for each lead, never mixed", len(made["rectification"]) == len(problems) and len(made["lead"]) == len(LEADS))
    code = hands.refused("chief3", lambda: _move(check, "close"))
    stage.check("问题没有整改完，检查不能结束", "The check does not end while a problem is open", code == "guard_children")


def elsewhere(stage: Theatre) -> None:
    """Somebody is retained on a lead of another origin: no result of this check."""
    hands = Hands(stage)
    duty = hands.staff("case_duty", "datan/case")
    with stage.acts(duty):
        lead = leads.register(leads.NewMatter("lead", "举报某校副校长收受财物", stage.body("datan"), stage.room("datan/supervision1"), (leads.Subject("费某", unit_name="实验小学", post="副校长"),), source="petition")).id
        for room in ("datan/case", "datan/supervision1"):
            grants.give(lead, stage.room(room), kind="handler", acts=["read", "write", "grant", "note"], ends_at=None, basis="登记", reason="")
    to_custody(stage, "datan", lead, "费某", "实验小学", "2026-03-23", 90)
    stage.made["other"] = lead


def competent_bodies(stage: Theatre) -> None:
    """Leads go where the competence is; two persons of one finding are two; one lead comes to nothing."""
    hands = Hands(stage)
    receivers = ("wuchuan", "datan", "datan", "wuchuan")
    for n, ((title, unit, persons), receiver) in enumerate(zip(LEADS, receivers, strict=True)):
        lead = stage.made["leads"][title]
        with stage.acts("chief3"):
            for name, post in persons:
                leads.add_subject(Matter.objects.get(pk=lead), leads.Subject(name, unit_name=unit, post=post))
        parcel = hands.send("chief3", lead, receiver, "按单位所在地和干部管理权限移送")
        hands.receive(hands.staff("case_duty", f"{receiver}/case"), parcel, room=stage.room(f"{receiver}/supervision1"))
        if n == len(LEADS) - 1:
            continue  # this one is still being looked at
        stage.made[f"both-{lead}"] = tuple(name for name, _ in persons)
        for k, (name, _) in enumerate(persons):
            to_custody(stage, receiver, lead, name, unit, f"2026-{4 + n // 2:02d}-{8 + n % 2 * 10:02d}", 10 * n + k, go_on=k > 0)
    stage.check("批准的是一人，宣布写成另一人：拒绝", "Approved for one person and announced for another: refused", stage.made["wrong_person"] == "which_subject")
    stage.check("移送之后，检查组看不到线索的内容", "Once handed over the force no longer sees what the leads say", not stage.sees("icb-expert", stage.made["leads"][LEADS[0][0]]))


def trace(stage: Theatre) -> None:
    """From each measure back: case, lead, the row of this check's findings. No other way counts."""
    found, others = [], []
    with stage.acts("chief3"):
        rows = {r["title"] for r in Matter.objects.get(pk=stage.made["check"]).forms.get(form="findings").data["leads"]}
    links: dict[int, tuple[int, str]] = {t: (s, k) for s, t, k in stage.admin.execute("select source_id, target_id, kind from matter_link where kind in ('child', 'derived')").fetchall()}
    for matter, person in stage.admin.execute("select m.matter_id, s.name from measure m join matter_subject s on s.id = m.subject_id where m.kind = 'liuzhi'").fetchall():
        path = [matter]
        while path[-1] in links:
            path.append(links[path[-1]][0])
        titles = dict(stage.admin.execute("select id, title from matter where id = any(%s)", [path]).fetchall())
        (found if path[-1] == stage.made["check"] and titles[path[-2]] in rows else others).append(person)
    stage.made["retained"] = found
    planned = sorted(name for _, _, persons in LEADS[:-1] for name, _ in persons)
    stage.check("每一名被留置人都经案件、线索回到本次检查的一条发现", "Every person retained traces through case and lead to a finding of this check", sorted(found) == planned)
    stage.check("另案留置的人不计入本次检查", "Whoever was retained on another lead is no result of this check", others == ["费某"])
    stage.check("检查组成员看不到任何人被采取的措施", "No member of the force sees any person's measure", not _sees_measures(stage, "icb-expert"))


def _sees_measures(stage: Theatre, who: str) -> bool:
    with stage.acts(who):
        return Measure.objects.exists()


def printed(stage: Theatre) -> None:
    """The line that is printed, from the records of this check."""
    over = YEAR
    with stage.acts("chief3"):
        problems, found = reports.figure("check_problems", over), reports.figure("check_leads", over)
        behind = {m.id for m in reports.rows_behind("check_problems", over).matters}
    stage.check("面上问题数、线索数由记录算出，可点开", "Problems and leads are counted from records and open", (problems.number, found.number) == (stage.made["problems"], len(LEADS)) and behind == {stage.made["check"]})
    stage.figure("面上问题", "general problems", float(problems.number or 0), "个")
    stage.figure("问题线索", "leads", float(found.number or 0), "条")
    stage.figure("采取留置措施", "persons retained", len(stage.made["retained"]), "人")
