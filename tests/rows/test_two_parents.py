"""C01, C03, C04, C13, C20: a body with two parents, what two commissions do together, and what departments and the commission hand each other; one world, acted."""
from __future__ import annotations

import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from tests import dbfixtures
from tests.rows.acting import Office
from tests.rows.test_field import desk
from xieli.engines.ledger.canonical import dumps
from xieli.engines.metrics import Period
from xieli.faces.cli.audit import audit
from xieli.office.audit import sealer
from xieli.office.audit.keys import KeyFolder
from xieli.office.cooperation import mechanisms, services
from xieli.office.demo.theatre import Theatre
from xieli.office.files import services as files
from xieli.office.matters.services import competence, grants, handover, leads, people
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import FeedbackDuty, Handover
from xieli.office.reports import releases
from xieli.office.reports import services as reports
from xieli.server.cluster import Server

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
FILING = {"facts": "收受管理服务对象财物，有书证印证。", "sides": "both", "central_unit": False}


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    """The zone's committee stands between two districts: built by both."""
    stage.admin.execute("update body set parent_id = %s, second_parent_id = %s where code = 'hitech'", [stage.body("datan"), stage.body("linjiang")])
    return Office(stage)


def of_the_zone(office: Office, title: str, managed_by: str, *more: str) -> int:
    """A case of the zone's committee on persons, each managed by a body."""
    subjects = tuple(leads.Subject(f"{title}{n}", unit_name="新区某局", post="科长", managed_by=office.stage.body(b)) for n, b in enumerate((managed_by, *more)))
    return office.open("case", title, person=office.staff("hitech"), owner="hitech", room=None, level=2, subjects=subjects)


def test_a_step_names_which_of_two_parents_approves_and_a_dispute_goes_to_the_group(office: Office) -> None:
    """S3-01: A matter of the joint body is visible to both parents' named leads; staff keep home body; a step needing a parent's approval names WHICH parent (by person's administrative home), and conflict goes to the coordination group.
    By the catalogue's correction it is visible to the parent competent for the person, and to the other by grant."""
    stage, hands, handler = office.stage, office.hands, office.staff("hitech")
    first, second = stage.holder("head@datan"), stage.holder("head@linjiang")
    hands.post(handler, "handler@hitech", home="linjiang", kind="front_line")
    home = stage.admin.execute("select b.code from posting p join body b on b.id = p.home_body_id where p.person_id = %s order by p.id desc limit 1", [stage.person(handler)]).fetchone()
    assert home == ("linjiang",)
    for managed_by, parent, sees, blind in (("datan", "datan", first, second), ("linjiang", "linjiang", second, first)):
        case = of_the_zone(office, f"新区干部{managed_by}", managed_by)
        assert (stage.sees(sees, case), stage.sees(blind, case)) == (True, False)
        office.step(handler, case, "submit", ("filing", {**FILING, "subject": "新区干部", "filed_on": hands.day()}))
        approval = hands.ask(handler, case, "extend_case", reason="案情复杂")
        assert hands.waiting(approval) == [("head", "hitech"), ("superior_head", parent)]
    with stage.acts(handler):
        grants.give(case, stage.person(first), kind="leader", acts=["read"], ends_at=None, basis="双方商定", reason="")
    assert stage.sees(first, case)  # the other parent by grant alone
    mixed = of_the_zone(office, "两地干部", "datan", "linjiang")
    assert (stage.sees(first, mixed), stage.sees(second, mixed)) == (False, False)
    assert hands.refused(handler, lambda: asked(mixed)) == "two_parents"
    away = of_the_zone(office, "别处干部", "wuchuan")
    assert hands.refused(handler, lambda: asked(away)) == "two_parents"
    with stage.acts(second):
        group = services.found("zone", "two_heads", "共建协调组", "Coordination group", stage.body("linjiang"), starts=date(2026, 3, 1))
        for who in ("head@datan", "head@linjiang"):
            services.seat(group, "head", office=stage.world.offices[who])
        services.seat(group, "members", body=stage.body("datan"))
        put = services.ask_group(group, "由哪一方审批", owner=stage.body("linjiang"))
        assert stage.body("datan") in set(put.bodies.filter(role="helper").values_list("body_id", flat=True))


