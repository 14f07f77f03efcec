"""S9: importing a ledger. File → header → rows → duplicates → trial → posting, which can be undone for 24 hours.

The file is not kept: what was read of it waits as a draft of the importer alone, without its sealed rows, until it is posted or
thrown away. Another meaning for a column needs the file once more.
"""
from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, identity
from xieli.office.bodies.models import Body, Room
from xieli.office.matters.importing import keeping, service, workbook, writing
from xieli.office.matters.importing.fields import fields
from xieli.office.matters.importing.layout import Layout
from xieli.office.matters.importing.piles import DOUBTFUL, REASONS, REFUSED, Row
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.tables.desk import Draft, ImportBatch

FORM = "import"
MOST = 20_000
SHOWN = 200
KINDS = ("commission", "working_committee", "dispatched_unit", "resident_organ", "town_committee", "inspection_office")


def _desk(request: HttpRequest) -> dict[str, Any]:
    who = me(request)
    bodies = Body.objects.filter(id__in=[p.body_id for p in who.postings], kind__in=KINDS, valid_to=None)
    batches = list(ImportBatch.objects.order_by("-at")[:20])
    for batch in batches:
        batch.open = batch.undone_at is None and who.now <= batch.at + timedelta(hours=24)
    return {"bodies": bodies, "rooms": Room.objects.filter(body__in=bodies, valid_to=None), "batches": batches, "waiting": Draft.objects.filter(form=FORM).first(),
            "most": MOST}


@bound
def choose(request: HttpRequest) -> HttpResponse:
    """Step one: which file, for which body; below, one's own imports. A trial that waits is shown again."""
    context = _desk(request)
    if context["waiting"] is not None and "new" not in request.GET:
        return _trial_page(request, context)
    return render(request, "web/imports/choose.html", context)


@contextmanager
def _kept(upload: Any) -> Iterator[Path]:
    """The upload as a file for the reader, removed at once."""
    with tempfile.NamedTemporaryFile(prefix="xieli-import-") as file:
        for chunk in upload.chunks():
            file.write(chunk)
        file.flush()
        yield Path(file.name)


@require_POST
@bound
def attempt(request: HttpRequest) -> HttpResponse:
    """Read the file and say what would happen; nothing is posted."""
    upload = request.FILES.get("file")
    chosen = {h: f for h, f in zip(request.POST.getlist("heading"), request.POST.getlist("field"), strict=False) if f}
    try:
        if upload is None:
            raise Refused("no_file", "请选择文件。", "Choose a file.")
        if not (upload.size or 0) <= workbook.LARGEST:
            raise workbook.unfit("size")
        body = request.POST.get("body", "")
        with _kept(upload) as path:
            book = workbook.open_book(path, name=upload.name or "", sheet=request.POST.get("sheet", "").strip() or None)
        trial = service.dry_run(book, int(body) if body.isdecimal() else 0, chosen)
        if trial.received > MOST:
            raise Refused("many", f"网页一次最多导入 {MOST} 行，请用命令 xieli lead import。", f"On the screen at most {MOST} rows go in at once; use the command xieli lead import.")
    except Refused as error:
        return render(request, "web/imports/choose.html", {**_desk(request), "error": error}, status=422)
    problems = {r.at: book.rows[r.at] for r in trial.rows if r.reasons}
    data = {"_path": "/leads/import", "file": trial.file, "sha": trial.sha256, "layout": asdict(trial.layout), "received": trial.received, "sealed": trial.sealed, "stated": trial.stated, "passed": trial.passed,
            "again": trial.again, "body": int(body), "room": request.POST.get("room", ""), "cells": {str(k): v for k, v in problems.items()},
            "rows": [[*(getattr(r, f) if f != "received_on" else r.received_on and r.received_on.isoformat() for f in Row.__slots__)] for r in trial.rows]}
    Draft.objects.filter(form=FORM).delete()
    Draft.objects.create(person_id=me(request).person_id, form=FORM, data=keeping.sealed(data), title=trial.file[:200], saved_at=me(request).now)
    return redirect("import")


