# No `from __future__ import annotations` here: ninja reads the annotations as they stand.
"""What everybody works on: bodies, code lists, playbooks, calendars; released figures; the ledger's seal; who this token is."""

from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import Router

from xieli.engines.clocks import load_calendars
from xieli.engines.playbooks.model import Playbook
from xieli.faces.api import schemas
from xieli.faces.api.finding import one
from xieli.faces.api.gate import client_of, etag_of, looked, route
from xieli.faces.api.schemas import at
from xieli.office.bodies.models import Body, BodyKind, Rank
from xieli.office.clients.models import EVENTS, SCOPES, ApiToken
from xieli.office.clients.services import what_happened
from xieli.office.ids import to_ref
from xieli.office.matters.services import clocks
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.leads import own_bodies
from xieli.office.matters.services.playbooks import shipped
from xieli.office.matters.tables.core import Level
from xieli.office.people.models import Person
from xieli.office.reports.models import Release

router = Router(tags=["reference"])


@route(router, "GET", "/me", schemas.Me, name="read_me", summary="这个令牌 Whose rights this token has", tag="reference")
def read_me(request: HttpRequest) -> Any:
    """The person, the bodies he serves in now, scopes, zone, end."""
    client = client_of(request)
    token = ApiToken.objects.get(pk=client.token)
    person = Person.objects.only("id", "name").get(pk=client.person)
    return {"person": person.name, "bodies": sorted(b.code for b in own_bodies()), "scopes": sorted(client.scopes), "zone": client.zone, "expires_at": at(token.expires_at)}


def body_shown(b: Body) -> dict[str, Any]:
    return {"code": b.code, "kind": b.kind, "rank": b.rank, "labels": {"zh": b.name_zh, "en": b.name_en}, "short": {"zh": b.short_zh or b.name_zh, "en": b.short_en or b.name_en},
            "parent": b.parent.code if b.parent else None, "unit": b.unit.code if b.unit else None, "division_code": b.division_code, "valid_from": b.valid_from, "valid_to": b.valid_to,
            "successor": b.successor.code if b.successor else None}


@route(router, "GET", "/bodies", schemas.Bodies, name="list_bodies", summary="机构 Bodies", tag="reference")
def list_bodies(request: HttpRequest, kind: schemas.Code | None = None, q: schemas.Line | None = None) -> Any:
    """With their dates and successors; `q` finds present and former names and codes."""
    rows = Body.objects.select_related("parent", "unit", "successor").order_by("kind", "sort_key", "code")
    if kind is not None:
        rows = rows.filter(kind=kind)
    if q:
        rows = rows.filter(Q(name_zh__contains=q) | Q(name_en__icontains=q) | Q(short_zh__contains=q) | Q(code__startswith=q) | Q(names__name_zh__contains=q)).distinct()
    return {"items": [body_shown(b) for b in rows[:1000]]}


@route(router, "GET", "/bodies/{code}", schemas.Body, name="read_body", summary="一个机构 One body", tag="reference")
def read_body(request: HttpRequest, response: HttpResponse, code: str) -> Any:
    """By its code."""
    found = Body.objects.filter(code=code).select_related("parent", "unit", "successor").first() if code.isprintable() else None
    if found is None:
        raise NotVisible()
    answer = schemas.Body(**body_shown(found))
    response["ETag"] = etag_of(answer)
    return answer


def code_lists() -> dict[str, list[tuple[str, str, str]]]:
    """The lists that the description's codes come from."""
    english_kinds = {k: k.replace("_", " ") for k in (*BodyKind.values, *Rank.values)}
    return {
        "body_kinds": [(k, str(label), english_kinds[k]) for k, label in BodyKind.choices], "ranks": [(k, str(label), english_kinds[k]) for k, label in Rank.choices],
        "levels": [(str(k), str(label), Level(k).name.lower().replace("_", " ")) for k, label in Level.choices],
        "webhook_events": [(k, zh, en) for k, (zh, en) in EVENTS.items()], "scopes": [(k, zh, en) for k, (zh, en) in SCOPES.items()],
    }


@route(router, "GET", "/codes/{name}", schemas.CodeList, name="read_codes", summary="代码表 A list of codes", tag="reference")
def read_codes(request: HttpRequest, name: str) -> Any:
    """body_kinds, ranks, levels, webhook_events, scopes."""
    found = code_lists().get(name)
    if found is None:
        raise NotVisible()
    return {"name": name, "items": [{"code": c, "labels": {"zh": zh, "en": en}} for c, zh, en in found]}


def playbook_row(p: Playbook) -> dict[str, Any]:
    return {"code": p.code, "version": p.version, "sha256": p.sha256, "labels": schemas.labels(p.label)}


@route(router, "GET", "/playbooks", schemas.Playbooks, name="list_playbooks", summary="流程 Kinds of matter", tag="reference")
def list_playbooks(request: HttpRequest) -> Any:
    """Every kind with its version and digest."""
    return {"items": [playbook_row(p) for p in shipped().values()]}


