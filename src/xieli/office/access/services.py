"""What may be done about who sees a matter. Each service is one transaction's step in the database and one event in the ledger.

All need a bound session (xieli.server.binding). The rules are enforced in the database (sql/): a service only calls, and
turns a refusal into a plain sentence. Not visible and not existing are one answer.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.utils import IntegrityError, InternalError, ProgrammingError
from psycopg.types.json import Jsonb

from xieli.engines.needtoknow import KINDS
from xieli.office.access.search import pieces_of
from xieli.office.audit import record
from xieli.office.matters.models import Matter

FORBIDDEN = ("查无此事项，或您不在其知悉范围。没有任何改动。", "There is no such matter, or you are not among those who may know. Nothing was changed.")
REFUSALS: dict[str, tuple[str, str]] = {
    "a grant needs a basis": ("授权须写明依据。没有改动。", "A grant needs a basis. Nothing was changed."),
    "break-glass needs a reason": ("破窗须写明理由（不少于八个字）。没有改动。", "Break-glass needs a reason of at least eight characters. Nothing was changed."),
    "recused": ("该人已回避，或其回避正待决定；先作出决定再授权。没有改动。", "This person is recused, or a decision on it is pending; decide first. Nothing was changed."),
    "nobody grants himself": ("不得给自己授予自己没有的权限。没有改动。", "Nobody grants himself what he lacks. Nothing was changed."),
    "this kind has its own door": ("这类授权另有办理途径。没有改动。", "This kind of grant has its own door. Nothing was changed."),
    "the last who may grant hands over first": ("您是最后一名可授权的人，请先移交。没有改动。", "You are the last who may grant; hand over first. Nothing was changed."),
    "the line is moved where it is drawn": ("分管关系请在机构职务中调整。没有改动。", "The line is moved in the duties of offices, not here. Nothing was changed."),
    "already decided": ("此前已作出决定。没有改动。", "It was decided before. Nothing was changed."),
    "already judged": ("此前已审核。没有改动。", "It was judged before. Nothing was changed."),
    "above the opener's clearance": ("密级或隔离组超出您的权限。没有改动。", "The level or compartment is beyond your own. Nothing was changed."),
    "above the giver's clearance": ("密级超出您的权限。没有改动。", "The level is above your own. Nothing was changed."),
    "this installation is not approved for level": ("本系统未获批处理该密级。没有保存。", "This installation is not approved for that level. Nothing was kept."),
    "a recusal needs a ground": ("回避须写明事由。没有改动。", "A recusal needs a ground. Nothing was changed."),
    "lifting a recusal needs a reason": ("解除回避须写明理由（不少于八个字）。没有改动。", "Lifting a recusal needs a reason of at least eight characters. Nothing was changed."),
    "a circle needs a basis": ("隔离组变动须写明依据。没有改动。", "A change of compartment needs a basis. Nothing was changed."),
    "does not carry": ("这类授权不能带有所选权限。没有改动。", "This kind of grant does not carry those acts. Nothing was changed."),
}


class Refused(Exception):
    """A refusal in both languages; `forbidden` when it must look like a matter that does not exist."""

    def __init__(self, zh: str, en: str, *, forbidden: bool = False) -> None:
        super().__init__(f"{zh} {en}")
        self.zh, self.en, self.forbidden = zh, en, forbidden


def _call(function: str, *values: Any, casts: str = "") -> Any:
    """Call access.<function>; the savepoint keeps the request's transaction usable after a refusal."""
    marks = casts or ", ".join(["%s"] * len(values))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"select access.{function}({marks})", values)
            row = cursor.fetchone()
            return row[0] if row else None
    except (ProgrammingError, IntegrityError, InternalError) as error:
        text = str(error)
        for sign, (zh, en) in REFUSALS.items():
            if sign in text:
                raise Refused(zh, en) from error
        if any(sign in text for sign in ("not visible", "no session", "one's own body", "lowered by", "left by approval", "not held")):
            raise Refused(*FORBIDDEN, forbidden=True) from error
        raise


