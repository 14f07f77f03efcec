"""The sealer: a process of its own, with its own database role and key. `python -m xieli.office.audit.sealer`

One pass:
 1. Open a repeatable-read transaction. Read the time and the last seal.
 2. Stop with an alarm if the last seal is not the one this key remembers (the database was rolled back), or if the clock went back more than 2 s.
 3. Take the committed events that have no leaf row in this snapshot, by number, at most `BATCH`.
 4. Append their hashes to the tree's edge; write leaf rows and the signed seal; commit. Readers meet both or neither.
 5. Remember the seal beside the key.

Killed anywhere, the next start finds a transaction that did or did not happen; a seal not yet remembered is recognised as the successor of the
remembered one. No transaction number is stored: they do not survive a restore. To avoid looking at all events on every pass, a floor is kept in
memory: numbers below it are decided (docs/decisions/ledger-sealer.md). It starts at nothing and is forgotten every hour.

Environment: XIELI_DB_SEALER (connection), XIELI_SEALS (the key's folder; default `seals` in the installation's folder).
"""
from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from xieli.engines.ledger import CompactRange, seal
from xieli.engines.ledger.seal import Restored, Signed
from xieli.engines.ledger.verify import ed25519
from xieli.office.audit.keys import KeyFolder, Memory
from xieli.server.words import Trouble

BATCH = 5000  # events under one seal
INTERVAL = 2.0  # seconds between passes (DESIGN.md §5: every few seconds)
BACK = timedelta(seconds=2)  # security.md T17
HEARTBEAT = timedelta(hours=1)  # a seal without new events, so that silence is an alarm and not a quiet night
FORGET = 3600.0  # seconds after which every event is looked at again


class Stop(Trouble):
    """Sealing must not go on; `kind` names the alarm."""

    def __init__(self, kind: str, zh: str, en: str) -> None:
        super().__init__(zh, en)
        self.kind = kind


@dataclass
class Floor:
    """Numbers up to `decided` need not be looked at again. `guesses`: (highest number seen, transaction number taken after that)."""

    decided: int = 0
    guesses: list[tuple[int, int]] = field(default_factory=list)

    def reached(self, xmin: int) -> int:
        """The highest number below which nothing can still appear, now that all transactions before `xmin` have ended."""
        return max([self.decided, *(number for number, xid in self.guesses if xid < xmin)])

    def raise_to(self, number: int) -> None:
        self.decided = number
        self.guesses = [g for g in self.guesses if g[0] > number]


