"""Gates of views: who must be bound, what is recorded as a look."""
from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from xieli.office.ids import BadReference, from_ref
from xieli.office.matters.services.errors import NotVisible, ProveAgain, Refused
from xieli.office.matters.tables.core import Matter
from xieli.office.presses import once

View = Callable[..., HttpResponse]
LONGEST = 100_000  # characters in one field (ours): a hundred pages; what is longer is a file
TOO_LONG = Refused("too_long", "有一处填写过长，没有保存。请缩短后重新提交；长材料请作为文件上传。", "One field is too long; nothing was saved. Shorten it and hand in again; long material is uploaded as a file.")


def bound(view: View) -> View:
    """Only with a live session; otherwise to the entrance. Refusals of services become a page in plain words."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        from django.db import DatabaseError, transaction
        from django.utils.datastructures import MultiValueDictKeyError

        from xieli.faces.web.errors import bad_request, not_found
        from xieli.faces.web.refusals import refusal

        if not getattr(request, "bound", False):
            return ended(request) if request.method == "POST" and typed(request) else redirect("entrance")
        if (answer := from_outside(request)) is not None:
            return answer
        if any(len(value) > LONGEST for _, value in typed(request)):
            return refusal(request, TOO_LONG)
        try:
            with transaction.atomic():
                press = pressed(request)
                if press is not None and (led := once.begin(*press)) is not None:
                    return redirect(led)  # the same form again: nothing more happens, and its sender stands where he would have
                response = view(request, *args, **kwargs)
                if press is not None:
                    once.done(*press, response["Location"] if response.status_code == 302 else "")
                if request.POST.get("_draft") and (response.status_code == 302 or response.has_header("Content-Disposition")):
                    _handed_in(request)
                return response
        except (NotVisible, BadReference):
            return not_found(request)
        except MultiValueDictKeyError:  # a field that our form always sends is missing
            return bad_request(request)
        except Refused as error:
            return refusal(request, error)
        except DatabaseError as error:
            state = getattr(error.__cause__, "sqlstate", "")
            if state == "22001":  # longer than its field, which the page says and a program may not have read
                return refusal(request, TOO_LONG)
            if state != "XL001":
                raise
            return refusal(request, ProveAgain())

    guarded.xieli_bound = True  # type: ignore[attr-defined]
    return guarded


def pressed(request: HttpRequest) -> tuple[int, str] | None:
    """Who pressed what: a form of a page of ours, by the page's own token and all it carries. Drafts are no press."""
    from xieli.faces.web.context import me

    token = request.POST.get("csrfmiddlewaretoken", "") if request.method == "POST" else ""
    if not token or request.path == "/drafts/save":
        return None
    return me(request).person_id, once.key_of(request.get_full_path(), token, typed(request))


def from_outside(request: HttpRequest) -> HttpResponse | None:
    """Outside the installation's zone a screen says how many approvals wait and their numbers, and no fact of any case: the same
    answer at every address, whether something is there or not, and no act is taken (DESIGN.md §9)."""
    from django.shortcuts import render

    from xieli.faces.web.context import me
    from xieli.office.matters.queries import worklist

    who = me(request)
    if not who.outside:
        return None
    waiting = worklist.approvals_waiting(who.principals, who.person_id)
    return render(request, "web/outside.html", {"waiting": [a.ref for a in waiting]}, status=200 if request.path == "/" and request.method == "GET" else 403)


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What a form carried besides its token."""
    return [(key, value) for key, values in request.POST.lists() for value in values if not key.startswith("csrf") and value]


def ended(request: HttpRequest) -> HttpResponse:
    """The session ended while someone typed: what he typed is on the page, ready to be handed in again after signing in."""
    from django.shortcuts import render

    return render(request, "web/ended.html", {"typed": typed(request), "again": request.get_full_path()}, status=403)


def draft_of(request: HttpRequest, form: str) -> dict[str, str]:
    """What this person typed into a form and did not hand in; empty when there is none."""
    from xieli.faces.web.context import me
    from xieli.office.matters.tables.desk import Draft

    row = Draft.objects.filter(person_id=me(request).person_id, form=form[:60]).first()
    return dict(row.data) if row else {}


def _handed_in(request: HttpRequest) -> None:
    """The form was handed in: its draft is not needed any more."""
    from xieli.faces.web.context import me
    from xieli.office.matters.tables.desk import Draft

    Draft.objects.filter(person_id=me(request).person_id, form=request.POST["_draft"][:60]).delete()


def matter_in(path: str) -> int | None:
    """The matter whose page an address is (`/m/<ref>/…`); None for other pages. What is kept of such a page belongs to that matter."""
    found = re.match(r"/m/([0-9A-Za-z]{13})(?:/|\?|$)", path)
    try:
        return from_ref(found.group(1)) if found else None
    except BadReference:
        return None


def identity(ref: str) -> int:
    """The identity behind an address part. Raises NotVisible for what is none."""
    try:
        return from_ref(ref)
    except BadReference:
        raise NotVisible() from None


def matter_or_404(ref: str) -> Matter:
    """The visible matter behind an address. Raises NotVisible for hidden and unknown alike."""
    found = Matter.objects.filter(pk=identity(ref)).select_related("owner_body", "owner_room").first()
    if found is None:
        raise NotVisible()
    return found
