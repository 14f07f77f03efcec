"""SC-01 段某案：银行纪委求助，联合办案，依授权碰撞数据，收网，移送有回执.

The bank's committee reaches its powers' limit and asks; the commission coordinates; Datan takes the case and works it with the
bank's committee; a case-bound matching shows one chain of money and one shadow company; custody follows the lawful order; the
subject goes to the prosecutor with a receipt. Cooperation is not jurisdiction; the specialist never counts among the two.
"""
from __future__ import annotations

from xieli.office.access import services as access
from xieli.office.access.models import Recusal
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import sc01_data, sc01_end
from xieli.office.demo.theatre import Theatre
from xieli.office.desk import demo
from xieli.office.matters.services import competence, forms, grants, leads, moves, people
from xieli.office.matters.tables.core import Matter, MatterSubject

STORY = ("SC-01", "段某案：联合办案与数据碰撞", "The bank case: a joint case with the data bridge")
BEGINS = "2026-02-02 09:00"


def duan(stage: Theatre) -> leads.Subject:
    """The subject: a deputy general manager of a department of the bank's branch (invented)."""
    return leads.Subject("段某", id_number=stage.subject_id("duan"), unit_body=stage.body("icb"), post="信贷部副总经理", cadre_rank="county_deputy")


def play(stage: Theatre) -> None:
    """From the bank's own check in February to the receipt of 26 May."""
    stage.start_at(BEGINS)
    stage.made["truth"] = demo.load_case(stage.admin, (stage.subject_id("duan"), "段某"))
    own_check(stage)
    ask_for_help(stage)
    coordinate(stage)
    take_the_case(stage)
    join_hands(stage)
    sc01_data.play(stage)
    sc01_end.play(stage)


def own_check(stage: Theatre) -> None:
    """The bank's committee holds a lead of its own and finds what its powers do not reach."""
    with stage.acts("icb-expert"):
        lead = leads.register(leads.NewMatter("lead", "反映段某在授信审批中谋利", stage.body("icb-dc"), None, (duan(stage),), source="supervision",
                                              summary="自查发现三笔贷款审批异常，涉嫌多项职务犯罪；外部资金往来、社会关系、涉案企业不清，证据难以固定。"))
    stage.made["lead"] = lead.id


def ask_for_help(stage: Theatre) -> None:
    """A request that names each class of information that is missing, and why own powers do not reach; each is answered or refused with a reason."""
    hands = Hands(stage)
    with stage.acts("icb-expert"):
        request = leads.register(leads.NewMatter("assistance_request", "协查：资金往来、社会关系、涉案企业", stage.body("icb-dc"), None, (), source="supervision", parties={"helper": (stage.body("yj"),)})).id
        grants.give(request, stage.person("icb-officer"), kind="handler", acts=["read", "write"], ends_at=None, basis="主要负责人", reason="")
    stage.made["request"] = request
    form = ("request", {"kind": "data", "known": "三笔贷款审批异常", "why_not_self": "单位纪委无权查询单位以外的资金、亲属和企业登记", "basis": "监察法第18条", "due_on": "2026-02-20", "bank_columns": True,
                        "items": [{"class": "money", "what": "本人账户大额往来"}, {"class": "relations", "what": "近亲属"}, {"class": "companies", "what": "亲属持股企业"}]})
    hands.step("icb-expert", request, "submit", form=form)
    ask = hands.ask("icb-expert", request, "ask")
    stage.at("2026-02-02 11:00")
    state = hands.sign_on_paper(("icb-officer", "icb-expert"), ask, "工银纪批〔2026〕3号", "2026-02-02 10:30")
    stage.check("协查请求经分管领导纸质签批，两人录入", "The request is approved on paper by the deputy in charge, entered by two persons", state == "approved")
    hands.step("icb-officer", request, "send")
    with stage.acts("icb-expert"):
        for helper in ("yj-duty", "chief3"):
            grants.give(request, stage.person(helper), kind="handler", acts=["read", "write", "note"], ends_at=None, basis="协助办理", reason="")
    stage.at("2026-02-03 10:00")
    hands.step("yj-duty", request, "take", form=("acceptance", {"takes": True, "own_subject": False}), body=str(stage.body("yj")))
    stage.check("求助逐类列明所缺信息、为何权限不及和依据", "The request lists each missing class, why own powers do not reach, and the basis", len(form[1]["items"]) == 3)