class Sealer:
    """Seals over one connection. `restored_because` accepts once that the database is older than the key remembers."""

    def __init__(self, dsn: str, folder: KeyFolder, *, restored_because: str = "") -> None:
        self.folder, self.restored_because = folder, restored_because
        self.private = folder.private()
        self.public = self.private.public_key().public_bytes_raw()
        self.connection: psycopg.Connection[Any] = psycopg.connect(dsn, autocommit=True, application_name="xieli sealer")
        self.connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        self.floor, self.swept_at = Floor(), time.monotonic()
        self.lost: Restored | None = None
        self.last: Signed | None = None
        self.edge = CompactRange()
        row = self.connection.execute("select pg_try_advisory_lock(hashtext('audit.sealer'), hashtext(current_database()))").fetchone()
        if row != (True,):
            raise Stop("sealer-twice", "另一个封存程序正在运行，本程序不封存。", "Another sealer is running; this one does not seal.")
        row = self.connection.execute("select id::text from audit.log").fetchone()
        if row is None:
            raise Stop("no-log", "数据库中没有日志编号，可能未完成迁移。", "The database names no ledger; its migrations may be incomplete.")
        self.log = str(row[0])
        self.load()

    def close(self) -> None:
        self.connection.close()

    # ── what the database and the key say about the past ──
    def load(self) -> None:
        """Take up the last seal, after checking its signature, the tree's edge, the number of leaf rows and the key's memory. Raises Stop."""
        row = self.connection.execute("select canon, sig, frontier, leaves from audit.seal order by number desc limit 1").fetchone()
        counted = self.connection.execute("select count(*), coalesce(max(index), -1) + 1 from audit.leaf").fetchone()
        assert counted is not None
        self.last, self.edge = None, CompactRange()
        if row is not None:
            self.last = read_signed(row[0], row[1], row[3])
            self.edge = CompactRange.from_bytes(self.last.seal.size, bytes(row[2]))
            if self.edge.root().hex() != self.last.seal.root or (
                self.last.seal.key == seal.key_id(self.public) and not ed25519(self.public, seal.PREFIX + self.last.seal.canon(), self.last.sig)
            ):
                raise Stop("seal-damaged", "最后一个封存与其树根或签名不符，封存停止。请核验并查明。", "The last seal does not fit its root or signature; sealing stops. Verify and find out why.")
        if counted != (self.edge.size, self.edge.size):
            raise Stop("leaves-damaged", f"封存记 {self.edge.size} 行，叶表有 {counted[0]} 行，封存停止。请核验并查明。", f"The seal counts {self.edge.size} rows, the leaf table {counted[0]}; sealing stops. Verify and find out why.")
        self.compare_memory(self.folder.memory())

    def compare_memory(self, memory: Memory | None) -> None:
        if memory is None:
            if self.last is not None and self.last.seal.number > 1:  # killed right after the first seal, it had nothing to remember yet
                self.alarm("no-memory", f"密钥目录没有封存记忆，从数据库中的封存 {self.last.seal.number} 继续。若非换机，请用见证核验。", f"The key's folder remembers no seal; going on from seal {self.last.seal.number} of the database. Unless the machine was changed, verify against a witness.")
            return
        row = self.connection.execute("select canon, sig from audit.seal where number = %s", [memory.number]).fetchone()
        if row is not None and read_signed(row[0], row[1], None).hash() == memory.hash:
            return
        if not self.restored_because:
            have = self.last.seal.number if self.last else 0
            raise Stop(
                "rolled-back",
                f"数据库比密钥记得的旧：密钥签过封存 {memory.number}（{memory.size} 行），数据库到 {have}。封存停止。"
                "若确为从备份恢复，请用 xieli audit seal accept-restore 说明原因。",
                f"The database is older than the key remembers: the key signed seal {memory.number} ({memory.size} rows), the database ends at {have}. "
                "Sealing stops. If this is a restore from a backup, say why with xieli audit seal accept-restore.",
            )
        self.lost = Restored(memory.number, memory.size, memory.hash)
        self.alarm("restored", f"已接受从备份恢复（{self.restored_because}）：封存 {memory.number} 及其新增记录已失去。", f"A restore from a backup was accepted ({self.restored_because}): seal {memory.number} and the rows it added are lost.")

    # ── one pass ──
    def seal_once(self) -> int:
        """One pass; returns the number of events sealed. Raises Stop (must not go on) or psycopg.Error (nothing was written)."""
        if time.monotonic() - self.swept_at > FORGET:
            self.floor, self.swept_at = Floor(), time.monotonic()
        with self.connection.transaction():
            now, xmin, newest = self.look()
            reached = self.floor.reached(xmin)
            events = self.connection.execute(
                "select e.id, e.leaf from audit.event e where e.id > %s and not exists (select 1 from audit.leaf l where l.event = e.id)"
                " order by e.id limit %s", [self.floor.decided, BATCH],
            ).fetchall()
            idle = not events and self.lost is None
            signed, edge = (None, self.edge) if idle and not self.silent_too_long(now) else self.write(events, now)
            guess: tuple[int, int] | None = None
            if newest > self.floor.decided and not any(g[0] >= newest for g in self.floor.guesses):
                # taken after `newest` was read: whoever holds a smaller number has a smaller transaction number
                row = self.connection.execute("select pg_current_xact_id()::text::bigint").fetchone()
                assert row is not None
                guess = (newest, row[0])
        # committed
        if signed is not None:
            self.last, self.edge, self.lost, self.restored_because = signed, edge, None, ""
            self.folder.remember(Memory(signed.seal.number, signed.seal.size, signed.hash()))
        if len(events) < BATCH:
            self.floor.raise_to(reached)
        if guess:
            self.floor.guesses.append(guess)
        return len(events)

    def look(self) -> tuple[datetime, int, int]:
        row = self.connection.execute(
            "select access.now(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint, (select coalesce(max(id), 0) from audit.event),"
            " (select coalesce(max(number), 0) from audit.seal)"
        ).fetchone()
        assert row is not None
        if row[3] != (self.last.seal.number if self.last else 0):
            raise Stop("seals-changed", "封存表在运行中被改动，封存停止。请核验并查明。", "The table of seals changed under the running sealer; sealing stops. Verify and find out why.")
        if self.last and row[0] < datetime.fromisoformat(self.last.seal.at) - BACK:
            raise Stop("clock-back", f"时钟倒退：现在 {seal.stamp(row[0])}，上次封存 {self.last.seal.at}。时钟改正前不封存。", f"The clock went back: it is {seal.stamp(row[0])}, the last seal is of {self.last.seal.at}. Nothing is sealed until the clock is right.")
        return row[0], row[1], row[2]

    def silent_too_long(self, now: datetime) -> bool:
        return self.last is not None and now - datetime.fromisoformat(self.last.seal.at) >= HEARTBEAT

    def write(self, events: list[tuple[int, bytes]], now: datetime) -> tuple[Signed, CompactRange]:
        edge = CompactRange(self.edge.size, self.edge.nodes)
        start, leaves = edge.size, [bytes(leaf) for _, leaf in events]
        edge.extend(leaves)
        at = max(now, datetime.fromisoformat(self.last.seal.at)) if self.last else now
        number = max(self.last.seal.number if self.last else 0, self.lost.number if self.lost else 0) + 1
        signed = seal.make(
            log=self.log, number=number, size=edge.size, root=edge.root(), leaves=leaves, prev=self.last.hash() if self.last else seal.FIRST,
            at=at, public=self.public, sign=self.private.sign, restored=self.lost,
        )
        if events:
            self.connection.execute(
                "insert into audit.leaf (index, event) select %s + n - 1, e from unnest(%s::bigint[]) with ordinality as t(e, n)",
                [start, [number for number, _ in events]],
            )
        self.connection.execute(
            "insert into audit.seal (number, size, at, canon, sig, leaves, frontier) values (%s, %s, %s, %s, %s, %s, %s)",
            [number, edge.size, at, signed.seal.canon(), signed.sig, signed.leaves, edge.to_bytes()],
        )
        return signed, edge

    # ── alarms ──
    def alarm(self, kind: str, zh: str, en: str) -> None:
        raise_alarm(self.folder, kind, zh, en, self.connection)


