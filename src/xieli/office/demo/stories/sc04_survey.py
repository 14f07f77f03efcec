"""SC-04 调研现场开通道: the city's commission visits a district with a central unit; in the meeting the green channel is opened
and a hand-over agreed. The first parcel does not match its list and comes back; the second is received.
"""
from __future__ import annotations

from typing import Any

from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.files import services as files
from xieli.office.files.models import FileCheck, StoredFile
from xieli.office.matters.services import approvals, grants, leads, moves
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.handover import FeedbackDuty, Handover

STORY = ("SC-04", "调研现场：开通道、促移交", "A survey, a channel, a hand-over on the spot")
BEGINS = "2026-05-12 09:00"


def play(stage: Theatre) -> None:
    """From the visit to the receipt."""
    stage.start_at(BEGINS)
    the_meeting(stage)
    the_channel(stage)
    the_letter(stage)
    the_parcel(stage)
    what_the_visit_brought(stage)


def the_meeting(stage: Theatre) -> None:
    """The visit is a matter: bodies, day, agenda; convened with approval, its minutes signed by both heads."""
    hands = Hands(stage)
    with stage.acts("chief3"):
        meeting = leads.register(leads.NewMatter("meeting", "赴南桥区调研央地协作", stage.body("yj"), stage.room("yj/supervision3"), level=1,
                                                 parties={"side": (stage.body("nanqiao"), stage.body("icb-dc"))})).id
    stage.made["meeting"] = meeting
    hands.step("chief3", meeting, "submit", form=("call", {
        "series": "央地协作调研", "period": "once", "kind": "survey", "planned_on": hands.day(), "convener_side": str(stage.body("yj")), "in_turn": True,
        "side": str(stage.body("nanqiao")), "agenda": [{"title": "工贸银行线索的移交", "from_last": False}]}))
    code = hands.refused("chief3", lambda: moves.make(Matter.objects.get(pk=meeting), "convene"))
    stage.check("会议未经批准，不能召集", "Without approval the meeting is not convened", code == "not_approved")
    hands.approved("chief3", meeting, "convene", "yj-deputy")
    hands.step("chief3", meeting, "convene")
    stage.at("2026-05-12 10:00")
    hands.step("chief3", meeting, "open")
    stage.at("2026-05-12 11:00")
    hands.step("chief3", meeting, "minuted", form=("minutes", {
        "held_on": hands.day(), "attended": 9, "text": "现场启动绿色通道；工贸银行移交的线索交南桥区办理。", "decisions": [
            {"title": "办妥线索移交", "owner": str(stage.body("yj")), "due_on": "2026-05-20"}]}))
    signing = hands.ask("chief3", meeting, "co_chairs", {"partner": stage.body("nanqiao")})
    hands.sign("yj-head", signing)
    code = hands.refused("chief3", lambda: moves.make(Matter.objects.get(pk=meeting), "confirm"))
    stage.check("只有一方签字，纪要不生效", "With one signature of two the minutes are not confirmed", code == "not_approved")
    hands.sign(stage.holder("head@nanqiao"), signing)
    hands.step("chief3", meeting, "confirm")


def the_channel(stage: Theatre) -> None:
    """The green channel is opened from the meeting itself."""
    hands, meeting = Hands(stage), stage.made["meeting"]
    hands.step("chief3", meeting, "channel", reason="会上议定现场启动")
    channel = hands.child("chief3", meeting, "green_channel")
    stage.made["channel"] = channel
    opening = hands.ask("chief3", channel, "open", {"caller": "icb-dc"}, reason="会上议定", urgent=True)
    code = hands.refused("chief3", lambda: approvals.decide(Approval.objects.get(pk=opening), "approved"))
    stage.check("提请人不能批准自己的请示", "Nobody approves what he asked for himself", code in ("own_request", "turn", "not_found"))
    hands.sign("yj-duty", opening)
    hands.step("chief3", channel, "open", form=("call", {"caller": "工贸银行渝江市分行纪委", "unit": str(stage.body("icb")), "subject": "丁某某",
                                                         "urgent": "账户资金正在转移，请求当场启动绿色通道。"}))
    with stage.acts("chief3"):
        stage.check("通道由会议产生，两头相连", "The channel came from the meeting and is linked to it",
                    MatterLink.objects.filter(source_id=meeting, target_id=channel).exists() and bool(Matter.objects.get(pk=channel).stages))


