"""C03–C05: the green channel on a Saturday night, the five stages of a joint case, help asked and answered, a guided operation."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests import djangodb
from tests.dbfixtures import TestDatabase
from tests.rows.acting import Office
from tests.rows.test_c20_rules import issue
from xieli.office.allocation import divisions
from xieli.office.allocation import services as allocation
from xieli.office.bodies.models import Body
from xieli.office.cooperation import queries, rules
from xieli.office.demo.stories.sc03_one_call import four_fields, guo
from xieli.office.demo.theatre import Theatre
from xieli.office.files import services as files
from xieli.office.files.models import ExhibitUse, StoredFile
from xieli.office.matters.queries import advice
from xieli.office.matters.services import by_itself, forms, grants, handover, leads, moves, people, tasks
from xieli.office.matters.services.forms import filled
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.handover import FeedbackDuty
from xieli.office.matters.tables.work import Fact, MatterMove, Note
from xieli.server.cluster import Server

BEGINS = "2026-03-07 20:00"  # a Saturday night
LEAD = "datan-lead"


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def joint(office: Office, title: str) -> int:
    """A joint case of Datan and the bank's organ, with the people who study it named one by one."""
    stage = office.stage
    matter = office.open("joint_case", title, person=LEAD, owner="datan", room="datan/supervision1", parties={"partner": (stage.body("icb-dc"),)})
    with stage.acts(LEAD):
        for person in (stage.holder("head@datan"), "icb-expert", "chief3"):
            grants.give(matter, stage.person(person), kind="handler", acts=["read", "write"], ends_at=None, basis="联合办案", reason="")
    return matter


def study(office: Office, route: str, **over: Any) -> tuple[str, dict[str, Any]]:
    return ("study", {"attendees": "徐锦浩、刘华", "gaps": [{"fact": "授信谋利", "missing": "资金去向"}], "difficulty": ["cross_region", "cross_sector", "hidden"], "route": route,
                      "known": "三笔贷款审批异常，资金去向不明", "partner_is_unit": True, "studied_on": office.hands.day(), **over})


def test_a_channel_opened_on_a_saturday_night_counts_every_hour_and_shortens_no_step(office: Office) -> None:
    """S0-07: A channel opened Saturday 20:00 still pages the duty approver, counts elapsed hours incl. weekend, shows each step's time, and no step can be marked done without its approval.
    S0-40: A phone request is recorded in under a minute with time; written confirmation may follow, but the channel opens with a named officer's authority and is marked "to be confirmed in writing" with a due time."""
    stage, hands = office.stage, office.hands
    channel = office.open("green_channel", "绿色通道：消防总队纪委来电", person="chief3", subjects=(guo(stage),), source="phone", urgent=True, parties={"caller": (stage.body("fire-dc"),)})
    with stage.acts("chief3"):
        row = Matter.objects.get(pk=channel)
        assert [f.code for f in playbook_of(row).forms["call"].fields if f.required] == ["caller", "unit", "subject", "urgent"]  # what one writes down while the caller speaks
        assert row.opened_at.astimezone(hands.clock().tzinfo).strftime("%a %H:%M") == "Sat 20:00"
    opening = hands.ask("chief3", channel, "open", {"caller": "fire-dc"}, reason="对象情绪不稳定", urgent=True)
    assert hands.waiting(opening) == [("duty_officer", "yj")]
    told = stage.admin.execute("select count(*) from notification where person_id = %s and matter_id = %s", [stage.person("yj-duty"), channel]).fetchone()
    assert told is not None
    assert told[0] >= 1  # the officer on duty is told at once, on a Saturday night
    assert office.refused("chief3", channel, "open", ("call", four_fields(stage))) == "not_approved"
    hands.minutes(5)
    hands.sign("yj-duty", opening)
    office.step("chief3", channel, "open", ("call", four_fields(stage)))
    with stage.acts("chief3"):
        clocks = {c.code: c for c in Matter.objects.get(pk=channel).clocks.filter(state="running")}
        opened = MatterMove.objects.get(matter_id=channel, move="open").at
        assert clocks["day"].due_at == clocks["written"].due_at == opened + timedelta(hours=24)  # through the Sunday
        assert "confirming" in Matter.objects.get(pk=channel).stages
    signed = stage.admin.execute("select person_id from approval_step where approval_id = %s", [opening]).fetchone()
    assert signed == (stage.person("yj-duty"),)  # whose authority opened it
    assert office.refused("chief3", channel, "planned", ("travel", {"left_at": hands.clock().isoformat(), "plan": "两名有资格人员，医护随行"})) == "not_approved"
    hands.minutes(60)
    office.step("chief3", channel, "confirm", ("confirmation", {"number": "消防纪〔2026〕7号", "known_facts": "三笔采购价差", "power_limit": "无权查询单位外资金"}))
    with stage.acts("chief3"):
        times = {m.move: m.at for m in MatterMove.objects.filter(matter_id=channel)}
        assert round((times["confirm"] - times["open"]).total_seconds() / 60) == 60
        assert Matter.objects.get(pk=channel).clocks.get(code="written").state == "stopped"


