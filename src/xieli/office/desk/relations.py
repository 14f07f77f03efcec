"""Relations under an authorization: one question opened step by step, each edge with its evidence and what people judged of it.

The graph holds only what the evidence rows of hits say: rows that led nowhere never left the projection. A picture starts at
one node, opens twenty neighbours at a time, and is whole in its address: the same address lays the same picture out again.
"""
from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from xieli.engines.matching.relations.ftm import json_lines
from xieli.engines.matching.relations.graph import KINDS, PAGE, Graph, day, expand, from_rows
from xieli.engines.matching.relations.paths import MAX_HOPS, Step, find_paths
from xieli.engines.matching.workspace import digest
from xieli.office.audit import record
from xieli.office.desk import queries
from xieli.office.desk.models import Authorization, Hit, Snapshot
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import actor, now

STANDING = ("accepted", "doubtful", "rejected")


def key_of(name: str) -> str:
    """The short address part of a node."""
    return hashlib.sha256(name.encode()).hexdigest()[:10]


@dataclass(frozen=True)
class Edge:
    """One relation as the data state it, the hits that rest on it, and its standing: accepted, doubtful, rejected."""

    key: str
    kind: str
    source: str
    target: str
    first: str
    last: str
    note: str
    dataset: str
    row: str
    hits: tuple[str, ...]
    standing: str


@dataclass(frozen=True)
class View:
    """A picture's state: where it starts, how many pages of which node are open, which kinds and which day, a path wished for."""

    start: str = ""
    opened: Mapping[str, int] = field(default_factory=dict)
    kinds: tuple[str, ...] = tuple(KINDS)
    on: date | None = None
    path: tuple[str, str] = ("", "")


@dataclass
class Picture:
    """What is laid out: nodes by key with name, kind, neighbours shown and in all; edges in order; the path found."""

    nodes: dict[str, dict[str, Any]]
    edges: list[Edge]
    path: list[str]
    path_found: bool | None


class Relations:
    """Every edge of an authorization's hits, once each, as a graph in arrays."""

    def __init__(self, authorization: Authorization) -> None:
        hits = queries.hits(authorization)
        self.hits: dict[str, Hit] = {h.code: h for h in hits}
        rows: dict[tuple[str, ...], dict[str, Any]] = {}
        for h in sorted(hits, key=lambda x: x.code):
            for e in h.edges:
                row = rows.setdefault((e["dataset"], e["row"], e["kind"], e["source"], e["target"]), {**e, "hits": []})
                row["hits"].append(h)
        ordered = [rows[k] for k in sorted(rows, key=lambda k: (k[2], k[3], k[4], k[0], int(k[1])))]
        self.graph: Graph | None = from_rows(ordered) if ordered else None
        self.edges = [_edge(r) for r in ordered]
        names = self.graph.node_names if self.graph else ()
        self.names = {key_of(n): i for i, n in enumerate(names)}

    def questions(self) -> list[Hit]:
        """Hits that have relations to show, in the order of the list."""
        return [h for h in self.hits.values() if h.edges]

    def start_of(self, hit: Hit) -> str:
        """Where a hit's picture begins: at the end that the fewest of its edges point to, the official before the contract."""
        into = [e["target"] for e in hit.edges]
        first = min((e["source"] for e in hit.edges), key=lambda n: (into.count(n), [x["source"] for x in hit.edges].index(n)))
        return key_of(first)

    def lay_out(self, view: View) -> Picture:
        """The picture of a view. A node that is unknown, closed or cut off by a filter is simply not there."""
        graph = self.graph
        if graph is None or view.start not in self.names:
            return Picture({}, [], [], None)
        nodes: dict[str, dict[str, Any]] = {}
        shown: set[int] = set()
        on = day(view.on, 0) if view.on else None
        pages = {view.start: 1, **view.opened}
        waiting = [view.start]
        seen: set[str] = set()
        while waiting:
            at = waiting.pop(0)
            if at in seen:
                continue
            seen.add(at)
            page = expand(graph, self.names[at], view.kinds, size=PAGE * max(0, pages.get(at, 0)), on=on)
            nodes[at] = self._node(at, page.total, len(page.items), pages.get(at, 0))
            for item in page.items:
                shown.add(item.edge)
                other = key_of(graph.node_names[item.node])
                if other not in nodes:
                    nodes[other] = self._node(other, 0, 0, 0)
                waiting.append(other)
        path, found = self._path(view, shown, nodes)
        return Picture(nodes, [self.edges[e] for e in sorted(shown)], path, found)

    def _node(self, key: str, total: int, here: int, pages: int) -> dict[str, Any]:
        assert self.graph is not None
        number = self.names[key]
        return {"key": key, "name": self.graph.node_names[number], "kind": self.graph.node_kinds[number], "total": total, "shown": here, "pages": pages}

    def _path(self, view: View, shown: set[int], nodes: dict[str, dict[str, Any]]) -> tuple[list[str], bool | None]:
        """The shortest way between two nodes, at most five hops, all in force together; its edges join the picture."""
        graph, (a, b) = self.graph, view.path
        if graph is None or a not in self.names or b not in self.names or a == b:
            return [], None
        target = np.zeros(graph.nodes, dtype=bool)
        target[self.names[b]] = True
        found = find_paths(graph, [self.names[a]], (Step(view.kinds, "both", 1, MAX_HOPS),), targets=target) if view.kinds else None
        if found is None or not len(found):
            return [], False
        for n in found.nodes[0]:
            key = key_of(graph.node_names[n])
            nodes.setdefault(key, self._node(key, 0, 0, 0))
        shown.update(found.edges[0])
        return [self.edges[e].key for e in found.edges[0]], True


