"""`xieli doctor`: what is wrong with this installation and what to do about it."""
from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from xieli.server import doctor as engine
from xieli.server.words import pick

SIGNS = {"ok": "✓", "warning": "!", "failure": "✗"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
def doctor(as_json: bool) -> None:
    """Check environment, files, database, roles, structure. Exit code 1 when something fails. 检查环境、文件、数据库、角色与结构。"""
    worst = "ok"
    found = []
    for check in engine.examine():
        found.append(asdict(check))
        worst = max(worst, check.state, key=["ok", "warning", "failure"].index)
        if not as_json:
            print(f"{SIGNS[check.state]} {pick(check.zh, check.en)}", flush=True)
            if check.state != "ok" and check.do_en:
                print(f"    {pick(check.do_zh, check.do_en)}")
    if as_json:
        print(json.dumps({"state": worst, "checks": found}, ensure_ascii=False))
    sys.exit(1 if worst == "failure" else 0)
