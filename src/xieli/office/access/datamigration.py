"""Migrations that touch rows. Row security binds the owner too: without a policy an UPDATE changes nothing and says nothing."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol


class Cursor(Protocol):
    """A database cursor."""

    rowcount: int

    def execute(self, query: str, params: Any = None) -> Any: ...


class TooFewRows(RuntimeError):
    """A data migration touched fewer rows than it promised; its transaction must roll back."""


class Touching:
    """Counts what the statements of one data migration touched."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self.rows = 0

    def execute(self, query: str, params: Any = None) -> int:
        """Run one statement; returns and adds up the rows it touched."""
        self._cursor.execute(query, params)
        self.rows += max(self._cursor.rowcount, 0)
        return self._cursor.rowcount


@contextmanager
def touching(cursor: Cursor, table: str, at_least: int, owner: str = "current_user") -> Iterator[Touching]:
    """Grant the owner a policy on `table`, run the statements, drop the policy, all in the caller's transaction.

    Raises TooFewRows when fewer than `at_least` rows were touched, and RuntimeError outside a transaction.
    """
    cursor.execute("savepoint touching")  # fails outside a transaction: the policy must not outlive the work
    cursor.execute(f"create policy touching on {table} to {owner} using (true) with check (true)")
    work = Touching(cursor)
    yield work
    cursor.execute(f"drop policy touching on {table}")
    if work.rows < at_least:
        raise TooFewRows(
            f"数据迁移只处理了 {table} 的 {work.rows} 行，应不少于 {at_least} 行；已撤销。 "
            f"The data migration touched {work.rows} rows of {table}, at least {at_least} were promised; it is undone."
        )
    cursor.execute("release savepoint touching")
