"""An identity number in full: asked for with a reason, shown once on a page of its own, never on a list."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from xieli.faces.web.decorators import bound, identity, matter_or_404
from xieli.office.matters.services import identity_numbers
from xieli.office.matters.services.errors import NotVisible
from xieli.office.matters.tables.core import MatterSubject


@require_POST
@bound
def number(request: HttpRequest, ref: str, subject_ref: str) -> HttpResponse:
    """One number of one subject. The page is not kept by the browser."""
    matter = matter_or_404(ref)
    subject = MatterSubject.objects.filter(matter=matter, pk=identity(subject_ref)).first()
    if subject is None:
        raise NotVisible()
    return render(request, "web/number.html", {"matter": matter, "subject": subject, "number": identity_numbers.number(subject, request.POST.get("reason", ""))})
