"""C18: what came of one matter, along links, each person once; nothing of another origin."""
from __future__ import annotations

import pytest

from tests.rows.acting import Office
from xieli.office.demo.stories.sc05_cases import to_custody
from xieli.office.demo.theatre import Theatre
from xieli.office.matters.services import leads, people
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.reports import trees


@pytest.fixture(scope="module")
def office(stage: Theatre) -> Office:
    return Office(stage)


def test_every_person_retained_traces_to_a_finding_and_counts_once_over_the_tree(office: Office) -> None:
    """S0-21: From the check's records the report shows N problems, M leads, K persons retained; every K traces back through a lead to a finding of THIS check; "余" style prints 7xx as 700余 (the style: tests/figures).
    S2-23: Derived leads keep their parent; the total "共留置5人" is the count over the whole tree, each person once."""
    stage, hands = office.stage, office.hands
    chief, handler = stage.holder("room_head@datan/supervision1"), office.staff("datan/supervision1")
    check = office.open("joint_check", "财经纪律检查", person=chief, owner="datan", room="datan/supervision1", level=0, parties={"member": (stage.body("tax-dc"),)})
    plan = {"topic": "财经纪律", "kind": "special", "members": [{"member": office.body("tax-dc"), "task": "比对发票"}], "units": [{"unit": "第一中学", "visit_on": "2026-03-02"}], "checklist": [{"title": "收费"}],
            "joined": "none", "from_on": "2026-03-02", "to_on": "2026-04-02"}
    office.step(chief, check, "submit", ("plan", plan))
    hands.approved(chief, check, "start", stage.holder("deputy@datan"))
    office.step(chief, check, "approve")
    with stage.acts(chief):
        for who, slot in ((chief, "head_one"), (stage.holder("head@tax-dc"), "head_two"), (office.staff("tax-dc"), "members")):
            people.join_team(Matter.objects.get(pk=check), stage.person(who), slot)
    office.step(chief, check, "start")
    office.step(chief, check, "visited", ("visit", {"unit": "第一中学", "visited_on": "2026-03-02", "answers": [{"item": "收费", "state": "problem"}]}))
    office.step(chief, check, "finish")
    findings = {"problems": [{"title": "超标准收费", "unit": "第一中学"}, {"title": "未公示", "unit": "第一中学"}], "leads": [{"title": "总务主任收受回扣"}], "duty": "未尽责"}
    office.step(chief, check, "route", ("findings", findings))
    (lead,) = office.children(check, "lead", chief)
    with stage.acts(chief):
        for name in ("柳某", "鲍某"):
            leads.add_subject(Matter.objects.get(pk=lead), leads.Subject(name, unit_name="第一中学", post="总务"))
    stage.made[f"both-{lead}"] = ("柳某", "鲍某")
    with stage.acts(chief):
        from xieli.office.matters.services import grants

        for desk in ("datan/case",):
            grants.give(lead, stage.room(desk), kind="handler", acts=["read", "write", "grant"], ends_at=None, basis="案管登记", reason="")
    held = [to_custody(stage, "datan", lead, name, "第一中学", "2026-03-09", n, go_on=n > 0) for n, name in enumerate(("柳某", "鲍某"))]
    foreign = office.open("lead", "另一件来源的线索", person=chief, owner="datan", room="datan/supervision1", subjects=(leads.Subject("柳某", unit_name="第一中学", post="总务"),))
    with stage.acts(handler):
        derived = leads.spawn(Matter.objects.get(pk=stage.made[f"case-{lead}"]), "lead", "derived", owner=stage.body("datan"), title="拓源线索")
        whole, under = trees.line(check), set(trees.members(check))
        titles = [[m.title for m in trees.path(one, check)] for one in held]
        assert {*held, derived.id} <= under
        assert foreign not in under
        assert trees.path(foreign, check) == []
        assert trees.path(derived.id, check)[1].id == stage.made[f"case-{lead}"]  # the parent stays
        subjects = MatterSubject.objects.filter(matter_id__in=[check, *under]).count()
    assert (whole.retained, whole.filed) == (2, 2)  # two persons, although each is a subject of lead, case, two measures and a derived lead
    assert subjects > 6
    assert {k: whole.matters[k] for k in ("rectification", "lead", "case", "liuzhi")} == {"rectification": 2, "lead": 2, "case": 1, "liuzhi": 2}
    rows = {r["title"] for r in office.data(check, "findings", chief)["leads"]}
    assert all(line[-1] == "财经纪律检查" and line[-2] in rows for line in titles)
    with stage.acts("wuchuan-handler1"):
        assert trees.line(check) == trees.Line({}, 0, 0, 0, 0)  # who sees nothing of it counts nothing
