"""Numbers that a form takes from the records of other matters (`record.…` in a playbook): counted when it is handed in, never typed.

Each counts under the policies of who hands the form in: what he may not see does not show in his number. What such a number holds
back (a copied reply, a second visit) is said by the playbook's own conditions.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from xieli.office.bodies.models import AreaBody, Body
from xieli.office.matters.services.source import now, today
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.work import Fact, FormSubmission, MatterMove, Outcome
from xieli.office.people.models import Posting

Forms = dict[str, dict[str, Any]]
Counter = Callable[[Matter, Forms], int | None]
_COUNTERS: dict[str, Counter] = {}
NEAR = timedelta(days=30)  # our default: within it a second visit to a unit is offered as a joint one (seed row S2-34)
SHORT = 8  # characters below which an account cannot be told apart from what everybody writes: ours
LEADERS = ("head", "deputy", "party_secretary")  # the leading group, by office


def _counts(name: str) -> Callable[[Counter], Counter]:
    def keep(function: Counter) -> Counter:
        _COUNTERS[name] = function
        return function

    return keep


def counts(matter: Matter, names: list[str], forms: Forms) -> dict[str, int | None]:
    """The numbers asked for, by name. KeyError for a name that the vocabulary has and nobody counts (a test walks them)."""
    return {name: _COUNTERS[name](matter, forms) for name in names}


def known() -> frozenset[str]:
    """Names that can be counted."""
    return frozenset(_COUNTERS)


def living(code: str) -> Any:
    """Facts of a code that stand."""
    return Fact.objects.filter(code=code, retracted_at=None)


@_counts("unit_relapsed")
def _relapsed(matter: Matter, forms: Forms) -> int | None:
    unit = next((f["unit"] for f in forms.values() if f.get("unit")), None)
    problems = living("problem.unit").filter(ref=int(unit)).values("matter_id") if unit else []
    return Outcome.objects.filter(kind="relapsed", retracted_at=None, matter_id__in=problems).count()


@_counts("evidence_reused")
def _reused(matter: Matter, forms: Forms) -> int | None:
    mine = {row["digest"] for row in forms.get("effect", {}).get("evidence") or []}
    return len(mine & set(living("problem.evidence").filter(text__in=mine).exclude(matter=matter).values_list("text", flat=True)))


def plain(text: str) -> str:
    """A text as it is compared: without spaces, digits and punctuation, so that a changed date does not hide a copy."""
    return re.sub(r"[\W\d_]+", "", text)


@_counts("text_copied")
def _copied(matter: Matter, forms: Forms) -> int | None:
    mine = plain(str(forms.get("effect", {}).get("account", "")))
    if len(mine) < SHORT:
        return 0
    others = FormSubmission.objects.filter(form="effect", matter__kind="rectification").exclude(matter=matter)
    return int(any(plain(str(row.data.get("account", ""))) == mine for row in others))


@_counts("near_visits")
def _near(matter: Matter, forms: Forms) -> int | None:
    found = 0
    for row in forms.get("plan", {}).get("units") or []:
        day = date.fromisoformat(row["visit_on"])
        found += living("check.unit").filter(text=row["unit"], happened_on__range=(day - NEAR, day + NEAR)).exclude(matter=matter).exists()
    return found


def leaders(unit: int, day: date) -> list[Posting]:
    """Who led a unit on a day, by his posting, one line each office."""
    held = Posting.objects.filter(body_id=unit, office__code__in=LEADERS, starts_at__date__lte=day).filter(Q(ends_at=None) | Q(ends_at__date__gt=day))
    return list(held.select_related("person", "office").order_by("office__code", "id"))


@_counts("unit_leaders")
def _leaders(matter: Matter, forms: Forms) -> int | None:
    asked = forms.get("list", {})
    return len(leaders(int(asked["unit"]), date.fromisoformat(asked["case_on"]))) if asked.get("unit") and asked.get("case_on") else None


@_counts("tagged_cases")
def _tagged(matter: Matter, forms: Forms) -> int | None:
    tag = forms.get("text", {}).get("tag")
    return living("after_case.tag").filter(text=tag).values("matter_id").distinct().count() if tag else None


@_counts("items_open")
def _items_open(matter: Matter, forms: Forms) -> int | None:
    found = {r["object"] for r in forms.get("found", {}).get("rows") or [] if r.get("problem")}
    done = set(living("sweep.item_done").filter(matter=matter).values_list("text", flat=True)) | {r["object"] for r in forms.get("done", {}).get("rows") or ()}
    return len(found - done)


def _tasks(matter: Matter) -> Any:
    below = MatterLink.objects.filter(source=matter, kind="child").values("target_id")
    return Matter.objects.filter(kind="decision_task").filter(Q(id__in=below) | Q(id__in=MatterLink.objects.filter(source_id__in=below, kind="child").values("target_id")))


@_counts("tasks_given")
def _given(matter: Matter, forms: Forms) -> int | None:
    return int(_tasks(matter).count())


@_counts("tasks_done")
def _done(matter: Matter, forms: Forms) -> int | None:
    return Outcome.objects.filter(kind="done", retracted_at=None, matter_id__in=_tasks(matter).values("id")).count()


@_counts("publications_missing")
def _unpublished(matter: Matter, forms: Forms) -> int | None:
    unit = next((f["unit"] for f in forms.values() if f.get("unit")), None)
    problems = living("problem.unit").filter(ref=int(unit)).values("matter_id") if unit else []
    signed = set(Outcome.objects.filter(kind="signed_off", retracted_at=None, matter_id__in=problems).values_list("matter_id", flat=True))
    both = set(living("problem.published_unit").filter(matter_id__in=signed).values_list("matter_id", flat=True)) & set(living("problem.published_public").filter(matter_id__in=signed).values_list("matter_id", flat=True))
    return len(signed - both)


@_counts("postings_overlapping")
def _overlapping(matter: Matter, forms: Forms) -> int | None:
    """Other postings of the person that are planned or run in the same days, where either of the two is full time."""
    plan = forms.get("plan", {})
    if not all(plan.get(k) for k in ("person", "from_on", "to_on")):
        return 0
    others = FormSubmission.objects.filter(form="plan", matter__kind="posting", matter__status="open", matter_id__in=living("posting.person").filter(ref=int(plan["person"])).values("matter_id")).exclude(matter=matter)
    last = {row.matter_id: row.data for row in others.order_by("revision")}
    return sum(1 for o in last.values() if str(o["person"]) == str(plan["person"]) and o["from_on"] <= plan["to_on"] and plan["from_on"] <= o["to_on"] and (o["full_time"] or plan.get("full_time")))


@_counts("rounds_overlapping")
def _rounds(matter: Matter, forms: Forms) -> int | None:
    """Units of this round that another open round visits in overlapping days; one that a round leaves out is not visited by it."""
    plan = forms.get("plan", {})
    if not plan.get("from_on") or not plan.get("to_on"):
        return 0
    last = {row.matter_id: row.data for row in FormSubmission.objects.filter(form="plan", matter__kind="inspection_round", matter__status="open").exclude(matter=matter).order_by("revision")}
    taken = {u["unit"] for o in last.values() if o.get("from_on") and o.get("to_on") and o["from_on"] <= plan["to_on"] and plan["from_on"] <= o["to_on"] for u in o.get("units") or [] if u.get("included")}
    return len({u["unit"] for u in plan.get("units") or [] if u.get("included")} & taken)


@_counts("order_misdirected")
def _misdirected(matter: Matter, forms: Forms) -> int | None:
    """At level 1 a department gets an order from the commission of its own place alone; at level 2 only towns get one (seed row S3-19)."""
    task = forms.get("task", {})
    duty = Body.objects.filter(pk=int(task["duty_body"])).first() if task.get("order") and task.get("duty_body") else None
    if duty is None:
        return 0
    if task["order"] == "office":
        return int(duty.kind != "town_committee")
    giver = matter.owner_body
    own = giver.kind == "commission" and giver.division_code[:4] == duty.division_code[:4]
    return int(duty.kind != "commission" and not (duty.kind == "line_department" and own))


# the department that a law names, by the words in its name: 财政违法行为处罚处分条例 2, 统计法 3, 审计法 2, 税收征收管理法 5
DEPARTMENTS_OF_LAW = {"fiscal": ("财政", "审计"), "statistics": ("统计",), "audit": ("审计",), "tax": ("税务",), "market": ("市场监管", "市场监督管理"), "education": ("教委", "教育"), "health": ("卫生健康", "卫健")}


@_counts("department_of_law")
def _department(matter: Matter, forms: Forms) -> int | None:
    """1 where a violation goes to another body than the department that the law of its penalty names (seed row S4-26); a law of no list is for people to read."""
    letter = forms.get("letter", {})
    words = DEPARTMENTS_OF_LAW.get(letter.get("law", "")) if letter.get("direction") == "to_department" else None
    body = Body.objects.filter(pk=int(letter["receiver"])).first() if words and letter.get("receiver") else None
    return int(not any(w in body.name_zh for w in words)) if words and body else 0


@_counts("list_duplicates")
def _twice(matter: Matter, forms: Forms) -> int | None:
    titles = [plain(row["title"]) for row in forms.get("merged", {}).get("items") or []]
    return len(titles) - len(set(titles))


@_counts("list_left_out")
def _left_out(matter: Matter, forms: Forms) -> int | None:
    merged = {plain(row["title"]) for row in forms.get("merged", {}).get("items") or []}
    lists = FormSubmission.objects.filter(matter=matter, form="department_list")
    return len({plain(row["title"]) for form in lists for row in form.data["rows"]} - merged)


PRODUCTS = ("recommendation", "reflection", "four_talks")


def products_missing(matter: Matter) -> list[str]:
    """Of one recommendation issued, one reflection finished and one four-talks, what a case's second half still lacks (seed row S4-41)."""
    below = Matter.objects.filter(id__in=MatterLink.objects.filter(source=matter).values("target_id"))
    missing = [] if below.filter(kind="recommendation").exclude(number="").exists() else ["recommendation"]
    missing += [] if Outcome.objects.filter(kind="reflected", retracted_at=None, matter_id__in=below.filter(kind="reflection").values("id")).exists() else ["reflection"]
    return missing + ([] if living("after_case.four_talks").filter(matter=matter).exists() else ["four_talks"])


