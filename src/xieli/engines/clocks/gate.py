"""The custody gate: when a custody limit has run out, every new investigative act is refused.

What serves the person, or ends the custody, is always open: release, change of measure, transfer, an extension that was
decided before expiry, medical care, notices, complaints, and recording late what really happened, with both dates and
marked as a breach. The gate closes at the earliest reading.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from .errors import ClockError
from .result import Due
from .rules import Text

ALWAYS_OPEN = {
    "release": Text("解除", "release"),
    "change_of_measure": Text("变更措施", "change of measure"),
    "transfer": Text("移送", "transfer"),
    "medical_care": Text("医疗救治", "medical care"),
    "notice": Text("通知单位和家属", "notice to unit and family"),
    "complaint": Text("申诉与申请", "complaints and applications"),
}
CONDITIONAL = {
    "extension": Text("届满前已决定的延长", "an extension decided before expiry"),
    "late_record": Text("补录实际发生的事（两个日期，标记违规）", "a late record of what happened (both dates, marked as a breach)"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether an act may go on, whether it is recorded as a breach, and the sentence for the person."""

    allowed: bool
    breach: bool
    text: Text


@dataclass(frozen=True, slots=True)
class Gate:
    """A custody gate at one instant; ``closed_since`` is the end of the earliest reading once that has passed."""

    due: Due
    at: datetime
    closed_since: datetime | None

    @property
    def closed(self) -> bool:
        """Whether new investigative acts are refused."""
        return self.closed_since is not None

    def ask(
        self, act: str, *, decided: date | datetime | None = None, happened: datetime | None = None,
        recorded: datetime | None = None,
    ) -> Answer:
        """Whether ``act`` may go on now. An act that is not named as open is investigative.

        ``decided``: when an extension was decided. ``happened`` and ``recorded``: both dates of a late record.
        """
        if act in ALWAYS_OPEN:
            return Answer(True, False, ALWAYS_OPEN[act])
        if not self.closed:
            return Answer(True, False, Text("期限之内。", "Within the limit."))
        assert self.closed_since is not None
        if act == "extension":
            return self._extension(decided)
        if act == "late_record":
            return self._late_record(happened, recorded)
        names = "、".join(text.zh for text in (*ALWAYS_OPEN.values(), *CONDITIONAL.values()))
        english = ", ".join(text.en for text in (*ALWAYS_OPEN.values(), *CONDITIONAL.values()))
        on = self.due.due_on
        return Answer(False, False, Text(
            f"“{self.due.rule.text.zh}”期限已于 {on} 届满，不得再开展新的调查行为。仍可办理：{names}。",
            f"The limit of “{self.due.rule.text.en}” ended on {on}; no new investigative act is possible. Still open: {english}.",
        ))

    def _extension(self, decided: date | datetime | None) -> Answer:
        assert self.closed_since is not None
        assert self.due.due_on is not None
        in_time = decided is not None and (
            decided < self.closed_since if isinstance(decided, datetime) else decided <= self.due.due_on
        )
        if in_time:
            return Answer(True, False, CONDITIONAL["extension"])
        return Answer(False, True, Text(
            "延长须在届满前决定；届满后的延长不能办理，已记为违规。",
            "An extension must be decided before expiry; one decided later cannot be entered and is recorded as a breach.",
        ))

    def _late_record(self, happened: datetime | None, recorded: datetime | None) -> Answer:
        assert self.closed_since is not None
        if happened is None or recorded is None:
            return Answer(False, False, Text(
                "补录须写明发生与录入两个时间。", "A late record needs both the time it happened and the time it is entered."
            ))
        return Answer(True, happened >= self.closed_since, CONDITIONAL["late_record"])


def custody_gate(due: Due, at: datetime) -> Gate:
    """The gate of a custody clock at the instant ``at`` (UTC). Raises ClockError for a rule that is no custody."""
    if not due.rule.custody:
        raise ClockError(
            f"“{due.rule.text.zh}”不是限制人身自由的措施，没有关口。", f"“{due.rule.text.en}” is no custody and has no gate."
        )
    ended = due.stopped is None and due.due_at is not None and at >= due.due_at
    return Gate(due, at, due.due_at if ended else None)
