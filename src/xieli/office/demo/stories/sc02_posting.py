"""SC-02 金苗顶岗与伪造的法院文书: a bank's cadre in a front-line post, a suspicion that goes home by a lawful path, a forged court
document that flags what relied on it, and a weekend: accepted, replied, filed, measure, in this order on one Saturday.
"""
from __future__ import annotations

from typing import Any

from xieli.office.access.models import Recusal
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories.sc02_weekend import saturday
from xieli.office.demo.theatre import Theatre
from xieli.office.files import services as files
from xieli.office.files.models import ExhibitUse, StoredFile
from xieli.office.matters.services import approvals, grants, leads, people, tasks
from xieli.office.matters.tables.clocks import Alarm
from xieli.office.matters.tables.core import Matter

STORY = ("SC-02", "金苗顶岗与伪造的法院文书", "A front-line post and a forged court document")
BEGINS = "2026-03-02 09:00"


def play(stage: Theatre) -> None:
    """From the posting to the Saturday."""
    stage.start_at(BEGINS)
    the_posting(stage)
    the_suspicion(stage)
    the_forged_paper(stage)
    the_sweep(stage)
    saturday(stage)


def the_posting(stage: Theatre) -> None:
    """Zhang Wei of the bank's committee works full-time in Linjiang's first room. He sees what he was given, not the room."""
    hands = Hands(stage)
    chief = stage.holder("room_head@linjiang/supervision1")
    hands.post("hb-zhang", "handler@linjiang/supervision1", home="hb-dc", kind="front_line")
    with stage.acts(chief):
        given, other = (leads.register(leads.NewMatter("lead", title, stage.body("linjiang"), stage.room("linjiang/supervision1"),
                                                       (leads.Subject(name, unit_name="某区属公司"),), source="petition")).id for title, name in (("反映贺某虚开费用发票", "贺某"), ("反映邱某收受礼金", "邱某")))
        grants.give(given, stage.person("hb-zhang"), kind="handler", acts=["read", "write", "note"], ends_at=None, basis="顶岗锻炼", reason="参与核查")
    stage.made |= {"given": given, "other": other}
    stage.check("顶岗干部只看得到交给他的事项，看不到该室其他事项", "In a front-line post he sees the matter given to him, not the room's others",
                stage.sees("hb-zhang", given) and not stage.sees("hb-zhang", other))
    stage.check("原单位看不到区里的线索", "His home unit sees nothing of the district's leads", not stage.sees("hb-officer", given) and not stage.sees("hb-officer", other))


def the_suspicion(stage: Theatre) -> None:
    """The method looks like one he handled in the bank. A note asks; what goes home is the method, as the district approved it, never the file."""
    hands = Hands(stage)
    stage.at("2026-03-05 15:00")
    with stage.acts("hb-zhang"):
        tasks.note(Matter.objects.get(pk=stage.made["given"]), "发票连号、抬头改写的手法，与我在原单位经手过的一笔报销相似；请求批准向原单位披露手法（不涉及本线索内容）。")
    code = hands.refused("hb-zhang", lambda: grants.give(stage.made["given"], stage.body("hb-dc"), kind="reviewer", acts=["read"], ends_at=None, basis="x", reason="x"))
    stage.check("不能自行把线索交给原单位看", "He cannot open the lead to his home unit himself", code != "")
    with stage.acts("hb-officer"):
        lead = leads.register(leads.NewMatter("lead", "反映田某某报销发票异常", stage.body("hb-dc"), None, (
            leads.Subject("田某某", id_number=stage.subject_id("tian"), unit_body=stage.body("hb"), post="支行员工"),), source="supervision", summary="手法相似：发票连号、抬头改写。")).id
        stage.made["lead"] = lead
        handler = hands.staff("handler", "hb-dc", 1)
        grants.give(lead, stage.person(handler), kind="handler", acts=["read", "write", "note"], ends_at=None, basis="承办", reason="")
    with stage.acts(handler):
        recusal = grants.raise_recusal(lead, stage.person("hb-zhang"), ground="former_employer", reason="与对象同单位，且曾经手该笔报销")
    code = hands.refused("hb-officer", lambda: people.join_team(Matter.objects.get(pk=lead), stage.person("hb-zhang"), "members"))
    stage.check("张薇主动请缨：与对象同单位、曾经手，回避未决定之前不能参加", "He volunteers: same employer, handled it before; until the recusal is decided he cannot join", code == "recused")
    with stage.acts("hb-officer"):
        grants.decide_recusal(recusal, lead, "in_force", "曾经手该笔报销：不参加办理，可就手法作书面说明")
    with stage.acts("hb-officer"):
        found = Recusal.objects.get(pk=recusal)
        stage.check("批准人写明回避，没有默认放行；提出人和决定人是两个人", "The approver records the recusal, nothing is allowed by default; raised and decided by two persons",
                    found.state == "in_force" and found.raised_by != found.decided_by)