@_counts("products_missing")
def _missing(matter: Matter, forms: Forms) -> int | None:
    return len(products_missing(matter))


@_counts("evidence_incomplete")
def _incomplete(matter: Matter, forms: Forms) -> int | None:
    """Obtained or fixed, and yet without origin, date or its two officers (seed row S0-10)."""
    items = [r for r in forms.get("evidence_plan", {}).get("items") or [] if r.get("state") in ("obtained", "fixed")]
    return sum(not all(r.get(part) for part in ("origin", "obtained_on", "first", "second")) or r["first"] == r["second"] for r in items)


NUMBERS = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")  # GB 11643 identity numbers, mobile numbers


def identities(text: str, names: Iterable[str]) -> list[str]:
    """What in a text lets somebody be recognised: a full name of the records, an identity number, a mobile number. A name as 魏某某 is none."""
    return [*(n for n in dict.fromkeys(names) if len(n) > 1 and "某" not in n and n in text), *NUMBERS.findall(text)]


@_counts("identities_found")
def _identities(matter: Matter, forms: Forms) -> int | None:
    """Names of the matters that this one came from and of their people, as far as the writer may see them (seed row S0-48)."""
    from xieli.office.matters.queries.masking import names_behind

    text = "\n".join(str(v) for v in forms.get("text", {}).values() if isinstance(v, str)) + "\n".join(str(r.get("cause", "")) for r in forms.get("text", {}).get("causes") or [])
    return len(identities(text, names_behind(matter)))