def test_a_study_ends_in_one_of_five_ways_and_the_next_step_is_there(office: Office) -> None:
    """S0-09: A lead under study is visible to named participants only; the session ends in one of {return, CU checks itself, assist, joint, hand over}, and the next step opens pre-filled."""
    stage = office.stage
    ways = {"send_back": ("return", ["closed"]), "own_check": ("own_check", ["guidance"]), "assist": ("assist", ["assisting"]), "join": ("joint", ["agree"]), "to_hand_over": ("hand_over", ["handing"])}
    made = {}
    for move, (route, stages) in ways.items():
        matter = made[move] = joint(office, f"共研：{route}")
        assert stage.sees("icb-expert", matter)
        assert not stage.sees("wuchuan-handler1", matter)
        assert not stage.sees("icb-officer", matter)  # of the same organ, its head even, and not named
        assert office.refused(LEAD, matter, move, study(office, "assist" if route == "joint" else "joint")) != ""  # the minutes say another way
        office.step(LEAD, matter, move, study(office, route))
        assert office.at(matter, LEAD) == stages
    for move, kind, form, field in (("assist", "assistance_request", "request", "known"), ("to_hand_over", "handover", "letter", "summary")):
        (child,) = office.children(made[move], kind, LEAD)
        with stage.acts(LEAD):
            row = Matter.objects.get(pk=child)
            assert row.owner_body_id == stage.body("icb-dc")
            assert filled(row, form)[field] == "三笔贷款审批异常，资金去向不明"  # what the study wrote down is there already


@pytest.fixture(scope="module")
def whole(office: Office) -> dict[str, Any]:
    """A joint case through its five stages: studied, guided, nobody sent (with the reason), handed over with a receipt, followed until its outcome."""
    stage, hands = office.stage, office.hands
    made: dict[str, Any] = {"joint": joint(office, "五位一体")}
    matter = made["joint"]
    issue(office, "协作配合工作办法（试行）", [{"clause": "第九条", "kind": "joint_case", "step": "tracking"}], on=(hands.clock() + timedelta(days=1)).date().isoformat())
    office.step(LEAD, matter, "own_check", study(office, "own_check"))
    bare = {"fact": "授信谋利", "method": "调取授信档案", "who": "刘华", "guidance": "原件封存，两人取证", "state": "obtained"}
    plan = {"items": [bare, {"fact": "资金去向", "method": "比对", "who": "徐锦浩", "state": "planned"}], "retake": True, "guidance": "单位谈话记录须由主办方重新制作。"}
    made["lax"] = office.refused(LEAD, matter, "evidence", ("evidence_plan", plan))
    office.step(LEAD, matter, "evidence_lacks", ("evidence_plan", plan))
    with stage.acts(LEAD):
        made["flagged"] = (office_facts(matter, "joint_case.incomplete"), Matter.objects.get(pk=matter).alarms.filter(kind="evidence_incomplete").exists())
    fixed = {**bare, "state": "fixed", "origin": "信贷部档案室", "obtained_on": hands.day(), "first": "徐锦浩", "second": "刘华"}
    office.step(LEAD, matter, "evidence", ("evidence_plan", {**plan, "items": [fixed, plan["items"][1]]}))
    with stage.acts(LEAD):
        made["evidence"] = (office_facts(matter, "joint_case.incomplete"), office_facts(matter, "joint_case.evidence"))
    made["no_reason"] = office.refused(LEAD, matter, "skip_people", ("skip", {"reason": ""}))
    office.step(LEAD, matter, "skip_people", ("skip", {"reason": "取证全部在本区完成，无须派员"}))
    made["before_receipt"] = office.refused("chief3", matter, "received")
    hand_over(office, made)
    return made


