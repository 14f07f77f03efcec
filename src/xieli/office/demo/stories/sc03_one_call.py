"""SC-03 一个电话，当天夜里: the fire corps' committee calls, another county is designated, papers run at home while a car is on the road.

Order (catalogue, corrections): acceptance → competence → filing (head, and the same-level party secretary on paper) → collective
record → superior's approval of this liuzhi → announcement → unit and family told within 24 hours. Cooperation is not jurisdiction.
"""
from __future__ import annotations

from xieli.office.allocation import services as allocation
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import sc03_night
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import competence, leads, moves
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter

STORY = ("SC-03", "一个电话，当天夜里", "One call, the same night")
BEGINS = "2026-03-16 09:00"


def guo(stage: Theatre) -> leads.Subject:
    """The subject: a division head of the fire corps' logistics (invented)."""
    return leads.Subject("郭某某", id_number=stage.subject_id("guo"), unit_body=stage.body("fire"), post="后勤处处长", cadre_rank="county_division")


def the_day_before(stage: Theatre) -> int:
    """The fire corps' committee keeps a lead of its own; its first talk ended, its powers too. Returns the lead."""
    with stage.acts("fire-handler"):
        lead = leads.register(leads.NewMatter("lead", "反映郭某某在消防装备采购中收受财物", stage.body("fire-dc"), None, (guo(stage),),
                                              summary="部分事实已掌握：三笔装备采购的中标价与供货价相差悬殊，郭某某承认收过一次礼金。", source="supervision", urgent=True))
    stage.made["lead"] = lead.id
    return lead.id


def the_call(stage: Theatre) -> int:
    """The phone rings in the third supervision room: four fields, the duty officer opens the channel, two tracks at once."""
    hands = Hands(stage)
    with stage.acts("chief3"):
        channel = leads.register(leads.NewMatter("green_channel", "绿色通道：消防总队纪委请求联合审查调查郭某某", stage.body("yj"), stage.room("yj/supervision3"),
                                                 (guo(stage),), source="phone", urgent=True, parties={"caller": (stage.body("fire-dc"),)})).id
    stage.made["channel"] = channel
    stage.check("对象本单位纪委书记由系统推算回避，看不到这一事项", "The head of the subject's own committee is recused by computation and sees nothing", not stage.sees("fire-officer", channel))
    opening = hands.ask("chief3", channel, "open", {"caller": "fire-dc"}, reason="对象情绪不稳定，等待有风险", urgent=True)
    code = hands.refused("chief3", lambda: moves.make(Matter.objects.get(pk=channel), "open", form=("call", four_fields(stage))))
    stage.check("未经值班领导批准，通道打不开", "Without the duty officer's approval the channel does not open", code == "not_approved")
    stage.at("2026-03-17 10:05")
    hands.sign("yj-duty", opening)
    hands.step("chief3", channel, "open", form=("call", four_fields(stage)))
    with stage.acts("chief3"):
        stage.check("电话请求已登记，书面确认限时补交", "The call is on record; its written confirmation has a time limit", Matter.objects.get(pk=channel).clocks.filter(code="written", state="running").exists())
    return channel


def four_fields(stage: Theatre) -> dict[str, str]:
    """Who calls, which unit, whom it concerns, what is urgent."""
    return {"caller": "消防总队纪委 柏嘉怡", "unit": str(stage.body("fire")), "subject": "郭某某",
            "urgent": "走读式谈话已结束，对象情绪不稳，存在自伤和串供风险；我委权限止于单位内部，请求联合审查调查。"}


