"""From two signatures to a lead: nothing runs without assessment and scope, no hit becomes a lead without a person's verdict."""
from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from tests.office.desk.conftest import Bench
from xieli.faces.web.telling import sentences
from xieli.office.desk import queries, services
from xieli.office.desk.models import Authorization, Conversion, Correction, Hit, LeadEvidence, Reveal, Run
from xieli.office.ids import to_ref
from xieli.office.matters.services import grants, leads
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import ZONE, call, now, today
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.desk import Notification


@pytest.fixture(scope="module")
def found(bench: Bench) -> tuple[int, list[int]]:
    identity = bench.in_force()
    run = bench.ran(identity)
    assert (run.state, run.said_en) == ("done", "")
    with bench.stage.acts(bench.chief):
        return identity, list(Hit.objects.filter(run_id=run.id).order_by("code").values_list("id", flat=True))


def test_without_an_assessment_nothing_is_even_proposed(bench: Bench) -> None:
    with bench.stage.acts(bench.chief):
        assert bench.stage.refused(lambda: services.propose(Matter.objects.get(pk=bench.lead), bench.proposal(assessment=" "))) == "no_assessment"


def test_a_lead_not_yet_under_verification_is_not_matched(bench: Bench) -> None:
    with bench.stage.acts(bench.chief):
        assert bench.stage.refused(lambda: services.propose(Matter.objects.get(pk=bench.early), bench.proposal())) == "no_scope"


def test_two_leaders_who_do_not_operate_sign(bench: Bench) -> None:
    identity = bench.proposed()
    with bench.stage.acts(bench.chief):
        assert bench.stage.refused(lambda: services.sign_authorization(Authorization.objects.get(pk=identity))) == "operator_signs"
    unread = "select count(*) from notification where kind = 'match_sign' and read_at is null and fields ->> 'authorization' = %s"
    assert bench.stage.admin.execute(unread, [str(identity)]).fetchone()[0] == 2
    assert bench.signed(identity, bench.head) == "waiting"
    assert bench.stage.admin.execute(unread, [str(identity)]).fetchone()[0] == 1, "who has signed is asked no longer"
    refused = bench.ran(identity)
    assert (refused.state, refused.result["code"]) == ("refused", "two_persons")
    assert told(bench, bench.chief, "match_in_force", identity) == 0
    assert bench.signed(identity, bench.deputy) == "in_force"
    # each leader who may sign was told once, the one who asked when it came into force, and nobody else anything
    assert [told(bench, p, "match_sign", identity) for p in (bench.head, bench.deputy, bench.chief, "datan-lead")] == [1, 1, 0, 0]
    assert told(bench, bench.chief, "match_in_force", identity) == 1
    with bench.stage.acts(bench.head):
        rows = [t for t in sentences(Notification.objects.filter(kind="match_sign")) if t.url.endswith(to_ref(identity))]
        assert [(t.text, t.url) for t in rows] == [("有一份碰撞授权等您签批 · 某镇惠民补贴发放异常", f"/desk/a/{to_ref(identity)}")]


def test_a_leader_who_may_not_know_the_matter_is_told_nothing_of_its_authorization(bench: Bench) -> None:
    deputy = bench.stage.person(bench.deputy)
    clearance, level = (bench.stage.admin.execute(q, [i]).fetchone()[0] for q, i in (("select clearance from person where id = %s", deputy), ("select level from matter where id = %s", bench.lead)))
    assert level > 0
    bench.stage.admin.execute("update person set clearance = %s where id = %s", [level - 1, deputy])
    try:
        identity = bench.proposed()
        assert [told(bench, p, "match_sign", identity) for p in (bench.head, bench.deputy)] == [1, 0]
    finally:
        bench.stage.admin.execute("update person set clearance = %s where id = %s", [clearance, deputy])


def told(bench: Bench, person: str, kind: str, authorization: int) -> int:
    """How often a person was told something of an authorization."""
    return int(bench.stage.admin.execute("select count(*) from notification where person_id = %s and kind = %s and fields ->> 'authorization' = %s",
                                         [bench.stage.person(person), kind, str(authorization)]).fetchone()[0])


