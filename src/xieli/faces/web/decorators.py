"""Gates of views: who must be bound, what is recorded as a look."""
from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.tables.core import Matter

View = Callable[..., HttpResponse]


def bound(view: View) -> View:
    """Only with a live session; otherwise to the entrance. Refusals of services become a page in plain words."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        from django.db import transaction

        from xieli.faces.web.errors import not_found
        from xieli.faces.web.refusals import refusal

        if not getattr(request, "bound", False):
            return redirect("entrance")
        try:
            with transaction.atomic():
                return view(request, *args, **kwargs)
        except NotVisible:
            return not_found(request)
        except Refused as error:
            return refusal(request, error)

    guarded.xieli_bound = True  # type: ignore[attr-defined]
    return guarded


def matter_or_404(ref: str) -> Matter:
    """The visible matter behind an address. Raises NotVisible for hidden and unknown alike."""
    from xieli.office.ids import from_ref

    try:
        identity = from_ref(ref)
    except ValueError:
        raise NotVisible() from None
    found = Matter.objects.filter(pk=identity).select_related("owner_body", "owner_room").first()
    if found is None:
        raise NotVisible()
    return found
