"""What a step does: order, choice, branches, bodies, return, cancel, separation, custody gate, closing."""
from __future__ import annotations

import json

import pytest

from xieli.engines.playbooks import (
    Child,
    Context,
    Playbook,
    State,
    apply,
    available_moves,
    chain_for,
    missing_slots,
    start,
    state_from_data,
)

from .base import Content, name, spoiled, world

OWED = {"tell": "owed"}


def begun(playbook: Playbook) -> State:
    return start(playbook, world()).state


def go(playbook: Playbook, state: State, *moves: str, context: Context | None = None) -> State:
    """Make the moves one after another, each by a person of the right role, and insist that each is taken."""
    for code in moves:
        stage = playbook.stages[playbook.moves[code].sources[0]]
        roles = playbook.moves[code].who or stage.roles
        base = context or world()
        result = apply(playbook, state, code, _with(base, person=f"{roles[0]}-x", roles=frozenset(roles)))
        assert not result.refusals, result.refusals
        state = result.state
    return state


def _with(context: Context, **more: object) -> Context:
    from dataclasses import replace

    return replace(context, **more)  # type: ignore[arg-type]


def codes(refusals: object) -> set[str]:
    return {r.code for r in refusals}  # type: ignore[attr-defined]


def test_a_matter_begins_at_the_start_and_offers_only_its_ways() -> None:
    playbook = spoiled()
    state = begun(playbook)
    assert state.at() == ("intake",)
    assert [offer.move for offer in available_moves(playbook, state)] == ["begin", "drop"]


def test_no_step_is_jumped() -> None:
    playbook = spoiled()
    result = apply(playbook, begun(playbook), "finish", world(person="h", roles=frozenset({"head"})))
    assert codes(result.refusals) == {"not_here"}
    assert result.state.at() == ("intake",)
    assert result.effects == ()


def test_a_step_needs_the_form_the_role_and_a_person() -> None:
    playbook = spoiled()
    state = begun(playbook)
    assert codes(apply(playbook, state, "begin", Context(person="c", roles=frozenset({"clerk"}), people={"clerk": frozenset({"c"})})).refusals) == {"form_missing"}
    assert codes(apply(playbook, state, "begin", world(person="c", roles=frozenset({"head"}))).refusals) == {"not_your_role"}
    assert codes(apply(playbook, state, "begin", world()).refusals) == {"needs_person"}
    assert codes(apply(playbook, state, "nothing", world()).refusals) == {"unknown_move"}


def test_the_decision_on_the_form_chooses_the_way() -> None:
    playbook = spoiled()
    state = go(playbook, begun(playbook), "begin")
    head = world(person="h", roles=frozenset({"head"}), approvals={"go": "approved"})
    assert codes(apply(playbook, state, "act", head).refusals) == {"other_outcome"}
    assert apply(playbook, state, "ask", head).state.at() == ("reply", "reply")


def test_what_was_not_approved_cannot_be_executed() -> None:
    playbook = spoiled()
    state = go(playbook, begun(playbook), "begin")
    forms = {**world().forms, "intake": {**world().forms["intake"], "way": "act"}}
    for given in ({}, {"go": "pending"}, {"go": "refused"}):
        assert codes(apply(playbook, state, "act", world(person="h", roles=frozenset({"head"}), forms=forms, approvals=given)).refusals) == {"not_approved"}
    assert not apply(playbook, state, "act", world(person="h", roles=frozenset({"head"}), forms=forms, approvals={"go": "approved"})).refusals


