"""S6: the area board: who bears what, plans made in the background, versions adopted by two persons, their effect; committees and rotas."""
from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xieli.engines.allocation import BadInput, Limits, examples, explain
from xieli.faces.web.context import Me, me
from xieli.faces.web.decorators import bound, identity
from xieli.faces.web.pictures.cartogram import Tile, tile_cartogram
from xieli.faces.web.pictures.drawing import Drawing
from xieli.faces.web.plan_words import Names
from xieli.faces.web.templatetags.xieli import english
from xieli.office.allocation import divisions, plans, records
from xieli.office.allocation.calendar import whereabouts
from xieli.office.allocation.models import BodyLoad, PlanRun, PlanVersion
from xieli.office.audit import record_look
from xieli.office.bodies.models import Body
from xieli.office.matters.services.errors import NotVisible, Refused

PLANNERS = frozenset({"head", "deputy", "room_head", "case_duty"})
FILE_TASKS = ("zones", "replan", "frontier", "conflict", "committees", "rota", "staff")
SHOWN = 120  # units of one page; the rest is found by name
LOOKS_FOR = timedelta(minutes=10)  # a page that looks by itself stops after this


def planning_body(who: Me) -> Body:
    """The body for which this person may plan. Raises NotVisible for who may not."""
    found = next((p.body for p in who.postings if p.office and p.office.code in PLANNERS), None)
    if found is None:
        raise NotVisible()
    return found


def one(model: Any, ref: str) -> Any:
    """A run or version by its reference. Raises NotVisible for one that is not there for this person."""
    found = model.objects.filter(pk=identity(ref)).select_related("body").first()
    if found is None:
        raise NotVisible()
    return found


@bound
def board(request: HttpRequest) -> HttpResponse:
    """Load of every body as released, the division in force, what waits for a second person, plans under way."""
    who = me(request)
    body = planning_body(who)
    day = divisions.today()
    record_look([], purpose="area-board")
    current = divisions.in_force(body.id, "central_units", day)
    versions = list(PlanVersion.objects.filter(body=body).select_related("proposed_by", "adopted_by", "run").order_by("-proposed_at")[:30])
    return render(request, "web/areas/board.html", {
        "body": body, "map": released_map(), "current": current, **effect_of(current), "pressed": PRESSED_WORDS(), "versions": [v for v in versions if v.state != "proposed"],
        "waiting": [v for v in versions if v.state == "proposed"], "runs": PlanRun.objects.filter(body=body, matter=None, parent=None).defer("problem", "result").select_related("person").order_by("-at")[:15], "day": day,
        "definition": Names({}).text(divisions.loads.definition(divisions.WEIGHTS).as_json()), "tasks": FILE_TASKS, "may_adopt": {"head", "deputy"} & who.offices, "person": who.person_id,
    })


def effect_of(version: PlanVersion | None) -> dict[str, Any]:
    """Before and after a division, and what the two say together."""
    if version is None:
        return {"effect": None}
    before, after = divisions.effect(version)
    return {"effect": (before, after), "effect_says": divisions.judged(before, after)}


def PRESSED_WORDS() -> str:
    """What “pressed” means, printed under the picture."""
    return _("承压：人均负荷超过平均值的 %(ratio)s 倍（本平台默认）") % {"ratio": f"{divisions.PRESSED:g}"}


def released_map() -> Drawing:
    """Released load per officer of every county body, by tile."""
    places = divisions.places_on(divisions.today())
    rows = list(BodyLoad.objects.select_related("body").order_by("body_id"))
    level = {row.body_id: row.load / row.officers for row in rows if row.officers}
    mean = sum(level.values()) / len(level) if level else 0.0
    names = Names.of_bodies()
    taken = {(p.column, p.row) for p in places.values() if p.column is not None}
    free = iter((c, r) for r in range(40) for c in range(7) if (c, r) not in taken)
    tiles = []
    for row in rows:
        place = places.get(row.body_id)
        at = (place.column, place.row) if place is not None and place.column is not None else next(free)
        value = None if row.body_id not in level else round(level[row.body_id] / mean, 2) if mean else 0.0
        tiles.append(Tile(names.short(row.body_id), int(at[0] or 0), int(at[1] or 0), value, "" if value is None else f"{value:.2f} · {row.load / 10:g}"))
    return tile_cartogram(tiles, _("人均负荷与平均值之比 · 在手人月（每周发布）"), (1.0, divisions.PRESSED), note=PRESSED_WORDS(), value_name=_("与平均之比"))


