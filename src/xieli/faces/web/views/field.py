"""The project board and one project, water sections sampled by two sides, what came of a matter as a tree, catalogues of small cuts."""
from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, matter_or_404
from xieli.faces.web.pictures.gantt import Bar, gantt
from xieli.faces.web.templatetags.xieli import english
from xieli.faces.web.views.remedy import at, last_forms
from xieli.office.audit import record_look
from xieli.office.bodies.models import Body
from xieli.office.cooperation import catalogue
from xieli.office.field import months
from xieli.office.field import projects as tracking
from xieli.office.matters.services.errors import NotVisible
from xieli.office.matters.services.playbooks import shipped
from xieli.office.matters.services.source import today
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.measures import Measure
from xieli.office.matters.tables.work import FormSubmission
from xieli.office.reports import trees

ROMAN = ("", "Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ", "Ⅴ", _("劣Ⅴ"))
ALIKE = 3  # so many projects of one plan share a line of the picture
DEEPEST = 12  # levels of indentation drawn; what lies deeper stands at this one


def bars(line: tracking.Line) -> list[Bar]:
    """The stages of a project as the picture draws them: the baseline, and what was reported."""
    return [Bar(s.name, s.planned_start, s.planned_end, s.started, s.ended, line.state == "done") for s in line.stages]


def rows(lines: list[tracking.Line]) -> list[tuple[str, list[Bar], str]]:
    """Lines of the picture: projects that have nothing reported and one and the same plan share one line, so that what moves is seen."""
    alike: dict[tuple[Bar, ...], list[tracking.Line]] = {}
    for line in lines:
        drawn = tuple(bars(line))
        alike.setdefault(drawn if drawn and not any(b.actual for b in drawn) else (*drawn, Bar(str(line.matter.id), date.min, date.min)), []).append(line)
    found = []
    for same in alike.values():
        if len(same) < ALIKE:
            found += [(line.matter.title, bars(line), f"/m/{line.matter.ref}/project") for line in same]
        else:
            found.append((_("%(title)s 等 %(n)s 项") % {"title": same[0].matter.title, "n": len(same)}, bars(same[0]), "#all"))
    return found


@bound
def projects(request: HttpRequest) -> HttpResponse:
    """Every project the reader sees: counts by computed state, the picture, and the table; `state` cuts the list, never the counts."""
    now, chosen = today(), request.GET.get("state", "")
    lines = tracking.board()
    record_look([line.matter.id for line in lines], purpose="projects", list=True, asked=None)
    shown = [line for line in lines if line.state == chosen] if chosen in ("done", "on_time", "late") else lines
    shown = sorted(shown, key=lambda line: (-line.late, line.matter.title))
    drawn = rows(shown)
    return render(request, "web/field/projects.html", {
        "now": now, "tally": Counter(line.state for line in lines), "all": len(lines), "chosen": chosen, "lines": [{"l": line, "at": at(line.matter), "overdue": tracking.overdue_tasks(line, now)} for line in shown],
        "drawing": gantt([(title, mine) for title, mine, _url in drawn], now, _("挂图"), note=_("计划相同、尚无进展的合为一行。") if len(drawn) < len(shown) else "", urls=[url for _title, _mine, url in drawn])})


def _of_kind(ref: str, kind: str) -> Matter:
    matter = matter_or_404(ref)
    if matter.kind != kind:
        raise NotVisible()
    return matter


@bound
def project(request: HttpRequest, ref: str) -> HttpResponse:
    """One project: stages against the baseline, tasks by department, and everything that any body did about it, each once."""
    matter, now = _of_kind(ref, "project"), today()
    line = next(iter(tracking.board([matter])))
    found = tracking.gathered(matter)
    record_look([matter.id, *found.matters], purpose="project")
    asked = list(FormSubmission.objects.filter(matter=matter, form__in=["question", "answer"]).order_by("at", "revision"))
    bodies = Body.objects.in_bulk([int(t["department"]) for t in line.tasks] + [int(b["body"]) for s in found.sites for b in s["bodies"]])
    return render(request, "web/field/project.html", {
        "matter": matter, "now": now, "clock": me(request).now, "line": line, "at": at(matter), "drawing": gantt([(matter.title, bars(line))], now, _("挂图")), "asked": asked,
        "tasks": [{**t, "body": bodies.get(int(t["department"])), "late": line.state != "done" and t["due_on"] < now.isoformat()} for t in line.tasks],
        "sites": [{**s, "names": [bodies[int(b["body"])] for b in s["bodies"] if int(b["body"]) in bodies]} for s in found.sites],
        "groups": [(_("检查"), found.checks), (_("问题"), found.problems), (_("线索"), found.leads), (_("任务"), found.tasks), (_("村级质量随手记"), found.notes)]})


