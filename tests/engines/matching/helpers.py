"""A small workspace with two data sets, two signers and an authorization; tests change one thing at a time."""
from __future__ import annotations

import atexit
import copy
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import yaml

from xieli.engines.matching.authorization import signing
from xieli.engines.matching.datasets.importing import Imported, import_dataset
from xieli.engines.matching.models.contract import folder_digest
from xieli.engines.matching.workspace import Workspace

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
SIGNERS = ("王批", "赵批")
OPERATOR = "李办"


def field(name: str, semantic: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "semantic": semantic, "title": {"zh": f"{name}列", "en": name}, **more}


def description(name: str, fields: list[dict[str, Any]], owner: str = "finance", **more: Any) -> dict[str, Any]:
    return {
        "name": name, "title": {"zh": name, "en": name}, "owner": {"body": owner, "zh": owner, "en": owner}, "level": "sensitive",
        "freshness": {"as_of": "2026-11-01", "every_days": 60}, "lineage": {"zh": "测试", "en": "test"}, "schema": {"fields": fields}, **more,
    }  # fmt: skip


PAYMENTS = description("payments", [
    field("id_no", "person_id"), field("name", "person_name"), field("amount", "money", constraints={"minimum": 0}),
    field("paid_on", "date", constraints={"required": True}), field("account", "bank_account"), field("phone", "phone"),
])  # fmt: skip
DEATHS = description("deaths", [field("id_no", "person_id"), field("died_on", "date"), field("cause", "text")], owner="civil")
# 99-area people: invented. DEAD drew three times after death, ALIVE never died.
DEAD, ALIVE = "990101195001010016", "990101196001010016"
PAYMENT_ROWS = [
    "id_no,name,amount,paid_on,account,phone",
    f"{DEAD},王某,100,2026-03-01,4539578763621486,13812345678", f"{DEAD},王某,100,2026-04-01,4539578763621486,13812345678",
    f"{DEAD},王某,100,2026-05-01,4539578763621486,13812345678", f"{ALIVE},李某,100,2026-03-01,4539578763621486,13912345678",
]  # fmt: skip
DEATH_ROWS = ["id_no,died_on,cause", f"{DEAD},2026-01-15,SECRETCAUSE"]


def write(path: Path, lines: list[str] | bytes) -> Path:
    path.write_bytes(lines if isinstance(lines, bytes) else ("\n".join(lines) + "\n").encode())
    return path


def described(folder: Path, raw: dict[str, Any]) -> Path:
    path = folder / f"{raw['name']}.dataset.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    return path


def bring(ws: Workspace, folder: Path, raw: dict[str, Any], content: list[str] | bytes, suffix: str = "csv", **more: Any) -> Imported:
    source = write(folder / f"{raw['name']}.{suffix}", content)
    (result,) = import_dataset(ws, source, described(folder, raw), now=NOW, by="clerk", **more)
    return result


_template: list[Path] = []


def workspace(folder: Path) -> Workspace:
    """A workspace with payments and deaths imported and two signers trusted; made once, copied after."""
    if not _template or not _template[0].exists():
        home = Path(mkdtemp(prefix="xieli-match-"))
        atexit.register(shutil.rmtree, home, True)
        _template[:] = [_made(home).root]
    shutil.copytree(_template[0], folder / "ws")
    return Workspace(folder / "ws")


def _made(folder: Path) -> Workspace:
    ws = Workspace.create(folder / "ws", "clerk", NOW)
    bring(ws, folder, PAYMENTS, PAYMENT_ROWS)
    bring(ws, folder, DEATHS, DEATH_ROWS)
    entries = [{"person": p, "body": "示范县纪委", "public_key": signing.new_key(ws.keys / f"{p}.pem")} for p in SIGNERS]
    (ws.root / "trust.yaml").write_text(yaml.safe_dump({"signers": entries}, allow_unicode=True), "utf-8")
    return ws


