"""From numbers to what is printed: shares, rounding, comparison with other years, small cells."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .compile import AsOf, Query, compile_metric
from .model import Metric, MetricBook, Period
from .period import previous_years

Run = Callable[[Query], Sequence[Sequence[Any]]]
Opening = Callable[[str, Period], Decimal]  # signed opening balances (期初) of a metric whose span lies within a period
SMALL = 5  # cells below this are suppressed in released figures, with their complements


@dataclass(frozen=True)
class Comparison:
    """Beside another period: its number and the change, or the words for "no base to compare with"."""

    kind: str
    base: Decimal
    zh: str
    en: str


@dataclass(frozen=True)
class Figure:
    """A computed figure with everything needed to print, explain and repeat it."""

    metric: Metric
    period: Period
    known_by: date | None
    number: Decimal | None
    of: Decimal | None = None
    comparisons: tuple[Comparison, ...] = ()
    opening: Decimal = Decimal(0)
    groups: Mapping[Any, Decimal] = field(default_factory=dict)
    suppressed: bool = False

    def text(self, language: str = "zh") -> str:
        """As printed: 26件 · 55% · 700余个; “–” where nothing can be divided; “＜5” for a suppressed cell."""
        if self.suppressed:
            return "＜5" if language == "zh" else "<5"
        if self.number is None:
            return "无可比基数" if language == "zh" else "no base"
        unit = "" if self.metric.unit == "%" else self.metric.unit if language == "zh" else ""
        return f"{written(self.number, self.metric.rounding)}{unit}"


def half_up(value: Decimal, places: int = 0) -> Decimal:
    """Rounded as people do: half up."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def whole_percent(part: Decimal | float, whole: Decimal | float = 1) -> int:
    """A share in whole per cent, half up as every figure is rounded: 3 of 24 are 13 % wherever they stand."""
    return int(half_up(Decimal(str(part)) * 100 / Decimal(str(whole))))


def written(value: Decimal, rounding: str) -> str:
    """A number in the metric's way of rounding; 余 rounds down to a round number and says so, in print only."""
    if rounding.startswith("percent"):
        places = int(rounding[7:] or 0)
        return f"{half_up(value * 100, places)}%"
    if rounding == "ratio2":
        return str(half_up(value, 2))
    if rounding == "yu":
        whole = int(value)
        step = 10 ** max(len(str(whole)) - 1, 0)
        if whole >= 10:
            step = min(step, 10 if whole < 100 else 100 if whole < 1000 else 1000)
        down = whole // step * step if step else whole
        return f"{down}余" if down and down != whole else str(whole)
    return str(int(value)) if value == value.to_integral_value() else str(half_up(value, 2).normalize())


def change(now: Decimal, base: Decimal) -> tuple[str, str]:
    """The change in per cent, half up to whole per cent; a zero base has no change."""
    if base == 0:
        return "无可比基数", "no base to compare with"
    percent = half_up((now - base) / base * 100)
    sign = "+" if percent >= 0 else "−"
    return f"{sign}{abs(percent)}%", f"{sign}{abs(percent)}%"


def _number(rows: Sequence[Sequence[Any]]) -> Decimal | None:
    value = rows[0][0] if rows else None
    return None if value is None else Decimal(str(value))


def remembering(run: Run) -> Run:
    """The same question is put to the database once: for one report, whose shares and groups count the same rows again."""
    answers: dict[tuple[str, str], Sequence[Sequence[Any]]] = {}

    def asked(query: Query) -> Sequence[Sequence[Any]]:
        key = (query.sql, repr(sorted(query.parameters.items())))
        if key not in answers:
            answers[key] = run(query)
        return answers[key]

    return asked


def value_of(metric: Metric, asof: AsOf, run: Run, bodies: tuple[int, ...] | None = None) -> tuple[Decimal | None, Decimal | None]:
    """Number and, for a share, its denominator; a share over nothing is None."""
    top, bottom = compile_metric(metric, asof, bodies=bodies)
    number = _number(run(top))
    if bottom is None:
        return number if number is not None else (None if metric.count.of in ("mean", "median", "max") else Decimal(0)), None
    base = _number(run(bottom)) or Decimal(0)
    return (None if base == 0 else (number or Decimal(0)) / base), base


