"""S10: the matching desk: authorizations with what is left of them, models with their record, hits judged one by one."""
from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.engines.matching.models.contract import Model, find_model, model_folders
from xieli.engines.matching.words import MatchError
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, identity, matter_or_404
from xieli.faces.web.templatetags.xieli import english
from xieli.office.audit import record_look
from xieli.office.desk import queries, runs, services
from xieli.office.desk.models import Authorization, Correction, DataSet, Hit
from xieli.office.matters.services import leads
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.tables.core import Matter


def _one(model: Any, ref: str) -> Any:
    found = model.objects.filter(pk=identity(ref)).select_related("matter").first()
    if found is None:
        raise NotVisible()
    return found


@bound
def desk(request: HttpRequest) -> HttpResponse:
    """What is authorized and how long, which models there are and how often they were right, what data and how fresh."""
    who = me(request)
    rows = queries.authorizations()
    record_look([a.matter_id for a, _ in rows], purpose="matching-desk", list=True)
    return render(request, "web/desk/desk.html", {
        "rows": rows, "models": queries.models(), "datasets": queries.catalogue(who.now.date()), "scopes": queries.scopes(), "due": [a for a, _ in rows if a.state in ("expired", "destroyed")],
    })


@bound
def new(request: HttpRequest, ref: str) -> HttpResponse:
    """Propose an authorization on a matter: first the model, then its tables bound to data sets; nothing runs yet."""
    matter = matter_or_404(ref)
    record_look([matter.id], purpose="matching-desk")
    chosen = request.POST.get("model") or request.GET.get("model") or ""
    model = _model(chosen) if chosen else None
    if request.method == "POST" and model is not None:
        p = request.POST
        made = services.propose(matter, services.Proposal(
            model.id, {t: p.get(f"bind_{t}", "") for t in model.inputs}, p.get("purpose_zh", ""), p.get("purpose_en", ""), p.get("assessment", ""),
            instruments={p.get(f"bind_{t}", ""): p.get(f"instrument_{t}", "") for t in model.inputs}, subjects=tuple(p.get("subjects", "").split()),
            programme_document=p.get("programme_document", ""), days=_number(p.get("days", "30")), runs=_number(p.get("runs", "5")), reveals=_number(p.get("reveals", "50"))))
        return redirect("desk_authorization", made.ref)
    return render(request, "web/desk/new.html", {"matter": matter, "model": model, "models": queries.models(), "datasets": list(DataSet.objects.order_by("code"))})


def _model(code: str) -> Model:
    try:
        if code in model_folders():
            return find_model(code)
    except MatchError as error:
        raise Refused(error.code, error.zh, error.en) from error
    raise NotVisible()


def _number(text: str) -> int:
    if not text.strip().isdigit() or not 0 < int(text) <= 1000:
        raise Refused("number", "天数和次数请填 1 到 1000 的整数。", "Days and counts are whole numbers from 1 to 1000.")
    return int(text)


@bound
def authorization(request: HttpRequest, ref: str) -> HttpResponse:
    """One authorization: its document in words, who signed, its runs, and the hits still to be judged."""
    row = _one(Authorization, ref)
    record_look([row.matter_id], purpose="matching-desk")
    hits = queries.hits(row)
    person = str(me(request).person_id)
    return render(request, "web/desk/authorization.html", {
        "a": row, "left": services.history(row), "signatures": row.signatures.select_related("person").order_by("at"), "runs": row.match_runs.select_related("person").order_by("-at"),
        "models": [m["model"] for m in row.document["models"]], "hits": hits, "tally": queries.tally(hits), "operator": person in row.operators,
        "may_sign": row.state == "waiting" and person not in row.operators and not row.signatures.filter(person_id=me(request).person_id).exists(),
    })


@require_POST
@bound
def sign(request: HttpRequest, ref: str) -> HttpResponse:
    """One of the two signatures."""
    services.sign_authorization(_one(Authorization, ref))
    return redirect("desk_authorization", ref)


@require_POST
@bound
def run(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask for a run; a worker does it, and who asked may leave. What was refused is on the page with its reason."""
    runs.ask(_one(Authorization, ref), request.POST.get("model", ""), trial=request.POST.get("trial") == "1")
    return redirect("desk_authorization", ref)


@bound
def hit(request: HttpRequest, ref: str) -> HttpResponse:
    """One hit: reason and strength in words, innocent causes, evidence side by side, its verdicts."""
    return _hit(request, _one(Hit, ref), {})


def _hit(request: HttpRequest, row: Hit, shown: dict[str, Any]) -> HttpResponse:
    record_look([row.matter_id], purpose="matching-hit")
    verdict = services.verdict_of(row)
    lang = "en" if english() else "zh"
    return render(request, "web/desk/hit.html", {
        "h": row, "a": row.run.authorization, "verdict": verdict, "verdicts": row.verdicts.select_related("person").order_by("-at"), "shown": queries.side_by_side(shown, lang),
        "evidence": queries.evidence(row), "lead": Matter.objects.filter(from_hit__hit=row).first(), "corrections": row.corrections.order_by("at"), "reveals": row.reveals.select_related("person").order_by("at"),
        "operator": str(me(request).person_id) in row.run.authorization.operators,
    })


@require_POST
@bound
def reveal(request: HttpRequest, ref: str) -> HttpResponse:
    """The second act: the original rows, once, on this page; never stored in it."""
    row = _one(Hit, ref)
    response = _hit(request, row, services.reveal(row, request.POST.get("reason", "")))
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@bound
def judge(request: HttpRequest, ref: str) -> HttpResponse:
    """A person's verdict."""
    services.judge(_one(Hit, ref), request.POST.get("verdict", ""), request.POST.get("reason", ""))
    return redirect("desk_hit", ref)


@require_POST
@bound
def lead(request: HttpRequest, ref: str) -> HttpResponse:
    """One hit, one lead."""
    p = request.POST
    if not p.get("title", "").strip() or not p.get("name", "").strip():
        raise Refused("fields", "请填写线索标题和对象姓名。", "Enter the title of the lead and the name of its subject.")
    made = services.to_lead(_one(Hit, ref), p["title"].strip(), (leads.Subject(p["name"].strip(), id_number=p.get("id_number", "").strip(), unit_name=p.get("unit", "").strip()),))
    return redirect("matter", made.ref)


@require_POST
@bound
def correct(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask the owner of the data to put it right."""
    services.correct(_one(Hit, ref), request.POST.get("dataset", ""), request.POST.get("wrong", ""))
    return redirect("desk_hit", ref)


@require_POST
@bound
def answer(request: HttpRequest, ref: str) -> HttpResponse:
    """What the owner answered."""
    row = _one(Correction, ref)
    services.answer(row, request.POST.get("answer", ""))
    return redirect("desk_hit", row.hit.ref)
