"""S4: the designation desk: readiness in one tap, all bodies ranked with reasons, calls, choosing, the week's batch, drills, the yearly review."""
from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from xieli.engines.allocation import designate
from xieli.faces.web import given
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, matter_or_404
from xieli.faces.web.plan_words import Names
from xieli.faces.web.templatetags.xieli import listed
from xieli.faces.web.views.areas import one, planning_body
from xieli.office.allocation import drill as drills
from xieli.office.allocation import plans, services
from xieli.office.allocation.models import BodyLoad, BodyTravel, Drill, PlanRun, RankingShown, ReadinessAnswer
from xieli.office.audit import record_look
from xieli.office.bodies.models import Body
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.tables.core import Matter

CONFIRMERS = ("case_duty", "head", "deputy", "room_head")
NEEDS = (("team", _("办案组")), ("custody", _("办案场所")), ("keepers", _("看护")), ("doctor", _("医生")))
PARTS = {"load": _("负荷"), "travel": _("路程"), "experience": _("经验"), "fairness": _("公平"), "readiness": _("条件"), "cooperation": _("协作")}
STEPS = {"call": _("电话响起"), "opened": _("通道开通"), "rang": _("致电"), "compared": _("比选完毕"), "chosen": _("选定机构"), "signed": _("签批（模拟）"), "left": _("车已上路"), "ready": _("就位")}


@bound
def desk(request: HttpRequest) -> HttpResponse:
    """Designations under way, and how ready each body says it is. Who did not answer is unknown."""
    who = me(request)
    rows = list(Matter.objects.filter(kind__in=["designation", "green_channel"], status="open").select_related("owner_body").order_by("-urgent", "-opened_at")[:50])
    record_look([m.id for m in rows], purpose="designation-desk", list=True)
    answers = {a.body_id: a for a in ReadinessAnswer.objects.order_by("body_id", "-at").distinct("body_id").select_related("confirmed_by")}
    loads = {row.body_id: row for row in BodyLoad.objects.all()}
    travel = {row.body_id: row for row in BodyTravel.objects.all()}
    bodies = []
    for b in Body.objects.filter(kind__in=["commission", "working_committee"], rank="county", valid_to=None).order_by("id"):
        answer = answers.get(b.id)
        live = answer if answer is not None and answer.valid_until > who.now else None
        bodies.append((b, live, [(w, getattr(live, n)) for n, w in NEEDS] if live else [], answer, loads.get(b.id), travel.get(b.id)))
    mine = [p.body for p in who.postings if p.office and p.office.code in CONFIRMERS and p.body.rank == "county"]
    return render(request, "web/designation/desk.html", {
        "batches": PlanRun.objects.filter(task="batch").defer("problem", "result").order_by("-at")[:3],
        "rows": rows, "bodies": bodies, "answered": [b for b in bodies if b[1] is not None], "silent": [b for b in bodies if b[1] is None], "mine": [(b, answers.get(b.id)) for b in dict.fromkeys(mine)], "caller": bool({"room_head", "case_duty", "deputy"} & who.offices),
        "needs": NEEDS, "planner": bool({"room_head", "case_duty", "deputy", "head"} & who.offices), "comparing": sum(1 for m in rows if m.kind == "designation" and "compare" in m.stages), "now": who.now})


@require_POST
@bound
def confirm(request: HttpRequest) -> HttpResponse:
    """One tap by the duty officer, or what was said on the phone."""
    p = request.POST
    services.confirm(given.number(p, "body"), team=p.get("team", "yes"), custody=p.get("custody", "yes"), keepers=p.get("keepers", "yes"), doctor=p.get("doctor", "yes"), by_phone=p.get("by_phone") == "1")
    return redirect("designation")


def _readiness(ready: Any) -> list[tuple[str, str]]:
    """What a body said it has, has not, and was not asked, each in one line."""
    said: dict[str, list[str]] = {"yes": [], "no": [], "unknown": []}
    for name, word in NEEDS:
        said.get(getattr(ready, name), said["unknown"]).append(str(word))
    marks = {"yes": f"✔ {_('有')}", "no": f"✕ {_('没有')}", "unknown": f"? {_('未确认')}"}
    return [(marks[answer], listed(words)) for answer, words in said.items() if words]


def table(ranking: designate.Ranking, names: Names, natural: Body | None, *, whole: bool = True) -> dict[str, Any]:
    """The ranked table in words. Who may not know why (`whole` false) reads “recusal” on every excluded row, and nothing of why."""
    data = ranking.as_json(may_know_why=whole)
    bodies = {b.id: b for b in Body.objects.filter(id__in=[int(r.body) for r in ranking.rows])}
    loads = {row.body_id: row for row in BodyLoad.objects.all()}
    travel = {row.body_id: row for row in BodyTravel.objects.all()}
    heavy = {b: row.load / row.officers for b, row in loads.items() if row.officers}
    most = max(heavy.values(), default=1) or 1
    rows = []
    for r, j in zip(ranking.rows, data["rows"], strict=True):
        body = int(r.body)
        calls = r.calls if whole or r.eligible else ()
        rows.append({"body": bodies[body], "place": r.place, "eligible": r.eligible, "score": r.score, "said": names.text(j["text"]), "parts": [(PARTS[k], v) for k, v in j["parts"].items() if v] if r.eligible else [],
                     "load": loads.get(body), "share": round(100 * heavy[body] / most) if body in heavy else 0, "hours": travel[body].hours if body in travel else None, "natural": natural is not None and natural.id == body,
                     "duty_number": r.duty_number, "calls": calls, "ready": _readiness(r.readiness) if whole or r.eligible else []})
    return {"rows": rows, "margin": names.text(ranking.margin_text), "why_natural": [names.text(t) for t in data["natural"]], "notes": [names.text(t) for t in ranking.notes], "natural": natural, "weights": ranking.weights, "weights_version": ranking.weights.version.replace(" (ours)", ""), "ours": "(ours)" in ranking.weights.version,
            "load_zero": f"{ranking.weights.load_zero / 10:g}", "whole": whole}


