"""SC-28 领导包抓: twelve topics with two leads each; towns, districts, cases, projects and benefits each with exactly one leader; what is not done is listed."""
from __future__ import annotations

from datetime import date
from typing import Any

from xieli.engines.metrics import Period
from xieli.office.cooperation import charges
from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import leads, moves, people
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.reports import services as reports

STORY = ("SC-28", "领导包抓、专题双牵头", "Leaders in charge, topics with two leads")
BEGINS = "2026-03-02 09:00"
SECRETARY = "yj-handler"
TOPICS = ("校园食品", "养老社保", "医保基金", "乡村振兴资金", "集体三资", "殡葬领域", "高标准农田", "工程招投标", "国企采购", "生态环保", "住房公积金", "物业维修资金")
DEPARTMENTS = ("edu", "health", "health", "agri", "agri", "market", "agri", "housing", "finance", "market", "housing", "housing")
TOWNS = ("文山镇", "凤灯镇", "常乐镇", "石溪镇")
YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))


def play(stage: Theatre) -> None:
    """The plan, the leads, the charges, what is uncovered or doubly covered, and what came of it."""
    stage.start_at(BEGINS)
    the_campaign(stage)
    two_leads(stage)
    progress(stage)
    towns(stage)
    districts(stage)
    one_case(stage)
    the_sheet(stage)


def the_campaign(stage: Theatre) -> None:
    """A plan with twelve topics; approved, it becomes twelve matters."""
    hands = Hands(stage)
    with stage.acts(SECRETARY):
        campaign = leads.register(leads.NewMatter("campaign", "群众身边不正之风和腐败问题集中整治", stage.body("yj"), stage.room("yj/supervision3"), level=0)).id
    roles = [{"role": r, "holder": h} for r, h in (("main_duty", "市委市政府"), ("overall", "市纪委监委"), ("together", "各主管部门"), ("local", "各区县"))]
    hands.step(SECRETARY, campaign, "planned", form=("plan", {
        "goals": "办成一批实事、查处一批案件", "scope": "全市十二个领域", "principles": "依规依纪依法", "from_on": "2026-03-02", "to_on": "2026-12-31", "roles": roles, "topics": [{"title": t} for t in TOPICS],
        "departments": [{"department": str(stage.body(d)), "duty": "行业治理"} for d in sorted(set(DEPARTMENTS))]}))
    merged = ("merged", {"items": [{"title": "食堂索证不全", "department": str(stage.body("edu"))}]})
    code = hands.refused(SECRETARY, lambda: _move(campaign, "start", merged))
    stage.check("未经批准，整治不能启动", "Without approval the campaign does not start", code == "not_approved")
    hands.approved(SECRETARY, campaign, "start", "yj-deputy")
    hands.step(SECRETARY, campaign, "start", form=merged)
    with stage.acts(SECRETARY):
        stage.made["topics"] = dict(MatterLink.objects.filter(source_id=campaign, target__kind="campaign_topic").values_list("target__title", "target_id"))
    stage.check("十二个专题各成一件", "Each of the twelve topics is a matter of its own", sorted(stage.made["topics"]) == sorted(TOPICS))


def _move(matter: int, move: str, form: tuple[str, dict[str, Any]] | None = None) -> None:
    moves.make(Matter.objects.get(pk=matter), move, form=form)


def two_leads(stage: Theatre) -> None:
    """The commission and the department each name one; a topic with one lead does not begin."""
    hands = Hands(stage)
    for n, (title, department) in enumerate(zip(TOPICS, DEPARTMENTS, strict=True)):
        topic, second = stage.made["topics"][title], stage.holder(f"head@{department}")
        form = {"department": str(stage.body(department)), "first": str(stage.person("chief3")), "second": str(stage.person(second))}
        if n == 0:
            code = hands.refused(SECRETARY, lambda t=topic, f=form: _move(t, "named", ("leads", {k: v for k, v in f.items() if k != "second"})))  # type: ignore[misc]
            stage.check("只有一个牵头人的专题不生效", "A topic with one lead is not valid", code == "required")
        hands.step(SECRETARY, topic, "named", form=("leads", form))
        with stage.acts(SECRETARY):
            people.join_team(Matter.objects.get(pk=topic), stage.person("chief3"), "supervision")
        if n == 0:
            code = hands.refused(SECRETARY, lambda t=topic: _move(t, "start"))  # type: ignore[misc]
            stage.check("监督专班只有一人，专题不启动", "With one person in the supervising force the topic does not start", code == "guard_slots")
        with stage.acts(SECRETARY):
            for who, slot in ((SECRETARY, "supervision"), (second, "rectifying")):
                people.join_team(Matter.objects.get(pk=topic), stage.person(who), slot)
        hands.step(SECRETARY, topic, "start")
    with stage.acts(SECRETARY):
        both, posts = reports.figure("topics", YEAR), reports.figure("topic_leads", YEAR)
    stage.check("十二个专题都有两个牵头，牵头岗位是专题数的两倍", "All twelve topics have both leads: twice as many posts as topics", both.number == len(TOPICS) and posts.number == 2 * len(TOPICS))
    stage.figure("双牵头专题", "topics with two leads", float(both.number or 0), "个")
    stage.figure("牵头岗位", "lead posts", float(posts.number or 0), "个")


