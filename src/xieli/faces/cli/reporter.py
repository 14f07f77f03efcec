"""`xieli reporter`: the offline custodians of the reporters' store, and what two of them can open in an emergency."""
from __future__ import annotations

import json
from pathlib import Path

import click
import psycopg

from xieli.faces.cli.audit import connected
from xieli.faces.cli.backup import ask, fail
from xieli.faces.cli.speaking import Usage
from xieli.office.reporters import crypto
from xieli.server import custodians as people
from xieli.server.words import Trouble, pick, to_terminal

FILES = click.Path(exists=True, path_type=Path, dir_okay=False)
FEWEST = 3  # so that one may be lost and two still open
JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
LABELS = {"name": ("姓名", "name"), "other_name": ("又名", "other name"), "id_number": ("证件号码", "identity number"), "phone": ("电话", "telephone"), "contact": ("其他联系方式", "other contact"),
          "address": ("住址", "address"), "unit": ("单位", "workplace"), "original": ("原文", "original words")}


@click.group()
def reporter() -> None:
    """Custodians of the reporters' store; emergency opening by two. 反映人信息库：离线保管人与应急打开。"""


@reporter.command()
@click.argument("files", nargs=-1, required=True, type=FILES)
@JSON
def custodians(files: tuple[Path, ...], as_json: bool) -> None:
    """Name the custodians from their public lines; at least three, replacing the former ones for reports to come. 登记离线保管人。"""
    try:
        found = people.read_all(files)
        if len(found) < FEWEST:
            raise Trouble(f"至少三名保管人（给了 {len(found)} 名）：丢失一名时另两名仍能打开。没有改动。", f"At least three custodians are needed ({len(found)} given), so that two are left when one is lost. Nothing was changed.")
    except Trouble as trouble:
        fail(trouble, as_json)
    with connected("owner", as_json) as connection:
        connection.execute("update reporters.custodian set ended_at = access.now() where ended_at is null and not (public = any (%s))", [[c.public for c in found]])
        for c in found:
            connection.execute("insert into reporters.custodian (public, name, added_at) values (%s, %s, access.now()) on conflict (public) do update set name = excluded.name, ended_at = null", [c.public, c.name])
        connection.commit()
    rows = [{"name": c.name, "fingerprint": c.fingerprint} for c in found]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        print(pick("已登记（请当面核对指纹；任意两名可应急打开今后登记的反映人身份）：", "Named (compare the fingerprints in person; any two open, in an emergency, what is taken in from now on):"))
        for c in found:
            print(f"  {c.name}  {c.fingerprint}")


@reporter.command()
@click.argument("code")
@click.option("--key", "keys", multiple=True, required=True, type=FILES, help="A custodian's private key file; twice / 保管人私钥文件，两次")
@click.option("--passphrase-file", "passphrases", multiple=True, type=FILES, help="Instead of asking, in the order of --key / 从文件读口令")
@click.option("--reason", required=True, help="Why the ordinary way cannot be gone / 为什么不能走正常程序")
@JSON
def recover(code: str, keys: tuple[Path, ...], passphrases: tuple[Path, ...], reason: str, as_json: bool) -> None:
    """Open who reported with two custodians' keys: an event, and an alarm until the audit administrator closes it. 两名保管人应急打开。"""
    if passphrases and len(passphrases) != len(keys):
        raise Usage("--passphrase-file 的个数须与 --key 相同。", "Give as many --passphrase-file as --key.")
    try:
        opened = [people.open_private(file, ask(file.name, passphrases[i] if passphrases else None)) for i, file in enumerate(keys)]
    except Trouble as trouble:
        fail(trouble, as_json)
    with connected("backup", as_json) as connection:
        try:
            row = connection.execute("select report, body, shares from reporters.recover(%s, %s, %s)", [code.strip().upper(), "、".join(c.name for c, _ in opened), reason.strip()]).fetchone()
            if row is None:
                raise Trouble("没有这一件的保管份额。", "There are no custodians' shares of this report.")
            key = people.open_shares(row[2], 2, opened)
            identity = crypto.open_body(bytes(row[1]), key, int(row[0]))
            connection.commit()  # the record is kept before a word is shown
        except Trouble as trouble:
            connection.rollback()
            fail(trouble, as_json)
        except psycopg.DatabaseError as error:
            connection.rollback()
            wanted = "reason" in str(error)
            fail(Trouble("理由不少于八个字。没有打开。", "The reason has at least eight characters. Nothing was opened.") if wanted
                 else Trouble("没有这个编号，或身份已删除。没有打开。", "There is no such code, or it was erased. Nothing was opened."), as_json)
    if as_json:
        print(json.dumps(identity, ensure_ascii=False))
        return
    for part, value in identity.items():
        print(f"{pick(*LABELS[part])}: {value}")
    to_terminal(pick("已记入审计记录并发出告警。", "This is in the ledger and an alarm was raised."))
