#!/usr/bin/env python3
"""Check an export of the ledger of acts, offline: this one file and Python's standard library are enough.

    python verify.py EXPORT --key PUBLIC_KEY [--witness FILE]…        (copy the file anywhere; it imports nothing of Xieli)

It needs the public key from a source that the log's keeper does not control, and finds what a witness file (seals that someone else
kept) contradicts. It names the first bad row. Rows are numbered from 0; row n is line n + 1 of events.jsonl.

What it believes: a seal signed by a given key, or one whose hash such a seal carries as `prev`. Leaf hashes that stand beside a believed seal
and match its `rows` digest say which row differs; the root alone could only say that one does. Everything else in the folder is only claimed.
Exit codes: 0 all holds, 1 something does not, 2 cannot be checked at all.
"""
from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

sha256 = hashlib.sha256

# ── Ed25519 (RFC 8032 §5.1.7), verification only ─────────────────────────────────────────────────────────────────────────
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_M1 = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)


def _add(a: Point, b: Point) -> Point:
    p, q = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    r, s = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = q - p, s - r, s + r, q + p
    return e * f % P, g * h % P, f * g % P, e * h % P


def _decode(data: bytes) -> Point | None:
    """A point from its 32 bytes; None for anything that RFC 8032 would not have written."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * ROOT_M1 % P
        if (v * x * x - u) % P:
            return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _encode(p: Point) -> bytes:
    z = pow(p[2], -1, P)
    return (p[1] * z % P | (p[0] * z % P & 1) << 255).to_bytes(32, "little")


BASE = _decode((4 * pow(5, -1, P) % P).to_bytes(32, "little")) or NEUTRAL


def ed25519(public: bytes, message: bytes, sig: bytes) -> bool:
    """Whether `sig` (64 bytes) is a signature of `message` under `public` (32 bytes).

    Refuses S ≥ order (a second valid form of the same signature), non-canonical points and keys of small order (which sign anything).
    """
    if len(public) != 32 or len(sig) != 64:
        return False
    a, s = _decode(public), int.from_bytes(sig[32:], "little")
    if a is None or s >= ORDER:
        return False
    small = a
    for _ in range(3):
        small = _add(small, small)
    if small[0] % P == 0 and (small[1] - small[2]) % P == 0:
        return False
    k = int.from_bytes(hashlib.sha512(sig[:32] + public + message).digest(), "little") % ORDER
    minus = (P - a[0], a[1], 1, P - a[3])
    both, out = _add(BASE, minus), NEUTRAL
    for bit in range(max(s.bit_length(), k.bit_length()) - 1, -1, -1):
        out = _add(out, out)
        one, two = s >> bit & 1, k >> bit & 1
        if one or two:
            out = _add(out, both if one and two else BASE if one else minus)
    return _encode(out) == sig[:32]


def read_keys(text: str) -> dict[str, bytes]:
    """Public keys (id → 32 bytes) from PEM or hex text; lines starting with # are skipped. Raises ValueError."""
    keys = []
    body = re.compile(r"-----BEGIN PUBLIC KEY-----(.*?)-----END PUBLIC KEY-----", re.S)
    for pem in body.findall(text):
        der = base64.b64decode("".join(pem.split()), validate=True)
        if len(der) != 44 or der[:12] != bytes.fromhex("302a300506032b6570032100"):
            raise ValueError("不是 Ed25519 公钥 / not an Ed25519 public key")
        keys.append(der[12:])
    for line in body.sub("", text).splitlines():
        word = line.split("#")[0].strip()
        if word:
            if not re.fullmatch("[0-9a-fA-F]{64}", word):
                raise ValueError("公钥须为 PEM 或 64 位十六进制 / a public key is PEM or 64 hex digits")
            keys.append(bytes.fromhex(word))
    if not keys:
        raise ValueError("文件中没有公钥 / the file holds no public key")
    return {sha256(k).hexdigest()[:16]: k for k in keys}


# ── seals ────────────────────────────────────────────────────────────────────────────────────────────────────────────────
LINE = re.compile(rb'\{(?:"leaves":"([A-Za-z0-9+/]*={0,2})",)?"seal":(\{[ -~]+\}),"sig":"([0-9a-f]{128})"\}')
HEX = re.compile("[0-9a-f]{64}")
AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
TYPES = {"at": str, "key": str, "log": str, "number": int, "prev": str, "root": str, "rows": str, "size": int, "v": int}


