"""管辖依据 and notices to the line: cooperation is not jurisdiction (监察法实施条例, rules.md §1.7)."""
from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from xieli.office.audit import record
from xieli.office.matters.services.errors import Refused, plain_words
from xieli.office.matters.services.source import actor, now, today
from xieli.office.matters.tables.core import Matter, MatterSubject
from xieli.office.matters.tables.handover import CompetenceBasis, LineNotice


@transaction.atomic
def record_basis(matter: Matter, kind: str, *, body: int, document_no: str, given_by: int | None = None, subject: MatterSubject | None = None,
                 decided_on: date | None = None, approval: int | None = None) -> CompetenceBasis:
    """On what a body is competent: consent of the resident organ, joint inquiry, designation …, with its document number.

    Raises Refused without a number or of an unknown kind; a date in the future is none.
    """
    kinds = {str(value) for value, _ in CompetenceBasis._meta.get_field("kind").choices or ()}
    if kind not in kinds or not document_no.strip():
        raise Refused("competence", "管辖依据须写明种类和文号。", "A basis of competence states its kind and the document's number.")
    day = decided_on or today()
    if day > today():
        raise Refused("future", "发生时间不能晚于现在。", "An act cannot lie in the future.")
    with plain_words():
        row = CompetenceBasis.objects.create(matter=matter, subject=subject, kind=kind, body_id=body, given_by_id=given_by, document_no=document_no.strip(),
                                             decided_on=day, approval_id=approval, recorded_at=now(), recorded_by_id=actor().person)
    record("competence.recorded", matters=[matter.id], kind=kind, body=body, document=row.document_no)
    return row


def owe_line_notices(matter: Matter, occasion: str, bodies: Iterable[int]) -> None:
    """A notice that the line of a centrally-run unit is owed at this step; red until it is recorded as given."""
    for body in bodies:
        LineNotice.objects.get_or_create(matter=matter, occasion=occasion, to_body_id=body, defaults={"owed_since": now()})


@transaction.atomic
def give_line_notice(notice: LineNotice, document_no: str) -> None:
    """The letter went out; the second time changes nothing."""
    if not document_no.strip():
        raise Refused("number_needed", "请填写通报函文号。", "Enter the number of the letter.")
    if LineNotice.objects.filter(pk=notice.pk, given_at=None).update(given_at=now(), given_by_id=actor().person, document_no=document_no.strip()):
        record("notice.given", matters=[notice.matter_id], occasion="line", to=str(notice.to_body_id))