def office_facts(matter: int, code: str) -> list[Any]:
    return [int(f.number) if f.number is not None else f.text for f in Fact.objects.filter(matter_id=matter, code=code, retracted_at=None).order_by("text", "number")]


def hand_over(office: Office, made: dict[str, Any]) -> None:
    """The organ's parcel: its list named whole, its digest compared, signed for, accepted; then reminders until the outcome."""
    stage, hands, matter = office.stage, office.hands, made["joint"]
    clerk = hands.staff("case_duty", "datan/case")
    (parcel,) = office.children(matter, "handover", LEAD)
    made["parcel"] = parcel
    with stage.acts("icb-officer"):  # it arrives at the organ's head, who gives it to the officer of the matter
        leads.ensure_begun(Matter.objects.get(pk=parcel))
        grants.give(parcel, stage.person("icb-expert"), kind="handler", acts=["read", "write", "handover", "note"], ends_at=None, basis="承办", reason="")
    with stage.acts("icb-expert"):
        stored = files.receive(Matter.objects.get(pk=parcel), "授信档案.pdf", [b"%PDF-1.7 credit file"], from_whom="信贷部")
        digest = bytes(stored.digest).hex()
    made["digest"] = digest
    letter = {"receiver": office.body("datan"), "competence": "agreement", "direction": "from_unit", "summary": "三笔贷款审批异常，资金去向不明，请依法办理。", "urgent": False, "sent_on": hands.day(), "handling": "purpose",
              "files": [{"name": "授信档案.pdf", "pages": 12, "digest": digest}], "parts": ["origin", "check_report", "evidence_list", "talk_records"]}
    with stage.acts("icb-expert"):
        made["lacking"] = _words(lambda: moves.make(Matter.objects.get(pk=parcel), "propose", form=("letter", letter)))
    letter["parts"] = [*letter["parts"], "property", "competence"]  # type: ignore[misc]
    hands.step("icb-expert", parcel, "propose", form=("letter", letter))
    hands.approved("icb-expert", parcel, "send", "icb-officer", what={"receiver": stage.body("datan")})
    hands.step("icb-officer", parcel, "approve_send")
    for move in ("sign_receipt", "open", "compare"):
        hands.step(clerk, parcel, move)
    hands.step(clerk, parcel, "accept", form=("triage", {"verdict": "accept", "part_only": False, "reason": "协商一致，由本区办理", "decided_on": hands.day()}))


def _words(act: Any) -> str:
    from django.db import transaction

    from xieli.office.matters.services.errors import Refused

    try:
        with transaction.atomic():
            act()
    except Refused as refusal:
        return f"{refusal.code} {refusal}"
    return ""


