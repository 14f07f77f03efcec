"""What may be counted: tables and small derived tables, the day each row happened, the instant it was known, its columns.

Two marks may stand in any text here: ``:last`` is the last day of the period (happened by), ``:known`` the day by which a
thing must have been known; both become parameters of the query. A derived table states its rule in SQL that can be read.
"""
from __future__ import annotations

from dataclasses import dataclass

ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Source:
    """A table, the day its rows happened, the instant they were known, and the columns a definition may name."""

    table: str
    day: str
    known: str
    columns: dict[str, str]
    subject: str = ""
    gone: str = ""  # instant from which a row no longer counts
    matter: str = "x.matter_id"  # empty: the rows stand on no matter (postings, series); drill-down lists the rows themselves
    label: str = ""  # for rows without a matter: what drill-down shows, text
    dated: bool = True  # false: the derived table is itself a picture of the day `:last`
    tables: tuple[str, ...] = ()  # the base tables it reads, for benchmarks and for the report role's rights
    bodies: str = "m.owner_body_id"


def day_of(instant: str) -> str:
    """The legal day of an instant."""
    return f"(({instant}) at time zone '{ZONE}')::date"


MATTER = {"matter.kind": "m.kind", "matter.body": "m.owner_body_id", "matter.source": "m.source", "matter.urgent": "m.urgent", "matter.close_kind": "m.close_kind", "matter.level": "m.level"}
SUBJECT = {"subject.dual_managed": "s.dual_managed", "subject.kind": "s.kind", "subject.unit": "s.unit_body_id"}
# a status as it was known then: closed only when the closing had happened by that day
STATUS = f"(case when x.closed_at is not null and {day_of('x.closed_at')} <= :known then 'closed' else 'open' end)"

# terms of a duty to answer: the first, then every so many months; what has been told by the day is held against what fell due
DUTIES = f"""(select d.id, d.matter_id, d.owed_by_id, d.owed_to_id, d.first_due, d.created_at,
        (d.state = 'waived') as waived,
        exists (select 1 from feedback f where f.duty_id = d.id and f.final and {day_of('f.given_at')} <= least(:last, :known)) as answered,
        (select count(*) from generate_series(0, 119) k where d.first_due + k * d.every_months * interval '1 month' <= :last) as fallen_due,
        (select count(*) from feedback f where f.duty_id = d.id and {day_of('f.given_at')} <= least(:last, :known)) as told
    from feedback_duty d)"""

_LIVING = "({0}.retracted_at is null or " + day_of("{0}.retracted_at") + " > :known) and " + day_of("{0}.recorded_at") + " <= :known"


def living(alias: str) -> str:
    """A fact that stood on the day of knowledge."""
    return _LIVING.format(alias)


# a project is done when its completion is recorded; late when its latest stage began after the baseline or a stage should have
# begun and has not; else on schedule. The rule is ours; the baseline is never overwritten.
PROJECTS = f"""(select p.id as matter_id, p.opened_at,
        case when done.yes then 'done' when coalesce(slip.days, 0) > 0 or planned.n > started.n then 'late' else 'on_time' end as status,
        greatest(coalesce(slip.days, 0), coalesce(waiting.days, 0)) as late_days
    from matter p
    cross join lateral (select count(*) as n from fact f where f.matter_id = p.id and f.code = 'project.stage_planned' and f.happened_on <= :last and {living('f')}) planned
    cross join lateral (select count(*) as n from fact f where f.matter_id = p.id and f.code = 'project.stage_started' and f.happened_on <= :last and {living('f')}) started
    cross join lateral (select exists (select 1 from outcome o where o.matter_id = p.id and o.kind = 'completed' and o.happened_on <= :last and {living('o')}) as yes) done
    left join lateral (select f.number as days from fact f where f.matter_id = p.id and f.code = 'project.slip' and f.happened_on <= :last and {living('f')}
                       order by f.happened_on desc, f.recorded_at desc, f.id desc limit 1) slip on true
    left join lateral (select :last - f.happened_on as days from fact f where f.matter_id = p.id and f.code = 'project.stage_planned' and f.happened_on <= :last and {living('f')}
                       order by f.happened_on desc, f.id desc limit 1) waiting on planned.n > started.n
    where p.kind = 'project' and {day_of('p.opened_at')} <= :last)"""

# a section's latest class against its target, and for how many months in a row it was no worse; a month without a sample breaks the row
WATER = f"""(select t.matter_id, t.recorded_at, t.target, r.class, (r.class <= t.target) as met, r.months
    from (select f.matter_id, f.recorded_at, f.number as target from fact f where f.code = 'water.target' and {living('f')}) t
    cross join lateral (
        select max(q.class) filter (where q.n = 0) as class, count(*) filter (where q.n = q.back) as months from (
            select w.class, w.back, row_number() over (order by w.back) - 1 as n from (
                select v.class, first_value(v.month) over (order by v.month desc) - v.month as back, first_value(v.class) over (order by v.month desc) as latest from (
                    select (extract(year from f.happened_on) * 12 + extract(month from f.happened_on))::int as month, max(f.number) as class from fact f
                    where f.matter_id = t.matter_id and f.code = 'water.class' and f.happened_on <= :last and {living('f')} group by 1) v) w
            where w.class <= w.latest) q) r
    where r.class is not null)"""

