"""The end of SC-01: from the result of the check to custody in its lawful order, the talks, and the prosecutor's receipt."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import ZONE, Theatre
from xieli.office.desk.models import Hit
from xieli.office.matters.services import competence, grants, leads, measures, moves, people
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.matters.tables.handover import Handover, LineNotice
from xieli.office.matters.tables.measures import Measure, Presence


def play(stage: Theatre) -> None:
    """February to 26 May."""
    answer_the_bank(stage)
    from_lead_to_case(stage)
    close_in(stage)
    custody(stage)
    talks(stage)
    the_joint_team(stage)
    to_the_prosecutor(stage)


def answer_the_bank(stage: Theatre) -> None:
    """Each class of the request is answered or refused with a reason; the bank sees answers, never raw data of others."""
    hands, request = Hands(stage), stage.made["request"]
    stage.at("2026-02-12 14:00")
    items = [{"what": "本人账户大额往来", "state": "answered"}, {"what": "近亲属", "state": "refused", "reason": "原始户籍信息不向协作方提供，由主办方使用"}, {"what": "亲属持股企业", "state": "answered"}]
    code = hands.refused("yj-duty", lambda: moves.make(Matter.objects.get(pk=request), "reply", form=("reply", {"replied_on": hands.day(), "items": [{"what": "近亲属", "state": "refused"}]}), body=str(stage.body("yj"))))
    stage.check("拒绝提供须写明理由", "A refusal needs its reason", code == "required")
    hands.step("yj-duty", request, "reply", form=("reply", {"replied_on": hands.day(), "items": items}), body=str(stage.body("yj")))
    with stage.acts("icb-expert"):
        stage.check("银行纪委看得到逐项答复，看不到碰撞结果", "The bank's committee sees the answers item by item and no hit", not Hit.objects.exists())


def from_lead_to_case(stage: Theatre) -> None:
    """The check's result is approved; competence is recorded; the case is filed in the lawful order."""
    hands, lead, head, deputy = Hands(stage), stage.made["lead"], stage.made["head"], stage.made["deputy"]
    stage.at("2026-02-13 09:00")
    hands.step("datan-lead", lead, "finish_check", form=("check_report", {"proposal": "file", "all_signed": True, "unfounded": False, "findings": "亲属企业承揽合同、资金回流均有书证印证。", "signed_on": hands.day()}))
    hands.approved("datan-lead", lead, "check_result", head)
    hands.step(head, lead, "file")
    case = stage.made["case"] = hands.child("datan-lead", lead, "case")
    form = ("filing", {"subject": "段某", "facts": "利用授信审批便利，由亲属企业承揽业务并回流资金。", "sides": "both", "central_unit": True, "filed_on": hands.day()})
    code = hands.refused("datan-lead", lambda: moves.make(Matter.objects.get(pk=case), "submit", form=form))
    stage.check("协作不等于管辖：未登记管辖依据不能报请立案", "Cooperation is not jurisdiction: no filing without a basis of competence", code == "guard_competence")
    with stage.acts("datan-lead"):
        competence.record_basis(Matter.objects.get(pk=case), "designation", body=stage.body("datan"), given_by=stage.body("yj"), document_no="渝江纪指〔2026〕2号")
        for person in (stage.made["duty"], hands.staff("clerk", "datan/case"), stage.made["chief"], deputy, head):
            grants.give(case, stage.person(person), kind="handler", acts=["read", "write"], ends_at=None, basis="分管或案管", reason="")
    hands.step("datan-lead", case, "submit", form=form)
    filing = hands.ask("datan-lead", case, "file", {"side": "both"})
    plan = hands.ask("datan-lead", case, "plan", {}, collective_no="大滩纪专题〔2026〕3号")
    hands.sign(deputy, filing)
    hands.sign(head, filing)
    stage.at("2026-02-13 15:00")
    clerks = (stage.made["duty"], hands.staff("clerk", "datan/case"))
    stage.check("同级党委主要负责人纸质签批，两人录入", "The party secretary signs on paper, entered by two clerks", hands.sign_on_paper(clerks, filing, "大滩委批〔2026〕4号", "2026-02-13 14:30") == "approved")
    hands.step(head, case, "file")
    hands.sign(head, plan)
    with stage.acts("datan-lead"):
        for person, slot in ((deputy, "leader"), ("datan-lead", "members"), (stage.made["second"], "members")):
            people.join_team(Matter.objects.get(pk=case), stage.person(person), slot)
    hands.step(deputy, case, "start", form=("plan", {"scope": "授信谋利、亲属企业、资金回流", "threads": "授信审批治理、关联交易监督、警示教育", "safety": "专人看护、医护值班"}))
    with stage.acts("datan-lead"):
        for number, notice in enumerate(LineNotice.objects.filter(matter_id=case, given_at=None), 1):
            competence.give_line_notice(notice, f"大滩纪通〔2026〕{number}号")