def _below(matter: Matter, kind: str) -> Any:
    return Matter.objects.filter(kind=kind, links_in__source=matter).distinct()


@_counts("round_handed")
def _round_handed(matter: Matter, forms: Forms) -> int | None:
    """Leads that came of the round: by its own papers, for the office does not see what became of each (seed row S2-37)."""
    rows = FormSubmission.objects.filter(matter=matter, form__in=("during", "midway")).values_list("data", flat=True)
    return sum(len(data.get(table) or []) for data in rows for table in ("leads", "leads_other", "checkable"))


@_counts("round_rectified")
def _round_rectified(matter: Matter, forms: Forms) -> int | None:
    return Outcome.objects.filter(kind="signed_off", retracted_at=None, matter_id__in=_below(matter, "rectification").values("id")).values("matter_id").distinct().count()


def quota_on(day: date) -> int | None:
    """How many people a lender may have lent under the rule of borrowing in force on a day; None where none says so. A later rule does not reach back."""
    issued = MatterMove.objects.filter(matter__kind="rule_document", move="issue").values("matter_id")
    rule = living("rule.quota").filter(matter_id__in=issued, happened_on__lte=day).order_by("-happened_on", "-recorded_at").first()
    return int(rule.number) if rule is not None and rule.number is not None else None


