"""What the kernel tells the playbook engine at the moment of a step, read from the tables under the actor's own policies."""
from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Q

from xieli.engines.playbooks.model import Playbook
from xieli.engines.playbooks.state import Child, Context, State, state_from_data
from xieli.office.access.models import Recusal
from xieli.office.bodies.models import Body
from xieli.office.matters.services import clocks
from xieli.office.matters.services.playbooks import by_sha
from xieli.office.matters.services.source import Actor, actor, now, rows
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.core import Matter, MatterBody, MatterSubject
from xieli.office.matters.tables.handover import CompetenceBasis, FeedbackDuty
from xieli.office.matters.tables.measures import MeasureNotice, Presence, RightsSheet
from xieli.office.matters.tables.work import Fact, FormSubmission
from xieli.office.people.models import Person, Posting, TeamMember

# role codes that are offices: whoever holds the office at the party's body holds the role
OFFICE_ROLES = {
    "head": ("head", "town_secretary"), "superior_head": ("head", "town_secretary"), "deputy_leader": ("deputy",), "leader": ("deputy", "head"), "room_head": ("room_head",),
    "party_secretary": ("party_secretary",), "case_management": ("case_duty", "clerk"), "case_manager": ("case_duty", "clerk"),
    "duty_officer": ("case_duty",), "clerk": ("clerk", "case_duty"), "adjudicator": ("adjudicator",), "intake": ("intake", "rights_officer"),
    "rights_officer": ("rights_officer",), "inspection_leader": ("inspection_leader",), "analyst": ("analyst",),
    "town_secretary": ("town_secretary",), "village_supervisor": ("village_supervisor",), "keeper": ("keeper",),
}


def state_of(matter: Matter) -> State:
    """The engine's state of a matter. Raises KeyError before it has begun."""
    return state_from_data(matter.state)


def parties(matter: Matter) -> dict[str, tuple[str, ...]]:
    """Bodies of each party now, as text identities; `owner` is built in."""
    found: dict[str, list[str]] = defaultdict(list)
    found["owner"].append(str(matter.owner_body_id))
    for role, body in MatterBody.objects.filter(matter=matter, ends_at=None).order_by("starts_at").values_list("role", "body_id"):
        if str(body) not in found[role] and role != "owner":
            found[role].append(str(body))
    subject = MatterSubject.objects.filter(matter=matter, role="subject").exclude(unit_body=None).first()
    if subject is not None:
        found["subject_unit"].append(str(subject.unit_body_id))
    from xieli.office.matters.services.source import call

    superior = call("body_at", matter.owner_body_id, "next_up")
    if superior:
        found["superior"].append(str(superior))
    return {role: tuple(bodies) for role, bodies in found.items()}


def roles_of(who: Actor, matter: Matter, playbook: Playbook, bodies: dict[str, tuple[str, ...]]) -> frozenset[str]:
    """The playbook roles that the actor holds on this matter.

    An office role goes with the office at the party's body; a named slot of the team with its member; every other role
    with whoever may write for the party's body.
    """
    at = now()
    held = [p for p in Posting.objects.filter(person_id=who.person, starts_at__lte=at).exclude(confirmed_by=None).select_related("office")
            if p.ends_at is None or at < p.ends_at]
    mine = {str(p.body_id) for p in held}
    offices = {(str(p.body_id), p.office.code) for p in held if p.office is not None}
    slots = {t.slot for t in TeamMember.objects.filter(person_id=who.person, team__matter_id=matter.id, starts_at__lte=at)
             if t.ends_at is None or at < t.ends_at}
    found = set()
    for role in playbook.roles.values():
        where = set(bodies.get(role.of, ()))
        if role.code in slots:
            found.add(role.code)
        elif role.code in OFFICE_ROLES:
            if any(body in where and code in OFFICE_ROLES[role.code] for body, code in offices):
                found.add(role.code)
        elif where & mine:
            found.add(role.code)
    return frozenset(found)


