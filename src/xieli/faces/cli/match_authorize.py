"""`xieli match key` and `xieli match authorize draft|sign|show`."""
from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click
import yaml

from xieli.engines.matching.authorization import signing
from xieli.engines.matching.authorization.document import LEVELS, RANKS, STAGES, parse_authorization
from xieli.engines.matching.authorization.draft import draft as make_draft
from xieli.engines.matching.models.contract import find_model
from xieli.engines.matching.words import Conflict, MatchError
from xieli.engines.matching.workspace import write_atomic

from .match_common import Context, command

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("person")
@click.option("--body", required=True, help="The body the person signs for.")
@command
def key(context: Context, person: str, body: str) -> None:
    """Make a signing key for PERSON in the workspace and enter the public half in trust.yaml.

    In earnest each signer makes the key on a machine of his own and only the public half travels.
    """
    if not person.strip() or person.startswith(".") or set(person) & set("/\\\0"):
        raise MatchError("person", f"{person!r} 不能用作姓名", f"{person!r} cannot be a person's name")
    workspace = context.workspace
    known = signing.trust(workspace)
    if person in known:
        raise Conflict("signer_exists", f"{person} 已在 trust.yaml 中", f"{person} is in trust.yaml already")
    path = workspace.keys / f"{person}.pem"
    public = signing.new_key(path)
    entries = [*known.values(), {"person": person, "body": body, "public_key": public}]
    write_atomic(workspace.root / "trust.yaml", yaml.safe_dump({"signers": entries}, allow_unicode=True, sort_keys=False).encode())
    workspace.record(context.now, person, "signer_added", {"person": person, "body": body, "public_key": public})
    context.answer({"person": person, "public_key": public, "key": str(path)}, [f"{person}: {path}"])


@click.group()
def authorize() -> None:
    """Draft, sign and show authorizations. 授权书：起草、签批、查看。"""


def _pairs(values: tuple[str, ...], option: str) -> dict[str, str]:
    out = {}
    for v in values:
        left, sign, right = v.partition("=")
        if not sign or not left or not right:
            raise MatchError("option", f"{option} 的写法是 名=值：{v}", f"{option} is written NAME=VALUE: {v}")
        out[left] = right
    return out


