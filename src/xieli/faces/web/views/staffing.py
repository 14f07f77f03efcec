"""S7: staffing and dispatch: seats from the playbook, candidates as codes, lending bodies asked, what was approved and until when."""
from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, matter_or_404
from xieli.faces.web.plan_words import Names
from xieli.faces.web.templatetags.xieli import english
from xieli.faces.web.views.areas import LOOKS_FOR, one, planning_body
from xieli.office.allocation import divisions, staffing
from xieli.office.allocation.calendar import whereabouts
from xieli.office.allocation.models import PlanRun
from xieli.office.audit import record_look
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.tables.core import Matter

SKILLS = {"accounting": _("账务"), "finance": _("金融"), "banking": _("银行"), "interview": _("谈话"), "law": _("法律"), "it": _("数据"), "fire": _("消防"), "procurement": _("采购"), "sector": _("行业"), "audit": _("审计"), "medicine": _("医学")}
RANKS = ((1, _("不限")), (2, _("承办人")), (3, _("室主任")), (4, _("分管领导")), (5, _("主要负责人")))
BLANK = 3  # empty lines below those of the playbook


@bound
def forces(request: HttpRequest) -> HttpResponse:
    """Forces at a glance: matters that asked for people, dispatches under way, who is where until when."""
    who = me(request)
    body = planning_body(who)
    rows = list(Matter.objects.filter(kind="dispatch", status="open").select_related("owner_body").order_by("-opened_at")[:40])
    plans_ = list(PlanRun.objects.filter(task="staff").exclude(matter=None).defer("problem", "result").select_related("matter", "person").order_by("-at")[:20])
    teams = list(Matter.objects.filter(kind__in=["joint_case", "area_case", "case", "joint_check", "inspection_round"], status="open").order_by("-opened_at")[:20])
    record_look([m.id for m in [*rows, *teams, *(r.matter for r in plans_ if r.matter)]], purpose="forces", list=True)
    return render(request, "web/staffing/forces.html", {"rows": rows, "plans": plans_, "teams": teams} | whereabouts(body, divisions.today()))


@bound
def page(request: HttpRequest, ref: str) -> HttpResponse:
    """The seats that the playbook asks for, to be completed with skill, rank, number and window."""
    matter = matter_or_404(ref)
    record_look([matter.id], purpose="staffing")
    found = staffing.compositions(matter)
    chosen = next((c for c in found if c.code == request.GET.get("composition")), found[0] if found else None)
    seats: list[Any] = []
    if chosen is not None:
        labels = [slot.label.en if english() else slot.label.zh for slot in chosen.slots]
        seats = [{"role": label, "min_rank": s.min_rank, "skill": s.skill, "count": s.count} for label, s in zip(labels, staffing.seats_of(chosen), strict=True)]
    day = divisions.today()
    return render(request, "web/staffing/page.html", {"matter": matter, "compositions": found, "chosen": chosen, "seats": [*seats, *([{"role": "", "min_rank": 1, "skill": "", "count": 0}] * BLANK)], "skills": SKILLS, "ranks": RANKS,
                                                      "first": day, "last": day + timedelta(days=30), "bodies": staffing.lenders(matter), "runs": PlanRun.objects.filter(matter=matter, task="staff").defer("problem", "result").order_by("-at")[:10]})


def _whole(text: str) -> int:
    return int(text) if text.strip().isdecimal() and len(text.strip()) < 4 else 0


@require_POST
@bound
def ask(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask for a team; it is made in the background."""
    matter = matter_or_404(ref)
    p = request.POST
    seats = [staffing.Seat(role.strip()[:40] or str(_("成员")), min(5, max(1, _whole(rank))), skill if skill in SKILLS else "", _whole(count))
             for role, rank, skill, count in zip(p.getlist("role"), p.getlist("min_rank"), p.getlist("skill"), p.getlist("count"), strict=False)]
    try:
        first, last = date.fromisoformat(p.get("from", "")), date.fromisoformat(p.get("to", ""))
    except ValueError:
        raise Refused("window", "请填写起止日期。", "Give first and last day.") from None
    wanted = set(p.getlist("lender"))
    bodies = [b for b in staffing.lenders(matter) if not wanted or str(b.id) in wanted]
    return redirect("staffing_run", staffing.ask(matter, seats, first, last, bodies=bodies).ref)


def _run_of(ref: str) -> PlanRun:
    row: PlanRun = one(PlanRun, ref)
    if row.matter_id is None or row.task != "staff":
        raise NotVisible()
    return row


@bound
def run(request: HttpRequest, ref: str) -> HttpResponse:
    """The proposed team: codes with what they bring and what was checked; unfilled seats with reason and cheapest relaxation; who was asked."""
    row = _run_of(ref)
    matter = Matter.objects.get(pk=row.matter_id)
    record_look([matter.id], purpose="staffing")
    names = Names({})
    sent = {link.target.title[-9:-1]: link.target for link in matter.links_out.filter(target__kind="dispatch").select_related("target__owner_body")}
    seats = []
    for s in staffing.teams(row) if row.state == "done" else []:
        asked = sent.get(s["code"] or "")
        seats.append({**s, "skills": [SKILLS.get(k, k) for k in s["skills"]], "skill": SKILLS.get(s["skill"], s["skill"]) if s["skill"] else "", "asked": asked, "name": staffing.name_of(matter, s["code"]) if asked is not None else None})
    out = Counter(code for x in row.problem.get("left_out", []) for code in x["codes"])
    codes = [((en if names.english else zh), n) for code, n in sorted(out.items()) for zh, en in (staffing.CODES.get(code, (code, code)),)]
    first, last = staffing.window(row)
    return render(request, "web/staffing/run.html", {
        "run": row, "matter": matter, "seats": seats, "unfilled": [names.text(u["text"]) for u in (row.result or {}).get("unfilled", [])], "verdict": names.violations(row.verdict), "said": row.said_en if names.english else row.said_zh,
        "out": codes, "pool": len(row.problem["officers"]), "first": first, "last": last, "looks": me(request).now - row.at < LOOKS_FOR})


@bound
def progress(request: HttpRequest, ref: str) -> HttpResponse:
    """How far it is: a part of the page that looks again by itself."""
    row = _run_of(ref)
    if not request.headers.get("HX-Request"):
        return redirect("staffing_run", ref)
    response = render(request, "web/staffing/progress.html", {"run": row, "looks": me(request).now - row.at < LOOKS_FOR})
    if row.state not in ("queued", "running"):
        response["HX-Refresh"] = "true"
    return response


@require_POST
@bound
def send(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask the lending bodies, for one seat or for all that were not asked yet."""
    row = _run_of(ref)
    code = request.POST.get("code", "")
    for wanted in [code] if code else [s["code"] for s in staffing.teams(row) if s["code"]]:
        try:
            staffing.send(row, wanted)
        except Refused as refusal:
            if code or refusal.code != "duplicate":
                raise
    return redirect("staffing_run", ref)
