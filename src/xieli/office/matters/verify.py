"""Recompute everything that is stored beside the truth and say where it differs. Reads only: run as the backup role.

Clocks are folded afresh from their events, circles of knowers from grants and recusals, the worklist from both, stages from
the engine's state, facts from the last forms, series from the numbers used, digests from what they are digests of.
"""
from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from xieli.engines.ledger.canonical import dumps
from xieli.engines.playbooks.forms import facts_of
from xieli.engines.playbooks.load import from_stored
from xieli.office.access.search import grams
from xieli.office.matters.services import clocks
from xieli.office.matters.services.forms import _plain
from xieli.office.matters.services.playbooks import by_sha
from xieli.office.matters.services.source import now
from xieli.office.matters.tables.approvals import Approval, Snapshot
from xieli.office.matters.tables.clocks import Clock, ClockEvent
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import Handover
from xieli.office.matters.tables.work import Fact, FormSubmission, PlaybookVersion


@dataclass(frozen=True)
class Difference:
    """One stored value that is not what it should be."""

    check: str
    row: str
    stored: str
    computed: str


CHECKS: dict[str, tuple[str, str, Callable[[], Iterator[Difference]]]] = {}


def check(code: str, zh: str, en: str) -> Callable[[Callable[[], Iterator[Difference]]], Callable[[], Iterator[Difference]]]:
    def keep(function: Callable[[], Iterator[Difference]]) -> Callable[[], Iterator[Difference]]:
        CHECKS[code] = (zh, en, function)
        return function

    return keep


def verify(wanted: tuple[str, ...] = ()) -> dict[str, list[Difference]]:
    """Every check (or those wanted) with its differences. Raises KeyError for a check that does not exist."""
    return {code: list(CHECKS[code][2]()) for code in (wanted or CHECKS)}


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


@check("clocks", "期限的缓存日期", "cached dates of clocks")
def _clocks() -> Iterator[Difference]:
    at = now()
    events: dict[int, list[ClockEvent]] = defaultdict(list)
    for event in ClockEvent.objects.order_by("clock_id", "happened_at").iterator(5000):
        events[event.clock_id].append(event)
    for clock in Clock.objects.iterator(2000):
        fresh = clocks.caches(clock, clocks.compute(clock, events[clock.id]), at)
        for name in ("due_at", "alarm_at", "warn_at", "provisional"):
            if getattr(clock, name) != fresh[name]:
                yield Difference("clocks", f"clock {clock.id} {name}", str(getattr(clock, name)), str(fresh[name]))


@check("next_due", "事项的最近期限", "the matter's next due date")
def _next_due() -> Iterator[Difference]:
    for row in _rows("select m.id, m.next_due, c.earliest from matter m left join (select matter_id, min(alarm_at) as earliest from clock"
                     " where state = 'running' and alarm_at is not null group by 1) c on c.matter_id = m.id where m.next_due is distinct from c.earliest"):
        yield Difference("next_due", f"matter {row[0]}", str(row[1]), str(row[2]))


_CIRCLE = """
with t as (select access.now() as now), g as (
    select matter_id, principal, starts_at, least(ends_at, revoked_at) as stops from matter_grant, t
    where 'read' = any (acts) and starts_at < least(ends_at, revoked_at) and t.now < least(ends_at, revoked_at)
), r as (select matter_id, principal, starts_at, ends_at from recusal, t where state = 'in_force' and t.now < ends_at),
expected as (
    select m.id, array(select distinct principal from g where g.matter_id = m.id order by 1) as acl,
           array(select distinct principal from r, t where r.matter_id = m.id and r.starts_at <= t.now order by 1) as deny
    from matter m)
select m.id, m.acl, e.acl, m.deny, e.deny, m.sure_until <= t.now and m.sure_until > 'epoch' as due
from matter m join expected e using (id), t where (m.acl <> e.acl or m.deny <> e.deny)"""


@check("knowers", "知悉范围的缓存", "cached circles of knowers")
def _knowers() -> Iterator[Difference]:
    # a boundary that has passed and waits for the sweeper is no difference: until then the row asks the exact question
    for identity, acl, should_acl, deny, should_deny, due in _rows(_CIRCLE):
        if not due:
            yield Difference("knowers", f"matter {identity}", f"acl {acl} deny {deny}", f"acl {should_acl} deny {should_deny}")


@check("worklist", "待办清单", "the worklist")
def _worklist() -> Iterator[Difference]:
    expected = "select x.principal, coalesce(m.next_due, timestamptz '9999-01-01 00:00:00+00') as next_due, m.id as matter_id from matter m, unnest(m.acl) x(principal) where m.status = 'open'"
    stored = "select principal, next_due, matter_id from matter_work"
    for sign, query in (("stored", f"{stored} except ({expected})"), ("computed", f"({expected}) except {stored}")):
        for principal, due, matter in _rows(query):
            yield Difference("worklist", f"matter {matter} principal {principal}", *((str(due), "-") if sign == "stored" else ("-", str(due))))


