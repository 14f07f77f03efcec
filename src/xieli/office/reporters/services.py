"""What people do with the reporters' store. The database says who may (sql/); here is the cryptography between its ciphertexts.

A passphrase and an opened key live for one call of one process and are written nowhere.
"""
from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from xieli.office.accounts import passwords
from xieli.office.matters.services.errors import NotVisible, Refused, plain_words
from xieli.office.matters.services.source import actor, call
from xieli.office.reporters import crypto, guard
from xieli.server.custodians import Custodian, seal_shares

SIDE = {"keeper": crypto.KEEPER, "approver": crypto.APPROVER}
PARTS = ("name", "other_name", "id_number", "phone", "contact", "address", "unit", "original")
HARD = frozenset({"id_number", "phone"})  # never travel; a name may be another person's and is answered for
OPEN_WITH = 2
WORDS: dict[str, tuple[str, str, str]] = {
    "the store is not set up": ("not_set_up", "反映人信息库尚未设立：须至少一名保管人、一名审批人各设密钥，并登记离线保管人。没有保存任何内容。",
                                "The reporters' store is not set up: at least one keeper, one approver and the custodians are needed. Nothing was kept."),
    "one person never holds both halves": ("both_halves", "同一人不能先后担任保管人和审批人：旧密钥加旧备份就能打开。", "One person is never keeper and approver, not even one after the other."),
    "the keys changed meanwhile": ("conflict", "保管密钥刚刚有变动，请重新提交。没有保存任何内容。", "The keys changed meanwhile; hand it in again. Nothing was kept."),
    "this report is anonymous": ("anonymous", "匿名反映：没有身份可查，本系统也不提供查找匿名人的功能。", "This report is anonymous: there is nobody to show, and no function here finds out who it was."),
    "a request needs a reason": ("reason", "请写明理由（不少于八个字）。", "Give a reason of at least eight characters."),
    "your key holds no half of this report": ("no_half", "您的密钥没有这件的半份，请同一岗位的同事先转给您。", "Your key holds no half of this report; a colleague of the same side hands it on first."),
    "the same request is open already": ("duplicate", "您对这件已有一个未办结的申请。", "You have an open request for this report already; close it first."),
    "the request ran out": ("ran_out", "申请已过期，须重新申请。", "The request ran out; ask again."),
    "the asker may not ask any more": ("asker", "申请人的密钥或职务已变动，不能再给。", "The asker's key or duty has changed; nothing may be handed over."),
    "it was shown once": ("shown", "已经查看过一次，不能再看。", "It was shown once and is not shown again."),
    "it was erased": ("erased", "身份信息已删除。", "It was erased."),
    "say why the key ends": ("reason", "请写明停用密钥的原因。", "Say why the key ends."),
    "say what came of it": ("outcome", "请写明办理结果（不要写姓名）。", "Say what came of it (no names)."),
    "nothing to hand on": ("nothing", "没有可转的半份。", "There is nothing to hand on."),
    "an erasure needs a basis": ("basis", "删除须写明依据。", "An erasure needs a basis."),
    "not approved": ("not_approved", "尚未经审批人同意。", "It is not approved yet."),
}
WRONG_PASSPHRASE = ("passphrase", "保管口令不对。没有查看，也没有改动；可以再试。", "The passphrase does not open your key. Nothing was shown or changed; try again.")


@contextmanager
def _plain() -> Iterator[None]:
    """The store's own refusals in words; everything else as the other services say it."""
    from django.db import DatabaseError

    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        message = (getattr(getattr(error.__cause__, "diag", None), "message_primary", None) or "").strip()
        if message in WORDS:
            code, zh, en = WORDS[message]
            raise Refused(code, zh, en) from error
        with plain_words():
            raise


