"""The catalogue: which data sets there are, whose they are, how fresh and how clean."""
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from ..words import MatchError
from ..workspace import Workspace, read_json
from .attached import Readers, fetch, is_address, sqlite_records
from .checks import literal
from .records import Bad, Good, cell_text, csv_records, jsonl_objects, read_header
from .schema import Dataset, parse_dataset
from .snapshot import take_snapshot

_VERSION = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Entry:
    """One data set at one version."""

    dataset: Dataset
    version: str
    manifest: dict[str, Any]
    folder: Path

    @property
    def accepted(self) -> Path:
        return self.folder / "accepted.parquet"


def entry(workspace: Workspace, name: str, version: str | None = None) -> Entry:
    """A data set by name, at its current or a named version. MatchError if there is none."""
    home = workspace.catalogue / name
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or not (home / "current.json").exists():
        raise MatchError("no_dataset", f"目录中没有数据集 {name}", f"there is no data set {name} in the catalogue")
    version = version or str(read_json(home / "current.json")["version"])
    if not _VERSION.fullmatch(version) or not (home / version / "manifest.json").exists():
        raise MatchError("no_version", f"数据集 {name} 没有版本 {version}", f"data set {name} has no version {version}")
    manifest = read_json(home / version / "manifest.json")
    return Entry(parse_dataset(manifest["description"], name), version, manifest, home / version)


def listing(workspace: Workspace, today: date) -> list[dict[str, Any]]:
    """One row per data set: owner, level, freshness, counts."""
    out = []
    for home in sorted(workspace.catalogue.iterdir()):
        if (home / "current.json").exists():
            e = entry(workspace, home.name)
            out.append({
                "dataset": e.dataset.name, "title": e.dataset.title, "owner": e.dataset.owner, "level": e.dataset.level, "version": e.version,
                "as_of": e.dataset.as_of, "stale": e.dataset.stale(today), "received": e.manifest["received"],
                "accepted": e.manifest["accepted"], "quarantined": e.manifest["quarantined"], "grades": e.manifest["grades"],
                "columns": [{"name": c.name, "semantic": c.semantic, "title": c.title, "query_class": c.query_class} for c in e.dataset.columns],
            })  # fmt: skip
    return out


# Words in a header that suggest a meaning, most telling first.
_HINTS = (
    ("person_id", ("身份证", "公民身份号码", "证件号", "idno", "id_no", "identity")), ("credit_code", ("信用代码", "uscc", "creditcode")),
    ("bank_account", ("银行账号", "银行卡", "账号", "卡号", "account")), ("phone", ("电话", "手机", "phone", "mobile")),
    ("invoice_code", ("发票代码",)), ("invoice_no", ("发票号", "invoice")), ("company_name", ("单位名称", "企业名称", "公司", "company")),
    ("person_name", ("姓名", "户名", "name")), ("household", ("户号", "household")), ("plot", ("地块", "plot")),
    ("money", ("金额", "amount", "money", "款")), ("date", ("日期", "时间", "date", "日")), ("area_code", ("行政区划", "area")),
)  # fmt: skip


