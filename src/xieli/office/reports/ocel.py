"""OCEL 2.0 export of what the reader may see: events are moves, objects are matters and bodies; no names, no case facts."""
from __future__ import annotations

from typing import Any

from xieli.engines.metrics import Period
from xieli.office.ids import to_ref
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.work import MatterMove


def export(period: Period) -> tuple[dict[str, Any], list[int]]:
    """The log as OCEL 2.0 JSON (https://www.ocel-standard.org): objectTypes, eventTypes, objects, events; and the matters in it."""
    moves = list(MatterMove.objects.filter(happened_at__date__gte=period.first, happened_at__date__lte=period.last).select_related("matter").order_by("happened_at", "id"))
    matters = {m.matter_id: m.matter for m in moves}
    bodies = sorted({m.owner_body_id for m in matters.values()} | {m.body_id for m in moves if m.body_id})
    links = MatterLink.objects.filter(source_id__in=matters, target_id__in=matters)
    related: dict[int, list[dict[str, str]]] = {}
    for link in links:
        related.setdefault(link.source_id, []).append({"objectId": to_ref(link.target_id), "qualifier": link.kind})
    kinds = sorted({m.kind for m in matters.values()})
    return {
        "objectTypes": [{"name": k, "attributes": [{"name": "urgent", "type": "boolean"}]} for k in kinds] + [{"name": "body", "attributes": []}],
        "eventTypes": [{"name": f"{k}.{v}", "attributes": [{"name": "from", "type": "string"}]} for k, v in sorted({(m.matter.kind, m.move) for m in moves})],
        "objects": [{"id": to_ref(m.id), "type": m.kind, "attributes": [{"name": "urgent", "time": _time(m), "value": m.urgent}],
                     "relationships": [*related.get(m.id, []), {"objectId": f"body-{m.owner_body_id}", "qualifier": "owner"}]} for m in matters.values()]
        + [{"id": f"body-{b}", "type": "body", "attributes": [], "relationships": []} for b in bodies],
        "events": [{"id": to_ref(m.id), "type": f"{m.matter.kind}.{m.move}", "time": m.happened_at.isoformat(), "attributes": [{"name": "from", "value": m.from_stage}],
                    # whose desk it happened on: the body that acted, else the one that owns the matter
                    "relationships": [{"objectId": to_ref(m.matter_id), "qualifier": "matter"},
                                      {"objectId": f"body-{m.body_id or m.matter.owner_body_id}", "qualifier": "body" if m.body_id else "owner"}]} for m in moves],
    }, sorted(matters)


def _time(matter: Matter) -> str:
    return matter.opened_at.isoformat()


def problems(log: dict[str, Any]) -> list[str]:
    """Our own check of the standard's rules: unique identities, declared types, no relation to an object that is not there."""
    found: list[str] = []
    types = {t["name"] for t in log["objectTypes"]}
    events = {t["name"] for t in log["eventTypes"]}
    ids = [o["id"] for o in log["objects"]]
    if len(ids) != len(set(ids)):
        found.append("object identities repeat")
    known = set(ids)
    for o in log["objects"]:
        if o["type"] not in types:
            found.append(f"object type {o['type']} is not declared")
        found += [f"{o['id']} relates to {r['objectId']}, which is not there" for r in o["relationships"] if r["objectId"] not in known]
    seen: set[str] = set()
    for e in log["events"]:
        if e["id"] in seen:
            found.append(f"event {e['id']} repeats")
        seen.add(e["id"])
        if e["type"] not in events:
            found.append(f"event type {e['type']} is not declared")
        found += [f"event {e['id']} relates to {r['objectId']}, which is not there" for r in e["relationships"] if r["objectId"] not in known]
    return found
