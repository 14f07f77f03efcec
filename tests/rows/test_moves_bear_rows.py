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


def test_a_row_falls_with_its_move(tmp_path: Path) -> None:
    """With all moves the two tests pass and are seen to make them; without one, the test that rests on it fails and the other passes."""
    trace = tmp_path / "moves"
    assert set(moves.run(SAMPLE.values(), trace=trace).values()) == {"PASSED"}
    found = moves.traced(trace)
    assert all(found[move] == {node} for move, node in SAMPLE.items())
    move, node = next(iter(SAMPLE.items()))
    assert rows_of(node)
    without = moves.run(SAMPLE.values(), without=move)
    assert without[node] == "FAILED"
    assert sorted(without.values()) == ["FAILED", "PASSED"]


@pytest.mark.soak
def test_each_move_in_turn_takes_its_rows_with_it(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Every move that a row's test makes is disabled once; each test that made it must fail. About 300 moves, half an hour on two cores."""
    trace = tmp_path / "moves"
    files = [str(p.relative_to(moves.ROOT)) for p in sorted(HERE.glob("test_*.py")) if p.name not in (Path(__file__).name, "test_register.py")]
    whole = moves.run(files, trace=trace)
    assert whole
    assert set(whole.values()) == {"PASSED"}
    bearing = {move: {n for n in nodes if rows_of(n)} for move, nodes in moves.traced(trace).items()}
    bearing = {move: nodes for move, nodes in sorted(bearing.items()) if nodes}
    standing: dict[str, list[str]] = defaultdict(list)
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as several:  # each run is a process of its own on the same server
        # a test that does not stand alone is run with its whole file
        nodes = sorted(set().union(*bearing.values()))
        alone = {node for node, found in zip(nodes, several.map(lambda one: moves.run([one]), nodes), strict=True) if found.get(node) == "PASSED"}
        runs = {move: sorted({n if n in alone else n.partition("::")[0] for n in wanted}) for move, wanted in bearing.items()}
        for move, done in zip(runs, several.map(lambda one: moves.run(runs[one], without=one), runs), strict=True):
            for node in sorted(bearing[move]):
                if done.get(node, "ERROR") == "PASSED":
                    standing[move].append(f"{node} ({', '.join(rows_of(node))})")
    record_property("moves", len(bearing))
    assert not standing, f"rows that stand without a move they make: {dict(standing)}"
    assert len(bearing) > 150