BASE: dict[str, Any] = {
    "id": "A-1", "kind": "programme", "matter": "P-1", "programme_document": "专项1号", "purpose": {"zh": "核查死后领补", "en": "payments after death"},
    "basis": ["监察法 18"], "assessment": {"number": "PIA-1", "date": "2026-11-01", "by": OPERATOR}, "operators": [OPERATOR],
    "subjects": {"values": [], "criterion": {"zh": "全体领取人", "en": "all recipients"}, "rank": "other", "max": 0},
    "from": (NOW - timedelta(days=1)).isoformat(), "until": (NOW + timedelta(days=30)).isoformat(), "keep_until": "2027-01-31",
    "budget": {"runs": 2, "hits": 100, "reveals": 2},
    "datasets": [
        {
            "dataset": "payments", "owner": "finance", "instrument": {"kind": "notice", "number": "财1", "date": "2026-11-01"},
            "columns": {"id_no": ["join", "reveal"], "amount": ["compare"], "paid_on": ["compare"], "name": ["reveal"]},
        },
        {
            "dataset": "deaths", "owner": "civil", "instrument": {"kind": "notice", "number": "民1", "date": "2026-11-01"},
            "columns": {"id_no": ["join"], "died_on": ["compare"]},
        },
    ],
    "models": [{"model": "deceased_recipient", "version": "1", "bind": {"payment": {"dataset": "payments"}, "death": {"dataset": "deaths"}}}],
}  # fmt: skip


def document(**changes: Any) -> dict[str, Any]:
    """The base authorization with top-level changes; a callable changes a deep copy."""
    raw = copy.deepcopy(BASE)
    for key, value in changes.items():
        if callable(value):
            value(raw)
        else:
            raw[key] = value
    return raw


def authorize(ws: Workspace, raw: dict[str, Any], signers: tuple[str, ...] = SIGNERS) -> None:
    path = ws.root / f"{raw['id']}.draft.yaml"
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    for person in signers:
        signing.sign(ws, path, person, signing.read_key(ws.keys / f"{person}.pem"), NOW)


def own_model(folder: Path, name: str, sql: str, **changes: Any) -> Path:
    """A folder with one model of our own over payments and deaths; returns the folder to pass as `models`."""
    home = folder / "models" / name
    home.mkdir(parents=True)
    raw = {
        "id": name, "number": "x", "version": "1", "title": {"zh": "试", "en": "try"}, "question": {"zh": "问", "en": "ask"},
        "inputs": {
            "payment": {
                "person": {"type": "person_id", "role": "join"}, "amount": {"type": "money", "role": "compare"}, "paid_on": {"type": "date", "role": "compare"},
            },
            "death": {"person": {"type": "person_id", "role": "join"}, "died_on": {"type": "date", "role": "compare"}},
        },
        "outputs": {"person": {"type": "token", "origin": "payment.person", "title": {"zh": "人", "en": "person"}}},
        "explanation": {"zh": "{person}", "en": "{person}"}, "innocent_causes": [{"zh": "录入", "en": "typing"}], "privacy": {"zh": "无", "en": "none"},
        "strength": "weak", **changes,
    }  # fmt: skip
    (home / "model.yaml").write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    (home / "model.sql").write_text(sql, "utf-8")
    tests = [{"name": "t", "tables": {"payment": [{"person": "A", "amount": 1, "paid_on": "2026-01-01"}], "death": []}, "hits": [{"person": "A"}], "near_misses": ["B"]}]
    (home / "tests.yaml").write_text(yaml.safe_dump(tests, allow_unicode=True), "utf-8")
    return folder / "models"


def under_own_model(raw: dict[str, Any], name: str, models: Path) -> None:
    raw["models"] = [{"model": name, "version": "1", "digest": folder_digest(models / name), "bind": {"payment": {"dataset": "payments"}, "death": {"dataset": "deaths"}}}]
