"""What the kernel tells the playbook engine at the moment of a step, read from the tables under the actor's own policies."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from xieli.engines.playbooks.model import Playbook, Role
from xieli.engines.playbooks.state import Child, Context, State, state_from_data
from xieli.office.bodies.models import AreaBody, Body
from xieli.office.matters.services import clocks
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.papers import Papers, parties_of, parts_of, read, subjects_of
from xieli.office.matters.services.playbooks import by_sha, shipped
from xieli.office.matters.services.postings import posted
from xieli.office.matters.services.source import Actor, actor, today
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.matters.tables.handover import CompetenceBasis, FeedbackDuty
from xieli.office.matters.tables.measures import Presence, RightsSheet
from xieli.office.matters.tables.work import Fact, Note, Task
from xieli.office.together import Question, Rows, prepared, together

# role codes that are offices: whoever holds the office at the party's body holds the role
OFFICE_ROLES = {
    "head": ("head", "town_secretary"), "superior_head": ("head", "town_secretary"), "deputy_leader": ("deputy",), "leader": ("deputy", "head"), "room_head": ("room_head",),
    "party_secretary": ("party_secretary",), "case_management": ("case_duty", "clerk"), "case_manager": ("case_duty", "clerk"),
    "duty_officer": ("case_duty",), "clerk": ("clerk", "case_duty"), "adjudicator": ("adjudicator",), "intake": ("intake", "rights_officer"),
    "rights_officer": ("rights_officer",), "inspection_leader": ("inspection_leader",), "analyst": ("analyst",),
    "town_secretary": ("town_secretary",), "village_supervisor": ("village_supervisor",), "keeper": ("keeper",),
}


def state_of(matter: Matter) -> State:
    """The engine's state of a matter. Raises Refused before it has begun (its own people begin it by opening it)."""
    if not matter.state:
        raise Refused("not_begun", "事项尚未由承办人开始办理。", "The matter has not been begun by those who handle it.")
    return state_from_data(matter.state)


def parties(matter: Matter) -> dict[str, tuple[str, ...]]:
    """Bodies of each party now, as text identities; `owner` is built in."""
    found = together(parts=parts_of(matter=matter.id), subjects=subjects_of(matter=matter.id), superior=Rows("select access.body_at(%s, 'next_up') as body", [matter.owner_body_id]))
    return parties_of(matter, found["parts"], found["subjects"], found["superior"][0]["body"])


def roles_of(papers: Papers, playbook: Playbook) -> frozenset[str]:
    """The playbook roles that the actor holds on this matter.

    An office role goes with the office at the party's body; a named slot of the team with its member; a role of a room with
    those who work in a room of that kind; every other role with whoever may write for the party's body. Where a form names
    the person, only he holds it, and only while he is what the role asks for.
    """
    mine = {str(p.body_id) for p in papers.held}
    offices = {(str(p.body_id), p.office.code) for p in papers.held if p.office is not None}
    slots = {t.slot for t in papers.seats if t.person_id == papers.who.person}
    rooms = {(str(p.body_id), p.room.kind) for p in papers.held if p.room is not None}
    forms = {row.form: row.data for row in papers.forms}
    found = set()
    for role in playbook.roles.values():
        where = set(papers.parties.get(role.of, ()))
        if role.named and named(role, forms) != str(papers.who.person):
            continue
        if role.code in slots:
            found.add(role.code)
        elif role.code in OFFICE_ROLES:
            if any(body in where and code in OFFICE_ROLES[role.code] for body, code in offices):
                found.add(role.code)
        elif role.room:
            if any(body in where and kind == role.room for body, kind in rooms):
                found.add(role.code)
        elif where & mine:
            found.add(role.code)
    return frozenset(found)


def named(role: Role, forms: dict[str, dict[str, Any]]) -> str:
    """The person whom the role's form names, as text; empty while nobody is named."""
    form, _, code = (role.named or "").partition(".")
    return str(forms.get(form, {}).get(code) or "")


