"""What plans are made from, besides loads: where bodies sit, which villages adjoin, who leads an inspection group.

A leader of the commission that plans lays it down from a file of codes; problems of committees and rotas are then read from it.
"""
from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from psycopg.types.json import Jsonb

from xieli.office.allocation.divisions import places_on
from xieli.office.allocation.models import CheckGroup, VillageBorder, VillageRecord
from xieli.office.audit import record
from xieli.office.bodies.models import Body, Office
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.source import ZONE, call, now, today
from xieli.office.people.models import Posting

MOST = 20_000  # entries of one file
#: meetings of a year, by how often a series meets
TIMES = {"week": 52, "month": 12, "quarter": 4, "year": 1}


def _number(row: dict[str, Any], name: str, least: float, most: float, default: float | None = None) -> float:
    value = row.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise Refused("file", f"{row.get('code', '?')}：{name} 须为 {least:g} 至 {most:g} 的数。什么也没有登记。", f"{row.get('code', '?')}: {name} must be a number from {least:g} to {most:g}. Nothing was laid down.")
    return value


def _resolve(data: dict[str, Any]) -> dict[str, Any]:
    """Codes become identities. Raises Refused naming the first entry that is wrong; nothing is kept then."""
    bodies = {b.code: b for b in Body.objects.filter(valid_to=None)}

    def body(code: Any, kind: str = "") -> Body:
        found = bodies.get(str(code))
        if found is None or (kind and found.kind != kind):
            raise Refused("file", f"没有这个机构或村：{code}。什么也没有登记。", f"No such body or village: {code}. Nothing was laid down.")
        return found

    out: dict[str, Any] = {"places": [], "villages": [], "borders": []}
    seen: set[str] = set()
    for row in data.get("places", []):
        b = body(row["code"])
        if b.code in seen:
            raise Refused("file", f"{b.code} 出现两次。什么也没有登记。", f"{b.code} occurs twice. Nothing was laid down.")
        seen.add(b.code)
        column, line = (int(_number(row, n, 0, 40)) if row.get(n) is not None else None for n in ("column", "row"))
        out["places"].append({"body": b.id, "x_km": _number(row, "x_km", -5000, 5000), "y_km": _number(row, "y_km", -5000, 5000), "division": str(row.get("division") or b.division_code), "central": bool(row.get("central", False)),
                              "headcount": int(_number(row, "headcount", 0, 10_000_000, 0)), "column": column, "row": line})
    for row in data.get("villages", []):
        out["villages"].append({"body": body(row["code"], "village").id, "work": int(_number(row, "work", 0, 100_000)), "score": int(_number(row, "score", 0, 100)), "cadre": bool(row.get("cadre", False)),
                                "kin_in": [body(c, "village").id for c in row.get("kin_in", [])]})
    for a, b_ in data.get("borders", []):
        if a == b_:
            raise Refused("file", f"{a} 不能与自己相邻。什么也没有登记。", f"{a} cannot adjoin itself. Nothing was laid down.")
        out["borders"].append([body(a, "village").id, body(b_, "village").id])
    if "groups" in data:
        out["groups"] = [_group(row, body) for row in data["groups"]]
    return out


def _group(row: dict[str, Any], body: Any) -> dict[str, Any]:
    heads = []
    for h in row.get("heads", []):
        found = Office.objects.filter(body=body(h["body"]), code=h["office"], valid_to=None)
        if h.get("room"):
            found = found.filter(room__name_zh=h["room"])
        office = found.order_by("id").first()
        if office is None:
            raise Refused("file", f"没有这个职务：{h}。什么也没有登记。", f"No such office: {h}. Nothing was laid down.")
        heads.append(office.id)
    if len(set(heads)) != 2:
        raise Refused("two-heads", f"检查组“{row.get('name_zh', '')}”须有两个不同的组长职务。", f"The group “{row.get('name_en', '')}” needs two different offices as its heads.")
    return {"name_zh": str(row["name_zh"])[:60], "name_en": str(row.get("name_en") or row["name_zh"])[:80], "heads": heads, "barred": [body(c).id for c in row.get("barred", [])]}


