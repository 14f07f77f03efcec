"""The verifier under attack: signatures that are nearly right, seals that are nearly seals, receipts that prove nothing."""
from __future__ import annotations

import ast
import json
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.engines.ledger import worlds
from tests.engines.ledger.test_tampering import AGREE, SECOND, node, second
from xieli.engines.ledger import commit, dumps, leaf_hash, parse
from xieli.engines.ledger import verify as v
from xieli.engines.ledger.export import receipt
from xieli.engines.ledger.seal import PREFIX, BadSeal, Restored, Signed, key_id

# RFC 8032 §7.1, tests 1–3: (public, message, signature)
RFC8032 = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]


@pytest.mark.parametrize(("public", "message", "sig"), RFC8032)
def test_the_vectors_of_rfc_8032(public: str, message: str, sig: str) -> None:
    p, m, s = map(bytes.fromhex, (public, message, sig))
    assert v.ed25519(p, m, s)
    assert not v.ed25519(p, m + b"x", s)


def test_signatures_agree_with_openssl_on_right_and_bent_ones() -> None:
    rng = random.Random(1)
    for _ in range(60):
        key = Ed25519PrivateKey.from_private_bytes(rng.randbytes(32))
        public, message = key.public_key().public_bytes_raw(), rng.randbytes(rng.randrange(80))
        sig = key.sign(message)
        bent = bytearray(sig)
        bent[rng.randrange(64)] ^= 1 << rng.randrange(8)
        for s in (sig, bytes(bent)):
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(s, message)
                good = True
            except InvalidSignature:
                good = False
            assert v.ed25519(public, message, s) is good


def test_a_second_form_of_a_signature_is_refused() -> None:
    """S + order satisfies the equation as well; RFC 8032 §5.1.7 demands S < order."""
    key = worlds.key_from(1)
    sig = key.sign(b"m")
    twin = sig[:32] + (int.from_bytes(sig[32:], "little") + v.ORDER).to_bytes(32, "little")
    assert v.ed25519(key.public_key().public_bytes_raw(), b"m", sig)
    assert not v.ed25519(key.public_key().public_bytes_raw(), b"m", twin)


@pytest.mark.parametrize("public", [
    "0100000000000000000000000000000000000000000000000000000000000000", "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0100000000000000000000000000000000000000000000000000000000000080",
])
def test_a_key_of_small_order_or_odd_form_signs_nothing(public: str) -> None:
    p = bytes.fromhex(public)
    for r in (p, bytes([1]) + bytes(31)):
        assert not v.ed25519(p, b"any message", r + bytes(32))


@pytest.fixture(scope="module")
def honest() -> worlds.Log:
    return worlds.make_log(100, 10)


