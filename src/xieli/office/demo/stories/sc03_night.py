"""The second half of SC-03: Wuchuan's afternoon and night, and what becomes of the fire corps' lead."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import ZONE, Theatre
from xieli.office.matters.services import approvals, competence, grants, handover, measures, moves, people, tasks
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.matters.tables.handover import FeedbackDuty, Handover, LineNotice
from xieli.office.matters.tables.measures import Measure, Presence
from xieli.office.matters.tables.work import Task

TEAM = (("zhou-rong", "leader"), ("wuchuan-handler1", "members"), ("wuchuan-handler2", "members"))


def play(stage: Theatre) -> None:
    """From the car at noon to the answer."""
    on_the_road(stage)
    the_talk(stage)
    from_lead_to_case(stage)
    file_the_case(stage)
    approve_liuzhi(stage)
    announce(stage)
    tell_everybody(stage)
    what_became_of_it(stage)
    timeline(stage)


def on_the_road(stage: Theatre) -> None:
    """12:00, the car leaves; at home the lead is taken up and assigned."""
    hands, lead = Hands(stage), stage.made["lead"]
    duty, head = hands.staff("case_duty", "wuchuan/case"), stage.holder("head@wuchuan")
    stage.at("2026-03-17 11:45")
    hands.step(duty, lead, "accept", form=("registration", {
        "subject": "郭某某", "unit": str(stage.body("fire")), "source": "superior", "named": False, "first_time": True, "received_on": hands.day(),
        "kinds": ["bid_rigging"], "priority": ["assigned"], "summary": "消防装备采购三笔价差悬殊，承认收受礼金一次。", "acceptable": "accept"}))
    hands.approved(duty, lead, "assign", head, what={"room": stage.room("wuchuan/supervision1")}, urgent=True)
    hands.step(head, lead, "assign")
    code = hands.refused(duty, lambda: people.join_team(Matter.objects.get(pk=lead), stage.person("wuchuan-kin"), "members"))
    stage.check("郭海燕是对象近亲属：系统推算回避，不能进组", "Guo Haiyan is near kin of the subject: recused by computation, she cannot join", code == "recused")
    stage.check("被回避的人在列表里也看不到这一事项", "Who is recused does not find the matter in any list", not stage.sees("wuchuan-kin", lead))
    with stage.acts("wuchuan-handler1"):
        stage.made["car"] = tasks.assign(Matter.objects.get(pk=lead), "周蓉带队乘车出发，路上定方案").id
    stage.at("2026-03-17 12:00")
    with stage.acts("wuchuan-handler1"):
        tasks.finish(Task.objects.get(pk=stage.made["car"]))


def the_talk(stage: Theatre) -> None:
    """14:00–18:00, a talk that the subject may leave; risk and keeper on record; nobody waits for an approval."""
    hands, lead = Hands(stage), stage.made["lead"]
    chief, head = stage.holder("room_head@wuchuan/supervision1"), stage.holder("head@wuchuan")
    stage.at("2026-03-17 13:00")
    hands.step(chief, lead, "propose", form=("opinion", {"way": "preliminary_check", "reasons": "事实具体、可查性强，且有自伤串供风险。", "study": True,
                                                         "report_up": False, "proposed_on": hands.day()}))
    hands.approved(chief, lead, "disposal", "zhou-rong", head, urgent=True)
    hands.step(head, lead, "do_check")
    hands.approved("wuchuan-handler1", lead, "check_start", head, urgent=True)
    with stage.acts("wuchuan-handler1"):
        for person, slot in (("wuchuan-handler1", "leader"), ("wuchuan-handler2", "members")):
            people.join_team(Matter.objects.get(pk=lead), stage.person(person), slot)
    hands.step("wuchuan-handler1", lead, "start_check", form=("check_plan", {"scope": "核实三笔采购的定价过程和资金去向", "until": "2026-03-18",
                                                                             "safety": "家属和单位各一人陪护，医护待命，每两小时休息。"}))
    stage.at("2026-03-17 14:00")
    with stage.acts("wuchuan-handler1"):
        matter = Matter.objects.get(pk=lead)
        subject = MatterSubject.objects.get(matter=matter)
        talk = measures.open_presence(matter, subject, basis="walk_in_talk", place="北屏区谈话场所一室", keeper=stage.person("wuchuan-handler2"),
                                      risk_note="情绪低落，曾言轻生：高风险；陪护二人，医护在场", free_to_leave=True)
        measures.enter_presence(talk, "leave_offer", note="已告知可随时离开")
    two = [{"person": stage.person("wuchuan-handler1"), "role": "lead"}, {"person": stage.person("wuchuan-handler2"), "role": "assistant"}]
    one: list[dict[str, Any]] = [two[0], {"person": stage.person("fire-handler"), "role": "specialist"}]
    code = hands.refused("wuchuan-handler1", lambda: measures.enter_presence(Presence.objects.get(pk=talk.pk), "talk", persons=one))
    stage.check("专业人员不计入谈话的两名有资格人员", "A specialist does not count among the two persons with standing", code == "two_persons")
    stage.at("2026-03-17 16:00")
    with stage.acts("wuchuan-handler1"):
        presence = Presence.objects.get(pk=talk.pk)
        measures.enter_presence(presence, "talk", at=_time("14:05"), until=_time("16:00"), persons=two)
        measures.enter_presence(presence, "medical", at=_time("16:00"), note="血压正常，情绪平稳")
    stage.at("2026-03-17 18:00")
    with stage.acts("wuchuan-handler1"):
        presence = Presence.objects.get(pk=talk.pk)
        measures.enter_presence(presence, "rest", at=_time("16:15"), until=_time("17:00"))
        measures.enter_presence(presence, "talk", at=_time("17:00"), until=_time("18:00"), persons=two)
        measures.close_presence(presence, kind="left")
    code = hands.refused("wuchuan-handler1", lambda: measures.open_presence(Matter.objects.get(pk=lead), MatterSubject.objects.get(matter_id=lead),
                                                                            basis="waiting_for_approval", place="北屏区谈话场所一室"))
    stage.check("等待审批不是留人的依据：系统拒绝", "Waiting for an approval is no basis to keep anyone: refused", code == "presence_basis")


def _time(hour_minute: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-17 {hour_minute}").replace(tzinfo=ZONE)


def from_lead_to_case(stage: Theatre) -> None:
    """18:30, the check is reported and its result approved; a case follows."""
    hands, lead = Hands(stage), stage.made["lead"]
    head = stage.holder("head@wuchuan")
    stage.at("2026-03-17 18:30")
    hands.step("wuchuan-handler1", lead, "finish_check", form=("check_report", {
        "proposal": "file", "all_signed": True, "unfounded": False, "findings": "对象交代两次收受供货商现金，银行取款凭证可印证。", "signed_on": hands.day()}))
    hands.approved("wuchuan-handler1", lead, "check_result", head, urgent=True)
    hands.step(head, lead, "file")
    stage.made["case"] = hands.child("wuchuan-handler1", lead, "case")


def file_the_case(stage: Theatre) -> None:
    """19:00–20:45, papers in parallel, decisions in order: competence, head, party secretary on paper, plan, team."""
    hands, case = Hands(stage), stage.made["case"]
    head, duty, clerk = stage.holder("head@wuchuan"), hands.staff("case_duty", "wuchuan/case"), hands.staff("clerk", "wuchuan/case")
    stage.at("2026-03-17 19:00")
    form = ("filing", {"subject": "郭某某", "facts": "涉嫌受贿，主要事实有书证印证。", "sides": "both", "central_unit": True, "filed_on": hands.day()})
    code = hands.refused("wuchuan-handler1", lambda: moves.make(Matter.objects.get(pk=case), "submit", form=form))
    stage.check("协作不等于管辖：未登记管辖依据不能报请立案", "Cooperation is not jurisdiction: no filing without a basis of competence", code == "guard_competence")
    with stage.acts("wuchuan-handler1"):
        competence.record_basis(Matter.objects.get(pk=case), "designation", body=stage.body("wuchuan"), given_by=stage.body("yj"), document_no="渝江纪指〔2026〕4号")
    hands.step("wuchuan-handler1", case, "submit", form=form)
    filing = hands.ask("wuchuan-handler1", case, "file", {"side": "both"}, urgent=True)
    plan = hands.ask("wuchuan-handler1", case, "plan", {}, urgent=True, collective_no="巫川纪专题〔2026〕5号")
    code = hands.refused(head, lambda: _decide(plan))
    stage.check("材料可以并行准备，决定只能依次：立案未批，方案不能先批", "Papers in parallel, decisions in order: the plan is not approved before the filing", code == "order")
    stage.at("2026-03-17 19:30")
    hands.sign("zhou-rong", filing)
    hands.sign(head, filing)
    with stage.acts("wuchuan-handler1"):
        for person in (duty, clerk):
            grants.give(case, stage.person(person), kind="handler", acts=["read", "write"], ends_at=None, basis="案管录入纸质签批", reason="")
    stage.at("2026-03-17 20:30")
    state = hands.sign_on_paper((duty, clerk), filing, "巫川委批〔2026〕11号", "2026-03-17 20:20")
    stage.check("同级党委主要负责人纸质签批，两名工作人员各录一次才生效", "The party secretary signs on paper; it counts once two clerks have entered it", state == "approved")
    hands.step(head, case, "file")
    hands.sign(head, plan)
    with stage.acts("wuchuan-handler1"):
        for person, slot in TEAM:
            people.join_team(Matter.objects.get(pk=case), stage.person(person), slot)
    stage.at("2026-03-17 20:45")
    hands.step("zhou-rong", case, "start", form=("plan", {"scope": "郭某某受贿的主要事实和资金去向", "threads": "装备采购定价机制治理、监督重点、警示教育", "safety": "专人看护、医护值班"}))


def _decide(approval: int) -> None:
    approvals.decide(Approval.objects.get(pk=approval), "approved")


def approve_liuzhi(stage: Theatre) -> None:
    """21:00–23:10: proposal, collective record, the superior's approval of this liuzhi."""
    hands, case = Hands(stage), stage.made["case"]
    head = stage.holder("head@wuchuan")
    stage.at("2026-03-17 21:00")
    hands.step("zhou-rong", case, "propose_liuzhi", reason="案情重大，可能自伤、串供")
    liuzhi = hands.child("zhou-rong", case, "liuzhi")
    stage.made["liuzhi"] = liuzhi
    hands.step("zhou-rong", liuzhi, "propose", form=("proposal", {
        "subject": "郭某某", "ground": "collusion", "place": str(stage.body("wuchuan")), "place_confirmed": True,
        "safety": "高风险：单人看护、软包、医护二十四小时值班。", "alternatives": "对象已串供两次，责令候查不足以防止。"}))
    code = hands.refused("zhou-rong", lambda: _take_now(stage, liuzhi))
    stage.check("未批准的措施，任何入口都不能执行", "A measure that was not approved is executed through no door", code == "not_approved")
    stage.at("2026-03-17 22:00")
    approval = hands.ask("zhou-rong", liuzhi, "liuzhi", {"document_no": "渝江纪批〔2026〕21号"}, urgent=True, collective_no="巫川纪会〔2026〕9号")
    stage.at("2026-03-17 22:20")
    hands.sign(head, approval)
    stage.at("2026-03-17 23:10")
    hands.sign("yj-head", approval)
    hands.step(head, liuzhi, "agree", form=("collective", {"verdict": "agree", "attendees": "委领导班子七人到会六人", "minutes": "巫川纪会〔2026〕9号", "superior_no": "渝江纪批〔2026〕21号"}))