def asked(matter: int) -> Any:
    from xieli.office.matters.services import approvals

    return approvals.request(Matter.objects.get(pk=matter), "extend_case", {}, reason="案情复杂")


def test_the_other_side_is_invited_and_joins_or_declines_with_its_reason(office: Office) -> None:
    """S3-07: A matter opened by one side invites the other; declined with reason or joined."""
    stage, hands, opener = office.stage, office.hands, "datan-lead"
    head, invited = stage.holder("head@datan"), stage.holder("head@linjiang")
    matter = office.open("joint_case", "跨区串案", person=opener, owner="datan", room="datan/supervision1", parties={"partner": (stage.body("linjiang"),)})
    with stage.acts(opener):
        for person in (head, stage.holder("deputy@datan")):
            grants.give(matter, stage.person(person), kind="handler", acts=["read", "write"], ends_at=None, basis="联合办案", reason="")
        competence.record_basis(Matter.objects.get(pk=matter), "joint_inquiry", body=stage.body("datan"), given_by=stage.body("linjiang"), document_no="临江纪函〔2026〕3号")
    study = ("study", {"attendees": "两地", "gaps": [{"fact": "串标", "missing": "资金去向"}], "difficulty": ["cross_region"], "route": "joint", "partner_is_unit": False, "other_unit_reason": "两地共办", "studied_on": hands.day()})
    assert not stage.sees(invited, matter)
    office.step(opener, matter, "join", study)
    invitation = hands.ask(opener, matter, "joint", {"partner": stage.body("linjiang")}, reason="请共同办理")
    hands.sign(head, invitation)
    assert stage.sees(invited, matter)  # it is invited: its head reads what he is asked to join
    with stage.acts(invited):
        from xieli.office.matters.services import approvals
        from xieli.office.matters.tables.approvals import Approval

        assert stage.refused(lambda: approvals.decide(Approval.objects.get(pk=invitation), "refused")) == "reason_needed"
    assert hands.sign(invited, invitation, "refused", reason="本方正在办理同一问题，建议先移送") == "refused"
    assert office.refused(head, matter, "approved") == "not_approved"
    with stage.acts(opener):
        said = Approval.objects.get(pk=invitation).steps.get(body_id=stage.body("linjiang"))
        assert (said.decision, said.reason) == ("refused", "本方正在办理同一问题，建议先移送")
    assert office.refused(head, matter, "not_joint") == "reason_needed"
    office.step(head, matter, "not_joint", reason="对方婉拒，重新研究")
    assert office.at(matter, opener) == ["study"]
    office.step(opener, matter, "join", study)
    hands.approved(opener, matter, "joint", head, invited, what={"partner": stage.body("linjiang")}, reason="材料已补充，再次邀请")
    with stage.acts(opener):
        for person, slot in ((stage.holder("deputy@datan"), "leader"), (opener, "standing_officers"), (hands.staff("handler", "datan/supervision1", 1), "standing_officers")):
            people.join_team(Matter.objects.get(pk=matter), stage.person(person), slot)
    office.step(head, matter, "approved")
    assert office.at(matter, opener) == ["guidance"]


