"""People: who can be spared, what each has learnt and done, who is short of study, whose turn it is to lecture."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from statistics import median
from typing import Any

from xieli.engines.metrics import Period
from xieli.engines.metrics.ranking import Place, rank
from xieli.office.audit import record
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.moves import forms_of
from xieli.office.matters.services.source import rows
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.work import Fact, FormSubmission, MatterMove
from xieli.office.people.models import Person, Posting
from xieli.office.reports.services import book, run_live

STEPS = ("study", "talk", "evidence_abroad", "to_justice", "law", "fixing")


def availability(people: Sequence[int], first: date, last: date) -> dict[int, str]:
    """free · away · team · statutory for one's own and linked bodies' people; others are not in the answer. Asking is an act on record."""
    found = {int(p): str(s) for p, s in rows("availability", list(people), first, last)}
    record("availability.asked", persons=len(people), first=first, last=last)
    return found


@dataclass(frozen=True)
class PoolMember:
    """One member of the pool as the search shows him: skills, last use, whether he can be spared."""

    person: Person
    sector: str
    skills: tuple[str, ...]
    last_used: date | None
    state: str


def search_pool(words: Sequence[str], first: date, last: date, *, free_only: bool = True) -> list[PoolMember]:
    """Members in the pool whose sector and skills hold every word, with the day their last posting began, the least lately used first."""
    member_of = dict(Fact.objects.filter(code="pool.member", retracted_at=None, matter__status="open", matter__stages__contains=["member"]).values_list("matter_id", "ref"))
    texts: dict[int, list[str]] = {m: [] for m in member_of}
    sector: dict[int, str] = {}
    for matter, code, text in Fact.objects.filter(matter_id__in=member_of, code__in=["pool.skill", "pool.sector"], retracted_at=None).order_by("id").values_list("matter_id", "code", "text"):
        texts[matter].append(text)
        if code == "pool.sector":
            sector[matter] = text
    fitting = {m: p for m, p in member_of.items() if p is not None and all(any(w in t for t in texts[m]) for w in words)}
    states = availability(list(fitting.values()), first, last)
    used: dict[int, date] = {}
    for ref, day in Fact.objects.filter(code="posting.person", ref__in=fitting.values(), retracted_at=None).values_list("ref", "happened_on"):
        used[ref] = max(used.get(ref, day), day)
    people = {p.id: p for p in Person.objects.filter(id__in=fitting.values())}
    found = [PoolMember(people[p], sector.get(m, ""), tuple(t for t in texts[m] if t != sector.get(m)), used.get(p), states.get(p, "unknown")) for m, p in fitting.items() if p in people]
    return sorted((f for f in found if not free_only or f.state == "free"), key=lambda f: (f.last_used or date.min, f.person.name))


@dataclass(frozen=True)
class Proposal:
    """One topic of a course package with the numbers it rests on."""

    topic: str
    votes: int
    answers: int

    @property
    def share(self) -> Decimal:
        """Share of the answers that named it."""
        return Decimal(self.votes) / Decimal(self.answers)


def propose_package(survey: Mapping[str, Any], places: int = 3) -> list[Proposal]:
    """The topics named most, with their numbers; topics that tie with the last place are all in."""
    gaps = sorted(((str(g["topic"]), int(g["votes"])) for g in survey["gaps"]), key=lambda g: (-g[1], g[0]))
    least = gaps[min(places, len(gaps)) - 1][1] if gaps else 0
    return [Proposal(t, v, int(survey["answers"])) for t, v in gaps if v >= least]


def places(contest: Matter) -> list[Place]:
    """The ranks of a contest by the rule that was published before it."""
    forms = forms_of(contest)
    return rank(((r["person"], r["judge"], int(r["score"])) for r in forms["scores"]["rows"]), forms["plan"]["rule"])


def late_learners(task: Matter, on: date) -> list[tuple[Person, int, int]]:
    """Learners short of the hours owed on a day after the due date: person, hours with proof, hours owed. Hours without proof do not count."""
    plan = forms_of(task)["plan"]
    if on <= date.fromisoformat(plan["due_on"]):
        return []
    proven: Counter[int] = Counter()
    for row in FormSubmission.objects.filter(matter=task, form="record"):
        for line in row.data["rows"]:
            if str(line.get("proof") or "").strip():
                proven[int(line["person"])] += int(line["hours"])
    owed = int(plan["hours"])
    people = Person.objects.filter(id__in=[int(x["person"]) for x in plan["learners"]]).order_by("sort_key", "name")
    return [(p, proven[p.id], owed) for p in people if proven[p.id] < owed]


def next_lecturer(bodies: Sequence[int]) -> tuple[int, dict[int, int]]:
    """The body whose turn it is to lecture (fewest so far, in the order given), and how often each has."""
    counted = Counter(Fact.objects.filter(code="training.lecturer", ref__in=bodies, retracted_at=None).values_list("ref", flat=True))
    shares = {b: counted[b] for b in bodies}
    return min(bodies, key=lambda b: (shares[b], list(bodies).index(b))), shares


def attendance_by_body(session: Matter) -> dict[int, int]:
    """Distinct persons who attended, by the body in which each serves."""
    people = set(Fact.objects.filter(matter=session, code="training.attended", retracted_at=None).values_list("ref", flat=True))
    found: Counter[int] = Counter()
    for person in people:
        home = Posting.objects.filter(person_id=person, kind="regular", ends_at=None).order_by("starts_at", "id").values_list("body_id", flat=True).first()
        if home is not None:
            found[home] += 1
    return dict(found)


@dataclass(frozen=True)
class Sheet:
    """A person's training: sessions by form; a posting with cases counts as training on the job; steps with their best level."""

    person: int
    forms: dict[str, int]
    hours: int
    steps: dict[str, int]

    @property
    def lacking(self) -> tuple[str, ...]:
        """Forms of training that this person has none of."""
        return tuple(f for f in ("topic", "practice", "study") if not self.forms.get(f))


