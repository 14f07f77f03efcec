"""One round of inspection read from its records: units, packages, what was handed over in it, answers owed, rectification.

Everything is read under the reader's rights: a package that he may not open is not counted, named or hinted at, and neither is a
lead or a rectification. Nothing is stored; the page is the records.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from xieli.office.access.models import Grant
from xieli.office.matters.queries import reconcile
from xieli.office.matters.services.playbooks import shipped
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.handover import Feedback, FeedbackDuty
from xieli.office.matters.tables.work import FormSubmission
from xieli.office.people.models import Person
from xieli.office.together import together

ROUND, PACKAGE = "inspection_round", "package_before_inspection"
ZONE = ZoneInfo("Asia/Shanghai")
BLOCKS = ("lead_block", "case_block", "petition_block", "conduct_block")


@dataclass
class Package:
    """One package that the reader may open: which rooms filled, how many items of each grade, what is still to be told by mouth."""

    matter: Matter
    forms: dict[str, FormSubmission]
    reader: Person | None = None
    until: datetime | None = None

    @property
    def request(self) -> dict[str, Any]:
        """What was asked for."""
        return self.forms["request"].data if "request" in self.forms else {}

    @property
    def rooms(self) -> list[dict[str, Any]]:
        """The four rooms in their order, each with when it filled its block, or None."""
        stages = shipped()[PACKAGE].stages
        return [{"label": stages[code].label, "at": self.forms[code].at if code in self.forms else None} for code in BLOCKS]

    @property
    def items(self) -> list[dict[str, Any]]:
        """All items with the room that wrote them."""
        return [{**row, "block": code} for code in BLOCKS if code in self.forms for row in self.forms[code].data.get("items", [])]

    @property
    def grades(self) -> Counter[str]:
        """Items by grade."""
        return Counter(str(i.get("grade")) for i in self.items)

    @property
    def told(self) -> Counter[str]:
        """Face-to-face briefings by class of topic."""
        return Counter(str(r.get("topic")) for r in self.forms["briefing"].data.get("rows", [])) if "briefing" in self.forms else Counter()

    @property
    def oral_left(self) -> int:
        """Oral-only items that nobody has been told yet, by class of topic."""
        return sum((Counter(str(i.get("topic")) for i in self.items if i.get("grade") == "oral_only") - self.told).values())

    @property
    def read_at(self) -> datetime | None:
        """When the named head recorded that he read it."""
        at = self.forms["read"].data.get("read_at") if "read" in self.forms else None
        return datetime.fromisoformat(str(at)) if at else None


@dataclass
class Unit:
    """A unit of the batch, or one that a package names besides."""

    name: str
    included: bool | None = None
    why_not: str = ""
    rooms: list[Any] = field(default_factory=list)
    grades: Counter[str] = field(default_factory=Counter)
    topics: list[str] = field(default_factory=list)
    told: str = ""


REPORTED = ("units", "found", "handed", "rectified", "text")  # what two versions of a report are compared by


@dataclass(frozen=True)
class Strand:
    """One of the four strands: where on the page it stands, its name, what is counted, how many."""

    code: str
    zh: str
    en: str
    what_zh: str
    what_en: str
    count: int


@dataclass(frozen=True)
class Version:
    """One signed report and its differences: field, before, now."""

    row: FormSubmission
    changed: list[tuple[str, Any, Any]]


@dataclass
class Found:
    """The round as its reader may see it."""

    matter: Matter
    forms: dict[str, list[FormSubmission]]
    packages: list[Package]
    units: list[Unit]
    besides: list[Unit]
    passed: list[dict[str, Any]]
    midway: list[dict[str, Any]]
    owed: list[dict[str, Any]]
    rectification: list[dict[str, Any]]
    clocks: list[Any]
    seen: list[int]
    heads: list[dict[str, Any]] = field(default_factory=list)
    handed: int = 0
    retained: list[str] = field(default_factory=list)
    lacking: list[tuple[str, list[Matter]]] = field(default_factory=list)

    @property
    def plan(self) -> dict[str, Any]:
        """The plan as last handed in."""
        return self.last("plan")

    def last(self, form: str) -> dict[str, Any]:
        """The last submission of a form, empty when there is none."""
        return self.forms[form][-1].data if self.forms.get(form) else {}

    @property
    def strands(self) -> list[Strand]:
        """四个突出: the four strands with what stands behind each now (seed row S2-01)."""
        needs = self.last("needs")
        return [Strand("package", "精准沟通", "Precise information", "信息和面对面通报", "items and briefings", sum(len(p.items) + p.told.total() for p in self.packages)),
                Strand("people", "具体协作", "Concrete cooperation", "负责人和到位人员", "heads and people supplied", len(self.heads) + sum(int(r.get("supplied") or 0) for r in needs.get("rows", []))),
                Strand("passed", "联动提效", "Linkage", "移交和督导线索", "leads handed over", self.handed + sum(len(s["lines"]) for s in self.midway)),
                Strand("rectify", "闭环整改", "Closing the loop", "整改问题", "findings in rectification", len(self.last("findings").get("rows", [])) + len(self.last("look_back").get("new") or []))]

    @property
    def versions(self) -> list[Version]:
        """The composite reports as signed, newest first, each with what it changes against the one before (seed row S2-37)."""
        rows = self.forms.get("report", [])
        return [Version(row, [(k, before.data.get(k), row.data.get(k)) for k in REPORTED if before is not None and before.data.get(k) != row.data.get(k)])
                for before, row in reversed(list(zip([None, *rows], rows, strict=False)))]

    @property
    def late(self) -> list[dict[str, Any]]:
        """Answers that are overdue, the longest first."""
        return [row for row in self.owed if row["late"]]


def read(matter: Matter, now: datetime, today: date) -> Found:
    """The whole round in a few statements."""
    links = [link.target for link in MatterLink.objects.filter(source=matter).select_related("target", "target__owner_body").order_by("target__opened_at", "target_id")]
    leads = [m for m in links if m.kind == "lead"]
    mine = [m for m in links if m.kind in (PACKAGE, "rectification")]
    plan = FormSubmission.objects.filter(matter_id__in=[matter.id, *(m.id for m in mine)]).order_by("revision", "id")
    rows = together(
        forms=plan, duties=_duties(matter, leads), clocks=matter.clocks.order_by("id"),
        grants=Grant.objects.filter(matter_id__in=[m.id for m in mine if m.kind == PACKAGE], revoked_at=None, ends_at__gt=now))
    forms: dict[int, dict[str, list[FormSubmission]]] = {}
    for row in rows["forms"]:
        forms.setdefault(row.matter_id, {}).setdefault(row.form, []).append(row)
    packages = [Package(m, {code: given[-1] for code, given in forms.get(m.id, {}).items()}) for m in mine if m.kind == PACKAGE]
    own = forms.get(matter.id, {})
    chosen = own["choice"][-1].data.get("rows", []) if own.get("choice") else []
    more = together(people=Person.objects.filter(id__in=[*(int(p.request["reader"]) for p in packages if p.request.get("reader")), *(int(h["person"]) for h in chosen)]),
                    matters=Matter.objects.filter(id__in=[d.matter_id for d in rows["duties"]]), answers=Feedback.objects.filter(duty_id__in=[d.id for d in rows["duties"]]).order_by("given_at", "id"))
    people = {p.id: p for p in more["people"]}
    for package in packages:
        package.reader = people.get(int(package.request.get("reader") or 0))
        package.until = next((g.ends_at for g in rows["grants"] if g.matter_id == package.matter.id and package.reader and g.principal == package.reader.id), None)
    units, besides = units_of(own["plan"][-1].data if own.get("plan") else {}, packages)
    owed = _owed(rows["duties"], more, {m.id for m in leads}, today, own["plan"][-1].data if own.get("plan") else {})
    seen = [matter.id, *(m.id for m in (*leads, *mine)), *(r["duty"].matter_id for r in owed)]
    found = Found(matter, own, packages, units, besides, _passed(own.get("during", []), ("leads", "leads_other"), leads), _passed(own.get("midway", []), ("checkable",), leads), owed,
                  [{"m": m, "problem": next(reversed(forms.get(m.id, {}).get("problem", [])), None)} for m in mine if m.kind == "rectification"], rows["clocks"], seen)
    found.heads = [{**h, "who": people.get(int(h["person"]))} for h in chosen]
    found.handed = sum(len(s["lines"]) for s in found.passed)
    found.retained = reconcile.retained(matter.id)
    found.lacking = _lacking({m.id: m for m in (*leads, *(r["m"] for r in owed if r["m"]))})
    return found


def _lacking(leads: dict[int, Matter]) -> list[tuple[str, list[Matter]]]:
    """件件有督办、件件有结果、件件有回音: the leads that the reader may open and that lack one, list by list."""
    lists = reconcile.without(leads)
    return [(code, [leads[m] for m in ids]) for code, ids in (("chase", lists.chase), ("result", lists.result), ("echo", lists.echo)) if ids]


def _duties(matter: Matter, leads: list[Matter]) -> Any:
    """Answers owed to the round's office: on its own leads, and on what that office handed over (sorted out by day afterwards)."""
    return FeedbackDuty.objects.filter(owed_to_id=matter.owner_body_id).filter(
        Q(matter_id__in=[m.id for m in leads]) | Q(handover__sender_id=matter.owner_body_id, handover__sent_at__gte=matter.opened_at)).select_related(
            "owed_by", "handover").order_by("next_due", "id")