@require_POST
@bound
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a plan: from records, from a file, or from the invented example; it is made in the background."""
    body = planning_body(me(request))
    p = request.POST
    task = p.get("task", "zones")
    if task not in FILE_TASKS:
        raise Refused("task", "没有这种计算。", "There is no such plan.")
    source = p.get("source", "records")
    if source == "file":
        problem = _from_file(request)
    elif source == "example":
        problem = examples.EXAMPLES["chairs" if task == "rota" and p.get("rota") == "chairs" else task]()
    elif task == "committees":
        problem = records.committees_problem(body)
    elif task == "rota":
        problem = records.chairs_problem(body) if p.get("rota") == "chairs" else records.rota_problem(body)
    elif task == "staff":
        raise Refused("no_records", "配员请从事项页开始（席位来自流程），或从文件开始。", "Staffing starts from the matter's own page, where the playbook has the seats, or from a file.")
    else:
        problem = divisions.problem_from_records()
    if task in ("zones", "replan", "frontier", "conflict"):
        problem = divisions.with_changes(problem, band=_percent(p.get("band", "")), move_budget=_count(p.get("moves", "")))
    run = plans.ask(body.id, task, p.get("title", ""), problem, options={"bands": [0.05, 0.1, 0.2]} if task == "frontier" else {})
    return redirect("area_run", run.ref)


def _percent(text: str) -> float | None:
    """A band typed in percent; empty: the ladder. Raises Refused for what is no percentage."""
    if not text.strip():
        return None
    try:
        value = float(text) / 100
    except ValueError:
        value = -1.0
    if not 0 < value <= 5:
        raise Refused("band", "均衡幅度须为大于 0 的百分数。未作任何计划。", "The band must be a percentage above 0. Nothing was planned.")
    return value


def _count(text: str) -> int | None:
    """A number of units typed; empty: no budget. Raises Refused for what is no count."""
    if not text.strip():
        return None
    if not text.strip().isdecimal() or len(text.strip()) > 6:
        raise Refused("moves", "“最多调整几家”须为整数。未作任何计划。", "The most units that may move must be a whole number. Nothing was planned.")
    return int(text)


@require_POST
@bound
def lay_out(request: HttpRequest) -> HttpResponse:
    """Lay down where bodies sit, villages with their borders, and inspection groups, from a file of codes."""
    body = planning_body(me(request))
    records.lay_out(body.id, _from_file(request))
    return redirect("areas")


def _from_file(request: HttpRequest) -> dict[str, Any]:
    upload = request.FILES.get("file")
    if upload is None or not upload.size or upload.size > plans.MOST_BYTES:
        raise Refused("file", "请选择一个 JSON 文件（不超过 8 MB）。未作任何计划。", "Choose a JSON file of at most 8 MB. Nothing was planned.")
    try:
        data = json.loads(upload.read().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refused("file", f"不是 JSON 文件（{str(error)[:80]}）。未作任何计划。", f"Not a JSON file ({str(error)[:80]}). Nothing was planned.") from error
    if not isinstance(data, dict):
        raise Refused("file", "文件内容不是一个对象。未作任何计划。", "The file does not hold one object. Nothing was planned.")
    return data


@bound
def run(request: HttpRequest, ref: str) -> HttpResponse:
    """One plan: how far it is, then tables before and after, what binds, what the checker said, one unit explained, what to do with it."""
    row = one(PlanRun, ref)
    if row.task == "batch":
        return redirect("designation_batch", ref)
    record_look([row.matter_id] if row.matter_id else [], purpose="plan")
    who = me(request)
    names = Names.of(row.problem)
    context: dict[str, Any] = {"run": row, "names": names, "said": row.said_en if names.english else row.said_zh, "looks": who.now - row.at < LOOKS_FOR, "verdict": names.violations(row.verdict), "today": divisions.today(),
                               "planned": plans.planned(row.result), "replay": _replay_command(row), "questions": row.questions.defer("problem").order_by("-at")[:10]}
    if row.state == "done" and row.result:
        context |= _answer(request, row, names)
    return render(request, "web/areas/run.html", context)


def _replay_command(row: PlanRun) -> str:
    return f"xieli allocate check problem.json plan.json --replay   # {str((row.result or {}).get('record', {}).get('result_sha256', ''))[:16]}"


def _answer(request: HttpRequest, row: PlanRun, names: Names) -> dict[str, Any]:
    result = row.result or {}
    if row.task in ("zones", "replan", "frontier"):
        which = int(request.GET.get("which", 0) or 0) if request.GET.get("which", "0").isdecimal() else 0
        # the engine names a plan in both languages at once
        side = [{**s, "said": _side_name(str(s["name"]))} for s in result.get("side_by_side") or ()] or None
        if row.task == "frontier" and (which >= len(result["plans"]) or result["plans"][which]["assign"] is None):
            which = next((n for n, p in enumerate(result["plans"]) if p["assign"] is not None), 0)
        plan = result["plans"][which] if row.task == "frontier" else result
        return {"side": side, "which": which} | (zone_tables(request, row, plan, names) if plan.get("assign") is not None else {"nothing": nothing_fits(result if row.task != "frontier" else plan, names)})
    if row.task == "conflict":
        return {"nothing": [names.text(t) for t in result["sentences"]] + [names.text(r["text"]) for r in result["relaxations"]]}
    if row.task == "exact":
        return {"exact": names.text(result["text"]), "others": [(names.unit(x["unit"]), names.body(x["from"]), names.body(x["to"])) for x in result.get("others", [])]}
    if row.task == "committees":
        return committee_table(row, result, names)
    if row.task == "rota":
        return {"nothing": nothing_fits(result, names)} if result["rows"] is None else rota_table(row, result)
    if row.task == "staff":
        return {"teams": [(t["request"], t["seats"]) for t in result["teams"]], "unfilled": [names.text(u["text"]) for u in result.get("unfilled", [])], "proof": (result["status"], result["cost"], result.get("bound"))}
    return {}


def _side_name(name: str) -> str:
    """±10 % · fewest moves, in the reader's language only."""
    band, fewest, _both = name.partition(" fewest moves")
    return f"{band} · {_('最少调整')}" if fewest else band