def _letter(stage: Theatre, hands: Hands, digest: str) -> tuple[str, dict[str, Any]]:
    return ("letter", {"receiver": str(stage.body("nanqiao")), "competence": "seat", "direction": "down", "summary": "丁某某涉嫌违规放贷收受财物，对象和单位均在南桥区。",
                       "files": [{"name": "贷款审批表.pdf", "pages": 12, "digest": digest}], "urgent": True, "sent_on": hands.day(), "handling": "purpose"})


def the_letter(stage: Theatre) -> None:
    """The hand-over is drafted from the meeting, approved by another than its drafter, and compared file by file."""
    hands, meeting = Hands(stage), stage.made["meeting"]
    stage.at("2026-05-12 11:20")
    duty = hands.staff("case_duty", "nanqiao/case")
    hands.step("chief3", meeting, "hand_over", reason="会上议定移交")
    wrong = hands.child("chief3", meeting, "handover")
    hands.step("chief3", wrong, "propose", form=_letter(stage, hands, "00" * 32))
    approval = hands.ask("chief3", wrong, "send", {"receiver": stage.body("nanqiao")})
    code = hands.refused("yj-head", lambda: moves.make(Matter.objects.get(pk=wrong), "approve_send"))
    stage.check("移送函未批准，发不出去", "An unapproved letter of hand-over does not go out", code == "not_approved")
    stage.check("批准之前，接收方看不到", "Before the approval the receiver sees nothing", not stage.sees(duty, wrong))
    hands.sign("yj-head", approval)
    hands.step("yj-head", wrong, "approve_send")
    for move in ("sign_receipt", "open"):
        hands.step(duty, wrong, move)
    code = hands.refused(duty, lambda: moves.make(Matter.objects.get(pk=wrong), "compare"))
    stage.check("清单所列材料不在案卷中：核对不能通过", "A listed file that is not there: the comparison does not pass", code == "guard_files")
    hands.step(duty, wrong, "mismatch", form=("mismatch", {"missing": "贷款审批表.pdf 未随案移送"}))
    stage.check("退回后接收方不再看到", "Once returned, the receiver's sight ends", not stage.sees(duty, wrong))

    stage.at("2026-05-12 11:40")
    hands.step("chief3", meeting, "hand_over", reason="补齐材料，重新移交")
    right = hands.child("chief3", meeting, "handover")
    stage.made["handover"] = right
    with stage.acts("chief3"):
        stored = files.receive(Matter.objects.get(pk=right), "贷款审批表.pdf", [b"%PDF-1.7 loan application, 12 pages"], from_whom="工贸银行渝江市分行纪委")
        digest = bytes(stored.digest).hex()
    hands.step("chief3", right, "propose", form=_letter(stage, hands, digest))
    hands.approved("chief3", right, "send", "yj-head", what={"receiver": stage.body("nanqiao")})
    hands.step("yj-head", right, "approve_send")
    for move in ("sign_receipt", "open", "compare"):
        hands.step(duty, right, move)
    stage.at("2026-05-12 11:50")
    hands.step(duty, right, "accept", form=("triage", {"verdict": "accept", "part_only": False, "reason": "属本区管辖", "decided_on": hands.day()}))
    with stage.acts(duty):
        found = Matter.objects.get(pk=right)
        stage.check("签收即有回执编号", "Signing for it gives a numbered receipt", bool(found.number))
        stage.check("受理之时主办转移", "With acceptance ownership moves", found.owner_body_id == stage.body("nanqiao"))
        stage.check("受理当场产生反馈责任", "Acceptance creates the duty to report back", FeedbackDuty.objects.filter(matter=found, state="open").exists())


