"""Dry run, posting and undoing of a ledger. One transaction each; `received = accepted + refused + sealed` or nothing is posted."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import DatabaseError, connection, transaction
from psycopg.types.json import Jsonb

from xieli.engines.playbooks.state import Context
from xieli.engines.playbooks.steps import start
from xieli.office.access.search import pieces_of
from xieli.office.audit import record, record_look
from xieli.office.bodies.models import Body
from xieli.office.matters.importing.layout import WITHIN, Layout, find_layout
from xieli.office.matters.importing.piles import DOUBTFUL, IN, REFUSED, Row, Sorted, sort_rows, without_collector
from xieli.office.matters.importing.workbook import Book
from xieli.office.matters.services.errors import NotVisible, Refused
from xieli.office.matters.services.leads import level_for
from xieli.office.matters.services.names import persons
from xieli.office.matters.services.playbooks import current
from xieli.office.matters.services.source import actor, call, now, today
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.desk import ImportBatch

PART = 2_000
KIND = "lead"
_BETWEEN = "\x1f"  # stands in no text that the reader lets through


@dataclass
class Trial:
    """What an import would do. Sealed rows are a number and nothing else."""

    file: str
    sha256: str
    layout: Layout
    received: int
    rows: list[Row]
    sealed: int
    stated: int | None = None
    again: bool = False
    passed: list[int] = field(default_factory=list)  # rows that are no entries: totals, signatures, notes
    counts: dict[str, int] = field(default_factory=dict)

    def pile(self, which: str) -> Iterator[Row]:
        """The rows of one pile."""
        return (r for r in self.rows if r.pile == which)

    def recount(self) -> None:
        """Count the piles anew."""
        counts = {IN: 0, DOUBTFUL: 0, REFUSED: 0}
        for row in self.rows:
            counts[row.pile] += 1
        self.counts = counts

    def summary(self, take_doubtful: bool = False) -> dict[str, Any]:
        """The figures: received = accepted + refused + sealed."""
        accepted = self.counts[IN] + (self.counts[DOUBTFUL] if take_doubtful else 0)
        return {"received": self.received, "accepted": accepted, "doubtful": self.counts[DOUBTFUL], "refused": self.received - accepted - self.sealed,
                "sealed": self.sealed, "stated": self.stated, "again": self.again, "passed": [at + 1 for at in self.passed]}


@without_collector()
def dry_run(book: Book, body: int, chosen: Mapping[str, str] | None = None) -> Trial:
    """Read, sort and compare; nothing is stored. Raises Refused. Rows that belong to the superior are dropped from the answer
    and from the workbook held in memory, before anything is compared or shown."""
    if body not in actor().principals:
        raise Refused("own_body_only", "只能为本机构登记事项。", "A matter is opened for one's own body.")
    layout = find_layout(book.rows.first(WITHIN), chosen)
    result = sort_rows(book, layout, today())
    sealed = _drop_sealed(book, result, body)
    trial = Trial(book.name, book.sha256, layout, len(result.rows) + sealed, result.rows, sealed, result.stated, passed=result.passed)
    trial.again = ImportBatch.objects.filter(file_sha=book.sha256, undone_at=None).exists()
    _mark_known(trial.rows)
    trial.recount()
    return trial


def _listed(values: Sequence[str]) -> str | list[str]:
    """Texts as PostgreSQL writes an array: one by one, the driver takes longer over a ledger's names than the search for them."""
    joined = _BETWEEN.join(values)
    if not values or joined.count(_BETWEEN) != len(values) - 1:
        return list(values)
    return '{"' + joined.replace("\\", "\\\\").replace('"', '\\"').replace(_BETWEEN, '","') + '"}'


def _drop_sealed(book: Book, result: Sorted, body: int) -> int:
    # who is named again and again is asked about once
    # a cell that is more than a name may name several, or remark on one: each of them may be the superior
    odd = {r.at: [(name, "") for name in persons(r.subject)] for r in result.rows if not r.subject.isalpha()}
    asked = list(dict.fromkeys([*((r.subject, r.id_number) for r in result.rows), *(who for names in odd.values() for who in names)]))
    if not asked:
        return 0
    hits = call("sealed_among", body, _listed([name for name, _ in asked]), _listed([number for _, number in asked]))
    sealed = {asked[i - 1] for i in hits}  # type: ignore[attr-defined]
    if not sealed:
        return 0
    gone_at = {r.at for r in result.rows if (r.subject, r.id_number) in sealed or not sealed.isdisjoint(odd.get(r.at, ()))}
    book.rows.drop(*gone_at)
    kept = [r for r in result.rows if r.at not in gone_at]
    gone = len(result.rows) - len(kept)
    result.rows = kept
    return gone