def _take_now(stage: Theatre, liuzhi: int) -> None:
    matter = Matter.objects.get(pk=liuzhi)
    measures.take(matter, MatterSubject.objects.get(matter=matter), "liuzhi", approval=None, by_body=stage.body("wuchuan"), superior_no="x")


def announce(stage: Theatre) -> None:
    """23:30: announced, rights sheet given, recording on; the presence clock goes on under the measure."""
    hands, liuzhi = Hands(stage), stage.made["liuzhi"]
    stage.at("2026-03-17 23:30")
    hands.step("wuchuan-handler1", liuzhi, "announce", form=("announcement", {
        "subject": "郭某某", "announced_at": "2026-03-17T23:30:00+08:00", "signed": True, "medical": "care", "rights_sheet": True, "recording": True}))
    with stage.acts("wuchuan-handler1"):
        matter = Matter.objects.get(pk=liuzhi)
        measure = Measure.objects.get(matter=matter)
        measures.open_presence(matter, measure.subject, basis="liuzhi", place="巫川县留置场所", measure=measure, keeper=stage.person("wuchuan-handler2"),
                               risk_note="入所体检：适合但须照护；高风险看护", free_to_leave=False)
        stage.made["measure"] = measure.id
        stage.check("权利义务告知书随措施交付", "The rights sheet is given with the measure", not measure.sheets.filter(given_at=None).exists())
        stage.check("留置期限自宣布起算，另有二十四小时通知时钟", "The limit of liuzhi runs from the announcement, beside a 24-hour clock for the notices", {"custody", "notify24"} <= set(matter.clocks.filter(state="running").values_list("code", flat=True)))
        stage.check("集体研究记录和上级批准文号都在措施上", "The measure carries the collective record and the superior's approval number", measure.collective_no == "巫川纪会〔2026〕9号" and measure.superior_no == "渝江纪批〔2026〕21号")


