"""The presence clock: every person brought or kept for a talk has a basis for every minute.

Basis, start, rest, meals, medical check, told that he is free to leave, end. Waiting for an approval is no basis. Limits
12 hours, 24 only where custody was decided or needs to be (cn.jcf.qzda); the time runs from arrival whatever basis
follows another, so that changing the basis cannot restart it. Thresholds marked "ours" are defaults, not law.
"""
from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .errors import ClockError
from .result import Finding
from .rules import Text


class Mark(StrEnum):
    """What is recorded while a person is present."""

    ARRIVE = "arrive"
    BASIS = "basis"
    REST_START = "rest_start"
    REST_END = "rest_end"
    MEAL = "meal"
    MEDICAL = "medical"
    TOLD_FREE = "told_free"
    CUSTODY_NEEDED = "custody_needed"  # approved: guanhu or liuzhi is needed, 24 hours apply
    LEAVE = "leave"


BASES = {
    "walk_in_talk": Text("走读式谈话（自愿到场）", "talk without custody (came of his own will)"),
    "witness": Text("询问证人", "questioning of a witness"),
    "compelled_appearance": Text("强制到案", "compelled appearance"),
    "guanhu": Text("管护", "guanhu"),
    "liuzhi": Text("留置", "liuzhi"),
    "custody_decision": Text("已决定管护或留置", "guanhu or liuzhi decided"),
}
NO_BASIS = {
    "": Text("没有依据", "no basis"),
    "waiting_for_approval": Text("等待审批（不是依据）", "waiting for an approval (no basis)"),
}
VOLUNTARY = ("walk_in_talk", "witness")
CUSTODY = ("guanhu", "liuzhi", "custody_decision")


@dataclass(frozen=True, slots=True)
class PresenceMark:
    """One dated record; ``at`` in UTC. ``basis`` with ARRIVE and BASIS."""

    mark: Mark
    at: datetime
    basis: str = ""


