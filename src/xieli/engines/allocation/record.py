"""The replayable record of a run: what went in, what computed it, what came out, as digests.

A record does not claim that the plan is the only one; it claims that the same input, engine version, seed and limits give
the same result again, unless an emergency limit of the clock cut in (`by_clock`), which it says.
"""
from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

#: raised whenever the same input may give another plan than before
VERSION = "1"


def digest(value: Any) -> str:
    """SHA-256 of a JSON value in one canonical spelling (sorted keys, no spaces, UTF-8)."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Limits:
    """Limits of one run. Rounds and nodes decide the result; seconds and memory only stop a run that went wrong.

    `seconds` is CPU time of the child process (four times as much wall time ends it too), `memory_mb` its address space; None for a count means the engine's default.
    """

    seed: int = 1
    rounds: int | None = None
    nodes: int | None = None
    seconds: float = 900.0
    memory_mb: int = 4096

    @staticmethod
    def from_json(data: dict[str, Any]) -> Limits:
        return Limits(**data)


@dataclass(frozen=True)
class RunRecord:
    """Everything needed to run again and compare; digests are SHA-256 over canonical JSON."""

    task: str
    input_sha256: str
    result_sha256: str
    engine: str
    version: str
    libraries: dict[str, str]
    limits: dict[str, Any]
    by_clock: bool = False
    params: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(data: dict[str, Any]) -> RunRecord:
        return RunRecord(**data)


def libraries() -> dict[str, str]:
    """Versions of the solver libraries, read without importing them."""
    from importlib.metadata import version

    return {name: version(name) for name in ("numpy", "scipy", "ortools")}


def make(task: str, problem: Any, result: Any, limits: Limits, *, engine: str, by_clock: bool = False,
         params: dict[str, Any] | None = None) -> RunRecord:
    """The record of one run; `result` must hold only what the run decided (no times)."""
    return RunRecord(task, digest(problem), digest(result), engine, VERSION, libraries(), asdict(limits), by_clock, params or {})
