"""The designation desk: ranking, exclusions, readiness, margins; SC-03 as a story (invented figures)."""
from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from xieli.engines.allocation import BadInput
from xieli.engines.allocation.designate import CODES, Candidate, Matter, Readiness, Score, from_json, rank

NOW = "2025-03-17T02:20:00Z"
READY = Readiness("yes", "yes", "yes", "yes", "duty officer", "2025-03-17T10:00:00Z")
GUO = Matter("2025-0317", 30, natural="yubei", ranks=("county",), needs=("team", "custody", "keepers", "doctor"))


def desk() -> list[Candidate]:
    return [
        Candidate("yubei", 30, 560, 0.5, cap=580, experience=5, readiness=replace(READY, custody="no"), duty_number="023-1"),
        Candidate("wuxi", 20, 110, 5.0, experience=2, readiness=READY, duty_number="023-2", calls=("14:05 answered: ready",)),
        Candidate("changshou", 22, 200, 1.0),
        Candidate("home", 25, 50, 1.0, experience=3, readiness=READY, excluded=("recusal",)),
        Candidate("city", 25, 50, 1.0, rank="province", readiness=READY),
    ]


def test_the_overloaded_natural_body_is_named_with_its_codes_and_the_ready_one_leads() -> None:
    ranking = rank(GUO, desk(), NOW)
    assert [r.body for r in ranking.rows if r.eligible] == ["wuxi", "changshou"]
    codes = {r.body: r.codes for r in ranking.rows}
    assert codes["yubei"] == ("capacity", "custody")
    assert codes["home"] == ("recusal",)
    assert codes["city"] == ("rank",)
    assert len(ranking.rows) == 5
    assert any("officer-months" in t.en for t in ranking.natural)


def test_what_nobody_confirmed_is_unknown_and_never_counts_as_ready() -> None:
    silent = next(r for r in rank(GUO, desk(), NOW).rows if r.body == "changshou")
    assert silent.unknown == ("team", "custody", "keepers", "doctor")
    assert silent.parts["readiness"] == 0
    late = rank(GUO, desk(), "2025-03-17T11:00:00Z")
    assert next(r for r in late.rows if r.body == "wuxi").readiness == Readiness()


def test_a_confirmation_without_a_name_is_no_confirmation() -> None:
    assert Readiness("yes", "yes", "yes", "yes").at(NOW) == Readiness()


def test_who_may_not_know_why_sees_only_recusal() -> None:
    shown = rank(GUO, desk(), NOW).as_json(may_know_why=False)
    out = [r for r in shown["rows"] if not r["eligible"]]
    assert all(r["codes"] == ["recusal"] and r["parts"] == {} and r["score"] == 0.0 for r in out)
    assert len({str({k: v for k, v in r.items() if k not in ("body", "duty_number", "calls")}) for r in out}) == 1
    assert shown["natural"] == []


def test_equal_scores_are_ordered_by_id_whatever_the_order_of_the_list() -> None:
    same = [Candidate(i, 10, 20, 1.0, readiness=READY) for i in (10, 9, 2)]
    for order in itertools.permutations(same):
        assert [r.body for r in rank(Matter("m", 5), list(order), NOW).rows] == [2, 9, 10]


def test_more_load_never_improves_a_place() -> None:
    rows = [Candidate(i, 20, 40 + 10 * i, 1.0, readiness=READY) for i in range(8)]
    places = {r.body: r.place for r in rank(Matter("m", 5), rows, NOW).rows}
    heavier = [replace(c, load=c.load + 60) if c.id == 3 else c for c in rows]
    assert {r.body: r.place for r in rank(Matter("m", 5), heavier, NOW).rows}[3] >= places[3]


def test_the_change_said_to_suffice_for_the_natural_body_does_suffice() -> None:
    bodies = [Candidate("a", 20, 100, 1.0, readiness=READY), Candidate("b", 20, 200, 1.0, readiness=READY)]
    matter = Matter("m", 20, natural="b")
    text = next(t.en for t in rank(matter, bodies, NOW).natural if "fell from" in t.en)
    limit = float(text.split(" to ")[1].split(" officer")[0]) * 10
    eased = [bodies[0], replace(bodies[1], load=int(limit))]
    assert rank(matter, eased, NOW).rows[0].body == "b"
    assert rank(matter, [bodies[0], replace(bodies[1], load=int(limit) + 1)], NOW).rows[0].body == "a"


def test_with_nobody_eligible_the_desk_points_upwards() -> None:
    ranking = rank(GUO, [replace(c, excluded=("recusal",)) for c in desk()], NOW)
    assert ranking.margin is None
    assert "superior" in ranking.notes[0].en


def test_a_designated_matter_is_not_designated_again() -> None:
    ranking = rank(replace(GUO, already_designated=True), desk(), NOW)
    assert all("redesignation" in r.codes for r in ranking.rows)


@pytest.mark.parametrize(("bodies", "rule"), [
    ([Candidate("a", 1, 1, 1), Candidate("a", 1, 1, 1)], "duplicate-id"),
    ([Candidate("a", 1, -1, 1)], "negative-load"),
    ([Candidate("a", 1, 1, 1, excluded=("whim",))], "unknown-code"),
])
def test_bad_input_is_refused(bodies: list[Candidate], rule: str) -> None:
    with pytest.raises(BadInput) as refused:
        rank(GUO, bodies, NOW)
    assert refused.value.rule == rule


def test_every_code_speaks_both_languages_and_files_are_read() -> None:
    assert all(zh and en for zh, en in CODES.values())
    matter, bodies, now, weights = from_json({"now": NOW, "matter": {"id": "m", "load": 3, "needs": ["team"]},
                                              "bodies": [{"id": 1, "officers": 3, "load": 2, "hours": 1, "readiness": {"team": "yes", "confirmed_by": "x"}}]})
    assert rank(matter, bodies, now, weights).rows[0].parts["readiness"] == Score().readiness
    with pytest.raises(BadInput):
        from_json({"matter": {"id": "m", "load": 3}, "bodies": [{"id": 1, "colour": 3}], "now": NOW})