def test_a_joint_filing_has_both_approvals_its_lead_and_the_place_of_its_records(office: Office) -> None:
    """S3-26: Joint filing needs both approvals and names the lead and the place of records."""
    stage, hands = office.stage, office.hands
    handler, head = office.staff("datan/supervision1"), stage.holder("head@datan")
    case = office.open("case", "两地共同立案", person=handler, owner="datan", room="datan/supervision1", level=2, subjects=(leads.Subject("凌某", unit_name="某局", post="科长"),))
    joint = {"joint": True, "joint_filer": office.body("linjiang"), "lead_body": office.body("datan"), "records_at": office.body("datan")}
    form = {**FILING, "subject": "凌某", "filed_on": hands.day(), **joint}
    for lacking in ("joint_filer", "lead_body", "records_at"):
        assert office.refused(handler, case, "submit", ("filing", {k: v for k, v in form.items() if k != lacking})) == "required"
    office.step(handler, case, "submit", ("filing", form))
    assert [str(f) for f in office.facts(case, "case.records_at", handler)] == [office.body("datan")]
    assert [str(f) for f in office.facts(case, "case.lead", handler)] == [office.body("datan")]
    for wrong in ({}, {"partner": stage.body("wuchuan")}):
        with stage.acts(handler):
            assert stage.refused(lambda wrong=wrong: request(case, wrong)) == "not_the_joint_filer"
    filing = hands.ask(handler, case, "file", {"partner": stage.body("linjiang")})
    assert [body for _, body in hands.waiting(filing)][-1] == "linjiang"
    hands.sign(stage.holder("deputy@datan"), filing)
    hands.sign(head, filing)
    clerks = (hands.staff("case_duty", "datan/case"), hands.staff("clerk", "datan/case"))
    with stage.acts(handler):
        for clerk in clerks:
            grants.give(case, stage.person(clerk), kind="handler", acts=["read", "write"], ends_at=None, basis="案管录入纸质签批", reason="")
    hands.minutes(20)
    assert hands.sign_on_paper(clerks, filing, "大滩委批〔2026〕1号", hands.clock().strftime("%Y-%m-%d %H:%M")) == "pending"
    assert office.refused(head, case, "file") == "not_approved"  # one commission alone does not file jointly
    assert hands.sign(stage.holder("head@linjiang"), filing) == "approved"
    office.step(head, case, "file")
    assert office.outcomes(case, handler) == ["filed"]


def request(matter: int, what: dict[str, Any]) -> Any:
    from xieli.office.matters.services import approvals

    return approvals.request(Matter.objects.get(pk=matter), "file", what)


def test_closing_a_received_lead_tells_its_sender_without_the_content(office: Office) -> None:
    """S3-12: Closing a received lead creates the notice to the sender automatically, masked per agreement."""
    stage, hands, day = office.stage, office.hands, office.hands.day()
    sender, chief = stage.holder("room_head@datan/supervision1"), office.chief
    lead = office.open("lead", "邻区移来的线索：虚列支出", person=sender, owner="datan", room="datan/supervision1", subjects=(leads.Subject("章某", unit_name="某站", post="站长"),))
    parcel = hands.send(sender, lead, "yj", "按管理权限移送", kind="referral")
    hands.receive("yj-duty", parcel, room=stage.room("yj/supervision3"))
    office.step("yj-duty", lead, "accept", ("registration", {"subject": "章某", "unit": office.body("edu"), "source": "handover", "named": False, "first_time": True, "received_on": day, "kinds": ["conduct"],
                                                              "summary": "凭证齐全，指向具体人员和时间。", "acceptable": "accept"}))
    hands.approved("yj-duty", lead, "assign", office.head)
    office.step(office.head, lead, "assign")
    office.step(chief, lead, "propose", ("opinion", {"way": "close", "reasons": "经核对凭证齐全，反映不实。", "study": False, "report_up": False, "proposed_on": day}))
    hands.approved(chief, lead, "disposal", office.deputy, office.head)
    office.step(office.head, lead, "do_close")
    office.step(chief, lead, "confirm", ("closing", {"unfounded": True, "clear_name": "not_needed", "clear_reason": "未公开", "result": "反映不实，予以了结", "closed_on": day}))
    assert office.refused("yj-duty", lead, "finish") == "feedback_owed"
    with stage.acts("yj-duty"):
        for duty in FeedbackDuty.objects.filter(matter_id=lead, state="open"):
            handover.give(duty, "经核查，反映不实。", final=True, outcome_class="closed")
    told = "select n.fields::text from notification n join posting p on p.person_id = n.person_id and p.ends_at is null where n.matter_id = %s and n.kind = 'playbook.result_note' and p.body_id = %s"
    assert stage.admin.execute(told, [lead, stage.body("datan")]).fetchall() == []
    office.step("yj-duty", lead, "finish")
    notices = stage.admin.execute(told, [lead, stage.body("datan")]).fetchall()
    assert len(notices) >= 1
    assert not any(word in text for (text,) in notices for word in ("章", "虚列", "不实"))
    assert not stage.sees(sender, lead)  # told, and still not let in
    with stage.acts(sender):
        assert Handover.objects.get(pk=parcel).coarse_stage == "answered"


