"""Open Contracting releases (OCDS 1.1) and beneficial ownership statements (BODS 0.2 to 0.4) as described tables.

Each keeps what the source says: a release whole beside its bids, awards, contracts and parties; persons, entities
and interests with their dates. Lines that are none of these wait in quarantine.
"""
from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import duckdb

from ..words import MatchError
from .checks import quoted
from .load import insert
from .records import Bad, Good, cell_text, jsonl_objects
from .schema import Dataset, parse_dataset
from .snapshot import Snapshot

Fill = Callable[[duckdb.DuckDBPyConnection], None]
Row = dict[str, Any]

# table -> columns: (name, meaning, Chinese, English, required)
OCDS: dict[str, list[tuple[str, str, str, str, bool]]] = {
    "release": [("ocid", "case_no", "采购过程号", "Contracting process", True), ("body", "json", "发布全文", "Release", True)],
    "bid": [
        ("ocid", "case_no", "采购过程号", "Contracting process", True), ("bid_id", "code", "投标号", "Bid", False),
        ("status", "code", "状态", "Status", False), ("bidder", "credit_code", "投标人", "Tenderer", False),
        ("amount", "money", "报价", "Amount", False), ("currency", "code", "币种", "Currency", False), ("received_on", "instant", "收到时间", "Received", False),
    ],
    "award": [
        ("ocid", "case_no", "采购过程号", "Contracting process", True), ("award_id", "code", "中标号", "Award", False),
        ("status", "code", "状态", "Status", False), ("supplier", "credit_code", "供应商", "Supplier", False),
        ("amount", "money", "金额", "Amount", False), ("currency", "code", "币种", "Currency", False), ("awarded_on", "instant", "中标时间", "Awarded", False),
    ],
    "contract": [
        ("ocid", "case_no", "采购过程号", "Contracting process", True), ("contract_id", "code", "合同号", "Contract", False),
        ("buyer", "body", "采购人", "Buyer", False), ("supplier", "credit_code", "供应商", "Supplier", False), ("class", "code", "品类", "Class", False),
        ("amount", "money", "金额", "Amount", False), ("currency", "code", "币种", "Currency", False), ("signed_on", "instant", "签订时间", "Signed", False),
    ],
    "party": [
        ("ocid", "case_no", "采购过程号", "Contracting process", True), ("party", "credit_code", "单位", "Organisation", False),
        ("name", "company_name", "名称", "Name", False), ("address", "address", "地址", "Address", False), ("phone", "phone", "电话", "Telephone", False),
    ],
}  # fmt: skip
BODS: dict[str, list[tuple[str, str, str, str, bool]]] = {
    "person": [
        ("statement", "code", "声明号", "Statement", True), ("person", "code", "人员记录", "Person record", True),
        ("id_no", "person_id", "证件号", "Identity number", False), ("name", "person_name", "姓名", "Name", False),
    ],
    "entity": [
        ("statement", "code", "声明号", "Statement", True), ("entity", "code", "单位记录", "Entity record", True),
        ("code", "credit_code", "登记号", "Registered number", False), ("name", "company_name", "名称", "Name", False),
    ],
    "interest": [
        ("statement", "code", "声明号", "Statement", True), ("subject", "code", "被持有单位", "Entity held", False),
        ("party", "code", "权益人", "Interested party", False), ("kind", "code", "权益种类", "Interest", False),
        ("share", "number", "比例", "Share", False), ("starts_on", "date", "起", "From", False), ("ends_on", "date", "止", "To", False),
    ],
}  # fmt: skip
FORMS = {"ocds": OCDS, "bods": BODS}
TITLES = {"ocds": ("公开采购数据", "Open contracting data"), "bods": ("受益所有权声明", "Beneficial ownership statements")}