def tell_everybody(stage: Theatre) -> None:
    """The next morning: unit and family told within 24 hours, the line of the central unit told at filing and at liuzhi."""
    hands, liuzhi, case = Hands(stage), stage.made["liuzhi"], stage.made["case"]
    stage.at("2026-03-18 08:40")
    hands.step("wuchuan-handler1", liuzhi, "told", form=("notice", {"unit_told_at": "2026-03-18T08:00:00+08:00", "family_told_at": "2026-03-18T08:30:00+08:00", "impediment": False}))
    with stage.acts("wuchuan-handler1"):
        matter = Matter.objects.get(pk=liuzhi)
        measure = Measure.objects.get(pk=stage.made["measure"])
        told = list(measure.notices.values_list("given_at", flat=True))
        stage.check("二十四小时内通知了单位和家属", "Unit and family were told within 24 hours", len(told) == 2 and all(t is not None and (t - measure.started_at).total_seconds() < 24 * 3600 for t in told))
        stage.check("通知时钟停止", "The clock of the notices has stopped", matter.clocks.get(code="notify24").state == "stopped")
        owed = LineNotice.objects.filter(matter_id__in=[case, liuzhi], given_at=None)
        stage.check("立案和留置都欠条线一份通报", "Filing and liuzhi each owe the line a notice", {n.matter_id for n in owed} == {case, liuzhi})
        for number, notice in enumerate(owed.order_by("owed_since"), 12):
            competence.give_line_notice(notice, f"巫川纪通〔2026〕{number}号")
        stage.check("条线通报均已发出", "All notices to the line were given", not LineNotice.objects.filter(matter_id__in=[case, liuzhi], given_at=None).exists())


