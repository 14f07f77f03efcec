"""Back from the door: what was typed, ready to be handed in."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xieli.faces.web.decorators import bound, identity
from xieli.faces.web.proving import PREFIX
from xieli.office.matters.services.errors import NotVisible
from xieli.office.matters.tables.desk import Draft


@bound
def resume(request: HttpRequest, ref: str) -> HttpResponse:
    """The act that waited for the proof; it is done only when the person presses the button."""
    row = Draft.objects.filter(pk=identity(ref), form__startswith=PREFIX).first()
    if row is None:
        raise NotVisible()
    return render(request, "web/prove_resume.html", {"path": row.data["_path"], "typed": row.data["_typed"], "form": row.form})
