"""`xieli match psi`: two owners compare by files, each step in a process of its own."""
from __future__ import annotations

import json
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click

from xieli.engines.matching.psi.protocol import Refused
from xieli.engines.matching.psi.worker import run_apart

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW = click.Path(dir_okay=False, path_type=Path)
DENIED = 3


def _items(path: Path) -> list[str]:
    """One identifier a line; a CSV gives its first column; a header named id is skipped."""
    lines = [line.split(",")[0].strip().strip('"') for line in path.read_text(encoding="utf-8-sig").splitlines()]
    return [x for x in lines if x and x.lower() != "id"]


def _private(path: Path, text: str) -> None:
    """Write a file that only its owner may read; never over an existing one."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise click.ClickException(f"{path.name} exists and is kept as it is / 文件已存在，未覆盖") from error
    with os.fdopen(handle, "w", encoding="utf-8") as f:
        f.write(text)


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise click.ClickException(f"{path.name} is not a message of this protocol / 不是本协议的报文") from error


def _run(job: dict[str, Any], context: click.Context, folder: Path) -> dict[str, Any]:
    try:
        return run_apart(job, str(folder))
    except Refused as refusal:
        click.echo(f"refused / 拒绝：{refusal}", err=True)
        context.exit(DENIED)


def _done(data: dict[str, Any], line: str, as_json: bool) -> None:
    click.echo(json.dumps(data, ensure_ascii=False) if as_json else line)


@click.group()
def psi() -> None:
    """Compare two lists without pooling them. 不汇集数据的名单比对。

    client: keygen, request, approve (by the approver), finish; owner: keygen, respond. Files travel between them.
    """


@psi.command()
@click.argument("out", type=_NEW)
@click.option("--json", "as_json", is_flag=True)
def keygen(out: Path, as_json: bool) -> None:
    """Make a signing key (for an approver or an owner); prints the public part for the other side. 生成签名密钥。"""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    _private(out, key.private_bytes_raw().hex())
    public = key.public_key().public_bytes_raw().hex()
    _done({"public": public}, public, as_json)


@psi.command()
@click.option("--list", "list_file", type=_FILE, required=True, help="approved subjects, one identifier a line")
@click.option("--authorization", required=True)
@click.option("--purpose", required=True)
@click.option("--expires", required=True, help="last day, YYYY-MM-DD")
@click.option("--secret", type=_NEW, required=True, help="where the secret of this session is kept (mode 600)")
@click.option("--out", type=_NEW, required=True)
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def request(context: click.Context, list_file: Path, authorization: str, purpose: str, expires: str, secret: Path, out: Path, as_json: bool) -> None:
    """Client: blind the list. The request still needs an approver's signature. 查询方：盲化名单，待审批签署。"""
    try:
        date.fromisoformat(expires)
    except ValueError as error:
        raise click.BadParameter("YYYY-MM-DD", param_hint="--expires") from error
    job = {"step": "request", "items": _items(list_file), "authorization": authorization, "purpose": purpose, "expires": expires}
    answer = _run(job, context, out.parent)
    _private(secret, answer["secret"])
    out.write_text(json.dumps(answer["message"], ensure_ascii=False), encoding="utf-8")
    count = answer["message"]["count"]
    _done({"count": count}, f"{count} items blinded → {out.name}; have it approved / 已盲化 {count} 项，待审批签署", as_json)


@psi.command()
@click.argument("request_file", type=_FILE)
@click.option("--list", "list_file", type=_FILE, required=True, help="the list that the approver has read")
@click.option("--secret", type=_FILE, required=True)
@click.option("--key", type=_FILE, required=True, help="the approver's signing key")
@click.option("--out", type=_NEW, required=True)
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def approve(context: click.Context, request_file: Path, list_file: Path, secret: Path, key: Path, out: Path, as_json: bool) -> None:
    """Approver: check that the request is this very list, and sign it. 审批人：核对名单并签署。"""
    job = {"step": "approve", "message": _load(request_file), "items": _items(list_file), "secret": secret.read_text().strip(), "key": key.read_text().strip()}
    answer = _run(job, context, out.parent)
    out.write_text(json.dumps(answer["message"], ensure_ascii=False), encoding="utf-8")
    _done({"approver": answer["message"]["approver"]}, f"signed → {out.name} / 已签署", as_json)