def people_of(papers: Papers, playbook: Playbook) -> dict[str, frozenset[str]]:
    """Persons who hold each role now: slots of the team, offices at the party's bodies, handlers with a grant."""
    found: dict[str, set[str]] = defaultdict(set)
    for member in papers.seats:
        found[member.slot].add(str(member.person_id))
    posted: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    forms = {row.form: row.data for row in papers.forms}
    for person, body, code, room in papers.posted:
        posted[str(body)].add((str(person), code or "", room or ""))
    for role in playbook.roles.values():
        for body in papers.parties.get(role.of, ()):
            for person, code, room in posted[body]:
                if (role.room and room != role.room) or (role.named and named(role, forms) != person):
                    continue
                if role.code in OFFICE_ROLES:
                    if code in OFFICE_ROLES[role.code]:
                        found[role.code].add(person)
                elif person in papers.handlers:
                    found[role.code].add(person)
    return {role: frozenset(persons) for role, persons in found.items()}


def subject_of(matter: Matter, subject: MatterSubject | None) -> dict[str, Any]:
    """Attributes of the first subject that guards may ask for."""
    if subject is None:
        return {}
    unit = subject.unit_body
    return {
        "dual_managed": subject.dual_managed, "party_member": True, "public_official": subject.kind == "person",
        "central_unit": bool(unit and unit.kind in ("central_unit", "resident_organ")), "enterprise": subject.kind == "unit",
        "heads_lower_body": subject.cadre_rank in ("lower_head", "county_head"), "peer_of_committee": subject.cadre_rank == "peer",
        "own_head": bool(unit and unit.id == matter.owner_body_id and subject.cadre_rank == "own_head"),
        "managed_by": subject.managed_by.rank if subject.managed_by else matter.owner_body.rank,
    }


_LEVEL_NAMES = ("internal", "work_secret", "confidential", "secret", "top_secret")


def opening(matter: Matter) -> Context:
    """What the engine asks when a matter begins: who opens it and which bodies take part; nothing has been done yet."""
    return Context(person=str(actor().person), bodies=parties(matter))


@prepared
def _doc_kinds(matter: RawSQL) -> QuerySet[Any]:
    return Note.objects.filter(matter=matter, kind__startswith="doc:").order_by("at").values_list("kind", "at")


@prepared
def _done_products(matter: RawSQL) -> QuerySet[Any]:
    return Task.objects.filter(matter=matter, state="done").exclude(product="").values_list("product", flat=True)


@prepared
def _owed_answers(matter: RawSQL) -> QuerySet[FeedbackDuty]:
    return FeedbackDuty.objects.filter(matter=matter).order_by("created_at")


@prepared
def _competence_basis(matter: RawSQL) -> QuerySet[CompetenceBasis]:
    return CompetenceBasis.objects.filter(matter=matter)


@prepared
def _standing_facts(matter: RawSQL) -> QuerySet[Any]:
    return Fact.objects.filter(matter=matter, retracted_at=None).order_by("recorded_at").values_list("code", "number", "text", "day", "ref")


@prepared
def _presences(matter: RawSQL) -> QuerySet[Presence]:
    return Presence.objects.filter(matter=matter, ended_at=None)


@prepared
def _told(matter: RawSQL) -> QuerySet[RightsSheet]:
    return RightsSheet.objects.filter(matter=matter).exclude(given_at=None)


def asked(matter: Matter, playbook: Playbook) -> dict[str, Question]:
    """What only some playbooks' guards ask, to be read with the rest: only what a guard of this playbook asks is looked up."""
    asks, m = _asks(playbook), matter.id
    wanted: dict[str, Question | None] = {
        "parent_of": Rows("select kind, passed from access.parent_of(%s)", [m]) if "parent" in asks else None,
        "children_of": Rows("select kind, open, outcome from access.children_of(%s)", [m]) if "children" in asks else None,
        "part_of": Rows("select kind, sha, roles, slots from access.part_of(%s)", [m]) if playbook.prior else None,
        "doc_kinds": _doc_kinds(matter=m) if asks & {"document", "product"} else None, "done_products": _done_products(matter=m) if "product" in asks else None,
        "owed_answers": _owed_answers(matter=m) if playbook.feedback else None, "competence_basis": _competence_basis(matter=m) if "competence" in asks else None,
        "facts": _standing_facts(matter=m) if "fact" in asks else None, "presences": _presences(matter=m) if "presence" in asks else None,
        "told": _told(matter=m) if "rights" in asks else None,
    }
    return {name: question for name, question in wanted.items() if question is not None}