@_counts("lent_over")
def _lent_over(matter: Matter, forms: Forms) -> int | None:
    """Of borrowings alone: those sent and not back on the first day, with this one, over the quota of that day (seed row S1-33)."""
    plan = forms.get("plan", {})
    if plan.get("kind") != "borrowing" or not plan.get("from_on"):
        return 0
    day = date.fromisoformat(plan["from_on"])
    quota = quota_on(day)
    if quota is None:
        return 0
    lent = set(living("posting.kind").filter(text="borrowing", matter__owner_body_id=matter.owner_body_id, happened_on__lte=day).exclude(matter=matter).values_list("matter_id", flat=True))
    back = set(living("posting.returned").filter(matter_id__in=lent, happened_on__lte=day).values_list("matter_id", flat=True))
    sent = set(MatterMove.objects.filter(matter_id__in=lent, move="send").values_list("matter_id", flat=True))
    return max(len((lent & sent) - back) + 1 - quota, 0)


def _supervises(person: int) -> set[int]:
    """Villages whose supervisor a person is now."""
    at = now()
    held = Posting.objects.filter(person_id=person, office__code="village_supervisor", is_deputy=False, starts_at__lte=at).exclude(confirmed_by=None)
    return set(held.filter(Q(ends_at=None) | Q(ends_at__gt=at)).values_list("body_id", flat=True))


def _committees(villages: set[int]) -> set[int]:
    """Village areas in force that these villages belong to."""
    day = today()
    valid = Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gt=day))
    return set(AreaBody.objects.filter(valid, area__kind="villages", body_id__in=villages).values_list("area_id", flat=True))


@_counts("director_unfit")
def _unfit(matter: Matter, forms: Forms) -> int | None:
    """1 unless the one chosen is a supervisor in post in a village area of this town, rated excellent in this appraisal (seed row S1-10)."""
    chosen = forms.get("choice", {}).get("chosen")
    if not chosen:
        return None
    excellent = {str(r["supervisor"]) for r in forms.get("appraisal", {}).get("rows") or [] if r.get("grade") == "excellent"}
    here = set(Body.objects.filter(id__in=_supervises(int(chosen)), parent_id=matter.owner_body_id).values_list("id", flat=True))
    return int(str(chosen) not in excellent or not _committees(here))


@_counts("directors_sitting")
def _sitting(matter: Matter, forms: Forms) -> int | None:
    chosen = forms.get("choice", {}).get("chosen")
    if not chosen:
        return None
    areas = _committees(_supervises(int(chosen)))
    serving = Matter.objects.filter(kind="committee_director", status="open", stages__contains=["serving"]).exclude(pk=matter.pk).values("id")
    return sum(1 for person in living("director.person").filter(matter_id__in=serving).values_list("ref", flat=True) if areas & _committees(_supervises(int(person))))
