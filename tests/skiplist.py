"""A skip must be listed with its reason in tests/skips.txt; one that is not fails the run."""
from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Allowed:
    """One line of the list."""

    pattern: str
    reason: str
    why: str

    def covers(self, nodeid: str, reason: str) -> bool:
        return fnmatch(nodeid, self.pattern) and self.reason in reason


def read(path: Path) -> list[Allowed]:
    """The list; a line without all three parts is an error, since the "why" is the point of it."""
    listed = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|")]
        if len(parts) != 3 or not all(parts):
            raise pytest.UsageError(f"{path.name}:{number}: a line is `node pattern | part of the reason | why`")
        listed.append(Allowed(*parts))
    return listed


@dataclass(eq=False)  # plugins are kept in sets
class SkipList:
    """The plugin: collects skips and expected failures, and turns unlisted ones into a failed run."""

    allowed: list[Allowed]
    unlisted: list[tuple[str, str]] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped or (report.passed and hasattr(report, "wasxfail")):
            self._judge(report.nodeid, reason_of(report))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._judge(report.nodeid, reason_of(report))

    def _judge(self, nodeid: str, reason: str) -> None:
        if not any(line.covers(nodeid, reason) for line in self.allowed):
            self.unlisted.append((nodeid, reason))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.unlisted and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.unlisted:
            terminalreporter.section("skips that tests/skips.txt does not list (the run has failed)", red=True)
            for nodeid, reason in self.unlisted:
                terminalreporter.line(f"{nodeid}: {reason}")


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    if hasattr(report, "wasxfail"):
        return f"expected failure: {report.wasxfail}"
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