def letter(office: Office, direction: str, receiver: str, digest: str, **over: Any) -> tuple[str, dict[str, Any]]:
    return ("letter", {"receiver": office.body(receiver), "competence": "other_organ", "direction": direction, "summary": "履职中发现的问题，附材料清单。", "urgent": False, "sent_on": office.hands.day(), "handling": "purpose",
                       "files": [{"name": "检查底稿.pdf", "pages": 3, "digest": digest}], **over})


def parcel_of(office: Office, person: str, owner: str) -> tuple[int, str]:
    """A hand-over with one stored paper; its digest."""
    matter = office.open("handover", "移送", person=person, owner=owner, room=None)
    with office.stage.acts(person):
        return matter, bytes(files.receive(Matter.objects.get(pk=matter), "检查底稿.pdf", [b"%PDF-1.7 paper"], from_whom="检查组").digest).hex()


def carry(office: Office, parcel: int, sender: str, head: str, receiver: str, clerk: str) -> None:
    """Approved, sent, signed for, compared, accepted."""
    office.hands.approved(sender, parcel, "send", head, what={"receiver": office.stage.body(receiver)})
    office.step(head, parcel, "approve_send")
    for move in ("sign_receipt", "open", "compare"):
        office.step(clerk, parcel, move)
    office.step(clerk, parcel, "accept", ("triage", {"verdict": "accept", "part_only": False, "reason": "属本机关职责", "decided_on": office.hands.day()}))


def test_a_department_says_whose_status_it_is_and_gets_receipt_and_answer(office: Office) -> None:
    """S4-25: Form requires subject status and material list; receipt returns; feedback due."""
    sender, head = office.staff("finance"), office.stage.holder("head@finance")
    parcel, digest = parcel_of(office, sender, "finance")
    form, values = letter(office, "from_department", "yj", digest, subject_status="both")
    for lacking in ("subject_status", "files"):
        assert office.refused(sender, parcel, "propose", (form, {k: v for k, v in values.items() if k != lacking})) == "required"
    office.step(sender, parcel, "propose", (form, values))
    carry(office, parcel, sender, head, "yj", "yj-duty")
    assert office.facts(parcel, "handover.subject_status", "yj-duty") == ["both"]
    with office.stage.acts(sender):
        row = Matter.objects.get(pk=parcel)
        assert row.number.startswith("回执〔2026〕")
    with office.stage.acts("yj-duty"):
        duty = FeedbackDuty.objects.get(matter_id=parcel, state="open")
        assert duty.next_due == handover.add_months(office.hands.clock().date(), 6)