def build(matter: Matter, playbook: Playbook, *, reason: str = "", body: str | None = None, form: tuple[str, dict[str, Any]] | None = None, papers: Papers | None = None) -> Context:
    """The whole context of one step by the bound actor; `papers` when they have been read with `asked()` just now."""
    papers = papers or read(matter, asked(matter, playbook))
    who, at, bodies, more = papers.who, papers.at, papers.parties, papers.more
    forms: dict[str, dict[str, Any]] = {}
    by_body: dict[tuple[str, str], dict[str, Any]] = {}
    for row in papers.forms:
        forms[row.form] = row.data
        if row.data.get("_body"):
            by_body[(row.form, str(row.data["_body"]))] = row.data
    if form is not None:
        forms[form[0]] = form[1]
        if body:
            by_body[(form[0], body)] = form[1]
    approvals: dict[str, str] = {}
    for request in papers.approvals:
        approvals[request.act] = "approved" if request.state in ("approved", "used") else request.state
    recusals = any(r.state == "raised" for r in papers.recusals)
    people = people_of(papers, playbook)
    asks = _asks(playbook)
    parent = next(iter(more.get("parent_of", ())), None)
    handed_in = [(row.at, row.data) for row in papers.forms] + ([(at, form[1])] if form is not None else [])
    documents = _documents(more.get("doc_kinds", ()), handed_in)
    return Context(
        person=str(who.person), roles=roles_of(papers, playbook), body=body or _acting_body(who, bodies), reason=reason,
        forms=forms, forms_by_body=by_body, approvals=approvals, clocks={c.code: clocks.status(c, at) for c in papers.clocks},
        compositions=_filled(papers, playbook, people) if asks & {"slots", "votes"} else frozenset(),
        votes={code: frozenset(forms.get("votes", {}).get(code, [])) for code in playbook.compositions},
        cleared=frozenset() if recusals else frozenset({*playbook.roles, *playbook.parties, *playbook.compositions, *bodies, "owner", *_fields_of(playbook)}),
        products=frozenset(_products(more["done_products"], playbook, forms, documents)) if "product" in asks else frozenset(), documents=documents,
        children=tuple(Child(row["kind"], row["open"], row["outcome"]) for row in more.get("children_of", ())),
        feedback=_feedback(more.get("owed_answers", ())), competence=bool(more.get("competence_basis")),
        parent_kind=parent["kind"] if parent else None, parent_passed=frozenset(parent["passed"]) if parent else frozenset(),
        people=people, subject=subject_of(matter, papers.subject) if "subject" in asks else {}, bodies=bodies,
        body_attributes=_attributes(bodies, papers.bodies) | (_areas(bodies) if "body.area" in asks else {}) if "body" in asks else {}, relations=_relations(bodies, papers.bodies) if "relation" in asks else frozenset(),
        facts=_facts(more.get("facts", ())), files=_files(matter) if "files" in asks else frozenset(),
        evidence=_evidence(matter) if "evidence" in asks else 0, authorization="authorization" in asks and _authorized(matter),
        postings_over=_over(playbook, forms, at) if "posting" in asks else frozenset(),
        presence=frozenset({"basis_current"} if more["presences"] else {"none_open"}) if "presence" in asks else frozenset(),
        rights=_rights(more, forms) if "rights" in asks else frozenset(),
        level=_LEVEL_NAMES[matter.level], prior=_prior(who, more.get("part_of", ())), kinds=shipped(),
    )


