"""Allocation: zones, designation, staffing, committees, rotas; checked, recorded, explained. Pure Python, no Django.

    run(task, data, limits)      zones | replan | frontier | explain | exact | conflict | gap | staff | committees | rota | batch
    check.zones(data, plan) …    independent verdicts
    designate.rank(matter, …)    instant, no solver
    replay(data, record)         run again and compare digests

Solvers run in a child process (child.py). Terms and formats: docs/allocation.md.
"""
from __future__ import annotations

import threading
from typing import Any

from .child import Failed, Progress
from .child import run as run_child
from .record import Limits, RunRecord
from .words import BadInput, Text

__all__ = ["BadInput", "Failed", "Limits", "RunRecord", "Text", "replay", "run"]


def run(task: str, data: Any, limits: Limits | None = None, options: dict[str, Any] | None = None,
        progress: Progress | None = None, stop: threading.Event | None = None) -> dict[str, Any]:
    """Run one task in a child process; the result is a JSON value with its `record`. `stop` ends it. Raises BadInput or Failed."""
    return run_child(task, data, limits or Limits(), options, progress, stop)


def replay(data: Any, record: RunRecord, options: dict[str, Any] | None = None) -> tuple[bool, dict[str, Any]]:
    """Run a record again on `data`: (same input and same result, the new result). Options come from the record unless given."""
    again = run_child(record.task, data, Limits.from_json(record.limits), options or record.params.get("options"))
    new = again["record"]
    return new["input_sha256"] == record.input_sha256 and new["result_sha256"] == record.result_sha256, again
