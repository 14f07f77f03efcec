"""Which moves of the playbooks a test makes, and what happens to it when one of them is taken away.

Two settings of the environment, read once per process: `XIELI_MOVES_TRACE` names a file to which every move made is written
(`node<TAB>kind:move`), `XIELI_MOVES_WITHOUT` names one `kind:move` that is refused as if the playbook had it not.
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

    trace, without, real = os.environ.get(TRACE), os.environ.get(WITHOUT, ""), moves.apply

    def apply(playbook: Any, state: Any, move: str, context: Any, **more: Any) -> Any:
        result = real(playbook, state, move, context, **more)
        if result.refusals:
            return result
        made = [f"{playbook.code}:{d.move}" for d in result.state.done[len(state.done):]]
        if without in made:
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


def run(nodes: Iterable[str], *, without: str = "", trace: Path | None = None) -> dict[str, str]:
    """Run tests in a process of their own on this run's database server; node to PASSED, FAILED or ERROR."""
    from tests.conftest import CLUSTER, KEEP

    environment = {k: v for k, v in os.environ.items() if k not in (TRACE, WITHOUT) and not k.startswith("PYTEST_")} | {KEEP: os.environ[CLUSTER]}
    environment |= {WITHOUT: without} if without else {}
    environment |= {TRACE: str(trace)} if trace else {}
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist", *nodes]
    said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=900).stdout
    found = {}
    for line in said.splitlines():
        word, _, rest = line.partition(" ")
        if word in ("PASSED", "FAILED", "ERROR"):
            found[rest.split(" - ")[0].strip()] = word
    return found


def traced(file: Path) -> dict[str, set[str]]:
    """Move to the tests that made it."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in file.read_text("utf-8").splitlines():
        node, _, move = line.partition("\t")
        found[move].add(node)
    return dict(found)
