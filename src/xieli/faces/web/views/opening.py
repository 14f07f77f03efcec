"""Open a matter of any kind that begins by itself: which kind, whom it concerns, what it is about, whom it involves.

A lead, the green channel, a right and a village note have pages of their own; what is begun out of another matter (a measure out of
its case, a designation out of its lead) is begun there, by its playbook's step, and is not offered here.
"""
from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from xieli.engines.playbooks import Playbook
from xieli.faces.web import given
from xieli.faces.web.context import Me, me
from xieli.faces.web.decorators import bound
from xieli.faces.web.menu import CASE, OPENERS
from xieli.faces.web.playbook_groups import shelves
from xieli.office.bodies.models import Body
from xieli.office.matters.services import leads
from xieli.office.matters.services.context import OFFICE_ROLES
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.leads import LEVELS
from xieli.office.matters.services.playbooks import shipped

OWN_PAGE = frozenset({"lead", "green_channel", "rights_intake", "village_visit"})
# begun by an act on another matter (a parcel, a paper, a review of a decision), not by a step of a playbook
OUT_OF_ANOTHER = frozenset({"joint_case", "handover", "paper_approval", "measure_complaint", "reconsideration", "superior_review", "party_appeal", "exoneration", "recusal_decision", "after_case"})
# a campaign may ask for a round, a round lists what is to be put right: both also begin without any
ALSO_ALONE = frozenset({"inspection_round", "rectification"})


@cache
def begun_elsewhere() -> frozenset[str]:
    """Kinds that some playbook's effect begins as a child of another matter."""
    return frozenset(kind for p in shipped().values() for kind in _spawned(p) if kind != "lead") - ALSO_ALONE | OUT_OF_ANOTHER


def _spawned(playbook: Playbook) -> Iterator[str]:
    stages, moves = playbook.stages.values(), playbook.moves.values()
    for effect in chain.from_iterable([*(s.effects for s in stages), *(m.effects for m in moves)]):
        args = dict(effect.args)
        if effect.do == "spawn_matter" and args.get("link") == "child":
            yield str(args.get("kind"))


def offered(who: Me) -> list[Playbook]:
    """Kinds whose first stage this person can begin, at a level he is cleared for."""
    return [p for code, p in shipped().items() if code not in OWN_PAGE and code not in begun_elsewhere() and _begins(p, who) and LEVELS[p.secrecy.floor] <= who.level]


def _begins(playbook: Playbook, who: Me) -> bool:
    """Whether his offices hold a role of the first stage; a role that is no office is taken by whoever opens the matter."""
    for stage in playbook.stages.values():
        if stage.start:
            wanted = [OFFICE_ROLES.get(code) for code in stage.roles]
            return any(bool(set(offices) & who.offices) if offices else bool(CASE & who.offices) for offices in wanted)
    return False


@bound
def choose(request: HttpRequest) -> HttpResponse:
    """The kinds by shelf, each with what it is for."""
    who = me(request)
    if not who.offices & OPENERS:
        raise NotVisible()
    return render(request, "web/opening/choose.html", {"groups": [{"words": words, "rows": held} for words, held in shelves(offered(who))]})


@bound
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """One form: title and what it is about; the first form of the kind follows on the matter's page."""
    who = me(request)
    playbook = next((p for p in offered(who) if p.code == kind), None) if who.offices & OPENERS else None
    if playbook is None:
        raise NotVisible()
    error: Refused | None = None
    typed: dict[str, Any] = {k: request.POST.get(k, "").strip() for k in ("subject", "title", "summary", "body", "unit_body")}
    if request.method == "POST":
        try:
            with transaction.atomic():
                return redirect("matter", _open(request, playbook, who).ref)
        except Refused as refusal:
            if refusal.code == "sealed_hand_up":
                # nothing of it is kept, not even on the page (DESIGN.md §9)
                return render(request, "web/leads/sealed.html", {"superior": who.body}, status=422)
            error = refusal
    everybody = Body.objects.filter(valid_to=None).order_by("kind", "sort_key")
    parties = [{"party": p, "chosen": request.POST.getlist(f"party-{code}")} for code, p in playbook.parties.items()]
    return render(request, "web/opening/new.html", {"playbook": playbook, "error": error, "typed": typed, "own": leads.own_bodies(), "everybody": everybody, "parties": parties}, status=422 if error else 200)


def _open(request: HttpRequest, playbook: Playbook, who: Me) -> Any:
    p = request.POST
    title = p.get("title", "").strip()
    if len(title) < 2:
        raise Refused("title", "请写标题，两个字以上。", "Give it a title of two characters or more.")
    chosen: dict[str, tuple[int, ...]] = {}
    for code in playbook.parties:
        bodies = tuple(dict.fromkeys(given.number({"": value}, "") for value in p.getlist(f"party-{code}") if value))
        if Body.objects.filter(id__in=bodies, valid_to=None).count() != len(bodies):
            raise Refused("bad_choice", "请从列表中选择。", "Choose from the list.")
        if bodies:
            chosen[code] = bodies
    name = p.get("subject", "").strip()
    subjects = (leads.Subject(name[:80], unit_body=given.number_or_none(p, "unit_body")),) if name else ()
    level = leads.level_held(playbook, who.level)
    return leads.register(leads.NewMatter(playbook.code, title[:300], given.number(p, "body"), None, subjects, summary=p.get("summary", "").strip(), level=level, parties=chosen))
