"""Export to FollowTheMoney JSON lines: entities for nodes, interval entities for edges, evidence beside them.

The subset of the FollowTheMoney model that is used here is written out in SCHEMA, so that the product can check
its own export without the library; `make interop` runs the library itself.
"""
from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from .graph import KINDS, Graph, text_of

# schema → property → what it may hold: text, date, or the schemata an entity reference may point to
_INTERVAL = {"startDate": "date", "endDate": "date", "summary": "text", "publisher": "text", "recordId": "text"}
_THING = {"name": "text", "country": "text", "notes": "text"}
SCHEMA: dict[str, dict[str, str | tuple[str, ...]]] = {
    "Person": {**_THING},
    "Company": {**_THING},
    "Organization": {**_THING},
    "PublicBody": {**_THING},
    "LegalEntity": {**_THING},
    "Address": {**_THING, "full": "text"},
    "BankAccount": {**_THING, "accountNumber": "text"},
    "Contract": {**_THING, "title": "text", "authority": ("LegalEntity",)},
    "Family": {**_INTERVAL, "person": ("Person",), "relative": ("Person",), "relationship": "text"},
    "Directorship": {**_INTERVAL, "director": ("LegalEntity",), "organization": ("Organization",), "role": "text"},
    "Ownership": {**_INTERVAL, "owner": ("LegalEntity",), "asset": ("Company", "BankAccount", "Contract")},
    "ContractAward": {**_INTERVAL, "supplier": ("LegalEntity",), "contract": ("Contract",), "role": "text"},
    "UnknownLink": {**_INTERVAL, "subject": ("Person", "Company", "Organization", "PublicBody", "LegalEntity", "Address", "BankAccount", "Contract"),
                    "object": ("Person", "Company", "Organization", "PublicBody", "LegalEntity", "Address", "BankAccount", "Contract"), "role": "text"},
}  # fmt: skip
REQUIRED = {
    "Family": ("person", "relative"), "Directorship": ("director", "organization"), "Ownership": ("owner", "asset"),
    "ContractAward": ("supplier", "contract"), "UnknownLink": ("subject", "object"),
}  # fmt: skip
# what each schema is also an instance of
IS_A = {
    "Person": {"Person", "LegalEntity"}, "Company": {"Company", "Organization", "LegalEntity"},
    "PublicBody": {"PublicBody", "Organization", "LegalEntity"}, "Organization": {"Organization", "LegalEntity"},
}  # fmt: skip
NODE_SCHEMA = {
    "person": "Person", "company": "Company", "body": "PublicBody", "address": "Address", "account": "BankAccount",
    "contract": "Contract", "": "LegalEntity",
}  # fmt: skip


def _id(*parts: str) -> str:
    return "xieli-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _is(schema: str, wanted: tuple[str, ...]) -> bool:
    return bool(IS_A.get(schema, {schema}) & set(wanted))


def entities(graph: Graph) -> Iterator[dict[str, Any]]:
    """Entities in a stable order: nodes first, then edges. Raises ValueError for a node kind that has no schema.

    An edge whose ends do not fit the schema of its kind (an office in an address) becomes an UnknownLink that
    names the kind as its role; nothing is dropped.
    """
    if len(graph.node_names) != graph.nodes:
        raise ValueError("the graph carries no node names to export / 图中没有可导出的节点名称")
    ids, schemata = [], []
    for name, kind in zip(graph.node_names, graph.node_kinds, strict=True):
        if kind not in NODE_SCHEMA:
            raise ValueError(f"node kind {kind!r} has no FollowTheMoney schema / 节点类型“{kind}”没有对应的 FollowTheMoney 模式")
        schema = NODE_SCHEMA[kind]
        properties = {"name": [name]}
        if schema == "Address":
            properties["full"] = [name]
        if schema == "BankAccount":
            properties["accountNumber"] = [name]
        ids.append(_id("node", kind, name))
        schemata.append(schema)
        yield {"id": ids[-1], "schema": schema, "properties": properties}
    kinds = list(KINDS)
    for e in range(graph.edges):
        a, b = int(graph.source[e]), int(graph.target[e])
        yield from _edge(graph, e, kinds[int(graph.kind[e])], (ids[a], schemata[a]), (ids[b], schemata[b]))


def _edge(graph: Graph, e: int, kind: str, a: tuple[str, str], b: tuple[str, str]) -> Iterator[dict[str, Any]]:
    shared: dict[str, list[str]] = {}
    for key, days in (("startDate", int(graph.first_day[e])), ("endDate", int(graph.last_day[e]))):
        text = text_of(days)
        if text:
            shared[key] = [text]
    dataset, row, note = "", str(e), ""
    if graph.evidence:
        proof = graph.evidence[e]
        dataset, row, note = proof.dataset, proof.row, proof.note
        shared |= {k: [v] for k, v in (("publisher", dataset), ("recordId", row), ("summary", note)) if v}
    new = _id("edge", kind, a[0], b[0], dataset, row, str(e))
    words = f"{KINDS[kind][0]} {KINDS[kind][1]}"
    if kind == "contract" and _is(a[1], ("LegalEntity",)) and _is(b[1], ("LegalEntity",)):
        contract = _id("contract", new)
        yield {"id": contract, "schema": "Contract", "properties": {"title": [note or words], "authority": [b[0]]}}
        yield {"id": new, "schema": "ContractAward", "properties": {"supplier": [a[0]], "contract": [contract], **shared}}
        return
    shape = {
        "kin": ("Family", "person", "relative", {"relationship": [note or words]}),
        "office": ("Directorship", "director", "organization", {"role": [note or words]}),
        "ownership": ("Ownership", "owner", "asset", {}),
        "account": ("Ownership", "owner", "asset", {}),
        "contract": ("ContractAward", "supplier", "contract", {}),
        "address": ("UnknownLink", "subject", "object", {"role": [words]}),
    }[kind]
    schema, left, right, extra = shape
    for end, side in ((a, left), (b, right)):
        wanted = SCHEMA[schema][side]
        assert isinstance(wanted, tuple)
        if not _is(end[1], wanted):
            schema, left, right, extra = "UnknownLink", "subject", "object", {"role": [words]}
            break
    yield {"id": new, "schema": schema, "properties": {left: [a[0]], right: [b[0]], **extra, **shared}}


def json_lines(graph: Graph) -> Iterator[str]:
    """The export as lines of JSON, as `ftm` reads it."""
    for entity in entities(graph):
        yield json.dumps(entity, ensure_ascii=False, sort_keys=True)


def problems(entity: dict[str, Any], known: dict[str, str]) -> list[str]:
    """What is wrong with one entity by SCHEMA; `known` maps ids seen so far to their schema. Empty when fine."""
    schema = entity.get("schema")
    if schema not in SCHEMA or not entity.get("id"):
        return [f"unknown schema or no id: {schema}"]
    out = [f"{schema}.{k} is required" for k in REQUIRED.get(schema, ()) if not entity["properties"].get(k)]
    for key, values in entity["properties"].items():
        holds = SCHEMA[schema].get(key)
        if holds is None:
            out.append(f"{schema} has no property {key}")
        elif not isinstance(values, list) or not all(isinstance(v, str) and v for v in values):
            out.append(f"{schema}.{key} must be a list of texts")
        elif isinstance(holds, tuple):
            out += [f"{schema}.{key} points to {known.get(v)}" for v in values if not _is(known.get(v, ""), holds)]
        elif holds == "date":
            out += [f"{schema}.{key}: {v} is not a date" for v in values if len(v) != 10 or v[4] != "-" or v[7] != "-"]
    return out
