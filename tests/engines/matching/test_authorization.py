"""An authorization is whole, signed by two who do not operate, in time, within budget, and says exactly what may be used."""
from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from xieli.engines.matching.authorization import signing
from xieli.engines.matching.authorization.document import parse_authorization
from xieli.engines.matching.authorization.permit import permit
from xieli.engines.matching.models.contract import find_model
from xieli.engines.matching.words import Conflict, MatchError, Refused

from .helpers import NOW, OPERATOR, SIGNERS, authorize, document, workspace


@pytest.fixture(scope="module")
def shared_ws(tmp_path_factory):
    return workspace(tmp_path_factory.mktemp("authorization"))


counter = iter(range(1, 1000))


def decide(ws, raw, *, operator=OPERATOR, now=NOW, model="deceased_recipient", signers=SIGNERS):
    raw["id"] = f"A-{next(counter)}"
    authorize(ws, raw, signers)
    return permit(ws, signing.open_signed(ws, raw["id"]), find_model(model), operator, now)


def refusal(ws, raw, **more) -> str:
    with pytest.raises(Refused) as caught:
        decide(ws, raw, **more)
    assert caught.value.exit_code == 3
    assert any("\u4e00" <= c <= "\u9fff" for c in caught.value.zh)
    return caught.value.code


@pytest.mark.parametrize(
    "missing", ["id", "kind", "matter", "programme_document", "purpose", "basis", "assessment", "operators", "subjects", "from", "until", "keep_until", "budget", "datasets", "models"]
)
def test_a_document_without_a_part_is_refused_and_names_it(missing):
    raw = document()
    del raw[missing]
    with pytest.raises(MatchError, match=missing):
        parse_authorization(raw)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.update(until=r["from"]),
        lambda r: r.update(until="2030-01-01T00:00:00+00:00"),
        lambda r: r.update({"from": "2026-01-01T00:00:00"}),
        lambda r: r["budget"].update(runs=-1),
        lambda r: r["budget"].update(runs=True),
        lambda r: r["datasets"][0].update(columns={"id_no": ["look"]}),
        lambda r: r["datasets"][0]["instrument"].pop("number"),
        lambda r: r["datasets"][0].update(rows=[{"column": "phone", "operator": "=", "value": "1"}]),
        lambda r: r["datasets"].append(r["datasets"][0]),
        lambda r: r.update(kind="case", stage="lead"),
        lambda r: r.update(kind="case", stage="filing", subjects={**r["subjects"], "max": 1}),
        lambda r: r["subjects"].update(values=["a", "b"], max=1),
        lambda r: r.update(surprise=1),
        lambda r: r["assessment"].pop("number"),
        lambda r: r.update(purpose={"zh": "仅中文"}),
    ],
)
def test_a_document_that_breaks_a_rule_is_refused(change):
    raw = document()
    change(raw)
    with pytest.raises(MatchError):
        parse_authorization(raw)


def test_a_whole_signed_document_permits(shared_ws):
    allowed = decide(shared_ws, document())
    assert [t.name for t in allowed.tables] == ["payment", "death"]
    assert all(c.token for t in allowed.tables for c in t.columns if c.semantic == "person_id")


def test_one_signature_is_not_enough_and_an_operator_cannot_sign(shared_ws):
    assert refusal(shared_ws, document(), signers=SIGNERS[:1]) == "two_persons"
    with pytest.raises(Refused, match="operator_signs"):
        authorize(shared_ws, document(operators=[SIGNERS[0]], id="A-op"))


def test_the_same_person_cannot_sign_twice_nor_one_key_stand_for_two(shared_ws):
    authorize(shared_ws, document(id="A-twice"), SIGNERS[:1])
    with pytest.raises(Conflict):
        authorize(shared_ws, document(id="A-twice"), SIGNERS[:1])
    trusted = yaml.safe_load((shared_ws.root / "trust.yaml").read_text())
    signed = json.loads((shared_ws.authorizations / "A-twice.signatures.json").read_text())
    original = (shared_ws.root / "trust.yaml").read_text()
    trusted["signers"].append({"person": "影子", "body": "x", "public_key": trusted["signers"][0]["public_key"]})
    (shared_ws.root / "trust.yaml").write_text(yaml.safe_dump(trusted, allow_unicode=True))
    signed.append({**signed[0], "person": "影子"})
    (shared_ws.authorizations / "A-twice.signatures.json").write_text(json.dumps(signed))
    try:
        with pytest.raises(Refused, match="two_persons"):
            signing.open_signed(shared_ws, "A-twice")
    finally:
        (shared_ws.root / "trust.yaml").write_text(original)


def test_a_document_altered_after_signing_is_refused(shared_ws):
    authorize(shared_ws, document(id="A-altered"))
    path = shared_ws.authorizations / "A-altered.yaml"
    path.write_text(path.read_text("utf-8").replace("runs: 2", "runs: 200"), "utf-8")
    with pytest.raises(Refused, match="bad_signature"):
        signing.open_signed(shared_ws, "A-altered")