def test_the_database_itself_runs_no_job_without_signatures_or_scope(bench: Bench, raw: object) -> None:
    identity = bench.proposed()
    with raw(bench.chief) as web:  # type: ignore[operator]
        with pytest.raises(psycopg.errors.CheckViolation, match="two persons"):
            web.execute("insert into match_run (id, matter_id, authorization_id, model, engine_run, state, result, said_zh, said_en, person_id, at, trial, stage, done, total) values (5, %s, %s, 'm', '', 'queued', '{}', '', '', %s, access.now(), false, '', 0, 0)",
                        [bench.lead, identity, bench.stage.person(bench.chief)])
        web.rollback()
    with raw(bench.chief) as web, pytest.raises(psycopg.errors.CheckViolation, match="impact assessment"):  # type: ignore[operator]
        web.execute("insert into match_authorization select (jsonb_populate_record(null::match_authorization, to_jsonb(a) || '{\"id\": 7, \"assessment\": \" \"}')).* from match_authorization a where id = %s", [identity])
    with raw(bench.chief) as web, pytest.raises(psycopg.errors.InsufficientPrivilege):  # type: ignore[operator]
        web.execute("update match_authorization set state = 'in_force' where id = %s", [identity])


def test_scope_that_is_gone_refuses_the_run(bench: Bench) -> None:
    identity = bench.in_force()
    bench.stage.admin.execute("update matter set stages = '{registered}' where id = %s", [bench.lead])
    try:
        assert bench.ran(identity).result["code"] == "no_scope"
    finally:
        bench.stage.admin.execute("update matter set stages = '{checking}' where id = %s", [bench.lead])


def test_the_planted_dead_and_nobody_else_are_hit(bench: Bench, found: tuple[int, list[int]]) -> None:
    assert len(found[1]) == len(bench.truth["dead"]) == 3
    with bench.stage.acts(bench.chief):
        hit = Hit.objects.get(pk=found[1][0])
        assert hit.causes
        assert hit.evidence
        assert "990" not in hit.told_zh
        shown = services.reveal(hit, "核实户籍")
        numbers = {r["id_no"] for table in shown.values() for r in table["rows"]}
        assert numbers <= set(bench.truth["dead"])
        assert numbers
        assert Reveal.objects.filter(hit=hit).count() == 1
        assert bench.stage.refused(lambda: services.reveal(hit, " ")) == "reason_needed"


def test_hits_are_seen_by_the_circle_only(bench: Bench, found: tuple[int, list[int]]) -> None:
    with bench.stage.acts("yj-analyst"):
        assert not Hit.objects.exists()
        assert not Authorization.objects.exists()
        assert not Run.objects.exists()


def test_a_hit_becomes_a_lead_only_after_a_verdict(bench: Bench, found: tuple[int, list[int]]) -> None:
    subjects = (leads.Subject("李某", unit_name="某镇", post="科员"),)
    with bench.stage.acts(bench.chief):
        hit = Hit.objects.get(pk=found[1][1])
        assert bench.stage.refused(lambda: services.to_lead(hit, "死后领补", subjects)) == "unverified_hit"
        assert bench.stage.refused(lambda: services.judge(hit, "true", "")) == "reason_needed"
        services.judge(hit, "true", "已入户核实")
    with bench.stage.acts(bench.chief):
        lead = services.to_lead(hit, "死后领补", subjects)
    with bench.stage.acts(bench.chief):
        made = Conversion.objects.get(hit=hit)
        assert (made.lead_id, made.evidence, made.authorization_digest) == (lead.id, hit.evidence, hit.run.authorization.digest)
        assert bench.stage.refused(lambda: services.to_lead(hit, "再来", subjects)) == "duplicate"


