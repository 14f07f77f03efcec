"""Extending and restarting a clock: what the rule allows, and why an event had no effect.

The state machine of an extension: known to the rule, under its cap, in its order, on a lawful ground, by the right level,
not longer than allowed, and decided before expiry. The first fault is the one reported.
"""
from __future__ import annotations

from abc import abstractmethod
from datetime import datetime, timedelta

from .arithmetic import Span, add_months
from .authority import satisfies
from .calendar import Calendar
from .events import Event
from .explain import amount_words
from .result import At, Finding, Reading
from .rules import MONTHS, Extension, Rule, Text, Unit, Version


class Lengthening:
    """The part of the fold that handles EXTEND and RESTART; the state it shares is set by the fold."""

    rule: Rule
    calendar: Calendar
    start: Event | None
    version: Version | None
    base: Span | None
    open: list[tuple[At, str]]
    extensions: list[tuple[Extension, Event, Span]]
    findings: list[Finding]
    restarted: At | None
    restarts: int

    @abstractmethod
    def _readings(self) -> tuple[Reading, ...]:
        """The readings as things stand at this event."""

    def extend(self, event: Event) -> None:
        assert self.version is not None
        ways = self.version.extensions
        way = next((item for item in ways if item.code == event.code), None) if event.code else self._next_way()
        refusal = self._extension_fault(way, event)
        if refusal is None and way is not None:
            amount = event.amount if event.amount is not None else way.amount
            unit = event.unit or way.unit
            assert amount is not None
            assert unit is not None
            self.extensions.append((way, event, (amount, unit)))
            return
        code, words = refusal or ("no_extension", ("不能延长。", "It cannot be extended."))
        self._find("breach" if code == "late_extension" else "refused", code, words, event)

    def _next_way(self) -> Extension | None:
        assert self.version is not None
        for way in self.version.extensions:
            used = sum(item.code == way.code for item, _, _ in self.extensions)
            if way.times is None or used < way.times:
                return way
        return self.version.extensions[-1] if self.version.extensions else None

    def _extension_fault(self, way: Extension | None, event: Event) -> tuple[str, tuple[str, str]] | None:
        if way is None:
            zh, en = f"{event.at} 的延长没有效力：", f"The extension of {event.at} has no effect: "
            if any(item.code == event.code for version in self.rule.versions for item in version.extensions):
                return "transition", (
                    zh + "这种延长只见于另一版本的法律，须先决定适用旧法还是新法。",
                    en + "it exists only in the other version of the law; decide first whether the old or the new law governs.",
                )
            return "no_extension", (zh + "规则没有这种延长。", en + "the rule knows none such.")
        zh, en = f"{event.at} 的延长（{way.text.zh}）没有效力：", f"The extension of {event.at} ({way.text.en}) has no effect: "
        used = sum(item.code == way.code for item, _, _ in self.extensions)
        if way.times is not None and used >= way.times:
            return "extension_count", (zh + f"以 {way.times} 次为限。", en + f"at most {way.times} time(s).")
        if way.after and not any(item.code == way.after for item, _, _ in self.extensions):
            return "extension_order", (zh + "在先的延长尚未用尽。", en + "an earlier extension comes first.")
        if self.restarts and way.after:
            return "open_question", (
                zh + "重新计算之后能否再作此延长，法条没有明文，须先请示。",
                en + "whether it may follow a restart is not settled in the text; ask first.",
            )
        if way.grounds and event.ground not in way.grounds:
            lawful, given = self.rule.law.words("grounds", way.grounds), self.rule.law.word("grounds", event.ground)
            return "extension_ground", (
                zh + f"理由须为{lawful.zh}，记录的是“{given.zh}”。",
                en + f"the ground must be {lawful.en}, recorded is “{given.en}”.",
            )
        if not satisfies(way.approver, event.approver, self._rank()):
            return "extension_approver", (
                zh + f"须由{self._who(way.approver).zh}批准，记录的是“{self._who(event.approver).zh}”。",
                en + f"{self._who(way.approver).en} must approve, recorded is “{self._who(event.approver).en}”.",
            )
        return self._extension_length_fault(way, event, zh, en) or self._extension_time_fault(way, event, zh, en)

    def _extension_length_fault(
        self, way: Extension, event: Event, zh: str, en: str
    ) -> tuple[str, tuple[str, str]] | None:
        amount = event.amount if event.amount is not None else way.amount
        unit = event.unit or way.unit
        if amount is None or unit is None:
            return "extension_length", (zh + "须写明延长多久。", en + "its length must be given.")
        base = self.base[1] if self.base else Unit.DAY
        if amount < 1 or (unit is Unit.HOUR) != (base is Unit.HOUR):
            return "extension_length", (zh + "长度或单位不对。", en + "the length or unit is wrong.")
        if way.amount is not None and way.unit is not None:
            most = way.amount * MONTHS.get(way.unit, 1)
            asked = amount * MONTHS.get(unit, 1)
            same = (unit in MONTHS) == (way.unit in MONTHS) and (unit in MONTHS or unit is way.unit)
            if not same or asked > most:
                return "extension_length", (
                    zh + f"每次最长{amount_words(way.amount, way.unit).zh}，记录的是{amount_words(amount, unit).zh}。",
                    en + f"at most {amount_words(way.amount, way.unit).en} at a time, recorded is {amount_words(amount, unit).en}.",
                )
        return None

    def _extension_time_fault(
        self, way: Extension, event: Event, zh: str, en: str
    ) -> tuple[str, tuple[str, str]] | None:
        readings = self._readings()
        if self.open or not readings:
            return None
        expiry = readings[0]
        late = (
            event.at >= expiry.due_at if isinstance(event.at, datetime) else event.at > expiry.due_on
        )
        if late:
            return "late_extension", (
                zh + f"期限已于 {expiry.due_on} 届满，届满后的延长是违规，已记录。",
                en + f"the term ended on {expiry.due_on}; extending after expiry is a breach and is recorded.",
            )
        if way.window is not None:
            opens = add_months(expiry.due_on, -way.window[0] * MONTHS.get(way.window[1], 0))
            if way.window[1] is Unit.DAY:
                opens = expiry.due_on - timedelta(days=way.window[0])
            if self.calendar.day_of(event.at) < opens:
                return "extension_too_early", (zh + f"最早于 {opens} 决定。", en + f"it may be decided from {opens} on.")
        return None

    def restart(self, event: Event) -> None:
        assert self.version is not None
        way = self.version.restart
        zh, en = f"{event.at} 的重新计算没有效力：", f"The restart of {event.at} has no effect: "
        rank = self._rank()
        decided = event.decided or event.at
        readings = self._readings()
        if way is None:
            fault = "no_restart", (zh + "规则没有重新计算。", en + "the rule knows no restart.")
        elif self.restarts >= way.times:
            fault = "restart_count", (zh + f"以 {way.times} 次为限。", en + f"at most {way.times} time(s).")
        elif event.ground not in way.grounds:
            fault = "restart_ground", (
                zh + f"理由须为{self.rule.law.words('grounds', way.grounds).zh}。",
                en + f"the ground must be {self.rule.law.words('grounds', way.grounds).en}.",
            )
        elif not satisfies(way.approver, event.approver, rank):
            fault = "restart_approver", (
                zh + f"须由{self._who(way.approver).zh}批准。", en + f"{self._who(way.approver).en} must approve."
            )
        elif way.body_rank and rank and rank not in ("national", way.body_rank):
            fault = "restart_rank", (
                zh + f"只限 {way.body_rank} 级以上机关。", en + f"only for bodies of {way.body_rank} rank or above."
            )
        elif way.body_rank and not rank:
            fault = "restart_rank", (zh + "起点未写明办案机关的级别。", en + "the start does not say the body's rank.")
        elif readings and not self.open and (
            decided >= readings[0].due_at if isinstance(decided, datetime) else decided > readings[0].due_on
        ):
            fault = "late_restart", (
                zh + f"期限已于 {readings[0].due_on} 届满，已记为违规。",
                en + f"the term ended on {readings[0].due_on}; recorded as a breach.",
            )
        else:
            self.restarts += 1
            self.restarted = event.at
            self.extensions = []
            return
        self._find("breach" if fault[0] == "late_restart" else "refused", fault[0], fault[1], event)

    def _who(self, code: str) -> Text:
        return self.rule.law.word("approvers", code) if code else Text("未写明", "nobody")

    def _rank(self) -> str:
        return self.start.rank if self.start else ""

    def _find(self, kind: str, code: str, words: tuple[str, str], event: Event | None = None) -> None:
        self.findings.append(Finding(kind, code, Text(*words), event))
