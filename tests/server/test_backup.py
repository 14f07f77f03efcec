"""A backup that nobody can read alone, that shows every altered byte, and that gives everything back."""
from __future__ import annotations

import itertools
import os
import re
import struct
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from tests.server.conftest import a_home
from xieli.office.audit import sealer
from xieli.office.audit.export import write_witness
from xieli.office.audit.keys import KeyFolder
from xieli.server import backup, container, custodians, prepare, restore
from xieli.server.home import Home
from xieli.server.postgres import Instance, ensure_database
from xieli.server.words import Trouble, silent

PHRASE = "twelve letters and more"
MARKER = "植入标记-某人-990101"


@given(st.binary(min_size=1, max_size=64), st.integers(2, 6), st.data())
def test_any_group_as_large_as_the_threshold_gets_the_secret_back(secret: bytes, threshold: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(threshold, 8))
    shares = dict(enumerate(custodians.split(secret, count, threshold), start=1))
    for group in itertools.combinations(shares, threshold):
        assert custodians.combine({x: shares[x] for x in group}) == secret


def test_one_share_alone_says_nothing_about_the_secret() -> None:
    """For one share, every value of a byte is about equally likely, whatever the secret."""
    seen = [custodians.split(b"\x00", 2, 2)[0][0] for _ in range(4000)]
    assert len(set(seen)) > 250
    assert max(seen.count(v) for v in set(seen)) < 60


class Safe:
    """Three custodians and their opened keys."""

    def __init__(self, folder: Path) -> None:
        self.files = [folder / f"{name}.key" for name in "abc"]
        self.custodians = [custodians.make(f"保管人 {file.stem}", PHRASE, file) for file in self.files]
        self.keys = [custodians.open_private(file, PHRASE) for file in self.files]


@pytest.fixture(scope="module")
def safe(tmp_path_factory: pytest.TempPathFactory) -> Safe:
    return Safe(tmp_path_factory.mktemp("custodians"))


def test_a_custodians_file_needs_its_passphrase_and_is_never_overwritten(safe: Safe) -> None:
    with pytest.raises(Trouble, match="does not open"):
        custodians.open_private(safe.files[0], "another long phrase")
    with pytest.raises(FileExistsError):
        custodians.make("other", PHRASE, safe.files[0])
    assert safe.files[0].stat().st_mode & 0o077 == 0


def test_a_name_cannot_be_moved_to_another_custodians_key(safe: Safe, tmp_path: Path) -> None:
    changed = tmp_path / "changed.key"
    changed.write_text(safe.files[0].read_text("utf-8").replace("保管人 a", "保管人 x"), "utf-8")
    with pytest.raises(Trouble):
        custodians.open_private(changed, PHRASE)


def written(safe: Safe, folder: Path, members: dict[str, bytes], threshold: int = 2) -> Path:
    writer = container.Writer(folder / "x.data", "data", {"made": "2026-01-01T00:00:00+00:00"}, safe.custodians, threshold)
    for name, content in members.items():
        writer.add(name, [content[:100_000], content[100_000:]])
    return writer.close()


def read(path: Path, keys: restore.Keys) -> dict[str, bytes]:
    return {name: b"".join(blocks) for name, blocks in container.Reader(path, keys).members()}


@pytest.mark.parametrize("size", [0, 1, container.CHUNK - 60, container.CHUNK, 3 * container.CHUNK + 7])
def test_what_was_written_is_read_back(safe: Safe, tmp_path: Path, size: int) -> None:
    members = {"rows.dump": os.urandom(size), "files/名 字": b"", "seals/x": b"short"}
    path = written(safe, tmp_path, members)
    for pair in itertools.combinations(safe.keys, 2):
        assert read(path, pair) == members


def test_one_custodian_alone_cannot_open_it(safe: Safe, tmp_path: Path) -> None:
    path = written(safe, tmp_path, {"a": b"x"})
    with pytest.raises(Trouble, match="2 custodians are needed and 1"):
        container.Reader(path, safe.keys[:1])
    with pytest.raises(Trouble, match="2 custodians are needed and 1"):
        container.Reader(path, [safe.keys[0], safe.keys[0]])


def test_a_stolen_file_shows_no_marker(safe: Safe, tmp_path: Path) -> None:
    path = written(safe, tmp_path, {"rows.dump": MARKER.encode() * 1000})
    assert MARKER.encode() not in path.read_bytes()


def test_every_flipped_byte_is_detected(safe: Safe, tmp_path: Path) -> None:
    path = written(safe, tmp_path, {"rows.dump": b"y" * 300})
    whole = path.read_bytes()
    changed = tmp_path / "changed.data"
    for at in range(len(whole)):
        changed.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(Trouble):
            container.Reader(changed, safe.keys[:2]).check()


