"""Attacks from the command line, and by what a run lets one observe: sizes, counts, progress, files, words; never a clock.

Two worlds that differ only in what an authorization does not grant must look alike to its operator, to the last byte that he can see.
"""
from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from xieli.engines.matching.runs import projection
from xieli.engines.matching.runs import run as running
from xieli.engines.matching.runs.run import run_model
from xieli.engines.matching.words import MatchError, Refused
from xieli.engines.matching.workspace import Workspace

from .helpers import (
    ALIVE,
    DEAD,
    DEATHS,
    NOW,
    OPERATOR,
    PAYMENTS,
    SIGNERS,
    authorize,
    bring,
    document,
    own_model,
    under_own_model,
    workspace,
)
from .test_command import DRAFT, Shell, prepared, shell  # noqa: F401  the fixture

# ── the command line ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def signed(shell: Shell) -> Shell:  # noqa: F811
    prepared(shell)
    for person in SIGNERS:
        shell.run("authorize", "sign", "A-1.yaml", "--person", person)
    return shell


RUN = ("run", "deceased_recipient", "--under", "A-1", "--operator", "李办")


def refused(shell: Shell, *words: str, code: int = 3) -> str:  # noqa: F811
    """The code with which it was refused; nothing ran and nothing was exported."""
    before = sorted(p.name for p in (shell.folder / "runs").iterdir())
    told = shell.json(*words, code=code)["error"]
    assert told["zh"]
    assert told["en"]
    assert sorted(p.name for p in (shell.folder / "runs").iterdir()) == before
    assert not list((shell.folder / "runs").rglob("hits.jsonl"))
    return str(told["code"])


def altered(shell: Shell, change: Any) -> None:  # noqa: F811
    path = shell.folder / "authorizations" / "A-1.yaml"
    raw = yaml.safe_load(path.read_text("utf-8"))
    change(raw)
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")


ALTERATIONS = {
    "longer": lambda r: r.update(until="2027-03-01T00:00:00+00:00"), "more runs": lambda r: r["budget"].update(runs=10**6), "another operator": lambda r: r["operators"].append("外人"),
    "one more column": lambda r: r["datasets"][0]["columns"].update(phone=["compare"]), "a role": lambda r: r["datasets"][0]["columns"].update(person_id=["join", "compare", "reveal"]),
    "another model": lambda r: r["models"][0].update(model="shared_account"), "a parameter": lambda r: r["models"][0]["parameters"].update(grace_days="0"),
    "no row rule": lambda r: [d.pop("rows", None) or d.update(rows=[]) for d in r["datasets"]], "another purpose": lambda r: r["purpose"].update(zh="另有所图"),
    "another data set": lambda r: r["models"][0]["bind"]["death"].update(dataset="payments"), "kept for ever": lambda r: r.update(keep_until="2099-01-01"),
    "a lower rank": lambda r: r["subjects"].update(rank="village"),
}  # fmt: skip


@pytest.mark.parametrize("how", ALTERATIONS)
def test_whatever_is_altered_after_the_signatures_is_refused(signed: Shell, how: str) -> None:
    altered(signed, ALTERATIONS[how])
    assert refused(signed, *RUN, code=2 if how == "a lower rank" else 3) in ("bad_signature", "authorization")