def close_in(stage: Theatre) -> None:
    """The operation begins only when every measure on its list is approved; who is not on its list does not know of it."""
    hands, head, deputy = Hands(stage), stage.made["head"], stage.made["deputy"]
    stage.at("2026-02-26 09:00")
    hands.step(deputy, stage.made["case"], "propose_liuzhi", reason="案情重大，可能串供、毁灭证据")
    liuzhi = stage.made["liuzhi"] = hands.child(deputy, stage.made["case"], "liuzhi")
    hands.step(deputy, liuzhi, "propose", form=("proposal", {"subject": "段某", "ground": "collusion", "place": str(stage.body("datan")), "place_confirmed": True,
                                                             "safety": "入所体检、专人看护、医护二十四小时值班。", "alternatives": "对象与特定关系人多次串供，较轻措施不足以防止。"}))
    with stage.acts(deputy):
        operation = leads.register(leads.NewMatter("closing_in", "收网行动", stage.body("datan"), stage.room("datan/supervision1"), (), source="case", level=2)).id
        grants.give(operation, stage.person(head), kind="handler", acts=["read", "write"], ends_at=None, basis="指挥", reason="")
    plan: dict[str, Any] = {"start_at": "2026-02-27T20:00:00+08:00", "teams": [{"team": "一组", "task": "控制", "planned_at": "2026-02-27T20:00:00+08:00"}], "measures": [{"measure": "留置"}],
                            "risk": "high", "safety": "医护随行，专人看护", "keeper": str(stage.person(stage.made["second"]))}
    code = hands.refused(deputy, lambda: moves.make(Matter.objects.get(pk=operation), "ready", form=("plan", plan)))
    stage.check("清单上有措施未批准，收网不能开始", "While a listed measure is not approved the operation cannot begin", code == "guard_field")
    approve_custody(stage)
    plan["measures"] = [{"measure": "留置", "approved_no": "渝江纪批〔2026〕9号"}]
    hands.step(deputy, operation, "ready", form=("plan", plan))
    hands.approved(deputy, operation, "go", head)
    stage.at("2026-02-27 20:00")
    hands.step(deputy, operation, "go")
    stage.check("名单以外的人不知道收网", "Who is not on the list does not know of it", not stage.sees("icb-expert", operation) and not stage.sees("yj-analyst", operation))
    stage.made["operation"] = operation


def approve_custody(stage: Theatre) -> None:
    """Collective record, then the superior's approval of this measure; nothing is executed before."""
    hands, liuzhi, head, deputy = Hands(stage), stage.made["liuzhi"], stage.made["head"], stage.made["deputy"]
    approval = hands.ask(deputy, liuzhi, "liuzhi", {"document_no": "渝江纪批〔2026〕9号"}, collective_no="大滩纪会〔2026〕6号")
    code = hands.refused(deputy, lambda: _take_now(stage, liuzhi))
    stage.check("未获上级批准，留置不能执行", "Without the superior's approval custody is not executed", code == "not_approved")
    hands.sign(head, approval)
    stage.at("2026-02-27 10:00")
    hands.sign("yj-head", approval)
    hands.step(head, liuzhi, "agree", form=("collective", {"verdict": "agree", "attendees": "委领导班子六人到会五人", "minutes": "大滩纪会〔2026〕6号", "superior_no": "渝江纪批〔2026〕9号"}))


