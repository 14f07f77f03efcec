"""A scratch database into which a test loads rows, and the figures computed from them."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import count
from typing import Any

import psycopg
import pytest

from tests.dbfixtures import clone, drop
from xieli.content import content_path
from xieli.engines.metrics import (
    AsOf,
    Figure,
    MetricBook,
    Period,
    Query,
    compile_rows,
    compile_total,
    evaluate,
    load_book,
)
from xieli.engines.metrics.compute import Opening
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
        self.person(9)

    def person(self, identity: int) -> int:
        self.c.execute("insert into person (id, name, name_en, initials, sort_key, cadre_rank, native_division, clearance, active, account) values (%s, %s, '', '{}', '', '', '', 3, true, true)", [identity, f"某{identity}"])
        return identity

    def body(self, identity: int, kind: str = "unit") -> int:
        self.c.execute("insert into body (id, code, kind, rank, valid_from, name_zh, name_en, division_code, sector, short_zh, short_en, document_mark, initials, sort_key)"
                       " values (%s, %s, %s, 'county', '2000-01-01', %s, 'B', '', '', '', '', '', '{}', '')", [identity, f"b{identity}", kind, f"单位{identity}"])
        return identity

    def posted(self, person: int, body: int = 1, *, office: str = "handler", on: str = "2024-01-01", until: str | None = None, kind: str = "regular") -> None:
        found = self.c.execute("select id from office where body_id = %s and code = %s", [body, office]).fetchone()
        if found is None:
            found = self.c.execute("insert into office (id, body_id, code, title_zh, title_en, valid_from) values (%s, %s, %s, '', '', '2000-01-01') returning id", [500_000 + next(self.ids), body, office]).fetchone()
        self.c.execute("insert into posting (person_id, body_id, office_id, kind, starts_at, ends_at, basis, is_deputy, confirmed_by_id) values (%s, %s, %s, %s, %s, %s, '', false, 9)", [person, body, found[0], kind, on, until])

    def area(self, kind: str, members: list[int], on: str = "2024-01-01") -> None:
        row = self.c.execute("insert into area (id, kind, name_zh, name_en, lead_body_id, basis, plan_digest, valid_from) values (%s, %s, '片区', 'area', 1, '', '', %s) returning id", [600_000 + next(self.ids), kind, on]).fetchone()
        for member in members:
            self.c.execute("insert into area_body (area_id, body_id, role, valid_from) values (%s, %s, 'member', %s)", [row[0], member, on])

    def party(self, matter: int, body: int, role: str) -> None:
        self.c.execute("insert into matter_body (id, matter_id, body_id, role, starts_at) values (%s, %s, %s, %s, '2025-01-01')", [next(self.ids), matter, body, role])

    def handover(self, matter: int, sender: int, receiver: int, sent: str, decided: str | None = None, state: str = "accepted", kind: str = "referral") -> None:
        self.c.execute("insert into handover (id, matter_id, kind, sender_id, receiver_id, competence_reason, index, index_sha, keep_view, state, receipt_no, document_no, sent_at, sent_by_id, decided_at, reason, visible_note, sender_acl, coarse_stage)"
                       " values (%s, %s, %s, %s, %s, '', '[]', '', false, %s, '', '', %s, 9, %s, '', '', '{}', 'sent')", [next(self.ids), matter, kind, sender, receiver, state if decided else "sent", sent, decided])

    def duty(self, matter: int, first_due: str, *, told: tuple[str, ...] = (), final: str | None = None) -> None:
        duty = next(self.ids)
        self.c.execute("insert into feedback_duty (id, matter_id, owed_by_id, owed_to_id, to_reporter, rule, every_months, first_due, next_due, state, waived_reason, created_at) values (%s, %s, 1, 2, false, '', 6, %s, %s, 'open', '', '2025-01-01')", [duty, matter, first_due, first_due])
        for day in (*told, *([final] if final else [])):
            self.c.execute("insert into feedback (id, duty_id, matter_id, final, outcome_class, text, document_no, given_at, given_by_id) values (%s, %s, %s, %s, '', '', '', %s::date + time '12:00', 9)", [next(self.ids), duty, matter, day == final, day])

    def series(self, code: str, every: str, first: str) -> None:
        self.c.execute("insert into meeting_series (code, name_zh, name_en, body_id, every, kind, basis, valid_from) values (%s, %s, '', 1, %s, 'regular', '', %s)", [code, code, every, first])

    def meeting(self, kind: str, on: str, *, series: str = "s", owner: int = 1, side: int = 2) -> int:
        matter = self.matter("meeting", on, body=owner)
        self.party(matter, side, "side")
        self.fact(matter, "meeting.kind", on, text=kind)
        self.fact(matter, "meeting.series", on, text=series)
        self.fact(matter, "meeting.held", on, day=on)
        return matter

    def problem(self, source: str, *, done: bool = False, on: str = "2025-03-01") -> int:
        matter = self.matter("rectification", on)
        self.fact(matter, "problem.source", on, text=source)
        self.fact(matter, "problem.found", on, day=on)
        if done:
            self.outcome(matter, "signed_off", "2025-06-01")
        return matter

    def matter(self, kind: str = "lead", on: str = "2025-03-01", *, status: str = "open", closed: str | None = None, source: str = "", body: int = 1) -> int:
        identity = next(self.ids)
        self.c.execute(
            "insert into matter (id, kind, playbook_version, playbook_sha, title, summary, owner_body_id, level, status, stages, series, number, urgent, source, source_grade, opened_at,"
            " received_on, closed_at, close_kind, row_version, acl, deny, comps, sure_until, grams)"
            " values (%s, %s, 1, '', 't', '', %s, 0, %s, '{}', '', '', false, %s, '', %s::date + time '09:00', %s, %s::date + time '09:00', '', 1, '{}', '{}', '{}', '9999-01-01', '{}')",
            [identity, kind, body, status, source, on, on, closed])
        return identity

    def subject(self, matter: int, *, dual: bool = False, same: int | None = None) -> int:
        """A subject; `same`: the same person as the one of that key, as a copy in a matter that came of another is."""
        identity = next(self.ids)
        self.c.execute("insert into matter_subject (id, matter_id, kind, name, id_tail, unit_name, post, cadre_rank, dual_managed, role, same_key) values (%s, %s, 'person', '某', '', '', '', '', %s, 'subject', %s)",
                       [identity, matter, dual, 9_000_000 + identity if same is None else same])
        return identity

    def measure(self, matter: int, subject: int, kind: str, on: str) -> None:
        self.c.execute("insert into measure (id, matter_id, subject_id, kind, by_body_id, collective_no, superior_no, document_no, place, started_at, recorded_at, recorded_by_id, end_reason,"
                       " end_document_no, late_record, enterprise_note) values (%s, %s, %s, %s, 1, '', '', '', '', %s::date + time '12:00', %s::date + time '12:00', 9, '', '', true, '')",
                       [next(self.ids), matter, subject, kind, on, on])

    def outcome(self, matter: int, kind: str, on: str, subject: int | None = None) -> None:
        self.c.execute("insert into outcome (id, matter_id, subject_id, kind, happened_on, document_no, note, recorded_at, recorded_by_id) values (%s, %s, %s, %s, %s, '', '', %s::date + time '12:00', 9)",
                       [next(self.ids), matter, subject, kind, on, on])

    def fact(self, matter: int, code: str, on: str = "2025-03-01", *, n: int = 1, ref: Callable[[int], int] | None = None, text: str = "", number: float | None = None, known: str | None = None, day: str | None = None) -> None:
        for i in range(n):
            self.c.execute("insert into fact (id, matter_id, code, number, text, ref, day, unit, happened_on, recorded_at) values (%s, %s, %s, %s, %s, %s, %s, '', %s, %s::date + time '12:00')",
                           [next(self.ids), matter, code, number, text, ref(i) if ref else None, day, on, known or on])

    def run(self, query: Query) -> Sequence[Sequence[Any]]:
        return self.c.execute(query.sql, query.parameters).fetchall()  # type: ignore[arg-type]

    def figure(self, code: str, first: str = "2025-01-01", last: str = "2025-12-31", known_by: str | None = None, by: str = "", opening: Opening | None = None) -> Figure:
        return evaluate(self.book, code, Period(date.fromisoformat(first), date.fromisoformat(last)), self.run, known_by=date.fromisoformat(known_by) if known_by else None, by=by, opening=opening)

    def behind(self, code: str, first: str = "2025-01-01", last: str = "2025-12-31") -> set[Any]:
        """What drill-down opens: identities of matters, or labels of rows that stand on none."""
        metric = self.book[code]
        asof = AsOf(Period(date.fromisoformat(first), date.fromisoformat(last)))
        found = {row[0] for row in self.run(compile_rows(metric.count, asof, at_end=metric.at_end, limit=5000))}
        assert self.run(compile_total(metric.count, asof, at_end=metric.at_end))[0][0] == len(found)
        return found

    def redefined(self, code: str, *pairs: str) -> Figure:
        """The figure as it would be under another definition: texts replaced in the files, two by two."""
        texts = {e.name: e.read_text(encoding="utf-8") for e in content_path("metrics").iterdir() if e.name.endswith(".yaml")}
        lines = {(name, i): line for name, text in texts.items() for i, line in enumerate(text.split("\n"))}
        name, at = next(k for k, line in lines.items() if line.startswith(f"  {code}:"))
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert old in lines[name, at]
            lines[name, at] = lines[name, at].replace(old, new, 1)
        book = load_book({n: "\n".join(line for (m, _), line in lines.items() if m == n) for n in texts})
        return evaluate(book, code, Period(date(2025, 1, 1), date(2025, 12, 31)), self.run)

    def texts(self, *codes: str) -> list[str]:
        return [self.figure(c).text() for c in codes]


@pytest.fixture(scope="session")
def figures_connection(pg_cluster: Server) -> Iterator[psycopg.Connection[Any]]:
    database = clone(pg_cluster, f"figures_{os.getpid()}")
    try:
        with database.admin() as connection:
            connection.execute("set session_replication_role = replica")  # gates are tested elsewhere; here rows are given
            yield connection
    finally:
        drop(database)


@pytest.fixture
def rows(figures_connection: psycopg.Connection[Any], book: MetricBook) -> Iterator[Rows]:
    """Each test has its own rows: they are rolled back when it ends."""
    with figures_connection.transaction(force_rollback=True):
        yield Rows(figures_connection, book)
