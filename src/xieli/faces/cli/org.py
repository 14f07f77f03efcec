"""`xieli org`: what happens to bodies over time."""
from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import datetime

import click

from xieli.server import prepare
from xieli.server.postgres import ensure_database
from xieli.server.words import Trouble, pick


@click.group()
def org() -> None:
    """Bodies over time: mergers. 机构沿革。"""


@org.command()
@click.argument("old")
@click.argument("new")
@click.option("--on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day of the merger / 合并日期")
@click.option("--dry-run", is_flag=True, help="Only say what would move / 只说明，不执行")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON / 以 JSON 输出")
def merge(old: str, new: str, on: datetime, dry_run: bool, as_json: bool) -> None:
    """Re-home the open matters, debts and parcels of OLD to NEW; old papers keep the old name. 撤并机构。"""
    with ensure_database() as db:
        os.environ.update(prepare.process_environment(db, "backup"))
        import django

        django.setup()
        from xieli.office.bodies.merging import NotMerged
        from xieli.office.bodies.merging import merge as do_merge
        from xieli.office.demo.scratch import keeper_connection

        with keeper_connection(db) as connection:
            try:
                found = do_merge(connection, old, new, on.date(), dry_run=dry_run)
            except NotMerged as refused:
                raise Trouble(refused.zh, refused.en, 2) from None
    if as_json:
        print(json.dumps({**asdict(found), "dry_run": dry_run}))
        return
    print(pick("（仅演练，没有改动）" if dry_run else "已合并。", "(A trial; nothing was changed.)" if dry_run else "Merged."))
    for zh, en, count in (("在办事项", "open matters", found.matters), ("待反馈", "answers owed", found.debts), ("在途移送", "parcels on their way", found.parcels),
                          ("下级机构", "bodies below", found.children), ("片区成员关系", "area memberships", found.areas)):
        print(pick(f"  {zh}：{count}", f"  {en}: {count}"))
    if found.still_posted:
        print(pick(f"  尚有 {found.still_posted} 人任职于原机构，请另作任免。", f"  {found.still_posted} persons still serve in the old body; post them anew."))
