"""A walk over every service: whoever changes something writes an event in the same transaction, or is named here with the reason.

The walk reads the source: it follows calls by name from each service that screens, commands or nobody else call, and asks whether a write
(ORM, SQL or a definer function) can be reached, and whether `record` or `record_look` can. It errs towards finding too much: a service that
writes through a name it cannot follow is not seen to write, a service that only might write is asked for an event.
"""
from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3] / "src/xieli"
ORM_WRITES = {"save", "create", "bulk_create", "bulk_update", "update", "delete", "get_or_create", "update_or_create"}
SQL_WRITES = re.compile(r"\b(insert\s+into|delete\s+from|update\s+[a-z_.\"]+\s+set)\b|\baccess\.(open_matter|give|revoke|break_glass|raise_recusal|decide_recusal)\b", re.I)
RECORDS = {"record", "record_look"}
# events of these are written by the database's own functions, in the same transaction
BY_THE_DATABASE = {"order_erasure", "approve_erasure", "close_alarm"}
# module or module:function → why it writes without an event of its own
ALLOWED = {
    "office/audit/verbs.py": "copies the closed list of acts after a migration; no session acts",
    "office/matters/services/playbooks.py:publish": "the installer's, before anyone acts: versions are immutable and hashed, and every matter names its own",
}


@dataclass
class Function:
    place: str
    name: str
    calls: set[str] = field(default_factory=set)
    writes: bool = False
    records: bool = False


def read(path: Path) -> list[Function]:
    found = []
    for node in ast.parse(path.read_text("utf-8")).body:
        nodes = [node] if isinstance(node, ast.FunctionDef) else [n for n in node.body if isinstance(n, ast.FunctionDef)] if isinstance(node, ast.ClassDef) else []
        for definition in nodes:
            f = Function(path.relative_to(SOURCE).as_posix(), definition.name)
            for n in ast.walk(definition):
                if isinstance(n, ast.Call):
                    name = n.func.attr if isinstance(n.func, ast.Attribute) else n.func.id if isinstance(n.func, ast.Name) else ""
                    on_a_manager = isinstance(n.func, ast.Attribute) and not isinstance(n.func.value, ast.Name | ast.Dict | ast.Set)
                    f.writes |= name in ORM_WRITES and (name in {"save", "bulk_create", "get_or_create", "update_or_create"} or on_a_manager)
                    f.records |= name in RECORDS
                    f.calls.add(name)
                elif isinstance(n, ast.Constant) and isinstance(n.value, str):
                    f.writes |= bool(SQL_WRITES.search(n.value))
            found.append(f)
    return found


def services() -> list[Function]:
    places = [p for p in SOURCE.glob("office/*/**/*.py") if "migrations" not in p.parts and "demo" not in p.parts
              and (p.stem in {"services", "recording", "queries", "verbs"} or "services" in p.relative_to(SOURCE).parts)]
    return [f for p in sorted(places) for f in read(p)]


def reaches(start: Function, by_name: dict[str, list[Function]]) -> tuple[bool, bool]:
    seen, todo, writes, records = set(), [start], False, False
    while todo:
        f = todo.pop()
        if id(f) in seen:
            continue
        seen.add(id(f))
        writes, records = writes or f.writes, records or f.records or f.name in BY_THE_DATABASE
        todo += [g for name in f.calls for g in by_name.get(name, [])]
    return writes, records


def silent(functions: list[Function]) -> list[str]:
    """Entry points that change something and write no event."""
    by_name: dict[str, list[Function]] = {}
    for f in functions:
        by_name.setdefault(f.name, []).append(f)
    inner = {name for f in functions for name in f.calls if name in by_name and any(g is not f for g in by_name[name])}
    out = []
    for f in functions:
        if f.name.startswith("_") or f.name in inner or f.place in ALLOWED or f"{f.place}:{f.name}" in ALLOWED:
            continue
        writes, records = reaches(f, by_name)
        if writes and not records:
            out.append(f"{f.place}:{f.name}")
    return out


def test_every_service_that_changes_something_writes_an_event() -> None:
    found = services()
    assert len(found) > 5
    assert silent(found) == []


def test_the_walk_sees_a_service_that_forgot(tmp_path: Path) -> None:
    """The walk itself: a forgetful service is found, directly, through a helper and through SQL; a faithful one is not."""
    def walk(text: str) -> list[str]:
        path = SOURCE / "office" / "x.py"
        found = []
        for node in ast.parse(text).body:
            assert isinstance(node, ast.FunctionDef)
        real = Path.read_text
        try:
            Path.read_text = lambda self, *a, **k: text if self == path else real(self, *a, **k)  # type: ignore[method-assign]
            found = read(path)
        finally:
            Path.read_text = real  # type: ignore[method-assign]
        return [s.split(":")[1] for s in silent(found)]

    assert walk("def close(m):\n    m.status = 'closed'\n    m.save()") == ["close"]
    assert walk("def close(m):\n    finish(m)\ndef finish(m):\n    M.objects.filter(id=m).update(x=1)") == ["close"]
    assert walk("def close(c):\n    c.execute('update matter set status = 1')") == ["close"]
    assert walk("def give(c):\n    c.execute('select access.give(%s)')") == ["give"]
    assert walk("def close(m):\n    finish(m)\n    record('matter.moved')\ndef finish(m):\n    m.save()") == []
    assert walk("def look(c):\n    d = {}\n    d.update(a=1)\n    c.execute('select 1')") == []
