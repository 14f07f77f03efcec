"""S5: one matter, one address for life. Task list first, then lanes, clocks, people, papers, timeline."""
from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xieli.engines.clocks.state import standing
from xieli.engines.playbooks.model import Label
from xieli.faces.web import given, playbook_forms
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, draft_of, identity, matter_or_404
from xieli.faces.web.pictures.diagram import drawn
from xieli.faces.web.pictures.lanes import swim_lane
from xieli.faces.web.templatetags.xieli import english
from xieli.office.audit import record_look, record_opened
from xieli.office.bodies.models import Body, Office, Room
from xieli.office.matters.queries import presences, timeline
from xieli.office.matters.services import clocks, forms, leads, moves, tasks
from xieli.office.matters.services import papers as reading
from xieli.office.matters.services.context import asked, state_of
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.playbooks import playbook_of, shipped
from xieli.office.matters.tables.clocks import Alarm, Clock, ClockEvent
from xieli.office.matters.tables.core import Matter, MatterLink
from xieli.office.matters.tables.desk import CalendarRevision
from xieli.office.matters.tables.handover import FeedbackDuty
from xieli.office.matters.tables.work import FormSubmission, Outcome, Task
from xieli.office.people.models import Person, Team
from xieli.office.together import Asked, Prepared, among, prepared, together


def address(name: str, ref: str) -> str:
    """The address of another room's page of this matter; empty when that room is absent."""
    try:
        return reverse(name, args=[ref])
    except NoReverseMatch:
        return ""


PRINCIPALS = (Person, Room, Office, Body, Team)


def _named(model: Any) -> Prepared:
    table = model._meta.db_table

    def write(ids: RawSQL) -> QuerySet[Any]:
        rows: QuerySet[Any] = model.objects.filter(among(f"{table}.id", ids))
        return rows.only("id", "name", "name_en") if model is Person else rows.select_related("body") if model in (Room, Office) else rows

    return prepared(write)


_NAMED = {f"of_{model.__name__.lower()}": _named(model) for model in PRINCIPALS}


def asked_names(ids: set[int]) -> dict[str, Asked]:
    """The rows behind principal identities, to be read with others in one statement."""
    return {name: question(ids=sorted(ids)) for name, question in _NAMED.items()}


def told_names(found: dict[str, list[Any]]) -> dict[int, Any]:
    """Names by principal identity, from the rows of `asked_names`."""
    names: dict[int, Any] = {}
    for model in reversed(PRINCIPALS):
        names.update({r.id: _at_body(r) if model in (Room, Office) else r for r in found[f"of_{model.__name__.lower()}"]})
    return names


def principal_names(ids: set[int]) -> dict[int, Any]:
    """Names of persons, rooms, offices, bodies and teams by principal identity."""
    return told_names(together(**asked_names(ids))) if ids else {}


def _at_body(row: Any) -> Label:
    """A room or an office with the body it belongs to: 巫川县纪委监委主要负责人."""
    own = (row.title_zh, row.title_en) if isinstance(row, Office) else (row.name_zh, row.name_en)
    return Label(f"{row.body.short_zh or row.body.name_zh}{own[0]}", f"{own[1]}, {row.body.short_en or row.body.name_en}")


_BESIDE = {
    "clock_events": prepared(lambda matter: ClockEvent.objects.filter(matter=matter)), "revisions": prepared(lambda: CalendarRevision.objects.all()),
    "alarms": prepared(lambda matter: Alarm.objects.filter(matter=matter, answered_at=None).order_by("-raised_at")[:5]),
    "duties": prepared(lambda matter: FeedbackDuty.objects.filter(matter=matter).select_related("owed_to", "owed_by").order_by("next_due")),
    "tasks": prepared(lambda matter: Task.objects.filter(matter=matter).select_related("assignee").order_by("state", "due_on")),
    "outcomes": prepared(lambda matter: Outcome.objects.filter(matter=matter, retracted_at=None).select_related("subject")),
    "links": prepared(lambda matter: MatterLink.objects.filter(source=matter).select_related("target")),
    "present": presences.of_matter, "present_lines": presences.entries_of,
    "back_links": prepared(lambda matter: MatterLink.objects.filter(target=matter).select_related("source")),
}


