"""SC-06 一笔粮补: a town committee with a hard case asks its area for hands; in half a month all facts are clear and the people are home."""
from __future__ import annotations

from xieli.office.access.models import Recusal
from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import grants, leads, moves, people
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.work import Fact
from xieli.office.people.models import TeamMember

STORY = ("SC-06", "一笔粮补：片区协作办案", "One subsidy: an area case")
BEGINS = "2026-04-07 09:00"
TOWNS = ("fengdeng", "shixi")


def play(stage: Theatre) -> None:
    """From the request for hands to the people's return."""
    stage.start_at(BEGINS)
    ask_for_hands(stage)
    activate(stage)
    send_people(stage)
    visit(stage)
    give_people_back(stage)


def ask_for_hands(stage: Theatre) -> None:
    """The town secretary reports to the area: a false claim of grain subsidies, many households, own people too close."""
    hands = Hands(stage)
    with stage.acts("wenshan-secretary"):
        matter = leads.register(leads.NewMatter("area_case", "文山镇上坝村干部虚报冒领种粮补贴", stage.body("wenshan"), None,
                                                (leads.Subject("陈某某", unit_body=stage.body("wenshan-v1"), post="社区干部"),), level=1, source="petition",
                                                parties={"county": (stage.body("zhongyue"),), "towns": tuple(stage.body(t) for t in TOWNS)}))
        stage.made["area"] = matter.id
        grants.give(matter.id, stage.body("wenshan"), kind="handler", acts=["read", "write", "note"], ends_at=None, basis="本委承办", reason="")
        grants.give(matter.id, stage.room("zhongyue/supervision1"), kind="handler", acts=["read", "write", "grant", "note"], ends_at=None, basis="片区协作办案报告", reason="")
    stage.check("片区以外的乡镇看不到", "A town outside the area sees nothing", not stage.sees("changle-clerk", stage.made["area"]))
    hands.step("wenshan-secretary", stage.made["area"], "ask", form=("ask", {"problem": "涉及四个村民小组，面积与补贴对不上，知情人多为亲友。", "needed": 4, "households": 60, "asked_on": hands.day()}))


def activate(stage: Theatre) -> None:
    """The county's deputy in charge approves; local ties are kept out before anybody is sent."""
    hands, area = Hands(stage), stage.made["area"]
    chief, deputy = stage.holder("room_head@zhongyue/supervision1"), stage.holder("deputy@zhongyue")
    stage.at("2026-04-08 10:00")
    approval = hands.ask(chief, area, "activate", {"towns": [stage.body(t) for t in TOWNS]}, reason="案情复杂，本镇力量不足且熟人多")
    code = hands.refused(chief, lambda: moves.make(Matter.objects.get(pk=area), "activate", form=("activation", {"verdict": "activate", "reason": "片区统筹力量", "decided_on": hands.day()})))
    stage.check("分管领导未批准，不能启动片区办案", "Without the deputy's approval the area case does not start", code == "not_approved")
    hands.sign(deputy, approval)
    hands.step(chief, area, "activate", form=("activation", {"verdict": "activate", "reason": "片区统筹力量", "decided_on": hands.day()}))
    stage.made["activated"] = hands.clock()
    local = hands.staff("handler", "wenshan")
    with stage.acts(chief):
        recusal = grants.raise_recusal(area, stage.person(local), ground="ties", reason="与走访村有亲属往来")
    code = hands.refused(chief, lambda: moves.make(Matter.objects.get(pk=area), "start"))
    stage.check("被走访地干部的回避未作决定，不能派人", "While the recusal of a local cadre is undecided nobody is sent", code == "guard_recusal")
    with stage.acts(deputy):
        grants.decide_recusal(recusal, area, "in_force", "与被走访户有亲属关系，应当回避")
        stage.check("回避决定有提出人、决定人和理由", "The recusal has who raised it, who decided it and why", Recusal.objects.filter(pk=recusal, state="in_force").exclude(raised_by=None).exclude(decided_by=None).exists())
    stage.check("回避的本镇干部看不到这一事项", "The recused local cadre sees nothing of the matter", not stage.sees(local, area))
    with stage.acts("wenshan-secretary"):
        for person, slot in ((deputy, "leader"), (chief, "room"), ("wenshan-secretary", "room"), (hands.staff("handler", "zhongyue/supervision1"), "liaison")):
            people.join_team(Matter.objects.get(pk=area), stage.person(person), slot)
    hands.step(chief, area, "start")


def send_people(stage: Theatre) -> None:
    """Each town of the area sends one person: recusal, both approvals, undertaking; only then access, to this matter alone."""
    hands, area = Hands(stage), stage.made["area"]
    stage.at("2026-04-08 14:00")
    with stage.acts("wenshan-secretary"):
        found = {link.target.owner_body_id: link.target_id for link in MatterLink.objects.filter(source_id=area, target__kind="dispatch").select_related("target")}
    stage.check("每个乡镇各一件派员", "One dispatch for each town", sorted(found) == sorted(stage.body(t) for t in TOWNS))
    for town in TOWNS:
        dispatch = found[stage.body(town)]
        stage.made[f"dispatch-{town}"] = dispatch
        sent = hands.staff("handler", town, 1)
        stage.made[f"sent-{town}"] = sent
        _one_dispatch(stage, hands, town, dispatch, sent)
    for town in TOWNS:
        hands.step(stage.made[f"sent-{town}"], area, "sent", body=str(stage.body(town)))
    with stage.acts("wenshan-secretary"):
        stage.check("人员到齐，开始核查，十五日时钟在走", "The team is complete and works; a clock of fifteen days runs", Matter.objects.get(pk=area).stages == ["working"]
                    and Matter.objects.get(pk=area).clocks.filter(code="half_month", state="running").exists())


