"""The four lists of a set of problems under one key, samples that anybody can draw again, and what a frozen report says beside today's numbers."""
from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from xieli.office.bodies.models import Body
from xieli.office.matters.services import recorded
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Fact, FormSubmission, Outcome

Rows = list[dict[str, Any]]
LISTS = ("problem", "measures", "answerability", "effect")


def draw(keys: Iterable[str], seed: str, size: int) -> list[str]:
    """A sample without replacement: the keys whose SHA-256 with the seed is smallest. Same seed, same sample, whatever the order. ValueError below one."""
    if size < 1:
        raise ValueError("样本数至少为 1。/ A sample has at least one.")
    return sorted(set(keys), key=lambda key: hashlib.sha256(f"{seed}|{key}".encode()).hexdigest())[:size]


def signed_off(*, paper_only: bool = False) -> dict[str, Matter]:
    """Problems signed off and not relapsed, by number; `paper_only`: those that nobody has seen on the spot."""
    found = {m.number: m for m in Matter.objects.filter(kind="rectification", id__in=Outcome.objects.filter(kind="signed_off", retracted_at=None).values("matter_id")).exclude(number="")}
    last = {o.matter_id: o.kind for o in Outcome.objects.filter(matter_id__in=[m.id for m in found.values()], kind__in=["signed_off", "relapsed"], retracted_at=None).order_by("recorded_at", "id")}
    seen = set(Fact.objects.filter(code="problem.spot_check", retracted_at=None).values_list("matter_id", flat=True)) if paper_only else set()
    return {n: m for n, m in found.items() if last.get(m.id) == "signed_off" and m.id not in seen}


def sample(seed: str, size: int, *, paper_only: bool = False) -> list[Matter]:
    """The signed-off problems to be looked at again, drawn by the seed (seed rows S2-40, S4-45)."""
    known = signed_off(paper_only=paper_only)
    return [known[number] for number in draw(known, seed, size)]


def suspects() -> list[tuple[str, str, list[Matter]]]:
    """Across all units whose problems the bound person sees: evidence and accounts that stand on more than one problem (seed row S4-45).

    A unit's own hand-in is held against its own problems only, so that nobody learns what another unit wrote; the reviewers see this list.
    """
    used: dict[tuple[str, str], dict[int, Matter]] = {}
    last: dict[int, FormSubmission] = {}
    for form in FormSubmission.objects.filter(form="effect", matter__kind="rectification").select_related("matter").order_by("revision"):
        last[form.matter_id] = form
    for form in last.values():
        text = recorded.plain(str(form.data.get("account", "")))
        keys = [("evidence", row["digest"]) for row in form.data.get("evidence") or []] + ([("account", text)] if len(text) >= recorded.SHORT else [])
        for key in keys:
            used.setdefault(key, {})[form.matter_id] = form.matter
    return [(kind, key, list(found.values())) for (kind, key), found in sorted(used.items()) if len(found) > 1]


def four_lists(matters: Iterable[Matter]) -> dict[str, Rows]:
    """Problems, measures, accountability and effects, a line per problem or per measure, all under the problem's number (seed row S4-36)."""
    by_id = {m.id: m for m in matters}
    last: dict[tuple[int, str], dict[str, Any]] = {}
    for form in FormSubmission.objects.filter(matter_id__in=by_id, form__in=LISTS).order_by("revision"):
        last[form.matter_id, form.form] = form.data
    found: dict[str, Rows] = {name: [] for name in LISTS}
    for identity, matter in by_id.items():
        for name in LISTS:
            data = last.get((identity, name))
            if data is None:
                continue
            lines = data.get("rows") or [] if name in ("measures", "answerability") else [data]
            found[name] += [{"number": matter.number, **{k: v for k, v in line.items() if not k.startswith("_")}} for line in lines or [{"needed": data.get("needed")}]]
    return found


@dataclass(frozen=True)
class Session:
    """What was reported then, and what the same count is now."""

    held_on: str
    given: int
    done: int
    given_now: int
    done_now: int

    @property
    def differs(self) -> bool:
        """Whether today's numbers are not those of the report."""
        return (self.given, self.done) != (self.given_now, self.done_now)

    def note(self) -> tuple[str, str]:
        """The note beside a report whose numbers have changed since; empty when they have not."""
        if not self.differs:
            return "", ""
        return (f"汇报当时交办 {self.given} 件、办结 {self.done} 件；现在为 {self.given_now} 件、{self.done_now} 件。",
                f"When reported {self.given} tasks were given and {self.done} done; now {self.given_now} and {self.done_now}.")


def sessions(campaign: Matter) -> list[Session]:
    """The report sessions of a campaign, frozen as they were, each beside today's numbers (seed row S4-53)."""
    now = recorded.counts(campaign, ["tasks_given", "tasks_done"], {})
    return [Session(f.data["held_on"], int(f.data.get("given") or 0), int(f.data.get("done") or 0), int(now["tasks_given"] or 0), int(now["tasks_done"] or 0))
            for f in FormSubmission.objects.filter(matter=campaign, form="session").order_by("revision")]


def missing_products() -> list[tuple[Body, Matter, list[str]]]:
    """By unit: open second halves of cases that lack a recommendation, a reflection or the four talks, once adjudicated (seed row S4-41)."""
    found = []
    for fact in Fact.objects.filter(code="after_case.unit", retracted_at=None, matter__status="open").select_related("matter").order_by("ref", "matter_id"):
        if set(fact.matter.stages) & {"plan", "case"}:
            continue
        lacks = recorded.products_missing(fact.matter)
        if lacks:
            found.append((Body.objects.get(pk=fact.ref), fact.matter, lacks))
    return found


@dataclass(frozen=True)
class Common:
    """A kind of problem that several units have: grouped for one joint review (审)."""

    kind: str
    units: tuple[Body, ...]
    matters: tuple[Matter, ...]


LEAST_COMMON = 2  # ours: units that must share a kind of problem


def common() -> list[Common]:
    """Open problems of one kind in several units, as the reader may see them, the most widespread first (seed row S2-36)."""
    kinds = {f.matter_id: f.text for f in recorded.living("problem.kind")}
    units = {f.matter_id: int(f.ref or 0) for f in recorded.living("problem.unit")}
    bodies = Body.objects.in_bulk(set(units.values()))
    found: dict[str, list[Matter]] = {}
    for matter in Matter.objects.filter(kind="rectification", status="open", id__in=kinds).order_by("number", "id"):
        found.setdefault(recorded.plain(kinds[matter.id]), []).append(matter)
    made = [Common(kinds[rows[0].id], tuple(sorted({bodies[units[m.id]] for m in rows if units.get(m.id) in bodies}, key=lambda b: b.name_zh)), tuple(rows)) for rows in found.values()]
    return sorted((c for c in made if len(c.units) >= LEAST_COMMON), key=lambda c: (-len(c.units), c.kind))
