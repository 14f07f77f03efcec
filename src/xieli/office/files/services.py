"""Receiving, handing out, judging and comparing files. One transaction each, one event each."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from xieli.office.audit import record
from xieli.office.files import kinds, store
from xieli.office.files.models import CustodyEntry, ExhibitUse, FileCheck, StoredFile
from xieli.office.matters.services.errors import NotVisible, Refused, plain_words
from xieli.office.matters.services.source import actor, call, now
from xieli.office.matters.tables.approvals import Approval
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.handover import Handover
from xieli.office.matters.tables.work import Outcome

# why a file leaves the platform: asked at every download, kept in the event
PURPOSES = {"handling": ("办案使用", "work on the matter"), "review": ("审核把关", "review"), "hearing": ("听取陈述申辩", "hearing"),
            "handover": ("移送核对", "checking a hand-over"), "copy": ("复制", "copy"), "other": ("其他", "other")}


@transaction.atomic
def receive(matter: Matter, name: str, blocks: Iterable[bytes], *, from_whom: str = "", happened: datetime | None = None, note: str = "",
            source: StoredFile | None = None) -> StoredFile:
    """Take a file in: on disc first, its row after; the custody log begins with from whom it came.

    Raises Refused for an empty file, one that is too large (settings.FILE_LARGEST bytes), one that the matter has already.
    """
    if not call("may", matter.id, "write"):
        raise NotVisible()
    at = now()
    if happened is not None and happened > at:
        raise Refused("future", "接收时间不能晚于现在。没有保存。", "The time of receipt cannot lie in the future. Nothing was kept.")
    with connection.cursor() as cursor:  # while a file is taken in, the sweeper removes none
        cursor.execute("select pg_advisory_xact_lock_shared(hashtext('xieli.files'))")
    try:
        with store.incoming(blocks, settings.FILE_LARGEST) as found:
            if found.size == 0:
                raise Refused("empty_file", "文件是空的（0 字节），没有保存。请检查后重新选择。", "The file is empty (0 bytes) and was not kept. Check it and choose again.")
            media = kinds.media_of(found.path)
            digest = bytes(call("file_digest", matter.id, found.sha))  # type: ignore[call-overload]
            if StoredFile.objects.filter(matter=matter, digest=digest).exists():
                raise Refused("file_known", "同样内容的材料本事项已经有了，没有重复保存。", "This matter has a file of the same content already; it was not kept twice.")
            store.put(found, digest)
            shown = kinds.safe_name(name)
            with plain_words():
                row = StoredFile.objects.create(
                    matter=matter, source=source, source_matter_id=source.matter_id if source else None, name=shown, media=media,
                    misnamed=kinds.claims_another(shown, media), size=found.size, digest=digest, received_at=at, received_by_id=actor().person)
    except store.TooLarge:
        raise too_large() from None
    _enter(row, "received", at=happened or at, from_whom=from_whom, note=note)
    record("file.received", matters=[matter.id, *([source.matter_id] if source else [])], file=row.id, size=row.size, media=media, digest=digest.hex(),
           source=source.id if source else None)
    return row


def too_large() -> Refused:
    """The refusal that names the limit."""
    most = settings.FILE_LARGEST // 2**20
    return Refused("file_too_large", f"文件超过 {most} MB，没有保存。请拆分，或联系系统管理员调整上限。", f"The file is larger than {most} MB and was not kept. Split it, or ask the system administrator for a higher limit.")


def _enter(file: StoredFile, kind: str, *, at: datetime, from_whom: str = "", to_whom: str = "", note: str = "") -> CustodyEntry:
    with plain_words():
        return CustodyEntry.objects.create(matter_id=file.matter_id, file=file, kind=kind, happened_at=at, recorded_at=now(), person_id=actor().person,
                                           from_whom=from_whom.strip()[:120], to_whom=to_whom.strip()[:120], note=note.strip()[:300])


@transaction.atomic
def enter_custody(file: StoredFile, kind: str, *, happened: datetime | None = None, from_whom: str = "", to_whom: str = "", note: str = "") -> CustodyEntry:
    """One more line of the custody log. Raises Refused for an unknown kind, a future time, a move or return without its receiver."""
    at = now()
    if kind not in dict(CustodyEntry.KINDS):
        raise Refused("unknown_kind", "没有这种保管记录。", "There is no such entry of custody.")
    if happened is not None and happened > at:
        raise Refused("future", "发生时间不能晚于现在。", "An act cannot lie in the future.")
    if kind in ("moved", "returned") and not to_whom.strip():
        raise Refused("receiver_needed", "移交或返还须写明接收人。", "A move or a return names who received it.")
    row = _enter(file, kind, at=happened or at, from_whom=from_whom, to_whom=to_whom, note=note)
    record("custody.entered", matters=[file.matter_id], file=file.id, kind=kind, at=row.happened_at)
    return row


@transaction.atomic
def take(file: StoredFile, purpose: str) -> Iterator[bytes]:
    """The content for a download; the look is recorded before the first byte. Raises Refused when the bytes are gone."""
    if purpose not in PURPOSES:
        raise Refused("purpose_needed", "请选择用途。", "Choose a purpose.")
    path = store.place(bytes(file.digest))
    if not path.is_file():
        raise Refused("file_missing", f"“{file.name}”的内容不在存储中。请报告系统管理员运行 xieli verify。", f"The content of “{file.name}” is not in the store. Tell the system administrator to run xieli verify.")
    record("file.taken", matters=[file.matter_id], file=file.id, purpose=purpose)
    return store.blocks_of(path)


@transaction.atomic
def copy(file: StoredFile, to: Matter, reason: str) -> StoredFile:
    """A copy in another matter, under another address, seen by who sees both; the log of both says so."""
    if len(reason.strip()) < 4:
        raise Refused("reason_needed", "复制到其他事项须写明理由。", "A copy into another matter needs a reason.")
    if file.matter_id == to.id:
        raise Refused("file_known", "材料本来就在这一事项中。", "The file is in this matter already.")
    origin = Matter.objects.get(pk=file.matter_id)
    row = receive(to, file.name, take(file, "copy"), from_whom=origin.title, note=reason, source=file)
    if call("may", origin.id, "write"):
        _enter(file, "copied", at=row.received_at, to_whom=to.title, note=reason)
        record("custody.entered", matters=[origin.id], file=file.id, kind="copied", at=row.received_at)
    return row


# ── verdicts and what relies on them ───────────────────────────────────────────────────────────────────────────────
@transaction.atomic
def judge(file: StoredFile, verdict: str, reason: str = "") -> int:
    """Relied on, excluded or forged. Returns how many things that rely on it were flagged (forged) or cleared (no longer so)."""
    flagged = int(call("judge_exhibit", file.id, verdict, reason))  # type: ignore[call-overload]
    record("exhibit.judged", matters=[file.matter_id], file=file.id, verdict=verdict, flagged=flagged)
    file.refresh_from_db()
    return flagged


@transaction.atomic
def cite(file: StoredFile, kind: str, ref: int) -> bool:
    """Say that an approval, an outcome or a matter relies on an exhibit. False when that was said before."""
    fresh = bool(call("cite_exhibit", file.id, kind, ref))
    if fresh:
        record("exhibit.cited", matters=[file.matter_id], file=file.id, kind=kind, ref=ref)
    return fresh


def cite_relied(matter: Matter, kind: str, ref: int) -> int:
    """What is asked, decided or begun now rests on the exhibits that are relied on now. Returns how many were cited."""
    return sum(cite(file, kind, ref) for file in StoredFile.objects.filter(matter=matter, verdict="relied_on"))


def mark_exhibit(matter: Matter, exhibit: Any, verdict: str) -> None:
    """A playbook step judged an exhibit, named by its file's name or identity; one that is not stored here is left to the note."""
    mine = StoredFile.objects.filter(matter=matter)
    file = mine.filter(name=str(exhibit)).first() or (mine.filter(pk=int(exhibit)).first() if str(exhibit).isdecimal() else None)
    known = {"relied_on": "relied_on", "excluded": "excluded", "forged": "forged"}.get(verdict)
    if file is not None and known and file.verdict != known:
        judge(file, known, "按流程认定 / by a step of the playbook")