def test_nobody_but_the_named_operator_runs_reveals_or_signs_for_another(signed: Shell) -> None:
    assert refused(signed, "run", "deceased_recipient", "--under", "A-1", "--operator", "外人") == "operator"
    for signer in SIGNERS:
        assert refused(signed, "run", "deceased_recipient", "--under", "A-1", "--operator", signer) == "operator"
    assert refused(signed, "run", "shared_account", "--under", "A-1", "--operator", "李办") == "model"
    # the operator's own key, and a signer's name with a stranger's key
    signed.run("key", "李办", "--body", "b")
    signed.run(*[("A-2" if w == "A-1" else w) for w in DRAFT])
    assert refused(signed, "authorize", "sign", "A-2.yaml", "--person", "李办") == "operator_signs"
    assert refused(signed, "authorize", "sign", "A-2.yaml", "--person", "王批", "--key", "keys/李办.pem") == "not_trusted"
    # signatures given to one document do not fit another
    for suffix in ("signatures.json", "key"):
        shutil.copy(signed.folder / "authorizations" / f"A-1.{suffix}", signed.folder / "authorizations" / f"A-2.{suffix}")
    shutil.copy(signed.folder / "A-2.yaml", signed.folder / "authorizations" / "A-2.yaml")
    assert refused(signed, "run", "deceased_recipient", "--under", "A-2", "--operator", "李办") == "bad_signature"


OUTSIDE = ("../A-1", "/etc/passwd", "..", "A-1/../A-1", "a\0b", "A-1.yaml")


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_name_on_the_command_line_leads_out_of_the_workspace(signed: Shell, name: str) -> None:
    (signed.folder.parent / "A-1.yaml").write_text("outside")
    before = set(signed.folder.parent.iterdir())
    for words in (
        ("run", "deceased_recipient", "--under", name, "--operator", "李办"), ("run", name, "--under", "A-1", "--operator", "李办"), ("authorize", "show", name), ("hits", name), ("cancel", name),
        ("reveal", name, "H-1", "--by", "李办", "--reason", "x"), ("judge", name, "H-1", "--verdict", "true", "--reason", "x", "--by", "李办", "--site", "s"), ("errors", name, "out.csv"),
        ("errors", "payments", "out.csv", "--version", name), ("describe", "发放.csv", "--name", name, "--owner", "o"), ("authorize", *("draft" if w == "draft" else name if w == "A-1" else w for w in DRAFT[1:])),
        *([("key", name, "--body", "b")] if name != "A-1.yaml" else []),
    ):  # fmt: skip
        result = signed.tried(*words, "--json")
        assert result.exit_code in (2, 3, 4), (words, result.output)
        assert json.loads(result.stdout)["error"]["zh"], words
    assert set(signed.folder.parent.iterdir()) == before
    assert not list(signed.folder.rglob("out.csv"))


def test_words_of_a_data_set_do_not_steer_the_readers_terminal(shell: Shell) -> None:  # noqa: F811
    (shell.folder / "发放.csv").write_text("身份证号,姓名,金额,发放日期\n" + "".join(f"{DEAD},\x1b]0;evil\x07王\u202e某\x1b[2J,100,2026-0{m}-01\n" for m in (3, 4)), "utf-8")
    prepared(shell)
    for person in SIGNERS:
        shell.run("authorize", "sign", "A-1.yaml", "--person", person)
    run = shell.json(*RUN, code=1)["run"]
    (hit,) = shell.json("hits", run)
    told = shell.run("reveal", run, hit["hit"], "--by", "李办", "--reason", "核实")
    assert "王" in told
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", told)


def test_a_model_of_ones_own_runs_only_as_it_was_signed(tmp_path: Path) -> None:
    ws = workspace(tmp_path)
    models = own_model(tmp_path, "mine", "SELECT person AS person, [row_ref] AS payment_rows FROM payment WHERE amount > 1000")
    authorize(ws, document(id="A-own", change=lambda r: under_own_model(r, "mine", models)))
    # the version stays, the statement does not
    (models / "mine" / "model.sql").write_text("SELECT person AS person, [row_ref] AS payment_rows FROM payment")
    with pytest.raises(Refused, match="model_changed"):
        run_model(ws, "A-own", "mine", operator=OPERATOR, now=NOW, models=models)
    # nor does a document do that names no digest at all, nor one of ours under our name from another folder
    authorize(ws, document(id="A-none", change=lambda r: (under_own_model(r, "mine", models), r["models"][0].pop("digest"))))
    with pytest.raises(Refused, match="model_changed"):
        run_model(ws, "A-none", "mine", operator=OPERATOR, now=NOW, models=models)
    (models / "mine").rename(models / "deceased_recipient")
    with pytest.raises(MatchError, match="model_twice"):
        run_model(ws, "A-own", "deceased_recipient", operator=OPERATOR, now=NOW, models=models)
    assert not list(ws.runs.iterdir())