def _take_now(stage: Theatre, liuzhi: int) -> None:
    matter = Matter.objects.get(pk=liuzhi)
    measures.take(matter, MatterSubject.objects.get(matter=matter), "liuzhi", approval=None, by_body=stage.body("datan"), superior_no="x")


def custody(stage: Theatre) -> None:
    """Announced with the rights sheet; unit and family told within a day; the limit shows both readings of its first day."""
    hands, liuzhi = Hands(stage), stage.made["liuzhi"]
    stage.at("2026-02-27 20:30")
    hands.step("datan-lead", liuzhi, "announce", form=("announcement", {"subject": "段某", "announced_at": "2026-02-27T20:30:00+08:00", "signed": True, "medical": "fit", "rights_sheet": True, "recording": True}))
    with stage.acts("datan-lead"):
        matter = Matter.objects.get(pk=liuzhi)
        measure = Measure.objects.get(matter=matter)
        stage.made["measure"] = measure.id
        measures.open_presence(matter, measure.subject, basis="liuzhi", place="大滩区留置场所", measure=measure, keeper=stage.person(stage.made["second"]), risk_note="体检适合，专人看护", free_to_leave=False)
    hands.step(stage.made["deputy"], stage.made["operation"], "done", form=("result", {"rows": [{"team": "一组", "done_at": "2026-02-27T20:28:00+08:00", "text": "到位"}]}))
    stage.at("2026-02-28 08:30")
    hands.step("datan-lead", liuzhi, "told", form=("notice", {"unit_told_at": "2026-02-28T08:00:00+08:00", "family_told_at": "2026-02-28T08:20:00+08:00", "impediment": False}))
    with stage.acts("datan-lead"):
        clock = Matter.objects.get(pk=liuzhi).clocks.get(code="custody")
        stage.check("留置期限：两种起算读法都列出，警示和关口取较早一日", "The limit of custody: both readings of the first day are shown; alarm and gate take the earlier",
                    clock.alarm_at is not None and clock.due_at is not None and (clock.due_at - clock.alarm_at).days == 1)
        for number, notice in enumerate(LineNotice.objects.filter(matter_id=liuzhi, given_at=None), 9):
            competence.give_line_notice(notice, f"大滩纪通〔2026〕{number}号")


