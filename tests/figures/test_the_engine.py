"""Laws of counting: what a definition may name exists, a changed record changes every figure on it, as of two dates to the digit."""
from __future__ import annotations

from datetime import date
from decimal import Decimal

import psycopg
import pytest
from psycopg import sql

from tests.figures.conftest import Rows
from xieli.content.playbooks import sources
from xieli.engines.metrics import Figure, Metric, MetricBook, MetricError, Period, hidden_in, load_book
from xieli.engines.metrics.model import Count
from xieli.engines.playbooks import load_all


def _counts(metric: Metric) -> list[Count]:
    found, todo = [], [c for c in (metric.count, metric.denominator) if c]
    while todo:
        count = todo.pop()
        found.append(count)
        todo += [c for _, c in count.having]
    return found


def test_every_fact_result_and_kind_that_a_definition_names_comes_from_a_playbook(book: MetricBook) -> None:
    """A figure on a code that no form writes would be nothing for ever and look like an answer."""
    kinds = load_all(sources())
    facts = {f.fact.code for p in kinds.values() for form in p.forms.values() for field in form.fields for f in (field, *field.columns) if f.fact}
    results = {o for p in kinds.values() for o in p.outcomes}
    for metric in book.values():
        for count in _counts(metric):
            for where in count.where:
                named = set(where.values)
                if where.column == "code" and count.source == "facts":
                    assert named <= facts, f"{metric.code}: {named - facts}"
                if where.column == "kind" and count.source == "outcomes":
                    assert named <= results, f"{metric.code}: {named - results}"
                if where.column == "matter.kind" or (where.column == "kind" and count.source in ("matters", "closings")):
                    assert named <= set(kinds), f"{metric.code}: {named - set(kinds)}"


def test_the_thirty_six_reports_are_there_in_their_sections(book: MetricBook) -> None:
    numbers = [r.number for r in book.reports.values()]
    assert sorted(numbers)[:36] == list(range(1, 37))
    assert len(set(numbers)) == len(numbers)
    assert all(r.section in book.sections for r in book.reports.values())


def test_counts_of_measures_and_sanctions_stand_beside_their_counterparts_and_have_no_ranking(book: MetricBook) -> None:
    named = {"liuzhi_dual", "liuzhi_persons", "cases_filed", "persons_filed", "persons_filed_jointly", "sanctioned", "to_justice", "accountable", "proactive_share"}
    for code, metric in book.items():
        on_measures = any(c.source == "measures" for c in _counts(metric)[:1]) and code not in ("released_no_case", "limits_breached")
        assert metric.sensitive == (code in named), code
        assert not on_measures or metric.sensitive
        assert not metric.sensitive or metric.counterparts
    # nothing groups them by body or person: there is no table of who has most; by month a share shows how the years go
    assert {(c, g) for r in book.reports.values() for c, g in r.by.items() if book[c].sensitive} == {("proactive_share", "month")}


def test_a_count_of_measures_cannot_enter_an_assessment() -> None:
    text = """
metrics:
  good: {zh: 整改, en: done, unit: 件, about: {zh: 口径, en: definition}, count: {from: matters}}
  held: {zh: 留置, en: held, unit: 人, sensitive: true, counterparts: [good], about: {zh: 口径, en: definition}, count: {from: measures}}
schemes:
  yearly: {metrics: [good, WHICH]}
"""
    assert load_book({"a.yaml": text.replace("WHICH", "good")}).schemes["yearly"] == ("good", "good")
    with pytest.raises(MetricError, match="cannot enter the assessment scheme"):
        load_book({"a.yaml": text.replace("WHICH", "held")})
    with pytest.raises(MetricError, match="does not exist"):
        load_book({"a.yaml": text.replace("WHICH", "gone")})


def test_change_a_record_and_every_figure_that_stands_on_it_changes(rows: Rows) -> None:
    """For every count over facts, outcomes or matters: one more record that fulfils its conditions moves it, and taking it back moves it again."""
    moved = 0
    for index, (code, metric) in enumerate(rows.book.items()):
        count = metric.count
        if count.of in ("mean", "median", "max") or any(w.operator not in ("is", "in") for w in count.where) or any(not wanted for wanted, _ in count.having):
            continue
        where = {w.column: w.values[0] for w in count.where}
        if count.source not in ("facts", "outcomes", "matters") or set(where) - {"code", "text", "kind", "matter.kind", "source", "status"}:
            continue
        if metric.denominator is not None:  # a share needs something to be a share of
            base = {w.column: w.values[0] for w in metric.denominator.where}
            on = rows.matter(str(base.get("kind", "lead") if metric.denominator.source == "matters" else "lead"))
            if metric.denominator.source == "facts":
                rows.fact(on, str(base["code"]), text=str(base.get("text", "")), ref=lambda _: 7, number=9)
        before = _raw(rows, code)
        kind = str(where.get("matter.kind", where.get("kind", "lead") if count.source == "matters" else "lead"))
        made = rows.matter(kind, source=str(where.get("source", "")), status="closed" if where.get("status") == "closed" else "open", closed="2025-03-02" if where.get("status") == "closed" else None)
        if count.source == "facts":
            rows.fact(made, str(where["code"]), ref=lambda _, i=index: 10**6 + i, text=str(where.get("text", f"t{index}")), number=3)
        if count.source == "outcomes":
            rows.outcome(made, str(where["kind"]), "2025-03-01", rows.subject(made))
        for _, other in count.having:
            inner = {w.column: w.values[0] for w in other.where}
            if other.source == "facts":
                rows.fact(made, str(inner["code"]), text=str(inner.get("text", "")), number=1)
            elif other.source == "outcomes":
                rows.outcome(made, str(inner["kind"]), "2025-03-01")
            elif other.source == "partners":
                rows.party(made, 2, str(inner["role"]))
            else:
                break
        else:
            assert _raw(rows, code) != before, code
            if count.source in ("facts", "outcomes"):
                for table in ("fact", "outcome"):
                    rows.c.execute(f"update {table} set retracted_at = now() where matter_id = %s", [made])
                assert _raw(rows, code) == before, code
            moved += 1
    assert moved > 60


