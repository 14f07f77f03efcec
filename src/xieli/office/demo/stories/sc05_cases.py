"""From a lead to a measure at a district, without a shortcut: registered, verified, filed, collective record, the superior's approval, announced and told."""
from __future__ import annotations

from datetime import date, timedelta

from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import grants, leads, moves, people, seating
from xieli.office.matters.tables.core import Matter


def to_custody(stage: Theatre, body: str, lead: int, name: str, unit: str, on: str, n: int, *, go_on: bool = False) -> int:
    """Take one subject of a lead into liuzhi; with `go_on` the case is there already and a second person follows. Returns the liuzhi's identity."""
    hands = Hands(stage)
    head, deputy, handler = stage.holder(f"head@{body}"), stage.holder(f"deputy@{body}"), hands.staff("handler", f"{body}/supervision1")
    if not go_on:
        stage.made[f"case-{lead}"] = to_case(stage, body, lead, name, on)
    case = stage.made[f"case-{lead}"]
    day = (date.fromisoformat(on) + timedelta(days=3 + int(go_on))).isoformat()
    stage.at(f"{day} 15:00")
    hands.step(deputy, case, "propose_liuzhi", reason="可能串供、毁证")
    liuzhi = hands.child(deputy, case, "liuzhi")
    superior, minutes = f"渝江纪批〔2026〕{100 + n}号", f"{body}纪会〔2026〕{100 + n}号"
    hands.step(deputy, liuzhi, "propose", form=("proposal", {"subject": name, "ground": "collusion", "place": str(stage.body(body)), "place_confirmed": True,
                                                             "safety": "双人看护、医护二十四小时值班。", "alternatives": "已有串供迹象，责令候查不足以防止毁证。"}))
    approval = hands.ask(deputy, liuzhi, "liuzhi", {"document_no": superior}, urgent=True, collective_no=minutes)
    hands.sign(head, approval)
    hands.sign("yj-head", approval)
    hands.step(head, liuzhi, "agree", form=("collective", {"verdict": "agree", "attendees": "到会五人", "minutes": minutes, "superior_no": superior}))
    stage.at(f"{day} 17:00")
    paper = {"subject": name, "announced_at": f"{day}T17:00:00+08:00", "signed": True, "medical": "fit", "rights_sheet": True, "recording": True}
    if go_on:  # a wrong turn: the paper of the second person bears the first one's name
        other = stage.made[f"both-{lead}"][0]
        stage.made["wrong_person"] = hands.refused(handler, lambda: moves.make(Matter.objects.get(pk=liuzhi), "announce", form=("announcement", {**paper, "subject": other})))
    hands.step(handler, liuzhi, "announce", form=("announcement", paper))
    stage.at(f"{day} 19:00")
    hands.step(handler, liuzhi, "told", form=("notice", {"unit_told_at": f"{day}T18:00:00+08:00", "family_told_at": f"{day}T18:30:00+08:00", "impediment": False}))
    return liuzhi


def _file(stage: Theatre, body: str, case: int, on: str, room: str) -> None:
    """Deputy, head, and the same-level party secretary on paper, which two clerks enter."""
    hands, handler = Hands(stage), Hands(stage).staff("handler", f"{body}/{room}")
    clerks = (hands.staff("case_duty", f"{body}/case"), hands.staff("clerk", f"{body}/case"))
    filing = hands.ask(handler, case, "file", {"side": "both"})
    hands.sign(stage.holder(f"deputy@{body}"), filing)
    hands.sign(stage.holder(f"head@{body}"), filing)
    with stage.acts(handler):
        for clerk in clerks:
            grants.give(case, stage.person(clerk), kind="handler", acts=["read", "write"], ends_at=None, basis="案管录入纸质签批", reason="")
    stage.at(f"{on} 16:30")
    hands.sign_on_paper(clerks, filing, f"{body}委批〔2026〕{case % 89 + 1}号", f"{on} 16:20")