def _one_dispatch(stage: Theatre, hands: Hands, town: str, dispatch: int, sent: str) -> None:
    secretary, organiser = hands.staff("town_secretary", town), hands.staff("handler", town)
    with stage.acts("wenshan-secretary"):
        leads.ensure_begun(Matter.objects.get(pk=dispatch))
    hands.step("wenshan-secretary", dispatch, "ask", form=("request", {"matter": str(stage.made["area"]), "kind": "team", "skills": "走访询问、台账核对", "from_on": "2026-04-08", "to_on": "2026-04-24"}))
    stage.check("未经批准，派出人员看不到案件", "Before approval the person to be sent does not see the case", not stage.sees(sent, stage.made["area"]))
    hands.step(organiser, dispatch, "name", form=("candidate", {"person": str(stage.person(sent)), "in_pool": True, "back_to_back": False, "ties": "无", "same_employer": False}))
    hands.step(organiser, dispatch, "cleared")
    what = {"partner": stage.body("wenshan"), "person": stage.person(sent)}
    hands.approved(organiser, dispatch, "host", "wenshan-secretary", what=what)
    hands.step("wenshan-secretary", dispatch, "approve_host")
    hands.approved(organiser, dispatch, "home", secretary, what=what)
    hands.step(secretary, dispatch, "approve_home")
    hands.step(sent, dispatch, "start", form=("undertaking", {"signed_on": hands.day(), "trained": True}))
    stage.check("到岗后只看得到这一件", "Once in place he sees this matter", stage.sees(sent, stage.made["area"]))


def visit(stage: Theatre) -> None:
    """Joint household visits by people of at least two bodies; on the twelfth day the facts are clear."""
    hands, area = Hands(stage), stage.made["area"]
    chief = stage.holder("room_head@zhongyue/supervision1")
    with stage.acts("wenshan-secretary"):
        posted = {m.person.postings.order_by("id").values_list("body_id", flat=True)[0] for m in TeamMember.objects.filter(team__matter_id=area).select_related("person")}
        stage.check("走访组由两个以上机构的人员组成", "The visiting team has members of two bodies or more", len(posted) >= 2)
    stage.at("2026-04-14 17:00")
    hands.step(chief, area, "more", form=("facts", {"visited": 37, "clear": False, "text": "两组面积已核对，还差两组。", "clear_on": hands.day()}))
    stage.at("2026-04-20 16:00")
    hands.step(chief, area, "clear", form=("facts", {"visited": 62, "clear": True, "text": "虚报面积 41 亩，冒领补贴六年，资金去向查清。", "clear_on": hands.day()}))
    days = (hands.clock() - stage.made["activated"]).days
    stage.figure("启动到事实查清", "activation to facts clear", days, "d")
    stage.check("半个月内查清（不超过 15 日）", "Clear in half a month (at most 15 days)", days <= 15)
    with stage.acts(chief):
        facts = Fact.objects.filter(matter_id=area, code="area_case.visited")
        stage.check("走访户数以最后一次为准，前一次已撤回留痕", "The last count of households stands; the earlier one is retracted and kept", [int(f.number or 0) for f in facts.filter(retracted_at=None)] == [62] and facts.exclude(retracted_at=None).count() == 1)


def give_people_back(stage: Theatre) -> None:
    """The people go home, their access ends at that instant, and each has an appraisal; the county files under its own powers."""
    hands, area = Hands(stage), stage.made["area"]
    chief = stage.holder("room_head@zhongyue/supervision1")
    stage.at("2026-04-21 09:00")
    for town in TOWNS:
        dispatch, sent = stage.made[f"dispatch-{town}"], stage.made[f"sent-{town}"]
        hands.step("wenshan-secretary", dispatch, "end_early", reason="事实已经查清")
        stage.check("人员归还当刻，权限终止", "At the instant of return the access ends", not stage.sees(sent, area))
        hands.step("wenshan-secretary", dispatch, "appraised", form=("appraisal", {"text": "走访认真，台账功底好。", "ended_on": hands.day(), "materials_back": True}))
    members = stage.admin.execute("select count(*) from team_member m join team t on t.id = m.team_id where t.matter_id = %s and m.slot = 'seconded' and m.ends_at is null", [area]).fetchone()
    stage.check("派出人员全部恢复可用", "All who were sent are available again", members == (0,))
    hands.step(chief, area, "file", form=("result", {"way": "file", "text": "由县纪委监委按权限立案"}))
    with stage.acts(chief):
        case = MatterLink.objects.get(source_id=area, target__kind="case").target
        stage.check("立案由有权的县纪委监委按原有规定办理，协作不增加权限", "The county commission files under its own powers; cooperation adds none", case.owner_body_id == stage.body("zhongyue") and case.stages == ["prepare"])