def test_the_five_stages_have_their_state_and_a_receipt_opens_the_supervision(office: Office, whole: dict[str, Any]) -> None:
    """S0-08: A joint case shows the 5 stages with state; "协调移送" cannot close before a receipt exists; "跟踪督办" opens on hand-over and stays open until an outcome is fed back; a case that skipped a stage shows the reason.
    S0-10: Each fact shows planned/obtained/fixed evidence; guidance is attached to the item, and an item without origin, date and two handlers is flagged incomplete.
    S0-12: On receipt digests match; a mismatch or missing file blocks acceptance; both sides hold the same signed list.
    S0-47: A hand-over built from the CU template is checked against the local required list; missing parts are named before sending; return rate is measured."""
    stage, matter = office.stage, whole["joint"]
    assert whole["lax"] == "guard_field"
    assert whole["flagged"] == ([1], True)
    assert whole["evidence"] == ([0], ["fixed", "planned"])
    assert whole["no_reason"] == "required"
    assert whole["before_receipt"] == "guard_children"
    assert whole["lacking"].startswith("list_incomplete")
    assert "涉案财物清单" in whole["lacking"]
    assert "管辖依据" in whole["lacking"]
    assert "线索来源" not in whole["lacking"]
    office.step(LEAD, matter, "received")
    assert office.at(matter, LEAD) == ["tracking"]
    with stage.acts(LEAD):
        playbook = playbook_of(Matter.objects.get(pk=matter))
        assert [playbook.stages[s].label.zh for s in ("study", "guidance", "sending", "handing", "tracking")] == ["线索共研", "指导取证", "派员参与", "协调移送", "跟踪督办"]
        passed = {m.move for m in MatterMove.objects.filter(matter_id=matter)}
        assert "people_in_place" not in passed
        assert office_facts(matter, "joint_case.route") == ["own_check"]
    assert office.data(matter, "skip", LEAD)["reason"] == "取证全部在本区完成，无须派员"
    for person in ("icb-expert", office.hands.staff("case_duty", "datan/case")):  # both sides hold the same list, by digest
        with stage.acts(person):
            held = Matter.objects.filter(pk=whole["parcel"]).exists()
            assert held
            assert moves.forms_of(Matter.objects.get(pk=whole["parcel"]))["letter"]["files"] == [{"name": "授信档案.pdf", "pages": 12, "digest": whole["digest"]}]


def test_what_is_overdue_is_urged_and_nothing_closes_without_its_root(office: Office, whole: dict[str, Any], pg_cluster: Server) -> None:
    """S0-13: A matter without reply on the due date goes red for owner, supervisor and sender, an urging letter is drafted, and the sender receives the outcome when closed.
    S0-36: Each joint case step shows its clause; a rule change takes effect on its date and does not alter closed cases; a joint case cannot close without the "root cure" part (recommendation or recorded reason)."""
    stage, hands, matter, parcel = office.stage, office.hands, whole["joint"], whole["parcel"]
    if office.at(matter, LEAD) == ["handing"]:
        office.step(LEAD, matter, "received")
    with stage.acts(LEAD):
        clock = Matter.objects.get(pk=matter).clocks.get(code="tracking")
        due, row = clock.due_at, playbook_of(Matter.objects.get(pk=matter))
        assert set(row.clocks["tracking"].alarm) == {"lead_head", "coordinator", "sender"}  # owner, supervisor, sender
    stage.at((due + timedelta(days=1)).astimezone(hands.clock().tzinfo).strftime("%Y-%m-%d %H:%M"))
    with stage.acts(LEAD):
        clock = Matter.objects.get(pk=matter).clocks.get(code="tracking")
        assert clock.due_at is not None
        assert clock.due_at < hands.clock()
        assert clock.state == "running"
    database = TestDatabase(pg_cluster, stage.admin.execute("select current_database()").fetchone()[0])
    for _ in range(2):
        djangodb.use(database, "job")
        by_itself.round_once()
        djangodb.use(database, "web")
    with stage.acts(LEAD):  # nobody pressed anything: the letter lies there once, and has not left
        assert list(Note.objects.filter(matter_id=matter, kind__startswith="doc:urging").values_list("kind", flat=True)) == ["doc:urging:drafted"]
        alarm = Matter.objects.get(pk=matter).alarms.filter(kind="chase").latest("raised_at")
        assert alarm.answered_at is None
    office.step("chief3", matter, "chase", ("tracking", {"state": "已催办", "outcome": False, "recorded_on": hands.day()}))
    with stage.acts(LEAD):
        assert Note.objects.filter(matter_id=matter, kind="doc:urging:issued").exists()
        alarm = Matter.objects.get(pk=matter).alarms.filter(kind="chase").latest("raised_at")
        assert alarm.answered_at is None  # red until somebody answers it
    assert office.at(matter, LEAD) == ["tracking"]
    office.step("chief3", matter, "outcome", ("tracking", {"state": "已立案", "outcome": True, "recorded_on": hands.day()}))
    root = {"done": "issued", "text": "", "closed_on": hands.day()}
    assert office.refused(LEAD, matter, "close", ("root", root)) == "required"
    root["text"] = "已就授信审批提出建议"
    assert office.refused(LEAD, matter, "close", ("root", root)) == "feedback_owed"
    with stage.acts(LEAD):
        for duty in FeedbackDuty.objects.filter(matter_id=matter, state="open"):
            handover.give(duty, "已立案审查调查", final=True, outcome_class="case_filed")
    office.step(LEAD, matter, "close", ("root", root))
    assert office.outcomes(matter, LEAD) == ["done"]
    with stage.acts("icb-expert"):
        assert FeedbackDuty.objects.get(matter_id=matter).answers.get().text == "已立案审查调查"  # the sender reads what became of it
    with stage.acts(office.chief):
        day = hands.clock().date()
        assert [c.clause for c in rules.coverage("joint_case", day)["tracking"]] == ["第九条"]
        opened = Matter.objects.get(pk=matter).opened_at.date()
        assert rules.clauses_on("joint_case", opened - timedelta(days=1)) == []
    issue(office, "协作配合工作办法", [{"clause": "第十二条", "kind": "joint_case", "step": "tracking"}], on=(day + timedelta(days=30)).isoformat())
    with stage.acts(office.chief):
        assert [c.clause for c in rules.coverage("joint_case", day)["tracking"]] == ["第九条"]  # what was closed stands under the rule of its day
    with stage.acts(LEAD):
        assert Matter.objects.get(pk=matter).status == "closed"
        assert MatterLink.objects.filter(source_id=matter, target_id=parcel, outcome="accepted").exists()


