"""Approvals: the slip with what the signer sees, two taps; paper signatures by two clerks."""
from __future__ import annotations

import contextlib
import json
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from xieli.engines.clocks import standing
from xieli.engines.playbooks.model import Playbook
from xieli.faces.web import given
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, draft_of, identity, matter_or_404
from xieli.faces.web.plan_words import laid
from xieli.faces.web.playbook_forms import heading
from xieli.faces.web.templatetags.xieli import english, key_word, named, until
from xieli.office.access.models import Recusal
from xieli.office.audit import record_look
from xieli.office.bodies.models import Body
from xieli.office.matters.queries.snapshot import seen_by_signer
from xieli.office.matters.services import approvals, clocks
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.playbooks import playbook_of
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.clocks import Clock
from xieli.office.matters.tables.core import MatterSubject


def _approval(ref: str) -> Approval:
    with contextlib.suppress(ValueError):
        found = Approval.objects.filter(pk=identity(ref)).select_related("matter", "subject", "requested_by").first()
        if found is not None:
            return found
    raise NotVisible()


@bound
def slip(request: HttpRequest, ref: str) -> HttpResponse:
    """One request: what exactly, why, who signed, what the signer has before him. Outside the closed zone no case fact."""
    approval = _approval(ref)
    if me(request).place["zone"] != "closed":
        return render(request, "web/approval_outside.html", {"approval": approval})
    record_look([approval.matter_id], purpose="approval")
    steps = list(approval.steps.select_related("body", "person", "clerk_one", "clerk_two").order_by("order"))
    turn = next((s for s in steps if s.decision == ""), None)
    who = me(request)
    playbook = playbook_of(approval.matter)
    # once it is decided the page shows what was frozen then, however the matter stands today
    kept = approval.snapshots.order_by("-at").first() if approval.state != "pending" else None
    seen = kept.content if kept is not None else seen_by_signer(approval)
    return render(request, "web/approval.html", {
        "matter": approval.matter, "approval": approval, "act": playbook.approvals.get(approval.act), "steps": steps, "turn": turn, "seen": seen,
        "seen_json": json.dumps(seen, ensure_ascii=False, sort_keys=True), "playbook": playbook,
        "mine": bool(turn and approval.state == "pending" and approval.requested_by_id != who.person_id and (turn.office_id in who.principals or turn.delegable)),
        "kept": kept, "owner_then": Body.objects.filter(name_zh=seen["matter"]["owner_body"]).first() if kept else None, "stages": [playbook.stages[c].label for c in seen["matter"]["stages"] if c in playbook.stages], "recusals": _recused(seen), "clocks": [] if kept else _clocks(approval, playbook, who.now),
        "clocks_then": _clocks_then(seen, playbook) if kept else [],
        "paper": bool(turn and approval.state == "pending" and turn.office_id is None), "what": _what(approval.what, playbook), "ranking": laid(seen.get("ranking")),
    })


def _recused(seen: dict[str, Any]) -> list[dict[str, Any]]:
    from xieli.faces.web.views.matter import principal_names

    names = principal_names({int(r["principal"]) for r in seen["recusals"]})
    states = dict(Recusal.State.choices)
    return [{"who": names.get(int(r["principal"])), "ground": r["ground"], "state": states.get(r["state"], r["state"])} for r in seen["recusals"]]


def _clocks(approval: Approval, playbook: Playbook, now: datetime) -> list[dict[str, Any]]:
    found = []
    for clock in Clock.objects.filter(matter_id=approval.matter_id).exclude(state="stopped").order_by("alarm_at"):
        plan = playbook.clocks.get(clock.code)
        found.append({"label": plan.label if plan else clocks.rule_for(clock).text, "standing": standing(clocks.compute(clock), now)})
    return found


def _clocks_then(seen: dict[str, Any], playbook: Playbook) -> list[tuple[Any, date | None]]:
    """The clocks as the signer saw them: what each was, and its last day; the minute of one that counts hours."""
    return [(playbook.clocks[c["code"]].label if c["code"] in playbook.clocks else c["code"], until(datetime.fromisoformat(c["alarm_at"])) if c["alarm_at"] else None) for c in seen["clocks"]]