def _rows(query: str, *values: Any) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        names = [c.name for c in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


# ── the matter ──────────────────────────────────────────────────────────────────────────────────────────────────────
def open_matter(
    *, kind: str, title: str, owner_body: int, owner_room: int | None = None, level: int | None = None, comps: Iterable[int] | None = None,
    playbook_version: int = 1, playbook_sha: str = "", parent: int | None = None, names: Iterable[str] = (), **fields: Any,
) -> int:
    """Open a matter for one's own body, or, from a parent on which one may write, for another; returns its id.

    Level and compartments come from the parent unless stated. `names` of subjects become searchable. Raises Refused.
    """
    named = list(names)
    data = {
        **fields, "kind": kind, "title": title, "owner_body": owner_body, "owner_room": owner_room, "level": level,
        "playbook_version": playbook_version, "playbook_sha": playbook_sha, "comps": sorted(comps) if comps is not None else None,
        "grams": pieces_of(" ".join([title, *named]), named),
    }
    with transaction.atomic():
        matter = int(_call("open_matter", Jsonb({k: v for k, v in data.items() if v is not None}), parent))
        level_now = _rows("select level from matter where id = %s", matter)
        record("matter.opened", matters=[matter], kind=kind, number=fields.get("number"), body=owner_body, level=level_now[0]["level"] if level_now else level or 0)
    return matter


def set_level(matter: int, level: int, basis: str) -> None:
    """Classify: raised up to one's own clearance, lowered only by who may approve. Raises Refused."""
    with transaction.atomic():
        _call("set_level", matter, level, basis, casts="%s, %s::smallint, %s")
        record("matter.classified", matters=[matter], level=level, basis=basis)


def set_compartments(matter: int, compartments: Iterable[int], basis: str) -> None:
    """Draw a matter into circles that one holds; out of one only by who may approve. Raises Refused."""
    circles = sorted(set(compartments))
    with transaction.atomic():
        _call("set_comps", matter, circles, basis, casts="%s, %s::integer[], %s")
        record("matter.circled", matters=[matter], compartments=[str(c) for c in circles], basis=basis)


# ── grants ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def give(
    matter: int, principal: int, kind: str, acts: Iterable[str], *, basis: str, reason: str = "", starts_at: datetime | None = None,
    ends_at: datetime | None = None, approver: int | None = None,
) -> int:
    """One more knower; returns the grant's id. It lasts twelve months at most and ends with the posting it rests on. Raises Refused."""
    if kind not in KINDS:
        raise Refused(f"没有“{kind}”这种授权。没有改动。", f"There is no grant of kind {kind}. Nothing was changed.")
    wanted = sorted(set(acts))
    with transaction.atomic():
        grant = int(_call("give", matter, principal, kind, wanted, starts_at, ends_at, basis, reason, approver,
                          casts="%s::bigint, %s::integer, %s, %s::text[], %s::timestamptz, %s::timestamptz, %s, %s, %s::integer"))
        record("knower.added", matters=[matter], grant=grant, principal=principal, kind=kind, basis=basis)
    return grant


def revoke(grant: int, reason: str) -> None:
    """End a grant now, from whoever may grant on the matter, or one's own. Raises Refused."""
    with transaction.atomic():
        found = _rows("select matter_id from matter_grant where id = %s", grant)
        _call("revoke", grant, reason)
        record("knower.removed", matters=[row["matter_id"] for row in found], grant=grant, reason=reason)


# ── break-glass ─────────────────────────────────────────────────────────────────────────────────────────────────────
def break_glass(matter: int, reason: str, hours: int = 4) -> int:
    """Read a matter of one's own body for at most four hours, with a reason; a second person judges it within 24 hours."""
    with transaction.atomic():
        grant = int(_call("break_glass", matter, reason, hours))
        record("glass.broken", matters=[matter], grant=grant, reason=reason)
    return grant


def judge_break_glass(review: int, verdict: str, comment: str) -> None:
    """The second person's verdict, `justified` or `unjustified`; the latter ends the grant at once. Raises Refused."""
    with transaction.atomic():
        _call("judge_break_glass", review, verdict, comment)
        record("glass.judged", review=review, verdict=verdict, comment=comment)


