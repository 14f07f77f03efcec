"""Relations as typed, dated edges with evidence, held in arrays.

Kinds: kin 亲属, office 任职, ownership 持股, address 地址, account 账户, contract 合同. An edge has a first and a last
day (days since 1970-01-01; open ends are far away), and a row of evidence: which data set, which row. Size is
bounded by memory only: ten million edges take about half a gigabyte with the indexes.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

KINDS = {
    "kin": ("亲属", "kinship"),
    "office": ("任职", "office"),
    "ownership": ("持股", "ownership"),
    "address": ("同址", "address"),
    "account": ("账户", "account"),
    "contract": ("合同", "contract"),
}
KIND_NUMBER = {k: i for i, k in enumerate(KINDS)}
ALWAYS_FROM, ALWAYS_TO = -(2**31) + 1, 2**31 - 1  # open ends, in days
EPOCH = date(1970, 1, 1)


def day(value: date | str | None, open_end: int) -> int:
    """Days since 1970-01-01 of a date or an ISO text; `open_end` where there is none. Raises ValueError on a non-date."""
    if value is None or value == "":
        return open_end
    real = value if isinstance(value, date) else date.fromisoformat(value)
    return (real - EPOCH).days


def text_of(days: int) -> str | None:
    """ISO text of a day number; None for an open end."""
    if days in (ALWAYS_FROM, ALWAYS_TO):
        return None
    return date.fromordinal(EPOCH.toordinal() + days).isoformat()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where an edge comes from: data set, row in it, and a sentence-sized note."""

    dataset: str
    row: str
    note: str = ""


@dataclass
class Index:
    """Edges of one kind by one of their ends: edges of node v are edge[start[v]:start[v + 1]]."""

    start: Ints
    edge: Ints


