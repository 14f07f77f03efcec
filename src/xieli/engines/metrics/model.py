"""What a definition says: numerator, denominator, unit, period, rounding, what it is compared with."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

# source -> what one row of it is; the columns a filter may name are in compile.SOURCES
UNITS = ("件", "人", "条", "个", "次", "人次", "所", "项", "份", "天", "小时", "分", "家", "名", "户", "%")


class MetricError(ValueError):
    """A definition that cannot be counted: file, line, and why, in Chinese and English."""

    def __init__(self, file: str, line: int, zh: str, en: str) -> None:
        super().__init__(f"{file}:{line}: {zh} / {en}")
        self.file, self.line, self.zh, self.en = file, line, zh, en


@dataclass(frozen=True)
class Period:
    """From a day to a day, both counted. Raises MetricError when it ends before it starts."""

    first: date
    last: date
    zh: str = ""
    en: str = ""

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise MetricError("", 0, f"期间的结束日 {self.last} 早于开始日 {self.first}", f"the period ends on {self.last}, before it starts on {self.first}")


@dataclass(frozen=True)
class Where:
    """One condition: a column of the source, an operator, its values."""

    column: str
    operator: str
    values: tuple[object, ...]


@dataclass(frozen=True)
class Count:
    """What is counted: rows of a source that fulfil every condition, as distinct things or as a sum."""

    source: str
    where: tuple[Where, ...] = ()
    of: str = "row"  # row | matter | subject | body | ref | text | sum | mean | median | max
    value: str = ""
    # conditions on other rows of the same matter: each must (or must not) have such a row
    having: tuple[tuple[bool, Count], ...] = ()


@dataclass(frozen=True)
class Metric:
    """One figure. ``denominator`` makes it a share; ``counterparts`` are printed beside counts of measures and sanctions."""

    code: str
    zh: str
    en: str
    unit: str
    count: Count
    about_zh: str
    about_en: str
    denominator: Count | None = None
    at_end: bool = False  # a stock at the end of the period, not a flow within it
    rounding: str = "exact"  # exact | percent0 | percent1 | ratio2 | yu (余: down to a round number)
    compare: tuple[str, ...] = ()  # last_year | mean_three_years
    counterparts: tuple[str, ...] = ()
    sensitive: bool = False  # counts measures or sanctions: no target, no ranking, no colour, not in assessments
    rows: tuple[str, ...] = ()
    source: str = "ours"
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Report:
    """A printed report: lines of metrics, perhaps grouped by body, kind or quarter."""

    code: str
    number: int
    zh: str
    en: str
    metrics: tuple[str, ...]
    section: str = ""
    by: Mapping[str, str] = field(default_factory=dict)  # metric -> how its cells are grouped
    listing: str = ""  # code of a metric whose rows are listed under the figures
    about_zh: str = ""
    about_en: str = ""


@dataclass(frozen=True)
class Section:
    """A heading under which reports stand together."""

    code: str
    zh: str
    en: str


class MetricBook(Mapping[str, Metric]):
    """Metrics by code, the reports that print them in sections, and the schemes that may assess by them."""

    def __init__(self, metrics: Mapping[str, Metric], reports: Mapping[str, Report], sections: Mapping[str, Section] | None = None, schemes: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._metrics, self.reports = dict(metrics), dict(reports)
        self.sections, self.schemes = dict(sections or {}), dict(schemes or {})

    def __getitem__(self, code: str) -> Metric:
        return self._metrics[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._metrics)

    def __len__(self) -> int:
        return len(self._metrics)
