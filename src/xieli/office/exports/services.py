"""A bulk export: asked for, written by the worker with the asker's authority as it then is, taken by him alone while it lies ready.

1. `ask` (in the person's transaction): the row and its job, both or neither.
2. The worker binds to the asker anew for each slice of rows (`mandate`): whoever lost his account, posting or circle meanwhile gets
   nothing more. `lay_down` stores the sheet and says until when; `drop` ends one whose asker may do it no longer.
3. `take` gives the sheet to its asker, with a fresh proof of identity, while he may see every matter in it; else it is refused.
4. `expire` deletes what nobody took. A killed worker leaves a row without a sign of life: `left_over` takes it up from the start.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction

from xieli.office.audit import record
from xieli.office.exports.models import ExportSheet, RegisterExport
from xieli.office.matters.services.errors import NotVisible, Refused, plain_words
from xieli.office.matters.services.source import actor, now

KEPT = timedelta(hours=24)  # ours: a working day and the night after it
QUIET = "90 seconds"  # without a sign of life an export was left by a killed worker
SHEET_HOLDS = 1_000_000  # rows; Excel's own limit is 1,048,576 lines with title, totals and signer
AT_ONCE = 2  # exports of one person that wait or run


def ask(register: str, query: str, *, language: str, title: str, purpose: str, paper: str, total: int) -> RegisterExport:
    """Write down an export of about `total` rows; the caller puts its job in, in the same transaction. Raises Refused."""
    if total > SHEET_HOLDS:
        raise Refused("many", f"超过 {SHEET_HOLDS} 行，一张表放不下，请缩小筛选范围。", f"More than {SHEET_HOLDS} rows do not fit one sheet; narrow the filters.")
    if RegisterExport.objects.filter(state__in=["queued", "running"]).count() >= AT_ONCE:
        raise Refused("under_way", "您已有导出在后台生成，请等它完成或先停止。", "Exports of yours are being made already; wait for them or stop one.")
    with plain_words():
        row = RegisterExport.objects.create(person_id=actor().person, register=register, query=query, language=language, title=title, purpose=purpose, paper=paper, state="queued", total=total, at=now())
    record("export.asked", export=row.id, register=register, rows=total, purpose=purpose)
    return row


def call_off(row: RegisterExport) -> None:
    """Stop an export that waits or runs; nothing will lie ready. Raises Refused for one that has ended."""
    with plain_words():
        if not RegisterExport.objects.filter(pk=row.pk, state__in=["queued", "running"]).update(state="cancelled", finished_at=now()):
            raise Refused("not_running", "这次导出已经结束。", "This export has ended.")
    record("export.called_off", export=row.pk)


def take(row: RegisterExport) -> bytes:
    """The finished sheet, recorded. Raises NotVisible when none lies ready, Refused when a matter in it is no longer open to its asker."""
    if row.state != "done" or row.until is None or row.until <= now():
        raise NotVisible()
    sheet = ExportSheet.objects.filter(pk=row.pk).first()
    if sheet is None:  # its policy shows it only while every matter in it is open to the asker
        raise Refused("changed", "生成之后，表中有事项您已不能查看；这张表不再交付，请重新导出。", "Since it was made, something in this sheet is no longer open to you; it is not handed out. Take the register out anew.")
    record("export.fetched", export=row.pk, rows=len(sheet.matters))
    return bytes(sheet.content)


@contextmanager
def mandate(identity: int) -> Iterator[None]:
    """A transaction of the worker bound to who asked. PermissionError where he is nobody now, or the export has ended."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select access.bind_export(%s)", [identity])
        if not cursor.fetchone()[0]:
            raise PermissionError("no authority 申请人已无权限")
        yield
        cursor.execute("select access.end_session()")


def begin(identity: int) -> RegisterExport | None:
    """Under a mandate: the export as running, from the start. None when it has ended meanwhile."""
    t = now()
    if not RegisterExport.objects.filter(pk=identity, state__in=["queued", "running"]).update(state="running", started_at=t, beat_at=t, done=0):
        return None
    return RegisterExport.objects.get(pk=identity)


def beat(row: RegisterExport, matters: Sequence[int], done: int) -> None:
    """Under a mandate: one slice was read (recorded with every matter it names); a sign of life."""
    RegisterExport.objects.filter(pk=row.pk, state="running").update(done=done, beat_at=now())
    record("export.read", matters=matters, export=row.pk, rows=len(matters))


def lay_down(row: RegisterExport, content: bytes, matters: Sequence[int]) -> bool:
    """Under a mandate: the sheet lies ready. False when the export was called off or another worker was faster."""
    if not RegisterExport.objects.select_for_update().filter(pk=row.pk, state="running").exists():
        return False
    ExportSheet.objects.create(export_id=row.pk, content=content, matters=list(matters))
    t = now()
    RegisterExport.objects.filter(pk=row.pk).update(state="done", done=len(matters), finished_at=t, until=t + KEPT)
    record("export.ended", export=row.pk, state="done", rows=len(matters))
    return True


def drop(identity: int, how: str) -> bool:
    """By the worker, for nobody: the export ends as `refused` or `failed`. False when it had ended."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select access.export_ended(%s, %s)", [identity, how])
        return bool(cursor.fetchone()[0])


def tell(identity: int) -> None:
    """Who asked is told that it lies ready, or failed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select access.export_told(%s)", [identity])


def left_over(quiet: str = QUIET) -> list[int]:
    """Exports that a killed worker left, or whose job was lost."""
    with connection.cursor() as cursor:
        cursor.execute("select export from access.exports_left_over(%s::interval)", [quiet])
        return [row[0] for row in cursor.fetchall()]


def expire() -> int:
    """Delete the sheets whose time is over; returns how many exports ended with that."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select access.exports_expire()")
        return int(cursor.fetchone()[0])