def relying(matter: Matter) -> list[dict[str, Any]]:
    """What relies on this matter's exhibits, with the flag: file, kind, a label, since when it is flagged."""
    uses = list(ExhibitUse.objects.filter(matter=matter).select_related("file").order_by("at", "id"))
    acts = dict(Approval.objects.filter(matter=matter).values_list("id", "act"))
    outcomes = dict(Outcome.objects.filter(matter=matter).values_list("id", "kind"))
    titles = dict(Matter.objects.filter(id__in=[u.ref for u in uses if u.kind == "matter"]).values_list("id", "title"))
    return [{"use": u, "label": acts.get(u.ref) or outcomes.get(u.ref) or titles.get(u.ref) or ""} for u in uses
            if u.kind != "matter" or u.ref in titles]


# ── the list that travels ──────────────────────────────────────────────────────────────────────────────────────────
def index_of(matter: Matter) -> list[dict[str, Any]]:
    """The file list that travels with a hand-over: name, size, address of each file, in the order they came."""
    return [{"name": f.name, "size": f.size, "digest": bytes(f.digest).hex()} for f in StoredFile.objects.filter(matter=matter).order_by("received_at", "id")]


@transaction.atomic
def compare(handover: Handover) -> list[FileCheck]:
    """Compare a parcel's list with what is stored, byte by byte; each file's result is kept by name.

    `missing`: no row or no bytes; `changed`: other bytes than listed; `added`: came after the list was made.
    """
    here = {bytes(f.digest).hex(): f for f in StoredFile.objects.filter(matter_id=handover.matter_id)}
    at, person = now(), actor().person
    found: list[tuple[str, str, str]] = []
    for line in handover.index:
        file = here.pop(line["digest"], None)
        path = store.place(bytes.fromhex(line["digest"]))
        if file is None or not path.is_file():
            result = "missing"
        else:
            same = bytes(call("file_digest", handover.matter_id, store.sha_of(path))).hex() == line["digest"]  # type: ignore[call-overload]
            result = "match" if same and file.size == line["size"] else "changed"
        found.append((line["name"], line["digest"], result))
    found += [(f.name, digest, "added") for digest, f in here.items() if f.received_at > handover.sent_at]
    checks = []
    for name, digest, result in found:
        with plain_words():
            checks.append(FileCheck.objects.create(matter_id=handover.matter_id, handover=handover, name=name, digest=digest, result=result, at=at, person_id=person,
                                                   body_id=handover.receiver_id))
    record("files.compared", matters=[handover.matter_id], handover=handover.id, listed=len(handover.index), differences=sum(r != "match" for _, _, r in found))
    return checks


def differing(handover: Handover) -> list[str]:
    """Names of the files that did not match when the parcel was last compared."""
    checks = list(FileCheck.objects.filter(handover=handover).order_by("-at", "name"))
    return [c.name for c in checks if c.at == checks[0].at and c.result != "match"]


def guard_of(matter: Matter) -> frozenset[str]:
    """What the playbooks' word `files` asks: a list exists, and every file on it is stored here as it was listed.

    The list is the last parcel's; a matter without one may carry it in a form (a table `files` with a column `digest`).
    """
    parcel = matter.handovers.order_by("-sent_at").first()
    if parcel is not None:
        index, wrong = {line["digest"] for line in parcel.index}, differing(parcel)
    else:
        listed = [row.data["files"] for row in matter.forms.order_by("revision") if isinstance(row.data.get("files"), list)]
        if not listed:
            return frozenset()
        index, wrong = {str(line.get("digest", "")).strip().lower() for line in listed[-1]}, []
    here = {bytes(d).hex() for d in StoredFile.objects.filter(matter=matter).values_list("digest", flat=True)}
    whole = index <= here and not wrong and all(store.place(bytes.fromhex(d)).is_file() for d in index)
    return frozenset({"listed", "matching"} if whole else {"listed"})
