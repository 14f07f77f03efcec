"""What each column of a row must satisfy, as SQL over the raw text: typed values, problems, grades and keys."""
from __future__ import annotations

from collections.abc import Sequence

from .schema import GRADED, Column, Dataset
from .snapshot import BLANKS as ALL_BLANKS

# code -> (Chinese, English). A row with any of these waits in quarantine with its reasons; the original is kept.
PROBLEMS: dict[str, tuple[str, str]] = {
    "encoding": ("编码错误，无法读出文字", "broken encoding: the text cannot be read"),
    "quotes": ("引号不成对", "quotes do not pair"),
    "ragged": ("列数与表头不符", "number of columns differs from the header"),
    "too_long": ("单元格或行过长", "a cell or line is too long"),
    "json": ("不是一个 JSON 对象", "not one JSON object"),
    "required": ("必填项为空", "a required value is missing"),
    "date": ("日期不存在或无法识别", "no such date, or its form is not understood"),
    "number": ("不是数字", "not a number"),
    "formula": ("是公式而不是数值", "a formula, not a value"),
    "minimum": ("小于允许的最小值", "below the smallest value allowed"),
    "maximum": ("大于允许的最大值", "above the largest value allowed"),
    "enum": ("不在允许的取值内", "not among the values allowed"),
    "digits_lost": (
        "长号码被存为数字，末几位已丢失，请把该列设为文本后重新填写",
        "a long number was stored as a number and lost its last digits; set the column to text and enter it again",
    ),
    "no_release_id": ("缺少 ocid", "no ocid"),
}