# a system is one text of one unit, however many recommendations led to it
SYSTEMS = f"""(select distinct on (u.ref, f.text) f.matter_id, f.text, u.ref, f.happened_on, f.recorded_at, f.retracted_at
    from fact f join fact u on u.matter_id = f.matter_id and u.code = 'recommendation.unit' and {living('u')}
    where f.code = 'recommendation.system' and f.happened_on <= :last and {living('f')} order by u.ref, f.text, f.happened_on, f.id)"""

# an activity of two sides is one activity, also when each side registered it: same kind, same day, same two bodies
ACTIVITIES = f"""(select distinct on (k.text, h.day, least(m0.owner_body_id, b.body_id), greatest(m0.owner_body_id, b.body_id)) k.matter_id, k.text as kind, h.day as happened_on, h.recorded_at
    from fact k join fact h on h.matter_id = k.matter_id and h.code = 'meeting.held' and {living('h')} join matter m0 on m0.id = k.matter_id
    left join lateral (select min(mb.body_id) as body_id from matter_body mb where mb.matter_id = k.matter_id and mb.role = 'side') b on true
    where k.code = 'meeting.kind' and {living('k')} order by 1, 2, 3, 4)""".replace("order by 1, 2, 3, 4", "order by k.text, h.day, least(m0.owner_body_id, b.body_id), greatest(m0.owner_body_id, b.body_id), k.id")

# who serves on the day, once per body, and whether that person was ever trained by then
STAFF = f"""(select distinct on (po.person_id, po.body_id) po.id, po.person_id, po.body_id, po.starts_at,
        exists (select 1 from fact f where f.code = 'training.attended' and f.ref = po.person_id and f.happened_on <= :last and {living('f')}) as trained
    from posting po where po.kind = 'regular' and po.office_id is not null and {day_of('po.starts_at')} <= :last and (po.ends_at is null or {day_of('po.ends_at')} > :last)
    order by po.person_id, po.body_id, po.id)"""
COVERED = f"""(select s.body_id, min(s.starts_at) as starts_at, count(*) as staff, count(*) filter (where s.trained) as trained, bool_and(s.trained) as full from {STAFF} s group by s.body_id)"""

# the newest verdict of a hit as known on the day
HITS = f"""(select h.id, h.matter_id, h.model, v.verdict, v.at from match_hit h join lateral (
        select w.verdict, w.at from match_verdict w where w.hit_id = h.id and {day_of('w.at')} <= least(:last, :known) order by w.at desc, w.id desc limit 1) v on true)"""

# every slot of a meeting series that has ended: was there a meeting of the series in it?
SLOTS = f"""(select s.id, s.body_id, s.name_zh, g.first, (g.first + s.step)::date - 1 as last,
        exists (select 1 from fact k join fact h on h.matter_id = k.matter_id and h.code = 'meeting.held' and {living('h')}
                where k.code = 'meeting.series' and k.text = s.code and {living('k')} and h.day >= g.first::date and h.day < (g.first + s.step)::date and h.day <= :last) as held
    from (select q.*, case q.every when 'week' then interval '7 days' when 'month' then interval '1 month' when 'quarter' then interval '3 months' else interval '1 year' end as step from meeting_series q) s
    cross join lateral generate_series(s.valid_from::timestamp, least(:last, coalesce(s.valid_to - 1, :last))::timestamp, s.step) g(first)
    where (g.first + s.step)::date - 1 <= :last)"""