@dataclass
class Graph:
    """Nodes 0 … nodes - 1 and typed, dated edges between them, all arrays of one length.

    node_names, node_kinds and evidence are for people; the searches need only the numbers.
    """

    nodes: int
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    kind: NDArray[np.int8]
    first_day: NDArray[np.int32]
    last_day: NDArray[np.int32]
    node_names: Sequence[str] = ()
    node_kinds: Sequence[str] = ()
    evidence: Sequence[Evidence] = ()
    _indexes: dict[tuple[str, bool], Index] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        n = len(self.source)
        if not all(len(x) == n for x in (self.target, self.kind, self.first_day, self.last_day)):
            raise ValueError("edge columns differ in length / 关系各列长度不一")
        if n and (min(self.source.min(), self.target.min()) < 0 or max(self.source.max(), self.target.max()) >= self.nodes):
            raise ValueError("an edge ends at a node that does not exist / 关系指向不存在的节点")
        if n and (self.first_day > self.last_day).any():
            raise ValueError("an edge ends before it begins / 关系的止日早于起日")
        if self.evidence and len(self.evidence) != n:
            raise ValueError("every edge needs its evidence / 每条关系都须有依据")

    @property
    def edges(self) -> int:
        """Number of edges."""
        return len(self.source)

    def index(self, kind: str, reverse: bool = False) -> Index:
        """Edges of a kind by source (or by target); built once, on first use."""
        key = (kind, reverse)
        if key not in self._indexes:
            chosen = np.flatnonzero(self.kind == KIND_NUMBER[kind])
            ends = (self.target if reverse else self.source)[chosen]
            # one column per edge: scipy's conversion groups by row without merging parallel edges
            from scipy.sparse import (
                csr_array,  # forty megabytes that every process would carry, and only a question about a graph needs
            )

            matrix = csr_array((np.ones(len(chosen), dtype=np.int8), (ends, np.arange(len(chosen)))), shape=(self.nodes, max(len(chosen), 1)))
            self._indexes[key] = Index(matrix.indptr.astype(np.int64), chosen[matrix.indices])
        return self._indexes[key]

    def prepare(self, kinds: Iterable[str] = tuple(KINDS)) -> Graph:
        """Build the indexes of these kinds in both directions now; returns itself."""
        for k in kinds:
            self.index(k)
            self.index(k, reverse=True)
        return self

    def components(self, kinds: Iterable[str] | None = None) -> Ints:
        """Component number of every node over edges of these kinds (all by default), direction ignored.

        Being in one component means little (measured: 6.9 of 8 million nodes were in one); use paths as evidence.
        """
        source, target = self.source, self.target
        if kinds is not None:
            chosen = np.isin(self.kind, [KIND_NUMBER[k] for k in kinds])
            source, target = source[chosen], target[chosen]
        # float data from the start: csgraph would convert it anyway
        from scipy.sparse import csr_array  # as above
        from scipy.sparse.csgraph import connected_components

        matrix = csr_array((np.ones(len(source)), (source, target)), shape=(self.nodes, self.nodes))
        return np.asarray(connected_components(matrix, directed=False)[1], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One step away: the node, the edge, its direction and dates, its evidence if the graph carries it."""

    node: int
    edge: int
    kind: str
    outward: bool
    first: str | None
    last: str | None
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of neighbours; `total` counts all, `next_after` is where the next page begins (None at the end)."""

    items: tuple[Neighbour, ...]
    total: int
    next_after: int | None


PAGE = 20


def expand(graph: Graph, node: int, kinds: Iterable[str] = tuple(KINDS), after: int = 0, size: int = PAGE, on: int | None = None) -> Page:
    """Neighbours of one node, `size` at a time, by kind and then by edge number: the order never changes.

    on: only edges in force on that day. Raises ValueError for a node that does not exist.
    """
    if not 0 <= node < graph.nodes:
        raise ValueError(f"no node {node} / 没有节点 {node}")
    found: list[tuple[str, bool, int]] = []
    for kind in kinds:
        for reverse in (False, True):
            index = graph.index(kind, reverse)
            for e in index.edge[index.start[node] : index.start[node + 1]].tolist():
                if on is None or graph.first_day[e] <= on <= graph.last_day[e]:
                    found.append((kind, not reverse, e))
    items = []
    for kind, outward, e in found[after : after + size]:
        other = int(graph.target[e] if outward else graph.source[e])
        proof = graph.evidence[e] if graph.evidence else None
        items.append(Neighbour(other, e, kind, outward, text_of(int(graph.first_day[e])), text_of(int(graph.last_day[e])), proof))
    rest = after + size
    return Page(tuple(items), len(found), rest if rest < len(found) else None)


def from_rows(rows: Iterable[Mapping[str, str | None]]) -> Graph:
    """A graph from rows with source, target, kind, from, to, dataset, row, note, source_kind, target_kind.

    Raises ValueError naming the row for an unknown kind or a date that is none.
    """
    number: dict[str, int] = {}
    node_kinds: list[str] = []
    columns: dict[str, list[int]] = {k: [] for k in ("source", "target", "kind", "first", "last")}
    evidence = []
    for i, row in enumerate(rows, 1):
        try:
            kind = KIND_NUMBER[str(row["kind"])]
            first, last = day(row.get("from"), ALWAYS_FROM), day(row.get("to"), ALWAYS_TO)
            ends = [str(row["source"] or ""), str(row["target"] or "")]
        except (KeyError, ValueError) as error:
            raise ValueError(f"row {i}: kind, source, target or a date is wrong ({error}) / 第 {i} 行：关系类型、两端或日期有误") from error
        if not all(ends):
            raise ValueError(f"row {i}: source or target is empty / 第 {i} 行：缺少一端")
        for end, side in zip(ends, ("source_kind", "target_kind"), strict=True):
            if end not in number:
                number[end] = len(number)
                node_kinds.append(str(row.get(side) or ""))
            elif not node_kinds[number[end]]:
                node_kinds[number[end]] = str(row.get(side) or "")
        for key, value in zip(columns, (number[ends[0]], number[ends[1]], kind, first, last), strict=True):
            columns[key].append(value)
        evidence.append(Evidence(str(row.get("dataset") or ""), str(row.get("row") or i), str(row.get("note") or "")))
    return Graph(
        len(number),
        np.array(columns["source"], dtype=np.int32),
        np.array(columns["target"], dtype=np.int32),
        np.array(columns["kind"], dtype=np.int8),
        np.array(columns["first"], dtype=np.int32),
        np.array(columns["last"], dtype=np.int32),
        tuple(number),
        tuple(node_kinds),
        tuple(evidence),
    )