def _raw(rows: Rows, code: str) -> tuple[Decimal | None, Decimal | None]:
    figure = rows.figure(code)
    return (None if figure.number is None or figure.of is None else figure.number * figure.of) if figure.metric.denominator else figure.number, None


def test_as_of_two_dates_to_the_digit(rows: Rows) -> None:
    """Recorded in August about May, closed in July, taken back in September: each day of knowledge prints its own figure, again and again."""
    matter = rows.matter("joint_check", "2025-01-01")
    rows.fact(matter, "check.problem", "2025-05-01", n=3)
    rows.fact(matter, "check.problem", "2025-05-01", n=2, known="2025-08-01")
    rows.c.execute("update fact set retracted_at = '2025-09-01' where id = (select min(id) from fact where matter_id = %s)", [matter])
    rows.matter("lead", "2025-02-01", status="closed", closed="2025-07-15")
    rows.matter("lead", "2025-02-01")
    known = ("2025-06-30", "2025-08-31", "2025-09-30")
    assert [rows.figure("check_problems", last="2025-06-30", known_by=k).number for k in known] == [3, 5, 4]
    assert [rows.figure("lead_closure_rate", last="2025-06-30", known_by=k).text() for k in known] == ["0%", "50%", "50%"]
    assert [rows.figure("leads_open", last=k).number for k in ("2025-06-30", "2025-07-31")] == [2, 1]


def test_a_signed_opening_balance_is_printed_as_such_and_compared_with(rows: Rows) -> None:
    """期初: years before the first day count in the periods that hold their whole span, and in the comparisons; a share takes none."""
    def opening(code: str, over: Period) -> Decimal:
        spans = {("liuzhi_dual", 2024): 17, ("liuzhi_dual", 2023): 4, ("liuzhi_dual", 2022): 3}
        return sum((Decimal(n) for (c, year), n in spans.items() if c == code and over.first <= date(year, 1, 1) and date(year, 6, 30) <= over.last), Decimal(0))

    for _ in range(26):
        case = rows.matter("case")
        rows.measure(case, rows.subject(case, dual=True), "liuzhi", "2025-02-15")
    figure = rows.figure("liuzhi_dual", "2025-01-01", "2025-06-30", opening=opening)
    assert (figure.text(), figure.opening) == ("26件", 0)
    assert [c.zh.split()[-1] for c in figure.comparisons] == ["+53%", "+225%"]
    whole = rows.figure("liuzhi_dual", "2022-01-01", "2025-06-30", opening=opening)
    assert (whole.number, whole.opening) == (50, 24)
    assert len(rows.behind("liuzhi_dual", "2022-01-01", "2025-06-30")) == 26  # no drill-down into what was signed
    assert rows.figure("lead_closure_rate", opening=lambda *_: Decimal(5)).opening == 0


def _figure(metric: Metric, number: str, of: str | None = None) -> Figure:
    return Figure(metric, Period(date(2025, 1, 1), date(2025, 12, 31)), None, Decimal(number), Decimal(of) if of else None)


def test_small_cells_and_whatever_would_give_them_away_are_hidden(book: MetricBook) -> None:
    sent, accepted, returned, rate = (book[c] for c in ("handovers_sent", "handovers_accepted", "handovers_returned", "handover_rate"))
    assert hidden_in([_figure(sent, "40"), _figure(accepted, "20"), _figure(returned, "20"), _figure(rate, "0.5", "40")]) == set()
    assert hidden_in([_figure(sent, "40"), _figure(accepted, "37"), _figure(returned, "3")]) == {"handovers_accepted", "handovers_returned"}  # 40 − 37 would say 3
    assert hidden_in([_figure(rate, "0.95", "40")]) == {"handover_rate"}  # two of forty were not accepted
    assert hidden_in([_figure(rate, "0", "40")]) == set()


def test_the_report_role_may_read_every_column_that_a_definition_counts(rows: Rows) -> None:
    """A released figure is computed by a role that sees facts and no content: each definition, whole and in its groups, is open to it."""
    from tests.dbfixtures import PREFIX
    from xieli.engines.metrics import AsOf, compile_metric
    from xieli.server.dbroles import role_name

    asof = [AsOf(Period(date(2025, 1, 1), date(2025, 12, 31)), known) for known in (None, date(2025, 6, 30))]
    by = {code: group for report in rows.book.reports.values() for code, group in report.by.items()}
    rows.c.execute(sql.SQL("set local role {}").format(sql.Identifier(role_name("report", PREFIX))))
    for metric in rows.book.values():
        for one in asof:
            for group in {"", by.get(metric.code, "")}:
                for query in compile_metric(metric, one, by=group):
                    if query is not None:
                        rows.run(query)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows.c.execute("select name from matter_subject")
