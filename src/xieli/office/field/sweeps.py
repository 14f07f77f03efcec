"""Sweeps: which rows a stated rule marks, what was found and put right, what is still open and since when (seed rows S4-18, S4-21, S4-37, S4-39)."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from xieli.office.matters.services.source import today
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Fact, FormSubmission


@dataclass(frozen=True)
class Mark:
    """A row that the rule marks, and why, in words."""

    object: str
    zh: str
    en: str


@dataclass(frozen=True)
class Open:
    """A problem found and not yet put right, with its age in days."""

    object: str
    problem: str
    found_on: date
    days: int


def marks(register: dict[str, Any], now: date) -> list[Mark]:
    """Contracts below the market price by the stated share, or past their end, in the order of the register."""
    percent = int(register.get("percent") or 0)
    found = []
    for row in register.get("rows") or []:
        listed, market, ends = row.get("listed"), row.get("market"), row.get("ends_on")
        if listed is not None and market and listed * 100 <= market * (100 - percent) and listed < market:
            off = (market - listed) * 100 // market
            found.append(Mark(row["object"], f"低于市场价 {off}%", f"{off}% below the market price"))
        if ends and date.fromisoformat(ends) < now:
            late = (now - date.fromisoformat(ends)).days
            found.append(Mark(row["object"], f"已到期 {late} 天", f"{late} days past its end"))
    return found


def dear(found: dict[str, Any], percent: int) -> list[str]:
    """Purchases whose price is above the reference by the stated share."""
    return [r["object"] for r in found.get("rows") or [] if r["actual"] > r["listed"] and (r["actual"] - r["listed"]) * 100 >= r["listed"] * percent]


def prices(matter: Matter) -> dict[str, tuple[int, int]]:
    """Price before and after, item by item, for what was put right."""
    forms = list(FormSubmission.objects.filter(matter=matter, form__in=["found", "done"]).order_by("revision"))
    before = {r["object"]: r["actual"] for f in forms if f.form == "found" for r in f.data["rows"]}
    return {r["object"]: (before[r["object"]], r["after"]) for f in forms if f.form == "done" for r in f.data["rows"] if r.get("after") is not None and r["object"] in before}


def open_items(*matters: int) -> list[Open]:
    """What was found and is not yet put right, oldest first. A problem counts once, however many sweeps found it."""
    done = set(Fact.objects.filter(matter_id__in=matters, code="sweep.item_done", retracted_at=None).values_list("text", flat=True))
    first: dict[str, Open] = {}
    now = today()
    for form in FormSubmission.objects.filter(matter_id__in=matters, form="found").order_by("at", "revision"):
        for row in form.data["rows"]:
            if row.get("problem") and row["object"] not in done:
                on = date.fromisoformat(row["checked_on"])
                first.setdefault(row["object"], Open(row["object"], row["problem"], on, (now - on).days))
    return sorted(first.values(), key=lambda o: (o.found_on, o.object))