def test_the_evidence_goes_with_the_lead_and_the_hit_stays_with_its_check(bench: Bench, found: tuple[int, list[int]]) -> None:
    """Who handles the lead and not the check reads why it exists; the hit, its run and its authorization stay closed to him."""
    with bench.stage.acts(bench.chief):
        lead = Conversion.objects.get(hit_id=found[1][1]).lead_id
    with bench.stage.acts("yj-analyst"):
        assert not Conversion.objects.exists()
    with bench.stage.acts(bench.chief):
        grants.give(lead, bench.stage.person("yj-analyst"), kind="handler", acts=["read"], ends_at=None, basis="协助办理", reason="")
    with bench.stage.acts("yj-analyst"):
        made = LeadEvidence.objects.select_related("matter").get()
        kept = queries.kept_evidence(made, "zh")
        assert {e["title"] for e in kept} == {"惠民补贴发放", "死亡登记"}
        assert all(e["rows"] for e in kept)
        assert "死亡日期" in {c for e in kept for c in e["columns"]}, "the titles of the columns, as on the desk"
        assert queries.hit_behind(made.matter) is None
        # the row of the act names the matter that was checked: he has no business with that
        assert not Conversion.objects.exists()
        assert str(bench.lead) not in str(LeadEvidence.objects.values().get())
        assert not Hit.objects.exists()
        assert not Authorization.objects.exists()


def test_the_database_keeps_no_model_lead_without_a_judged_hit(bench: Bench) -> None:
    with pytest.raises(Exception, match="after a person judged it true"), bench.stage.acts(bench.chief):
        # the service asks nothing; the database asks for the verdict when the transaction ends
        leads.register(leads.NewMatter("lead", "没有核定", bench.stage.body("wuchuan"), bench.stage.room("wuchuan/supervision1"), (leads.Subject("周某", unit_name="某镇", post="科员"),), source="model"))
    with bench.stage.acts(bench.chief):
        assert not Matter.objects.filter(title="没有核定").exists()


def test_a_person_wrongly_hit_is_put_right(bench: Bench, found: tuple[int, list[int]]) -> None:
    with bench.stage.acts(bench.chief):
        hit = Hit.objects.get(pk=found[1][2])
        assert bench.stage.refused(lambda: services.correct(hit, "deaths", "登记错人")) == "no_data_error"
        services.judge(hit, "data_error", "死亡登记错人")
    with bench.stage.acts(bench.chief):
        row = services.correct(hit, "deaths", "本人健在", "counsel")
        # his counsel raised it: the answer is not entered without saying when he was told of it, or why not
        assert bench.stage.refused(lambda: services.answer(row, "已更正登记")) == "told_needed"
        assert bench.stage.refused(lambda: services.answer(row, "已更正登记", today() + timedelta(days=1))) == "future"
        services.answer(row, "已更正登记", today())
        made = Correction.objects.get(pk=row.id)
        assert (made.answered_at is not None, made.told_on, made.asked_by) == (True, today(), "counsel")
        assert bench.stage.refused(lambda: services.to_lead(hit, "健在的人", ())) == "unverified_hit"


def test_a_lead_whose_hit_is_judged_otherwise_later_says_so_and_its_circle_is_told(bench: Bench, found: tuple[int, list[int]]) -> None:
    with bench.stage.acts(bench.chief):
        hit = Hit.objects.get(pk=found[1][1])
        lead = Conversion.objects.get(hit=hit).lead_id
        services.judge(hit, "data_error", "公安注销登记有误，本人健在")
    told_of = bench.stage.admin.execute("select person_id from notification where kind = 'hit_withdrawn' and matter_id = %s", [lead]).fetchall()
    assert (bench.stage.person("wuchuan-handler1"),) in told_of, "who handles leads in that room"
    assert (bench.stage.person(bench.chief),) not in told_of, "he did it himself"
    with bench.stage.acts("yj-analyst"):
        made = LeadEvidence.objects.get()
        assert (made.withdrawn, made.withdrawn_at is not None) == ("data_error", True)
    with bench.stage.acts(bench.chief):
        services.judge(hit, "open", "")
        assert LeadEvidence.objects.get(matter_id=lead).withdrawn == "data_error", "a question is no verdict"
        services.judge(hit, "true", "复核：登记无误")
        assert LeadEvidence.objects.get(matter_id=lead).withdrawn == ""
    assert bench.stage.admin.execute("select count(*) from match_verdict where hit_id = %s", [hit.pk]).fetchone()[0] == 4, "no verdict erases another"