def _mark_known(rows: list[Row]) -> None:
    """Doubtful what stands already among the leads that the importer may see; of the others nothing is said."""
    numbers = {r.number for r in rows if r.number}
    names = {r.subject for r in rows if r.subject and r.subject != "不详"}
    with connection.cursor() as cursor:
        # the list of what may be seen is read once, under the policies; names and numbers are compared here
        cursor.execute("select m.id, m.number, s.name, s.unit_name, s.id_tail from public.matter m left join public.matter_subject s on s.matter_id = m.id and s.kind = 'person'"
                       " where m.kind = %s and (m.number = any (%s::varchar[]) or s.name = any (%s::varchar[]))", [KIND, _listed([*numbers]), _listed([*names])])
        found = cursor.fetchall()
    if not found:
        return
    known_numbers = {n for _, n, *_ in found if n}
    known: dict[str, list[tuple[str, str]]] = {}
    for _, _, name, unit, tail in found:
        if name in names:  # who is 不详 is nobody in particular
            known.setdefault(name, []).append((unit, tail))
    told: set[str] = set()
    for row in rows:
        if row.number and row.number in known_numbers:
            row.reasons.append("known_number")
            told.add(row.number)
        for unit, tail in known.get(row.subject, ()):
            if not (row.id_number and tail and row.id_number[-4:] != tail) and not (row.unit_name and unit and unit != row.unit_name and not (row.id_number and tail)):
                row.reasons.append("known_subject")
                told.add(row.subject)
                break
    record_look({i for i, n, s, *_ in found if n in told or s in told}, purpose="import-duplicates", list=True)


def _entry(row: Row, units: Mapping[str, int]) -> dict[str, Any]:
    unit = units.get(row.unit_name)
    return {"at": row.at + 1, "number": row.number, "title": row.title, "summary": row.summary, "source": row.source, "urgent": row.urgent,
            "received_on": row.received_on.isoformat() if row.received_on else None, "subject": row.subject, "id": row.id_number, "unit_body": unit,
            "unit_name": "" if unit else row.unit_name, "post": row.post, "rank": row.cadre_rank,
            "grams": pieces_of(f"{row.title} {row.subject} {row.unit_name}", [row.subject])}


@transaction.atomic
@without_collector()
def post(trial: Trial, body: int, room: int | None = None, *, take_doubtful: bool = False) -> ImportBatch:
    """Open a lead for every row that goes in, all or none. Raises Refused; then nothing was written."""
    figures = trial.summary(take_doubtful)
    if figures["received"] != figures["accepted"] + figures["refused"] + figures["sealed"] or len(trial.rows) + trial.sealed != trial.received:
        raise Refused("sum", "收到数与入账、退回、密封之和不符，没有入账。", "Received is not accepted plus refused plus sealed; nothing was posted.")
    if trial.again:
        raise Refused("again", "这个文件已经导入过，没有再次入账。要重导，先撤销上一次。", "This very file has been imported; it was not posted again. Undo the earlier import first.")
    if not figures["accepted"]:
        raise Refused("nothing", "没有可以入账的行。请先改正问题行再导入。", "No row can be taken in. Mend the rows that need it and import again.")
    playbook = current(KIND)
    who, at = actor(), now()
    result = start(playbook, Context(person=str(who.person), bodies={"owner": (str(body),)}))
    other = {e.do for e in result.effects} - {"number"}
    if result.refusals or other:
        raise Refused("not_in_bulk", f"流程在登记时还要办理：{'、'.join(sorted(other))}，不能批量入账。", f"The playbook asks for {', '.join(sorted(other))} at registration; that cannot be posted in bulk.")
    key, pattern = _series(playbook, body)
    head = {"kind": KIND, "playbook_version": playbook.version, "playbook_sha": playbook.sha256, "owner_body": body, "owner_room": room, "level": level_for(playbook),
            "state": result.state.to_data(), "series": next((str(e.get("series")) for e in result.effects if e.do == "number"), ""), "number_key": key, "number_pattern": pattern}
    batch = ImportBatch.objects.create(
        person_id=who.person, body_id=body, file_name=trial.file[:200], file_sha=trial.sha256,
        mapping={code: trial.layout.headings[i] for code, i in trial.layout.columns.items()}, received=trial.received, accepted=figures["accepted"],
        doubtful=figures["doubtful"], refused=figures["refused"], sealed=trial.sealed, at=at)
    units = dict(Body.objects.filter(valid_to=None).values_list("name_zh", "id"))
    rows = (r for r in trial.rows if r.pile == IN or (take_doubtful and r.pile == DOUBTFUL))
    opened: list[int] = []
    while part := [_entry(r, units) for r in islice(rows, PART)]:
        opened += call("post_ledger", batch.id, Jsonb(head), Jsonb(part))  # type: ignore[arg-type]
    if len(opened) != figures["accepted"]:
        raise Refused("sum", "入账数与应入账数不符，没有入账。", "The number posted is not the number accepted; nothing was posted.")
    record("import.posted", matters=opened, batch=batch.id, received=trial.received, accepted=figures["accepted"], refused=figures["refused"], sealed=trial.sealed, file=trial.sha256)
    return batch