def for_chains(matter: Matter, playbook: Playbook) -> Context:
    """What the conditions of an approval's chains may ask: the subject's and the bodies' attributes."""
    bodies = parties(matter)
    subject = MatterSubject.objects.filter(matter=matter, role="subject").select_related("unit_body", "managed_by").order_by("id").first()
    return Context(person=str(actor().person), bodies=bodies, subject=subject_of(matter, subject), body_attributes=_attributes(bodies, Body.objects.filter(id__in={int(b) for group in bodies.values() for b in group})))


_ASKED: dict[str, frozenset[str]] = {}


def _asks(playbook: Playbook) -> frozenset[str]:
    """Words of the guards that this playbook uses anywhere, and `product` where a stage owes one."""
    if playbook.sha256 not in _ASKED:
        conditions = [move.when for move in playbook.moves.values()] + [chain.when for act in playbook.approvals.values() for chain in act.chains]
        words = {guard.test for condition in conditions for group in condition for guard in group}
        if any(guard.test == "body" and guard.get("attribute") == "area" for condition in conditions for group in condition for guard in group):
            words.add("body.area")
        if any(stage.products for stage in playbook.stages.values()):
            words.add("product")
        _ASKED[playbook.sha256] = frozenset(words)
    return _ASKED[playbook.sha256]


def _over(playbook: Playbook, forms: dict[str, dict[str, Any]], at: datetime) -> frozenset[str]:
    """Roles filled by a posting whose last day, as it was asked for, has passed."""
    def field(name: str) -> Any:
        form, _, code = name.partition(".")
        return forms.get(form, {}).get(code)

    sent = {role: posted(playbook, field, role) for role in playbook.roles}
    return frozenset(role for role, one in sent.items() if one is not None and one.until is not None and one.until <= at)