@authorize.command()
@click.argument("ident")
@click.option("--model", "model_id", required=True)
@click.option("--bind", multiple=True, help="TABLE=DATASET, once per table of the model.")
@click.option("--column", multiple=True, help="TABLE.COLUMN=COLUMN where the meaning alone does not decide.")
@click.option("--instrument", multiple=True, help="DATASET=NUMBER of the owner's consent or notice.")
@click.option("--matter", required=True, help="Number of the matter or programme.")
@click.option("--kind", type=click.Choice(["case", "programme"]), default="programme", show_default=True)
@click.option("--stage", type=click.Choice(STAGES), help="Stage of the case (kind case).")
@click.option("--programme-document", help="Number of the programme's document (kind programme).")
@click.option("--purpose", required=True, help="中文目的|purpose in English")
@click.option("--criterion", required=True, help="中文对象范围|whom it is about, in English")
@click.option("--subject", multiple=True, help="Identity number of a subject; required for a case.")
@click.option("--rank", type=click.Choice(RANKS), default="other", show_default=True, help="Highest rank among the subjects.")
@click.option("--basis", multiple=True, required=True, help="Legal basis, once per article.")
@click.option("--assessment", required=True, help="Number of the impact assessment.")
@click.option("--approval", multiple=True, help="DATASET=CLASS:LEVEL:NUMBER:APPROVER for bank or property columns.")
@click.option("--operator", multiple=True, required=True, help="Who may run; a signer cannot be one.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 548))
@click.option("--keep-days", default=30, show_default=True, type=click.IntRange(0, 3650), help="Days after the end until results are destroyed.")
@click.option("--runs", default=5, show_default=True)
@click.option("--hits", default=1000, show_default=True)
@click.option("--reveals", default=50, show_default=True)
@click.option("--models", "models_folder", type=click.Path(path_type=Path, file_okay=False), help="A folder with models of your own.")
@click.option("--out", type=FILE)
@command
def draft(
    context: Context, ident: str, model_id: str, bind: tuple[str, ...], column: tuple[str, ...], instrument: tuple[str, ...], matter: str, kind: str,
    stage: str | None, programme_document: str | None, purpose: str, criterion: str, subject: tuple[str, ...], rank: str, basis: tuple[str, ...],
    assessment: str, approval: tuple[str, ...], operator: tuple[str, ...], days: int, keep_days: int, runs: int, hits: int, reveals: int,
    models_folder: Path | None, out: Path | None,
) -> None:  # fmt: skip
    """Draft authorization IDENT for one model with the least columns; read it, correct it, have two persons sign it. 起草授权书。"""
    now = context.now.replace(microsecond=0)
    given = {
        "id": ident, "kind": kind, "matter": matter, **({"stage": stage} if stage else {}),
        **({"programme_document": programme_document} if programme_document else {}), "purpose": _both(purpose), "basis": list(basis),
        "assessment": {"number": assessment, "date": now.date().isoformat(), "by": operator[0]}, "operators": list(operator),
        "subjects": {"values": list(subject), "criterion": _both(criterion), "rank": rank, "max": max(len(subject), 1 if kind == "case" else 0)},
        "keep_until": (now.date() + timedelta(days=days + keep_days)).isoformat(), "budget": {"runs": runs, "hits": hits, "reveals": reveals},
        "query_approvals": [_approval(d, v, now) for d, v in _pairs(approval, "--approval").items()],
    }  # fmt: skip
    document = make_draft(
        context.workspace, find_model(model_id, models_folder), _pairs(bind, "--bind"), _pairs(column, "--column"), given, now, now + timedelta(days=days)
    )
    numbers = _pairs(instrument, "--instrument")
    for d in document["datasets"]:
        if d["dataset"] not in numbers:
            raise MatchError("instrument", f"请用 --instrument {d['dataset']}=文号 写明主管单位的同意文书", f"say --instrument {d['dataset']}=NUMBER: the owner's consent or notice")
        d["instrument"]["number"] = numbers[d["dataset"]]
    parse_authorization(document, ident)  # before a path is made of its number
    target = out or Path(f"{ident}.yaml")
    if target.exists():
        raise Conflict("exists", f"{target} 已存在", f"{target} exists already")
    write_atomic(target, yaml.safe_dump(document, allow_unicode=True, sort_keys=False).encode())
    context.answer(document, [f"{target}：请核对后由两人签批" if context.lang == "zh" else f"{target}: read it, then have two persons sign it"])


def _both(text: str) -> dict[str, str]:
    zh, bar, en = text.partition("|")
    if not bar or not zh.strip() or not en.strip():
        raise MatchError("both", f"请写成 中文|English：{text}", f"write it as 中文|English: {text}")
    return {"zh": zh.strip(), "en": en.strip()}


def _approval(dataset: str, text: str, now: datetime) -> dict[str, str]:
    parts = text.split(":")
    if len(parts) != 4 or parts[0] not in ("bank", "property") or parts[1] not in LEVELS:
        raise MatchError("approval", f"--approval 应写成 DATASET=bank|property:{'|'.join(LEVELS)}:NUMBER:APPROVER（数据集、类别、批准层级、文号、审批人）", f"--approval is DATASET=bank|property:{'|'.join(LEVELS)}:NUMBER:APPROVER")
    return {"dataset": dataset, "class": parts[0], "level": parts[1], "number": parts[2], "approver": parts[3], "date": now.date().isoformat()}


@authorize.command()
@click.argument("document", type=FILE)
@click.option("--person", required=True)
@click.option("--key", "key_path", type=FILE, help="Private key; default keys/PERSON.pem of the workspace.")
@command
def sign(context: Context, document: Path, person: str, key_path: Path | None) -> None:
    """Sign DOCUMENT as PERSON. 签批。"""
    workspace = context.workspace
    signed = signing.sign(workspace, document, person, signing.read_key(key_path or workspace.keys / f"{person}.pem"), context.now)
    context.answer({"authorization": signed.id, "digest": signed.digest, "person": person}, [f"{signed.id} · {person} · {signed.digest[:16]}"])


@authorize.command()
@click.argument("ident")
@command
def show(context: Context, ident: str) -> None:
    """Whether authorization IDENT is signed, what it grants, and what is left of it. 查看授权书。"""
    workspace = context.workspace
    a = signing.open_signed(workspace, ident)
    acts = [x for x in workspace.acts() if x["detail"].get("authorization_digest") == a.digest]
    runs = len({x["detail"]["run"] for x in acts if x["act"] == "run_started"})
    reveals = sum(1 for x in acts if x["act"] == "revealed")
    left = {"days": max(0, (a.ends - context.now).days), "runs": a.runs - runs, "reveals": a.reveals - reveals}
    lines = [
        f"{a.id} · {a.purpose[context.lang]} · {a.digest[:16]}",
        f"剩 {left['days']} 天、{left['runs']} 次运行、{left['reveals']} 次揭示" if context.lang == "zh" else f"{left['days']} days, {left['runs']} runs, {left['reveals']} reveals left",
        *(f"  {g.dataset}.{c}: {', '.join(sorted(r))}" for g in a.granted.values() for c, r in g.columns.items()),
    ]  # fmt: skip
    context.answer({"authorization": a.id, "digest": a.digest, "left": left, "document": a.document}, lines)
