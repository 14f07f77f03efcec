"""Disable a move of a playbook, and the rows that rest on it fail: two moves here, every one of them in `make soak`."""
from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.rows import moves
from tests.rows.make_register import served

HERE = Path(__file__).parent
SAMPLE = {"charge:close": "tests/rows/test_field.py::test_a_charge_lists_its_items_and_what_is_left", "notice:received": "tests/rows/test_c16_meetings.py::test_a_problem_report_is_delivered_when_both_sides_have_acknowledged"}


def rows_of(node: str) -> list[str]:
    """The rows that a test serves, by its docstring."""
    plain = node.partition("[")[0]
    return sorted(row for row, tests in served().items() if any(name == plain for name, _ in tests))


def file_of(node: str) -> str:
    """The file a test stands in."""
    return node.partition("::")[0]


def test_a_row_falls_with_its_move(tmp_path: Path) -> None:
    """With all moves the two tests pass and are seen to make them; without one, the test that rests on it fails and the other passes."""
    trace = tmp_path / "moves"
    assert set(moves.run(SAMPLE.values(), trace=trace).values()) == {"PASSED"}
    found = moves.traced(trace)
    assert all(found[move] == {node} for move, node in SAMPLE.items())
    move, node = next(iter(SAMPLE.items()))
    assert rows_of(node)
    without = moves.run(SAMPLE.values(), without=[move])
    assert without[node] == "FAILED"
    assert sorted(without.values()) == ["FAILED", "PASSED"]


def test_two_moves_are_taken_away_together_only_where_neither_is_made_beside_the_other() -> None:
    made = {"a": {"1", "2"}, "b": {"2"}, "c": {"3"}, "d": {"1", "3"}}
    assert moves.apart(made, {"a": {"1"}, "b": {"2"}, "c": {"3"}, "d": {"3"}}) == [["a", "c"], ["b", "d"]], "b is made where a could be seen to fail"
    assert moves.apart(made, made) == [["a", "c"], ["d", "b"]]


@pytest.mark.soak
def test_each_move_in_turn_takes_its_rows_with_it(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Every move that a row's test makes is disabled once; each test that made it must fail. About 300 moves.

    Moves of which no test sees more than one go together: what fails, fails by the one that it makes.
    """
    trace = tmp_path / "moves"
    files = [str(p.relative_to(moves.ROOT)) for p in sorted(HERE.glob("test_*.py")) if p.name not in (Path(__file__).name, "test_register.py")]
    whole = moves.run(files, trace=trace)
    assert whole
    assert set(whole.values()) == {"PASSED"}
    made = moves.traced(trace)
    bearing = {move: {n for n in nodes if rows_of(n)} for move, nodes in made.items()}
    bearing = {move: nodes for move, nodes in sorted(bearing.items()) if nodes}
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as several:  # each run is a process of its own on the same server
        # a test that does not stand alone is run with its whole file; one test of each file at a time tells which
        by_file: dict[str, list[str]] = defaultdict(list)
        for node in sorted(set().union(*bearing.values())):
            by_file[file_of(node)].append(node)
        rounds = [[found[i] for found in by_file.values() if i < len(found)] for i in range(max(map(len, by_file.values())))]
        alone = {node for nodes, done in zip(rounds, several.map(moves.run, rounds), strict=True) for node in nodes if done.get(node) == "PASSED"}
        runs = {move: {n if n in alone else file_of(n) for n in wanted} for move, wanted in bearing.items()}
        together = moves.apart({move: set(map(file_of, nodes)) for move, nodes in made.items()}, {move: set(map(file_of, wanted)) for move, wanted in runs.items()})
        standing: dict[str, list[str]] = defaultdict(list)
        for taken, done in zip(together, several.map(lambda some: moves.run(sorted(set().union(*(runs[m] for m in some))), without=some), together), strict=True):
            for move in taken:
                for node in sorted(bearing[move]):
                    if done.get(node, "ERROR") == "PASSED":
                        standing[move].append(f"{node} ({', '.join(rows_of(node))})")
    record_property("moves", len(bearing))
    record_property("rounds", len(together))
    assert not standing, f"rows that stand without a move they make: {dict(standing)}"
    assert len(bearing) > 150