@check("stages", "环节与状态", "stages and status")
def _stages() -> Iterator[Difference]:
    open_rows: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for matter, token, stage in _rows("select matter_id, token, stage from matter_stage where state = 'open'"):
        open_rows[matter].append((token, stage))
    for matter in Matter.objects.exclude(state={}).iterator(2000):
        tokens = sorted((t["id"], t["stage"]) for t in matter.state["tokens"])
        result = matter.state.get("result")
        for name, stored, should in (("stages", list(matter.stages), sorted({s for _, s in tokens})), ("status", matter.status, "closed" if result else "open"),
                                     ("close_kind", matter.close_kind, result or ""), ("open steps", sorted(open_rows[matter.id]), tokens)):
            if stored != should:
                yield Difference("stages", f"matter {matter.id} {name}", str(stored), str(should))


@check("facts", "表单事实的投影", "facts projected from forms")
def _facts() -> Iterator[Difference]:
    living: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for fact in Fact.objects.filter(retracted_at=None, submission__isnull=False).iterator(5000):
        living[int(fact.submission_id)].append((fact.code, float(fact.number) if fact.number is not None else None, fact.text, str(fact.day or "")))  # type: ignore[arg-type]
    last: dict[tuple[int, str, str], int] = {}  # of a form that each body hands in for itself, the last of each
    rows = list(FormSubmission.objects.select_related("matter").order_by("matter_id", "form", "revision").iterator(2000))
    forms = {row.id: by_sha(row.matter.playbook_sha).forms.get(row.form) for row in rows}
    keys = {row.id: (row.matter_id, row.form, str(row.data.get("_body")) if form is not None and form.per else "") for row in rows for form in (forms[row.id],)}
    for row in rows:
        last[keys[row.id]] = row.id
    for row in rows:
        form = forms[row.id]
        if form is None:
            yield Difference("facts", f"form {row.id}", row.form, "-")
            continue
        current = form.adds or last[keys[row.id]] == row.id
        should = sorted(((f.code, float(f.number) if f.number is not None else None, f.text or "", (f.day or "")[:10]) for f in facts_of(form, row.data)), key=str) if current else []
        if sorted(living[row.id], key=str) != should:
            yield Difference("facts", f"form {row.id} {row.form} r{row.revision}", str(sorted(living[row.id], key=str)), str(should))


@check("search", "检索用的字对", "pieces by which search finds")
def _search() -> Iterator[Difference]:
    """A matter whose pieces lack one of its title's is not found by its own words."""
    for identity, title, pieces in _rows("select id, title, grams from matter order by id"):
        lacking = sorted(set(grams(title)) - set(pieces))
        if lacking:
            yield Difference("search", f"matter {identity}", f"{len(pieces)}", f"lacks {' '.join(lacking)}")


@check("numbers", "编号连续", "numbers without gaps")
def _numbers() -> Iterator[Difference]:
    for series, year, last, used, highest in _rows(
            "select s.series, s.year, s.last, count(u.number), coalesce(max(u.number), 0) from number_series s left join number_use u on u.series = s.series and u.year = s.year"
            " group by 1, 2, 3 having count(u.number) <> s.last or coalesce(max(u.number), 0) <> s.last"):
        yield Difference("numbers", f"{series} {year}", f"last {last}", f"used {used}, highest {highest}")


@check("playbooks", "流程版本的摘要", "digests of playbooks")
def _playbooks() -> Iterator[Difference]:
    known = set()
    for row in PlaybookVersion.objects.iterator():
        sha = from_stored(row.content).sha256
        known.add((row.code, row.version, row.sha))
        if sha != row.sha:
            yield Difference("playbooks", f"{row.code}@{row.version}", row.sha, sha)
    for code, version, sha in set(Matter.objects.values_list("kind", "playbook_version", "playbook_sha")) - known:
        yield Difference("playbooks", f"matters of {code}@{version}", sha, "-")


@check("digests", "请示、当时所见、移送清单和表单的摘要", "digests of requests, snapshots, file lists and forms")
def _digests() -> Iterator[Difference]:
    def sha(value: Any) -> str:
        return hashlib.sha256(dumps(_plain(value))).hexdigest()

    for approval in Approval.objects.iterator(2000):
        should = sha({k: v for k, v in approval.what.items() if v is not None})
        if should != approval.what_sha:
            yield Difference("digests", f"approval {approval.id}", approval.what_sha, should)
    for snapshot in Snapshot.objects.iterator(500):
        should = hashlib.sha256(bytes(snapshot.canon)).hexdigest()
        if should != snapshot.sha or bytes(snapshot.canon) != dumps(snapshot.content):
            yield Difference("digests", f"snapshot {snapshot.id}", snapshot.sha, should)
    for handover in Handover.objects.iterator(2000):
        if sha(handover.index) != handover.index_sha:
            yield Difference("digests", f"handover {handover.id}", handover.index_sha, sha(handover.index))
    for form in FormSubmission.objects.iterator(2000):
        if sha(form.data) != form.sha:
            yield Difference("digests", f"form {form.id}", form.sha, sha(form.data))