def test_cut_swapped_and_appended_files_are_detected(safe: Safe, tmp_path: Path) -> None:
    path = written(safe, tmp_path, {"rows.dump": os.urandom(4 * container.CHUNK)})
    whole = path.read_bytes()
    start = len(container.MAGIC) + 4 + struct.unpack(">I", whole[len(container.MAGIC) :][:4])[0]
    step = container.CHUNK + 16
    one, two = whole[start : start + step], whole[start + step : start + 2 * step]
    changed = tmp_path / "changed.data"
    for altered in (whole[:-1], whole[: start + step], whole[:start], whole + b"x", whole[:start] + two + one + whole[start + 2 * step :]):
        changed.write_bytes(altered)
        with pytest.raises(Trouble):
            container.Reader(changed, safe.keys[:2]).check()


# ── the whole way ─────────────────────────────────────────────────────────────────────────────────────────────────────


def fill(db: Instance, acts: int = 5) -> None:
    """A body with a telling name, a stored file, some sealed acts."""
    prepare.set_mark(db, "scratch")
    with psycopg.connect(db.admin_dsn, autocommit=True) as connection:
        connection.execute(
            "insert into body (id, code, kind, rank, name_zh, name_en, valid_from, division_code, sector, short_zh, short_en, document_mark, initials, sort_key)"
            " values (10, 'b10', 'commission', 'county', %s, '', '2020-01-01', '990101', '', '', '', '', '{}', '')", [MARKER])
        connection.execute(
            "insert into audit.verb (name, fields, personal, internal, zh, en) values"
            " ('test.noted', '{\"note\": {\"kind\": \"text\", \"many\": false, \"pattern\": \"\", \"optional\": false}}', '{}', false, '{by} {note}', '{by} {note}')")
    act(db, acts)
    stored = db.home.files / "ab" / "abcdef"
    stored.parent.mkdir()
    stored.write_bytes(MARKER.encode())
    KeyFolder(db.home.seals).make()
    seal(db)


def act(db: Instance, count: int) -> None:
    with psycopg.connect(db.role_dsn("job")) as connection:
        for number in range(count):
            connection.execute("select audit.record('test.noted', jsonb_build_object('note', %s::text))", [f"{MARKER} {number}"])


def seal(db: Instance) -> None:
    sealer.run(db.role_dsn("sealer"), KeyFolder(db.home.seals), interval=0, stop=threading.Event(), passes=range(2))


def structure(db: Instance) -> list[list[str]]:
    """The whole structure as lines of SQL (tables, policies, triggers, functions, rights), each as its words in order.

    PostgreSQL lists the roles of a policy by their numbers, which differ from server to server.
    """
    done = subprocess.run(
        [backup.programs(db).program("pg_dump"), "--schema-only"], env=backup.libpq_environment(db.role_dsn("owner")),
        capture_output=True, text=True, check=True,
    )
    text = re.sub(r"(?m)^\\(un)?restrict .*$", "", done.stdout)
    # PostgreSQL writes a cast of an array back as casts of its elements; the meaning is the same
    text = re.sub(r"::(character varying|text)(\[\])?|[()]", "", text)
    return sorted(sorted(re.split(r"[ ,;]+", line)) for line in text.splitlines())


@dataclass
class Old:
    """An installation that was backed up, went on for a while, and is gone."""

    made: backup.Made
    structure: list[list[str]]
    events: list[tuple[object, ...]]
    secret: object
    witness: Path
    door: str


@pytest.fixture(scope="module")
def old(safe: Safe, tmp_path_factory: pytest.TempPathFactory) -> Old:
    folder = tmp_path_factory.mktemp("backups")
    with a_home() as place, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XIELI_HOME", str(place / "old"))
        with ensure_database(Home(place / "old"), say=silent) as db:
            prepare.bring_up_to_date(db, silent)
            fill(db)
            act(db, 3)  # not sealed when the backup is made
            made = backup.create(db, folder, safe.custodians, 2, silent)
            with psycopg.connect(db.role_dsn("backup")) as connection:
                events = connection.execute("select uuid, at, canon from audit.event order by id").fetchall()
            with psycopg.connect(db.admin_dsn) as connection:
                secret = connection.execute("select k from access.secret").fetchone()
            act(db, 4)
            seal(db)
            witness = folder / "witness.jsonl"
            with psycopg.connect(db.role_dsn("backup")) as connection, witness.open("wb") as file:
                write_witness(connection, file)
            old = Old(made, structure(db), events, secret, witness, db.home.secret("door.key"))
    return old