def test_one_signature_is_enough_for_an_intact_chain(honest: worlds.Log, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = v.ed25519
    monkeypatch.setattr(v, "ed25519", lambda *a: calls.append(1) or real(*a))
    assert v.verify_lines(honest.rows, honest.lines(), honest.keys).ok
    assert len(calls) == 1


def test_a_key_that_was_not_given_vouches_for_nothing(honest: worlds.Log) -> None:
    stranger = worlds.key_from(5).public_key().public_bytes_raw()
    report = v.verify_lines(honest.rows, honest.lines(), {key_id(stranger): stranger})
    assert not report.ok
    assert (report.seals, report.first_bad_row) == (0, 0)
    # a key under another key's name does not help
    assert not v.verify_lines(honest.rows, honest.lines(), {key_id(honest.public): stranger}).ok


def test_two_keys_follow_each_other(honest: worlds.Log) -> None:
    log = honest.copy()
    new = worlds.key_from(7)
    log.rows += [worlds.row(i) for i in range(100, 130)]
    log.seals = worlds.seal_rows(new, log.rows, 10, start=log.seals)
    public = new.public_key().public_bytes_raw()
    assert v.verify_lines(log.rows, log.lines(), log.keys | {key_id(public): public}).ok
    assert not v.verify_lines(log.rows, log.lines(), log.keys).ok


def bent_lines(line: bytes, rng: random.Random) -> list[bytes]:
    value = json.loads(line)
    out = [line + b" ", b" " + line, line[:-1], line.replace(b'"v":1', b'"v":true'), line.replace(b'"v":1', b'"v":1.0'), b"", b"{}", b"null", b"\xff", line + b"\r"]
    for key in value["seal"]:
        for new in (None, -1, 0, 2**60, True, "", "x" * 64, [], {}, "0" * 64):
            seal = value["seal"] | {key: new}
            body = json.dumps(seal, sort_keys=True, separators=(",", ":")).encode()
            out.append(b'{"leaves":"' + value["leaves"].encode() + b'","seal":' + body + b',"sig":"' + value["sig"].encode() + b'"}')
        rest = {k: x for k, x in value["seal"].items() if k != key}
        out.append(b'{"seal":' + dumps(rest) + b',"sig":"' + value["sig"].encode() + b'"}')
    for extra in ({"restored": None}, {"restored": {"number": 1}}, {"restored": {"hash": 5, "number": "x", "size": []}}, {"more": 1}):
        out.append(b'{"seal":' + dumps(value["seal"] | extra) + b',"sig":"' + value["sig"].encode() + b'"}')
    for _ in range(60):
        data = bytearray(line)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        out.append(bytes(data))
    return [x for x in out if x != line and b"\n" not in x]


def test_no_bent_seal_is_believed_and_none_breaks_the_verifiers(honest: worlds.Log, tmp_path: Path) -> None:
    rng = random.Random(8)
    folders, reports = [], []
    key = tmp_path / "key"
    key.write_text(honest.public.hex())
    for at in (0, 4, 9):
        lines = honest.lines()
        for bent in bent_lines(lines[at], rng):
            log = honest.copy()
            log.raw_seals = [*lines[:at], bent, *lines[at + 1 :]]
            report = v.verify_lines(log.rows, log.raw_seals, log.keys)
            same_seal = b'"seal":' + honest.seals[at].seal.canon() + b',"sig":"' + honest.seals[at].sig.hex().encode() in bent
            assert same_seal or not report.ok, bent
            folders.append(log.save(tmp_path / f"{len(folders)}"))
            reports.append(report.as_dict())
    for mine, other in zip(reports, second(folders, key, None), strict=True):
        assert {k: mine[k] for k in AGREE} == {k: other[k] for k in AGREE}, other["notes"]


def test_the_strict_reader_of_the_engine_refuses_the_same_lines(honest: worlds.Log) -> None:
    line = honest.lines()[3]
    assert parse(line).line() == line
    for bent in bent_lines(line, random.Random(2)):
        found = v.read_seal(bent, 0)
        try:
            parse(bent)
            strict = True
        except BadSeal:
            strict = False
        assert strict == (found is not None), bent


def test_leaf_hashes_beside_a_seal_are_not_believed_on_their_own(honest: worlds.Log) -> None:
    """Edit a row and its leaf hash beside the seal: the digest inside the seal disowns the list, the root finds the edit."""
    log = worlds.edit(honest.copy(), 33, random.Random(0)).log
    forged = [leaf_hash(r) for r in log.rows[30:40]]
    log.seals[3] = replace(log.seals[3], leaves=b"".join(forged))
    report = v.verify_lines(log.rows, log.lines(), log.keys)
    assert not report.ok
    assert [(f.first, f.last) for f in report.findings if f.kind == "root"] == [(30, 39)]
    # the witness's list names it exactly
    assert v.verify_lines(log.rows, log.lines(), log.keys, [("w", honest.lines())]).first_bad_row == 33


def test_a_witness_that_is_forged_or_foreign_is_named_and_accuses_nobody(honest: worlds.Log) -> None:
    forged = worlds.Log(worlds.key_from(3), honest.rows, worlds.seal_rows(worlds.key_from(3), [worlds.row(i, "x") for i in range(100)], 10), 10)
    report = v.verify_lines(honest.rows, honest.lines(), honest.keys, [("w", forged.lines())])
    assert {f.kind for f in report.findings} == {"seal-signature"}
    assert report.first_bad_row is None
    foreign = worlds.seal_rows(honest.key, [worlds.row(i, "x") for i in range(100)], 10, name="another log")
    report = v.verify_lines(honest.rows, honest.lines(), honest.keys, [("w", [s.line() for s in foreign])])
    assert {f.kind for f in report.findings} == {"other-log"}
    assert report.first_bad_row is None


def test_a_restore_is_shown_even_when_it_is_signed(honest: worlds.Log) -> None:
    log = honest.copy()
    lost = log.seals[-1]
    log.rows, log.seals = log.rows[:90], log.seals[:-1]
    body = replace(lost.seal, number=11, size=90, root=log.seals[-1].seal.root, rows=sha256(b"").hexdigest(), prev=log.seals[-1].hash(),
                   restored=Restored(10, 100, lost.hash()))
    log.seals.append(Signed(body, log.key.sign(PREFIX + body.canon()), b""))
    report = v.verify_lines(log.rows, log.lines(), log.keys)
    assert [(f.kind, f.first, f.last) for f in report.findings] == [("restored", 90, 99)]


def test_receipts_prove_one_act_and_nothing_else(honest: worlds.Log, tmp_path: Path) -> None:
    leaves = [leaf_hash(r) for r in honest.rows]
    rng = random.Random(4)
    good = [receipt(honest.rows[i], i, leaves, honest.seals[-1]) for i in (0, 1, 37, 63, 64, 98, 99)]
    bad: list[bytes] = []
    for text in good:
        assert v.check_receipt(text, honest.keys)
        value = json.loads(text)
        changes: list[dict[str, Any]] = [
            {"index": value["index"] + 1}, {"index": -1}, {"index": True}, {"index": 2**50}, {"index": str(value["index"])}, {"path": value["path"][:-1]},
            {"path": [*value["path"], "00" * 32]}, {"path": []}, {"path": [*value["path"], "zz"]}, {"path": None}, {"path": list(reversed(value["path"]))},
            {"event": honest.rows[50].decode()}, {"event": value["event"] + " "}, {"event": 5}, {"seal": ""}, {"seal": None},
            {"seal": honest.lines(short=True)[3].decode()}, {"seal": value["seal"].replace('"size":100', '"size":101')},
        ]
        bad += [dumps(value | change) + b"\n" for change in changes]
        for _ in range(40):
            data = bytearray(text)
            data[rng.randrange(len(data) - 1)] ^= 1 << rng.randrange(8)
            bad.append(bytes(data))
    assert not any(v.check_receipt(text, honest.keys) for text in bad)
    assert not any(v.check_receipt(text, worlds.make_log(1, 1, seed=3).keys) for text in good)
    for text in (b"", b"[]", b"null", b"5", b"{}", b"[" * 10_000, b"\xff"):
        assert not v.check_receipt(text, honest.keys)
    files = []
    for n, text in enumerate(good + bad):
        files.append(tmp_path / f"{n}.json")
        files[-1].write_bytes(text)
    key = tmp_path / "key"
    key.write_text(honest.public.hex())
    done = subprocess.run([node(), str(SECOND), "--receipt", "--json", "--key", str(key), *map(str, files)], capture_output=True, text=True, check=False)
    assert [json.loads(x)["ok"] for x in done.stdout.splitlines()] == [True] * len(good) + [False] * len(bad)


def test_a_receipt_is_not_written_for_another_row_or_tree(honest: worlds.Log) -> None:
    leaves = [leaf_hash(r) for r in honest.rows]
    with pytest.raises(ValueError):
        receipt(honest.rows[3], 4, leaves, honest.seals[-1])
    with pytest.raises(ValueError):
        receipt(honest.rows[3], 3, leaves[:-1], honest.seals[-1])


def test_personal_parts_open_their_commitments_or_are_named(tmp_path: Path) -> None:
    log = worlds.make_log(1, 1)
    salt = b"s" * 32
    row = json.loads(log.rows[0]) | {"personal": {"name": commit(salt, "name", "张三").hex()}}
    log.rows = [dumps(row)]
    log.seals = worlds.seal_rows(log.key, log.rows, 1)
    part = {"index": 0, "part": "name", "salt": salt.hex(), "value": "张三"}
    bad = [part | {"value": "李四"}, part | {"salt": "00" * 32}, part | {"part": "number"}, part | {"index": 1}, part | {"salt": salt.hex()[:-2]},
           part | {"value": None}, {"index": 0}, part | {"index": "0"}]
    key = tmp_path / "key"
    key.write_text(log.public.hex())
    folders = []
    for n, p in enumerate([part, *bad]):
        report = v.verify_lines(log.rows, log.lines(), log.keys, (), [dumps(p)])
        assert report.ok is (n == 0), p
        folders.append(log.save(tmp_path / str(n)))
        (folders[-1] / "personal.jsonl").write_bytes(dumps(p) + b"\n")
    assert [x["ok"] for x in second(folders, key, None)] == [True] + [False] * len(bad)


def test_the_verifier_is_one_file_and_runs_alone(honest: worlds.Log, tmp_path: Path) -> None:
    """Copied elsewhere and run by an isolated Python it says the same; it imports the standard library only."""
    source = Path(v.__file__)
    names = {n.name if isinstance(node, ast.Import) else node.module for node in ast.walk(ast.parse(source.read_text("utf-8")))
             if isinstance(node, ast.Import | ast.ImportFrom) for n in node.names}
    assert {str(n).split(".")[0] for n in names} <= set(sys.stdlib_module_names)
    shutil.copy(source, tmp_path / "check.py")
    place, key = honest.save(tmp_path / "log"), tmp_path / "key.pem"
    key.write_bytes(honest.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    done = subprocess.run([sys.executable, "-I", "-S", str(tmp_path / "check.py"), str(place), "--key", str(key), "--lang", "en"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "all holds: 100 rows, 10 seals, 0 witnessed seals\n"), done.stderr
    worlds.edit(honest.copy(), 42, random.Random(0)).log.save(tmp_path / "bad")
    done = subprocess.run([sys.executable, "-I", "-S", str(tmp_path / "check.py"), str(tmp_path / "bad"), "--key", str(key)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "第 42 行" in done.stdout.splitlines()[0]
    done = subprocess.run([sys.executable, "-I", "-S", str(tmp_path / "check.py"), str(tmp_path / "nowhere"), "--key", str(key)], capture_output=True, text=True, check=False)
    assert done.returncode == 2


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_shell_checks_a_seal_with_openssl_alone(honest: worlds.Log, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(honest.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    script = SECOND.with_name("check-seal.sh")
    line = honest.lines(short=True)[2]
    for text, code in ((line, 0), (honest.lines()[2], 0), (line.replace(b'"size":30', b'"size":31'), 1), (line[:-3] + b'0"}', 1), (b"nothing", 1)):
        if text == line[:-3] + b'0"}' and text == line:
            continue
        done = subprocess.run(["sh", str(script), str(key)], input=text + b"\n", capture_output=True, check=False)
        assert done.returncode == code, done.stderr
