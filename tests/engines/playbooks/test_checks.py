"""Each publish check refuses a playbook that no other check refuses, and the sound one passes them all."""
from __future__ import annotations

from typing import Any

import pytest

from xieli.engines.playbooks import RULES, Library, PlaybookError, check, require_sound

from .base import BASE, EXTENSIONS, Content, name, spoiled
from .base import RULES as STATUTES

SAME_DAY = name("当日", "same day")


def task(zh: str, en: str, **more: Any) -> Content:
    return name(zh, en, kind="task", roles=["clerk"], no_limit=SAME_DAY, **more)


def move(zh: str, en: str, start: str | list[str], to: str, **more: Any) -> Content:
    return {**name(zh, en), "from": start, "to": to, **more}


def two_starts(c: Content) -> None:
    c["stages"]["close"]["start"] = True


def unreachable(c: Content) -> None:
    c["stages"]["island"] = task("孤岛", "island")
    c["moves"]["off"] = move("离岛", "off the island", "island", "end")


def no_way_out(c: Content) -> None:
    c["stages"]["pit"] = task("深坑", "pit")
    c["moves"]["fall"] = move("坠入", "fall", "close", "pit", reason=True)
    c["moves"]["stay"] = move("停留", "stay", "pit", "pit", kind="redo", reason=True)


def split_of_one(c: Content) -> None:
    del c["stages"]["fan"]["per"]
    c["forms"]["answer"].pop("per")
    c["moves"]["small"]["when"] = [[{"field": {"of": "intake.amount", "lt": 50}}]]
    c["compositions"]["team"]["slots"]["rest"]["party"] = "partner"


def not_joined(c: Content) -> None:
    c["stages"]["both"].update(kind="decision", roles=["head"], no_limit=SAME_DAY, outcomes={"one": name("一", "one"), "two": name("二", "two")})
    c["moves"]["left"]["outcome"], c["moves"]["right"]["outcome"] = "one", "two"
    c["stages"]["met"] = task("汇合处", "meeting point")
    c["stages"]["again"] = name("再分", "split again", kind="split")
    c["stages"]["x1"], c["stages"]["x2"] = task("甲", "A"), task("乙", "B")
    c["moves"]["meet"]["to"] = "again"
    for n in ("x1", "x2"):
        c["moves"][f"to_{n}"] = move("去", "go", "again", n)
        c["moves"][f"from_{n}"] = move("到", "come", n, "close")


def join_of_nothing(c: Content) -> None:
    c["stages"]["lost"] = name("无源汇合", "lost join", kind="join")
    c["moves"]["meet"]["to"] = "lost"
    c["moves"]["lost_on"] = move("继续", "go on", "lost", "close")


def branch_escapes(c: Content) -> None:
    c["stages"]["away"] = name("别处", "away", kind="end", owes_nothing=SAME_DAY)
    c["moves"]["escape"] = move("逃出", "escape", "papers", "away", lawful_exit=True)


def branches_meet(c: Content) -> None:
    c["moves"]["jump"] = move("越界", "jump", "close", "papers", kind="return", reason=True)


def outcome_without_way(c: Content) -> None:
    del c["stages"]["choose"]["decides"]
    c["stages"]["choose"]["outcomes"]["wait"] = name("再议", "wait")


def decides_other_words(c: Content) -> None:
    c["forms"]["intake"]["fields"]["way"]["options"]["other"] = name("其他", "other")


def no_role(c: Content) -> None:
    del c["stages"]["close"]["roles"]
    c["moves"]["finish"]["who"] = ["head"]


def same_role_on_both_sides(c: Content) -> None:
    c["separation"]["two"]["second"] = ["written"]


def no_clock(c: Content) -> None:
    del c["stages"]["close"]["no_limit"]


def never_starts(c: Content) -> None:
    c["clocks"]["spare"] = name("备用", "spare", rule="xx.law.read", starts_on=[], stops_on=["close"], on_expiry="warn")


def never_stops(c: Content) -> None:
    c["clocks"]["spare"] = name("备用", "spare", rule="xx.law.read", starts_on=["open"], stops_on=[], on_expiry="warn")


def two_lengths(c: Content) -> None:
    c["clocks"]["ours"]["rule"] = "xx.law.read"


def clock_of_later(c: Content) -> None:
    del c["stages"]["intake"]["no_limit"]
    c["stages"]["intake"]["clock"] = "hold"


def no_exit_from_custody(c: Content) -> None:
    del c["moves"]["free"]["lawful_exit"]


def unknown_extension(c: Content) -> None:
    c["moves"]["longer"]["effects"][0]["extend_clock"]["ground"] = "whim"


