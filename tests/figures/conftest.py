"""A scratch database into which a test loads rows, and the figures computed from them."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import count
from typing import Any

import psycopg
import pytest

from tests.dbfixtures import clone, drop
from xieli.content import content_path
from xieli.engines.metrics import Figure, MetricBook, Period, Query, evaluate, load_book
from xieli.server.cluster import Server


@pytest.fixture(scope="session")
def book() -> MetricBook:
    return load_book({e.name: e.read_text(encoding="utf-8") for e in content_path("metrics").iterdir() if e.name.endswith(".yaml")})


class Rows:
    """A loader: one body, one person, and as many matters, measures, outcomes, facts as a figure needs."""

    def __init__(self, connection: psycopg.Connection[Any], book: MetricBook) -> None:
        self.c, self.book, self.ids = connection, book, count(1)
        connection.execute("insert into body (id, code, kind, rank, valid_from, name_zh, name_en, division_code, sector, short_zh, short_en, document_mark, initials, sort_key)"
                           " values (1, 'b1', 'commission', 'county', '2000-01-01', '甲', 'A', '', '', '', '', '', '{}', ''), (2, 'b2', 'commission', 'county', '2000-01-01', '乙', 'B', '', '', '', '', '', '{}', '')")
        connection.execute("insert into person (id, name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account) values (9, '某', '', '{}', '', '', '', 3, true, true)")

    def matter(self, kind: str = "lead", on: str = "2025-03-01", *, status: str = "open", closed: str | None = None, source: str = "", body: int = 1) -> int:
        identity = next(self.ids)
        self.c.execute(
            "insert into matter (id, kind, playbook_version, playbook_sha, title, summary, owner_body_id, level, status, stages, series, number, urgent, source, source_grade, opened_at,"
            " received_on, closed_at, close_kind, row_version, acl, deny, comps, sure_until, grams)"
            " values (%s, %s, 1, '', 't', '', %s, 0, %s, '{}', '', '', false, %s, '', %s::date + time '09:00', %s, %s::date + time '09:00', '', 1, '{}', '{}', '{}', '9999-01-01', '{}')",
            [identity, kind, body, status, source, on, on, closed])
        return identity

    def subject(self, matter: int, *, dual: bool = False) -> int:
        identity = next(self.ids)
        self.c.execute("insert into matter_subject (id, matter_id, kind, name, id_tail, unit_name, post, cadre_rank, dual_managed, role) values (%s, %s, 'person', '某', '', '', '', '', %s, 'subject')",
                       [identity, matter, dual])
        return identity

    def measure(self, matter: int, subject: int, kind: str, on: str) -> None:
        self.c.execute("insert into measure (id, matter_id, subject_id, kind, by_body_id, collective_no, superior_no, document_no, place, started_at, recorded_at, recorded_by_id, end_reason,"
                       " end_document_no, late_record, enterprise_note) values (%s, %s, %s, %s, 1, '', '', '', '', %s::date + time '12:00', %s::date + time '12:00', 9, '', '', true, '')",
                       [next(self.ids), matter, subject, kind, on, on])

    def outcome(self, matter: int, kind: str, on: str, subject: int | None = None) -> None:
        self.c.execute("insert into outcome (id, matter_id, subject_id, kind, happened_on, document_no, note, recorded_at, recorded_by_id) values (%s, %s, %s, %s, %s, '', '', %s::date + time '12:00', 9)",
                       [next(self.ids), matter, subject, kind, on, on])

    def fact(self, matter: int, code: str, on: str = "2025-03-01", *, n: int = 1, ref: Callable[[int], int] | None = None, text: str = "", number: float | None = None, known: str | None = None) -> None:
        for i in range(n):
            self.c.execute("insert into fact (id, matter_id, code, number, text, ref, unit, happened_on, recorded_at) values (%s, %s, %s, %s, %s, %s, '', %s, %s::date + time '12:00')",
                           [next(self.ids), matter, code, number, text, ref(i) if ref else None, on, known or on])

    def figure(self, code: str, first: str = "2025-01-01", last: str = "2025-12-31", known_by: str | None = None) -> Figure:
        def run(query: Query) -> Sequence[Sequence[Any]]:
            return self.c.execute(query.sql, query.parameters).fetchall()  # type: ignore[arg-type]

        return evaluate(self.book, code, Period(date.fromisoformat(first), date.fromisoformat(last)), run, known_by=date.fromisoformat(known_by) if known_by else None)


_names = count(1)


@pytest.fixture
def rows(pg_cluster: Server, book: MetricBook, request: pytest.FixtureRequest) -> Iterator[Rows]:
    import os

    database = clone(pg_cluster, f"figures_{os.getpid()}_{next(_names)}")
    try:
        with database.admin() as connection:
            connection.execute("set session_replication_role = replica")  # gates are tested elsewhere; here rows are given
            yield Rows(connection, book)
    finally:
        drop(database)