def test_a_model_that_errs_too_often_stops_and_who_answers_for_it_is_told(bench: Bench, found: tuple[int, list[int]]) -> None:
    from xieli.office.desk import store

    with bench.stage.acts(bench.chief):
        space = store.workspace(now())
        (space.root / "policy.yaml").write_text("suspension: {judged: 3, precision_below: '0.99'}\n")
        hit = Hit.objects.get(pk=found[1][0])
        assert bench.stage.refused(lambda: call("match_suspended", "shared_account")) == "not_found", "nobody says it of a model he did not just judge"
        for _ in range(2):
            services.judge(hit, "not_true", "低保户，事后补登")
    who = "select person_id, matter_id, fields from notification where kind = 'model_suspended'"
    rows = bench.stage.admin.execute(who).fetchall()
    assert {r[0] for r in rows} == {bench.stage.person(p) for p in (bench.chief, bench.head, bench.deputy)}
    assert len(rows) == 3, "once each, not at every verdict"
    assert all(r[1:] == (None, {"model": "deceased_recipient"}) for r in rows)
    assert bench.ran(bench.in_force()).result["code"] == "suspended"
    with bench.stage.acts(bench.head):
        (line,) = sentences(Notification.objects.filter(kind="model_suspended"))
        assert (line.text, line.url) == ("一个碰撞模型因误报过多已暂停", "/desk/models/deceased_recipient")
        services.lift("deceased_recipient", "已补登记日期")
    (space.root / "policy.yaml").unlink()


def test_what_has_ended_is_refused_and_what_is_due_is_destroyed(bench: Bench, found: tuple[int, list[int]]) -> None:
    # last in the file: time only goes forward
    ends = bench.stage.admin.execute("select ends_at from match_authorization where id = %s", [found[0]]).fetchone()[0]
    for days, times in ((8, 0), (6, 1), (5, 1)):
        bench.stage.at((ends - timedelta(days=days)).strftime("%Y-%m-%d %H:%M"))
        with bench.sweeping():
            services.expire()
        assert [told(bench, p, "match_ends", found[0]) for p in (bench.chief, bench.head)] == [times, 0], days
    with bench.stage.acts(bench.chief):
        row = Notification.objects.get(kind="match_ends", fields__authorization=str(found[0]))
        assert sentences([row])[0].text.startswith(f"碰撞授权将于 {ends.astimezone(ZONE).date()} 到期")
    bench.stage.at("2026-04-20 09:00")
    assert bench.ran(found[0]).result["code"] in ("expired", "two_persons")
    with bench.stage.acts(bench.chief):
        hit = Hit.objects.get(pk=found[1][0])
        with pytest.raises(Refused):
            services.reveal(hit, "再看一次")
    bench.stage.at("2026-05-20 09:00")
    before = bench.stage.admin.execute("select evidence <> '{}' from match_hit where id = %s", [found[1][0]]).fetchone()[0]
    with bench.sweeping():
        assert services.expire() >= 1
        assert services.expire() == 0
    evidence, words = bench.stage.admin.execute("select evidence, told_zh from match_hit where id = %s", [found[1][0]]).fetchone()
    state, record = bench.stage.admin.execute("select state, destroyed from match_authorization where id = %s", [found[0]]).fetchone()
    assert before
    assert evidence == {}
    assert words == ""
    assert state == "destroyed"
    assert [told(bench, p, "match_destroyed", found[0]) for p in (bench.chief, bench.head, bench.deputy, "datan-lead")] == [1, 1, 1, 0]
    assert any(f.endswith(".key") for f in record["files"])
    assert bench.stage.admin.execute("select count(*) from match_verdict where hit_id = any(%s)", [found[1]]).fetchone()[0] == 7
