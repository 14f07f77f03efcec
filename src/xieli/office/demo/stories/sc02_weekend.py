"""The Saturday of SC-02: handed over, accepted, replied, filed, measure announced, each after the other, and Zhang kept out."""
from __future__ import annotations

from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.files.models import StoredFile
from xieli.office.matters.services import competence, grants, measures, moves, people
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.matters.tables.handover import Handover
from xieli.office.matters.tables.measures import Measure

DAY = "2026-03-21"  # a Saturday


def saturday(stage: Theatre) -> None:
    """Order and hours of one day off."""
    accepted(stage)
    to_a_case(stage)
    filed(stage)
    custody(stage)
    in_order(stage)


def accepted(stage: Theatre) -> None:
    """The first parcel comes back, the second is accepted on the Saturday morning."""
    hands, lead = Hands(stage), stage.made["lead"]
    duty = hands.staff("case_duty", "linjiang/case")
    stage.at(f"{DAY} 08:30")
    first = hands.send("hb-officer", lead, "linjiang", "涉嫌职务侵占，单位纪委权限止于单位内部")
    hands.receive(duty, first, "returned", reason="未附查档证明的说明")
    stage.at(f"{DAY} 09:00")
    parcel = hands.send("hb-officer", lead, "linjiang", "已补充说明；绿色通道")
    hands.receive(duty, parcel, "accepted", room=stage.room("linjiang/supervision1"))
    stage.made["parcel"] = parcel
    with stage.acts(duty):
        stage.check("周六上午受理，材料七件随案到齐", "Accepted on Saturday morning; the seven files came along", StoredFile.objects.filter(matter_id=lead).count() == 7)
    stage.check("承办室正是张薇顶岗的室：他仍看不到", "The handling room is the one where Zhang serves; he still does not see it", not stage.sees("hb-zhang", lead))
    code = hands.refused(duty, lambda: people.join_team(Matter.objects.get(pk=lead), stage.person("hb-zhang"), "members"))
    stage.check("编组时提示：一名成员来自对象单位，已回避，不能进组", "When the team is formed: one member from the subject's employer is recused and cannot join", code == "recused")


def to_a_case(stage: Theatre) -> None:
    """Registered, assigned, verified and approved at the county, without a shortcut."""
    hands, lead = Hands(stage), stage.made["lead"]
    duty, head, deputy = hands.staff("case_duty", "linjiang/case"), stage.holder("head@linjiang"), stage.holder("deputy@linjiang")
    chief, handler = stage.holder("room_head@linjiang/supervision1"), hands.staff("handler", "linjiang/supervision1")
    hands.step(duty, lead, "accept", form=("registration", {
        "subject": "田某某", "unit": str(stage.body("hb")), "source": "supervision", "named": False, "first_time": True, "received_on": DAY,
        "kinds": ["conduct"], "summary": "以伪造的法院文书报销费用，涉嫌职务侵占。", "acceptable": "accept"}))
    hands.approved(duty, lead, "assign", head, urgent=True)
    hands.step(head, lead, "assign")
    hands.step(chief, lead, "propose", form=("opinion", {"way": "preliminary_check", "reasons": "事实具体，书证已固定。", "study": True, "report_up": False, "proposed_on": DAY}))
    hands.approved(chief, lead, "disposal", deputy, head, urgent=True)
    hands.step(head, lead, "do_check")
    hands.approved(handler, lead, "check_start", head, urgent=True)
    with stage.acts(handler):
        for person, slot in ((handler, "leader"), (chief, "members")):
            people.join_team(Matter.objects.get(pk=lead), stage.person(person), slot)
    hands.step(handler, lead, "start_check", form=("check_plan", {"scope": "核对报销单据和法院查档结论", "until": "2026-03-22", "safety": "不接触对象"}))
    stage.at(f"{DAY} 11:00")
    hands.step(handler, lead, "finish_check", form=("check_report", {"proposal": "file", "all_signed": True, "unfounded": False, "findings": "三笔报销依据伪造文书。", "signed_on": DAY}))
    hands.approved(handler, lead, "check_result", head, urgent=True)
    hands.step(head, lead, "file")
    stage.made["case"] = hands.child(handler, lead, "case")