def the_hand_over(stage: Theatre) -> None:
    """The fire corps hands its lead over; the contact room accepts. The receipt is there at once, and the duty to answer with it."""
    hands = Hands(stage)
    stage.at("2026-03-17 10:20")
    parcel = hands.send("fire-handler", stage.made["lead"], "yj", "线索涉嫌职务犯罪，超出单位纪委权限（监察法第38条）")
    stage.made["parcel"] = parcel
    stage.at("2026-03-17 10:30")
    hands.receive("yj-duty", parcel, "accepted", room=stage.room("yj/supervision3"))
    stage.check("受理后主办移转，移送方不再看到内容", "With acceptance ownership moves and the sender's sight ends", not stage.sees("fire-handler", stage.made["lead"]))
    stage.at("2026-03-17 10:40")
    hands.step("chief3", stage.made["channel"], "confirm",
               form=("confirmation", {"number": "消防纪〔2026〕7号", "known_facts": "三笔采购价差，承认收受礼金一次", "power_limit": "无权查询单位外资金和社会关系"}))


def propose_designation(stage: Theatre) -> int:
    """Beiping is competent by seat but its tasks are concentrated; three bodies are compared, Wuchuan is proposed. Returns the approval."""
    hands = Hands(stage)
    channel = stage.made["channel"]
    stage.at("2026-03-17 10:50")
    hands.step("chief3", channel, "ready", form=("papers", {"route": "designate", "ready": True}))
    hands.approved("yj-handler", channel, "travel", "chief3", what={"who": "巫川县纪委监委周蓉等"}, reason="先行出发，路上定方案", urgent=True)
    hands.step("chief3", channel, "planned", form=("travel", {"left_at": hands.clock().isoformat(),
                                                              "plan": "两名有资格人员谈话；家属和单位人员陪护，备医护；本人可随时离开。"}))
    with stage.acts("chief3"):
        stage.check("两手抓：路上、家里、书面三路汇合后才能决定", "Two tracks: road, papers and confirmation meet before anything is decided", Matter.objects.get(pk=channel).stages == ["decide"])
    hands.step("chief3", channel, "to_designation")
    designation = hands.child("chief3", channel, "designation")
    stage.made["designation"] = designation
    hands.step("chief3", designation, "consult_first", form=("inability", {
        "natural_body": str(stage.body("beiping")), "natural_rule": "seat", "kind": "case", "sides": "both", "reason": "overload",
        "facts": "北屏区纪委监委在办案件集中，七个审查调查组全部在外，今日无法抽出人员和留置力量。", "asked_on": hands.day(), "central_unit": True}))
    code = hands.refused("chief3", lambda: moves.make(Matter.objects.get(pk=designation), "consulted"))
    stage.check("中央单位人员：没有登记管辖依据，不能往下走", "A person of a central unit: without a basis of competence nothing goes on", code == "guard_competence")
    with stage.acts("chief3"):
        competence.record_basis(Matter.objects.get(pk=designation), "resident_consent", body=stage.body("yj"), given_by=stage.body("fire-dc"), document_no="消防纪函〔2026〕3号")
    hands.step("chief3", designation, "consulted")
    stage.at("2026-03-17 11:00")
    compare(stage, designation)
    hands.step("yj-handler", designation, "submit")
    return hands.ask("chief3", designation, "designate", {"body": stage.body("wuchuan"), "document_no": "渝江纪指〔2026〕4号"}, reason="自然管辖机构任务集中", urgent=True)


