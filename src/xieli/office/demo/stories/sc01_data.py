"""Step 5 of SC-01: the data run. One authorization that names Duan, five owners, three models; every hop opens its source row."""
from __future__ import annotations

from datetime import timedelta

from xieli.engines.matching import verdicts
from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.desk import demo, relations, services, store
from xieli.office.desk.models import Authorization, Conversion, Hit
from xieli.office.matters.tables.core import Matter

SHADOW, CIRCLE, NAMESAKE = "cadre_kin_company_contract", "circular_flow", "kin_namesake_company"
OWNERS = {"unit_posts": "工银函〔2026〕1号", "kin_register": "公函〔2026〕8号", "company_roles": "市监函〔2026〕3号", "invoiced_contracts": "税函〔2026〕6号", "transfers": "银查〔2026〕11号"}
FORBIDDEN = "990101"  # no identity number leaves with a hit


def asked(stage: Theatre, *, subjects: tuple[str, ...] | None = None, days: int = 60) -> services.Proposal:
    """What Datan asks: who, which columns of whom, why, how long."""
    links = {"cadre": "unit_posts", "kin": "kin_register", "role": "company_roles", "contract": "invoiced_contracts"}
    return services.Proposal(
        SHADOW, links, "核实段某亲属企业与本单位合同、资金往来", "verify contracts of kin's companies with his unit, and flows of money", "PIA-2026-7", instruments=OWNERS,
        subjects=subjects or (stage.subject_id("duan"),), rank="deputy", days=days, runs=6, reveals=10, operators=(stage.person("datan-lead"),), more=((CIRCLE, {"txn": "transfers"}), (NAMESAKE, links)),
        approvals=({"class": "bank", "dataset": "transfers", "number": "渝江纪查〔2026〕15号", "approver": "分管领导", "date": "2026-02-06", "level": "responsible_leader"},))


def too_early(stage: Theatre) -> None:
    """Before preliminary verification no matching is even proposed."""
    code = Hands(stage).refused(stage.made["chief"], lambda: services.propose(Matter.objects.get(pk=stage.made["lead"]), asked(stage)))
    stage.check("初步核实之前，不能提出碰撞授权", "Before preliminary verification no matching can be proposed", code == "no_scope")


def play(stage: Theatre) -> None:
    """Two leaders sign, the worker runs three models, a person judges."""
    stage.at("2026-02-06 09:00")
    authorize(stage)
    find(stage)
    look_at_the_picture(stage)
    judge(stage)
    after_expiry(stage)


def authorize(stage: Theatre) -> None:
    """It names Duan and expires; two leaders who do not operate sign; who is not named is not laid down."""
    hands, lead = Hands(stage), stage.made["lead"]
    with stage.acts(stage.made["chief"]):
        first = services.propose(Matter.objects.get(pk=lead), asked(stage, days=5))
        stage.check("授权书写明对象、数据集、字段、期限、目的和批准", "The authorization names subjects, data sets, columns, period, purpose and approval",
                    first.document["subjects"]["values"] == [stage.subject_id("duan")] and {d["dataset"] for d in first.document["datasets"]} == set(OWNERS) and bool(first.document["query_approvals"]))
        stage.check("有到期日", "It expires", first.ends_at - first.starts_at == timedelta(days=5))
    code = hands.refused(stage.made["chief"], lambda: services.sign_authorization(Authorization.objects.get(pk=first.pk)))
    stage.check("提出人不能签批", "Who proposes does not sign", code == "operator_signs")
    for signer in (stage.made["deputy"], stage.made["head"]):
        with stage.acts(signer):
            services.sign_authorization(Authorization.objects.get(pk=first.pk))
    stage.made["authorization"] = first.pk
    stranger = demo.run_now(stage, stage.made["chief"], first.pk, SHADOW)
    stage.check("不是操作人，运行被拒并留痕", "Who is no operator is refused, on record", stranger.state == "refused" and stranger.result["code"] == "operator")