def filed(stage: Theatre) -> None:
    """The commission replies on competence; the party secretary, who has no account, signs on paper: a late paper is refused, two clerks enter it."""
    hands, case = Hands(stage), stage.made["case"]
    duty, clerk = hands.staff("case_duty", "linjiang/case"), hands.staff("clerk", "linjiang/case")
    head, deputy, handler = stage.holder("head@linjiang"), stage.holder("deputy@linjiang"), hands.staff("handler", "linjiang/supervision1")
    form = ("filing", {"subject": "田某某", "facts": "涉嫌职务侵占，主要事实有书证印证。", "sides": "both", "central_unit": True, "filed_on": DAY})
    code = hands.refused(handler, lambda: moves.make(Matter.objects.get(pk=case), "submit", form=form))
    stage.check("没有管辖批复，不能报请立案", "Without the reply on competence there is no filing", code == "guard_competence")
    stage.at(f"{DAY} 11:30")
    with stage.acts(handler):
        competence.record_basis(Matter.objects.get(pk=case), "designation", body=stage.body("linjiang"), given_by=stage.body("yj"), document_no="渝江纪批〔2026〕31号")
        stage.made["replied"] = hands.clock()
    hands.step(handler, case, "submit", form=form)
    filing = hands.ask(handler, case, "file", {"side": "both"}, urgent=True)
    hands.sign(deputy, filing)
    hands.sign(head, filing)
    with stage.acts(handler):
        for person in (duty, clerk):
            grants.give(case, stage.person(person), kind="handler", acts=["read", "write"], ends_at=None, basis="案管录入纸质签批", reason="")
    stage.at(f"{DAY} 13:00")
    code = hands.refused(duty, lambda: _paper(filing, f"{DAY} 11:00"))
    stage.check("纸质签批时间早于前一签批人：次序不对，拒绝", "A paper signed before the one who signs first is refused", code == "order")
    state = hands.sign_on_paper((duty, clerk), filing, "临江委批〔2026〕7号", f"{DAY} 12:40")
    stage.check("无账号的签批人在纸上签，两名工作人员各录一次", "The signer without an account signs on paper; two clerks enter it", state == "approved")
    code = hands.refused(handler, lambda: _measure_now(stage, case))
    stage.check("未立案、未经上级批准的措施被拒绝", "A measure without filing and the superior's approval is refused", code != "")
    hands.step(head, case, "file")
    hands.approved(handler, case, "plan", head, collective_no="临江纪专题〔2026〕3号")
    with stage.acts(handler):
        for person, slot in ((deputy, "leader"), (handler, "members"), (stage.holder("room_head@linjiang/supervision1"), "members")):
            people.join_team(Matter.objects.get(pk=case), stage.person(person), slot)
    hands.step(deputy, case, "start", form=("plan", {"scope": "田某某职务侵占的主要事实和资金去向", "threads": "费用报销机制治理、警示教育", "safety": "专人看护、医护二十四小时值班"}))


def _paper(approval: int, signed: str) -> None:
    from datetime import datetime

    from xieli.office.demo.theatre import ZONE
    from xieli.office.matters.services import approvals

    approvals.sign_on_paper(Approval.objects.get(pk=approval), "approved", number="临江委批〔2026〕7号", signed_at=datetime.fromisoformat(signed).replace(tzinfo=ZONE))


def _measure_now(stage: Theatre, case: int) -> None:
    measures.take(Matter.objects.get(pk=case), MatterSubject.objects.filter(matter_id=case).first(), "liuzhi", approval=None, by_body=stage.body("linjiang"), superior_no="x")  # type: ignore[arg-type]


def custody(stage: Theatre) -> None:
    """The collective record, the superior's approval of this liuzhi, the announcement; unit and family told within 24 hours."""
    hands, case = Hands(stage), stage.made["case"]
    head, deputy, handler = stage.holder("head@linjiang"), stage.holder("deputy@linjiang"), hands.staff("handler", "linjiang/supervision1")
    stage.at(f"{DAY} 15:00")
    hands.step(deputy, case, "propose_liuzhi", reason="可能串供、毁证")
    liuzhi = hands.child(deputy, case, "liuzhi")
    stage.made["liuzhi"] = liuzhi
    hands.step(deputy, liuzhi, "propose", form=("proposal", {"subject": "田某某", "ground": "collusion", "place": str(stage.body("linjiang")), "place_confirmed": True,
                                                             "safety": "双人看护、医护二十四小时值班。", "alternatives": "已伪造文书，责令候查不足以防止毁证。"}))
    approval = hands.ask(deputy, liuzhi, "liuzhi", {"document_no": "渝江纪批〔2026〕32号"}, urgent=True, collective_no="临江纪会〔2026〕4号")
    hands.sign(head, approval)
    stage.at(f"{DAY} 16:20")
    hands.sign("yj-head", approval)
    hands.step(head, liuzhi, "agree", form=("collective", {"verdict": "agree", "attendees": "到会五人", "minutes": "临江纪会〔2026〕4号", "superior_no": "渝江纪批〔2026〕32号"}))
    stage.at(f"{DAY} 17:10")
    hands.step(handler, liuzhi, "announce", form=("announcement", {"subject": "田某某", "announced_at": f"{DAY}T17:10:00+08:00", "signed": True, "medical": "fit", "rights_sheet": True, "recording": True}))
    stage.at(f"{DAY} 19:00")
    hands.step(handler, liuzhi, "told", form=("notice", {"unit_told_at": f"{DAY}T18:00:00+08:00", "family_told_at": f"{DAY}T18:30:00+08:00", "impediment": False}))


def in_order(stage: Theatre) -> None:
    """What the day looks like afterwards."""
    handler = Hands(stage).staff("handler", "linjiang/supervision1")
    with stage.acts(handler):
        parcel = Handover.objects.filter(pk=stage.made["parcel"]).first()
        case = Matter.objects.get(pk=stage.made["case"])
        moved = case.moves.get(move="file").at
        measure = Measure.objects.get(matter_id=stage.made["liuzhi"])
        assert parcel is not None
        assert parcel.decided_at is not None
        times = [parcel.decided_at, stage.made["replied"], moved, measure.started_at]
        stage.check("受理 → 批复 → 立案 → 留置，按时间先后，都在同一个周六", "Accepted → replied → filed → measure, in this order, on one Saturday", times == sorted(times) and {t.astimezone(stage.made["replied"].tzinfo).strftime("%Y-%m-%d %a") for t in times} == {f"{DAY} Sat"})
        stage.figure("受理到留置", "acceptance to measure", (times[-1] - times[0]).total_seconds() / 3600, "h")
    stage.check("张薇始终看不到田某某的线索、案件和措施", "Zhang never sees Tian's lead, case or measure", not any(stage.sees("hb-zhang", stage.made[k]) for k in ("lead", "case", "liuzhi")))
    stage.check("区里交给张薇的另一件线索，银行一直看不到", "The district's other lead stayed closed to the bank", not any(stage.sees("hb-officer", stage.made[k]) for k in ("given", "other")))
