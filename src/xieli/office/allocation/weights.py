"""Weights of the ranking as versions: reviewed once a year, put forward by one person with a day, adopted by another.

Nothing changes by itself: the review shows where people chose otherwise, a person says what should weigh what. Until a body has
adopted a version of its own the platform's defaults hold and are marked as ours. A ranking keeps the weights it was made with.
"""
from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q

from xieli.engines.allocation import designate
from xieli.office.allocation.models import RankingWeights
from xieli.office.audit import record
from xieli.office.matters.services.errors import Refused, plain_words
from xieli.office.matters.services.source import actor, call, now, today

OURS = designate.Score()
#: what a version may set, with the least and the most that make sense (ours)
LIMITS: dict[str, tuple[float, float]] = {
    "load": (0, 100), "travel": (0, 100), "experience": (0, 100), "fairness": (0, 100), "readiness": (0, 100), "cooperation": (0, 100),
    "load_zero": (1, 200), "hours_zero": (0.5, 48), "experience_full": (1, 50), "designations_zero": (1, 50)}
COUNTS = ("experience_full", "designations_zero")


def as_score(row: RankingWeights | None) -> designate.Score:
    """The engine's weights of a version; the defaults where there is none."""
    if row is None:
        return OURS
    return replace(OURS, version=f"{row.number} · {row.valid_from.isoformat()}", **row.weights)


def in_force(body: int, day: date) -> RankingWeights | None:
    """The version by which a body ranks on a day; None: the platform's defaults."""
    return (RankingWeights.objects.filter(body_id=body, state__in=["in_force", "ended"], valid_from__lte=day).filter(Q(valid_to=None) | Q(valid_to__gt=day))
            .select_related("proposed_by", "adopted_by").order_by("-valid_from").first())


def of(body: int) -> designate.Score:
    """The weights with which a body ranks today."""
    return as_score(in_force(body, today()))


def _read(given: dict[str, Any]) -> dict[str, float | int]:
    out: dict[str, float | int] = {}
    for name, (least, most) in LIMITS.items():
        try:
            value = float(given[name])
        except (KeyError, TypeError, ValueError):
            raise Refused("weights", f"请填写每一项权重：{name}。", f"Give every weight: {name}.") from None
        if not least <= value <= most:
            raise Refused("weights", f"{name} 须在 {least:g} 与 {most:g} 之间。", f"{name} must lie between {least:g} and {most:g}.")
        out[name] = int(value) if name in COUNTS else value
    if not sum(out[n] for n in ("load", "travel", "experience", "fairness", "readiness", "cooperation")):
        raise Refused("weights", "各项权重不能全为零。", "The weights cannot all be zero.")
    return out


@transaction.atomic
def propose(body: int, given: dict[str, Any], *, reason: str, valid_from: date, reviewed: int | None = None) -> RankingWeights:
    """Put a version forward from a day to come, with its reason and what the year's review showed. Raises Refused."""
    from xieli.office.allocation import services

    if len(reason.strip()) < 4:
        raise Refused("reason_needed", "请写明为什么改权重。", "Say why the weights change.")
    if valid_from < today():
        raise Refused("past", "新权重不能从过去的日期开始。", "New weights do not begin in the past.")
    weights = _read(given)
    findings: dict[str, Any] = {}
    if reviewed is not None:
        found = services.review(reviewed)
        findings = {"year": reviewed, "choices": found.choices, "first": found.first, "against": [list(x) for x in found.against]}
    before = asdict(of(body))
    sha = hashlib.sha256(json.dumps([weights, before, findings, reason.strip(), valid_from.isoformat()], sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    with plain_words():
        row = RankingWeights.objects.create(body_id=body, weights=weights, reason=reason.strip()[:300], reviewed=reviewed, findings=findings, sha=sha, valid_from=valid_from, proposed_by_id=actor().person, proposed_at=now())
    record("weights.proposed", version=row.id, digest=sha)
    return row


@transaction.atomic
def adopt(version: RankingWeights) -> int:
    """The second person, a head or deputy. Returns the version's number. Raises Refused; then nothing has changed."""
    number = int(str(call("adopt_weights", version.id)))
    record("weights.adopted", version=version.id, number=number, digest=version.sha)
    version.refresh_from_db()
    return number


@transaction.atomic
def withdraw(version: RankingWeights) -> None:
    """Take back what was put forward; the weights in force stay."""
    call("withdraw_weights", version.id)
    record("weights.withdrawn", version=version.id)
