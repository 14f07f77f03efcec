"""A register as a sheet: made at once for a few rows, by the worker for many; the same columns, words and watermark both ways."""
from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _

from xieli.faces.web import exports, registers
from xieli.faces.web.context import Me
from xieli.faces.web.decorators import identity
from xieli.faces.web.templatetags.xieli import ZONE, named
from xieli.office.exports import services
from xieli.office.exports.models import RegisterExport
from xieli.office.matters.services.errors import NotVisible
from xieli.office.matters.tables.core import Matter

SLICE = 1000  # rows read under one binding


def base(register: str) -> tuple[QuerySet[Matter], str]:
    """The rows and the title of a register. Raises NotVisible for a name that is none."""
    if register == "leads":
        return Matter.objects.filter(kind="lead"), _("线索台账")
    if register == "matters":
        return Matter.objects.all(), _("事项台账")
    raise NotVisible()


def rows_of(register: str, params: QueryDict, who: Me) -> tuple[QuerySet[Matter], dict[str, str], str]:
    """The rows that an address names: filters, or the rows ticked on the page and nothing else."""
    found, title = base(register)
    rows, kept = registers.filtered(found, params, who.now)
    if params.get("ref"):
        rows = rows.filter(id__in=[identity(r) for r in params["ref"].split(",")[: registers.PAGE]])
    return rows.order_by("-opened_at", "-id").select_related("owner_body", "owner_room").prefetch_related("subjects__unit_body"), kept, title


def sheet(who: Me, kept: dict[str, str], *, title: str, purpose: str, paper: str) -> exports.Sheet:
    """What stands around the table, in the reader's language."""
    at, name = who.now.astimezone(ZONE), who.person.name if who.person else ""
    period = f"{kept.get('from') or '…'} — {kept.get('to') or at.date().isoformat()}"
    return exports.Sheet(
        title=title, unit=_("填报单位：%(unit)s") % {"unit": named(who.body) if who.body else ""}, period=_("期间：%(period)s") % {"period": period},
        signer=_("填表人：%(name)s　　审核：　　　　　　签发：") % {"name": name},
        watermark=_("内部资料 · %(name)s · %(at)s · %(purpose)s") % {"name": name, "at": f"{at:%Y-%m-%d %H:%M}", "purpose": purpose},
        total=_("合计"), number=_("序号"), a3=paper == "a3")


class CalledOff(Exception):
    """The export ended while it was being made."""


def work(export: int) -> str:
    """The worker's whole part in one export: make the sheet, or drop it where its asker may do it no longer. Returns its end.

    Slices of 1,000 rows, each under a binding of its own, so that a right lost half-way ends the export; the file is put together
    outside any transaction. A worker killed anywhere leaves nothing behind but the row, and another begins from the start.
    """
    try:
        with services.mandate(export):
            row = services.begin(export)
            if row is None:
                return "ended"
            with translation.override(row.language):
                # the whole export reads as of one instant; what "overdue" means does not move while it is made
                who = Me()
                around = sheet(who, rows_of(row.register, QueryDict(row.query), who)[1], title=row.title, purpose=row.purpose, paper=row.paper)
        matters: list[int] = []
        with translation.override(row.language), tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "register.xlsx"
            exports.write(target, around, registers.chosen_columns(QueryDict(row.query)), _slices(row, who, matters))
            content = target.read_bytes()
        with services.mandate(export):
            laid = services.lay_down(row, content, matters)
    except PermissionError:
        return "refused" if services.drop(export, "refused") else "ended"
    except CalledOff:
        return "ended"
    except Exception:
        if services.drop(export, "failed"):
            services.tell(export)
        raise
    if not laid:
        return "ended"
    services.tell(export)
    return "done"


def _slices(row: RegisterExport, who: Me, matters: list[int]) -> Iterator[Matter]:
    after: tuple[object, int] | None = None
    while True:
        with services.mandate(row.pk):
            rows, _kept, _title = rows_of(row.register, QueryDict(row.query), who)
            if after is not None:
                rows = rows.filter(Q(opened_at__lt=after[0]) | Q(opened_at=after[0], id__lt=after[1]))
            found = list(rows[:SLICE])
            matters.extend(m.id for m in found)
            services.beat(row, [m.id for m in found], len(matters))
            # cells are read while the slice is bound: a name that hangs on another row is under policy too
            yield from found
        if len(found) < SLICE:
            return
        after = (found[-1].opened_at, found[-1].id)