def test_a_violation_goes_to_the_department_its_law_names_and_the_penalty_comes_back_and_counts(office: Office) -> None:
    """S4-26: Referral to the department named by the law; its decision is fed back and counted."""
    clerk = office.staff("finance")
    ended = []
    for penalty in ({"penalty": "penalty", "penalty_no": "渝财罚〔2026〕4号", "penalty_amount": 500_000}, {"penalty": "none"}):
        parcel, digest = parcel_of(office, office.room, "yj")
        form, values = letter(office, "to_department", "finance", digest, violation="虚列支出套取资金", law="fiscal", article="第六条")
        for lacking in ("violation", "law", "article"):
            assert office.refused(office.room, parcel, "propose", (form, {k: v for k, v in values.items() if k != lacking})) == "required"
        assert office.refused(office.room, parcel, "propose", (form, {**values, "receiver": office.body("housing")})) == "guard_field"
        office.step(office.room, parcel, "other_department", (form, {**values, "receiver": office.body("housing")}))
        office.step(office.room, parcel, "propose", (form, values))
        carry(office, parcel, office.room, office.head, "finance", clerk)
        told = {"content": "已依法处理", "final": True, "told_on": office.hands.day()}
        assert office.refused(clerk, parcel, "tell_result", ("progress", told)) == "guard_field"
        if penalty["penalty"] == "penalty":
            assert office.refused(clerk, parcel, "tell_result", ("progress", {**told, "penalty": "penalty"})) == "required"  # a penalty has its number
        with office.stage.acts(clerk):
            for duty in FeedbackDuty.objects.filter(matter_id=parcel, state="open"):
                handover.give(duty, "已依法处理", final=True, outcome_class="done")
        office.step(clerk, parcel, "tell_result", ("progress", {**told, **penalty}))
        assert office.at(parcel, clerk) == ["closed"]
        ended.append(parcel)
    with office.stage.acts(clerk):
        figures = {c: reports.figure(c, YEAR) for c in ("penalty_referrals", "penalties", "penalties_none")}
        assert {c: int(f.number or 0) for c, f in figures.items()} == {"penalty_referrals": 2, "penalties": 1, "penalties_none": 1}
        assert [m.id for m in reports.rows_behind("penalties", YEAR).matters] == ended[:1]
        assert {"penalties", "penalties_none"} <= set(reports.codes_of("r04"))  # never without those that ended without one


def test_the_zones_six_mechanisms_have_owner_last_use_and_open_items(office: Office) -> None:
    """S3-06: The joint body's page lists six with owner, last use and open items."""
    stage = office.stage
    clerk = office.staff("linjiang/supervision1")
    six = ("cooperation", "departments", "area", "report", "referral", "outcome")
    matter = office.open("agreement", "六项工作机制协议", person=clerk, owner="linjiang", room="linjiang/supervision1", level=0)
    office.step(clerk, matter, "send", ("text", {"title": "六项工作机制协议", "signers": [{"signer": office.body(b)} for b in ("datan", "linjiang")], "from_on": "2026-03-02", "to_on": "2027-03-01",
                                                 "clauses": [{"title": f"第{n}项", "six": code, "owner": office.body("linjiang" if n % 2 else "datan")} for n, code in enumerate(six)]}))
    for body, person in (("datan", desk(office, "datan")), ("linjiang", clerk)):
        office.step(person, matter, "sign", ("signature", {"signed": True, "signed_on": "2026-03-02"}), body=office.body(body))
    office.step(clerk, matter, "take_effect")
    notices = []
    for kind in ("problem_report", "result"):
        notice = office.open("notice", kind, person=clerk, owner="linjiang", room="linjiang/supervision1", level=0)
        office.step(clerk, notice, "send", ("text", {"kind": kind, "about_person": False, "masked": True, "text": "界河保洁", "receivers": [{"receiver": office.body("datan")}], "sent_on": "2026-03-02"}))
        notices.append(notice)
    office.step(desk(office, "datan"), notices[1], "received", ("ack", {"acked_on": "2026-03-02"}), body=office.body("datan"))
    office.step(clerk, notices[1], "done")
    with stage.acts(clerk):
        (joint,) = mechanisms.registry()
        lines = {m.code: m for m in joint.mechanisms}
    assert (joint.body.code, {p.code for p in joint.parents}) == ("hitech", {"datan", "linjiang"})
    assert tuple(lines) == six
    assert [lines[c].owner.code for c in six] == ["datan", "linjiang"] * 3  # bodies of the register: a renamed one shows its new name
    today = office.hands.clock().date()
    assert (lines["report"].last_used, lines["report"].open) == (today, 1)
    assert (lines["outcome"].last_used, lines["outcome"].open) == (today, 0)
    assert (lines["departments"].last_used, lines["departments"].open) == (None, 0)
    with stage.acts("wuchuan-handler1"):  # who sees none of these matters reads no use of them
        assert {(m.last_used, m.open) for m in mechanisms.registry()[0].mechanisms} == {(None, 0)}


