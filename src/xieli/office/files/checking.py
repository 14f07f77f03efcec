"""`xieli verify`: every stored file is hashed anew; one that is missing or changed is named. And the sweeper's part."""
from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from xieli.office.files import store
from xieli.office.files.models import StoredFile
from xieli.office.matters.verify import Difference, check


@check("files", "存储的材料", "stored files")
def _files() -> Iterator[Difference]:
    """Runs as the backup role, which may compute an address from a content."""
    for file in StoredFile.objects.order_by("id").iterator(500):
        path, address = store.place(bytes(file.digest)), bytes(file.digest).hex()
        if not path.is_file():
            yield Difference("files", f"file {file.id} {file.name}", address, "missing 缺失")
            continue
        with connection.cursor() as cursor:
            cursor.execute("select access.file_address(%s, %s)", [file.matter_id, store.sha_of(path)])
            should = bytes(cursor.fetchone()[0]).hex()
        if should != address or path.stat().st_size != file.size:
            yield Difference("files", f"file {file.id} {file.name}", address, f"changed 已改动 {should}")


def sweep_orphans() -> int:
    """Remove what no row names: uploads that were cut off, contents whose row was never written. Returns how many."""
    partial, stored = store.left_behind()
    if not partial and not stored:
        return 0
    gone = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(hashtext('xieli.files'))")
        if not cursor.fetchone()[0]:  # someone is taking a file in; the next round asks again
            return 0
        cursor.execute("select * from access.known_files(%s)", [list(stored)])
        known = {bytes(row[0]) for row in cursor.fetchall()}
        for path in [*partial, *(p for digest, p in stored.items() if digest not in known)]:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