def nothing_fits(result: dict[str, Any], names: Names) -> list[str]:
    """Why there is no plan, band by band, and what would do."""
    out = [names.text(t) for rung in result.get("reasons", []) for t in rung["why"]]
    if result.get("suffices"):
        out.append(names.text(result["suffices"]["text"]))
    return out


def committee_table(row: PlanRun, result: dict[str, Any], names: Names) -> dict[str, Any]:
    """Committees by town with their villages and head; what a person must decide; the proof."""
    towns = {str(v["township"]): str(v["township_name"]) for v in row.problem["villages"] if v.get("township_name")}
    if names.english and towns:
        towns |= {str(b.id): b.name_en.removesuffix(" Committee") for b in Body.objects.filter(id__in=[int(k) for k in towns if k.isdecimal()])}
    rows = [(towns.get(str(c["township"]), c["township"]), [names.unit(v) for v in c["villages"]], names.unit(c["head"]) if c["head"] is not None else "") for c in result["committees"]]
    return {"committees": rows, "decide": [names.text(d["text"]) for d in result["for_decision"]], "proof": (result["status"], result["cost"], result["bound"])}


def rota_table(row: PlanRun, result: dict[str, Any]) -> dict[str, Any]:
    """Inspection groups as lines and quarters as columns, or chairs in order; what is missing is red."""
    named = {str(k): str(v) for k, v in row.problem.get("names", {}).items()}
    if english() and named:
        named |= {str(b.id): b.name_en.removesuffix(" Commission") for b in Body.objects.filter(id__in=[int(k) for k in named if k.isdecimal()])}

    def said(identity: Any) -> str:
        return named.get(str(identity), str(identity))

    if "groups" in row.problem:
        quarters = list(range(1, int(row.problem.get("quarters", 4)) + 1))
        at = {(str(r["group"]), r["quarter"]): r["county"] for r in result["rows"]}
        gaps = [(q, said(c)) for q in quarters for c in row.problem["counties"] if not any(r["quarter"] == q and r["county"] == c for r in result["rows"])]
        return {"quarters": quarters, "rota": [(g.get("name_en" if english() else "name") or g.get("name") or g["id"], g.get("heads_said") or g.get("heads", []), [said(at.get((str(g["id"]), q), "")) for q in quarters]) for g in row.problem["groups"]],
                "visits": len(result["rows"]), "gaps": gaps, "proven": result["proven"]}
    days, absent = row.problem.get("days", []), [(said(m["id"]), m["absent"]) for m in row.problem["members"] if m.get("absent")]
    return {"chairs": [(r["meeting"], said(r["chair"]), days[r["meeting"] - 1] if r["meeting"] <= len(days) else "") for r in result["rows"]], "absent": absent, "proven": result["proven"]}