def evaluate(book: MetricBook, code: str, period: Period, run: Run, *, known_by: date | None = None, by: str = "", bodies: tuple[int, ...] | None = None,
             opening: Opening | None = None) -> Figure:
    """Compute one figure with its comparisons. `opening` tells the signed opening balance of a metric for a period; the
    years compared with take theirs as well. A share takes none: nobody can say what part of it stood where."""
    metric = book[code]
    asof = AsOf(period, known_by)
    groups: dict[Any, Decimal] = {}
    whole: tuple[Decimal | None, Decimal | None] | None = None
    if by:
        top, bottom = compile_metric(metric, asof, by=by, bodies=bodies)
        tops = {row[0]: Decimal(str(row[1])) for row in run(top) if row[1] is not None}
        if bottom is None:
            groups = tops
            if metric.count.of == "row":  # every row stands in one group: their sum is the number, and the table is read once
                whole = sum(tops.values(), Decimal(0)), None
        else:
            groups = {row[0]: tops.get(row[0], Decimal(0)) / Decimal(str(row[1])) for row in run(bottom) if row[1]}
    number, base = whole or value_of(metric, asof, run, bodies)

    def signed(over: Period) -> Decimal:
        return opening(code, over) if opening is not None and metric.denominator is None and metric.count.of not in ("mean", "median", "max") else Decimal(0)

    start = signed(period)
    if number is not None:
        number += start
    comparisons = []
    if metric.compare and number is not None:
        earlier = [(value_of(metric, AsOf(p, known_by), run, bodies)[0] or Decimal(0)) + signed(p) for p in previous_years(period, 3)]
        if "last_year" in metric.compare:
            zh, en = change(number, earlier[0])
            comparisons.append(Comparison("last_year", earlier[0], f"比去年同期 {zh}", f"against last year: {en}"))
        if "mean_three_years" in metric.compare:
            mean = sum(earlier, Decimal(0)) / 3
            zh, en = change(number, mean)
            comparisons.append(Comparison("mean_three_years", mean, f"比前三年同期均值 {zh}", f"against the mean of three years: {en}"))
    return Figure(metric, period, known_by, number, base, tuple(comparisons), start, groups)


def suppress(groups: Mapping[Any, Decimal], smallest: int = SMALL, more: Set[Any] = frozenset()) -> dict[Any, Decimal | None]:
    """Released cells: those below the smallest are hidden, and `more`; then the next smallest too, until the total beside them
    gives neither a single hidden cell away nor, because every hidden one counts something, a sum of them that is small itself."""
    hidden = {g for g, n in groups.items() if 0 < n < smallest or (g in more and n > 0)}
    others = sorted(((n, str(g), g) for g, n in groups.items() if g not in hidden and n > 0), key=lambda cell: cell[:2])
    while hidden and others and (len(hidden) == 1 or sum(groups[g] for g in hidden) < smallest):
        hidden.add(others.pop(0)[2])
    return {g: None if g in hidden else n for g, n in groups.items()}


def part_of(part: Metric, whole: Metric) -> bool:
    """Whether a count is, by its definition alone, a part of another: same source and unit of counting, more conditions."""
    a, b = part.count, whole.count
    if part.denominator or whole.denominator or (a.source, a.of) != (b.source, b.of) or part.at_end != whole.at_end or part.code == whole.code:
        return False
    return set(b.where) <= set(a.where) and set(b.having) <= set(a.having) and (set(a.where), set(a.having)) != (set(b.where), set(b.having))


def hidden_in(figures: Sequence[Figure], smallest: int = SMALL, more: Set[str] = frozenset()) -> set[str]:
    """Codes of the figures of one released report that must not be shown: counts below the smallest (and `more`), counts whose
    difference from a whole that is shown beside them is below it, parts beside a single hidden part of a whole, and shares that would give any away."""
    counts = {f.metric.code: f for f in figures if f.metric.denominator is None and f.metric.count.of not in ("mean", "median", "max")}
    number = {code: f.number for code, f in counts.items() if f.number is not None}
    hidden = set(more) | {code for code, n in number.items() if 0 < n < smallest and counts[code].metric.count.of != "sum"}
    parts = {whole: [part for part in number if part_of(counts[part].metric, counts[whole].metric)] for whole in number}
    settled = -1
    while settled != len(hidden):
        settled = len(hidden)
        for whole, inside in parts.items():
            hidden |= {part for part in inside if 0 < number[whole] - number[part] < smallest}
            kept = [number[part] for part in inside if part in hidden and number[part] > 0]
            if whole not in hidden and kept and sum(number[part] for part in inside) == number[whole] and (len(kept) == 1 or sum(kept) < smallest):
                hidden |= set(sorted((part for part in inside if part not in hidden and number[part] > 0), key=lambda part: (number[part], part))[:1])
    for f in figures:
        if f.metric.denominator is not None and f.number is not None and f.of is not None:
            top = f.number * f.of
            if 0 < top < smallest or (f.metric.rounding.startswith("percent") and 0 < f.of - top < smallest):
                hidden.add(f.metric.code)
    return hidden