def _owed(duties: Iterable[FeedbackDuty], more: dict[str, list[Any]], own: set[int], today: date, plan: dict[str, Any]) -> list[dict[str, Any]]:
    """One line per answer owed; the sender follows the parcel and its answers without opening the lead, which then has no title here. A lead handed over by itself belongs to the round by the days of its plan, and the line says so."""
    given: dict[int, list[Feedback]] = {}
    matters = {m.id: m for m in more["matters"]}
    for answer in more["answers"]:
        given.setdefault(answer.duty_id, []).append(answer)
    found = []
    for duty in duties:
        linked = duty.matter_id in own
        sent = duty.handover.sent_at.astimezone(ZONE).date() if duty.handover else None
        if not linked and not (sent and str(plan.get("from_on", "9")) <= sent.isoformat() <= str(plan.get("to_on", ""))):
            continue
        told = given.get(duty.id, [])
        found.append({"duty": duty, "m": matters.get(duty.matter_id), "linked": linked, "sent": sent, "answers": len(told), "last": told[-1].given_at if told else None,
                      "late": duty.state == "open" and duty.next_due < today, "days": (today - duty.next_due).days})
    return found


def _passed(given: list[FormSubmission], tables: tuple[str, ...], leads: list[Matter]) -> list[dict[str, Any]]:
    """What was handed over, submission by submission; a lead that the reader may open is joined to its line, each once."""
    left = list(leads)
    found = []
    for form in given:
        lines = []
        for table in tables:
            for row in form.data.get(table) or []:
                matter = next((m for m in left if m.title == row.get("title")), None)
                if matter is not None:
                    left.remove(matter)
                lines.append({"title": row.get("title"), "other": table == "leads_other", "m": matter})
        found.append({"form": form, "data": form.data, "lines": lines})
    return found


def units_of(plan: dict[str, Any], packages: list[Package]) -> tuple[list[Unit], list[Unit]]:
    """Units of the plan, and units that only a package names, with what the visible packages hold about each."""
    stages = shipped()[PACKAGE].stages
    units = {str(u["unit"]): Unit(str(u["unit"]), bool(u.get("included")), str(u.get("why_not") or "")) for u in plan.get("units", [])}
    named = set(units)
    for package in packages:
        for item in package.items:
            unit = units.setdefault(str(item["unit"]), Unit(str(item["unit"])))
            unit.grades[str(item["grade"])] += 1
            label = stages[item["block"]].label
            if label not in unit.rooms:
                unit.rooms.append(label)
            if item["grade"] == "oral_only":
                unit.topics.append(str(item["topic"]))
    wanted, told = Counter(t for u in units.values() for t in u.topics), sum((p.told for p in packages), Counter())
    for unit in units.values():
        # a briefing names the class of topic, never the unit: told only when the whole class was told
        states = {"told" if told[t] >= wanted[t] else "part" if told[t] else "untold" for t in unit.topics}
        unit.told = states.pop() if len(states) == 1 else "part" if states else ""
    return [u for n, u in units.items() if n in named], [u for n, u in units.items() if n not in named]