def the_parcel(stage: Theatre) -> None:
    """The lead itself goes by the kernel's ladder. A handler with a tie is recused first; a file changed on the way stops the acceptance."""
    hands = Hands(stage)
    stage.at("2026-05-12 14:00")
    duty, handler = hands.staff("case_duty", "nanqiao/case"), hands.staff("handler", "nanqiao/supervision1")
    with stage.acts("icb-officer"):
        lead = leads.register(leads.NewMatter("lead", "反映丁某某违规放贷收受财物", stage.body("icb-dc"), None,
                                              (leads.Subject("丁某某", unit_name="工贸银行南桥支行", post="行长"),), source="supervision", urgent=True))
        file = files.receive(lead, "账户流水.pdf", [b"%PDF-1.7 account statement"], from_whom="工贸银行南桥支行")
        stage.made["lead"], digest = lead.id, bytes(file.digest)
    parcel = hands.send("icb-officer", stage.made["lead"], "nanqiao", "对象和单位均在南桥区，会上议定")
    from xieli.office.files import store

    place = store.place(digest)
    kept = place.read_bytes()
    place.write_bytes(b"%PDF-1.7 another account statement")
    stage.at("2026-05-12 14:10")
    with stage.acts(duty):
        from xieli.office.matters.services import handover

        handover.step(Handover.objects.get(pk=parcel), "opened")
        stage.check("拆封时逐件核对，改过的材料按名指出", "On opening every file is compared and the changed one is named",
                    list(FileCheck.objects.filter(handover_id=parcel).values_list("name", "result")) == [("账户流水.pdf", "changed")])
    code = hands.refused(duty, lambda: handover.step(Handover.objects.get(pk=parcel), "accepted"))
    stage.check("材料不符，不能受理", "While a file differs it is not accepted", code == "index_mismatch")
    hands.receive(duty, parcel, "returned", reason="账户流水.pdf 与清单不一致")
    place.write_bytes(kept)
    stage.at("2026-05-12 15:00")
    again = hands.send("icb-officer", stage.made["lead"], "nanqiao", "已核对原件，重新移送")
    hands.receive(duty, again, "accepted", room=stage.room("nanqiao/supervision1"))
    stage.made["parcel"] = again
    with stage.acts(duty):
        stage.check("材料随案转移，接收方可以读取", "The files came with the lead and can be read", b"".join(files.take(StoredFile.objects.get(matter_id=lead.id), "handling")) == kept)
        recusal = grants.raise_recusal(lead.id, stage.person(handler), ground="former_employer", reason="曾在工贸银行南桥支行任职")
    with stage.acts(stage.holder("head@nanqiao")):
        grants.decide_recusal(recusal, lead.id, "in_force", "原任职单位，应当回避")
    stage.check("应当回避的承办人看不到线索和材料", "The recused handler sees neither the lead nor its files", not stage.sees(handler, lead.id))


def what_the_visit_brought(stage: Theatre) -> None:
    """The meeting's own page lists what came of it, with times."""
    with stage.acts("chief3"):
        made = {link.target.kind: link for link in MatterLink.objects.filter(source_id=stage.made["meeting"]).select_related("target")}
        reported = list(MatterLink.objects.filter(source_id=stage.made["meeting"], target__kind="handover").order_by("created_at").values_list("outcome", flat=True))
        stage.check("调研成果：通道一条、移交两次（一退一受理）、议定事项一项", "What the visit brought: one channel, two hand-overs (one returned, one accepted), one decision",
                    {"green_channel", "decision_task"} <= set(made) and reported in (["returned", "accepted"], ["accepted"]))
    with stage.acts("icb-officer"):
        row = Handover.objects.get(pk=stage.made["parcel"])
        stage.check("移送方手里有回执，看得到办到哪一步，看不到内容", "The sender holds a receipt and reads how far it is, not what is in it", bool(row.receipt_no) and row.coarse_stage == "accepted")
    stage.check("移送方不再看到线索", "The sender no longer sees the lead", not stage.sees("icb-officer", stage.made["lead"]))