def _edge(row: dict[str, Any]) -> Edge:
    judged = [h.verdict for h in row["hits"]]
    standing = "accepted" if "true" in judged else "rejected" if judged and all(v in ("not_true", "data_error") for v in judged) else "doubtful"
    return Edge(key_of("|".join((row["dataset"], row["row"], row["kind"], row["source"], row["target"]))), row["kind"], key_of(row["source"]), key_of(row["target"]), row["from"] or "", row["to"] or "",
                row["note"], row["dataset"], row["row"], tuple(h.code for h in row["hits"]), standing)


def keep(authorization: Authorization, view: View, address: str, title: str, note: str) -> Snapshot:
    """Keep a picture for a meeting as it stands now. Raises Refused without a title or anything on it."""
    picture = Relations(authorization).lay_out(view)
    if not title.strip() or not picture.edges:
        raise Refused("title", "请给快照起个名字；空白的图不能留存。", "Name the snapshot; an empty picture is not kept.")
    edges = [{**vars(e), "hits": list(e.hits), "source_name": picture.nodes[e.source]["name"], "target_name": picture.nodes[e.target]["name"],
              "source_kind": picture.nodes[e.source]["kind"], "target_kind": picture.nodes[e.target]["kind"]} for e in picture.edges]
    row = Snapshot.objects.create(matter_id=authorization.matter_id, authorization=authorization, title=title.strip()[:100], note=note.strip()[:500], view={"address": address, "path": picture.path},
                                  edges=edges, digest=digest(edges), person_id=actor().person, at=now())
    record("match.pictured", matters=[authorization.matter_id], snapshot=row.id, digest=row.digest)
    return row


def export(authorization: Authorization) -> bytes:
    """All relations of the authorization's hits as FollowTheMoney lines; identifiers stay tokens. Recorded before it is given."""
    graph = Relations(authorization).graph
    if graph is None or authorization.state not in ("in_force", "exhausted"):
        raise Refused("nothing", "没有可导出的关系，或授权已不在有效期内。", "There are no relations to export, or the authorization is no longer valid.")
    lines: Sequence[str] = list(json_lines(graph))
    record("match.exported", matters=[authorization.matter_id], authorization=authorization.id, entities=len(lines), digest=authorization.digest)
    return "".join(line + "\n" for line in lines).encode()


__all__ = ["Edge", "Picture", "Relations", "View", "export", "keep"]
