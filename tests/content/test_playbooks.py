"""The shipped playbooks: every one sound, every move alive, the law's limits where the law puts them."""
from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines.playbooks.test_pictures import assert_sound_bpmn
from xieli.content.playbooks import locked, sources
from xieli.engines.clocks import load_rules
from xieli.engines.playbooks import (
    Context,
    Playbook,
    bpmn,
    check,
    diagram,
    from_stored,
    json_schema,
    load_all,
    start,
    stored,
    table,
    validate,
    walk,
)
from xieli.engines.playbooks.checks.living import cited
from xieli.engines.playbooks.checks.time import all_effects
from xieli.engines.playbooks.graph import always_before, reachable
from xieli.engines.playbooks.walk import random_values
from xieli.faces.cli.playbook import library, pages
from xieli.faces.cli.playbook import playbook as command

ROOT = Path(__file__).parents[2]
KINDS = [
    "area_case", "assistance_request", "case", "compelled_appearance", "designation", "dispatch", "exit_ban", "exoneration", "freeze", "green_channel", "guanhu",
    "handover", "joint_case", "lead", "liuzhi", "measure_complaint", "order_to_await", "paper_approval", "party_appeal", "reconsideration", "recusal_decision",
    "rights_intake", "seizure", "superior_review",
]
CUSTODY = ["liuzhi", "guanhu", "compelled_appearance", "order_to_await"]


@cache
def shipped() -> dict[str, Playbook]:
    return load_all(sources())


def test_the_kinds_of_the_ground_are_there() -> None:
    assert set(KINDS) <= set(shipped())


@pytest.mark.parametrize("kind", sorted(load_all(sources())))
def test_it_passes_every_publish_check_against_the_statutes(kind: str) -> None:
    assert [p.sentence("en") for p in check(shipped()[kind], library(walks=30))] == []


@pytest.mark.parametrize("kind", sorted(load_all(sources())))
def test_every_move_is_taken_and_every_end_reached_by_some_walk(kind: str) -> None:
    playbook = shipped()[kind]
    walks = [walk(playbook, seed) for seed in range(400)]
    assert [w.stuck for w in walks if not w.ended] == []
    taken = {move for w in walks for _stage, move in w.steps}
    by_hand = {m.code for m in playbook.moves.values() if not all(playbook.stages[s].kind in ("split", "join") for s in m.sources)}
    assert by_hand - taken == set()
    assert {s.code for s in playbook.stages.values() if s.kind == "end"} == {w.result for w in walks}


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(load_all(sources()))), st.integers(0, 10**9))
def test_any_walk_ends(kind: str, seed: int) -> None:
    walked = walk(shipped()[kind], seed)
    assert walked.ended, walked.stuck


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([(k, f) for k, p in sorted(load_all(sources()).items()) for f in p.forms]), st.integers(0, 10**9))
def test_every_form_takes_a_valid_submission(form: tuple[str, str], seed: int) -> None:
    import random

    found = shipped()[form[0]].forms[form[1]]
    assert validate(found, random_values(found, random.Random(seed))) == ()


@pytest.mark.parametrize("kind", sorted(load_all(sources())))
def test_pictures_bpmn_and_storage_hold_the_whole_playbook(kind: str) -> None:
    playbook = shipped()[kind]
    for language in ("zh", "en"):
        tree = ElementTree.fromstring(diagram(playbook, language, dict.fromkeys(playbook.stages, 7)))
        assert {e.get("data-stage") for e in tree.iter() if e.get("data-stage")} == set(playbook.stages)
        assert_sound_bpmn(bpmn(playbook, language))
        assert len(table(playbook, language)) == len(playbook.stages)
    assert from_stored(json.loads(json.dumps(stored(playbook)))) == playbook


def test_the_published_schema_is_the_one_in_force() -> None:
    assert json.loads((ROOT / "src/xieli/content/playbooks/schema.json").read_text("utf-8")) == json_schema()


def test_published_versions_are_locked() -> None:
    assert {(p.code, p.version): p.sha256 for p in shipped().values()}.items() <= locked().items()