def what_became_of_it(stage: Theatre) -> None:
    """The channel closes with its answer; the fire corps' officer reads what became of his lead, and nothing of the case."""
    hands, channel = Hands(stage), stage.made["channel"]
    stage.at("2026-03-18 09:00")
    hands.step("chief3", channel, "designated")
    code = hands.refused("chief3", lambda: moves.make(Matter.objects.get(pk=channel), "answered"))
    stage.check("没有答复，通道不能关闭", "Without an answer the channel does not close", code == "feedback_owed")
    with stage.acts("chief3"):
        handover.give(FeedbackDuty.objects.get(matter_id=channel, state="open"), "已指定有关区县纪委监委办理，依法采取措施。", final=True, outcome_class="designated")
    hands.step("chief3", channel, "answered")
    with stage.acts("chief3"):
        day = Matter.objects.get(pk=channel).clocks.get(code="day")
        stage.check("通道二十四小时内办结", "The channel was done within 24 hours", day.state == "stopped" and day.stopped_at is not None and (day.stopped_at - day.started_at).total_seconds() < 24 * 3600)
    with stage.acts("wuchuan-handler1"):
        handover.tell_sender(Handover.objects.get(pk=stage.made["down"]), "verifying", "已立案审查调查")
        handover.tell_sender(Handover.objects.get(pk=stage.made["parcel"]), "verifying", "已立案审查调查")
        duty = FeedbackDuty.objects.get(handover_id=stage.made["parcel"], state="open")
        handover.give(duty, "反映问题属实，已对郭某某立案审查调查并采取留置措施。", final=True, outcome_class="case_filed", usable=True)
    with stage.acts("fire-handler"):
        parcel = Handover.objects.get(pk=stage.made["parcel"])
        answer = parcel.duties.get().answers.get()
        stage.check("消防总队纪委看到“后来怎么样了”：回执、阶段、答复", "The fire corps' committee reads what became of it: receipt, stage, answer", bool(parcel.receipt_no) and parcel.coarse_stage == "answered" and "立案" in answer.text)
        stage.check("但看不到案件、留置和指定的任何内容", "But nothing of the case, the measure or the designation", not Matter.objects.filter(pk__in=[stage.made[k] for k in ("lead", "case", "liuzhi", "designation")]).exists())