def the_forged_paper(stage: Theatre) -> None:
    """A court document is the key. It is relied on; the court's archive says forged; what relied on it is flagged, here and where it was copied."""
    hands, lead = Hands(stage), stage.made["lead"]
    stage.at("2026-03-10 10:00")
    handler = hands.staff("handler", "hb-dc", 1)
    with stage.acts(handler):
        paper = files.receive(Matter.objects.get(pk=lead), "民事调解书.pdf", [b"%PDF-1.7 civil mediation, page 1"], from_whom="田某某报销附件")
        files.enter_custody(paper, "sealed", note="原件装袋")
        files.judge(paper, "relied_on")
        asked = approvals.request(Matter.objects.get(pk=lead), "assign", {"room": "hb-dc"}, reason="依据民事调解书，费用性质属诉讼支出")
        stage.made |= {"paper": paper.id, "asked": asked.id}
        stage.check("采信之后提出的请示，登记为依据该材料", "What is asked after it was relied on is on record as resting on it", ExhibitUse.objects.filter(file=paper, kind="approval", ref=asked.id).exists())
    stage.at("2026-03-12 16:00")
    with stage.acts(handler):
        paper = StoredFile.objects.get(pk=stage.made["paper"])
        files.receive(Matter.objects.get(pk=lead), "临江法院查档证明.pdf", [b"%PDF-1.7 certificate of the archive"], from_whom="临江区人民法院")
        files.enter_custody(paper, "moved", from_whom="华国银行渝江市分行纪委", to_whom="临江区人民法院档案室", note="由临江区纪委监委同志陪同核查")
    code = hands.refused(handler, lambda: files.judge(StoredFile.objects.get(pk=stage.made["paper"]), "forged", ""))
    stage.check("认定伪造须写明理由", "Finding an exhibit forged needs its reason", code == "reason_needed")
    with stage.acts(handler):
        flagged = files.judge(StoredFile.objects.get(pk=stage.made["paper"]), "forged", "法院查档：无此案号，印章与存档不符")
    with stage.acts(handler):
        stage.check("认定伪造，依据它的请示被标出", "Found forged: the request that relied on it is flagged", flagged == 1 and ExhibitUse.objects.get(file_id=stage.made["paper"]).flagged_at is not None)
        stage.check("事项上出现警示", "The matter carries an alarm", Alarm.objects.filter(matter_id=lead, kind="forged_exhibit").exists())
        stage.check("签批人看到的页面写着伪造", "What the signer has before him says forged", any(e["verdict"] == "forged" for e in approvals.snapshot_of(_approval(asked.id))["exhibits"]))
        stage.check("保管记录：收、封、移各有时间和人", "The custody log has receipt, sealing and move with time and person", sorted(e.kind for e in paper.custody.all()) == ["moved", "received", "sealed"])
        approvals.withdraw(_approval(asked.id))


def _approval(identity: int) -> Any:
    from xieli.office.matters.tables.approvals import Approval

    return Approval.objects.get(pk=identity)


CLAIMS = (("BX-01", 320000, "genuine"), ("BX-02", 186000, "forged"), ("BX-03", 94500, "genuine"), ("BX-04", 410000, "forged"), ("BX-05", 77000, "forged"))


def the_sweep(stage: Theatre) -> None:
    """Every claim that Tian handled is reviewed: the list is complete against the ledger, and the suspect ones add up."""
    hands, lead = Hands(stage), stage.made["lead"]
    handler = hands.staff("handler", "hb-dc", 1)
    stage.at("2026-03-18 17:00")
    with stage.acts(handler):
        matter = Matter.objects.get(pk=lead)
        for number, amount, verdict in CLAIMS:
            file = files.receive(matter, f"报销单 {number}.pdf", [f"%PDF-1.7 claim {number} {amount}".encode()], from_whom="财务部")
            files.judge(file, "excluded" if verdict == "genuine" else "relied_on", "真实业务，与本案无关" if verdict == "genuine" else "")
        claims = StoredFile.objects.filter(matter=matter, name__startswith="报销单")
        stage.check("经手费用全部清理：件数等于台账", "Every claim he handled was swept: as many as the ledger lists", claims.count() == len(CLAIMS) and not claims.filter(verdict="").exists())
        suspect = [amount for _, amount, verdict in CLAIMS if verdict == "forged"]
        stage.figure("可疑报销合计", "suspect claims in all", sum(suspect) / 100, "CNY")
        stage.check("涉嫌职务侵占的事实由被采信的单据构成", "The facts of embezzlement rest on the claims that are relied on", claims.filter(verdict="relied_on").count() == len(suspect))
