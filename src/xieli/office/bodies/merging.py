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


class NotMerged(ValueError):
    """Why two bodies cannot be merged, in both languages; nothing was changed."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh, self.en = zh, en


def merge(connection: psycopg.Connection[Any], old_code: str, new_code: str, on: date, *, dry_run: bool = False) -> Merged:
    """Re-home what is open from one body to its successor. Raises NotMerged; nothing is changed then."""
    old, new = _body(connection, old_code), _body(connection, new_code)
    if old == new or new in _below(connection, old):
        raise NotMerged("承继机构不能是它自己或它的下级。没有改动。", "A body's successor is neither itself nor below it. Nothing was changed.")
    today = connection.execute("select access.day(access.now())").fetchone()[0]  # type: ignore[index]
    if on > today:
        raise NotMerged(f"合并日期 {on} 尚未到来。没有改动。", f"The day of the merger, {on}, has not come. Nothing was changed.")
    if connection.execute("select 1 from recusal r join matter m on m.id = r.matter_id where m.owner_body_id = %s and m.status = 'open' and r.principal = %s"
                          " and r.state in ('in_force', 'raised') and access.now() < r.ends_at", [old, new]).fetchone():
        raise NotMerged("承继机构对其中的事项应当回避，请先指定管辖。没有改动。", "The successor is recused from one of the matters; designate another body first. Nothing was changed.")
    with connection.transaction() as transaction:
        found = _move(connection, old, new, on)
        if dry_run:
            raise psycopg.Rollback(transaction)
    return found


def _body(connection: psycopg.Connection[Any], code: str) -> int:
    row = connection.execute("select id, valid_to from body where code = %s", [code]).fetchone()
    if row is None:
        raise NotMerged(f"没有机构 {code}。", f"There is no body {code}.")
    if row[1] is not None:
        raise NotMerged(f"机构 {code} 已经撤并（{row[1]}）。", f"The body {code} has ended already ({row[1]}).")
    return int(row[0])


def _below(connection: psycopg.Connection[Any], top: int) -> set[int]:
    return {row[0] for row in connection.execute(
        "with recursive b as (select id from body where parent_id = %s union select x.id from body x join b on x.parent_id = b.id) select id from b", [top])}


def _move(connection: psycopg.Connection[Any], old: int, new: int, on: date) -> Merged:
    row = connection.execute("select access.carry_out_merge(%s, %s, %s)", [old, new, on]).fetchone()
    return Merged(**row[0])  # type: ignore[index]