@route(router, "GET", "/playbooks/{code}", schemas.Playbook, name="read_playbook", summary="一个流程 One kind of matter", tag="reference")
def read_playbook(request: HttpRequest, response: HttpResponse, code: str) -> Any:
    """Stages, moves and forms."""
    p = shipped().get(code)
    if p is None:
        raise NotVisible()
    moves = [schemas.MoveRule(code=m.code, labels=schemas.labels(m.label), from_stages=sorted(s for s in p.stages if any(x.code == m.code for x in p.moves_from(s))), form=m.form, approval=m.needs)
             for m in p.moves.values()]
    forms = [schemas.FormRule(code=f.code, labels=schemas.labels(f.label), fields=[
        schemas.FieldRule(code=x.code, labels=schemas.labels(x.label), type=x.type, required=x.required, options=[schemas.CodeItem(code=o.code, labels=schemas.labels(o.label)) for o in x.options])
        for x in f.fields]) for f in p.forms.values()]
    answer = schemas.Playbook(**playbook_row(p), stages=[schemas.StageOut(code=s.code, labels=schemas.labels(s.label)) for s in p.stages.values()], moves=moves, forms=forms)
    response["ETag"] = etag_of(answer)
    return answer


@route(router, "GET", "/calendars/{code}/{year}", schemas.CalendarYear, name="read_calendar", summary="工作日历 One year of a calendar", tag="reference")
def read_calendar(request: HttpRequest, code: str, year: int) -> Any:
    """Days that are not as their weekday says; a projected year may still change."""
    if code not in load_calendars():
        raise NotVisible()
    found = clocks.calendar_of(code)
    if not found.first.year <= year <= found.last.year:
        raise NotVisible()
    day, working = date(year, 1, 1), 0
    while day.year == year:
        working += found.first <= day <= found.last and found.is_working(day)
        if day == date.max:
            break
        day += timedelta(days=1)
    days = [{"day": d, "working": found.is_working(d), "labels": {"zh": f.zh, "en": f.en}} for d, f in sorted(found.facts.items()) if d.year == year]
    return {"code": code, "year": year, "projected": year not in found.published, "days": days, "working_days": working}


def release_row(r: Release) -> dict[str, Any]:
    return {"ref": to_ref(r.id), "report": r.report, "first": r.first, "last": r.last, "known_by": r.known_by, "released_at": at(r.released_at), "sha256": r.sha}


@route(router, "GET", "/figures", schemas.Releases, name="list_figures", scope="figures:read", summary="已发布的报表 Released reports", tag="figures")
def list_figures(request: HttpRequest, limit: schemas.Limit = 50) -> Any:
    """Approved by two persons, small cells suppressed; live figures are for screens."""
    return {"items": [release_row(r) for r in Release.objects.filter(state="released").order_by("-released_at", "-id")[:limit]]}


@route(router, "GET", "/figures/{ref}", schemas.Release, name="read_figure", scope="figures:read", summary="一份已发布的报表 One released report", tag="figures")
def read_figure(request: HttpRequest, response: HttpResponse, ref: str) -> Any:
    """With its figures and the digest of their definitions."""
    found = one(Release.objects.filter(state="released"), ref)
    answer = schemas.Release(**release_row(found), content=found.content)
    response["ETag"] = etag_of(answer)
    return answer


@route(router, "GET", "/events/{ref}", schemas.EventOut, name="read_event", scope="handovers:read", purpose=True, summary="回调引用指向什么 What a webhook's reference stands for", tag="webhooks")
def read_event(request: HttpRequest, ref: str) -> Any:
    """Under this token's own need-to-know: unknown and hidden answer the same."""
    from xieli.faces.api.finding import identity

    kind, moment, matter, parcel, approval = what_happened(identity(ref))
    looked(request, [matter] if matter else [])
    return {"kind": kind, "at": at(moment), "matter": to_ref(matter) if matter else None, "handover": to_ref(parcel) if parcel else None, "approval": to_ref(approval) if approval and matter else None}


@route(router, "GET", "/verify", schemas.Verify, name="read_verify", summary="审计记录的封存状态 How the ledger is sealed", tag="system")
def read_verify(request: HttpRequest) -> Any:
    """The last seal of a finished day, for comparison with the printed page or a witness; a full check is `xieli audit verify`."""
    with connection.cursor() as cursor:
        cursor.execute("select extract(epoch from audit.sealer_lag())::float8")
        lag = float(cursor.fetchone()[0])
        cursor.execute("select count(*) from audit.open_alarms()")
        alarms = int(cursor.fetchone()[0])
        cursor.execute("select number, sealed_at, tree_size, digest from access.last_seal()")
        seal = cursor.fetchone()
    if lag < 0:
        raise Refused("clock", "时钟异常。", "The clock is wrong.")
    last = {"number": seal[0], "sealed_at": at(seal[1]), "tree_size": seal[2], "digest": bytes(seal[3]).hex()} if seal else None
    return {"last_seal": last, "unsealed_seconds": round(lag, 1), "alarms": alarms}