def test_a_key_that_is_not_trusted_cannot_sign(shared_ws):
    signing.new_key(shared_ws.keys / "stranger.pem")
    path = shared_ws.root / "s.yaml"
    path.write_text(yaml.safe_dump(document(id="A-s"), allow_unicode=True))
    with pytest.raises(Refused, match="not_trusted"):
        signing.sign(shared_ws, path, SIGNERS[0], signing.read_key(shared_ws.keys / "stranger.pem"), NOW)


def test_a_number_cannot_be_given_to_another_document(shared_ws):
    authorize(shared_ws, document(id="A-same"), SIGNERS[:1])
    with pytest.raises(Conflict, match="other_document"):
        authorize(shared_ws, document(id="A-same", matter="P-2"), SIGNERS[1:])


@pytest.mark.parametrize("number", ["../trust", "/etc/passwd", "none", ""])
def test_a_number_cannot_lead_out_of_the_folder(shared_ws, number):
    with pytest.raises((Refused, MatchError)):
        signing.open_signed(shared_ws, number)


def test_it_is_refused_before_its_time_and_from_the_instant_of_its_end(shared_ws):
    raw = document()
    assert refusal(shared_ws, raw, now=NOW - timedelta(days=2)) == "not_yet"
    assert refusal(shared_ws, document(), now=NOW + timedelta(days=30)) == "expired"
    decide(shared_ws, document(), now=NOW + timedelta(days=30) - timedelta(microseconds=1))


def test_only_its_operators_models_and_versions(shared_ws):
    assert refusal(shared_ws, document(), operator="别人") == "operator"
    assert refusal(shared_ws, document(), model="approver_kin") == "model"
    assert refusal(shared_ws, document(change=lambda r: r["models"][0].update(version="2"))) == "model_version"


def set_columns(dataset: int, columns: dict):
    return lambda r: r["datasets"][dataset].update(columns=columns)


def test_only_granted_columns_in_granted_roles(shared_ws):
    assert refusal(shared_ws, document(change=set_columns(1, {"id_no": ["join"]}))) == "bind_column"
    assert refusal(shared_ws, document(change=set_columns(1, {"id_no": ["compare"], "died_on": ["compare"]}))) == "role"
    assert refusal(shared_ws, document(change=set_columns(1, {"id_no": ["join"], "died_on": ["reveal"]}))) == "role"
    bind = {"payment": {"dataset": "payments"}, "death": {"dataset": "deaths", "columns": {"died_on": "cause"}}}
    assert refusal(shared_ws, document(change=lambda r: r["models"][0].update(bind=bind))) == "column"
    wrong = {"payment": {"dataset": "payments", "columns": {"person": "name"}}, "death": {"dataset": "deaths"}}
    assert refusal(shared_ws, document(change=lambda r: r["models"][0].update(bind=wrong))) == "semantic"


def test_only_granted_data_sets_of_the_owner_whose_instrument_it_is(shared_ws):
    assert refusal(shared_ws, document(change=lambda r: r["datasets"].pop())) == "dataset"
    assert refusal(shared_ws, document(change=lambda r: r["datasets"][1].update(owner="finance"))) == "owner"
    with pytest.raises(MatchError, match="no_version"):
        decide(shared_ws, document(change=lambda r: r["datasets"][1].update(version="0" * 16)))


def test_bank_columns_need_an_approval_of_the_level_the_rank_demands(shared_ws):
    def bank(level: str | None, rank: str = "other"):
        def change(r: dict) -> None:
            r["datasets"][0]["columns"]["account"] = ["join"]
            r["subjects"]["rank"] = rank
            if level:
                r["query_approvals"] = [{"dataset": "payments", "class": "bank", "level": level, "number": "审1", "approver": "某", "date": "2026-11-01"}]

        return document(change=change)

    assert refusal(shared_ws, bank(None)) == "query_approval"
    decide(shared_ws, bank("office_head"))
    assert refusal(shared_ws, bank("office_head", "deputy")) == "query_approval"
    decide(shared_ws, bank("responsible_leader", "deputy"))
    assert refusal(shared_ws, bank("responsible_leader", "chief")) == "query_approval"
    decide(shared_ws, bank("head", "chief"))


def test_the_owners_matrix_wins_over_our_default(shared_ws):
    def change(r: dict) -> None:
        r["datasets"][0]["columns"]["account"] = ["join"]
        r["query_approvals"] = [{"dataset": "payments", "class": "bank", "level": "office_head", "number": "审1", "approver": "某", "date": "2026-11-01"}]

    path = shared_ws.root / "policy.yaml"
    path.write_text("query_approval: {other: head}\n")
    try:
        assert refusal(shared_ws, document(change=change)) == "query_approval"
    finally:
        path.unlink()


def test_stale_data_are_noted_in_the_permit(shared_ws):
    late = document(**{"from": (NOW + timedelta(days=100)).isoformat(), "until": (NOW + timedelta(days=120)).isoformat()})
    allowed = decide(shared_ws, late, now=NOW + timedelta(days=101))
    assert len(allowed.notes) == 2


def test_floats_cannot_be_signed():
    from xieli.engines.matching.workspace import canonical

    with pytest.raises(MatchError):
        canonical({"a": 0.1})


def test_keys_are_readable_by_their_owner_only(shared_ws):
    assert all(oct(Path(p).stat().st_mode)[-3:] == "600" for p in shared_ws.keys.glob("*.pem"))