SOURCES: dict[str, Source] = {
    "matters": Source("matter", "coalesce(x.received_on, " + day_of("x.opened_at") + ")", "x.opened_at",
                      {"kind": "x.kind", "status": STATUS, "source": "x.source", "body": "x.owner_body_id", "urgent": "x.urgent", "close_kind": "x.close_kind",
                       "days": "extract(day from coalesce(x.closed_at, x.opened_at) - x.opened_at)"}, matter="x.id", tables=("matter",)),
    "closings": Source("matter", day_of("x.closed_at"), "x.closed_at", {"kind": "x.kind", "source": "x.source", "body": "x.owner_body_id", "close_kind": "x.close_kind",
                       "days": "extract(epoch from x.closed_at - x.opened_at) / 86400", "hours": "extract(epoch from x.closed_at - x.opened_at) / 3600"}, matter="x.id", tables=("matter",)),
    "moves": Source("matter_move", day_of("x.happened_at"), "x.at", {"move": "x.move", "from_stage": "x.from_stage", "to_stage": "x.to_stages", "body": "x.body_id"}, tables=("matter_move", "matter")),
    "facts": Source("fact", "x.happened_on", "x.recorded_at", {"code": "x.code", "number": "x.number", "day": "x.day", "unit": "x.unit", "text": "x.text", "ref": "x.ref"}, "x.subject_id", "x.retracted_at", tables=("fact", "matter")),
    "outcomes": Source("outcome", "x.happened_on", "x.recorded_at", {"kind": "x.kind", "amount": "x.amount_fen"}, "x.subject_id", "x.retracted_at", tables=("outcome", "matter")),
    "measures": Source("measure", day_of("x.started_at"), "x.recorded_at", {"kind": "x.kind", "late": "x.late_record",
                       "end_reason": f"(case when {day_of('x.ended_at')} <= :known then x.end_reason else '' end)", "days": "extract(epoch from coalesce(x.ended_at, x.started_at) - x.started_at) / 86400"}, "x.subject_id", tables=("measure", "matter")),
    "handovers": Source("handover", day_of("x.sent_at"), "x.sent_at", {"kind": "x.kind", "sender": "x.sender_id", "receiver": "x.receiver_id",
                        "state": f"(case when x.decided_at is null or {day_of('x.decided_at')} > :known then 'waiting' else x.state end)",
                        "hours": f"(case when {day_of('x.decided_at')} <= :known then extract(epoch from x.decided_at - x.sent_at) / 3600 end)"}, tables=("handover", "matter")),
    "duties": Source(DUTIES, "x.first_due", "x.created_at", {"owed_by": "x.owed_by_id", "owed_to": "x.owed_to_id", "overdue": "(not x.waived and not x.answered and x.fallen_due > x.told)", "answered": "x.answered"},
                     tables=("feedback_duty", "feedback", "matter")),
    "clocks": Source("clock", day_of("x.started_at"), "x.started_at", {"rule": "x.rule", "code": "x.code", "state": "x.state", "statutory": "x.statutory"}, tables=("clock", "matter")),
    "subjects": Source("matter_subject", "coalesce(m.received_on, " + day_of("m.opened_at") + ")", "m.opened_at", {"kind": "x.kind", "dual_managed": "x.dual_managed", "unit": "x.unit_body_id", "role": "x.role"}, "x.id", tables=("matter_subject", "matter")),
    "partners": Source("(select b.*, o.kind as body_kind from matter_body b join body o on o.id = b.body_id)", "coalesce(m.received_on, " + day_of("m.opened_at") + ")", "m.opened_at", {"role": "x.role", "body": "x.body_id", "body_kind": "x.body_kind"}, tables=("matter_body", "matter")),
    "grants": Source("matter_grant", day_of("x.starts_at"), "x.starts_at", {"kind": "x.kind"}, tables=("matter_grant", "matter")),
    "hits": Source(HITS, day_of("x.at"), "x.at", {"model": "x.model", "verdict": "x.verdict"}, tables=("match_hit", "match_verdict", "matter")),
    "projects": Source(PROJECTS, ":last", "x.opened_at", {"status": "x.status", "late_days": "x.late_days"}, dated=False, tables=("matter", "fact", "outcome")),
    "water": Source(WATER, ":last", "x.recorded_at", {"met": "x.met", "class": "x.class", "target": "x.target", "months": "x.months"}, dated=False, tables=("fact", "matter")),
    "systems": Source(SYSTEMS, "x.happened_on", "x.recorded_at", {"unit": "x.ref"}, tables=("fact", "matter")),
    "activities": Source(ACTIVITIES, "x.happened_on", "x.recorded_at", {"kind": "x.kind"}, tables=("fact", "matter", "matter_body")),
    "postings": Source("(select po.*, o.code as office_code from posting po left join office o on o.id = po.office_id)", day_of("x.starts_at"), "x.starts_at",
                       {"kind": "x.kind", "office": "x.office_code", "body": "x.body_id", "home": "x.home_body_id", "serving": f"(x.ends_at is null or {day_of('x.ends_at')} > :last)",
                        "confirmed": "(x.confirmed_by_id is not null)"}, "x.person_id", matter="", label="person:x.person_id", tables=("posting", "office"), bodies="x.body_id"),
    "staff": Source(STAFF, ":last", "x.starts_at", {"trained": "x.trained", "body": "x.body_id"}, "x.person_id", matter="", label="person:x.person_id", dated=False, tables=("posting", "fact"), bodies="x.body_id"),
    "covered": Source(COVERED, ":last", "x.starts_at", {"full": "x.full"}, matter="", label="body:x.body_id", dated=False, tables=("posting", "fact"), bodies="x.body_id"),
    "areas": Source("area", "x.valid_from", "x.valid_from", {"kind": "x.kind", "valid": "(x.valid_to is null or x.valid_to > :last)"}, matter="", label="area:x.id", tables=("area",), bodies="x.lead_body_id"),
    "slots": Source(SLOTS, "x.last", "x.last", {"held": "x.held"}, matter="", label="text:x.name_zh || ' ' || x.first::date", tables=("meeting_series", "fact"), bodies="x.body_id"),
}