# ── what a run lets one observe ───────────────────────────────────────────────────────────────────────────────────────

HIDDEN_ONE = ("王某", "4539578763621486", "13812345678", "C1")
HIDDEN_TWO = ("欧阳" * 300, "", "", "C2" * 4000)


def world(folder: Path, hidden: tuple[str, str, str, str], others: int) -> Workspace:
    """The same granted values of the same subject; hidden columns of any size, and any number of other people's rows after them."""
    folder.mkdir()
    ws = Workspace.create(folder / "ws", "clerk", NOW)
    name, account, phone, cause = hidden
    rows = [f"{DEAD},{name},100,2026-0{m}-01,{account},{phone}" for m in (3, 4, 5)] + [f"{ALIVE},{name},{n},2026-02-01,{account},{phone}" for n in range(others)]
    bring(ws, folder, PAYMENTS, ["id_no,name,amount,paid_on,account,phone", *rows])
    bring(ws, folder, DEATHS, ["id_no,died_on,cause", f"{DEAD},2026-01-15,{cause}", *([f"{ALIVE},2026-01-01,{cause}"] if others else [])])
    shutil.copytree(SIGNED.keys, ws.keys, dirs_exist_ok=True)
    shutil.copy(SIGNED.root / "trust.yaml", ws.root / "trust.yaml")
    return ws


SIGNED: Workspace


@pytest.fixture(scope="module", autouse=True)
def signers(tmp_path_factory: pytest.TempPathFactory) -> None:
    global SIGNED
    SIGNED = workspace(tmp_path_factory.mktemp("signers"))


def about_one(r: dict[str, Any]) -> None:
    """A case about one person: his rows alone, of both data sets."""
    r.update(kind="case", stage="preliminary_check", id="A-case")
    r["subjects"].update(values=[DEAD], max=1)
    for d, column in ((r["datasets"][0], "id_no"), (r["datasets"][1], "id_no")):
        d["rows"] = [{"column": column, "subjects": True}]
    del r["programme_document"]


def observed(ws: Workspace, monkeypatch: pytest.MonkeyPatch, change: Any, folder: Path) -> dict[str, Any]:
    """All that the operator of a run can see while it is under way and after: progress, files and their sizes, the result, what was laid down."""
    authorize(ws, document(change=change))
    # one key for both worlds: tokens are meant to differ between authorizations, and would hide a difference here
    ident = next(ws.authorizations.glob("*.key")).stem
    (ws.authorizations / f"{ident}.key").write_bytes(b"k" * 32)
    seen: list[Any] = []
    laid: dict[str, Any] = {}
    real = running.run_child

    def watched(plan: Any, where: Path, seconds: int, progress: Any) -> None:
        real(plan, where, seconds, lambda stage, n: seen.append((plan["task"], stage, n if stage != "model" else None)))
        if plan["task"] == "project":
            con = duckdb.connect(str(where / "work.duckdb"), read_only=True)
            for (table,) in con.execute("select table_name from duckdb_tables() order by 1").fetchall():
                laid[table] = con.execute(f"select * exclude (row_ref) from {table} order by all").fetchall()
            con.close()
            laid["size"] = (where / "work.duckdb").stat().st_size
        seen.append(sorted((p.name, p.stat().st_size) for p in where.iterdir() if p.suffix == ".json" and p.name not in ("plan.json", "request.json")))

    with monkeypatch.context() as patch:
        patch.setattr(running, "run_child", watched)
        done = run_model(ws, ident, "deceased_recipient", operator=OPERATOR, now=NOW)
    result = {k: v for k, v in done.result.items() if k not in ("run", "authorization_digest")}
    for s in result["snapshot"].values():
        del s["version"]  # names the file that was imported; the operator's own catalogue shows it
    hits = [{k: v for k, v in json.loads(line).items() if k not in ("run", "authorization_digest")} for line in (done.folder / "hits.jsonl").read_bytes().splitlines()]
    progress = [s for s in seen if isinstance(s, list) or s[1] != "model"]
    return {"progress": progress, "laid": laid, "result": result, "hits": hits, "files": sorted(p.name for p in done.folder.iterdir())}


