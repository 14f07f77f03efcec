"""Which moves of the playbooks a test makes, and what happens to it when one of them is taken away.

Two settings of the environment, read once per process: `XIELI_MOVES_TRACE` names a file to which every move made is written
(`node<TAB>kind:move`), `XIELI_MOVES_WITHOUT` names `kind:move`s, by commas, that are refused as if the playbooks had them not.
"""
from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TRACE, WITHOUT = "XIELI_MOVES_TRACE", "XIELI_MOVES_WITHOUT"
ROOT = Path(__file__).parents[2]


@contextmanager
def watched(current: Callable[[], str]) -> Iterator[None]:
    """Every step of the engine goes through here while the block runs; automatic ones are seen as what was done along with it."""
    from xieli.engines.playbooks import Refusal
    from xieli.engines.playbooks.steps import Result
    from xieli.office.matters.services import moves

    trace, without, real = os.environ.get(TRACE), set(os.environ.get(WITHOUT, "").split(",")) - {""}, moves.apply

    def apply(playbook: Any, state: Any, move: str, context: Any, **more: Any) -> Any:
        result = real(playbook, state, move, context, **more)
        if result.refusals:
            return result
        made = [f"{playbook.code}:{d.move}" for d in result.state.done[len(state.done):]]
        if without.intersection(made):
            return Result(state, (), (Refusal("move_taken_away", f"流程中没有“{move}”这一步。", f"The playbook has no move “{move}”."),))
        if trace:
            with Path(trace).open("a", encoding="utf-8") as file:
                file.writelines(f"{current()}\t{one}\n" for one in made)
        return result

    if not trace and not without:
        yield
        return
    moves.apply = apply
    try:
        yield
    finally:
        moves.apply = real


def run(nodes: Iterable[str], *, without: Iterable[str] = (), trace: Path | None = None) -> dict[str, str]:
    """Run tests in a process of their own on this run's database server; node to PASSED, FAILED or ERROR."""
    from tests.conftest import CLUSTER, KEEP

    environment = {k: v for k, v in os.environ.items() if k not in (TRACE, WITHOUT) and not k.startswith("PYTEST_")} | {KEEP: os.environ[CLUSTER]}
    environment |= {"PYTEST_DEBUG_TEMPROOT": os.environ[CLUSTER]}  # every start of pytest closes the common folder to the account of a database
    environment |= {WITHOUT: ",".join(without)} if without else {}
    environment |= {TRACE: str(trace)} if trace else {}
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist", *nodes]
    said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=3600).stdout
    found = {}
    for line in said.splitlines():
        word, _, rest = line.partition(" ")
        if word in ("PASSED", "FAILED", "ERROR"):
            found[rest.split(" - ")[0].strip()] = word
    return found


def apart(moves: dict[str, set[str]], running: dict[str, set[str]]) -> list[list[str]]:
    """Rounds of moves that may be taken away together: no file that is run for one of a round makes another of it.

    `moves` says in which files each is made by whatever test, `running` which files are run for it. The most used come first.
    """
    rounds: list[list[str]] = []
    for move in sorted(running, key=lambda m: (-len(running[m]), m)):
        for together in rounds:
            if not any(running[move] & moves[other] or running[other] & moves[move] for other in together):
                together.append(move)
                break
        else:
            rounds.append([move])
    return rounds


def traced(file: Path) -> dict[str, set[str]]:
    """Move to the tests that made it."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in file.read_text("utf-8").splitlines():
        node, _, move = line.partition("\t")
        found[move].add(node)
    return dict(found)