def zone_tables(request: HttpRequest, row: PlanRun, plan: dict[str, Any], names: Names) -> dict[str, Any]:
    """Both pictures, the table per body, units with their lock, binding rules and, for one unit, its five best alternatives."""
    before = {str(b["body"]): b for b in plan["before"]["bodies"]}
    after = plan["after"]["bodies"]
    bodies = [(names.body(b["body"]), before[str(b["body"])], b) for b in after]
    q = request.GET.get("q", "").strip()
    locked = {str(x["unit"]): str(x["body"]) for x in row.problem.get("locks", [])}
    moved = {str(x["unit"]) for x in plan["moved"]}
    units = []
    for u in row.problem["units"]:
        key = str(u["id"])
        if u.get("central", True) and (not q or q in names.unit(key)) and len(units) < SHOWN:
            units.append({"id": key, "name": names.unit(key), "load": u["load"], "body": str(plan["assign"][key]), "to": names.body(plan["assign"][key]), "from": names.body(u["current"]) if u.get("current") is not None else "",
                          "lock": locked.get(key, ""), "moved": key in moved})
    context = {"plan": plan, "bodies": bodies, "units": units, "q": q, "total": sum(1 for u in row.problem["units"] if u.get("central", True)), "central": [(str(b["body"]), names.body(b["body"])) for b in after],
               "maps": maps(row.problem, plan, names), "sentences": [names.text(t) for t in plan["sentences"]], "notes": list(dict.fromkeys(names.text(t) for t in plan.get("notes", []))), "binding": [names.binding(b) for b in plan["binding"]],
               "enclaves": [(names.unit(e["unit"]), names.body(e["body"]), e["km"], [names.unit(n) for n in e["neighbours"]]) for e in plan["enclaves"]],
               "by_seat": [(names.unit(u["id"]), names.body(plan["assign"].get(str(u["id"]), "")) if str(u["id"]) in plan["assign"] else "") for u in row.problem["units"] if not u.get("central", True)],
               "counted": [(names.unit(c["unit"]), c["load"], c["counted"]) for c in plan["counted_as"]]}
    wanted = request.GET.get("unit")
    if wanted:
        try:  # arithmetic on the plan's own prices; no solver runs here
            why = explain.unit(row.problem, Limits(), {"plan": plan, "unit": wanted})
        except BadInput as refused:
            raise NotVisible() from refused
        context["why"] = {"unit": wanted, "name": names.unit(wanted), "to": names.body(why["proposed"]), "nearest": names.text(why["why_not_nearest"]), "binding": [names.binding(b) for b in why["binding"]],
                          "alternatives": [(str(a["body"]), names.body(a["body"]), a["price"], a["parts"]) for a in why["alternatives"]],
                          "excluded": [(names.body(e["body"]), names.text(e["text"])) for e in why["excluded"]]}
    return context