def test_the_pages_of_docs_are_made_from_the_files() -> None:
    made = pages(shipped())
    for name, text in made.items():
        assert (ROOT / "docs/mechanisms" / name).read_text("utf-8") == text, f"run `xieli playbook doc docs/mechanisms` ({name})"
    there = {str(p.relative_to(ROOT / "docs/mechanisms")) for p in (ROOT / "docs/mechanisms").rglob("*.*") if p.is_file()}
    assert there == set(made)


# --- the law -----------------------------------------------------------------------------------------------------


def test_no_designation_filing_query_or_measure_is_ever_oral() -> None:
    oral = {(k, a.code) for k, p in shipped().items() for a in p.approvals.values() if a.oral}
    assert oral == {("green_channel", "open"), ("green_channel", "travel")}
    assert not shipped()["designation"].approvals["designate"].delegable


@pytest.mark.parametrize("kind", CUSTODY)
def test_custody_is_armed_ends_and_leaves_every_lawful_exit_open(kind: str) -> None:
    playbook = shipped()[kind]
    clocks = [c for c in playbook.clocks.values() if c.on_expiry == "must_release"]
    assert len(clocks) == 1
    rule = load_rules()[clocks[0].rule or ""]
    assert rule.id in {"cn.jcf.liuzhi", "cn.jcf.guanhu", "cn.jcf.qzda", "cn.jcf.zlhc"}
    assert {"head", "superior_head", "internal_supervision"} <= set(clocks[0].alarm)
    armed = [e for _, e in all_effects(playbook) if e.do == "arm_custody_gate"]
    assert [e.get("clock") for e in armed] == [clocks[0].code]
    taken = {e.get("kind") for _, e in all_effects(playbook) if e.do == "spawn_matter"}
    assert "rights_intake" in taken, "complaints and requests must be receivable in custody"


def test_liuzhi_is_decided_collectively_and_approved_above_by_rank() -> None:
    from xieli.engines.playbooks import chain_for

    approval = shipped()["liuzhi"].approvals["liuzhi"]
    steps = {rank: [(s.how, s.level) for s in chain_for(approval, Context(body_attributes={("owner", "rank"): rank})).steps] for rank in ("county", "prefecture", "province", "national")}
    assert steps["county"] == steps["prefecture"] == [("collective", "own"), ("sign", "next_up")]
    assert steps["province"] == [("collective", "own"), ("file", "national")]
    assert steps["national"] == [("collective", "own")]
    before = always_before(shipped()["liuzhi"])
    assert {"prepare", "decide", "announce"} <= before["custody"]


def test_liuzhi_is_extended_once_and_once_more_only_nationally() -> None:
    playbook = shipped()["liuzhi"]
    extend = {e.get("ground"): e.get("act") for _, e in all_effects(playbook) if e.do == "extend_clock"}
    assert extend == {"first": "extend", "second": "plus2"}
    assert {s.level for c in playbook.approvals["plus2"].chains for s in c.steps} == {"own", "national"}
    for code in ("extend", "extend_two", "restart"):
        assert any(row.test == "times" and row.get("fewer_than") == 1 for group in playbook.moves[code].when for row in group)
        assert not playbook.moves[code].lawful_exit


def test_measures_that_need_a_filed_case_ask_for_it() -> None:
    for kind in ("liuzhi", "compelled_appearance", "order_to_await", "freeze", "seizure"):
        asked = [row for m in shipped()[kind].moves.values() for g in m.when for row in g if row.test == "parent"]
        assert asked, kind
        assert all(row.get("passed") == "approve" for row in asked)


def test_an_unfounded_lead_cannot_close_without_the_answer_about_the_name() -> None:
    lead = shipped()["lead"]
    assert "closing" in always_before(lead)["closed"]
    assert reachable(lead, ["registered"], stop=["closing", "not_accepted"]).isdisjoint({"feedback", "closed"})
    assert any(e.do == "spawn_matter" and e.get("kind") == "exoneration" for e in lead.moves["finish_and_clear"].effects)


