"""The rule on a page, said once for each of its conditions."""
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from xieli.engines import needtoknow as ntk

T = datetime(2026, 3, 2, tzinfo=UTC)
H = timedelta(hours=1)
READ = frozenset({"read"})


def small_world() -> tuple[ntk.World, ntk.Session, ntk.Matter]:
    """Person 1 serves in body 10, room 11; matter 100 belongs to body 10; he is its handler."""
    m = ntk.Matter(100, 10, 11)
    w = ntk.World(
        level_cap=2, persons={1: ntk.Person(1, 2), 2: ntk.Person(2, 2, digest="d2")}, bodies={10: ntk.Body(10), 20: ntk.Body(20)}, matters={100: m},
        postings=[ntk.Posting(1, 1, 10, T - H, None, 11)],
        grants=[ntk.Grant(1, 100, 1, "handler", frozenset({"read", "write"}), T - H, T + 5 * H, "依据")],
    )
    return w, ntk.Session(1, T, T, T + 8 * H, 8 * H), m


def test_a_handler_sees_and_writes_from_the_first_instant_to_the_last() -> None:
    w, s, m = small_world()
    assert ntk.sees(w, s, m, T)
    assert ntk.sees(w, s, m, T, "write")
    assert not ntk.sees(w, s, m, T, "approve")
    assert ntk.sees(w, s, m, T - H)
    assert not ntk.sees(w, s, m, T - H - timedelta(microseconds=1))
    assert ntk.sees(w, s, m, T + 5 * H - timedelta(microseconds=1))
    assert not ntk.sees(w, s, m, T + 5 * H)


@pytest.mark.parametrize("change", [
    lambda w: w.persons.update({1: replace(w.persons[1], active=False)}), lambda w: w.persons.update({1: replace(w.persons[1], clearance=-1)}),
    lambda w: w.postings.__setitem__(0, replace(w.postings[0], confirmed=False)), lambda w: w.postings.__setitem__(0, replace(w.postings[0], end=T)),
    lambda w: w.grants.__setitem__(0, replace(w.grants[0], revoked_at=T)), lambda w: w.grants.__setitem__(0, replace(w.grants[0], basis="")),
    lambda w: w.recusals.append(ntk.Recusal(1, 100, 1, "in_force", T, T + H)), lambda w: w.recusals.append(ntk.Recusal(1, 100, 10, "in_force", T, T + H)),
])
def test_each_condition_alone_is_enough_to_hide_it(change) -> None:  # type: ignore[no-untyped-def]
    w, s, m = small_world()
    change(w)
    assert not ntk.sees(w, s, m, T)
    assert [r for r in ntk.why(w, s, m, T) if not r.opens]


def test_level_circles_and_the_session_count() -> None:
    w, s, m = small_world()
    assert not ntk.sees(w, s, replace(m, level=3), T)
    assert not ntk.sees(w, s, replace(m, comps=frozenset({7})), T)
    w.holders.append(ntk.Holder(7, 1, T - H, T + H))
    assert ntk.sees(w, s, replace(m, comps=frozenset({7})), T)
    assert not ntk.sees(w, s, replace(m, comps=frozenset({7, 8})), T)
    assert not ntk.sees(w, replace(s, ended=True), m, T)
    assert not ntk.sees(w, replace(s, idle=H), m, T + H)
    assert not ntk.sees(w, s, None, T)


def test_a_recusal_of_his_body_holds_in_whatever_capacity_he_signs_in() -> None:
    w, s, m = small_world()
    w.postings.append(ntk.Posting(2, 1, 20, T - H, None, home_body=30, kind="borrowing"))
    for body in (20, 30):
        w.recusals[:] = [ntk.Recusal(1, 100, body, "in_force", T, T + H)]
        assert not ntk.sees(w, s, m, T)
        assert not ntk.sees(w, replace(s, capacity=1), m, T)


def test_a_request_undecided_hides_nothing_but_bars_new_grants() -> None:
    w, s, m = small_world()
    w.recusals.append(ntk.Recusal(1, 100, 1, "raised", T, T + H))
    assert ntk.sees(w, s, m, T)
    with pytest.raises(ntk.GrantRefused):
        ntk.new_grant(w, identity=2, matter=m, principal=1, kind="handler", acts=READ, start=T, end=T + H, basis="依据", now=T)