def talks(stage: Theatre) -> None:
    """Xu leads, Liu answers the financial tricks under a written appointment and hands back; the specialist never counts among the two."""
    hands, liuzhi = Hands(stage), stage.made["liuzhi"]
    lead, second, expert = ({"person": stage.person(p), "role": r} for p, r in (("datan-lead", "lead"), (stage.made["second"], "assistant"), ("icb-expert", "specialist")))
    with stage.acts("datan-lead"):
        talk = Presence.objects.get(matter_id=liuzhi, ended_at=None)
    code = hands.refused("datan-lead", lambda: measures.enter_presence(Presence.objects.get(pk=talk.pk), "talk", persons=[lead, expert]))
    stage.check("专业人员不计入两名谈话人", "The specialist does not count among the two who talk", code == "two_persons")
    expert["appointment"] = "大滩纪聘〔2026〕1号"
    stage.at("2026-03-02 12:00")
    with stage.acts("datan-lead"):
        entry = Presence.objects.get(pk=talk.pk)
        measures.enter_presence(entry, "talk", at=_time("2026-03-02 09:00"), until=_time("2026-03-02 10:00"), persons=[lead, second])
        measures.enter_presence(entry, "talk", at=_time("2026-03-02 10:00"), until=_time("2026-03-02 10:40"), persons=[lead, second, expert], note="刘华以术语和内部规定回应对象的金融辩解，交还主谈")
        measures.enter_presence(entry, "talk", at=_time("2026-03-02 10:40"), until=_time("2026-03-02 12:00"), persons=[lead, second], note="徐锦浩以书证主谈关键问题")
    rows = stage.admin.execute("select count(*) from presence_entry e join presence p on p.id = e.presence_id where p.matter_id = %s and e.kind = 'talk'", [liuzhi]).fetchone()
    stage.check("三段谈话、各人角色都有记录", "Three talks with everybody's role are on record", rows is not None and rows[0] == 3)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def the_joint_team(stage: Theatre) -> None:
    """Both bodies stand in the joint matter; the bank's own people see it and not the case."""
    stage.check("银行纪委专业人员看得到联合事项，看不到案件和留置", "The bank's specialist sees the joint matter, not the case nor the custody",
                stage.sees("icb-expert", stage.made["joint"]) and not stage.sees("icb-expert", stage.made["case"]) and not stage.sees("icb-expert", stage.made["liuzhi"]))


def to_the_prosecutor(stage: Theatre) -> None:
    """May: adjudicated, heard, decided, announced ten days before, and on 26 May, before the earlier limit of custody, at the prosecutor's."""
    sanction(stage)
    hand_to_justice(stage)
    end_of_custody(stage)
    close_case(stage)


def sanction(stage: Theatre) -> None:
    """The facts are served and answered before anything is decided; the decision states the remedies and is served."""
    hands, case, deputy, head = Hands(stage), stage.made["case"], stage.made["deputy"], stage.made["head"]
    stage.at("2026-05-06 09:00")
    judges = [hands.staff("adjudicator", "datan/adjudication", n) for n in (0, 1)]
    hands.step("datan-lead", case, "finish_investigation")
    with stage.acts("datan-lead"):
        for judge in judges:
            grants.give(case, stage.person(judge), kind="handler", acts=["read", "write", "note"], ends_at=None, basis="审理", reason="")
    hands.step(deputy, case, "to_adjudication", form=("report", {"outcome": "adjudicate", "facts": "授信谋利、亲属企业承揽、资金回流，事实清楚。", "amount": 100000000, "finished_on": hands.day()}))
    stage.at("2026-05-09 09:00")
    hands.step(judges[0], case, "propose_sanction", form=("adjudication", {"verdict": "sanction", "party_sanction": "expulsion", "administrative_sanction": "discharge", "to_justice": True, "talked": True, "decided_on": hands.day()}))
    code = hands.refused(head, lambda: moves.make(Matter.objects.get(pk=case), "decide"))
    stage.check("未告知、未听取申辩，处分不能作出", "No sanction before notice and hearing", code == "not_here")
    stage.at("2026-05-12 10:00")
    hands.step(judges[0], case, "heard", form=("hearing", {"facts_notice_served_on": "2026-05-09", "signed": "本人签收", "heard_on": hands.day(), "said": "对事实无异议，请求从轻。", "weighed": "退赃情节已予考虑，不影响定性。"}))
    hands.approved(judges[0], case, "sanction", head, collective_no="大滩纪审〔2026〕4号")
    without = {"remedies_stated": False, "decided_on": hands.day()}
    code = hands.refused(head, lambda: moves.make(Matter.objects.get(pk=case), "decide", form=("decision", without)))
    stage.check("决定未载明救济途径和期限，不能作出", "A decision that does not state remedies and time limits is not made", code == "guard_rights")
    hands.step(head, case, "decide", form=("decision", {"remedies_stated": True, "remedies": "一个月内向本委申请复审，对复审决定不服的向上一级申请复核；党纪处分可申诉。", "decided_on": hands.day()}))
    hands.approved(judges[0], case, "to_justice", head, collective_no="大滩纪审〔2026〕5号")
    stage.at("2026-05-13 16:00")
    service = {"sanction_decision_served_on": hands.day(), "signed": "本人签收", "announced_to": "本人及所在单位"}
    hands.step(stage.made["duty"], case, "announce_justice", form=("service", service))


