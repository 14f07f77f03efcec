"""Registering matters: leads, cases, requests. The subject comes first: a match with one's own head is never kept here."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from xieli.engines.identifiers import check
from xieli.engines.playbooks.model import Playbook
from xieli.office.access.models import Grant
from xieli.office.access.search import pieces_of
from xieli.office.audit import record
from xieli.office.bodies.models import Body, Office
from xieli.office.matters.services import grants
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.moves import begin
from xieli.office.matters.services.names import persons, read_name
from xieli.office.matters.services.playbooks import current
from xieli.office.matters.services.source import actor, call, now, today
from xieli.office.matters.tables.core import Matter, MatterBody, MatterLink, MatterSubject

BY_PARENT = "按管理权限：共建机构的上级"
LEVELS = {"open": 0, "internal": 0, "work_secret": 1, "confidential": 2, "secret": 3, "top_secret": 4}


@dataclass(frozen=True)
class Subject:
    """Whom or what the matter is about, as typed."""

    name: str
    kind: str = "person"
    id_number: str = ""
    unit_body: int | None = None
    unit_name: str = ""
    post: str = ""
    cadre_rank: str = ""
    managed_by: int | None = None
    dual_managed: bool = False
    role: str = "subject"
    person: int | None = None


@dataclass(frozen=True)
class NewMatter:
    """A matter as it is registered."""

    kind: str
    title: str
    owner_body: int
    owner_room: int | None = None
    subjects: tuple[Subject, ...] = ()
    summary: str = ""
    level: int | None = None
    urgent: bool = False
    source: str = ""
    source_grade: str = ""
    received_on: date | None = None
    number: str = ""
    series: str = ""
    parties: dict[str, tuple[int, ...]] = field(default_factory=dict)
    compartments: tuple[int, ...] = ()


def normal_number(id_number: str) -> str:
    """The form in which two writings of one number meet (full width, spaces, lower-case x, 15 digits)."""
    return check("person_id", id_number, today()).key if id_number else ""


def digest_of(id_number: str) -> bytes | None:
    """Keyed digest of an identity number, the only form in which it is compared."""
    normal = normal_number(id_number)
    if not normal:
        return None
    with connection.cursor() as cursor:
        cursor.execute("select access.digest_identity(%s)", [normal])
        return bytes(cursor.fetchone()[0])


def belongs_to_superior(owner_body: int, subject: Subject) -> bool:
    """Whether the subject is the own head or of the superior's cadre: then nothing is kept here (检举控告规则 15)."""
    digest = digest_of(subject.id_number) if subject.id_number else None
    # as written, and each person that the field names: a blank, a remark or a second name hides nobody
    written = read_name(subject.name)
    asked = [(written, digest), *((name, None) for name in persons(written) if name != written)]
    with connection.cursor() as cursor:
        cursor.execute("select bool_or(access.belongs_to_superior(%s, %s, x.digest, x.name)) from unnest(%s::text[], %s::bytea[]) x(name, digest)",
                       [owner_body, subject.person, [name for name, _ in asked], [digest for _, digest in asked]])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def register(new: NewMatter) -> Matter:
    """Open a matter with its subjects at its first stage. Raises Refused; a match with one's own head keeps nothing."""
    for subject in new.subjects:
        if subject.kind == "person" and belongs_to_superior(new.owner_body, subject):
            raise Refused("sealed_hand_up", "属上级受理：请用密封上报，本级不登记、不留存内容。",
                          "It belongs to the superior body: use the sealed hand-up. Nothing of it is registered or kept here.")
    matter = _open(new, None)
    for subject in new.subjects:
        add_subject(matter, subject)
    for role, bodies in new.parties.items():
        for body in bodies:
            MatterBody.objects.create(matter=matter, body_id=body, role=role, starts_at=now())
    begin(matter)
    matter.refresh_from_db()
    return matter


def level_for(playbook: Playbook) -> int:
    """The kind's default level, within what this installation is approved for; above the kind's floor it may not sink."""
    with connection.cursor() as cursor:
        cursor.execute("select level_cap from access.installation")
        row = cursor.fetchone()
    cap = row[0] if row else 0
    floor = LEVELS[playbook.secrecy.floor]
    if floor > cap:
        raise Refused("level_cap", f"“{playbook.label.zh}”至少为更高密级，本系统未获批准处理，请走线下渠道。",
                      f"“{playbook.label.en}” needs a higher level than this installation is approved for; use the channel outside.")
    return max(floor, min(LEVELS[playbook.secrecy.default], cap))


def level_held(playbook: Playbook, clearance: int) -> int:
    """The level at which somebody of this clearance opens a kind: as high as the kind asks, but not above him, for he could not open what he
    writes (a town's officer); never below the kind's floor."""
    return max(LEVELS[playbook.secrecy.floor], min(level_for(playbook), clearance))