def coordinate(stage: Theatre) -> None:
    """The lead goes up with its receipt; Datan is named, with the bank committee's consent as basis of competence."""
    hands, lead = Hands(stage), stage.made["lead"]
    parcel = hands.send("icb-expert", lead, "yj", "涉嫌职务犯罪，资金和关系在外，超出单位纪委权限（监察法第38条）")
    stage.made["parcel"] = parcel
    hands.receive("yj-duty", parcel, "accepted", room=stage.room("yj/supervision3"))
    stage.check("对象本单位纪委负责人由系统推算回避", "The head of the subject's own committee is recused by computation", not stage.sees("icb-officer", lead))
    stage.at("2026-02-04 09:00")
    down = hands.send("chief3", lead, "datan", "指定管辖决定书 渝江纪指〔2026〕2号", kind="assign_down", keep_view=True, document_no="渝江纪指〔2026〕2号")
    stage.made["down"] = down
    hands.receive(hands.staff("case_duty", "datan/case"), down, "accepted", room=stage.room("datan/supervision1"))


def take_the_case(stage: Theatre) -> None:
    """Datan registers, assigns, and opens a preliminary verification; before that nothing may be laid side by side."""
    hands, lead = Hands(stage), stage.made["lead"]
    duty, head, deputy, chief = hands.staff("case_duty", "datan/case"), stage.holder("head@datan"), hands.staff("deputy", "datan"), stage.holder("room_head@datan/supervision1")
    stage.made.update(duty=duty, head=head, deputy=deputy, chief=chief, second=hands.staff("handler", "datan/supervision1", 1))
    hands.step(duty, lead, "accept", form=("registration", {
        "subject": "段某", "unit": str(stage.body("icb")), "source": "superior", "named": False, "first_time": True, "received_on": hands.day(), "kinds": ["embezzlement"], "priority": ["assigned"],
        "summary": "授信审批异常三笔，资金和关系在外。", "acceptable": "accept"}))
    hands.approved(duty, lead, "assign", head, what={"room": stage.room("datan/supervision1")})
    hands.step(head, lead, "assign")
    hands.step(chief, lead, "propose", form=("opinion", {"way": "preliminary_check", "reasons": "事实具体，可查性强，须核资金和关系。", "study": True, "report_up": False, "proposed_on": hands.day()}))
    sc01_data.too_early(stage)
    hands.approved(chief, lead, "disposal", deputy, head)
    hands.step(head, lead, "do_check")
    hands.approved("datan-lead", lead, "check_start", head)
    with stage.acts("datan-lead"):
        for person, slot in (("datan-lead", "leader"), (stage.made["second"], "members")):
            people.join_team(Matter.objects.get(pk=lead), stage.person(person), slot)
        for person in (head, deputy, chief):
            grants.give(lead, stage.person(person), kind="handler", acts=["read", "write"], ends_at=None, basis="分管", reason="")
    hands.step("datan-lead", lead, "start_check", form=("check_plan", {"scope": "核实贷款审批、资金去向、亲属企业", "until": "2026-03-20", "safety": "外围核查，不接触本人。"}))


