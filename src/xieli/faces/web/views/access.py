"""Who may see this, who has seen this: the circle, its grants and recusals, the looks; broken glass and its second judge."""
from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from xieli.engines.needtoknow import KINDS
from xieli.faces.web import act_words, given
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, identity, matter_or_404
from xieli.faces.web.pictures.rings import knower_rings
from xieli.faces.web.templatetags.xieli import ACT_WORDS, ZONE, english
from xieli.faces.web.views.matter import principal_names
from xieli.office.access import services as access
from xieli.office.access.models import Compartment, Grant, Recusal
from xieli.office.audit import queries as audit
from xieli.office.audit import record_look
from xieli.office.matters.services import grants
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.tables.core import Matter, MatterBody
from xieli.office.people.models import Person, Posting

GIVEN = ("team", "dispatched", "reviewer", "handler")  # kinds a person gives by hand; all others come with a step of the playbook


@bound
def page(request: HttpRequest, ref: str) -> HttpResponse:
    """The circle of one matter, with every way out of it and every look into it."""
    matter = matter_or_404(ref)
    record_look([matter.id], purpose="access")
    who = me(request)
    knowers = access.who_may_see(matter.id)
    given = list(Grant.objects.filter(matter=matter).order_by("-starts_at"))
    recusals = list(Recusal.objects.filter(matter=matter).order_by("-starts_at"))
    looks = audit.who_has_seen(matter.id, limit=100)
    names = principal_names({g.principal for g in given} | {r.principal for r in recusals} | {g.granted_by for g in given} | {look.person for look in looks if look.person} | {k.person for k in knowers} | _told_of(looks))
    now = [g for g in given if g.revoked_at is None and g.ends_at > who.now]
    return render(request, "web/access.html", {
        "matter": matter, "knowers": knowers, "given": now, "ended": [g for g in given if g not in now], "recusals": recusals, "names": names,
        "circles": list(Compartment.objects.order_by("code")), "looks": _alike([_told(look, matter, names) for look in looks]), "picture": knower_rings(knowers, english(), names), "candidates": _candidates(matter), "endings": grants.endings(matter.id),
        "kinds": [(k, KINDS[k].zh, KINDS[k].en) for k in GIVEN], "grounds": grants.GROUNDS, "act_words": [(a, words[english()]) for a, words in ACT_WORDS.items()],
    })


def _told(look: audit.Look, matter: Matter, names: dict[int, Any]) -> dict[str, Any]:
    sentence = act_words.told(look.event, matter.id, playbook_of(matter), names) if look.event else ""
    return {"at": look.at, "who": names.get(look.person or 0), "capacity": look.capacity, "sentence": sentence, "verb": look.verb}