def described(kind: str, name: str, table: str, today: date) -> Dataset:
    """The description of one table of a public form."""
    zh, en = TITLES[kind]
    fields = [
        {"name": n, "semantic": s, "title": {"zh": z, "en": e}, "constraints": {"required": r}}
        for n, s, z, e, r in FORMS[kind][table]
    ]
    return parse_dataset(
        {
            "name": f"{name}_{table}", "title": {"zh": f"{zh}：{table}", "en": f"{en}: {table}"},
            "owner": {"body": "public", "zh": "公开数据", "en": "Public data"}, "level": "public",
            "freshness": {"as_of": today.isoformat(), "every_days": 31}, "lineage": {"zh": f"由 {kind.upper()} 文件拆出", "en": f"taken from {kind.upper()} files"},
            "schema": {"fields": fields, "missingValues": [""]},
        },
        name,
    )  # fmt: skip


def load_public(kind: str, name: str, snapshot: Snapshot, today: date) -> Iterator[tuple[Dataset, Fill]]:
    """One (data set, filler of `raw` and `bad`) per table. Unreadable lines are counted with the first table only."""
    rows = {table: list[tuple[int, Row]]() for table in FORMS[kind]}
    bad: list[Bad] = []
    split = _split_release if kind == "ocds" else _split_statement
    for item in objects(kind, snapshot):
        if isinstance(item, Bad):
            bad.append(item)
            continue
        number, value = item
        reason = split(number, value, rows)
        if reason:
            bad.append(Bad(number, json.dumps(value, ensure_ascii=False)[:2000], reason))
    for i, table in enumerate(FORMS[kind]):
        dataset = described(kind, name, table, today)
        yield dataset, _filler(dataset, rows[table], bad if i == 0 else [])


def _filler(dataset: Dataset, rows: list[tuple[int, Row]], bad: list[Bad]) -> Fill:
    def fill(con: duckdb.DuckDBPyConnection) -> None:
        names = [c.name for c in dataset.columns]
        con.execute(f"CREATE TABLE raw (_row BIGINT, {', '.join(f'{quoted(n)} VARCHAR' for n in names)})")
        con.execute("CREATE TABLE bad (_row BIGINT, text VARCHAR, reason VARCHAR)")
        good = (Good(number, [cell_text(row.get(n)) for n in names]) for number, row in rows)
        insert(con, dataset.columns, [*good, *bad], lambda n: None)

    return fill


def objects(kind: str, snapshot: Snapshot) -> Iterator[tuple[int, Row] | Bad]:
    """The objects of JSON Lines, of a list, or of a package (releases, records); each with its line or position."""
    if snapshot.form == "jsonl":
        for item in jsonl_objects(snapshot.path, snapshot.encoding):
            if not isinstance(item, Bad) and isinstance(item[1].get("releases"), list):
                yield from ((item[0], v) if isinstance(v, dict) else Bad(item[0], str(v)[:200], "json") for v in item[1]["releases"])
            else:
                yield item
        return
    if snapshot.form != "json":
        raise MatchError("form", f"{kind.upper()} 应为 JSON 或 JSON Lines", f"{kind.upper()} must be JSON or JSON Lines")
    try:
        document = json.loads(snapshot.path.read_text(snapshot.encoding))
    except (ValueError, RecursionError) as e:
        raise MatchError("json", f"JSON 无法解析：{e}", f"the JSON cannot be read: {e}") from e
    if isinstance(document, dict):
        records = document.get("records")
        if isinstance(records, list):
            document = [r.get("compiledRelease") if isinstance(r, dict) else r for r in records]
        else:
            document = document.get("releases", [document])
    if not isinstance(document, list):
        raise MatchError("json", "JSON 中没有可读的列表", "the JSON holds no list to read")
    for number, value in enumerate(document, 1):
        yield (number, value) if isinstance(value, dict) else Bad(number, str(value)[:200], "json")