@dataclass
class Seal:
    canon: bytes
    sig: bytes
    leaves: bytes | None
    value: dict[str, Any]
    line: int
    believed: bool = False

    def __post_init__(self) -> None:
        self.number, self.size = int(self.value["number"]), int(self.value["size"])
        self.hash = sha256(self.canon + self.sig).hexdigest()

    @property
    def added(self) -> bytes | None:
        """The leaf hashes beside the seal, if they are the ones it was signed over."""
        good = self.leaves is not None and len(self.leaves) % 32 == 0 and len(self.leaves) // 32 <= self.size
        return self.leaves if good and sha256(self.leaves or b"").hexdigest() == self.value["rows"] else None


def plain_json(data: bytes) -> Any:
    """Read canonical JSON with whole numbers up to 2⁵³−1 only (RFC 8785, RFC 7493); raises ValueError for any other bytes."""

    def stop(_: str) -> Any:
        raise ValueError("number")

    def whole(text: str) -> int:
        return int(text) if len(text) <= 17 and abs(int(text)) < 2**53 else int(stop(text))

    value = json.loads(data.decode(), parse_int=whole, parse_float=stop, parse_constant=stop)
    # equal to RFC 8785 while all keys are ASCII and no number is a float
    if json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() != data:
        raise ValueError("not canonical")
    return value


def read_seal(raw: bytes, line: int) -> Seal | None:
    match = LINE.fullmatch(raw)
    if not match:
        return None
    try:
        value = plain_json(match[2])
        leaves = None if match[1] is None else base64.b64decode(match[1], validate=True)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or set(value) - {"restored"} != set(TYPES) or value["v"] != 1:
        return None
    if any(type(value[k]) is not t for k, t in TYPES.items()) or value["number"] < 1 or value["size"] < 0:
        return None
    lost = value.get("restored", {"hash": "0" * 64, "number": 0, "size": 0})
    if not isinstance(lost, dict) or sorted(lost) != ["hash", "number", "size"] or not HEX.fullmatch(str(lost["hash"])):
        return None
    if any(type(lost[k]) is not int for k in ("number", "size")) or not all(HEX.fullmatch(value[k]) for k in ("prev", "root", "rows")) or not AT.fullmatch(value["at"]):
        return None
    return Seal(match[2], bytes.fromhex(match[3].decode()), leaves, value, line)


def believe(seals: list[Seal], keys: dict[str, bytes]) -> None:
    """Mark the believed seals, from the last to the first: vouched for by the next believed seal, or signed by a given key.

    An intact chain costs one signature, however long it is.
    """
    vouched: set[str] = set()
    for seal in sorted(seals, key=lambda s: -s.number):
        key = keys.get(seal.value["key"])
        seal.believed = seal.hash in vouched or (key is not None and ed25519(key, b"xieli-seal-1\n" + seal.canon, seal.sig))
        if seal.believed:
            vouched.add(seal.value["prev"])


# ── findings ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass
class Finding:
    kind: str
    zh: str
    en: str
    first: int | None = None
    last: int | None = None
    seal: int | None = None


@dataclass
class Report:
    """What was checked and what does not hold. `first_bad_row`: the lowest row that is not what was sealed; None if none is known."""

    rows: int = 0
    seals: int = 0
    size: int = 0
    witnesses: int = 0
    personal: int = 0
    findings: list[Finding] = field(default_factory=list)
    first_bad_row: int | None = None
    missing: list[int] | None = None
    bad_seals: list[int] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.findings

    def add(self, finding: Finding, bad_row: bool = False) -> None:
        self.findings.append(finding)
        if bad_row and finding.first is not None and (self.first_bad_row is None or finding.first < self.first_bad_row):
            self.first_bad_row = finding.first
        if finding.seal is not None and finding.seal not in self.bad_seals:
            self.bad_seals.append(finding.seal)

    def as_dict(self) -> dict[str, Any]:
        return {"ok": self.ok} | vars(self) | {"bad_seals": sorted(self.bad_seals), "findings": [vars(f) for f in self.findings]}


