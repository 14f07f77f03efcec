"""A small invented county for the desk: payments, deaths, kin, approvals, described and imported through the engine, then listed."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from xieli.engines.matching.demo import generate, last_month_end
from xieli.engines.matching.demo_case import generate_case
from xieli.engines.matching.demo_county import generate_county
from xieli.engines.matching.demo_sets import beside, bring
from xieli.office.demo.hands import Hands
from xieli.office.demo.theatre import Theatre
from xieli.office.desk import runs, services, store
from xieli.office.desk.models import Authorization, Hit, Run
from xieli.office.desk.shelf import publish
from xieli.office.matters.services import grants, leads
from xieli.office.matters.tables.core import Matter


def load(admin: psycopg.Connection[Any], *, people: int = 400, dead: int = 3, favoured: int = 2, at: datetime | None = None) -> dict[str, Any]:
    """Write the data sets into this database's folder and its catalogue; returns the planted truth. Once: again changes nothing."""
    row = admin.execute("select access.now()").fetchone()
    assert row is not None
    at = at or row[0]
    with TemporaryDirectory() as spare:
        truth = generate(Path(spare), people=people, dead=dead, favoured=favoured, as_of=last_month_end(at.date()))
        _bring(Path(spare), at)
    publish(admin, at)
    return truth


def load_case(admin: psycopg.Connection[Any], subject: tuple[str, str]) -> dict[str, Any]:
    """The data of one case (posts, kin, roles, contracts, transfers of five owners) about an invented subject; returns the truth."""
    row = admin.execute("select access.now()").fetchone()
    assert row is not None
    with TemporaryDirectory() as spare:
        truth = generate_case(Path(spare), subject, as_of=last_month_end(row[0].date()))
        _bring(Path(spare), row[0])
    publish(admin, row[0])
    return truth


def load_county(admin: psycopg.Connection[Any]) -> dict[str, Any]:
    """The data sets of fourteen more departments, of differing freshness; returns the truth."""
    row = admin.execute("select access.now()").fetchone()
    assert row is not None
    with TemporaryDirectory() as spare:
        truth = generate_county(Path(spare))
        _bring(Path(spare), row[0])
    publish(admin, row[0])
    return truth


def earlier_check(stage: Theatre, check: int, truth: dict[str, Any]) -> None:
    """What a model's record looks like: one programme was run and its six hits judged one by one, four of them true."""
    chief, leaders = "chief3", ("yj-deputy", "yj-head")
    with stage.acts(chief):
        made = services.propose(Matter.objects.get(pk=check), services.Proposal(
            "public_employee_benefit", {"payment": "housing_allowance", "payroll": "payroll"}, "核查财政供养人员领取住房补贴", "check housing allowance drawn by public employees", "PIA-2026-3",
            instruments={"housing_allowance": "住建函〔2026〕4号", "payroll": "人社函〔2026〕2号"}, programme_document="专项〔2026〕2号", runs=2, reveals=6))
    for person in leaders:
        with stage.acts(person):
            services.sign_authorization(Authorization.objects.get(pk=made.pk))
    done = run_now(stage, chief, made.pk, "public_employee_benefit")
    if (done.state, done.result.get("hits")) != ("done", len(truth["both"])):
        raise RuntimeError(f"{done.state} {done.said_en} {done.result}")
    with stage.acts(chief):
        verdicts = [("true", "工资和补贴名册相互印证")] * 4 + [("not_true", "公益性岗位，依规可以领取"), ("data_error", "名册停薪日期漏填")]
        for hit, (verdict, why) in zip(Hit.objects.filter(run=done).order_by("code"), verdicts, strict=True):
            services.judge(hit, verdict, why)


def _bring(folder: Path, at: datetime) -> None:
    bring(store.workspace(at), folder, at)


def load_beside(subject: tuple[str, str], at: datetime) -> AbstractContextManager[Callable[[], dict[str, dict[str, Any]]]]:
    """All the data sets above, as of `at`, brought in by another process meanwhile; then `publish` them."""
    return beside(store.workspace(at).root, subject, at)


def approved_check(stage: Theatre) -> int:
    """A check of the city's own room whose plan is approved, open to the analyst: where a newcomer proposes his first matching."""
    hands, chief = Hands(stage), "chief3"
    with stage.acts(chief):
        check = leads.register(leads.NewMatter("joint_check", "惠民补贴发放专项检查", stage.body("yj"), stage.room("yj/supervision3"), source="supervision")).id
        for person in ("yj-head", "yj-deputy", "yj-analyst"):
            grants.give(check, stage.person(person), kind="handler", acts=["read", "write", "note"], ends_at=None, basis="专项检查", reason="")
    day = hands.clock().date()
    hands.step(chief, check, "submit", form=("plan", {
        "topic": "惠民补贴发放", "kind": "special", "members": [{"member": str(stage.body("finance")), "task": "提供发放名册"}], "units": [{"unit": "示范县", "visit_on": (day + timedelta(days=14)).isoformat()}],
        "checklist": [{"title": "死后领补"}, {"title": "亲属审批"}], "joined": "none", "from_on": day.isoformat(), "to_on": (day + timedelta(days=60)).isoformat()}))
    hands.approved(chief, check, "start", "yj-deputy")
    return int(check)


def run_now(stage: Theatre, person: str, authorization: int, model: str, *, trial: bool = False) -> Run:
    """A person asks for a run and the worker's part is done at once, with his session: for stories and tests."""
    with stage.acts(person):
        asked = runs.ask(Authorization.objects.get(pk=authorization), model, trial=trial, defer=False)
    if asked.state == "queued":
        with stage.rehearsing():
            runs.perform(asked.pk, lambda: stage.acts(person))
    with stage.acts(person):
        return Run.objects.select_related("authorization").get(pk=asked.pk)