def read_signed(canon: bytes, sig: bytes, leaves: bytes | None) -> Signed:
    """A seal from its stored parts, through the same strict reader as a file's line. Raises Stop when it is malformed."""
    line = b'{"seal":' + bytes(canon) + b',"sig":"' + bytes(sig).hex().encode() + b'"}'
    try:
        found = seal.parse(line)
    except seal.BadSeal as reason:
        raise Stop("seal-damaged", f"数据库中的封存已损坏：{reason}", f"A seal in the database is damaged: {reason}") from reason
    return Signed(found.seal, found.sig, None if leaves is None else bytes(leaves))


def raise_alarm(folder: KeyFolder, kind: str, zh: str, en: str, through: psycopg.Connection[Any] | str) -> None:
    """Tell it everywhere that can still be told: the process's log, a file beside the key, the database (once while it is open)."""
    print(f"ALARM {kind}: {zh} / {en}", file=sys.stderr, flush=True)
    # each place may be the very thing that failed; the others must still be told
    with suppress(OSError), folder.alarm.open("a", encoding="utf-8") as f:
        f.write(f"{kind}\t{zh}\t{en}\n")
    with suppress(psycopg.Error):
        connection = psycopg.connect(through, autocommit=True, connect_timeout=5) if isinstance(through, str) else through
        connection.execute("select audit.raise_alarm(%s, %s, %s)", [kind, zh, en])
        if isinstance(through, str):
            connection.close()


def run(dsn: str, folder: KeyFolder, *, interval: float = INTERVAL, stop: threading.Event, passes: Iterable[int] | None = None) -> None:
    """Seal until `stop` is set (or for so many `passes`). Trouble raises an alarm and is tried again; nothing else ends the process."""
    sealer: Sealer | None = None
    troubled = ""
    for _ in passes if passes is not None else iter(int, 1):
        if stop.is_set():
            break
        try:
            sealer = sealer or Sealer(dsn, folder)
            while sealer.seal_once() >= BATCH and not stop.is_set():
                pass
            troubled = ""
        except (Trouble, psycopg.Error, OSError) as reason:
            kind = reason.kind if isinstance(reason, Stop) else "sealer-" + type(reason).__name__.lower()
            if kind != troubled:
                told = (reason.zh, reason.en) if isinstance(reason, Trouble) else (f"封存未成，将重试：{reason}", f"Sealing failed and will be tried again: {reason}")
                raise_alarm(folder, kind, told[0], told[1], sealer.connection if sealer else dsn)
            troubled = kind
            if sealer:
                sealer.close()
            sealer = None
        stop.wait(interval)
    if sealer:
        sealer.close()


def default_folder() -> Path:
    if os.environ.get("XIELI_SEALS"):
        return Path(os.environ["XIELI_SEALS"])
    from xieli.server.home import Home, default_home

    return Home(default_home()).seals


def main() -> int:
    dsn = os.environ.get("XIELI_DB_SEALER")
    if not dsn:
        print("XIELI_DB_SEALER 未设置 / XIELI_DB_SEALER is not set", file=sys.stderr)
        return 2
    folder = KeyFolder(default_folder())
    if not folder.key.exists():
        with psycopg.connect(dsn) as connection:
            sealed = connection.execute("select exists (select 1 from audit.seal)").fetchone()
        if sealed == (True,):
            raise_alarm(folder, "no-key", "封存密钥不见了，封存停止。", "The seal key is gone; sealing stops.", dsn)
            return 1
        folder.make()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    run(dsn, folder, stop=stop)
    return 0


if __name__ == "__main__":
    sys.exit(main())
