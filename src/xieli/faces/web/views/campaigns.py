"""Campaigns and charges: topics side by side with both leads and forces, who has what in charge, whom no visit has reached."""
from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from xieli.faces.web import places
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound, matter_or_404
from xieli.faces.web.views.remedy import at, last_forms
from xieli.faces.web.views.reports import PERIODS, period_of
from xieli.office.audit import record_look
from xieli.office.cooperation import campaigns, charges
from xieli.office.matters.services.errors import NotVisible
from xieli.office.matters.services.playbooks import playbook_of, shipped
from xieli.office.matters.tables.core import Matter, MatterLink

LACKS: dict[str, Any] = {"first": _("缺纪委监委牵头人"), "second": _("缺主管部门牵头人"), "supervision": _("监督专班未建成"), "rectifying": _("治理专班未建成")}
RANKS: dict[str, Any] = {"national": _("国家级"), "province": _("省级"), "prefecture": _("地市级"), "county": _("县级"), "town": _("乡镇级"), "village": _("村级")}


def words_of(form: str, field: str, kind: str = "charge") -> dict[str, Any]:
    """The labels of a choice as the playbook shipped with this release has them."""
    found = shipped()[kind].forms[form].field(field)
    return {o.code: o.label for o in found.options} if found is not None else {}


def _topics(rows: list[campaigns.Topic]) -> list[dict[str, Any]]:
    return [{"t": t, "at": at(t.matter), "lacks": [LACKS[code] for code in t.lacks]} for t in rows]


@bound
def overview(request: HttpRequest) -> HttpResponse:
    """Campaigns, all topics in one table, and who was visited in the period."""
    who, period = me(request), period_of(request)
    found = list(Matter.objects.filter(kind=campaigns.CAMPAIGN).order_by("-status", "-opened_at", "id")[:100])
    topics = campaigns.topics()
    seen = campaigns.visited(period.first, period.last)
    record_look([m.id for m in found] + [t.matter.id for t in topics] + [f.matter_id for f in seen], purpose="campaigns", list=True, asked=None)
    forms = last_forms(found)
    return render(request, "web/campaigns/overview.html", {
        "now": who.now, "campaigns": [{"m": m, "f": forms[m.id], "at": at(m)} for m in found], "topics": _topics(topics), "invalid": sum(1 for t in topics if t.lacks),
        "posts": sum((t.first is not None) + (t.second is not None) for t in topics), "levels": [{"word": RANKS[r.rank], "row": r} for r in campaigns.by_level(seen)], "visits": len(seen),
        "unvisited": list(places.in_words(campaigns.unvisited(seen, who.now.date())).values()), "period": period, "periods": PERIODS, "given": request.GET})


@bound
def page(request: HttpRequest, ref: str) -> HttpResponse:
    """One campaign from its records, under the reader's rights."""
    matter = matter_or_404(ref)
    if matter.kind != campaigns.CAMPAIGN:
        raise NotVisible()
    topics, rounds = campaigns.topics(matter), campaigns.rounds(matter)
    tasks = list(Matter.objects.filter(kind="decision_task", id__in=MatterLink.objects.filter(source=matter, kind="child").values("target_id")).order_by("status", "next_due", "id")[:200])
    record_look([matter.id, *(t.matter.id for t in topics), *(m.id for m in (*rounds, *tasks))], purpose="campaign")
    forms = last_forms([matter])[matter.id]
    roles = next((f for f in playbook_of(matter).forms["plan"].fields if f.code == "roles"), None)
    options = {o.code: o.label for c in getattr(roles, "columns", ()) if c.code == "role" for o in c.options}
    held = {row["role"]: row["holder"] for row in forms.get("plan", {}).get("roles") or []}
    return render(request, "web/campaigns/campaign.html", {
        "matter": matter, "now": me(request).now, "at": at(matter), "plan": forms.get("plan", {}), "roles": [(label, held.get(code, "")) for code, label in options.items()], "topics": _topics(topics),
        "invalid": sum(1 for t in topics if t.lacks), "reports": campaigns.reports(matter), "sessions": campaigns.sessions(matter), "days": campaigns.session_days(matter), "rounds": [{"m": m, "at": at(m)} for m in rounds],
        "tasks": [{"m": m, "at": at(m)} for m in tasks], "merged": forms.get("merged", {}).get("items") or []})


@bound
def in_charge(request: HttpRequest) -> HttpResponse:
    """A sheet per leader with every kind, what is left of each, and the objects that need exactly one leader and have not."""
    day: date = me(request).now.date()
    sheets = charges.leaders()
    seen = sorted({line.matter for _person, sheet in sheets for lines in sheet.values() for line in lines})
    record_look(seen, purpose="charges", list=True, asked=None)
    words, refs = words_of("charge", "kind"), Matter.objects.in_bulk(seen)
    found = {kind: charges.gaps(kind, day) for kind in charges.REQUIRED}
    called = places.in_words({name for g in found.values() for name in (*g.missing, *g.doubled)})
    return render(request, "web/campaigns/charges.html", {
        "sheets": [{"person": person, "kinds": [{"word": words[kind], "lines": [{"l": line, "m": refs[line.matter]} for line in lines if line.matter in refs]} for kind, lines in sheet.items()],
                    "items": sum(line.items for lines in sheet.values() for line in lines), "open": sum(line.open for lines in sheet.values() for line in lines)} for person, sheet in sheets],
        "gaps": [{"word": words[kind], "missing": [called[n] for n in g.missing], "doubled": [called[n] for n in g.doubled], "needed": len(charges.required(kind, day))} for kind, g in found.items()]})
