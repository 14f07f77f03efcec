"""`xieli audit`: verify exports offline; write seal files, witness files and the daily page; read the trail; keys."""
from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import psycopg
from psycopg.types.json import Jsonb

from xieli.engines.ledger import verify as verifier
from xieli.engines.ledger.seal import key_id, stamp
from xieli.office.audit import export, sealer
from xieli.office.audit.keys import KeyFolder
from xieli.server.postgres import ensure_database
from xieli.server.words import Trouble, chinese, pick, to_terminal

FILE = click.Path(exists=True, path_type=Path, dir_okay=False)
NEW_FILE = click.Path(path_type=Path, dir_okay=False)
SEALS = click.option("--seals", type=click.Path(path_type=Path, file_okay=False), help="Folder of the seal key / 封存密钥目录")
JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")


def fail(reason: Exception, as_json: bool, code: int) -> NoReturn:
    """Say it in the reader's language (and as JSON) and leave with the code."""
    zh, en = (reason.zh, reason.en) if isinstance(reason, Trouble) else (f"未完成：{reason}", f"Not done: {reason}")
    if as_json:
        print(json.dumps({"error": {"zh": zh, "en": en}}, ensure_ascii=False))
    to_terminal(pick(zh, en))
    sys.exit(code)


@contextmanager
def connected(role: str, as_json: bool) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the role: by XIELI_DB_<ROLE>, else through the installation (started if need be). Trouble ends the command."""
    try:
        given = os.environ.get(f"XIELI_DB_{role.upper()}")
        if given:
            with psycopg.connect(given) as connection:
                yield connection
        else:
            with ensure_database() as db, psycopg.connect(db.role_dsn(role)) as connection:
                yield connection
    except psycopg.errors.InsufficientPrivilege as reason:
        fail(reason, as_json, 3)
    except (Trouble, psycopg.Error, OSError) as reason:
        fail(reason, as_json, 1)


def note(connection: psycopg.Connection[Any], verb: str, **fields: object) -> None:
    """What an operator takes out of the ledger is an act as well."""
    connection.execute("select audit.record(%s, %s)", [verb, Jsonb(fields)])
    connection.commit()


def folder_of(seals: Path | None) -> KeyFolder:
    return KeyFolder(seals or sealer.default_folder())


@click.group()
def audit() -> None:
    """Verify, seal and witness the ledger of acts. 核验、封存、见证审计记录。"""


@audit.command()
@click.argument("export_folder", metavar="EXPORT", type=click.Path(exists=True, path_type=Path))
@click.option("--key", "keys", required=True, multiple=True, type=FILE, help="Public key: PEM or hex / 公钥文件")
@click.option("--witness", "witnesses", multiple=True, type=FILE, help="Witness file / 见证文件")
@click.option("--receipt", is_flag=True, help="EXPORT is a receipt of one event / 单条凭证")
@JSON
def verify(export_folder: Path, keys: tuple[Path, ...], witnesses: tuple[Path, ...], receipt: bool, as_json: bool) -> None:
    """Check an export offline; names the first bad row. Exit 1 when something does not hold. 离线核验导出。

    Needs neither a database nor the network: the same file runs alone, `python verify.py EXPORT --key PUB`.
    """
    arguments = [str(export_folder), *(x for k in keys for x in ("--key", str(k))), *(x for w in witnesses for x in ("--witness", str(w)))]
    arguments += ["--lang", "zh" if chinese() else "en", *(["--json"] if as_json else []), *(["--receipt"] if receipt else [])]
    sys.exit(verifier.main(arguments))


@audit.group()
def seal() -> None:
    """Exports, witness files, the daily page. 导出、见证、每日封存页。"""


@seal.command("export")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--with-personal", is_flag=True, help="Include the personal parts not erased / 含未删除的个人信息")
@SEALS
@JSON
def export_(folder: Path, with_personal: bool, seals: Path | None, as_json: bool) -> None:
    """Write everything that a verifier needs into a new folder. It holds the content of acts: keep it closed. 导出审计记录。"""
    with connected("backup", as_json) as connection:
        manifest = export.write_folder(connection, folder, [folder_of(seals).public()], with_personal=with_personal)
        connection.commit()
        note(connection, "audit.exported", rows=manifest["rows"], last_seal=manifest["seals"], with_personal=with_personal)
    if as_json:
        print(json.dumps(manifest, ensure_ascii=False))
    else:
        click.echo(pick(f"{folder}：{manifest['rows']} 行，{manifest['seals']} 个封存，未封存 {manifest['not_yet_sealed']} 条。",
                        f"{folder}: {manifest['rows']} rows, {manifest['seals']} seals, {manifest['not_yet_sealed']} events not yet sealed."))


@seal.command()
@click.argument("file", type=NEW_FILE)
@click.option("--to", required=True, help="Who will keep it / 交谁见证")
@click.option("--since", default=1, show_default=True, type=click.IntRange(1), help="First seal / 起始封存号")
@click.option("--short", is_flag=True, help="Without leaf hashes: smaller, names a range instead of a row / 不含逐行摘要")
@JSON
def witness(file: Path, to: str, since: int, short: bool, as_json: bool) -> None:
    """Write the seals for someone else to keep. Holds hashes only, no content. 生成见证文件（只含摘要）。"""
    with connected("backup", as_json) as connection:
        with file.open("xb") as f:
            first, last = export.write_witness(connection, f, since, None, short)
        connection.commit()
        note(connection, "audit.witness_taken", first_seal=first, last_seal=last, to=to)
    if as_json:
        print(json.dumps({"first": first, "last": last, "file": str(file)}, ensure_ascii=False))
    else:
        click.echo(pick(f"{file}：封存 {first}–{last}，请交 {to} 保存。", f"{file}: seals {first}–{last}, to be kept by {to}."))


@seal.command("print")
@click.argument("file", type=NEW_FILE)
@click.option("--site", required=True, help="Name of the installation / 单位名称")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Default: yesterday / 默认昨日")
@click.option("--zone", default="Asia/Shanghai", show_default=True)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--text", "plain", is_flag=True, help="Plain text instead of HTML / 纯文本")
@JSON
def print_(file: Path, site: str, day: datetime | None, zone: str, lang: str, plain: bool, as_json: bool) -> None:
    """Write the daily page for the paper archive: hexadecimal, QR code, two signatures. 打印每日封存页。"""
    tz = ZoneInfo(zone)
    chosen: date = day.date() if day else (datetime.now(tz) - timedelta(days=1)).date()
    with connected("backup", as_json) as connection:
        text = export.daily_page(connection, site, chosen, tz, lang, plain)
    file.write_text(text, encoding="utf-8")
    click.echo(json.dumps({"day": chosen.isoformat(), "file": str(file)}, ensure_ascii=False) if as_json else f"{chosen.isoformat()} → {file}")


@seal.command()
@click.argument("event", type=click.UUID)
@click.argument("file", type=NEW_FILE)
@JSON
def receipt(event: UUID, file: Path, as_json: bool) -> None:
    """Write the proof that one event is in the sealed ledger. 生成单条记录的凭证。"""
    with connected("backup", as_json) as connection, file.open("xb") as f:
        f.write(export.receipt(connection, event))
    click.echo(json.dumps({"file": str(file)}, ensure_ascii=False) if as_json else str(file))


@seal.command("accept-restore")
@click.option("--reason", required=True, help="Why the database is older than the key remembers / 原因")
@SEALS
@JSON
def accept_restore(reason: str, seals: Path | None, as_json: bool) -> None:
    """After a restore from a backup: seal on, declaring in the next seal what was lost. 接受从备份恢复。"""
    with connected("sealer", as_json) as connection:
        made = sealer.Sealer(connection.info.dsn + f" password={connection.info.password}", folder_of(seals), restored_because=reason)
        lost = made.lost
        sealed = made.seal_once()
        made.close()
    click.echo(json.dumps({"sealed": sealed, "lost_seal": lost.number if lost else None}) if as_json else pick(
        f"已封存 {sealed} 条；失去的封存：{lost.number if lost else '无'}。", f"{sealed} events sealed; seal lost: {lost.number if lost else 'none'}."))


@audit.command()
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Default: seven days ago / 默认七天前")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Exclusive; default: tomorrow / 不含当日，默认明日")
@click.option("--person", type=int)
@click.option("--verb")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1, 5000))
@JSON
def trail(since: datetime | None, until: datetime | None, person: int | None, verb: str | None, limit: int, as_json: bool) -> None:
    """Who did what and when, without content and without naming a matter. Reading it is recorded. 办理轨迹（不含内容）。"""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = (since.replace(tzinfo=UTC) if since else today - timedelta(days=7)), (until.replace(tzinfo=UTC) if until else today + timedelta(days=1))
    with connected("backup", as_json) as connection:
        rows = connection.execute(
            "select e.at, e.verb, e.person, e.capacity, e.process, cardinality(e.matters), l.index from audit.event e left join audit.leaf l on l.event = e.id"
            " where e.at >= %s and e.at < %s and (%s::bigint is null or e.person = %s) and (%s::text is null or e.verb = %s) order by e.at desc limit %s",
            [start, end, person, person, verb, verb, limit]).fetchall()
        note(connection, "audit.trail_read", since=stamp(start), until=stamp(end), rows=len(rows))
    keys = ("at", "verb", "person", "capacity", "process", "matters", "row")
    for row in rows:
        line = dict(zip(keys, row, strict=True)) | {"at": stamp(row[0])}
        click.echo(json.dumps(line, ensure_ascii=False) if as_json else "  ".join("-" if v is None else str(v) for v in line.values()))


@audit.group()
def keys() -> None:
    """The seal key and its public half. 封存密钥。"""


@keys.command("new")
@SEALS
@JSON
def new_key(seals: Path | None, as_json: bool) -> None:
    """Make a key; never overwrites one. Hand the public half to every witness on paper. 生成密钥。"""
    folder = folder_of(seals)
    try:
        public = folder.make()
    except (Trouble, OSError) as reason:
        fail(reason, as_json, 4)
    tell_key(public, folder, as_json)


@keys.command("show")
@SEALS
@JSON
def show_key(seals: Path | None, as_json: bool) -> None:
    """Show the public key and its number. 显示公钥。"""
    folder = folder_of(seals)
    try:
        tell_key(folder.public(), folder, as_json)
    except (Trouble, OSError) as reason:
        fail(reason, as_json, 1)


def tell_key(public: bytes, folder: KeyFolder, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"id": key_id(public), "public": public.hex(), "file": str(folder.pub)}, ensure_ascii=False))
    else:
        click.echo(f"{public.hex()}  # {key_id(public)}")