@bound
def water(request: HttpRequest) -> HttpResponse:
    """Every section: latest class against the target, months in a row, months nobody sampled, and the month side by side."""
    rows = months.sections()
    record_look([s.matter.id for s in rows], purpose="water", list=True, asked=None)
    both = months.pairs([s.matter for s in rows])
    return render(request, "web/field/water.html", {"rows": [{"s": s, "at": at(s.matter), "latest": ROMAN[s.latest or 0], "target": ROMAN[s.target] if s.target < len(ROMAN) else s.target, "last": next(iter(both[s.matter.id]), None)} for s in rows],
                                                    "met": sum(1 for s in rows if s.met), "sampled": sum(1 for s in rows if s.latest is not None)})


def _short(body: Body | None) -> str:
    """A body's short name in the reader's language; the long one where it has none."""
    return "" if body is None else str((english() and (body.short_en or body.name_en)) or body.short_zh or body.name_zh)


@bound
def section(request: HttpRequest, ref: str) -> HttpResponse:
    """One section, month by month, both sides beside each other."""
    matter = _of_kind(ref, "water_section")
    row = next(s for s in months.sections([matter]))
    record_look([matter.id], purpose="water-section")
    form = last_forms([matter])[matter.id].get("section", {})
    found = [{"p": p, "own": ROMAN[p.own_class or 0], "other": ROMAN[p.other_class or 0]} for p in months.pairs([matter])[matter.id]]
    other = Body.objects.filter(pk=int(form.get("other_side") or 0)).first()
    # both sides read this page: each is called by its name, never "own" and "other"
    return render(request, "web/field/section.html", {
        "matter": matter, "s": row, "form": form, "at": at(matter), "rows": found, "other": other, "mine": _short(matter.owner_body), "theirs": _short(other), "latest": ROMAN[row.latest or 0],
        "target": ROMAN[row.target] if row.target < len(ROMAN) else row.target})


@bound
def tree(request: HttpRequest, ref: str) -> HttpResponse:
    """What came of a matter, level by level, and each person once."""
    matter = matter_or_404(ref)
    nodes = trees.nodes(matter.id)
    record_look([matter.id, *(n.matter.id for n in nodes)], purpose="tree")
    line = trees.line(matter.id)
    kinds = {code: playbook.label for code, playbook in shipped().items()}
    # measures of one case bear one title: whom each concerns tells them apart
    whom = dict(Measure.objects.filter(matter_id__in=[n.matter.id for n in nodes]).order_by("started_at").values_list("matter_id", "subject__name"))
    return render(request, "web/field/tree.html", {
        "matter": matter, "kind": kinds.get(matter.kind), "line": line, "now": me(request).now, "nodes": [{"n": n, "pad": min(n.depth, DEEPEST), "kind": kinds.get(n.matter.kind), "at": at(n.matter), "whom": whom.get(n.matter.id, "")} for n in nodes],
        "kinds": [(kinds.get(code), count) for code, count in line.matters.items()]})


@bound
def catalogues(request: HttpRequest) -> HttpResponse:
    """Catalogues of small cuts: what past cases propose, with its counts, what was published, and who still owes a report."""
    matters = list(Matter.objects.filter(kind="small_cut").order_by("-opened_at", "id")[:40])
    record_look([m.id for m in matters], purpose="catalogues", list=True, asked=None)
    forms = last_forms(matters)
    rows: list[dict[str, Any]] = []
    for m in matters:
        given = catalogue.answers(m)
        bodies = Body.objects.in_bulk([int(g["_body"]) for g in given])
        rows.append({"m": m, "at": at(m), "kinds": catalogue.kinds_of(forms[m.id].get("sources", {}).get("rows") or ()), "f": forms[m.id].get("catalogue", {}), "missing": catalogue.missing_reports(m),
                     "answers": [{"body": bodies.get(int(g["_body"])), "tally": Counter(r["state"] for r in g["rows"]), "on": g["reported_on"]} for g in given]})
    return render(request, "web/field/catalogues.html", {"rows": rows, "least": (catalogue.LEAST_UNITS, catalogue.LEAST_YEARS)})