def _rows(function: str, *values: Any) -> list[dict[str, Any]]:
    marks = ", ".join(["%s"] * len(values))
    with _plain(), connection.cursor() as cursor:
        cursor.execute(f"select * from reporters.{function}({marks})", list(values))
        names = [c.name for c in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _call(function: str, *values: Any) -> Any:
    found = _rows(function, *values)
    return next(iter(found[0].values())) if found else None


@dataclass(frozen=True)
class Taken:
    """A report as taken in: its code, and what the guard found in the extract."""

    id: int
    code: str
    warned: tuple[str, ...]


# ── keys ──
def my_keys() -> list[dict[str, Any]]:
    """My live keys: one for each body I serve as keeper, approver or asker."""
    return _rows("mine")


@transaction.atomic
def make_key(body: int, side: str, passphrase: str) -> int:
    """A key pair under a passphrase of its own. Raises Refused for a weak one, NotVisible without the office."""
    person = actor().person
    with connection.cursor() as cursor:
        cursor.execute("select name from person where id = %s", [person])
        name = str(cursor.fetchone()[0])
    wrong = passwords.problems(passphrase, passwords.PROFILES["asvs"], (name, "xieli", "协力"))
    if wrong:
        raise Refused("weak", "保管口令：" + "".join(z for z, _ in wrong), "Passphrase: " + " ".join(e for _, e in wrong))
    pair = crypto.make_key(passphrase, person)
    return int(_call("make_key", body, side, pair.public, pair.sealed, pair.salt))


@transaction.atomic
def retire_key(holder: int, why: str) -> None:
    """End a key: the owner, the body's head or the security administrator. Its halves are gone at once."""
    _call("retire_key", holder, why.strip()[:200])


def standing(body: int) -> list[dict[str, Any]]:
    """The live keys of a body, with how many halves each holds and lacks."""
    return _rows("standing", body)


def custodians() -> list[Custodian]:
    """The offline custodians, any two of whom open a report in an emergency."""
    return [Custodian(r["name"], bytes(r["public"])) for r in _rows("custodians")]


def _open_mine(body: int, passphrase: str) -> tuple[dict[str, Any], Any]:
    key = next((k for k in my_keys() if k["body"] == body), None)
    if key is None:
        raise NotVisible()
    try:
        private = crypto.open_key(crypto.KeyPair(bytes(key["public"]), bytes(key["sealed"]), bytes(key["salt"])), passphrase, key["person"])
    except crypto.CannotOpen:
        raise Refused(*WRONG_PASSPHRASE) from None
    return key, private


@transaction.atomic
def hand_on(body: int, colleague: int, passphrase: str) -> int:
    """Reseal my halves to a colleague of the same side who lacks them (new, or with a new key). Returns how many."""
    key, private = _open_mine(body, passphrase)
    to = next((h for h in standing(body) if h["id"] == colleague and h["side"] == key["side"]), None)
    if to is None:
        raise NotVisible()
    which = SIDE[key["side"]]
    made = []
    for row in _rows("my_halves", colleague):
        half = crypto.open_half(crypto.Sealed(bytes(row["one_time"]), bytes(row["sealed"])), which, row["report"], private)
        again = crypto.seal_half(half, which, row["report"], bytes(to["public"]))
        made.append({"report": str(row["report"]), "one_time": again.one_time.hex(), "sealed": again.sealed.hex()})
    return int(_call("hand_on", colleague, Jsonb(made)))


# ── intake and extract ──
def may_take(matter: int) -> bool:
    """Whether the bound person may take in a reporting person for this matter."""
    return bool(_call("may_take", matter))


@transaction.atomic
def take_in(matter: int, *, body: int, named: bool, received_on: date, identity: dict[str, str], extract: str = "", answer: str = "") -> Taken:
    """Take in who reported and the original words; optionally the first extract. Nothing readable of it is stored.

    Raises Refused when a named report names nobody, an anonymous one names somebody, the store is not set up, or the extract gives the person away.
    """
    found = {k: identity.get(k, "").strip()[:20_000] for k in PARTS}
    if named and not found["name"]:
        raise Refused("name", "实名反映须填写姓名；不愿留名的请登记为匿名。没有保存任何内容。", "A named report needs the name; otherwise take it in as anonymous. Nothing was kept.")
    if not named and any(found[k] for k in PARTS if k != "original"):
        raise Refused("anonymous", "匿名反映不登记任何可以认出本人的内容。没有保存任何内容。", "Nothing that could tell who an anonymous reporter is may be entered. Nothing was kept.")
    warned = _guarded(extract, found, answer) if extract.strip() else ()
    report = int(call("new_id"))  # type: ignore[call-overload]
    code = "F" + "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTUVWXYZ") for _ in range(7))
    sealed, key, halves = crypto.seal_body({k: v for k, v in found.items() if v}, report)
    holders = [(h["id"], SIDE[h["side"]], bytes(h["public"])) for h in standing(body) if h["side"] in SIDE]
    people = custodians()
    shares = seal_shares(key, people, OPEN_WITH) if len(people) >= OPEN_WITH else []
    _call("take_in", report, matter, code, named, received_on, sealed, Jsonb(crypto.seal_halves(halves, report, holders)), Jsonb(shares))
    if extract.strip():
        _call("draft", report, extract.strip(), list(warned), answer.strip()[:500])
    return Taken(report, code, warned)