@dataclass(frozen=True, slots=True)
class PresenceLimits:
    """Hours. ``limit`` and ``extended`` are those of compelled appearance; the rest is ours."""

    limit: int = 12
    extended: int = 24
    min_gap: int = 12
    meal_every: int = 6
    rest_every: int = 4


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time under one basis."""

    start: datetime
    end: datetime
    basis: str

    @property
    def lawful(self) -> bool:
        """Whether it has a basis."""
        return self.basis in BASES


@dataclass(frozen=True, slots=True)
class Presence:
    """A presence up to an instant. ``limit_at``: when it must end, unless custody takes over."""

    arrived: datetime
    until: datetime
    left: bool
    stretches: tuple[Stretch, ...]
    limit_at: datetime
    findings: tuple[Finding, ...]

    @property
    def elapsed(self) -> timedelta:
        """Time counted: from arrival to the end, or to where custody took over."""
        custody = next((item.start for item in self.stretches if item.basis in CUSTODY), None)
        return (custody if custody is not None else self.until) - self.arrived

    @property
    def without_basis(self) -> timedelta:
        """Time for which there was no basis."""
        return sum((item.end - item.start for item in self.stretches if not item.lawful), timedelta(0))

    @property
    def breaches(self) -> tuple[Finding, ...]:
        """What must be recorded as a breach."""
        return tuple(finding for finding in self.findings if finding.kind == "breach")


def presence(
    marks: Iterable[PresenceMark], at: datetime, limits: PresenceLimits | None = None, *,
    previous_end: datetime | None = None,
) -> Presence:
    """The presence of one person as recorded by ``marks``, seen at ``at`` (UTC).

    ``previous_end``: when the same person last left, to find back-to-back use. Raises ClockError when the marks do not
    begin with one arrival, name an unknown basis, or go on after the person left.
    """
    limits = limits or PresenceLimits()
    ordered = sorted((mark for mark in marks if mark.at <= at), key=lambda mark: (mark.at, mark.mark.value != "arrive"))
    _check(ordered)
    arrived = ordered[0].at
    leave = next((mark.at for mark in ordered if mark.mark is Mark.LEAVE), None)
    until = leave if leave is not None else at
    stretches = _stretches(ordered, until)
    needed = next((mark.at for mark in ordered if mark.mark is Mark.CUSTODY_NEEDED), None)
    first_limit = arrived + timedelta(hours=limits.limit)
    extended = needed is not None and needed < first_limit
    limit_at = arrived + timedelta(hours=limits.extended) if extended else first_limit
    found = Presence(arrived, until, leave is not None, stretches, limit_at, ())
    findings = [
        *_basis_findings(found), *_limit_findings(found, needed, first_limit),
        *_care_findings(found, ordered, limits), *_gap_findings(found, previous_end, limits),
    ]
    return Presence(arrived, until, leave is not None, stretches, limit_at, tuple(findings))


def _check(ordered: list[PresenceMark]) -> None:
    if not ordered or ordered[0].mark is not Mark.ARRIVE:
        raise ClockError("到场记录须从到达开始。", "A presence begins with an arrival.")
    if sum(mark.mark is Mark.ARRIVE for mark in ordered) > 1:
        raise ClockError("一次到场只能有一个到达。", "One presence has one arrival.")
    left = False
    for mark in ordered:
        if left:
            raise ClockError(f"{mark.at} 的记录晚于离开。", f"The record of {mark.at} comes after the person left.")
        left = mark.mark is Mark.LEAVE
        if mark.mark in (Mark.ARRIVE, Mark.BASIS) and mark.basis not in BASES and mark.basis not in NO_BASIS:
            raise ClockError(f"不认识的依据“{mark.basis}”。", f"The basis “{mark.basis}” is not known.")


def _stretches(ordered: list[PresenceMark], until: datetime) -> tuple[Stretch, ...]:
    changes = [mark for mark in ordered if mark.mark in (Mark.ARRIVE, Mark.BASIS)]
    ends = [mark.at for mark in changes[1:]] + [until]
    return tuple(
        Stretch(mark.at, end, mark.basis) for mark, end in zip(changes, ends, strict=True) if end > mark.at
    )


def _breach(code: str, zh: str, en: str) -> Finding:
    return Finding("breach", code, Text(zh, en))


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds() // 60)


def _basis_findings(found: Presence) -> list[Finding]:
    findings = []
    for item in found.stretches:
        if not item.lawful:
            words = NO_BASIS[item.basis]
            code = "waiting_is_no_basis" if item.basis else "no_basis"
            findings.append(_breach(
                code, f"{words.zh}：{_minutes(item.end - item.start)} 分钟没有依据，应让其离开。",
                f"{words.en}: {_minutes(item.end - item.start)} minutes without a basis; the person must be let go.",
            ))
    return findings


def _limit_findings(found: Presence, needed: datetime | None, first_limit: datetime) -> list[Finding]:
    findings = []
    end = found.arrived + found.elapsed
    if end > found.limit_at:
        over = _minutes(end - found.limit_at)
        findings.append(_breach("over_limit", f"超过到场时限 {over} 分钟。", f"{over} minutes over the limit of presence."))
    if needed is not None and needed >= first_limit:
        findings.append(_breach(
            "late_extension", "十二小时届满之后才批准延至二十四小时：没有效力，已记为违规。",
            "The extension to 24 hours was approved after the 12 hours had ended: no effect, recorded as a breach.",
        ))
    return findings


def _care_findings(found: Presence, ordered: list[PresenceMark], limits: PresenceLimits) -> list[Finding]:
    findings = []
    told = any(mark.mark is Mark.TOLD_FREE for mark in ordered)
    if any(item.basis in VOLUNTARY for item in found.stretches) and not told:
        findings.append(_breach(
            "not_told_free", "没有记录已告知可以离开。", "It is not recorded that the person was told he is free to leave."
        ))
    if not any(mark.mark is Mark.MEDICAL for mark in ordered):
        findings.append(_breach("no_medical", "没有身体检查记录。", "No medical check is recorded."))
    meals = [mark.at for mark in ordered if mark.mark is Mark.MEAL]
    if _longest_gap(found, meals) > timedelta(hours=limits.meal_every):
        findings.append(_breach(
            "no_meal", f"超过 {limits.meal_every} 小时没有用餐（默认，本产品所定）。",
            f"More than {limits.meal_every} hours without a meal (our default).",
        ))
    rests = [mark.at for mark in ordered if mark.mark in (Mark.REST_START, Mark.REST_END)]
    if _longest_gap(found, rests) > timedelta(hours=limits.rest_every) and not _resting(ordered):
        findings.append(_breach(
            "no_rest", f"超过 {limits.rest_every} 小时没有休息（默认，本产品所定）。",
            f"More than {limits.rest_every} hours without rest (our default).",
        ))
    return findings


def _resting(ordered: list[PresenceMark]) -> bool:
    last = [mark.mark for mark in ordered if mark.mark in (Mark.REST_START, Mark.REST_END)]
    return bool(last) and last[-1] is Mark.REST_START


def _longest_gap(found: Presence, moments: list[datetime]) -> timedelta:
    points = [found.arrived, *moments, found.arrived + found.elapsed]
    return max((later - earlier for earlier, later in itertools.pairwise(points)), default=timedelta(0))


def _gap_findings(found: Presence, previous_end: datetime | None, limits: PresenceLimits) -> list[Finding]:
    if previous_end is None or found.arrived - previous_end >= timedelta(hours=limits.min_gap):
        return []
    return [_breach(
        "back_to_back", f"距上次离开不足 {limits.min_gap} 小时：不得连续到场变相拘禁（间隔为本产品默认）。",
        f"Less than {limits.min_gap} hours since the person last left: back-to-back use is hidden detention (gap is our default).",
    )]
