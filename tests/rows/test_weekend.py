"""C03–C05: a suspicion that goes home, a forged paper, a sweep of all claims and a Saturday in lawful order, played once."""
from __future__ import annotations

import pytest

from tests.rows.acting import Office
from xieli.office.access.models import Recusal
from xieli.office.demo.hands import Hands
from xieli.office.demo.stories import sc02_posting
from xieli.office.demo.theatre import ZONE, Theatre
from xieli.office.files.models import StoredFile
from xieli.office.matters.services import grants, leads, people, tasks
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.measures import Measure

BEGINS = sc02_posting.BEGINS


@pytest.fixture(scope="module")
def played(stage: Theatre) -> Theatre:
    sc02_posting.play(stage)
    return stage


def test_on_a_saturday_nothing_waits_and_nothing_is_skipped(played: Theatre) -> None:
    """S0-30: With acceptance on a Saturday the approver on duty gets it at once, elapsed time counts calendar hours, order 受理→批复→立案→留置 is enforced by time stamps, and a measure without filing or upper approval is refused.
    S0-29: Given all claims of a handler, the sweep list is complete (count equals ledger), duplicates of invoice number or forged basis are marked, and the sum of suspect amounts equals the fact list."""
    stage, hands = played, Hands(played)
    case, liuzhi, lead = (stage.made[k] for k in ("case", "liuzhi", "lead"))
    rows = {act: (asked, decided) for act, asked, decided in stage.admin.execute("select act, requested_at, decided_at from approval where matter_id = any (%s) and state in ('approved', 'used')", [[case, liuzhi]]).fetchall()}
    accepted = stage.admin.execute("select decided_at from handover where id = %s", [stage.made["parcel"]]).fetchone()
    with stage.acts(hands.staff("handler", "linjiang/supervision1")):
        measure = Measure.objects.get(matter_id=liuzhi).started_at
    line = [accepted[0], stage.made["replied"], rows["file"][1], rows["liuzhi"][1], measure]  # type: ignore[index]
    assert line == sorted(line)
    assert {t.astimezone(ZONE).strftime("%a") for t in line} == {"Sat"}
    told = stage.admin.execute("select min(n.at) from notification n where n.matter_id = %s and n.person_id = %s", [liuzhi, stage.person("yj-head")]).fetchone()
    assert told is not None
    assert told[0] is not None
    assert rows["liuzhi"][0] <= told[0] <= rows["liuzhi"][1]  # told the same Saturday, before he signed
    said = [c["en"] for c in stage.checks]
    assert "A measure without filing and the superior's approval is refused" in said
    assert "Without the reply on competence there is no filing" in said
    with stage.acts(hands.staff("handler", "linjiang/supervision1")):
        claims = StoredFile.objects.filter(matter_id=lead, name__startswith="报销单")
        assert claims.count() == len(sc02_posting.CLAIMS)
        suspect = {name for name, _, verdict in sc02_posting.CLAIMS if verdict == "forged"}
        assert {f.name[4:9] for f in claims.filter(verdict="relied_on")} == suspect
    assert next(f["value"] for f in stage.figures if f["en"] == "suspect claims in all") == sum(a for _, a, v in sc02_posting.CLAIMS if v == "forged") / 100


def test_a_volunteer_with_a_tie_waits_for_a_decision_that_somebody_writes(played: Theatre) -> None:
    """S0-26: The request shows the declared relation "same employer as subject, earlier handled the voucher"; the approver must record allow / limit / recuse; no default allow."""
    stage, office = played, Office(played)
    declared = "与对象同单位，曾经手该凭证"
    with stage.acts("hb-officer"):
        lead = leads.register(leads.NewMatter("lead", "反映贺某报销异常", stage.body("hb-dc"), None, (leads.Subject("贺某", unit_body=stage.body("hb"), post="员工"),), source="supervision")).id
        recusal = grants.raise_recusal(lead, stage.person("hb-zhang"), ground="former_employer", reason=declared)
    with stage.acts("hb-officer"):
        row = Recusal.objects.get(pk=recusal)
        assert (row.state, row.reason) == ("raised", declared)
        assert stage.refused(lambda: people.join_team(Matter.objects.get(pk=lead), stage.person("hb-zhang"), "members")) == "recused"
        assert stage.refused(lambda: grants.decide_recusal(recusal, lead, "", "看过")) == "bad_choice"
        assert stage.refused(lambda: grants.decide_recusal(recusal, lead, "rejected", "")) == "reason_needed"
        assert Recusal.objects.get(pk=recusal).state == "raised"  # silence decides nothing
    opened = office.open("recusal_decision", "张薇回避事项", person="hb-officer", owner="hb-dc", room=None)
    form = {"who": str(stage.person("hb-zhang")), "is_head": False, "ground": "prior_handling", "declared": True, "facts": declared, "raised_on": office.hands.day()}
    office.step("hb-officer", opened, "raise", ("raise", form))
    assert office.data(opened, "raise", "hb-officer")["facts"] == declared
    decision = {"reasons": "只就手法作书面说明", "decided_on": office.hands.day()}
    from xieli.office.matters.services.playbooks import playbook_of

    with stage.acts("hb-officer"):
        options = [o.code for o in playbook_of(Matter.objects.get(pk=opened)).forms["decision"].field("verdict").options]
    assert options == ["recused", "limited", "cleared"]
    office.step("hb-officer", opened, "to_head", ("statement", {"text": "愿意回避，可说明手法"}))
    assert office.refused("hb-officer", opened, "head_limits", ("decision", {**decision, "verdict": "limited"})) != ""
    # limited is neither recused nor cleared: he reads what he is given and remarks, and whatever else reaches him does nothing
    zhang = stage.person("hb-zhang")
    with stage.acts("hb-officer"):
        grants.decide_recusal(recusal, lead, "limited", "曾经手该凭证：只就手法作书面说明")
        assert Recusal.objects.get(pk=recusal).state == "limited"
        matter = Matter.objects.get(pk=lead)
        assert stage.refused(lambda: people.join_team(matter, zhang, "members")) == "recused"
        assert stage.refused(lambda: grants.give(lead, zhang, kind="handler", acts=["read", "write"], ends_at=None, basis="协助", reason="")) == "limited"
    assert not stage.sees("hb-zhang", lead)
    with stage.acts("hb-officer"):
        grants.give(lead, zhang, kind="sender", acts=["read", "note"], ends_at=None, basis="就手法作书面说明", reason="")
    with stage.acts("hb-zhang"):
        may = {act: stage_may(lead, act) for act in ("read", "note", "write", "approve", "grant", "handover", "close", "export")}
        tasks.note(Matter.objects.get(pk=lead), "同类凭证须看附件编号")
    assert {act for act, yes in may.items() if yes} == {"read", "note"}


def stage_may(matter: int, act: str) -> bool:
    """What the rule says to the bound person."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select access.may(%s, %s)", [matter, act])
        return bool(cursor.fetchone()[0])