def reviews_waiting() -> list[dict[str, Any]]:
    """Broken glass that waits for the bound person's verdict: id, matter_id, person, reason, opened_at, judge_before."""
    return _rows("select * from access.pending_break_glass()")


def reviews_overdue() -> list[dict[str, Any]]:
    """For audit and security administrators: what nobody judged in time (id, person, opened_at; no content)."""
    return _rows("select * from access.overdue_break_glass()")


# ── recusal ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def raise_recusal(matter: int, principal: int, ground: str, reason: str = "") -> int:
    """Ask that a person or a body be recused (in force at once for oneself, or as an order of who may approve); returns its id."""
    with transaction.atomic():
        recusal = int(_call("raise_recusal", matter, principal, ground, reason))
        record("recusal.asked", matters=[matter], recusal=recusal, principal=principal, ground=ground)
    return recusal


def decide_recusal(recusal: int, verdict: str, reason: str = "") -> None:
    """Decide a request: `in_force`, `limited` (reads and remarks, does nothing else) or `rejected`. By the head, for the head by his superior. Raises Refused."""
    with transaction.atomic():
        _call("decide_recusal", recusal, verdict, reason)
        record("recusal.answered", recusal=recusal, verdict=verdict)


def lift_recusal(recusal: int, reason: str) -> bool:
    """Ask to lift a recusal in force, or agree as the second person: True when it ended. Raises Refused."""
    with transaction.atomic():
        done = bool(_call("lift_recusal", recusal, reason))
        record("recusal.lifted" if done else "recusal.lift_asked", recusal=recusal, reason=reason)
    return done


def recusals_waiting() -> list[dict[str, Any]]:
    """Requests that wait for the bound person's decision, without opening the matter to him."""
    return _rows("select * from access.pending_recusals()")


# ── circles ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def propose_holder(compartment: int, person: int, ends_at: datetime | None, basis: str) -> int:
    """A security administrator proposes a holder; nothing is held before `confirm_holder` by another person."""
    with transaction.atomic():
        holder = int(_call("propose_holder", compartment, person, ends_at, basis))
        record("circle.proposed", holder=holder, compartment=compartment, person_named=person, basis=basis)
    return holder


def confirm_holder(holder: int) -> None:
    """By a holder of the circle, or while it has none the head of the person's body; never the person or the proposer."""
    with transaction.atomic():
        _call("confirm_holder", holder)
        record("circle.confirmed", holder=holder)


def end_holder(holder: int, reason: str) -> None:
    """End a person's place in a circle."""
    with transaction.atomic():
        _call("end_holder", holder, reason)
        record("circle.ended", holder=holder, reason=reason)


# ── who may see this, who has seen this ─────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Knower:
    """A person whom a grant reaches: by which kinds, for which acts, until when, and what stands in his way (or '')."""

    person: int
    name: str
    kinds: list[str]
    acts: list[str]
    until: datetime | None
    barred: str

    @property
    def reason(self) -> Mapping[str, str]:
        """Why he sees it or not, in Chinese and English."""
        bars = {"recused": ("已回避", "recused"), "level": ("密级高于其可阅密级", "the level is above his clearance"), "compartment": ("不在隔离组", "not in the compartment")}
        if self.barred:
            return {"zh": bars[self.barred][0], "en": bars[self.barred][1]}
        return {"zh": "、".join(KINDS[k].zh for k in self.kinds), "en": ", ".join(KINDS[k].en for k in self.kinds)}


def who_may_see(matter: int) -> list[Knower]:
    """Everyone whom a grant on the matter now reaches. Empty for who may not see it, as for a matter that does not exist."""
    rows = _rows("select w.person, p.name, w.kinds, w.acts, w.until, w.barred from access.who_may_see(%s) w join person p on p.id = w.person order by p.sort_key, p.id", matter)
    return [Knower(**row) for row in rows]


def who_has_seen(matter: int, before: datetime | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """Every look at the matter, newest first, as the ledger holds it. Empty for who may not see it. See audit.seen()."""
    return _rows("select * from audit.seen(%s, %s::timestamptz, %s)", matter, before, limit)


def visible() -> Any:
    """The matters that the bound session may read: Matter.objects, restricted by the database itself."""
    return Matter.objects.all()

