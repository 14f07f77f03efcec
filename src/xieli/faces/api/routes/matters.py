# No `from __future__ import annotations` here: ninja reads the annotations as they stand.
"""Matters and leads: list, read, register, move; forms and facts; clocks; the state of approvals."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from xieli.engines.playbooks.model import Playbook
from xieli.faces.api import cursors, schemas
from xieli.faces.api.finding import body as body_by
from xieli.faces.api.finding import one, usable
from xieli.faces.api.gate import client_of, etag_of, looked, must_match, route
from xieli.faces.api.schemas import at
from xieli.office.ids import to_ref
from xieli.office.matters.services import forms, leads, moves
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.playbooks import playbook_of, shipped
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.core import Matter

router = Router(tags=["matters"])


def row(matter: Matter) -> dict[str, Any]:
    """A matter as lists show it."""
    playbook = playbook_of(matter)
    return {"ref": to_ref(matter.id), "kind": matter.kind, "kind_labels": schemas.labels(playbook.label), "number": matter.number, "title": matter.title, "status": matter.status,
            "stages": list(matter.stages), "level": matter.level, "owner_body": matter.owner_body.code, "urgent": matter.urgent, "source": matter.source, "opened_at": at(matter.opened_at),
            "received_on": matter.received_on, "next_due": at(matter.next_due), "closed_at": at(matter.closed_at), "close_kind": matter.close_kind}


def shown(matter: Matter) -> schemas.Matter:
    """A matter in full."""
    subjects = [schemas.Subject(name=s.name, kind=s.kind, role=s.role, id_masked=f"********{s.id_tail}" if s.id_tail else "", unit=s.unit_body.name_zh if s.unit_body else s.unit_name, post=s.post)
                for s in matter.subjects.select_related("unit_body").order_by("id")]
    playbook: Playbook = playbook_of(matter)
    offers = [schemas.Offer(move=o.move, labels=schemas.labels(playbook.moves[o.move].label), stage=o.stage, ready=not o.refusals,
                            reasons=[schemas.Reason(code=r.code, zh=r.zh, en=r.en) for r in o.refusals]) for o in moves.offers(matter)]
    return schemas.Matter(**row(matter), summary=matter.summary, version=matter.row_version, subjects=subjects, offers=offers)


def visible(ref: str) -> Matter:
    found: Matter = one(Matter.objects.select_related("owner_body", "owner_room"), ref)
    return found


@route(router, "GET", "/matters", schemas.Matters, name="list_matters", scope="matters:read", purpose=True, summary="事项列表 List matters, newest first", tag="matters")
def list_matters(request: HttpRequest, kind: schemas.Code | None = None, status: Literal["open", "closed"] | None = None, owner_body: schemas.Code | None = None,
                 cursor: schemas.Cursor | None = None, limit: schemas.Limit = 50) -> Any:
    """The matters that this token's person may see, as lists on screen show them."""
    rows = Matter.objects.select_related("owner_body")
    filters = {"kind": kind, "status": status, "owner_body__code": owner_body}
    rows = rows.filter(**{k: v for k, v in filters.items() if v is not None})
    items, following = cursors.page(rows, "matters", filters, cursor, limit)
    looked(request, [m.id for m in items])
    return {"items": [row(m) for m in items], "next": following}


@route(router, "POST", "/matters", schemas.Matter, name="register_matter", scope="matters:write", status=201, summary="登记 Register a matter", tag="matters")
def register_matter(request: HttpRequest, response: HttpResponse, new: schemas.NewMatter) -> Any:
    """For one's own body. With `registration`, that form is handed in in the same step."""
    if new.kind not in shipped():
        raise Refused("unknown_kind", f"没有“{new.kind}”这类事项。", f"There is no kind of matter “{new.kind}”.")
    subjects = tuple(leads.Subject(name=s.name.strip(), kind=s.kind, id_number=s.id_number, unit_body=body_by(s.unit_body).id if s.unit_body else None, unit_name=s.unit_name, post=s.post,
                                   dual_managed=s.dual_managed) for s in new.subjects)
    owner = body_by(new.owner_body)
    if owner.id not in {b.id for b in leads.own_bodies()}:
        raise Refused("own_body_only", "只能为本机构登记事项。", "A matter is opened for one's own body.")
    matter = leads.register(leads.NewMatter(new.kind, new.title.strip(), owner.id, None, subjects, summary=new.summary.strip(), source=new.source, urgent=new.urgent, received_on=new.received_on))
    if new.registration is not None:
        forms.submit(matter, "registration", usable(new.registration))
        matter.refresh_from_db()
    answer = shown(matter)
    response["ETag"], response["Location"] = etag_of(answer), f"/api/v1/matters/{to_ref(matter.id)}"
    return Status(201, answer)


@route(router, "GET", "/matters/{ref}", schemas.Matter, name="read_matter", scope="matters:read", purpose=True, summary="读一件事项 Read a matter", tag="matters")
def read_matter(request: HttpRequest, response: HttpResponse, ref: str) -> Any:
    """With its subjects and the moves that are open."""
    matter = visible(ref)
    looked(request, [matter.id])
    answer = shown(matter)
    response["ETag"] = etag_of(answer)
    return answer