def test_four_indicators_stand_on_their_records_and_leave_signed(office: Office, pg_cluster: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S4-57: 整改完成率 = done/due etc. computed with drill-down; satisfaction shows n and method; export to assessment signed."""
    from tests.rows.test_paper_guards import reported, signed

    stage = office.stage
    done = signed(office, "agri", "已销号问题", account="逐项核查并全部清退到位，附凭证。")
    due = reported(office, "health", "未销号问题", account="正在逐户核对，附名单和时限。")
    with stage.acts(office.room):
        figures = {f.metric.code: f for f in reports.report("r41", YEAR)}
        behind = {code: {m.id for m in reports.rows_behind(code, YEAR).matters} for code in ("rect_rate", "rect_items")}
    assert (behind["rect_rate"], behind["rect_items"]) == ({done}, {done, due})
    assert figures["rect_rate"].text() == "50.0%"
    assert (figures["satisfaction"].text(), figures["satisfaction_n"].text()) == ("100.0%", "1份")
    assert "办结告知时逐件询问" in figures["satisfaction"].metric.about_zh
    day = office.hands.clock().date()
    with stage.acts(office.head):
        release = releases.ask("r41", Period(date(2026, 1, 1), day), day)
        other = releases.ask("r40", Period(date(2026, 1, 1), day), day)
    name = stage.admin.execute("select current_database()").fetchone()[0]
    with psycopg.connect(dbfixtures.TestDatabase(pg_cluster, name).dsn("report")) as connection:
        assert releases.compute_asked(connection) == 2
    for person in (office.deputy, office.chief):
        with stage.acts(person):
            assert stage.refused(lambda: releases.for_assessment(releases.Release.objects.get(pk=release.pk))) == "not_released"
            for one in (release, other):
                releases.decide(releases.Release.objects.get(pk=one.pk), "passed")
    with stage.acts(office.room):  # reads the figures and signs nothing out
        assert stage.refused(lambda: releases.for_assessment(releases.Release.objects.get(pk=release.pk))) == "not_found"
    with stage.acts(office.chief):
        assert stage.refused(lambda: releases.for_assessment(releases.Release.objects.get(pk=other.pk))) == "no_scheme"
        paper = json.loads(releases.for_assessment(releases.Release.objects.get(pk=release.pk)))
    assert set(paper["signed"]["content"]["figures"]) == set(figures)
    assert paper["digest"] == sha256(dumps(paper["signed"])).hexdigest()
    assert len({paper["signed"]["checked_by"], paper["signed"]["approved_by"]}) == 2
    act = stage.admin.execute("select verb, canon from audit.event where uuid = %s", [paper["event"]]).fetchone()
    assert act[0] == "assessment.signed"
    assert paper["digest"].encode() in bytes(act[1])  # what the seal's key signs
    # sealed, taken out as a receipt, and checked by the verifier's command without the database: the receipt carries this paper's digest
    database = dbfixtures.TestDatabase(pg_cluster, name)
    folder = KeyFolder(tmp_path / "seals")
    folder.make()
    running = sealer.Sealer(database.dsn("sealer"), folder)
    try:
        while running.seal_once():
            pass
    finally:
        running.close()
    for variable, value in (("XIELI_DB_BACKUP", database.dsn("backup")), ("XIELI_DB_SEALER", database.dsn("sealer")), ("XIELI_SEALS", str(folder.folder))):
        monkeypatch.setenv(variable, value)
    proof = tmp_path / "receipt.json"
    assert CliRunner().invoke(audit, ["seal", "receipt", paper["event"], str(proof)]).exit_code == 0
    monkeypatch.delenv("XIELI_DB_BACKUP")
    checked = ["verify", str(proof), "--receipt", "--key", str(folder.pub), "--json"]
    assert CliRunner().invoke(audit, checked).exit_code == 0
    digest = paper["digest"].encode()
    assert digest in proof.read_bytes()
    proof.write_bytes(proof.read_bytes().replace(digest, b"0" * len(digest)))
    assert CliRunner().invoke(audit, checked).exit_code != 0
    forged = {**paper["signed"], "approved_by": "别人"}
    assert sha256(dumps(forged)).hexdigest() != paper["digest"]