def draft(given: Path | str, name: str, owner: dict[str, str], today: date, spool: Path, database_table: str | None = None, readers: Readers | None = None) -> dict[str, Any]:
    """A first description of a file (or a table of a database) from its header and first rows, for a person to read and correct; `spool` is a folder for copies.

    The header proposes a meaning; amounts and dates are proposed only if the first values agree.
    """
    named = re.sub(r"[^\w.-]", "_", database_table or "")
    source = fetch(str(given), database_table, spool / f"{named}.parquet", 200, readers) if is_address(given) else Path(given)
    snapshot = take_snapshot(source, spool / "copy")
    if snapshot.form == "csv":
        headers, delimiter, line = read_header(snapshot.path, snapshot.encoding)
        rows = [r.cells for r, _ in zip(csv_records(snapshot.path, snapshot.encoding, delimiter, line, len(headers)), range(200), strict=False) if isinstance(r, Good)]
    elif snapshot.form == "jsonl":
        items = [i for i, _ in zip(jsonl_objects(snapshot.path, snapshot.encoding), range(200), strict=False) if not isinstance(i, Bad)]
        headers = list(dict.fromkeys(k for _, v in items for k in v))
        rows = [[cell_text(v.get(h)) for h in headers] for _, v in items]
    elif snapshot.form == "xlsx":
        from python_calamine import CalamineWorkbook

        book = CalamineWorkbook.from_path(str(snapshot.path))
        table = [[cell_text(c) for c in r] for r, _ in zip(book.get_sheet_by_name(book.sheet_names[0]).iter_rows(), range(201), strict=False)]
        if not table:
            raise MatchError("header", "工作表没有表头", "the sheet has no header")
        headers, rows = [h or "" for h in table[0]], table[1:]
    elif snapshot.form == "sqlite":
        headers, records = sqlite_records(snapshot.path, database_table)
        rows = [r.cells for r, _ in zip(records, range(200), strict=False)]
    elif snapshot.form in ("duckdb", "parquet"):
        where = fetch(f"duckdb:{snapshot.path}", database_table, spool / "first.parquet", 200) if snapshot.form == "duckdb" else snapshot.path
        headers, rows = _first_of_parquet(where)
    else:
        raise MatchError("form", f"不能从这种文件（{snapshot.form}）起草说明", f"no description can be drafted from a file of this form ({snapshot.form})")
    fields: list[dict[str, Any]] = []
    for i, h in enumerate(headers):
        values = [r[i] for r in rows if i < len(r) and r[i]]
        semantic = _guess(h, [v for v in values if v is not None])
        plain = re.sub(r"[^a-z0-9_]+", "_", h.lower()).strip("_")
        ident = plain if re.fullmatch(r"[a-z][a-z0-9_]*", plain) else semantic if semantic != "text" else f"column_{i + 1}"
        while any(f["name"] == ident for f in fields):
            ident += "_2"
        field: dict[str, Any] = {"name": ident, "semantic": semantic, "title": {"zh": h or ident, "en": ident.replace("_", " ")}, "headers": [h]}
        if semantic in ("person_id", "money", "date"):
            field["constraints"] = {"required": True}
        fields.append(field)
    return {
        "name": name, "title": {"zh": source.stem, "en": name.replace("_", " ")}, "owner": owner, "level": "sensitive",
        "freshness": {"as_of": today.isoformat(), "every_days": 31},
        "lineage": {"zh": f"由 {source.name} 导入", "en": f"imported from {source.name}"}, "schema": {"fields": fields},
    }  # fmt: skip


def _first_of_parquet(path: Path) -> tuple[list[str], list[list[str | None]]]:
    try:
        found = duckdb.connect().execute(f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet({literal(str(path))}) LIMIT 200")
    except duckdb.Error as e:
        raise MatchError("parquet", f"Parquet 文件无法读取：{str(e).splitlines()[0]}", f"the Parquet file cannot be read: {str(e).splitlines()[0]}") from e
    return [d[0] for d in found.description or []], [list(r) for r in found.fetchall()]


def _guess(header: str, values: list[str]) -> str:
    lower = header.lower().replace(" ", "")
    for semantic, words in _HINTS:
        if any(w in lower for w in words):
            return semantic if _fits(semantic, values) else "text"
    return "text"


def _fits(semantic: str, values: list[str]) -> bool:
    if not values:
        return True
    if semantic == "money":
        good = sum(bool(re.fullmatch(r"[-¥￥]?[\d,，]+(\.\d+)?元?", v)) for v in values)
    elif semantic == "date":
        good = sum(bool(re.match(r"\d{4}[-/.年]?\d{1,2}", v)) for v in values)
    else:
        return True
    return good * 2 >= len(values)
