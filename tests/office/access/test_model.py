"""The oracle against the database: SELECT, INSERT, UPDATE, DELETE, counts, search, worklist, pages; equality, so that
over-denial is found too. Every mutant of the policies must be found."""
from __future__ import annotations

import psycopg
import pytest

from tests.office.access.comparing import run
from tests.office.access.mutants import MUTANTS

SMALL = 20_000
LARGE = 1_000_000
#: a representative handful for every run; all of them in the large one
EVERY_RUN = (
    "read: the guide decides", "read: level not asked", "read: caches believed for ever", "may: ends an instant late", "bind: an ended session",
    "principals: the capacity chosen narrows recusal", "caches: grants to come believed", "child: written by whoever reads",
)
WORLDS_PER_MUTANT = 20


def prove(installer: psycopg.Connection, at_least: int, first_seed: int) -> None:
    decisions, seed = 0, first_seed
    while decisions < at_least:
        made, differences = run(installer, seed)
        assert not differences, f"world {seed}: " + "\n".join(differences[:5])
        decisions, seed = decisions + made, seed + 1
    print(f"{decisions} decisions in {seed - first_seed} worlds, 0 leaks, 0 over-denials")


def test_the_database_answers_as_the_oracle_does(installer: psycopg.Connection) -> None:
    prove(installer, SMALL, 1)


@pytest.mark.soak
def test_the_database_answers_as_the_oracle_does_a_million_times(installer: psycopg.Connection) -> None:
    prove(installer, LARGE, 1000)


def kill(installer: psycopg.Connection, name: str) -> None:
    for seed in range(1, WORLDS_PER_MUTANT + 1):
        try:
            _, differences = run(installer, seed, mutation=MUTANTS[name], stop_at_first=True)
        except psycopg.Error as error:
            pytest.fail(f"the mutant “{name}” is not a system, it only fails: {error}")
        if differences:
            return
    pytest.fail(f"the mutant “{name}” lived through {WORLDS_PER_MUTANT} worlds")


@pytest.mark.parametrize("name", EVERY_RUN)
def test_a_damaged_policy_is_found(installer: psycopg.Connection, name: str) -> None:
    kill(installer, name)


@pytest.mark.soak
@pytest.mark.parametrize("name", [name for name in MUTANTS if name not in EVERY_RUN])
def test_every_damaged_policy_is_found(installer: psycopg.Connection, name: str) -> None:
    kill(installer, name)


def test_there_are_mutants_enough() -> None:
    assert len(MUTANTS) >= 30
    assert set(EVERY_RUN) <= set(MUTANTS)


def test_pieces_of_what_is_stored_and_of_what_is_typed_are_made_in_one_place_and_fold_traditional_characters() -> None:
    from xieli.office.access.search import grams

    stored = grams("反映歐陽鋒（科长）违规", "ＡＢ公司")
    for typed in ("欧阳", "歐陽鋒", "科长", "ab公司", "反映 欧阳锋"):
        assert set(grams(typed)) <= set(stored), typed
    assert not set(grams("欧杨")) <= set(stored)
    assert "锋（" not in stored, "punctuation makes no pieces"