def find(stage: Theatre) -> None:
    """Exactly the planted company and chain; the namesake is asked about, never asserted."""
    tried = demo.run_now(stage, "datan-lead", stage.made["authorization"], SHADOW, trial=True)
    stage.check("先试跑百分之一：只说约有几条", "First one in a hundred is tried: it says only about how many", tried.state == "done" and "expected" in tried.result)
    for model, expected in ((SHADOW, 1), (CIRCLE, 1), (NAMESAKE, 1)):
        done = demo.run_now(stage, "datan-lead", stage.made["authorization"], model)
        stage.check(f"模型 {model} 恰好一条", f"Model {model} finds exactly one", done.state == "done" and done.result["hits"] == expected)
    with stage.acts("datan-lead"):
        hits = {h.model: h for h in Hit.objects.filter(run__authorization_id=stage.made["authorization"])}
        stage.made["hits"] = {m: h.pk for m, h in hits.items()}
        stage.check("影子公司：妻弟企业，两份合同，路径不超过五步", "The shadow company: the wife's brother's, two contracts, at most five hops", hits[SHADOW].evidence["contract"]["count"] == 2 and hits[SHADOW].evidence["kin"]["count"] >= 1)
        stage.check("资金链：三跳，先后有序，回到原账户", "The chain of money: three hops in order of time, back to its account", hits[CIRCLE].evidence["txn"]["count"] == 3)
        stage.check("同名之人不作认定，列为弱疑点待人核对", "The namesake is not asserted; he waits as a weak hit for a person", hits[NAMESAKE].strength == "weak" and hits[NAMESAKE].evidence["role"]["count"] == 1)
        stage.check("每条疑点都指向各数据集的具体行，且不带身份证号", "Every hit points at rows of each data set and carries no identity number", all(h.evidence and FORBIDDEN not in str(h.evidence) + h.told_zh for h in hits.values()))
        counts = {h.run.result["snapshot"]["cadre"]["rows"] for h in hits.values() if "cadre" in h.run.result["snapshot"]}
        stage.check("只有授权列名的对象进入比对", "Only the person whom the authorization names is compared", counts == {1})
    stage.figure("数据主管单位", "owners of data", len({"unit_posts", "kin_register", "company_roles", "invoiced_contracts", "transfers"}), "个")


def look_at_the_picture(stage: Theatre) -> None:
    """From Duan to the contract, hop by hop, each with its row; kept for the meeting; exported with tokens only."""
    with stage.acts("datan-lead"):
        a = Authorization.objects.get(pk=stage.made["authorization"])
        every = relations.Relations(a)
        hit = Hit.objects.get(pk=stage.made["hits"][SHADOW])
        view = relations.View(every.start_of(hit))
        opened = relations.View(view.start, dict.fromkeys(every.lay_out(view).nodes, 1))
        picture = every.lay_out(opened)
        stage.check("关系图从对象展开，每条边都有数据集和行号", "The picture opens from the subject; every edge has its data set and row", len(picture.edges) >= 3 and all(e.dataset and e.row for e in picture.edges))
        kept = relations.keep(a, opened, "", "会商：段某关系", "妻弟企业与本单位合同")
        stage.check("会商快照留存当时的图和依据", "The snapshot keeps the picture and its evidence as they stood", len(kept.edges) == len(picture.edges))
        lines = relations.export(a)
        stage.check("导出只含代号，不含身份", "The export holds tokens, no identities", bool(lines) and stage.subject_id("duan").encode() not in lines)


def judge(stage: Theatre) -> None:
    """Revealed one by one, judged by a person; a hit is never a finding before that."""
    truth, picked = stage.made["truth"], stage.made["hits"]
    with stage.acts("datan-lead"):
        shown = services.reveal(Hit.objects.get(pk=picked[SHADOW]), "核对企业和亲属")
        stage.check("每一跳都能打开来源原始行", "Every hop opens its source row", {r["company"] for r in shown["contract"]["rows"]} == {truth["company"]} and any(r.get("person") == truth["brother"] for r in shown["role"]["rows"]))
        shown = services.reveal(Hit.objects.get(pk=picked[CIRCLE]), "核对账户")
        stage.check("资金链的三个账户就是埋设的三个", "The three accounts of the chain are the planted three", {r["payer"] for r in shown["txn"]["rows"]} == set(truth["chain"]))
        services.judge(Hit.objects.get(pk=picked[SHADOW]), "true", "企业登记、户籍和合同相互印证")
        services.judge(Hit.objects.get(pk=picked[CIRCLE]), "true", "银行凭证印证")
        services.judge(Hit.objects.get(pk=picked[NAMESAKE]), "not_true", "登记补正后系另一人")
        told = {o["model"]: o for o in verdicts.outcomes(store.workspace(Hands(stage).clock()))}
        stage.check("结论回到模型：逐模型记对错", "The outcome goes back to the model: right and wrong are counted for each",
                    (told[SHADOW]["true"], told[CIRCLE]["true"], told[NAMESAKE]["not_true"], told[NAMESAKE]["precision"]) == (1, 1, 1, "0.000"))
        stage.check("疑点没有自动变成线索或结论", "No hit became a lead or a conclusion by itself", not Conversion.objects.exists())
    stage.check("疑点只在知悉范围内", "Hits stay within the circle", not stage.sees("wuchuan-handler1", stage.made["lead"]))


def after_expiry(stage: Theatre) -> None:
    """After its last day a run is refused and logged."""
    stage.at("2026-02-12 09:00")
    late = demo.run_now(stage, "datan-lead", stage.made["authorization"], SHADOW)
    stage.check("到期之后运行被拒并留痕", "After expiry a run is refused, on record", late.state == "refused" and late.result["code"] == "expired")