def _facts(found: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    return {code: (float(number) if number is not None else (text or str(day or ref or ""))) for code, number, text, day, ref in found}


def _prior(who: Actor, took_part: Iterable[dict[str, Any]]) -> dict[str, dict[str, frozenset[str]]]:
    """As whom the actor took part in what this matter came from, whether or not he still sees it."""
    found: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    person = str(who.person)
    for row in took_part:
        kind, slots, held = row["kind"], row["slots"], set(row["roles"])
        for composition in by_sha(row["sha"]).compositions.values() if slots else ():
            held |= {slot.role for slot in composition.slots if slot.code in slots and slot.role}
        if held or slots:
            found[kind][person] = found[kind].get(person, frozenset()) | held | set(slots)
    return found


def _acting_body(who: Actor, bodies: dict[str, tuple[str, ...]]) -> str | None:
    mine = {str(p) for p in who.principals}
    return next((b for group in bodies.values() for b in group if b in mine), None)


def _fields_of(playbook: Playbook) -> set[str]:
    return {f"{form.code}.{f.code}" for form in playbook.forms.values() for f in form.fields}


def _filled(papers: Papers, playbook: Playbook, people: dict[str, frozenset[str]]) -> frozenset[str]:
    """Compositions whose every slot is filled: by team members in the slot, else by holders of the slot's role."""
    found = set()
    seats: dict[str, set[int]] = defaultdict(set)
    for seat in papers.seats:
        seats[seat.slot].add(seat.person_id)
    for composition in playbook.compositions.values():
        ok = True
        for slot in composition.slots:
            n = len(seats[slot.code]) if slot.code in seats else len(people.get(slot.role, frozenset()) if slot.role else ())
            if n < slot.least or (slot.most is not None and n > slot.most):
                ok = False
        if ok:
            found.add(composition.code)
    return frozenset(found)


def _products(done: Iterable[str], playbook: Playbook, forms: dict[str, dict[str, Any]], documents: dict[str, frozenset[str]]) -> set[str]:
    present = set(done)
    for product in playbook.products.values():
        if (product.form and product.form in forms) or (product.document and product.document in documents):
            present.add(product.code)
    return present


def _documents(notes: Iterable[tuple[str, datetime]], handed_in: Iterable[tuple[datetime, dict[str, Any]]]) -> dict[str, frozenset[str]]:
    """Papers of the matter and how far each has come; a note of kind `doc:CODE:STATE` records a step.

    A paper is served by a form handed in after it was issued, whose field `CODE_served_on` names the day: issued anew, it is
    to be served anew.
    """
    found: dict[str, set[str]] = defaultdict(set)
    issued: dict[str, datetime] = {}
    for kind, at in notes:
        _, code, state = kind.split(":", 2)
        found[code].add(state)
        if state == "issued":
            issued[code] = at
    for code, since in issued.items():
        if any(data.get(f"{code}_served_on") and since <= at for at, data in handed_in):
            found[code].add("served")
    return {code: frozenset(states) for code, states in found.items()}


def _feedback(duties: Iterable[FeedbackDuty]) -> dict[str, str]:
    return {duty.rule: {"open": "owed", "closed": "given", "waived": "waived"}[duty.state] for duty in duties}


def _attributes(bodies: dict[str, tuple[str, ...]], found_bodies: Iterable[Body]) -> dict[tuple[str, str], Any]:
    rows = {str(b.id): b for b in found_bodies}
    found: dict[tuple[str, str], Any] = {}
    for party, group in bodies.items():
        for body in group:
            if body in rows:
                found[(party, "rank")], found[(party, "kind")] = rows[body].rank, rows[body].kind
    return found


def _areas(bodies: dict[str, tuple[str, ...]]) -> dict[tuple[str, str], Any]:
    """The kind of the area in which a party stands today; `none` for who stands in none."""
    day, found = today(), {}
    members = AreaBody.objects.filter(valid_from__lte=day, body_id__in={int(b) for group in bodies.values() for b in group}).exclude(valid_to__lte=day).exclude(area__valid_to__lte=day)
    kinds = {str(body): kind for body, kind in members.values_list("body_id", "area__kind")}
    for party, group in bodies.items():
        for body in group:
            found[(party, "area")] = kinds.get(body, "none")
    return found


def _relations(bodies: dict[str, tuple[str, ...]], found_bodies: Iterable[Body]) -> frozenset[tuple[str, str, str]]:
    parent: dict[str, str] = {str(b.id): str(b.parent_id) for b in found_bodies if b.parent_id}
    found: set[tuple[str, str, str]] = set()
    for one, group in bodies.items():
        for other, others in bodies.items():
            if one == other or not group or not others:
                continue
            a, b = group[0], others[0]
            found.add((one, other, "same" if a == b else "different"))
            if parent.get(b) == a:
                found.add((one, other, "superior"))
            if parent.get(a) == b:
                found.add((one, other, "subordinate"))
            if a not in bodies.get("subject_unit", ()):
                found.add((one, other, "not_subject_unit"))
    return frozenset(found)


def _files(matter: Matter) -> frozenset[str]:
    from xieli.office.files.services import guard_of

    return guard_of(matter)


def _evidence(matter: Matter) -> int:
    from xieli.office.files.models import StoredFile

    return int(StoredFile.objects.filter(matter=matter).exclude(verdict__in=["excluded", "forged"]).count())


def _authorized(matter: Matter) -> bool:
    try:
        from xieli.office.desk.models import Authorization
    except ImportError:
        return False
    return bool(Authorization.objects.filter(matter_id=matter.id, state="in_force").exists())


def _rights(more: dict[str, list[Any]], forms: dict[str, dict[str, Any]]) -> frozenset[str]:
    """What the person was told: the sheet that was given, the hearing that was held, the remedies that the decision states."""
    told = {"rights_sheet"} if more["told"] else set()
    if any(form.get("heard_on") or form.get("hearing_on") for form in forms.values()):
        told.add("notice_and_hearing")
    if any(form.get("remedies_stated") is True for form in forms.values()):
        told.add("remedies")
    return frozenset(told)
