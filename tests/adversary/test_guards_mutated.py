"""The guards taken away one by one: a page without its gate, an act without its proof. Each damage must show, or the tests that guard them prove nothing."""
from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.adversary.conftest import CHEN, Target, subject
from tests.adversary.routes import routes
from tests.dbfixtures import PREFIX
from tests.faces.web.conftest import Stage, played, stage  # noqa: F401  fixtures
from tests.faces.web.test_routes import address, present
from tests.office.access.mutants import in_function

NO_PROOF = ("perform access.require_fresh();", "")


def gated() -> list[dict[str, str]]:
    """Pages that lead a stranger to the entrance."""
    return [row for row in present() if row["method"] == "GET" and row["rule"] != "public"]


def lived(stage: Stage, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, str]]) -> list[str]:  # noqa: F811
    """Pages whose gate was taken away and that still answer a stranger like before."""
    from django.test import Client

    patterns = dict(routes())
    client = Client(raise_request_exception=False)
    found = []
    for row in rows:
        pattern, url = patterns[row["name"]], address(row, stage)
        assert client.get(url)["Location"].endswith("/entrance"), row["name"]
        inner = pattern.callback
        while hasattr(inner, "__wrapped__") and not getattr(inner, "xieli_bound", False):
            inner = inner.__wrapped__
        assert getattr(inner, "xieli_bound", False), f"{row['name']} has no gate"
        with monkeypatch.context() as patch:
            patch.setattr(pattern, "callback", inner.__wrapped__)
            answer = client.get(url)
            if answer.status_code == 302 and answer["Location"].endswith("/entrance"):
                found.append(row["name"])
    return found


def test_a_page_without_its_gate_shows(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    rows = gated()
    assert lived(stage, monkeypatch, rows[:: max(1, len(rows) // 8)]) == []


@pytest.mark.soak
def test_every_page_without_its_gate_shows(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    assert lived(stage, monkeypatch, gated()) == []


#: name → (how the proof is taken away, by whom, the act, which needs {own}, {hidden}, {subject})
PROOFS: dict[str, tuple[Any, str, str]] = {
    "grant": (in_function("give", NO_PROOF), "bo", "select access.give({own}, 3002, 'reviewer', '{{read}}', null, null, 'x', 'x')"),
    "glass": ("drop trigger prove_first on public.break_glass", "en", "select access.break_glass({mine}, '紧急情况，需要查看全案')"),
    "export": ("drop trigger prove_first on audit.event", "bo", "select audit.record('register.exported', '{{\"register\": \"leads\", \"rows\": 1, \"purpose\": \"x\"}}')"),
    "sheet": ("drop trigger prove_first on audit.event", "bo", "select audit.record('report.taken', '{{\"report\": \"x\", \"first\": \"2026-01-01\", \"last\": \"2026-01-02\"}}')"),
    "log": ("drop trigger prove_first on audit.event", "bo", "select audit.record('report.exported', '{{\"report\": \"x\", \"first\": \"2026-01-01\", \"last\": \"2026-01-02\", \"objects\": 1}}')"),
    "number": (in_function("open_identity", NO_PROOF), "an", "select access.open_identity({subject}, '核对身份')"),
}


def outcome(target: Target, admin: psycopg.Connection[Any], who: str, act: str) -> str:
    """What the web role hears, as this person; everything undone."""
    with admin.transaction(force_rollback=True):
        admin.execute(f"set session authorization {PREFIX}_web")
        try:
            assert admin.execute("select access.bind(%s)", [target.cookies[who]]).fetchone() == (True,)
            with admin.transaction():
                admin.execute(act.encode())
            return "done"
        except psycopg.DatabaseError as error:
            return str(error.sqlstate)
        finally:
            admin.execute("reset session authorization")


@pytest.mark.parametrize("name", PROOFS)
def test_an_act_without_its_proof_shows(target: Target, name: str) -> None:
    damage, who, act = PROOFS[name]
    with target.database.admin() as admin, admin.transaction(force_rollback=True):
        row = admin.execute("select id from matter_subject where matter_id = %s", [target.hidden]).fetchone()
        assert row is not None
        admin.execute("update matter_subject set id_sealed = access.seal_identity('990000199001010018') where id = %s", [row[0]])
        admin.execute("update access.session set proved_at = access.now() - interval '6 minutes'")
        said = act.format(own=target.own, hidden=target.hidden, mine=target.hidden, subject=row[0])
        assert outcome(target, admin, who, said) == "XL001", "the proof is asked"
        if name in ("export", "sheet", "log"):
            # the event's trigger alone stands before these; without it the act goes through, or fails for its form and not for want of a proof
            admin.execute(damage)
        elif callable(damage):
            damage(admin)
            # two locks on a number: the function's own, and the trigger on its event
            admin.execute("drop trigger prove_first on audit.event")
        else:
            admin.execute(damage)
        assert outcome(target, admin, who, said) != "XL001", "the test would not have seen that it is gone"


def test_there_is_a_subject_to_show(target: Target) -> None:
    """What the parametrised test leans on."""
    assert subject is not None
    with target.database.admin() as admin:
        assert admin.execute("select person_id from matter_subject where matter_id = %s", [target.hidden]).fetchone() == (CHEN,)
