"""`xieli verify`: recompute every cached date, circle, list, projection and digest, and say where they differ."""
from __future__ import annotations

import json
import os
import sys

import click

from xieli.faces.cli.speaking import Usage
from xieli.server import prepare
from xieli.server.postgres import ensure_database
from xieli.server.words import Trouble, pick


@click.command()
@click.argument("checks", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
def verify(checks: tuple[str, ...], as_json: bool) -> None:
    """Recompute what is stored beside the truth; changes nothing. Exit code 1: there are differences. 重新计算并核对。"""
    with ensure_database() as db:
        if prepare.mark_of(db) is None:
            raise Trouble("这个数据库还没有设立，没有可核对的内容。", "This database has not been set up; there is nothing to verify.")
        os.environ.update(prepare.process_environment(db, "backup"))
        import django

        django.setup()
        from xieli.office.matters import verify as engine

        unknown = [code for code in checks if code not in engine.CHECKS]
        if unknown:
            raise Usage(f"没有核对项 {', '.join(unknown)}；有：{', '.join(engine.CHECKS)}。", f"No check {', '.join(unknown)}; there are: {', '.join(engine.CHECKS)}.")
        found = engine.verify(checks)
    if as_json:
        print(json.dumps({code: [vars(d) for d in differences] for code, differences in found.items()}, ensure_ascii=False))
    else:
        for code, differences in found.items():
            zh, en, _ = engine.CHECKS[code]
            print(f"{'✗' if differences else '✓'} {code}  {pick(zh, en)}" + (pick(f"：{len(differences)} 处不同", f": {len(differences)} differ") if differences else ""))
            for one in differences[:20]:
                print(pick(f"    {one.row}：存 {one.stored}，算 {one.computed}", f"    {one.row}: stored {one.stored}, computed {one.computed}"))
    sys.exit(1 if any(found.values()) else 0)
