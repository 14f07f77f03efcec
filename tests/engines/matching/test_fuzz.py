"""Ten thousand mutated inputs through the readers: no crash, counts that add up, nothing unbounded."""
from __future__ import annotations

import io
import json
import os
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from xieli.engines.matching.datasets import importing
from xieli.engines.matching.datasets.importing import import_dataset
from xieli.engines.matching.datasets.public_forms import BODS, OCDS, _split_release, _split_statement, objects
from xieli.engines.matching.datasets.records import Bad, Good, csv_records, read_header
from xieli.engines.matching.datasets.snapshot import Snapshot, take_snapshot
from xieli.engines.matching.procurement.flags import Settings, compute
from xieli.engines.matching.words import MatchError
from xieli.engines.matching.workspace import Workspace

from .helpers import NOW, described, description, field, write

SEED = int(os.environ.get("XIELI_FUZZ_SEED", "7"))
# 10⁴ in all in the ordinary run; the soak run multiplies it.
TIMES = int(os.environ.get("XIELI_FUZZ_TIMES", "100" if os.environ.get("XIELI_SIZE") == "large" else "1"))

CSV = "id_no,name,amount,day\n990101199001010012,歐陽鋒,\"1,200.50\",2026-01-02\nx,\"二\n行\",3,2026年3月4日\n".encode()
RELEASE = {
    "ocid": "o-1", "buyer": {"id": "B"}, "tender": {"tenderPeriod": {"startDate": "2026-01-01T00:00:00Z", "endDate": "2026-01-05T00:00:00Z"}, "procuringEntity": {"id": "E"}},
    "bids": {"details": [{"status": "valid", "date": "2026-01-06T00:00:00Z", "tenderers": [{"id": "W"}], "value": {"amount": 5, "currency": "CNY"}}, {"status": "disqualified", "tenderers": [{"id": "L"}], "value": {"amount": 5, "currency": "CNY"}}]},
    "awards": [{"id": "a", "status": "active", "suppliers": [{"id": "W"}], "items": [{"classification": {"id": "10000000"}}]}],
}  # fmt: skip
SPLICES = [b"\x00", b'"', b'""', b"\n", b"\r", b",", b"\xff\xfe", b"\xf0\x28", b"=cmd|x", b"9" * 400, b"{", b"[", b"]}", b"null", b"NaN", b"1e999", b"-0", "䶮".encode(), b"\\ud800", b"PK\x03\x04"]


def mutated(rng: random.Random, source: bytes) -> bytes:
    data = bytearray(source)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0 if data:
                data[min(at, len(data) - 1)] ^= 1 << rng.randrange(8)
            case 1:
                data[at:at] = rng.choice(SPLICES)
            case 2:
                del data[at : at + rng.randint(1, 40)]
            case 3:
                data[at:at] = data[rng.randrange(len(data) + 1) :][: rng.randint(1, 60)]
            case _:
                del data[at:]
    return bytes(data)