def maps(problem: dict[str, Any], plan: dict[str, Any], names: Names) -> list[Drawing]:
    """The same tiles before and after: load against the fair share."""
    at = squares([b for b in problem["bodies"] if b.get("central", True)])
    out = []
    for side, title in (("before", _("划分前：负荷与应担之比")), ("after", _("划分后：负荷与应担之比"))):
        other = {str(b["body"]): b["ratio"] for b in plan["before"]["bodies"]} if side == "after" else {}
        tiles = [Tile(names.short(b["body"]), *at[str(b["body"])], b["ratio"], f"{b['ratio']:.2f} · {b['units']} " + _("家"), before=other.get(str(b["body"])), before_words=f"{other[str(b['body'])]:.2f}" if other else "")
                 for b in plan[side]["bodies"]]
        out.append(tile_cartogram(tiles, title, (1.05, divisions.PRESSED), value_name=_("与应担之比")))
    return out


def squares(bodies: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    """A square for every body: the one kept for it, else rows from north to south and columns from west to east."""
    kept = {str(p.body_id): (p.column, p.row) for p in divisions.places_on(divisions.today()).values() if p.column is not None and p.row is not None}
    if bodies and all(str(b["id"]) in kept for b in bodies):
        return {str(b["id"]): (int(kept[str(b["id"])][0]), int(kept[str(b["id"])][1])) for b in bodies}
    wide = max(3, round(len(bodies) ** 0.5 * 1.3))
    rows = sorted(bodies, key=lambda b: (-b["seat_km"][1], b["seat_km"][0], str(b["id"])))
    out = {}
    for line in range(0, len(rows), wide):
        for column, b in enumerate(sorted(rows[line:line + wide], key=lambda b: (b["seat_km"][0], str(b["id"])))):
            out[str(b["id"])] = (column, line // wide)
    return out


@bound
def progress(request: HttpRequest, ref: str) -> HttpResponse:
    """How far a plan is: a part of the page that looks again by itself while it is made."""
    row = one(PlanRun, ref)
    if not request.headers.get("HX-Request"):
        return redirect("area_run", ref)
    response = render(request, "web/areas/progress.html", {"run": row, "looks": me(request).now - row.at < LOOKS_FOR})
    if row.state not in ("queued", "running"):
        response["HX-Refresh"] = "true"
    return response


@require_POST
@bound
def call_off(request: HttpRequest, ref: str) -> HttpResponse:
    """Stop a plan that waits or is being made."""
    plans.call_off(one(PlanRun, ref))
    return redirect("area_run", ref)


@require_POST
@bound
def again(request: HttpRequest, ref: str) -> HttpResponse:
    """What if: the same problem with locks (dragged or chosen), another band, another budget; or the fewest moves from this plan."""
    row = one(PlanRun, ref)
    p = request.POST
    locks = [(k.removeprefix("lock-"), v, p.get("reason", "")) for k, v in p.items() if k.startswith("lock-")]
    current = dict(plans.chosen_plan(row, p.get("which"))["assign"]) if p.get("task") == "replan" else None
    problem = divisions.with_changes(row.problem, locks=locks, band=_percent(p.get("band", "")), move_budget=_count(p.get("moves", "")), current=current)
    made = plans.ask(row.body_id, "replan" if p.get("task") == "replan" else "zones", p.get("title", "") or row.title, problem)
    return redirect("area_run", made.ref)


@require_POST
@bound
def what_if(request: HttpRequest, ref: str) -> HttpResponse:
    """Exactly: what if this unit went there; made in the background."""
    row = one(PlanRun, ref)
    p = request.POST
    plans.chosen_plan(row, p.get("which"))
    names = Names.of(row.problem)
    made = plans.ask(row.body_id, "exact", f"{names.unit(p['unit'])} → {names.body(p['to'])}?", row.problem, options={"unit": p["unit"], "body": p["to"], "which": p.get("which") or 0}, parent=row)
    return redirect("area_run", made.ref)


@require_POST
@bound
def propose(request: HttpRequest, ref: str) -> HttpResponse:
    """Put a plan forward with its reason and first day."""
    p = request.POST
    try:
        first = date.fromisoformat(p.get("from", ""))
    except ValueError:
        raise Refused("date", "请填写生效日期。", "Give the first day.") from None
    version = divisions.propose(one(PlanRun, ref), reason=p.get("reason", ""), valid_from=first, which=int(p["which"]) if p.get("which", "").isdecimal() else None)
    return redirect("area_version", version.ref)


@bound
def version(request: HttpRequest, ref: str) -> HttpResponse:
    """What the signers see, frozen: rule, tables, verdict, record; adopt or withdraw."""
    row = one(PlanVersion, ref)
    record_look([], purpose="plan-version")
    names = Names.of(row.run.problem)
    who = me(request)
    plan = row.snapshot["plan"]
    register = committee_table(row.run, plan, names) if row.kind == "villages" else rota_table(row.run, plan) if plan.get("rows") else {}
    return render(request, "web/areas/version.html", register | {
        "v": row, "rule": row.rule_en if names.english else row.rule_zh, "verdict": names.violations(row.snapshot["verdict"]), "plan": plan, "record": row.snapshot["record"],
        "bodies": [(names.body(b["body"]), x, b) for x, b in zip(plan["before"]["bodies"], plan["after"]["bodies"], strict=True)] if "after" in plan else [],
        "sentences": [names.text(t) for t in plan.get("sentences", [])], "areas": row.snapshot["areas"], "may_adopt": row.state == "proposed" and row.proposed_by_id != who.person_id and {"head", "deputy"} & who.offices,
        "own": row.proposed_by_id == who.person_id, **effect_of(row if row.state in ("in_force", "ended") and row.kind == "central_units" else None), "maps": maps(row.run.problem, plan, names) if "after" in plan else [],
        "moved": [(names.unit(m["unit"]), names.body(m["from"]), names.body(m["to"])) for m in plan.get("moved", [])]})


@require_POST
@bound
def decide(request: HttpRequest, ref: str) -> HttpResponse:
    """Adopt as the second person, or withdraw."""
    row = one(PlanVersion, ref)
    if request.POST.get("verdict") == "adopt":
        divisions.adopt(row)
    else:
        divisions.withdraw(row)
    return redirect("area_version", ref)


@bound
def people(request: HttpRequest) -> HttpResponse:
    """Who is where until when: lent, posted, on a team; one line a person, no matter named."""
    body = planning_body(me(request))
    record_look([], purpose="people-calendar")
    return render(request, "web/areas/people.html", whereabouts(body, divisions.today()))


@bound
def file(request: HttpRequest, ref: str, part: str) -> HttpResponse:
    """The problem as handed in, or the plan with its record, as the files that the command line checks and replays."""
    row = one(PlanRun, ref)
    if row.matter_id is not None or part not in ("problem", "plan") or (part == "plan" and not row.result):
        raise NotVisible()
    record_look([], purpose="plan-file")
    response = HttpResponse(json.dumps(row.problem if part == "problem" else row.result, ensure_ascii=False, indent=1), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{part}.json"'
    return response