def join_hands(stage: Theatre) -> None:
    """One case, two bodies: studied together, approved by both, members named one by one; cooperation alone gives no power to file."""
    hands = Hands(stage)
    stage.at("2026-02-05 09:00")
    with stage.acts("datan-lead"):
        joint = leads.register(leads.NewMatter("joint_case", "与工贸银行纪委联合办案", stage.body("datan"), stage.room("datan/supervision1"), (duan(stage),), source="supervision",
                                               parties={"partner": (stage.body("icb-dc"),)})).id
        stage.made["joint"] = joint
        for person in (stage.made["head"], stage.made["deputy"], stage.made["chief"], "icb-expert"):
            grants.give(joint, stage.person(person), kind="handler", acts=["read", "write"], ends_at=None, basis="联合办案", reason="")
    hands.step("datan-lead", joint, "join", form=("study", {
        "attendees": "徐锦浩、刘华、案管", "gaps": [{"fact": "授信谋利", "missing": "资金去向"}, {"fact": "特定关系人", "missing": "企业实际控制"}], "difficulty": ["cross_region", "cross_sector", "hidden"],
        "route": "joint", "partner_is_unit": True, "studied_on": hands.day()}))
    stage.check("伙伴机构是对象所在单位：其负责人看不到联合事项", "The partner is the subject's own unit: its head does not see the joint matter", not stage.sees("icb-officer", joint))
    code = hands.refused("datan-lead", lambda: moves.make(Matter.objects.get(pk=joint), "approved"))
    stage.check("未经双方批准，联合办案不能开始", "Without the approval of both the joint case does not begin", code in ("not_approved", "guard_competence", "guard_slots"))
    with stage.acts("datan-lead"):
        subject = MatterSubject.objects.filter(matter_id=joint).count()
    stage.check("一个案件，两个机构：对象只登记一次", "One case, two bodies: the subject is registered once", subject == 1)
    with stage.acts("datan-lead"):
        competence.record_basis(Matter.objects.get(pk=joint), "resident_consent", body=stage.body("datan"), given_by=stage.body("icb-dc"), document_no="工银纪函〔2026〕5号")
    both_approve(stage)


def both_approve(stage: Theatre) -> None:
    """The head of the bank's committee is recused by computation; two persons clear him for the joint matter with a reason, and only then he signs for his body."""
    hands, joint, head, deputy = Hands(stage), stage.made["joint"], stage.made["head"], stage.made["deputy"]
    with stage.acts(head):
        barred = Recusal.objects.get(matter_id=joint, principal=stage.person("icb-officer"), state="in_force").id
    why = "与段某无隶属和亲属关系，不分管授信，仅以本单位纪委名义表示同意并派员"
    with stage.acts(head):
        first = access.lift_recusal(barred, why)
    stage.check("一人不能解除回避", "One person alone lifts no recusal", not first and not stage.sees("icb-officer", joint))
    with stage.acts(deputy):
        second = access.lift_recusal(barred, why)
    stage.check("第二人同意后，伙伴机构负责人方可签批联合事项", "With the second person's consent the partner's head may sign", second)
    # asked only now: at a place whose head is recused somebody else signs on paper
    approval = hands.ask("datan-lead", joint, "joint", {"partner": stage.body("icb-dc")})
    hands.sign(head, approval)
    stage.at("2026-02-05 15:00")
    stage.check("双方负责人都已批准", "The heads of both bodies have approved", hands.sign("icb-officer", approval) == "approved")
    with stage.acts("datan-lead"):
        for person, slot in ((deputy, "leader"), ("datan-lead", "standing_officers"), (stage.made["second"], "standing_officers"), ("icb-expert", "partner_members")):
            people.join_team(Matter.objects.get(pk=joint), stage.person(person), slot)
    hands.step(head, joint, "approved")
    stage.check("解除回避只及于联合事项：他仍看不到线索", "He is cleared for the joint matter alone: the lead stays closed to him", not stage.sees("icb-officer", stage.made["lead"]))
    with stage.acts("datan-lead"):
        forms.submit(Matter.objects.get(pk=joint), "evidence_plan", {
            "items": [{"fact": "授信谋利", "method": "调取授信档案", "who": "刘华", "state": "planned"}, {"fact": "资金去向", "method": "依授权比对", "who": "徐锦浩", "state": "planned"}],
            "retake": True, "guidance": "单位谈话记录须由主办方重新制作。"})