def hand_to_justice(stage: Theatre) -> None:
    """Ten days after the prior notice and not a day sooner; the parcel has its receipt in the same minute."""
    hands, case = Hands(stage), stage.made["case"]
    code = hands.refused(stage.made["duty"], lambda: moves.make(Matter.objects.get(pk=case), "transferred"))
    stage.check("预告未满十日，不能正式移送", "Before the ten days of prior notice nothing is transferred", code == "guard_clock")
    stage.at("2026-05-26 09:30")
    hands.step(stage.made["duty"], case, "transferred")
    parcel = hands.send("datan-lead", case, "procuratorate", "移送审查起诉", document_no="大滩监移〔2026〕5号", keep_view=True)
    with stage.acts("datan-lead"):
        sent = Handover.objects.get(pk=parcel)
        stage.check("5 月 26 日移送司法机关，当场有回执", "On 26 May handed to the judicial organ, the receipt there at once", bool(sent.receipt_no) and sent.sent_at.astimezone(ZONE).strftime("%m-%d") == "05-26")


def end_of_custody(stage: Theatre) -> None:
    """Custody ends by a lawful exit within its earlier limit: transfer, presence closed, belongings back, unit and family told."""
    hands, liuzhi = Hands(stage), stage.made["liuzhi"]
    stage.at("2026-05-26 10:00")
    with stage.acts("datan-lead"):
        running = Matter.objects.get(pk=liuzhi).clocks.get(code="custody")
        stage.check("移送在较早一种读法的期限之内", "The transfer comes within the earlier reading of the limit", running.alarm_at is not None and hands.clock() < running.alarm_at)
    hands.step("datan-lead", liuzhi, "transfer")
    told = stage.admin.execute("select count(*) from presence where matter_id = %s and ended_at is null", [liuzhi]).fetchone()
    stage.check("没有人在移送之后仍被留置", "Nobody is held past the transfer", told is not None and told[0] == 0)
    with stage.acts("datan-lead"):
        measure = Measure.objects.get(matter_id=liuzhi)
        stage.check("留置以法定方式解除并留痕：移送", "Custody ends by a lawful exit, on record: transferred", (measure.end_reason, measure.ended_at is not None) == ("transferred", True))
    record = {"how": "transferred", "ended_at": "2026-05-26T10:00:00+08:00", "reason": "移送审查起诉，检察机关先行拘留"}
    code = hands.refused("datan-lead", lambda: moves.make(Matter.objects.get(pk=liuzhi), "serve_end", form=("release", {**record, "property_back": False})))
    stage.check("随身物品未发还，解除手续不算办结", "The end is not complete before the belongings are back", code == "guard_field")
    hands.step("datan-lead", liuzhi, "serve_end", form=("release", {**record, "property_back": True}))
    hands.step("datan-lead", liuzhi, "notices_done")


def close_case(stage: Theatre) -> None:
    """The case closes with its root cure, and whoever sent it is told the outcome; nothing outside prints more than 段某."""
    hands, case = Hands(stage), stage.made["case"]
    hands.step(stage.made["duty"], case, "close", form=("closing", {"root": "issued", "property": "违法所得随案移送。", "closed_on": hands.day()}))
    with stage.acts("datan-lead"):
        closed = Matter.objects.get(pk=case)
        stage.check("案件办结，结果通报移送方", "The case is closed and its sender told the outcome", closed.status == "closed")
        name = MatterSubject.objects.get(matter_id=case).name
        stage.check("对外文字只写段某", "Outside texts print 段某 and no more", name == "段某")
