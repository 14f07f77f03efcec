"""Comparing versions and moving running matters to a new one."""
from __future__ import annotations

import pytest

from xieli.engines.playbooks import apply, diff, dry_run, migrate, migration_map, start

from .base import Content, name, spoiled, world


def second(c: Content) -> None:
    """Version 2: “weigh” is renamed, a new stage stands before the end, a clock is longer."""
    c["version"] = 2
    stages = {("ponder" if k == "weigh" else k): v for k, v in c["stages"].items()}
    stages["file"] = name("归档", "file", kind="task", roles=["clerk"], no_limit=name("当日", "same day"))
    c["stages"] = stages
    for move in c["moves"].values():
        move["from"] = [("ponder" if s == "weigh" else s) for s in ([move["from"]] if isinstance(move["from"], str) else move["from"])]
        move["to"] = "ponder" if move["to"] == "weigh" else move["to"]
    c["moves"]["finish"]["from"] = ["file"]
    c["moves"]["finish"]["who"] = ["clerk"]
    c["moves"]["archive"] = {**name("归档", "archive"), "from": "close", "to": "file"}
    c["clocks"]["ours"]["local"]["amount"] = 7


MAP = {"kind": "sample", "from": 1, "to": 2, "stages": {"intake": "intake", "choose": "choose", "reply": "reply", "asked": "asked", "weigh": "ponder", "papers": "papers", "held": "hold", "close": "close"}}


def test_equal_versions_have_no_difference_and_the_number_is_none() -> None:
    assert diff(spoiled(), spoiled()) == ()
    assert diff(spoiled(), spoiled(lambda c: c.update(version=2))) == ()


def test_a_difference_says_what_was_added_removed_and_changed() -> None:
    found = {(".".join(map(str, c.path)), c.how) for c in diff(spoiled(), spoiled(second))}
    assert {("stages.weigh", "removed"), ("stages.ponder", "added"), ("stages.file", "added"), ("clocks.ours.local.amount", "changed"), ("moves.archive", "added")} <= found
    change = next(c for c in diff(spoiled(), spoiled(second)) if c.path[-1] == "amount")
    assert change.sentence("zh") == "修改 clocks.ours.local.amount：5 → 7"
    assert change.sentence("en") == "changed clocks.ours.local.amount: 5 → 7"


def test_a_dry_run_adds_up_to_all_matters() -> None:
    counts = {"intake": 3, "weigh": 5, "held": 2, "close": 0, "reply": 1}
    tried = dry_run(spoiled(), spoiled(second), migration_map(MAP), counts)
    assert [(x.stage, x.to, x.count) for x in tried.moves] == [("intake", "intake", 3), ("reply", "reply", 1), ("weigh", "ponder", 5)]
    assert [(x.stage, x.count) for x in tried.holds] == [("held", 2)]
    assert tried.impossible == ()
    assert tried.possible
    assert sum(x.count for x in (*tried.moves, *tried.holds)) == sum(counts.values())


@pytest.mark.parametrize(
    ("stages", "code"),
    [
        ({"weigh": None}, "not_mapped"),
        ({"weigh": "fan"}, "not_a_step"),
        ({"weigh": "end"}, "not_a_step"),
        ({"weigh": "reply"}, "other_branch"),
    ],
)
def test_what_cannot_move_is_named(stages: dict[str, str | None], code: str) -> None:
    mapping = {**MAP, "stages": {k: v for k, v in {**MAP["stages"], **stages}.items() if v}}  # type: ignore[dict-item]
    tried = dry_run(spoiled(), spoiled(second), migration_map(mapping), {"weigh": 5})
    assert [(x.count, x.refusals[0].code) for x in tried.impossible] == [(5, code)]
    assert not tried.possible


def test_a_map_for_other_versions_or_without_basis_is_refused() -> None:
    wrong = migration_map({**MAP, "to": 3, "stages": {**MAP["stages"], "ghost": "close", "weigh": "nowhere"}, "clocks": {"law": {"to": "law", "basis": ""}}})  # type: ignore[dict-item]
    codes = {r.code for r in dry_run(spoiled(), spoiled(second), wrong, {}).refusals}
    assert codes == {"other_versions", "stage_unknown", "clock_replacement"}
    for bad in ({}, {"kind": "x"}, {**MAP, "stages": 5}, {**MAP, "from": "one"}):
        with pytest.raises(ValueError, match="migration map"):
            migration_map(bad)


def test_finished_steps_stay_and_nothing_is_done_twice() -> None:
    old, new = spoiled(), spoiled(second)
    state = apply(old, start(old, world()).state, "begin", world(person="c", roles=frozenset({"clerk"}))).state
    moved, refusals = migrate(old, new, migration_map(MAP), state)
    assert refusals == ()
    assert moved.at() == ("choose",)
    assert moved.done == state.done
    assert (moved.version, moved.sha256) == (2, new.sha256)
    onward = apply(new, moved, "ask", world(person="h", roles=frozenset({"head"})))
    assert not onward.refusals
    assert {t.frames[0].split for t in onward.state.tokens} == {"fan"}


def test_a_matter_on_hold_or_closed_stays_as_it_is() -> None:
    old, new = spoiled(), spoiled(second)
    forms = {**world().forms, "intake": {**world().forms["intake"], "way": "act"}}
    state = apply(old, start(old, world()).state, "begin", world(person="c", roles=frozenset({"clerk"}), forms=forms)).state
    held = apply(old, state, "act", world(person="h", roles=frozenset({"head"}), forms=forms, approvals={"go": "approved"})).state
    same, refusals = migrate(old, new, migration_map(MAP), held)
    assert same is held
    assert {r.code for r in refusals} == {"on_hold"}
    closed = apply(old, state, "drop", world(person="z", roles=frozenset({"clerk"}))).state
    assert {r.code for r in migrate(old, new, migration_map(MAP), closed)[1]} == {"closed"}
