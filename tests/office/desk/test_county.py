"""The demo's catalogue: twenty and more departments, of differing freshness, some stale; a model with a record of people's verdicts."""
from __future__ import annotations

from typing import Any

import pytest

from tests.office.desk.conftest import Bench
from xieli.office.desk import demo, queries, services
from xieli.office.desk.models import DataSet, Hit, Verdict
from xieli.office.matters.tables.core import Matter


@pytest.fixture(scope="module")
def county(bench: Bench) -> dict[str, Any]:
    truth = demo.load_county(bench.stage.admin)
    demo.load_case(bench.stage.admin, (bench.stage.subject_id("duan"), "段某"))
    check = demo.approved_check(bench.stage)
    demo.earlier_check(bench.stage, check, truth)
    return {**truth, "check": check}


def test_twenty_departments_and_more_stand_in_the_catalogue_and_a_stale_set_warns(bench: Bench, county: dict[str, Any]) -> None:
    """S4-33: Catalogue shows ≥20 providers with freshness and quality; stale set warns."""
    with bench.stage.acts("chief3"):
        listed = queries.catalogue(bench.hands.clock().date())
        assert len({d.owner_code for d, _ in listed}) >= 20
        assert {"veterans", "road_works"} <= {d.code for d, stale in listed if stale}
        assert len({d.as_of for d, _ in listed}) >= 8
        assert len({d.every_days for d, _ in listed}) >= 4
        assert all(d.title_en and d.owner_en and d.accepted and not d.quarantined for d, _ in listed)


def test_exactly_the_planted_six_were_found_and_no_near_miss(bench: Bench, county: dict[str, Any]) -> None:
    with bench.stage.acts("chief3"):
        hits = list(Hit.objects.filter(model="public_employee_benefit"))
        rows = DataSet.objects.get(code="housing_allowance").accepted
        assert len(hits) == len(county["both"]) == 6
        assert all(h.evidence["payment"]["count"] == 5 for h in hits), "each of the six drew five times; who left, joined or shares a name is no hit"
        assert rows == 390


def test_the_models_page_shows_how_often_people_found_it_right(bench: Bench, county: dict[str, Any]) -> None:
    with bench.stage.acts("chief3"):
        shown = {m["model"].id: m["record"] for m in queries.models()}
        assert shown["public_employee_benefit"] == {"judged": 6, "true": 4, "not_true": 1, "data_error": 1, "share": 67}
        by_month = queries.history("public_employee_benefit")
        assert [(m["judged"], m["true"], m["share"]) for m in by_month] == [(6, 4, 67)]
        assert by_month[0]["site"]


def judged(hit: Hit) -> str:
    """What a person judged of it; `open` while nobody has."""
    newest = Verdict.objects.filter(hit=hit).order_by("-at").first()
    return newest.verdict if newest else "open"


def test_five_warnings_with_evidence_a_namesake_to_judge_and_no_case_by_itself(bench: Bench, county: dict[str, Any]) -> None:
    """S4-34: On a seeded set (3 dead recipients, 2 kin of officers, 1 same-name trap) exactly 5 warnings with evidence, the trap queued for judgement; each warning ends in a verdict by a person; no automatic case."""
    stage = bench.stage
    links = {"cadre": "unit_posts", "kin": "kin_register", "role": "company_roles", "contract": "invoiced_contracts"}
    kin = {"approval": "approvals", "applicant": "applicants", "kin": "kin"}
    sets = ["subsidies", "deaths", *kin.values(), *links.values()]
    with stage.acts("chief3"):
        before = Matter.objects.count()
        made = services.propose(Matter.objects.get(pk=county["check"]), services.Proposal(
            "deceased_recipient", {"payment": "subsidies", "death": "deaths"}, "核查虚报冒领、优亲厚友", "ghost claims and favouring kin", "PIA-2026-9", instruments={s: f"函〔2026〕{n}号" for n, s in enumerate(sets, 1)},
            programme_document="专项〔2026〕5号", runs=6, reveals=6, more=(("approver_kin", kin), ("kin_namesake_company", links))))
    assert bench.signed(made.pk, "yj-deputy", "yj-head") == "in_force"
    found = {}
    for model in ("deceased_recipient", "approver_kin", "kin_namesake_company"):
        done = demo.run_now(stage, "chief3", made.pk, model)
        assert done.state == "done", (done.said_en, done.result)
        with stage.acts("chief3"):
            found[model] = list(Hit.objects.filter(run=done).order_by("code"))
    warnings, (trap,) = [*found["deceased_recipient"], *found["approver_kin"]], found["kin_namesake_company"]
    assert (len(found["deceased_recipient"]), len(found["approver_kin"])) == (len(bench.truth["dead"]), len(bench.truth["favoured"])) == (3, 2)
    assert all(h.evidence and h.causes for h in [*warnings, trap])
    assert ({h.strength for h in warnings}, trap.strength) == ({"strong"}, "weak")
    assert "不作认定" in trap.told_zh  # a shared name is asked about, nothing is asserted
    with stage.acts("chief3"):
        assert {judged(h) for h in [*warnings, trap]} == {"open"}  # each waits for a person
        assert stage.refused(lambda: services.to_lead(warnings[0], "死后领补", ())) == "unverified_hit"
        for hit in warnings:
            services.judge(hit, "true", "入户和调档核实")
        services.judge(trap, "not_true", "登记补正，另有其人")
    with stage.acts("chief3"):
        assert [judged(h) for h in [*warnings, trap]] == ["true"] * 5 + ["not_true"]
        assert set(Verdict.objects.filter(hit__in=[*warnings, trap]).values_list("person_id", flat=True)) == {stage.person("chief3")}
        assert Matter.objects.count() == before  # five times true, and still neither lead nor case: a person makes it