def test_help_is_asked_class_by_class_and_a_forged_paper_flags_what_relied_on_it(office: Office) -> None:
    """S0-16: A request lists missing-information classes; each is answered or refused with reason; the CU sees answers it may see, not raw third-party data (need-to-know), and elapsed time enters S0-03.
    S0-28: Request for exhibit E to the court; on reply "伪造" the exhibit is stamped, matters relying on it are flagged, the certificate enters the evidence list and the clock stops."""
    stage, hands = office.stage, office.hands
    matter = office.open("assistance_request", "核验民事调解书", person=LEAD, owner="datan", room="datan/supervision1", parties={"helper": (stage.body("yj"),)})
    with stage.acts(LEAD):
        paper = files.receive(Matter.objects.get(pk=matter), "民事调解书.pdf", [b"%PDF-1.7 mediation"], from_whom="报销附件")
        files.judge(paper, "relied_on")
        grants.give(matter, stage.person(stage.holder("deputy@datan")), kind="handler", acts=["read", "write"], ends_at=None, basis="分管", reason="")
    items = [{"class": "money", "what": "账户大额往来"}, {"class": "document", "what": "调解书真伪"}]
    ask = {"kind": "authenticity", "known": "报销依据可疑", "why_not_self": "档案在法院", "basis": "监察法第18条", "due_on": "2026-03-20", "bank_columns": False}
    assert office.refused(LEAD, matter, "submit", ("request", {**ask, "items": []})) != ""
    office.step(LEAD, matter, "submit", ("request", {**ask, "items": items}))
    hands.approved(LEAD, matter, "ask", stage.holder("deputy@datan"))
    with stage.acts(LEAD):
        uses = ExhibitUse.objects.filter(file=paper).count()
    assert uses >= 1  # what was asked after it was relied on rests on it
    office.step(stage.holder("deputy@datan"), matter, "send")
    with stage.acts(LEAD):
        for helper in ("yj-duty", "chief3"):
            grants.give(matter, stage.person(helper), kind="handler", acts=["read", "write", "note"], ends_at=None, basis="协助办理", reason="")
    yj = office.body("yj")
    office.step("yj-duty", matter, "take", ("acceptance", {"takes": True, "own_subject": False}), body=yj)
    with stage.acts(LEAD):
        assert Matter.objects.get(pk=matter).clocks.get(code="answer_10wd").state == "running"
    reply = {"replied_on": hands.day(), "verdict": "forged", "exhibit": str(paper.id), "items": [{"what": "账户大额往来", "state": "refused"}, {"what": "调解书真伪", "state": "answered"}]}
    with stage.acts("yj-duty"):
        assert stage.refused(lambda: moves.make(Matter.objects.get(pk=matter), "reply", form=("reply", reply), body=yj)) == "required"  # a refusal has its reason
    reply["items"][0]["reason"] = "原始流水不向请求方提供"  # type: ignore[index]
    office.step("yj-duty", matter, "reply", ("reply", reply), body=yj)
    with stage.acts(LEAD):
        row = StoredFile.objects.get(pk=paper.id)
        assert row.verdict == "forged"
        assert ExhibitUse.objects.filter(file=paper, flagged_at=None).count() == 0
        assert Matter.objects.get(pk=matter).alarms.filter(kind="forged_exhibit").exists()
        assert Matter.objects.get(pk=matter).clocks.get(code="answer_10wd").state == "stopped"
        assert [i["state"] for i in moves.forms_of(Matter.objects.get(pk=matter))["reply"]["items"]] == ["refused", "answered"]
        files.receive(Matter.objects.get(pk=matter), "法院查档证明.pdf", [b"%PDF-1.7 certificate"], from_whom="法院档案室")
        assert StoredFile.objects.filter(matter_id=matter, name="法院查档证明.pdf").exists()