def timeline(stage: Theatre) -> None:
    """The figures: two hours to the car, thirteen and a half to the measure — of approvals, not of a person."""
    lead, liuzhi = stage.made["lead"], stage.made["liuzhi"]
    call = _instant(stage, "select opened_at from matter where id = %s", stage.made["channel"])
    car = _instant(stage, "select done_at from task where id = %s", stage.made["car"])
    measure = _instant(stage, "select started_at from measure where matter_id = %s", liuzhi)
    stage.figure("接电话到出发（审批与集结）", "call to car (approvals and muster)", (car - call).total_seconds() / 3600, "h")
    stage.figure("接电话到采取措施（审批用时，不是留人用时）", "call to measure (time of approvals, not of a person)", (measure - call).total_seconds() / 3600, "h")
    stage.check("出发 2 小时", "Two hours to the car", round((car - call).total_seconds() / 60) == 120)
    stage.check("措施 13.5 小时", "13.5 hours to the measure", round((measure - call).total_seconds() / 60) == 810)
    order = [_instant(stage, "select decided_at from approval where matter_id = %s and act = %s", m, act)
             for m, act in ((stage.made["designation"], "designate"), (lead, "check_result"), (stage.made["case"], "file"), (stage.made["case"], "plan"), (liuzhi, "liuzhi"))]
    stage.check("次序：指定 → 初核结果 → 立案 → 方案（集体）→ 留置批准 → 措施", "Order: designation → result of the check → filing → plan (collective) → approval of liuzhi → measure", order == sorted(order) and order[-1] <= measure)
    rows = stage.admin.execute("select started_at, ended_at, basis, keeper_id, risk_note from presence where matter_id = any (%s) order by started_at", [[lead, liuzhi]]).fetchall()
    stage.check("每一分钟到场都有依据，没有一段以等待审批为依据", "Every minute of presence has a basis, and waiting for approval is none of them", len(rows) == 2 and all(r[2] in ("walk_in_talk", "liuzhi") for r in rows))
    stage.check("风险评估和看护人都有记录", "Risk and keeper are on record", all(r[3] and r[4] for r in rows))
    held = (rows[0][1] - rows[0][0]).total_seconds() / 3600
    stage.figure("谈话到场", "presence for the talk", held, "h")


def _instant(stage: Theatre, query: str, *arguments: Any) -> datetime:
    row = stage.admin.execute(query, list(arguments)).fetchone()  # type: ignore[arg-type]
    assert row is not None
    value: datetime = row[0]
    return value
