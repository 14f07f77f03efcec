"""The designation desk: who did not answer is unknown, a choice has its reasons, the week is spread, a drill leaves nothing behind."""
from __future__ import annotations

from typing import Any

import pytest

CHIEF = "chief3"


def refused(stage: Any, person: str, act: Any) -> str:
    with stage.acts(person):
        return str(stage.refused(act))


def designation(stage: Any, unit: str = "tax", name: str = "某甲") -> Any:
    """A designation that stands at its comparison."""
    from xieli.office.demo.hands import Hands
    from xieli.office.matters.services import competence, leads
    from xieli.office.matters.tables.core import Matter

    hands = Hands(stage)
    with stage.acts(CHIEF):
        made = leads.register(leads.NewMatter("designation", f"指定管辖：{name}", stage.body("yj"), stage.room("yj/supervision3"), (leads.Subject(name, unit_body=stage.body(unit), post="科长"),), source="handover"))
    hands.step(CHIEF, made.id, "consult_first", form=("inability", {
        "natural_body": str(stage.body("beiping")), "natural_rule": "seat", "kind": "case", "sides": "both", "reason": "overload", "facts": "在办案件集中，今日无法抽出人员。", "asked_on": hands.day(), "central_unit": True}))
    with stage.acts(CHIEF):
        competence.record_basis(Matter.objects.get(pk=made.id), "resident_consent", body=stage.body("yj"), given_by=stage.body(f"{unit}-dc"), document_no="函1号")
    hands.step(CHIEF, made.id, "consulted")
    with stage.acts(CHIEF):
        return Matter.objects.get(pk=made.id)


@pytest.fixture(scope="module")
def matter(stage: Any) -> Any:
    return designation(stage)


def test_the_table_holds_every_county_body_and_nobody_who_did_not_answer_is_free(stage: Any, matter: Any) -> None:
    from xieli.office.allocation import services

    with stage.acts(CHIEF):
        ranking = services.rank(matter)
    assert len(ranking.rows) == 20
    assert all(set(r.unknown) == {"team", "custody", "keepers", "doctor"} and r.parts["readiness"] == 0 for r in ranking.rows)


def test_a_confirmation_past_its_hour_is_unknown_again(stage: Any, matter: Any) -> None:
    from xieli.office.allocation import services
    from xieli.office.demo.hands import Hands

    hands = Hands(stage)
    with stage.acts(hands.staff("case_duty", "wuchuan/case")):
        services.confirm(stage.body("wuchuan"), doctor="unknown")
    with stage.acts(CHIEF):
        row = next(r for r in services.rank(matter).rows if r.body == stage.body("wuchuan"))
    assert row.unknown == ("doctor",)
    hands.minutes(12 * 60 + 1)
    with stage.acts(CHIEF):
        row = next(r for r in services.rank(matter).rows if r.body == stage.body("wuchuan"))
    assert set(row.unknown) == {"team", "custody", "keepers", "doctor"}


def test_only_the_last_answer_of_a_duty_number_counts_and_each_is_shown(stage: Any, matter: Any) -> None:
    from xieli.office.allocation import services

    with stage.acts(CHIEF):
        services.ring(matter, stage.body("datan"), "no", "专案未结")
        assert not next(r for r in services.rank(matter).rows if r.body == stage.body("datan")).eligible
        services.ring(matter, stage.body("datan"), "yes")
        row = next(r for r in services.rank(matter).rows if r.body == stage.body("datan"))
    assert row.eligible
    assert [("不能：专案未结" in c, "能承办" in c) for c in row.calls] == [(True, False), (False, True)]


def test_another_choice_needs_a_reason_and_the_reason_comes_back_in_the_yearly_review(stage: Any, matter: Any) -> None:
    from xieli.office.allocation import services

    with stage.acts(CHIEF):
        second = next(r for r in services.rank(matter).rows if r.place == 2)
        natural = services.natural_body(matter)
        assert natural is not None
    if int(second.body) == natural.id:
        pytest.fail("the world's second body is the natural one")
    assert refused(stage, CHIEF, lambda: services.choose(matter, int(second.body), why_not_natural="任务集中")) == "reason_needed"
    assert refused(stage, CHIEF, lambda: services.choose(matter, int(second.body), why_not_first="另有同类经验")) == "reason_needed"
    with stage.acts(CHIEF):
        services.choose(matter, int(second.body), why_not_first="另有同类经验", why_not_natural="任务集中", propose=True, document_no="渝江纪指〔2026〕9号")
    with stage.acts(CHIEF):
        matter.refresh_from_db()
        assert matter.stages == ["decide"]
        found = services.review(2026)
    assert (found.choices, found.first, len(found.reasons)) == (1, 0, 1)
    assert "另有同类经验" in found.reasons[0].why_not_first
    assert found.against
    with stage.acts(CHIEF):
        from xieli.office.matters.queries.snapshot import seen_by_signer

        waiting = matter.approvals.get(act="designate", state="pending")
        seen = seen_by_signer(waiting)["ranking"]
    assert seen["chosen_place"] == 2
    assert seen["why"].startswith("另有同类经验")
    assert len(seen["rows"]) == 20
    assert len(seen["sha"]) == 64
    with stage.acts("yj-petitions"):
        assert services.review(2026).choices == 0