def test_a_sanction_needs_the_hearing_and_the_remedies() -> None:
    told = {row.get("told") for group in shipped()["case"].moves["decide"].when for row in group if row.test == "rights"}
    assert told == {"notice_and_hearing", "remedies"}
    assert "hearing" in always_before(shipped()["case"])["decision"]


def test_original_handlers_are_kept_out_of_every_remedy() -> None:
    for kind in ("reconsideration", "superior_review", "party_appeal"):
        assert {p.role for p in shipped()[kind].prior.values() if p.kind == "case"} == {"reviewer", "decider"}, kind
        assert all({"investigator", "adjudicator"} <= set(p.was) for p in shipped()[kind].prior.values() if p.kind == "case")
    for kind in ("rights_intake", "measure_complaint"):
        assert all("investigator" in p.was for p in shipped()[kind].prior.values() if p.kind == "case")
        assert shipped()[kind].prior


def test_an_appeal_never_makes_it_worse() -> None:
    for kind in ("reconsideration", "superior_review", "party_appeal"):
        rows = [row for group in shipped()[kind].moves["change"].when for row in group]
        assert [(r.get("of"), r.get("is")) for r in rows] == [("decision.aggravated", False)]


def test_ownership_moves_only_on_acceptance_with_a_receipt_before() -> None:
    handover = shipped()["handover"]
    moving = [m for m in handover.moves.values() if any(e.do == "move_ownership" for e in m.effects)]
    assert [m.code for m in moving] == ["accept"]
    assert {e.do for e in moving[0].effects} >= {"open_feedback_duty", "report_to_parent"}
    receipt = [m.code for m in handover.moves.values() if any(e.do == "issue_document" and e.get("document") == "receipt" for e in m.effects)]
    assert receipt == ["sign_receipt"]
    assert {"sent", "received", "opened"} <= always_before(handover)["triage"]


def test_recusal_comes_before_any_access_of_a_person_sent() -> None:
    dispatch = shipped()["dispatch"]
    assert {"recuse", "approve_host", "approve", "sign"} <= always_before(dispatch)["in_place"]
    assert [code for code, m in dispatch.moves.items() if any(e.do == "start_posting" for e in m.effects)] == ["start"]
    auto = dispatch.moves["end_auto"]
    assert auto.who == ("system",)
    assert {"end_posting", "close_grant"} <= {e.do for e in auto.effects}


def test_the_joint_case_has_its_five_steps_and_needs_a_basis_of_competence() -> None:
    joint = shipped()["joint_case"]
    assert [joint.stages[s].label.zh for s in ("study", "guidance", "sending", "handing", "tracking")] == ["线索共研", "指导取证", "派员参与", "协调移送", "跟踪督办"]
    assert any(row.test == "competence" for group in joint.moves["approved"].when for row in group)
    assert "root" in always_before(joint)["closed"]
    received = [row for group in joint.moves["received"].when for row in group]
    assert [(r.get("kind"), r.get("are"), r.get("outcome")) for r in received] == [("handover", "last", "accepted")]


def test_the_green_channel_opens_on_four_fields() -> None:
    fields = shipped()["green_channel"].forms["call"].fields
    assert len(fields) == 4
    assert all(f.required for f in fields)


def test_a_reporters_identity_is_sealed_wherever_it_is_asked_for() -> None:
    for kind, playbook in shipped().items():
        for form in playbook.forms.values():
            for field in form.fields:
                if "reporter" in field.code or field.label.zh == "反映人":
                    assert field.sealed == "reporter", (kind, form.code, field.code)


def test_what_is_not_verified_is_marked_and_what_is_ours_is_labelled() -> None:
    known = library().rules or {}
    for playbook in shipped().values():
        assert {b for _, b in cited(playbook) if not known[b]} == set(playbook.unverified)
        for clock in playbook.clocks.values():
            assert clock.rule or clock.origin.source in ("ours", "local")


def test_names_are_of_people_nowhere() -> None:
    for name, text in sources().items():
        assert not re.search(r"段某|田某|郭某|汪某|张伟|周荣", text.decode()), name


