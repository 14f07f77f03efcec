"""`xieli restore`: bring an installation back from a backup and say what is lost."""
from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from xieli.faces.cli.backup import ask, fail
from xieli.faces.cli.speaking import Usage
from xieli.server import custodians
from xieli.server import restore as engine
from xieli.server.postgres import ensure_database
from xieli.server.words import Trouble, pick, to_terminal


@click.command()
@click.argument("data", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.argument("keys", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.option("--key", "private", multiple=True, required=True, type=click.Path(exists=True, path_type=Path, dir_okay=False),
              help="A custodian's private key file, one per custodian / 保管人私钥文件")
@click.option("--passphrase-file", "passphrases", multiple=True, type=click.Path(exists=True, path_type=Path, dir_okay=False),
              help="Instead of asking, in the order of --key / 从文件读口令")
@click.option("--witness", "witnesses", multiple=True, type=click.Path(exists=True, path_type=Path, dir_okay=False),
              help="A witness file held by another body / 别处保管的见证文件")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
def restore(data: Path, keys: Path, private: tuple[Path, ...], passphrases: tuple[Path, ...], witnesses: tuple[Path, ...], as_json: bool) -> None:
    """Restore DATA and KEYS into the empty installation of $XIELI_HOME (or DATABASE_URL). 从备份恢复到空的环境。

    Exit code 1 when something of the backup is missing or the ledger does not verify.
    """
    if passphrases and len(passphrases) != len(private):
        raise Usage("--passphrase-file 的个数须与 --key 相同。", "Give as many --passphrase-file as --key.")
    try:
        opened = [
            custodians.open_private(file, ask(file.name, passphrases[i] if passphrases else None)) for i, file in enumerate(private)
        ]
        with ensure_database() as db:
            report = engine.restore(db, data, keys, opened, witnesses, to_terminal)
    except Trouble as trouble:
        fail(trouble, as_json)
    if as_json:
        print(json.dumps({
            "made": report.made, "rows": report.rows, "files": report.files, "whole": report.whole, "differing": report.differing, "missing": report.missing,
            "ledger": report.ledger, "lost": [{"zh": zh, "en": en} for zh, en in report.lost],
        }, ensure_ascii=False))
    else:
        tell(report)
    sys.exit(0 if report.whole else 1)


def tell(report: engine.Report) -> None:
    print(pick(f"已恢复 {report.made} 的备份：{report.rows} 行，{report.files} 个文件。", f"Restored the backup of {report.made}: {report.rows} rows, {report.files} files."))
    for table, (wanted, found) in report.differing.items():
        print(pick(f"行数不符 {table}：备份 {wanted}，恢复后 {found}", f"Row counts differ in {table}: {wanted} in the backup, {found} restored"))
    if report.ledger:
        state = pick("全部核验通过", "verified in full") if report.ledger["ok"] else pick("核验发现问题", "verification found problems")
        print(pick(f"审计记录 {report.ledger['rows']} 行，{report.ledger['seals']} 个封存：{state}", f"Ledger of acts: {report.ledger['rows']} rows, {report.ledger['seals']} seals: {state}"))
        for finding in report.ledger["findings"]:
            print("  - " + pick(finding["zh"], finding["en"]))
    print(pick("失去的：", "What is lost:"))
    for zh, en in report.lost:
        print("  - " + pick(zh, en))