def _series(playbook: Any, body: int) -> tuple[str, str]:
    """The counter and the pattern of lead numbers, as numbers.next_number makes them."""
    series = playbook.series[next(iter(playbook.series))]
    owner = Body.objects.get(pk=body)
    pattern = series.pattern.replace("{mark}", owner.document_mark or owner.short_zh or owner.name_zh)
    for name, value in (("{body}", owner.code), ("{body_mark}", owner.document_mark or owner.short_zh)):
        pattern = pattern.replace(name, value)
    return f"{series.code}:{owner.id}", pattern.replace("{number}", "{n}").replace("{seq}", "{n}")


_UNDO = {
    "already decided": ("again", "这一批已经撤销过，没有再次改动。", "This import has been undone already; nothing was changed again."),
    "an import is undone within 24 hours": ("too_late", "导入超过 24 小时，不能整批撤销；请逐件办理。", "An import is undone within 24 hours only; handle its leads one by one."),
    "the import has been worked on": ("worked_on", "其中有线索已经办理过，不能整批撤销。什么都没有改动。", "Some of its leads have been worked on; the import cannot be undone. Nothing was changed."),
}


@transaction.atomic
def undo(batch: int) -> int:
    """Take a whole import back; its numbers become void. Returns how many leads went. Raises Refused; then nothing changed."""
    if not ImportBatch.objects.filter(pk=batch).exists():
        raise NotVisible()
    try:
        with transaction.atomic():
            gone: list[int] = call("undo_import", batch)  # type: ignore[assignment]
    except DatabaseError as error:
        message = getattr(getattr(error.__cause__, "diag", None), "message_primary", "")
        if message in _UNDO:
            raise Refused(*_UNDO[message]) from error
        raise
    record("import.undone", matters=gone, batch=batch)
    return len(gone)


def entries_of(matters: Any) -> Iterator[dict[str, Any]]:
    """Leads as they are written out to another platform; what is shown is recorded by the caller."""
    for m in matters.prefetch_related("subjects__unit_body").order_by("opened_at", "id").iterator(chunk_size=1000):
        subject = next((s for s in m.subjects.all() if s.role == "subject"), None)
        unit = (subject.unit_body.name_zh if subject.unit_body else subject.unit_name) if subject else ""
        yield {"id": m.id, "number": m.number, "received_on": m.received_on, "source": m.source, "subject": subject.name if subject else "", "unit_name": unit,
               "post": subject.post if subject else "", "cadre_rank": subject.cadre_rank if subject else "", "summary": m.summary, "title": m.title,
               "urgent": m.urgent, "status": m.status}


def imported(batch: int) -> Any:
    """The leads of one's own import, as far as one may see them."""
    from xieli.office.matters.tables.desk import ImportedMatter

    return Matter.objects.filter(id__in=ImportedMatter.objects.filter(batch_id=batch).values("matter_id"))