def _asked(matter: Matter) -> dict[str, Any]:
    """What the page shows beside what a step asks."""
    return {**timeline.asked(matter), **{name: question(matter=matter.id) if question.names else question() for name, question in _BESIDE.items()}}


@bound
def page(request: HttpRequest, ref: str) -> HttpResponse:
    """The matter page: what hangs on the matter in two statements, whatever there is (tests/faces/web/test_budgets.py)."""
    matter = matter_or_404(ref)
    leads.ensure_begun(matter)
    playbook = playbook_of(matter)
    who = me(request)
    papers = reading.read(matter, {**asked(matter, playbook), **_asked(matter)}, lambda p: asked_names({g.principal for g in p.grants} | {r.principal for r in p.recusals}))
    rows = papers.more
    # the titles of what it led to and came from stand on the page
    record_opened(matter.id, [*(link.target_id for link in rows["links"]), *(link.source_id for link in rows["back_links"])], "matter-page")
    clocks_told = _running(playbook, papers, who.now)
    steps = _by_stage(playbook, moves.offers(matter, papers=papers))
    passed = state_of(matter).passed() if matter.state else frozenset()
    stages = [(s, "open" if s.code in matter.stages else "done" if s.code in passed else "") for s in playbook.stages.values() if s.kind != "split"]
    due = _forms_due(matter, playbook, [f for f in papers.forms if _answered_here(playbook, papers, f, who.principals)])
    return render(request, "web/matter.html", {
        "matter": matter, "due": any(f["now"] and not f["given"] for f in due), "playbook": playbook, "offers": steps, **_sorted(steps, papers.approvals), "stages": stages, "clocks": clocks_told,
        "forms": due, "handed_in": [f for f in due if f["given"] and not f["now"]], "subjects": papers.subjects,
        "approvals": [{"row": a, "label": playbook.approvals[a.act].label if a.act in playbook.approvals else a.act} for a in reversed(papers.approvals)],
        "acts": list(playbook.approvals.values()), "handovers": rows["handovers"], "duties": rows["duties"], "grants": papers.grants, "recusals": papers.recusals,
        "names": told_names(rows), "tasks": rows["tasks"], "lines": timeline.lines_of(matter, rows)[:80],
        "picture": swim_lane(timeline.lanes_of(matter, rows), who.now, _("泳道：事项在谁手里"), english(), note=_("实色：主办；淡色：参与；菱形：文书和审批。")),
        "comes": matter.kind in presences.WHERE_PEOPLE_COME, "present": presences.tell(rows["present"], rows["present_lines"], papers.approvals, who.now, papers.forms),
        "may_seat": matter.owner_room_id is None and {"write", "grant"} <= {act for g in papers.writers if g.principal in who.principals for act in g.acts},
        "may_work": matter.status == "open" and any(g.principal in who.principals for g in papers.writers),
        "measures": rows["measures"], "held": any(m.ended_at is None and m.kind in HELD for m in rows["measures"]), "outcomes": [{"row": o, "label": playbook.outcomes[o.kind].label if o.kind in playbook.outcomes else o.kind} for o in rows["outcomes"]],
        "documents_url": address("documents", ref), "links": rows["links"], "back_links": rows["back_links"],
        "alarms": _alarms(rows["alarms"], clocks_told), "now": who.now,
    })


#: measures under which a person is held
HELD = ("liuzhi", "guanhu", "compelled_appearance")


def _running(playbook: Any, papers: Any, now: Any) -> list[dict[str, Any]]:
    """The matter's clocks folded afresh, those that run first and by the nearest alarm."""
    dated: dict[int, list[ClockEvent]] = {}
    for event in papers.more["clock_events"]:
        dated.setdefault(event.clock_id, []).append(event)
    found = []
    for clock in sorted(papers.clocks, key=lambda c: ({"running": 0, "suspended": 1}.get(c.state, 2), c.alarm_at is None, c.alarm_at or now)):
        rule, due, plan = clocks.rule_for(clock), clocks.compute(clock, dated.get(clock.id, []), papers.more["revisions"]), playbook.clocks.get(clock.code)
        found.append({"row": clock, "due": due, "standing": standing(due, now), "label": plan.label if plan else rule.text, "rule": rule})
    return found