def compare(stage: Theatre, designation: int) -> None:
    """The real ranking over the real duty list: Wuchuan's duty officer confirmed, Beiping was rung and cannot, nobody else answered."""
    hands = Hands(stage)
    with stage.acts(hands.staff("case_duty", "wuchuan/case")):
        allocation.confirm(stage.body("wuchuan"))
    with stage.acts("chief3"):
        matter = Matter.objects.get(pk=designation)
        natural = allocation.natural_body(matter)
        stage.check("系统先指出自然管辖机构：北屏区（属地）", "The natural body is named first: Beiping, by seat", natural is not None and natural.id == stage.body("beiping"))
        allocation.ring(matter, stage.body("beiping"), "no", "七个审查调查组全部在外")
        allocation.ring(matter, stage.body("wuchuan"), "yes", "留置场所、看护、医护已备")
        ranking = allocation.rank(matter)
        rows = {int(r.body): r for r in ranking.rows}
        stage.check("全部机构都在表上，被排除的写明原因", "Every body is in the table, the excluded with their reason", len(rows) >= 20 and rows[stage.body("beiping")].codes == ("unable",))
        stage.check("没有答复的是“未确认”，不算空闲", "Whoever did not answer is unknown, not free", set(rows[stage.body("zhongyue")].unknown) == {"team", "custody", "keepers", "doctor"} and rows[stage.body("zhongyue")].parts["readiness"] == 0)
        stage.check("条件成熟的巫川县居首，领先多少写明", "Wuchuan, ready, comes first and its lead is stated", rows[stage.body("wuchuan")].place == 1 and bool(ranking.margin and ranking.margin > 0))
        code = stage.refused(lambda: allocation.choose(matter, stage.body("wuchuan")))
        stage.check("越过自然管辖机构，须写明理由", "Passing over the natural body needs a reason", code == "reason_needed")
        shown = allocation.choose(matter, stage.body("wuchuan"), why_not_natural="北屏区任务集中，当日无力量和留置场所")
        stage.check("比选所见连同输入、权重和摘要冻结", "The comparison is frozen with inputs, weights and digest", len(shown.sha) == 64 and shown.result["weights"]["load"] == 40.0 and len(shown.inputs) == len(rows))


def decide_designation(stage: Theatre, approval: int) -> None:
    """The head decides; the decision is served, Wuchuan takes it, the natural body learns that and no more."""
    hands = Hands(stage)
    designation = stage.made["designation"]
    stage.check("指定之前，巫川县看不到任何内容", "Before the designation Wuchuan sees nothing", not stage.sees("zhou-rong", stage.made["lead"]) and not stage.sees(hands.staff("case_duty", "wuchuan/case"), designation))
    stage.at("2026-03-17 11:15")
    hands.sign("yj-head", approval)
    hands.step("yj-head", designation, "designate", form=("decision", {"verdict": "designate"}))
    with stage.acts("chief3"):
        seen = Approval.objects.get(pk=approval).snapshots.get().content
        stage.check("签批人当时所见已冻结：在办、回避、规则版本都在", "What the signer saw is frozen: clocks, recusals, rule versions", {"recusals", "clocks", "playbook", "forms"} <= set(seen))
    duty = hands.staff("case_duty", "wuchuan/case")
    stage.at("2026-03-17 11:25")
    hands.step(duty, designation, "take", form=("objection", {"able": True, "room": "第一监督检查室"}))
    down = hands.send("chief3", stage.made["lead"], "wuchuan", "指定管辖决定书 渝江纪指〔2026〕4号", kind="assign_down", keep_view=True, document_no="渝江纪指〔2026〕4号")
    stage.made["down"] = down
    stage.at("2026-03-17 11:30")
    hands.receive(duty, down, "accepted", room=stage.room("wuchuan/supervision1"))
    row = stage.admin.execute("select decided_at from approval where id = %s", [approval]).fetchone()
    first = stage.admin.execute("select min(g.starts_at) from matter_grant g where g.matter_id = any (%s) and g.principal in"
                                " (select id from room where body_id = %s union select id from office where body_id = %s)",
                                [[stage.made["lead"], designation], stage.body("wuchuan"), stage.body("wuchuan")]).fetchone()
    assert row
    assert first
    stage.check("指定决定早于巫川县第一次获得知悉权限", "The designation precedes Wuchuan's first access", row[0] <= first[0])
    north = hands.staff("handler", "beiping/supervision1")
    chief = stage.holder("head@beiping")
    stage.check("北屏区（自然管辖机构）没有内容权限", "Beiping, the natural body, has no access to content", not any(stage.sees(p, m) for p in (north, chief) for m in (stage.made["lead"], designation, stage.made["channel"])))


def play(stage: Theatre) -> None:
    """The whole day, from the call to the answer that the fire corps reads."""
    stage.start_at(BEGINS)
    the_day_before(stage)
    stage.at("2026-03-17 10:00")
    the_call(stage)
    the_hand_over(stage)
    decide_designation(stage, propose_designation(stage))
    sc03_night.play(stage)
