"""Drafts: what was typed and not handed in yet, the typist's alone."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, identity, matter_in
from xieli.office.matters.services.errors import NotVisible
from xieli.office.matters.tables.desk import Draft


@bound
def drafts(request: HttpRequest) -> HttpResponse:
    """My drafts, newest first."""
    return render(request, "web/drafts.html", {"rows": Draft.objects.order_by("-saved_at")[:100]})


@bound
def draft(request: HttpRequest, ref: str) -> HttpResponse:
    """Back to the form the draft belongs to."""
    row = Draft.objects.filter(pk=identity(ref)).first()
    if row is None:
        raise NotVisible()
    return redirect(f"{row.data.get('_path', '/')}?draft={ref}")


@require_POST
@bound
def save(request: HttpRequest) -> HttpResponse:
    """Keep what is typed, every ten seconds; the sealed path keeps nothing (DESIGN.md §9)."""
    form = request.POST.get("_form", "")[:60]
    path = request.POST.get("_path", "")[:300]
    if not form or not path.startswith("/") or request.POST.get("_sealed") == "1":
        return JsonResponse({"kept": False})
    data = {k: (v if len(v) > 1 else v[0]) for k, v in request.POST.lists() if not k.startswith("csrf")}
    data["_path"] = path
    row, _ = Draft.objects.update_or_create(person_id=me(request).person_id, form=form, defaults={"data": data, "matter_id": matter_in(path), "title": request.POST.get("_title", "")[:200], "saved_at": me(request).now})
    return JsonResponse({"kept": True, "ref": row.ref})


@require_POST
@bound
def discard(request: HttpRequest, ref: str) -> HttpResponse:
    """Throw a draft away."""
    Draft.objects.filter(pk=identity(ref)).delete()
    return redirect("drafts")