def test_the_week_is_spread_over_bodies_and_the_batch_is_its_askers_own(stage: Any) -> None:
    from xieli.office.allocation import demo, services
    from xieli.office.allocation.models import PlanRun
    from xieli.office.matters.tables.core import Matter

    for unit, name in (("grid", "某乙"), ("rail", "某丙"), ("post", "某丁")):
        designation(stage, unit, name)
    with stage.acts(CHIEF):
        waiting = [m for m in Matter.objects.filter(kind="designation", status="open") if "compare" in m.stages]
        problem = services.batch_problem(waiting)
    run = demo.plan_now(stage, CHIEF, "yj", "batch", problem)
    assert run.state == "done", run.said_zh
    assert run.verdict == []
    bodies = [p["body"] for p in run.result["proposals"]]
    assert len(bodies) == 3
    assert len(set(bodies)) == 3
    with stage.acts("yj-head"):
        assert not PlanRun.objects.filter(pk=run.pk).exists()
    with stage.acts(CHIEF):
        assert all("compare" in m.stages for m in Matter.objects.filter(id__in=[w.id for w in waiting]))


def test_a_drill_walks_the_real_duty_list_and_leaves_no_matter_and_no_figure(stage: Any) -> None:
    from xieli.office.allocation import drill
    from xieli.office.allocation.models import Drill
    from xieli.office.bodies.models import Body
    from xieli.office.demo.hands import Hands

    tables = ("matter", "fact", "matter_subject", "matter_grant", "competence_basis", "approval", "ranking_shown", "duty_call", "task", "alarm", "notification", "outcome", "body_load_release")
    present = [t for t in tables if stage.admin.execute("select to_regclass(%s)", [f"public.{t}"]).fetchone()[0]]
    assert {"matter", "fact", "matter_grant", "approval"} <= set(present)
    count = " || ',' || ".join(f"(select count(*) from {t})" for t in present)
    before = stage.admin.execute(f"select {count}").fetchone()
    hands = Hands(stage)
    with stage.acts(CHIEF):
        d = drill.start(stage.body("yj"), Body.objects.get(code="beiping"))
        first = next(r for r in drill.rank(d).rows if r.place == 1)
        assert first.duty_number
    assert refused(stage, CHIEF, lambda: drill.step(d, "left")) == "order"
    for minutes, name in ((3, "opened"), (9, "compared")):
        hands.minutes(minutes)
        with stage.acts(CHIEF):
            drill.step(d, name)
    with stage.acts(CHIEF):
        drill.ring(d, int(first.body), "no")
        assert not next(r for r in drill.rank(d).rows if r.body == first.body).eligible
        second = next(r for r in drill.rank(d).rows if r.place == 1)
    assert refused(stage, CHIEF, lambda: drill.step(d, "chosen", body=int(first.body))) == "excluded"
    with stage.acts(CHIEF):
        drill.step(d, "chosen", body=int(second.body))
    for name in ("signed", "left", "ready"):
        hands.minutes(20)
        with stage.acts(CHIEF):
            drill.step(d, name)
    with stage.acts(CHIEF):
        told = drill.minutes(d)
    slow = {m.step: m.minutes for m in told}
    assert [m.step for m in told] == ["call", "opened", "compared", "rang", "chosen", "signed", "left", "ready"]
    assert slow["opened"] == pytest.approx(3, abs=1)
    assert slow["left"] == pytest.approx(20, abs=1)
    assert stage.admin.execute(f"select {count}").fetchone() == before
    assert refused(stage, CHIEF, lambda: drill.ring(d, int(second.body), "yes")) == "ended"
    with stage.acts("wuchuan-handler1"):
        assert Drill.objects.count() == 0


def test_who_may_not_know_why_reads_recusal_and_nothing_else(stage: Any) -> None:
    from xieli.engines.allocation import designate

    ready = designate.Readiness("yes", "no", "yes", "yes", "x", "2099-01-01")
    ranking = designate.rank(designate.Matter("m", 10, 2), [designate.Candidate(1, 10, 10, 1.0), designate.Candidate(2, 10, 10, 1.0, readiness=ready, excluded=("unable",))], "2026-01-01")
    hidden = ranking.as_json(may_know_why=False)
    assert hidden["natural"] == []
    assert next(r for r in hidden["rows"] if r["body"] == 2)["codes"] == ["recusal"]
    assert "不能承办" not in str(hidden)
    assert "办案场所" not in str(next(r for r in hidden["rows"] if r["body"] == 2))
