"""`xieli backup`: custodians, backups, and what a backup file says of itself."""
from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NoReturn

import click

from xieli.server import backup as engine
from xieli.server import container, custodians
from xieli.server.home import Home, default_home
from xieli.server.postgres import ensure_database
from xieli.server.words import Trouble, pick, to_terminal


@click.group()
def backup() -> None:
    """Back up to named custodians, two of whom are needed to open it. 备份给指定的保管人，须两人才能打开。"""


@backup.command()
@click.argument("name")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Where the private key goes (a stick of the custodian's own) / 私钥存放处")
@click.option("--passphrase-file", type=click.Path(exists=True, path_type=Path), help="Instead of asking / 从文件读口令")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
def custodian(name: str, out: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Make a custodian's pair of keys, on his own machine; hand over the public line only. 生成保管人密钥。"""
    try:
        made = custodians.make(name, ask(name, passphrase_file, confirm=True), out)
    except FileExistsError:
        fail(Trouble(f"{out} 已存在，没有覆盖。", f"{out} exists and was not overwritten."), as_json)
    except Trouble as trouble:
        fail(trouble, as_json)
    if as_json:
        print(json.dumps({"name": made.name, "public": made.line(), "fingerprint": made.fingerprint}, ensure_ascii=False))
    else:
        print(made.line())
        to_terminal(pick(
            f"私钥在 {out}（加了口令）。请把上面一行交给系统管理员，并当面核对指纹 {made.fingerprint}。",
            f"The private key is in {out}, under the passphrase. Give the line above to the system administrator and compare the fingerprint {made.fingerprint} in person.",
        ))


@backup.command()
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the two files / 存放目录")
@click.option("--custodian", "files", multiple=True, type=click.Path(exists=True, path_type=Path, dir_okay=False),
              help="Files of public lines; default: custodians/*.pub in the data folder / 保管人公钥文件")
@click.option("--open-with", "threshold", default=2, show_default=True, help="How many custodians open it / 几人可开启")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
def create(folder: Path, files: tuple[Path, ...], threshold: int, as_json: bool) -> None:
    """Write the data file and, to be kept elsewhere, the key file. 生成数据文件与密钥文件（分开保存）。"""
    try:
        found = custodians.read_all(files or sorted((Home(default_home()).path / "custodians").glob("*.pub")))
        with ensure_database() as db:
            made = engine.create(db, folder, found, threshold, to_terminal)
    except Trouble as trouble:
        fail(trouble, as_json)
    if as_json:
        print(json.dumps({
            "data": str(made.data), "keys": str(made.keys), "rows": made.rows, "files": made.files, "seal": made.seal,
            "custodians": [{"name": c.name, "fingerprint": c.fingerprint} for c in found], "open_with": threshold,
        }, ensure_ascii=False))
        return
    names = pick("、", ", ").join(pick(f"{c.name}（{c.fingerprint}）", f"{c.name} ({c.fingerprint})") for c in found)
    print(pick(
        f"数据：{made.data}\n密钥：{made.keys}\n{made.rows} 行，{made.files} 个文件，已读回核对。\n"
        f"保管人：{names}；任意 {threshold} 人可开启。\n请把密钥文件与数据文件分开存放。",
        f"Data: {made.data}\nKeys: {made.keys}\n{made.rows} rows, {made.files} files, read back and checked.\n"
        f"Custodians: {names}; any {threshold} can open it.\nKeep the key file apart from the data file.",
    ))


@backup.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
def show(file: Path, as_json: bool) -> None:
    """What a backup file says without being opened: time, version, custodians. 查看备份文件的公开部分。"""
    try:
        header = container.read_header(file)
    except Trouble as trouble:
        fail(trouble, as_json)
    shown = {"kind": header["kind"], "made": header["made"], "version": header["version"], "open_with": header["threshold"],
             "custodians": [c["name"] for c in header["custodians"]]}
    if as_json:
        print(json.dumps(shown, ensure_ascii=False))
    else:
        for key, value in shown.items():
            print(f"{key}: {', '.join(value) if isinstance(value, list) else value}")


def ask(name: str, file: Path | None, confirm: bool = False) -> str:
    """A passphrase from a file or the terminal. Error: `Trouble` when it is shorter than twelve characters."""
    given = file.read_text("utf-8").strip() if file else str(click.prompt(pick(f"{name} 的口令", f"Passphrase of {name}"), hide_input=True, confirmation_prompt=confirm, err=True))
    if confirm and len(given) < 12:
        raise Trouble("口令至少 12 个字符。", "A passphrase has at least twelve characters.")
    return given


def fail(trouble: Trouble, as_json: bool) -> NoReturn:
    """Say it and end with exit code 1."""
    if as_json:
        print(json.dumps({"error": {"zh": trouble.zh, "en": trouble.en}}, ensure_ascii=False))
    to_terminal(str(trouble))
    sys.exit(1)