def _list(value: Any) -> list[Row]:
    if isinstance(value, dict):
        return [value]
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def _get(value: Any, *path: str) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _split_release(number: int, release: Row, rows: dict[str, list[tuple[int, Row]]]) -> str:
    ocid = release.get("ocid")
    if not isinstance(ocid, str) or not ocid:
        return "no_release_id"
    rows["release"].append((number, {"ocid": ocid, "body": json.dumps(release, ensure_ascii=False, separators=(",", ":"))}))
    suppliers: dict[str, list[Any]] = {}
    classes: dict[str, Any] = {}
    for bid in _list(_get(release, "bids", "details")):
        for tenderer in _list(bid.get("tenderers")) or [{}]:
            rows["bid"].append((number, {
                "ocid": ocid, "bid_id": bid.get("id"), "status": bid.get("status"), "bidder": tenderer.get("id"),
                "amount": _get(bid, "value", "amount"), "currency": _get(bid, "value", "currency"), "received_on": _instant(bid.get("date")),
            }))  # fmt: skip
    for award in _list(release.get("awards")):
        ids = [s.get("id") for s in _list(award.get("suppliers"))]
        suppliers[str(award.get("id"))] = ids
        items = _list(award.get("items"))
        classes[str(award.get("id"))] = _get(items[0], "classification", "id") if items else None
        for supplier in ids or [None]:
            rows["award"].append((number, {
                "ocid": ocid, "award_id": award.get("id"), "status": award.get("status"), "supplier": supplier,
                "amount": _get(award, "value", "amount"), "currency": _get(award, "value", "currency"), "awarded_on": _instant(award.get("date")),
            }))  # fmt: skip
    for contract in _list(release.get("contracts")):
        award_id = str(contract.get("awardID"))
        for supplier in suppliers.get(award_id) or [None]:
            rows["contract"].append((number, {
                "ocid": ocid, "contract_id": contract.get("id"), "buyer": _get(release, "buyer", "id"), "supplier": supplier,
                "class": classes.get(award_id), "amount": _get(contract, "value", "amount"), "currency": _get(contract, "value", "currency"),
                "signed_on": _instant(contract.get("dateSigned")),
            }))  # fmt: skip
    for party in _list(release.get("parties")):
        rows["party"].append((number, {
            "ocid": ocid, "party": party.get("id"), "name": party.get("name"),
            "address": _get(party, "address", "streetAddress"), "phone": _get(party, "contactPoint", "telephone"),
        }))  # fmt: skip
    return ""


def _instant(value: Any) -> Any:
    # The zone is dropped after converting to UTC text that the checker reads; an unreadable text stays as it is.
    if not isinstance(value, str):
        return value
    from datetime import UTC, datetime

    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return value
    return (parsed.astimezone(UTC) if parsed.tzinfo else parsed).strftime("%Y-%m-%d %H:%M:%S")


def _split_statement(number: int, statement: Row, rows: dict[str, list[tuple[int, Row]]]) -> str:
    # 0.4 wraps the details; earlier versions lay them flat.
    details = statement.get("recordDetails") if isinstance(statement.get("recordDetails"), dict) else statement
    assert isinstance(details, dict)
    kind = str(statement.get("recordType") or statement.get("statementType") or "")
    ident = statement.get("statementId") or statement.get("statementID")
    record = statement.get("recordId") or ident
    if not ident:
        return "json"
    numbers = [i.get("id") for i in _list(details.get("identifiers"))]
    names = [n.get("fullName") for n in _list(details.get("names"))]
    first = {"statement": ident}
    if kind.startswith("person"):
        rows["person"].append((number, {**first, "person": record, "id_no": next(iter(numbers), None), "name": next(iter(names), None)}))
    elif kind.startswith("entity"):
        rows["entity"].append((number, {**first, "entity": record, "code": next(iter(numbers), None), "name": details.get("name")}))
    elif kind.startswith(("ownershipOrControl", "relationship")):
        for interest in _list(details.get("interests")) or [{}]:
            share = interest.get("share") if isinstance(interest.get("share"), dict) else {}
            rows["interest"].append((number, {
                **first, "subject": _party(details.get("subject")), "party": _party(details.get("interestedParty")), "kind": interest.get("type"),
                "share": _get(share, "exact") if _get(share, "exact") is not None else _get(share, "minimum"),
                "starts_on": _day(interest.get("startDate")), "ends_on": _day(interest.get("endDate")),
            }))  # fmt: skip
    else:
        return "json"
    return ""


def _party(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return value.get("describedByEntityStatement") or value.get("describedByPersonStatement")


def _day(value: Any) -> Any:
    return value[:10] if isinstance(value, str) else value
