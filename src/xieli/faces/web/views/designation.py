"""S4: the designation desk: all bodies ranked with reasons, readiness, calls; choosing with the reason; proposing."""
from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, matter_or_404
from xieli.faces.web.templatetags.xieli import english
from xieli.office.allocation import services
from xieli.office.allocation.models import BodyLoad, BodyTravel, RankingShown, ReadinessAnswer
from xieli.office.audit import record_look
from xieli.office.bodies.models import Body
from xieli.office.matters.tables.core import Matter


@bound
def desk(request: HttpRequest) -> HttpResponse:
    """Designations under way, and how ready each body says it is."""
    who = me(request)
    rows = list(Matter.objects.filter(kind__in=["designation", "green_channel"], status="open").select_related("owner_body").order_by("-urgent", "-opened_at")[:50])
    record_look([m.id for m in rows], purpose="designation-desk", list=True)
    answers = {a.body_id: a for a in ReadinessAnswer.objects.order_by("body_id", "-at").distinct("body_id")}
    loads = {row.body_id: row for row in BodyLoad.objects.all()}
    travel = {row.body_id: row for row in BodyTravel.objects.all()}
    bodies = [(b, answers.get(b.id) if answers.get(b.id) and answers[b.id].valid_until > who.now else None, loads.get(b.id), travel.get(b.id))
              for b in Body.objects.filter(kind__in=["commission", "working_committee"], rank="county", valid_to=None).order_by("id")]
    mine = [p.body for p in who.postings if p.office and p.office.code in ("case_duty", "head", "deputy", "room_head")]
    return render(request, "web/designation/desk.html", {"rows": rows, "bodies": bodies, "mine": [b for b in mine if b.rank == "county"], "caller": "room_head" in who.offices or "case_duty" in who.offices})


@require_POST
@bound
def confirm(request: HttpRequest) -> HttpResponse:
    """One tap by the duty officer, or what was said on the phone."""
    p = request.POST
    services.confirm(int(p["body"]), team=p.get("team", "yes"), custody=p.get("custody", "yes"), keepers=p.get("keepers", "yes"), doctor=p.get("doctor", "yes"), by_phone=p.get("by_phone") == "1")
    return redirect("designation")


@bound
def rank(request: HttpRequest, ref: str) -> HttpResponse:
    """The ranked table for one matter. Who may not know why sees only “recusal”."""
    matter = matter_or_404(ref)
    record_look([matter.id], purpose="designation")
    ranking = services.rank(matter)
    names = {b.id: b for b in Body.objects.filter(id__in=[int(r.body) for r in ranking.rows])}
    loads = {row.body_id: row for row in BodyLoad.objects.all()}
    most = max((x.load for x in loads.values()), default=1) or 1
    travel = {row.body_id: row for row in BodyTravel.objects.all()}
    natural = services.natural_body(matter)

    def said(text: object) -> str:
        """The engine's sentence with names instead of identities."""
        words = text.en if english() else text.zh  # type: ignore[attr-defined]
        for identity, body in names.items():
            words = words.replace(f" {identity} ", f" {body.name_en if english() else body.name_zh} ").removeprefix(f"{identity} ") if str(identity) in words else words
        return str(words)

    rows = [{"row": r, "body": names[int(r.body)], "load": loads.get(int(r.body)), "share": round(100 * loads[int(r.body)].load / most) if int(r.body) in loads else 0,
             "hours": travel[int(r.body)].hours if int(r.body) in travel else None, "said": said(r.text), "natural": natural is not None and natural.id == int(r.body)} for r in ranking.rows]
    return render(request, "web/designation/rank.html", {
        "matter": matter, "rows": rows, "margin": said(ranking.margin_text), "why_natural": [said(t) for t in ranking.natural], "notes": [said(t) for t in ranking.notes], "natural": natural,
        "weights": ranking.weights, "shown": RankingShown.objects.filter(matter=matter).order_by("-at").select_related("chosen_body").first(),
        "proposable": matter.kind == "designation" and "compare" in matter.stages,
    })


@require_POST
@bound
def choose(request: HttpRequest, ref: str) -> HttpResponse:
    """Choose a body: the ranking is frozen with the reasons; where the designation stands at its comparison, approval is next."""
    matter = matter_or_404(ref)
    services.choose(matter, int(request.POST["body"]), why_not_first=request.POST.get("why_not_first", ""), why_not_natural=request.POST.get("why_not_natural", ""))
    return redirect("matter", ref) if matter.kind == "designation" else redirect("rank", ref)


@require_POST
@bound
def ring(request: HttpRequest, ref: str) -> HttpResponse:
    """Called, answered."""
    services.ring(matter_or_404(ref), int(request.POST["body"]), request.POST.get("answer", "none"), request.POST.get("note", ""))
    return redirect("rank", ref)
