"""合并机构: open matters, debts and parcels on their way go to the successor; old papers keep the old name.

Run by the installer as keeper of the tables, in one transaction. Staff are posted anew by personnel decisions, not here:
whoever still serves in the old body is counted and named to the person who merges.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg


@dataclass(frozen=True)
class Merged:
    """What a merge moved, or would move."""

    matters: int
    debts: int
    parcels: int
    children: int
    areas: int
    still_posted: int


def merge(connection: psycopg.Connection[Any], old_code: str, new_code: str, on: date, *, dry_run: bool = False) -> Merged:
    """Re-home what is open from one body to its successor. Raises ValueError in plain words; nothing is changed then."""
    old, new = _body(connection, old_code), _body(connection, new_code)
    if old == new or new in _below(connection, old):
        raise ValueError("承继机构不能是它自己或它的下级。没有改动。 / A body's successor is neither itself nor below it. Nothing was changed.")
    today = connection.execute("select access.day(access.now())").fetchone()[0]  # type: ignore[index]
    if on > today:
        raise ValueError(f"合并日期 {on} 尚未到来。没有改动。 / The day of the merger, {on}, has not come. Nothing was changed.")
    if connection.execute("select 1 from recusal r join matter m on m.id = r.matter_id where m.owner_body_id = %s and m.status = 'open' and r.principal = %s"
                          " and r.state in ('in_force', 'raised') and access.now() < r.ends_at", [old, new]).fetchone():
        raise ValueError("承继机构对其中的事项应当回避，请先指定管辖。没有改动。 / The successor is recused from one of the matters; designate another body first. Nothing was changed.")
    with connection.transaction() as transaction:
        found = _move(connection, old, new, on)
        if dry_run:
            raise psycopg.Rollback(transaction)
    return found


def _body(connection: psycopg.Connection[Any], code: str) -> int:
    row = connection.execute("select id, valid_to from body where code = %s", [code]).fetchone()
    if row is None:
        raise ValueError(f"没有机构 {code}。 / There is no body {code}.")
    if row[1] is not None:
        raise ValueError(f"机构 {code} 已经撤并（{row[1]}）。 / The body {code} has ended already ({row[1]}).")
    return int(row[0])


def _below(connection: psycopg.Connection[Any], top: int) -> set[int]:
    return {row[0] for row in connection.execute(
        "with recursive b as (select id from body where parent_id = %s union select x.id from body x join b on x.parent_id = b.id) select id from b", [top])}


def _move(connection: psycopg.Connection[Any], old: int, new: int, on: date) -> Merged:
    def run(statement: str, *arguments: Any) -> int:
        return connection.execute(statement, list(arguments)).rowcount  # type: ignore[arg-type]

    # the old name finds the successor; papers and lists of before read the body's own row, which stays
    run("insert into body_name (body_id, name_zh, name_en, initials, valid_from, valid_to) select %s, name_zh, name_en, initials, valid_from, %s from body where id = %s", new, on, old)
    opened = "select id from matter where owner_body_id = %s and status = 'open'"
    matters = [row[0] for row in connection.execute(opened, [old])]  # type: ignore[arg-type]
    run("update matter_body set ends_at = access.now() where matter_id = any (%s) and role = 'owner' and ends_at is null", matters)
    run("insert into matter_body (id, matter_id, body_id, role, starts_at) select access.new_id(), x, %s, 'owner', access.now() from unnest(%s::bigint[]) x", new, matters)
    run("update matter set owner_body_id = %s, owner_room_id = nullif(access.desk_of(%s), %s) where id = any (%s)", new, new, new, matters)
    # rights of the old body's rooms, offices and of the body itself end; the successor's desk takes over
    run("update matter_grant set revoked_at = access.now() where matter_id = any (%s) and revoked_at is null and access.now() < ends_at and principal in"
        " (select %s union select id from room where body_id = %s union select id from office where body_id = %s)", matters, old, old, old)
    run("insert into matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)"
        " select access.new_id(), x, access.desk_of(%s), 'handler', '{read,write,grant,handover,close,export,note}', access.now(), '9999-01-01', 'org_merge', '', 0, access.now()"
        " from unnest(%s::bigint[]) x where not access.barred(x, access.desk_of(%s))", new, matters, new)
    debts = run("update feedback_duty set owed_by_id = %s where owed_by_id = %s and state = 'open'", new, old)
    run("update feedback_duty set owed_to_id = %s where owed_to_id = %s and state = 'open'", new, old)
    parcels = run("update handover set receiver_id = %s where receiver_id = %s and state in ('sent', 'received', 'opened')", new, old)
    run("insert into matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at)"
        " select access.new_id(), h.matter_id, access.desk_of(%s), 'receiver', '{read,handover}', access.now(), access.now() + interval '60 days', 'org_merge', '', 0, access.now()"
        " from handover h where h.receiver_id = %s and h.state in ('sent', 'received', 'opened') and not exists (select 1 from matter_grant g where g.matter_id = h.matter_id"
        " and g.principal = access.desk_of(%s) and g.revoked_at is null and access.now() < g.ends_at)", new, new, new)
    children = run("update body set parent_id = %s where parent_id = %s and valid_to is null and id <> %s", new, old, new)
    areas = run("update area_body set valid_to = %s where body_id = %s and valid_to is null", on, old)
    run("update area set lead_body_id = %s where lead_body_id = %s and valid_to is null", new, old)
    run("insert into room_contact (room_id, body_id) select room_id, %s from room_contact c where body_id = %s and not exists"
        " (select 1 from room_contact x where x.room_id = c.room_id and x.body_id = %s)", new, old, new)
    posted = connection.execute("select count(*) from posting where body_id = %s and (ends_at is null or ends_at > access.now())", [old]).fetchone()
    run("update body set valid_to = %s, successor_id = %s where id = %s", on, new, old)
    return Merged(len(matters), debts, parcels, children, areas, posted[0] if posted else 0)