PART_WORDS = {"name": ("姓名", "name"), "id_number": ("身份证件号码", "identity number"), "phone": ("电话等联系方式", "telephone or contact"), "address": ("住址", "address"), "unit": ("单位", "workplace")}


def _guarded(extract: str, identity: dict[str, str], answer: str) -> tuple[str, ...]:
    found = guard.leaks(extract, identity)
    zh, en = "、".join(PART_WORDS[p][0] for p in found), ", ".join(PART_WORDS[p][1] for p in found)
    if HARD & set(found):
        raise Refused("extract_leaks", f"摘录里有反映人的{zh}，不能留在摘录里。请改写后再提交；没有保存任何内容。",
                      f"The extract contains the reporter's {en}; it may not. Rewrite it and hand it in again; nothing was kept.")
    if found and len(answer.strip()) < 4:
        raise Refused("extract_warned", f"摘录里出现了反映人的{zh}。请改写；若指的是别人或已公开，请说明理由，审定人会看到。没有保存任何内容。",
                      f"The extract contains the reporter's {en}. Rewrite it; if another is meant or it is public, say so: the second person reads it. Nothing was kept.")
    return tuple(found)


def of_matter(matter: int) -> list[dict[str, Any]]:
    """What everyone who may read the matter may know of its reports: named or anonymous, the approved extract."""
    return _rows("of_matter", matter)


def register() -> list[dict[str, Any]]:
    """The store as a keeper or approver sees it."""
    return _rows("register")


def one(report: int) -> dict[str, Any]:
    """One report as its keyholder sees it. Raises NotVisible."""
    found = _rows("one", report)
    if not found:
        raise NotVisible()
    return found[0]


def drafts() -> list[dict[str, Any]]:
    """Extracts that wait for a second person."""
    return _rows("drafts")


@transaction.atomic
def decide_extract(extract: int, verdict: str, remark: str = "") -> None:
    """Approve an extract or return it; the drafter and the handling team may not."""
    _call("decide", extract, verdict, remark.strip()[:500])


# ── request, approval, one showing ──
@transaction.atomic
def ask(report: int, purpose: str, reason: str, hours: int = 24) -> int:
    """Ask to be shown who reported: a reason, an end within three days."""
    return int(_call("ask", report, reason.strip()[:500], purpose, hours))


def waiting() -> list[dict[str, Any]]:
    """Requests that wait for my half."""
    return _rows("waiting")


def my_requests() -> list[dict[str, Any]]:
    """My own requests."""
    return _rows("my_requests")


