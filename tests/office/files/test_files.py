"""What a person may count on with a file: it is there when its row is, it is what its content says, and every hand on it is on record."""
from __future__ import annotations

import os
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from tests.dbfixtures import TestDatabase
from tests.djangodb import use
from tests.office.matters.conftest import Kit
from xieli.office.files import checking, kinds, services, store
from xieli.office.files.models import CustodyEntry, ExhibitUse, FileCheck, StoredFile
from xieli.office.matters.services import approvals, handover, leads
from xieli.office.matters.services.errors import Refused
from xieli.office.matters.tables.clocks import Alarm
from xieli.office.matters.tables.core import Matter
from xieli.office.matters.tables.desk import Notification
from xieli.office.matters.tables.handover import Handover
from xieli.server.cluster import Server

PDF = b"%PDF-1.7\nbank statement of March\n"


def take_in(kit: Kit, matter: int, name: str = "流水.pdf", content: bytes = PDF, *, by: str = "", **fields: Any) -> int:
    with kit.stage.acts(by or kit.chief):
        return int(services.receive(Matter.objects.get(pk=matter), name, [content], **fields).id)


def row(kit: Kit, person: str, file: int) -> StoredFile | None:
    with kit.stage.acts(person):
        return StoredFile.objects.filter(pk=file).first()


def events(kit: Kit, verb: str) -> int:
    return int(kit.stage.admin.execute("select count(*) from audit.event where verb = %s", [verb]).fetchone()[0])  # type: ignore[index]


def test_a_file_is_kept_with_its_digest_and_its_first_line_of_custody(kit: Kit) -> None:
    lead = kit.open()
    before = events(kit, "file.received")
    file = take_in(kit, lead, from_whom="某银行巫川支行")
    found = row(kit, kit.chief, file)
    assert found is not None
    assert (found.name, found.media, found.size, found.misnamed) == ("流水.pdf", "application/pdf", len(PDF), False)
    path = store.place(bytes(found.digest))
    assert path.read_bytes() == PDF
    assert path.stat().st_mode & 0o077 == 0
    with kit.stage.acts(kit.chief):
        entry = CustodyEntry.objects.get(file_id=file)
        assert (entry.kind, entry.from_whom, entry.person_id) == ("received", "某银行巫川支行", kit.stage.person(kit.chief))
    assert events(kit, "file.received") == before + 1


def test_the_same_content_has_another_address_in_every_matter(kit: Kit) -> None:
    one, other = row(kit, kit.chief, take_in(kit, kit.open())), row(kit, kit.chief, take_in(kit, kit.open()))
    assert one is not None
    assert other is not None
    assert bytes(one.digest) != bytes(other.digest)


def test_the_same_content_is_not_kept_twice_in_one_matter(kit: Kit) -> None:
    lead = kit.open()
    take_in(kit, lead)
    assert kit.code(kit.chief, lambda: services.receive(Matter.objects.get(pk=lead), "再来.pdf", [PDF])) == "file_known"