def test_one_branch_per_body_and_the_join_waits_for_all() -> None:
    playbook = spoiled()
    state = go(playbook, begun(playbook), "begin", "ask")
    worker = frozenset({"worker"})
    answers = {("answer", "b1"): {"good": True}, ("answer", "b2"): {"good": False}}
    assert codes(apply(playbook, state, "reply", world(person="w", roles=worker, forms_by_body=answers)).refusals) == {"which_body"}
    state = apply(playbook, state, "reply", world(person="w", roles=worker, body="b1", forms_by_body=answers)).state
    assert state.at() == ("asked", "reply")
    waiting = next(t for t in state.tokens if t.stage == "reply")
    assert codes(apply(playbook, state, "reply", world(person="w", roles=worker, body="b3", forms_by_body=answers), token=waiting.id).refusals) == {"wrong_body"}
    state = apply(playbook, state, "reply", world(person="w", roles=worker, body="b2", forms_by_body=answers)).state
    assert state.at() == ("weigh",)
    assert state.tokens[0].body is None
    assert state.tokens[0].frames == ()


def test_guards_quantify_over_the_bodies() -> None:
    def strict(c: Content) -> None:
        c["moves"]["small"]["when"] = [[{"field": {"of": "intake.amount", "lt": 50}}, {"field": {"of": "answer.good", "each": "partner", "is": True}}]]

    playbook = spoiled(strict)
    answers = {("answer", "b1"): {"good": True}, ("answer", "b2"): {"good": False}}
    state = go(playbook, begun(playbook), "begin", "ask")
    for body in ("b1", "b2"):
        state = apply(playbook, state, "reply", world(person="w", roles=frozenset({"worker"}), body=body, forms_by_body=answers)).state
    head = world(person="h", roles=frozenset({"head"}), forms_by_body=answers)
    refused = apply(playbook, state, "small", head)
    assert codes(refused.refusals) == {"guard_field"}
    assert "每个“协作方”的“答复”中“可行”" in refused.refusals[0].zh
    better = {**answers, ("answer", "b2"): {"good": True}}
    assert not apply(playbook, state, "small", _with(head, forms_by_body=better)).refusals


def test_a_per_body_split_without_bodies_is_refused_and_nothing_moves() -> None:
    playbook = spoiled()
    state = go(playbook, begun(playbook), "begin")
    result = apply(playbook, state, "ask", world(person="h", roles=frozenset({"head"}), bodies={}))
    assert codes(result.refusals) == {"no_bodies"}
    assert result.state == state


def acted(playbook: Playbook) -> State:
    forms = {**world().forms, "intake": {**world().forms["intake"], "way": "act"}}
    return go(playbook, begun(playbook), "begin", "act", context=world(forms=forms, approvals={"go": "approved"}))


def test_both_tracks_run_side_by_side_and_meet() -> None:
    playbook = spoiled()
    state = acted(playbook)
    assert state.at() == ("held", "papers")
    state = go(playbook, state, "written")
    assert state.at() == ("held", "met")
    state = go(playbook, state, "free")
    assert state.at() == ("close",)
    assert {"both", "met", "papers", "held"} <= state.passed()


def test_effects_come_in_the_order_stop_act_start() -> None:
    playbook = spoiled()
    state = go(playbook, begun(playbook), "begin")
    forms = {**world().forms, "intake": {**world().forms["intake"], "way": "act"}}
    result = apply(playbook, state, "act", world(person="h", roles=frozenset({"head"}), forms=forms, approvals={"go": "approved"}, clocks={"law": "running"}))
    assert [(e.do, e.get("clock") or e.get("duty") or e.get("to")) for e in result.effects] == [
        ("stop_clock", "law"), ("open_feedback_duty", "tell"), ("open_grant", "officer"), ("start_clock", "hold"),
    ]


def test_coming_back_starts_the_clock_anew() -> None:
    playbook = spoiled()
    state = go(playbook, begun(playbook), "begin", "back")
    assert state.at() == ("intake",)
    result = apply(playbook, state, "begin", world(person="c", roles=frozenset({"clerk"})))
    assert [(e.do, e.get("clock")) for e in result.effects if e.do.endswith("clock")] == [("start_clock", "law")]
    assert [d.move for d in result.state.done] == ["begin", "back", "begin"]