@route(router, "POST", "/matters/{ref}/moves/{move}", schemas.Matter, name="make_move", scope="matters:write", match=True, summary="办理一个环节 Make a move", tag="matters")
def make_move(request: HttpRequest, response: HttpResponse, ref: str, move: str, given: schemas.NewMove) -> Any:
    """The playbook decides; If-Match is the matter's ETag."""
    matter = visible(ref)
    must_match(request, shown(matter))
    if move not in playbook_of(matter).moves:
        raise NotVisible()
    form = (given.form, usable(given.data or {})) if given.form else None
    moves.make(matter, move, reason=given.reason, form=form, expected_version=matter.row_version)
    found = Matter.objects.filter(pk=matter.id).select_related("owner_body").first()
    if found is None:
        # the step ended one's own part in it: what was there before is all that may still be said
        raise Refused("left", "这一步会使您不再知悉此事项，请在界面上办理。", "That step would end your own part in the matter; take it on the screen.")
    answer = shown(found)
    response["ETag"] = etag_of(answer)
    return answer


def form_shown(matter: Matter, code: str) -> schemas.FormValue:
    form = playbook_of(matter).forms.get(code)
    if form is None:
        raise NotVisible()
    last = forms.last_of(matter, form)
    return schemas.FormValue(form=code, revision=last.revision if last else 0, data={k: v for k, v in forms.shown(matter, form, dict(last.data)).items() if not k.startswith("_")} if last else {}, submitted_at=at(last.at) if last else None)


@route(router, "GET", "/matters/{ref}/forms/{code}", schemas.FormValue, name="read_form", scope="matters:read", purpose=True, summary="读表单 Read a form", tag="forms")
def read_form(request: HttpRequest, response: HttpResponse, ref: str, code: str) -> Any:
    """The last submission; revision 0 with an ETag when there is none yet."""
    matter = visible(ref)
    answer = form_shown(matter, code)
    looked(request, [matter.id])
    response["ETag"] = etag_of(answer)
    return answer


@route(router, "PUT", "/matters/{ref}/forms/{code}", schemas.FormValue, name="submit_form", scope="matters:write", match=True, summary="提交表单 Hand in a form", tag="forms")
def submit_form(request: HttpRequest, response: HttpResponse, ref: str, code: str, given: schemas.FormData) -> Any:
    """A new revision; If-Match is the form's ETag."""
    matter = visible(ref)
    must_match(request, form_shown(matter, code))
    forms.submit(matter, code, usable(given.data))
    answer = form_shown(matter, code)
    response["ETag"] = etag_of(answer)
    return answer


@route(router, "GET", "/matters/{ref}/facts", schemas.Facts, name="list_facts", scope="matters:read", purpose=True, summary="数据项 Facts of a matter", tag="forms")
def list_facts(request: HttpRequest, ref: str) -> Any:
    """What forms projected; numbers as text, money in 分."""
    matter = visible(ref)
    looked(request, [matter.id])
    rows = forms.facts_shown(matter).order_by("code", "id")[:1000]
    return {"items": [{"code": f.code, "number": format(f.number.normalize(), "f") if f.number is not None else None, "text": f.text, "day": f.day, "unit": f.unit, "happened_on": f.happened_on,
                       "recorded_at": at(f.recorded_at)} for f in rows]}


def clock_shown(clock: Clock) -> dict[str, Any]:
    return {"ref": to_ref(clock.id), "matter": to_ref(clock.matter_id), "code": clock.code, "rule": clock.rule, "statutory": clock.statutory, "state": clock.state, "started_at": at(clock.started_at),
            "due_at": at(clock.due_at), "alarm_at": at(clock.alarm_at), "provisional": clock.provisional}


@route(router, "GET", "/matters/{ref}/clocks", schemas.Clocks, name="list_matter_clocks", scope="clocks:read", purpose=True, summary="一件事项的期限 Clocks of a matter", tag="clocks")
def list_matter_clocks(request: HttpRequest, ref: str) -> Any:
    """Running, suspended and stopped."""
    matter = visible(ref)
    looked(request, [matter.id])
    return {"items": [clock_shown(c) for c in Clock.objects.filter(matter=matter).order_by("alarm_at", "id")[:500]]}


@route(router, "GET", "/deadlines", schemas.Clocks, name="list_deadlines", scope="clocks:read", purpose=True, summary="将到的期限 Deadlines, the nearest first", tag="clocks")
def list_deadlines(request: HttpRequest, statutory: bool | None = None, limit: schemas.Limit = 50) -> Any:
    """Running clocks of all matters that one sees."""
    rows = Clock.objects.filter(state="running", alarm_at__isnull=False, matter__status="open")
    if statutory is not None:
        rows = rows.filter(statutory=statutory)
    items = list(rows.order_by("alarm_at", "id")[:limit])
    looked(request, [c.matter_id for c in items])
    return {"items": [clock_shown(c) for c in items]}


@route(router, "GET", "/approvals", schemas.Approvals, name="list_approvals", scope="approvals:read", purpose=True, summary="审批状态 State of approvals", tag="approvals")
def list_approvals(request: HttpRequest, state: Literal["pending", "approved", "refused", "withdrawn", "used"] | None = None,
                   cursor: schemas.Cursor | None = None, limit: schemas.Limit = 50) -> Any:
    """Their state; what is asked is shown only to a token of the closed zone. Nothing is approved through the API."""
    rows = Approval.objects.all()
    if state is not None:
        rows = rows.filter(state=state)
    items, following = cursors.page(rows, "approvals", {"state": state}, cursor, limit, "requested_at")
    looked(request, [a.matter_id for a in items])
    inside = client_of(request).zone == "closed"
    return {"items": [{"ref": to_ref(a.id), "state": a.state, "urgent": a.urgent, "requested_at": at(a.requested_at), "decided_at": at(a.decided_at), "act": a.act if inside else None}
                      for a in items], "next": following}