def _alike(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What one person did over and over within a minute as one line with how often: a list opened again and again hid all else."""
    out: list[dict[str, Any]] = []
    for line in told:
        last = out[-1] if out else None
        if last is not None and (last["who"], last["sentence"], last["verb"], _minute(last["at"])) == (line["who"], line["sentence"], line["verb"], _minute(line["at"])):
            last["times"] += 1
        else:
            out.append({**line, "times": 1})
    return out


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _told_of(looks: list[audit.Look]) -> set[int]:
    """The persons, rooms and bodies that the acts name."""
    fields = [look.event["fields"] for look in looks if look.event]
    return {int(f[k]) for f in fields for k in act_words.NAMED if str(f.get(k) or "").isdecimal() and int(f[k]) < 2**31}


def _candidates(matter: Matter) -> list[Posting]:
    """Staff of the bodies that hold or share the matter now."""
    bodies = {matter.owner_body_id, *MatterBody.objects.filter(matter=matter, ends_at=None).values_list("body_id", flat=True)}
    return list(Posting.objects.filter(body_id__in=bodies, ends_at=None, person__active=True).exclude(confirmed_by=None)
                .select_related("person", "body", "office").order_by("body__sort_key", "person__sort_key")[:400])


@require_POST
@bound
def give(request: HttpRequest, ref: str) -> HttpResponse:
    """One more knower, with a basis and an end."""
    matter = matter_or_404(ref)
    kind = request.POST.get("kind", "")
    if kind not in GIVEN:
        raise Refused("kind", "请选择以什么身份知悉。", "Choose in what part the person comes to know.")
    person = Person.objects.filter(pk=given.number_or_none(request.POST, "person")).first()
    if person is None:
        raise Refused("person", "请选择一个人。", "Choose a person.")
    acts = sorted(set(request.POST.getlist("acts")) & KINDS[kind].acts) or sorted(KINDS[kind].acts & {"read", "note"})
    until = given.day_or_none(request.POST, "until")
    ends = datetime.combine(until, time.max, tzinfo=ZONE) if until else None
    grants.give(matter.id, person.id, kind=kind, acts=acts, ends_at=ends, basis=request.POST.get("basis", "").strip(), reason=request.POST.get("reason", ""))
    return redirect("access", ref)


@require_POST
@bound
def revoke(request: HttpRequest, ref: str, grant_ref: str) -> HttpResponse:
    """End a grant now."""
    matter = matter_or_404(ref)
    grant = Grant.objects.filter(matter=matter, pk=identity(grant_ref)).first()
    if grant is None:
        raise NotVisible()
    grants.revoke(grant.id, matter.id, request.POST.get("reason", ""))
    return redirect("access", ref) if Matter.objects.filter(pk=matter.id).exists() else redirect("workbench")


@bound
def endings(request: HttpRequest) -> HttpResponse:
    """Working access that ends soon or has ended: who leads the line looks at each and renews it for a year, or lets it end."""
    rows = grants.endings()
    record_look({e.grant.matter_id for e in rows}, purpose="access-endings", list=True)
    names = principal_names({e.grant.principal for e in rows})
    by_matter: dict[int, list[grants.Ending]] = {}
    for row in rows:
        by_matter.setdefault(row.grant.matter_id, []).append(row)
    return render(request, "web/endings.html", {"rows": rows, "by_matter": [(found[0].grant.matter, found) for found in by_matter.values()], "names": names,
                                                "renewable": any(e.mine_to_renew for e in rows)})


@require_POST
@bound
def renew(request: HttpRequest) -> HttpResponse:
    """Renew the chosen ones for a year, all or none, for one reason."""
    chosen = [identity(ref) for ref in request.POST.getlist("grant")]
    found = {g.id: g for g in Grant.objects.filter(pk__in=chosen)}
    if not chosen:
        raise Refused("grant", "请至少选择一项。没有改动。", "Choose at least one. Nothing was changed.")
    if set(chosen) - set(found):
        raise NotVisible()
    with transaction.atomic():
        for grant in chosen:
            grants.renew(grant, found[grant].matter_id, request.POST.get("reason", ""))
    return redirect(f"{reverse('access_endings')}?done={len(chosen)}")


@require_POST
@bound
def recuse(request: HttpRequest, ref: str) -> HttpResponse:
    """Ask that someone be recused; one's own recusal is in force at once."""
    matter = matter_or_404(ref)
    who = me(request)
    person = request.POST.get("person", "")
    target = who.person_id if person == "me" else int(person) if person.isdecimal() else 0
    if not target:
        raise Refused("person", "请选择一个人。", "Choose a person.")
    grants.raise_recusal(matter.id, target, ground="self" if person == "me" else request.POST.get("ground", ""), reason=request.POST.get("reason", ""))
    return redirect("access", ref) if Matter.objects.filter(pk=matter.id).exists() else redirect("workbench")


@bound
def glass(request: HttpRequest) -> HttpResponse:
    """Broken glass that waits for a second judge, and recusals that wait for a decision: without opening the matter."""
    reviews, recusals = access.reviews_waiting(), access.recusals_waiting()
    names = principal_names({r["person"] for r in reviews} | {r["principal"] for r in recusals} | {r["raised_by"] for r in recusals if r["raised_by"]})
    return render(request, "web/glass.html", {"reviews": reviews, "recusals": recusals, "names": names})


@require_POST
@bound
def judge(request: HttpRequest, review: int) -> HttpResponse:
    """The second person's verdict on a broken glass."""
    _plain(lambda: access.judge_break_glass(review, request.POST.get("verdict", ""), request.POST.get("comment", "")))
    return redirect("glass")


@require_POST
@bound
def decide(request: HttpRequest, recusal: int) -> HttpResponse:
    """The head's decision on a recusal, made without seeing the matter."""
    _plain(lambda: access.decide_recusal(recusal, request.POST.get("verdict", ""), request.POST.get("reason", "")))
    return redirect("glass")


@require_POST
@bound
def break_it(request: HttpRequest) -> HttpResponse:
    """Read one matter of one's own body for four hours, by its number and with a reason; judged by another within a day."""
    matter = identity(request.POST.get("ref", "").strip())
    _plain(lambda: access.break_glass(matter, request.POST.get("reason", "").strip()))
    return redirect("matter", request.POST["ref"].strip())


def _plain(act: Any) -> None:
    try:
        act()
    except access.Refused as refusal:
        if refusal.forbidden:
            raise NotVisible() from refusal
        raise Refused("access", refusal.zh, refusal.en) from refusal