def test_three_difficulties_suggest_help_from_above_a_specialist_and_data(office: Office) -> None:
    """S0-50: A case with the three tags suggests: CC coordination, specialist in team, data authorization request."""
    plain = joint(office, "没有难点的")
    office.step(LEAD, plain, "own_check", study(office, "own_check", difficulty=["other"]))
    hard = joint(office, "三个难点的")
    office.step(LEAD, hard, "own_check", study(office, "own_check"))
    with office.stage.acts(LEAD):
        assert advice.hints(Matter.objects.get(pk=plain)) == []
        assert [h.where for h in advice.hints(Matter.objects.get(pk=hard))] == ["green_channel", "team", "authorization"]
        team = playbook_of(Matter.objects.get(pk=hard)).compositions["joint_team"].slots
        assert {s.code for s in (team.values() if isinstance(team, dict) else team)} >= {"specialist"}


def test_guides_read_and_advise_in_a_confidential_operation_and_alter_nothing(office: Office) -> None:
    """S0-27: A guided CU operation shows guide and guided roles; guides advise and view what they are granted but cannot alter CU records; only team members know it exists (search by others returns nothing)."""
    stage = office.stage
    operation = office.open("closing_in", "银行内部核查行动", person="icb-expert", owner="icb-dc", room=None, level=2)
    guide = office.hands.staff("handler", "datan/supervision1")
    with stage.acts("icb-expert"):
        grants.give(operation, stage.person(guide), kind="handler", acts=["read", "note"], ends_at=None, basis="指导人员", reason="有经验的办案人员指导取证")
    with stage.acts("icb-expert"):
        roles = {(g.principal, g.basis) for g in Matter.objects.get(pk=operation).grants.filter(revoked_at=None)}
    assert (stage.person(guide), "指导人员") in roles
    plan = {"start_at": "2026-12-02T20:00:00+08:00", "teams": [{"team": "一组", "task": "调取凭证", "planned_at": "2026-12-02T20:00:00+08:00"}], "measures": [{"measure": "调取", "approved_no": "〔2026〕1号"}], "risk": "low"}
    assert office.refused(guide, operation, "ready", ("plan", plan)) != ""
    with stage.acts(guide):
        tasks.note(Matter.objects.get(pk=operation), "先固定原始凭证，两人在场")
        assert stage.refused(lambda: forms.submit(Matter.objects.get(pk=operation), "plan", plan)) != ""
        assert Matter.objects.filter(title__contains="内部核查行动").count() == 1
    for other in ("fire-handler", "chief3", "wuchuan-handler1"):
        with stage.acts(other):
            assert Matter.objects.filter(title__contains="内部核查行动").count() == 0