def _waiting() -> tuple[service.Trial, dict[str, Any]]:
    draft = Draft.objects.filter(form=FORM).first()
    data = keeping.opened(draft.data) if draft is not None else None
    if data is None:
        Draft.objects.filter(form=FORM).delete()
        raise Refused("no_trial", "没有待入账的试算；请先选择文件。", "No trial is waiting; choose a file first.")
    rows = []
    for values in data["rows"]:
        given = dict(zip(Row.__slots__, values, strict=True))
        given["received_on"] = date.fromisoformat(given["received_on"]) if given["received_on"] else None
        rows.append(Row(**given))
    raw = data["layout"]
    layout = Layout(tuple(raw["header"]), tuple(raw["headings"]), raw["columns"], raw["first"], raw["unit"], raw["title"], tuple(raw["unknown"]))
    trial = service.Trial(data["file"], data["sha"], layout, data["received"], rows, data["sealed"], data["stated"], data["again"], passed=data.get("passed", []))
    trial.recount()
    return trial, data


def _trial_page(request: HttpRequest, context: dict[str, Any], error: Refused | None = None) -> HttpResponse:
    trial, data = _waiting()
    zh = not (get_language() or "zh").startswith("en")
    told = [{"at": r.at + 1, "pile": r.pile, "subject": r.subject, "number": r.number, "why": ("；" if zh else "; ").join(REASONS[c][1 if zh else 2] for c in r.reasons)} for r in trial.rows if r.reasons]
    meanings = {trial.layout.headings[i]: code for code, i in trial.layout.columns.items()}
    return render(request, "web/imports/trial.html", {
        **context, "error": error, "trial": trial, "figures": trial.summary(), "with_doubtful": trial.summary(True),
        "doubtful": [t for t in told if t["pile"] == DOUBTFUL][:SHOWN], "refused": [t for t in told if t["pile"] == REFUSED][:SHOWN],
        "headings": [(h, meanings.get(h, "")) for h in trial.layout.headings if h], "fields": [(f.code, f.zh if zh else f.en) for f in fields().values()],
        "header_rows": [r + 1 for r in trial.layout.header], "body_id": data["body"], "room_id": data["room"],
    }, status=422 if error else 200)


@bound
def mend(request: HttpRequest) -> HttpResponse:
    """The doubtful and refused rows as a workbook to mend and import again."""
    if not Draft.objects.filter(form=FORM).exists():
        return redirect("import")
    trial, data = _waiting()
    height = max([r.at for r in trial.rows], default=0) + 1
    rows: list[list[workbook.Cell]] = [[] for _ in range(height)]
    for at, cells in data["cells"].items():
        rows[int(at)] = cells
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        writing.write_problems(Path(file.name), workbook.Book(trial.file, trial.sha256, "", workbook.Rows(rows)), trial.layout, trial.rows, "en" if (get_language() or "zh").startswith("en") else "zh")
        content = Path(file.name).read_bytes()
    response = HttpResponse(content, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    response["Content-Disposition"] = 'attachment; filename="to-mend.xlsx"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@bound
def post(request: HttpRequest) -> HttpResponse:
    """Post what the trial showed, or throw it away."""
    if request.POST.get("do") == "discard":
        Draft.objects.filter(form=FORM).delete()
        return redirect("import")
    trial, data = _waiting()
    trial.again = ImportBatch.objects.filter(file_sha=trial.sha256, undone_at=None).exists()
    try:
        service.post(trial, data["body"], int(data["room"]) if str(data["room"]).isdecimal() else None, take_doubtful=request.POST.get("doubtful") == "1")
    except Refused as error:
        return _trial_page(request, _desk(request), error)
    Draft.objects.filter(form=FORM).delete()
    return redirect("import")


@require_POST
@bound
def undo(request: HttpRequest, ref: str) -> HttpResponse:
    """Take one's own import back."""
    service.undo(identity(ref))
    return redirect("import")
