"""Passwords under two profiles that conflict on purpose: the norms do (ASVS 6.2.5, 6.2.10 against MLPS 3, 8.1.4.1)."""
from __future__ import annotations

import re
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=2)


@dataclass(frozen=True)
class Profile:
    """Length, composition and age. `asvs`: long, no composition, no rotation. `mlps3`: composition and rotation."""

    code: str
    least: int
    classes: int
    max_age_days: int | None


PROFILES = {"asvs": Profile("asvs", 15, 0, None), "mlps3": Profile("mlps3", 12, 3, 90)}

_SEEDS = ("password", "passw0rd", "qwerty", "qwertyuiop", "asdfghjkl", "zxcvbnm", "letmein", "welcome", "admin", "administrator", "root", "iloveyou", "monkey", "dragon", "football",
          "baseball", "sunshine", "princess", "master", "shadow", "superman", "batman", "trustno1", "whatever", "freedom", "jiwei", "jianwei", "xieli", "mima", "woaini", "nihao", "zhongguo",
          "beijing", "chongqing", "wangyi", "taobao", "weixin", "shouji", "dianhua", "gongan", "zhengfu", "changjiang", "abc", "aaa", "test", "guest", "user", "login", "system", "server")
_TAILS = ("", "1", "12", "123", "1234", "12345", "123456", "1234567", "12345678", "123456789", "1234567890", "!", "!!", "@123", "#123", "888", "666", "520", "2020", "2021", "2022", "2023", "2024",
          "2025", "2026", "2027", "abc", "qwe", "00", "01", "007", "000", "111", "321", "!@#", "1q2w3e", "@2025", "@2026", "#2026", "xyz")


def common() -> frozenset[str]:
    """Passwords everybody tries first, folded: made from words and tails, and runs of keys; more than 3,000, offline."""
    words = {w + t for w in _SEEDS for t in _TAILS} | {t + w for w in _SEEDS for t in ("123", "1", "!", "@")}
    words |= {str(n) * k for n in range(10) for k in range(4, 21)} | {"".join(str((s + i * d) % 10) for i in range(n)) for s in range(10) for d in (1, -1) for n in range(6, 21)}
    words |= {a + b for a in ("qwerty", "asdfgh", "zxcvbn", "1qaz2wsx", "q1w2e3r4") for b in _TAILS}
    words |= {f"{y}{m:02d}{d:02d}" for y in range(1970, 2011) for m in range(1, 13) for d in (1, 8, 15, 28)}
    return frozenset(words)


_COMMON = common()


def problems(password: str, profile: Profile, context: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """Why a password is refused, in Chinese and English; an empty list when it may be used. Any character, up to 200."""
    found = []
    if len(password) < profile.least:
        found.append((f"至少 {profile.least} 个字符。", f"At least {profile.least} characters."))
    if len(password) > 200:
        found.append(("最多 200 个字符。", "At most 200 characters."))
    classes = sum(bool(re.search(p, password)) for p in (r"[a-z]", r"[A-Z]", r"\d", r"[^A-Za-z0-9]"))
    if classes < profile.classes:
        found.append((f"须含大写、小写、数字、符号中的 {profile.classes} 类。", f"{profile.classes} kinds of upper case, lower case, digits and signs are needed."))
    folded = password.lower()
    plain = re.sub(r"[^a-z0-9]", "", folded)
    letters = re.sub(r"[^a-z]", "", folded)
    dressed = any(len(word) >= 5 and word in letters and len(letters) - len(word) <= 3 for word in _SEEDS)  # a common word in a costume
    if folded in _COMMON or plain in _COMMON or dressed or len(set(password)) < 5:
        found.append(("太常见，容易被猜到。", "Too common and easily guessed."))
    if any(len(c) >= 3 and c.lower() in folded for c in context):
        found.append(("不能含有登录名、姓名或机构名。", "It may not contain the login, the name or the body's name."))
    return found


def hashed(password: str) -> str:
    """Argon2id."""
    return HASHER.hash(password)


def matches(password: str, stored: str) -> bool:
    """Whether a password fits; an empty or broken hash never does, and takes as long."""
    try:
        return HASHER.verify(stored or _NOBODY, password) and bool(stored)
    except (VerifyMismatchError, InvalidHashError):
        return False


_NOBODY = HASHER.hash("nobody has this password")
