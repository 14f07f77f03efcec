"""S10: the matching desk: authorizations with what is left of them, runs a worker does, hits judged one by one."""
from __future__ import annotations

from datetime import date, timedelta
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
from xieli.office.desk.models import Authorization, Correction, DataSet, Hit, Run
from xieli.office.matters.services import leads
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.tables.core import Matter

# a page that looks by itself keeps a session alive: it stops looking after this long
LOOKS_FOR = timedelta(minutes=5)
PAGE = 50


def one(model: Any, ref: str) -> Any:
    """A row by the reference in the address. Raises NotVisible for one that is not there for this person."""
    found = model.objects.filter(pk=identity(ref)).select_related("matter").first()
    if found is None:
        raise NotVisible()
    return found


def shipped(code: str) -> Model:
    """A shipped model. Raises NotVisible for one that is not."""
    try:
        if code in model_folders():
            return find_model(code)
    except MatchError as error:
        raise Refused(error.code, error.zh, error.en) from error
    raise NotVisible()


@bound
def desk(request: HttpRequest) -> HttpResponse:
    """What is authorized and how long, what is under way, what will be destroyed when."""
    if request.GET.get("propose"):
        return redirect("desk_new", matter_or_404(request.GET["propose"]).ref)
    rows = queries.authorizations()
    waiting = queries.to_sign([a for a, _ in rows], me(request).person_id)
    scopes = queries.scopes()
    record_look([*(a.matter_id for a, _ in rows), *(m.id for m in scopes)], purpose="matching-desk", list=True)
    stale = sum(1 for _, old in queries.catalogue(me(request).now.date()) if old)
    return render(request, "web/desk/desk.html", {"rows": rows, "to_sign": waiting, "scopes": scopes, "due": queries.destroying(), "running": queries.under_way(), "stale": stale,
                                                  "datasets": DataSet.objects.count(), "models": len(model_folders()), "names": queries.model_names()})


@bound
def new(request: HttpRequest, ref: str) -> HttpResponse:
    """Propose an authorization on a matter: the model, its tables bound to data sets, then columns, purpose and papers; nothing runs yet."""
    matter = matter_or_404(ref)
    record_look([matter.id], purpose="matching-desk")
    given = request.POST if request.method == "POST" else request.GET
    model = shipped(given["model"]) if given.get("model") else None
    if request.method == "POST" and model is not None:
        made = services.propose(matter, _asked(request, model))
        return redirect("desk_authorization", made.ref)
    bind = {t: given.get(f"bind_{t}", "") for t in model.inputs} if model else {}
    chosen = bool(bind) and all(bind.values())
    columns = queries.choices(model, bind) if model and chosen else []
    fitting = queries.fitting(model) if model else {}
    owners = {bind[t]: t for t in reversed(bind)}  # a set that stands for two tables has one owner and one instrument
    return render(request, "web/desk/new.html", {
        "matter": matter, "model": model, "models": queries.models(), "fitting": fitting, "suggested": queries.suggested(model, fitting) if model else {}, "lacks": not all(fitting.values()), "bind": bind, "chosen": chosen, "columns": columns,
        "papers": [(t, next((d for d in DataSet.objects.filter(code=bind[t])), None)) for t in bind if owners[bind[t]] == t] if chosen else [],
        "query": any(c["class"] for c in columns), "case": matter.kind in ("lead", "case", "joint_case"),
    })