@transaction.atomic
def hand(request: int, passphrase: str) -> str:
    """Approve by handing my half to the asker: opened with my passphrase, resealed to his key. Returns the request's state."""
    row = next((r for r in waiting() if r["id"] == request), None)
    if row is None:
        return str(_call("hand", request, b"", b""))  # the database says why: decided, run out, or not visible
    if row["half"] is None:
        code, zh, en = WORDS["your key holds no half of this report"]
        raise Refused(code, zh, en)
    _, private = _open_mine(one(row["report"])["body"], passphrase)
    which = SIDE[row["side"]]
    half = crypto.open_half(crypto.Sealed(bytes(row["one_time"]), bytes(row["half"])), which, row["report"], private)
    again = crypto.seal_half(half, which, row["report"], bytes(row["asker_key"]))
    return str(_call("hand", request, again.one_time, again.sealed))


@transaction.atomic
def refuse(request: int, why: str) -> None:
    """Refuse, with a reason that the asker reads."""
    _call("refuse", request, why.strip()[:500])


@transaction.atomic
def withdraw(request: int) -> None:
    """Take my request back."""
    _call("withdraw", request)


def _opened(request: int, passphrase: str, *, to_read: bool = True) -> tuple[int, str, dict[str, str]]:
    taken = _rows("take_out", request, to_read)
    if not taken:
        raise NotVisible()
    report = int(taken[0]["report"])
    _, private = _open_mine(one(report)["body"], passphrase)
    try:
        halves = {SIDE[r["side"]]: crypto.open_half(crypto.Sealed(bytes(r["one_time"]), bytes(r["half"])), SIDE[r["side"]], report, private) for r in taken}
        return report, str(taken[0]["purpose"]), crypto.open_body(bytes(taken[0]["body"]), crypto.join(halves), report)
    except crypto.CannotOpen:
        raise Refused("cannot_open", "两个半份合不起来：密钥已更换或数据已损坏。没有查看；请重新申请，仍不行请找离线保管人。",
                      "The two halves do not fit: a key was replaced or the data are damaged. Nothing was shown; ask again, or turn to the custodians.") from None


@transaction.atomic
def show(request: int, passphrase: str) -> dict[str, str]:
    """Who reported, once. A wrong passphrase undoes the act; after a good one it is in the ledger and cannot be repeated.

    A request to rewrite the extract shows the original words and nothing of who wrote them.
    """
    _, purpose, identity = _opened(request, passphrase)
    return {k: v for k, v in identity.items() if k == "original"} if purpose == "extract" else identity


@transaction.atomic
def rewrite(request: int, passphrase: str, extract: str, answer: str = "") -> tuple[str, ...]:
    """A new extract under a granted request to rewrite: checked against the identity in memory, which is shown to nobody."""
    mine = next((r for r in my_requests() if r["id"] == request), None)
    if mine is None or mine["purpose"] != "extract":
        raise NotVisible()
    if not extract.strip():
        raise Refused("empty", "请写摘录。", "Write the extract.")
    report, _, identity = _opened(request, passphrase, to_read=False)
    warned = _guarded(extract, identity, answer)
    _call("draft", report, extract.strip(), list(warned), answer.strip()[:500])
    _call("close", request, "extract")
    return warned


@transaction.atomic
def close(request: int, outcome: str) -> None:
    """What came of it, without a name."""
    _call("close", request, outcome.strip()[:500])


# ── answers, erasure ──
@transaction.atomic
def answered(report: int, *, how: str, on: date, duty: int | None = None, text: str = "") -> None:
    """A keeper told the named reporter; the duty of the matter is discharged without a word about who he is."""
    _call("answered", report, duty, how, on, text.strip()[:2000])


@transaction.atomic
def order_erasure(report: int, basis: str) -> None:
    """A keeper orders the identity erased."""
    _call("order_erasure", report, basis.strip()[:500])


@transaction.atomic
def erase(report: int) -> None:
    """An approver, another person, confirms: ciphertext, halves and shares are gone."""
    _call("erase", report)
