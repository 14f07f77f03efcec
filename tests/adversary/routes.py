"""The table of routes (tests/faces/web/routes.csv) and the routes that there are: pages, API and the sign-in process."""
from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parents[1] / "faces/web/routes.csv"


@dataclass(frozen=True)
class RouteRow:
    """One line: the route's name, GET or POST, who it opens for, and the parts of a sample address."""

    name: str
    method: str
    rule: str
    parts: tuple[tuple[str, str], ...]


def table() -> list[RouteRow]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return [RouteRow(r["name"], r["method"], r["rule"], tuple((k, v) for k, _, v in (pair.partition("=") for pair in r["with"].split(" ")) if k)) for r in csv.DictReader(file)]


def reverse_row(row: RouteRow, ref: str) -> str:
    """The address of a matter's page for this matter: `ref` stands wherever the table names something of the story (`@…`)."""
    from django.urls import reverse

    return reverse(row.name, kwargs={k: ref if v.startswith("@") else int(v) if v.isdigit() and len(v) < 9 else v for k, v in row.parts})


def routes(patterns: Any = None, space: str = "") -> Iterator[tuple[str, Any]]:
    """Every route of the web process as (name, pattern), those of included lists as `space:name`. A route without a name is named by its address."""
    from django.urls import URLResolver, get_resolver

    for pattern in get_resolver("xieli.server.urls").url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from routes(pattern.url_patterns, inner)
        else:
            yield f"{space}{pattern.name or pattern.pattern}", pattern