def _asked(request: HttpRequest, model: Model) -> services.Proposal:
    p = request.POST
    bind = {t: p.get(f"bind_{t}", "") for t in model.inputs}
    columns = {f"{t}.{c}": p[f"col.{t}.{c}"] for t, wanted in model.inputs.items() for c in wanted if p.get(f"col.{t}.{c}")}
    approvals = [{"class": x["class"], "dataset": x["dataset"].code, "number": p.get("query_no", "").strip(), "approver": p.get("query_by", "").strip(), "date": p.get("query_on", "").strip(),
                  "level": p.get("query_level", "")} for x in queries.choices(model, bind) if x["class"] and x["dataset"]]
    return services.Proposal(
        model.id, bind, p.get("purpose_zh", ""), p.get("purpose_en", ""), p.get("assessment", ""), instruments={bind[t]: p.get(f"instrument_{t}", "") for t in reversed(model.inputs) if f"instrument_{t}" in p},
        subjects=tuple(p.get("subjects", "").split()), rank=p.get("rank") or "other", programme_document=p.get("programme_document", ""), days=_number(p.get("days", "30")),
        runs=_number(p.get("runs", "5")), reveals=_number(p.get("reveals", "50")), columns=columns, pinned=p.get("newest") != "1",
        approvals=tuple({v["dataset"] + v["class"]: v for v in approvals if p.get("query_no", "").strip()}.values()))


def _number(text: str) -> int:
    if not text.strip().isdecimal() or not 0 < int(text) <= 1000:
        raise Refused("number", "天数和次数请填 1 到 1000 的整数。", "Days and counts are whole numbers from 1 to 1000.")
    return int(text)


@bound
def authorization(request: HttpRequest, ref: str) -> HttpResponse:
    """One authorization: its document in words, who signed, its runs, and the hits still to be judged."""
    row = one(Authorization, ref)
    record_look([row.matter_id], purpose="matching-desk")
    found = queries.hits(row)
    person, wanted = str(me(request).person_id), request.GET.get("verdict", "")
    hits = [h for h in found if not wanted or (h.verdict or "none") == wanted]
    after = int(request.GET["after"]) if request.GET.get("after", "").isdecimal() else 0
    names = queries.model_names()
    return render(request, "web/desk/authorization.html", {
        "a": row, "left": services.history(row), "signatures": row.signatures.select_related("person").order_by("at"), "runs": [_told(r, names) for r in row.match_runs.select_related("person").order_by("-at")],
        "models": [(m["model"], names.get(m["model"], {})) for m in row.document["models"]], "hits": hits[after:after + PAGE], "tally": queries.tally(found), "operator": person in row.operators,
        "wanted": wanted, "more": after + PAGE if len(hits) > after + PAGE else 0, "back": max(0, after - PAGE) if after else None, "related": any(h.edges for h in found),
        "tripwires": row.tripwires.select_related("matter").prefetch_related("checks").order_by("next_on"), "snapshots": row.snapshots.select_related("person").order_by("-at"),
        "granted": queries.granted(row, "en" if english() else "zh"), "asked": queries.asked_models(row, "en" if english() else "zh"),
        "may_sign": row.state == "waiting" and person not in row.operators and not row.signatures.filter(person_id=me(request).person_id).exists(),
        "recommendations": queries.recommendations() if row.kind == "programme" and row.state == "in_force" and person in row.operators else [],
    })


def _told(run: Run, names: dict[str, dict[str, str]]) -> Run:
    """A run with its model's name and how far it is, for the page."""
    run.names = names.get(run.model, {"zh": run.model, "en": run.model})
    return run


@require_POST
@bound
def sign(request: HttpRequest, ref: str) -> HttpResponse:
    """One of the two signatures."""
    services.sign_authorization(one(Authorization, ref))
    return redirect("desk_authorization", ref)