@psi.command()
@click.argument("request_file", type=_FILE)
@click.option("--data", type=_FILE, required=True, help="the owner's identifiers, one a line")
@click.option("--policy", type=_FILE, required=True, help="JSON: owner, approvers, cap_per_request, cap_per_authorization, pad_to")
@click.option("--key", type=_FILE, required=True, help="the owner's signing key")
@click.option("--register", type=_NEW, required=True, help="the owner's register of answers (JSON lines)")
@click.option("--out", type=_NEW, required=True)
@click.option("--today", help="YYYY-MM-DD; the day of the machine by default")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def respond(context: click.Context, request_file: Path, data: Path, policy: Path, key: Path, register: Path, out: Path, today: str | None, as_json: bool) -> None:
    """Owner: check signature, expiry and caps; answer once. Exit code 3 when refused. 数据方：核验后答复一次。"""
    answered = [json.loads(x) for x in register.read_text(encoding="utf-8").splitlines()] if register.exists() else []
    job = {
        "step": "respond", "message": _load(request_file), "items": _items(data), "policy": _load(policy), "answered": answered,
        "key": key.read_text().strip(), "today": today or date.today().isoformat(),  # noqa: DTZ011 - the owner's own calendar day
    }  # fmt: skip
    answer = _run(job, context, out.parent)
    # the register first: an answer that was written is an answer that counts
    with register.open("a", encoding="utf-8") as f:
        f.write(json.dumps(answer["line"], ensure_ascii=False) + "\n")
    out.write_text(json.dumps(answer["message"], ensure_ascii=False), encoding="utf-8")
    _done(answer["line"], f"answered {answer['line']['count']} items → {out.name} / 已答复 {answer['line']['count']} 项", as_json)


@psi.command()
@click.argument("request_file", type=_FILE)
@click.argument("response_file", type=_FILE)
@click.option("--list", "list_file", type=_FILE, required=True)
@click.option("--secret", type=_FILE, required=True)
@click.option("--owner-key", required=True, help="the owner's public key (hex)")
@click.option("--out", type=_NEW, required=True)
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def finish(context: click.Context, request_file: Path, response_file: Path, list_file: Path, secret: Path, owner_key: str, out: Path, as_json: bool) -> None:
    """Client: read the hits; the secret of the session is destroyed. Exit code 1 when there are hits. 查询方：读取命中。"""
    job = {
        "step": "finish", "request": _load(request_file), "response": _load(response_file), "items": _items(list_file),
        "secret": secret.read_text().strip(), "owner_key": owner_key,
    }  # fmt: skip
    answer = _run(job, context, out.parent)
    hits = answer["hits"]
    out.write_text("id\n" + "".join(h + "\n" for h in hits), encoding="utf-8")
    size = secret.stat().st_size
    secret.write_text("0" * size)
    secret.unlink()
    _done(
        {"hits": len(hits), "owner_count": answer["owner_count"], "secret": "destroyed"},
        f"{len(hits)} hits → {out.name}; secret destroyed; a hit is not a finding / 命中 {len(hits)} 项，会话密钥已销毁，命中不等于认定",
        as_json,
    )
    context.exit(1 if hits else 0)


@psi.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def demo(context: click.Context, folder: Path, as_json: bool) -> None:
    """Two folders of invented people, `commission` and `civil_affairs`, and every step between them. 演示全部步骤。"""
    from xieli.engines.matching.er.mixes import mixes
    from xieli.engines.matching.er.synth_people import make_people

    client, owner = folder / "commission", folder / "civil_affairs"
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder.name} is not empty; nothing was written / 文件夹非空，未写入")
    client.mkdir(parents=True)
    owner.mkdir()
    numbers = make_people(1200, mixes()["clean"], seed=32).left["id_number"].to_pylist()
    subjects, holders = numbers[:40], numbers[28:]
    (client / "list.csv").write_text("id\n" + "\n".join(subjects), encoding="utf-8")
    (owner / "deaths.csv").write_text("id\n" + "\n".join(holders), encoding="utf-8")
    today = date.today()  # noqa: DTZ011 - a demonstration, on the machine's day
    invoke = context.invoke
    keys = {}
    for name, place in (("approver", client), ("owner", owner)):
        invoke(keygen, out=place / f"{name}.key", as_json=True)
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        keys[name] = Ed25519PrivateKey.from_private_bytes(bytes.fromhex((place / f"{name}.key").read_text())).public_key().public_bytes_raw().hex()
    policy = {"owner": "civil_affairs", "approvers": [keys["approver"]], "cap_per_request": 50, "cap_per_authorization": 50, "pad_to": 1000}
    (owner / "policy.json").write_text(json.dumps(policy, indent=1), encoding="utf-8")
    invoke(request, list_file=client / "list.csv", authorization="DEMO-1", purpose="demo / 演示", expires=(today + timedelta(days=1)).isoformat(), secret=client / "secret", out=client / "draft.json", as_json=as_json)
    invoke(approve, request_file=client / "draft.json", list_file=client / "list.csv", secret=client / "secret", key=client / "approver.key", out=client / "request.json", as_json=as_json)
    (owner / "request.json").write_bytes((client / "request.json").read_bytes())
    invoke(respond, request_file=owner / "request.json", data=owner / "deaths.csv", policy=owner / "policy.json", key=owner / "owner.key", register=owner / "answered.jsonl", out=owner / "response.json", today=today.isoformat(), as_json=as_json)
    (client / "response.json").write_bytes((owner / "response.json").read_bytes())
    invoke(finish, request_file=client / "request.json", response_file=client / "response.json", list_file=client / "list.csv", secret=client / "secret", owner_key=keys["owner"], out=client / "hits.csv", as_json=as_json)