_FLOAT = r"\d(\.\d+)?[eE]\+?\d{1,3}|\d{15,}\.0+"
_DATE_FORMS = "['%Y/%m/%d', '%Y.%m.%d', '%Y%m%d', '%Y年%m月%d日', '%Y-%m-%d %H:%M:%S', '%Y/%m/%d %H:%M', '%Y-%m-%dT%H:%M:%S']"


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string."""
    return "'" + text.replace("'", "''") + "'"


def present(column: Column, missing: Sequence[str], blanks: str = ALL_BLANKS) -> str:
    """The trimmed text, NULL when it is one of the words for nothing. `blanks` are those, besides the space, to expect."""
    c = quoted(column.name)
    words = ", ".join(["''", *(literal(m) for m in missing if m)])
    # Looking at both ends is far cheaper than trimming: below '!' are only blanks and control characters.
    wide = [b for b in blanks if b > "!"]
    ends = " OR ".join([f"{c} < '!'", *(f"starts_with({c}, '{b}')" for b in wide), *(f"suffix({c}, '{b}')" for b in " " + blanks)])
    bare = f"CASE WHEN {ends} THEN trim({c}, ' {blanks}') ELSE {c} END"
    return f"CASE WHEN ({bare}) IN ({words}) THEN NULL ELSE {bare} END"


def typed(column: Column) -> str:
    """SQL from the present text `c` to the typed value, NULL where it does not parse."""
    c = quoted(column.name)
    if column.semantic == "date":
        # Plain ISO first; a bare serial number is what a spreadsheet makes of a date (day 0 is 1899-12-30). Only text
        # that begins with a digit is tried: the cast would take the word "infinity" for a date.
        serial = f"CASE WHEN regexp_full_match({c}, '[2-6][0-9]{{4}}(\\.0)?') THEN DATE '1899-12-30' + CAST(CAST({c} AS DOUBLE) AS INTEGER) END"
        return f"CASE WHEN {c} >= '0' AND {c} < ':' THEN coalesce(TRY_CAST({c} AS DATE), {serial}, CAST(try_strptime({c}, {_DATE_FORMS}) AS DATE)) END"
    if column.semantic == "instant":
        return f"coalesce(TRY_CAST({c} AS TIMESTAMP), try_strptime({c}, {_DATE_FORMS}))"
    if column.semantic == "money":
        scale = {"yuan": "", "wan": " * 10000", "fen": " / 100"}[column.unit]
        # Straight first: stripping separators costs more than the cast.
        plain = f"TRY_CAST({c} AS DECIMAL(18,2))" if not scale else f"TRY_CAST(TRY_CAST({c} AS DECIMAL(22,6)){scale} AS DECIMAL(18,2))"
        stripped = f"replace(replace(replace(replace(replace({c}, ',', ''), '，', ''), '¥', ''), '￥', ''), '元', '')"
        return f"coalesce({plain}, TRY_CAST(TRY_CAST({stripped} AS DECIMAL(22,6)){scale} AS DECIMAL(18,2)))"
    if column.semantic == "number":
        return f"CASE WHEN isfinite(TRY_CAST({c} AS DOUBLE)) THEN TRY_CAST({c} AS DOUBLE) END"
    if column.semantic == "integer":
        return f"CASE WHEN regexp_full_match({c}, '[+-]?[0-9]+(\\.0+)?') THEN TRY_CAST({c} AS BIGINT) END"
    return c


def problem(column: Column) -> list[tuple[str, str]]:
    """(condition on the present text, the typed value and the grade, problem code) pairs."""
    c, v = quoted(column.name), quoted(f"{column.name}__v")
    out: list[tuple[str, str]] = []
    if column.required:
        out.append((f"{c} IS NULL", "required"))
    if column.semantic in GRADED:
        # A number whose common form was recognised (its grade is there) is no float.
        out.append((f"{quoted(column.name + '__g')} IS NULL AND regexp_full_match({c}, '{_FLOAT}')", "digits_lost"))
    if column.semantic in ("date", "instant"):
        out.append((f"{c} IS NOT NULL AND {v} IS NULL", "date"))
    if column.semantic in ("money", "number", "integer"):
        formula = f"(starts_with({c}, '=') OR starts_with({c}, '@'))"
        out.append((f"{v} IS NULL AND {formula}", "formula"))
        out.append((f"{c} IS NOT NULL AND {v} IS NULL AND NOT {formula}", "number"))
    value = v if column.semantic in ("date", "instant", "money", "number", "integer") else c
    if column.minimum is not None:
        out.append((f"{value} < CAST({literal(column.minimum)} AS {column.sql_type})", "minimum"))
    if column.maximum is not None:
        out.append((f"{value} > CAST({literal(column.maximum)} AS {column.sql_type})", "maximum"))
    if column.enum:
        out.append((f"{c} NOT IN ({', '.join(literal(e) for e in column.enum)})", "enum"))
    return out


def is_typed(column: Column) -> bool:
    return column.semantic in ("date", "instant", "money", "number", "integer")


def staged_sql(dataset: Dataset, source: str, blanks: str = ALL_BLANKS) -> str:
    """The relation with present texts and, for typed columns, `NAME__v` beside them."""
    texts = ", ".join(f"{present(c, dataset.missing, blanks)} AS {quoted(c.name)}" for c in dataset.columns)
    inner = f"SELECT _row, {texts} FROM {source}"
    values = "".join(f", {typed(c)} AS {quoted(c.name + '__v')}" for c in dataset.columns if is_typed(c))
    return f"SELECT *{values} FROM ({inner})"


def problem_sql(dataset: Dataset) -> str:
    """A condition that is true for a row with any problem."""
    pairs = [f"({condition})" for c in dataset.columns for condition, _ in problem(c)]
    return "coalesce(" + " OR ".join(pairs) + ", false)" if pairs else "false"


def problems_list_sql(dataset: Dataset) -> str:
    """A list of `column:problem` for a row."""
    pairs = [(c.name, condition, code) for c in dataset.columns for condition, code in problem(c)]
    if not pairs:
        return "CAST([] AS VARCHAR[])"
    cases = ", ".join(f"CASE WHEN {condition} THEN {literal(f'{name}:{code}')} END" for name, condition, code in pairs)
    return f"list_filter([{cases}], lambda p: p IS NOT NULL)"
