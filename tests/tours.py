"""Says after the tests how long the guided tours took in the browser, one by one and together: the issue wants them under a minute.

Nothing is asserted on a clock (machines differ); the line is there to be read.
"""
from __future__ import annotations

from typing import Any

PROPERTY = "tour_seconds"


class Said:
    """Adds up what the tour tests recorded with `record_property`, in whatever process they ran."""

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        walked = [(report.nodeid.rpartition("::")[2], float(value)) for reports in terminalreporter.stats.values() for report in reports
                  for key, value in getattr(report, "user_properties", ()) if key == PROPERTY and getattr(report, "when", "") == "call"]
        if walked:
            terminalreporter.write_line(f"tours: {sum(s for _, s in walked):.1f} s together (" + ", ".join(f"{name} {s:.1f}" for name, s in walked) + ")")