def test_what_derives_from_several_matters_needs_them_all() -> None:
    w, s, m = small_world()
    other = ntk.Matter(101, 10)
    w.matters[101] = other
    assert ntk.sees_all(w, s, [m], T)
    assert not ntk.sees_all(w, s, [m, other], T)
    assert not ntk.sees_all(w, s, [], T)


def test_a_grant_lasts_twelve_months_glass_four_hours_and_nothing_outlives_its_posting() -> None:
    w, _, m = small_world()
    far = T + timedelta(days=4000)
    assert ntk.end_of("handler", T, far, None) == T.replace(year=2027)
    assert ntk.end_of("handler", datetime(2028, 2, 29, tzinfo=UTC), far, None) == datetime(2029, 2, 28, tzinfo=UTC)
    assert ntk.end_of("break_glass", T, far, None) == T + 4 * H
    w.postings[0] = replace(w.postings[0], end=T + 3 * H)
    g = ntk.new_grant(w, identity=2, matter=m, principal=1, kind="handler", acts=READ, start=T, end=far, basis="依据", now=T)
    assert (g.end, g.posting) == (T + 3 * H, 1)
    [cut] = ntk.cut_by_posting([g], w.postings[0], replace(w.postings[0], end=T + H), T)
    assert cut.end == T + H
    [same] = ntk.cut_by_posting([cut], replace(w.postings[0], end=T + H), replace(w.postings[0], end=None), T)
    assert same.end == T + H


@pytest.mark.parametrize(("kind", "acts"), [("handler", {"read", "approve"}), ("break_glass", {"read", "write"}), ("nothing", {"read"}), ("handler", set())])
def test_a_kind_carries_its_own_acts_only(kind: str, acts: set[str]) -> None:
    w, _, m = small_world()
    with pytest.raises(ntk.GrantRefused):
        ntk.new_grant(w, identity=2, matter=m, principal=1, kind=kind, acts=acts, start=T, end=T + H, basis="依据", now=T)


def test_kin_of_either_declaration_and_the_subject_s_own_chiefs_are_recused() -> None:
    w, _, _ = small_world()
    w.kin.append(ntk.Kin(1, "d2"))
    w.subjects.append(ntk.Subject(100, 2, unit=20))
    assert ntk.automatic_recusals(w, 100, T) == {ntk.Ground(2, "subject", "in_force"), ntk.Ground(1, "kin", "in_force")}
    w.persons[3] = ntk.Person(3)
    w.offices[21] = ntk.Office(21, 20, "head")
    w.postings.append(ntk.Posting(3, 3, 20, T - H, office=21))
    assert 3 not in {g.person for g in ntk.automatic_recusals(w, 100, T)}  # his unit takes no part
    w.parties.append(ntk.Party(100, 20, T - H))
    assert ntk.Ground(3, "own_unit", "in_force") in ntk.automatic_recusals(w, 100, T)
    w.kin[0] = replace(w.kin[0], near=False)
    assert 1 not in {g.person for g in ntk.automatic_recusals(w, 100, T)}


def test_former_employment_is_raised_not_decided() -> None:
    w, _, _ = small_world()
    w.subjects.append(ntk.Subject(100, 2, unit=20))
    w.former.append((1, 20))
    assert ntk.Ground(1, "former_employer", "raised") in ntk.automatic_recusals(w, 100, T)


def test_the_page_says_why_in_both_languages() -> None:
    w, s, m = small_world()
    [line] = ntk.why(w, s, m, T)
    assert line.opens
    assert "承办" in line.zh
    assert "handler" in line.en
    assert [r.code for r in ntk.why(w, s, m, T, "approve")] == ["act"]
    assert [r.code for r in ntk.why(w, replace(s, ended=True), m, T)] == ["session"]


def test_the_leaders_of_a_line_are_its_offices() -> None:
    w, _, m = small_world()
    w.offices.update({21: ntk.Office(21, 10, "head"), 22: ntk.Office(22, 10, "deputy", line_rooms=frozenset({11})), 23: ntk.Office(23, 10, "deputy"),
                      24: ntk.Office(24, 20, "deputy", line_bodies=frozenset({10})), 25: ntk.Office(25, 10, "room_head", room=11), 26: ntk.Office(26, 20, "head")})
    assert ntk.line_offices(w, m) == {21, 22, 24, 25}