def test_columns_that_are_not_granted_change_nothing_an_operator_can_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = observed(world(tmp_path / "one", HIDDEN_ONE, 0), monkeypatch, lambda r: None, tmp_path)
    two = observed(world(tmp_path / "two", HIDDEN_TWO, 0), monkeypatch, lambda r: None, tmp_path)
    assert one["result"]["hits"] == 1
    assert one == two


def test_people_whom_a_case_does_not_name_change_nothing_an_operator_can_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = observed(world(tmp_path / "one", HIDDEN_ONE, 0), monkeypatch, about_one, tmp_path)
    two = observed(world(tmp_path / "two", HIDDEN_ONE, 40), monkeypatch, about_one, tmp_path)
    assert one["result"]["hits"] == 1
    assert one["result"]["snapshot"]["payment"]["rows"] == 3
    assert one == two


def test_the_projection_reads_no_column_that_is_not_granted(tmp_path: Path) -> None:
    """Runtime cannot tell of a column that is never read: the scan's own plan names what it takes from the file."""
    ws = workspace(tmp_path)
    (source,) = (ws.catalogue / "payments").glob("*/accepted.parquet")
    column = {"source": "id_no", "name": "person", "semantic": "person_id", "token": True}
    table = {"parquet": str(source), "columns": [column, {"source": "amount", "name": "amount", "semantic": "money", "token": False}], "rows": [], "subjects": []}
    sql = projection.laid_sql(table, f"({projection.source_sql(table, NOW.date())})", "00")
    plan = json.loads(duckdb.connect().execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()[0][1])

    def scans(node: dict[str, Any]) -> list[Any]:
        own = [node["extra_info"].get("Projections", [])] if "PARQUET" in node["name"] else []
        return own + [s for child in node["children"] for s in scans(child)]

    (read,) = scans(plan[0])
    # the key column is left out too where the file's own statistics say that it is empty
    assert {"id_no", "amount"} <= set(read) <= {"_row", "id_no", "id_no__key", "amount"}


def test_a_trial_and_a_failed_run_tell_no_more_than_their_one_number(tmp_path: Path) -> None:
    """A trial answers with a count, the same however often it is asked; a run that fails leaves its request and a code."""
    ws = workspace(tmp_path)
    authorize(ws, document())
    first = run_model(ws, "A-1", "deceased_recipient", operator=OPERATOR, now=NOW, trial=True)
    again = run_model(ws, "A-1", "deceased_recipient", operator=OPERATOR, now=NOW, trial=True)
    assert (again.again, again.result) == (True, first.result)
    assert {p.name for p in first.folder.iterdir() if p.stat().st_size} <= {"request.json", "result.json", "state.json", "counts.json"}
    models = own_model(tmp_path, "mine", "SELECT CASE WHEN max(amount) > 50 THEN error('rich') ELSE max(person) END AS person, [1] AS payment_rows FROM payment")
    authorize(ws, document(id="A-own", change=lambda r: under_own_model(r, "mine", models)))
    with pytest.raises(MatchError) as caught:
        run_model(ws, "A-own", "mine", operator=OPERATOR, now=NOW, models=models)
    assert "rich" not in caught.value.en
    (failed,) = (f for f in ws.runs.iterdir() if json.loads((f / "state.json").read_text())["phase"] == "failed")
    assert {p.name for p in failed.iterdir()} <= {"request.json", "state.json", "counts.json"}