def unknown_name(c: Content) -> None:
    c["moves"]["finish"]["effects"].append({"notify": {"who": ["nobody"], "what": "hello"}})


def unknown_kind(c: Content) -> None:
    c["moves"]["finish"]["effects"].append({"spawn_matter": {"kind": "ghost", "link": "child"}})


def silent_child(c: Content) -> None:
    c["moves"]["meet"]["effects"] = [{"spawn_matter": {"kind": "sample", "link": "child"}}]
    c["moves"]["finish"]["when"] = [[{"children": {"kind": "sample", "are": "last", "outcome": "done"}}]]


def field_of_nowhere(c: Content) -> None:
    c["forms"]["intake"]["fields"]["urgent"]["required_if"] = {"nothing": True}


def uneven_weights(c: Content) -> None:
    c["forms"]["intake"]["fields"]["total"]["computed"]["weights"] = [50, 40]


def idle_message(c: Content) -> None:
    c["messages"]["idle"] = name("没用的", "idle")


def guard_of_wrong_type(c: Content) -> None:
    c["moves"]["finish"]["when"] = [[{"field": {"of": "intake.urgent", "is": "maybe"}}], [{"competence": {"is": "recorded"}}]]


def asks_too_early(c: Content) -> None:
    c["moves"]["finish"]["when"] = [[{"field": {"of": "note.text", "present": True}}], [{"competence": {"is": "recorded"}}]]


def cannot_hold(c: Content) -> None:
    c["moves"]["finish"]["when"] = [[{"field": {"of": "intake.amount", "lt": 10}}, {"field": {"of": "intake.amount", "gt": 90}}], [{"competence": {"is": "recorded"}}]]


def leaves_a_gap(c: Content) -> None:
    c["moves"]["large"]["when"] = [[{"field": {"of": "intake.amount", "gt": 50}}]]


def by_word_of_mouth(c: Content) -> None:
    c["approvals"]["go"]["oral"] = True


def no_default_chain(c: Content) -> None:
    c["approvals"]["go"]["chains"].pop()


def approval_ring(c: Content) -> None:
    c["approvals"]["go"]["after"] = ["longer"]


def impossible_seat(c: Content) -> None:
    c["compositions"]["team"]["slots"]["rest"]["count"] = {"least": 3, "most": 2}
    c["moves"]["act"]["when"] = [[{"recusal": {"of": "team", "is": "clear"}}]]


def below_the_floor(c: Content) -> None:
    c["level"] = {"default": "open", "floor": "internal"}


def law_without_article(c: Content) -> None:
    del c["approvals"]["longer"]["source"]


def duty_without_end(c: Content) -> None:
    c["moves"]["finish"]["effects"] = [e for e in c["moves"]["finish"]["effects"] if "close_feedback_duty" not in e]


def presence_without_end(c: Content) -> None:
    c["moves"]["begin"]["effects"].append({"open_presence": {"person": "intake.way", "basis": "summons"}})


def rule_of_nowhere(c: Content) -> None:
    c["basis"] = ["xx.law.read", "xx.law.unknown"]


def verified_but_marked(c: Content) -> None:
    c["unverified"] = ["xx.law.heard", "xx.law.read"]


def name_too_long(c: Content) -> None:
    c["stages"]["close"]["zh"] = "很长" * 40


def stuck_after_return(c: Content) -> None:
    c["moves"]["finish"]["when"] = [[{"times": {"move": "ponder", "fewer_than": 1}}]]
    c["moves"]["ponder"] = move("再想想", "ponder", "close", "close", kind="redo", reason=True, when=[[{"times": {"move": "ponder", "fewer_than": 1}}]])


def changed_in_place(c: Content) -> None:
    c["about"]["en"] = "changed after publication"


MUTATIONS = {
    "one_start": two_starts, "unreachable": unreachable, "no_way_out": no_way_out, "automatic_shape": split_of_one, "split_not_joined": not_joined,
    "join_without_split": join_of_nothing, "branch_escapes": branch_escapes, "branches_meet": branches_meet, "outcomes_total": outcome_without_way,
    "decides_mismatch": decides_other_words, "no_role": no_role, "separation_same_role": same_role_on_both_sides, "no_clock": no_clock,
    "clock_without_start": never_starts, "clock_without_stop": never_stops, "clock_length": two_lengths, "clock_stage_elsewhere": clock_of_later,
    "custody_without_exit": no_exit_from_custody, "extension_unknown": unknown_extension, "reference_unknown": unknown_name, "kind_unknown": unknown_kind,
    "other_kind_mismatch": silent_child, "field_inside": field_of_nowhere, "weights": uneven_weights, "unused": idle_message, "guard_type": guard_of_wrong_type,
    "guard_field_late": asks_too_early, "guard_never": cannot_hold, "guards_leave_gap": leaves_a_gap, "oral_not_allowed": by_word_of_mouth,
    "approval_default": no_default_chain, "approval_order": approval_ring, "slot_range": impossible_seat, "level_order": below_the_floor,
    "source_without_basis": law_without_article, "feedback_open_close": duty_without_end, "opened_never_closed": presence_without_end,
    "rule_unknown": rule_of_nowhere, "unverified_not_marked": verified_but_marked, "diagram": name_too_long, "walks_end": stuck_after_return,
    "version_changed": changed_in_place,
}


