"""What makes the demo's pages look like work: people in custody with a clock that runs near its limit, and files on a few matters."""
from __future__ import annotations

from xieli.office.demo.crowd import Crowd
from xieli.office.files import services as files
from xieli.office.files.models import StoredFile
from xieli.office.matters.services import leads, measures
from xieli.office.matters.services.source import call
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter, MatterSubject

PAPERS = (("银行流水.pdf", b"%PDF-1.4 account statement (invented)", "某银行支行", "relied_on"), ("谈话记录.txt", "谈话记录（虚构演示材料）".encode(), "谈话组", ""),
          ("举报材料复印件.pdf", b"%PDF-1.4 copy of a report (invented)", "信访室", ""), ("会议纪要.pdf", b"%PDF-1.4 minutes (invented)", "某局办公室", "excluded"))


def in_custody(crowd: Crowd, body: str, kind: str, name: str) -> int:
    """A measure announced now, with every paper given: its limit falls a few days after the demo's present."""
    stage, hands = crowd.stage, crowd.hands
    chief, head = stage.holder(f"room_head@{body}/supervision1"), stage.holder(f"head@{body}")
    title = {"liuzhi": "留置", "guanhu": "管护"}[kind]
    with stage.acts(chief):
        matter = leads.register(leads.NewMatter(kind, f"{name}{title}", stage.body(body), stage.room(f"{body}/supervision1"),
                                                (leads.Subject(name, unit_name="某区城投公司", post="副总经理"),), source="supervision")).id
    mark = f"{stage.world_name(body)[:2]}纪会"
    approval = hands.approved(chief, matter, kind, head, *(["yj-head"] if kind == "liuzhi" else []), collective_no=f"{mark}〔2025〕31号")
    with stage.acts(chief):
        measures.take(Matter.objects.get(pk=matter), MatterSubject.objects.get(matter_id=matter), kind, approval=Approval.objects.get(pk=approval),
                      by_body=stage.body(body), superior_no="渝江纪批〔2025〕88号" if kind == "liuzhi" else "")
    hands.give_papers(chief, matter)
    return matter


def papers(crowd: Crowd, body: str, matters: int) -> None:
    """Files with custody and verdicts on the first of a body's open leads."""
    stage = crowd.stage
    done = 0
    for lead in crowd.open_leads.get(body, []):
        if done == matters:
            break
        with stage.acts(crowd.hands.staff("case_duty", f"{body}/case")):
            matter = Matter.objects.filter(pk=lead).first()
            if matter is None or not call("may", lead, "write") or StoredFile.objects.filter(matter=matter).exists():
                continue
            done += 1
            for number, (paper, content, whom, verdict) in enumerate(PAPERS):
                file = files.receive(matter, paper, [content, f" {lead} {number}".encode()], from_whom=whom)
                if verdict:
                    files.judge(file, verdict, "与所反映问题无关" if verdict == "excluded" else "")
                if number == 0:
                    files.enter_custody(file, "sealed", note="原件封存于涉案财物管理室")