@transaction.atomic
def lay_out(body: int, data: dict[str, Any]) -> int:
    """Lay down a file of places, villages, borders and groups; the places before end today. Raises Refused and keeps nothing."""
    if sum(len(data.get(k, [])) for k in ("places", "villages", "borders", "groups") if isinstance(data.get(k, []), list)) > MOST:
        raise Refused("file", f"一次至多登记 {MOST} 条。", f"At most {MOST} entries at a time.")
    try:
        resolved = _resolve(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused("file", f"文件格式不对（{str(error)[:80]}）。什么也没有登记。", f"The file is misshapen ({str(error)[:80]}). Nothing was laid down.") from error
    count = int(str(call("lay_out", body, Jsonb(resolved))))
    if not count:
        raise Refused("file", "文件里没有可登记的内容。", "The file holds nothing to lay down.")
    record("places.laid", entries=count)
    return count


def committees_problem(body: Body) -> dict[str, Any]:
    """The villages of the towns under a body as recorded, with who adjoins whom. Raises Refused naming what is missing."""
    villages = {r.body_id: r for r in VillageRecord.objects.filter(body__valid_to=None, body__division_code__startswith=body.division_code.removesuffix("00").removesuffix("00")).select_related("body__parent")}
    at = places_on(today())
    lacking = sorted(r.body.name_zh for r in villages.values() if r.body_id not in at)
    if lacking:
        raise Refused("no_places", f"这些村没有位置：{'、'.join(lacking[:5])}。请先登记位置。", f"These villages have no place: {', '.join(lacking[:5])}. Lay their places down first.")
    if not villages:
        raise Refused("no_records", "还没有登记村情和相邻关系；请先登记，或从文件开始。", "No villages and borders are laid down yet; do that first, or start from a file.")
    _one_supervisor_each(list(villages.values()))
    rows = [{"id": r.body_id, "name": r.body.name_zh, "at_km": [float(at[r.body_id].x_km), float(at[r.body_id].y_km)], "township": r.body.parent_id or 0, "township_name": r.body.parent.name_zh.removesuffix("纪委") if r.body.parent else "",
             "supervisor_score": r.score, "work": r.work, "supervisor_is_cadre": r.cadre, "supervisor_kin_in": sorted(r.kin_in)} for r in sorted(villages.values(), key=lambda r: r.body_id)]
    borders = [[e.a_id, e.b_id] for e in VillageBorder.objects.order_by("a_id", "b_id") if e.a_id in villages and e.b_id in villages]
    return {"villages": rows, "adjacent": borders}


def _one_supervisor_each(villages: list[VillageRecord]) -> None:
    """一村一名廉勤监督员 (seed row S1-09). Raises Refused naming the villages that have none in post, or more than one."""
    at = now()
    held = Posting.objects.filter(body_id__in=[v.body_id for v in villages], office__code="village_supervisor", is_deputy=False, starts_at__lte=at).exclude(confirmed_by=None)
    count = Counter(held.filter(Q(ends_at=None) | Q(ends_at__gt=at)).values_list("body_id", flat=True))
    wrong = sorted((v.body.name_zh, count[v.body_id]) for v in villages if count[v.body_id] != 1)
    if wrong:
        zh, en = "、".join(f"{name}（{n} 名）" for name, n in wrong[:5]), ", ".join(f"{name} ({n})" for name, n in wrong[:5])
        raise Refused("one_supervisor", f"每村应有一名在岗廉勤监督员，这些村不是：{zh}。请先办理任免。", f"Every village has one supervisor in post; these have not: {en}. Settle the postings first.")


def rota_problem(body: Body) -> dict[str, Any]:
    """Inspection groups × the counties outside the central city × four quarters, from records. Raises Refused naming what is missing."""
    day = today()
    groups = list(CheckGroup.objects.filter(body=body, valid_from__lte=day, valid_to=None).order_by("id"))
    at = places_on(day)
    counties = sorted((p.body for p in at.values() if p.body.kind == "commission" and p.body.rank == "county" and not p.central), key=lambda b: b.id)
    if not groups or not counties:
        raise Refused("no_records", "还没有登记双组长检查组或县区位置；请先登记，或从文件开始。", "No groups with two heads, or no places of counties, are laid down yet; do that first, or start from a file.")
    known = {b.id for b in counties}
    rows = []
    for g in groups:
        holders = Posting.objects.filter(office_id__in=g.heads, ends_at=None).values_list("person_id", flat=True)
        served = set(Posting.objects.filter(person_id__in=list(holders), body_id__in=known).values_list("body_id", flat=True))  # once served there: barred
        rows.append({"id": g.id, "name": g.name_zh, "name_en": g.name_en, "heads": [str(o.id) for o in g.offices()], "heads_said": [f"{o.body.short_zh or o.body.name_zh}{o.room.name_zh if o.room else ''}{o.title_zh}" for o in g.offices()],
                     "barred": sorted({*g.barred, *served} & known)})
    return {"groups": rows, "counties": sorted(known), "quarters": 4, "gap": min(4, len(known)), "names": {str(b.id): b.name_zh.removesuffix("纪委监委") for b in counties}}


def chairs_problem(body: Body) -> dict[str, Any]:
    """The sides of the joint meeting that convene in turn, for a year; a side whose head is away on a meeting's day is absent."""
    from xieli.office.meetings.models import MeetingSeries

    series = MeetingSeries.objects.filter(body=body, convener=None, valid_to=None).prefetch_related("sides__body").order_by("id").first()
    sides = [s.body for s in sorted(series.sides.all(), key=lambda s: s.place) if s.convenes] if series is not None else []
    if series is None or len(sides) < 2:
        raise Refused("no_records", "还没有轮流召集的会议系列；请先在会议处建立，或从文件开始。", "There is no series of meetings that its sides convene in turn; found one under meetings first, or start from a file.")
    times = min(24, TIMES[series.every])
    days = [today() + timedelta(days=round(365 * n / times)) for n in range(times)]
    away = _away(sides)
    return {"members": [{"id": b.id, "name": b.short_zh or b.name_zh, "side": str(b.id) if len(sides) == 2 else "", "absent": [n for n, d in enumerate(days, 1) if any(a <= d < z for a, z in away[b.id])]} for b in sides],
            "meetings": times, "rest": 0 if len(sides) == 2 else min(1, len(sides) - 1), "series": series.name_zh, "days": [d.isoformat() for d in days], "names": {str(b.id): b.short_zh or b.name_zh for b in sides}}


def _away(bodies: list[Body]) -> dict[int, list[tuple[date, date]]]:
    """When the head of a body is lent out or on a posting of another kind."""
    out: dict[int, list[tuple[date, date]]] = defaultdict(list)
    heads = {p.person_id: p.body_id for p in Posting.objects.filter(body__in=bodies, office__code="head", kind="regular", ends_at=None)}
    for p in Posting.objects.filter(person_id__in=list(heads)).exclude(kind="regular"):
        ends: datetime | None = p.ends_at
        out[heads[p.person_id]].append((p.starts_at.astimezone(ZONE).date(), ends.astimezone(ZONE).date() if ends else date.max))
    return out