def _alarms(alarms: list[Any], clocks_told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One line per clock and kind, the gravest and newest, with the clock's name: a warning and its second time are one thing."""
    labels = {c["row"].id: c["label"] for c in clocks_told}
    found: dict[tuple[str, int | None], dict[str, Any]] = {}
    for alarm in sorted(alarms, key=lambda a: (-a.level, -a.raised_at.timestamp())):
        found.setdefault((alarm.kind, alarm.clock_id), {"row": alarm, "label": labels.get(alarm.clock_id)})
    return list(found.values())


def _answered_here(playbook: Any, papers: Any, handed_in: FormSubmission, principals: Any) -> bool:
    """Whether a form that each body of a party hands in for itself was handed in for the reader's own; who acts for none of them sees each."""
    form = playbook.forms.get(handed_in.form)
    own = forms.answering(form, papers.parties, principals) if form is not None else []
    return not own or str(handed_in.data.get("_body")) in own


def _by_stage(playbook: Any, offers: Any) -> list[dict[str, Any]]:
    """The steps that stand open, without those of a branch that another body answers: to it they are nothing to do."""
    offers = [o for o in offers if not any(r.code == "wrong_body" for r in o.refusals)]
    return [{"offer": o, "move": playbook.moves[o.move], "stage": playbook.stages[o.stage], "ready": not o.refusals, "n": n} for n, o in enumerate(offers, 1)]


def _sorted(steps: list[dict[str, Any]], approvals: Any) -> dict[str, Any]:
    """What carries the matter on, what is rarer (repeating, going back, calling off), and what does not stand open yet.

    What must stay possible after a custody limit (release, care, …) is never among the rarer ones. A step whose approval is already
    asked for leads to that approval, so that nobody asks twice.
    """
    asked_for = {a.act: a.ref for a in approvals if a.state == "pending"}
    for o in steps:
        o["asked_for"] = asked_for.get(o["move"].needs)
    ready = sorted((o for o in steps if o["ready"]), key=lambda o: o["move"].kind != "forward")  # what moves it on before what is only recorded
    return {"next": [o for o in ready if not _rare(o["move"])], "rarer": [o for o in ready if _rare(o["move"])], "waiting": [o for o in steps if not o["ready"]]}


def _rare(move: Any) -> bool:
    return move.kind != "forward" and not move.lawful_exit


def _forms_due(matter: Matter, playbook: Any, submitted: list[FormSubmission]) -> list[dict[str, Any]]:
    """Forms of the open stages and their moves, and what was handed in of each."""
    given = {f.form: f for f in submitted}
    wanted: dict[str, bool] = {}
    for code in matter.stages:
        stage = playbook.stages[code]
        if stage.form:
            wanted[stage.form] = True
        for move in playbook.moves_from(code):
            if move.form:
                wanted.setdefault(move.form, True)
            for group in move.when:
                for row in group:
                    if row.test == "field":
                        wanted.setdefault(str(row.get("of")).split(".")[0], False)
    return [{"form": playbook.forms[c], "given": given.get(c), "now": c in wanted} for c in {**wanted, **dict.fromkeys(given, False)} if c in playbook.forms]


def _chosen(request: HttpRequest, steps: dict[str, Any]) -> str:
    chosen = request.POST.get("with_step", "")
    if chosen not in steps:
        raise Refused("no_step", "请选择随这张表办理的一步：您在此事项上只作决定，表随决定一并提交。", "Choose the step that this form is handed in with: you decide in this matter, and the form goes with the decision.")
    return chosen


@bound
def form(request: HttpRequest, ref: str, code: str) -> HttpResponse:
    """Fill in one form of the playbook; what is refused comes back with what was typed."""
    matter = matter_or_404(ref)
    playbook = playbook_of(matter)
    published = playbook.forms.get(code)
    if published is None:
        raise NotVisible()
    last = forms.last_of(matter, published)
    # what is added to does not begin with what was handed in before: each time is an entry of its own
    data: dict[str, Any] = forms.shown(matter, published, dict(last.data)) if last and not published.adds else forms.begun_with(matter, published)
    page = {"matter": matter, "form": published, "draft": f"form:{ref}:{code}", "sealed": any(getattr(f, "sealed", None) for f in published.fields)}
    page["heading"] = playbook_forms.heading(playbook.label, published.label)
    page["steps"] = {m.code: m for m in forms.decided_with(matter, code)}
    more = request.POST.get("_more", "")
    if request.method == "POST":
        data = playbook_forms.read(published, request.POST)
        if more:  # nothing is handed in yet: the same page with more empty rows
            record_look([matter.id], purpose="form")
            return render(request, "web/form.html", page | {"controls": playbook_forms.controls(published, data, more=more), "given": last})
        try:
            with transaction.atomic():
                if page["steps"]:
                    moves.make(matter, _chosen(request, page["steps"]), form=(code, data))
                else:
                    forms.submit(matter, code, data)
            return redirect("matter", ref)
        except Refused as error:
            return render(request, "web/form.html", page | {"controls": playbook_forms.controls(published, data), "error": error}, status=422)
    kept = draft_of(request, page["draft"])
    if kept:
        data |= playbook_forms.read(published, playbook_forms.posted(kept))
    made = playbook_forms.controls(published, data, titles=True)
    record_look([matter.id, *playbook_forms.matters_in(made)], purpose="form")
    return render(request, "web/form.html", page | {"controls": made, "given": last, "from_draft": bool(kept)})


@require_POST
@bound
def move(request: HttpRequest, ref: str, code: str) -> HttpResponse:
    """Take one step of the playbook; the page's row version guards against two people at once."""
    matter = matter_or_404(ref)
    moves.make(matter, code, reason=request.POST.get("reason", ""), token=given.number_or_none(request.POST, "token"),
               expected_version=given.number_or_none(request.POST, "version"))
    try:
        matter_or_404(ref)
    except NotVisible:
        return redirect("workbench")  # the step ended one's own part in it
    return redirect("matter", ref)


@require_POST
@bound
def note(request: HttpRequest, ref: str) -> HttpResponse:
    """Write a remark."""
    tasks.note(matter_or_404(ref), request.POST.get("text", ""))
    return redirect("matter", ref)


@require_POST
@bound
def task(request: HttpRequest, ref: str) -> HttpResponse:
    """Set a task."""

    tasks.assign(matter_or_404(ref), request.POST.get("title", ""), due_on=given.day_or_none(request.POST, "due_on"))
    return redirect("matter", ref)


@bound
def clock(request: HttpRequest, ref: str, clock_ref: str) -> HttpResponse:
    """One clock explained: start, rule, article, pauses, extensions, day by day."""

    matter = matter_or_404(ref)
    row = Clock.objects.filter(matter=matter, pk=identity(clock_ref)).first()
    if row is None:
        raise NotVisible()
    due = clocks.compute(row)
    record_look([matter.id], purpose="clock")
    return render(request, "web/clock.html", {"matter": matter, "clock": row, "due": due, "standing": standing(due, me(request).now),
                                              "citations": due.rule.cite(row.rule_on), "explanations": [due.explanation(i) for i in range(len(due.readings))], "events": row.events.order_by("happened_at")})


@bound
def diagram(request: HttpRequest, ref: str) -> HttpResponse:
    """The playbook as a picture with this matter's place in it, and its table twin."""
    from xieli.engines.playbooks import diagram as draw
    from xieli.engines.playbooks import table

    matter = matter_or_404(ref)
    playbook = playbook_of(matter)
    language = "en" if english() else "zh"
    counts = dict.fromkeys(matter.stages, 1)
    record_look([matter.id], purpose="diagram")
    return render(request, "web/diagram.html", {"matter": matter, "playbook": playbook, "svg": drawn(draw(playbook, language=language, counts=counts)), "rows": table(playbook, language, kinds=dict(shipped()))})