def test_a_return_needs_a_reason_and_no_form() -> None:
    playbook = spoiled()
    state = go(playbook, begun(playbook), "begin")
    silent = world(person="h", roles=frozenset({"head"}), reason=" ", forms={})
    assert codes(apply(playbook, state, "back", silent).refusals) == {"reason_needed"}
    assert not apply(playbook, state, "back", _with(silent, reason="材料不全")).refusals


def test_cancelling_takes_every_branch_away() -> None:
    def cancel_inside(c: Content) -> None:
        c["moves"]["drop"]["from"] = ["intake", "choose", "weigh", "papers"]
        c["moves"]["drop"]["lawful_exit"] = True

    playbook = spoiled(cancel_inside)
    result = apply(playbook, acted(playbook), "drop", world(person="z", roles=frozenset({"clerk"}), clocks={"law": "stopped"}))
    assert result.state.result == "dropped"
    assert result.state.tokens == ()


def test_the_custody_clock_must_be_stopped_before_a_matter_closes() -> None:
    def cancel_inside(c: Content) -> None:
        c["moves"]["drop"]["from"] = ["intake", "choose", "weigh", "papers"]

    playbook = spoiled(cancel_inside)
    result = apply(playbook, acted(playbook), "drop", world(person="z", roles=frozenset({"clerk"}), clocks={"hold": "running"}))
    assert codes(result.refusals) == {"custody_open"}


def test_after_a_custody_limit_only_lawful_exits_stay_open() -> None:
    playbook = spoiled()
    context = world(person="o", roles=frozenset({"officer", "clerk"}), clocks={"hold": "expired"}, approvals={"longer": "approved"})
    offers = {o.move: codes(o.refusals) for o in available_moves(playbook, acted(playbook), context)}
    assert offers["longer"] == {"custody_expired"}
    assert offers["free"] == set()
    assert offers["written"] == set()


def test_an_extension_is_taken_once() -> None:
    playbook = spoiled()
    context = world(approvals={"longer": "approved"}, clocks={"hold": "running"})
    state = go(playbook, acted(playbook), "longer", context=context)
    again = apply(playbook, state, "longer", _with(context, person="o", roles=frozenset({"officer"})))
    assert codes(again.refusals) == {"guard_times"}


def test_nothing_closes_while_feedback_is_owed() -> None:
    def no_duty_closed(c: Content) -> None:
        c["moves"]["finish"]["effects"] = c["moves"]["finish"]["effects"][:1]

    playbook = spoiled(no_duty_closed)
    state = go(playbook, acted(playbook), "written", "free")
    head = world(person="h", roles=frozenset({"head"}), feedback=OWED)
    assert codes(apply(playbook, state, "finish", head).refusals) == {"feedback_owed"}
    assert not apply(playbook, state, "finish", _with(head, feedback={"tell": "waived"})).refusals
    sound = spoiled()
    closed = apply(sound, go(sound, acted(sound), "written", "free"), "finish", head)
    assert closed.state.result == "end"


def test_closing_stops_every_clock_still_running() -> None:
    playbook = spoiled()
    state = go(playbook, acted(playbook), "written", "free")
    result = apply(playbook, state, "finish", world(person="h", roles=frozenset({"head"}), clocks={"law": "running", "ours": "suspended", "hold": "stopped"}))
    assert sorted(e.get("clock") for e in result.effects if e.do == "stop_clock") == ["law", "ours"]


def test_who_proposed_does_not_decide() -> None:
    playbook = spoiled()
    state = apply(playbook, begun(playbook), "begin", world(person="same", roles=frozenset({"clerk"}))).state
    assert codes(apply(playbook, state, "ask", world(person="same", roles=frozenset({"head"}))).refusals) == {"separation"}
    assert not apply(playbook, state, "ask", world(person="other", roles=frozenset({"head"}))).refusals


