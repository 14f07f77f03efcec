"""The four lists of rectification under one key, on the screen and as one workbook with a sheet for each."""
from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from xieli.faces.web.context import me
from xieli.faces.web.decorators import bound
from xieli.faces.web.templatetags.xieli import ZONE, named
from xieli.faces.web.views.exports import EXCEL
from xieli.office.audit import record, record_look
from xieli.office.bodies.models import Body
from xieli.office.matters.importing.writing import OPTIONS, put
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.services.playbooks import shipped
from xieli.office.matters.tables.core import Matter
from xieli.office.remedy import lists

MOST = 2000
# columns that are no part of a printed list: machine prints of files, and what is computed for the reviewers
LEFT_OUT = frozenset({"evidence", "suspect", "has_results", "raised_by", "raiser_known"})


def columns(name: str) -> list[tuple[str, Any, dict[str, Any]]]:
    """Code, label and the words of a choice, column by column, as the published form has them."""
    form = shipped()["rectification"].forms[name]
    rows = next((f.columns for f in form.fields if f.code == "rows"), ())
    fields = [*rows, *(f for f in form.fields if f.code != "rows" and (name not in ("measures", "answerability") or f.code == "needed"))]
    return [(f.code, f.label, {o.code: o.label for o in getattr(f, "options", ())}) for f in fields if f.code not in LEFT_OUT]


def shown(value: Any, words: dict[str, Any], bodies: dict[int, Body]) -> str:
    """One cell in the reader's language."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, list):
        return _("%(n)s 项") % {"n": len(value)}
    if value in words:
        return str(named(words[value]))
    if isinstance(value, str) and value.isdecimal() and int(value) in bodies:
        return str(named(bodies[int(value)]))
    return "" if value is None else str(value)


def tables(matters: list[Matter]) -> list[dict[str, Any]]:
    """The four lists ready to be shown: title, head, rows of cells under the number of the problem."""
    found = lists.four_lists(matters)
    # only these two columns hold bodies; every other number stays what it is
    wanted = {int(line[c]) for line in found["problem"] for c in ("unit", "reviewer_body") if str(line.get(c) or "").isdecimal()}
    bodies = Body.objects.in_bulk(wanted)
    made = []
    for name in lists.LISTS:
        head = columns(name)
        rows = [(line["number"], [shown(line.get(code), words, bodies if code in ("unit", "reviewer_body") and name == "problem" else {}) for code, _label, words in head]) for line in found[name]]
        labels = [label for _code, label, _words in head]
        # each cell of the screen knows its column, which a phone prints beside it
        made.append({"code": name, "title": shipped()["rectification"].forms[name].label, "head": labels, "rows": rows, "lines": [(number, list(zip(labels, cells, strict=True))) for number, cells in rows]})
    return made


@bound
def page(request: HttpRequest) -> HttpResponse:
    """The lists of the problems the reader sees; by POST, with a purpose, the workbook."""
    who = me(request)
    matters = list(Matter.objects.filter(kind="rectification").exclude(number="").order_by("number", "id")[:MOST])
    found = tables(matters)
    context = {"lists": found, "count": len(matters), "most": MOST}
    if request.method != "POST":
        record_look([m.id for m in matters], purpose="four-lists", list=True, asked=None)
        return render(request, "web/remedy/lists.html", context)
    purpose = request.POST.get("purpose", "").strip()[:200]
    if len(purpose) < 4:
        error = Refused("purpose", "请写明用途（至少四个字）。", "Say what it is for (at least four characters).")
        return render(request, "web/remedy/lists.html", {**context, "error": error, "purpose": purpose}, status=422)
    at = who.now.astimezone(ZONE)
    mark = _("内部资料 · %(name)s · %(at)s · %(purpose)s") % {"name": who.person.name if who.person else "", "at": f"{at:%Y-%m-%d %H:%M}", "purpose": purpose}
    response = HttpResponse(workbook(found, mark), content_type=EXCEL)
    record("register.exported", matters=[m.id for m in matters], register="four_lists", rows=sum(len(t["rows"]) for t in found), purpose=purpose)
    response["Content-Disposition"] = f'attachment; filename="four-lists-{at:%Y%m%d-%H%M}.xlsx"'
    response["Cache-Control"] = "no-store"
    return response


def workbook(found: list[dict[str, Any]], mark: str) -> bytes:
    """One sheet per list, the number first on each, so that the four can be laid beside each other; text stays text."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        with xlsxwriter.Workbook(file.name, OPTIONS) as book:
            head = book.add_format({"bold": True, "border": 1, "bg_color": "#E8EDF3", "text_wrap": True, "align": "center"})
            text = book.add_format({"border": 1, "text_wrap": True, "valign": "top", "num_format": "@"})
            for table in found:
                sheet = book.add_worksheet(str(named(table["title"]))[:31])
                for i, word in enumerate((_("编号"), *(str(named(label)) for label in table["head"]))):
                    sheet.write_string(0, i, word, head)
                    sheet.set_column(i, i, 18)
                for r, (number, cells) in enumerate(table["rows"], 1):
                    for i, value in enumerate((number, *cells)):
                        put(sheet, r, i, value, text)
                sheet.freeze_panes(1, 1)
                sheet.repeat_rows(0)
                sheet.set_landscape()
                sheet.set_paper(9)
                sheet.fit_to_pages(1, 0)
                sheet.set_header("&C&8&K808080" + mark.replace("&", "&&")[:200])
                sheet.set_footer("&C&P / &N&R&8" + mark.replace("&", "&&")[:200])
        return Path(file.name).read_bytes()