def people_of(matter: Matter, playbook: Playbook, bodies: dict[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    """Persons who hold each role now: slots of the team, offices at the party's bodies, handlers with a grant."""
    at = now()
    found: dict[str, set[str]] = defaultdict(set)
    for member in TeamMember.objects.filter(team__matter_id=matter.id, starts_at__lte=at):
        if member.ends_at is None or at < member.ends_at:
            found[member.slot].add(str(member.person_id))
    grants = list(matter.grants.filter(revoked_at=None, starts_at__lte=at, ends_at__gt=at, acts__contains=["write"]).values_list("principal", flat=True))
    persons = {str(p) for p in Person.objects.filter(id__in=grants).values_list("id", flat=True)}
    desks = Q(room_id__in=grants) | Q(body_id__in=grants) | Q(office_id__in=grants)
    posted_there = Posting.objects.filter(desks, starts_at__lte=at).exclude(ends_at__lte=at).exclude(confirmed_by=None).values_list("person_id", flat=True)
    members = TeamMember.objects.filter(team_id__in=grants, starts_at__lte=at).exclude(ends_at__lte=at).values_list("person_id", flat=True)
    handlers = persons | {str(p) for p in posted_there} | {str(p) for p in members}
    posted: dict[str, set[tuple[str, str]]] = defaultdict(set)
    relevant = {int(b) for group in bodies.values() for b in group}
    for person, body, code in Posting.objects.filter(body_id__in=relevant, starts_at__lte=at).exclude(ends_at__lte=at).values_list("person_id", "body_id", "office__code"):
        posted[str(body)].add((str(person), code or ""))
    for role in playbook.roles.values():
        for body in bodies.get(role.of, ()):
            for person, code in posted[body]:
                if role.code in OFFICE_ROLES:
                    if code in OFFICE_ROLES[role.code]:
                        found[role.code].add(person)
                elif person in handlers:
                    found[role.code].add(person)
    return {role: frozenset(persons) for role, persons in found.items()}


def subject_of(matter: Matter) -> dict[str, Any]:
    """Attributes of the first subject that guards may ask for."""
    subject = MatterSubject.objects.filter(matter=matter, role="subject").select_related("unit_body", "managed_by").order_by("id").first()
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


def build(matter: Matter, playbook: Playbook, *, reason: str = "", body: str | None = None, form: tuple[str, dict[str, Any]] | None = None) -> Context:
    """The whole context of one step by the bound actor."""
    who, at = actor(), now()
    bodies = parties(matter)
    forms: dict[str, dict[str, Any]] = {}
    by_body: dict[tuple[str, str], dict[str, Any]] = {}
    for row in FormSubmission.objects.filter(matter=matter).order_by("form", "revision"):
        forms[row.form] = row.data
        if row.data.get("_body"):
            by_body[(row.form, str(row.data["_body"]))] = row.data
    if form is not None:
        forms[form[0]] = form[1]
        if body:
            by_body[(form[0], body)] = form[1]
    approvals: dict[str, str] = {}
    for act, state in Approval.objects.filter(matter=matter).order_by("requested_at").values_list("act", "state"):
        approvals[act] = "approved" if state in ("approved", "used") else state
    clock_states = {c.code: clocks.status(c, at) for c in Clock.objects.filter(matter=matter).order_by("started_at")}
    recusals = Recusal.objects.filter(matter=matter, state="raised").exists()
    people = people_of(matter, playbook, bodies)
    # only what a guard of this playbook asks is looked up: most ask little
    asks = _asks(playbook)
    parent = next(iter(rows("parent_of", matter.id)), None) if "parent" in asks else None
    documents = _documents(matter) if asks & {"document", "product"} else {}
    return Context(
        person=str(who.person), roles=roles_of(who, matter, playbook, bodies), body=body or _acting_body(who, bodies), reason=reason,
        forms=forms, forms_by_body=by_body, approvals=approvals, clocks=clock_states,
        compositions=_filled(matter, playbook, people) if asks & {"slots", "votes"} else frozenset(),
        votes={code: frozenset(forms.get("votes", {}).get(code, [])) for code in playbook.compositions},
        cleared=frozenset() if recusals else frozenset({*playbook.roles, *playbook.parties, *playbook.compositions, *bodies, "owner", *_fields_of(playbook)}),
        products=frozenset(_products(matter, playbook, forms, documents)) if "product" in asks else frozenset(), documents=documents,
        children=tuple(Child(kind, is_open, outcome) for kind, is_open, outcome in rows("children_of", matter.id)) if "children" in asks else (),
        feedback=_feedback(matter) if playbook.feedback else {}, competence="competence" in asks and CompetenceBasis.objects.filter(matter=matter).exists(),
        parent_kind=parent[0] if parent else None, parent_passed=frozenset(parent[1]) if parent else frozenset(),
        people=people, subject=subject_of(matter) if "subject" in asks else {}, bodies=bodies,
        body_attributes=_attributes(bodies) if "body" in asks else {}, relations=_relations(bodies, matter) if "relation" in asks else frozenset(),
        facts=_facts(matter) if "fact" in asks else {}, files=_files(matter) if "files" in asks else frozenset(),
        evidence=_evidence(matter) if "evidence" in asks else 0, authorization="authorization" in asks and _authorized(matter),
        presence=_presence(matter) if "presence" in asks else frozenset(), rights=_rights(matter, forms) if "rights" in asks else frozenset(),
        level=_LEVEL_NAMES[matter.level], prior=_prior(who, matter) if playbook.prior else {},
    )


def for_chains(matter: Matter, playbook: Playbook) -> Context:
    """What the conditions of an approval's chains may ask: the subject's and the bodies' attributes."""
    bodies = parties(matter)
    return Context(person=str(actor().person), bodies=bodies, subject=subject_of(matter), body_attributes=_attributes(bodies))


_ASKED: dict[str, frozenset[str]] = {}


def _asks(playbook: Playbook) -> frozenset[str]:
    """Words of the guards that this playbook uses anywhere, and `product` where a stage owes one."""
    if playbook.sha256 not in _ASKED:
        conditions = [move.when for move in playbook.moves.values()] + [chain.when for act in playbook.approvals.values() for chain in act.chains]
        words = {guard.test for condition in conditions for group in condition for guard in group}
        if any(stage.products for stage in playbook.stages.values()):
            words.add("product")
        _ASKED[playbook.sha256] = frozenset(words)
    return _ASKED[playbook.sha256]


def _facts(matter: Matter) -> dict[str, Any]:
    return {code: (float(number) if number is not None else (text or str(day or ref or "")))
            for code, number, text, day, ref in Fact.objects.filter(matter=matter, retracted_at=None).order_by("recorded_at").values_list("code", "number", "text", "day", "ref")}


def _presence(matter: Matter) -> frozenset[str]:
    return frozenset({"basis_current"} if Presence.objects.filter(matter=matter, ended_at=None).exists() else {"none_open"})


def _prior(who: Actor, matter: Matter) -> dict[str, dict[str, frozenset[str]]]:
    """As whom the actor took part in what this matter came from, whether or not he still sees it."""
    found: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    person = str(who.person)
    for kind, sha, roles, slots in rows("part_of", matter.id):
        held = set(roles)
        for composition in by_sha(sha).compositions.values() if slots else ():
            held |= {slot.role for slot in composition.slots if slot.code in slots and slot.role}
        if held or slots:
            found[kind][person] = found[kind].get(person, frozenset()) | held | set(slots)
    return found


def _acting_body(who: Actor, bodies: dict[str, tuple[str, ...]]) -> str | None:
    mine = {str(p) for p in who.principals}
    return next((b for group in bodies.values() for b in group if b in mine), None)


def _fields_of(playbook: Playbook) -> set[str]:
    return {f"{form.code}.{f.code}" for form in playbook.forms.values() for f in form.fields}


def _filled(matter: Matter, playbook: Playbook, people: dict[str, frozenset[str]]) -> frozenset[str]:
    """Compositions whose every slot is filled: by team members in the slot, else by holders of the slot's role."""
    found = set()
    at = now()
    seats: dict[str, set[int]] = defaultdict(set)
    for code, person in TeamMember.objects.filter(team__matter_id=matter.id, starts_at__lte=at).exclude(ends_at__lte=at).values_list("slot", "person_id"):
        seats[code].add(person)
    for composition in playbook.compositions.values():
        ok = True
        for slot in composition.slots:
            n = len(seats[slot.code]) if slot.code in seats else len(people.get(slot.role, frozenset()) if slot.role else ())
            if n < slot.least or (slot.most is not None and n > slot.most):
                ok = False
        if ok:
            found.add(composition.code)
    return frozenset(found)


def _products(matter: Matter, playbook: Playbook, forms: dict[str, dict[str, Any]], documents: dict[str, frozenset[str]]) -> set[str]:
    present = set(matter.tasks.filter(state="done").exclude(product="").values_list("product", flat=True))
    for product in playbook.products.values():
        if (product.form and product.form in forms) or (product.document and product.document in documents):
            present.add(product.code)
    return present


def _documents(matter: Matter) -> dict[str, frozenset[str]]:
    """Papers of the matter and how far each has come; a note of kind `document:CODE:STATE` records a step."""
    found: dict[str, set[str]] = defaultdict(set)
    for kind in matter.notes.filter(kind__startswith="doc:").values_list("kind", flat=True):
        _, code, state = kind.split(":", 2)
        found[code].add(state)
    return {code: frozenset(states) for code, states in found.items()}


def _feedback(matter: Matter) -> dict[str, str]:
    found = {}
    for rule, state in FeedbackDuty.objects.filter(matter=matter).order_by("created_at").values_list("rule", "state"):
        found[rule] = {"open": "owed", "closed": "given", "waived": "waived"}[state]
    return found


def _attributes(bodies: dict[str, tuple[str, ...]]) -> dict[tuple[str, str], Any]:
    ids = {int(b) for group in bodies.values() for b in group}
    rows = {str(b.id): b for b in Body.objects.filter(id__in=ids)}
    found: dict[tuple[str, str], Any] = {}
    for party, group in bodies.items():
        for body in group:
            if body in rows:
                found[(party, "rank")], found[(party, "kind")] = rows[body].rank, rows[body].kind
    return found


def _relations(bodies: dict[str, tuple[str, ...]], matter: Matter) -> frozenset[tuple[str, str, str]]:
    ids = {int(b) for group in bodies.values() for b in group}
    parent: dict[str, str] = {str(i): str(p) for i, p in Body.objects.filter(id__in=ids).values_list("id", "parent_id") if p}
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
    handover = matter.handovers.order_by("-sent_at").first()
    return frozenset({"listed", "matching"}) if handover is not None and handover.index is not None else frozenset()


def _evidence(matter: Matter) -> int:
    try:
        from xieli.office.files.models import StoredFile
    except ImportError:
        return matter.notes.filter(kind="evidence").count()
    return int(StoredFile.objects.filter(matter_id=matter.id).count())


def _authorized(matter: Matter) -> bool:
    try:
        from xieli.office.desk.models import Authorization
    except ImportError:
        return False
    return bool(Authorization.objects.filter(matter_id=matter.id, state="in_force").exists())


def _rights(matter: Matter, forms: dict[str, dict[str, Any]]) -> frozenset[str]:
    told = set()
    if RightsSheet.objects.filter(matter=matter).exclude(given_at=None).exists():
        told |= {"rights_sheet", "remedies"}
    if any(form.get("heard_on") or form.get("hearing_on") for form in forms.values()):
        told.add("notice_and_hearing")
    if not MeasureNotice.objects.filter(matter=matter, given_at=None, exception_approval=None).exists() and told:
        told.add("remedies")
    return frozenset(told)