def progress(stage: Theatre) -> None:
    """Each side reports its own column; neither can write the other's."""
    hands = Hands(stage)
    stage.at("2026-03-30 09:00")
    first = stage.made["topics"][TOPICS[0]]
    code = hands.refused(stage.holder("head@edu"), lambda: _move(first, "supervised", ("supervision", {"percent": 90, "text": "代填"})))
    stage.check("主管部门不能填监督专班的进度", "The department cannot enter the supervising force's progress", code != "")
    done = {}
    for n, (title, department) in enumerate(zip(TOPICS, DEPARTMENTS, strict=True)):
        done[title] = 5 * n + 20
        hands.step(SECRETARY, stage.made["topics"][title], "supervised", form=("supervision", {"percent": 100 - 5 * n, "text": "已督"}))
        hands.step(stage.holder(f"head@{department}"), stage.made["topics"][title], "rectified", form=("rectifying", {"percent": done[title], "text": "已改"}))
    with stage.acts(SECRETARY):
        mean = reports.figure("topic_progress", YEAR)
    stage.check("进度由两边分别填报，平均数由记录算出", "Progress is reported by each side; the mean is computed from records", mean.number is not None and round(float(mean.number), 2) == round(sum(done.values()) / len(done), 2))
    stage.figure("主管部门平均进度", "mean progress of departments", float(mean.number or 0), "%")


def _charge(stage: Theatre, leader: str, kind: str, what: str, *items: str) -> int:
    with stage.acts(SECRETARY):
        matter = leads.register(leads.NewMatter("charge", f"包抓：{what}", stage.body("yj"), stage.room("yj/supervision3"), level=0)).id
    Hands(stage).step(SECRETARY, matter, "give", form=("charge", {"person": str(stage.person(leader)), "kind": kind, "object": what, "from_on": "2026-03-30", "items": [{"title": t, "due_on": "2026-06-30"} for t in items]}))
    return int(matter)


def _gaps(stage: Theatre, kind: str) -> charges.Gaps:
    with stage.acts(SECRETARY):
        return charges.gaps(kind, date(2026, 3, 30))


def towns(stage: Theatre) -> None:
    """常委包镇: every town exactly one; one is forgotten, one is given twice."""
    duties = ("督办案件", "堵塞漏洞", "建章立制")
    twice = [_charge(stage, who, "town", town, *duties) for who, town in (("yj-head", TOWNS[0]), ("yj-deputy", TOWNS[1]), ("chief3", TOWNS[1]))]
    _charge(stage, "yj-deputy", "town", TOWNS[2], *duties)
    found = _gaps(stage, "town")
    stage.check("没人包的镇和两人包的镇都被指出", "The town without a leader and the town with two are pointed out", (found.missing, found.doubled) == ((TOWNS[3],), (TOWNS[1],)))
    Hands(stage).step(SECRETARY, twice[2], "close", form=("progress", {"done": [{"title": t, "done_on": "2026-03-30"} for t in duties]}))
    _charge(stage, "chief3", "town", TOWNS[3], *duties)
    found = _gaps(stage, "town")
    stage.check("改正之后，每个镇恰好一名包镇领导", "Mended: every town has exactly one", found == charges.Gaps((), ()))


def districts(stage: Theatre) -> None:
    """家家到: the leaders visit every district; one that was not visited is still on the list."""
    hands = Hands(stage)
    with stage.acts(SECRETARY):
        names = charges.required("area", date(2026, 3, 30))
    made = {name: _charge(stage, ("yj-head", "yj-deputy")[n % 2], "area", name, "到区调研督导") for n, name in enumerate(names)}
    stage.at("2026-04-24 17:00")
    for name in names[:-1]:
        hands.step(SECRETARY, made[name], "close", form=("progress", {"done": [{"title": "到区调研督导", "done_on": "2026-04-24"}]}))
    with stage.acts(SECRETARY):
        left = [line.object for who in ("yj-head", "yj-deputy") for line in charges.sheet(stage.person(who))["area"] if line.open]
    stage.check("没有走到的区县列名，走到的不在单上", "The district not visited is named; those visited are off the list", left == [names[-1]])
    stage.figure("已走到的区县", "districts visited", len(names) - len(left), "个")


def one_case(stage: Theatre) -> None:
    """四个一: four items of a case, and what is left of them."""
    hands = Hands(stage)
    items = ("研判一次", "督办一次", "约谈一次", "回访一次")
    case = _charge(stage, "yj-deputy", "case", "学校食堂套取伙食费案", *items)
    hands.step(SECRETARY, case, "progress", form=("progress", {"done": [{"title": items[0], "done_on": "2026-04-24"}]}))
    code = hands.refused(SECRETARY, lambda: _move(case, "close"))
    stage.check("四件没有做完，包案不能销号", "With items of the four undone the charge does not end", code == "guard_field")
    _charge(stage, "yj-deputy", "project", "重庆路三期", "协调拆迁")
    _charge(stage, "yj-deputy", "benefit", "老旧小区加装电梯", "开工", "验收")
    for title in TOPICS[:-1]:
        _charge(stage, "yj-deputy", "topic", title, "每季听取一次汇报")
    stage.check("没有领导领办的专题被指出", "A topic without a leader is pointed out", _gaps(stage, "topic").missing == (TOPICS[-1],))


def the_sheet(stage: Theatre) -> None:
    """One leader's page: all kinds, with what is left of each."""
    with stage.acts(SECRETARY):
        sheet = charges.sheet(stage.person("yj-deputy"))
        number = reports.figure("charges", YEAR)
    stage.check("一名领导一页：区县、案件、项目、实事、专题、乡镇各列其中", "One leader, one page: districts, case, project, benefit, topics, towns", all(sheet[k] for k in ("case", "project", "benefit", "topic", "town")))
    stage.check("包案还剩三件，逐项可查", "Three items of the case are left", [(line.items, line.open) for line in sheet["case"]] == [(4, 3)])
    stage.check("别处的人看不到包抓安排", "Somebody elsewhere finds no charges", not stage.sees("wuchuan-handler1", sheet["case"][0].matter))
    stage.figure("包抓对象", "objects in charge", float(number.number or 0), "件")