def to_case(stage: Theatre, body: str, lead: int, name: str, on: str, room: str = "supervision1") -> int:
    """Registered, assigned, verified, filed, planned; the team stands."""
    hands = Hands(stage)
    duty, head, deputy = hands.staff("case_duty", f"{body}/case"), stage.holder(f"head@{body}"), stage.holder(f"deputy@{body}")
    chief, handler = stage.holder(f"room_head@{body}/{room}"), hands.staff("handler", f"{body}/{room}")
    stage.at(f"{on} 09:00")
    with stage.acts(duty):
        leads.ensure_begun(Matter.objects.get(pk=lead))
    hands.step(duty, lead, "accept", form=("registration", {"subject": name, "unit": str(stage.body("edu")), "source": "supervision", "named": False, "first_time": True, "received_on": on,
                                                            "kinds": ["conduct"], "summary": "财经纪律专项检查发现，凭证齐全，指向具体人员。", "acceptable": "accept"}))
    hands.approved(duty, lead, "assign", head)
    with stage.acts(duty):
        if Matter.objects.get(pk=lead).owner_room_id is None:  # opened for us by another body's step: it has a desk and no room yet
            seating.seat(Matter.objects.get(pk=lead), stage.room(f"{body}/{room}"))
    hands.step(head, lead, "assign")
    hands.step(chief, lead, "propose", form=("opinion", {"way": "preliminary_check", "reasons": "事实具体，书证已固定。", "study": True, "report_up": False, "proposed_on": on}))
    hands.approved(chief, lead, "disposal", deputy, head)
    hands.step(head, lead, "do_check")
    hands.approved(handler, lead, "check_start", head)
    with stage.acts(handler):
        for person, slot in ((handler, "leader"), (chief, "members")):
            people.join_team(Matter.objects.get(pk=lead), stage.person(person), slot)
    hands.step(handler, lead, "start_check", form=("check_plan", {"scope": "核对凭证、账户和供应商往来", "until": on, "safety": "不接触对象"}))
    stage.at(f"{on} 16:00")
    hands.step(handler, lead, "finish_check", form=("check_report", {"proposal": "file", "all_signed": True, "unfounded": False, "findings": "银行流水与账外记录相互印证。", "signed_on": on}))
    hands.approved(handler, lead, "check_result", head)
    hands.step(head, lead, "file")
    case = hands.child(handler, lead, "case")
    hands.step(handler, case, "submit", form=("filing", {"subject": "、".join(stage.made.get(f"both-{lead}", (name,))), "facts": "涉嫌受贿，主要事实有书证印证。", "sides": "both", "central_unit": False, "filed_on": on}))
    _file(stage, body, case, on, room)
    hands.step(head, case, "file")
    hands.approved(handler, case, "plan", head, collective_no=f"{body}纪专题〔2026〕{lead % 89 + 1}号")
    with stage.acts(handler):
        for person, slot in ((deputy, "leader"), (handler, "members"), (chief, "members")):
            people.join_team(Matter.objects.get(pk=case), stage.person(person), slot)
    hands.step(deputy, case, "start", form=("plan", {"scope": "收受回扣的主要事实和资金去向", "threads": "采购机制治理、监督重点、警示教育", "safety": "专人看护、医护值班"}))
    return case


def to_sanction(stage: Theatre, body: str, lead: int, *, justice: bool = False, room: str = "supervision1") -> int:
    """From the investigation to the sanction of everybody in the case: heard, decided, served; with `justice` announced ten days before and transferred. Returns the case."""
    hands, case = Hands(stage), stage.made[f"case-{lead}"]
    head, deputy, handler, duty = stage.holder(f"head@{body}"), stage.holder(f"deputy@{body}"), hands.staff("handler", f"{body}/{room}"), hands.staff("case_duty", f"{body}/case")
    judges = [hands.staff("adjudicator", f"{body}/adjudication", n) for n in (0, 1)]
    hands.step(handler, case, "finish_investigation")
    with stage.acts(handler):
        for judge in judges:
            grants.give(case, stage.person(judge), kind="handler", acts=["read", "write", "note"], ends_at=None, basis="审理", reason="")
    day = hands.day()
    hands.step(deputy, case, "to_adjudication", form=("report", {"outcome": "adjudicate", "facts": "收受回扣，事实清楚，证据确凿。", "amount": 300_000, "finished_on": day}))
    hands.step(judges[0], case, "propose_sanction", form=("adjudication", {"verdict": "sanction", "party_sanction": "serious", "administrative_sanction": "major", "to_justice": justice, "talked": True, "decided_on": day}))
    hands.step(judges[0], case, "heard", form=("hearing", {"facts_notice_served_on": day, "signed": "本人签收", "heard_on": day, "said": "对事实无异议。", "weighed": "已核对，不影响定性。"}))
    hands.approved(judges[0], case, "sanction", head, collective_no=f"{body}纪审〔2026〕{case % 97 + 1}号")
    hands.step(head, case, "decide", form=("decision", {"remedies_stated": True, "remedies": "一个月内可申请复审，对复审决定不服的可申请复核。", "decided_on": day}))
    service = ("service", {"sanction_decision_served_on": day, "signed": "本人签收", "announced_to": "本人及所在单位"})
    if not justice:
        hands.step(duty, case, "announce", form=service)
        return int(case)
    hands.approved(judges[0], case, "to_justice", head, collective_no=f"{body}纪审〔2026〕{case % 97 + 101}号")
    hands.step(duty, case, "announce_justice", form=service)
    stage.made["too_soon"] = hands.refused(duty, lambda: moves.make(Matter.objects.get(pk=case), "transferred"))
    stage.at(f"{date.fromisoformat(day) + timedelta(days=14)} 10:00")
    hands.step(duty, case, "transferred")
    return int(case)
