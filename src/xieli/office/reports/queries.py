"""The leader's page: at most seven numbers, three pictures, ten red items."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from xieli.engines.metrics import Figure, Period
from xieli.office.matters.services import clocks
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.core import Matter
from xieli.office.reports.services import figure, report

ZONE = ZoneInfo("Asia/Shanghai")
SEVEN = ("leads_received", "lead_closure_rate", "case_rate", "handover_rate", "feedback_overdue", "rect_rate", "trained_persons")


def seven(period: Period) -> list[Figure]:
    """The numbers of the page, live for this reader."""
    return [figure(code, period) for code in SEVEN]


@dataclass(frozen=True)
class Red:
    """One red item: a matter and the clock that ran out, by the name that its playbook gives it."""

    matter: Matter
    clock: Any
    since: datetime
    statutory: bool


def reds(now: datetime, limit: int = 10) -> list[Red]:
    """Clocks past their alarm, statutory ones first."""
    rows = Clock.objects.filter(state="running", alarm_at__lte=now, matter__status="open").select_related("matter__owner_body").order_by("-statutory", "alarm_at")[:limit]
    return [Red(c.matter, _name_of(c), c.alarm_at, c.statutory) for c in rows if c.alarm_at]


def _name_of(clock: Clock) -> Any:
    plan = playbook_of(clock.matter).clocks.get(clock.code)
    return plan.label if plan else clocks.rule_for(clock).text


def funnel(period: Period) -> list[tuple[str, str, int]]:
    """Leads by cohort of receipt: received → accepted → verified → filed → closed, among what the reader may see."""
    sql = """select count(*), count(*) filter (where exists (select 1 from matter_move v where v.matter_id = x.id and v.move in ('accept', 'accept_named'))),
                    count(*) filter (where exists (select 1 from matter_move v where v.matter_id = x.id and v.move = 'start_check')),
                    count(*) filter (where exists (select 1 from outcome o where o.matter_id = x.id and o.kind = 'case_filed' and o.retracted_at is null)),
                    count(*) filter (where x.status = 'closed')
             from matter x where x.kind = 'lead' and coalesce(x.received_on, (x.opened_at at time zone 'Asia/Shanghai')::date) between %s and %s"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [period.first, period.last])
        row = cursor.fetchone()
    names = (("收到", "received"), ("受理", "accepted"), ("初核", "verified"), ("立案", "filed"), ("办结", "closed"))
    return [(zh, en, int(n)) for (zh, en), n in zip(names, row, strict=True)]


def heat(now: datetime, weeks: int = 12) -> tuple[list[date], list[tuple[Any, list[tuple[int, str]]]]]:
    """期限墙: bodies × weeks, how many fall due and the worst light of each cell.

    A limit ends at the midnight after its last day. What has ended is overdue, in this week too; what runs belongs to the week of its last day.
    """
    today = now.astimezone(ZONE).date()
    start = today - timedelta(days=today.weekday())
    columns = [start + timedelta(weeks=i) for i in range(weeks)]
    sql = """select m.owner_body_id, case when m.next_due <= %s then -1 else (((m.next_due - interval '1 microsecond') at time zone 'Asia/Shanghai')::date - %s) / 7 end as w, count(*)
             from matter m where m.status = 'open' and m.next_due <= (%s::timestamp at time zone 'Asia/Shanghai') group by 1, 2"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [now, start, start + timedelta(weeks=weeks)])
        cells = {(b, w): n for b, w, n in cursor.fetchall()}
    from xieli.office.bodies.models import Body

    bodies = Body.objects.filter(id__in={b for b, _ in cells}).order_by("sort_key")
    rows = []
    for body in bodies:
        line: list[tuple[int, str]] = [(cells.get((body.id, -1), 0), "red" if cells.get((body.id, -1)) else "")]
        for i in range(weeks):
            n = cells.get((body.id, i), 0)
            line.append((n, "" if not n else "yellow" if i == 0 else "green"))
        rows.append((body, line))
    return columns, rows


def waits(period: Period, limit: int = 20) -> list[tuple[str, str, int, float]]:
    """Where matters wait: stage, kind, how often, median days of stages left in the period."""
    sql = """select m.kind, s.stage, count(*), percentile_cont(0.5) within group (order by extract(epoch from s.closed_at - s.opened_at) / 86400)
             from matter_stage s join matter m on m.id = s.matter_id
             where s.state = 'done' and (s.closed_at at time zone 'Asia/Shanghai')::date between %s and %s group by 1, 2 order by 4 desc limit %s"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [period.first, period.last, limit])
        return [(k, st, int(n), float(d or 0)) for k, st, n, d in cursor.fetchall()]


@dataclass(frozen=True)
class PairWait:
    """One pair of bodies: hand-overs sent, decided, median hours, share decided within the days asked about."""

    sender: Any
    receiver: Any
    sent: int
    decided: int
    hours: float | None
    within: float | None


def waits_by_pair(period: Period, days: int = 5, limit: int = 30) -> list[PairWait]:
    """Where hand-overs wait, by pair of bodies, the slowest first. The share is of all sent, so that what nobody answers weighs too."""
    from xieli.office.bodies.models import Body

    sql = """select h.sender_id, h.receiver_id, count(*), count(h.decided_at), percentile_cont(0.5) within group (order by extract(epoch from h.decided_at - h.sent_at) / 3600),
                    avg((h.decided_at is not null and h.decided_at <= h.sent_at + make_interval(days => %s))::int)
             from handover h where (h.sent_at at time zone 'Asia/Shanghai')::date between %s and %s group by 1, 2 order by 5 desc nulls first, 3 desc limit %s"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [days, period.first, period.last, limit])
        rows = cursor.fetchall()
    bodies = Body.objects.in_bulk({b for r in rows for b in r[:2]})
    return [PairWait(bodies[s], bodies[r], int(n), int(d), None if h is None else float(h), None if w is None else float(w)) for s, r, n, d, h, w in rows]


def before_after(before: Period, after: Period) -> list[tuple[Figure, Figure]]:
    """The four defects that a reform must remove (report 37), each figure for both periods side by side."""
    return list(zip(report("r37", before), report("r37", after), strict=True))


def within(period: Period, days: int) -> list[tuple[str, int, float | None]]:
    """Per kind of matter received in the period: how many, and the share closed within so many days of opening."""
    sql = """select m.kind, count(*), avg((m.closed_at is not null and m.closed_at <= m.opened_at + make_interval(days => %s))::int)
             from matter m where coalesce(m.received_on, (m.opened_at at time zone 'Asia/Shanghai')::date) between %s and %s group by 1 order by 2 desc, 1"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [days, period.first, period.last])
        return [(k, int(n), None if s is None else float(s)) for k, n, s in cursor.fetchall()]
