"""C10: the round of the development zone, played once: its sheet, its strands, its knowers, its report in versions; and an overdue problem that proposes by itself."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests import djangodb
from tests.dbfixtures import TestDatabase
from tests.rows.acting import Office
from xieli.office.access import services as access
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import inspection as ins
from xieli.office.demo.stories import sc12_zone
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.queries import rounds
from xieli.office.matters.services import grants
from xieli.office.matters.services.source import call
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.reports import trees

BEGINS = sc12_zone.BEGINS
BODY = sc12_zone.BODY


@pytest.fixture(scope="module")
def played(stage: Theatre) -> Theatre:
    sc12_zone.play(stage)
    return stage


@pytest.fixture(autouse=True)
def _here(stage: Theatre, pg_cluster: Any) -> None:
    djangodb.use(TestDatabase(pg_cluster, stage.admin.execute("select current_database()").fetchone()[0]))  # type: ignore[index]


def _round(stage: Theatre) -> int:
    with stage.acts(ins.OFFICE):
        return int(Matter.objects.get(kind="inspection_round").id)


def found(stage: Theatre, who: str) -> rounds.Found:
    """The round as one reader has it."""
    from xieli.office.matters.services.source import now, today

    with stage.acts(who):
        return rounds.read(Matter.objects.get(kind="inspection_round"), now(), today())


def approves(stage: Theatre, person: str, matter: int) -> bool:
    """Whether somebody may approve on a matter, and so widen its circle."""
    with stage.acts(person):
        return bool(call("may", matter, "approve")) and bool(call("may", matter, "grant"))


def test_the_sheet_of_the_round_prints_two_five_and_two_with_its_reasons(played: Theatre) -> None:
    """S2-16: The round's sheet prints 2/5/2 with drill-down; risk profile justifies the choice.
    S2-01: The overview page of an inspection round shows the four strands with live counts behind each.
    S2-22: Needs a risk reason and two approvals; only listed persons ever see it; the list of knowers is printable and each addition is approved."""
    stage, matter, chief = played, _round(played), played.holder(f"room_head@{BODY}/supervision1")
    office = found(stage, ins.OFFICE)
    assert (len(office.heads), office.handed, office.last("choice")["risk_profile"]) == (2, 5, "征地拆迁体量大、资金密集、信访集中")
    assert [h["who"].name for h in office.heads]  # each head by name
    assert [len(s["lines"]) for s in office.passed] == [5]
    with stage.acts(chief):
        leads_of = list(Matter.objects.filter(kind="lead", title__startswith="征地拆迁线索").values_list("id", flat=True))
        line = [trees.line(one).retained for one in leads_of]
        assert len(leads_of) in (2, 5)
        assert sum(line) == 2
    assert {s.code: s.count for s in office.strands} == {"package": 0, "people": 3, "passed": 5, "rectify": 0}
    approvals = stage.admin.execute("select s.body_id from approval a join approval_step s on s.approval_id = a.id where a.matter_id = %s and a.act = 'during' and s.decision = 'approved'", [matter]).fetchall()
    assert sorted(b for (b,) in approvals) == sorted([stage.body("yj-ins"), stage.body(BODY)])
    assert office.passed[0]["data"]["risk"] == "涉案人正在转移财产"
    lead = leads_of[0]
    with stage.acts(chief):
        listed = {k.person for k in access.who_may_see(lead)}
        given = list(Matter.objects.get(pk=lead).grants.filter(revoked_at=None))
    assert listed
    for person in (chief, ins.MEMBER, "wuchuan-handler1", "yj-petitions", "chief3"):
        assert stage.sees(person, lead) == (stage.person(person) in listed)  # who is not on the list does not see it
    assert not stage.sees(ins.MEMBER, lead)
    assert all(g.basis for g in given)
    # each addition is approved: whoever works on it may not widen the circle, who may approve does, by name
    worker = Hands(stage).staff("handler", f"{BODY}/supervision1")
    assert stage.person(worker) in listed
    outsider = stage.person("wuchuan-handler1")
    with stage.acts(worker):
        code = stage.refused(lambda: grants.give(lead, outsider, kind="reviewer", acts=["read", "note"], ends_at=None, basis="协助核对", reason=""))
    assert code == "circle_approved"
    head = next(p for p, i in stage.world.people.items() if i in listed and approves(stage, p, lead))
    with stage.acts(head):
        added = grants.give(lead, outsider, kind="reviewer", acts=["read", "note"], ends_at=None, basis="协助核对", reason="")
        assert Matter.objects.get(pk=lead).grants.get(pk=added).approver == stage.person(head)
    assert stage.sees("wuchuan-handler1", lead)
    with stage.acts(head):
        assert outsider in {k.person for k in access.who_may_see(lead)}


def test_a_report_of_the_round_is_signed_and_a_correction_is_a_new_version(played: Theatre) -> None:
    """S2-37: Generated with figures traced to records, signed, versioned; a later correction yields a new version with differences."""
    stage, matter = played, _round(played)
    office = Office(stage)
    office.step(ins.OFFICE, matter, "leave")
    office.step(ins.OFFICE, matter, "notify", ("findings", {"rows": [{"title": "征地补偿账实不符"}, {"title": "工程拆分发包"}]}))
    report: dict[str, Any] = {"text": "巡察发现两个突出问题", "reported_on": office.hands.day()}
    assert office.refused(ins.OFFICE, matter, "report", ("report", report)) == "not_approved"
    assert office.refused(ins.OFFICE, matter, "report", ("report", {**report, "handed": 9})) == "computed_sent"  # no figure is typed
    for n in (1, 2):
        asker, signer = (ins.HEAD, ins.OFFICE) if office.stage.sees(ins.HEAD, matter) else (ins.MEMBER, ins.OFFICE)
        office.hands.approved(asker, matter, "report", signer, reason=f"第{n}版")
        if n == 2:
            office.step(ins.OFFICE, matter, "look_back", ("look_back", {"on": office.hands.day(), "verdicts": [{"title": "征地补偿账实不符", "verdict": "part"}], "new": [{"title": "新发现的问题"}]}))
            report = {**report, "text": "巡察发现三个突出问题", "correction": "补入回头看发现的问题"}
        office.step(ins.OFFICE, matter, "report", ("report", report))
    versions = found(stage, ins.OFFICE).versions
    assert [v.row.revision for v in versions] == [2, 1]
    assert [(k, a, b) for k, a, b in versions[0].changed] == [("text", "巡察发现两个突出问题", "巡察发现三个突出问题")]
    assert {k: versions[1].row.data[k] for k in ("units", "found", "handed", "rectified")} == {"units": 1, "found": 2, "handed": 5, "rectified": 0}
    assert versions[1].changed == []
    assert versions[0].row.data["correction"] == "补入回头看发现的问题"
    assert versions[1].row.data["text"] == "巡察发现两个突出问题"  # what was signed stays


def test_an_overdue_problem_proposes_a_review_by_itself_and_decides_nothing(played: Theatre, pg_cluster: Any) -> None:
    """S2-38: Grade 较差 or overdue proposes (never decides) an accountability review with link to evidence; person notified; right of reply recorded."""
    from xieli.office.matters.services import by_itself

    stage, office = played, Office(played)
    problem = office.open("rectification", "超期未改的问题", level=0)
    office.step(office.room, problem, "enter", ("problem", {"unit": office.body("edu"), "reviewer_body": office.body("yj-ins"), "source": "check", "kind": "账实不符", "key": False, "text": "补偿账实不符",
                                                            "raiser_known": False, "found_on": office.hands.day(), "due_on": office.hands.day()}))
    unit = office.staff("edu")
    office.step(unit, problem, "planned", ("measures", {"rows": [{"text": "清理账目", "owner": "财务处", "due_on": office.hands.day()}]}))
    office.step(unit, problem, "answered", ("answerability", {"needed": False}))
    database = TestDatabase(pg_cluster, stage.admin.execute("select current_database()").fetchone()[0])  # type: ignore[index]

    @contextmanager
    def worker() -> Iterator[Callable[[], int]]:
        djangodb.use(database, "job")
        try:
            yield by_itself.round_once
        finally:
            djangodb.use(database, "web")

    with worker() as once:
        once()
    assert office.children(problem, "accountability") == []  # in time: nothing is proposed
    with stage.acts(office.room):
        due = Matter.objects.get(pk=problem).clocks.get(code="rectify").due_at
    stage.at(due.astimezone(Hands(stage).clock().tzinfo).strftime("%Y-%m-%d 23:59"))
    Hands(stage).minutes(60 * 24)
    for _ in range(2):
        with worker() as once:
            once()
    (review,) = office.children(problem, "accountability")  # once, however often the worker looks
    with stage.acts(office.room):
        row = Matter.objects.get(pk=review)
        assert row.status == "open"
        assert MatterLink.objects.filter(source_id=problem, target_id=review, kind="derived").exists()
        assert office.outcomes(review) == []  # proposed, not decided