def _open(new: NewMatter, parent: int | None, extra: str = "") -> Matter:
    playbook = current(new.kind)
    level = level_for(playbook) if new.level is None else new.level
    if level < LEVELS[playbook.secrecy.floor]:
        raise Refused("level_floor", f"“{playbook.label.zh}”的密级不能低于规定的下限。", f"“{playbook.label.en}” may not be classified below its floor.")
    names = [s.name for s in new.subjects] + [s.unit_name for s in new.subjects if s.unit_name]
    fields = {
        "kind": new.kind, "playbook_version": playbook.version, "playbook_sha": playbook.sha256, "title": new.title, "summary": new.summary,
        "owner_body": new.owner_body, "owner_room": new.owner_room, "level": level, "urgent": new.urgent, "source": new.source,
        "source_grade": new.source_grade, "received_on": new.received_on.isoformat() if new.received_on else None, "number": new.number,
        "series": new.series, "comps": list(new.compartments), "grams": pieces_of(" ".join([new.title, *names, extra]), [s.name for s in new.subjects]),
    }
    identity = call("open_matter", Jsonb(fields), parent)
    record("matter.opened", matters=[int(identity)], kind=new.kind, number=new.number or None, body=new.owner_body, level=level)  # type: ignore[call-overload]
    return Matter.objects.get(pk=identity)


def add_subject(matter: Matter, subject: Subject) -> MatterSubject:
    """Register a subject or witness. Recusals are computed by the database in the same moment."""
    digest = digest_of(subject.id_number) if subject.id_number else None
    sealed = None
    if subject.id_number:
        with connection.cursor() as cursor:
            cursor.execute("select access.seal_identity(%s)", [normal_number(subject.id_number)])
            sealed = cursor.fetchone()[0]
    row = MatterSubject.objects.create(
        matter=matter, kind=subject.kind, name=subject.name, id_digest=digest, id_sealed=sealed, id_tail=subject.id_number[-4:] if subject.id_number else "",
        person_id=subject.person, unit_body_id=subject.unit_body, unit_name=subject.unit_name, post=subject.post, cadre_rank=subject.cadre_rank,
        managed_by_id=subject.managed_by, dual_managed=subject.dual_managed, role=subject.role,
    )
    record("subject.added", matters=[matter.id], subject=row.id, kind=row.kind, role=row.role)
    _open_to_parent(matter)
    return row


def _open_to_parent(matter: Matter) -> None:
    """A matter of a body with two parents is open to the head of the parent that manages its persons; to the other parent by grant alone (seed row S3-01)."""
    if matter.owner_body.second_parent_id is None:
        return
    parent = call("competent_parent", matter.id, None)
    heads = set(Office.objects.filter(body_id=parent, code="head", valid_to=None).values_list("id", flat=True)) if parent else set()
    open_to = {g.principal: g.id for g in Grant.objects.filter(matter=matter, basis=BY_PARENT, revoked_at=None)}
    for office in heads - set(open_to):
        grants.give(matter.id, office, kind="leader", acts=["read"], ends_at=None, basis=BY_PARENT, reason="")
    for office in set(open_to) - heads:  # another person of the matter is the other parent's: neither reads it until they have agreed
        grants.revoke(open_to[office], matter.id, "对象分属两个上级")


@transaction.atomic
def spawn(parent: Matter, kind: str, link: str, *, owner: int, row: dict[str, Any] | None = None, title: str = "",
          copy_subjects: bool = True) -> Matter:
    """A matter that comes from another: linked, with the same subjects, at its first stage."""
    from xieli.office.files.services import cite_relied

    playbook = current(kind)
    name = title or (row or {}).get("title") or f"{parent.title} · {playbook.label.zh}"
    own = owner in actor().principals
    room = parent.owner_room_id if owner == parent.owner_body_id else None
    child = _open(NewMatter(kind, str(name)[:300], owner, room, urgent=parent.urgent, level=max(parent.level, LEVELS[playbook.secrecy.floor]),
                            source="inspection" if parent.kind == "inspection_round" and kind == "lead" else ""), parent.id, extra=" ".join(
        parent.subjects.values_list("name", flat=True)))
    MatterLink.objects.create(source=parent, target=child, kind=link, created_at=now())
    record("matter.linked", matters=[parent.id, child.id], kind=link, target=child.id)
    cite_relied(parent, "matter", child.id)
    if own and room is not None and room not in actor().principals:
        # a head who decides that a matter follows does not take it from the room that works on its parent
        grants.give(child.id, room, kind="handler", acts=["read", "write", "grant", "handover", "close", "export", "note"], ends_at=None,
                    basis=f"from:{parent.kind}", reason="")
    if not own:
        call("seat_owner", child.id)
    if copy_subjects:
        call("copy_subjects", parent.id, child.id)
    if "host" in playbook.parties:
        # whoever asked for hands is the host of those who are sent
        call("seat_party", parent.id, child.id, "host", parent.owner_body_id)
    if own:
        # another body's matter begins when its own people open it: the spawner may only read it
        begin(child)
    child.refresh_from_db()
    return child


def ensure_begun(matter: Matter) -> None:
    """Begin a matter that another body opened for us; nothing happens when it has begun or we may not write."""
    if not matter.state and matter.status == "open" and call("may", matter.id, "write"):
        begin(matter)
        matter.refresh_from_db()


def link(source: Matter, target: Matter, kind: str) -> None:
    """What a matter came from and led to."""
    MatterLink.objects.create(source=source, target=target, kind=kind, created_at=now())
    record("matter.linked", matters=[source.id, target.id], kind=kind, target=target.id)


def own_bodies() -> list[Body]:
    """Bodies for which the bound person may open matters."""
    return list(Body.objects.filter(id__in=actor().principals, valid_to=None))
