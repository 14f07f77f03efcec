"""SC-25 大数据预警: data sets of several bodies under one authorization; a model warns, a person judges, one lead, and the model learns how often it was right."""
from __future__ import annotations

from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.desk import demo, services
from xieli.office.desk.models import Authorization, Conversion, Hit, Verdict
from xieli.office.matters.services import grants, leads
from xieli.office.matters.tables.core import Matter

STORY = ("SC-25", "大数据预警：疑点由人核定", "A warning from data: a person judges the hit")
BEGINS = "2026-04-07 09:00"
ROOM = "wuchuan/supervision1"
CLERK_WORK = {"topic": "惠民补贴到户核查", "kind": "sample", "joined": "none"}


def play(stage: Theatre) -> None:
    """From an approved special check to a lead and the outcome that returns to the model."""
    stage.start_at(BEGINS)
    truth = demo.load(stage.admin)
    check = approved_check(stage)
    authorization = authorize(stage, check)
    run_and_judge(stage, authorization, truth["dead"])


def approved_check(stage: Theatre) -> int:
    """A special check of the room; before its plan is approved nothing may be laid side by side."""
    hands, chief = Hands(stage), stage.holder(f"room_head@{ROOM}")
    with stage.acts(chief):
        check = leads.register(leads.NewMatter("joint_check", "惠民补贴专项检查", stage.body("wuchuan"), stage.room(ROOM), source="supervision")).id
        for person in (stage.holder("head@wuchuan"), stage.holder("deputy@wuchuan")):
            grants.give(check, stage.person(person), kind="handler", acts=["read", "write", "note"], ends_at=None, basis="分管", reason="")
    code = hands.refused(chief, lambda: _propose(check))
    stage.check("专项方案未批准，不能提出碰撞授权", "Before the programme is approved no matching can be authorized", code == "no_scope")
    hands.step(chief, check, "submit", form=("plan", {**CLERK_WORK, "members": [{"member": str(stage.body("wuchuan")), "task": "核对名册"}], "units": [{"unit": "某镇", "visit_on": "2026-04-20"}],
                                                      "checklist": [{"title": "死后领补"}], "from_on": "2026-04-08", "to_on": "2026-05-08"}))
    hands.approved(chief, check, "start", stage.holder("deputy@wuchuan"))
    return int(check)


def _propose(check: int, assessment: str = "PIA-2026-1") -> Authorization:
    return services.propose(Matter.objects.get(pk=check), services.Proposal(
        "deceased_recipient", {"payment": "subsidies", "death": "deaths"}, "核查死后领补", "check payments after death", assessment, instruments={"subsidies": "财函〔2026〕1号", "deaths": "民函〔2026〕2号"},
        programme_document="专项〔2026〕1号", runs=2, reveals=5))


def authorize(stage: Theatre, check: int) -> int:
    """Purpose, instruments, impact assessment; two leaders sign; one signature is not enough."""
    hands, chief = Hands(stage), stage.holder(f"room_head@{ROOM}")
    stage.check("没有影响评估，不能提出", "Without an impact assessment nothing is proposed", hands.refused(chief, lambda: _propose(check, "")) == "no_assessment")
    with stage.acts(chief):
        identity = _propose(check).id
    for n, signer in enumerate((stage.holder("deputy@wuchuan"), stage.holder("head@wuchuan"))):
        refused = demo.run_now(stage, chief, identity, "deceased_recipient")
        stage.check(f"{n} 人签批时运行被拒并留痕", f"With {n} signatures a run is refused and the refusal kept", refused.state == "refused" and refused.result["code"] == "two_persons")
        with stage.acts(signer):
            services.sign_authorization(Authorization.objects.get(pk=identity))
    return int(identity)


def run_and_judge(stage: Theatre, identity: int, dead: list[str]) -> None:
    """Exactly the planted hits; no lead before a verdict; the verdicts return to the model."""
    hands, chief = Hands(stage), stage.holder(f"room_head@{ROOM}")
    done = demo.run_now(stage, chief, identity, "deceased_recipient")
    with stage.acts(chief):
        hits = list(Hit.objects.filter(run=done).order_by("code"))
    stage.check("恰好命中三名死后领补者，同名者和生前领取者都不在内", "Exactly the three paid after death are hit, no namesake, nobody paid while alive", done.state == "done" and len(hits) == len(dead))
    subject = (leads.Subject("钱某", unit_name="某镇", post="经办人"),)
    stage.check("未经人核定，疑点不能成为线索", "Without a person's verdict a hit makes no lead", hands.refused(chief, lambda: services.to_lead(hits[0], "死后领补", subject)) == "unverified_hit")
    for hit, verdict, why in zip(hits, ("true", "true", "data_error"), ("已入户核实", "家属承认代领", "死亡登记错人"), strict=True):
        with stage.acts(chief):
            services.judge(hit, verdict, why)
    with stage.acts(chief):
        lead = services.to_lead(hits[0], "死后领补", subject)
        services.correct(hits[2], "deaths", "本人健在")
    with stage.acts(chief):
        made = Conversion.objects.get(lead_id=lead.id)
        stage.check("线索来源为模型，附证据和授权", "The lead says it came from a model, with its evidence and authorization", Matter.objects.get(pk=lead.id).source == "model" and bool(made.evidence) and len(made.authorization_digest) == 64)
        true = Verdict.objects.filter(hit__run=done, verdict="true").count()
    stage.check("事项以外的人看不到疑点", "Nobody outside the matter sees it", not stage.sees("yj-analyst", lead.id))
    stage.figure("模型准确率", "precision of the model", 100 * true / len(hits), "%")