def check_seals(lines: Iterable[bytes], keys: dict[str, bytes], report: Report, witness: str = "") -> list[Seal]:
    """Read and believe the seals of one file; report what is malformed, unsigned, missing in between or out of order."""
    seals, seen = [], set()
    of = (f"见证 {witness}：", f"witness {witness}: ") if witness else ("", "")
    for i, raw in enumerate(lines):
        seal = read_seal(raw, i)
        if seal is None:
            report.add(Finding("seal-form", f"{of[0]}第 {i + 1} 行不是封存", f"{of[1]}line {i + 1} is no seal"))
        elif seal.number in seen:
            report.add(Finding("seal-twice", f"{of[0]}封存 {seal.number} 出现两次", f"{of[1]}seal {seal.number} appears twice", seal=seal.number))
        else:
            seen.add(seal.number)
            seals.append(seal)
    believe(seals, keys)
    for seal in seals:
        if not seal.believed:
            report.add(Finding("seal-signature", f"{of[0]}封存 {seal.number} 没有所给公钥的签名", f"{of[1]}seal {seal.number} is not signed by a given key", seal=seal.number))
    good = sorted((s for s in seals if s.believed), key=lambda s: s.number)
    if not witness and (not good or good[0].number != 1):
        first, last = 1, good[0].number - 1 if good else 1
        report.add(Finding("seal-missing", f"缺少封存 {first}–{last}", f"seals {first}–{last} are missing", 0, good[0].size - 1 if good else None, seal=first))
    for a, b in pairwise(good):
        restored = b.value.get("restored")
        if restored:
            report.add(Finding("restored", f"{of[0]}封存 {b.number} 记载从备份恢复：封存 {restored['number']} 及其前共 {restored['size']} 行中，第 {a.size} 行以后已失去", f"{of[1]}seal {b.number} declares a restore from a backup: of {restored['size']} rows under seal {restored['number']}, those from {a.size} on were lost", a.size, restored["size"] - 1, b.number))
        elif b.number != a.number + 1 and not witness and not set(range(a.number + 1, b.number)) <= seen:
            report.add(Finding("seal-missing", f"缺少封存 {a.number + 1}–{b.number - 1}（第 {a.size}–{b.size - 1} 行内）", f"seals {a.number + 1}–{b.number - 1} are missing (within rows {a.size}–{b.size - 1})", a.size, b.size - 1, a.number + 1))
        if (restored or b.number == a.number + 1) and b.value["prev"] != a.hash:
            report.add(Finding("seal-chain", f"{of[0]}封存 {b.number} 不接封存 {a.number}", f"{of[1]}seal {b.number} does not follow seal {a.number}", seal=b.number))
        if b.value["log"] != a.value["log"] or b.size < a.size or b.value["at"] < a.value["at"]:
            report.add(Finding("seal-order", f"{of[0]}封存 {b.number} 的日志、行数或时间倒退", f"{of[1]}seal {b.number} goes back in log, size or time", seal=b.number))
    return good


def compare_witness(seals: list[Seal], held: list[Seal], report: Report) -> None:
    """What the witness contradicts: another seal of the same number, or seals that the export no longer has."""
    if seals and held and seals[0].value["log"] != held[0].value["log"]:
        report.add(Finding("other-log", "见证属于另一日志", "the witness belongs to another log"))
        held.clear()
    own = {s.number: s for s in seals}
    last = seals[-1].number if seals else 0
    gone = [s.number for s in held if s.number > last]
    for seal in held:
        mine = own.get(seal.number)
        if mine and mine.canon != seal.canon:
            report.add(Finding("fork", f"封存 {seal.number} 与见证不同，两者都有签名：日志被重写，或密钥被盗", f"seal {seal.number} differs from the witness and both are signed: the log was rewritten or the key stolen", seal=seal.number))
    if gone:
        report.add(Finding("short", f"缺少见证所持的封存 {gone[0]}–{gone[-1]}", f"seals {gone[0]}–{gone[-1]}, which the witness holds, are missing or not signed", seal=gone[0]))


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────
class Edge:
    """The right edge of the RFC 9162 tree."""

    def __init__(self) -> None:
        self.nodes: list[bytes] = []
        self.size = 0

    def append(self, node: bytes) -> None:
        size = self.size
        while size & 1:
            node = sha256(b"\x01" + self.nodes.pop() + node).digest()
            size >>= 1
        self.nodes.append(node)
        self.size += 1

    def root(self) -> str:
        if not self.nodes:
            return sha256(b"").hexdigest()
        node = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            node = sha256(b"\x01" + left + node).digest()
        return node.hex()


