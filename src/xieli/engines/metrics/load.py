"""Definitions from YAML; every error names file and line."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from .compile import AGGREGATES, GROUPS, OPERATORS, column_of, group_of
from .model import UNITS, Count, Metric, MetricBook, MetricError, Report, Section, Where
from .sources import SOURCES

_METRIC = {"zh", "en", "unit", "count", "per", "about", "at_end", "rounding", "compare", "counterparts", "sensitive", "rows", "source"}
_REPORT = {"number", "zh", "en", "metrics", "section", "by", "list", "about"}


class _Lines(yaml.SafeLoader):
    """Mappings remember the line they began on."""


def _mapping(loader: _Lines, node: yaml.MappingNode) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in found:
            raise MetricError("", key_node.start_mark.line + 1, f"“{key}”出现了两次", f"“{key}” stands twice")
        found[key] = loader.construct_object(value_node, deep=True)
    found["__line__"] = node.start_mark.line + 1
    return found


_Lines.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _plain(value: dict[Any, Any]) -> dict[str, Any]:
    return {str(k): v for k, v in value.items() if k != "__line__"}


def load_book(files: Mapping[str, str]) -> MetricBook:
    """All metrics and reports of the files. Raises MetricError; a code may stand only once, references must exist."""
    metrics: dict[str, Metric] = {}
    reports: dict[str, Report] = {}
    sections: dict[str, Section] = {}
    schemes: dict[str, tuple[str, tuple[str, ...], int]] = {}
    for file, text in sorted(files.items()):
        if len(text) > 500_000:
            raise MetricError(file, 1, "文件过大", "the file is too large")
        try:
            data = yaml.load(text, Loader=_Lines)
        except MetricError as error:
            raise MetricError(file, error.line, error.zh, error.en) from None
        except yaml.YAMLError as error:
            line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
            raise MetricError(file, line, "不是有效的 YAML", "not valid YAML") from None
        if not isinstance(data, dict):
            raise MetricError(file, 1, "应为 metrics 和 reports 两节", "metrics and reports are expected")
        for code, body in _plain(data.get("metrics") or {}).items():
            if code in metrics:
                raise MetricError(file, body["__line__"], f"口径“{code}”已在 {metrics[code].file} 定义", f"“{code}” is defined in {metrics[code].file} already")
            metrics[code] = _metric(file, code, body)
        for code, body in _plain(data.get("reports") or {}).items():
            if code in reports:
                raise MetricError(file, body["__line__"], f"报表“{code}”重复", f"report “{code}” stands twice")
            reports[code] = _report(file, code, body)
        for code, body in _plain(data.get("sections") or {}).items():
            sections[code] = Section(code, str(body["zh"]), str(body["en"]))
        for code, body in _plain(data.get("schemes") or {}).items():
            schemes[code] = (file, tuple(body["metrics"]), int(body["__line__"]))
    _references(metrics, reports, sections)
    for code, (file, assessed, line) in schemes.items():
        for name in assessed:
            if name not in metrics:
                raise MetricError(file, line, f"评价方案“{code}”用到的“{name}”不存在", f"the scheme “{code}” uses “{name}”, which does not exist")
            if metrics[name].sensitive:
                raise MetricError(file, line, f"“{name}”统计措施或处分，不得进入评价方案“{code}”", f"“{name}” counts measures or sanctions and cannot enter the assessment scheme “{code}”")
    return MetricBook(metrics, reports, sections, {code: assessed for code, (_, assessed, _line) in schemes.items()})


def _references(metrics: Mapping[str, Metric], reports: Mapping[str, Report], sections: Mapping[str, Section]) -> None:
    for metric in metrics.values():
        for other in metric.counterparts:
            if other not in metrics:
                raise MetricError(metric.file, metric.line, f"对应指标“{other}”不存在", f"the counterpart “{other}” does not exist")
        if metric.sensitive and not metric.counterparts:
            raise MetricError(metric.file, metric.line, f"“{metric.code}”统计措施或处分，须并列其对应指标", f"“{metric.code}” counts measures or sanctions and needs counterparts")
    for report in reports.values():
        if report.section and report.section not in sections:
            raise MetricError(report.code, 0, f"报表“{report.code}”所在的分节“{report.section}”不存在", f"report “{report.code}” stands in section “{report.section}”, which does not exist")
        for code in (*report.metrics, *report.by, *([report.listing] if report.listing else [])):
            if code not in metrics:
                raise MetricError(report.code, 0, f"报表“{report.code}”用到的“{code}”不存在", f"report “{report.code}” uses “{code}”, which does not exist")
        for code, by in report.by.items():
            group_of(metrics[code].count, by, report.code)


def _only(file: str, line: int, body: dict[str, Any], allowed: set[str]) -> None:
    unknown = set(_plain(body)) - allowed
    if unknown:
        name = sorted(unknown)[0]
        raise MetricError(file, line, f"不认识的项目“{name}”", f"unknown key “{name}”")


def _metric(file: str, code: str, body: dict[str, Any]) -> Metric:
    line = int(body["__line__"])
    _only(file, line, body, _METRIC)
    for key in ("zh", "en", "unit", "count", "about"):
        if key not in body:
            raise MetricError(file, line, f"口径“{code}”缺少 {key}", f"“{code}” lacks {key}")
    if body["unit"] not in UNITS:
        raise MetricError(file, line, f"单位“{body['unit']}”不在单位表", f"“{body['unit']}” is no known unit")
    rounding = str(body.get("rounding", "exact"))
    if rounding not in ("exact", "percent0", "percent1", "percent2", "ratio2", "yu"):
        raise MetricError(file, line, f"取整方式“{rounding}”不认识", f"unknown rounding “{rounding}”")
    about = _plain(body["about"])
    return Metric(code, str(body["zh"]), str(body["en"]), str(body["unit"]), _count(file, body["count"]), str(about["zh"]), str(about["en"]),
                  _count(file, body["per"]) if "per" in body else None, bool(body.get("at_end", False)), rounding, tuple(body.get("compare", ())),
                  tuple(body.get("counterparts", ())), bool(body.get("sensitive", False)), tuple(body.get("rows", ())), str(body.get("source", "ours")), file, line)


def _count(file: str, body: dict[str, Any]) -> Count:
    line = int(body["__line__"])
    _only(file, line, body, {"from", "where", "of", "value", "with", "without"})
    source = str(body.get("from", ""))
    if source not in SOURCES:
        raise MetricError(file, line, f"没有来源“{source}”", f"there is no source “{source}”")
    of = str(body.get("of", "row"))
    if of not in AGGREGATES:
        raise MetricError(file, line, f"不能按“{of}”计数", f"“{of}” is no way to count")
    if of == "body" and not SOURCES[source].matter:
        raise MetricError(file, line, f"“{source}”不挂事项，不能按机构计", f"“{source}” stands on no matter and has no bodies to count")
    if of in ("subject", "person") and not (SOURCES[source].subject and (of == "subject" or SOURCES[source].matter)):
        raise MetricError(file, line, f"“{source}”没有对象，不能按人计", f"“{source}” has no subjects to count")
    having = tuple((True, _count(file, c)) for c in body.get("with", ())) + tuple((False, _count(file, c)) for c in body.get("without", ()))
    if having and (not SOURCES[source].matter or any(not SOURCES[c.source].matter for _, c in having)):
        raise MetricError(file, line, f"“{source}”不挂事项，不能用 with、without", f"“{source}” stands on no matter: with and without cannot be used")
    where = tuple(_where(file, line, k, v) for k, v in _plain(body.get("where") or {}).items())
    made = Count(source, where, of, str(body.get("value", "")), having)
    for w in where:
        column_of(made, w.column, file)
    if of in ("sum", "mean", "median", "max") and not made.value:
        raise MetricError(file, line, f"“{of}”须写明 value", f"“{of}” needs a value")
    if made.value:
        column_of(made, made.value, file)
    return made


def _where(file: str, line: int, column: str, value: Any) -> Where:
    if isinstance(value, dict):
        items = _plain(value)
        if len(items) != 1 or next(iter(items)) not in OPERATORS:
            raise MetricError(file, line, f"“{column}”的条件写法不对", f"the condition on “{column}” is not one of {', '.join(OPERATORS)}")
        operator, operand = next(iter(items.items()))
        return Where(column, operator, tuple(operand) if isinstance(operand, list) else (operand,))
    if isinstance(value, list):
        return Where(column, "in", tuple(value))
    return Where(column, "is", (value,))


def _report(file: str, code: str, body: dict[str, Any]) -> Report:
    line = int(body["__line__"])
    _only(file, line, body, _REPORT)
    by = _plain(body.get("by") or {})
    for how in by.values():
        if how not in GROUPS:
            raise MetricError(file, line, f"不能按“{how}”分组", f"“{how}” is no way to group")
    about = _plain(body.get("about") or {"zh": "", "en": ""})
    return Report(code, int(body["number"]), str(body["zh"]), str(body["en"]), tuple(body["metrics"]), str(body.get("section", "")), {str(k): str(v) for k, v in by.items()}, str(body.get("list", "")),
                  str(about["zh"]), str(about["en"]))
