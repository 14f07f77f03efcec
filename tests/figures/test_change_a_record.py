"""“Change a record, and every figure that stands on it changes”: for every definition, none left out.

Each source has a maker that writes one record fulfilling a definition's conditions and says how to change it afterwards. The
figure must move when the record comes and return to what it was when the record is taken back, differs, or is excluded.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from tests.figures.conftest import Rows
from xieli.content import content_path
from xieli.engines.metrics import Metric, load_book
from xieli.engines.metrics.model import Count

Undo = Callable[[], None]
FILL = {"bigint": 0, "integer": 0, "smallint": 0, "text": "", "character varying": "", "jsonb": "{}", "boolean": False, "ARRAY": "{}", "timestamp with time zone": "2025-03-01 09:00+08", "date": "2025-03-01", "bytea": b""}


def put(rows: Rows, table: str, **values: Any) -> int:
    """One row with what is named; every other column that must have a value gets an empty one of its type."""
    must = rows.c.execute("select column_name, data_type from information_schema.columns where table_name = %s and table_schema = 'public' and is_nullable = 'NO' and column_default is null and is_identity = 'NO'", [table]).fetchall()
    full = {name: FILL[kind] for name, kind in must} | {"id": next(rows.ids)} | values
    rows.c.execute(f"insert into {table} ({', '.join(full)}) values ({', '.join(['%s'] * len(full))})", list(full.values()))
    return int(full["id"])


def gone(rows: Rows, table: str, matter: int, column: str = "matter_id") -> Undo:
    """Take the rows of a matter away."""
    return lambda: rows.c.execute(f"delete from {table} where {column} = %s", [matter]) and None


def retracted(rows: Rows, table: str, matter: int) -> Undo:
    """Take back what was recorded; the row stays."""
    return lambda: rows.c.execute(f"update {table} set retracted_at = now() where matter_id = %s", [matter]) and None


class Maker:
    """Writes records by source; `case` holds the value that each condition takes."""

    def __init__(self, rows: Rows, n: int) -> None:
        self.rows, self.n = rows, n

    def record(self, count: Count, case: dict[str, Any]) -> tuple[int, Undo]:
        made: tuple[int, Undo] = getattr(self, count.source)(case)
        return made

    def of_kind(self, case: dict[str, Any], default: str = "lead", **more: Any) -> int:
        return self.rows.matter(str(case.get("matter.kind", default)), **more)

    def facts(self, case: dict[str, Any], on: int | None = None) -> tuple[int, Undo]:
        matter = on or self.of_kind(case)
        self.rows.fact(matter, str(case["code"]), text=str(case.get("text", f"t{self.n}")), ref=lambda _: 10**6 + self.n, number=10_000 + self.n, day="2025-03-01")
        return matter, retracted(self.rows, "fact", matter)

    def outcomes(self, case: dict[str, Any], on: int | None = None) -> tuple[int, Undo]:
        matter = on or self.of_kind(case)
        self.rows.outcome(matter, str(case["kind"]), "2025-03-01", self.rows.subject(matter))
        return matter, retracted(self.rows, "outcome", matter)

    def matters(self, case: dict[str, Any]) -> tuple[int, Undo]:
        closed = case.get("status") == "closed"
        matter = self.rows.matter(str(case.get("kind", "lead")), source=str(case.get("source", "")), status="closed" if closed else "open", closed="2025-03-02" if closed else None)
        return matter, gone(self.rows, "matter", matter, "id")

    def closings(self, case: dict[str, Any]) -> tuple[int, Undo]:
        matter = self.rows.matter(str(case["kind"]), source=str(case.get("source", "")), status="closed", closed=f"2025-06-{1 + self.n % 28:02d}")
        return matter, lambda: self.rows.c.execute("update matter set closed_at = null where id = %s", [matter]) and None

    def measures(self, case: dict[str, Any]) -> tuple[int, Undo]:
        matter = self.rows.matter("liuzhi")
        subject = self.rows.subject(matter, dual=bool(case.get("subject.dual_managed")))
        self.rows.measure(matter, subject, str(case.get("kind", "liuzhi")), "2025-03-01")
        if "end_reason" in case:
            self.rows.c.execute("update measure set ended_at = '2025-04-01', end_reason = %s where matter_id = %s", [case["end_reason"], matter])
        if "subject.dual_managed" in case:
            return matter, lambda: self.rows.c.execute("update matter_subject set dual_managed = false where matter_id = %s", [matter]) and None
        return matter, gone(self.rows, "measure", matter)

    def partners(self, case: dict[str, Any], on: int | None = None) -> tuple[int, Undo]:
        matter = on or self.of_kind(case, "joint_case")
        self.rows.body(3_000 + self.n, str(case.get("body_kind", "line_department")))
        self.rows.party(matter, 3_000 + self.n, str(case["role"]))
        return matter, gone(self.rows, "matter_body", matter)

    def handovers(self, case: dict[str, Any]) -> tuple[int, Undo]:
        matter = self.of_kind(case)
        self.rows.handover(matter, 1, 2, "2025-03-01 09:00", f"2025-03-{2 + self.n % 25:02d} 09:00", state=str(case.get("state", "accepted")), kind=str(case.get("kind", "referral")))
        return matter, gone(self.rows, "handover", matter)

    def duties(self, case: dict[str, Any]) -> tuple[int, Undo]:
        matter = self.rows.matter()
        self.rows.duty(matter, "2025-03-01")
        return matter, lambda: self.rows.c.execute("update feedback_duty set state = 'waived', first_due = '2020-01-01' where matter_id = %s", [matter]) and None

    def grants(self, case: dict[str, Any]) -> tuple[int, Undo]:
        matter = self.rows.matter()
        put(self.rows, "matter_grant", matter_id=matter, principal=1, kind="handler", basis="b", ends_at="9999-01-01")
        return matter, gone(self.rows, "matter_grant", matter)

    def hits(self, case: dict[str, Any], on: int | None = None) -> tuple[int, Undo]:
        matter = on or self.rows.matter()
        hit = put(self.rows, "match_hit", matter_id=matter, code=f"h{self.n}")
        put(self.rows, "match_verdict", matter_id=matter, hit_id=hit, verdict=str(case.get("verdict", "true")), reason="已核")
        return matter, lambda: put(self.rows, "match_verdict", matter_id=matter, hit_id=hit, verdict="open", reason="再核", at="2025-04-01 09:00+08") and None

    def systems(self, case: dict[str, Any]) -> tuple[int, Undo]:
        matter = self.rows.matter("recommendation")
        self.rows.fact(matter, "recommendation.unit", ref=lambda _: 10**6 + self.n)
        self.rows.fact(matter, "recommendation.system", text=f"制度{self.n}")
        return matter, retracted(self.rows, "fact", matter)

    def projects(self, case: dict[str, Any]) -> tuple[int, Undo]:
        project = self.rows.matter("project", "2025-01-02")
        self.rows.fact(project, "project.stage_planned", "2025-03-10")
        self.rows.fact(project, "project.stage_started", "2025-03-10", day="2025-03-10")
        if case.get("status") == "late":
            self.rows.fact(project, "project.slip", "2025-03-10", number=5)
        if case.get("status") == "done":
            self.rows.outcome(project, "completed", "2025-04-01")

        def change() -> None:
            if case.get("status") == "late":
                retracted(self.rows, "fact", project)()
            elif case.get("status") == "done":
                retracted(self.rows, "outcome", project)()
            elif case:
                self.rows.outcome(project, "completed", "2025-04-01")
            else:
                gone(self.rows, "matter", project, "id")()

        return project, change

    def water(self, case: dict[str, Any]) -> tuple[int, Undo]:
        section = self.rows.matter("water_section")
        self.rows.fact(section, "water.target", number=3)
        for month in range(1, 4):
            self.rows.fact(section, "water.class", f"2025-{month:02d}-05", number=4 if case.get("met") is False else 2)
        return section, retracted(self.rows, "fact", section)

    def activities(self, case: dict[str, Any]) -> tuple[int, Undo]:
        self.rows.body(3_000 + self.n)
        matter = self.rows.meeting(str(case["kind"]), "2025-03-01", side=3_000 + self.n)
        return matter, retracted(self.rows, "fact", matter)

    def staff(self, case: dict[str, Any]) -> tuple[int, Undo]:
        person, body = self.rows.person(5_000 + self.n), 1
        self.rows.posted(person, body)
        session = self.rows.matter("training")
        if case.get("trained", True):
            self.rows.fact(session, "training.attended", ref=lambda _: person)
            return session, retracted(self.rows, "fact", session)
        return session, lambda: self.rows.fact(session, "training.attended", ref=lambda _: person)

    def covered(self, case: dict[str, Any]) -> tuple[int, Undo]:
        person = self.rows.person(5_000 + self.n)
        self.rows.body(3_000 + self.n, "commission")
        self.rows.posted(person, 3_000 + self.n)
        session = self.rows.matter("training")
        self.rows.fact(session, "training.attended", ref=lambda _: person)
        return session, lambda: self.rows.posted(self.rows.person(6_000 + self.n), 3_000 + self.n)  # a newcomer who was not trained

    def postings(self, case: dict[str, Any]) -> tuple[int, Undo]:
        person = self.rows.person(5_000 + self.n)
        self.rows.body(3_000 + self.n, "village")
        self.rows.posted(person, 3_000 + self.n, office=str(case["office"]))
        return 0, lambda: self.rows.c.execute("update posting set ends_at = '2025-06-01' where person_id = %s", [person]) and None

    def areas(self, case: dict[str, Any]) -> tuple[int, Undo]:
        self.rows.area(str(case["kind"]), [])
        return 0, lambda: self.rows.c.execute("update area set valid_to = '2025-06-01' where id = (select max(id) from area)") and None

    def slots(self, case: dict[str, Any]) -> tuple[int, Undo]:
        self.rows.series(f"s{self.n}", "quarter", "2025-10-01")

        def held() -> None:
            self.rows.meeting("regular", "2025-11-05", series=f"s{self.n}")

        return 0, held


def cases(count: Count) -> Iterator[dict[str, Any]]:
    """Every way in which the conditions can be fulfilled: each value of an `in` alone; of a `not_in` something that is not among them."""
    ways = [[(w.column, v) for v in w.values] if w.operator in ("is", "in") else [(w.column, "true" if w.column == "verdict" else "line_department")] for w in count.where]
    for way in product(*ways):
        yield dict(way)


def beside(maker: Maker, count: Count, matter: int) -> Undo:
    """The record that another condition asks for, on the same matter; returns how to take it back."""
    case = next(cases(count))
    made: tuple[int, Undo] = getattr(maker, count.source)(case, on=matter)
    return {"facts": lambda: maker.rows.c.execute("update fact set retracted_at = now() where matter_id = %s and code = %s", [matter, case["code"]]) and None}.get(count.source, made[1]) if case else made[1]


def value(rows: Rows, code: str) -> Any:
    """The number; of a share its numerator, which alone stands on the record."""
    figure = rows.figure(code)
    return figure.number if figure.number is None or figure.metric.denominator is None else round(figure.number * (figure.of or 0), 6)


ALL = sorted(load_book({e.name: e.read_text("utf-8") for e in content_path("metrics").iterdir() if e.name.endswith(".yaml")}))


@pytest.mark.parametrize("code", ALL)
def test_change_a_record_and_the_figure_changes(rows: Rows, code: str) -> None:
    """S4-57 and every other definition: a record that fulfils it moves the figure; changed, the figure is as before."""
    metric: Metric = rows.book[code]
    n = 0
    for case in cases(metric.count):
        n += 1
        if metric.denominator is not None:
            whole = Maker(rows, 700 + n)
            for k in (0, 40):
                whole.n += k
                on, _ = whole.record(metric.denominator, next(cases(metric.denominator)))
                for wanted, other in metric.denominator.having:
                    assert wanted
                    beside(whole, other, on)
        before = value(rows, code)
        maker = Maker(rows, n)
        matter, undo = maker.record(metric.count, case)
        takes = [(wanted, beside(maker, other, matter)) for wanted, other in metric.count.having if wanted]
        after = value(rows, code)
        assert after != before, f"{code} {case}: a record came and the figure stayed at {before}"
        excluded = next((other for wanted, other in metric.count.having if not wanted), None)
        if excluded is not None:
            back = beside(maker, excluded, matter)
            assert value(rows, code) == before, f"{code}: the record is excluded now"
            back()
            assert value(rows, code) == after
        if takes:
            takes[0][1]()
            assert value(rows, code) != after, f"{code}: what it needs beside it was taken back"
        else:
            undo()
            assert value(rows, code) != after, f"{code} {case}: the record changed and the figure stayed at {after}"
    assert n