@pytest.mark.db
def test_neither_file_shows_a_marker_or_is_readable_by_others(old: Old) -> None:
    for path in (old.made.data, old.made.keys):
        assert MARKER.encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    assert not list(old.made.data.parent.glob(".*"))


@pytest.mark.db
def test_everything_comes_back_and_the_losses_are_told(safe: Safe, old: Old, new_home: Callable[[str], Home]) -> None:
    with ensure_database(new_home("new"), say=silent) as db:
        report = restore.restore(db, old.made.data, old.made.keys, safe.keys[1:], [], silent)
        assert report.whole, report
        assert report.ledger["rows"] == 5
        assert structure(db) == old.structure
        with psycopg.connect(db.role_dsn("backup")) as connection:
            assert connection.execute("select uuid, at, canon from audit.event order by id").fetchall() == old.events
            assert connection.execute("select name_zh from body").fetchall() == [(MARKER,)]
        with psycopg.connect(db.admin_dsn) as connection:
            assert connection.execute("select k from access.secret").fetchone() == old.secret
        assert (db.home.files / "ab" / "abcdef").read_bytes() == MARKER.encode()
        assert db.home.secret("door.key") == old.door, "else nobody's authenticator fits any more"
        assert [en for _, en in report.lost if "3 acts were not yet sealed" in en]
        assert [en for _, en in report.lost if "sessions" in en]
        # an old backup that hides acts is found by a witness (T15)
        witnessed = restore.Report(made=report.made)
        restore.verify_ledger(db, [old.witness], witnessed)
        restore.tell_losses({}, witnessed)
        assert not witnessed.whole
        assert witnessed.ledger["first_bad_row"] == 5
        assert [en for _, en in witnessed.lost if "7 sealed acts" in en]
        seal(db)  # the restored key goes on where it stopped
        with psycopg.connect(db.role_dsn("backup")) as connection:
            assert connection.execute("select count(*) from audit.leaf").fetchone() == (8,)
        with pytest.raises(Trouble, match="not empty"):
            restore.restore(db, old.made.data, old.made.keys, safe.keys[:2], [], silent)


@pytest.mark.db
def test_what_is_damaged_or_breaks_half_way_leaves_an_empty_database(
    safe: Safe, old: Old, new_home: Callable[[str], Home], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged = tmp_path / old.made.data.name
    content = bytearray(old.made.data.read_bytes())
    content[-100] ^= 4
    damaged.write_bytes(content)

    def fails(db: Instance, folder: Path) -> None:
        raise Trouble("磁盘已满", "The disk is full")

    with ensure_database(new_home("new"), say=silent) as db:
        with pytest.raises(Trouble, match="damaged or was altered"):
            restore.restore(db, damaged, old.made.keys, safe.keys[:2], [], silent)
        with pytest.raises(Trouble, match="not the data file"):
            restore.restore(db, old.made.keys, old.made.keys, safe.keys[:2], [], silent)
        with monkeypatch.context() as patched:
            patched.setattr(restore, "put_files", fails)
            with pytest.raises(Trouble, match="disk is full"):
                restore.restore(db, old.made.data, old.made.keys, safe.keys[:2], [], silent)
        restore.refuse_filled(db)
        assert not list(db.home.path.glob(".restore-*"))


@pytest.mark.db
def test_an_installation_before_its_first_seal_is_restored_whole(safe: Safe, new_home: Callable[[str], Home], tmp_path: Path) -> None:
    with ensure_database(new_home("young"), say=silent) as db:
        prepare.bring_up_to_date(db, silent)
        KeyFolder(db.home.seals).make()
        made = backup.create(db, tmp_path, safe.custodians, 3, silent)
    with ensure_database(new_home("new"), say=silent) as db:
        assert restore.restore(db, made.data, made.keys, safe.keys, [], silent).whole


@pytest.mark.db
def test_a_table_that_a_backup_would_miss_stops_it(safe: Safe, new_home: Callable[[str], Home], tmp_path: Path) -> None:
    with ensure_database(new_home("new"), say=silent) as db:
        with psycopg.connect(db.role_dsn("owner"), autocommit=True) as connection:
            connection.execute("create schema later")
            connection.execute("create table later.forgotten (n int)")
            connection.execute("alter table later.forgotten enable row level security")
            connection.execute(sql.SQL("grant usage on schema later to {}").format(sql.Identifier(db.role("backup"))))
            connection.execute(sql.SQL("grant select on later.forgotten to {}").format(sql.Identifier(db.role("backup"))))
        with pytest.raises(Trouble, match=r"later\.forgotten"):
            backup.create(db, tmp_path, safe.custodians, 2, silent)
    assert not list(tmp_path.iterdir())