def _what(what: dict[str, Any], playbook: Playbook) -> list[tuple[str, Any]]:
    from xieli.office.bodies.models import Room
    from xieli.office.people.models import Person

    rows = []
    for key, value in what.items():
        label = key_word(key)
        if key in ("body", "partner", "at_body", "to", "helper", "caller") and str(value).isdecimal():
            value = Body.objects.filter(pk=int(value)).first() or value
            label = gettext("发往机构") if key == "to" and isinstance(value, Body) else label
        elif key in ("caller", "body", "to") and isinstance(value, str) and (called := Body.objects.filter(code=value).first()):
            value = called
        elif key == "room" and str(value).isdecimal():
            value = Room.objects.filter(pk=int(value)).first() or value
        elif key == "person" and str(value).isdecimal():
            value = Person.objects.filter(pk=int(value)).only("id", "name", "name_en").first() or value
        elif isinstance(value, list) and value and all(str(v).isdecimal() for v in value):
            bodies = list(Body.objects.filter(pk__in=[int(v) for v in value]).order_by("sort_key"))
            value = (", " if english() else "、").join(named(b) for b in bodies) if len(bodies) == len(set(value)) else value
        elif isinstance(value, str):  # a code of one of the playbook's own choices: its words
            value = next((o.label for f in playbook.forms.values() for x in f.fields if x.code in (key, f"{key}s") for o in x.options or () if o.code == value), value)
        rows.append((label, value))
    return rows


@require_POST
@bound
def decide(request: HttpRequest, ref: str) -> HttpResponse:
    """Approve or refuse; the snapshot that was on the page is what is frozen."""
    approval = _approval(ref)
    seen = None
    with contextlib.suppress(ValueError):
        seen = json.loads(request.POST.get("seen", ""))
    fresh = seen_by_signer(approval)
    if seen is not None and {k: v for k, v in seen.items() if k != "seen_at"} != json.loads(json.dumps({k: v for k, v in fresh.items() if k != "seen_at"})):
        raise Refused("stale", "您打开页面后情况有了变化，请重新看过再批。", "The matter changed after you opened this page; look again before you sign.")
    approvals.decide(approval, request.POST.get("verdict", ""), reason=request.POST.get("reason", ""), seen=seen)
    return redirect("workbench")


@require_POST
@bound
def paper(request: HttpRequest, ref: str) -> HttpResponse:
    """Enter or confirm a paper signature."""
    approval = _approval(ref)
    try:
        signed = datetime.fromisoformat(request.POST.get("signed_at", "") + "+08:00")
    except ValueError:
        raise Refused("paper_fields", "请填写纸质签批的时间。", "Enter the time of the paper signature.") from None
    approvals.sign_on_paper(approval, request.POST.get("verdict", ""), number=request.POST.get("number", "").strip(), signed_at=signed, reason=request.POST.get("reason", ""))
    return redirect("approval", ref)


@require_POST
@bound
def withdraw(request: HttpRequest, ref: str) -> HttpResponse:
    """Take one's request back."""
    approval = _approval(ref)
    approvals.withdraw(approval)
    from xieli.office.ids import to_ref

    return redirect("matter", to_ref(approval.matter_id))


@bound
def ask(request: HttpRequest, ref: str, act: str) -> HttpResponse:
    """Ask for approval of one act of the playbook."""
    matter = matter_or_404(ref)
    playbook = playbook_of(matter)
    found = playbook.approvals.get(act)
    if found is None:
        raise NotVisible()
    if request.method == "POST":
        what: dict[str, Any] = {k.removeprefix("what."): v for k, v in request.POST.items() if k.startswith("what.") and v}
        for key in ("body", "partner", "at_body", "amount", "room"):
            if str(what.get(key, "")).isdecimal():
                what[key] = int(what[key])
        subject = MatterSubject.objects.filter(matter=matter, pk=given.number_or_none(request.POST, "subject", given.RANDOM)).first()
        approvals.request(matter, act, what, subject=subject, reason=request.POST.get("reason", ""), urgent=request.POST.get("urgent") == "1",
                          collective_no=request.POST.get("collective_no", ""))
        return redirect("matter", ref)
    chain = found.chains[approvals.chain_of(matter, act)]
    from xieli.office.bodies.models import Body, Room

    record_look([matter.id], purpose="approval-ask")
    return render(request, "web/approval_ask.html", {"matter": matter, "act": found, "heading": heading(playbook.label, found.label), "kept": draft_of(request, f"ask:{ref}:{act}"), "draft": f"ask:{ref}:{act}",
                                                     "rooms": Room.objects.filter(body_id=matter.owner_body_id, valid_to=None).order_by("name_zh") if act == "assign" else None, "chain": chain, "subjects": matter.subjects.all(),
                                                     "collective": any(s.how == "collective" for s in chain.steps),
                                                     "bodies": Body.objects.filter(valid_to=None, kind="commission").order_by("sort_key") if found.act_class == "designation" else None})