def library() -> Library:
    sound = spoiled()
    return Library(kinds={"sample": sound}, rules=STATUTES, extensions=EXTENSIONS, walks=40)


def test_the_sound_playbook_passes_every_check() -> None:
    assert check(spoiled(), library()) == ()
    require_sound(spoiled(), library())


def test_every_check_has_a_playbook_that_only_it_refuses() -> None:
    assert set(MUTATIONS) == set(RULES)


@pytest.mark.parametrize("code", sorted(MUTATIONS))
def test_only_this_check_refuses_its_mutation(code: str) -> None:
    known = library()
    if code == "version_changed":
        known = Library(kinds=known.kinds, rules=known.rules, extensions=known.extensions, locked={("sample", 1): spoiled().sha256}, walks=5)
    found = check(spoiled(MUTATIONS[code]), known)
    assert {problem.code for problem in found} == {code}, [p.sentence("en") for p in found]
    assert all(p.zh and p.en and p.line >= 1 and p.file == "sample.yaml" for p in found)


def test_a_finding_names_the_line_of_the_thing_itself() -> None:
    (found,) = check(spoiled(by_word_of_mouth), library())
    playbook = spoiled(by_word_of_mouth)
    assert found.line == playbook.line(("approvals", "go"))
    assert found.line > playbook.line(("approvals",))


def test_refusing_to_publish_says_everything_at_once() -> None:
    def both(c: Content) -> None:
        by_word_of_mouth(c)
        idle_message(c)

    with pytest.raises(PlaybookError) as caught:
        require_sound(spoiled(both), library())
    assert {p.code for p in caught.value.problems} == {"oral_not_allowed", "unused"}


def test_what_is_not_known_is_not_checked() -> None:
    assert check(spoiled(unknown_kind), Library(walks=3)) == ()
    assert BASE["kind"]["code"] == "sample"


@pytest.mark.parametrize(
    ("groups", "possible"),
    [
        ([[{"field": {"of": "intake.way", "is": "ask"}}, {"field": {"of": "intake.way", "is": "act"}}]], False),
        ([[{"field": {"of": "intake.way", "in": ["ask", "act"]}}, {"field": {"of": "intake.way", "is_not": "ask"}}]], True),
        ([[{"field": {"of": "intake.amount", "gt": 100}}]], False),
        ([[{"field": {"of": "intake.amount", "ge": 100}}]], True),
        ([[{"field": {"of": "intake.amount", "absent": True}}]], False),
        ([[{"approved": {"act": "go"}}, {"refused": {"act": "go"}}]], False),
        ([[{"clock": {"code": "law", "is": "expired"}}, {"clock": {"code": "law", "is": "not_expired"}}]], False),
        ([[{"clock": {"code": "law", "is": "stopped"}}, {"clock": {"code": "law", "is": "not_expired"}}]], True),
        ([[{"passed": {"stage": "intake"}}]], True),
        ([[{"not_passed": {"stage": "intake"}}]], False),
        ([[{"passed": {"stage": "end"}}]], False),
        ([[{"times": {"move": "begin", "fewer_than": 0}}]], False),
        ([[{"relation": {"of": "partner", "to": "owner", "is": "same"}}, {"relation": {"of": "partner", "to": "owner", "is": "superior"}}]], False),
        ([[{"subject": {"attribute": "managed_by", "in": ["county"]}}, {"subject": {"attribute": "managed_by", "is": "province"}}]], False),
        ([[{"children": {"kind": "sample", "are": "all_closed"}}]], False),
        ([[{"children": {"kind": "sample", "are": "none_open"}}]], True),
        ([[{"level": {"at_most": "open"}}]], False),
        ([[{"level": {"at_most": "internal"}}]], True),
    ],
)
def test_a_guard_that_can_never_hold_is_refused_and_one_that_can_is_not(groups: list[Any], possible: bool) -> None:
    def guarded(c: Content) -> None:
        c["moves"]["finish"]["when"] = [*groups, [{"competence": {"is": "recorded"}}]]

    codes = {p.code for p in check(spoiled(guarded), library())}
    assert ("guard_never" not in codes) == possible, codes