def test_a_matter_of_every_kind_can_be_opened() -> None:
    for playbook in shipped().values():
        result = start(playbook)
        assert not result.refusals
        assert len(result.state.tokens) == 1


# --- the command line --------------------------------------------------------------------------------------------


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, list(args))
    return result.exit_code, result.output


def test_list_check_walk_and_diagram_answer_in_both_shapes() -> None:
    code, out = run("list", "--json")
    assert code == 0
    assert {row["kind"] for row in json.loads(out)} == set(shipped())
    assert run("list", "--lang", "en")[1].count("\n") == len(shipped())
    code, out = run("check", "handover", "--walks", "3", "--json")
    assert (code, json.loads(out)) == (0, {"checked": 1, "problems": []})
    code, out = run("walk", "lead", "--seed", "5", "--json")
    assert code == 0
    assert json.loads(out)["result"] in shipped()["lead"].stages
    assert run("walk", "lead", "--seed", "5")[1] == run("walk", "lead", "--seed", "5")[1]
    assert run("diagram", "handover")[1].startswith("<svg")
    assert "移送" in run("diagram", "handover", "--text")[1]
    assert json.loads(run("diagram", "handover", "--json")[1])[0]["stage"] == "draft"
    assert run("bpmn", "handover")[1].startswith("<?xml")


def test_a_bad_file_is_named_with_its_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_bytes(sources()["handover.yaml"].replace(b"on_expiry: escalate", b"on_expiry: explode", 1))
    code, out = run("check", str(bad), "--lang", "en")
    assert code == 2
    line = bad.read_text("utf-8").splitlines().index(next(x for x in bad.read_text("utf-8").splitlines() if "explode" in x)) + 1
    assert f"bad.yaml:{line}" in out
    assert run("check", "no_such_kind")[0] == 2
    assert run("diagram", str(tmp_path / "none.yaml"))[0] == 2


def test_findings_give_exit_code_one(tmp_path: Path) -> None:
    loose = tmp_path / "loose.yaml"
    loose.write_bytes(sources()["designation.yaml"].replace(b"    oral: false", b"    oral: true"))
    code, out = run("check", str(loose), "--json")
    assert code == 1
    assert {p["code"] for p in json.loads(out)["problems"]} == {"oral_not_allowed", "version_changed"}


def test_a_new_version_is_compared_and_tried_on_paper(tmp_path: Path) -> None:
    new = tmp_path / "two.yaml"
    new.write_bytes(sources()["paper_approval.yaml"].replace(b"version: 1", b"version: 2").replace("打印呈批件, en: print the slip".encode(), "出具呈批件, en: make the slip".encode()))
    mapping = tmp_path / "map.json"
    mapping.write_text(json.dumps({"kind": "paper_approval", "from": 1, "to": 2, "stages": {"print": "print", "out": "out"}}))
    code, out = run("diff", "paper_approval", str(new), "--json")
    assert code == 0
    assert {".".join(c["path"]) for c in json.loads(out)["changes"]} == {"stages.print.zh", "stages.print.en"}
    code, out = run("diff", "paper_approval", str(new), "--map", str(mapping), "--counts", '{"print": 2, "verify": 1}', "--json")
    answer = json.loads(out)
    assert code == 1
    assert [(x["stage"], x["count"]) for x in answer["moves"]] == [("print", 2)]
    assert [(x["stage"], x["count"]) for x in answer["impossible"]] == [("verify", 1)]
    assert run("diff", "paper_approval", str(new), "--map", str(mapping), "--counts", "[]")[0] == 2


def test_pages_are_written_and_versions_are_locked(tmp_path: Path) -> None:
    assert run("doc", str(tmp_path / "pages"))[0] == 0
    assert (tmp_path / "pages/zh/lead.md").exists()
    lock = tmp_path / "published.json"
    assert run("check", "lead", "--walks", "1", "--publish", str(lock))[0] == 0
    assert json.loads(lock.read_text())["lead"]["1"] == shipped()["lead"].sha256
    assert json.loads(run("schema")[1]) == json_schema()