def sheet(person: int) -> Sheet:
    """One person's training and competence, from attendances and appraised postings; no case is named."""
    sessions = Fact.objects.filter(code="training.attended", ref=person, retracted_at=None).values_list("matter_id", flat=True).distinct()
    forms = Counter(Fact.objects.filter(matter_id__in=sessions, code="training.form", retracted_at=None).values_list("text", flat=True))
    hours = sum(int(n or 0) for n in Fact.objects.filter(matter_id__in=sessions, code="training.hours", retracted_at=None).values_list("number", flat=True))
    postings = Fact.objects.filter(code="posting.person", ref=person, retracted_at=None).values_list("matter_id", flat=True).distinct()
    forms["practice"] += Fact.objects.filter(matter_id__in=postings, code="posting.cases", number__gt=0, retracted_at=None).count()
    steps: dict[str, int] = {}
    for row in FormSubmission.objects.filter(matter_id__in=postings, form="appraisal"):
        for line in row.data.get("roles") or []:
            steps[line["step"]] = max(steps.get(line["step"], 0), int(line["level"]))
    return Sheet(person, dict(forms), hours, steps)


@dataclass(frozen=True)
class Clash:
    """A session that collides with a case's limit, and the later sessions on the same topic that do not."""

    state: str
    instead: list[Matter]


def clash(person: int, session: Matter) -> Clash | None:
    """Whether enrolling somebody collides with a statutory clock or a posting; which case it is, nobody learns. None: it does not."""
    plan = forms_of(session)["plan"]
    on = date.fromisoformat(plan["on"])
    state = availability([person], on, on).get(person, "free")
    if state not in ("statutory", "away"):
        return None
    topics = {x["topic"] for x in plan["lecturers"]}
    others = Matter.objects.filter(kind="training", status="open").exclude(pk=session.pk).order_by("opened_at", "id")
    later = []
    for other in others:
        found = forms_of(other).get("plan")
        if found and date.fromisoformat(found["on"]) > on and topics & {x["topic"] for x in found["lecturers"]}:
            day = date.fromisoformat(found["on"])
            if availability([person], day, day).get(person, "free") not in ("statutory", "away"):
                later.append(other)
    return Clash(state, later)


@dataclass(frozen=True)
class Effect:
    """What a programme's returnee did after: sessions in which he lectured for his unit, the home unit's case rate before and
    after. It is a comparison in time and claims no cause."""

    person: int
    home: int
    taught: int
    before: Decimal | None
    after: Decimal | None


