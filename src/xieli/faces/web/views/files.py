"""A matter's files: taken in by drop or by the plain form, handed out with a purpose, with their custody log and verdict."""
from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.engines.playbooks.model import Label
from xieli.faces.web.decorators import bound, identity, matter_or_404
from xieli.faces.web.holders import who_may
from xieli.office.audit import record_look
from xieli.office.files import kinds, services
from xieli.office.files.models import VERDICTS, CustodyEntry, StoredFile
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.source import ZONE, call
from xieli.office.matters.tables.core import Matter

# a browser may show these by itself; everything else is only ever saved
SHOWABLE = {"application/pdf", "image/png", "image/jpeg", "image/gif"}


def _page(request: HttpRequest, matter: Matter, errors: list[tuple[str, Refused]] | None = None, typed: dict[str, str] | None = None, kept: int = 0) -> HttpResponse:
    record_look([matter.id], purpose="files")
    rows = [{"file": f, "kind": Label(*kinds.label(f.media)), "log": f.custody.select_related("person").order_by(*CustodyEntry.ORDER),
             "verdicts": f.verdicts.select_related("person").order_by("-at"), "address": bytes(f.digest).hex()}
            for f in StoredFile.objects.filter(matter=matter).select_related("received_by", "source_matter").order_by("-received_at", "-id")]
    may = bool(call("may", matter.id, "write"))
    return render(request, "web/files.html", {
        "matter": matter, "rows": rows, "may": may, "adders": [] if may else who_may(matter, "write"), "errors": errors or [], "typed": typed or {}, "kept": kept,
        "relying": services.relying(matter), "purposes": [(c, Label(*w)) for c, w in services.PURPOSES.items() if c != "copy"],
        "kinds": [k for k in CustodyEntry.KINDS if k[0] != "copied"], "verdicts": VERDICTS[1:], "parcel": _compared(matter),
    }, status=422 if errors else 200)


def _compared(matter: Matter) -> list[Any]:
    """The last comparison of a parcel's list, newest only."""
    from xieli.office.files.models import FileCheck

    checks = list(FileCheck.objects.filter(matter=matter).order_by("-at", "name")[:200])
    return [c for c in checks if c.at == checks[0].at]


@bound
def page(request: HttpRequest, ref: str) -> HttpResponse:
    """What the matter holds, and what happened to each piece."""
    return _page(request, matter_or_404(ref))


def _when(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZONE) if text else None
    except ValueError:
        raise Refused("bad_time", "时间看不懂，请按“2026-03-02T10:00”填写。", "That is no time; write it as 2026-03-02T10:00.") from None


@require_POST
@bound
def add(request: HttpRequest, ref: str) -> HttpResponse:
    """Take files in, each on its own: one that is refused does not keep the others out."""
    matter = matter_or_404(ref)
    errors: list[tuple[str, Refused]] = []
    kept = 0
    typed = {k: request.POST.get(k, "") for k in ("from_whom", "happened", "note")}
    uploads = request.FILES.getlist("file")
    if getattr(request, "too_large", False):
        errors.append(("", services.too_large()))
    elif not uploads:
        errors.append(("", Refused("no_file", "请选择文件。", "Choose a file.")))
    for upload in uploads:
        try:
            with transaction.atomic():
                services.receive(matter, upload.name or "", upload.chunks(), from_whom=typed["from_whom"], happened=_when(typed["happened"]), note=typed["note"])
            kept += 1
        except NotVisible:
            raise
        except Refused as error:
            errors.append((kinds.safe_name(upload.name or ""), error))
    return _page(request, matter, errors, typed, kept) if errors else redirect("files", ref)


def _file(matter: Matter, file_ref: str) -> StoredFile:
    found = StoredFile.objects.filter(matter=matter, pk=identity(file_ref)).first()
    if found is None:
        raise NotVisible()
    return found


@require_POST
@bound
def take(request: HttpRequest, ref: str, file_ref: str) -> HttpResponse | StreamingHttpResponse:
    """The content, as a file to be saved: never run and never guessed by the browser."""
    matter = matter_or_404(ref)
    file = _file(matter, file_ref)
    try:
        with transaction.atomic():
            blocks = services.take(file, request.POST.get("purpose", ""))
    except Refused as error:
        return _page(request, matter, [(file.name, error)])
    response = StreamingHttpResponse(blocks, content_type=file.media if file.media in SHOWABLE and not file.misnamed else kinds.OTHER)
    response.from_disc = True  # type: ignore[attr-defined]  # see BindingMiddleware
    response["Content-Disposition"] = f"attachment; filename=\"file\"; filename*=UTF-8''{quote(file.name, safe='')}"
    response["Content-Length"] = str(file.size)
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@bound
def custody(request: HttpRequest, ref: str, file_ref: str) -> HttpResponse:
    """One more line of the custody log."""
    matter = matter_or_404(ref)
    file = _file(matter, file_ref)
    try:
        with transaction.atomic():
            services.enter_custody(file, request.POST.get("kind", ""), happened=_when(request.POST.get("happened", "")), from_whom=request.POST.get("from_whom", ""),
                                   to_whom=request.POST.get("to_whom", ""), note=request.POST.get("note", ""))
    except NotVisible:
        raise
    except Refused as error:
        return _page(request, matter, [(file.name, error)])
    return redirect("files", ref)


@require_POST
@bound
def judge(request: HttpRequest, ref: str, file_ref: str) -> HttpResponse:
    """Relied on, excluded, forged."""
    matter = matter_or_404(ref)
    file = _file(matter, file_ref)
    try:
        with transaction.atomic():
            services.judge(file, request.POST.get("verdict", ""), request.POST.get("reason", ""))
    except NotVisible:
        raise
    except Refused as error:
        return _page(request, matter, [(file.name, error)])
    return redirect("files", ref)
