"""Search: numbers, titles and names by two-character pieces, names in matters by initials, bodies by initials and former names. Finds what is visible; a
look-up that finds nothing is recorded as asked."""
from __future__ import annotations

import re

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xieli.engines.identifiers import search_keys, simplified
from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.faces.web.menu import CASE, menu_for, more_for
from xieli.office.access.search import grams, initials_pieces
from xieli.office.audit import record_look
from xieli.office.bodies.finding import begins
from xieli.office.bodies.models import Body
from xieli.office.matters.queries import lookup
from xieli.office.matters.tables.core import Matter
from xieli.office.people.models import Person

BRACKETS = str.maketrans("[](（)）", "〔〕〔〔〕〕")
# a number as it is printed or typed: 线〔2026〕12, 线[2026]12, 2026-0317
NUMBER = re.compile(r"[〔\[(（]\d{4}[〕\])）]\d+$|\d{4}-\d+$")


# what one does without a place in the menu: name of the address, words, who can (empty: everyone)
DOINGS = (("opening", _("新建事项"), CASE), ("lead_new", _("登记线索"), CASE), ("import", _("导入台账"), CASE), ("matters", _("事项台账"), CASE), ("sent", _("后来呢？我的移送"), CASE), ("merge", _("机构合并"), frozenset({"system_admin", "head"})), ("components", _("组件"), frozenset()))


@bound
def search(request: HttpRequest) -> HttpResponse:
    """One box: matters, bodies, people."""
    q = request.GET.get("q", "").strip()[:60]
    matters: list[Matter] = []
    bodies: list[Body] = []
    people: list[Person] = []
    if q:
        pieces = grams(q)
        if NUMBER.search(q):
            matters = lookup.by_number(q.translate(BRACKETS))
        elif pieces and re.search(r"[\u3400-\u9fff]{2}", q):
            # 张伟明 also meets a matter of 张伟 and 李伟明: those whose title holds the very words come first
            matters = sorted(lookup.by_pieces(pieces), key=lambda m: simplified(q) not in simplified(m.title))
        elif short := initials_pieces(q):
            matters = lookup.by_pieces(short)  # zw: whoever is named 张伟 in a matter one may see
        letters = q.lower() if q.isascii() else ""
        names = Q(name_zh__contains=q) | Q(names__name_zh__contains=q)
        if letters:
            names |= Q(id__in=begins("body", "id", letters)) | Q(id__in=begins("body_name", "body_id", letters)) | Q(name_en__icontains=q)
        bodies = list(Body.objects.filter(names).distinct().select_related("successor")[:20])
        persons = Q(name__contains=q)
        if letters:
            persons |= Q(id__in=begins("person", "id", letters)) | Q(name_en__icontains=q)
        people = list(Person.objects.filter(persons, active=True).only("id", "name", "name_en")[:20])
        record_look([m.id for m in matters], purpose="search", list=True, asked=q)
    acts = _acts(request, q) if q else []
    template = "web/parts/found.html" if request.headers.get("HX-Request") else "web/search.html"
    return render(request, template, {"q": q, "matters": matters, "bodies": bodies, "people": people, "acts": acts})


def _acts(request: HttpRequest, q: str) -> list[dict[str, object]]:
    """Pages this person can use whose name holds what was typed, or begins with these initials (zd → 指定管辖)."""
    who = me(request)
    letters = q.lower() if q.isascii() else ""
    found = []
    doings = [{"url": reverse(name), "label": label} for name, label, offices in DOINGS if not offices or who.offices & offices]
    for entry in [*menu_for(who, ""), *(e for group in more_for(who, "") for e in group["entries"]), *doings]:
        label = str(entry["label"])
        if q in label or (letters and (letters in label.lower() or any(k.startswith(letters) for k in search_keys(label).initials))):
            found.append(entry)
    return found[:8]
