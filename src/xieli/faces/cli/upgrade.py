"""`xieli upgrade`: bring the database up to this version, or only say what that would do."""
from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from xieli.faces.cli.backup import fail
from xieli.server import prepare
from xieli.server import upgrade as engine
from xieli.server.postgres import ensure_database
from xieli.server.words import Trouble, pick, to_terminal


@click.command()
@click.option("--check", is_flag=True, help="Only say what would be done / 只说明，不执行")
@click.option("--backups", type=click.Path(exists=True, path_type=Path, file_okay=False), help="Folder with the latest backup / 最近备份所在目录")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
def upgrade(check: bool, backups: Path | None, as_json: bool) -> None:
    """Apply pending steps of the database's structure. Exit code 1: something stands in the way. 更新数据库结构。"""
    try:
        with ensure_database() as db:
            plan = engine.plan(db, backups)
            if not check and not plan.hindrances:
                prepare.bring_up_to_date(db, to_terminal)
    except Trouble as trouble:
        fail(trouble, as_json)
    done = not check and not plan.hindrances
    if as_json:
        print(json.dumps({"steps": plan.steps, "hindrances": [{"zh": zh, "en": en} for zh, en in plan.hindrances], "last_backup": plan.last_backup, "done": done}, ensure_ascii=False))
    else:
        for step in plan.steps:
            print(("✓ " if done else "· ") + step)
        if not plan.steps:
            print(pick("数据库结构已是最新，无须更新。", "The structure is up to date; there is nothing to do."))
        for zh, en in plan.hindrances:
            print("✗ " + pick(zh, en))
    sys.exit(1 if plan.hindrances else 0)