def test_an_empty_and_a_too_large_file_leave_nothing_behind(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = kit.open()
    before = sorted(store.folder().rglob("*"))
    assert kit.code(kit.chief, lambda: services.receive(Matter.objects.get(pk=lead), "空.pdf", [])) == "empty_file"
    monkeypatch.setattr(settings, "FILE_LARGEST", 1000)
    drawn = []

    def endless() -> Iterator[bytes]:
        while True:
            drawn.append(1)
            yield b"x" * 400

    assert kit.code(kit.chief, lambda: services.receive(Matter.objects.get(pk=lead), "大.bin", endless())) == "file_too_large"
    assert len(drawn) == 3, "it stops where the limit is passed, not at the end"
    assert sorted(store.folder().rglob("*")) == before
    with kit.stage.acts(kit.chief):
        assert not StoredFile.objects.filter(matter_id=lead).exists()


def _zip(*names: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(("name", "content", "media", "misnamed"), [
    ("a.pdf", PDF, "application/pdf", False), ("发票.jpg", PDF, "application/pdf", True), ("合同.docx", _zip("word/document.xml"), kinds._INSIDE_ZIP[0][1], False),
    ("表.xlsx", _zip("xl/workbook.xml"), kinds._INSIDE_ZIP[1][1], False), ("包.zip", _zip("a.txt"), "application/zip", False), ("坏.zip", b"PK\x03\x04 broken", kinds.OTHER, True),
    ("说明.txt", "情况说明".encode("gb18030"), "text/plain", False), ("照片.png", b"MZ\x90\x00 program", "application/x-program", True), ("x", b"MZ\x90", "application/x-program", True),
    ("说明.txt", b"<!DOCTYPE html><script>1</script>", "text/html", True), ("图.svg", b"<?xml version='1.0'?><svg onload='x'/>", "image/svg+xml", False), ("无.dat", b"\x00\x01\x02", kinds.OTHER, False),
])
def test_the_kind_is_read_from_the_content_and_a_false_name_is_shown(tmp_path: Path, name: str, content: bytes, media: str, misnamed: bool) -> None:
    path = tmp_path / "f"
    path.write_bytes(content)
    assert kinds.media_of(path) == media
    assert kinds.claims_another(name, media) is misnamed


@pytest.mark.parametrize(("name", "kept"), [
    ("../../etc/passwd", "passwd"), ("C:\\Users\\x\\笔录.doc", "笔录.doc"), ("a\x00b\r\nSet-Cookie: x.pdf", "abSet-Cookie_ x.pdf"), ("\u202efdp.exe", "fdp.exe"), ("", "未命名"), ("...", "未命名"),
    ("长" * 300 + ".pdf", "长" * 196 + ".pdf"), ('a"b<c>.pdf', "a_b_c_.pdf"),
])
def test_a_hostile_name_becomes_a_harmless_one(name: str, kept: str) -> None:
    assert kinds.safe_name(name) == kept


def test_a_stranger_learns_nothing_of_a_file(kit: Kit, raw: Callable[[str], AbstractContextManager[psycopg.Connection[Any]]]) -> None:
    lead = kit.open()
    file = take_in(kit, lead)
    assert row(kit, kit.hands.staff("handler", "zhongyue/supervision1"), file) is None
    assert kit.code(kit.hands.staff("handler", "zhongyue/supervision1"), lambda: services.receive(Matter(pk=lead), "x.pdf", [PDF])) == "not_found"
    with raw(kit.hands.staff("handler", "zhongyue/supervision1")) as c:
        for table in ("stored_file", "custody_entry", "exhibit_verdict", "exhibit_use", "file_check"):
            assert c.execute(f"select count(*) from {table} where matter_id = %s", [lead]).fetchone() == (0,)  # type: ignore[arg-type]
        for query in ("select access.file_digest(%s, 'x')", "select access.judge_exhibit(%s, 'forged', 'because')", "select access.cite_exhibit(%s, 'matter', 1)"):
            with pytest.raises(psycopg.Error, match="not visible"), c.transaction():
                c.execute(query, [lead if "digest" in query else file])


def test_nothing_stored_is_rewritten_by_a_raw_session(kit: Kit, raw: Callable[[str], AbstractContextManager[psycopg.Connection[Any]]]) -> None:
    file = take_in(kit, kit.open())
    with raw(kit.chief) as c:
        for query in ("update stored_file set name = 'x' where id = %s", "update custody_entry set from_whom = 'x' where file_id = %s", "delete from stored_file where id = %s",
                      "update exhibit_use set flagged_at = null where file_id = %s", "delete from custody_entry where file_id = %s"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), c.transaction():
                c.execute(query, [file])


def test_a_recused_handler_loses_the_file_with_the_matter(kit: Kit) -> None:
    lead = kit.open()
    file = take_in(kit, lead)
    assert row(kit, kit.handler, file) is not None
    kit.stage.admin.execute("insert into recusal (id, matter_id, principal, ground, automatic, state, starts_at, ends_at, reason) values (access.new_id(), %s, %s, 'kin', false,"
                            " 'in_force', access.now(), '9999-01-01', '')", [lead, kit.stage.person(kit.handler)])
    assert row(kit, kit.handler, file) is None


def test_every_download_names_its_purpose_and_is_on_record(kit: Kit) -> None:
    file = take_in(kit, kit.open())
    before = events(kit, "file.taken")
    assert kit.code(kit.handler, lambda: services.take(StoredFile.objects.get(pk=file), "")) == "purpose_needed"
    with kit.stage.acts(kit.handler):
        assert b"".join(services.take(StoredFile.objects.get(pk=file), "handling")) == PDF
    assert events(kit, "file.taken") == before + 1


def test_the_custody_log_says_who_had_it_when_and_from_whom(kit: Kit) -> None:
    file = take_in(kit, kit.open())
    assert kit.code(kit.chief, lambda: services.enter_custody(StoredFile.objects.get(pk=file), "moved")) == "receiver_needed"
    assert kit.code(kit.chief, lambda: services.enter_custody(StoredFile.objects.get(pk=file), "burnt")) == "unknown_kind"
    with kit.stage.acts(kit.chief):
        one = StoredFile.objects.get(pk=file)
        services.enter_custody(one, "sealed", note="封条 3 号")
        services.enter_custody(one, "moved", from_whom="办案组", to_whom="涉案财物管理室")
        services.enter_custody(one, "returned", to_whom="某公司")
        assert one.custody.order_by("recorded_at").values_list("kind", flat=True)[0] == "received"
        assert {e.kind for e in one.custody.all()} == {"received", "sealed", "moved", "returned"}


# ── what relies on an exhibit ──────────────────────────────────────────────────────────────────────────────────────
def test_a_forged_exhibit_flags_the_approval_and_the_matter_that_relied_on_it(kit: Kit) -> None:
    lead = kit.assigned()
    file, other = take_in(kit, lead), take_in(kit, lead, "照片.png", b"\x89PNG\r\n\x1a\nphoto")
    with kit.stage.acts(kit.chief):
        services.judge(StoredFile.objects.get(pk=file), "relied_on")
        asked = approvals.request(Matter.objects.get(pk=lead), "disposal", {"way": "transfer"})
        child = leads.spawn(Matter.objects.get(pk=lead), "recommendation", "derived", owner=kit.stage.body("wuchuan"))
        assert {(u.kind, u.ref) for u in ExhibitUse.objects.filter(file_id=file)} == {("approval", asked.id), ("matter", child.id)}
        assert not ExhibitUse.objects.filter(file_id=other).exists(), "what nobody relied on is cited by nothing"
    assert kit.code(kit.chief, lambda: services.judge(StoredFile.objects.get(pk=file), "forged", "")) == "reason_needed"
    with kit.stage.acts(kit.chief):
        assert services.judge(StoredFile.objects.get(pk=file), "forged", "公章经鉴定系伪造") == 2
    with kit.stage.acts(kit.chief):
        assert all(u.flagged_at for u in ExhibitUse.objects.filter(file_id=file))
        assert set(Alarm.objects.filter(kind="forged_exhibit").values_list("matter_id", flat=True)) >= {lead, child.id}
    with kit.stage.acts(kit.head):
        assert Notification.objects.filter(kind="exhibit_forged", matter_id=lead).exists()
        assert any(e["verdict"] == "forged" for e in approvals.snapshot_of(asked)["exhibits"]), "who signs sees it"
    with kit.stage.acts(kit.chief):
        assert services.judge(StoredFile.objects.get(pk=file), "relied_on") == 2
        assert all(u.flagged_at and u.cleared_at for u in ExhibitUse.objects.filter(file_id=file)), "both findings stay on record"


def test_a_copy_is_seen_by_who_sees_both_and_shares_the_verdict_of_its_original(kit: Kit) -> None:
    origin, target = kit.open(), kit.open()
    file = take_in(kit, origin)
    assert kit.code(kit.chief, lambda: services.copy(StoredFile.objects.get(pk=file), Matter.objects.get(pk=target), "")) == "reason_needed"
    with kit.stage.acts(kit.chief):
        made = services.copy(StoredFile.objects.get(pk=file), Matter.objects.get(pk=target), "并案核查")
        assert StoredFile.objects.get(pk=file).custody.filter(kind="copied").exists()
    kit.stage.admin.execute("insert into matter_grant (id, matter_id, principal, kind, acts, starts_at, ends_at, basis, reason, granted_by, recorded_at) values (access.new_id(), %s, %s,"
                            " 'reviewer', '{read}', access.now(), access.now() + interval '9 days', 'review', '', %s, access.now())",
                            [target, kit.stage.person(kit.hands.staff("handler", "zhongyue/supervision1")), kit.stage.person(kit.chief)])
    assert kit.stage.sees(kit.hands.staff("handler", "zhongyue/supervision1"), target)
    assert row(kit, kit.hands.staff("handler", "zhongyue/supervision1"), made.id) is None, "a copy inherits from all its parents"
    with kit.stage.acts(kit.chief):
        services.judge(StoredFile.objects.get(pk=file), "forged", "系变造件")
        assert Alarm.objects.filter(matter_id=target, kind="forged_exhibit").exists()


# ── the list that travels ──────────────────────────────────────────────────────────────────────────────────────────
def test_on_opening_the_list_is_compared_and_a_changed_file_is_named(kit: Kit) -> None:
    lead = kit.open()
    take_in(kit, lead), take_in(kit, lead, "笔录.txt", "询问笔录".encode())
    duty = kit.hands.staff("case_duty", "zhongyue/case")
    parcel = kit.hands.send(kit.chief, lead, "zhongyue", "属该县管理权限")
    with kit.stage.acts(duty):
        bad = StoredFile.objects.get(matter_id=lead, name="笔录.txt")
    place = store.place(bytes(bad.digest))
    kept = place.read_bytes()
    place.write_bytes("改过的笔录".encode())
    with kit.stage.acts(duty):
        handover.step(Handover.objects.get(pk=parcel), "opened")
        assert dict(FileCheck.objects.filter(handover_id=parcel).values_list("name", "result")) == {"流水.pdf": "match", "笔录.txt": "changed"}
    with pytest.raises(Refused, match=r"笔录\.txt"), kit.stage.acts(duty):
        handover.step(Handover.objects.get(pk=parcel), "accepted")
    place.unlink()
    with kit.stage.acts(duty):
        handover.step(Handover.objects.get(pk=parcel), "opened")
        assert services.differing(Handover.objects.get(pk=parcel)) == ["笔录.txt"]
        assert services.guard_of(Matter.objects.get(pk=lead)) == {"listed"}
    place.write_bytes(kept)
    kit.hands.receive(duty, parcel, "accepted")
    with kit.stage.acts(duty):
        assert services.guard_of(Matter.objects.get(pk=lead)) == {"listed", "matching"}
        assert Matter.objects.get(pk=lead).owner_body_id == kit.stage.body("zhongyue")


def test_what_is_added_after_sending_is_named_too(kit: Kit) -> None:
    lead = kit.open()
    take_in(kit, lead)
    duty = kit.hands.staff("case_duty", "zhongyue/case")
    parcel = kit.hands.send(kit.chief, lead, "zhongyue", "属该县管理权限")
    kit.hands.minutes(5)
    take_in(kit, lead, "后补.pdf", PDF + b"2")
    with kit.stage.acts(duty):
        handover.step(Handover.objects.get(pk=parcel), "opened")
        assert FileCheck.objects.get(handover_id=parcel, result="added").name == "后补.pdf"


# ── the disc ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def as_role(stage: Any, pg_cluster: Server) -> Iterator[Callable[[str], None]]:
    """Django as a role that is bound to nobody; as web again when the test ends."""
    database = TestDatabase(pg_cluster, stage.admin.execute("select current_database()").fetchone()[0])
    yield lambda role: use(database, role)
    use(database)


def orphan(content: bytes = b"x", name: str = "ab" * 32, old: bool = True) -> Path:
    path = store.folder() / (name if name.startswith(".") else f"{name[:2]}/{name}")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    if old:
        os.utime(path, (time.time() - 4000,) * 2)
    return path


def test_bytes_without_a_row_are_swept_and_rows_keep_their_bytes(kit: Kit, as_role: Callable[[str], None]) -> None:
    file = row(kit, kit.chief, take_in(kit, kit.open()))
    assert file is not None
    kept = store.place(bytes(file.digest))
    os.utime(kept, (time.time() - 9000,) * 2)
    cut_off, lost, fresh = orphan(name=".incoming-1"), orphan(), orphan(name="cd" * 32, old=False)
    as_role("sweeper")
    assert checking.sweep_orphans() == 2
    assert (cut_off.exists(), lost.exists(), fresh.exists(), kept.exists()) == (False, False, True, True)


def test_verify_names_the_missing_and_the_changed_file(kit: Kit, as_role: Callable[[str], None]) -> None:
    lead = kit.open()
    good, gone, changed = (take_in(kit, lead, f"{n}.pdf", PDF + n.encode()) for n in ("good", "gone", "changed"))
    for file, spoil in ((gone, Path.unlink), (changed, lambda p: p.write_bytes(b"other"))):
        found = row(kit, kit.chief, file)
        assert found is not None
        spoil(store.place(bytes(found.digest)))
    as_role("backup")
    mine = {d.row.split()[1]: d.computed for d in checking._files()}
    assert str(good) not in mine
    assert mine[str(gone)].startswith("missing")
    assert mine[str(changed)].startswith("changed")