@bound
def rank(request: HttpRequest, ref: str) -> HttpResponse:
    """The ranked table for one matter. Who may not know why sees only “recusal”."""
    matter = matter_or_404(ref)
    record_look([matter.id], purpose="designation")
    context = table(services.rank(matter), Names.of_bodies(), services.natural_body(matter), whole=services.may_know_why(matter))
    shown = RankingShown.objects.filter(matter=matter).order_by("-at").select_related("chosen_body").first()
    return render(request, "web/designation/rank.html", context | {
        "matter": matter, "shown": shown, "again": shown is not None and services.ranked_again(shown), "proposable": matter.kind == "designation" and "compare" in matter.stages})


@require_POST
@bound
def choose(request: HttpRequest, ref: str) -> HttpResponse:
    """Choose a body: the ranking is frozen with the reasons; where the designation stands at its comparison, approval is next."""
    matter = matter_or_404(ref)
    p = request.POST
    if not p.get("body", "").isdecimal():
        raise Refused("no_body", "请先选一个机构。", "Choose a body first.")
    services.choose(matter, given.number(p, "body"), why_not_first=p.get("why_not_first", ""), why_not_natural=p.get("why_not_natural", ""), propose=p.get("propose") == "1", document_no=p.get("document_no", ""))
    return redirect("matter", ref) if matter.kind == "designation" else redirect("rank", ref)


@require_POST
@bound
def ring(request: HttpRequest, ref: str) -> HttpResponse:
    """Called, answered."""
    services.ring(matter_or_404(ref), given.number(request.POST, "body"), request.POST.get("answer", "none"), request.POST.get("note", ""))
    return redirect("rank", ref)


@require_POST
@bound
def batch(request: HttpRequest) -> HttpResponse:
    """The week's designations against all bodies at once, in the background; proposals only."""
    body = planning_body(me(request))
    waiting = [m for m in Matter.objects.filter(kind="designation", status="open").order_by("opened_at") if "compare" in m.stages]
    record_look([m.id for m in waiting], purpose="designation-batch", list=True)
    run = plans.ask(body.id, "batch", str(_("成批比选")), services.batch_problem(waiting))
    return redirect("designation_batch", run.ref)


@bound
def batch_shown(request: HttpRequest, ref: str) -> HttpResponse:
    """What the batch proposes, matter by matter as far as its asker sees them now; each is chosen and signed on its own page."""
    row = one(PlanRun, ref)
    if row.task != "batch":
        raise NotVisible()
    names = Names.of_bodies()
    result = row.result or {}
    seen = {str(m.id): m for m in Matter.objects.filter(id__in=[int(p["matter"]) for p in result.get("proposals", [])])}
    record_look([m.id for m in seen.values()], purpose="designation-batch", list=True)
    proposals = [(seen[p["matter"]], names.body(p["body"]) if p["body"] is not None else "", p["place"], names.text(p["text"])) for p in result.get("proposals", []) if p["matter"] in seen]
    return render(request, "web/designation/batch.html", {"run": row, "proposals": proposals, "result": result, "verdict": names.violations(row.verdict), "said": row.said_en if names.english else row.said_zh, "looks": True})


@bound
def drill_desk(request: HttpRequest) -> HttpResponse:
    """Drills so far, and beginning one."""
    body = planning_body(me(request))
    record_look([], purpose="drills")
    return render(request, "web/designation/drills.html", {"drills": Drill.objects.filter(body=body).select_related("natural", "started_by").order_by("-started_at")[:30],
                                                           "bodies": Body.objects.filter(kind="commission", rank="county", valid_to=None).order_by("id")})


@require_POST
@bound
def drill_start(request: HttpRequest) -> HttpResponse:
    """The phone rings, about nobody."""
    body = planning_body(me(request))
    natural = Body.objects.filter(pk=given.number_or_none(request.POST, "natural"), rank="county").first()
    if natural is None:
        raise Refused("no_body", "请先选自然管辖机构。", "Choose the natural body first.")
    return redirect("drill_night", drills.start(body.id, natural).ref)


@bound
def drill(request: HttpRequest, ref: str) -> HttpResponse:
    """One drill: the real duty list, the steps, and where the minutes went."""
    row = one(Drill, ref)
    record_look([], purpose="drill")
    done = {s["step"] for s in row.steps}
    told = drills.minutes(row)
    context = table(drills.rank(row), Names.of_bodies(), row.natural) if row.ended_at is None else {}
    following = next((s for s in drills.STEPS if s not in done), "")
    slowest = max(told, key=lambda m: m.minutes)
    return render(request, "web/designation/drill.html", context | {"d": row, "minutes": [(STEPS[m.step], m) for m in told], "next": following, "next_word": STEPS.get(following, ""), "total": round(sum(m.minutes for m in told), 1),
                                                                    "slowest": STEPS[slowest.step] if slowest.minutes else "", "answers": drills.ANSWERS})


@require_POST
@bound
def drill_step(request: HttpRequest, ref: str) -> HttpResponse:
    """Press a step, or note what a duty number answered."""
    row = one(Drill, ref)
    p = request.POST
    if p.get("answer"):
        drills.ring(row, given.number(p, "body"), p["answer"])
    else:
        drills.step(row, p.get("step", ""), body=given.number_or_none(p, "body"), note=p.get("note", ""))
    return redirect("drill_night", ref)