def other_value(rng: random.Random, value: object) -> object:
    """A JSON value with one part replaced by something of another kind."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        return {**value, key: other_value(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        return [*value[:at], other_value(rng, value[at]), *value[at + 1 :]]
    return rng.choice([None, True, 0, -1, 1.5, 1e308, "", "x", [], {}, [None], {"id": None}, [[]], "2026-02-30T00:00:00Z", 10**30, value, [value, value]])


def each(times: int, work: Callable[[random.Random], None]) -> None:
    for i in range(times * TIMES):
        work(random.Random(SEED * 1_000_003 + i))


def test_four_and_a_half_thousand_broken_csv_files_give_records_or_a_sentence(tmp_path: Path):
    def work(rng: random.Random) -> None:
        raw = mutated(rng, CSV if rng.random() < 0.6 else CSV.decode().encode("gb18030"))
        source = write(tmp_path / "f.csv", raw)
        try:
            snapshot = take_snapshot(source, tmp_path / "copy")
            if snapshot.form != "csv":
                return
            headers, delimiter, line = read_header(snapshot.path, snapshot.encoding)
        except MatchError:
            return
        records = list(csv_records(snapshot.path, snapshot.encoding, delimiter, line, len(headers)))
        assert all(isinstance(r, Bad) or len(r.cells) == len(headers) for r in records)
        rows = [r.row for r in records]
        assert rows == sorted(set(rows))
        # every line with content after the header is in exactly one record
        content = [i for i, x in enumerate(raw.split(b"\n"), 1) if i > line and x.strip()]
        spans = [n for n in content if n in set(rows)]
        assert len(spans) == len(rows)

    each(4440, work)


def test_three_thousand_broken_json_files_are_read_split_and_flagged_or_quarantined(tmp_path: Path):
    text = json.dumps(RELEASE).encode()

    def work(rng: random.Random) -> None:
        if rng.random() < 0.5:
            raw = mutated(rng, text + b"\n" + text)
        else:
            raw = json.dumps(other_value(rng, RELEASE)).encode() + b"\n" + text
        path = write(tmp_path / "f.jsonl", raw)
        for form in ("jsonl", "json"):
            try:
                found = list(objects("ocds", Snapshot(path, "", len(raw), form, "utf-8", True, 0, 2)))
            except (MatchError, UnicodeDecodeError):
                continue
            good = [v for v in found if not isinstance(v, Bad)]
            rows = {t: [] for t in OCDS}
            bods = {t: [] for t in BODS}
            for number, value in good:
                _split_release(number, value, rows)
                _split_statement(number, value, bods)
            compute([v for _, v in good], Settings())

    each(3000, work)


def test_twenty_five_hundred_broken_workbooks_are_refused_by_the_container_check(tmp_path: Path):
    book = Workbook()
    book.active.append(["id_no", "name", "amount", "day"])
    book.active.append(["x", "甲", 1, "2026-01-02"])
    buffer = io.BytesIO()
    book.save(buffer)
    whole = buffer.getvalue()

    def work(rng: random.Random) -> None:
        source = write(tmp_path / "f.xlsx", mutated(rng, whole))
        try:
            found = take_snapshot(source, tmp_path / "copy").form
        except MatchError:
            return
        assert found in ("xlsx", "csv", "json", "jsonl")

    each(2500, work)


def test_sixty_go_the_whole_way_and_received_is_accepted_and_quarantined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importing, "run_child", lambda plan, folder, seconds, progress: importing.read_and_check(plan, progress))
    rows = description("rows", [field("id_no", "person_id"), field("name", "person_name"), field("amount", "money"), field("day", "date")])
    where = described(tmp_path, rows)
    ws = Workspace.create(tmp_path / "ws", "c", NOW)
    published = []
    done = 0

    def work(rng: random.Random) -> None:
        nonlocal done
        if done and done % 60 == 0:  # each import looks through its workspace: six thousand in one would take the square of it
            assert not list(ws.catalogue.glob(".staging-*"))
            shutil.rmtree(ws.root)
            Workspace.create(ws.root, "c", NOW)
        done += 1
        source = write(tmp_path / "f.csv", mutated(rng, CSV))
        try:
            (result,) = import_dataset(ws, source, where, now=NOW, by="c")
        except MatchError:
            return
        assert result.received == result.accepted + result.quarantined
        published.append(result.version)

    each(60, work)
    assert len(published) > 5
    assert not list(ws.catalogue.glob(".staging-*"))


def test_a_zip_of_directories_and_links_is_refused(tmp_path: Path):
    for name, attributes in (("../evil", 0), ("/evil", 0), ("xl/link", 0xA1ED0000)):
        with zipfile.ZipFile(tmp_path / "f.xlsx", "w") as z:
            info = zipfile.ZipInfo(name)
            info.external_attr = attributes
            z.writestr(info, "x")
        with pytest.raises(MatchError, match="unsafe_path"):
            take_snapshot(tmp_path / "f.xlsx", tmp_path / "copy")


def test_a_lone_good_record_survives_next_to_every_splice(tmp_path: Path):
    for splice in SPLICES:
        if b"\x00" in splice:
            continue
        raw = b"a,b\n1,2\n" + splice + b"\n3,4\n"
        path = write(tmp_path / "f.csv", raw)
        good = [r.cells for r in csv_records(path, "utf-8", ",", 1, 2) if isinstance(r, Good)]
        assert ["1", "2"] in good
        assert ["3", "4"] in good