def test_who_handled_the_original_does_not_act_here() -> None:
    playbook = spoiled()
    context = world(person="old", roles=frozenset({"officer"}), prior={"sample": {"old": frozenset({"clerk"})}})
    assert codes(apply(playbook, acted(playbook), "free", context).refusals) == {"prior_handling"}


def test_two_persons_where_two_are_required() -> None:
    playbook = spoiled()
    alone = world(person="o", roles=frozenset({"officer"}), people={"officer": frozenset({"o"})})
    assert codes(apply(playbook, acted(playbook), "free", alone).refusals) == {"too_few_people"}


def test_a_closed_matter_stays_closed() -> None:
    playbook = spoiled()
    state = go(playbook, begun(playbook), "drop")
    assert codes(apply(playbook, state, "begin", world(person="c", roles=frozenset({"clerk"}))).refusals) == {"closed"}
    assert available_moves(playbook, state) == ()


def test_a_state_is_never_read_with_another_version() -> None:
    playbook = spoiled()
    other = spoiled(lambda c: c.update(version=2))
    with pytest.raises(ValueError, match="migrate it first"):
        apply(other, begun(playbook), "begin", world())


def test_a_state_survives_storage() -> None:
    playbook = spoiled()
    state = go(playbook, begun(playbook), "begin", "ask")
    assert state_from_data(json.loads(json.dumps(state.to_data()))) == state


def test_sub_matters_hold_the_parent_until_they_report() -> None:
    def waiting(c: Content) -> None:
        c["moves"]["finish"]["when"] = [[{"children": {"kind": "sample", "are": "last", "outcome": "done"}}]]

    playbook = spoiled(waiting)
    state = go(playbook, acted(playbook), "written", "free")
    head = world(person="h", roles=frozenset({"head"}))
    for children, refused in [((), True), ((Child("sample", True),), True), ((Child("sample", True, "done"),), False), ((Child("sample", False, "done"), Child("sample", True)), True)]:
        assert bool(apply(playbook, state, "finish", _with(head, children=children)).refusals) == refused


def test_the_chain_follows_the_subject() -> None:
    approval = spoiled().approvals["go"]
    assert chain_for(approval, world(subject={"own_head": True})).steps[0].office == "superior_head"
    assert chain_for(approval, world(subject={"own_head": False})).steps[0].office == "head"
    assert chain_for(approval, world()).steps[0].office == "head"


def test_a_group_is_valid_only_when_its_seats_are_filled() -> None:
    team = spoiled().compositions["team"]
    assert codes(missing_slots(team, {"lead": 1, "rest": 1})) == {"slot_empty"}
    assert codes(missing_slots(team, {"lead": 2, "rest": 2})) == {"slot_crowded"}
    assert codes(missing_slots(team, {"lead": 1, "rest": 9, "guest": 1})) == {"slot_unknown"}
    assert missing_slots(team, {"lead": 1, "rest": 9}) == ()


def test_the_system_takes_only_what_is_its_own() -> None:
    def lapse(c: Content) -> None:
        c["moves"]["lapse"] = {**name("到期", "lapse"), "from": "weigh", "to": "close", "who": ["system"], "when": [[{"clock": {"code": "law", "is": "expired"}}]]}

    playbook = spoiled(lapse)
    answers = {("answer", b): {"good": True} for b in ("b1", "b2")}
    state = go(playbook, begun(playbook), "begin", "ask")
    for body in ("b1", "b2"):
        state = apply(playbook, state, "reply", world(person="w", roles=frozenset({"worker"}), body=body, forms_by_body=answers)).state
    assert codes(apply(playbook, state, "lapse", world(person="h", roles=frozenset({"head"}))).refusals) >= {"not_your_role"}
    assert codes(apply(playbook, state, "lapse", world(clocks={"law": "running"})).refusals) == {"guard_clock"}
    assert apply(playbook, state, "lapse", world(clocks={"law": "expired"})).state.at() == ("close",)
