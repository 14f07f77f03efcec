"""S11: relations: the list on the left, the picture in the middle, the evidence of the chosen edge on the right.

Everything a picture shows is in its address, so it works by links alone; the script only draws what the list says.
"""
from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from xieli.engines.matching.relations.graph import KINDS, PAGE
from xieli.faces.web.decorators import bound
from xieli.faces.web.templatetags.xieli import english, named
from xieli.faces.web.views.desk import one
from xieli.office.audit import record_look
from xieli.office.desk import relations
from xieli.office.desk.models import Authorization, DataSet, Snapshot

NODE_WORDS = {"person": _("人员"), "company": _("企业"), "body": _("单位"), "address": _("地址、电话"), "account": _("账户"), "contract": _("合同、事项"), "": _("其他")}


def read(given: QueryDict) -> relations.View:
    """A view from an address; what makes no sense in it is left out."""
    opened = {}
    for part in given.getlist("open"):
        key, _sep, pages = part.partition(":")
        if key and pages.isdecimal():
            opened[key] = min(int(pages), 50)
    kinds = tuple(k for k in KINDS if k in given.getlist("kind")) or tuple(KINDS)
    try:
        on = date.fromisoformat(given.get("on", ""))
    except ValueError:
        on = None
    return relations.View(given.get("start", ""), opened, kinds, on, (given.get("a", ""), given.get("b", "")))


def address(view: relations.View, **changed: Any) -> str:
    """The address parts of a view with something changed: `opened`, `edge`, `path`."""
    opened = changed.get("opened", view.opened)
    path = changed.get("path", view.path)
    parts: list[tuple[str, str]] = [("start", view.start), *(("open", f"{k}:{n}") for k, n in opened.items())]
    if len(view.kinds) < len(KINDS):
        parts += [("kind", k) for k in view.kinds]
    parts += [(k, v) for k, v in (("on", view.on.isoformat() if view.on else ""), ("a", path[0]), ("b", path[1]), ("edge", changed.get("edge", ""))) if v]
    return urlencode(parts)


def name_of(node: dict[str, Any]) -> str:
    """A node in words: its kind with the short form of its token, or the text that the data give."""
    text = str(node["name"])
    return f"{NODE_WORDS.get(node['kind'], '')} {text[2:8]}" if text.startswith("t-") and len(text) == 18 else text


def _words() -> dict[str, str]:
    return {k: (en if english() else zh) for k, (zh, en) in KINDS.items()}


@bound
def picture(request: HttpRequest, ref: str) -> HttpResponse:
    """One question opened step by step; without one, the questions to choose from."""
    a = one(Authorization, ref)
    record_look([a.matter_id], purpose="matching-relations")
    every = relations.Relations(a)
    view = read(request.GET)
    asked = every.hits.get(request.GET.get("q", ""))
    if asked is not None and asked.edges and not view.start:
        return redirect(f"{request.path}?{urlencode([('start', every.start_of(asked))])}")
    laid = every.lay_out(view)
    titles = {d.code: d for d in DataSet.objects.filter(code__in={e.dataset for e in laid.edges})}
    chosen = next((e for e in laid.edges if e.key == request.GET.get("edge")), None)
    nodes = [{**n, "title": name_of(n), "word": NODE_WORDS.get(n["kind"], ""), **_moves(view, n)} for n in laid.nodes.values()]
    edges = [{"e": e, "word": _words()[e.kind], "source": name_of(laid.nodes[e.source]), "target": name_of(laid.nodes[e.target]), "href": address(view, edge=e.key), "set": named(titles.get(e.dataset)) or e.dataset, "on_path": e.key in laid.path} for e in laid.edges]
    return render(request, "web/desk/relations.html", {
        "a": a, "view": view, "address": address(view), "questions": every.questions(), "nodes": nodes, "edges": edges, "chosen": chosen, "chosen_set": titles.get(chosen.dataset) if chosen else None,
        "chosen_ends": (name_of(laid.nodes[chosen.source]), name_of(laid.nodes[chosen.target])) if chosen else None, "chosen_word": _words()[chosen.kind] if chosen else "",
        "chosen_hits": [every.hits[h] for h in chosen.hits] if chosen else [], "kinds": [(k, w, k in view.kinds) for k, w in _words().items()], "path_found": laid.path_found, "page": PAGE, "filtered": bool(view.on or any(view.path) or len(view.kinds) < len(KINDS)),
        "graph": {"start": view.start, "nodes": [{"id": n["key"], "label": n["title"], "kind": n["kind"], "more": n["total"] - n["shown"], "href": n["more_href"] or n["less_href"]} for n in nodes],
                  "edges": [{"id": x["e"].key, "source": x["e"].source, "target": x["e"].target, "label": x["word"], "standing": x["e"].standing, "path": x["on_path"], "href": x["href"]} for x in edges]},
        "snapshots": a.snapshots.select_related("person").order_by("-at"), "valid": a.state in ("in_force", "exhausted"),
    })


def _moves(view: relations.View, node: dict[str, Any]) -> dict[str, str]:
    """Where opening more of a node leads, and where closing it leads; nothing where there is nothing to do."""
    more = address(view, opened={**view.opened, node["key"]: node["pages"] + 1}) if node["total"] > node["shown"] else ""
    less = address(view, opened={k: n for k, n in view.opened.items() if k != node["key"]}) if node["key"] in view.opened else ""
    return {"more_href": more, "less_href": less}


@require_POST
@bound
def keep(request: HttpRequest, ref: str) -> HttpResponse:
    """Keep the picture as it is laid out, for a meeting."""
    given = request.POST.get("address", "")
    made = relations.keep(one(Authorization, ref), read(QueryDict(given)), given[:2000], request.POST.get("title", ""), request.POST.get("note", ""))
    return redirect("desk_snapshot", made.ref)


@bound
def snapshot(request: HttpRequest, ref: str) -> HttpResponse:
    """A kept picture as it stood, with its evidence, for print and for a meeting."""
    row = one(Snapshot, ref)
    record_look([row.matter_id], purpose="matching-relations")
    nodes: dict[str, dict[str, Any]] = {}
    for e in row.edges:
        for side in ("source", "target"):
            nodes[e[side]] = {"id": e[side], "label": name_of({"name": e[f"{side}_name"], "kind": e[f"{side}_kind"]}), "kind": e[f"{side}_kind"], "more": 0, "href": ""}
    path = row.view.get("path", [])
    edges = [{**e, "word": _words()[e["kind"]], "from": nodes[e["source"]]["label"], "to": nodes[e["target"]]["label"]} for e in row.edges]
    start = QueryDict(row.view.get("address", "")).get("start", "")
    return render(request, "web/desk/snapshot.html", {
        "s": row, "a": row.authorization, "edges": edges,
        "graph": {"start": start, "nodes": list(nodes.values()), "edges": [{"id": e["key"], "source": e["source"], "target": e["target"], "label": e["word"], "standing": e["standing"], "path": e["key"] in path, "href": ""} for e in edges]},
    })


@require_POST
@bound
def export(request: HttpRequest, ref: str) -> HttpResponse:
    """All relations as FollowTheMoney lines; identifiers stay tokens."""
    a = one(Authorization, ref)
    response = HttpResponse(relations.export(a), content_type="application/x-ndjson; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{a.code}.ftm.jsonl"'
    response["Cache-Control"] = "no-store"
    return response