def effect(posting: Matter, before: Period, after: Period) -> Effect:
    """Before and after one returned posting."""
    from xieli.engines.metrics import evaluate

    plan = forms_of(posting)["plan"]
    person = int(plan["person"])
    home = posting.owner_body_id
    returned = Fact.objects.filter(matter=posting, code="posting.returned", retracted_at=None).values_list("day", flat=True).first()
    taught = Fact.objects.filter(code="training.lecturer", ref=home, retracted_at=None, **({"happened_on__gte": returned} if returned else {})).values("matter_id").distinct().count()
    rates = [evaluate(book(), "case_rate", p, run_live, bodies=(home,)).number for p in (before, after)]
    return Effect(person, home, taught, rates[0], rates[1])


@dataclass(frozen=True)
class Batch:
    """One line of a programme's batch: who, to whom, how many months, how many matters taken part in."""

    person: Person
    host: int
    kind: str
    months: int
    cases: int


def batch(postings: Sequence[Matter]) -> list[Batch]:
    """The batch report of a programme: people, hosts, months, matters taken part in (as counted at the appraisal)."""
    found = []
    for posting in postings:
        forms = forms_of(posting)
        plan, back = forms["plan"], forms.get("appraisal", {})
        end = date.fromisoformat(back.get("returned_on") or plan["to_on"])
        days = (end - date.fromisoformat(plan["from_on"])).days
        found.append(Batch(Person.objects.get(pk=int(plan["person"])), int(plan["host"]), plan["kind"], round(days / 30.4), int(back.get("cases", 0))))
    return found


def by_direction(period: Period) -> dict[tuple[int, int], int]:
    """Pairs and postings by direction: (home, host) to how many began in the period; an exchange is balanced when both ways are equal."""
    hosts = Fact.objects.filter(code="posting.host", retracted_at=None, happened_on__range=(period.first, period.last)).values_list("matter__owner_body_id", "ref")
    return dict(Counter((int(a), int(b)) for a, b in hosts if b is not None))


def days_to_people(period: Period) -> float | None:
    """Median days from asking for people to people on site, of requests asked for in a period; None when nobody has come yet."""
    asked = dict(Fact.objects.filter(code="request.asked", retracted_at=None, day__range=(period.first, period.last)).values_list("matter_id", "day"))
    came = Fact.objects.filter(code="request.on_site", retracted_at=None, matter_id__in=asked).values_list("matter_id", "day")
    days = [(day - asked[m]).days for m, day in came if day is not None]
    return float(median(days)) if days else None


def over_quota(lender: int, quota: int, on: date) -> int:
    """By how many a body's people lent out by borrowing exceed its quota on a day; one past its end and not back is still lent."""
    lent = Fact.objects.filter(code="posting.kind", text="borrowing", retracted_at=None, matter__owner_body_id=lender, happened_on__lte=on).values_list("matter_id", flat=True)
    back = set(Fact.objects.filter(matter_id__in=lent, code="posting.returned", retracted_at=None, day__lte=on).values_list("matter_id", flat=True))
    sent = set(MatterMove.objects.filter(matter_id__in=lent, move="send").values_list("matter_id", flat=True))
    return max(len((set(lent) & sent) - back) - quota, 0)


def by_scope(session: Matter) -> dict[str, int]:
    """Attendances of a session in the core and in the extended scope, apart."""
    return dict(Counter(str(line["scope"]) for row in FormSubmission.objects.filter(matter=session, form="attendance") for line in row.data["rows"]))


def scope_of(person: int) -> str:
    """Core: office, dispatched and inspection staff, from the first day of their posting; extended: staff of towns and villages."""
    kinds = set(Posting.objects.filter(person_id=person, kind="regular", ends_at=None).values_list("body__kind", flat=True))
    return "core" if kinds & {"commission", "working_committee", "dispatched_unit", "inspection_office"} else "extended"


def over_places(session: Matter) -> dict[int, int]:
    """Bodies that sent more persons than their places, and by how many."""
    places = {int(b["attending"]): int(b["places"]) for b in forms_of(session)["plan"]["bodies"]}
    return {b: n - places[b] for b, n in attendance_by_body(session).items() if b in places and n > places[b]}


def must_be_free(person: int, first: date, last: date) -> None:
    """Refuse to book somebody twice. Raises Refused when he is away, in a team, or under a limit; which case, nobody learns."""
    state = availability([person], first, last).get(person)
    if state is None:
        raise NotVisible()
    if state != "free":
        raise Refused("double_booked", "此人这一期间已有安排，不能重复派出。请另选人或改期。", "This person is taken in that time; choose another or another time.")