def test_an_organ_types_no_address_and_a_register_without_one_contact_is_told(office: Office) -> None:
    """S0-39: Opening a request as a CU routes to its contact department with no address typed; a unit with 0 or 2 valid contacts is an error in the register check."""
    stage = office.stage
    with stage.acts("icb-expert"):
        lead = leads.register(leads.NewMatter("lead", "请求协助的线索", stage.body("icb-dc"), None, (leads.Subject("邱某", unit_name="某支行", post="主管"),), source="supervision"))
        room = handover.contact_of(stage.body("icb-dc"))
        assert room is not None
        assert room.body_id == stage.body("yj")
        parcel = handover.send(lead, None, reason="超出单位权限，请求协助")
        assert (parcel.receiver_id, bool(parcel.receipt_no)) == (stage.body("yj"), True)
        second = leads.register(leads.NewMatter("lead", "第二件", stage.body("icb-dc"), None, (), source="supervision"))
    more = next(r for code, r in stage.world.rooms.items() if code.startswith("yj/") and r != room.id)
    stage.admin.execute("insert into room_contact (room_id, body_id) values (%s, %s)", [more, stage.body("icb-dc")])
    try:
        with stage.acts("icb-expert"):
            assert stage.refused(lambda: handover.send(Matter.objects.get(pk=second.id), None, reason="再请求")) == "no_contact"
        with stage.acts("chief3"):
            assert ("icb-dc", 2) in {(u.body.code, u.contacts) for u in queries.uncovered(office.hands.clock().date())}
    finally:
        stage.admin.execute("delete from room_contact where room_id = %s and body_id = %s", [more, stage.body("icb-dc")])


def test_a_special_check_sends_its_lead_to_who_is_competent_and_its_problem_to_rectification(office: Office) -> None:
    """S0-20: A special check with a member list from ≥3 central bodies and DCs covers a list of units; a finding is classed as "面上问题" or "问题线索"; a lead goes to the competent body by S0-43/45 rules, a problem to rectification (C12)."""
    stage, chief = office.stage, office.chief
    members = ("icb-dc", "fire-dc", "hb-dc", "tax-dc", "datan", "linjiang")
    plan = {"topic": "财经纪律", "kind": "special", "members": [{"member": office.body(b), "task": "专业比对"} for b in members], "units": [{"unit": "第一中学", "visit_on": office.hands.day()}, {"unit": "工贸银行", "visit_on": office.hands.day()}],
            "checklist": [{"title": "收费"}], "joined": "none", "from_on": office.hands.day(), "to_on": "2027-04-02"}
    check = office.open("joint_check", "教育医疗财经纪律检查", person=chief, level=0, parties={"member": tuple(stage.body(b) for b in members)})
    office.step(chief, check, "submit", ("plan", plan))
    office.hands.approved(chief, check, "start", office.deputy)
    office.step(chief, check, "approve")
    with stage.acts(chief):
        for who, slot in ((chief, "head_one"), (stage.holder("head@tax-dc"), "head_two"), (office.staff("tax-dc"), "members")):
            people.join_team(Matter.objects.get(pk=check), stage.person(who), slot)
    office.step(chief, check, "start")
    office.step(chief, check, "visited", ("visit", {"unit": "第一中学", "visited_on": office.hands.day(), "answers": [{"item": "收费", "state": "problem"}]}))
    office.step(chief, check, "finish")
    office.step(chief, check, "route", ("findings", {"problems": [{"title": "超标准收费", "unit": "第一中学"}], "leads": [{"title": "信贷员收受回扣"}], "duty": "未尽责"}))
    assert office.facts(check, "check.members", chief) == [6]
    (lead,), (problem,) = office.children(check, "lead", chief), office.children(check, "rectification", chief)
    assert office.at(problem, chief) == ["problem"]
    with stage.acts(chief):
        leads.add_subject(Matter.objects.get(pk=lead), leads.Subject("秦某", unit_body=stage.body("icb"), post="信贷员"))
        competent = allocation.natural_body(Matter.objects.get(pk=lead))
        assert competent is not None
        assert competent == divisions.whose(Body.objects.get(pk=stage.body("icb")), office.hands.clock().date()).body  # by area, else by seat
        parcel = handover.send(Matter.objects.get(pk=lead), competent.id, reason="按片区和属地规则移交")
    desk = office.hands.staff("case_duty", f"{competent.code}/case")
    office.hands.receive(desk, parcel.id)
    with stage.acts(desk):
        assert Matter.objects.get(pk=lead).owner_body_id == competent.id