@require_POST
@bound
def run(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask for a run; a worker does it, and who asked may leave. What was refused is on the page with its reason."""
    runs.ask(one(Authorization, ref), request.POST.get("model", ""), trial=request.POST.get("trial") == "1")
    return redirect("desk_authorization", ref)


@bound
def progress(request: HttpRequest, ref: str) -> HttpResponse:
    """How far a run is: a part of the page that looks again by itself while it is under way, for a while."""
    row = one(Run, ref)
    if not request.headers.get("HX-Request"):
        return redirect("desk_authorization", row.authorization.ref)
    # not a look at content: whether, not what; the page it stands on was recorded
    response = render(request, "web/desk/run.html", {"r": _told(row, queries.model_names()), "looks": me(request).now - row.at < LOOKS_FOR})
    if row.state not in ("queued", "running"):
        response["HX-Refresh"] = "true"
    return response


@require_POST
@bound
def call_off(request: HttpRequest, ref: str) -> HttpResponse:
    """Stop a run that waits or is under way."""
    row = one(Run, ref)
    runs.call_off(row)
    return redirect("desk_authorization", row.authorization.ref)


@bound
def hit(request: HttpRequest, ref: str) -> HttpResponse:
    """One hit: reason and strength in words, innocent causes, evidence side by side, its verdicts."""
    return _hit(request, one(Hit, ref), {})


def _hit(request: HttpRequest, row: Hit, shown: dict[str, Any]) -> HttpResponse:
    record_look([row.matter_id], purpose="matching-hit")
    verdict = services.verdict_of(row)
    lang = "en" if english() else "zh"
    a, laid = row.run.authorization, queries.evidence(row, lang)
    return render(request, "web/desk/hit.html", {
        "h": row, "a": a, "verdict": verdict, "verdicts": row.verdicts.select_related("person").order_by("-at"), "shown": queries.side_by_side(shown, lang),
        "evidence": laid, "lead": Matter.objects.filter(from_hit__hit=row).first(), "corrections": [(c, next((e["title"] for e in laid if e["dataset"] == c.dataset), c.dataset)) for c in row.corrections.order_by("at")],
        "same_rows": queries.same_rows(row) if verdict is not None and verdict.verdict == "data_error" else [], "reveals": row.reveals.select_related("person").order_by("at"),
        "operator": str(me(request).person_id) in a.operators, "name": queries.model_names().get(row.model, {}).get(lang, row.model), "left": services.history(a), "next": queries.next_open(a, row),
    })


@require_POST
@bound
def reveal(request: HttpRequest, ref: str) -> HttpResponse:
    """The second act: the original rows, once, on this page; never stored in it."""
    row = one(Hit, ref)
    response = _hit(request, row, services.reveal(row, request.POST.get("reason", "")))
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@bound
def judge(request: HttpRequest, ref: str) -> HttpResponse:
    """A person's verdict; then the next hit nobody has looked at, if he wishes."""
    row = one(Hit, ref)
    services.judge(row, request.POST.get("verdict", ""), request.POST.get("reason", ""))
    following = queries.next_open(row.run.authorization, row) if request.POST.get("then") == "next" else None
    return redirect("desk_hit", following.ref if following else ref)


@require_POST
@bound
def lead(request: HttpRequest, ref: str) -> HttpResponse:
    """One hit, one lead."""
    p = request.POST
    if not p.get("title", "").strip() or not p.get("name", "").strip():
        raise Refused("fields", "请填写线索标题和对象姓名。", "Enter the title of the lead and the name of its subject.")
    made = services.to_lead(one(Hit, ref), p["title"].strip(), (leads.Subject(p["name"].strip(), id_number=p.get("id_number", "").strip(), unit_name=p.get("unit", "").strip()),))
    return redirect("matter", made.ref)


@require_POST
@bound
def correct(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask the owner of the data to put it right."""
    services.correct(one(Hit, ref), request.POST.get("dataset", ""), request.POST.get("wrong", ""), request.POST.get("asked_by", "handler"))
    return redirect("desk_hit", ref)


@require_POST
@bound
def answer(request: HttpRequest, ref: str) -> HttpResponse:
    """What the owner answered."""
    row = one(Correction, ref)
    given = request.POST.get("told_on", "")
    try:
        told_on = date.fromisoformat(given) if given else None
    except ValueError:
        raise Refused("bad_date", "日期不对，例如 2026-03-04。", "That is no date; write 2026-03-04.") from None
    services.answer(row, request.POST.get("answer", ""), told_on, request.POST.get("not_told", ""))
    return redirect("desk_hit", row.hit.ref)
