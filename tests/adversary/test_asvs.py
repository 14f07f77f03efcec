"""docs/asvs.csv names every requirement of ASVS 5.0.0 levels 1 and 2 with a test that exists or a written reason; docs/threat-model.md names tests that exist."""
from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEVEL_1, LEVEL_2 = 70, 183  # counted in the published list of 5.0.0
THREATS = [f"T{n}" for n in range(1, 19)]


def rows() -> list[dict[str, str]]:
    with (ROOT / "docs/asvs.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def named_test_exists(name: str) -> bool:
    """`path::test` names a function in that file; a path alone names a file or folder that is there."""
    path, _, test = name.partition("::")
    where = ROOT / path
    return where.exists() and (not test or bool(re.search(rf"^def {re.escape(test)}\(", where.read_text(encoding="utf-8"), re.M)))


def test_every_requirement_has_its_test_or_its_reason() -> None:
    found = rows()
    assert len({r["requirement"] for r in found}) == len(found) == LEVEL_1 + LEVEL_2
    assert sum(r["level"] == "1" for r in found) == LEVEL_1
    assert set(Counter(r["state"] for r in found)) == {"test", "reason"}
    for r in found:
        if r["state"] == "test":
            assert "::" in r["where_or_why"], r
            assert named_test_exists(r["where_or_why"]), r
        else:
            assert len(r["where_or_why"]) > 12, r
            assert not re.search(r"not built yet|later", r["where_or_why"]), r


def test_a_reason_that_names_a_file_names_one_that_exists() -> None:
    for r in rows():
        for path in re.findall(r"(?:tests|src|docs|bench)/[\w./*-]+\w", r["where_or_why"]):
            assert list(ROOT.glob(path)), r


#: what a reason says we do not do -> the modules with which it would be done
DENIED = {"no mail is sent": r"smtplib", "no outside|nothing fetches an address": r"http\.client|urllib\.request|smtplib|socket", "no LDAP": r"ldap3?", "no SAML": r"\w*saml\w*", "no GraphQL": r"graphene|strawberry|ariadne",
          "no WebSocket": r"websockets?|channels", "no memcache": r"pymemcache|memcache", "nothing is unpickled": r"pickle|dill|shelve"}


def test_a_reason_that_says_we_do_not_do_it_is_no_longer_believed_when_we_do() -> None:
    """Mail and webhooks came later than the sentence that nothing goes out: the product's own processes are asked what they import."""
    source = "\n".join(p.read_text(encoding="utf-8") for floor in ("office", "faces/web", "faces/api", "server") for p in (ROOT / "src/xieli" / floor).rglob("*.py"))
    assert re.search(r"^\s*import smtplib", source, re.M), "else it reads nothing"
    for r in rows():
        for claim, modules in DENIED.items():
            if r["state"] == "reason" and re.search(claim, r["where_or_why"]):
                assert not re.search(rf"^\s*(import|from) ({modules})\b", source, re.M), r


def named(text: str) -> set[str]:
    """Paths of tests, benches and sources that a page names in backquotes; a bare `::test` belongs to the path before it."""
    found: set[str] = set()
    path = ""
    for part in re.findall(r"`([^`\n]+)`", text):
        if part.startswith(("tests/", "bench/", "src/")):
            path = part.partition("::")[0]
            found.add(part)
        elif part.startswith("::"):
            found.add(path + part)
    return found


def test_the_threat_model_names_tests_that_exist_for_every_threat_in_both_languages() -> None:
    both = [(ROOT / f"docs/threat-model{ending}").read_text(encoding="utf-8") for ending in (".md", ".zh.md")]
    for text in both:
        assert [t for t in THREATS if f"| {t} |" not in text] == []
        missing = [name for name in named(text) if not named_test_exists(name)]
        assert not missing, missing
        assert "not built yet" not in text
        for line in text.splitlines():
            if re.match(r"\| T\d+ \|", line) and not re.search(r"\| (none needed|无需)", line):
                assert "::test_" in line, line
    assert named(both[0]) == named(both[1]), named(both[0]) ^ named(both[1])