def well_formed(row: bytes) -> bool:
    try:
        return set(plain_json(row)) == {"at", "by", "fields", "id", "matters", "personal", "v", "verb"}
    except (ValueError, TypeError, RecursionError):
        return False


class Known:
    """The believed leaf hash of a row, asked in row order."""

    def __init__(self, seals: list[Seal]) -> None:
        self.spans = sorted((s.size - len(a) // 32, a) for s in seals if (a := s.added))
        self.at = 0

    def leaf(self, row: int) -> bytes | None:
        while self.at < len(self.spans):
            start, leaves = self.spans[self.at]
            if row >= start + len(leaves) // 32:
                self.at += 1
                continue
            return leaves[(row - start) * 32 : (row - start) * 32 + 32] if row >= start else None
        return None


def check_rows(rows: Iterable[bytes], seals: list[Seal], held: list[Seal], report: Report, keep: set[int] | None = None) -> dict[int, bytes]:
    """Hash every row, compare with believed leaf hashes and roots, name the first row that differs; returns the rows in `keep`."""
    marks: dict[int, Seal] = {s.size: s for s in seals}
    for s in held:
        marks[s.size] = s
    own, outside, edge, kept = Known(seals), Known(held), Edge(), {}
    sound, differs, count = 0, 0, 0  # rows up to `sound` are proven by a root

    def at_mark(size: int) -> None:
        nonlocal sound
        seal = marks.get(size)
        if seal is None or report.first_bad_row is not None:
            return
        if edge.root() == seal.value["root"]:
            sound = size
        else:
            report.add(Finding("root", f"第 {sound}–{size - 1} 行中有改动，封存 {seal.number} 的根不符；无逐行摘要，不能指出是哪一行", f"one of rows {sound}–{size - 1} was changed: the root of seal {seal.number} differs; without leaf hashes the row cannot be named", sound, size - 1), True)

    at_mark(0)
    for row in rows:
        leaf = sha256(b"\x00" + row).digest()
        expected = outside.leaf(count) or own.leaf(count)  # where a witness knows a row, its word goes first
        if expected is not None and leaf != expected:
            differs += 1
            if differs == 1:
                report.add(Finding("row", f"第 {count} 行（文件第 {count + 1} 行）不是封存时的内容" + ("：此行已不在" if not row else ""), f"row {count} (line {count + 1} of the file) is not what was sealed" + (": it is gone" if not row else ""), count), True)
        elif not well_formed(row):
            report.add(Finding("row-form", f"第 {count} 行不是规范的记录", f"row {count} is not a canonical event", count), True)
        if keep and count in keep:
            kept[count] = row
        edge.append(leaf)
        count += 1
        at_mark(count)
    report.rows = count
    report.size = max([s.size for s in seals + held], default=0)
    if differs > 1:
        report.add(Finding("rows", f"共有 {differs} 行与封存不符", f"{differs} rows in all differ from what was sealed"))
    if count > report.size:
        report.add(Finding("unsealed", f"第 {report.size}–{count - 1} 行没有封存", f"rows {report.size}–{count - 1} are under no seal", report.size, count - 1), True)
    if count < report.size:
        report.missing = [count, report.size - 1]
        report.add(Finding("cut", f"缺第 {count}–{report.size - 1} 行", f"rows {count}–{report.size - 1} are missing", count, report.size - 1), True)
    return kept


def check_personal(lines: list[bytes], rows: dict[int, bytes], report: Report) -> None:
    """Whether every personal part handed out with the export opens the commitment in its row."""
    for i, raw in enumerate(lines):
        try:
            part = plain_json(raw)
            salt, message = bytes.fromhex(part["salt"]), part["part"].encode() + b"\x00" + part["value"].encode()
            held = plain_json(rows[part["index"]])["personal"][part["part"]]
            good = HEX.fullmatch(part["salt"]) is not None and hmac.new(salt, message, sha256).hexdigest() == held
        except (ValueError, KeyError, TypeError, AttributeError):
            good = False
        report.personal += 1
        if not good:
            report.add(Finding("personal", f"个人信息第 {i + 1} 条与其摘要不符", f"personal part {i + 1} does not open its commitment"))


def check_receipt(text: bytes, keys: dict[str, bytes]) -> bool:
    """Whether a receipt (one event, its path and a seal, as one JSON object) proves that the sealed log holds the event."""
    try:
        value = plain_json(text.rstrip(b"\n"))
        seal = read_seal(value["seal"].encode(), 0)
        index, path = value["index"], [bytes.fromhex(h) for h in value["path"] if HEX.fullmatch(h)]
        key = keys.get(seal.value["key"]) if seal else None
        if not seal or not key or type(index) is not int or not ed25519(key, b"xieli-seal-1\n" + seal.canon, seal.sig):
            return False
        if not 0 <= index < seal.size or len(path) != len(value["path"]):
            return False
        node, fn, sn = sha256(b"\x00" + value["event"].encode()).digest(), index, seal.size - 1
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    for h in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = sha256(b"\x01" + h + node).digest()
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = sha256(b"\x01" + node + h).digest()
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node.hex() == seal.value["root"]


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────────
def verify_lines(
    rows: Iterable[bytes], seals: Iterable[bytes], keys: dict[str, bytes], witnesses: Iterable[tuple[str, Iterable[bytes]]] = (),
    personal: Iterable[bytes] = (),
) -> Report:
    """Check lines against the keys (id → raw public key) and the witnesses' lines. Raises nothing for bad content: it reports it."""
    report = Report()
    own = check_seals(seals, keys, report)
    held: list[Seal] = []
    for name, lines in witnesses:
        held += check_seals(lines, keys, report, name)
    held.sort(key=lambda s: s.number)
    report.seals, report.witnesses = len(own), len(held)
    compare_witness(own, held, report)
    parts = list(personal)
    wanted = {int(m[1]) for raw in parts if (m := re.match(rb'\{"index":(\d{1,15}),', raw))}
    check_personal(parts, check_rows(rows, own, held, report, wanted), report)
    return report


def verify(export: Path, keys: dict[str, bytes], witnesses: Iterable[Path] = ()) -> Report:
    """Check the folder against the keys and the witness files. Raises OSError when a needed file cannot be read."""
    with ExitStack() as open_files:

        def lines(path: Path) -> Iterator[bytes]:
            """Ended by a newline byte only; a last line without one counts as well."""
            return (raw.removesuffix(b"\n") for raw in open_files.enter_context(path.open("rb")))

        private = export / "personal.jsonl"
        return verify_lines(
            lines(export / "events.jsonl"), lines(export / "seals.jsonl"), keys, [(w.name, lines(w)) for w in witnesses],
            lines(private) if private.exists() else (),
        )


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check an export of the ledger of acts / 核验审计记录导出")
    parser.add_argument("export", type=Path, nargs="+")
    parser.add_argument("--key", type=Path, action="append", required=True)
    parser.add_argument("--witness", type=Path, action="append", default=[])
    parser.add_argument("--receipt", action="store_true", help="EXPORT is a receipt file / 所给为单条凭证")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    a = parser.parse_args(argv)
    worst = 0
    try:
        keys: dict[str, bytes] = {}
        for path in a.key:
            keys |= read_keys(path.read_text(encoding="utf-8"))
        for place in a.export:
            if a.receipt:
                report = Report()
                if not check_receipt(place.read_bytes(), keys):
                    report.add(Finding("receipt", "凭证不成立", "the receipt proves nothing"))
            else:
                report = verify(place, keys, a.witness)
            worst = max(worst, 0 if report.ok else 1)
            print(json.dumps(report.as_dict(), ensure_ascii=False) if a.json else "\n".join(words(report, a.lang)))
    except (OSError, ValueError) as reason:
        print(f"无法核验 / cannot be checked: {reason}", file=sys.stderr)
        return 2
    return worst


def words(report: Report, lang: str) -> list[str]:
    """The report as sentences."""
    zh = lang == "zh"
    out = [f.zh if zh else f.en for f in sorted(report.findings, key=lambda f: (f.first is None, f.first or 0))]
    if report.first_bad_row is not None:
        out.insert(0, f"第一处不符：第 {report.first_bad_row} 行" if zh else f"first bad row: {report.first_bad_row}")
    if report.ok:
        out.append(f"全部相符：{report.rows} 行，{report.seals} 个封存，{report.witnesses} 个见证封存" if zh else f"all holds: {report.rows} rows, {report.seals} seals, {report.witnesses} witnessed seals")
    return out


if __name__ == "__main__":
    sys.exit(main())
