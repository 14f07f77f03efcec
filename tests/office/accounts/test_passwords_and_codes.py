"""Passwords under both profiles, RFC 6238 vectors, a code that is used once, sealed secrets."""
from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag

from xieli.office.accounts import passwords, totp


def test_more_than_three_thousand_common_passwords_are_known_offline() -> None:
    assert len(passwords.common()) > 3000


@pytest.mark.parametrize("password", ["Password123!", "qwerty@2026AB", "Aa1!Aa1!Aa1!", "zhangsan-Xx-2026"])
def test_guessable_passwords_are_refused(password: str) -> None:
    assert passwords.problems(password, passwords.PROFILES["mlps3"], ("zhangsan",))


def test_the_two_profiles_conflict_as_the_norms_do() -> None:
    long_plain = "correct horse battery staple on a hill"
    assert not passwords.problems(long_plain, passwords.PROFILES["asvs"])
    assert passwords.problems(long_plain, passwords.PROFILES["mlps3"])
    assert passwords.PROFILES["asvs"].max_age_days is None
    assert passwords.PROFILES["mlps3"].max_age_days == 90


def test_an_empty_or_broken_hash_never_matches() -> None:
    assert not passwords.matches("", "")
    assert not passwords.matches("nobody has this password", "")
    assert not passwords.matches("x", "not a hash")
    assert passwords.matches("secret enough", passwords.hashed("secret enough"))


@pytest.mark.parametrize(("at", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")])
def test_totp_agrees_with_the_vectors_of_rfc_6238(at: int, code: str) -> None:
    assert totp.code_at(b"12345678901234567890", at // 30) == code


def test_a_code_fits_one_step_either_side_and_never_twice() -> None:
    secret = b"12345678901234567890"
    code = totp.code_at(secret, 100)
    assert totp.step_of(secret, code, 100 * 30, 0) == 100
    assert totp.step_of(secret, code, 101 * 30, 0) == 100
    assert totp.step_of(secret, code, 103 * 30, 0) is None
    assert totp.step_of(secret, code, 100 * 30, 100) is None


def test_a_sealed_secret_opens_only_for_its_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "door.key"
    key.write_text("k")
    monkeypatch.setenv("XIELI_DOOR_KEY", str(key))
    sealed = totp.seal(b"secret", 7)
    assert totp.unseal(sealed, 7) == b"secret"
    assert b"secret" not in sealed
    with pytest.raises(InvalidTag):
        totp.unseal(sealed, 8)


def test_a_password_costs_64_mib_and_three_passes_of_argon2id() -> None:
    assert passwords.hashed("x").startswith("$argon2id$v=19$m=65536,t=3,p=2$")
    assert passwords._NOBODY.startswith("$argon2id$v=19$m=65536,t=3,p=2$"), "an unknown login costs the same"
